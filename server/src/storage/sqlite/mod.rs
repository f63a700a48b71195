//! SQLite: one writer, a few readers, write-ahead log, flushed before anything in it is answered.

mod at_rest;
mod directory;
mod durable;
mod facts;
mod load;
mod mailbox;
mod read;
mod stamp_key;
mod wipe;
mod write;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::DirectoryAnswer;
use tvaers_wire::entry::{Member, Wrap};
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::mailbox::{Mailbox, MailboxId};
use tvaers_wire::message::Reached;
use tvaers_wire::statement::Authority;
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeReceipt};

use crate::plan::Plan;
use crate::prepare::Job;
use crate::stamps::Stamps;
use crate::storage::{
    Committed, DirectoryPart, DirectoryStored, FeedRows, MailboxChange, MailboxChanged, PageQuery, SharedWorld,
    Storage, StorageError, StorageHealth,
};
use crate::world::{Draft, Place};

pub use at_rest::{AtRest, at_rest};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Readers at once. More would only wait for the same two cores.
const READERS: usize = 4;
/// Prepared statements kept per connection: more than there are.
const STATEMENTS: usize = 64;
/// A page that can hold no more of the newest items is read at once: it is in memory, and another thread would take longer to
/// wake than to read it.
const NEAR: u64 = 64;

/// A relay's database in one directory.
pub struct SqliteStorage {
    directory: PathBuf,
    path: PathBuf,
    world: SharedWorld,
    session_key: [u8; 32],
    stamps: Arc<Stamps>,
    writer: Mutex<Connection>,
    readers: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    writable: AtomicBool,
    /// Something was committed since the last flush.
    ahead: AtomicBool,
    /// A flush has failed: the system takes pages for written that may not be.
    unsure: AtomicBool,
    _lock: File,
}

impl fmt::Debug for SqliteStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStorage").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's own text names tables and causes, never values.
        Self::Database(error.to_string())
    }
}

impl SqliteStorage {
    /// Opens the database in this directory, or makes it.
    ///
    /// # Errors
    /// [`StorageError`]: the directory is not writable or in use, the schema is newer, or the content is damaged.
    pub fn open(directory: &Path) -> Result<Self, StorageError> {
        durable::make_directory(directory).map_err(StorageError::Directory)?;
        let lock = lock(directory)?;
        let path = directory.join("relay.db");
        let mut writer = connect(&path)?;
        migrate(&mut writer)?;
        identify(&writer)?;
        let stamps = Arc::new(stamp_key::settle(&writer, directory)?);
        durable::settle(&writer, directory)?;
        let session_key = load::meta(&writer, "session_key")?.ok_or(StorageError::Damaged("no session key"))?;
        let world = load::world(&writer)?;
        let readers = (0..READERS).map(|_| connect(&path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            directory: directory.to_owned(),
            path,
            world: SharedWorld::new(world),
            session_key,
            stamps,
            writer: Mutex::new(writer),
            readers: Arc::new(Mutex::new(readers)),
            permits: Arc::new(Semaphore::new(READERS)),
            writable: AtomicBool::new(true),
            ahead: AtomicBool::new(false),
            unsure: AtomicBool::new(false),
            _lock: lock,
        })
    }

    /// Lets the file grow to this many pages and no further, as a full disk would.
    ///
    /// # Errors
    /// [`StorageError`] if SQLite refuses.
    pub fn limit_pages(&self, pages: u32) -> Result<(), StorageError> {
        Ok(self.writer().pragma_update(None, "max_page_count", pages)?)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, jobs: &[Job], now_ms: u64) -> Result<Committed, StorageError> {
        let mut writer = self.writer();
        self.reassure(&writer)?;
        // Nobody else changes the world, so it stands still until the commit is done.
        let world = self.world.read();
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let facts = facts::gather(&transaction, &world, jobs)?;
        let plan = Plan::decide(Draft::over(&world), facts, jobs, now_ms);
        let place = if plan.writes.is_empty() {
            None
        } else {
            write::rows(&transaction, &plan.writes)?;
            let place = Place { seq: plan.draft.seq, nonce: random()? };
            // A commit may move an installation's place only together with chunks, so the sequence always grew.
            write::place(&transaction, place)?;
            transaction.commit()?;
            self.ahead.store(true, Ordering::Relaxed);
            Some(place)
        };
        let Plan { draft, results, touched, .. } = plan;
        let changes = draft.finish(place);
        drop(world);
        let mut world = self.world.write();
        world.apply(changes);
        Ok(Committed { results, place: world.head, touched })
    }

    /// Makes sure of what a failed flush has left, before more is committed.
    fn reassure(&self, writer: &Connection) -> Result<(), StorageError> {
        if self.unsure.load(Ordering::Relaxed) {
            durable::settle(writer, &self.directory)?;
            self.unsure.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// One transaction that touches nothing of the world.
    fn write_now<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Result<T, StorageError> {
        let mut writer = self.writer();
        self.reassure(&writer)?;
        let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        self.ahead.store(true, Ordering::Relaxed);
        Ok(done)
    }

    async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let closed = |_| StorageError::Database("the relay is stopping".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let pool = Arc::clone(&self.readers);
        let task = tokio::task::spawn_blocking(move || on_snapshot(permit, &pool, read));
        task.await.map_err(|error| StorageError::Database(error.to_string()))?
    }
}

/// Reads one consistent state on a pooled connection.
fn on_snapshot<T>(
    permit: OwnedSemaphorePermit,
    pool: &Mutex<Vec<Connection>>,
    read: impl FnOnce(&Connection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    let taken = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let connection = taken.ok_or_else(|| StorageError::Database("no reader".to_owned()))?;
    let result = connection.unchecked_transaction().map_err(StorageError::from).and_then(|_snapshot| read(&connection));
    pool.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    drop(permit);
    result
}

impl Storage for SqliteStorage {
    fn world(&self) -> &SharedWorld {
        &self.world
    }

    fn session_key(&self) -> [u8; 32] {
        self.session_key
    }

    fn stamps(&self) -> &Stamps {
        &self.stamps
    }

    async fn claim(&self, authority: Authority) -> Result<Authority, StorageError> {
        let writer = self.writer();
        writer.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('authority', ?1)", [authority.to_bytes()])?;
        durable::settle(&writer, &self.directory)?;
        let kept = load::authority(&writer)?.ok_or(StorageError::Damaged("no authority"))?;
        self.world.write().claim(kept);
        Ok(kept)
    }

    async fn commit(&self, jobs: &[Job], now_ms: u64) -> Result<Committed, StorageError> {
        let result = self.commit_now(jobs, now_ms);
        self.writable.store(result.is_ok(), Ordering::Relaxed);
        result
    }

    async fn flush(&self) -> Result<(), StorageError> {
        if !self.ahead.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let flushed = durable::flush(&self.directory);
        if flushed.is_err() {
            self.unsure.store(true, Ordering::Relaxed);
            self.writable.store(false, Ordering::Relaxed);
        }
        flushed.map_err(|error| StorageError::Database(error.to_string()))
    }

    async fn nonce_at(&self, seq: u64) -> Result<Option<[u8; 8]>, StorageError> {
        self.reading(move |connection| read::nonce_at(connection, seq)).await
    }

    async fn page(&self, query: PageQuery) -> Result<FeedRows, StorageError> {
        if query.upto.saturating_sub(query.after) <= NEAR
            && let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned()
        {
            return on_snapshot(permit, &self.readers, |connection| read::page(connection, &query, &self.stamps));
        }
        let stamps = Arc::clone(&self.stamps);
        self.reading(move |connection| read::page(connection, &query, &stamps)).await
    }

    async fn backlog(&self, circle: u64, after: u64, items: usize, bytes: usize) -> Result<FeedRows, StorageError> {
        self.reading(move |connection| read::backlog(connection, circle, after, items, bytes)).await
    }

    async fn entries(&self, rows: Vec<u64>, wraps_for: Vec<Member>) -> Result<(Vec<Bytes>, Vec<Wrap>), StorageError> {
        self.reading(move |connection| read::entries(connection, &rows, wraps_for)).await
    }

    async fn reached(&self, circle: u64, limit: usize) -> Result<Vec<Reached>, StorageError> {
        self.reading(move |connection| read::reached(connection, circle, limit)).await
    }

    async fn change_mailbox(
        &self,
        id: &MailboxId,
        change: MailboxChange,
        now: u64,
    ) -> Result<MailboxChanged, StorageError> {
        let changed = self.write_now(|connection| mailbox::change(connection, id, &change, now))?;
        self.flush().await?;
        Ok(changed)
    }

    async fn mailbox(&self, id: &MailboxId, now: u64) -> Result<Option<Mailbox>, StorageError> {
        let id = *id;
        self.reading(move |connection| mailbox::read(connection, &id, now)).await
    }

    async fn store_directory(&self, serial: u64, part: DirectoryPart) -> Result<DirectoryStored, StorageError> {
        let stored = self.write_now(|connection| directory::store(connection, serial, &part))?;
        self.flush().await?;
        Ok(stored)
    }

    async fn directory(&self, head: &Fixed<32>, device: &DeviceId) -> Result<Option<DirectoryAnswer>, StorageError> {
        let (head, device) = (*head, *device);
        self.reading(move |connection| directory::read(connection, &head, &device)).await
    }

    async fn store_wipe_receipt(
        &self,
        device: &DeviceId,
        receipt: &SignedWipeReceipt,
        now_ms: u64,
    ) -> Result<(), StorageError> {
        self.write_now(|connection| wipe::store(connection, device, receipt, now_ms))?;
        self.flush().await
    }

    async fn wipe_receipts(&self, devices: Vec<DeviceId>) -> Result<Vec<ReceivedReceipt>, StorageError> {
        self.reading(move |connection| wipe::read(connection, &devices)).await
    }

    async fn health(&self) -> StorageHealth {
        let size = |path: &Path| std::fs::metadata(path).map(|meta| meta.len()).unwrap_or(0);
        let bytes = size(&self.path) + size(&self.path.with_extension("db-wal"));
        StorageHealth { writable: self.writable.load(Ordering::Relaxed), bytes }
    }

    async fn close(&self) -> Result<(), StorageError> {
        self.permits.close();
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.writer().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

/// Two relays on one directory would each believe in their own access table.
fn lock(directory: &Path) -> Result<File, StorageError> {
    let path = directory.join("relay.lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = open.map_err(StorageError::Directory)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StorageError::InUse),
        Err(std::fs::TryLockError::Error(error)) => Err(StorageError::Directory(error)),
    }
}

fn connect(path: &Path) -> Result<Connection, StorageError> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan does not depend on what is bound: otherwise a statement with a range is parsed anew each time it is used.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // The log is flushed after a commit, by `flush`, when its readers have been told; before a checkpoint SQLite does it itself.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // Deleted boxes are overwritten: a key that was erased must not be found in free pages.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StorageError> {
    // All versions and their rows of history are one transaction: a crash between a version and its row would apply it twice.
    let runner = embedded::migrations::runner().set_abort_missing(true).set_abort_divergent(true).set_grouped(true);
    runner.run(connection).map(|_| ()).map_err(|error| match error.kind() {
        refinery::error::Kind::MissingVersion(_) | refinery::error::Kind::DivergentVersion(..) => {
            StorageError::NewerSchema
        }
        _ => StorageError::Database("its tables could not be made".to_owned()),
    })
}

/// Draws what makes this database different from every other.
fn identify(connection: &Connection) -> Result<(), StorageError> {
    let mut insert = connection.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES (?1, ?2)")?;
    insert.execute(("session_key", random::<32>()?))?;
    insert.execute(("generation", random::<8>()?))?;
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], StorageError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| StorageError::Database("no randomness".to_owned()))?;
    Ok(bytes)
}
