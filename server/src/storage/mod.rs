//! What the relay asks of a database. One trait; handlers hold no SQL and no SQL type crosses it.
//!
//! Every commit decides with [`crate::plan`] inside the backend's own transaction, under one lock, so sequence numbers are
//! commit order on every backend.

pub mod sqlite;

use std::collections::HashSet;
use std::future::Future;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tvaers_wire::bytes::Bytes;
use tvaers_wire::directory::{DirectoryAnswer, DirectoryWrap};
use tvaers_wire::entry::{Member, Wrap};
use tvaers_wire::ids::{CircleId, DeviceId, Fixed, Stamp};
use tvaers_wire::mailbox::{Mailbox, MailboxId};
use tvaers_wire::message::{FeedItem, Pushed, Reached};
use tvaers_wire::statement::Authority;
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeReceipt};

use crate::prepare::Job;
use crate::stamps::Stamps;
use crate::world::{FeedKey, Place, World};

/// What a storage failed with. Messages name files and causes, never content.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database was made by a newer version.
    #[error("the database was made by a newer version of tvaers-relay")]
    NewerSchema,
    /// Another relay uses it.
    #[error("another relay is using this data directory")]
    InUse,
    /// The directory cannot be made or written.
    #[error("the data directory cannot be written: {0}")]
    Directory(std::io::Error),
    /// What is stored does not fit together.
    #[error("the database is damaged: {0}")]
    Damaged(&'static str),
    /// The database refused, for example because the disk is full.
    #[error("the database failed: {0}")]
    Database(String),
}

/// The world behind a lock that is never poisoned for good: changes are applied in one step.
#[derive(Debug, Default)]
pub struct SharedWorld(RwLock<World>);

impl SharedWorld {
    /// A world to share.
    pub fn new(world: World) -> Self {
        Self(RwLock::new(world))
    }

    /// To ask.
    pub fn read(&self) -> RwLockReadGuard<'_, World> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To take over a commit.
    pub fn write(&self) -> RwLockWriteGuard<'_, World> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A commit that readers can see.
#[derive(Debug)]
pub struct Committed {
    /// For each job, what became of its items.
    pub results: Vec<Vec<Pushed>>,
    /// Where the feed ends now.
    pub place: Place,
    /// Indexes with something new in them.
    pub touched: HashSet<FeedKey>,
}

/// What to read for one page of a feed.
#[derive(Clone, Debug)]
pub struct PageQuery {
    /// Rows of the indexes to merge.
    pub keys: Vec<u64>,
    /// For whom wraps are served.
    pub wraps: Vec<Member>,
    /// Exclusive.
    pub after: u64,
    /// Inclusive.
    pub upto: u64,
    /// At most this many items.
    pub items: usize,
    /// Full when the items hold this many bytes.
    pub bytes: usize,
}

/// One item read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedRow {
    /// Its place in the order of commits.
    pub seq: u64,
    /// Its circle, if it is of one. Whether the reader may see it is for the caller to ask.
    pub circle: Option<CircleId>,
    /// The item.
    pub item: FeedItem,
}

impl FeedRow {
    /// About as many bytes as the item takes in a page.
    pub fn weight(&self) -> usize {
        match &self.item {
            FeedItem::Entry { entry, wraps, .. } => {
                Stamp::LEN + entry.len() + wraps.iter().map(|wrap| wrap.bytes.len() + 48).sum::<usize>()
            }
            FeedItem::Chunk { chunk, boxes, .. } => chunk.len() + boxes.len() * 128 + 16,
            FeedItem::Box { .. } | FeedItem::Granted { .. } => 176,
            FeedItem::Statement { statement } => statement.body.len() + 80,
        }
    }
}

/// Items read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeedRows {
    /// In commit order, without repeats.
    pub rows: Vec<FeedRow>,
    /// Where to go on, and that commit's nonce, if more is there.
    pub more: Option<Place>,
}

/// What is to be done with a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MailboxChange {
    /// It is to be there until then (Unix seconds), if it is not there already. What has expired is dropped.
    Open {
        /// Until then.
        expires: u64,
    },
    /// The device's letter: the first one stays.
    Letter(Vec<u8>),
    /// The authority's answer: the newest one stays.
    Answer(Vec<u8>),
    /// It is to go.
    Close,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailboxChanged {
    /// Done, durably; also if it had been done before.
    Done,
    /// Another letter was first.
    Taken,
    /// There is no such mailbox, or not any more.
    Gone,
}

/// A part of a sealed directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DirectoryPart {
    /// Keys for devices.
    Wraps(Vec<DirectoryWrap>),
    /// The directory that they open.
    Sealed {
        /// Its head.
        head: Fixed<32>,
        /// Sealed.
        sealed: Vec<u8>,
    },
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DirectoryStored {
    /// Done, durably; also if it had been done before.
    Done,
    /// A newer directory is here.
    Older,
    /// Wraps for more devices than a directory is sealed for. Nothing of the part was kept.
    TooMany,
}

/// What `GET /health` says of storage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StorageHealth {
    /// False after a commit failed, until one succeeds.
    pub writable: bool,
    /// Bytes on disk.
    pub bytes: u64,
}

/// A database that keeps what was pushed.
pub trait Storage: Send + Sync + 'static {
    /// The access table, as the last commit left it.
    fn world(&self) -> &SharedWorld;

    /// The key that sessions are authenticated with; made with the database.
    fn session_key(&self) -> [u8; 32];

    /// What it has accepted is stamped by; a backup of the database has the key.
    fn stamps(&self) -> &Stamps;

    /// Sets the authority, once. Returns the one in force.
    fn claim(&self, authority: Authority) -> impl Future<Output = Result<Authority, StorageError>> + Send;

    /// Decides and commits jobs in order, all or none. When this returns `Ok`, readers can be told of them; nobody who pushed
    /// one may be, before [`Storage::flush`].
    fn commit(&self, jobs: &[Job], now_ms: u64) -> impl Future<Output = Result<Committed, StorageError>> + Send;

    /// When this returns `Ok`, everything committed is durable. After an error a commit makes sure of that first, or fails.
    fn flush(&self) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// The nonce of the commit that holds this sequence number, if it was given.
    fn nonce_at(&self, seq: u64) -> impl Future<Output = Result<Option<[u8; 8]>, StorageError>> + Send;

    /// One page of a feed.
    fn page(&self, query: PageQuery) -> impl Future<Output = Result<FeedRows, StorageError>> + Send;

    /// Chunks with their boxes of one circle, in commit order, `after` exclusive, by the same limits as a page.
    fn backlog(
        &self,
        circle_row: u64,
        after: u64,
        items: usize,
        bytes: usize,
    ) -> impl Future<Output = Result<FeedRows, StorageError>> + Send;

    /// The entries in these rows, and all their wraps for these members.
    fn entries(
        &self,
        rows: Vec<u64>,
        wraps_for: Vec<Member>,
    ) -> impl Future<Output = Result<(Vec<Bytes>, Vec<Wrap>), StorageError>> + Send;

    /// Where every installation stands in a circle.
    fn reached(&self, circle_row: u64, limit: usize)
    -> impl Future<Output = Result<Vec<Reached>, StorageError>> + Send;

    /// Changes a mailbox, durably when this returns. `now` is in Unix seconds.
    fn change_mailbox(
        &self,
        id: &MailboxId,
        change: MailboxChange,
        now: u64,
    ) -> impl Future<Output = Result<MailboxChanged, StorageError>> + Send;

    /// What lies in a mailbox that has not expired.
    fn mailbox(&self, id: &MailboxId, now: u64) -> impl Future<Output = Result<Option<Mailbox>, StorageError>> + Send;

    /// Keeps a part of the sealed directory, durably when this returns. The directory with the highest serial is the one that is served,
    /// from when its last part is here.
    fn store_directory(
        &self,
        serial: u64,
        part: DirectoryPart,
    ) -> impl Future<Output = Result<DirectoryStored, StorageError>> + Send;

    /// The sealed directory, if it has this head, with the device's own key to it.
    fn directory(
        &self,
        head: &Fixed<32>,
        device: &DeviceId,
    ) -> impl Future<Output = Result<Option<DirectoryAnswer>, StorageError>> + Send;

    /// Keeps a device's receipt of its erasure, durably when this returns; the first one stays.
    fn store_wipe_receipt(
        &self,
        device: &DeviceId,
        receipt: &SignedWipeReceipt,
        now_ms: u64,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// The receipts of these devices that have come.
    fn wipe_receipts(
        &self,
        devices: Vec<DeviceId>,
    ) -> impl Future<Output = Result<Vec<ReceivedReceipt>, StorageError>> + Send;

    /// Is it well?
    fn health(&self) -> impl Future<Output = StorageHealth> + Send;

    /// Writes everything back into the main file, at the end.
    fn close(&self) -> impl Future<Output = Result<(), StorageError>> + Send;
}
