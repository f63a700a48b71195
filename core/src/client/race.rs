//! Races: two devices found the circle of the same person, team or municipality, and the relay takes the first. Whoever came
//! second gives its own circle up, together with what it has built on that circle's key, and routes the records anew.

use rusqlite::Transaction;
use tvaers_wire::entry::{Member, ParsedEntry, Subject};
use tvaers_wire::ids::{CircleId, DeviceId, EntryId};
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
        let is_gone = |member: &Member| match (circle.log.subject, member) {
            (Subject::Person(_), Member::Device(device)) => known.vouched.is_out(device),
            (Subject::Team(team), Member::Person(person)) => {
                known.vouched.charter(&team).is_none_or(|persons| persons.binary_search(person).is_err())
            }
            _ => false,
        };
        Ok(circle.log.members.keys().any(is_gone) && self.was_never_taken(tx, circle)?)
    }

    /// True if a circle was founded here, and the relay has never said that it took it.
    fn was_never_taken(&self, tx: &Transaction<'_>, circle: &Circle) -> Result<bool, StoreError> {
        let is_own = founder(circle) == Some(self.secret.id());
        Ok(is_own && entries::stamp_of(tx, &circle.log.id.founding_entry())?.is_none())
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
        if entries::is_unsent(tx, &founding)? && self.gives_way_to(tx, known, &founding, Some(&winner.id))? {
            self.give_up(tx, known, &founding)?;
            known.reload(tx, self.enrolment.authority)?;
        }
        Ok(())
    }

    /// True if a circle may give way to the one that the relay says was founded first: the relay never took this one, which was made here;
    /// or whoever founded the other is in this one; or the other was in force here before it. Else the relay, together with anybody who is
    /// certified, could put a circle of their own in the place of one that others wrap keys to (attack 22).
    pub(super) fn gives_way_to(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        founding: &EntryId,
        winner: Option<&EntryId>,
    ) -> Result<bool, StoreError> {
        let Some(ours) = known.circles.get(&CircleId::founded_by(*founding)) else { return Ok(true) };
        if ours.log.subject == Subject::Shared {
            return Ok(false);
        }
        if self.was_never_taken(tx, ours)? {
            return Ok(true);
        }
        let theirs = winner.and_then(|winner| known.circles.get(&CircleId::founded_by(*winner)));
        let Some(theirs) = theirs.filter(|theirs| theirs.log.subject == ours.log.subject) else { return Ok(false) };
        let is_in_ours = |device: DeviceId| {
            let person = known.vouched.person(&device);
            person.is_some_and(|person| ours.log.rights_of(&device, &person, None, known).is_some())
        };
        Ok(theirs.row < ours.row || founder(theirs).is_some_and(is_in_ours))
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

    /// The relay, which was put back, goes on in a unit's circle or in somebody else's beside an entry of somebody who is out, of whom nobody
    /// is left to bring it; or in a case it has taken that this person was taken out, by whom nothing stands then. Nobody unites the two,
    /// so this device follows the relay; but not past a removal, which a relay that lies would have forgotten so.
    pub(super) fn follow_relay(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<(), ClientError> {
        let mut forgotten = Vec::new();
        let parted = known.circles.values().filter(|circle| !circle.aside.is_empty());
        for circle in parted {
            let by_out = |entry: &ParsedEntry| known.vouched.is_out(&entry.public.device);
            let accepted = entries::of(tx, &circle.log.id)?;
            let accepted =
                accepted.iter().map(|(_, bytes, _)| entries::parsed(bytes)).collect::<Result<Vec<_>, _>>()?;
            let (since, both): (Vec<_>, Vec<_>) =
                accepted.into_iter().partition(|entry| circle.since_parted().contains(&entry.id));
            let Some(other) = branch_beside(known, &both, &circle.aside) else { continue };
            if since.iter().any(|entry| entry.public.removals().next().is_some()) {
                continue;
            }
            let first = match circle.log.subject {
                Subject::Shared => {
                    since.first().filter(|_| !circle.aside.iter().any(by_out) && !self.is_in(known, &other))
                }
                _ => match since.iter().find(|entry| by_out(entry)) {
                    Some(first) if self.may_bring_back(known, &before(tx, &circle.log.id, &first.id)?) => None,
                    first => first,
                },
            };
            forgotten.extend(first.map(|first| (circle.log.id, circle.row, first.id)));
        }
        for (circle, row, first) in &forgotten {
            intents::drop_but_removals(tx, *row)?;
            entries::lay_down_from(tx, circle, first)?;
        }
        if forgotten.is_empty() {
            return Ok(());
        }
        self.fold_anew(tx, known)?;
        // What the relay has shown since then stands on a branch that was not followed here.
        self.begin_healing_with(tx, known)
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

    /// For whom a circle is: its members but for those who were to be taken out, and whoever was to be added at the next contact. A line
    /// that was handed over has several readers, and is still no case: each of them has a line with this person.
    pub(super) fn audiences_of(&self, tx: &Transaction<'_>, circle: &Circle) -> Result<Vec<Audience>, StoreError> {
        let wanted = intents::of(tx, circle.row)?;
        let awaited = wanted.iter().filter(|(_, wanted)| matches!(wanted, Wanted::Rights(_)));
        let members = circle.log.members.keys().chain(awaited.map(|(member, _)| member)).copied();
        let goes =
            |member: &Member| wanted.iter().any(|(of, wanted)| of == member && matches!(wanted, Wanted::Gone(_)));
        let own = Member::Person(self.person);
        let others: Vec<Member> = normal(members.filter(|member| *member != own && !goes(member)).collect());
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

/// Who founded a circle: its first key is drawn with it.
fn founder(circle: &Circle) -> Option<DeviceId> {
    circle.log.epochs.first().map(|epoch| epoch.drawn_by)
}

/// The log as one of the branches that are kept beside it leaves it, from what both have. `None` if none of them may follow on that.
fn branch_beside(known: &Known, both: &[ParsedEntry], aside: &[ParsedEntry]) -> Option<CircleLog> {
    let mut log = CircleLog::replay(both)?;
    let parted_at = log.head();
    let appends = |log: &mut CircleLog| aside.iter().any(|entry| log.append(entry, &known.vouched, known).is_ok());
    while appends(&mut log) {}
    (log.head() != parted_at).then_some(log)
}

/// What was accepted in a circle before an entry.
fn before(tx: &Transaction<'_>, circle: &CircleId, entry: &EntryId) -> Result<Vec<ParsedEntry>, StoreError> {
    let accepted = entries::of(tx, circle)?;
    accepted.iter().take_while(|(id, ..)| id != entry).map(|(_, bytes, _)| entries::parsed(bytes)).collect()
}
