//! Erased is erased, also when it was cut short.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::{Store, StoreError, StoreKey, erased, forget_erased, meta, note_erased};
use super::{FILES, NOTE, erase_file, write_note};

const TEXT: &str = "Oliver lod sin madpakke stå urørt i dag";

fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

/// A store with something in it, part of it in the log.
fn filled(dir: &Path) -> Store {
    let store = Store::create(dir, &key()).unwrap();
    for row in 0..20 {
        let value = TEXT.repeat(50);
        store.write(|tx| meta::set(tx, &format!("row {row}"), value.as_bytes())).unwrap();
    }
    store
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_erased_store_leaves_its_note_and_opens_for_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    // Half of what opens it, with the key from the vault.
    let salt = fs::read(dir.path().join("store.head")).unwrap()[10..26].to_vec();
    assert!(fs::read(dir.path().join("store.db")).unwrap().starts_with(&salt));
    store.erase(b"a note").unwrap();
    assert_eq!(names(dir.path()), [NOTE, "store.lock"]);
    for name in names(dir.path()) {
        let left = fs::read(dir.path().join(name)).unwrap();
        assert!(!left.windows(salt.len()).any(|bytes| bytes == salt));
    }
    assert_eq!(store.read(|_| Ok::<_, StoreError>(())), Err(StoreError::Erased));
    assert_eq!(store.write(|_| Ok::<_, StoreError>(())), Err(StoreError::Erased));
    assert_eq!(store.reopen(&key()), Err(StoreError::Erased));
    assert_eq!(Store::open(dir.path(), &key()).unwrap_err(), StoreError::Erased);
    assert_eq!(Store::create(dir.path(), &key()).unwrap_err(), StoreError::Erased);
    assert_eq!(erased(dir.path()).unwrap().unwrap(), b"a note");
}

#[test]
fn whatever_file_it_was_cut_short_at_it_is_finished_by_whoever_opens_it() {
    for gone in 0..=FILES.len() {
        for halfway in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            // As after a kill: the log still holds everything.
            std::mem::forget(filled(dir.path()));
            let killed = tempfile::tempdir().unwrap();
            for name in FILES.iter().filter(|name| dir.path().join(name).exists()) {
                fs::copy(dir.path().join(name), killed.path().join(name)).unwrap();
            }
            let dir = killed.path();
            write_note(dir, b"a note").unwrap();
            FILES[..gone].iter().for_each(|name| erase_file(&dir.join(name)).unwrap());
            if let Some(name) = FILES.get(gone).filter(|name| halfway && dir.join(name).exists()) {
                fs::write(dir.join(name), [0; 100]).unwrap();
            }
            assert_eq!(Store::open(dir, &key()).unwrap_err(), StoreError::Erased, "{gone} {halfway}");
            let left: Vec<_> = names(dir).into_iter().filter(|name| name != "store.lock").collect();
            assert_eq!(left, [NOTE], "{gone} {halfway}");
        }
    }
}

#[test]
fn before_the_note_is_there_nothing_has_happened() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path()));
    fs::write(dir.path().join("store.erased.new"), b"half a no").unwrap();
    let store = Store::open(dir.path(), &key()).unwrap();
    let kept = store.read(|conn| meta::get(conn, "row 19")).unwrap();
    assert_eq!(kept.unwrap(), TEXT.repeat(50).as_bytes());
    assert_eq!(erased(dir.path()), Ok(None));
}

#[test]
fn whoever_keeps_the_key_forgets_it_once_the_note_is_there_and_before_the_files_go() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let (called, at) = (Arc::new(AtomicUsize::new(0)), dir.path().to_owned());
    let count = Arc::clone(&called);
    store.forgets_key_with(Box::new(move || {
        assert!(at.join(NOTE).exists() && at.join("store.head").exists());
        count.fetch_add(1, Ordering::Relaxed);
    }));
    store.erase(b"a note").unwrap();
    assert_eq!(called.load(Ordering::Relaxed), 1);
}

/// A contact brings the receipt, and notes that, while the app asks what was erased.
#[test]
fn whoever_looks_while_the_note_is_being_replaced_finds_a_whole_one_and_spoils_none() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).erase(b"note 0").unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 1..=200 {
                note_erased(dir.path(), format!("note {round}").as_bytes()).unwrap();
            }
        });
        while !writer.is_finished() {
            let note = erased(dir.path()).unwrap().unwrap();
            assert!(note.starts_with(b"note "), "{note:?}");
        }
    });
    assert_eq!(erased(dir.path()).unwrap().unwrap(), b"note 200");
}

/// The listener of a contact asks at once.
#[test]
fn whoever_looks_while_a_store_is_being_erased_waits_for_that() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let store = filled(dir.path());
        std::thread::scope(|scope| {
            let eraser = scope.spawn(|| store.erase(b"a note"));
            while erased(dir.path()).unwrap().is_none() {}
            eraser.join().unwrap().unwrap();
        });
        assert_eq!(names(dir.path()), [NOTE, "store.lock"]);
    }
}

#[test]
fn a_place_with_a_note_holds_another_store_only_when_the_note_is_taken_away() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(forget_erased(dir.path()), Err(StoreError::Missing));
    filled(dir.path()).erase(b"a note").unwrap();
    forget_erased(dir.path()).unwrap();
    let store = filled(dir.path());
    assert_eq!(forget_erased(dir.path()), Err(StoreError::Missing));
    store.read(|conn| meta::get(conn, "row 0")).unwrap().unwrap();
}

#[test]
fn a_store_in_memory_loses_its_content() {
    let store = Store::in_memory().unwrap();
    store.write(|tx| meta::set(tx, "row", TEXT.as_bytes())).unwrap();
    store.erase(b"a note").unwrap();
    assert_eq!(store.read(|conn| meta::get(conn, "row")), Ok(None));
}
