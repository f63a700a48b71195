//! The promises of the store, each as a test that can fail.

mod damage;
mod first_start;
pub(crate) mod space;
mod versions;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

const TEXT: &str = "Oliver lod sin madpakke stå urørt i dag";

pub(crate) fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

/// The library starts with the first store of a process: each try is a process of its own. One in eighty failed without the wait.
#[test]
fn first_stores_that_are_opened_together_all_open() {
    const TRY: &str = "TVAERS_FIRST_STORES";
    if std::env::var_os(TRY).is_some() {
        let together = std::sync::Barrier::new(8);
        let open = || {
            together.wait();
            Store::in_memory().unwrap()
        };
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(open))));
        return;
    }
    for _ in 0..150 {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "store::tests::first_stores_that_are_opened_together_all_open"]).env(TRY, "1");
        let done = again.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    }
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Rows of growing length: some in their leaf, some with one and with many overflow pages.
fn text_of(row: i64) -> String {
    format!("{TEXT} nr. {row}. ").repeat(1 + usize::try_from(row).unwrap() * 7)
}

fn put(store: &Store, row: i64) -> Result<(), StoreError> {
    store.write(|tx| {
        tx.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", (format!("row {row:04}"), text_of(row)))?;
        Ok(())
    })
}

fn rows(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    store.read(|conn| {
        let mut all = conn.prepare("SELECT key, value FROM meta WHERE key LIKE 'row %' ORDER BY key")?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows)
    })
}

fn expected(count: i64) -> Vec<(String, String)> {
    (0..count).map(|row| (format!("row {row:04}"), text_of(row))).collect()
}

/// A closed store with this many rows.
fn filled(dir: &Path, count: i64) {
    let store = Store::create(dir, &key()).unwrap();
    (0..count).for_each(|row| put(&store, row).unwrap());
    store.close().unwrap();
}

/// Every file of the directory with its bytes.
fn bytes_of(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    for (name, bytes) in bytes_of(from) {
        fs::write(to.join(name), bytes).unwrap();
    }
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let dir = dir();
    filled(dir.path(), 20);
    let store = Store::open(dir.path(), &key()).unwrap();
    assert_eq!(rows(&store).unwrap(), expected(20));
    assert_eq!(store.path(), Some(dir.path()));
}

#[test]
fn a_closed_store_holds_no_log_and_no_lock_and_reopens_in_place() {
    let dir = dir();
    let store = Store::create(dir.path(), &key()).unwrap();
    put(&store, 0).unwrap();
    store.close().unwrap();
    store.close().unwrap();
    assert_eq!(put(&store, 1), Err(StoreError::Closed));
    assert_eq!(rows(&store), Err(StoreError::Closed));
    let names: Vec<_> = bytes_of(dir.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["store.db", "store.head", "store.lock", "store.reserve"]);
    drop(Store::open(dir.path(), &key()).unwrap());
    assert_eq!(store.reopen(&StoreKey::new([8; 32])), Err(StoreError::WrongKey));
    store.reopen(&key()).unwrap();
    assert_eq!(rows(&store).unwrap(), expected(1));
}

#[test]
fn a_change_that_fails_leaves_nothing() {
    let store = Store::in_memory().unwrap();
    let refused = store.write(|tx| {
        tx.execute("INSERT INTO meta (key, value) VALUES ('row 0000', 'x')", [])?;
        Err::<(), _>(StoreError::NoRow)
    });
    assert_eq!(refused, Err(StoreError::NoRow));
    assert!(rows(&store).unwrap().is_empty());
    put(&store, 0).unwrap();
    assert_eq!(put(&store, 0), Err(StoreError::Conflict));
}

#[test]
fn a_panic_in_a_change_leaves_nothing_and_the_store_usable() {
    let store = Store::in_memory().unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write::<(), StoreError>(|tx| {
            tx.execute("INSERT INTO meta (key, value) VALUES ('row 0000', 'x')", [])?;
            panic!("as a caller might");
        })
    }));
    assert!(panicked.is_err());
    put(&store, 0).unwrap();
    assert_eq!(rows(&store).unwrap(), expected(1));
}

#[test]
fn a_reader_sees_one_state_and_cannot_write() {
    let dir = dir();
    let store = Store::create(dir.path(), &key()).unwrap();
    let count = "SELECT count(*) FROM meta WHERE key LIKE 'row %'";
    store
        .read(|conn| {
            let before: i64 = conn.query_row(count, [], |row| row.get(0))?;
            // Another thread commits meanwhile; the writer does not wait for readers.
            std::thread::scope(|scope| scope.spawn(|| put(&store, 0)).join().unwrap())?;
            let after: i64 = conn.query_row(count, [], |row| row.get(0))?;
            assert_eq!((before, after), (0, 0));
            assert_eq!(conn.execute("DELETE FROM meta", []).map_err(StoreError::from), Err(StoreError::ReadOnly));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(rows(&store).unwrap(), expected(1));
}

#[test]
fn every_connection_is_durable_and_checked() {
    let dir = dir();
    let store = Store::create(dir.path(), &key()).unwrap();
    let setting = |conn: &Connection, name: &str| -> String {
        conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .unwrap()
    };
    let all = |conn: &Connection| {
        ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store", "trusted_schema"]
            .map(|name| setting(conn, name))
    };
    let wanted = ["Text(\"wal\")", "Integer(2)", "Integer(1)", "Integer(1)", "Integer(2)", "Integer(0)"];
    let settings = |conn: &Connection| Ok::<_, StoreError>(all(conn));
    assert_eq!(store.write(|tx| settings(tx)).unwrap(), wanted);
    assert_eq!(store.read(settings).unwrap(), wanted);
}

#[test]
fn the_store_is_for_one_client() {
    let dir = dir();
    let store = Store::create(dir.path(), &key()).unwrap();
    assert_eq!(Store::open(dir.path(), &key()).unwrap_err(), StoreError::InUse);
    assert_eq!(Store::create(dir.path(), &key()).unwrap_err(), StoreError::InUse);
    drop(store);
    Store::open(dir.path(), &key()).unwrap();
}

#[test]
fn nothing_in_clear_reaches_the_disk() {
    let dir = dir();
    let store = Store::create(dir.path(), &key()).unwrap();
    (0..20).for_each(|row| put(&store, row).unwrap());
    let open = bytes_of(dir.path());
    assert!(open.iter().any(|(name, bytes)| name == "store.db-wal" && !bytes.is_empty()));
    store.close().unwrap();
    for (name, bytes) in open.into_iter().chain(bytes_of(dir.path())) {
        assert!(!bytes.starts_with(b"SQLite format 3"), "{name}");
        for clear in [&TEXT.as_bytes()[..12], b"row 00", b"CREATE TABLE", b"meta", &[7; 32]] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear), "{name}");
        }
    }
}

#[test]
fn a_key_is_not_printed() {
    assert_eq!(format!("{:?}", StoreKey::new([0x41; 32])), "StoreKey(..)");
    assert_eq!(format!("{:?}", Store::in_memory().unwrap()), "Store(in memory)");
}

/// For each page of the feed these are asked: they must not look at every chunk there is.
#[test]
fn chunks_that_are_worked_on_are_found_by_their_index() {
    let store = Store::in_memory().unwrap();
    let plan = |query: &str| {
        let read = |conn: &Connection| {
            let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
            let steps = plan.query_map([], |row| row.get::<_, String>(3))?.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, StoreError>(steps.join("; "))
        };
        store.read(read).unwrap()
    };
    for query in [inbox::ARRIVED, inbox::WAKE_WAITING, records::UNFINISHED] {
        let plan = plan(&query.replace("?1", "1"));
        assert!(plan.contains("chunk USING") && plan.contains("INDEX chunk_work (state=?"), "{query}: {plan}");
    }
}
