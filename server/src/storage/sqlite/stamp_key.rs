//! The key that entries are stamped with. It stands in the database, and beside it in `stamp.key`, so that it can be put away once: a relay
//! that is set up anew with it, even without a backup, knows what it had accepted when devices bring that back.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use rusqlite::Connection;

use super::{durable, random};
use crate::stamps::Stamps;
use crate::storage::StorageError;
use crate::tokens::{from_hex, to_hex};

const FILE: &str = "stamp.key";

/// Stamps by the key in the file, or else by the newest in the database, or else by a new one. On return it is in both. What any key of
/// this database has stamped counts: a backup may be put beside a file that another start had made.
pub(super) fn settle(connection: &Connection, directory: &Path) -> Result<Stamps, StorageError> {
    let path = directory.join(FILE);
    let mut former = stored(connection)?;
    let key = match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = former.first().map_or_else(random::<32>, |newest| Ok(*newest))?;
            // Say on a full disk: the database has it, and what is here can be read.
            if let Err(error) = write(&path, &key).and_then(|()| durable::sync(directory)) {
                tracing::warn!(%error, "stamp.key could not be written");
            }
            key
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(NO_KEY),
        Err(error) => return Err(StorageError::Directory(error)),
    };
    if former.first() != Some(&key) {
        if !former.is_empty() {
            tracing::warn!(
                "stamp.key holds another key than the database: entries are stamped with that in the file, and count by either"
            );
        }
        connection.execute("DELETE FROM stamp_key WHERE key = ?1", [key])?;
        connection.execute("INSERT INTO stamp_key (key) VALUES (?1)", [key])?;
    }
    former.retain(|known| *known != key);
    Ok(Stamps::new(&key, &former))
}

const NO_KEY: StorageError =
    StorageError::Damaged("stamp.key does not hold 64 hexadecimal digits; put it back, or remove it");

/// The newest first.
fn stored(connection: &Connection) -> Result<Vec<[u8; 32]>, StorageError> {
    let mut query = connection.prepare("SELECT key FROM stamp_key ORDER BY n DESC")?;
    let keys = query.query_map([], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

fn parse(text: &str) -> Result<[u8; 32], StorageError> {
    let bytes = from_hex(text.trim_end()).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(NO_KEY)
}

/// Whole or not at all: a start that is cut off leaves no half key.
fn write(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let beside = path.with_extension("key.new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    writeln!(file, "{}", to_hex(key))?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use tvaers_wire::ids::EntryId;

    use super::*;
    use crate::storage::Storage;
    use crate::storage::sqlite::SqliteStorage;

    const ENTRY: EntryId = EntryId::new([7; 32]);

    /// True if a relay on the one directory counts what one on the other stamps.
    fn counts(here: &Path, there: &Path) -> bool {
        let stamp = SqliteStorage::open(there).unwrap().stamps().of(&ENTRY);
        SqliteStorage::open(here).unwrap().stamps().is_of(&stamp, &ENTRY)
    }

    fn copy(file: &str, from: &Path, to: &Path) {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }

    #[test]
    fn the_key_stays_with_the_database_alone_and_with_the_file_alone() {
        let [dir, anew, other] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        assert!(!counts(dir.path(), other.path()));
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        let before = SqliteStorage::open(dir.path()).unwrap().stamps().of(&ENTRY);
        copy(FILE, dir.path(), anew.path());
        assert!(SqliteStorage::open(anew.path()).unwrap().stamps().is_of(&before, &ENTRY));
    }

    #[test]
    fn a_backup_that_is_put_beside_another_starts_key_counts_what_both_have_stamped() {
        let [old, new] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [before, meanwhile] = [&old, &new].map(|dir| SqliteStorage::open(dir.path()).unwrap().stamps().of(&ENTRY));
        copy("relay.db", old.path(), new.path());
        for _ in 0..2 {
            let storage = SqliteStorage::open(new.path()).unwrap();
            assert!(storage.stamps().is_of(&before, &ENTRY) && storage.stamps().is_of(&meanwhile, &ENTRY));
            assert_eq!(storage.stamps().of(&ENTRY), meanwhile);
        }
        // IT puts the old one in after all.
        copy(FILE, old.path(), new.path());
        let storage = SqliteStorage::open(new.path()).unwrap();
        assert!(storage.stamps().is_of(&meanwhile, &ENTRY));
        assert_eq!(storage.stamps().of(&ENTRY), before);
    }

    #[test]
    fn a_file_that_holds_no_key_is_named_and_left_alone() {
        for wrong in [b"".as_slice(), b"abcd", &[b'g'; 64], &[b'0'; 66], &[0xff; 64]] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join(FILE), wrong).unwrap();
            let refused = SqliteStorage::open(dir.path()).unwrap_err().to_string();
            assert!(refused.contains(FILE), "{refused}");
            assert_eq!(std::fs::read(dir.path().join(FILE)).unwrap(), wrong);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_reads_it_or_the_database() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("new/relay-data");
        drop(SqliteStorage::open(&data).unwrap());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join(FILE))), (0o700, 0o600));
    }
}
