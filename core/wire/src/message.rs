//! Requests and answers of the relay (protocol §5). Bodies are CBOR, except errors, which are JSON so that a proxy, a browser
//! and an operator can read them.

mod feed;
mod push;

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, at_most};
use crate::ids::{ChunkId, CircleId, DeviceId, EntryId, Fixed, Installation, MunicipalityId};
use crate::limits;
use crate::statement::SignedStatement;

pub use feed::{FeedItem, Page, SuppliedBox};
pub use push::{PushAnswer, PushItem, PushRequest, Pushed, Refused, RefusedLeaf, Stamped};

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

/// `POST /v1/frontier`: where does the relay stand in these circles?
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct FrontierRequest {
    /// At most [`limits::ASKED_CIRCLES`].
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::ASKED_CIRCLES }, _, _>")]
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
    /// Its control entries, oldest first.
    #[n(1)]
    pub entries: Vec<EntryId>,
    /// Every installation that wrote there.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ limits::FRONTIER_INSTALLATIONS }, _, _>")]
    pub reached: Vec<Reached>,
}

/// Answer to a frontier request; circles that the relay does not know or the asker may not see are left out alike.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct FrontierAnswer {
    /// In the order asked.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::ASKED_CIRCLES }, _, _>")]
    pub circles: Vec<CircleFrontier>,
}

/// A circle whose past is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct PastOf {
    /// Which circle.
    #[n(0)]
    pub circle: CircleId,
    /// Where to go on: 0, or the last answer's `next`.
    #[n(1)]
    pub after: u64,
}

/// `POST /v1/backlog`: what was written in these circles before the asker was in them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct BacklogRequest {
    /// At most [`limits::ASKED_CIRCLES`].
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::ASKED_CIRCLES }, _, _>")]
    pub circles: Vec<PastOf>,
}

/// How far a circle's past has been answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Answered {
    /// Pass as `after` for the rest.
    #[n(0)]
    pub next: u64,
    /// True if there is a rest.
    #[n(1)]
    pub more: bool,
}

/// Answer to a backlog request: the pasts of the first circles asked for, as many as a page holds. One that the asker may not read has
/// none.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Backlog {
    /// Chunks and boxes only, of one circle after the other, each in commit order; entries travel in the feed.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::PAGE_ITEMS }, _, _>")]
    pub items: Vec<FeedItem>,
    /// In the order asked. At least one, and those that are missing are to be asked for again.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ limits::ASKED_CIRCLES }, _, _>")]
    pub answered: Vec<Answered>,
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
    PushAnswer, "push answer", limits::PUSH_ANSWER;
    Page, "page", limits::PAGE_MAX;
    FrontierRequest, "frontier request", limits::SMALL_BODY;
    FrontierAnswer, "frontier answer", limits::PAGE_MAX;
    BacklogRequest, "backlog request", limits::SMALL_BODY;
    Backlog, "backlog", limits::PAGE_MAX;
    ClaimRequest, "claim request", limits::SMALL_BODY;
}
