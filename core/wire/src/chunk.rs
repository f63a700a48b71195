//! Chunks and boxes (protocol §4): what travels. A chunk is one record or one update, sealed; a box is its content key,
//! sealed for one epoch of the circle.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, DecodeError, at_most};
use crate::hash::{BadSignature, Label, hash, verify};
use crate::ids::{ChunkId, CircleId, EntryId, Fixed, Installation};
use crate::limits;

/// Counters `from..=to` of the signing installation in the same circle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Range {
    /// First counter, at least 1.
    #[n(0)]
    pub from: u64,
    /// Last counter, inclusive.
    #[n(1)]
    pub to: u64,
}

/// A counter that the relay refused for good, with the relay's code. Readers accept it as the gap it leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Refusal {
    /// The refused chunk's counter.
    #[n(0)]
    pub counter: u64,
    /// [`crate::message::Refused`] as a number.
    #[n(1)]
    pub code: u8,
}

/// The visible, authenticated part of a chunk.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct ChunkHeader {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The circle whose members may read it.
    #[n(1)]
    pub circle: CircleId,
    /// The newest control entry the writer knew; membership is judged there.
    #[n(2)]
    pub head: EntryId,
    /// Who signs.
    #[n(3)]
    pub installation: Installation,
    /// 1, 2, 3 … per installation and circle, at most [`limits::LAST_COUNTER`].
    #[n(4)]
    pub counter: u64,
    /// Id of this installation's previous chunk in this circle, refused ones included; zeros for the first.
    #[n(5)]
    pub previous: ChunkId,
    /// Commitment to the content key, so that one ciphertext cannot open to two texts under two keys.
    #[n(6)]
    pub key_commitment: Fixed<32>,
    /// Own counters that this chunk replaces. The relay drops them; readers take the range as seen.
    #[n(7)]
    pub replaces: Option<Range>,
    /// Own counters refused since the previous chunk, ascending and adjacent to this one's.
    #[n(8)]
    #[cbor(decode_with = "at_most::<{ limits::REFUSALS }, _, _>")]
    pub refused: Vec<Refusal>,
}

impl Canonical for ChunkHeader {
    const NAME: &'static str = "chunk header";
    const MAX_LEN: usize = limits::CHUNK_HEADER;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// A chunk as it travels. Its bytes are signed once and never made again.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Chunk {
    /// The encoded [`ChunkHeader`]; associated data of the ciphertext.
    #[n(0)]
    pub header: Bytes,
    /// AES-256-GCM under the content key, nonce zero: the key is used once.
    #[n(1)]
    pub ciphertext: Bytes,
    /// Ed25519 over label `tvaers/1/chunk`, the header's length (u32, big-endian), header and ciphertext.
    #[n(2)]
    pub signature: Fixed<64>,
}

impl Canonical for Chunk {
    const NAME: &'static str = "chunk";
    const MAX_LEN: usize = limits::CHUNK;
}

/// A chunk whose header has been read and found well-formed. The signature has **not** been verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParsedChunk {
    /// Hash of the bytes.
    pub id: ChunkId,
    /// The header.
    pub header: ChunkHeader,
    /// The chunk.
    pub chunk: Chunk,
}

impl ParsedChunk {
    /// Reads a chunk and its header.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that is not exactly one canonical chunk whose counters make sense.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let chunk = Chunk::from_bytes(bytes)?;
        let header = ChunkHeader::from_bytes(&chunk.header)?;
        let bad = |why: &str| Err(DecodeError::Malformed { what: ChunkHeader::NAME, why: why.to_owned() });
        if header.counter == 0 || header.counter > limits::LAST_COUNTER {
            return bad("counters run from 1 to 2^63 - 2");
        }
        if header.replaces.is_some_and(|range| range.from == 0 || range.from > range.to || range.to >= header.counter) {
            return bad("a chunk replaces earlier counters of its own installation");
        }
        let first = header.counter.saturating_sub(header.refused.len() as u64);
        if first == 0 || header.refused.iter().zip(first..).any(|(refusal, counter)| refusal.counter != counter) {
            return bad("refused counters must be those just before this one");
        }
        Ok(Self { id: chunk_id(bytes), header, chunk })
    }

    /// Verifies the signature under the installation's device key.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, signing_key: &[u8; 32]) -> Result<(), BadSignature> {
        let parts = signed_parts(&self.chunk.header);
        verify(
            Label::CHUNK,
            signing_key,
            &[&parts, &self.chunk.header, &self.chunk.ciphertext],
            &self.chunk.signature.0,
        )
    }

    /// The counter of the newest earlier chunk that this one chains to, or 0 if it is the first.
    pub fn follows(&self) -> u64 {
        self.header.counter - 1 - self.header.refused.len() as u64
    }
}

/// The id of a chunk with these bytes.
pub fn chunk_id(bytes: &[u8]) -> ChunkId {
    ChunkId::new(hash(Label::CHUNK_ID, &[bytes]))
}

/// What precedes header and ciphertext in the signed bytes: the header's length as a big-endian u32.
pub fn signed_parts(header: &[u8]) -> [u8; 4] {
    u32::try_from(header.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// A content key sealed under an epoch's box key, with the chunk id as associated data.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct KeyBox {
    /// The epoch, by the entry that began it.
    #[n(0)]
    pub epoch: EntryId,
    /// 32 bytes of key and 16 of tag.
    #[n(1)]
    pub sealed: Fixed<{ limits::SEALED_KEY }>,
}
