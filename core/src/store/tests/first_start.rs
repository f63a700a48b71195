//! Opening what is not there, what is not ours, and what was interrupted.

use super::*;
use crate::store::head::{Head, Stage};
use crate::store::migrations;

#[test]
fn a_wrong_key_is_told_as_such_and_changes_nothing() {
    let dir = dir();
    filled(dir.path(), 3);
    let before = bytes_of(dir.path());
    for wrong in [[0; 32], [8; 32]] {
        assert_eq!(Store::open(dir.path(), &StoreKey::new(wrong)).unwrap_err(), StoreError::WrongKey);
    }
    assert_eq!(bytes_of(dir.path()), before);
}

#[test]
fn an_empty_or_absent_directory_has_no_store() {
    let dir = dir();
    assert_eq!(Store::open(dir.path(), &key()).unwrap_err(), StoreError::Missing);
    assert_eq!(Store::open(&dir.path().join("nowhere"), &key()).unwrap_err(), StoreError::Missing);
    assert!(bytes_of(dir.path()).is_empty());
}

#[test]
fn a_store_is_never_created_over_another() {
    let dir = dir();
    filled(dir.path(), 3);
    let before = bytes_of(dir.path());
    assert_eq!(Store::create(dir.path(), &key()).unwrap_err(), StoreError::Exists);
    assert_eq!(Store::create(dir.path(), &StoreKey::new([8; 32])).unwrap_err(), StoreError::Exists);
    assert_eq!(bytes_of(dir.path()), before);
}

#[test]
fn an_interrupted_first_start_is_finished_by_the_next() {
    // Everything create leaves behind, cut after each step.
    let dir = dir();
    Head::new(&key()).unwrap().write(dir.path()).unwrap();
    assert_eq!(Store::open(dir.path(), &key()).unwrap_err(), StoreError::Unfinished);
    for half_made in [&b""[..], b"garbage that a torn write left"] {
        fs::write(dir.path().join("store.db.new"), half_made).unwrap();
        fs::write(dir.path().join("store.db.new-wal"), half_made).unwrap();
        assert_eq!(Store::open(dir.path(), &key()).unwrap_err(), StoreError::Unfinished);
    }
    // Not even the same key is needed: nothing was ever saved with the first.
    let other = StoreKey::new([8; 32]);
    let store = Store::create(dir.path(), &other).unwrap();
    put(&store, 0).unwrap();
    drop(store);
    assert_eq!(rows(&Store::open(dir.path(), &other).unwrap()).unwrap(), expected(1));
}

#[test]
fn a_first_start_interrupted_after_its_database_keeps_it() {
    let dir = dir();
    filled(dir.path(), 3);
    let mut head = Head::read(dir.path()).unwrap().unwrap();
    head.stage = Stage::Creating;
    head.write(dir.path()).unwrap();
    assert_eq!(Store::create(dir.path(), &StoreKey::new([8; 32])).unwrap_err(), StoreError::WrongKey);
    assert_eq!(rows(&Store::create(dir.path(), &key()).unwrap()).unwrap(), expected(3));
    assert_eq!(rows(&Store::open(dir.path(), &key()).unwrap()).unwrap(), expected(3));
}

#[test]
fn a_newer_store_is_left_untouched() {
    let dir = dir();
    let store = Store::create(dir.path(), &key()).unwrap();
    put(&store, 0).unwrap();
    let newer = migrations::known() + 1;
    store
        .write(|tx| {
            tx.execute(
                "INSERT INTO refinery_schema_history VALUES (?1, 'newer', '2027-01-01T00:00:00Z', '1')",
                [newer],
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    // As after a kill, with everything still in the log: opening must not even checkpoint it.
    let killed = super::dir();
    copy(dir.path(), killed.path());
    store.close().unwrap();
    for dir in [dir.path(), killed.path()] {
        let before: Vec<_> = bytes_of(dir).into_iter().filter(|(name, _)| !name.ends_with("-shm")).collect();
        let refused = Store::open(dir, &key()).unwrap_err();
        assert_eq!(refused, StoreError::NewerSchema { found: newer, known: migrations::known() });
        let after: Vec<_> = bytes_of(dir)
            .into_iter()
            .filter(|(name, bytes)| !(name.ends_with("-shm") || name.ends_with("-wal") && bytes.is_empty()))
            .collect();
        assert_eq!(after, before);
    }
}

#[test]
fn a_newer_head_is_refused_and_a_strange_one_is_not_ours() {
    let dir = dir();
    filled(dir.path(), 1);
    let path = dir.path().join("store.head");
    let good = fs::read(&path).unwrap();
    let mut newer = good.clone();
    newer[8] = 2;
    fs::write(&path, &newer).unwrap();
    assert_eq!(Store::open(dir.path(), &key()).unwrap_err(), StoreError::NewerSchema { found: 2, known: 1 });
    for strange in [&b""[..], b"hello", &[0; 90]] {
        fs::write(&path, strange).unwrap();
        assert_eq!(Store::open(dir.path(), &key()).unwrap_err(), StoreError::NotAStore);
    }
    fs::write(&path, &good[..40]).unwrap();
    assert!(matches!(Store::open(dir.path(), &key()), Err(StoreError::Damaged { .. })));
}

/// As a version of the app that comes two versions later will have it.
fn later() -> Vec<(&'static str, &'static str)> {
    let mut list = migrations::EMBEDDED.to_vec();
    list.push(("V98__two", "CREATE TABLE two (x); INSERT INTO two SELECT value FROM meta;"));
    list.push(("V99__three", "CREATE TABLE three (x); INSERT INTO three SELECT x FROM two; DROP TABLE two;"));
    list
}

fn with_writer<T>(store: &Store, work: impl FnOnce(&mut Connection) -> T) -> T {
    let Place::Disk { open, .. } = &store.place else { panic!("in memory") };
    let guard = open.read().unwrap();
    work(&mut lock(&guard.as_ref().unwrap().writer))
}

fn count(conn: &Connection, sql: &str) -> i64 {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_migration_that_fails_leaves_the_version_before() {
    let dir = dir();
    filled(dir.path(), 3);
    for cut in ["CREATE TABLE three (x); nonsense", "CREATE TABLE three (x); INSERT INTO three SELECT * FROM nowhere"] {
        let store = Store::open(dir.path(), &key()).unwrap();
        with_writer(&store, |conn| {
            let mut list = later();
            list.pop();
            list.push(("V99__three", cut));
            assert!(matches!(migrations::run_list(conn, &list), Err(StoreError::Refused { .. })));
            migrations::check(conn).unwrap();
            assert_eq!(count(conn, "SELECT count(*) FROM sqlite_schema WHERE name IN ('two', 'three')"), 0);
        });
    }
}

#[test]
fn a_migration_killed_at_any_step_is_whole_or_absent_and_can_be_repeated() {
    let dir = dir();
    filled(dir.path(), 3);
    // A kill leaves exactly what the files hold at that moment, so they are copied as the migration runs.
    let snapshots = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &key()).unwrap();
    with_writer(&store, |conn| {
        let (from, to, mut number) = (dir.path().to_owned(), snapshots.path().to_owned(), 0);
        let killed = move || {
            let to = to.join(format!("{number:04}"));
            fs::create_dir(&to).unwrap();
            copy(&from, &to);
            number += 1;
            false
        };
        conn.progress_handler(1, Some(killed)).unwrap();
        migrations::run_list(conn, &later()).unwrap();
        conn.progress_handler(1, None::<fn() -> bool>).unwrap();
    });
    let (mut before, mut after) = (0, 0);
    for entry in fs::read_dir(snapshots.path()).unwrap() {
        let dir = entry.unwrap().path();
        match Store::open(&dir, &key()) {
            Err(StoreError::NewerSchema { found: 99, .. }) => after += 1,
            Err(other) => panic!("{other:?}"),
            Ok(store) => {
                before += 1;
                assert_eq!(rows(&store).unwrap(), expected(3));
                with_writer(&store, |conn| {
                    migrations::run_list(conn, &later()).unwrap();
                    migrations::run_list(conn, &later()).unwrap();
                    assert_eq!(count(conn, "SELECT count(*) FROM three"), 3);
                });
            }
        }
    }
    assert!(before > 100, "{before} snapshots before and {after} after the commit");
}
