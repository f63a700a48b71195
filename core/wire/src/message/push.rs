//! What a device brings, and what the relay answers to each of it (protocol §5.2).

use minicbor::{Decode, Encode};

use super::Token;
use crate::bytes::Bytes;
use crate::chunk::KeyBox;
use crate::codec::at_most;
use crate::entry::Wrap;
use crate::ids::{ChunkId, EntryId, Stamp};
use crate::limits;
use crate::statement::SignedStatement;

/// One item of a push.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum PushItem {
    /// A control entry with its wraps.
    #[n(0)]
    Entry {
        /// The encoded [`crate::entry::Entry`].
        #[n(0)]
        entry: Bytes,
        /// At most one for each listed in the entry. Those that are missing may come with the same entry later.
        #[n(1)]
        #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
        wraps: Vec<Wrap>,
        /// If the relay has shown the entry here: a relay that was put back takes it again for its own word, whoever brings it and
        /// whoever has been taken out since.
        #[n(2)]
        stamp: Option<Stamp>,
    },
    /// A chunk with a box under the circle's current epoch.
    #[n(1)]
    Chunk {
        /// The encoded [`crate::chunk::Chunk`].
        #[n(0)]
        chunk: Bytes,
        /// Its content key.
        #[n(1)]
        key: KeyBox,
    },
    /// Another box for a chunk that the relay has.
    #[n(2)]
    Box {
        /// Which.
        #[n(0)]
        chunk: ChunkId,
        /// Its content key, under the circle's current epoch.
        #[n(1)]
        key: KeyBox,
    },
    /// Many entries that make the same change in many circles.
    #[n(4)]
    Batch {
        /// The encoded [`crate::batch::Batch`].
        #[n(0)]
        batch: Bytes,
        /// Of the batch's key.
        #[n(1)]
        #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
        wraps: Vec<Wrap>,
    },
    /// A statement of the authority, which any device may bring back after a restore.
    #[n(3)]
    Statement {
        /// As the authority signed it.
        #[n(0)]
        statement: SignedStatement,
    },
}

/// `POST /v1/push`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct PushRequest {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// In order; a chunk may need an entry before it in the same push.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ limits::PUSH_ITEMS }, _, _>")]
    pub items: Vec<PushItem>,
}

/// Why an item was refused. Numbers are frozen: they travel, and a chunk declares them in its header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Refused {
    /// Not decodable, or a rule of shape is broken. For good.
    #[n(1)]
    Malformed,
    /// The circle is not known here. The founding entry must come first.
    #[n(2)]
    UnknownCircle,
    /// The signer may not write (chunk) or manage (entry) there.
    #[n(3)]
    NotAllowed,
    /// The signature does not verify.
    #[n(4)]
    BadSignature,
    /// The counter or previous hash does not follow; the answer names where the relay stands.
    #[n(5)]
    OutOfOrder,
    /// The box is not under the circle's current epoch; the answer names the head. Push again with a new box.
    #[n(6)]
    OldEpoch,
    /// The control entry was not made on the current head; the answer names it.
    #[n(7)]
    StaleHead,
    /// The header names a control entry that this circle does not have.
    #[n(8)]
    UnknownHead,
    /// Another circle already serves this person, team or municipality.
    #[n(9)]
    AlreadyFounded,
    /// An added device or person is not vouched for by the authority.
    #[n(10)]
    NotVouched,
    /// Wraps and the entry's list of them differ.
    #[n(11)]
    WrongWraps,
    /// The chunk for this box is not here.
    #[n(12)]
    UnknownChunk,
    /// The signer's device is not known here.
    #[n(13)]
    UnknownDevice,
    /// Larger than the limit. For good.
    #[n(14)]
    TooLarge,
}

impl Refused {
    /// The number that travels in [`crate::chunk::Refusal`].
    pub fn code(self) -> u8 {
        minicbor::to_vec(self).ok().and_then(|bytes| bytes.first().copied()).unwrap_or_default()
    }

    /// The stable name in JSON and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownCircle => "unknown_circle",
            Self::NotAllowed => "not_allowed",
            Self::BadSignature => "bad_signature",
            Self::OutOfOrder => "out_of_order",
            Self::OldEpoch => "old_epoch",
            Self::StaleHead => "stale_head",
            Self::UnknownHead => "unknown_head",
            Self::AlreadyFounded => "already_founded",
            Self::NotVouched => "not_vouched",
            Self::WrongWraps => "wrong_wraps",
            Self::UnknownChunk => "unknown_chunk",
            Self::UnknownDevice => "unknown_device",
            Self::TooLarge => "too_large",
        }
    }
}

/// What became of one item of a push.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Pushed {
    /// Durable.
    #[n(0)]
    Stored,
    /// Was durable already.
    #[n(1)]
    Duplicate,
    /// Not taken.
    #[n(2)]
    Refused {
        /// Why.
        #[n(0)]
        reason: Refused,
        /// With `OutOfOrder`: the installation's last counter here.
        #[n(1)]
        counter: Option<u64>,
        /// With `OldEpoch`, `StaleHead` and `AlreadyFounded`: the entry that is in force.
        #[n(2)]
        head: Option<EntryId>,
    },
    /// Of a batch: its entries are durable, but for these.
    #[n(3)]
    Batch {
        /// Ascending.
        #[n(0)]
        #[cbor(decode_with = "at_most::<{ limits::BATCH_LEAVES }, _, _>")]
        refused: Vec<RefusedLeaf>,
    },
}

/// An entry of a batch that was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct RefusedLeaf {
    /// Its place among the leaves.
    #[n(0)]
    pub at: u64,
    /// Why.
    #[n(1)]
    pub reason: Refused,
}

/// An entry that the relay has accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Stamped {
    /// Which.
    #[n(0)]
    pub entry: EntryId,
    /// Its word for it.
    #[n(1)]
    pub stamp: Stamp,
}

/// Answer to a push, given only when everything stored in it is durable.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct PushAnswer {
    /// One for each item, in order.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::PUSH_ITEMS }, _, _>")]
    pub results: Vec<Pushed>,
    /// The place of the last of them. Shown at the next pull as `seen`, so that a relay that forgot it is found out.
    #[n(1)]
    pub token: Token,
    /// For each single entry among the items that the relay has now, in order. Those of batches come with the feed.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ limits::PUSH_ITEMS }, _, _>")]
    pub stamps: Vec<Stamped>,
}
