//! What happens when: a queue of events by the true clock. People act, requests arrive or do not, processes end, clocks jump,
//! the relay is put back to an older state.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Display;

use tvaers_core::client::{Exchange, Input, Output, Request};
use tvaers_core::moment::Moment;
use tvaers_core::store::Store;
use tvaers_core::sync::{Failure, Mode};
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::{ChildId, EntryId, PersonId};
use tvaers_wire::message::{Page, PushAnswer, PushItem, PushRequest, Pushed};

use super::backend::Backend;
use super::dice::Dice;
use super::model::{Model, Person};
use super::node::Node;
use super::{Options, Tally};
use crate::town::Town;

/// Milliseconds.
pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;
/// A client gives up on an answer after this long.
const PATIENCE: i64 = 30 * SECOND;

/// How often things go wrong, in a thousand.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    request_lost: usize,
    answer_lost: usize,
    repeated: usize,
    crash: usize,
}

#[derive(Debug)]
enum Event {
    /// Somebody does something.
    Act,
    /// A device gets in contact, if it is in none.
    Begin(usize),
    /// A request reaches the relay, on a line.
    Arrive(usize, u64, Request),
    /// A copy of a request reaches the relay late. Nobody waits for the answer.
    Echo(Option<String>, Request),
    /// An answer reaches its device.
    Answer(usize, u64, Request, Result<Vec<u8>, Failure>),
    /// A device asked to be woken.
    Wake(usize, u64),
    /// A crashed process starts again.
    Restart(usize),
    /// A device is told who coordinates a child.
    Told(usize, ChildId, Person),
    /// Something happens to a device or to the relay.
    Trouble,
}

/// Devices, a relay, and what is expected of them.
pub struct World {
    pub(super) dice: Dice,
    pub(super) now: i64,
    pub(super) nodes: Vec<Node>,
    pub(super) relay: Backend,
    pub(super) people: Vec<PersonId>,
    pub(super) town: Town,
    pub(super) model: Model,
    pub(super) tally: Tally,
    pub(super) steps: usize,
    /// Lines that wait for something new at the relay.
    parked: Vec<(usize, u64, Request)>,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    events: HashMap<u64, Event>,
    serial: u64,
    faults: Faults,
    /// Backups are taken and put back in this world.
    restores: bool,
    /// The entry that was taken first on each parent.
    heads: HashMap<EntryId, EntryId>,
    /// Some circle has two heads.
    pub(super) forked: bool,
    verbose: bool,
}

impl World {
    /// A municipality on the morning of its first day.
    pub fn new(seed: u64, options: &Options) -> Self {
        let mut dice = Dice::new(seed);
        let range = &options.devices;
        let count = range.start() + dice.below(range.end() - range.start() + 1);
        let persons = (count - dice.below(count / 2 + 1)).max(2);
        let teams = 1 + dice.below(3.min(persons));
        let teams_of: Vec<usize> =
            (0..persons).map(|person| if person < teams { person } else { dice.below(teams) }).collect();
        let mut town = Town::new(&teams_of, &mut dice);
        let mut owners: Vec<Person> = (0..count).map(|n| if n < persons { n } else { dice.below(persons) }).collect();
        owners.sort_unstable();
        let stores = owners.iter().map(|person| (*person, Store::in_memory().unwrap())).collect();
        let devices = town.enrol(stores, "https://relay.example", &mut dice);
        let mut nodes = Vec::new();
        for (person, device) in owners.into_iter().zip(devices) {
            let mode = if dice.chance(500) { Mode::Live } else { Mode::Once };
            nodes.push(Node::new(person, device, mode));
        }
        let faults = match dice.below(4) {
            0 => Faults::default(),
            1 => Faults { request_lost: 30, answer_lost: 30, repeated: 30, crash: 5 },
            2 => Faults { request_lost: 100, answer_lost: 150, repeated: 100, crash: 20 },
            _ => Faults { request_lost: 20, answer_lost: 20, repeated: 20, crash: 80 },
        };
        let restores = dice.chance(500);
        Self {
            relay: Backend::new(town.authority()),
            now: 1_800_000_000 * SECOND,
            people: town.people.iter().map(|(person, _)| *person).collect(),
            tally: Tally { worlds: 1, devices: nodes.len(), ..Tally::default() },
            nodes,
            town,
            dice,
            model: Model::default(),
            steps: options.steps,
            parked: Vec::new(),
            queue: BinaryHeap::new(),
            events: HashMap::new(),
            serial: 0,
            faults,
            restores,
            heads: HashMap::new(),
            forked: false,
            verbose: options.verbose,
        }
    }

    /// Lives through it.
    ///
    /// # Errors
    /// Which promise was broken.
    pub fn live(mut self) -> Result<Tally, String> {
        if self.restores {
            // A backup is of a relay in use: before people and teams have their circles there is nothing to put back to.
            self.calm()?;
            self.relay.snapshot();
        }
        for node in 0..self.nodes.len() {
            let at = self.dice.within(0..=2 * HOUR);
            self.after(at, Event::Begin(node));
        }
        self.after(10 * MINUTE, Event::Act);
        let troubles = self.steps / 3;
        for _ in 0..troubles {
            let at = self.dice.within(0..=self.steps as i64 * HOUR);
            self.after(at, Event::Trouble);
        }
        let mut acts = 0;
        while let Some(Reverse((at, serial))) = self.queue.pop() {
            let event = self.events.remove(&serial).unwrap();
            self.now = self.now.max(at);
            if matches!(event, Event::Act) {
                acts += 1;
                if acts > self.steps {
                    break;
                }
                let pause = self.dice.within(SECOND..=2 * HOUR);
                self.after(pause, Event::Act);
            }
            self.happen(event)?;
        }
        // Who was to be told something, or to start again, will be.
        let mut left: Vec<(u64, Event)> = self.events.drain().collect();
        left.sort_unstable_by_key(|(serial, _)| *serial);
        self.queue.clear();
        self.parked.clear();
        for node in &mut self.nodes {
            node.crash();
            node.restart(self.now, &mut self.dice);
        }
        for (_, event) in left {
            if let Event::Told(node, child, person) = event {
                self.told(node, child, person);
            }
        }
        self.faults = Faults::default();
        self.calm()?;
        match self.check_all() {
            Err(_) if self.forked => self.tally.two_heads = 1,
            checked => checked?,
        }
        Ok(self.tally)
    }

    pub(super) fn say(&self, what: impl FnOnce() -> String) {
        if self.verbose {
            let (days, rest) = ((self.now - 1_800_000_000 * SECOND) / DAY, (self.now % DAY) / SECOND);
            println!("day {days:>3} {:>5} s  {}", rest, what());
        }
    }

    fn after(&mut self, delay: i64, event: Event) {
        self.serial += 1;
        self.queue.push(Reverse((self.now + delay, self.serial)));
        self.events.insert(self.serial, event);
    }

    pub(super) fn later_told(&mut self, delay: i64, node: usize, child: ChildId, person: Person) {
        self.after(delay, Event::Told(node, child, person));
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Act => self.act()?,
            Event::Begin(node) => self.begin(node)?,
            Event::Arrive(node, line, request) => self.arrive(node, line, request),
            Event::Echo(mut session, request) => {
                let answer = self.relay.call(self.now, &mut session, &request);
                if let (Request::Push(push), Ok(answer)) = (&request, &answer) {
                    self.watch_heads(push, answer);
                }
                self.wake_parked(&request);
            }
            Event::Answer(node, line, request, answer) => {
                if self.nodes[node].line == line {
                    if self.dice.chance(self.faults.crash / 2) {
                        self.crash(node);
                    } else {
                        self.hand_in(node, Input::Answer(request, answer))?;
                    }
                }
            }
            Event::Wake(node, line) => {
                let due = self.nodes[node].wake_at.is_some_and(|at| at <= self.now);
                if self.nodes[node].line == line && due {
                    self.nodes[node].wake_at = None;
                    self.hand_in(node, Input::Due)?;
                }
            }
            Event::Restart(node) => {
                self.nodes[node].restart(self.now, &mut self.dice);
                let at = self.dice.within(0..=10 * MINUTE);
                self.after(at, Event::Begin(node));
            }
            Event::Told(node, child, person) => self.told(node, child, person),
            Event::Trouble => self.trouble()?,
        }
        Ok(())
    }

    /// A contact begins. Devices that are not live try again after a while.
    fn begin(&mut self, node: usize) -> Result<(), String> {
        let again = self.dice.within(10 * MINUTE..=12 * HOUR);
        if self.nodes[node].mode == Mode::Once {
            self.after(again, Event::Begin(node));
        }
        if self.nodes[node].device().is_none() || self.nodes[node].contact.is_some() {
            return Ok(());
        }
        self.nodes[node].contact = Some(Exchange::new(self.nodes[node].mode));
        self.hand_in(node, Input::Start)
    }

    /// Something comes in at a device, and what it sends goes its way.
    pub(super) fn hand_in(&mut self, node: usize, input: Input) -> Result<(), String> {
        let now = self.now + self.nodes[node].skew;
        let Some((device, exchange)) = self.nodes[node].parts() else { return Ok(()) };
        let outputs = exchange.handle(device, &mut Moment::new(now, &mut self.dice), input);
        let outputs = outputs.map_err(|error| format!("device {node} fails: {error}"))?;
        for output in outputs {
            match output {
                Output::Send(request) => {
                    if self.dice.chance(self.faults.crash / 2) {
                        self.crash(node);
                        return Ok(());
                    }
                    self.tally.requests += 1;
                    let (line, delay) = (self.nodes[node].line, self.dice.within(5..=800));
                    self.after(delay, Event::Arrive(node, line, request));
                    if self.dice.chance(self.faults.crash / 2) {
                        self.crash(node);
                        return Ok(());
                    }
                }
                Output::WakeAt(at) => {
                    let wait = (at - now).max(0);
                    self.nodes[node].wake_at = Some(self.now + wait);
                    let line = self.nodes[node].line;
                    self.after(wait, Event::Wake(node, line));
                }
                Output::Changed(changed) => self.check_opened(node, &changed.opened)?,
                Output::Disconnect => self.nodes[node].hang_up(),
                Output::Finished => {
                    self.nodes[node].hang_up();
                    self.nodes[node].contact = None;
                }
            }
        }
        Ok(())
    }

    fn arrive(&mut self, node: usize, line: u64, request: Request) {
        let lost = Err(Failure::Unreachable { retry_after: None });
        if self.now < self.nodes[node].offline_until || self.dice.chance(self.faults.request_lost) {
            self.tally.lost += 1;
            let wait = self.dice.within(SECOND..=PATIENCE);
            return self.after(wait, Event::Answer(node, line, request, lost));
        }
        if self.dice.chance(self.faults.repeated) {
            self.tally.repeated += 1;
            let (late, session) = (self.dice.within(10..=20 * MINUTE), self.nodes[node].session.clone());
            self.after(late, Event::Echo(session, request.clone()));
        }
        let answer = self.relay.call(self.now, &mut self.nodes[node].session, &request);
        self.note(node, &request, &answer);
        self.wake_parked(&request);
        if self.dice.chance(self.faults.answer_lost) {
            self.tally.lost += 1;
            return self.after(PATIENCE, Event::Answer(node, line, request, lost));
        }
        let waits = matches!(request, Request::Pull { wait: true, .. });
        if waits && answer.as_ref().is_ok_and(|page| is_empty(page)) {
            self.parked.push((node, line, request));
            return;
        }
        let delay = self.dice.within(5..=800);
        self.after(delay, Event::Answer(node, line, request, answer));
    }

    /// Prints what became of a request, if it is worth a line.
    fn note(&mut self, node: usize, request: &Request, answer: &Result<Vec<u8>, Failure>) {
        if let (Request::Push(push), Ok(answer)) = (request, answer) {
            self.watch_heads(push, answer);
        }
        match (request, answer) {
            (_, Err(failure)) => self.say(|| format!("device {node}: {} fails: {failure:?}", name(request))),
            (Request::Push(push), Ok(answer)) => self.say(|| {
                let (push, answer) = (PushRequest::from_bytes(push).unwrap(), PushAnswer::from_bytes(answer).unwrap());
                let items = push
                    .items
                    .iter()
                    .zip(answer.results)
                    .map(|(item, result)| format!("{} {result:?}", describe(item)));
                format!("device {node} pushes {}", items.collect::<Vec<_>>().join(", "))
            }),
            (Request::Frontier(_), Ok(_)) => self.say(|| format!("device {node} asks where the relay stands")),
            _ => {}
        }
    }

    /// Notes when a second entry was taken on the same parent, which only a restore makes possible.
    fn watch_heads(&mut self, push: &[u8], answer: &[u8]) {
        let (push, answer) = (PushRequest::from_bytes(push).unwrap(), PushAnswer::from_bytes(answer).unwrap());
        for (item, result) in push.items.iter().zip(answer.results) {
            let (PushItem::Entry { entry, .. }, Pushed::Stored) = (item, result) else { continue };
            let parsed = ParsedEntry::from_bytes(entry).unwrap();
            for parent in &parsed.public.parents {
                let first = *self.heads.entry(*parent).or_insert(parsed.id);
                self.forked |= first != parsed.id;
            }
        }
    }

    /// A push may bring something for those who wait.
    fn wake_parked(&mut self, request: &Request) {
        if !matches!(request, Request::Push(_)) {
            return;
        }
        let mut still = Vec::new();
        for (node, line, request) in std::mem::take(&mut self.parked) {
            if self.nodes[node].line != line {
                continue;
            }
            if self.now < self.nodes[node].offline_until {
                let lost = Err(Failure::Unreachable { retry_after: None });
                self.after(PATIENCE, Event::Answer(node, line, request, lost));
                continue;
            }
            let answer = self.relay.call(self.now, &mut self.nodes[node].session, &request);
            if answer.as_ref().is_ok_and(|page| is_empty(page)) {
                still.push((node, line, request));
            } else {
                let delay = self.dice.within(5..=800);
                self.after(delay, Event::Answer(node, line, request, answer));
            }
        }
        self.parked.extend(still);
    }

    pub(super) fn crash(&mut self, node: usize) {
        self.say(|| format!("device {node} crashes"));
        self.tally.crashes += 1;
        self.nodes[node].crash();
        let pause = self.dice.within(SECOND..=2 * HOUR);
        self.after(pause, Event::Restart(node));
    }

    fn trouble(&mut self) -> Result<(), String> {
        let node = self.dice.below(self.nodes.len());
        match self.dice.below(7) {
            0 | 1 => {
                let long = self.dice.within(HOUR..=4 * DAY);
                self.say(|| format!("device {node} is offline for {} h", long / HOUR));
                self.tally.partitions += 1;
                self.nodes[node].offline_until = self.now + long;
            }
            2 | 3 => {
                self.tally.jumps += 1;
                self.nodes[node].skew =
                    if self.dice.chance(300) { 0 } else { self.dice.within(-10 * YEAR..=10 * YEAR) };
                let skew = self.nodes[node].skew;
                self.say(|| format!("device {node}'s clock is off by {} days", skew / DAY));
            }
            4 => self.crash(node),
            5 if self.restores => {
                let number = self.relay.snapshot();
                self.say(|| format!("backup {number}"));
                self.drop_lines();
            }
            6 if self.restores && self.relay.snapshots() > 0 => {
                self.tally.restores += 1;
                let last = self.relay.snapshots() - 1;
                let number = last - self.dice.below(last.min(2) + 1);
                self.say(|| format!("the relay is put back to backup {number}"));
                self.relay.restore(number);
                self.drop_lines();
            }
            _ => {
                self.say(|| format!("device {node} hangs up"));
                let at = self.dice.within(0..=HOUR);
                self.after(at, Event::Begin(node));
                self.hand_in(node, Input::Stop)?;
                self.nodes[node].contact = None;
            }
        }
        Ok(())
    }

    /// The relay has stopped: whoever waited hears of it.
    fn drop_lines(&mut self) {
        for (node, line, request) in std::mem::take(&mut self.parked) {
            let lost = Err(Failure::Unreachable { retry_after: None });
            self.after(SECOND, Event::Answer(node, line, request, lost));
        }
    }

    /// Talks to the relay undisturbed, in one go. True if something was pushed.
    pub(super) fn contact(&mut self, node: usize) -> Result<bool, String> {
        let mut exchange = Exchange::new(Mode::Once);
        let mut inputs = std::collections::VecDeque::from([Input::Start]);
        let (mut pushed, mut sent) = (false, 0);
        while let Some(input) = inputs.pop_front() {
            let now = self.now + self.nodes[node].skew;
            let device = self.nodes[node].device().unwrap();
            let outputs = exchange.handle(device, &mut Moment::new(now, &mut self.dice), input);
            for output in outputs.map_err(|error| format!("device {node} fails: {error}"))? {
                match output {
                    Output::Send(request) => {
                        sent += 1;
                        if sent > 400 {
                            return Err(format!("a contact of device {node} does not end"));
                        }
                        self.tally.requests += 1;
                        pushed |= matches!(request, Request::Push(_));
                        let answer = self.relay.call(self.now, &mut self.nodes[node].session, &request);
                        self.note(node, &request, &answer);
                        self.now += 20;
                        inputs.push_back(Input::Answer(request, answer));
                    }
                    Output::Changed(changed) => self.check_opened(node, &changed.opened)?,
                    Output::WakeAt(_) | Output::Disconnect => {}
                    Output::Finished => return Ok(pushed),
                }
            }
        }
        Err(format!("a contact of device {node} stops without an end"))
    }
}

fn name(request: &Request) -> impl Display {
    match request {
        Request::Challenge => "challenge",
        Request::Session(_) => "session",
        Request::Push(_) => "push",
        Request::Pull { .. } => "pull",
        Request::Backlog { .. } => "backlog",
        Request::Frontier(_) => "frontier",
    }
}

fn describe(item: &PushItem) -> String {
    match item {
        PushItem::Entry { entry, wraps } => {
            let parsed = ParsedEntry::from_bytes(entry).unwrap();
            let (id, kind) = (parsed.circle, parsed.public.subject);
            format!(
                "entry {:?} of {id:?} {kind:?} with {} of {} wraps",
                parsed.id,
                wraps.len(),
                parsed.public.wraps.len()
            )
        }
        PushItem::Chunk { chunk, .. } => {
            let header = ParsedChunk::from_bytes(chunk).unwrap().header;
            let (counter, device, circle) = (header.counter, header.installation.device, header.circle);
            format!("chunk {counter} by {device:?} in {circle:?} at {:?}", header.head)
        }
        PushItem::Box { chunk, .. } => format!("box of {chunk:?}"),
    }
}

fn is_empty(page: &[u8]) -> bool {
    Page::from_bytes(page).is_ok_and(|page| page.items.is_empty())
}
