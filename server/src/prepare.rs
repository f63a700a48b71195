//! A pushed item on its way to the commit: read, hashed and, where that is possible beforehand, verified. All of this happens
//! outside the commit, in parallel.

use tvaers_wire::batch::Batch;
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{ChunkHeader, KeyBox, ParsedChunk};
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::entry::{ParsedEntry, Wrap};
use tvaers_wire::ids::{ChunkId, DeviceId};
use tvaers_wire::message::{PushItem, Refused};
use tvaers_wire::statement::SignedStatement;

use crate::stamps::Stamps;
use crate::world::View;

/// One thing to commit.
#[derive(Debug)]
pub enum Job {
    /// A certificate shown at a session, from a device that is not known yet.
    Certificate(SignedStatement),
    /// Something that the authority states, for everybody.
    Statement(SignedStatement),
    /// A push.
    Push {
        /// Who pushes.
        device: DeviceId,
        /// What.
        items: Vec<Prepared>,
    },
}

impl Job {
    /// Bytes that this job holds.
    pub fn weight(&self) -> usize {
        let item = |item: &Prepared| match item {
            Prepared::Entry { bytes, .. } => bytes.len(),
            Prepared::Chunk(chunk) => chunk.bytes.len(),
            Prepared::Statement(signed) => signed.body.len(),
            Prepared::Batch { leaves, .. } => leaves.iter().map(|(bytes, _)| bytes.len()).sum(),
            Prepared::Box { .. } | Prepared::Refused(_) => 0,
        };
        match self {
            Self::Certificate(signed) | Self::Statement(signed) => signed.body.len(),
            Self::Push { items, .. } => items.iter().map(item).sum(),
        }
    }
}

/// What is known about a chunk's signature before the commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signature {
    /// The signer pushes it itself; its session proves the key, and every reader verifies.
    OwnSession,
    /// Verified.
    Good,
    /// Does not verify.
    Bad,
    /// The signer's device was not known; the commit looks again.
    Open,
}

/// A chunk without a second copy of its ciphertext.
#[derive(Debug)]
pub struct PreparedChunk {
    /// Hash of the bytes.
    pub id: ChunkId,
    /// The header.
    pub header: ChunkHeader,
    /// The newest earlier counter that it chains to.
    pub follows: u64,
    /// As it came.
    pub bytes: Bytes,
    /// The pusher's box.
    pub key: KeyBox,
    /// Whether its signature verifies.
    pub signature: Signature,
}

/// A pushed item, read.
#[derive(Debug)]
pub enum Prepared {
    /// Not even that.
    Refused(Refused),
    /// A control entry. Its signature and vouchers are verified when it is folded.
    Entry {
        /// Read.
        parsed: Box<ParsedEntry>,
        /// As it came.
        bytes: Bytes,
        /// As they came.
        wraps: Vec<Wrap>,
        /// This relay had accepted it before, by its own word.
        stamped: bool,
    },
    /// A chunk.
    Chunk(Box<PreparedChunk>),
    /// A box.
    Box {
        /// For which chunk.
        chunk: ChunkId,
        /// The box.
        key: KeyBox,
    },
    /// A statement of the authority.
    Statement(SignedStatement),
    /// The entries of a batch, each as it will travel, with the wraps that all have in common.
    Batch {
        /// Read, their common signature verified unless the signer was not known; and their bytes.
        leaves: Vec<(Bytes, ParsedEntry)>,
        /// As they came.
        wraps: Vec<Wrap>,
    },
}

/// Reads one item.
pub fn prepare<V: View>(view: &V, stamps: &Stamps, pusher: &DeviceId, item: PushItem) -> Prepared {
    match item {
        PushItem::Entry { entry, wraps, stamp } => match ParsedEntry::from_bytes(&entry) {
            Ok(parsed) => {
                // Of another relay, say of one that was set up anew without a backup, it is no word at all.
                let stamped = stamp.is_some_and(|stamp| stamps.is_of(&stamp, &parsed.id));
                Prepared::Entry { parsed: Box::new(parsed), bytes: entry, wraps, stamped }
            }
            Err(error) => Prepared::Refused(refused(&error)),
        },
        PushItem::Chunk { chunk, key } => match ParsedChunk::from_bytes(&chunk) {
            Ok(parsed) => {
                let signature = signature(view, pusher, &parsed);
                let follows = parsed.follows();
                let ParsedChunk { id, header, .. } = parsed;
                Prepared::Chunk(Box::new(PreparedChunk { id, header, follows, bytes: chunk, key, signature }))
            }
            Err(error) => Prepared::Refused(refused(&error)),
        },
        PushItem::Box { chunk, key } => Prepared::Box { chunk, key },
        PushItem::Statement { statement } => Prepared::Statement(statement),
        PushItem::Batch { batch, wraps } => {
            let key = |device: &DeviceId| view.vouched().and_then(|vouched| vouched.signing_key(device)).copied();
            match Batch::from_bytes(&batch).and_then(|batch| batch.split(key)) {
                Ok(Ok(leaves)) => Prepared::Batch { leaves, wraps },
                Ok(Err(_)) => Prepared::Refused(Refused::BadSignature),
                Err(error) => Prepared::Refused(refused(&error)),
            }
        }
    }
}

fn signature<V: View>(view: &V, pusher: &DeviceId, chunk: &ParsedChunk) -> Signature {
    let signer = &chunk.header.installation.device;
    if signer == pusher {
        return Signature::OwnSession;
    }
    match view.vouched().and_then(|vouched| vouched.signing_key(signer)) {
        Some(key) if chunk.verify(key).is_ok() => Signature::Good,
        Some(_) => Signature::Bad,
        None => Signature::Open,
    }
}

fn refused(error: &DecodeError) -> Refused {
    match error {
        DecodeError::TooLong { .. } => Refused::TooLarge,
        _ => Refused::Malformed,
    }
}
