//! The devices of a replay: each with a directory, a store and a key of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tvaers_core::client::{Device, NewDevice, Opened, open};
use tvaers_core::directory::Enrolment;
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::Relay;
use tvaers_core::rng::{self, bytes};
use tvaers_core::store::{Store, StoreKey};
use tvaers_wire::ids::{ChildId, PersonId};
use tvaers_wire::statement::SignedStatement;

use super::staff::Staff;
use crate::scenario::{EventIx, PersonIx, Scenario};

/// Which device: the person, and its number from 1.
pub(super) type DeviceKey = (PersonIx, u16);

/// One device with what its person has in mind.
pub(super) struct Held {
    pub(super) device: Device,
    pub(super) relay: Relay,
    dir: PathBuf,
    key: [u8; 32],
    /// Events whose citations have not arrived here.
    pub(super) deferred: Vec<EventIx>,
    /// Who coordinates a child, as the person has been told.
    pub(super) told: BTreeMap<ChildId, PersonId>,
    /// What the authority has stated on this device while it had no network.
    pub(super) stated: Vec<SignedStatement>,
    /// Lost, or its person has left.
    pub(super) out: bool,
}

impl Held {
    /// Lets go of the store: it now lies at rest.
    pub(super) fn close(self) -> Result<AtRest> {
        self.device.close().context("a store cannot be closed")?;
        Ok(AtRest { out: self.out, dir: self.dir, key: self.key })
    }
}

/// A store at rest, with the key that its owner keeps elsewhere.
pub(super) struct AtRest {
    /// Lost, or its person has left.
    pub(super) out: bool,
    dir: PathBuf,
    key: [u8; 32],
}

impl AtRest {
    /// Opens the device again from its files.
    pub(super) fn reopen(&self) -> Result<Device> {
        let store =
            Store::open(&self.dir, &StoreKey::new(self.key)).context("a device's store cannot be opened again")?;
        match open(store, &mut Moment::new(system_now(), &mut rng::system()))? {
            Opened::Enrolled(device) => Ok(*device),
            Opened::New(_) => bail!("a device has forgotten that it was enrolled"),
        }
    }
}

/// Makes and enrols every device of the scenario.
pub(super) fn enrol(
    scenario: &Scenario,
    staff: &mut Staff,
    dir: &Path,
    url: &str,
) -> Result<BTreeMap<DeviceKey, Held>> {
    let mut fresh: Vec<(DeviceKey, PathBuf, [u8; 32], NewDevice)> = Vec::new();
    let rng = &mut rng::system();
    for (ix, person) in scenario.persons() {
        for number in 1..=person.devices {
            let place = dir.join(format!("{}-{number}", person.id));
            let key = bytes(rng);
            let store = Store::create(&place, &StoreKey::new(key));
            let store = store.with_context(|| format!("no store can be made in {}", place.display()))?;
            match open(store, &mut Moment::new(system_now(), rng))? {
                Opened::New(device) => fresh.push(((ix, number), place, key, *device)),
                Opened::Enrolled(_) => bail!("{} holds a device already", place.display()),
            }
        }
    }
    let mut certificates: BTreeMap<DeviceKey, SignedStatement> = BTreeMap::new();
    for (key, _, _, device) in &fresh {
        certificates.insert(*key, staff.certify(key.0, device.keys())?);
    }
    let mut held = BTreeMap::new();
    for (key, place, secret, device) in fresh {
        let Some(certificate) = certificates.get(&key).cloned() else { continue };
        let own = certificates.iter().filter(|((person, _), _)| *person == key.0).map(|(_, signed)| signed);
        let enrolment = Enrolment {
            authority: staff.authority(),
            relay: url.to_owned(),
            certificate,
            statements: own.chain(staff.charters()).cloned().collect(),
            directory: staff.directory().clone(),
        };
        let device = device.enrol(enrolment).map_err(|refused| refused.error)?;
        let relay = Relay::new(url)?;
        let (deferred, told, stated, out) = (Vec::new(), BTreeMap::new(), Vec::new(), false);
        held.insert(key, Held { device, relay, dir: place, key: secret, deferred, told, stated, out });
    }
    Ok(held)
}
