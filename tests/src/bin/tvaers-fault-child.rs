//! A program that saves numbered rows in a store and says so, to be cut off at any moment.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tvaers_core::store::{Store, StoreError, StoreKey};
use tvaers_tests::faults::{mark, store_rows};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().context("usage: tvaers-fault-child DIR ROWS")?);
    let rows: u32 = args.next().context("usage: tvaers-fault-child DIR ROWS")?.parse()?;
    let key = store_rows::key();
    let store = first_start(&dir, &key)?;
    for row in 0..rows {
        if row % 16 == 15 {
            // As a phone that goes to the background and comes back. A failure leaves it closed or open; either is tried again.
            let _ = store.close();
        }
        // Somebody whose note was not saved tries again; after that it is for the next start.
        if save(&store, &key, row).is_ok() || save(&store, &key, row).is_ok() {
            mark(&row.to_string())?;
        }
    }
    store.close()?;
    Ok(())
}

fn first_start(dir: &std::path::Path, key: &StoreKey) -> Result<Store, StoreError> {
    match Store::create(dir, key) {
        Err(StoreError::Exists) => Store::open(dir, key),
        Err(StoreError::DiskFull | StoreError::Io { .. }) => Store::create(dir, key),
        other => other,
    }
}

fn save(store: &Store, key: &StoreKey, row: u32) -> Result<(), StoreError> {
    store.reopen(key)?;
    store_rows::save(store, row)
}
