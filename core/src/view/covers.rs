//! Who stands in for the coordinator of a child: shown to everybody in a circle with them.

use std::collections::BTreeMap;

use tvaers_wire::entry::Member;
use tvaers_wire::ids::{ChildId, PersonId};

use crate::circle::Purpose;
use crate::client::{ClientError, Device};
use crate::store::covers;

/// Somebody who stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cover {
    /// Who.
    pub person: PersonId,
    /// Until when, Unix seconds; of several ends the last.
    pub until: u64,
    /// False while it is still to be carried out, at the next contact.
    pub begun: bool,
}

impl Device {
    /// Who stands in for the coordinator of a child now, or is to, by their ids.
    ///
    /// # Errors
    /// A store error.
    pub fn covers(&self, child: &ChildId) -> Result<Vec<Cover>, ClientError> {
        let known = self.known();
        let mut found: BTreeMap<PersonId, Cover> = BTreeMap::new();
        for (person, until) in self.store().read(|conn| covers::of(conn, child))? {
            found.insert(person, Cover { person, until, begun: false });
        }
        let of_child = |purpose: Option<Purpose>| purpose.and_then(Purpose::child) == Some(*child);
        for circle in known.circles.values().filter(|circle| of_child(circle.purpose)) {
            for (member, held) in &circle.log.members {
                if let (Member::Person(person), Some(until)) = (member, held.until) {
                    let cover = found.entry(*person).or_insert(Cover { person: *person, until, begun: true });
                    (cover.until, cover.begun) = (cover.until.max(until), true);
                }
            }
        }
        let now = known.time.now();
        Ok(found.into_values().filter(|cover| cover.until > now).collect())
    }
}
