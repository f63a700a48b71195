//! `office.sealed`: the office at rest, in one file that is replaced whole.
//!
//! | bytes | |
//! |---|---|
//! | 0..8 | `TVOFFICE` |
//! | 8 | format version |
//! | 9..21 | Argon2id: memory in KiB, passes, lanes; u32 each, big-endian |
//! | 21..37 | salt |
//! | 37..69 | nonce of this write |
//! | 69..−32 | AES-256-GCM of the signing seed and the state; everything before is associated data |
//! | −32.. | SHA-256 of everything before: tells damage from a wrong passphrase |
//!
//! The passphrase and the salt give one key per passphrase; HKDF with 32 fresh random bytes gives the key of each write, used for
//! that write only. So no key meets two plaintexts, also when an old copy of the file is written on.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use tvaers_wire::codec::{Canonical, DecodeError};
use zeroize::Zeroizing;

use super::office::{Office, State};
use super::passphrase::{Passphrase, SALT, Stretch, StretchError};
use crate::keys::{KeyError, Secret, derive, open_once, seal_once};
use crate::rng::{CryptoRng, bytes};

const MAGIC: &[u8; 8] = b"TVOFFICE";
const VERSION: u8 = 1;
const HEAD: usize = 69;
const NONCE: std::ops::Range<usize> = 37..69;
const DIGEST: usize = 32;
const SEED: usize = 32;

/// Why an office was not opened or not written. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OfficeFileError {
    /// There is none.
    #[error("there is no office in this file")]
    Missing,
    /// There is one already.
    #[error("there is an office in this file already")]
    Exists,
    /// Another command is at work on it.
    #[error("another command is at work on this office")]
    Busy,
    /// Some other file.
    #[error("the file is not an office")]
    NotAnOffice,
    /// Written by a newer version.
    #[error("the office was written by a newer version of Tværs")]
    Newer,
    /// Parameters of the head that are not used.
    #[error(transparent)]
    Stretch(#[from] StretchError),
    /// Cut short, or changed by a failing disk.
    #[error("the office's file is damaged; take the newest backup")]
    Damaged,
    /// It does not open.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// It opened and is not an office.
    #[error(transparent)]
    Content(#[from] DecodeError),
    /// The seed is not one.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It would grow beyond what can be read again.
    #[error("the office has grown beyond its limit")]
    Full,
    /// The system refused.
    #[error("the office's file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}

/// The place of an office, open and locked for one command.
pub struct OfficeFile {
    path: PathBuf,
    key: Secret,
    salt: [u8; SALT],
    stretch: Stretch,
    _lock: Lock,
}

impl OfficeFile {
    /// Takes the place of an office that is to be made. Nothing is written yet.
    ///
    /// # Errors
    /// [`OfficeFileError::Exists`] and others.
    pub fn reserve(
        path: &Path,
        passphrase: &Passphrase,
        stretch: Stretch,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, OfficeFileError> {
        let lock = Lock::take(path)?;
        if path.try_exists()? {
            return Err(OfficeFileError::Exists);
        }
        let salt = bytes(rng);
        let key = stretch.key(passphrase, &salt)?;
        Ok(Self { path: path.to_owned(), key, salt, stretch, _lock: lock })
    }

    /// Opens an office.
    ///
    /// # Errors
    /// [`OfficeFileError`].
    pub fn open(path: &Path, passphrase: &Passphrase) -> Result<(Self, Office), OfficeFileError> {
        // Looked for first: a mistyped path must not leave a lock lying about.
        if !path.try_exists()? {
            return Err(OfficeFileError::Missing);
        }
        let lock = Lock::take(path)?;
        let file = read(path)?;
        let head = Head::parse(&file)?;
        let key = head.stretch.key(passphrase, &head.salt)?;
        let (aad, sealed) = file.split_at_checked(HEAD).ok_or(OfficeFileError::Damaged)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let write_key = derive(&key, "office", aad.get(NONCE).unwrap_or_default());
        let opened = open_once(&write_key, aad, &mut sealed).map_err(|_| OfficeFileError::WrongPassphrase)?;
        let (seed, state) = opened.split_at_checked(SEED).ok_or(OfficeFileError::Damaged)?;
        let seed = Secret::from_slice(seed).ok_or(OfficeFileError::Damaged)?;
        let office = Office::resume(seed, State::from_bytes(state)?)?;
        Ok((Self { path: path.to_owned(), key, salt: head.salt, stretch: head.stretch, _lock: lock }, office))
    }

    /// Puts this state in the place of the old one: durable on return. Interrupted, the old one stands.
    ///
    /// # Errors
    /// [`OfficeFileError`].
    pub fn write(&self, office: &Office, rng: &mut dyn CryptoRng) -> Result<(), OfficeFileError> {
        let (seed, state) = office.parts();
        let state = Zeroizing::new(state.to_bytes());
        if state.len() > State::MAX_LEN {
            return Err(OfficeFileError::Full);
        }
        let head = Head { stretch: self.stretch, salt: self.salt }.to_bytes(&bytes(rng));
        let mut sealed = Vec::with_capacity(SEED + state.len() + 16);
        sealed.extend_from_slice(seed.expose());
        sealed.extend_from_slice(&state);
        let write_key = derive(&self.key, "office", head.get(NONCE).unwrap_or_default());
        seal_once(&write_key, &head, &mut sealed).map_err(|_| OfficeFileError::Full)?;
        let mut out = head;
        out.append(&mut sealed);
        let sum = digest(&SHA256, &out);
        out.extend_from_slice(sum.as_ref());
        replace(&self.path, &out)?;
        Ok(())
    }

    /// The same place under another passphrase, from the next write on.
    ///
    /// # Errors
    /// [`OfficeFileError::Stretch`].
    pub fn rekey(self, passphrase: &Passphrase, rng: &mut dyn CryptoRng) -> Result<Self, OfficeFileError> {
        let salt = bytes(rng);
        let key = self.stretch.key(passphrase, &salt)?;
        Ok(Self { key, salt, ..self })
    }
}

impl std::fmt::Debug for OfficeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OfficeFile(…)")
    }
}

struct Head {
    stretch: Stretch,
    salt: [u8; SALT],
}

impl Head {
    /// What the file says of itself. How hard it is stretched is judged by [`Stretch::key`], before anything is allocated for it.
    fn parse(file: &[u8]) -> Result<Self, OfficeFileError> {
        let rest = file.strip_prefix(MAGIC).ok_or(OfficeFileError::NotAnOffice)?;
        match rest.first() {
            Some(version) if *version > VERSION => return Err(OfficeFileError::Newer),
            Some(&VERSION) => {}
            _ => return Err(OfficeFileError::Damaged),
        }
        let number = |at: usize| {
            let four = file.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
            four.map(u32::from_be_bytes).ok_or(OfficeFileError::Damaged)
        };
        let stretch = Stretch { memory: number(9)?, passes: number(13)?, lanes: number(17)? };
        let salt = file.get(21..37).and_then(|salt| salt.try_into().ok()).ok_or(OfficeFileError::Damaged)?;
        Ok(Self { stretch, salt })
    }

    fn to_bytes(&self, nonce: &[u8; 32]) -> Vec<u8> {
        let Stretch { memory, passes, lanes } = self.stretch;
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        [memory, passes, lanes].iter().for_each(|number| out.extend_from_slice(&number.to_be_bytes()));
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(nonce);
        out
    }
}

/// Reads the file without its digest. The order tells a user most: another file, damage, and only then a wrong passphrase.
fn read(path: &Path) -> Result<Vec<u8>, OfficeFileError> {
    let limit = State::MAX_LEN + HEAD + SEED + 16 + DIGEST;
    let mut file = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut file)?;
    if !file.starts_with(MAGIC) {
        return Err(OfficeFileError::NotAnOffice);
    }
    if file.get(MAGIC.len()).is_some_and(|version| *version > VERSION) {
        return Err(OfficeFileError::Newer);
    }
    let end = file.len().checked_sub(DIGEST).filter(|end| *end > HEAD).ok_or(OfficeFileError::Damaged)?;
    if file.len() > limit || digest(&SHA256, &file[..end]).as_ref() != &file[end..] {
        return Err(OfficeFileError::Damaged);
    }
    file.truncate(end);
    Ok(file)
}

/// Writes beside, flushes, renames, and flushes the name: a reader finds the old file or the new one.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let new = beside(path, ".new");
    // What an interrupted write left is not built upon, and its permissions are not taken over.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)?;
    // Windows has no handle for a directory; renames are durable there with the file system's journal.
    if cfg!(unix) {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The right to be the only command at work: two would each write their own state, and one would be lost.
struct Lock(File);

impl Lock {
    fn take(path: &Path) -> Result<Self, OfficeFileError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(beside(path, ".lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OfficeFileError::Busy),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody is left to tell; the system lets go when the process ends.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests;
