//! Storage on a disk that is full.

use std::sync::atomic::{AtomicBool, Ordering};

use tvaers_relay::prepare::Job;
use tvaers_relay::stamps::Stamps;
use tvaers_relay::storage::sqlite::SqliteStorage;
use tvaers_relay::storage::*;
use tvaers_wire::bytes::Bytes;
use tvaers_wire::directory::DirectoryAnswer;
use tvaers_wire::entry::{Member, Wrap};
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::mailbox::{Mailbox, MailboxId};
use tvaers_wire::message::Reached;
use tvaers_wire::statement::Authority;
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeReceipt};

/// The storage.
pub struct Failing(SqliteStorage, AtomicBool);

impl Failing {
    /// It does not fail yet.
    pub fn on(storage: SqliteStorage) -> Self {
        Self(storage, AtomicBool::new(false))
    }

    /// From now on it does, or does not.
    pub fn fail(&self, fails: bool) {
        self.1.store(fails, Ordering::SeqCst);
    }
}

impl Storage for Failing {
    fn world(&self) -> &SharedWorld {
        self.0.world()
    }
    fn session_key(&self) -> [u8; 32] {
        self.0.session_key()
    }
    fn stamps(&self) -> &Stamps {
        self.0.stamps()
    }
    async fn claim(&self, authority: Authority) -> Result<Authority, StorageError> {
        self.0.claim(authority).await
    }
    async fn commit(&self, jobs: &[Job], now_ms: u64) -> Result<Committed, StorageError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(StorageError::Database("disk full".to_owned()));
        }
        self.0.commit(jobs, now_ms).await
    }
    async fn flush(&self) -> Result<(), StorageError> {
        self.0.flush().await
    }
    async fn nonce_at(&self, seq: u64) -> Result<Option<[u8; 8]>, StorageError> {
        self.0.nonce_at(seq).await
    }
    async fn page(&self, query: PageQuery) -> Result<FeedRows, StorageError> {
        self.0.page(query).await
    }
    async fn backlog(&self, circle: u64, after: u64, items: usize, bytes: usize) -> Result<FeedRows, StorageError> {
        self.0.backlog(circle, after, items, bytes).await
    }
    async fn entries(&self, rows: Vec<u64>, wraps_for: Vec<Member>) -> Result<(Vec<Bytes>, Vec<Wrap>), StorageError> {
        self.0.entries(rows, wraps_for).await
    }
    async fn reached(&self, circle: u64, limit: usize) -> Result<Vec<Reached>, StorageError> {
        self.0.reached(circle, limit).await
    }
    async fn change_mailbox(
        &self,
        id: &MailboxId,
        change: MailboxChange,
        now: u64,
    ) -> Result<MailboxChanged, StorageError> {
        self.0.change_mailbox(id, change, now).await
    }
    async fn mailbox(&self, id: &MailboxId, now: u64) -> Result<Option<Mailbox>, StorageError> {
        self.0.mailbox(id, now).await
    }
    async fn store_directory(&self, serial: u64, part: DirectoryPart) -> Result<DirectoryStored, StorageError> {
        self.0.store_directory(serial, part).await
    }
    async fn directory(&self, head: &Fixed<32>, device: &DeviceId) -> Result<Option<DirectoryAnswer>, StorageError> {
        self.0.directory(head, device).await
    }
    async fn store_wipe_receipt(
        &self,
        device: &DeviceId,
        receipt: &SignedWipeReceipt,
        now_ms: u64,
    ) -> Result<(), StorageError> {
        self.0.store_wipe_receipt(device, receipt, now_ms).await
    }
    async fn wipe_receipts(&self, devices: Vec<DeviceId>) -> Result<Vec<ReceivedReceipt>, StorageError> {
        self.0.wipe_receipts(devices).await
    }
    async fn health(&self) -> StorageHealth {
        self.0.health().await
    }
    async fn close(&self) -> Result<(), StorageError> {
        self.0.close().await
    }
}
