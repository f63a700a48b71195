//! Room that is kept for what must be written although the disk is full: that a person has read something, the note they are
//! writing, and what leaves.
//!
//! A file of random bytes lies beside the database. When there is no room, the log is first moved into the database, so that
//! the space it already has is used again; when that is not enough, the file is cut by a step, and the change is made once more.
//! What arrives from others never has it cut. It is filled up whenever the store is opened and there is room again.
//!
//! It holds nothing. It may be missing, short or torn at any time, so it is never flushed: what a power cut takes of it is
//! filled up at the next start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::PoisonError;

use super::{Place, Store, StoreError, closed, lock};
use ring::rand::{SecureRandom, SystemRandom};

/// The file's name.
pub(super) const FILE: &str = "store.reserve";

/// How much is kept. Reading a note takes some ten pages of the log, which are used again, and a hundred bytes of the database:
/// this is thousands of notes.
pub(super) const RESERVE: u64 = 512 * 1024;

/// By how much it is cut: room for one change and for what the system itself needs, so that whoever else writes on this disk
/// takes away a part and not all of it. The log's index grows by half of this at once.
const STEP: u64 = 64 * 1024;

impl Store {
    /// Makes room on a full disk for something that must be written. `more` says that what was made before was not enough. False
    /// if nothing is left to give.
    ///
    /// # Errors
    /// [`StoreError`] if the reserve cannot be cut.
    pub(crate) fn make_room(&self, more: bool) -> Result<bool, StoreError> {
        let Place::Disk { dir, open } = &self.place else { return Ok(false) };
        let open = open.read().unwrap_or_else(PoisonError::into_inner);
        let disk = open.as_ref().ok_or_else(|| closed(dir))?;
        let given = !more || give(dir)?;
        if given {
            // Into the database with what is in the log, which is then written from its beginning again. It waits for no reader:
            // a log that one still needs is written at its end. Nor does it matter if there is no room for that: the next step helps.
            let _ = lock(&disk.writer).query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
        Ok(given)
    }
}

/// Cuts the reserve by a step. False if there is none.
pub(super) fn give(dir: &Path) -> Result<bool, StoreError> {
    let file = match OpenOptions::new().write(true).open(dir.join(FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let len = file.metadata()?.len();
    if len == 0 {
        return Ok(false);
    }
    file.set_len((len - 1) / STEP * STEP)?;
    Ok(true)
}

/// Fills the reserve up as far as there is room. What there is no room for is not an error: it is filled up another time.
pub(super) fn fill(dir: &Path) {
    let path = dir.join(FILE);
    if fs::metadata(&path).is_ok_and(|meta| meta.len() == RESERVE) {
        return;
    }
    let _ = OpenOptions::new().create(true).truncate(false).write(true).open(path).and_then(|file| fill_up(&file));
}

fn fill_up(mut file: &File) -> io::Result<()> {
    // Longer: of a version that kept more.
    file.set_len(file.metadata()?.len().min(RESERVE) / STEP * STEP)?;
    let mut at = file.seek(SeekFrom::End(0))?;
    let mut step = vec![0; STEP as usize];
    while at < RESERVE {
        // A file system that compresses, or leaves zeros out, would keep no room for anything else.
        SystemRandom::new().fill(&mut step).map_err(io::Error::other)?;
        file.write_all(&step)?;
        at += STEP;
    }
    Ok(())
}
