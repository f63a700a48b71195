//! A few colleagues, each with one device, and a relay between them that may be hostile.

use std::cell::Cell;
use std::rc::Rc;

use tvaers_core::audience::Audience;
use tvaers_core::client::{Device, Exchange, Input, Opened, Output, Request, open};
use tvaers_core::directory::{Directory, LOG_CONTROL, Policy, Retention, SignedDirectory};
use tvaers_core::keys::DeviceSecret;
use tvaers_core::kinds::Envelope;
use tvaers_core::moment::Moment;
use tvaers_core::rng::{self, bytes};
use tvaers_core::store::Store;
use tvaers_core::sync::{Failure, Mode};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::Member;
use tvaers_wire::ids::{CircleId, DeviceId, Installation, RecordId};
use tvaers_wire::limits;
use tvaers_wire::message::{
    Backlog, BacklogRequest, Challenge, FeedItem, Page, PastOf, PushAnswer, PushItem, PushRequest, Pushed, TOKEN_START,
};
use tvaers_wire::statement::SignedStatement;

use super::HostileRelay;
use crate::dice::Seeded;
use crate::town::{Town, child, observation};

/// 2027, so that tokens and challenges are young.
const BEGIN: i64 = 1_800_000_000_000;

/// People are named by their place in the list. Whoever writes first about child 1 founds and manages its case.
pub struct Scene {
    /// The municipality.
    pub town: Town,
    /// One device each.
    pub devices: Vec<Device>,
    /// Between them.
    pub relay: HostileRelay,
    /// Unix milliseconds, by the relay.
    pub now: i64,
    /// By how much each device's clock is ahead of it.
    pub ahead: Vec<i64>,
    secrets: Vec<DeviceSecret>,
}

impl Scene {
    /// So many people, each alone in a unit, who have met.
    pub fn new(people: usize) -> Self {
        let mut scene = Self::strangers(people);
        scene.meet();
        scene
    }

    /// The same people before any of them was in contact.
    pub fn strangers(people: usize) -> Self {
        Self::with_stores(Self::stores(people))
    }

    /// A device for each of these, which are numbers of persons: `&[0, 0, 1]` is two devices of the first and one of the second. All
    /// have met.
    pub fn owned(owners: &[usize]) -> Self {
        let mut scene = Self::unmet(owners);
        scene.meet();
        scene
    }

    /// The same, of persons who work in these units: `&[0, 0, 1]` is two in the first and one in the second. Somebody may have no device yet.
    pub fn in_units(units: &[usize], owners: &[usize]) -> Self {
        let mut scene = Self::of(units, owners, Self::stores(owners.len()), None);
        scene.meet();
        scene
    }

    /// As [`Scene::owned`], before any of them was in contact.
    pub fn unmet(owners: &[usize]) -> Self {
        Self::of(&Self::alone(owners), owners, Self::stores(owners.len()), None)
    }

    /// The same with these stores.
    pub fn with_stores(stores: Vec<Store>) -> Self {
        let owners: Vec<usize> = (0..stores.len()).collect();
        Self::of(&Self::alone(&owners), &owners, stores, None)
    }

    /// So many people, who have met; the unit of one of them is that of the log controllers.
    pub fn with_log_control(people: usize, controller: usize) -> Self {
        let owners: Vec<usize> = (0..people).collect();
        let mut scene = Self::of(&Self::alone(&owners), &owners, Self::stores(people), Some(controller));
        scene.meet();
        scene
    }

    fn stores(count: usize) -> Vec<Store> {
        (0..count).map(|_| Store::in_memory().unwrap()).collect()
    }

    /// A unit for each of these persons.
    fn alone(owners: &[usize]) -> Vec<usize> {
        (0..=*owners.iter().max().unwrap()).collect()
    }

    fn of(units: &[usize], owners: &[usize], stores: Vec<Store>, log_control: Option<usize>) -> Self {
        let kinds = log_control.map(|team| (team, LOG_CONTROL)).into_iter().collect();
        let mut town = Town { kinds, ..Town::new(units, &mut rng::system()) };
        let relay = HostileRelay::new(town.authority(), stores.len());
        // Whoever throws the same dice has the same keys: that is how an insider's get into the wrong hands.
        let seed: [u8; 32] = bytes(&mut rng::system());
        let stores = owners.iter().copied().zip(stores).collect();
        let devices = town.enrol(stores, "http://127.0.0.1:1", &mut Seeded::new(&seed));
        let dice = &mut Seeded::new(&seed);
        let secrets = devices.iter().map(|device| {
            let secret = DeviceSecret::generate(dice).unwrap();
            assert_eq!(device.installation(), Installation::new(secret.id(), bytes(dice)));
            secret
        });
        let secrets = secrets.collect();
        let ahead = vec![0; devices.len()];
        Self { town, devices, relay, now: BEGIN, ahead, secrets }
    }

    /// One more device of a person, by their number, which the relay hears of from somebody and nobody has let in yet.
    pub fn joins(&mut self, person: usize, by: usize) -> usize {
        let seed: [u8; 32] = bytes(&mut rng::system());
        let (store, dice) = (Store::in_memory().unwrap(), &mut Seeded::new(&seed));
        let (statement, device) = self.town.enrol_later((person, store), &[], "http://127.0.0.1:1", dice);
        self.secrets.push(DeviceSecret::generate(&mut Seeded::new(&seed)).unwrap());
        self.devices.push(device);
        self.ahead.push(0);
        self.relay.joins();
        self.push(by, vec![PushItem::Statement { statement }]);
        self.devices.len() - 1
    }

    /// The keys of a device.
    pub fn secret(&self, device: usize) -> &DeviceSecret {
        &self.secrets[device]
    }

    /// A person as a member.
    pub fn member(&self, device: usize) -> Member {
        Member::Person(self.devices[device].person())
    }

    /// A newer directory, in which the first unit has this name.
    pub fn renames(&self, serial: u64, unit: &str) -> SignedDirectory {
        let mut directory = Directory { serial, ..self.town.directory() };
        directory.teams[0].name = unit.to_owned();
        self.town.authority.sign_directory(&directory)
    }

    /// A newer directory, in which this person's unit is that of the log controllers.
    pub fn names_log_control(&mut self, serial: u64, controller: usize) -> SignedDirectory {
        self.town.kinds.insert(controller, LOG_CONTROL);
        let directory = Directory { serial, ..self.town.directory() };
        self.town.authority.sign_directory(&directory)
    }

    /// A newer directory, with these rules on how long records are kept.
    pub fn keeps(&self, serial: u64, retention: Vec<Retention>) -> SignedDirectory {
        self.rules(serial, Policy { retention, ..Policy::default() })
    }

    /// A newer directory, with these rules of the municipality.
    pub fn rules(&self, serial: u64, policy: Policy) -> SignedDirectory {
        let policy = Some(policy);
        self.town.authority.sign_directory(&Directory { serial, policy, ..self.town.directory() })
    }

    /// The office seals it for these devices and brings it to the relay, which tells nobody yet.
    pub fn brings(&mut self, directory: &SignedDirectory, devices: &[usize]) {
        let keys = devices.iter().map(|device| self.secrets[*device].keys());
        let municipality = self.town.authority().municipality;
        let sealed = directory.seal_for(&municipality, keys, &mut rng::system()).unwrap();
        for upload in self.town.authority.directory_uploads(&sealed) {
            assert_eq!(self.relay.raw(0, true, "/v1/directory", upload.to_bytes()).0, 200);
        }
    }

    /// The office states that it is in force.
    pub fn states(&mut self, directory: &SignedDirectory) -> SignedStatement {
        let statement = self.town.authority.state_directory(directory);
        assert_eq!(self.relay.raw(0, true, "/v1/statement", statement.to_bytes()).0, 200);
        statement
    }

    /// What a device calls the first unit.
    pub fn unit(&self, device: usize) -> String {
        self.devices[device].staff().directory.teams[0].name.clone()
    }

    /// One contact. Answers what ended it early.
    pub fn sync(&mut self, device: usize) -> Option<Failure> {
        let (mut exchange, mut failed) = (Exchange::new(Mode::Once), None);
        let mut inputs = vec![Input::Start];
        while let Some(input) = inputs.pop() {
            self.now += 10;
            let (dice, now) = (&mut rng::system(), self.shows(device));
            let moment = &mut Moment::new(now, dice);
            for output in exchange.handle(&self.devices[device], moment, input).unwrap() {
                match output {
                    Output::Send(request) => {
                        let answer = self.relay.call(device, self.now, &request);
                        if !matches!(request, Request::Directory(_) | Request::Word(_)) {
                            failed = answer.as_ref().err().copied().or(failed);
                        }
                        inputs.insert(0, Input::Answer(request, answer));
                    }
                    Output::Finished => return failed,
                    Output::Disconnect => inputs.clear(),
                    Output::Changed(_) | Output::WakeAt(_) => {}
                }
            }
        }
        failed
    }

    /// One contact. Answers how often it pushes something.
    pub fn pushes(&mut self, device: usize) -> usize {
        let count = Rc::new(Cell::new(0));
        let seen = count.clone();
        self.relay.script(device, move |request, honest| {
            seen.set(seen.get() + usize::from(matches!(request, Request::Push(_))));
            honest(request)
        });
        self.sync(device);
        self.relay.behave(device);
        count.get()
    }

    /// Its process ends, and starts again.
    pub fn restarts(&mut self, device: usize) {
        let (store, dice) = (self.devices.remove(device).into_store(), &mut rng::system());
        match open(store, &mut Moment::new(self.now, dice)).unwrap() {
            Opened::Enrolled(opened) => self.devices.insert(device, *opened),
            Opened::New(_) => panic!("its enrolment is gone"),
        }
    }

    /// What a device's clock shows.
    pub fn shows(&self, device: usize) -> i64 {
        self.now + self.ahead[device]
    }

    /// Everybody has been in contact three times: enough for everything that can arrive.
    pub fn meet(&mut self) {
        for _ in 0..3 {
            for device in 0..self.devices.len() {
                self.sync(device);
            }
        }
    }

    /// Submits an observation about child 1 to its case with these others.
    pub fn writes(&mut self, device: usize, text: &str, others: &[usize]) -> RecordId {
        let audience = self.case_of(others);
        let note = observation(&child(1), text, self.now);
        self.submits(device, &note, audience)
    }

    /// The case of child 1 with these.
    pub(super) fn case_of(&self, others: &[usize]) -> Audience {
        Audience::Case(others.iter().map(|other| self.member(*other)).collect())
    }

    /// Submits a record.
    pub fn submits(&mut self, device: usize, record: &Envelope, audience: Audience) -> RecordId {
        self.now += 1;
        let now = self.shows(device);
        self.devices[device].submit(record, &[audience], &mut Moment::new(now, &mut rng::system())).unwrap()
    }

    /// Changes a living record.
    pub fn edits(&mut self, device: usize, record: &RecordId, mut edit: impl FnMut(&mut Envelope)) {
        self.now += 1;
        let dice = &mut rng::system();
        let edit = |envelope: &mut Envelope| {
            edit(envelope);
            Ok(())
        };
        self.devices[device].edit(record, &mut Moment::new(self.now, dice), edit).unwrap();
    }

    /// Takes somebody out of the case of child 1.
    pub fn removes(&mut self, device: usize, other: usize) {
        self.devices[device].remove_from_case(&child(1).id, self.member(other), "Arbejder her ikke mere").unwrap();
    }

    /// The office says that a device is lost, and the relay hears it.
    pub fn loses(&mut self, device: usize, told_by: usize) -> DeviceId {
        let lost = self.devices[device].installation().device;
        let statement = self.town.authority.revoke(lost);
        assert_eq!(self.push(told_by, vec![PushItem::Statement { statement }]), [Pushed::Stored]);
        lost
    }

    /// A device lets somebody into the case of a record.
    pub fn lets_in(&self, device: usize, record: &RecordId, other: usize) {
        let (dice, case) = (&mut rng::system(), self.case_of(&[other]));
        self.devices[device].share(record, &case, &mut Moment::new(self.now, dice)).unwrap();
    }

    /// True if the record is open on the device.
    pub fn reads(&self, device: usize, record: &RecordId) -> bool {
        self.devices[device].envelope(record).is_ok()
    }

    /// What a device shows as set aside: the reasons.
    pub fn aside(&self, device: usize) -> Vec<String> {
        let chunks = self.devices[device].set_aside().unwrap().into_iter().map(|aside| aside.reason);
        chunks.chain(self.devices[device].malformed().unwrap()).collect()
    }

    /// Everything that a device shows of its records: state for state, word for word.
    pub fn shown(&self, device: usize) -> Vec<String> {
        let device = &self.devices[device];
        let rows = device.all_records().unwrap().into_iter();
        let mut shown: Vec<String> =
            rows.map(|row| format!("{:?} {:?} {:?}", row.record, row.author, device.envelope(&row.record))).collect();
        shown.sort();
        shown
    }

    /// Asks the real relay under a device's session, past every script.
    pub fn ask(&mut self, device: usize, request: &Request) -> super::Answer {
        self.now += 10;
        match self.relay.honestly(device, self.now, request) {
            Err(Failure::Unauthorized) => {
                let challenge = self.relay.honestly(device, self.now, &Request::Challenge)?;
                let challenge = Challenge::from_bytes(&challenge).unwrap();
                let session = self.devices[device].session_request(&challenge).to_bytes();
                self.relay.honestly(device, self.now, &Request::Session(session))?;
                self.relay.honestly(device, self.now, request)
            }
            answer => answer,
        }
    }

    /// Pushes items under a device's session, past every script.
    pub fn push(&mut self, device: usize, items: Vec<PushItem>) -> Vec<Pushed> {
        let request = PushRequest { version: limits::VERSION, items }.to_bytes();
        PushAnswer::from_bytes(&self.ask(device, &Request::Push(request)).unwrap()).unwrap().results
    }

    /// The relay shows a device what it has for another one.
    pub fn shows_what_is_for(&mut self, from: usize, to: usize) {
        let (mut after, mut more) = (TOKEN_START, true);
        while more {
            let bytes = self.ask(from, &Request::Pull { after, seen: TOKEN_START, wait: false }).unwrap();
            self.devices[to].absorb_page(&bytes, self.now).unwrap();
            self.devices[to].process().unwrap();
            let page = Page::from_bytes(&bytes).unwrap();
            (after, more) = (page.next, page.more);
        }
    }

    /// Everything that the real relay has for a device.
    pub fn feed(&mut self, device: usize) -> Vec<FeedItem> {
        let (mut items, mut after) = (Vec::new(), TOKEN_START);
        loop {
            let pull = Request::Pull { after, seen: TOKEN_START, wait: false };
            let page = Page::from_bytes(&self.ask(device, &pull).unwrap()).unwrap();
            items.extend(page.items);
            after = page.next;
            if !page.more {
                return items;
            }
        }
    }

    /// What the real relay tells a device of a circle's past, as far as one answer reaches.
    pub fn past(&mut self, device: usize, circle: CircleId) -> Vec<FeedItem> {
        let request = BacklogRequest { circles: vec![PastOf { circle, after: 0 }] }.to_bytes();
        Backlog::from_bytes(&self.ask(device, &Request::Backlog(request)).unwrap()).unwrap().items
    }
}
