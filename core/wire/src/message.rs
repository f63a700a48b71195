//! Requests and answers of the relay (protocol §5). Bodies are CBOR, except errors, which are JSON so that a proxy, a browser
//! and an operator can read them.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::chunk::KeyBox;
use crate::codec::{Canonical, at_most};
use crate::entry::Wrap;
use crate::ids::{ChunkId, CircleId, DeviceId, EntryId, Fixed, Installation, MunicipalityId};
use crate::limits;
use crate::statement::SignedStatement;

/// A place in the relay's order of commits: generation (8 bytes), sequence (8, big-endian) and the commit's nonce (8).
/// A token that the relay does not recognise means that it was restored from a backup.
pub type Token = Fixed<24>;

/// The token before everything.
pub const TOKEN_START: Token = Fixed([0; 24]);

/// Answer to `POST /v1/challenge`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Challenge {
    /// Opaque to the client; sent back as it is.
    #[n(0)]
    pub challenge: Bytes,
}

/// `POST /v1/session`: who I am, proved.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SessionRequest {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The authority's certificate for this device.
    #[n(1)]
    pub certificate: SignedStatement,
    /// As it came.
    #[n(2)]
    pub challenge: Bytes,
    /// Ed25519 by the device over label `tvaers/1/session`, [`session_scope`] and the challenge.
    #[n(3)]
    pub signature: Fixed<64>,
}

/// What precedes the challenge in the signed bytes: municipality and device. Another municipality's relay cannot pass a
/// challenge on and be answered.
pub fn session_scope(municipality: &MunicipalityId, device: &DeviceId) -> [u8; MunicipalityId::LEN + DeviceId::LEN] {
    let mut out = [0; MunicipalityId::LEN + DeviceId::LEN];
    out[..MunicipalityId::LEN].copy_from_slice(municipality.as_bytes());
    out[MunicipalityId::LEN..].copy_from_slice(device.as_bytes());
    out
}

/// Answer to a session request.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SessionAnswer {
    /// Bearer token, printable ASCII. Proves the device id and nothing else.
    #[n(0)]
    pub token: String,
    /// Unix seconds after which it is no longer accepted.
    #[n(1)]
    pub expires: u64,
    /// The relay's clock, Unix milliseconds.
    #[n(2)]
    pub now: u64,
}

impl std::fmt::Debug for SessionAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionAnswer(expires {})", self.expires)
    }
}

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
        /// It has been in force before, as far as is known here, and comes back to a relay that may have forgotten it. A relay that takes back
        /// then takes it with the cuts that it has: nobody can make it anew.
        #[n(2)]
        again: bool,
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
}

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
    /// The reader was added to a circle that has a past: fetch it with `GET /v1/backlog`.
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

/// `POST /v1/frontier`: where does the relay stand in these circles?
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct FrontierRequest {
    /// At most [`limits::FRONTIER_CIRCLES`].
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::FRONTIER_CIRCLES }, _, _>")]
    pub circles: Vec<CircleId>,
}

/// The newest chunk that the relay has of one installation in one circle.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Reached {
    /// Whose.
    #[n(0)]
    pub installation: Installation,
    /// Its last counter.
    #[n(1)]
    pub counter: u64,
    /// The chunk with that counter.
    #[n(2)]
    pub chunk: ChunkId,
}

/// What the relay has of one circle.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct CircleFrontier {
    /// Which circle.
    #[n(0)]
    pub circle: CircleId,
    /// Its control entries, oldest first; empty if the relay does not know the circle.
    #[n(1)]
    pub entries: Vec<EntryId>,
    /// Every installation that wrote there.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ limits::FRONTIER_INSTALLATIONS }, _, _>")]
    pub reached: Vec<Reached>,
}

/// Answer to a frontier request; circles that the asker may not see are left out.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct FrontierAnswer {
    /// In the order asked.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::FRONTIER_CIRCLES }, _, _>")]
    pub circles: Vec<CircleFrontier>,
}

/// Answer to `GET /v1/backlog?circle=…&after=…`: a circle's past, in commit order.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Backlog {
    /// Chunks and boxes only; entries travel in the feed.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::PAGE_ITEMS }, _, _>")]
    pub items: Vec<FeedItem>,
    /// Pass as `after` for the next page.
    #[n(1)]
    pub next: u64,
    /// True if there is a next page.
    #[n(2)]
    pub more: bool,
}

/// `POST /v1/claim`: the first start. Sets the authority's key once.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ClaimRequest {
    /// The one-time code that the relay printed.
    #[n(0)]
    pub code: String,
    /// The authority.
    #[n(1)]
    pub authority: crate::statement::Authority,
}

impl std::fmt::Debug for ClaimRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClaimRequest({:?})", self.authority)
    }
}

macro_rules! canonical {
    ($($type:ty, $name:literal, $max:expr $(, version $version:expr)?;)*) => {
        $(impl Canonical for $type {
            const NAME: &'static str = $name;
            const MAX_LEN: usize = $max;
            $(const VERSION: Option<u64> = Some($version);)?
        })*
    };
}

canonical! {
    Challenge, "challenge", limits::SMALL_BODY;
    SessionRequest, "session request", limits::SMALL_BODY, version limits::VERSION;
    SessionAnswer, "session answer", limits::SMALL_BODY;
    PushRequest, "push request", limits::PUSH_BODY, version limits::VERSION;
    PushAnswer, "push answer", limits::SMALL_BODY;
    Page, "page", limits::PAGE_MAX;
    FrontierRequest, "frontier request", limits::SMALL_BODY;
    FrontierAnswer, "frontier answer", limits::PAGE_MAX;
    Backlog, "backlog", limits::PAGE_MAX;
    ClaimRequest, "claim request", limits::SMALL_BODY;
}
