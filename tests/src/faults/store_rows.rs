//! Numbered rows in a core store: the smallest subject, and what its child program and its checker share.

use std::path::{Path, PathBuf};
use std::process::Command;

use tvaers_core::store::{Store, StoreError, StoreKey};

use super::Subject;

/// The store behind `tvaers-fault-child`.
#[derive(Debug)]
pub struct StoreRows {
    /// The child's executable.
    pub program: PathBuf,
    /// How many rows it saves.
    pub rows: u32,
}

/// The key of every store here.
pub fn key() -> StoreKey {
    StoreKey::new([3; 32])
}

/// Saves one row. Checkpoints come every few rows, so that every path of the log is walked often.
///
/// # Errors
/// Whatever the store says; then the row is not acknowledged.
pub fn save(store: &Store, row: u32) -> Result<(), StoreError> {
    store.write(|tx| {
        tx.execute_batch("PRAGMA wal_autocheckpoint = 12;")?;
        tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", (format!("row {row:06}"), text(row)))?;
        Ok(())
    })
}

impl Subject for StoreRows {
    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(dir.join("store")).arg(self.rows.to_string());
        command
    }

    fn check(&self, dir: &Path, acknowledged: &[&str]) -> Result<(), String> {
        let dir = dir.join("store");
        let store = match Store::open(&dir, &key()) {
            Err(StoreError::Missing | StoreError::Unfinished) if acknowledged.is_empty() => Store::create(&dir, &key()),
            other => other,
        }
        .map_err(|error| format!("cannot be opened: {error}"))?;
        let found = rows(&store).map_err(|error| format!("cannot be read: {error}"))?;
        if let Some((row, _)) = found.iter().find(|(row, value)| *value != text(*row)) {
            return Err(format!("row {row} has another text"));
        }
        for id in acknowledged {
            if !found.iter().any(|(row, _)| row.to_string() == *id) {
                return Err(format!("acknowledged row {id} is lost"));
            }
        }
        save(&store, self.rows).map_err(|error| format!("cannot be written any more: {error}"))
    }
}

fn rows(store: &Store) -> Result<Vec<(u32, String)>, StoreError> {
    store.read(|conn| {
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(StoreError::Damaged { what: "the integrity check found something" });
        }
        let mut all = conn.prepare("SELECT CAST(substr(key, 5) AS INTEGER), value FROM meta WHERE key LIKE 'row %'")?;
        Ok(all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    })
}

/// From one sector to several pages.
fn text(row: u32) -> String {
    format!("Sofie talte om weekenden, nr. {row}. ").repeat(1 + row as usize * 37 % 300)
}
