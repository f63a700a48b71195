//! `office.sealed`: the office at rest, in one file that opens with a passphrase and is replaced whole.
//!
//! Its content is the signing seed, 32 bytes, and the state.

use std::path::Path;

use tvaers_wire::codec::{Canonical, DecodeError};
use zeroize::Zeroizing;

use super::office::{Office, State};
use crate::keys::{KeyError, Secret};
use crate::passphrase::{Format, Passphrase, SealedFile, SealedFileError, Stretch, StretchError};
use crate::rng::CryptoRng;

const SEED: usize = 32;

static FORMAT: Format = Format { magic: b"TVOFFICE", version: 1, label: "office", longest: State::MAX_LEN + SEED };

/// Why an office was not opened or not written. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OfficeFileError {
    /// The file, or its passphrase.
    #[error(transparent)]
    File(#[from] SealedFileError),
    /// It opened and is not an office.
    #[error(transparent)]
    Content(#[from] DecodeError),
    /// The seed is not one.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl From<StretchError> for OfficeFileError {
    fn from(error: StretchError) -> Self {
        Self::File(error.into())
    }
}

/// The place of an office, open and locked for one command.
#[derive(Debug)]
pub struct OfficeFile(SealedFile);

impl OfficeFile {
    /// Takes the place of an office that is to be made. Nothing is written yet.
    ///
    /// # Errors
    /// [`SealedFileError::Exists`] and others.
    pub fn reserve(
        path: &Path,
        passphrase: &Passphrase,
        stretch: Stretch,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, OfficeFileError> {
        Ok(Self(SealedFile::reserve(&FORMAT, path, passphrase, stretch, rng)?))
    }

    /// Opens an office.
    ///
    /// # Errors
    /// [`OfficeFileError`].
    pub fn open(path: &Path, passphrase: &Passphrase) -> Result<(Self, Office), OfficeFileError> {
        let (file, opened) = SealedFile::open(&FORMAT, path, passphrase)?;
        let (seed, state) = opened.split_at_checked(SEED).ok_or(SealedFileError::Damaged)?;
        let seed = Secret::from_slice(seed).ok_or(SealedFileError::Damaged)?;
        let office = Office::resume(seed, State::from_bytes(state)?)?;
        Ok((Self(file), office))
    }

    /// Puts this state in the place of the old one: durable on return. Interrupted, the old one stands.
    ///
    /// # Errors
    /// [`OfficeFileError`].
    pub fn write(&self, office: &Office, rng: &mut dyn CryptoRng) -> Result<(), OfficeFileError> {
        let (seed, state) = office.parts();
        let state = Zeroizing::new(state.to_bytes());
        let mut content = Zeroizing::new(Vec::with_capacity(SEED + state.len()));
        content.extend_from_slice(seed.expose());
        content.extend_from_slice(&state);
        Ok(self.0.write(&content, rng)?)
    }

    /// The same place under another passphrase, from the next write on.
    ///
    /// # Errors
    /// [`StretchError`].
    pub fn rekey(self, passphrase: &Passphrase, rng: &mut dyn CryptoRng) -> Result<Self, OfficeFileError> {
        Ok(Self(self.0.rekey(passphrase, rng)?))
    }
}

#[cfg(test)]
mod tests;
