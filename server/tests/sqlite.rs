//! SQLite keeps what every storage promises, and what a file on a disk adds to it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use support::conformance::{Backend, chunk_bytes, claimed, push, read, suite};
use support::*;
use tvaers_relay::prepare::{Job, prepare};
use tvaers_relay::storage::sqlite::SqliteStorage;
use tvaers_relay::storage::{Storage, StorageError};
use tvaers_relay::world::FeedKey;
use tvaers_wire::message::Pushed;

struct Sqlite;

impl Backend for Sqlite {
    type Storage = SqliteStorage;

    fn open(directory: &Path) -> SqliteStorage {
        SqliteStorage::open(directory).unwrap()
    }

    fn copy(from: &Path, to: &Path) {
        std::fs::copy(from.join("relay.db"), to.join("relay.db")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_what_every_storage_promises() {
    suite::<Sqlite>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_acknowledges_nothing_keeps_reading_and_recovers() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (storage, anna) = (claimed::<Sqlite>(dir.path(), &town).await, town.device(person()));
    let circle = own_circle(&anna);
    let mut pen = Pen::new(&anna, &circle);
    let one = pen.write(&anna);
    push(&storage, &anna, vec![circle.item(), one.item()]).await;
    storage.limit_pages(1).unwrap();
    let header = pen.header();
    let big = pen.sign(&anna, header, 1024 * 1024);
    let before = storage.world().read().clone();
    let job = || Job::Push {
        device: anna.id,
        items: vec![prepare(&*storage.world().read(), storage.stamps(), &anna.id, big.item())],
    };
    assert!(matches!(storage.commit(&[job()], 0).await, Err(StorageError::Database(_))));
    assert!(!storage.health().await.writable);
    assert_eq!(storage.world().read().lasts, before.lasts);
    assert_eq!(storage.world().read().head, before.head);
    let key = [FeedKey::Person(anna.person)];
    assert_eq!(chunk_bytes(&read(&storage, &key, 0, 10).await), [one.bytes]);
    storage.limit_pages(1_000_000).unwrap();
    assert_eq!(storage.commit(&[job()], 0).await.unwrap().results, [[Pushed::Stored]]);
    assert!(storage.health().await.writable);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStorage::open(dir.path()).unwrap());
    let path = dir.path().join("relay.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let newer = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                 SELECT 99, 'future', max(applied_on), '1' FROM refinery_schema_history";
    let before: i64 = database.query_row("SELECT count(*) FROM refinery_schema_history", [], |row| row.get(0)).unwrap();
    database.execute(newer, []).unwrap();
    drop(database);
    assert!(matches!(SqliteStorage::open(dir.path()), Err(StorageError::NewerSchema)));
    let database = rusqlite::Connection::open(&path).unwrap();
    let versions: i64 =
        database.query_row("SELECT count(*) FROM refinery_schema_history", [], |row| row.get(0)).unwrap();
    assert_eq!(versions, before + 1);
}

#[test]
fn one_directory_serves_one_relay() {
    let dir = tempfile::tempdir().unwrap();
    let first = SqliteStorage::open(dir.path()).unwrap();
    assert!(matches!(SqliteStorage::open(dir.path()), Err(StorageError::InUse)));
    drop(first);
    assert!(SqliteStorage::open(dir.path()).is_ok());
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(SqliteStorage::open(&file.path().join("data")), Err(StorageError::Directory(_))));
}
