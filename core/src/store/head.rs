//! `store.head`, the small file beside the database: which format, which salt, and whether a key is the right one.
//!
//! SQLCipher answers the same for a wrong key, a flipped page and a random file, and takes an empty file for a new store.
//! The head tells these apart: once it says *ready*, a missing or empty database is damage and never a first start.
//!
//! | bytes | |
//! |---|---|
//! | 0..8 | `TVSTORE` and a zero |
//! | 8 | format version |
//! | 9 | 0: being created, 1: ready |
//! | 10..26 | salt |
//! | 26..58 | check of the key: HKDF-SHA-256 of key and salt (RFC 5869), for this purpose only |
//! | 58..90 | SHA-256 of the bytes before |

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hkdf};
use zeroize::Zeroizing;

use super::{StoreError, StoreKey};

const MAGIC: &[u8; 8] = b"TVSTORE\0";
const VERSION: u8 = 1;
const LEN: usize = 90;
const SALT: std::ops::Range<usize> = 10..26;
const CHECK: std::ops::Range<usize> = 26..58;
const DIGEST: std::ops::Range<usize> = 58..90;
const FILE: &str = "store.head";
const NEW_FILE: &str = "store.head.new";

/// How far the first start came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The database may be missing or half made; nothing was ever saved in it.
    Creating,
    /// The database holds what was saved.
    Ready,
}

/// The content of `store.head`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) stage: Stage,
    salt: [u8; 16],
    check: [u8; 32],
}

impl Head {
    /// A head with a new salt, for a store that is being created with this key.
    pub(super) fn new(key: &StoreKey) -> Result<Self, StoreError> {
        let mut salt = [0u8; 16];
        SystemRandom::new().fill(&mut salt).map_err(|_| StoreError::Io { code: 0 })?;
        let check = *derive(key, &salt, b"tvaers store key check v1")?;
        Ok(Self { stage: Stage::Creating, salt, check })
    }

    /// Reads the head of the store in `dir`; `None` if there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, StoreError> {
        match fs::read(dir.join(FILE)) {
            Ok(bytes) => Self::parse(&bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts this head in the place of the old one; durable on return, and never half written.
    pub(super) fn write(&self, dir: &Path) -> Result<(), StoreError> {
        let new = dir.join(NEW_FILE);
        let mut file = File::create(&new)?;
        file.write_all(&self.to_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, dir.join(FILE))?;
        sync_dir(dir)
    }

    /// Whether this is the key the store was created with, and if so what opens the database.
    pub(super) fn unlock(&self, key: &StoreKey) -> Result<DatabaseKey, StoreError> {
        let check = derive(key, &self.salt, b"tvaers store key check v1")?;
        // Both sides are one-way images of the key, so the time of the comparison tells nothing of it.
        if *check != self.check {
            return Err(StoreError::WrongKey);
        }
        let raw = derive(key, &self.salt, b"tvaers store database v1")?;
        let hex = |byte: &u8| format!("{byte:02x}");
        let digits: Zeroizing<String> = Zeroizing::new(raw.iter().chain(&self.salt).map(hex).collect());
        Ok(DatabaseKey(Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", *digits))))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.push(u8::from(self.stage == Stage::Ready));
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.check);
        let digest = digest::digest(&digest::SHA256, &bytes);
        bytes.extend_from_slice(digest.as_ref());
        bytes
    }

    fn parse(bytes: &[u8]) -> Result<Self, StoreError> {
        const DAMAGED: StoreError = StoreError::Damaged { what: "store.head is malformed" };
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err(StoreError::NotAStore);
        };
        let version = *rest.first().ok_or(DAMAGED)?;
        if version > VERSION {
            return Err(StoreError::NewerSchema { found: version.into(), known: VERSION.into() });
        }
        if bytes.len() != LEN || digest::digest(&digest::SHA256, &bytes[..DIGEST.start]).as_ref() != &bytes[DIGEST] {
            return Err(DAMAGED);
        }
        let stage = match bytes[9] {
            0 => Stage::Creating,
            1 => Stage::Ready,
            _ => return Err(DAMAGED),
        };
        let salt = bytes[SALT].try_into().map_err(|_| DAMAGED)?;
        let check = bytes[CHECK].try_into().map_err(|_| DAMAGED)?;
        Ok(Self { stage, salt, check })
    }
}

/// The statement that gives SQLCipher its raw key and salt. Wiped when dropped.
pub(super) struct DatabaseKey(Zeroizing<String>);

impl DatabaseKey {
    /// The statement.
    pub(super) fn pragma(&self) -> &str {
        &self.0
    }
}

/// Makes creations, renames and removals in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    // Windows has no handle for this; renames are durable there with the file system's journal.
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

fn derive(key: &StoreKey, salt: &[u8; 16], purpose: &[u8]) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let mut out = Zeroizing::new([0u8; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(key.bytes())
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *out))
        .map_err(|_| StoreError::Refused { code: 0 })?;
    Ok(out)
}
