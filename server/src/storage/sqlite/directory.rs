//! The sealed directory. Wraps come first and wait under their serial; the directory that they are for puts itself in the place of
//! the one before, in one transaction, so that a device finds the old one whole or the new one whole.

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::directory::DirectoryAnswer;
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::limits;

use crate::storage::{DirectoryPart, DirectoryStored, StorageError};

pub(super) fn store(
    connection: &Connection,
    serial: u64,
    part: &DirectoryPart,
) -> Result<DirectoryStored, StorageError> {
    // SQLite counts with a sign; a serial is a clock's milliseconds, far below.
    let Ok(serial) = i64::try_from(serial) else { return Ok(DirectoryStored::Older) };
    let current: i64 = connection.query_row("SELECT coalesce(max(serial), -1) FROM directory", [], |row| row.get(0))?;
    match part {
        _ if serial < current => Ok(DirectoryStored::Older),
        // All of it is here; what was sealed under one serial is never sealed again.
        _ if serial == current => Ok(DirectoryStored::Done),
        DirectoryPart::Wraps(wraps) => {
            // What was brought before and never finished will not be.
            let sql = "DELETE FROM directory_wrap WHERE serial < ?1 AND serial <> ?2";
            connection.execute(sql, (serial, current))?;
            let sql = "SELECT count(*) FROM directory_wrap WHERE serial = ?1";
            let there: usize = connection.query_row(sql, [serial], |row| row.get(0))?;
            if there + wraps.len() > limits::DIRECTORY_DEVICES {
                return Ok(DirectoryStored::TooMany);
            }
            let mut insert = connection
                .prepare_cached("INSERT OR IGNORE INTO directory_wrap (serial, device, bytes) VALUES (?1, ?2, ?3)")?;
            for wrap in wraps {
                insert.execute((serial, wrap.device.as_bytes(), &wrap.bytes[..]))?;
            }
            Ok(DirectoryStored::Done)
        }
        DirectoryPart::Sealed { head, sealed } => {
            connection.execute("DELETE FROM directory", [])?;
            connection.execute("DELETE FROM directory_wrap WHERE serial < ?1", [serial])?;
            let sql = "INSERT INTO directory (serial, head, sealed) VALUES (?1, ?2, ?3)";
            connection.execute(sql, (serial, head.0, sealed))?;
            Ok(DirectoryStored::Done)
        }
    }
}

/// Forgets what was brought under higher serials, and would keep everything after it out.
pub(super) fn forget_after(connection: &Connection, serial: u64) -> Result<(), StorageError> {
    let serial = i64::try_from(serial).unwrap_or(i64::MAX);
    connection.execute("DELETE FROM directory WHERE serial > ?1", [serial])?;
    connection.execute("DELETE FROM directory_wrap WHERE serial > ?1", [serial])?;
    Ok(())
}

pub(super) fn read(
    connection: &Connection,
    head: &Fixed<32>,
    device: &DeviceId,
) -> Result<Option<DirectoryAnswer>, StorageError> {
    let sql = "SELECT sealed, bytes FROM directory JOIN directory_wrap USING (serial) WHERE head = ?1 AND device = ?2";
    let answer = |row: &rusqlite::Row<'_>| {
        let (sealed, wrap): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        Ok(DirectoryAnswer { sealed: sealed.into(), wrap: wrap.into() })
    };
    Ok(connection.query_row(sql, (head.0, device.as_bytes()), answer).optional()?)
}
