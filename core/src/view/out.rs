//! Devices that are out: what whoever has them can still read of what is shared with their person, as far as is known here.

use std::collections::BTreeMap;

use tvaers_wire::entry::{Member, Subject};
use tvaers_wire::ids::{ChildId, PersonId};
use tvaers_wire::statement::Standing;

use crate::circle::Purpose;
use crate::client::{Device, Known};

/// Why somebody's devices are out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WhyOut {
    /// A device was reported lost, or in wrong hands; its person works on with another one, or will.
    Lost,
    /// The person is to have no access for now, and reads what is written meanwhile if they come back.
    Suspended,
    /// The person has left.
    Left,
}

/// A person one or more of whose devices are out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OutDevices {
    /// Whose.
    pub person: PersonId,
    /// Why.
    pub why: WhyOut,
    /// How many, as far as they are known here.
    pub devices: usize,
    /// How many of them the municipality has asked to erase themselves. Whether they have, the office knows, and nobody here.
    pub asked: usize,
}

impl Device {
    /// Devices that are out, of persons with whom something is or was shared here: about a child, or anything at all.
    pub fn devices_out(&self, child: Option<&ChildId>) -> Vec<OutDevices> {
        let known = self.known();
        let sharing = sharing(&known, child);
        let mut found: BTreeMap<PersonId, OutDevices> = BTreeMap::new();
        for (device, person) in known.vouched.certified() {
            let own = person == self.person();
            if !known.vouched.is_out(&device) || !(own && child.is_none() || sharing.contains(&person)) {
                continue;
            }
            let why = match known.vouched.standing(&person) {
                Standing::Active => WhyOut::Lost,
                Standing::Suspended => WhyOut::Suspended,
                Standing::Left => WhyOut::Left,
            };
            let row = found.entry(person).or_insert(OutDevices { person, why, devices: 0, asked: 0 });
            row.devices += 1;
            row.asked += usize::from(known.vouched.to_be_erased(&device).is_some());
        }
        found.into_values().collect()
    }
}

/// Persons who are or were in circles that are read here, in their order.
fn sharing(known: &Known, child: Option<&ChildId>) -> Vec<PersonId> {
    let wanted = |purpose: Option<Purpose>| child.is_none_or(|child| purpose.and_then(Purpose::child) == Some(*child));
    let circles = known
        .circles
        .values()
        .filter(|circle| circle.log.subject == Subject::Shared && circle.root().is_some() && wanted(circle.purpose));
    let members: Vec<Member> =
        circles.flat_map(|circle| circle.log.past.iter().map(|(_, member, _)| *member)).collect();
    known.persons_behind(members.iter())
}
