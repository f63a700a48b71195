//! Listing: chunks are unsealed on all cores, and what their summaries say is written down. No document is opened.

use rusqlite::Transaction;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{DeviceId, PersonId, RecordId};

use super::open::{Outcome, fits, open_frozen};
use super::parallel::map;
use super::{BATCH, Processed};
use crate::client::{ClientError, Device, Known};
use crate::open::{Knowledge, Missing, OpenError, Reason, Unsealed, VerifiedItem, unseal, verify_item};
use crate::record::{RecordHeader, UpdateHeader};
use crate::seal::{Item, Summary};
use crate::store::edits::{self, EditState};
use crate::store::inbox::{self, Arrived, ChunkState};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, erasure, reach, shares};

/// An unsealed chunk, and of a frozen record what does not need the store.
struct Listing {
    unsealed: Unsealed,
    frozen: Option<(RecordId, RecordHeader, Vec<u8>)>,
}

impl Listing {
    fn of(unsealed: Unsealed) -> Self {
        let frozen = match &unsealed.body().item {
            Item::Frozen(record) => {
                RecordHeader::from_bytes(&record.header).ok().map(|header| (record.id(), header, record.to_bytes()))
            }
            Item::Update(_) | Item::Receipt(_) => None,
        };
        Self { unsealed, frozen }
    }
}

impl Device {
    /// Lists up to a batch of chunks. Returns how many were taken.
    pub(super) fn list_batch(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        done: &mut Processed,
    ) -> Result<usize, ClientError> {
        let arrived = inbox::arrived(tx, BATCH)?;
        let unsealed = map(&arrived, |chunk| {
            let parsed = ParsedChunk::from_bytes(&chunk.bytes).ok()?;
            let Some(circle) = known.circles.get(&parsed.header.circle) else { return Some((parsed, None)) };
            let know = Knowledge { log: &circle.log, vouched: &known.vouched, force: known, roots: &circle.roots };
            let opened = unseal(&parsed, &chunk.boxes, &know).map(Listing::of);
            Some((parsed, Some(opened)))
        });
        for (chunk, unsealed) in arrived.iter().zip(unsealed) {
            match unsealed {
                Some((parsed, _)) if is_erased(known, &parsed) => drop(erasure::drop_chunk(tx, chunk.row)?),
                Some((parsed, Some(Ok(listing)))) => self.list(tx, known, chunk, &parsed, listing, done)?,
                Some((_, Some(Err(OpenError::Waiting(Missing::Cut(device)))))) => {
                    self.owe_cut(tx, known, chunk.circle, &device)?;
                    inbox::set_state(tx, chunk.row, ChunkState::Waiting, None, Some("waits for a cut"))?;
                }
                // A circle whose log is not here yet, or something in it.
                Some((_, None | Some(Err(OpenError::Waiting(_))))) => {
                    inbox::set_state(tx, chunk.row, ChunkState::Waiting, None, Some("waits for keys"))?;
                }
                Some((_, Some(Err(OpenError::Refused(reason))))) => {
                    self.put_aside(tx, known, chunk.row, &reason, done)?
                }
                None => return Err(StoreError::Damaged { what: "a chunk in the inbox" }.into()),
            }
        }
        Ok(arrived.len())
    }

    fn list(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        chunk: &Arrived,
        parsed: &ParsedChunk,
        Listing { unsealed, frozen }: Listing,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        let body = unsealed.body();
        let basis = body.basis.as_deref();
        match (&body.item, &body.summary) {
            (Item::Receipt(_), _) => match verify_item(&unsealed, &known.vouched) {
                Ok(VerifiedItem::Receipt(receipt)) => {
                    let at = inbox::finish(tx, chunk.row, ChunkState::Opened, None)?;
                    reach::put_receipt(tx, at, parsed.header.counter, receipt)?;
                    done.receipts += 1;
                }
                _ => self.put_aside(tx, known, chunk.row, &Reason::Summary, done)?,
            },
            (Item::Frozen(_), Some(summary)) => {
                let fits = |(id, header, _): &(RecordId, RecordHeader, _)| {
                    *id == summary.record && header.kind == summary.kind
                };
                let Some((_, header, item)) = frozen.filter(fits) else {
                    return self.put_aside(tx, known, chunk.row, &Reason::Summary, done);
                };
                if self.came_late(tx, known, chunk, &summary.record)? {
                    return Ok(());
                }
                let facts = facts(summary, header.author, header.installation.device, header.recorded_at);
                let (row, new) = records::put(tx, &facts, Some(&item))?;
                if let Some(doubt) = doubt(known, parsed, new, &header.installation.device) {
                    records::set_unconfirmed(tx, row, doubt)?;
                }
                if !new && (records::is_aside(tx, row)? || !records::says(tx, row, &facts, &item)?) {
                    return self.list_other(tx, known, (chunk, basis), row, (&facts, &item), done);
                }
                self.listed(tx, known, (chunk, basis), row, !new && records::is_open(tx, row)?, done)?;
            }
            (Item::Update(update), Some(summary)) => {
                let Ok(header) = UpdateHeader::from_bytes(&update.header) else {
                    return self.put_aside(tx, known, chunk.row, &Reason::Summary, done);
                };
                if header.record() != summary.record || header.kind != summary.kind {
                    return self.put_aside(tx, known, chunk.row, &Reason::Summary, done);
                }
                if self.came_late(tx, known, chunk, &summary.record)? {
                    return Ok(());
                }
                let facts = facts(summary, header.founder, header.installation.device, header.recorded_at);
                let (row, _) = records::put(tx, &RecordRow { carried: header.carried, ..facts }, None)?;
                let item = update.to_bytes();
                let digest = hash(Label::UPDATE, &[&item]);
                let held = edits::put(tx, row, &digest, &item, chunk.row)?;
                if let Some(doubt) = doubt(known, parsed, held.is_none(), &header.installation.device) {
                    edits::set_unconfirmed(tx, &digest, doubt)?;
                }
                if held == Some(EditState::Aside) {
                    let reason = Reason::Document("the same edit was set aside before".to_owned());
                    return self.put_aside_of(tx, known, (chunk.row, row), &reason, done);
                }
                self.listed(tx, known, (chunk, basis), row, held == Some(EditState::Applied), done)?;
            }
            (_, None) => self.put_aside(tx, known, chunk.row, &Reason::Summary, done)?,
        }
        Ok(())
    }

    /// A record that was set aside, or was listed before in other words or under another signature. The id covers neither, and whoever
    /// shares a record may lie about it: what can be verified counts, whichever came first.
    fn list_other(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (chunk, basis): (&Arrived, Option<&str>),
        row: i64,
        (facts, item): (&RecordRow, &[u8]),
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        match open_frozen(item, known) {
            Outcome::Open(envelope, headline, _) if fits(facts, &envelope, &headline) => {
                let open = records::is_open(tx, row)?;
                if !open {
                    for other in inbox::listed_of(tx, row)? {
                        self.put_aside(tx, known, other, &Reason::Summary, done)?;
                    }
                    records::put_again(tx, row, facts, item)?;
                }
                self.listed(tx, known, (chunk, basis), row, open, done)
            }
            Outcome::Open(..) => self.put_aside_of(tx, known, (chunk.row, row), &Reason::Summary, done),
            Outcome::Refused(reason) => self.put_aside_of(tx, known, (chunk.row, row), &reason, done),
            Outcome::Waits => {
                let why = Some("waits for a device's certificate");
                Ok(inbox::set_state(tx, chunk.row, ChunkState::Waiting, None, why)?)
            }
        }
    }

    /// The chunk belongs to this record. If what it brings was open already, there is nothing more to do with the chunk.
    fn listed(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (chunk, basis): (&Arrived, Option<&str>),
        record: i64,
        open: bool,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        inbox::set_state(tx, chunk.row, ChunkState::Listed, Some(record), None)?;
        shares::place(tx, record, chunk.circle, false, basis)?;
        if open {
            self.finish_chunk(tx, known, chunk.row, ChunkState::Opened, None)?;
        }
        done.listed += 1;
        Ok(())
    }

    /// Sets a chunk aside that names a record which is here: it is erased with that.
    fn put_aside_of(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (chunk, record): (i64, i64),
        reason: &Reason,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        inbox::set_state(tx, chunk, ChunkState::Listed, Some(record), None)?;
        self.put_aside(tx, known, chunk, reason, done)
    }

    /// Sets a chunk aside with its reason; the writer hears of it with the next receipt.
    pub(super) fn put_aside(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        chunk: i64,
        reason: &Reason,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        self.finish_chunk(tx, known, chunk, ChunkState::Aside, Some(&reason.to_string()))?;
        done.aside += 1;
        Ok(())
    }
}

/// True if the chunk is one of those that two persons have erased.
fn is_erased(known: &Known, chunk: &ParsedChunk) -> bool {
    let header = &chunk.header;
    let circle = known.circles.get(&header.circle);
    circle.is_some_and(|circle| circle.log.erasure.has(&header.installation, header.counter, &chunk.id))
}

/// Whether a record or an edit is in doubt from now on; `None` if this chunk changes nothing about that. A chunk of the signer's own
/// counts within what was left of its device; somebody else may bring at any time what a stolen key has signed since, and date it back
/// (attack 58). What had come before the loss was known stays beyond doubt.
fn doubt(known: &Known, chunk: &ParsedChunk, new: bool, signer: &DeviceId) -> Option<bool> {
    if chunk.header.installation.device == *signer {
        return Some(false);
    }
    (new && known.vouched.is_out(signer)).then_some(true)
}

fn facts(summary: &Summary, author: PersonId, device: DeviceId, recorded_at: i64) -> RecordRow {
    RecordRow {
        id: summary.record,
        kind: summary.kind,
        child: summary.child,
        author,
        device,
        recorded_at,
        occurred_at: summary.occurred_at,
        headline: summary.headline.clone(),
        carried: None,
    }
}
