//! Asking about an entry that was made before now.

use crate::entry::Member;
use crate::ids::{DeviceId, PersonId, TeamId};

use super::{CircleLog, InForce};

/// The same circles, asked about an entry that is not the newest.
#[derive(Debug)]
pub struct Earlier<'f, F> {
    force: &'f F,
    taken_back: bool,
}

impl<'f, F> Earlier<'f, F> {
    /// Of a branch: judged as a reader judges it, who may meet it much later.
    pub fn of_a_branch(force: &'f F) -> Self {
        Self { force, taken_back: false }
    }

    /// What the relay had taken once: its signer may be out by now, or may have been taken out of their person's circle.
    pub fn taken_back(force: &'f F) -> Self {
        Self { force, taken_back: true }
    }
}

impl<F: InForce> InForce for Earlier<'_, F> {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        self.force.log_of(member)
    }
    fn has_circle(&self, member: &Member) -> bool {
        self.force.has_circle(member)
    }
    fn in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.force.in_team(person, team)
    }
    fn was_in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.force.was_in_team(person, team)
    }
    fn takes_wraps(&self, log: &CircleLog) -> bool {
        self.force.takes_wraps(log)
    }
    fn lists(&self, person: &PersonId, device: &DeviceId) -> bool {
        self.force.lists(person, device)
    }
    fn recovery(&self) -> Option<DeviceId> {
        self.force.recovery()
    }
    fn is_recovery(&self, key: &DeviceId) -> bool {
        self.force.is_recovery(key)
    }
    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.force.out_since(device)
    }
    fn judges_the_present(&self) -> bool {
        self.taken_back
    }
    fn takes_back(&self) -> bool {
        self.taken_back
    }
}
