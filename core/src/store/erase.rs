//! Erasing a store for good, and finishing that after it was cut short.
//!
//! | | | if it ends here |
//! |---|---|---|
//! | 1 | the note `store.erased` is durable | from now on the store opens for nobody, and whoever opens it goes on with 2 |
//! | 2 | whoever keeps the store's key forgets it | |
//! | 3 | the head and its salt are overwritten: without the salt the store's key opens nothing | |
//! | 4 | the database, which begins with that salt, its log and the rest | |
//!
//! Each file is overwritten, flushed, cut to nothing and removed. On flash the old cells may outlive that; what is in them is sealed
//! with a key that is gone.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::open::{self, Lock};
use super::{Place, Store, StoreError};

/// What is left of a store that was erased, and says so.
const NOTE: &str = "store.erased";
const NEW_NOTE: &str = "store.erased.new";

/// In the order in which they go: first what opens the rest.
const FILES: [&str; 12] = [
    "store.head",
    "store.head.new",
    "store.db",
    "store.db-wal",
    "store.db-shm",
    "store.db-journal",
    "store.db.new",
    "store.db.new-wal",
    "store.db.new-shm",
    "store.db.new-journal",
    super::reserve::FILE,
    // From a note that was being replaced.
    NEW_NOTE,
];

/// Called when the store is erased: whoever keeps its key forgets it.
pub type Forget = Box<dyn Fn() + Send + Sync>;

impl Store {
    /// Says how the store's key is forgotten where it is kept. Without this the salt alone makes it worthless.
    pub fn forgets_key_with(&self, forget: Forget) {
        // Set once, when the store is opened; a second one would be the same vault.
        let _ = self.forget.set(forget);
    }

    /// Erases the store, for good, leaving a note that whoever opens it will find. It waits for readers and the writer, and every later
    /// call says [`StoreError::Erased`]. A store in memory loses its content.
    ///
    /// # Errors
    /// [`StoreError`]: something is left. Opening the store, or calling this again, goes on.
    pub fn erase(&self, note: &[u8]) -> Result<(), StoreError> {
        let (dir, open) = match &self.place {
            Place::Memory(conn) => {
                *super::lock(conn) = open::in_memory()?;
                self.forget();
                return Ok(());
            }
            Place::Disk { dir, open } => (dir, open),
        };
        let mut open = open.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        // An open store has it already.
        let closed = if open.is_none() { Some(open::lock(dir)?) } else { None };
        let noted = write_note(dir, note);
        self.forget();
        let lock = open.take().map(super::Disk::abandon).or(closed);
        // Should there be no room for the note, there is after this: a full disk keeps nothing from being erased.
        erase_files(dir)?;
        if noted.is_err() {
            write_note(dir, note)?;
        }
        drop(lock);
        Ok(())
    }

    fn forget(&self) {
        if let Some(forget) = self.forget.get() {
            forget();
        }
    }
}

impl super::Disk {
    /// Lets go of the database without writing anything more into it. The lock is kept: nobody opens what is being erased.
    fn abandon(self) -> Lock {
        drop(self.idle);
        let writer = self.writer.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        open::abandon(writer);
        self.lock
    }
}

/// What was noted when a store in this directory was erased; `None` if none was. What is left of it is erased now: it waits for
/// whoever is at that already, or is putting another note in the place.
///
/// # Errors
/// [`StoreError`]: something is left.
pub fn erased(dir: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(found) = note(dir)? else { return Ok(None) };
    if FILES.iter().all(|name| !dir.join(name).exists()) {
        return Ok(Some(found));
    }
    let _lock = open::wait_for_lock(dir)?;
    erase_files(dir)?;
    // Another one by now, perhaps.
    note(dir)
}

/// Puts another note in the place of the one that an erased store left.
///
/// # Errors
/// [`StoreError`]; the old note is as it was.
pub fn note_erased(dir: &Path, note: &[u8]) -> Result<(), StoreError> {
    // A new note that is half written looks like something that is left, and would be overwritten.
    let _lock = open::wait_for_lock(dir)?;
    write_note(dir, note)
}

/// Removes the note of an erased store: another one may be created here.
///
/// # Errors
/// [`StoreError`]; [`StoreError::Missing`] if no store was erased here.
pub fn forget_erased(dir: &Path) -> Result<(), StoreError> {
    erased(dir)?.ok_or(StoreError::Missing)?;
    fs::remove_file(dir.join(NOTE))?;
    super::head::sync_dir(dir)
}

/// What was noted, if a store was erased here, whether or not anything of it is left.
pub(super) fn note(dir: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(dir.join(NOTE)) {
        Ok(note) => Ok(Some(note)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn write_note(dir: &Path, note: &[u8]) -> Result<(), StoreError> {
    let new = dir.join(NEW_NOTE);
    let mut file = File::create(&new)?;
    file.write_all(note)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, dir.join(NOTE))?;
    super::head::sync_dir(dir)
}

/// Goes on after a file that will not go, so that one does not keep the others.
fn erase_files(dir: &Path) -> Result<(), StoreError> {
    let mut done = Ok(());
    for name in FILES {
        done = done.and(erase_file(&dir.join(name)));
    }
    done.and(super::head::sync_dir(dir))
}

/// Overwrites, flushes, cuts and removes a file.
fn erase_file(path: &Path) -> Result<(), StoreError> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut left = file.metadata()?.len();
    let mut overwrite = || -> std::io::Result<()> {
        while left > 0 {
            let some = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            file.write_all(&ZEROS[..some])?;
            left -= some as u64;
        }
        file.sync_all()?;
        file.set_len(0)?;
        file.sync_all()
    };
    // A file system that will not overwrite (copy on write, full) may still remove.
    let overwritten = overwrite();
    drop(file);
    fs::remove_file(path)?;
    Ok(overwritten?)
}

#[cfg(test)]
mod tests;
