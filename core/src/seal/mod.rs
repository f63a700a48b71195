//! Sealing (protocol §4): a body becomes a chunk and a box.
//!
//! Construction. A random content key encrypts the padded body once with AES-256-GCM; the header, which commits to that key,
//! is the associated data; Ed25519 signs header and ciphertext. The content key is sealed beside the chunk under a key that is
//! derived from the epoch's box key and the chunk's id, so every box has a key of its own and the nonce can be zero. After
//! a rotation only a new box is made: the chunk's bytes never change.

mod body;

pub use body::{Body, BodyError, HEADLINE, Item, NAMED, RANGES, Receipt, Seen, Summary, Unopened};

use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{Chunk, ChunkHeader, KeyBox, chunk_id, signed_parts};
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{ChunkId, EntryId, Fixed};
use tvaers_wire::limits;

use crate::keys::{AeadError, DeviceSecret, Root, Secret, derive, open_once, seal_once};
use crate::rng::CryptoRng;

/// Why a body could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Larger than a chunk may be. Cut attachments, or shorten the text.
    #[error("{len} bytes are more than one chunk holds ({})", limits::CHUNK)]
    TooLarge {
        /// The chunk's length in bytes.
        len: usize,
    },
    /// The cipher refused; only a broken key can cause it.
    #[error(transparent)]
    Cipher(#[from] AeadError),
}

/// A sealed chunk with what its writer must keep until it is acknowledged.
#[derive(Debug, Clone)]
pub struct SealedChunk {
    /// Its id.
    pub id: ChunkId,
    /// The bytes that travel.
    pub bytes: Vec<u8>,
    /// Opens it; goes into boxes.
    pub content_key: Secret,
}

/// The header of a chunk without its key commitment, which sealing fills in.
pub type Place = ChunkHeader;

/// Seals a body at its place in the writer's chain.
///
/// # Errors
/// [`SealError::TooLarge`] if the chunk would be over the limit.
pub fn seal(
    place: &Place,
    body: &Body,
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<SealedChunk, SealError> {
    let content_key = Secret::random(rng);
    let header = ChunkHeader { key_commitment: commitment(&content_key), ..place.clone() };
    let header = Bytes(header.to_bytes());
    let mut text = body.to_padded();
    seal_once(&content_key, &header, &mut text)?;
    let ciphertext = Bytes(text);
    let signature = device.sign(Label::CHUNK, &[&signed_parts(&header), &header, &ciphertext]);
    let bytes = Chunk { header, ciphertext, signature }.to_bytes();
    if bytes.len() > limits::CHUNK {
        return Err(SealError::TooLarge { len: bytes.len() });
    }
    Ok(SealedChunk { id: chunk_id(&bytes), bytes, content_key })
}

/// Seals a content key for an epoch.
///
/// # Errors
/// [`AeadError`] only if the cipher is broken.
pub fn make_box(content_key: &Secret, chunk: &ChunkId, epoch: EntryId, root: &Root) -> Result<KeyBox, AeadError> {
    let mut sealed = content_key.expose().to_vec();
    seal_once(&box_key(root, chunk), chunk.as_bytes(), &mut sealed)?;
    let sealed = Fixed(sealed.try_into().map_err(|_| AeadError)?);
    Ok(KeyBox { epoch, sealed })
}

/// Opens a box and checks the key against the header's commitment.
///
/// # Errors
/// [`AeadError`] if the box is not for this chunk and epoch, or holds another key than the one committed to.
pub fn open_box(key: &KeyBox, chunk: &ChunkId, root: &Root, expected: &Fixed<32>) -> Result<Secret, AeadError> {
    let mut sealed = key.sealed.0.to_vec();
    let opened = open_once(&box_key(root, chunk), chunk.as_bytes(), &mut sealed)?;
    let content_key = Secret::from_slice(opened).ok_or(AeadError)?;
    zeroize::Zeroize::zeroize(&mut sealed);
    if commitment(&content_key) == *expected { Ok(content_key) } else { Err(AeadError) }
}

fn box_key(root: &Root, chunk: &ChunkId) -> Secret {
    derive(&root.box_key(), "chunk", chunk.as_bytes())
}

fn commitment(content_key: &Secret) -> Fixed<32> {
    Fixed(hash(Label::CONTENT_KEY, &[content_key.expose()]))
}

#[cfg(test)]
mod tests;
