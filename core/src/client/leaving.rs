//! Leaving circles that take nothing more: because this person may not write there any more, or because nobody who is left holds the key.
//! What was to travel there looks for another circle with the same readers. A note is not held up.

use rusqlite::Transaction;
use tvaers_wire::entry::{ParsedEntry, Rights, Subject};
use tvaers_wire::ids::DeviceId;

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::store::{circles, edits, inbox, outbox, records, shares};

impl Device {
    /// True if this person may not write in a circle, or not any more.
    pub(super) fn is_closed(&self, known: &Known, row: i64) -> bool {
        let told = Some(known.time.told());
        let rights = |circle: &Circle| circle.log.rights_of(&self.secret.id(), &self.person, told, known);
        known.at_row(row).is_some_and(|circle| rights(circle) < Some(Rights::Write))
    }

    /// Somebody was removed somewhere. If that ended this person's right to write in a circle, what waits for it looks for
    /// another with the same readers: a note is not held up by a circle that will never take it. So does what the relay had
    /// acknowledged, forgotten after a restore, and then seen cut off.
    pub(super) fn withdraw(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        entry: &ParsedEntry,
    ) -> Result<(), ClientError> {
        if entry.public.removals().next().is_none() && entry.public.united().is_none() {
            return Ok(());
        }
        let changed = circles::row(tx, &entry.circle)?;
        self.withdraw_closed(tx, known, Some(changed))
    }

    /// The same for every circle in which something waits, and one more.
    pub(super) fn withdraw_closed(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        more: Option<i64>,
    ) -> Result<(), ClientError> {
        let own = inbox::installation(tx, &self.installation())?;
        for row in outbox::circles_waiting(tx)?.into_iter().chain(more) {
            let Some(circle) = known.at_row(row).filter(|_| self.is_closed(known, row)) else { continue };
            let kept = circle.log.cuts.get(&self.installation()).map_or(0, |cut| cut.counter);
            outbox::withdraw(tx, row, &self.audiences_left(tx, known, circle)?, (own, kept))?;
            known.upkeep_due = true;
        }
        Ok(())
    }

    /// A lost device was cut off below what had come from it: a relay that was put back had taken that, and nobody is given it any more. If
    /// it was this person's, it goes to the same readers once more, from here; so does a living record in which this person has written
    /// as well, for what they wrote may stand on it.
    pub(super) fn send_cut(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        entry: &ParsedEntry,
    ) -> Result<(), ClientError> {
        let cuts = entry.public.cut_off().next().is_some() || entry.public.united().is_some();
        let Some(circle) = known.circles.get(&entry.circle).filter(|_| cuts) else { return Ok(()) };
        let mut sent = false;
        for chain in inbox::held(tx, circle.row)?.chunk_by(|one, next| one.installation == next.installation) {
            let who = inbox::installation_at(tx, chain[0].installation)?;
            let is_lost = known.vouched.is_out(&who.device) && circle.log.is_cut_off(&who.device, known);
            let kept = circle.log.cuts.get(&who).map_or(0, |cut| cut.counter);
            if !is_lost {
                continue;
            }
            let is_here = |device: &DeviceId| known.vouched.person(device) == Some(self.person);
            let mut records = Vec::new();
            for record in outbox::written_after(tx, circle.row, (chain[0].installation, kept))? {
                let has_written = records::writers(tx, record)?.iter().any(is_here) || edits::is_made_here(tx, record)?;
                if is_here(&who.device) || has_written {
                    records.push(record);
                }
            }
            self.send_otherwise(tx, known, circle, &records)?;
            sent |= !records.is_empty();
        }
        known.upkeep_due |= sent;
        Ok(())
    }

    /// What these say cannot be brought again in the chunks in which it came: it goes in new ones, or looks for another circle if this one
    /// takes nothing more from here.
    pub(super) fn send_otherwise(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        circle: &Circle,
        records: &[i64],
    ) -> Result<(), ClientError> {
        if self.is_closed(known, circle.row) {
            return Ok(outbox::send_otherwise(tx, circle.row, &self.audiences_left(tx, known, circle)?, records)?);
        }
        for row in records {
            outbox::forget(tx, circle.row, *row)?;
            let facts = records::get(tx, *row)?;
            for (edit, item) in records::items(tx, *row)? {
                outbox::put(tx, circle.row, (*row, edit), &self.body(&facts, &item)?)?;
            }
        }
        Ok(())
    }

    /// What waits for a key that a device has drawn which is out looks for another circle with the same readers, too. Somebody may hold the
    /// key, and give it on when they write next; but a relay that was put back may also have lost what it was wrapped in for those who
    /// are left, and nobody can tell.
    pub(super) fn leave_lost(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        let own = inbox::installation(tx, &self.installation())?;
        for row in outbox::circles_waiting(tx)? {
            let Some(circle) = known.at_row(row).filter(|circle| circle.root().is_none()) else { continue };
            let drawn_outside = circle.log.epoch().is_some_and(|epoch| known.vouched.is_out(&epoch.drawn_by));
            if drawn_outside && !self.may_begin_anew(known, circle) {
                let chain = (own, outbox::acknowledged_up_to(tx, row, own)?);
                outbox::withdraw(tx, row, &self.audiences_of(tx, circle)?, chain)?;
            }
        }
        Ok(())
    }

    /// What this device has put into circles that only devices can open which are out goes to the same readers once more: another device
    /// of this person, or a colleague's new one, has it from nobody else.
    pub(super) fn bring_on(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        let is_lost = |circle: &Circle| circle.root().is_none() && circle.log.is_lost(known);
        for circle in known.circles.values().filter(|circle| circle.log.subject == Subject::Shared && is_lost(circle)) {
            let audiences = self.audiences_of(tx, circle)?;
            for record in shares::brought(tx, circle.row)? {
                if shares::places(tx, record)?.iter().all(|place| known.at_row(*place).is_some_and(is_lost)) {
                    audiences.iter().try_for_each(|audience| shares::put(tx, record, audience, None))?;
                }
            }
        }
        Ok(())
    }
}
