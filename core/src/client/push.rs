//! Pushing: what waits in the outbox is sealed, sent, and crossed off when the relay has it.
//!
//! A chunk gets its counter and its bytes when its record is saved or when it first leaves, in a transaction that is durable
//! before the bytes are shown to anybody. From then on those bytes are what is sent, however often, until they are acknowledged
//! or refused for good.

mod answered;
mod sealing;
#[cfg(test)]
mod tests;

use rusqlite::{Connection, Transaction};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::{CircleId, EntryId};
use tvaers_wire::limits;
use tvaers_wire::message::{PushAnswer, PushItem, PushRequest, Pushed, Refused};

use super::{ClientError, Device, Known};
use crate::circle::{Draft, MadeEntry, NewMember, add_members};
use crate::moment::Moment;
use crate::seal::SealError;
use crate::store::circles::{self, EntryState};
use crate::store::outbox::{self, Waiting};
use crate::store::{StoreError, meta, reach};
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
    /// A founding entry, or one that the relay has lost.
    Entry(EntryId),
    /// An addition made on the head as known; accepted here once the relay has taken it.
    Addition(Box<MadeEntry>),
    /// A chunk: outbox row, circle row, chunk row.
    Chunk { outbox: i64, circle: i64, chunk: i64, counter: u64, own: bool, receipt: bool },
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
        self.change(|tx, known| {
            let mut batch = Batch { items: Vec::new(), sent: Vec::new(), bytes: 0, full: false };
            for entry in circles::unsent_entries(tx)? {
                let alone = self.may_lose_race(&entry.bytes);
                batch.add(PushItem::Entry { entry: Bytes(entry.bytes), wraps: entry.wraps }, Sent::Entry(entry.id));
                batch.full |= alone || batch.items.len() >= limits::PUSH_ITEMS;
                if batch.full {
                    break;
                }
            }
            if !batch.full {
                self.add_intents(tx, known, &mut batch, moment)?;
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
            batch.full |= batch.items.len() >= limits::PUSH_ITEMS;
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
        self.change(|tx, known| {
            let mut outcome = PushOutcome { more: batch.full, ..PushOutcome::default() };
            for (sent, result) in batch.items.iter().zip(&answer.results) {
                match result {
                    Pushed::Stored | Pushed::Duplicate => {
                        self.taken(tx, known, sent)?;
                        outcome.stored += 1;
                    }
                    Pushed::Refused { reason, counter, .. } => {
                        self.refused(tx, known, sent, (*reason, *counter), now, &mut outcome)?;
                        outcome.refused += 1;
                    }
                }
            }
            if outcome.raced {
                *known = Known::load(tx, self.enrolment.authority)?;
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
        self.store.read(|conn| Ok((outbox::len(conn)?, outbox::next_due(conn)?)))
    }

    /// True if something may leave now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_work(&self, now: i64) -> Result<bool, StoreError> {
        self.store.read(|conn| may_leave(conn, now))
    }

    /// What is to be done after the inbox was processed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn tidied(&self, now: i64) -> Result<Event, StoreError> {
        self.store.read(|conn| {
            let (receipts, backlog) = (!reach::due(conn)?.is_empty(), !circles::backlogs(conn)?.is_empty());
            Ok(Event::Tidied { push: may_leave(conn, now)?, receipts, backlog })
        })
    }

    fn add_intents(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        batch: &mut Batch,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let mut by_circle: Vec<(CircleId, Vec<(Member, Rights)>)> = Vec::new();
        for (circle, member, rights) in circles::intents(tx)? {
            match by_circle.last_mut() {
                Some((last, members)) if *last == circle => members.push((member, rights)),
                _ => by_circle.push((circle, vec![(member, rights)])),
            }
        }
        for (id, members) in by_circle {
            let Some(circle) = known.circles.get(&id) else { continue };
            let mut draft = Draft::default();
            for (member, rights) in members {
                let held = circle.log.members.get(&member).map(|membership| membership.rights);
                if held >= Some(rights) {
                    circles::drop_intent(tx, circle.row, &member)?;
                } else if let Some(new) = self.new_member(known, member, rights) {
                    draft.vouchers.extend(self.vouchers_for(tx, &member)?);
                    draft.members.push(new);
                }
            }
            let Some((_, root)) = circle.root().filter(|_| !draft.members.is_empty()) else { continue };
            // More than one entry holds, or a key that cannot be wrapped to: other circles do not wait for this one.
            let Ok(made) = add_members(&circle.log, root, draft, &self.secret, moment.rng) else { continue };
            // If the answer is lost, the entry comes back in the feed without the wraps for others: they are kept from here on.
            let proposed = (EntryState::Proposed, false);
            circles::put_entry(tx, &made.parsed.id, &id, &made.bytes, &made.wraps, proposed)?;
            let item = PushItem::Entry { entry: Bytes(made.bytes.clone()), wraps: made.wraps.clone() };
            batch.add(item, Sent::Addition(Box::new(made)));
            if batch.full || batch.items.len() >= limits::PUSH_ITEMS {
                break;
            }
        }
        Ok(())
    }

    fn new_member(&self, known: &Known, member: Member, rights: Rights) -> Option<NewMember> {
        let (epoch, kem) = match member {
            Member::Device(_) => return None,
            Member::Person(_) | Member::Team(_) => known.kem_of(&member)?,
        };
        Some(NewMember { member, rights, until: None, epoch: Some(epoch), kem })
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
        let (row, bytes) = match waiting.chunk {
            Some((row, ref bytes)) => (row, bytes.clone()),
            None => match self.seal_waiting(tx, circle, &waiting, (epoch, root), moment) {
                // It stays here, and what waits behind it goes on. No counter has been used.
                Err(ClientError::Seal(SealError::TooLarge { .. }) | ClientError::Answer(_)) => {
                    outbox::rest(tx, waiting.row, Refused::TooLarge.name(), moment.now + REST)?;
                    return Ok(());
                }
                sealed => sealed?,
            },
        };
        let parsed = ParsedChunk::from_bytes(&bytes)?;
        let Some(key) = self.current_box(tx, circle, &parsed, (epoch, root))? else { return Ok(()) };
        let own = parsed.header.installation.receipts() == self.installation.receipts();
        let sent = Sent::Chunk {
            outbox: waiting.row,
            circle: waiting.circle,
            chunk: row,
            counter: parsed.header.counter,
            own,
            receipt: parsed.header.installation.is_receipts(),
        };
        batch.add(PushItem::Chunk { chunk: Bytes(bytes), key }, sent);
        Ok(())
    }
}

fn may_leave(conn: &Connection, now: i64) -> Result<bool, StoreError> {
    Ok(outbox::any_ready(conn, now)? || circles::has_unsent(conn)?)
}

struct Batch {
    items: Vec<PushItem>,
    sent: Vec<Sent>,
    bytes: usize,
    full: bool,
}

impl Batch {
    fn add(&mut self, item: PushItem, sent: Sent) {
        self.bytes += match &item {
            PushItem::Entry { entry, wraps } => entry.len() + wraps.iter().map(|wrap| wrap.bytes.len()).sum::<usize>(),
            PushItem::Chunk { chunk, .. } => chunk.len() + 128,
            PushItem::Box { .. } => 128,
        };
        self.items.push(item);
        self.sent.push(sent);
        self.full = self.bytes >= FULL;
    }
}
