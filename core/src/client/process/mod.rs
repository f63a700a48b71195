//! Processing what has come in: control entries are folded, chunks unsealed and listed, records opened. What must wait
//! stays and is tried again when something new is known; what can never open is set aside, alone, with its reason.

mod entries;
mod finish;
mod list;
mod open;
mod parallel;

use rusqlite::Transaction;
use tvaers_wire::ids::RecordId;

use super::{ClientError, Device, Known};
pub(super) use entries::{Unwrapping, with_those_before};

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
    /// Takes everything in the inbox as far as it goes: entries, then chunks, then records, newest first, then edits. What
    /// takes long is done in turns.
    ///
    /// # Errors
    /// A store error; what was done before it stays done.
    pub fn process(&self) -> Result<Processed, ClientError> {
        let mut done = Processed::default();
        let mut below = i64::MAX;
        while self.known().inbox_due {
            self.change(|tx, known| {
                self.turn(tx, known, &mut below, &mut done)?;
                self.finish_opened(tx, known)?;
                if known.inbox_due { Ok(()) } else { self.account_for_waiting(tx, known) }
            })?;
        }
        Ok(done)
    }

    /// Folds entries and lists chunks from their summaries. A list is usable after this; [`Device::process`] goes on.
    ///
    /// # Errors
    /// As [`Device::process`].
    pub fn list_arrived(&self, done: &mut Processed) -> Result<(), ClientError> {
        while self.change(|tx, known| self.list_turn(tx, known, done))? {}
        Ok(())
    }

    /// One turn; what is little is done in one, up to what follows opening. `below`: records from this row on have been tried.
    pub(in crate::client) fn turn(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        below: &mut i64,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        if self.list_turn(tx, known, done)? {
            return Ok(());
        }
        if let Some(row) = self.open_batch(tx, known, *below, done)? {
            *below = row;
            return Ok(());
        }
        // Two lives of one actor do not fit into one document: first this one gets another.
        if !known.another_life {
            self.apply_edits(tx, known, done)?;
        }
        if known.ends_due || known.has_ends {
            self.settle_ends(tx, known)?;
        }
        known.inbox_due = false;
        known.upkeep_due |= known.passes_on;
        Ok(())
    }

    /// True if there is more to list.
    fn list_turn(&self, tx: &Transaction<'_>, known: &mut Known, done: &mut Processed) -> Result<bool, ClientError> {
        done.circles |= known.entries_due && self.accept_entries(tx, known)?;
        Ok(self.list_batch(tx, known, done)? == BATCH)
    }
}
