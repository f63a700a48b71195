//! A municipality with an office, a relay and three holders of sheets, for tests of what happens when nobody is left.

use std::path::Path;

use tempfile::TempDir;
use tvaers_core::audience::Audience;
use tvaers_core::authority::{
    Asked, By, Forsaken, Founding, Missing, Office, OfficeFile, RecoveryError, RecoverySplit, Restoring, Role, Row,
    Sheet, SignedRecoveryFile, Skipped,
};
use tvaers_core::client::{Device, NewDevice, Opened, Request, open};
use tvaers_core::directory::device_code;
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::passphrase::{Passphrase, Stretch};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::sync::Failure;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{Member, ParsedEntry};
use tvaers_core::wire::ids::{PersonId, RecordId};
use tvaers_core::wire::message::{Challenge, FeedItem, Page, Pushed, TOKEN_START};
use tvaers_core::wire::recovery::{RecoveryAct, RecoveryPush, ServedLog};
use tvaers_core::wire::statement::{Claim, SignedStatement};

use zeroize::Zeroizing;

use crate::relay::RunningRelay;
use crate::scene::block;
use crate::town::{child, observation};

/// Numbers of the people, by which the office knows them.
pub const NUMBERS: [&str; 4] = ["100", "101", "102", "103"];

/// Four people, each alone in a unit, with a device each.
pub struct Holders {
    /// The office.
    pub office: Office,
    /// The three sheets.
    pub sheets: Vec<Sheet>,
    /// The relay.
    pub relay: RunningRelay,
    /// Devices, in the order in which they were enrolled.
    pub devices: Vec<Device>,
    /// False while nobody has been told of the recovery key.
    pub told: bool,
    now: i64,
    dir: TempDir,
}

/// Who acts in the office.
pub fn by() -> By<'static> {
    By { operator: "prøve", now: system_now() }
}

impl Holders {
    /// Everybody has met.
    pub fn new() -> Self {
        Self::founded(true)
    }

    /// Everybody has met, and nobody has been told of the recovery key.
    pub fn untold() -> Self {
        Self::founded(false)
    }

    /// An office of nobody yet.
    pub fn office_alone() -> Office {
        founded().0
    }

    fn founded(told: bool) -> Self {
        let rng = &mut rng::system();
        let (mut office, recovery) = founded();
        let dir = tempfile::tempdir().unwrap();
        let relay = RunningRelay::start(dir.path(), 0, office.authority());
        office.name_relay(&relay.url(), by()).unwrap();
        let sheets = recovery.sheets(&office.authority().municipality);
        let mut rows = Vec::new();
        for number in NUMBERS {
            office.add_unit(&format!("Hus {number}"), "dagtilbud", None, by(), rng).unwrap();
            let unit = office.unit(&format!("Hus {number}")).unwrap().team;
            let (name, profession) = (format!("Person {number}"), "pædagog".to_owned());
            rows.push(Row { number: number.to_owned(), name, profession, unit, roles: vec![Role::Manager] });
        }
        office.import(&rows, Missing::Stay, by(), rng).unwrap();
        let mut holders = Self { office, sheets, relay, devices: Vec::new(), told, now: 10, dir };
        for person in 0..NUMBERS.len() {
            holders.enrols(person);
        }
        holders.publish();
        holders.meet();
        holders
    }

    /// A new device of a person, certified and enrolled. Returns its number.
    pub fn enrols(&mut self, person: usize) -> usize {
        let device = phone();
        let id = self.office.certify(NUMBERS[person], device.keys(), by()).unwrap();
        let mut enrolment = self.office.enrolment(&id).unwrap();
        enrolment.statements.retain(|statement| self.tells(statement));
        self.devices.push(device.enrol(enrolment).unwrap());
        self.devices.len() - 1
    }

    /// The relay gets what the office has stated.
    pub fn publish(&mut self) {
        let (relay, mut due) = (self.asked_relay(), self.office.to_publish(false));
        due.retain(|statement| self.tells(statement));
        due.iter().for_each(|statement| block(relay.publish(statement)).unwrap());
        self.office.published(&due, by()).unwrap();
    }

    fn tells(&self, statement: &SignedStatement) -> bool {
        let claim = self.office.lineage().check(statement).unwrap().claim;
        self.told || !matches!(claim, Claim::Recovery { .. })
    }

    /// A device is revoked.
    pub fn loses(&mut self, device: usize) {
        let id = self.devices[device].installation().device.to_hex();
        self.office.revoke_device(&id, by()).unwrap();
        self.publish();
    }

    /// A person leaves.
    pub fn leaves(&mut self, person: usize) {
        self.office.leave(NUMBERS[person], by()).unwrap();
        self.publish();
    }

    /// The relay, for whoever has no session.
    pub fn asked_relay(&self) -> Relay {
        Relay::new(&self.relay.url()).unwrap()
    }

    /// The relay ends and begins again with what is on its disk.
    pub fn restart(mut self) -> Self {
        let port = self.relay.address.port();
        drop(self.relay);
        self.relay = RunningRelay::start(self.dir.path(), port, self.office.authority());
        self
    }

    /// The relay's data as they are now, put aside.
    pub fn backed_up(mut self) -> (Self, TempDir) {
        let (port, backup) = (self.relay.address.port(), tempfile::tempdir().unwrap());
        drop(self.relay);
        copy(self.dir.path(), backup.path());
        self.relay = RunningRelay::start(self.dir.path(), port, self.office.authority());
        (self, backup)
    }

    /// The relay begins again with what was put aside.
    pub fn put_back(mut self, backup: TempDir) -> Self {
        let port = self.relay.address.port();
        drop(self.relay);
        self.dir = backup;
        self.relay = RunningRelay::start(self.dir.path(), port, self.office.authority());
        self
    }

    /// A copy of the office in the hands of somebody who knows its passphrase.
    pub fn stolen(&self) -> Office {
        let dir = tempfile::tempdir().unwrap();
        let (path, words) = (dir.path().join("office.sealed"), "otte vilde ræve spiser kage");
        let passphrase = Passphrase::typed(Zeroizing::new(words.to_owned()));
        let file = OfficeFile::reserve(&path, &passphrase, Stretch::FLOOR, &mut rng::system()).unwrap();
        file.write(&self.office, &mut rng::system()).unwrap();
        drop(file);
        OfficeFile::open(&path, &passphrase).unwrap().1
    }

    /// The authority's key is followed by another one.
    pub fn rotates(&mut self) {
        let sheets = [&self.sheets[0], &self.sheets[2]];
        self.office.rotate_authority(sheets, by(), &mut rng::system()).unwrap();
        self.publish();
    }

    /// The sheets are followed by others. Returns the old ones.
    pub fn renews_sheets(&mut self) -> Vec<Sheet> {
        let new = RecoverySplit::draw(&mut rng::system()).unwrap();
        let old = [&self.sheets[0], &self.sheets[1]];
        self.office.renew_sheets(old, &new, ["Anne", "Bo", "Dorthe"], by()).unwrap();
        self.publish();
        let sheets = new.sheets(&self.office.authority().municipality);
        std::mem::replace(&mut self.sheets, sheets)
    }

    /// One contact.
    pub fn tries(&self, device: usize) -> Option<Failure> {
        block(sync_once(&self.devices[device], &self.asked_relay(), &mut rng::system())).unwrap().failed
    }

    /// Everybody is in contact, so often that what they owe each other is done. Who is refused is not.
    pub fn meet(&self) {
        for _ in 0..4 {
            for device in 0..self.devices.len() {
                let _ = self.tries(device);
            }
        }
    }

    /// Whose a device is.
    pub fn owner(&self, device: usize) -> PersonId {
        self.devices[device].person()
    }

    /// Whose a device is, as a member.
    pub fn member(&self, device: usize) -> Member {
        Member::Person(self.owner(device))
    }

    /// The code on a device's screen.
    pub fn code(&self, device: usize) -> String {
        device_code(&self.devices[device].installation().device)
    }

    /// Writes about child 1.
    pub fn writes(&mut self, device: usize, text: &str, audience: Audience) -> RecordId {
        self.now += 1;
        let note = observation(&child(1), text, self.now);
        self.devices[device].submit(&note, &[audience], &mut Moment::new(self.now, &mut rng::system())).unwrap()
    }

    /// True if the device can read it.
    pub fn reads(&self, device: usize, note: &RecordId) -> bool {
        self.devices[device].envelope(note).is_ok()
    }

    /// What the relay serves of it to the office.
    pub fn fetched(&self, asked: &Asked) -> Vec<ServedLog> {
        let (mut logs, mut more) = (Vec::new(), true);
        while more {
            let act = match asked {
                Asked::Own { person } => RecoveryAct::Own { person: *person },
                Asked::Forsaken { left, to } => {
                    RecoveryAct::Forsaken { left: *left, to: *to, after: logs.len() as u64 }
                }
            };
            let order = self.office.recovery_order(act, system_now());
            let page = block(self.asked_relay().forsaken(&order)).unwrap();
            logs.extend(page.logs);
            more = page.more;
        }
        logs
    }

    /// The file that goes to the machine of the holders.
    pub fn file(&self, to: usize, left: Option<usize>) -> Vec<u8> {
        let asked = self.office.asked(NUMBERS[to], left.map(|person| NUMBERS[person])).unwrap();
        let logs = self.fetched(&asked);
        self.office.recovery_file(asked, logs, system_now()).to_bytes()
    }

    /// Two holders open a file for the device with this code.
    pub fn open(
        &self,
        file: &[u8],
        code: &str,
        sheets: [usize; 2],
    ) -> Result<(Restoring, Vec<Skipped>), RecoveryError> {
        let forsaken = Forsaken::verified(SignedRecoveryFile::read(file)?)?;
        let device = forsaken.device(code)?;
        let sheets = sheets.map(|number| &self.sheets[number]);
        forsaken.restore(&device, sheets, "Telefonen er væk", system_now(), &mut rng::system())
    }

    /// What was signed goes to the relay.
    pub fn push(&mut self, restoring: &Restoring) -> Vec<Pushed> {
        self.office.restores(restoring, by()).unwrap();
        let ids = restoring.entries.iter().map(|made| ParsedEntry::from_bytes(&made.entry).unwrap().id);
        let order = self.office.recovery_order(RecoveryAct::Push { entries: ids.collect() }, system_now());
        let push = RecoveryPush { order, entries: restoring.entries.clone() };
        block(self.asked_relay().restore(&push)).unwrap().results
    }

    /// All of it, for a device of a person.
    pub fn restores(&mut self, to: usize, left: Option<usize>, device: usize) {
        let file = self.file(to, left);
        let (restoring, broken) = self.open(&file, &self.code(device), [0, 2]).unwrap();
        assert!(broken.is_empty());
        let results = self.push(&restoring);
        assert!(results.iter().all(|result| *result == Pushed::Stored), "{results:?}");
    }

    /// Everything that the relay serves to a device.
    pub fn feed(&self, device: usize) -> Vec<FeedItem> {
        let relay = self.asked_relay();
        block(async {
            let challenge = Challenge::from_bytes(&relay.call(&Request::Challenge).await.unwrap()).unwrap();
            let session = self.devices[device].session_request(&challenge).to_bytes();
            relay.call(&Request::Session(session)).await.unwrap();
            let (mut items, mut after) = (Vec::new(), TOKEN_START);
            loop {
                let pull = Request::Pull { after, seen: TOKEN_START, wait: false };
                let page = Page::from_bytes(&relay.call(&pull).await.unwrap()).unwrap();
                items.extend(page.items);
                after = page.next;
                if !page.more {
                    return items;
                }
            }
        })
    }

    /// The relay, in the hands of whoever holds a device, gives it everything that another one is given.
    pub fn hands_over(&self, from: usize, to: usize) {
        let page = Page { items: self.feed(from), next: TOKEN_START, more: false };
        self.devices[to].absorb_page(&page.to_bytes(), self.now).unwrap();
        self.devices[to].process().unwrap();
    }
}

impl Default for Holders {
    fn default() -> Self {
        Self::new()
    }
}

fn founded() -> (Office, RecoverySplit) {
    let rng = &mut rng::system();
    let recovery = RecoverySplit::draw(rng).unwrap();
    let founding = Founding {
        name: "Prøveby",
        relay: "https://tvaers.example",
        recovery: recovery.keys.clone(),
        split: recovery.split,
        holders: ["Anne", "Bo", "Carl"],
    };
    (Office::found(&founding, by(), rng).unwrap(), recovery)
}

fn copy(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn phone() -> NewDevice {
    match open(Store::in_memory().unwrap(), &mut Moment::new(system_now(), &mut rng::system())).unwrap() {
        Opened::New(device) => *device,
        Opened::Enrolled(_) => panic!("a new store holds a device"),
    }
}
