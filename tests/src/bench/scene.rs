//! The scene: a small municipality on disk, which can be put back to how it was before each run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tvaers_core::client::{Device, Opened, open};
use tvaers_core::kinds::{Content, Draft, Envelope, Text};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::{Store, StoreKey};
use tvaers_core::wire::statement::Authority;

use super::relay::RelayProcess;
use crate::town::{Town, child, observation};

/// Characters in a document.
pub(super) const TEXT: usize = 2_000;
/// Changes of a living document.
pub(super) const CHANGES: usize = 10;
/// Children that the documents are about: as many lines.
const CHILDREN: usize = 20;
/// 2026-11-22, Unix milliseconds.
const BEGUN: i64 = 1_795_305_600_000;

/// Devices and a relay whose circles are settled, all on disk and closed.
pub(super) struct Scene {
    dir: PathBuf,
    devices: Vec<String>,
    pub(super) authority: Authority,
}

pub(super) const PHONE: &str = "phone";
pub(super) const DESK: &str = "desk";
pub(super) const RELAY: &str = "relay";

impl Scene {
    /// A phone and a desk, in a new directory below `dir`; what another size of the same item left there goes.
    pub(super) fn new(dir: &Path, name: &str) -> Result<Self> {
        Self::of(dir, name, &[(PHONE.to_owned(), 0), (DESK.to_owned(), 1)]).map(|(scene, _)| scene)
    }

    /// The same with these devices, each with the number of its person.
    pub(super) fn of(dir: &Path, name: &str, devices: &[(String, usize)]) -> Result<(Self, Town)> {
        let dir = dir.join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        fs::create_dir_all(&dir)?;
        let rng = &mut rng::system();
        let persons: Vec<usize> = (0..=devices.iter().map(|(_, person)| *person).max().unwrap_or(0)).collect();
        let mut town = Town::new(&persons, rng);
        let authority = town.authority();
        let names = devices.iter().map(|(name, _)| name.clone()).collect();
        let scene = Self { dir, devices: names, authority };
        let relay = scene.relay()?;
        let stores = devices.iter().map(|(name, person)| Ok((*person, Store::create(&scene.dir.join(name), &key())?)));
        let stores = stores.collect::<Result<_>>()?;
        let devices = town.enrol(stores, &relay.url(), rng);
        for _ in 0..3 {
            devices.iter().try_for_each(|device| sync(device, &relay.url()))?;
        }
        devices.iter().try_for_each(|device| device.close())?;
        relay.stop()?;
        Ok((scene, town))
    }

    /// The same scene in another directory, for one run.
    pub(super) fn copy(&self, name: &str) -> Result<Self> {
        let dir = self.dir.with_file_name(name);
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        for part in self.devices.iter().map(String::as_str).chain([RELAY]) {
            fs::create_dir_all(dir.join(part))?;
            for file in fs::read_dir(self.dir.join(part))? {
                let file = file?;
                fs::copy(file.path(), dir.join(part).join(file.file_name()))?;
            }
        }
        // What the copy has left to write would be written during the run.
        fs::File::open(&dir)?.sync_all()?;
        Ok(Self { dir, devices: self.devices.clone(), authority: self.authority })
    }

    pub(super) fn path(&self, part: &str) -> PathBuf {
        self.dir.join(part)
    }

    /// Starts the relay.
    pub(super) fn relay(&self) -> Result<RelayProcess> {
        RelayProcess::start(&self.path(RELAY), &self.authority)
    }

    /// Opens a device.
    pub(super) fn device(&self, name: &str) -> Result<Device> {
        device_in(&self.path(name))
    }

    /// The person at the desk.
    pub(super) fn desk_person(&self) -> Result<tvaers_core::wire::ids::PersonId> {
        let desk = self.device(DESK)?;
        let person = desk.person();
        desk.close()?;
        Ok(person)
    }
}

/// The key of every store of the bench.
pub(super) fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

/// Opens an enrolled device.
pub(super) fn device_in(dir: &Path) -> Result<Device> {
    match open(Store::open(dir, &key())?, &mut Moment::new(BEGUN, &mut rng::system()))? {
        Opened::Enrolled(device) => Ok(*device),
        Opened::New(_) => bail!("the device is not enrolled"),
    }
}

/// One whole contact.
pub(super) fn sync(device: &Device, url: &str) -> Result<()> {
    let relay = Relay::new(url)?;
    let contacted = runtime()?.block_on(sync_once(device, &relay, &mut rng::system()))?;
    match contacted.failed {
        Some(failure) => bail!("a contact failed: {failure:?}"),
        None => Ok(()),
    }
}

/// A runtime on this thread, as a device has.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("a runtime")
}

/// Text of about so many bytes that no two documents share.
pub(super) fn text(number: usize, length: usize) -> String {
    const WORDS: [&str; 16] = [
        "barnet",
        "leger",
        "ved",
        "vinduet",
        "siger",
        "ikke",
        "noget",
        "efter",
        "frokost",
        "igen",
        "stille",
        "mor",
        "henter",
        "senere",
        "tegner",
        "rutsjebanen",
    ];
    let mut out = format!("{number}");
    let mut state = number as u64 + 1;
    while out.len() < length {
        // Knuth's linear congruential generator: the text need only vary.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.push(' ');
        out.push_str(WORDS[(state >> 60) as usize]);
    }
    out.truncate(length);
    out
}

/// A note of this many bytes.
pub(super) fn note(number: usize, length: usize) -> Envelope {
    observation(&child((number % CHILDREN) as u8), &text(number, length), BEGUN + number as i64)
}

/// A draft whose words are written in [`CHANGES`] changes: the first is its founding.
pub(super) fn draft(number: usize) -> Envelope {
    let mut envelope = note(number, TEXT);
    let words = Text::new(text(number, TEXT / CHANGES)).unwrap_or_default();
    envelope.content = Content::Draft(Draft { seen_heard: words, ..Draft::empty() });
    envelope
}

/// The draft's next words.
pub(super) fn write_on(envelope: &mut Envelope, number: usize) -> Result<(), tvaers_core::kinds::FieldError> {
    if let Content::Draft(draft) = &mut envelope.content {
        let more = format!("{} {}", draft.seen_heard.as_str(), text(number, TEXT / CHANGES - 1));
        draft.seen_heard = Text::new(more).map_err(|why| why.at("seen_heard"))?;
    }
    Ok(())
}
