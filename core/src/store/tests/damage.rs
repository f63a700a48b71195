//! Files changed by something else: never a panic, never a wrong text.

use super::*;

/// Opens and reads everything; damage must be told as damage, and text must be right.
fn check(dir: &Path, what: &str) -> bool {
    let result = Store::open(dir, &key()).and_then(|store| {
        // Reads every page of every table and index; what does not authenticate fails the read, whatever this says.
        store.read(|conn| Ok::<(), StoreError>(conn.query_row("PRAGMA integrity_check", [], |_| Ok(()))?))?;
        rows(&store)
    });
    match result {
        Ok(found) => {
            if let Some((found, _)) = found.iter().zip(&expected(ROWS)).find(|(found, wanted)| found != wanted) {
                panic!("{what}: wrong text in {}, {} NULs", found.0, found.1.matches('\0').count());
            }
            assert_eq!(found.len(), expected(ROWS).len(), "{what}: rows are missing");
            false
        }
        Err(StoreError::Damaged { .. }) => true,
        Err(other) => panic!("{what}: {other:?}"),
    }
}

const ROWS: i64 = 30;
const PAGE: usize = 4096;

#[test]
fn every_page_flipped_zeroed_copied_or_cut_is_damage_or_harmless() {
    let whole = dir();
    filled(whole.path(), ROWS);
    let database = fs::read(whole.path().join("store.db")).unwrap();
    assert!(database.len() / PAGE > 30, "pages of every kind are wanted");
    let work = dir();
    copy(whole.path(), work.path());
    let path = work.path().join("store.db");
    let mut unnoticed = Vec::new();
    let mut attempt = |bytes: &[u8], what: String| {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(work.path().join(format!("store.db{suffix}")));
        }
        fs::write(&path, bytes).unwrap();
        if !check(work.path(), &what) {
            unnoticed.push(what);
        }
    };
    for page in 0..database.len() / PAGE {
        let range = page * PAGE..(page + 1) * PAGE;
        for at in [0, 17, 100, PAGE / 2, PAGE - 70, PAGE - 1] {
            let mut bytes = database.clone();
            bytes[range.start + at] ^= 1;
            attempt(&bytes, format!("page {page} flipped at {at}"));
        }
        let mut bytes = database.clone();
        bytes[range.clone()].fill(0);
        attempt(&bytes, format!("page {page} zeroed"));
        let mut bytes = database.clone();
        let other = (page + 1) % (database.len() / PAGE);
        bytes.copy_within(other * PAGE..(other + 1) * PAGE, range.start);
        attempt(&bytes, format!("page {page} replaced by another"));
        attempt(&database[..range.start + 1], format!("cut in page {page}"));
        if page > 0 {
            attempt(&database[..range.start], format!("cut before page {page}"));
        }
    }
    // The file begins with the salt, which is taken from the head: nothing depends on it.
    assert_eq!(unnoticed, ["page 0 flipped at 0"]);
}

#[test]
fn what_is_whole_beside_a_damaged_page_is_still_read_and_written() {
    let dir = dir();
    filled(dir.path(), ROWS);
    let path = dir.path().join("store.db");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 100; // in the end of the longest text
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let store = Store::open(dir.path(), &key()).unwrap();
    let of = |conn: &Connection, row: i64| -> Result<String, StoreError> {
        Ok(conn.query_row("SELECT value FROM meta WHERE key = ?1", [format!("row {row:04}")], |row| row.get(0))?)
    };
    for _ in 0..3 {
        assert!(matches!(store.write(|tx| of(tx, ROWS - 1)), Err(StoreError::Damaged { .. })));
        assert!(matches!(store.read(|conn| of(conn, ROWS - 1)), Err(StoreError::Damaged { .. })));
        assert!(matches!(store.look(|conn| of(conn, ROWS - 1)), Err(StoreError::Damaged { .. })));
        assert_eq!(store.look(|conn| of(conn, 20)).unwrap(), text_of(20));
        assert_eq!(store.read(|conn| of(conn, 20)).unwrap(), text_of(20));
    }
    store.write(|tx| Ok::<_, StoreError>(tx.execute("INSERT INTO meta VALUES ('early', x'01')", [])?)).unwrap();
    assert_eq!(store.write(|tx| of(tx, 1)).unwrap(), text_of(1));
}

#[test]
fn a_log_flipped_or_cut_anywhere_gives_an_older_state_never_a_wrong_one() {
    let whole = dir();
    let store = Store::create(whole.path(), &key()).unwrap();
    (0..8).for_each(|row| put(&store, row).unwrap());
    let killed = dir();
    copy(whole.path(), killed.path());
    let log = fs::read(killed.path().join("store.db-wal")).unwrap();
    let database = fs::read(killed.path().join("store.db")).unwrap();
    for at in (0..log.len()).step_by(911) {
        for cut in [false, true] {
            let mut bytes = log.clone();
            if cut {
                bytes.truncate(at)
            } else {
                bytes[at] ^= 0x10
            }
            let _ = fs::remove_file(killed.path().join("store.db-shm"));
            fs::write(killed.path().join("store.db"), &database).unwrap();
            fs::write(killed.path().join("store.db-wal"), bytes).unwrap();
            match Store::open(killed.path(), &key()).and_then(|store| rows(&store)) {
                Ok(found) => assert_eq!(found, expected(i64::try_from(found.len()).unwrap()), "at {at}"),
                Err(StoreError::Damaged { .. }) => {}
                Err(other) => panic!("at {at}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_missing_half_is_damage_never_a_first_start() {
    let whole = dir();
    filled(whole.path(), 3);
    for (file, content) in [("store.db", None), ("store.db", Some("")), ("store.head", None)] {
        let work = dir();
        copy(whole.path(), work.path());
        match content {
            None => fs::remove_file(work.path().join(file)).unwrap(),
            Some(content) => fs::write(work.path().join(file), content).unwrap(),
        }
        let before = bytes_of(work.path());
        assert!(matches!(Store::open(work.path(), &key()), Err(StoreError::Damaged { .. })), "{file}");
        assert!(matches!(Store::create(work.path(), &key()), Err(StoreError::Exists | StoreError::Damaged { .. })));
        assert_eq!(bytes_of(work.path()), before, "{file}");
    }
}

#[test]
fn a_file_of_another_kind_in_the_place_of_the_database_is_damage() {
    let whole = dir();
    filled(whole.path(), 3);
    for content in [b"PK\x03\x04".repeat(5000), b"SQLite format 3\0".repeat(512), vec![0; 8192], vec![1]] {
        let work = dir();
        copy(whole.path(), work.path());
        fs::write(work.path().join("store.db"), &content).unwrap();
        assert!(matches!(Store::open(work.path(), &key()), Err(StoreError::Damaged { .. })), "{:?}", &content[..1]);
        assert_eq!(fs::read(work.path().join("store.db")).unwrap(), content);
    }
}

#[test]
fn every_bit_of_the_head_is_checked() {
    let whole = dir();
    filled(whole.path(), 1);
    let path = whole.path().join("store.head");
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&path, &bytes).unwrap();
            let error = Store::open(whole.path(), &key()).unwrap_err();
            assert!(
                matches!(error, StoreError::NotAStore | StoreError::Damaged { .. } | StoreError::NewerSchema { .. }),
                "byte {at} bit {bit}: {error:?}"
            );
        }
    }
    fs::write(&path, [&good[..], b"x"].concat()).unwrap();
    assert!(matches!(Store::open(whole.path(), &key()), Err(StoreError::Damaged { .. })));
    fs::write(&path, &good).unwrap();
    Store::open(whole.path(), &key()).unwrap();
}
