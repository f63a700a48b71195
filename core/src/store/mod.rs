//! The encrypted store: one SQLCipher database in a directory of its own, opened with a key that the caller keeps elsewhere.
//!
//! ```no_run
//! # use tvaers_core::store::{Store, StoreError, StoreKey};
//! # fn main() -> Result<(), StoreError> {
//! # let key = StoreKey::new([0; 32]);
//! let store = match Store::open("dir".as_ref(), &key) {
//!     Err(StoreError::Missing | StoreError::Unfinished) => Store::create("dir".as_ref(), &key)?,
//!     other => other?,
//! };
//! store.write(|tx| {
//!     tx.execute("INSERT INTO meta (key, value) VALUES ('a', x'01')", [])?;
//!     Ok::<_, StoreError>(())
//! })?; // durable here
//! # Ok(())
//! # }
//! ```
//!
//! | file | |
//! |---|---|
//! | `store.head` | format, salt, check of the key |
//! | `store.db`, `-wal`, `-shm` | the database, its log and the log's index; the index holds page numbers only |
//! | `store.reserve` | random bytes: room that is given up for what must be written although the disk is full |
//! | `store.erased` | what is left when the store was erased; no store opens beside it |
//! | `store.lock` | held while open: two clients on one store would be one installation with two histories |
//!
//! What it does not protect against: somebody who puts yesterday's files back, or cuts the end of the log. Both are whole,
//! older states; the protocol's installation nonces and heads find them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

pub(crate) mod access;
pub(crate) mod circles;
pub(crate) mod continued;
pub(crate) mod coordinators;
pub(crate) mod covers;
pub(crate) mod edits;
pub(crate) mod ended;
pub(crate) mod entries;
mod erase;
pub(crate) mod erasure;
mod error;
mod head;
pub(crate) mod inbox;
pub(crate) mod intents;
pub(crate) mod meta;
mod migrations;
mod open;
pub(crate) mod outbox;
pub(crate) mod reach;
pub(crate) mod records;
mod reserve;
pub(crate) mod retention;
pub(crate) mod shares;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod unsent;

pub use erase::{Forget, erased, forget_erased, note_erased};
pub use error::StoreError;
use head::DatabaseKey;
use open::{Lock, Opened};

/// How many reading connections wait for the next reader. More may be open at once; these are kept.
const IDLE_READERS: usize = 4;

/// The key of a store, from the platform's key vault. Wiped when dropped, never printed, never stored beside the store.
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// The key with these bytes, which must come from a cryptographic random source.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn bytes(&self) -> &[u8] {
        &*self.0
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

/// An encrypted store: one writer at a time, readers beside it.
///
/// `write` and `read` must not be called from inside one another.
pub struct Store {
    place: Place,
    forget: OnceLock<Forget>,
}

enum Place {
    Disk { dir: PathBuf, open: RwLock<Option<Disk>> },
    Memory(Mutex<Connection>),
}

/// An open database on disk. The outer lock is held for reading by every reader and writer, for writing only to close.
struct Disk {
    writer: Mutex<Connection>,
    idle: Mutex<Vec<Connection>>,
    key: DatabaseKey,
    // Last: released when the connections are gone.
    lock: Lock,
}

impl Store {
    /// Opens the store in `dir`.
    ///
    /// # Errors
    /// Any [`StoreError`]. [`StoreError::Missing`] and [`StoreError::Unfinished`] are the only ones after which
    /// [`Store::create`] is the answer; every error leaves the files as they were, but for [`StoreError::Erased`]: what was left of
    /// the store is gone then.
    pub fn open(dir: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        open::open(dir, key).map(|opened| Self::on_disk(dir, opened))
    }

    /// Makes a new store in `dir`, and the directory if need be; finishes a first start that was interrupted.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one; it is never overwritten. Otherwise any [`StoreError`].
    pub fn create(dir: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        open::create(dir, key).map(|opened| Self::on_disk(dir, opened))
    }

    /// A store in memory, for simulations: the same SQL, nothing on disk.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if memory runs out.
    pub fn in_memory() -> Result<Self, StoreError> {
        Ok(Self { place: Place::Memory(Mutex::new(open::in_memory()?)), forget: OnceLock::new() })
    }

    /// Runs `change` in one transaction and commits it if it returns `Ok`. What it changed is durable when this returns.
    ///
    /// # Errors
    /// The error of `change`, after which nothing was changed; or a [`StoreError`], after which the change was *not
    /// confirmed* (after [`StoreError::Io`] at the very end it may be found done when the store is next opened).
    pub fn write<T, E: From<StoreError>>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        match &self.place {
            Place::Memory(conn) => in_transaction(&mut lock(conn), change),
            Place::Disk { dir, open } => {
                let open = open.read().unwrap_or_else(PoisonError::into_inner);
                let disk = open.as_ref().ok_or_else(|| closed(dir))?;
                let mut writer = lock(&disk.writer);
                let answer = in_transaction(&mut writer, change);
                if refuse_unauthentic(&writer).is_err() {
                    *writer = open::writer(dir, &disk.key)?;
                }
                answer
            }
        }
    }

    /// Runs `query` on one consistent state of the store, beside any writer.
    ///
    /// # Errors
    /// The error of `query`, or a [`StoreError`].
    pub fn read<T, E: From<StoreError>>(&self, query: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        match &self.place {
            Place::Memory(conn) => on_snapshot(&lock(conn), query),
            Place::Disk { dir, open } => {
                let open = open.read().unwrap_or_else(PoisonError::into_inner);
                let disk = open.as_ref().ok_or_else(|| closed(dir))?;
                let idle = lock(&disk.idle).pop();
                let conn = match idle {
                    Some(conn) => conn,
                    None => open::reader(dir, &disk.key)?,
                };
                let answer = on_snapshot(&conn, query);
                refuse_unauthentic(&conn)?;
                let mut idle = lock(&disk.idle);
                if idle.len() < IDLE_READERS {
                    idle.push(conn);
                }
                answer
            }
        }
    }

    /// Runs a short `query` where changes are written: after a change, other connections read, authenticate and decrypt anew what this
    /// one has in memory. It waits for the writer, and the writer for it.
    ///
    /// # Errors
    /// The error of `query`, or a [`StoreError`].
    pub fn look<T, E: From<StoreError>>(&self, query: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        match &self.place {
            Place::Memory(conn) => on_snapshot(&lock(conn), query),
            Place::Disk { dir, open } => {
                let open = open.read().unwrap_or_else(PoisonError::into_inner);
                let disk = open.as_ref().ok_or_else(|| closed(dir))?;
                let mut writer = lock(&disk.writer);
                let answer = on_snapshot(&writer, query);
                if let Err(damaged) = refuse_unauthentic(&writer) {
                    *writer = open::writer(dir, &disk.key)?;
                    return Err(damaged.into());
                }
                answer
            }
        }
    }

    /// Where the store is; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Disk { dir, .. } => Some(dir),
            Place::Memory(_) => None,
        }
    }

    /// Waits for readers and the writer, moves the log into the database and lets go of every file and lock: a phone in the
    /// background may hold none. Without effect on a store that is closed or in memory.
    ///
    /// # Errors
    /// A [`StoreError`] if SQLite could not let go; what was saved is safe all the same.
    pub fn close(&self) -> Result<(), StoreError> {
        let Place::Disk { open, .. } = &self.place else {
            return Ok(());
        };
        let taken = open.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(disk) = taken else {
            return Ok(());
        };
        drop(disk.idle);
        open::shut(disk.writer.into_inner().unwrap_or_else(PoisonError::into_inner))?;
        drop(disk.lock);
        Ok(())
    }

    /// Opens a closed store again. Without effect on one that is open or in memory.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn reopen(&self, key: &StoreKey) -> Result<(), StoreError> {
        let Place::Disk { dir, open } = &self.place else {
            return Ok(());
        };
        let mut open = open.write().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(Disk::new(open::open(dir, key)?));
        }
        Ok(())
    }

    fn on_disk(dir: &Path, opened: Opened) -> Self {
        let place = Place::Disk { dir: dir.to_owned(), open: RwLock::new(Some(Disk::new(opened))) };
        Self { place, forget: OnceLock::new() }
    }
}

impl Disk {
    fn new(opened: Opened) -> Self {
        let Opened { writer, key, lock } = opened;
        Self { writer: Mutex::new(writer), idle: Mutex::new(Vec::new()), key, lock }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.path().is_some() { "Store(on disk)" } else { "Store(in memory)" })
    }
}

fn in_transaction<T, E: From<StoreError>>(
    conn: &mut Connection,
    change: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
    let value = change(&tx);
    refuse_unauthentic(&tx)?;
    let value = value?;
    tx.commit().map_err(StoreError::from)?;
    Ok(value)
}

fn on_snapshot<T, E: From<StoreError>>(
    conn: &Connection,
    query: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let snapshot = conn.unchecked_transaction().map_err(StoreError::from)?;
    query(&snapshot)
}

/// Takes back what was read from a page that did not authenticate.
///
/// SQLCipher hands out such a page as zeros and fails the *next* page that is asked for. If the last page of a long text is
/// the last one a query reads, nothing fails and the text ends in zeros. The connection remembers it, so it is asked before
/// anything is believed; it then stays unusable, also for what is whole, and another takes its place.
fn refuse_unauthentic(conn: &Connection) -> Result<(), StoreError> {
    let status: String = conn.query_row("PRAGMA cipher_status", [], |row| row.get(0))?;
    match status.as_str() {
        "1" => Ok(()),
        _ => Err(StoreError::Damaged { what: "a page does not authenticate" }),
    }
}

/// Why a store that was open is not.
fn closed(dir: &Path) -> StoreError {
    match erase::note(dir) {
        Ok(None) => StoreError::Closed,
        Ok(Some(_)) => StoreError::Erased,
        Err(error) => error,
    }
}

/// A panic inside a closure rolled its transaction back; the connection behind the lock is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
