//! What follows opening: words are indexed, chains advance, receipts become due. Whoever waits for a note has been told by then.
//! A record that is open while a chunk of its is only listed has this before it, also after a crash.

use rusqlite::Transaction;

use super::open::{Outcome, open_frozen};
use crate::circle::Purpose;
use crate::client::{ClientError, Device, Known};
use crate::store::inbox::{self, ChunkState};
use crate::store::{reach, records};

impl Device {
    /// Finishes the frozen records that have been opened.
    pub(super) fn finish_opened(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<(), ClientError> {
        let mut unfinished = std::mem::take(&mut known.unfinished);
        for (row, words) in &mut unfinished {
            // It may have been erased since it was opened.
            if !records::is_open(tx, *row)? {
                *words = None;
                continue;
            }
            if words.is_none() {
                *words = Some(words_of(tx, known, *row)?);
            }
            self.finish_chunks_of(tx, known, *row)?;
        }
        // Last, together and in the order of their rows: an index that holds something new writes all of it out before a change of
        // another kind, and before a row that is not beyond the last.
        unfinished.sort_unstable_by_key(|(row, _)| *row);
        for (row, words) in unfinished {
            if let Some(words) = words {
                records::index(tx, row, &words)?;
            }
        }
        Ok(())
    }

    /// The chunks that have brought this record are done with.
    pub(super) fn finish_chunks_of(&self, tx: &Transaction<'_>, known: &Known, row: i64) -> Result<(), ClientError> {
        for chunk in inbox::listed_of(tx, row)? {
            self.finish_chunk(tx, known, chunk, ChunkState::Opened, None)?;
        }
        Ok(())
    }

    /// A chunk is done with; a receipt for it is due if somebody else wrote it.
    pub(super) fn finish_chunk(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        chunk: i64,
        state: ChunkState,
        reason: Option<&str>,
    ) -> Result<(), ClientError> {
        let at = inbox::finish(tx, chunk, state, reason)?;
        self.owe_receipt(tx, known, at)
    }

    /// Everything that could be opened is. What is still listed is here and waits for something else, maybe for ever: a receipt says so,
    /// and of what its writer sends after it that it has arrived.
    pub(super) fn account_for_waiting(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        for chunk in inbox::unaccounted(tx)? {
            let (at, further) = inbox::account(tx, chunk)?;
            if further {
                self.owe_receipt(tx, known, at)?;
            }
        }
        Ok(())
    }

    fn owe_receipt(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (circle, installation): (i64, i64),
    ) -> Result<(), ClientError> {
        let writer = known.vouched.person(&inbox::device_of(tx, installation)?);
        // Nobody waits to hear whether the log was received; a controller would owe everybody a receipt, every day.
        let logged = known.at_row(circle).is_some_and(|circle| circle.purpose == Some(Purpose::Log));
        if writer != Some(self.person) && !logged {
            reach::set_due(tx, circle, true)?;
        }
        Ok(())
    }
}

/// The words of a record that was opened before a crash. One that does not open again says why when somebody looks at it; here it
/// must not hold up the others.
fn words_of(tx: &Transaction<'_>, known: &Known, row: i64) -> Result<String, ClientError> {
    let item = records::items(tx, row)?.pop().map(|(_, item)| open_frozen(&item, known));
    Ok(match item {
        Some(Outcome::Open(_, _, words)) => words,
        _ => String::new(),
    })
}
