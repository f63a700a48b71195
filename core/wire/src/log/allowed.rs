//! Who may change a circle, and in which way: by their rights in it, and by what the authority has said of whom it is about.

use crate::entry::{Change, Member, ParsedEntry, Rights, Subject};
use crate::ids::{DeviceId, PersonId, TeamId};
use crate::vouched::Vouched;

use super::change::newest_charter;
use super::{Charter, CircleLog, InForce, LogError, strongest};

impl CircleLog {
    /// Takes in what the authority says in an entry. Returns the charter before it.
    pub(super) fn take_vouchers(&mut self, entry: &ParsedEntry, vouched: &Vouched) -> Result<Charter, LogError> {
        check_vouchers(entry, vouched)?;
        let charter = newest_charter(self, entry, Some(vouched))?;
        Ok(std::mem::replace(&mut self.charter, charter))
    }

    pub(super) fn may_change(
        &self,
        entry: &ParsedEntry,
        vouched: &Vouched,
        force: &impl InForce,
    ) -> Result<(), LogError> {
        entry.public.changes.iter().try_for_each(|change| match change {
            // Who is in the other circles the authority says, and says when that is over.
            Change::Add { until: Some(_), .. } if self.subject != Subject::Shared => Err(LogError::NotAllowed),
            Change::Add { member, .. } => self.may_add(member, vouched, force),
            Change::Remove { member, cuts } => {
                self.may_remove(member, &entry.public.device, vouched, force)?;
                cuts.iter().try_for_each(|cut| may_cut(member, &cut.installation.device, vouched, force))
            }
            Change::CutOff { device, cuts } => {
                let own = cuts.iter().all(|cut| cut.installation.device == *device);
                // Made without a network, perhaps, and pushed when the person is back.
                if own && vouched.was_out(device) { Ok(()) } else { Err(LogError::NotAllowed) }
            }
            Change::Void { .. } if entry.public.united().is_some() => Ok(()),
            Change::Void { .. } => Err(LogError::NotAllowed),
            Change::Erase { .. } | Change::Hold | Change::Lift | Change::Agree { .. } => self.may_erase(entry, vouched),
        })
    }

    /// A certificate alone makes nobody's device, and in a log as little as in a chunk (attack 22): whoever signs for a person is, or
    /// once was, in that person's circle. In the circle itself this is not asked, it is the list.
    pub(super) fn check_listed(
        &self,
        device: &DeviceId,
        person: &PersonId,
        force: &impl InForce,
    ) -> Result<(), LogError> {
        let listed = matches!(self.subject, Subject::Person(_)) || force.lists(person, device);
        if listed { Ok(()) } else { Err(LogError::NotListed) }
    }

    /// True if a device changes nothing here any more: the relay takes nothing of one that is out; a reader, who may come later,
    /// nothing that stands behind the cut.
    pub(super) fn is_silenced(&self, device: &DeviceId, force: &impl InForce) -> bool {
        force.is_out(device) && (force.judges_the_present() || self.is_cut_off(device, force))
    }

    /// Membership is changed, and erasure asked for, by managers; a new key for the same members is drawn, and a device that is out cut off, by whoever
    /// may write.
    pub(super) fn may_append(&self, entry: &ParsedEntry, person: &PersonId, force: &impl InForce) -> bool {
        if self.is_silenced(&entry.public.device, force) {
            return false;
        }
        let in_team = |team: &TeamId| force.counts_in_team(person, team);
        let rights = strongest(&self.members, &entry.public.device, person, None, in_team);
        let does_nothing = entry.public.changes.is_empty() && entry.public.epoch.is_none();
        !does_nothing && rights >= Some(self.needed_for(entry))
    }

    /// The rights that an entry takes.
    pub(super) fn needed_for(&self, entry: &ParsedEntry) -> Rights {
        let changes = &entry.public.changes;
        let same_members = changes.iter().all(|change| change.member().is_none());
        let asks = changes.iter().any(|change| matches!(change, Change::Erase { .. } | Change::Hold | Change::Lift));
        match (self.subject, same_members) {
            // Who is in these follows the authority's statements; any member may carry them out.
            (Subject::Person(_) | Subject::Team(_) | Subject::Municipality, _) => Rights::Read,
            (Subject::Shared, true) if !asks => Rights::Write,
            (Subject::Shared, _) => Rights::Manage,
        }
    }

    fn may_add(&self, member: &Member, vouched: &Vouched, force: &impl InForce) -> Result<(), LogError> {
        match (&self.subject, member) {
            (Subject::Person(person), Member::Device(device)) => match vouched.person(device) {
                Some(owner) if owner == *person => {
                    let late = force.judges_the_present() && vouched.is_out(device);
                    if late { Err(LogError::NotVouched) } else { Ok(()) }
                }
                _ => Err(LogError::NotVouched),
            },
            (Subject::Team(team), Member::Person(person)) => {
                let named = |persons: &[PersonId]| persons.binary_search(person).is_ok();
                let here = self.charter.as_ref().is_some_and(|(_, persons)| named(persons));
                let now = !force.judges_the_present() || vouched.charter(team).is_some_and(named);
                if here && now && force.has_circle(member) { Ok(()) } else { Err(LogError::NotVouched) }
            }
            (Subject::Municipality, Member::Team(team)) if vouched.charter(team).is_some() => {
                if force.has_circle(member) { Ok(()) } else { Err(LogError::NotVouched) }
            }
            (Subject::Shared, Member::Person(_) | Member::Team(_)) if force.has_circle(member) => Ok(()),
            (Subject::Municipality, Member::Team(_)) => Err(LogError::NotVouched),
            _ => Err(LogError::NotAllowed),
        }
    }

    /// Persons and teams leave shared circles by a manager's word; devices their person's, and persons their team's, by the
    /// authority's. A device may take itself out.
    fn may_remove(
        &self,
        member: &Member,
        signer: &DeviceId,
        vouched: &Vouched,
        force: &impl InForce,
    ) -> Result<(), LogError> {
        let stated = match (&self.subject, member) {
            (Subject::Person(_), Member::Device(device)) => device == signer || is_or_was_out(device, vouched, force),
            (Subject::Team(_), Member::Person(person)) => {
                self.charter.as_ref().is_none_or(|(_, persons)| persons.binary_search(person).is_err())
            }
            (Subject::Municipality, Member::Team(team)) => vouched.charter(team).is_none_or(<[_]>::is_empty),
            _ => true,
        };
        if stated { Ok(()) } else { Err(LogError::NotVouched) }
    }
}

/// What a change that the authority must have asked for is judged by. It may have changed its mind since a reader's entry was made.
fn is_or_was_out(device: &DeviceId, vouched: &Vouched, force: &impl InForce) -> bool {
    if force.judges_the_present() { vouched.is_out(device) } else { vouched.was_out(device) }
}

/// What an entry cuts off stands for the serials of its vouchers, so each of them must be the authority's.
pub(super) fn check_vouchers(entry: &ParsedEntry, vouched: &Vouched) -> Result<(), LogError> {
    let cuts_off = entry.public.cut_off().next().is_some();
    let good = entry.public.vouchers.iter().filter(|_| cuts_off).all(|voucher| vouched.check(voucher).is_ok());
    if good { Ok(()) } else { Err(LogError::NotVouched) }
}

/// A cut is for a device of the member that is removed; of a team, for a device of somebody who is or was in it.
fn may_cut(member: &Member, device: &DeviceId, vouched: &Vouched, force: &impl InForce) -> Result<(), LogError> {
    let owner = vouched.person(device).ok_or(LogError::NotVouched)?;
    let theirs = match member {
        Member::Device(removed) => removed == device,
        Member::Person(person) => *person == owner,
        Member::Team(team) => force.was_in_team(&owner, team),
    };
    if theirs { Ok(()) } else { Err(LogError::NotAllowed) }
}
