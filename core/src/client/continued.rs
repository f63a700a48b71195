//! Circles that go on in others, as a device knows them (protocol §3.7). A circle is continued by one that its own log names, in an entry
//! that took the right to manage, and that says the same of itself. Both parts are sealed: the relay sees a circle founded and an
//! entry that changes nothing.

use std::collections::{BTreeSet, HashSet};

use rusqlite::Transaction;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::{CircleId, PersonId};

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::circle::{Purpose, continues, named_next};
use crate::store::continued::{self, Continues};
use crate::store::{StoreError, entries};

impl Known {
    /// The circle that continues this one, if that is known here: the first that its log names.
    pub(crate) fn next<'k>(&'k self, circle: &'k Circle) -> Option<&'k Circle> {
        self.nexts(circle).next()
    }

    fn nexts<'k>(&'k self, circle: &'k Circle) -> impl Iterator<Item = &'k Circle> {
        let named = circle.goes_on.iter().filter_map(|(_, next)| self.circles.get(next));
        named.filter(|next| next.purpose == circle.purpose && next.continues.circles.contains(&circle.log.id))
    }

    /// True if this person goes on in another circle than this. Whoever is not in that one stays here.
    pub(crate) fn is_over(&self, circle: &Circle, person: &PersonId) -> bool {
        self.next(circle).is_some_and(|next| self.persons_in(&next.log).contains(person))
    }

    /// The circles that continue this one, and those that continue them.
    pub(crate) fn after<'k>(&'k self, circle: &'k Circle) -> Vec<&'k Circle> {
        let (mut found, mut seen, mut open) = (Vec::new(), HashSet::from([circle.log.id]), vec![circle]);
        while let Some(circle) = open.pop() {
            for next in self.nexts(circle) {
                if seen.insert(next.log.id) {
                    found.push(next);
                    open.push(next);
                }
            }
        }
        found
    }

    /// The circles that this one says it continues, and those that they do, known here or not.
    pub(crate) fn before(&self, circle: &Circle) -> BTreeSet<CircleId> {
        let (mut found, mut open) = (BTreeSet::new(), circle.continues.circles.clone());
        while let Some(id) = open.pop() {
            if id != circle.log.id && found.insert(id) {
                open.extend(self.circles.get(&id).into_iter().flat_map(|circle| circle.continues.circles.clone()));
            }
        }
        found
    }

    /// True if this is a circle that continues another, by the word of that one's log; of somebody who cannot see that, by its own.
    pub(crate) fn is_continuation(&self, circle: &Circle) -> bool {
        let said = |id: &CircleId| match self.circles.get(id) {
            Some(before) if before.purpose.is_some() => before.goes_on.iter().any(|(_, next)| *next == circle.log.id),
            _ => true,
        };
        circle.continues.circles.iter().any(said)
    }
}

impl Device {
    /// Remembers what a circle says of what it continues, once its founding entry can be read.
    pub(super) fn learn_continues(
        &self,
        tx: &Transaction<'_>,
        circle: &mut Circle,
        founding: &ParsedEntry,
    ) -> Result<(), StoreError> {
        let said = circle.roots.get(&founding.id).and_then(|root| continues(founding, root));
        let Some((circles, at)) = said else { return Ok(()) };
        circle.continues = Continues { circles, at };
        continued::set_continues(tx, circle.row, &circle.continues)
    }

    /// Reads in a circle's log where it goes on.
    pub(super) fn learn_goes_on(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        id: &CircleId,
    ) -> Result<(), ClientError> {
        let Some(circle) = known.circles.get(id).filter(|circle| circle.purpose.and_then(Purpose::child).is_some())
        else {
            return Ok(());
        };
        let entries = entries::of(tx, id)?.into_iter();
        let entries: Vec<ParsedEntry> =
            entries.filter_map(|(_, bytes, _)| ParsedEntry::from_bytes(&bytes).ok()).collect();
        let said = named_next(&circle.log, &entries, |entry| circle.root_at(entry));
        if said == circle.goes_on {
            return Ok(());
        }
        continued::set_goes_on(tx, circle.row, &said)?;
        let nexts: Vec<CircleId> = said.iter().map(|(_, next)| *next).collect();
        if let Some(circle) = known.circles.get_mut(id) {
            circle.goes_on = said;
        }
        known.upkeep_due = true;
        nexts.iter().try_for_each(|next| self.found_continuation(tx, known, next))
    }
}
