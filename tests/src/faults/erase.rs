//! A store that is erased: whatever it is cut off at, it is whole or it is gone, and once it was said to be gone it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use tvaers_core::store::{self, Store, StoreError};

use super::{Subject, mark, store_rows};

/// What the erased store leaves.
const NOTE: &[u8] = b"a receipt, signed before";

/// The program that erases a store of so many rows.
#[derive(Debug)]
pub struct Erase {
    /// The child's executable.
    pub program: PathBuf,
    /// How many rows the store holds.
    pub rows: u32,
}

impl Erase {
    /// Makes the store that is to be erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prepare(&self, dir: &Path) -> Result<(), StoreError> {
        let store = Store::create(&dir.join("store"), &store_rows::key())?;
        (0..self.rows).try_for_each(|row| store_rows::save(&store, row))?;
        store.close()
    }
}

/// The program: writes one more row, so that the log holds something, erases and says so.
///
/// # Errors
/// If the store cannot be opened. What cannot be erased is not marked; the next start goes on.
pub fn main(args: &[String]) -> Result<()> {
    let [dir] = args else { anyhow::bail!("usage: erase DIR") };
    let store = Store::open(Path::new(dir), &store_rows::key()).context("the store opens")?;
    store_rows::save(&store, 0)?;
    if store.erase(NOTE).is_ok() {
        mark("erased")?;
    }
    Ok(())
}

impl Subject for Erase {
    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("erase").arg(dir.join("store"));
        command
    }

    fn check(&self, dir: &Path, acknowledged: &[&str]) -> Result<(), String> {
        let dir = dir.join("store");
        match Store::open(&dir, &store_rows::key()) {
            Ok(_) if acknowledged.contains(&"erased") => Err("it was said to be erased, and opens".to_owned()),
            Ok(store) => store_rows::check_rows(&store, self.rows),
            Err(StoreError::Erased) => {
                let note = store::erased(&dir).map_err(|error| format!("the note: {error}"))?;
                if note.as_deref() != Some(NOTE) {
                    return Err("the note is another one".to_owned());
                }
                let left = std::fs::read_dir(&dir).map_err(|error| error.to_string())?;
                let names = left.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
                match names.filter(|name| name != "store.erased" && name != "store.lock").collect::<Vec<_>>() {
                    left if left.is_empty() => Ok(()),
                    left => Err(format!("{left:?} are left")),
                }
            }
            Err(error) => Err(format!("neither whole nor erased: {error}")),
        }
    }
}
