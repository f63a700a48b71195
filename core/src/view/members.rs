//! Who reads a child's case, and who of them can be taken out of it.

use std::collections::BTreeMap;

use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::ChildId;

use crate::circle::Purpose;
use crate::client::{Circle, ClientError, Device};
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, coordinators};

/// A person or a unit in a child's case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CaseMember {
    /// Who.
    pub member: Member,
    /// The strongest rights of theirs in it.
    pub rights: Rights,
    /// When all of that is over, Unix seconds; `None` if it has no end.
    pub until: Option<u64>,
    /// True if this person may take them out: not themselves, not whoever coordinates the child, who hands it over, and not twice.
    pub removable: bool,
    /// True if they are to be taken out at the next contact.
    pub leaving: bool,
}

impl Device {
    /// Everybody in the cases of a child that this person is in, by their ids: also if several phones each founded one. Who has a
    /// line about the child with somebody is not among them for that.
    ///
    /// # Errors
    /// A store error.
    pub fn case_members(&self, child: &ChildId) -> Result<Vec<CaseMember>, ClientError> {
        let known = self.known();
        let read = |conn: &_| Ok::<_, StoreError>((coordinators::of(conn, child)?, intents::all(conn)?));
        let (coordinator, wanted) = self.store().read(read)?;
        let (now, me) = (known.time.now(), Member::Person(self.person()));
        let is_kept = |member: &Member| *member == me || coordinator.map(Member::Person) == Some(*member);
        let (device, person) = (self.installation().device, self.person());
        let is_in = |circle: &&Circle| circle.log.rights_of(&device, &person, Some(now), &*known).is_some();
        let of_child = known.circles.values().filter(|circle| circle.purpose == Some(Purpose::Case(*child)));
        let mut found: BTreeMap<Member, CaseMember> = BTreeMap::new();
        for circle in of_child.filter(is_in) {
            let manages = self.manages(&known, circle);
            let intent = wanted.iter().find(|intent| intent.circle == circle.log.id);
            for (member, held) in circle.log.members.iter().filter(|(_, held)| !held.has_ended(now)) {
                let leaving = intent.is_some_and(|intent| {
                    intent.wants.iter().any(|(of, wanted)| of == member && matches!(wanted, Wanted::Gone(_)))
                });
                let new = CaseMember {
                    member: *member,
                    rights: held.rights,
                    until: held.until,
                    removable: manages && !is_kept(member),
                    leaving,
                };
                let merged = found.entry(*member).or_insert(new);
                merged.rights = merged.rights.max(new.rights);
                merged.until = merged.until.zip(new.until).map(|(one, other)| one.max(other));
                merged.removable |= new.removable;
                merged.leaving |= new.leaving;
            }
        }
        let mut members: Vec<CaseMember> = found.into_values().collect();
        members.iter_mut().for_each(|member| member.removable &= !member.leaving);
        Ok(members)
    }
}
