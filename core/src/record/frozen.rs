//! Frozen records: written once, at submission. The id is a hash over what was signed, so a citation binds the text.

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::{Label, hash, verify};
use tvaers_wire::ids::{Fixed, Installation, PersonId, RecordId};
use tvaers_wire::limits;
use tvaers_wire::vouched::Vouched;

use super::{RecordError, author_key};
use crate::keys::DeviceSecret;

/// Who wrote what kind of record, where and when.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct RecordHeader {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// Kind code.
    #[n(1)]
    pub kind: u8,
    /// The author.
    #[n(2)]
    pub author: PersonId,
    /// The device and installation written on; also gives the Automerge actor.
    #[n(3)]
    pub installation: Installation,
    /// The device's clock at submission, Unix milliseconds. No order or right depends on it.
    #[n(4)]
    pub recorded_at: i64,
}

impl Canonical for RecordHeader {
    const NAME: &'static str = "record header";
    const MAX_LEN: usize = 512;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// What is signed, without the signature.
#[derive(Encode)]
#[cbor(array)]
struct Signed<'a> {
    #[n(0)]
    header: &'a Bytes,
    #[n(1)]
    nonce: &'a Fixed<16>,
    #[n(2)]
    payload: &'a Bytes,
}

/// A frozen record as it travels inside a seal.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct FrozenRecord {
    /// The encoded [`RecordHeader`].
    #[n(0)]
    pub header: Bytes,
    /// Random, so that nobody can guess a text and check the guess against a citation.
    #[n(1)]
    pub nonce: Fixed<16>,
    /// An Automerge document of one change.
    #[n(2)]
    pub payload: Bytes,
    /// Ed25519 by the author's device over label `tvaers/1/record` and the encoding of the three above.
    #[n(3)]
    pub signature: Fixed<64>,
}

impl Canonical for FrozenRecord {
    const NAME: &'static str = "record";
    const MAX_LEN: usize = limits::CHUNK;
}

impl FrozenRecord {
    /// Signs a record.
    pub fn sign(header: &RecordHeader, nonce: [u8; 16], payload: Vec<u8>, device: &DeviceSecret) -> Self {
        let (header, nonce, payload) = (Bytes(header.to_bytes()), Fixed(nonce), Bytes(payload));
        let signature = device.sign(Label::RECORD, &[&signed(&header, &nonce, &payload)]);
        Self { header, nonce, payload, signature }
    }

    /// The record's id.
    pub fn id(&self) -> RecordId {
        RecordId::new(hash(Label::RECORD_ID, &[&signed(&self.header, &self.nonce, &self.payload)]))
    }

    /// Verifies author and signature and returns the header.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn verified(&self, vouched: &Vouched) -> Result<RecordHeader, RecordError> {
        let header = RecordHeader::from_bytes(&self.header)?;
        let key = author_key(vouched, &header.installation.device, &header.author)?;
        let message = signed(&self.header, &self.nonce, &self.payload);
        verify(Label::RECORD, key, &[&message], &self.signature.0)?;
        Ok(header)
    }
}

fn signed(header: &Bytes, nonce: &Fixed<16>, payload: &Bytes) -> Vec<u8> {
    // Writing to a Vec cannot fail.
    minicbor::to_vec(Signed { header, nonce, payload }).unwrap_or_default()
}
