//! Who stands in for the coordinator of a child: shown to everybody in a circle with them.

use std::collections::BTreeMap;

use tvaers_wire::entry::Member;
use tvaers_wire::ids::{ChildId, PersonId};

use crate::circle::Purpose;
use crate::client::{ClientError, Device};
use crate::store::intents::{self, Intent, Wanted};
use crate::store::{StoreError, covers};

/// Somebody who stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cover {
    /// Who.
    pub person: PersonId,
    /// Until when, Unix seconds.
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
        let of_child = |purpose: Option<Purpose>| purpose.and_then(Purpose::child) == Some(*child);
        let (given, wanted) =
            self.store().read(|conn| Ok::<_, StoreError>((covers::of(conn, child)?, intents::all(conn)?)))?;
        let of_child_too = |intent: &&Intent| known.circles.get(&intent.circle).is_some_and(|of| of_child(of.purpose));
        let wanted = wanted.iter().filter(of_child_too).flat_map(|intent| &intent.wants);
        let waiting: Vec<&Member> =
            wanted.filter_map(|(member, wanted)| matches!(wanted, Wanted::Covered(_)).then_some(member)).collect();
        let begun = |person: PersonId| !waiting.contains(&&Member::Person(person));
        let cover = |(person, until)| (person, Cover { person, until, begun: begun(person) });
        let mut found: BTreeMap<PersonId, Cover> = given.into_iter().map(cover).collect();
        for circle in known.circles.values().filter(|circle| of_child(circle.purpose)) {
            for (member, held) in &circle.log.members {
                if let (Member::Person(person), Some(until)) = (member, held.until) {
                    // What was said last here is what is to be.
                    found.entry(*person).or_insert(Cover { person: *person, until, begun: begun(*person) });
                }
            }
        }
        let now = known.time.now();
        Ok(found.into_values().filter(|cover| cover.until > now).collect())
    }
}
