//! Numbered rows in a core store: the smallest subject, and what its child program and its checker share.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use tvaers_core::store::{Store, StoreError, StoreKey};

use super::{Subject, mark};

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

/// The program: saves rows and says so.
///
/// # Errors
/// If the store can be neither made nor opened, or a mark cannot be made.
pub fn main(args: &[String]) -> Result<()> {
    let [dir, rows] = args else { anyhow::bail!("usage: rows DIR ROWS") };
    let (rows, key): (u32, _) = (rows.parse()?, key());
    let store = first_start(Path::new(dir), &key)?;
    for row in 0..rows {
        if row % 16 == 15 {
            // As a phone that goes to the background and comes back. A failure leaves it closed or open; either is tried again.
            let _ = store.close();
        }
        // Somebody whose note was not saved tries again; after that it is for the next start.
        if save_again(&store, &key, row).is_ok() || save_again(&store, &key, row).is_ok() {
            mark(&row.to_string())?;
        }
    }
    store.close()?;
    Ok(())
}

fn first_start(dir: &Path, key: &StoreKey) -> Result<Store, StoreError> {
    match Store::create(dir, key) {
        Err(StoreError::Exists) => Store::open(dir, key),
        Err(StoreError::DiskFull | StoreError::Io { .. }) => Store::create(dir, key),
        other => other,
    }
}

fn save_again(store: &Store, key: &StoreKey, row: u32) -> Result<(), StoreError> {
    store.reopen(key)?;
    save(store, row)
}

impl Subject for StoreRows {
    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("rows").arg(dir.join("store")).arg(self.rows.to_string());
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

/// Every row from the first to this many is there, with its text.
///
/// # Errors
/// Which is not.
pub fn check_rows(store: &Store, rows: u32) -> Result<(), String> {
    let found = self::rows(store).map_err(|error| format!("cannot be read: {error}"))?;
    match (0..rows).find(|row| !found.iter().any(|(known, value)| known == row && *value == text(*row))) {
        Some(row) => Err(format!("row {row} is lost")),
        None => Ok(()),
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
