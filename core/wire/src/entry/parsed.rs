//! An entry as it is read: its parts agree with each other, and its signature can be asked.

use crate::batch::{HandedOver, LeafEntry};
use crate::bytes::Bytes;
use crate::codec::{Canonical, DecodeError};
use crate::hash::{BadSignature, Label, hash, verify};
use crate::ids::{CircleId, EntryId, Fixed};

use super::{Entry, EntryPublic, Subject};

/// An entry whose parts have been read and agree with each other. The signature has **not** been verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParsedEntry {
    /// Hash of public part and signature; of a batch's entry, of its leaf too.
    pub id: EntryId,
    /// The circle it belongs to.
    pub circle: CircleId,
    /// The public part. A batch's entry says the same in another form.
    pub public: EntryPublic,
    /// The sealed part.
    pub sealed: Option<Bytes>,
    /// What an entry of a batch hands over.
    pub handed_over: Option<HandedOver>,
    pub(crate) proof: Proof,
}

impl ParsedEntry {
    /// Reads an entry, alone or of a batch.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that is not exactly one canonical entry, of a shape that can mean something.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.first() == Some(&LeafEntry::FIRST_BYTE) {
            return LeafEntry::from_bytes(bytes)?.read();
        }
        let entry = Entry::from_bytes(bytes)?;
        let public = EntryPublic::from_bytes(&entry.public)?;
        let bad = |why: &str| Err(DecodeError::Malformed { what: EntryPublic::NAME, why: why.to_owned() });
        let founding = public.circle.is_none();
        if founding != public.parents.is_empty() {
            return bad("a founding entry has no circle and no parents, every other has both");
        }
        if founding && public.epoch.is_none() {
            return bad("a founding entry begins an epoch");
        }
        let keyed = matches!(public.subject, Subject::Person(_) | Subject::Team(_));
        if public.epoch.as_ref().is_some_and(|epoch| epoch.kem.is_some() != keyed) {
            return bad("person and team circles have a key to wrap to, others have none");
        }
        if public.epoch.as_ref().is_some_and(|epoch| epoch.history.len() != public.parents.len()) {
            return bad("a new epoch seals the root of each parent");
        }
        let leads_past = public.epoch.as_ref().is_some_and(|epoch| epoch.leads_to.is_some());
        if leads_past && public.parents.len() != 1 {
            return bad("only of one parent an epoch says that it leads past it");
        }
        let sealed = entry.sealed.as_ref().map(|part| Fixed(hash(Label::SEALED_PART, &[part])));
        if sealed != public.sealed {
            return bad("the sealed part is not the one that was signed");
        }
        let id = EntryId::new(hash(Label::ENTRY_ID, &[&entry.public, &entry.signature.0]));
        let circle = public.circle.unwrap_or(CircleId::founded_by(id));
        let proof = Proof { label: Label::ENTRY, signed: entry.public.0, signature: entry.signature, proven: None };
        Ok(Self { id, circle, public, sealed: entry.sealed, handed_over: None, proof })
    }

    /// Verifies the signature.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, signing_key: &[u8; 32]) -> Result<(), BadSignature> {
        self.proof.verify(signing_key)
    }

    /// The signature; a batch's entry bears that of the batch.
    pub fn signature(&self) -> Fixed<64> {
        self.proof.signature
    }
}

/// What an entry's signature is over.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    label: Label,
    signed: Vec<u8>,
    signature: Fixed<64>,
    /// The key under which the whole batch was verified.
    proven: Option<[u8; 32]>,
}

impl Proof {
    /// Of a batch's entry: the tree's root and the common part.
    pub(crate) fn leaf(root: [u8; 32], common: Bytes, signature: Fixed<64>) -> Self {
        Self { label: Label::BATCH, signed: [&root[..], &common].concat(), signature, proven: None }
    }

    /// The batch has been verified under this key.
    pub(crate) fn vouch_for(&mut self, key: [u8; 32]) {
        self.proven = Some(key);
    }

    fn verify(&self, key: &[u8; 32]) -> Result<(), BadSignature> {
        if self.proven.as_ref() == Some(key) {
            return Ok(());
        }
        verify(self.label, key, &[&self.signed], &self.signature.0)
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(…)")
    }
}
