//! Who may read, write and fetch what. Asked at every request and at every delivery.

use tvaers_wire::entry::{Member, Rights, Subject};
use tvaers_wire::ids::{CircleId, DeviceId, PersonId};

use crate::world::{FeedKey, View};

/// The person whose circle this device is in now. `None` for a device that was only certified, is out, or was removed.
pub fn active_person<V: View>(view: &V, device: &DeviceId) -> Option<PersonId> {
    if view.is_out(device) {
        return None;
    }
    let person = view.vouched()?.person(device)?;
    let circle = view.circle(&view.in_force(&Subject::Person(person))?)?;
    circle.log.members.contains_key(&Member::Device(*device)).then_some(person)
}

/// The strongest rights of a device in a circle now (Unix seconds). Its person's circle must list it.
pub fn rights<V: View>(view: &V, device: &DeviceId, circle: &CircleId, now: u64) -> Option<Rights> {
    let person = active_person(view, device)?;
    view.circle(circle)?.log.rights_of(device, &person, Some(now), view)
}

/// True if the device may fetch the circle's chunks now.
pub fn may_read<V: View>(view: &V, device: &DeviceId, circle: &CircleId, now: u64) -> bool {
    rights(view, device, circle, now).is_some()
}

/// The feed indexes that a device's pull merges.
pub fn feed_keys<V: View>(view: &V, device: &DeviceId) -> Vec<FeedKey> {
    let mut keys = vec![FeedKey::Everyone];
    let Some(person) = active_person(view, device) else { return keys };
    keys.push(FeedKey::Person(person));
    let teams = view.teams_of(&person).into_iter().flatten();
    keys.extend(teams.map(|team| FeedKey::Team(*team)));
    let municipality = view.in_force(&Subject::Municipality).and_then(|circle| view.circle(&circle));
    if municipality.is_some_and(|circle| circle.log.rights_of(device, &person, None, view).is_some()) {
        keys.push(FeedKey::Municipality);
    }
    keys
}

/// The members for whom a device is served wraps: itself, and once its person's circle lists it, the person and its teams.
pub fn wrap_members<V: View>(view: &V, device: &DeviceId) -> Vec<Member> {
    let mut members = vec![Member::Device(*device)];
    if let Some(person) = active_person(view, device) {
        members.push(Member::Person(person));
        members.extend(view.teams_of(&person).into_iter().flatten().map(|team| Member::Team(*team)));
    }
    members
}
