//! Opening (protocol §4.6): the order of trust. Cheap refusals come first, nothing is parsed before it is authenticated, and
//! what this module returns can be made nowhere else: the types carry what has been verified.
//!
//! Two steps. [`unseal`] takes a chunk to its body and summary, which is all a list needs. [`verify_item`] takes the item to a
//! record whose author is known; the document inside is parsed after that, by [`crate::document`].

use tvaers_wire::chunk::{KeyBox, ParsedChunk};
use tvaers_wire::ids::{ChunkId, DeviceId, EntryId, PersonId, RecordId};
use tvaers_wire::log::{CircleLog, Discounted, InForce};
use tvaers_wire::vouched::Vouched;

use crate::keys::{Root, open_once};
use crate::record::{FrozenRecord, RecordError, RecordHeader, UpdateHeader, UpdateRecord};
use crate::seal::{Body, BodyError, Item, Receipt, Summary, open_box};

/// Why a chunk was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Something it builds on has not arrived yet. Try again when it has.
    #[error("waits for {0}")]
    Waiting(Missing),
    /// It will never open. Set it aside, visibly.
    #[error("{0}")]
    Refused(Reason),
}

/// What a chunk can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The control entry it names.
    #[error("a control entry")]
    Entry(EntryId),
    /// The root of the epoch its boxes are under.
    #[error("the key of an epoch")]
    Epoch,
    /// The certificate of a device, or its person's circle with it.
    #[error("a device's certificate, or its person's word")]
    Device,
    /// The writer's device is out, and nobody has said yet what of it counts.
    #[error("what is to count of a device that is out")]
    Cut(DeviceId),
}

/// Why a chunk will never open. The texts are for the audit view.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The writer was no member, or only a reader, at the control entry named.
    #[error("the writer was not allowed to write in this circle")]
    NotAMember,
    /// Written after the writer's removal, or not covered by what the removal left.
    #[error("written after the writer was removed")]
    BeyondCut,
    /// The chunk's signature.
    #[error("the signature on the chunk does not verify")]
    Signature,
    /// No box holds the key that the header commits to.
    #[error("no key opens it")]
    NoBox,
    /// Header and ciphertext do not belong together.
    #[error("the seal is broken")]
    Seal,
    /// The body.
    #[error("the content is malformed: {0}")]
    Body(#[from] BodyError),
    /// The record.
    #[error("the record is not acceptable: {0}")]
    Record(#[from] RecordError),
    /// A record in the chain of receipts, or a receipt among the records.
    #[error("a record and a receipt were mixed up")]
    WrongChain,
    /// The summary says something else than the record.
    #[error("the summary does not match the record")]
    Summary,
    /// The document inside.
    #[error("the document is not acceptable: {0}")]
    Document(String),
}

/// What opening needs to know about the circle and the people.
#[derive(Debug)]
pub struct Knowledge<'a, F> {
    /// The circle's log.
    pub log: &'a CircleLog,
    /// Devices and charters.
    pub vouched: &'a Vouched,
    /// Team membership.
    pub force: &'a F,
    /// Roots held, by epoch.
    pub roots: &'a dyn Roots,
}

/// Roots of a circle's epochs.
pub trait Roots: std::fmt::Debug + Sync {
    /// The root of an epoch, if it is held.
    fn root(&self, epoch: &EntryId) -> Option<&Root>;
}

impl Roots for std::collections::HashMap<EntryId, Root> {
    fn root(&self, epoch: &EntryId) -> Option<&Root> {
        self.get(epoch)
    }
}

/// A chunk whose writer and seal have been verified. Only [`unseal`] makes one.
#[derive(Debug, Clone)]
pub struct Unsealed {
    id: ChunkId,
    writer: PersonId,
    body: Body,
}

impl Unsealed {
    /// The chunk.
    pub fn id(&self) -> ChunkId {
        self.id
    }

    /// Whose device sealed it. The record inside may be another person's, shared on.
    pub fn writer(&self) -> PersonId {
        self.writer
    }

    /// The body.
    pub fn body(&self) -> &Body {
        &self.body
    }
}

/// Verifies writer, cut, signature, box and seal, in that order, and reads the body.
///
/// # Errors
/// [`OpenError::Waiting`] if something has not arrived yet, else [`OpenError::Refused`].
pub fn unseal<F: InForce>(
    parsed: &ParsedChunk,
    boxes: &[KeyBox],
    know: &Knowledge<'_, F>,
) -> Result<Unsealed, OpenError> {
    let header = &parsed.header;
    let device = &header.installation.device;
    let key = know.vouched.signing_key(device).ok_or(OpenError::Waiting(Missing::Device))?;
    let writer = know.vouched.person(device).ok_or(OpenError::Waiting(Missing::Device))?;
    know.log.counts(parsed, &writer, know.force).map_err(|discounted| match discounted {
        Discounted::UnknownHead => OpenError::Waiting(Missing::Entry(header.head)),
        Discounted::NotListed => OpenError::Waiting(Missing::Device),
        Discounted::NotAMember => OpenError::Refused(Reason::NotAMember),
        Discounted::BeyondCut => OpenError::Refused(Reason::BeyondCut),
        Discounted::NotCut => OpenError::Waiting(Missing::Cut(*device)),
    })?;
    parsed.verify(key).map_err(|_| OpenError::Refused(Reason::Signature))?;
    let content_key = boxes
        .iter()
        .filter_map(|key| Some((key, know.roots.root(&key.epoch)?)))
        .find_map(|(key, root)| open_box(key, &parsed.id, root, &header.key_commitment).ok());
    let Some(content_key) = content_key else {
        let epoch_missing = boxes.iter().any(|key| know.roots.root(&key.epoch).is_none());
        return Err(if epoch_missing || boxes.is_empty() {
            OpenError::Waiting(Missing::Epoch)
        } else {
            OpenError::Refused(Reason::NoBox)
        });
    };
    let mut text = parsed.chunk.ciphertext.to_vec();
    let opened = open_once(&content_key, &parsed.chunk.header, &mut text);
    let opened = opened.map_err(|_| OpenError::Refused(Reason::Seal))?;
    let body = Body::from_padded(opened).map_err(|error| OpenError::Refused(error.into()))?;
    if matches!(body.item, Item::Receipt(_)) != header.installation.is_receipts() {
        return Err(OpenError::Refused(Reason::WrongChain));
    }
    Ok(Unsealed { id: parsed.id, writer, body })
}

/// An item whose author has been verified. Only [`verify_item`] makes one.
#[derive(Debug, Clone)]
pub enum VerifiedItem<'a> {
    /// A frozen record and its id.
    Frozen(RecordId, RecordHeader, &'a FrozenRecord),
    /// An update and the id of the living record it changes.
    Update(RecordId, UpdateHeader, &'a UpdateRecord),
    /// A receipt of the chunk's writer.
    Receipt(&'a Receipt),
}

/// Verifies the record inside, and that the summary names it.
///
/// # Errors
/// [`OpenError::Waiting`] if the author's device is not known yet, else [`OpenError::Refused`].
pub fn verify_item<'a>(unsealed: &'a Unsealed, vouched: &Vouched) -> Result<VerifiedItem<'a>, OpenError> {
    let summary = unsealed.body.summary.as_ref();
    let (item, id, kind) = match &unsealed.body.item {
        Item::Frozen(record) => {
            let header = record.verified(vouched).map_err(record_error)?;
            let (id, kind) = (record.id(), header.kind);
            (VerifiedItem::Frozen(id, header, record), id, kind)
        }
        Item::Update(update) => {
            let (header, id) = update.verified(vouched).map_err(record_error)?;
            let kind = header.kind;
            (VerifiedItem::Update(id, header, update), id, kind)
        }
        Item::Receipt(receipt) if summary.is_none() => return Ok(VerifiedItem::Receipt(receipt)),
        Item::Receipt(_) => return Err(OpenError::Refused(Reason::Summary)),
    };
    let matches = |summary: &Summary| summary.record == id && summary.kind == kind;
    if summary.is_some_and(matches) { Ok(item) } else { Err(OpenError::Refused(Reason::Summary)) }
}

fn record_error(error: RecordError) -> OpenError {
    match error {
        RecordError::UnknownDevice => OpenError::Waiting(Missing::Device),
        error => OpenError::Refused(Reason::Record(error)),
    }
}
