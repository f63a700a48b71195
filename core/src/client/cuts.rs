//! What an entry says of those whom it takes out: what of theirs still counts, and the authority's word on whoever is out.

use std::collections::BTreeMap;

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Cut, Member, Rights, Subject};
use tvaers_wire::ids::{ChunkId, DeviceId, Installation, PersonId};
use tvaers_wire::log::{CircleLog, InForce, Membership};

use super::known::Circle;
use super::{Device, Known};
use crate::circle::Draft;
use crate::store::{StoreError, inbox};

impl Device {
    /// What is left of those who are removed or cut off: up to the last of theirs that the relay has shown here, or that is erased, which
    /// it shows nobody any more.
    pub(super) fn cut(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        circle: &Circle,
        stay: &BTreeMap<Member, Membership>,
        changes: &mut [Change],
    ) -> Result<(), StoreError> {
        let left = CircleLog { members: stay.clone(), ..circle.log.clone() };
        let mut newest: BTreeMap<Installation, (u64, ChunkId)> = BTreeMap::new();
        for (row, counter, chunk) in inbox::newest_of_each(tx, circle.row)? {
            newest.insert(inbox::installation_at(tx, row)?, (counter, chunk));
        }
        for Cut { installation, counter, chunk } in circle.log.erasure.all() {
            let newest = newest.entry(installation).or_insert((counter, chunk));
            if newest.0 < counter {
                *newest = (counter, chunk);
            }
        }
        for (installation, (counter, chunk)) in newest {
            let Some(owner) = known.vouched.person(&installation.device) else { continue };
            if left.rights_of(&installation.device, &owner, None, known) >= Some(Rights::Write) {
                continue;
            }
            let of_owner = |member: &Member| match member {
                Member::Device(device) => *device == installation.device,
                Member::Person(person) => *person == owner,
                Member::Team(team) => known.was_in_team(&owner, team),
            };
            let removal = changes.iter_mut().find_map(|change| match change {
                Change::Remove { member, cuts } if of_owner(member) => Some(cuts),
                Change::CutOff { device, cuts } if *device == installation.device => Some(cuts),
                _ => None,
            });
            if let Some(cuts) = removal {
                cuts.push(Cut { installation, counter, chunk });
            }
        }
        Ok(())
    }

    /// A key that is drawn because a device is out says so, with the authority's word: whoever has not heard of it would wrap the
    /// next one for that device again.
    pub(super) fn say_who_is_out(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (subject, persons, said_by): (&Subject, &[PersonId], Option<&CircleLog>),
        draft: &mut Draft,
    ) -> Result<(), StoreError> {
        if matches!(subject, Subject::Person(_)) {
            return Ok(());
        }
        let said = |device: &DeviceId| said_by.is_some_and(|log| log.is_cut_off(device, known));
        for device in persons.iter().flat_map(|person| known.vouched.devices(person)) {
            let says = |change: &Change| matches!(change, Change::CutOff { device: said, .. } if *said == device);
            if known.vouched.is_out(&device) && !said(&device) && !draft.changes.iter().any(says) {
                draft.changes.push(Change::CutOff { device, cuts: Vec::new() });
                draft.vouchers.extend(self.vouchers_for(tx, known, subject, &Member::Device(device))?);
            }
        }
        Ok(())
    }

    pub(super) fn may_cut_off(&self, known: &Known, circle: &Circle, device: &DeviceId) -> bool {
        known.vouched.is_out(device) && !circle.log.is_cut_off(device, known) && self.may_draw(known, circle)
    }
}
