//! Devices that were enrolled before the program under test begins, each with its store in a directory of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, Device, Opened, open};
use tvaers_core::keys::DeviceSecret;
use tvaers_core::kinds::{Content, Envelope};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::ids::{PersonId, RecordId};
use tvaers_core::wire::statement::{Authority, SignedStatement};

use super::contact::Line;
use super::{scratch, store_rows};
use crate::relay::RunningRelay;
use crate::town::{Town, child, observation};

/// How many notes wait at the relay for the first device when it is [`People::acquainted`].
pub const WAITING: u32 = 3;
/// The numbers of the notes that wait begin here.
pub const FOREIGN: u32 = 1_000_000;

/// Enrolled devices on disk; device and person have the same number.
pub struct People {
    root: tempfile::TempDir,
    /// Who the relay is to trust.
    pub authority: Authority,
    /// Everybody, by number.
    pub persons: Vec<PersonId>,
    /// The certificate of a device that nobody has met yet.
    pub newcomer: SignedStatement,
}

impl People {
    /// This many persons of one team, none of whom has met the relay.
    ///
    /// # Errors
    /// If their stores cannot be written.
    pub fn enrolled(count: usize) -> io::Result<Self> {
        let (people, devices) = Self::on_disk(count)?;
        devices.iter().try_for_each(Device::close).map_err(io::Error::other)?;
        Ok(people)
    }

    /// The same after they have met the relay and each other; the last one has written to the first one.
    ///
    /// # Errors
    /// If their stores cannot be written, or they do not get through.
    pub fn acquainted(count: usize) -> io::Result<Self> {
        let (people, devices) = Self::on_disk(count)?;
        let relay = RunningRelay::start(&people.relay(), 0, people.authority);
        let line = Line::to(&relay.url())?;
        let meet = |device: &Device| line.contact(device, START, &mut |_| Ok(())).map_err(io::Error::other);
        for _ in 0..3 {
            devices.iter().try_for_each(|device| meet(device).map(drop))?;
        }
        let last = devices.last().ok_or_else(|| io::Error::other("nobody"))?;
        for number in FOREIGN..FOREIGN + WAITING {
            write(last, number, people.persons[0]).map_err(io::Error::other)?;
        }
        meet(last)?;
        devices.iter().try_for_each(Device::close).map_err(io::Error::other)?;
        Ok(people)
    }

    fn on_disk(count: usize) -> io::Result<(Self, Vec<Device>)> {
        let (root, rng) = (scratch()?, &mut rng::system());
        let mut town = Town::new(&vec![0; count], rng);
        let mut stores = Vec::new();
        for number in 0..count {
            let dir = root.path().join(format!("device-{number}"));
            fs::create_dir(&dir)?;
            let store = Store::create(&dir.join("store"), &store_rows::key()).map_err(io::Error::other)?;
            stores.push((number, store));
        }
        let devices = town.enrol(stores, "http://127.0.0.1:8440", rng);
        let persons: Vec<PersonId> = town.people.iter().map(|(person, _)| *person).collect();
        let unmet = DeviceSecret::generate(rng).map_err(io::Error::other)?;
        let newcomer = town.authority.certify(persons[0], unmet.keys()).map_err(io::Error::other)?;
        Ok((Self { root, authority: town.authority(), persons, newcomer }, devices))
    }

    /// The directory that holds `store`, the store of a device.
    pub fn device(&self, number: usize) -> PathBuf {
        self.root.path().join(format!("device-{number}"))
    }

    /// Where the relay's data is, if they have met it.
    pub fn relay(&self) -> PathBuf {
        self.root.path().join("relay")
    }

    /// Everything, devices and relay.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The authority as the relay's command line takes it.
    pub fn authority_hex(&self) -> String {
        hex(&self.authority.to_bytes())
    }
}

/// When all of it begins, Unix milliseconds.
pub const START: i64 = 1_800_000_000_000;

/// Opens the enrolled device whose store is in `dir`.
///
/// # Errors
/// As the store and the client say.
pub fn open_device(dir: &Path) -> Result<Device, ClientError> {
    let store = Store::open(dir, &store_rows::key())?;
    match open(store, &mut Moment::new(START, &mut rng::system()))? {
        Opened::Enrolled(device) => Ok(*device),
        Opened::New(_) => Err(ClientError::NotEnrolled),
    }
}

/// Submits the note with this number to a person.
///
/// # Errors
/// Whatever the client says; then it is not saved.
pub fn write(device: &Device, number: u32, to: PersonId) -> Result<RecordId, ClientError> {
    device.submit(&note(number), &[Audience::Line(to)], &mut Moment::new(START, &mut rng::system()))
}

/// The note with this number: from one sentence to several pages, and about one of four children.
pub fn note(number: u32) -> Envelope {
    let text = format!("Nr. {number}: Sad under bordet med <b>rygsækken</b> på 🎒. ");
    let text = text.repeat(1 + number as usize * 37 % 150);
    observation(&child((number % 4) as u8), &text, START + i64::from(number))
}

/// What an observation says.
pub fn text(envelope: &Envelope) -> Option<&str> {
    match &envelope.content {
        Content::Observation(observation) => Some(observation.seen_heard.as_str()),
        _ => None,
    }
}

/// Copies a directory with everything below it.
///
/// # Errors
/// If it cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() { copy(&entry.path(), &to)? } else { fs::copy(entry.path(), to).map(drop)? }
    }
    Ok(())
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
