//! Zeroed pages, the one damage that SQLCipher lets through.
//!
//! It returns a page of zeros as it is, without authenticating it, because SQLite may read beyond the end of a file. A zeroed
//! B-tree page is then malformed, but the last overflow page of a long text would silently read as zeros.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use rusqlite::{Connection, params};

use super::StoreError;

/// Fixed by `cipher_compatibility = 4`.
const PAGE_SIZE: u64 = 4096;

const DAMAGED: StoreError = StoreError::Damaged { what: "a page was zeroed" };

/// Refuses a database with a page of zeros that is in use.
///
/// A page that was allocated and freed between two checkpoints is legitimately a hole, and one still in the log is about to
/// be overwritten; both are rare, so only then the pages in use are listed.
pub(super) fn refuse_zeroed_pages(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    if zeroed(path)?.is_empty() {
        return Ok(());
    }
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
    let zeroed = zeroed(path)?;
    let mut in_use = conn.prepare("SELECT count(*) FROM dbstat WHERE pageno = ?1")?;
    for page in zeroed {
        if in_use.query_row(params![page], |row| row.get::<_, i64>(0))? > 0 {
            return Err(DAMAGED);
        }
    }
    Ok(())
}

/// The numbers of all pages that are zero throughout.
fn zeroed(path: &Path) -> Result<Vec<i64>, StoreError> {
    let mut file = File::open(path)?;
    let pages = file.metadata()?.len() / PAGE_SIZE;
    let mut found = Vec::new();
    for page in 0..pages {
        // A sealed page begins with ciphertext: sixteen bytes decide all but one in 2^128.
        let mut start = [0u8; 16];
        file.seek(SeekFrom::Start(page * PAGE_SIZE))?;
        file.read_exact(&mut start)?;
        if start == [0u8; 16] && rest_is_zero(&mut file, PAGE_SIZE - 16)? {
            found.push(i64::try_from(page + 1).unwrap_or(i64::MAX));
        }
    }
    Ok(found)
}

fn rest_is_zero(file: &mut File, len: u64) -> Result<bool, StoreError> {
    let mut rest = Vec::new();
    file.take(len).read_to_end(&mut rest)?;
    Ok(rest.iter().all(|byte| *byte == 0))
}
