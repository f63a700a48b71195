//! Creating and opening: prepare, check, upgrade, finish, in this order and each step safe to be cut short.
//!
//! A first start writes the head as *creating*, makes the database under another name, renames it, and writes the head as
//! *ready*. Whatever interrupts it, either no database was ever handed out, and `create` begins again, or it is complete.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::head::{DatabaseKey, Head, Stage, sync_dir};
use super::{StoreError, StoreKey, erased, migrations, reserve};

/// The database.
pub(super) const DATABASE: &str = "store.db";
const NEW_DATABASE: &str = "store.db.new";
const LOCK: &str = "store.lock";

/// Prepared statements kept per connection: more than there are. Each costs a few kilobytes; preparing one, up to 50 µs.
const STATEMENTS: usize = 256;
/// Pages that the writer keeps decrypted, in KiB. A page that is not kept is read, authenticated and decrypted again.
const WRITER_CACHE: u32 = 12 * 1024;

const WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// What an open store on disk consists of.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) key: DatabaseKey,
    pub(super) lock: Lock,
}

/// The right to be the only one with this store open.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child being started at this moment holds a copy of the handle, and the lock with it.
        let _ = self.0.unlock();
    }
}

/// Opens the store in `dir`.
pub(super) fn open(dir: &Path, key: &StoreKey) -> Result<Opened, StoreError> {
    refuse_erased(dir)?;
    let head = match Head::read(dir)? {
        Some(head) => head,
        None if has_content(&dir.join(DATABASE))? => {
            return Err(StoreError::Damaged { what: "store.head is missing beside the database" });
        }
        None => return Err(StoreError::Missing),
    };
    let key = head.unlock(key)?;
    if head.stage == Stage::Creating {
        return Err(StoreError::Unfinished);
    }
    let lock = lock(dir)?;
    let writer = loop {
        // Even reading needs the log's index, which a full disk may have no room for.
        match open_ready(dir, &key) {
            Err(StoreError::DiskFull) if reserve::give(dir)? => {}
            opened => break opened?,
        }
    };
    reserve::fill(dir);
    Ok(Opened { writer, key, lock })
}

/// Makes a new store in `dir`, or finishes one whose making was interrupted.
pub(super) fn create(dir: &Path, key: &StoreKey) -> Result<Opened, StoreError> {
    make_dir(dir)?;
    refuse_erased(dir)?;
    let lock = lock(dir)?;
    let has_database = has_content(&dir.join(DATABASE))?;
    let mut head = match Head::read(dir)? {
        Some(head) if head.stage == Stage::Ready => return Err(StoreError::Exists),
        // Interrupted before the rename: no caller ever saw this store, so it may begin again, also with another key.
        Some(_) | None if !has_database => {
            let head = Head::new(key)?;
            head.write(dir)?;
            head
        }
        Some(head) => head,
        None => return Err(StoreError::Damaged { what: "store.head is missing beside the database" }),
    };
    let database_key = head.unlock(key)?;
    if !has_database {
        make_database(dir, &database_key)?;
    }
    let writer = open_ready(dir, &database_key)?;
    head.stage = Stage::Ready;
    head.write(dir)?;
    reserve::fill(dir);
    Ok(Opened { writer, key: database_key, lock })
}

/// Another connection to an open store, for reading only.
pub(super) fn reader(dir: &Path, key: &DatabaseKey) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = connect(&dir.join(DATABASE), flags, key.pragma())?;
    conn.execute_batch("PRAGMA query_only = ON;")?;
    Ok(conn)
}

/// A connection in the place of a writer that met a damaged page.
pub(super) fn writer(dir: &Path, key: &DatabaseKey) -> Result<Connection, StoreError> {
    let conn = connect(&dir.join(DATABASE), WRITE, key.pragma())?;
    durable(&conn)?;
    Ok(conn)
}

/// A store that lives in memory, for simulations.
pub(super) fn in_memory() -> Result<Connection, StoreError> {
    let key = StoreKey::new([0x5a; 32]);
    let head = Head::new(&key)?;
    start_library();
    let mut conn = Connection::open_in_memory()?;
    settle(&conn, head.unlock(&key)?.pragma())?;
    migrations::run(&mut conn)?;
    Ok(conn)
}

/// Moves everything into the database file and lets go of it.
pub(super) fn shut(writer: Connection) -> Result<(), StoreError> {
    // A checkpoint that fails (a full disk) leaves the log beside the database: nothing is lost, so it is not an error.
    let _ = writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
    Ok(writer.close().map_err(|(_, error)| error)?)
}

/// Lets go of a database whose log is not worth moving.
pub(super) fn abandon(writer: Connection) {
    // Without effect at worst: then the log is moved into a file that is about to be overwritten.
    let _ = writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    drop(writer);
}

/// Nothing opens, and nothing is made, where a store was erased; what is left of it goes.
fn refuse_erased(dir: &Path) -> Result<(), StoreError> {
    match erased(dir)? {
        Some(_) => Err(StoreError::Erased),
        None => Ok(()),
    }
}

fn open_ready(dir: &Path, key: &DatabaseKey) -> Result<Connection, StoreError> {
    let path = dir.join(DATABASE);
    if !has_content(&path)? {
        return Err(StoreError::Damaged { what: "the database is missing or empty" });
    }
    let mut conn = connect(&path, WRITE, key.pragma())?;
    // Until the version is known to be ours, closing must not move the log into the file.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    migrations::check(&conn)?;
    if conn.is_readonly("main")? {
        return Err(StoreError::ReadOnly);
    }
    durable(&conn)?;
    migrations::run(&mut conn)?;
    settle_log(dir, &conn)?;
    // The log exists by now. SQLite flushes its name too, but does not look whether that failed; without the name, everything
    // saved until the next checkpoint would go with a power cut.
    sync_dir(dir)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(conn)
}

/// Makes everything that can be read here durable.
///
/// A run that was killed, or whose last flush failed, leaves changes in the log that were never confirmed and may not be on the
/// disc. They are found when the log is read, and what is confirmed from now on builds on them: a chunk sealed then is shown to
/// the network, and notes saved behind them in the log go when they go. Moving the log into the database writes them anew;
/// flushing the log would not do after a failed flush, for the system takes those pages for written.
fn settle_log(dir: &Path, conn: &Connection) -> Result<(), StoreError> {
    let moved = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    match moved.map_err(StoreError::from) {
        Ok(false) => Ok(()),
        // No space: reading goes on, and the log stays. After a kill its flush is enough.
        Ok(true) | Err(StoreError::DiskFull) => flush(&dir.join(format!("{DATABASE}-wal"))),
        Err(error) => Err(error),
    }
}

fn flush(log: &Path) -> Result<(), StoreError> {
    match File::open(log) {
        Ok(file) => Ok(file.sync_all()?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Builds the database under another name. What an interrupted attempt left there was never handed to a caller.
fn make_database(dir: &Path, key: &DatabaseKey) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        remove(&dir.join(format!("{NEW_DATABASE}{suffix}")))?;
        // An empty database left by something else would be replaced by the rename; its log must not outlive it.
        remove(&dir.join(format!("{DATABASE}{suffix}")))?;
    }
    let new = dir.join(NEW_DATABASE);
    let mut conn = connect(&new, WRITE | OpenFlags::SQLITE_OPEN_CREATE, key.pragma())?;
    durable(&conn)?;
    migrations::run(&mut conn)?;
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
    conn.close().map_err(|(_, error)| error)?;
    File::open(&new)?.sync_all()?;
    fs::rename(&new, dir.join(DATABASE))?;
    sync_dir(dir)
}

/// Waits, once per process, until SQLCipher has started.
///
/// SQLite counts itself as started before it calls `SQLITE_EXTRA_INIT`: of two threads that open their first store together,
/// the second could come before the cipher, which then refuses its key.
fn start_library() {
    static STARTED: Once = Once::new();
    let takes_a_key = || {
        let conn = Connection::open_in_memory()?;
        conn.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA key = 'none';")
    };
    STARTED.call_once(|| {
        // Whoever else uses SQLite in this process may be the one that is starting it. A cipher that cannot start at all is
        // told by the connection that is opened next.
        for _ in 0..1000 {
            if takes_a_key().is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

fn connect(path: &Path, flags: OpenFlags, key: &str) -> Result<Connection, StoreError> {
    start_library();
    let conn = Connection::open_with_flags(path, flags).map_err(|error| refine_cannot_open(error, path))?;
    settle(&conn, key)?;
    Ok(conn)
}

/// Key and settings that every connection needs before its first statement.
fn settle(conn: &Connection, key: &str) -> Result<(), StoreError> {
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan does not depend on what is bound: otherwise a statement with a range is parsed anew each time it is used.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // SQLCipher writes to stderr unless told not to, and nothing about a store belongs in a log.
    conn.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    conn.execute_batch(key)?;
    conn.execute_batch(
        // Pinned, so that a later SQLCipher with other defaults still opens this store.
        // auto_vacuum stays off: with it SQLCipher takes a zeroed page for an empty one without authenticating it.
        // Keys are always wiped; wiping every page buffer too would not help against what the screen holds anyway.
        "PRAGMA cipher_compatibility = 4;
         PRAGMA cipher_hmac_algorithm = HMAC_SHA256;
         PRAGMA cipher_memory_security = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA secure_delete = ON;
         PRAGMA synchronous = FULL;",
    )?;
    Ok(())
}

/// Settings that touch the file.
fn durable(conn: &Connection) -> Result<(), StoreError> {
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Refused { code: 0 });
    }
    conn.execute_batch(&format!("PRAGMA journal_size_limit = 8388608; PRAGMA cache_size = -{WRITER_CACHE};"))?;
    Ok(())
}

/// SQLite says "cannot open" for a missing permission too.
fn refine_cannot_open(error: rusqlite::Error, path: &Path) -> StoreError {
    match fs::metadata(path) {
        Ok(meta) if meta.permissions().readonly() => StoreError::ReadOnly,
        Ok(_) => error.into(),
        Err(cause) => cause.into(),
    }
}

fn make_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    // The new directory's own name lives in its parent.
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        _ => sync_dir(Path::new(".")),
    }
}

pub(super) fn lock(dir: &Path) -> Result<Lock, StoreError> {
    let file = lock_file(dir)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// The same right once whoever has it is done. For what is soon over only: a store may be open for days.
pub(super) fn wait_for_lock(dir: &Path) -> Result<Lock, StoreError> {
    let file = lock_file(dir)?;
    file.lock()?;
    Ok(Lock(file))
}

fn lock_file(dir: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(LOCK))
}

fn has_content(path: &PathBuf) -> Result<bool, StoreError> {
    match fs::metadata(path) {
        Ok(meta) => Ok(meta.len() > 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn remove(path: &PathBuf) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
