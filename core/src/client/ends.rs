//! The end of a membership that was given for a time, on the device whose person it is: what lies in such a circle is hidden by the
//! device's clock, and deleted when the relay has told that the time is over, or a manager has ended it. What this person wrote stays.

use std::collections::HashMap;

use rusqlite::Transaction;
use tvaers_wire::entry::{Member, Subject};
use tvaers_wire::ids::PersonId;
use tvaers_wire::log::{CircleLog, InForce};

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::audience::Audience;
use crate::circle::Purpose;
use crate::store::ended::{self, Ended};
use crate::store::{StoreError, circles, coordinators, inbox, intents, outbox};

impl Device {
    /// The device's clock shows this, Unix milliseconds: what has ended by it is not shown from now on. Whoever shows lists says so
    /// before; a contact does by itself. True if something else is shown than before.
    ///
    /// # Errors
    /// A store error; it is tried again.
    pub fn pass_time(&self, now: i64) -> Result<bool, ClientError> {
        let mut known = self.known();
        known.time.tick(now);
        let over = known.time.now() >= known.next_end || (known.has_ends && known.time.is_news());
        // Most devices have nothing that ends, and write nothing.
        known.ends_due &= known.has_ends || self.has_ends(&known);
        let due = known.ends_due || over;
        drop(known);
        if due { self.change_with_room(|tx, known| self.settle_ends(tx, known)) } else { Ok(false) }
    }

    /// The relay has said what time it is, while the device's clock shows `now`.
    pub(super) fn told_time(&self, told: u64, now: i64) {
        let mut known = self.known();
        known.time.tell(i64::try_from(told).unwrap_or(i64::MAX), now);
        // What was hidden by a clock that had gone wrong may be shown again; what has ended is known for sure now.
        known.ends_due |= known.has_ends;
    }

    fn has_ends(&self, known: &Known) -> bool {
        let ends = |circle: &Circle| circle.log.members.values().any(|held| held.until.is_some());
        known.circles.values().any(|circle| ends(circle) || self.ended(known, &circle.log) > Ended::No)
    }

    /// Hides, shows and deletes what is to be. True if something else is shown than before.
    pub(super) fn settle_ends(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<bool, ClientError> {
        if !known.has_ends && !self.has_ends(known) {
            known.ends_due = false;
            return Ok(false);
        }
        let before: HashMap<i64, Ended> = ended::all(tx)?.into_iter().collect();
        let (mut gone, mut again, mut any) = (Vec::new(), false, !before.is_empty());
        for circle in known.circles.values() {
            let was = before.get(&circle.row).copied().unwrap_or(Ended::No);
            let is = self.ended(known, &circle.log);
            if is != was {
                ended::set(tx, circle.row, is)?;
                any = true;
            }
            if is == Ended::Gone && (was != Ended::Gone || !circle.roots.is_empty()) {
                gone.push(circle.log.id);
            }
            // The relay's clock has been put right: what was deleted is still this person's to read.
            if was == Ended::Gone && is == Ended::No && circle.root().is_none() {
                circles::set_backlog(tx, circle.row, Some(0))?;
                again = true;
            }
        }
        for id in &gone {
            if let Some(circle) = known.circles.get(id) {
                self.leave_ended(tx, circle)?;
                ended::empty(tx, circle.row, id, &self.secret.id())?;
            }
            known.circles.entry(*id).and_modify(|circle| circle.roots.clear());
        }
        if again {
            self.read_again(tx, known)?;
        }
        if any && known.ends_due {
            ended::forget_keys(tx)?;
        }
        // Whoever is in circles with somebody who is there for a time has nothing to hide.
        let changed = any && ended::hide(tx, &self.person)?;
        known.ends_due = any && ended::delete(tx)?;
        let (told, now) = (known.time.told(), known.time.now());
        let mut next = u64::MAX;
        for circle in known.circles.values() {
            for until in circle.log.members.values().filter_map(|held| held.until) {
                // Whoever manages takes them out by the relay's time.
                known.upkeep_due |= until <= told && self.is_manager(known, circle);
                next = if until > now { next.min(until) } else { next };
            }
        }
        known.upkeep_due |= !gone.is_empty();
        known.next_end = next;
        known.has_ends = self.has_ends(known);
        if known.has_ends && (changed || known.time.is_news()) {
            known.time.keep(tx)?;
        }
        Ok(changed)
    }

    /// How far this person's time in a circle is over. Who is in it without an end too, by a team or before, goes on; who was taken out
    /// of it keeps what was read, as ever, if it was not for a time.
    pub(super) fn ended(&self, known: &Known, log: &CircleLog) -> Ended {
        if log.subject != Subject::Shared {
            return Ended::No;
        }
        let me = Member::Person(self.person);
        let mut last = None;
        let until = match log.members.get(&me) {
            Some(held) => held.until,
            None => {
                let mut given = log.past.iter().filter(|(_, member, _)| *member == me).filter_map(|(.., held)| *held);
                last = given.next_back().filter(|held| held.until.is_some());
                // Ended before its time: there is nothing to wait for.
                last.map(|_| 0)
            }
        };
        let by_team = |member: &Member| matches!(member, Member::Team(team) if known.in_team(&self.person, team));
        match until {
            None => Ended::No,
            Some(_) if log.members.keys().any(by_team) => Ended::No,
            Some(until) if last.is_some() || until <= known.time.told() => Ended::Gone,
            Some(until) if until <= known.time.now() => Ended::Hidden,
            Some(_) => Ended::No,
        }
    }

    /// Own notes that wait to leave in a circle that has ended go to whoever coordinates the child; nobody else there is owed them.
    fn leave_ended(&self, tx: &Transaction<'_>, circle: &Circle) -> Result<(), ClientError> {
        let own = inbox::installation(tx, &self.installation())?;
        let kept = outbox::acknowledged_up_to(tx, circle.row, own)?;
        outbox::withdraw(tx, circle.row, &self.audience_after(tx, circle)?, (own, kept))?;
        intents::drop_all(tx, circle.row)?;
        Ok(())
    }

    /// Where somebody whose time in a circle is over sends what they had still to say there.
    fn audience_after(&self, tx: &Transaction<'_>, circle: &Circle) -> Result<Vec<Audience>, StoreError> {
        let coordinator = match circle.purpose.and_then(Purpose::child) {
            Some(child) => coordinators::of(tx, &child)?,
            None => None,
        };
        let other = |person: &PersonId| *person != self.person;
        let to = coordinator.filter(other).or_else(|| managers(&circle.log).find(other));
        Ok(vec![to.map_or(Audience::Own, Audience::Line)])
    }

    /// For whom what waits in a circle is, if it cannot leave there.
    pub(super) fn audiences_left(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        circle: &Circle,
    ) -> Result<Vec<Audience>, StoreError> {
        match self.ended(known, &circle.log) {
            Ended::No => self.audiences_of(tx, circle),
            Ended::Hidden | Ended::Gone => self.audience_after(tx, circle),
        }
    }
}

fn managers(log: &CircleLog) -> impl Iterator<Item = PersonId> {
    log.members.iter().filter_map(|(member, held)| match member {
        Member::Person(person) if held.rights == tvaers_wire::entry::Rights::Manage => Some(*person),
        _ => None,
    })
}
