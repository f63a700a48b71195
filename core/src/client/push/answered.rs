//! What the relay answered to each item of a push.

use rusqlite::Transaction;
use tvaers_wire::chunk::Refusal;
use tvaers_wire::message::Refused;

use super::{HOLD, PushOutcome, REST, Sent};
use crate::client::{ClientError, Device, Known};
use crate::store::circles::{self, EntryState};
use crate::store::outbox;

impl Device {
    /// The relay has it.
    pub(super) fn taken(&self, tx: &Transaction<'_>, known: &mut Known, sent: &Sent) -> Result<(), ClientError> {
        match sent {
            Sent::Entry(id) => circles::set_unsent(tx, id, false)?,
            Sent::Change(made) => {
                let id = &made.parsed.id;
                let state = (EntryState::Waiting, false);
                circles::put_entry(tx, id, &made.parsed.circle, &made.bytes, &made.wraps, state)?;
                self.accept_own(tx, known, &made.parsed)?;
                let row = circles::row(tx, &made.parsed.circle)?;
                let changes = &made.parsed.public.changes;
                changes.iter().try_for_each(|change| circles::drop_intent(tx, row, change.member()))?;
            }
            Sent::Chunk { outbox, chunk, .. } => outbox::acknowledged(tx, *outbox, *chunk)?,
        }
        Ok(())
    }

    /// The relay has not taken it: what is to be done, by the reason.
    pub(super) fn refused(
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
            (Sent::Change(made), _) => {
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
                let gap = counter.is_some_and(|theirs| theirs < ours.saturating_sub(1));
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
