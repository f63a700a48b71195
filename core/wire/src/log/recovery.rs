//! What the holders of the sheets may do (decision 0021): let somebody into a circle that nobody is left to let them into.

use crate::entry::{Change, Member, ParsedEntry, Rights, Subject};
use crate::vouched::Vouched;

use super::{CircleLog, InForce};

impl CircleLog {
    /// True if the recovery key may make this entry: it takes nothing from anybody and draws no key, and hands the one in force to
    /// one device of whoever is let in. The relay, which sees the present, takes it only while that key is in force and the
    /// circle is forsaken. A reader may come when others are in it again.
    pub(super) fn may_restore(&self, entry: &ParsedEntry, vouched: &Vouched, force: &impl InForce) -> bool {
        let public = &entry.public;
        let ([Change::Add { member, rights: Rights::Manage, until: None }], [wrap]) =
            (public.changes.as_slice(), public.wraps.as_slice())
        else {
            return false;
        };
        let Member::Device(device) = wrap.member else { return false };
        let theirs = match member {
            Member::Device(added) => *added == device,
            Member::Person(person) => vouched.person(&device) == Some(*person) && force.lists(person, &device),
            Member::Team(_) => false,
        };
        let now = !force.judges_the_present()
            || (vouched.recovery().is_some_and(|(key, _)| key == public.device)
                && !vouched.is_out(&device)
                && self.is_forsaken(vouched, force));
        theirs && now && public.epoch.is_none() && entry.handed_over.is_none()
    }

    /// True if nobody is left who could let anybody in: every device of every manager is gone for good. In the circles of persons
    /// and teams every member counts as one. Nobody restores the municipality's circle, which any team that is left brings others into.
    pub fn is_forsaken(&self, vouched: &Vouched, force: &impl InForce) -> bool {
        let mut members = self.members.iter();
        match self.subject {
            Subject::Municipality => false,
            Subject::Person(_) | Subject::Team(_) => members.all(|(member, _)| is_gone(member, vouched, force)),
            Subject::Shared => members
                .filter(|(_, held)| held.rights == Rights::Manage)
                .all(|(member, _)| is_gone(member, vouched, force)),
        }
    }
}

fn is_gone(member: &Member, vouched: &Vouched, force: &impl InForce) -> bool {
    match member {
        Member::Device(device) => vouched.is_gone(device),
        Member::Person(_) | Member::Team(_) => {
            force.log_of(member).is_some_and(|theirs| theirs.members.keys().all(|below| is_gone(below, vouched, force)))
        }
    }
}
