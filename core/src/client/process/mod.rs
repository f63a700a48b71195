//! Processing what has come in: control entries are folded, chunks unsealed and listed, records opened. What must wait
//! stays and is tried again when something new is known; what can never open is set aside, alone, with its reason.

mod entries;
mod list;
mod open;
mod parallel;

use tvaers_wire::ids::RecordId;

use super::{ClientError, Device};

/// What processing has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Processed {
    /// Control entries were accepted: circles have changed.
    pub circles: bool,
    /// Chunks listed from their summaries.
    pub listed: usize,
    /// Records opened or changed, in the order in which they were.
    pub opened: Vec<RecordId>,
    /// Receipts of others that were taken.
    pub receipts: usize,
    /// Chunks set aside.
    pub aside: usize,
}

impl Processed {
    /// True if a person would see a difference.
    pub fn is_visible(&self) -> bool {
        self.listed > 0 || !self.opened.is_empty() || self.receipts > 0 || self.aside > 0
    }
}

/// Chunks or records taken in one transaction: small enough that a person who saves a note meanwhile does not wait.
const BATCH: usize = 512;

impl Device {
    /// Takes everything in the inbox as far as it goes.
    ///
    /// # Errors
    /// A store error; what was done before it stays done.
    pub fn process(&self) -> Result<Processed, ClientError> {
        let mut done = Processed::default();
        self.list_arrived(&mut done)?;
        self.open_listed(&mut done)?;
        Ok(done)
    }

    /// Folds entries and lists chunks from their summaries. A list is usable after this; [`Device::open_listed`] goes on.
    ///
    /// # Errors
    /// As [`Device::process`].
    pub fn list_arrived(&self, done: &mut Processed) -> Result<(), ClientError> {
        done.circles |= self.accept_entries()?;
        while self.list_batch(done)? == BATCH {}
        Ok(())
    }

    /// Opens listed records, newest first, and applies edits.
    ///
    /// # Errors
    /// As [`Device::process`].
    pub fn open_listed(&self, done: &mut Processed) -> Result<(), ClientError> {
        let mut before = i64::MAX;
        while let Some(lowest) = self.open_batch(before, done)? {
            before = lowest;
        }
        self.apply_edits(done)
    }
}
