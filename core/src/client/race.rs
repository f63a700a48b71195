//! Races: two devices found the circle of the same person, team or municipality, and the relay takes the first. Whoever came
//! second gives its own circle up, together with what it has built on that circle's key, and routes the records anew.

use rusqlite::Transaction;
use tvaers_wire::entry::{Member, ParsedEntry, Subject};
use tvaers_wire::ids::{CircleId, EntryId};
use tvaers_wire::log::CircleLog;

use super::known::Circle;
use super::route::normal;
use super::{ClientError, Device, Known};
use crate::audience::Audience;
use crate::circle::Purpose;
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, circles, entries, outbox, unsent};

impl Device {
    /// True for an entry made here that founds the circle of a person, a team or the municipality: nothing is pushed behind it
    /// before it is known whether it was the first, since everything behind it may rest on its key.
    pub(super) fn may_lose_race(&self, entry: &ParsedEntry) -> bool {
        let public = &entry.public;
        public.circle.is_none() && public.subject != Subject::Shared && public.device == self.secret.id()
    }

    /// True for the founding entry of such a circle that the relay has never said it took, with somebody whom the authority does not name
    /// any more. It never will, and nobody else has it: the circle is to be founded anew.
    pub(super) fn comes_too_late(&self, tx: &Transaction<'_>, known: &Known, id: &EntryId) -> Result<bool, StoreError> {
        let Some(circle) = known.circles.get(&CircleId::founded_by(*id)) else { return Ok(false) };
        let is_own = circle.log.epochs.first().is_some_and(|epoch| epoch.drawn_by == self.secret.id());
        let is_gone = |member: &Member| match (circle.log.subject, member) {
            (Subject::Person(_), Member::Device(device)) => known.vouched.is_out(device),
            (Subject::Team(team), Member::Person(person)) => {
                known.vouched.charter(&team).is_none_or(|persons| persons.binary_search(person).is_err())
            }
            _ => false,
        };
        Ok(is_own && circle.log.members.keys().any(is_gone) && entries::stamp_of(tx, id)?.is_none())
    }

    /// The relay has taken another device's circle for this subject. If one that was founded here has not been pushed yet, it
    /// gives way at once: nothing may be judged by members that nobody else knows.
    pub(super) fn yield_to(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        winner: &ParsedEntry,
    ) -> Result<(), ClientError> {
        let ours = match known.of(winner.public.subject) {
            Some(circle) if winner.public.circle.is_none() && circle.log.id != winner.circle => circle,
            _ => return Ok(()),
        };
        let founding = ours.log.id.founding_entry();
        if entries::is_unsent(tx, &founding)? {
            self.give_up(tx, known, &founding)?;
            known.reload(tx, self.enrolment.authority)?;
        }
        Ok(())
    }

    /// Gives up a circle founded here and every circle founded here since whose root is wrapped to it. Their records look for
    /// their circles again. A relay that is put back may go on in this one after all: it counts again if the relay shows it.
    pub(super) fn give_up(&self, tx: &Transaction<'_>, known: &Known, founding: &EntryId) -> Result<(), ClientError> {
        let mut lost = vec![*founding];
        while let Some(entry) = lost.pop() {
            let id = CircleId::founded_by(entry);
            let row = circles::row(tx, &id)?;
            let audiences = match known.circles.get(&id) {
                Some(circle) => self.audiences_of(tx, circle)?,
                None => vec![Audience::Own],
            };
            entries::lay_down(tx, &id)?;
            outbox::abandon(tx, row, &audiences)?;
            for lacking in unsent::unsent_entries(tx)? {
                let Ok(parsed) = ParsedEntry::from_bytes(&lacking.bytes) else { continue };
                let public = &parsed.public;
                let rests_on_it = public.wraps.iter().any(|wrap| wrap.epoch == Some(entry));
                let own = public.circle.is_none() && public.device == self.secret.id();
                // A circle that was in use before (and is pushed again after a restore) is not given up.
                if rests_on_it && own && !circles::is_used(tx, circles::row(tx, &parsed.circle)?)? {
                    lost.push(lacking.id);
                }
            }
        }
        Ok(())
    }

    /// Nobody counts this entry of a device that waits to be let in, and perhaps was by an entry that the relay does not follow. Whoever was in
    /// the circle before it rests until that device is let in. Everybody else goes on in another circle with the same readers.
    pub(super) fn lay_down(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        (circle, entry): (&CircleId, &EntryId),
        until: i64,
    ) -> Result<(), ClientError> {
        let Some(ours) = known.circles.get(circle) else { return Ok(entries::set_unsent(tx, entry, false)?) };
        let before = before(tx, circle, entry)?;
        if self.may_bring_back(known, &before) {
            return Ok(circles::hold(tx, ours.row, unsent::FORGOTTEN, until)?);
        }
        match ours.log.subject {
            Subject::Shared => self.give_way(tx, known, circle),
            // With its beginning everything would go that names the person or the unit.
            _ if before.is_empty() => Ok(entries::set_unsent(tx, entry, false)?),
            _ => {
                entries::lay_down_from(tx, circle, entry)?;
                self.fold_anew(tx, known)
            }
        }
    }

    /// Whoever was in a circle before an entry may bring that back yet. Somebody who is in it by that entry alone cannot wait for that: they
    /// may never have had it. When the relay shows it, it counts again.
    fn may_bring_back(&self, known: &Known, before: &[ParsedEntry]) -> bool {
        CircleLog::replay(before).is_some_and(|log| !log.is_dead(known) && self.is_in(known, &log))
    }

    /// The relay goes on in somebody else's circle, or in a unit's, beside an entry of somebody who is out: it was put back, and has
    /// forgotten that one. Nobody unites the two of whom nobody has both, so this device follows the relay.
    pub(super) fn follow_relay(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<(), ClientError> {
        let mut forgotten = Vec::new();
        let parted = known.circles.values().filter(|circle| !circle.aside.is_empty());
        for circle in parted.filter(|circle| circle.log.subject != Subject::Shared) {
            let by_out = |entry: &ParsedEntry| known.vouched.is_out(&entry.public.device);
            let accepted = entries::of(tx, &circle.log.id)?;
            let since = accepted.iter().filter(|(id, ..)| circle.since_parted().contains(id));
            let since = since.map(|(_, bytes, _)| entries::parsed(bytes)).collect::<Result<Vec<_>, _>>()?;
            if let Some(first) = since.iter().find(|entry| by_out(entry))
                && !self.may_bring_back(known, &before(tx, &circle.log.id, &first.id)?)
            {
                forgotten.push((circle.log.id, first.id));
            }
        }
        for (circle, first) in &forgotten {
            entries::lay_down_from(tx, circle, first)?;
        }
        if forgotten.is_empty() { Ok(()) } else { self.fold_anew(tx, known) }
    }

    /// No entry of a circle counts here until the relay shows it. What was in it looks for another with the same readers.
    pub(super) fn give_way(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        circle: &CircleId,
    ) -> Result<(), ClientError> {
        let Some(ours) = known.circles.get(circle) else { return Ok(()) };
        outbox::abandon(tx, ours.row, &self.audiences_of(tx, ours)?)?;
        entries::lay_down(tx, circle)?;
        self.fold_anew(tx, known)
    }

    /// Entries were laid down: what is left is folded, and everything that follows from it is looked at again. Without them this person
    /// may have no right to write in a circle any more.
    fn fold_anew(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<(), ClientError> {
        known.reload(tx, self.enrolment.authority)?;
        (known.upkeep_due, known.inbox_due) = (true, true);
        self.withdraw_closed(tx, known, None)
    }

    /// For whom a circle is: its members, and whoever was to be added at the next contact. A line that was handed over has several
    /// readers, and is still no case: each of them has a line with this person.
    pub(super) fn audiences_of(&self, tx: &Transaction<'_>, circle: &Circle) -> Result<Vec<Audience>, StoreError> {
        let intents = intents::all(tx)?.into_iter().filter(|intent| intent.circle == circle.log.id);
        let awaited = intents.flat_map(|intent| intent.wants).filter(|(_, wanted)| matches!(wanted, Wanted::Rights(_)));
        let members = circle.log.members.keys().copied().chain(awaited.map(|(member, _)| member));
        let others: Vec<Member> = normal(members.filter(|member| *member != Member::Person(self.person)).collect());
        let line = |member: &Member| match member {
            Member::Person(person) => Some(Audience::Line(*person)),
            Member::Device(_) | Member::Team(_) => None,
        };
        Ok(match circle.purpose {
            Some(Purpose::Line(_)) => others.iter().filter_map(line).collect(),
            Some(Purpose::Case(_)) => vec![Audience::Case(others)],
            Some(Purpose::Draft | Purpose::Anonymous) => vec![Audience::Anonymous(others)],
            // Access events look for the log's circle by themselves.
            Some(Purpose::Log) => Vec::new(),
            None => vec![Audience::Own],
        })
    }
}

/// What was accepted in a circle before an entry.
fn before(tx: &Transaction<'_>, circle: &CircleId, entry: &EntryId) -> Result<Vec<ParsedEntry>, StoreError> {
    let accepted = entries::of(tx, circle)?;
    accepted.iter().take_while(|(id, ..)| id != entry).map(|(_, bytes, _)| entries::parsed(bytes)).collect()
}
