//! A file that opens with a passphrase, and is replaced whole.
//!
//! | bytes | |
//! |---|---|
//! | 0..8 | what kind of file it is |
//! | 8 | format version |
//! | 9..21 | Argon2id: memory in KiB, passes, lanes; u32 each, big-endian |
//! | 21..37 | salt |
//! | 37..69 | nonce of this write |
//! | 69..−32 | AES-256-GCM of the content; everything before is associated data |
//! | −32.. | SHA-256 of everything before: tells damage from a wrong passphrase |
//!
//! The passphrase and the salt give one key per passphrase; HKDF with 32 fresh random bytes gives the key of each write, used for
//! that write only. So no key meets two plaintexts, also when an old copy of the file is written on.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::{Passphrase, SALT, Stretch, StretchError};
use crate::keys::{Secret, derive, open_once, seal_once};
use crate::rng::{CryptoRng, bytes};

/// Bytes before what is sealed.
pub(crate) const HEAD: usize = 69;
/// Where the nonce of a write stands.
pub(crate) const NONCE: std::ops::Range<usize> = 37..69;
/// Bytes of the digest at the end.
pub(crate) const DIGEST: usize = 32;
const TAG: usize = 16;

/// A kind of file that opens with a passphrase.
#[derive(Debug)]
pub struct Format {
    /// What the file begins with.
    pub magic: &'static [u8; 8],
    /// Its newest version.
    pub version: u8,
    /// What its keys are derived for: a file of one kind never opens as another.
    pub label: &'static str,
    /// The longest content, in bytes.
    pub longest: usize,
}

/// Why a file was not opened or not written. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SealedFileError {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// There is one already.
    #[error("there is such a file already")]
    Exists,
    /// Another command is at work on it.
    #[error("another command is at work on this file")]
    Busy,
    /// Some other file.
    #[error("the file is of another kind")]
    OtherKind,
    /// Written by a newer version.
    #[error("the file was written by a newer version of Tværs")]
    Newer,
    /// Parameters of the head that are not used.
    #[error(transparent)]
    Stretch(#[from] StretchError),
    /// Cut short, or changed by a failing disk.
    #[error("the file is damaged; take the newest backup")]
    Damaged,
    /// It does not open.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// It would grow beyond what can be read again.
    #[error("the file has grown beyond its limit")]
    Full,
    /// The system refused.
    #[error("the file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}

/// The place of a file, open and locked for one command.
pub struct SealedFile {
    format: &'static Format,
    path: PathBuf,
    key: Secret,
    salt: [u8; SALT],
    stretch: Stretch,
    _lock: Lock,
}

impl SealedFile {
    /// Takes the place of a file that is to be made. Nothing is written yet.
    ///
    /// # Errors
    /// [`SealedFileError::Exists`] and others.
    pub fn reserve(
        format: &'static Format,
        path: &Path,
        passphrase: &Passphrase,
        stretch: Stretch,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SealedFileError> {
        let lock = Lock::take(path)?;
        if path.try_exists()? {
            return Err(SealedFileError::Exists);
        }
        let salt = bytes(rng);
        let key = stretch.key(passphrase, &salt)?;
        Ok(Self { format, path: path.to_owned(), key, salt, stretch, _lock: lock })
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`SealedFileError`].
    pub fn open(
        format: &'static Format,
        path: &Path,
        passphrase: &Passphrase,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), SealedFileError> {
        // Looked for first: a mistyped path must not leave a lock lying about.
        if !path.try_exists()? {
            return Err(SealedFileError::Missing);
        }
        let lock = Lock::take(path)?;
        let file = read(format, path)?;
        let head = Head::parse(format, &file)?;
        let key = head.stretch.key(passphrase, &head.salt)?;
        let (aad, sealed) = file.split_at_checked(HEAD).ok_or(SealedFileError::Damaged)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let write_key = derive(&key, format.label, aad.get(NONCE).unwrap_or_default());
        let opened = open_once(&write_key, aad, &mut sealed).map_err(|_| SealedFileError::WrongPassphrase)?;
        let content = Zeroizing::new(opened.to_vec());
        let Head { stretch, salt } = head;
        Ok((Self { format, path: path.to_owned(), key, salt, stretch, _lock: lock }, content))
    }

    /// Puts this content in the place of the old one: durable on return. Interrupted, the old one stands.
    ///
    /// # Errors
    /// [`SealedFileError`].
    pub fn write(&self, content: &[u8], rng: &mut dyn CryptoRng) -> Result<(), SealedFileError> {
        if content.len() > self.format.longest {
            return Err(SealedFileError::Full);
        }
        let head = Head { stretch: self.stretch, salt: self.salt }.to_bytes(self.format, &bytes(rng));
        // Room for the tag, so that nothing is left unwiped where it lay before.
        let mut sealed = Vec::with_capacity(content.len() + TAG);
        sealed.extend_from_slice(content);
        let write_key = derive(&self.key, self.format.label, head.get(NONCE).unwrap_or_default());
        seal_once(&write_key, &head, &mut sealed).map_err(|_| SealedFileError::Full)?;
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
    /// [`SealedFileError::Stretch`].
    pub fn rekey(self, passphrase: &Passphrase, rng: &mut dyn CryptoRng) -> Result<Self, SealedFileError> {
        let salt = bytes(rng);
        let key = self.stretch.key(passphrase, &salt)?;
        Ok(Self { key, salt, ..self })
    }
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedFile(…)")
    }
}

struct Head {
    stretch: Stretch,
    salt: [u8; SALT],
}

impl Head {
    /// What the file says of itself. How hard it is stretched is judged by [`Stretch::key`], before anything is allocated for it.
    fn parse(format: &Format, file: &[u8]) -> Result<Self, SealedFileError> {
        let rest = file.strip_prefix(format.magic).ok_or(SealedFileError::OtherKind)?;
        match rest.first() {
            Some(version) if *version > format.version => return Err(SealedFileError::Newer),
            Some(version) if *version == format.version => {}
            _ => return Err(SealedFileError::Damaged),
        }
        let number = |at: usize| {
            let four = file.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
            four.map(u32::from_be_bytes).ok_or(SealedFileError::Damaged)
        };
        let stretch = Stretch { memory: number(9)?, passes: number(13)?, lanes: number(17)? };
        let salt = file.get(21..37).and_then(|salt| salt.try_into().ok()).ok_or(SealedFileError::Damaged)?;
        Ok(Self { stretch, salt })
    }

    fn to_bytes(&self, format: &Format, nonce: &[u8; 32]) -> Vec<u8> {
        let Stretch { memory, passes, lanes } = self.stretch;
        let mut out = format.magic.to_vec();
        out.push(format.version);
        [memory, passes, lanes].iter().for_each(|number| out.extend_from_slice(&number.to_be_bytes()));
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(nonce);
        out
    }
}

/// Reads the file without its digest. The order tells a user most: another file, damage, and only then a wrong passphrase.
fn read(format: &Format, path: &Path) -> Result<Vec<u8>, SealedFileError> {
    let limit = format.longest + HEAD + TAG + DIGEST;
    let mut file = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut file)?;
    if !file.starts_with(format.magic) {
        return Err(SealedFileError::OtherKind);
    }
    if file.get(format.magic.len()).is_some_and(|version| *version > format.version) {
        return Err(SealedFileError::Newer);
    }
    let end = file.len().checked_sub(DIGEST).filter(|end| *end > HEAD).ok_or(SealedFileError::Damaged)?;
    if file.len() > limit || digest(&SHA256, &file[..end]).as_ref() != &file[end..] {
        return Err(SealedFileError::Damaged);
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
    fn take(path: &Path) -> Result<Self, SealedFileError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(beside(path, ".lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(SealedFileError::Busy),
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
