//! Asking about an entry that was made before now.

use crate::entry::Member;
use crate::ids::{DeviceId, PersonId, TeamId};

use super::{CircleLog, InForce};

/// The same circles, asked about an entry that is not the newest: one of a branch, or one that the relay had accepted before. It is judged
/// as a reader judges it, who may meet it much later.
#[derive(Debug)]
pub struct Earlier<'f, F>(pub &'f F);

impl<F: InForce> InForce for Earlier<'_, F> {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        self.0.log_of(member)
    }
    fn has_circle(&self, member: &Member) -> bool {
        self.0.has_circle(member)
    }
    fn in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.0.in_team(person, team)
    }
    fn was_in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.0.was_in_team(person, team)
    }
    fn takes_wraps(&self, log: &CircleLog) -> bool {
        self.0.takes_wraps(log)
    }
    fn lists(&self, person: &PersonId, device: &DeviceId) -> bool {
        self.0.lists(person, device)
    }
    fn recovery(&self) -> Option<DeviceId> {
        self.0.recovery()
    }
    fn is_recovery(&self, key: &DeviceId) -> bool {
        self.0.is_recovery(key)
    }
    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.0.out_since(device)
    }
    fn judges_the_present(&self) -> bool {
        false
    }
}
