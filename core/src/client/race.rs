//! Races: two devices found the circle of the same person, team or municipality, and the relay takes the first. Whoever came
//! second gives its own circle up, together with what it has built on that circle's key, and routes the records anew.

use rusqlite::Transaction;
use tvaers_wire::entry::{Member, ParsedEntry, Subject};
use tvaers_wire::ids::{CircleId, EntryId};

use super::known::Circle;
use super::route::normal;
use super::{ClientError, Device, Known};
use crate::audience::Audience;
use crate::circle::Purpose;
use crate::store::circles::{self, EntryState, Wanted};
use crate::store::outbox;

impl Device {
    /// True for an entry made here that founds the circle of a person, a team or the municipality: nothing is pushed behind it
    /// before it is known whether it was the first, since everything behind it may rest on its key.
    pub(super) fn may_lose_race(&self, entry: &[u8]) -> bool {
        ParsedEntry::from_bytes(entry).is_ok_and(|parsed| {
            let public = &parsed.public;
            public.circle.is_none() && public.subject != Subject::Shared && public.device == self.secret.id()
        })
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
        if circles::is_unsent(tx, &founding)? {
            self.give_up(tx, known, &founding, "another was founded first")?;
            *known = Known::load(tx, self.enrolment.authority)?;
        }
        Ok(())
    }

    /// Gives up a circle founded here and every circle founded here since whose root is wrapped to it. Their records look for
    /// their circles again.
    pub(super) fn give_up(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        founding: &EntryId,
        reason: &str,
    ) -> Result<(), ClientError> {
        let mut lost = vec![*founding];
        while let Some(entry) = lost.pop() {
            let id = CircleId::founded_by(entry);
            let row = circles::row(tx, &id)?;
            let awaited = circles::intents(tx)?.into_iter().filter(|intent| intent.circle == id);
            let awaited =
                awaited.flat_map(|intent| intent.wants).filter(|(_, wanted)| matches!(wanted, Wanted::Rights(_)));
            let awaited: Vec<Member> = awaited.map(|(member, _)| member).collect();
            let audience = known.circles.get(&id).map_or(Audience::Own, |circle| self.audience_of(circle, awaited));
            circles::set_unsent(tx, &entry, false)?;
            circles::set_entry_state(tx, &entry, EntryState::Aside, Some(reason))?;
            outbox::abandon(tx, row, &audience)?;
            for unsent in circles::unsent_entries(tx)? {
                let Ok(parsed) = ParsedEntry::from_bytes(&unsent.bytes) else { continue };
                let public = &parsed.public;
                let rests_on_it = public.wraps.iter().any(|wrap| wrap.epoch == Some(entry));
                let own = public.circle.is_none() && public.device == self.secret.id();
                // A circle that was in use before (and is pushed again after a restore) is not given up.
                if rests_on_it && own && !circles::is_used(tx, circles::row(tx, &parsed.circle)?)? {
                    lost.push(unsent.id);
                }
            }
        }
        Ok(())
    }

    /// For whom a circle is: its members, and whoever was to be added at the next contact.
    pub(super) fn audience_of(&self, circle: &Circle, awaited: Vec<Member>) -> Audience {
        let members = circle.log.members.keys().copied().chain(awaited);
        let others: Vec<Member> = normal(members.filter(|member| *member != Member::Person(self.person)).collect());
        match (circle.purpose, others.as_slice()) {
            (Some(Purpose::Line(_)), [Member::Person(person)]) => Audience::Line(*person),
            (Some(Purpose::Line(_) | Purpose::Case(_)), _) => Audience::Case(others),
            (Some(Purpose::Draft | Purpose::Anonymous), _) => Audience::Anonymous(others),
            (None, _) => Audience::Own,
        }
    }
}
