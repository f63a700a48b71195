//! No room and no permission. Mounting needs root; without it these tests say so and pass.

use std::io::Write;
use std::process::Command;

use super::*;

/// A small file system of its own, unmounted when dropped.
pub(crate) struct Mount(TempDir);

impl Mount {
    pub(crate) fn new(size: &str) -> Option<Self> {
        let dir = dir();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !done {
            eprintln!("SKIPPED: mounting a small file system needs root on Linux");
        }
        done.then_some(Self(dir))
    }

    fn remount(&self, how: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(self.0.path()).status();
        assert!(done.unwrap().success());
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Somebody else's file takes all the room that there is.
    pub(crate) fn fill(&self) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(self.0.path().join("theirs")).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
    }

    pub(crate) fn free(&self) {
        fs::remove_file(self.0.path().join("theirs")).unwrap();
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told_reading_goes_on_and_space_heals_it() {
    let Some(mount) = Mount::new("1500k") else { return };
    let dir = mount.path().join("store");
    let store = Store::create(&dir, &key()).unwrap();
    let mut saved = 0;
    let error = loop {
        match put(&store, saved) {
            Ok(()) => saved += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StoreError::DiskFull);
    assert!(saved > 3);
    assert_eq!(rows(&store).unwrap(), expected(saved));
    assert_eq!(put(&store, saved), Err(StoreError::DiskFull));
    // Closed and opened while full: reading still works.
    store.close().unwrap();
    let reopened = Store::open(&dir, &key()).unwrap();
    assert_eq!(rows(&reopened).unwrap(), expected(saved));
    mount.remount("size=8m");
    put(&reopened, saved).unwrap();
    assert_eq!(rows(&reopened).unwrap(), expected(saved + 1));
}

#[test]
fn space_that_returns_heals_an_open_store() {
    let Some(mount) = Mount::new("1500k") else { return };
    let store = Store::create(&mount.path().join("store"), &key()).unwrap();
    let ballast = mount.path().join("ballast");
    fs::write(&ballast, vec![1u8; 300_000]).unwrap();
    let mut saved = 0;
    while put(&store, saved).is_ok() {
        saved += 1;
    }
    fs::remove_file(ballast).unwrap();
    put(&store, saved).unwrap();
    assert_eq!(rows(&store).unwrap(), expected(saved + 1));
}

/// Of one row, as often as there is something to give. How often it was given.
fn put_with_room(store: &Store, row: i64) -> Result<u32, StoreError> {
    let mut given = 0;
    loop {
        match put(store, row) {
            Err(StoreError::DiskFull) if store.make_room(given > 0)? => given += 1,
            done => return done.map(|()| given),
        }
    }
}

fn kept(dir: &Path) -> u64 {
    fs::metadata(dir.join("store.reserve")).map_or(0, |meta| meta.len())
}

#[test]
fn what_must_be_written_finds_room_on_a_full_disk_until_none_is_left() {
    let Some(mount) = Mount::new("4m") else { return };
    let dir = mount.path().join("store");
    let store = Store::create(&dir, &key()).unwrap();
    assert_eq!(kept(&dir), 512 * 1024);
    mount.fill();
    let mut saved = 0;
    while put(&store, saved).is_ok() {
        saved += 1;
    }
    let (before, mut steps) = (saved, Vec::new());
    let error = loop {
        mount.fill();
        match put_with_room(&store, saved) {
            Ok(_) => saved += 1,
            Err(error) => break error,
        }
        steps.push(kept(&dir));
    };
    assert_eq!(error, StoreError::DiskFull);
    assert_eq!(kept(&dir), 0);
    assert!(saved > before + 5, "{}", saved - before);
    assert!(steps.iter().collect::<std::collections::BTreeSet<_>>().len() > 4, "not all at once: {steps:?}");
    assert_eq!(rows(&store).unwrap(), expected(saved));
    mount.free();
    store.close().unwrap();
    store.reopen(&key()).unwrap();
    assert_eq!(kept(&dir), 512 * 1024, "filled up again");
    assert_eq!(rows(&store).unwrap(), expected(saved));
}

#[test]
fn a_closed_store_opens_on_a_full_disk() {
    let Some(mount) = Mount::new("4m") else { return };
    let dir = mount.path().join("store");
    filled(&dir, 5);
    mount.fill();
    let store = Store::open(&dir, &key()).unwrap();
    assert_eq!(rows(&store).unwrap(), expected(5));
    assert!(kept(&dir) < 512 * 1024, "the log's index had no room");
    mount.fill();
    put_with_room(&store, 5).unwrap();
    assert_eq!(rows(&store).unwrap(), expected(6));
}

#[test]
fn a_reserve_that_is_torn_is_filled_up_and_one_that_is_too_long_is_cut() {
    let dir = dir();
    filled(dir.path(), 2);
    let whole = fs::read(dir.path().join("store.reserve")).unwrap();
    assert!(whole.chunks(4096).all(|page| page.iter().any(|byte| *byte != page[0])), "nothing that can be left out");
    for len in [0, 1, 70_000, 600_000] {
        fs::write(dir.path().join("store.reserve"), vec![3; len]).unwrap();
        let store = Store::open(dir.path(), &key()).unwrap();
        assert_eq!(kept(dir.path()), 512 * 1024, "{len}");
        assert_eq!(rows(&store).unwrap(), expected(2));
    }
}

#[test]
fn a_first_start_on_a_full_disk_can_be_repeated() {
    let Some(mount) = Mount::new("64k") else { return };
    let dir = mount.path().join("store");
    fs::write(mount.path().join("ballast"), vec![1u8; 45_000]).unwrap();
    assert_eq!(Store::create(&dir, &key()).unwrap_err(), StoreError::DiskFull);
    assert_eq!(Store::open(&dir, &key()).unwrap_err(), StoreError::Unfinished);
    mount.remount("size=8m");
    put(&Store::create(&dir, &key()).unwrap(), 0).unwrap();
    assert_eq!(rows(&Store::open(&dir, &key()).unwrap()).unwrap(), expected(1));
}

#[test]
fn a_read_only_file_system_is_told_and_left_alone() {
    let Some(mount) = Mount::new("4m") else { return };
    let dir = mount.path().join("store");
    filled(&dir, 3);
    mount.remount("ro");
    let before = bytes_of(&dir);
    assert_eq!(Store::open(&dir, &key()).unwrap_err(), StoreError::ReadOnly);
    assert_eq!(Store::create(&mount.path().join("other"), &key()).unwrap_err(), StoreError::ReadOnly);
    assert_eq!(bytes_of(&dir), before);
    mount.remount("rw");
    assert_eq!(rows(&Store::open(&dir, &key()).unwrap()).unwrap(), expected(3));
}

#[cfg(unix)]
#[test]
fn a_directory_without_permission_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir();
    let inner = dir.path().join("store");
    fs::create_dir(&inner).unwrap();
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(inner.join("probe"), "").is_ok() {
        eprintln!("SKIPPED: root may write everywhere");
        return;
    }
    assert_eq!(Store::create(&inner, &key()).unwrap_err(), StoreError::ReadOnly);
}
