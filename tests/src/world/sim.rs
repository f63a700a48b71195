//! What happens when: a queue of events by the true clock. People act, requests arrive or do not, processes end, clocks jump,
//! the relay is put back to an older state.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use tvaers_core::client::{Input, Request};
use tvaers_core::store::Store;
use tvaers_core::sync::{Failure, Mode};
use tvaers_wire::ids::{ChildId, DeviceId, EntryId, PersonId};

use super::authority::Office;
use super::backend::Backend;
use super::dice::Dice;
use super::joins::Joins;
use super::model::{Model, Person};
use super::node::Node;
use super::{Options, Tally};
use crate::town::Town;

/// Milliseconds.
pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
pub(super) const YEAR: i64 = 365 * DAY;
/// A client gives up on an answer after this long.
pub(super) const PATIENCE: i64 = 30 * SECOND;

/// How often things go wrong, in a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) request_lost: usize,
    pub(super) answer_lost: usize,
    pub(super) repeated: usize,
    pub(super) crash: usize,
}

#[derive(Debug)]
pub(super) enum Event {
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
    Told(usize, ChildId),
    /// A device of this person is enrolled.
    Enrol(usize),
    /// A person is to let this device in.
    LetIn(usize),
    /// The authority states something.
    State,
    /// The relay is told what was stated.
    Publish(usize),
    /// Something happens to a device or to the relay.
    Trouble,
}

/// Devices, a relay, and what is expected of them.
pub struct World {
    pub(super) dice: Dice,
    pub(super) now: i64,
    pub(super) nodes: Vec<Node>,
    /// Their ids.
    pub(super) ids: Vec<DeviceId>,
    pub(super) relay: Backend,
    pub(super) people: Vec<PersonId>,
    pub(super) town: Town,
    pub(super) office: Office,
    pub(super) model: Model,
    pub(super) tally: Tally,
    pub(super) steps: usize,
    /// Lines that wait for something new at the relay.
    pub(super) parked: Vec<(usize, u64, Request)>,
    pub(super) queue: BinaryHeap<Reverse<(i64, u64)>>,
    pub(super) events: HashMap<u64, Event>,
    pub(super) serial: u64,
    pub(super) faults: Faults,
    /// Backups are taken and put back in this world.
    pub(super) restores: bool,
    /// The entry that was taken first on each parent.
    pub(super) heads: HashMap<EntryId, EntryId>,
    /// A relay that had forgotten who is out has taken something from them.
    pub(super) intruded: bool,
    pub(super) verbose: bool,
    /// Dice of their own for what is erased, and how often that is, in a thousand.
    pub(super) erasing: (Dice, usize),
    pub(super) joins: Joins,
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
        let mut joins = Joins::new(seed, persons);
        owners.retain(|person| joins.is_here(*person));
        let stores = owners.iter().map(|person| (*person, Store::in_memory().unwrap())).collect();
        let devices = town.enrol(stores, "https://relay.example", &mut dice);
        let mut nodes = Vec::new();
        for (person, device) in owners.into_iter().zip(devices) {
            let mode = if dice.chance(500) { Mode::Live } else { Mode::Once };
            nodes.push(Node::new(person, device, mode, joins.streams()));
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
            ids: nodes.iter().filter_map(Node::device).map(|device| device.installation().device).collect(),
            nodes,
            office: Office::default(),
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
            intruded: false,
            verbose: options.verbose,
            erasing: Self::erasing(seed),
            joins,
        }
    }

    /// Lives through it.
    ///
    /// # Errors
    /// Which promise was broken.
    pub fn live(mut self) -> Result<Tally, String> {
        let statements = if self.dice.chance(600) { 1 + self.dice.below(4) } else { 0 };
        if self.restores || statements > 0 {
            // A backup is of a relay in use: before people and teams have their circles there is nothing to put back to. And who
            // goes before having a circle was never there: whoever writes to them waits.
            self.calm()?;
            self.relay.snapshot();
            self.office.backed_up();
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
        for _ in 0..statements {
            let at = self.dice.within(0..=self.steps as i64 * HOUR);
            self.after(at, Event::State);
        }
        self.plan_joins();
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
            match event {
                Event::Told(node, child) => self.told(node, child),
                Event::Publish(number) => self.publish(number)?,
                Event::Enrol(person) => self.enrol(person)?,
                Event::LetIn(node) => self.let_in(node)?,
                _ => {}
            }
        }
        self.faults = Faults::default();
        self.calm()?;
        self.check_all()?;
        self.check_out()?;
        Ok(self.tally)
    }

    pub(super) fn say(&self, what: impl FnOnce() -> String) {
        if self.verbose {
            let (days, rest) = ((self.now - 1_800_000_000 * SECOND) / DAY, (self.now % DAY) / SECOND);
            println!("day {days:>3} {:>5} s  {}", rest, what());
        }
    }

    pub(super) fn after(&mut self, delay: i64, event: Event) {
        self.serial += 1;
        self.queue.push(Reverse((self.now + delay, self.serial)));
        self.events.insert(self.serial, event);
    }

    pub(super) fn later_told(&mut self, delay: i64, node: usize, child: ChildId) {
        self.after(delay, Event::Told(node, child));
    }

    pub(super) fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Act => self.act()?,
            Event::Begin(node) => self.begin(node)?,
            Event::Arrive(node, line, request) => self.arrive(node, line, request)?,
            Event::Echo(mut session, request) => {
                let answer = self.relay.call(self.now, &mut session, &request);
                if let (Request::Push(push), Ok(answer)) = (&request, &answer) {
                    self.watch_heads(push, answer);
                }
                self.wake_parked(&request)?;
            }
            Event::Answer(node, line, request, answer) => {
                if self.nodes[node].line == line {
                    if matches!((&request, &answer), (Request::Pull { wait: true, .. }, Err(_))) {
                        self.nodes[node].stream = None;
                    }
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
            Event::Told(node, child) => self.told(node, child),
            Event::Enrol(person) => self.enrol(person)?,
            Event::LetIn(node) => self.let_in(node)?,
            Event::State => self.authority_acts(),
            Event::Publish(number) => self.publish(number)?,
            Event::Trouble => self.trouble()?,
        }
        Ok(())
    }
}
