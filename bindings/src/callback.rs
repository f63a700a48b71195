//! What the app implements and the core calls.

use tvaers_core::client::Processed;

/// The platform's key vault: Keystore, Keychain.
#[uniffi::export(with_foreign)]
pub trait KeyVault: Send + Sync {
    /// The store's key, 32 random bytes that the vault made and keeps. Wiped here after use.
    fn store_key(&self) -> Result<Vec<u8>, VaultError>;
    /// Deletes the store's key for good: the authority has had the phone erased. Called in the middle of it, so it may call nothing of
    /// the phone; and again when the app is next started, in case it was cut short. What it throws is dropped: the other half of what
    /// opens the store goes with the store.
    fn forget_key(&self) -> Result<(), VaultError>;
}

/// Told when a person would see a difference. Called on a thread of the contact's own, with no lock held: it may call
/// anything. What it throws is dropped.
#[uniffi::export(with_foreign)]
pub trait ChangeListener: Send + Sync {
    /// Records have come, or states have changed.
    fn changed(&self, what: Processed) -> Result<(), ListenerError>;
    /// The relay answers, or does not any more.
    fn connected(&self, open: bool) -> Result<(), ListenerError>;
    /// The relay serves this phone nothing any more: it is revoked, or its person is out. What is here can be read; the contact goes on
    /// asking.
    fn refused(&self) -> Result<(), ListenerError>;
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum VaultError {
    /// The person cancelled, or the vault is locked or gone.
    #[error("the vault gave no key")]
    NoKey,
}

/// A listener has thrown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// Whatever it was.
    #[error("the listener failed")]
    Failed,
}

// Without these two an exception in the app would end the thread that called it.
impl From<uniffi::UnexpectedUniFFICallbackError> for VaultError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::NoKey
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}
