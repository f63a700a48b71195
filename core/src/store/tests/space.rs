//! No room and no permission. Mounting needs root; without it these tests say so and pass.

use std::process::Command;

use super::*;

/// A small file system of its own, unmounted when dropped.
struct Mount(TempDir);

impl Mount {
    fn new(size: &str) -> Option<Self> {
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

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told_reading_goes_on_and_space_heals_it() {
    let Some(mount) = Mount::new("1m") else { return };
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
    let Some(mount) = Mount::new("1m") else { return };
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
