//! What the relay shows a device (protocol §5.3).

use minicbor::{Decode, Encode};

use super::Token;
use crate::bytes::Bytes;
use crate::chunk::KeyBox;
use crate::codec::at_most;
use crate::entry::Wrap;
use crate::ids::{ChunkId, CircleId, DeviceId, Stamp};
use crate::limits;
use crate::statement::SignedStatement;

/// A box with the device that supplied it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SuppliedBox {
    /// Who pushed it.
    #[n(0)]
    pub supplier: DeviceId,
    /// The box.
    #[n(1)]
    pub key: KeyBox,
}

/// One item of the feed, in commit order.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum FeedItem {
    /// A control entry of a circle one is in, or of any person, team or municipality circle.
    #[n(0)]
    Entry {
        /// The encoded [`crate::entry::Entry`].
        #[n(0)]
        entry: Bytes,
        /// Those wraps that are for the reader's device, person or teams.
        #[n(1)]
        #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
        wraps: Vec<Wrap>,
        /// To be kept with it, for a relay that is put back to before it.
        #[n(2)]
        stamp: Stamp,
    },
    /// A chunk.
    #[n(1)]
    Chunk {
        /// The encoded [`crate::chunk::Chunk`].
        #[n(0)]
        chunk: Bytes,
        /// The signer's box first.
        #[n(1)]
        #[cbor(decode_with = "at_most::<{ limits::BOXES }, _, _>")]
        boxes: Vec<SuppliedBox>,
        /// When it was committed, Unix milliseconds by the relay's clock.
        #[n(2)]
        received_at: u64,
    },
    /// A box that came after its chunk.
    #[n(2)]
    Box {
        /// For which chunk.
        #[n(0)]
        chunk: ChunkId,
        /// The box.
        #[n(1)]
        key: SuppliedBox,
    },
    /// The reader was added to a circle that has a past: fetch it with `POST /v1/backlog`.
    #[n(3)]
    Granted {
        /// Which circle.
        #[n(0)]
        circle: CircleId,
    },
    /// Something that the authority has stated since: to everybody.
    #[n(4)]
    Statement {
        /// As the authority signed it.
        #[n(0)]
        statement: SignedStatement,
    },
}

/// Answer to `GET /v1/pull` and frame of `GET /v1/live`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Page {
    /// In commit order.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::PAGE_ITEMS }, _, _>")]
    pub items: Vec<FeedItem>,
    /// Where to go on.
    #[n(1)]
    pub next: Token,
    /// True if more is there already.
    #[n(2)]
    pub more: bool,
}
