//! AES-256-GCM (NIST SP 800-38D, by ring) with keys that are used once: the nonce is zero.
//!
//! Every key passed here is either random and used for one message, or derived for one message from its unique id. That is
//! what makes a fixed nonce safe, also after a phone was cloned (attack 28).

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, Nonce, UnboundKey};

use super::Secret;

/// The ciphertext is not one that this key and this associated data made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal is broken or the key is another")]
pub struct AeadError;

/// Bytes added by sealing.
pub const TAG: usize = MAX_TAG_LEN;

/// Seals `plaintext` in place and appends the tag.
pub fn seal_once(key: &Secret, aad: &[u8], plaintext: &mut Vec<u8>) -> Result<(), AeadError> {
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::from(aad), plaintext)
        .map_err(|_| AeadError)
}

/// Opens `ciphertext` in place and returns the plaintext within it.
pub fn open_once<'a>(key: &Secret, aad: &[u8], ciphertext: &'a mut [u8]) -> Result<&'a mut [u8], AeadError> {
    cipher(key)?.open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::from(aad), ciphertext).map_err(|_| AeadError)
}

fn cipher(key: &Secret) -> Result<LessSafeKey, AeadError> {
    UnboundKey::new(&AES_256_GCM, key.expose()).map(LessSafeKey::new).map_err(|_| AeadError)
}
