//! What a database holds while no relay runs on it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::storage::StorageError;

/// Figures of a relay's data at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtRest {
    /// Chunks kept.
    pub chunks: usize,
    /// Bytes of the database.
    pub bytes: u64,
}

/// Counts what lies in this directory. Reads only.
///
/// # Errors
/// [`StorageError`] if there is no database, or it cannot be read.
pub fn at_rest(directory: &Path) -> Result<AtRest, StorageError> {
    let path = directory.join("relay.db");
    let bytes = std::fs::metadata(&path).map_err(StorageError::Directory)?.len();
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let chunks: i64 = connection.query_row("SELECT count(*) FROM chunk", [], |row| row.get(0))?;
    Ok(AtRest { chunks: usize::try_from(chunks).unwrap_or_default(), bytes })
}
