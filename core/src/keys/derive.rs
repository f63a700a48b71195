//! Derivation (protocol §6.1): HKDF-SHA256 (RFC 5869) with salt `tvaers/1`, one `info` label per purpose.

use ring::hkdf::{HKDF_SHA256, Salt};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::hash::{Label, hash};
use zeroize::Zeroizing;

use super::{AeadError, Secret, open_once, seal_once};
use crate::rng::CryptoRng;

/// `HKDF-SHA256(salt = "tvaers/1", ikm = secret, info = len(label) ‖ label ‖ context)`, 32 bytes.
pub fn derive(secret: &Secret, label: &str, context: &[u8]) -> Secret {
    let prk = Salt::new(HKDF_SHA256, b"tvaers/1").extract(secret.expose());
    // Labels are short constants of this crate.
    let length = [label.len() as u8];
    let info = [&length[..], label.as_bytes(), context];
    let mut out = [0; 32];
    // Expand fails only for more than 255 blocks of output; this is one.
    let _ = prk.expand(&info, HKDF_SHA256).and_then(|okm| okm.fill(&mut out));
    Secret::new(out)
}

/// Which parent of an entry that begins an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parent {
    /// The only one, or the first of two.
    First,
    /// The second head that is united with the first.
    Second,
}

impl Parent {
    /// In the order of an entry's parents.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    fn purpose(self) -> &'static str {
        match self {
            Self::First => "history",
            Self::Second => "other history",
        }
    }
}

/// The random secret of one epoch of one circle. Everything else of the epoch is derived from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root(Secret);

impl Root {
    /// Draws a new root.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(Secret::random(rng))
    }

    /// A root that was unwrapped or stored.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The root itself, to wrap or to store.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// What the control entry commits to.
    pub fn commitment(&self) -> [u8; 32] {
        hash(Label::ROOT, &[self.0.expose()])
    }

    /// Seals content keys; one key per chunk is derived from it.
    pub fn box_key(&self) -> Secret {
        derive(&derive(&self.0, "epoch", &[]), "box", &[])
    }

    /// A root before this one, sealed for those who hold this one; `binding` is that of the entry which began this epoch, and
    /// `parent` says which of the entry's parents the root was in force at: each is sealed under a key of its own.
    ///
    /// # Errors
    /// [`AeadError`] if the cipher refuses.
    pub fn seal_history(&self, before: &Self, parent: Parent, binding: &[u8; 32]) -> Result<Bytes, AeadError> {
        let mut out = before.0.expose().to_vec();
        seal_once(&derive(&self.0, parent.purpose(), binding), binding, &mut out)?;
        Ok(Bytes(out))
    }

    /// Opens what [`Root::seal_history`] made.
    pub fn open_history(&self, sealed: &[u8], parent: Parent, binding: &[u8; 32]) -> Option<Self> {
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let opened = open_once(&derive(&self.0, parent.purpose(), binding), binding, &mut sealed).ok()?;
        Secret::from_slice(opened).map(Self)
    }

    /// Seals an entry's sealed part.
    pub fn entry_key(&self, binding: &[u8; 32]) -> Secret {
        derive(&self.0, "entry", binding)
    }

    /// Seed of the X-Wing key to which others wrap; person and team circles.
    pub fn kem_seed(&self) -> Secret {
        derive(&self.0, "kem", &[])
    }
}
