//! What people do that becomes no record: a child is handed over, a device is lost, somebody leaves.

use anyhow::{Context, Result, bail};
use tvaers_core::client::ClientError;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_wire::statement::SignedStatement;

use super::devices::DeviceKey;
use super::replay::{OnDevice, Replay};
use crate::scenario::{Body, ChildIx, Event, PersonIx, envelope};

impl<'a> Replay<'a> {
    /// Carries out an event that is no record. `Some` is why it could not be.
    pub(super) fn act(&mut self, event: &'a Event, key: DeviceKey) -> Result<Option<String>> {
        match event.body {
            Body::Handover { from, to, .. } => {
                let child = event.child.context("a hand-over without a child")?;
                return self.hand_over(event, key, (child, from, to));
            }
            Body::DeviceLost { person, device } => {
                let lost = self.held((person, device))?.device.installation().device;
                let statements = self.staff.revoke(lost);
                self.put_out(event, key, statements, |other| other == (person, device))?;
            }
            Body::Leaves { person } => {
                let statements = self.staff.leaves(person);
                self.put_out(event, key, statements, |(other, _)| other == person)?;
            }
            _ => bail!("{} is a record", event.id),
        }
        self.acts += 1;
        Ok(None)
    }

    /// On the device of whoever hands over: the recorder's, or else the first that is left.
    fn hand_over(
        &mut self,
        event: &Event,
        key: DeviceKey,
        (child, from, to): (ChildIx, PersonIx, PersonIx),
    ) -> Result<Option<String>> {
        let left = self.held.iter().find(|((person, _), held)| *person == from && !held.out).map(|(key, _)| *key);
        let Some(on) = Some(key).filter(|(person, _)| *person == from).or(left) else {
            return Ok(Some("from: the person has no device left".to_owned()));
        };
        let (child, successor) = (self.staff.child(child), self.staff.person(to));
        let leaves = event.child.is_some_and(|child| !self.rules.has_other_role(child, from));
        let clock = event.device_clock.as_ref().unwrap_or(&event.at).at;
        let why = match envelope(
            &self.loaded.scenario,
            event,
            &OnDevice { staff: &self.staff, held: self.held.get(&on).context("no such device")? },
        ) {
            Ok(why) => why,
            Err(reason) => return Ok(Some(reason.to_string())),
        };
        let predecessor = self.staff.person(from);
        let held = self.held(on)?;
        match held.device.hand_over(
            &[(child, Some(why))],
            &successor,
            leaves,
            &mut Moment::new(clock, &mut rng::system()),
        ) {
            Ok(()) => {
                held.told.insert(child, successor);
                self.left_cases.remove(&(successor, child));
                self.left_cases.extend(leaves.then_some((predecessor, child)));
                self.acts += 1;
                Ok(None)
            }
            Err(ClientError::NotHandedOver(why)) => Ok(Some(why.to_string())),
            Err(error) => Err(error).with_context(|| format!("event {} could not be saved", event.id)),
        }
    }

    /// From now on these devices are in nobody's hands, or in wrong ones. The authority says so, as soon as there is a network.
    fn put_out(
        &mut self,
        event: &Event,
        key: DeviceKey,
        statements: Vec<SignedStatement>,
        which: impl Fn(DeviceKey) -> bool,
    ) -> Result<()> {
        self.held.iter_mut().filter(|(key, _)| which(**key)).for_each(|(_, held)| held.out = true);
        self.held(key)?.stated.extend(statements);
        if event.offline { Ok(()) } else { self.publish(key) }
    }

    /// Tells the relay what was stated on this device.
    pub(super) fn publish(&mut self, key: DeviceKey) -> Result<()> {
        let held = self.held.get_mut(&key).context("a device that does not exist")?;
        for statement in std::mem::take(&mut held.stated) {
            let published = self.runtime.block_on(held.relay.publish(&statement));
            if let Err(failure) = published {
                bail!("the relay does not take what the authority states: {failure:?}");
            }
        }
        Ok(())
    }

    /// Tries every device that is out once more. True if the relay has refused each.
    pub(super) fn all_out_are_refused(&mut self) -> Result<bool> {
        let out: Vec<DeviceKey> = self.held.iter().filter(|(_, held)| held.out).map(|(key, _)| *key).collect();
        let mut refused = true;
        for key in out {
            refused &= self.talk(key)?.failed == Some(Failure::Forbidden);
        }
        Ok(refused)
    }
}
