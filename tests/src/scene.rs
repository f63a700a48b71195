//! A few devices and a relay process, for tests that tell a story: who writes what to whom, who meets the relay, who reads.

use tempfile::TempDir;
use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, Device, Request};
use tvaers_core::directory::{LOG_CONTROL, Policy};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Contacted, Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::sync::Failure;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::{DeviceId, PersonId, RecordId};
use tvaers_core::wire::message::{Challenge, TOKEN_START};
use tvaers_core::wire::statement::SignedStatement;

use crate::relay::RunningRelay;
use crate::town::{Town, child, observation};

/// Runs a future to its end.
pub fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Devices of persons who are each alone in a unit, and a relay.
pub struct Scene {
    /// The municipality.
    pub town: Town,
    /// Its devices.
    pub devices: Vec<Device>,
    /// The relay.
    pub relay: RunningRelay,
    /// What the devices' clocks show, Unix milliseconds.
    pub now: i64,
    _dir: TempDir,
}

impl Scene {
    /// A device for each of these, which are numbers of persons: `&[0, 0, 1]` is two devices of the first and one of the second.
    /// All have met.
    pub fn new(devices: &[usize]) -> Self {
        Self::of(devices, &[], None, Vec::new())
    }

    /// The same, the first of them with these stores.
    pub fn with_stores(devices: &[usize], stores: Vec<Store>) -> Self {
        Self::of(devices, &[], None, stores)
    }

    /// The same, with this person's unit as that of the log controllers.
    pub fn with_log_control(devices: &[usize], controller: usize) -> Self {
        Self::of(devices, &[(controller, LOG_CONTROL)], None, Vec::new())
    }

    /// The same, with units of these kinds, by their persons' numbers, and these rules of the municipality.
    pub fn with_rules(devices: &[usize], kinds: &[(usize, &'static str)], policy: Option<Policy>) -> Self {
        Self::of(devices, kinds, policy, Vec::new())
    }

    fn of(devices: &[usize], kinds: &[(usize, &'static str)], policy: Option<Policy>, stores: Vec<Store>) -> Self {
        let rng = &mut rng::system();
        let persons: Vec<usize> = (0..=*devices.iter().max().unwrap()).collect();
        let kinds = kinds.iter().copied().collect();
        let mut town = Town { kinds, policy, ..Town::new(&persons, rng) };
        let dir = tempfile::tempdir().unwrap();
        let relay = RunningRelay::start(dir.path(), 0, town.authority());
        let mut given = stores.into_iter();
        let store = |person: &usize| (*person, given.next().unwrap_or_else(|| Store::in_memory().unwrap()));
        let devices = town.enrol(devices.iter().map(store).collect(), &relay.url(), rng);
        let mut scene = Self { town, devices, relay, now: 10, _dir: dir };
        scene.meet();
        scene
    }

    /// One contact of a device with the relay, however it ends.
    pub fn contacts(&self, device: usize) -> Result<Contacted, ClientError> {
        let relay = Relay::new(&self.relay.url()).unwrap();
        block(sync_once(&self.devices[device], &relay, &mut rng::system()))
    }

    /// One contact of a device with the relay.
    pub fn tries(&self, device: usize) -> Option<Failure> {
        self.contacts(device).unwrap().failed
    }

    /// One contact, which succeeds.
    pub fn sync(&self, device: usize) {
        assert_eq!(self.tries(device), None, "device {device}");
    }

    /// Everybody is in contact, so often that what they owe each other is done.
    pub fn meet(&mut self) {
        let all: Vec<usize> = (0..self.devices.len()).collect();
        self.these_meet(&all);
    }

    /// The same, for some.
    pub fn these_meet(&mut self, devices: &[usize]) {
        for _ in 0..4 {
            devices.iter().for_each(|device| self.sync(*device));
        }
    }

    /// Whose a device is.
    pub fn owner(&self, device: usize) -> PersonId {
        self.devices[device].person()
    }

    /// Whose a device is, as a member.
    pub fn person(&self, device: usize) -> Member {
        Member::Person(self.owner(device))
    }

    /// A device's id.
    pub fn id(&self, device: usize) -> DeviceId {
        self.devices[device].installation().device
    }

    /// Writes an observation about child 1 in its case, with these devices' persons.
    pub fn writes(&mut self, device: usize, text: &str, others: &[usize]) -> RecordId {
        let audience = Audience::Case(others.iter().map(|other| self.person(*other)).collect());
        self.writes_to(device, text, audience)
    }

    /// Writes an observation about child 1 to an audience.
    pub fn writes_to(&mut self, device: usize, text: &str, audience: Audience) -> RecordId {
        self.now += 1;
        let note = observation(&child(1), text, self.now);
        self.devices[device].submit(&note, &[audience], &mut Moment::new(self.now, &mut rng::system())).unwrap()
    }

    /// True if the device can read it.
    pub fn reads(&self, device: usize, note: &RecordId) -> bool {
        self.devices[device].envelope(note).is_ok()
    }

    /// The authority tells the relay.
    pub fn publish(&self, statement: &SignedStatement) {
        let relay = Relay::new(&self.relay.url()).unwrap();
        block(relay.publish(statement)).unwrap();
    }

    /// Every page that the relay has for a device.
    pub fn pages(&self, device: usize) -> Vec<Vec<u8>> {
        let relay = Relay::new(&self.relay.url()).unwrap();
        block(async {
            let challenge = Challenge::from_bytes(&relay.call(&Request::Challenge).await.unwrap()).unwrap();
            let session = self.devices[device].session_request(&challenge).to_bytes();
            relay.call(&Request::Session(session)).await.unwrap();
            let pull = Request::Pull { after: TOKEN_START, seen: TOKEN_START, wait: false };
            vec![relay.call(&pull).await.unwrap()]
        })
    }

    /// The relay, in the hands of whoever holds this device, gives it everything that another one is given.
    pub fn hands_over(&self, from: usize, to: usize) {
        for page in self.pages(from) {
            self.devices[to].absorb_page(&page, self.now).unwrap();
            self.devices[to].process().unwrap();
        }
    }
}
