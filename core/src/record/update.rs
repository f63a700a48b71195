//! Updates of living records: all unsent changes of one installation, signed by it.

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::{Canonical, at_most};
use tvaers_wire::hash::{Label, hash, verify};
use tvaers_wire::ids::{Fixed, Installation, PersonId, RecordId};
use tvaers_wire::limits;
use tvaers_wire::vouched::Vouched;

use super::{RecordError, author_key};
use crate::keys::DeviceSecret;

/// Which document is changed, by whom, and what it then comes to.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct UpdateHeader {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// Kind code of the document.
    #[n(1)]
    pub kind: u8,
    /// Who founded the document.
    #[n(2)]
    pub founder: PersonId,
    /// Drawn by the founder; with founder and kind it makes the record's id.
    #[n(3)]
    pub nonce: Fixed<16>,
    /// Who made these changes.
    #[n(4)]
    pub author: PersonId,
    /// The installation that made them; its Automerge actor is theirs.
    #[n(5)]
    pub installation: Installation,
    /// The device's clock, Unix milliseconds.
    #[n(6)]
    pub recorded_at: i64,
    /// Heads that a document has once these changes are applied to one that had exactly their dependencies, ascending.
    #[n(7)]
    pub heads: Vec<Fixed<32>>,
    /// What the document carries on, if it begins with the text of another one; the record's id covers it.
    #[n(8)]
    pub carried: Option<Carried>,
}

/// The record whose text a living record began with, in a circle that continues another one. Whoever cannot read it learns no
/// more of it than this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Carried {
    /// The record, as it is called where it was.
    #[n(0)]
    pub record: RecordId,
    /// Who founded the first of them, by the word of whoever carried it over.
    #[n(1)]
    pub author: PersonId,
}

impl UpdateHeader {
    /// The id of the record that is changed.
    pub fn record(&self) -> RecordId {
        carried_id(&self.founder, self.kind, &self.nonce, self.carried.as_ref())
    }
}

impl Canonical for UpdateHeader {
    const NAME: &'static str = "update header";
    const MAX_LEN: usize = 64 * 1024;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// The id of a living record.
pub fn living_id(founder: &PersonId, kind: u8, nonce: &Fixed<16>) -> RecordId {
    carried_id(founder, kind, nonce, None)
}

/// The id of a living record that may carry on another one. Parts have fixed lengths, so one with and one without are never the same.
pub fn carried_id(founder: &PersonId, kind: u8, nonce: &Fixed<16>, carried: Option<&Carried>) -> RecordId {
    let (from, author) = carried.map_or((&[][..], &[][..]), |of| (of.record.as_bytes(), of.author.as_bytes()));
    RecordId::new(hash(Label::LIVING_ID, &[founder.as_bytes(), &[kind], &nonce.0, from, author]))
}

/// Changes in one update.
pub const UPDATE_CHANGES: usize = 1_024;

/// An update as it travels inside a seal.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct UpdateRecord {
    /// The encoded [`UpdateHeader`].
    #[n(0)]
    pub header: Bytes,
    /// Automerge changes, in an order in which they can be applied.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ UPDATE_CHANGES }, _, _>")]
    pub changes: Vec<Bytes>,
    /// Ed25519 by the author's device over label `tvaers/1/update` and the encoding of the two above.
    #[n(2)]
    pub signature: Fixed<64>,
}

impl Canonical for UpdateRecord {
    const NAME: &'static str = "update";
    const MAX_LEN: usize = limits::CHUNK;
}

#[derive(Encode)]
#[cbor(array)]
struct Signed<'a> {
    #[n(0)]
    header: &'a Bytes,
    #[n(1)]
    changes: &'a Vec<Bytes>,
}

impl UpdateRecord {
    /// Signs an update.
    pub fn sign(header: &UpdateHeader, changes: Vec<Vec<u8>>, device: &DeviceSecret) -> Self {
        let header = Bytes(header.to_bytes());
        let changes: Vec<Bytes> = changes.into_iter().map(Bytes).collect();
        let signature = device.sign(Label::UPDATE, &[&signed(&header, &changes)]);
        Self { header, changes, signature }
    }

    /// Verifies author and signature and returns the header with the record's id.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn verified(&self, vouched: &Vouched) -> Result<(UpdateHeader, RecordId), RecordError> {
        let header = UpdateHeader::from_bytes(&self.header)?;
        let key = author_key(vouched, &header.installation.device, &header.author)?;
        verify(Label::UPDATE, key, &[&signed(&self.header, &self.changes)], &self.signature.0)?;
        let id = header.record();
        Ok((header, id))
    }
}

fn signed(header: &Bytes, changes: &Vec<Bytes>) -> Vec<u8> {
    // Writing to a Vec cannot fail.
    minicbor::to_vec(Signed { header, changes }).unwrap_or_default()
}
