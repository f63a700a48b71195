//! Which chunks count (protocol §4.7): by the rights of their writers, and by what was left of those who have none any more.

use std::collections::BTreeMap;

use crate::chunk::{ChunkHeader, ParsedChunk};
use crate::entry::{Member, Rights, Subject};
use crate::ids::{ChunkId, DeviceId, Installation, PersonId, TeamId};

use super::{CircleLog, InForce, Membership};

/// Why a chunk does not count (protocol §4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Discounted {
    /// The control entry that it names is not one of this circle's, or has not arrived.
    #[error("the chunk names a control entry that is not known here")]
    UnknownHead,
    /// The circle of the writer's person does not list the device, as far as it is known here.
    #[error("the writer's device is not one that its person has taken in")]
    NotListed,
    /// The writer was no member, or only a reader, at the control entry named.
    #[error("the writer was not allowed to write")]
    NotAMember,
    /// The writer may not write any more, and no cut covers the chunk.
    #[error("the chunk is not covered by what was left of its writer")]
    BeyondCut,
    /// The authority has put the writer's device out, and this circle has not said yet what still counts of it.
    #[error("the writer's device is out, and nobody has said yet what of it counts")]
    NotCut,
}

impl CircleLog {
    /// Whether a chunk counts: its writer could write at the head it names and can now, or a cut of the removal covers it.
    ///
    /// # Errors
    /// [`Discounted`].
    pub fn counts(&self, chunk: &ParsedChunk, writer: &PersonId, force: &impl InForce) -> Result<(), Discounted> {
        let ChunkHeader { head, installation, counter, .. } = &chunk.header;
        let number = self.entries.iter().position(|entry| entry == head).ok_or(Discounted::UnknownHead)?;
        // A person's own circle is the list.
        if !matches!(self.subject, Subject::Person(_)) && !force.lists(writer, &installation.device) {
            return Err(Discounted::NotListed);
        }
        if self.rights_at(number, &installation.device, writer, force) < Some(Rights::Write) {
            return Err(Discounted::NotAMember);
        }
        self.still_counts((installation, *counter, &chunk.id), writer, force)
    }

    /// Whether what an installation wrote up to here counts now. Who has the right to write needs no cut. Nor does who lost it
    /// by leaving a team that still has it: this circle's log says nothing of that. A device that is out does.
    ///
    /// # Errors
    /// [`Discounted::NotCut`] or [`Discounted::BeyondCut`].
    pub fn still_counts(
        &self,
        (installation, counter, chunk): (&Installation, u64, &ChunkId),
        writer: &PersonId,
        force: &impl InForce,
    ) -> Result<(), Discounted> {
        let device = &installation.device;
        if self.rights_of(device, writer, None, force) >= Some(Rights::Write) {
            return Ok(());
        }
        let (out, has_right) = (force.is_out(device), self.has_writer(device, writer, force));
        match self.within_cut(installation, counter, chunk) {
            Some(true) => Ok(()),
            None if has_right && !out => Ok(()),
            _ if has_right && out && !self.is_cut_off(device, force) => Err(Discounted::NotCut),
            _ => Err(Discounted::BeyondCut),
        }
    }

    /// True if a device of this person has the right to write, in a team or once in it, whether it is out or not.
    fn has_writer(&self, device: &DeviceId, person: &PersonId, force: &impl InForce) -> bool {
        let in_team = |team: &TeamId| force.was_in_team(person, team);
        strongest(&self.members, device, person, None, in_team) >= Some(Rights::Write)
    }

    /// Whether a chunk is within its installation's cut; `None` if there is none.
    pub fn within_cut(&self, installation: &Installation, counter: u64, chunk: &ChunkId) -> Option<bool> {
        let cut = self.cuts.get(installation)?;
        Some(counter < cut.counter || (counter == cut.counter && *chunk == cut.chunk))
    }

    /// True if this is a member or was one once.
    pub fn was_member(&self, member: &Member) -> bool {
        self.members.contains_key(member) || self.past.iter().any(|(_, past, _)| past == member)
    }

    /// The rights that a device of this person had once the entry of this number was the head. Whoever was ever in a team had
    /// the team's: when a person left it is in the team's log, and the two logs have no common order.
    fn rights_at(&self, number: usize, device: &DeviceId, person: &PersonId, force: &impl InForce) -> Option<Rights> {
        let in_team = |team: &TeamId| force.was_in_team(person, team);
        if number + 1 == self.entries.len() {
            return strongest(&self.members, device, person, None, in_team);
        }
        strongest(&self.members_at(number), device, person, None, in_team)
    }

    /// The members once the entry of this number was the head.
    pub(super) fn members_at(&self, number: usize) -> BTreeMap<Member, Membership> {
        let mut members = BTreeMap::new();
        for (_, member, membership) in self.past.iter().take_while(|(at, ..)| *at <= number) {
            match membership {
                Some(membership) => members.insert(*member, *membership),
                None => members.remove(member),
            };
        }
        members
    }
}

/// The strongest right that a device has as itself, as its person, or by a team.
pub(super) fn strongest(
    members: &BTreeMap<Member, Membership>,
    device: &DeviceId,
    person: &PersonId,
    now: Option<u64>,
    in_team: impl Fn(&TeamId) -> bool,
) -> Option<Rights> {
    let alive = |held: &&Membership| now.is_none_or(|now| !held.has_ended(now));
    let direct = [Member::Device(*device), Member::Person(*person)];
    let direct = direct.iter().filter_map(|member| members.get(member));
    let teams = members.iter().filter_map(|(member, membership)| match member {
        Member::Team(team) if in_team(team) => Some(membership),
        _ => None,
    });
    direct.chain(teams).filter(alive).map(|membership| membership.rights).max()
}
