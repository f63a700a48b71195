//! `desk.key`, beside the store: the store's key, sealed with the passphrase. The key itself is random, so that another passphrase needs
//! no new store; and without this file the store opens for nobody.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tvaers_core::passphrase::{Format, Passphrase, SealedFile, SealedFileError, Stretch};
use tvaers_core::rng::{self, bytes};
use tvaers_core::store::StoreKey;
use zeroize::Zeroizing;

use crate::terminal::Sentence;

const KEY: usize = 32;

static FORMAT: Format = Format { magic: b"TVDESKEY", version: 1, label: "desk key", longest: KEY };

fn path(store: &Path) -> PathBuf {
    store.join("desk.key")
}

/// True if a desk was begun in this directory.
pub(super) fn exists(store: &Path) -> bool {
    path(store).exists()
}

/// Draws a key for a new store, and seals it.
pub(super) fn make(store: &Path, passphrase: &Passphrase, stretch: Stretch) -> Result<StoreKey, Sentence> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(store).map_err(SealedFileError::from)?;
    let rng = &mut rng::system();
    let key = Zeroizing::new(bytes::<KEY>(rng));
    SealedFile::reserve(&FORMAT, &path(store), passphrase, stretch, rng)?.write(&*key, rng)?;
    Ok(StoreKey::new(*key))
}

/// The key of the store in this directory.
pub(super) fn open(store: &Path, passphrase: &Passphrase) -> Result<StoreKey, Sentence> {
    let (_, key) = SealedFile::open(&FORMAT, &path(store), passphrase)?;
    let key = <[u8; KEY]>::try_from(key.as_slice()).map(Zeroizing::new).map_err(|_| SealedFileError::Damaged)?;
    Ok(StoreKey::new(*key))
}

/// Seals the key with another passphrase: durable on return, and the old one opens nothing here.
pub(super) fn rotate(store: &Path, passphrase: &Passphrase, new: &Passphrase) -> Result<(), Sentence> {
    let (file, key) = SealedFile::open(&FORMAT, &path(store), passphrase)?;
    let rng = &mut rng::system();
    Ok(file.rekey(new, rng)?.write(&key, rng)?)
}

/// The store is erased: its key goes with it, and what an interrupted change of the passphrase may have left.
pub(super) fn forget(store: &Path) {
    for file in [path(store), store.join("desk.key.new")] {
        // What would be left is the sealed key of a store that is gone, and whose salt was overwritten.
        if let Err(error) = fs::remove_file(&file)
            && error.kind() != ErrorKind::NotFound
        {
            let _ = fs::write(&file, []);
        }
    }
}
