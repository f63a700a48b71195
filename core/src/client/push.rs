//! Pushing: what waits in the outbox is sealed, sent, and crossed off when the relay has it.
//!
//! A chunk gets its counter and its bytes when it first leaves, in a transaction that is durable before the bytes are
//! shown to anybody. From then on those bytes are what is sent, however often, until they are acknowledged or refused for good.

use rusqlite::{Connection, Transaction};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{KeyBox, ParsedChunk, Range, Refusal};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::{CircleId, EntryId, Fixed};
use tvaers_wire::limits;
use tvaers_wire::message::{PushAnswer, PushItem, PushRequest, Pushed, Refused, SuppliedBox};

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::circle::{Draft, MadeEntry, NewMember, add_members};
use crate::keys::Root;
use crate::moment::Moment;
use crate::seal::{Body, SealError, make_box, open_box, seal};
use crate::store::circles::{self, EntryState};
use crate::store::inbox::{self, ChunkState};
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
        let Some(circle) = known.circles.values().find(|circle| circle.row == waiting.circle) else { return Ok(()) };
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

    /// Seals a body that could leave now. What cannot be sealed waits for its turn and is told then.
    pub(super) fn seal_early(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        waiting: Waiting,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let Some(circle) = known.circles.values().find(|circle| circle.row == waiting.circle) else { return Ok(()) };
        let Some(current) = circle.root() else { return Ok(()) };
        match self.seal_waiting(tx, circle, &waiting, current, moment) {
            Ok(_) | Err(ClientError::Seal(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives a body its place in the chain and seals it.
    fn seal_waiting(
        &self,
        tx: &Transaction<'_>,
        circle: &Circle,
        waiting: &Waiting,
        (epoch, root): (EntryId, &Root),
        moment: &mut Moment<'_>,
    ) -> Result<(i64, Vec<u8>), ClientError> {
        let chain = circles::chain(tx, circle.row, waiting.is_receipt)?;
        let installation = if waiting.is_receipt { self.installation.receipts() } else { self.installation };
        let place = crate::seal::Place {
            version: limits::VERSION,
            circle: circle.log.id,
            head: circle.log.head(),
            installation,
            counter: chain.counter + 1,
            previous: chain.previous,
            key_commitment: Fixed([0; 32]),
            replaces: (waiting.is_receipt && chain.counter > 0).then_some(Range { from: 1, to: chain.counter }),
            refused: minicbor::decode(&chain.refused).unwrap_or_default(),
        };
        let body = Body::from_bytes(&waiting.body)?;
        let sealed = seal(&place, &body, &self.secret, moment.rng)?;
        let parsed = ParsedChunk::from_bytes(&sealed.bytes)?;
        inbox::put_chunk(tx, &parsed, &sealed.bytes, circle.row, None, ChunkState::Unacknowledged)?;
        let row = tx.last_insert_rowid();
        outbox::sealed(tx, waiting, row, (place.counter, &sealed.id))?;
        let key = make_box(&sealed.content_key, &sealed.id, epoch, root)?;
        inbox::put_box(tx, &sealed.id, &SuppliedBox { supplier: self.installation.device, key })?;
        Ok((row, sealed.bytes))
    }

    /// A box for this chunk under the epoch in force: the one held, or a new one made from an older one.
    fn current_box(
        &self,
        tx: &Transaction<'_>,
        circle: &Circle,
        parsed: &ParsedChunk,
        (epoch, root): (EntryId, &Root),
    ) -> Result<Option<KeyBox>, ClientError> {
        let held = inbox::boxes(tx, &parsed.id)?;
        if let Some(key) = held.iter().find(|key| key.epoch == epoch) {
            return Ok(Some(key.clone()));
        }
        let commitment = &parsed.header.key_commitment;
        let content_key = held.iter().find_map(|key| {
            let root = circle.roots.get(&key.epoch)?;
            open_box(key, &parsed.id, root, commitment).ok()
        });
        let Some(content_key) = content_key else { return Ok(None) };
        let key = make_box(&content_key, &parsed.id, epoch, root)?;
        inbox::put_box(tx, &parsed.id, &SuppliedBox { supplier: self.installation.device, key: key.clone() })?;
        Ok(Some(key))
    }

    fn taken(&self, tx: &Transaction<'_>, known: &mut Known, sent: &Sent) -> Result<(), ClientError> {
        match sent {
            Sent::Entry(id) => circles::set_unsent(tx, id, false)?,
            Sent::Addition(made) => {
                let id = &made.parsed.id;
                let state = (EntryState::Waiting, false);
                circles::put_entry(tx, id, &made.parsed.circle, &made.bytes, &made.wraps, state)?;
                self.accept_own(tx, known, &made.parsed)?;
                let row = circles::row(tx, &made.parsed.circle)?;
                made.wraps.iter().try_for_each(|wrap| circles::drop_intent(tx, row, &wrap.member))?;
            }
            Sent::Chunk { outbox, chunk, .. } => outbox::acknowledged(tx, *outbox, *chunk)?,
        }
        Ok(())
    }

    fn refused(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        sent: &Sent,
        (reason, counter): (Refused, Option<u64>),
        now: i64,
        outcome: &mut PushOutcome,
    ) -> Result<(), ClientError> {
        match (sent, reason) {
            // Made on a head that is no longer one, or beside a circle that is: the feed brings what is in force.
            (Sent::Addition(made), _) => {
                circles::drop_proposed(tx, &made.parsed.id)?;
                outcome.pull_first = true;
            }
            (Sent::Entry(id), Refused::AlreadyFounded) => {
                self.give_up(tx, known, id, reason.name())?;
                outcome.raced = true;
                outcome.pull_first = true;
            }
            (Sent::Entry(_), _) => outcome.pull_first = true,
            (Sent::Chunk { .. }, Refused::OldEpoch | Refused::UnknownHead) => outcome.pull_first = true,
            // The answer to an earlier push was lost, and what the relay had taken has been replaced there since by a later
            // receipt; or somebody else has brought this chain further. Tried again, it would be refused for ever.
            (Sent::Chunk { outbox, chunk, counter: ours, own, receipt, .. }, Refused::OutOfOrder)
                if (*receipt || !*own) && counter.is_some_and(|theirs| theirs >= *ours) =>
            {
                outbox::acknowledged(tx, *outbox, *chunk)?;
            }
            (Sent::Chunk { circle, counter: ours, own, .. }, Refused::OutOfOrder) => {
                // Behind one that was refused in the same push, or the relay has lost some of ours.
                let gap = counter.is_some_and(|theirs| theirs + 1 < *ours);
                outcome.forgot |= gap;
                if !gap && *own {
                    circles::hold(tx, *circle, reason.name(), now + HOLD)?;
                }
            }
            (Sent::Chunk { circle, .. }, Refused::UnknownCircle) => {
                outcome.forgot = true;
                circles::hold(tx, *circle, reason.name(), now + HOLD)?;
            }
            (Sent::Chunk { circle, .. }, Refused::NotAllowed | Refused::UnknownDevice | Refused::AlreadyFounded) => {
                circles::hold(tx, *circle, reason.name(), now + HOLD)?;
            }
            // Receipts declare no refusals: the same bytes are tried again.
            (Sent::Chunk { circle, own: true, receipt: true, .. }, _) => {
                circles::hold(tx, *circle, reason.name(), now + REST)?;
            }
            (Sent::Chunk { outbox, circle, chunk, counter, own: true, .. }, _) => {
                let chain = circles::chain(tx, *circle, false)?;
                let mut refused: Vec<Refusal> = minicbor::decode(&chain.refused).unwrap_or_default();
                refused.push(Refusal { counter: *counter, code: reason.code() });
                let refused = circles::cbor(&refused);
                outbox::burnt(tx, (*outbox, *circle, *chunk), &refused, reason.name(), now + REST)?;
            }
            // Somebody else's chunk, sent again after a restore: others may have more luck.
            (Sent::Chunk { outbox, chunk, .. }, _) => outbox::acknowledged(tx, *outbox, *chunk)?,
        }
        Ok(())
    }
}

fn may_leave(conn: &Connection, now: i64) -> Result<bool, StoreError> {
    Ok(!outbox::ready(conn, now, 1)?.is_empty() || circles::has_unsent(conn)?)
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

#[cfg(test)]
mod tests;
