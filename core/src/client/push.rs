//! Pushing: what waits in the outbox is sealed, sent, and crossed off when the relay has it.
//!
//! A chunk gets its counter and its bytes when its record is saved or when it first leaves, in a transaction that is durable
//! before the bytes are shown to anybody. From then on those bytes are what is sent, however often, until they are acknowledged
//! or refused for good.

mod answered;
mod sealing;
#[cfg(test)]
pub(super) mod tests;
pub(super) mod unseen;

use std::collections::HashSet;

use rusqlite::{Connection, Transaction};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{ParsedEntry, Subject, Wrap};
use tvaers_wire::ids::{CircleId, DeviceId, EntryId, Stamp};
use tvaers_wire::limits;
use tvaers_wire::log::Discounted;
use tvaers_wire::message::{PushAnswer, PushItem, PushRequest, Pushed, Refused};
use tvaers_wire::statement::SignedStatement;

use super::boxes::is_any_closed;
use super::{ClientError, Device, Known};
use crate::circle::{MadeBatch, MadeEntry};
use crate::moment::Moment;
use crate::seal::SealError;
use crate::store::outbox::{self, Waiting};
use crate::store::{StoreError, circles, entries, inbox, meta, reach, unsent};
use crate::sync::Event;

/// A push on its way: the request, and what each of its items is.
#[derive(Debug)]
pub struct PushBatch {
    /// The body of `POST /v1/push`.
    pub request: Vec<u8>,
    items: Vec<Sent>,
    full: bool,
}

/// What an item of a push is to this device.
#[derive(Debug)]
enum Sent {
    /// A statement that the relay may have lost: its row.
    Statement(i64),
    /// A founding entry, or one that the relay has lost.
    Entry { id: EntryId, circle: CircleId, signer: DeviceId },
    /// A change made on the head as known; accepted here once the relay has taken it.
    Change(Box<MadeEntry>),
    /// Changes of many circles.
    Batch(Vec<MadeEntry>),
    /// A chunk: outbox row, circle row, chunk row.
    Chunk { outbox: i64, circle: i64, chunk: i64, counter: u64, own: bool, receipt: bool },
    /// A box for somebody else's chunk that the relay may have in a box under a key of nobody: circle row, chunk row.
    Box { circle: i64, chunk: i64 },
}

/// What became of a push.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PushOutcome {
    /// Items that are now durable at the relay.
    pub stored: usize,
    /// Items refused.
    pub refused: usize,
    /// More waits and may leave at once.
    pub more: bool,
    /// The relay knows a newer head or epoch: pull, then push again.
    pub pull_first: bool,
    /// The relay has forgotten something it had acknowledged.
    pub forgot: bool,
    /// Another device founded the same circle first; this one's is given up.
    pub raced: bool,
}

/// Bytes of items after which a push is full: what is lost on a broken line stays small, and several fit in a second.
const FULL: usize = limits::PUSH_BODY / 2;

/// How long a circle rests after the relay would not take a chunk for it, in milliseconds.
const HOLD: i64 = 30_000;
/// How long a body rests after its chunk was refused for good.
const REST: i64 = outbox::LONGEST_REST;

impl Device {
    /// The next push, or `None` if nothing waits. What it contains is sealed durably first.
    ///
    /// # Errors
    /// A store error; nothing has left then.
    pub fn next_push(&self, moment: &mut Moment<'_>) -> Result<Option<PushBatch>, ClientError> {
        self.change_with_room(|tx, known| {
            self.renew_installation(tx, known, moment)?;
            // On who is in the circles now: somebody may have been taken out since it was made ready.
            self.propose_continuations(tx, known, moment)?;
            self.fill_continuations(tx, known, moment)?;
            let mut batch = Batch::default();
            for (row, bytes) in meta::unsent_statements(tx)? {
                let damaged = StoreError::Damaged { what: "a statement" };
                let statement = SignedStatement::from_bytes(&bytes).map_err(|_| damaged)?;
                batch.add(PushItem::Statement { statement }, Sent::Statement(row));
                if batch.full {
                    break;
                }
            }
            self.add_entries(tx, known, &mut batch, moment.now)?;
            if !batch.full && !known.waits_to_be_let_in(&self.secret.id()) {
                self.add_changes(tx, known, &mut batch, moment)?;
            }
            let room = limits::PUSH_ITEMS.saturating_sub(batch.items.len());
            for waiting in outbox::ready(tx, moment.now, room)? {
                if batch.full {
                    break;
                }
                self.add_chunk(tx, known, waiting, &mut batch, moment)?;
            }
            if batch.items.is_empty() {
                return Ok(None);
            }
            // What waits for a new key, or for a circle that a log is to name first, leaves behind it.
            batch.full |= !batch.renewed.is_empty() || batch.names_next;
            let request = PushRequest { version: limits::VERSION, items: batch.items }.to_bytes();
            Ok(Some(PushBatch { request, items: batch.sent, full: batch.full }))
        })
    }

    /// Crosses off what the relay has taken, and decides what to do about the rest.
    ///
    /// # Errors
    /// [`ClientError::Answer`] if it is no answer to this push, or a store error; everything is sent again then.
    pub fn pushed(&self, batch: PushBatch, answer: &[u8], now: i64) -> Result<PushOutcome, ClientError> {
        let answer = PushAnswer::from_bytes(answer)?;
        if answer.results.len() != batch.items.len() {
            return Err(ClientError::Inconsistent("the answer to a push has another length"));
        }
        self.change_with_room(|tx, known| {
            let mut outcome = PushOutcome { more: batch.full, ..PushOutcome::default() };
            for (sent, result) in batch.items.iter().zip(&answer.results) {
                match result {
                    Pushed::Stored | Pushed::Duplicate => {
                        self.taken(tx, known, sent)?;
                        outcome.stored += 1;
                    }
                    Pushed::Batch { refused } => {
                        let (taken, left) = self.batch_answered(tx, known, sent, refused)?;
                        outcome.stored += taken;
                        outcome.refused += left;
                        outcome.pull_first |= left > 0;
                    }
                    Pushed::Refused { reason, counter, head } => {
                        self.refused(tx, known, sent, (*reason, *counter, *head), now, &mut outcome)?;
                        outcome.refused += 1;
                    }
                }
            }
            for stamped in &answer.stamps {
                entries::set_stamp(tx, &stamped.entry, &stamped.stamp)?;
            }
            if outcome.raced {
                known.reload(tx, self.enrolment.authority)?;
            }
            if outcome.stored > 0 {
                meta::set(tx, "seen", &answer.token.0)?;
            }
            Ok(outcome)
        })
    }

    /// How many bodies wait in the outbox, and when the next one may leave (Unix ms).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox(&self) -> Result<(usize, Option<i64>), StoreError> {
        self.store.look(|conn| {
            let next = [outbox::next_due(conn)?, self.access_due(conn)?].into_iter().flatten().min();
            Ok((outbox::len(conn)?, next))
        })
    }

    /// True if something may leave now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_work(&self, now: i64) -> Result<bool, StoreError> {
        self.store.look(|conn| may_leave(conn, now))
    }

    /// What is to be done after the inbox was processed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn tidied(&self, now: i64) -> Result<Event, StoreError> {
        let directory = self.wanted_directory().is_some();
        self.store.look(|conn| {
            let (receipts, backlog) = (!reach::due(conn)?.is_empty(), !circles::backlogs(conn, 1)?.is_empty());
            Ok(Event::Tidied { push: may_leave(conn, now)?, receipts, backlog, directory })
        })
    }

    fn add_entries(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        batch: &mut Batch,
        now: i64,
    ) -> Result<(), ClientError> {
        let mut resting = HashSet::new();
        for entry in unsent::entries_to_push(tx, now)? {
            if batch.full {
                break;
            }
            let parsed = entries::parsed(&entry.bytes)?;
            let takes_listed = !matches!(parsed.public.subject, Subject::Person(_));
            if takes_listed && known.waits_to_be_let_in(&parsed.public.device) && resting.insert(parsed.circle) {
                self.lay_down(tx, known, (&parsed.circle, &parsed.id), now + REST)?;
            }
            if !resting.contains(&parsed.circle) {
                batch.add_entry(&parsed, entry.bytes, entry.wraps, entry.stamp);
                batch.full |= self.may_lose_race(&parsed);
            }
        }
        Ok(())
    }

    fn add_chunk(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        waiting: Waiting,
        batch: &mut Batch,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let Some(circle) = known.at_row(waiting.circle) else { return Ok(()) };
        let Some((epoch, root)) = circle.root() else { return Ok(()) };
        if self.awaits_key(known, circle) || batch.renewed.contains(&circle.log.id) {
            return Ok(());
        }
        let until = moment.now + REST;
        let rest = |reason| outbox::rest(tx, waiting.row, reason, until);
        if known.waits_to_be_let_in(&self.secret.id()) {
            return Ok(rest(unsent::FORGOTTEN)?);
        }
        let (row, bytes) = match waiting.chunk {
            Some((row, ref bytes)) => (row, bytes.clone()),
            None => match self.seal_waiting(tx, circle, &waiting, (epoch, root), moment) {
                // It stays here, and what waits behind it goes on. No counter has been used.
                Err(ClientError::Seal(SealError::TooLarge { .. }) | ClientError::Answer(_)) => {
                    return Ok(rest(Refused::TooLarge.name())?);
                }
                sealed => sealed?,
            },
        };
        let parsed = ParsedChunk::from_bytes(&bytes)?;
        if known.waits_to_be_let_in(&parsed.header.installation.device) {
            return Ok(rest(unsent::FORGOTTEN)?);
        }
        let own = parsed.header.installation.receipts() == self.installation().receipts();
        let Some(key) = self.current_box(tx, circle, &parsed, (epoch, root))? else {
            // Somebody else's, in boxes that nobody here opens: whoever reads it brings it.
            return if own { Ok(()) } else { Ok(outbox::acknowledged(tx, waiting.row, row)?) };
        };
        let writer = known.vouched.person(&parsed.header.installation.device);
        let counts = |writer| circle.log.counts(&parsed, &writer, known);
        let for_nobody = |counts| matches!(counts, Err(Discounted::BeyondCut | Discounted::NotAMember));
        // Somebody else's, which the relay had forgotten when its writer was removed, or who was let in on a branch that came to nothing,
        // or which stands on a branch that the relay does not follow: nobody takes it any more.
        if !own && (!circle.knows(&parsed.header.head) || writer.map(counts).is_some_and(for_nobody)) {
            return Ok(outbox::acknowledged(tx, waiting.row, row)?);
        }
        let boxed = (!own && is_any_closed(circle, &inbox::boxes(tx, &parsed.id)?)).then(|| key.clone());
        if boxed.is_some() && !batch.has_room(2) {
            batch.full = true;
            return Ok(());
        }
        let sent = Sent::Chunk {
            outbox: waiting.row,
            circle: waiting.circle,
            chunk: row,
            counter: parsed.header.counter,
            own,
            receipt: parsed.header.installation.is_receipts(),
        };
        batch.add(PushItem::Chunk { chunk: Bytes(bytes), key }, sent);
        if let Some(key) = boxed {
            batch.add(PushItem::Box { chunk: parsed.id, key }, Sent::Box { circle: waiting.circle, chunk: row });
        }
        Ok(())
    }
}

fn may_leave(conn: &Connection, now: i64) -> Result<bool, StoreError> {
    Ok(outbox::any_ready(conn, now)? || unsent::has_unsent(conn, now)?)
}

#[derive(Default)]
pub(super) struct Batch {
    items: Vec<PushItem>,
    sent: Vec<Sent>,
    bytes: usize,
    pub(super) full: bool,
    /// Circles that get a new key with this push: what is to be sealed in them waits for the next.
    renewed: HashSet<CircleId>,
    /// A log names where its circle goes on: that one is founded once the relay has taken it.
    pub(super) names_next: bool,
    /// Circles that are changed by this push: the next change is made on the new head.
    changed: HashSet<CircleId>,
}

impl Batch {
    pub(super) fn add_change(&mut self, made: MadeEntry) {
        if made.parsed.public.epoch.is_some() {
            self.renewed.insert(made.parsed.circle);
        }
        self.changed.insert(made.parsed.circle);
        let item = PushItem::Entry { entry: Bytes(made.bytes.clone()), wraps: made.wraps.clone(), stamp: None };
        self.add(item, Sent::Change(Box::new(made)));
    }

    pub(super) fn add_batch(&mut self, made: MadeBatch) {
        self.changed.extend(made.entries.iter().map(|entry| entry.parsed.circle));
        let item = PushItem::Batch { batch: Bytes(made.bytes), wraps: made.wraps };
        self.add(item, Sent::Batch(made.entries));
    }

    /// An entry that the relay may lack.
    pub(super) fn add_entry(&mut self, parsed: &ParsedEntry, bytes: Vec<u8>, wraps: Vec<Wrap>, stamp: Option<Stamp>) {
        let sent = Sent::Entry { id: parsed.id, circle: parsed.circle, signer: parsed.public.device };
        self.add(PushItem::Entry { entry: Bytes(bytes), wraps, stamp }, sent);
    }

    /// True if so many items more can be taken.
    pub(super) fn has_room(&self, items: usize) -> bool {
        self.items.len() + items <= limits::PUSH_ITEMS
    }

    /// True if this push changes the circle already.
    pub(super) fn changes(&self, circle: &CircleId) -> bool {
        self.changed.contains(circle)
    }

    fn add(&mut self, item: PushItem, sent: Sent) {
        self.bytes += match &item {
            PushItem::Entry { entry, wraps, .. } | PushItem::Batch { batch: entry, wraps } => {
                entry.len() + wraps.iter().map(|wrap| wrap.bytes.len()).sum::<usize>()
            }
            PushItem::Chunk { chunk, .. } => chunk.len() + 128,
            PushItem::Box { .. } => 128,
            PushItem::Statement { statement } => statement.body.len() + 80,
        };
        self.items.push(item);
        self.sent.push(sent);
        self.full |= self.bytes >= FULL || self.items.len() >= limits::PUSH_ITEMS;
    }
}
