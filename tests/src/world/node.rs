//! One device of a world: its store survives crashes, its clock may be wrong, its line may be down.

use tvaers_core::client::{Device, Exchange, Opened, open};
use tvaers_core::moment::Moment;
use tvaers_core::store::Store;
use tvaers_core::sync::Mode;

use super::dice::Dice;
use super::joins::Joined;
use super::model::Person;
use super::stream::Stream;

/// A device and what surrounds it.
pub(super) struct Node {
    /// Whose it is.
    pub(super) person: Person,
    /// How it gets in contact.
    pub(super) mode: Mode,
    /// What its clock is off by, in milliseconds.
    pub(super) skew: i64,
    /// Its line is down until then.
    pub(super) offline_until: i64,
    /// Its session with the relay.
    pub(super) session: Option<String>,
    /// The contact, while there is one.
    pub(super) contact: Option<Exchange>,
    /// Counts lines: what arrives on an older one is not heard.
    pub(super) line: u64,
    /// When it is to be woken, by the true clock.
    pub(super) wake_at: Option<i64>,
    /// How often the relay had been put back when it last let this device read on.
    pub(super) heard_at: usize,
    /// Nothing of what was done here was only here when the device was put out.
    pub(super) left_nothing: bool,
    /// How it came to what its person may read.
    pub(super) joined: Joined,
    /// When it is live, pages come by themselves.
    pub(super) streams: bool,
    /// The stream on which they do.
    pub(super) stream: Option<Stream>,
    running: Option<Device>,
    crashed: Option<Store>,
}

impl Node {
    /// A device that was just enrolled.
    pub(super) fn new(person: Person, device: Device, mode: Mode, streams: bool) -> Self {
        Self {
            person,
            mode,
            skew: 0,
            offline_until: 0,
            session: None,
            contact: None,
            line: 0,
            wake_at: None,
            heard_at: 0,
            left_nothing: false,
            joined: Joined::First,
            streams,
            stream: None,
            running: Some(device),
            crashed: None,
        }
    }

    /// The device, unless it has crashed.
    pub(super) fn device(&self) -> Option<&Device> {
        self.running.as_ref()
    }

    /// Device and contact together.
    pub(super) fn parts(&mut self) -> Option<(&Device, &mut Exchange)> {
        Some((self.running.as_ref()?, self.contact.as_mut()?))
    }

    /// The process ends here: memory is gone, the store stays.
    pub(super) fn crash(&mut self) {
        self.crashed = self.running.take().map(Device::into_store).or(self.crashed.take());
        self.hang_up();
        self.contact = None;
        self.session = None;
    }

    /// The process starts again.
    pub(super) fn restart(&mut self, now: i64, dice: &mut Dice) {
        if let Some(store) = self.crashed.take() {
            match open(store, &mut Moment::new(now + self.skew, dice)).unwrap() {
                Opened::Enrolled(device) => self.running = Some(*device),
                Opened::New(_) => panic!("the enrolment is gone"),
            }
        }
    }

    /// Nothing that is on its way is heard any more.
    pub(super) fn hang_up(&mut self) {
        self.line += 1;
        self.wake_at = None;
        self.stream = None;
    }
}
