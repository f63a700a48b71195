//! A device's own keys: Ed25519 to sign (RFC 8032, by ring) and X-Wing to receive roots.

use ring::signature::{Ed25519KeyPair, KeyPair};
use tvaers_wire::hash::{Label, is_reduced, is_sound, signed_bytes};
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::statement::DeviceKeys;

use super::wrap::is_xwing;
use super::{KemKey, Secret};
use crate::rng::CryptoRng;

/// A key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The X25519 half is of low order: every shared secret with it is known to everybody.
    #[error("the key's X25519 part is of low order")]
    LowOrder,
    /// The X25519 half is not reduced, so one key would have several encodings and ids.
    #[error("the key's X25519 part is not in canonical form")]
    NotCanonical,
    /// The Ed25519 half is of small order, or not in canonical form.
    #[error("the key's Ed25519 part is of small order or not in canonical form")]
    Signing,
    /// Not a key at all.
    #[error("the key is malformed")]
    Malformed,
}

/// The secret half of a device. Two seeds; the rest is computed.
pub struct DeviceSecret {
    signing_seed: Secret,
    kem_seed: Secret,
    signing: Ed25519KeyPair,
    kem: KemKey,
    keys: DeviceKeys,
    id: DeviceId,
}

impl DeviceSecret {
    /// Makes a new device.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] only if the generator is broken.
    pub fn generate(rng: &mut dyn CryptoRng) -> Result<Self, KeyError> {
        Self::from_seeds(Secret::random(rng), Secret::random(rng))
    }

    /// The device with these seeds.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if a seed is not one.
    pub fn from_seeds(signing_seed: Secret, kem_seed: Secret) -> Result<Self, KeyError> {
        let signing = Ed25519KeyPair::from_seed_unchecked(signing_seed.expose()).map_err(|_| KeyError::Malformed)?;
        let kem = KemKey::from_seed(&kem_seed).ok_or(KeyError::Malformed)?;
        let public: [u8; 32] = signing.public_key().as_ref().try_into().map_err(|_| KeyError::Malformed)?;
        let keys = DeviceKeys { signing: Fixed(public), kem: kem.public() };
        let id = keys.device();
        Ok(Self { signing_seed, kem_seed, signing, kem, keys, id })
    }

    /// The seeds, to be kept in the encrypted store and nowhere else.
    pub fn seeds(&self) -> (&Secret, &Secret) {
        (&self.signing_seed, &self.kem_seed)
    }

    /// The public halves.
    pub fn keys(&self) -> &DeviceKeys {
        &self.keys
    }

    /// The device's id.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// The key that opens wraps to this device.
    pub fn kem(&self) -> &KemKey {
        &self.kem
    }

    /// Signs `prefix(label) ‖ parts…`.
    pub fn sign(&self, label: Label, parts: &[&[u8]]) -> Fixed<64> {
        let signature = self.signing.sign(&signed_bytes(label, parts));
        let mut out = [0; 64];
        out.copy_from_slice(signature.as_ref());
        Fixed(out)
    }
}

impl std::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceSecret({:?})", self.id)
    }
}

/// The points of small order on Curve25519 whose encoding is canonical (draft-ietf-lake and the X25519 literature list the
/// same five; the others are their non-canonical forms).
const LOW_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09,
        0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44,
        0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
];

/// Checks the keys of a device before they are certified.
///
/// # Errors
/// [`KeyError`].
pub fn check_device_keys(keys: &DeviceKeys) -> Result<(), KeyError> {
    if !is_sound(&keys.signing.0) {
        return Err(KeyError::Signing);
    }
    check_kem(&keys.kem)
}

/// Checks an X-Wing key before it is certified or wrapped to: `hpke` checks the ML-KEM half (FIPS 203 §7.2) and accepts
/// low-order X25519 halves.
///
/// # Errors
/// [`KeyError`].
pub fn check_kem(key: &Fixed<KEM_PUBLIC>) -> Result<(), KeyError> {
    let x25519: [u8; 32] = key.0[KEM_PUBLIC - 32..].try_into().map_err(|_| KeyError::Malformed)?;
    if !is_reduced(&x25519) {
        return Err(KeyError::NotCanonical);
    }
    if LOW_ORDER.contains(&x25519) {
        return Err(KeyError::LowOrder);
    }
    if is_xwing(key) { Ok(()) } else { Err(KeyError::Malformed) }
}

#[cfg(test)]
mod tests;
