//! What makes a start durable: names in directories, and what an earlier run wrote but never flushed.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::Connection;

use crate::storage::StorageError;

/// Bytes that are written anew at once.
const PIECE: usize = 256 * 1024;

/// Makes a directory and everything above it. Their names are durable on return: without that, a power cut after the first
/// day could take the whole database with it.
pub(super) fn make_directory(directory: &Path) -> io::Result<()> {
    let made: Vec<&Path> = directory.ancestors().take_while(|above| !above.exists()).collect();
    let mut builder = DirBuilder::new();
    // What lies in it is sealed, but for who meets whom, and the keys by which the relay knows its own word.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory)?;
    // The directory's own name always: the run that made it may have been killed before it got here.
    made.into_iter().chain([directory]).try_for_each(|made| match made.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        Some(_) => sync(Path::new(".")),
        None => Ok(()),
    })
}

/// Makes everything that can be read here durable.
///
/// A run that was killed, or whose last flush failed, leaves commits in the log that were never acknowledged and may not be on
/// the disc. They are found when the log is read, and a device that pushes again is told "duplicate", so they must be as good
/// as acknowledged ones. Moving the log into the database writes them anew, and may be cut off itself: the log must be there
/// whole until then.
pub(super) fn settle(connection: &Connection, directory: &Path) -> Result<(), StorageError> {
    write_anew(&directory.join("relay.db-wal")).map_err(StorageError::Directory)?;
    let moved = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    let full = |error: &rusqlite::Error| error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
    match moved {
        Ok(false) => {}
        Err(error) if !full(&error) => return Err(error.into()),
        // No space: reading goes on, and the log stays. After a kill its flush is enough.
        Ok(true) | Err(_) => flush(directory).map_err(StorageError::Directory)?,
    }
    // The names of database and log.
    sync(directory).map_err(StorageError::Directory)
}

/// Writes a file over itself and flushes it. After a failed flush the system takes its pages for written, and another flush alone
/// does nothing.
fn write_anew(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let (mut piece, mut at) = (vec![0; PIECE], 0);
    loop {
        file.seek(SeekFrom::Start(at))?;
        let read = file.read(&mut piece)?;
        if read == 0 {
            return file.sync_data();
        }
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&piece[..read])?;
        at += read as u64;
    }
}

/// Flushes the log.
pub(super) fn flush(directory: &Path) -> io::Result<()> {
    match File::open(directory.join("relay.db-wal")) {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn sync(directory: &Path) -> io::Result<()> {
    // Windows has no handle for this; names are durable there with the file system's journal.
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}
