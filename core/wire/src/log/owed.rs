//! When a circle owes a new key (decision 0014): computed from public logs and the authority's statements alone, by everybody alike.

use crate::entry::Member;
use crate::ids::EntryId;

use super::{CircleLog, Epoch, InForce};

impl CircleLog {
    /// True if the key in force is due to be replaced before anything more is sealed under it: somebody who may hold it was
    /// removed or put out, here or further down, a member cannot reach it, or nobody could restore it. A member circle that itself
    /// owes a key is reached through each of its own members. Nobody waits for a device that is out.
    pub fn owes_epoch(&self, force: &impl InForce) -> bool {
        self.leaked
            || self.lacks_recovery(force)
            || self.is_exposed(force)
            || self.is_held_outside(force)
            || self.is_silent_on_who_is_out(force)
            || !self.members.keys().all(|member| self.reaches(member, force))
    }

    /// True if the holders of the sheets could not open the circle, should nobody be left in it. So a circle from before its
    /// members knew of the sheets is wrapped for them when it is next used.
    fn lacks_recovery(&self, force: &impl InForce) -> bool {
        force.recovery().is_some_and(|key| !self.wrapped.contains_key(&Member::Device(key)))
    }

    /// True if the key in force was wrapped for somebody below a member who has left that member's circle since, or was drawn by
    /// a device that has.
    fn is_held_outside(&self, force: &impl InForce) -> bool {
        let drawer = self.epoch().map(|epoch| Member::Device(epoch.drawn_by));
        let recovery = force.recovery().map(Member::Device);
        let mut holders = self.wrapped.keys().filter(|holder| Some(**holder) != recovery).chain(&drawer);
        holders.any(|holder| !self.has_inside(holder, force))
    }

    /// True if this is a member, or in a member's circle, as far as those are known.
    fn has_inside(&self, whom: &Member, force: &impl InForce) -> bool {
        self.members.contains_key(whom)
            || self.members.keys().any(|member| match (member, force.log_of(member)) {
                (Member::Device(_), _) => false,
                (_, log) => log.is_none_or(|theirs| theirs.has_inside(whom, force)),
            })
    }

    /// True if a device below a member is out and this log has not said so: a member who has not heard of it would wrap the next key
    /// for it again.
    fn is_silent_on_who_is_out(&self, force: &impl InForce) -> bool {
        self.members.keys().filter_map(|member| force.log_of(member)).any(|theirs| {
            theirs.members.keys().any(|below| match below {
                Member::Device(device) => force.is_out(device) && !self.is_cut_off(device, force),
                _ => force.log_of(below).is_some_and(|persons| {
                    let devices = persons.members.keys();
                    devices
                        .filter_map(Member::device)
                        .any(|device| force.is_out(device) && !self.is_cut_off(device, force))
                }),
            })
        })
    }

    /// True if the key in force is wrapped where a device that is out can open it, or was drawn by one.
    fn is_exposed(&self, force: &impl InForce) -> bool {
        let drawn_outside = self.epoch().is_some_and(|epoch| force.is_out(&epoch.drawn_by));
        drawn_outside
            || self.wrapped.iter().any(|(member, epochs)| match member {
                Member::Device(device) => force.is_out(device),
                // Under an older key of theirs alone, or an older circle's, the member is not reached anyway. Beside the one in force it is
                // a way in for whoever had that and has been put out since.
                _ => force.log_of(member).is_some_and(|theirs| {
                    let current = theirs.epoch().map(|current| current.entry);
                    epochs.contains(&current) && (epochs.len() > 1 || theirs.leaked || theirs.is_exposed(force))
                }),
            })
    }

    /// The members of whom a device has the key in force in no way, though it is not out: it was when the key was drawn, or has it under a
    /// key of theirs alone to which their newer ones do not lead.
    pub fn shut_out(&self, force: &impl InForce) -> Vec<Member> {
        self.members.keys().filter(|member| self.is_shut_out(member, force)).copied().collect()
    }

    fn is_shut_out(&self, member: &Member, force: &impl InForce) -> bool {
        if let Some(epochs) = self.wrapped.get(member) {
            let theirs = force.log_of(member);
            let is_lost = |epoch: &EntryId| theirs.is_some_and(|theirs| theirs.has_begun_anew_since(epoch));
            return epochs.iter().all(|epoch| epoch.as_ref().is_some_and(is_lost));
        }
        match member {
            Member::Device(device) => !force.is_out(device),
            _ => force
                .log_of(member)
                .is_some_and(|theirs| theirs.members.keys().any(|below| self.is_shut_out(below, force))),
        }
    }

    /// True if somebody here has drawn a key without having that one, so that the keys since do not lead to it.
    fn has_begun_anew_since(&self, epoch: &EntryId) -> bool {
        let place = |entry: &EntryId| self.epochs.iter().rposition(|known| known.entry == *entry);
        let Some(this) = place(epoch) else { return false };
        let leads_past = |to: &EntryId| place(to).is_none_or(|to| to < this);
        let is_anew = |later: &Epoch| {
            later.history.iter().all(|older| older.is_empty()) || later.leads_to.as_ref().is_some_and(leads_past)
        };
        self.epochs[this + 1..].iter().any(is_anew)
    }

    /// True if every device that could open the key in force is out: whoever comes back, and only they, can go on here.
    pub fn is_lost(&self, force: &impl InForce) -> bool {
        let gone = |holder: &Member| match holder {
            Member::Device(device) => force.is_out(device),
            _ => force.log_of(holder).is_some_and(|theirs| theirs.is_dead(force)),
        };
        let sheets = |holder: &Member| matches!(holder, Member::Device(key) if force.is_recovery(key));
        let mut holders = self.wrapped.keys().filter(|holder| !sheets(holder));
        self.epoch().is_some_and(|epoch| force.is_out(&epoch.drawn_by)) && holders.all(gone)
    }

    /// True if nobody who is a member here can open anything any more: every device is out.
    pub fn is_dead(&self, force: &impl InForce) -> bool {
        self.members.keys().all(|member| match member {
            Member::Device(device) => force.is_out(device),
            _ => force.log_of(member).is_some_and(|theirs| theirs.is_dead(force)),
        })
    }

    fn reaches(&self, member: &Member, force: &impl InForce) -> bool {
        if let Member::Device(device) = member
            && force.is_out(device)
        {
            return true;
        }
        let wrapped = self.wrapped.get(member);
        let Some(theirs) = force.log_of(member) else {
            // Nothing can be wrapped to a person or team without a circle.
            return wrapped.is_some() || !matches!(member, Member::Device(_));
        };
        let current = theirs.epoch().map(|epoch| epoch.entry);
        let directly = wrapped.is_some_and(|epochs| epochs.contains(&current)) && !theirs.owes_epoch(force);
        directly || !force.takes_wraps(theirs) || theirs.members.keys().all(|below| self.reaches(below, force))
    }
}
