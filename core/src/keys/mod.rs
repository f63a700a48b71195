//! Keys (protocol §6): what a device holds, what is derived from what, and how a key is wrapped to a member.

mod aead;
mod derive;
mod device;
mod secret;
mod wrap;

pub use aead::{AeadError, TAG, open_once, seal_once};
pub use derive::{Parent, Root, derive};
pub use device::{DeviceSecret, KeyError, check_device_keys, check_kem};
pub use secret::Secret;
pub use wrap::{KemKey, WrapError, unwrap, wrap};
