//! The relay's own key. It stands in the database, and beside it in `relay.key`, so that it can be put away once: a relay that is set up
//! anew with it, even without a backup, knows what it had accepted when devices bring that back.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use rusqlite::Connection;

use super::{durable, load, random};
use crate::storage::StorageError;
use crate::tokens::{from_hex, to_hex};

const FILE: &str = "relay.key";
const MADE_FOR: &str = "session_key";

/// The key in the file, or else in the database, or else a new one. On return it is in both.
pub(super) fn settle(connection: &Connection, directory: &Path) -> Result<[u8; 32], StorageError> {
    let path = directory.join(FILE);
    let stored: Option<[u8; 32]> = load::meta(connection, MADE_FOR)?;
    let key = match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = stored.map_or_else(random::<32>, Ok)?;
            write(&path, &key).and_then(|()| durable::sync(directory)).map_err(StorageError::Directory)?;
            key
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return parse("").map(|_| [0; 32]),
        Err(error) => return Err(StorageError::Directory(error)),
    };
    if stored != Some(key) {
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", (MADE_FOR, key))?;
    }
    Ok(key)
}

fn parse(text: &str) -> Result<[u8; 32], StorageError> {
    let bytes = from_hex(text.trim_end()).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(StorageError::Damaged("relay.key does not hold 64 hexadecimal digits; put it back, or remove it"))
}

/// Whole or not at all: a start that is cut off leaves no half key.
fn write(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let beside = path.with_extension("key.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    writeln!(file, "{}", to_hex(key))?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Storage;
    use crate::storage::sqlite::SqliteStorage;

    fn key_in(directory: &Path) -> [u8; 32] {
        SqliteStorage::open(directory).unwrap().session_key()
    }

    #[test]
    fn the_key_stays_with_the_database_alone_and_with_the_file_alone() {
        let dir = tempfile::tempdir().unwrap();
        let key = key_in(dir.path());
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        assert_eq!(key_in(dir.path()), key);
        let anew = tempfile::tempdir().unwrap();
        std::fs::copy(dir.path().join(FILE), anew.path().join(FILE)).unwrap();
        assert_eq!(key_in(anew.path()), key);
        assert_ne!(key_in(tempfile::tempdir().unwrap().path()), key);
    }

    #[test]
    fn a_key_that_is_put_in_later_is_the_one_that_holds() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = key_in(dir.path());
        assert_ne!(key_in(other.path()), key);
        std::fs::copy(dir.path().join(FILE), other.path().join(FILE)).unwrap();
        assert_eq!(key_in(other.path()), key);
        std::fs::remove_file(other.path().join(FILE)).unwrap();
        assert_eq!(key_in(other.path()), key);
    }

    #[test]
    fn a_file_that_holds_no_key_is_named_and_left_alone() {
        for wrong in [b"".as_slice(), b"abcd", &[b'g'; 64], &[b'0'; 66], &[0xff; 64]] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join(FILE), wrong).unwrap();
            let refused = SqliteStorage::open(dir.path()).unwrap_err().to_string();
            assert!(refused.contains("relay.key"), "{refused}");
            assert_eq!(std::fs::read(dir.path().join(FILE)).unwrap(), wrong);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        key_in(dir.path());
        let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
