//! What a log asks about other circles: who is in a team, which devices are a person's, who is out.

use super::CircleLog;
use crate::entry::Member;
use crate::ids::{DeviceId, PersonId, TeamId};

/// Which circles are in force for whom; the relay and a client answer this from what they hold.
pub trait InForce {
    /// The log of the circle in force of a person or team.
    fn log_of(&self, member: &Member) -> Option<&CircleLog>;

    /// True if the person or team has a circle, so that a key can be wrapped to it.
    fn has_circle(&self, member: &Member) -> bool {
        self.log_of(member).is_some()
    }

    /// True if the person is in the team's circle now.
    fn in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.log_of(&Member::Team(*team)).is_some_and(|log| log.members.contains_key(&Member::Person(*person)))
    }

    /// True if the person is in the team's circle now or was once.
    fn was_in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.log_of(&Member::Team(*team)).is_some_and(|log| log.was_member(&Member::Person(*person)))
    }

    /// What a signer's rights are judged by: the relay, by the teams they are in now; a reader, by those they are or ever were in.
    fn counts_in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        if self.judges_the_present() { self.in_team(person, team) } else { self.was_in_team(person, team) }
    }

    /// True if keys can be wrapped to the circle's key. Whoever founds a circle with a key that is none harms nobody else.
    fn takes_wraps(&self, log: &CircleLog) -> bool {
        log.epoch().is_some_and(|epoch| epoch.kem.is_some())
    }

    /// True if the person's circle lists the device or once did: a certificate alone makes nobody's device (attack 22).
    fn lists(&self, person: &PersonId, device: &DeviceId) -> bool {
        self.log_of(&Member::Person(*person)).is_some_and(|log| log.was_member(&Member::Device(*device)))
    }

    /// True if the authority has put the device out: revoked, or its person does not work here now.
    fn is_out(&self, device: &DeviceId) -> bool {
        self.out_since(device).is_some()
    }

    /// The id of the recovery key in force, for which every circle's key is wrapped beside its members.
    fn recovery(&self) -> Option<DeviceId> {
        None
    }

    /// True if this is the id of the recovery key in force, or of one before it: they are nobody's device.
    fn is_recovery(&self, key: &DeviceId) -> bool {
        self.recovery() == Some(*key)
    }

    /// The serial of the statement since which the device has been out without a break; `None` if it is not out.
    fn out_since(&self, device: &DeviceId) -> Option<u64>;

    /// True for the relay, which judges an entry while it is the newest. A reader may meet it much later, when its signer has
    /// left the team by which it was allowed.
    fn judges_the_present(&self) -> bool {
        false
    }
}
