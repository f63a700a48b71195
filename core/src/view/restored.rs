//! Access that two holders of sheets have restored: shown to everybody in the circle.

use tvaers_wire::entry::{Change, Member, ParsedEntry, Subject};
use tvaers_wire::ids::{ChildId, PersonId};

use crate::circle::{Purpose, open_sealed};
use crate::client::{ClientError, Device};
use crate::store::entries;

/// One time that access was restored.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Restored {
    /// When, by the holders' clock, Unix milliseconds.
    pub at: Option<i64>,
    /// Who was let in.
    pub person: PersonId,
    /// Why, in the holders' words.
    pub reason: Option<String>,
}

impl Device {
    /// When and why access was restored to circles of this child that this person is in, oldest first; without a child, to the person's
    /// own circle.
    ///
    /// # Errors
    /// A store error.
    pub fn restored(&self, child: Option<&ChildId>) -> Result<Vec<Restored>, ClientError> {
        let known = self.known();
        let wanted = |subject: Subject, purpose: Option<Purpose>| match child {
            Some(child) => purpose.and_then(Purpose::child) == Some(*child),
            None => subject == Subject::Person(self.person()),
        };
        let mut found = Vec::new();
        for circle in known.circles.values().filter(|circle| wanted(circle.log.subject, circle.purpose)) {
            for (id, bytes, _) in self.store().read(|conn| entries::of(conn, &circle.log.id))? {
                let Ok(entry) = ParsedEntry::from_bytes(&bytes) else { continue };
                if known.vouched.recovery_key(&entry.public.device).is_none() {
                    continue;
                }
                let person = entry.public.changes.iter().find_map(|change| match change {
                    Change::Add { member: Member::Device(device), .. } => known.vouched.person(device),
                    Change::Add { member: Member::Person(person), .. } => Some(*person),
                    _ => None,
                });
                let sealed = circle.root_at(&id).and_then(|root| open_sealed(&entry, root));
                let (at, reason) = sealed.map_or((None, None), |sealed| (sealed.at, sealed.reason));
                found.extend(person.map(|person| Restored { at, person, reason }));
            }
        }
        // A line and a case of one child were restored together.
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
