//! What the relay answered to each item of a push.

use rusqlite::Transaction;
use tvaers_wire::chunk::Refusal;
use tvaers_wire::entry::{Change, Member};
use tvaers_wire::ids::EntryId;
use tvaers_wire::message::{Refused, RefusedLeaf};

use super::{HOLD, PushOutcome, REST, Sent};
use crate::circle::MadeEntry;
use crate::client::unite::TWO_HEADS;
use crate::client::{ClientError, Device, Known};
use crate::store::entries::{self, EntryState};
use crate::store::{circles, intents, meta, outbox, unsent};

impl Device {
    /// The relay has it.
    pub(super) fn taken(&self, tx: &Transaction<'_>, known: &mut Known, sent: &Sent) -> Result<(), ClientError> {
        match sent {
            Sent::Statement(row) => meta::set_unsent(tx, *row, false)?,
            Sent::Entry { id, circle, signer } => {
                entries::set_unsent(tx, id, false)?;
                if *signer != self.installation().device {
                    known.upkeep_due |= entries::note_bare(tx, id)?;
                }
                let row = circles::row(tx, circle)?;
                if unsent::waits_for_forgotten(tx, row)? {
                    // The relay takes back what it has forgotten, or somebody has brought it.
                    circles::hold(tx, row, "", 0)?;
                }
            }
            Sent::Change(made) => self.change_taken(tx, known, made)?,
            Sent::Batch(made) => made.iter().try_for_each(|made| self.change_taken(tx, known, made))?,
            Sent::Chunk { outbox, chunk, .. } => outbox::acknowledged(tx, *outbox, *chunk)?,
            Sent::Box { .. } => {}
        }
        Ok(())
    }

    fn change_taken(&self, tx: &Transaction<'_>, known: &mut Known, made: &MadeEntry) -> Result<(), ClientError> {
        let id = &made.parsed.id;
        let state = (EntryState::Waiting, false);
        entries::put(tx, id, &made.parsed.circle, &made.bytes, &made.wraps, state)?;
        self.accept_own(tx, known, &made.parsed)?;
        let row = circles::row(tx, &made.parsed.circle)?;
        let changes = &made.parsed.public.changes;
        let cut_off = made.parsed.public.cut_off().map(|device| Member::Device(*device));
        let united = made.parsed.public.united().map(|_| Member::Device(self.secret.id()));
        let settled = changes.iter().filter_map(Change::member).copied().chain(cut_off).chain(united);
        settled.into_iter().try_for_each(|member| intents::drop(tx, row, &member))?;
        Ok(())
    }

    /// The relay has looked at each entry of a batch alone. How many it has taken, and how many not: those are made anew.
    pub(super) fn batch_answered(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        sent: &Sent,
        refused: &[RefusedLeaf],
    ) -> Result<(usize, usize), ClientError> {
        let Sent::Batch(made) = sent else {
            return Err(ClientError::Inconsistent("the answer to a push is of another kind"));
        };
        for (at, made) in made.iter().enumerate() {
            if refused.iter().any(|refused| refused.at == at as u64) {
                entries::drop_proposed(tx, &made.parsed.id)?;
            } else {
                self.change_taken(tx, known, made)?;
            }
        }
        let left = refused.len().min(made.len());
        Ok((made.len() - left, left))
    }

    /// The relay has not taken it: what is to be done, by the reason.
    pub(super) fn refused(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        sent: &Sent,
        (reason, counter, head): (Refused, Option<u64>, Option<EntryId>),
        now: i64,
        outcome: &mut PushOutcome,
    ) -> Result<(), ClientError> {
        match (sent, reason) {
            // What the relay does not believe it will not believe later either.
            (Sent::Statement(row), _) => meta::set_unsent(tx, *row, false)?,
            // Made on a head that is no longer one, or beside a circle that is: the feed brings what is in force.
            (Sent::Change(made), _) => {
                let circle = &made.parsed.circle;
                entries::drop_proposed(tx, &made.parsed.id)?;
                if made.parsed.public.united().is_some() {
                    intents::drop(tx, circles::row(tx, circle)?, &Member::Device(self.secret.id()))?;
                }
                outcome.pull_first = true;
                if reason == Refused::StaleHead {
                    self.stale_head(tx, known, circle, (head, now), outcome)?;
                }
            }
            (Sent::Batch(made), _) => {
                made.iter().try_for_each(|made| entries::drop_proposed(tx, &made.parsed.id))?;
                outcome.pull_first = true;
            }
            (Sent::Entry { id, .. }, Refused::AlreadyFounded) if self.gives_way_to(tx, known, id, head.as_ref())? => {
                self.give_up(tx, known, id)?;
                outcome.raced = true;
                outcome.pull_first = true;
            }
            // Founded without a network, with somebody who has gone since.
            (Sent::Entry { id, .. }, Refused::NotVouched) if self.comes_too_late(tx, known, id)? => {
                self.give_up(tx, known, id)?;
                outcome.raced = true;
                outcome.pull_first = true;
            }
            // It names somebody whom the relay has never heard of, or who signed it has no say there: a relay that was set up without its
            // backup, or an entry that was never shown. Tried at every contact it would be refused each time.
            (
                Sent::Entry { circle, .. },
                Refused::NotVouched | Refused::NotAllowed | Refused::UnknownDevice | Refused::AlreadyFounded,
            ) => {
                let row = circles::row(tx, circle)?;
                circles::hold(tx, row, unsent::FORGOTTEN, now + REST)?;
                outcome.pull_first = true;
            }
            // The circle has gone on without it, and whoever can unites the two; or it stands behind one that was refused.
            (Sent::Entry { circle, .. }, Refused::StaleHead) => {
                outcome.pull_first = true;
                self.stale_head(tx, known, circle, (head, now), outcome)?;
            }
            (Sent::Entry { .. }, _) => outcome.pull_first = true,
            // What is behind the circle's other head waits here until the two are one; everything else goes on.
            (Sent::Chunk { circle, .. }, Refused::OldEpoch | Refused::UnknownHead) if is_parted(known, *circle) => {
                circles::hold(tx, *circle, TWO_HEADS, now + HOLD)?;
            }
            // What was written behind an entry that the relay has forgotten, and will not take from here: it stays, visibly, and is tried
            // again with it.
            (Sent::Chunk { circle, .. }, Refused::OldEpoch | Refused::UnknownHead | Refused::UnknownCircle)
                if unsent::waits_for_forgotten(tx, *circle)? =>
            {
                circles::hold(tx, *circle, unsent::FORGOTTEN, now + REST)?;
            }
            (Sent::Chunk { .. }, Refused::OldEpoch | Refused::UnknownHead) => outcome.pull_first = true,
            // The answer to an earlier push was lost, and what the relay had taken has been replaced there since by a later
            // receipt; or somebody else has brought this chain further. Tried again, it would be refused for ever.
            (Sent::Chunk { outbox, chunk, counter: ours, own, receipt, .. }, Refused::OutOfOrder)
                if (*receipt || !*own) && counter.is_some_and(|theirs| theirs >= *ours) =>
            {
                outbox::acknowledged(tx, *outbox, *chunk)?;
            }
            // Nothing is here of what is missing before it.
            (Sent::Chunk { outbox, chunk, own: false, .. }, Refused::OutOfOrder)
                if !outbox::waits_before(tx, *chunk)? =>
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
            // There is a newer key: another box is made under it.
            (Sent::Box { circle, chunk }, Refused::OldEpoch) => {
                outbox::put_again(tx, *circle, *chunk)?;
                if is_parted(known, *circle) {
                    circles::hold(tx, *circle, TWO_HEADS, now + HOLD)?;
                }
                outcome.pull_first = true;
            }
            // The chunk's own answer says it, or it has boxes enough.
            (Sent::Box { .. }, _) => {}
            // Somebody else's chunk, sent again after a restore: others may have more luck.
            (Sent::Chunk { outbox, chunk, .. }, _) => outbox::acknowledged(tx, *outbox, *chunk)?,
        }
        Ok(())
    }
}

/// True if a circle, by its row, has two heads.
fn is_parted(known: &Known, circle: i64) -> bool {
    known.at_row(circle).is_some_and(|circle| !circle.aside.is_empty())
}
