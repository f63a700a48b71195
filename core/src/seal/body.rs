//! What is inside a chunk (protocol §4.3): one item, a summary for lists, and the directory its writer knew.
//!
//! Layout before encryption: length (u32, big-endian) ‖ form (0 plain, 1 raw DEFLATE, RFC 1951) ‖ content ‖ zeros up to the
//! PADMÉ length. The length counts form and content. Content is the canonical CBOR of [`Body`].

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use minicbor::{Decode, Encode};
use tvaers_wire::chunk::Range;
use tvaers_wire::codec::{Canonical, DecodeError, at_most};
use tvaers_wire::ids::{ChildId, ChunkId, Fixed, Installation, RecordId};
use tvaers_wire::limits;
use tvaers_wire::padding::padded_len;

use crate::directory::BASIS;
use crate::record::{FrozenRecord, UpdateRecord};

/// What one chunk carries.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Item {
    /// A frozen record.
    #[n(0)]
    Frozen(#[n(0)] FrozenRecord),
    /// An update of a living record.
    #[n(1)]
    Update(#[n(0)] UpdateRecord),
    /// What has arrived here and what a person has read.
    #[n(2)]
    Receipt(#[n(0)] Receipt),
}

/// Ranges of opened chunks that a receipt names per installation; the newest, if there are more.
pub const RANGES: usize = 4_096;
/// Chunks set aside that a receipt names, and as many that wait.
pub const NAMED: usize = 1_024;

/// How far a reader has got with one installation's chunks in this circle.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Seen {
    /// Whose chunks.
    #[n(0)]
    pub installation: Installation,
    /// All up to this counter are durably here.
    #[n(1)]
    pub counter: u64,
    /// The chunk with that counter: shows a tail that the relay withholds, and a fork.
    #[n(2)]
    pub chunk: ChunkId,
    /// What a person has opened, ascending and disjoint.
    #[n(3)]
    #[cbor(decode_with = "at_most::<{ RANGES }, _, _>")]
    pub read: Vec<Range>,
}

/// A chunk that arrived and is not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Unopened {
    /// Who wrote it.
    #[n(0)]
    pub installation: Installation,
    /// Its counter.
    #[n(1)]
    pub counter: u64,
}

/// One reader's receipt for a whole circle. A new one replaces the one before.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    /// One for each installation that has written records, ascending.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::FRONTIER_INSTALLATIONS }, _, _>")]
    pub seen: Vec<Seen>,
    /// Set aside here, so that the writer hears of it.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ NAMED }, _, _>")]
    pub unreadable: Vec<Unopened>,
    /// Here, and not to be read before something else is.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ NAMED }, _, _>")]
    pub waiting: Vec<Unopened>,
}

/// What lists show before a document is opened. It is checked against the document when that is opened.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Summary {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Kind code.
    #[n(1)]
    pub kind: u8,
    /// The child, if the record is about one.
    #[n(2)]
    pub child: Option<ChildId>,
    /// When it happened, Unix milliseconds.
    #[n(3)]
    pub occurred_at: i64,
    /// The first words, at most 120 bytes.
    #[n(4)]
    pub headline: String,
}

/// Longest headline in bytes: with ids and numbers a summary stays below 256.
pub const HEADLINE: usize = 120;

/// The content of a chunk.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Body {
    /// The item.
    #[n(0)]
    pub item: Item,
    /// For records only.
    #[n(1)]
    pub summary: Option<Summary>,
    /// Head of the directory that the writer knew.
    #[n(2)]
    pub directory: Fixed<32>,
    /// With what carries a record here: the lawful basis it is shared on, at most [`BASIS`] bytes. The sharer's word, as they signed it.
    #[n(3)]
    pub basis: Option<String>,
}

/// A body never inflates beyond this: the chunk limit times a ratio that text reaches.
const INFLATED: usize = 4 * limits::CHUNK;

impl Canonical for Body {
    const NAME: &'static str = "body";
    const MAX_LEN: usize = INFLATED;
}

/// Why the inside of a chunk was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Padding, length or form are not as written in the protocol.
    #[error("the padding is malformed")]
    Padding,
    /// Inflates beyond the limit, or not at all.
    #[error("the body does not inflate within {INFLATED} bytes")]
    Inflate,
    /// Not a body.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A summary longer than lists may show.
    #[error("the summary is longer than {HEADLINE} bytes")]
    Summary,
    /// A lawful basis longer than rules may name.
    #[error("the lawful basis is longer than {BASIS} bytes")]
    Basis,
}

const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;

impl Body {
    /// Encodes, compresses where that helps, and pads.
    pub fn to_padded(&self) -> Vec<u8> {
        let plain = self.to_bytes();
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(plain.len() / 2 + 64), Compression::fast());
        // Writing to a Vec cannot fail; if it did, the plain form is right too.
        let deflated = encoder.write_all(&plain).and_then(|()| encoder.finish()).ok();
        let (form, content) = match deflated {
            Some(deflated) if deflated.len() < plain.len() => (DEFLATED, deflated),
            _ => (PLAIN, plain),
        };
        let length = u32::try_from(content.len() + 1).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(padded_len(content.len() + 5) + crate::keys::TAG);
        out.extend_from_slice(&length.to_be_bytes());
        out.push(form);
        out.extend_from_slice(&content);
        out.resize(padded_len(out.len()), 0);
        out
    }

    /// Reads a padded body.
    ///
    /// # Errors
    /// [`BodyError`]; nothing is inflated beyond the limit.
    pub fn from_padded(bytes: &[u8]) -> Result<Self, BodyError> {
        let (length, rest) = bytes.split_at_checked(4).ok_or(BodyError::Padding)?;
        let length = u32::from_be_bytes(length.try_into().map_err(|_| BodyError::Padding)?) as usize;
        let (content, zeros) = rest.split_at_checked(length).ok_or(BodyError::Padding)?;
        if zeros.iter().any(|byte| *byte != 0) || bytes.len() != padded_len(4 + length) {
            return Err(BodyError::Padding);
        }
        let body = match content.split_first() {
            Some((&PLAIN, content)) => Self::from_bytes(content)?,
            Some((&DEFLATED, content)) => Self::from_bytes(&inflate(content)?)?,
            _ => return Err(BodyError::Padding),
        };
        if body.summary.as_ref().is_some_and(|summary| summary.headline.len() > HEADLINE) {
            return Err(BodyError::Summary);
        }
        if body.basis.as_ref().is_some_and(|basis| basis.len() > BASIS) {
            return Err(BodyError::Basis);
        }
        Ok(body)
    }
}

fn inflate(deflated: &[u8]) -> Result<Vec<u8>, BodyError> {
    let mut out = Vec::with_capacity(deflated.len() * 3);
    let mut decoder = DeflateDecoder::new(deflated);
    let read = (&mut decoder).take(INFLATED as u64 + 1).read_to_end(&mut out).map_err(|_| BodyError::Inflate)?;
    // The whole input must have been the stream: bytes behind its end would be a place to hide things in.
    if read > INFLATED || decoder.total_in() != deflated.len() as u64 { Err(BodyError::Inflate) } else { Ok(out) }
}
