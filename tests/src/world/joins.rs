//! Devices that are enrolled while a world runs: the first one of a colleague whom others have written to already, and further ones of
//! somebody who has one and lets them in.

use tvaers_core::client::Input;
use tvaers_core::directory::device_code;
use tvaers_core::store::Store;
use tvaers_core::sync::Mode;

use super::authority::Said;
use super::dice::Dice;
use super::model::{Person, Promise};
use super::node::Node;
use super::sim::{DAY, Event, HOUR, World};

/// How a device came to what its person may read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Joined {
    /// As the first of its person, or together with it.
    First,
    /// Not yet: another one has to let it in.
    Knocking,
    /// It was let in, there.
    LetIn(Promise),
}

/// Who comes later in a world, with dice of their own.
pub(super) struct Joins {
    dice: Dice,
    /// Persons who have no device in the beginning.
    late: Vec<Person>,
    /// How many further devices there are to be.
    further: usize,
}

impl Joins {
    /// Those of a seed. Two persons are there from the beginning.
    pub(super) fn new(seed: u64, persons: usize) -> Self {
        let mut dice = Dice::new(seed ^ 0x6a6f_696e);
        let (few, further) = (dice.below(4), [0, 0, 1, 2][dice.below(4)]);
        let late =
            if few == 0 && persons > 2 { (2..persons).filter(|_| dice.chance(400)).collect() } else { Vec::new() };
        Self { dice, late, further }
    }

    /// True if this person has a device from the beginning.
    pub(super) fn is_here(&self, person: Person) -> bool {
        !self.late.contains(&person)
    }

    /// True if a live device of this world has a stream that goes on by itself.
    pub(super) fn streams(&mut self) -> bool {
        self.dice.chance(500)
    }
}

impl World {
    /// Says when the others come.
    pub(super) fn plan_joins(&mut self) {
        let long = self.steps as i64 * HOUR;
        for person in self.joins.late.clone() {
            let at = self.joins.dice.within(0..=long / 2);
            self.after(at, Event::Enrol(person));
        }
        for _ in 0..self.joins.further {
            let person = self.joins.dice.below(self.people.len());
            let at = self.joins.dice.within(0..=long);
            self.after(at, Event::Enrol(person));
        }
    }

    /// The office enrols a device of somebody who works here. The relay hears of it before the device does.
    pub(super) fn enrol(&mut self, person: Person) -> Result<(), String> {
        if self.office.is_away(person) {
            return Ok(());
        }
        let (store, node) = (Store::in_memory().unwrap(), self.nodes.len());
        let stated = self.office.stated();
        let (certificate, device) =
            self.town.enrol_later((person, store), &stated, "https://relay.example", &mut self.joins.dice);
        let first = self.nodes.iter().all(|node| node.person != person);
        let mode = if self.joins.dice.chance(500) { Mode::Live } else { Mode::Once };
        self.say(|| format!("device {node} of person {person} is enrolled, as the first one: {first}"));
        self.ids.push(device.installation().device);
        let joined = if first { Joined::First } else { Joined::Knocking };
        let mut new = Node::new(person, device, mode, self.joins.streams());
        new.joined = joined;
        self.nodes.push(new);
        self.tally.devices += 1;
        self.tally.joins += 1;
        let number = self.office.states(certificate, Said::Enrolled(node));
        self.publish(number)?;
        self.after(0, Event::Begin(node));
        // They hear of it as everybody has.
        for child in self.model.coordinators.keys().copied().collect::<Vec<_>>() {
            let delay = self.joins.dice.within(0..=2 * DAY);
            self.later_told(delay, node, child);
        }
        if !first {
            let wait = self.joins.dice.within(0..=2 * DAY);
            self.after(wait, Event::LetIn(node));
        }
        self.name_successors();
        Ok(())
    }

    /// The person lets a device in on one that has heard of it, if there is one; they try again otherwise.
    pub(super) fn let_in(&mut self, new: usize) -> Result<(), String> {
        if self.is_out(new) || self.nodes[new].joined != Joined::Knocking || self.lets_in(new)? {
            return Ok(());
        }
        self.after(DAY / 4, Event::LetIn(new));
        Ok(())
    }

    /// True if the person has a device that has heard of a new one, and has let it in there.
    fn lets_in(&mut self, new: usize) -> Result<bool, String> {
        let (person, id) = (self.nodes[new].person, self.ids[new]);
        let hears = |node: &usize| {
            let other = &self.nodes[*node];
            let knocks = |device: &tvaers_core::client::Device| device.knocking().unwrap().contains(&id);
            *node != new && other.person == person && other.device().is_some_and(knocks)
        };
        let theirs: Vec<usize> = (0..self.nodes.len()).filter(hears).collect();
        let Some(by) = self.joins.dice.pick(&theirs).copied() else { return Ok(false) };
        let promise = self.promise(by);
        self.nodes[by].device().unwrap().admit(&id, &device_code(&id)).unwrap();
        self.say(|| format!("device {by} (person {person}) lets device {new} in"));
        self.nodes[new].joined = Joined::LetIn(promise);
        self.hand_in(by, Input::Local)?;
        Ok(true)
    }

    /// Whoever sees that one of their devices waits to be let in, which had been let in before the relay was put back, does so again.
    pub(super) fn let_in_again(&mut self) -> Result<(), String> {
        for new in 0..self.nodes.len() {
            if matches!(self.nodes[new].joined, Joined::LetIn(_)) && self.lets_in(new)? {
                self.say(|| format!("device {new} was let in before"));
            }
        }
        Ok(())
    }

    /// True if the device has what its person may read: it is not out, and was the first or let in.
    pub(super) fn is_in(&self, node: usize) -> bool {
        !self.is_out(node)
            && match self.nodes[node].joined {
                Joined::First => true,
                Joined::Knocking => false,
                Joined::LetIn(promise) => self.is_kept(&[promise].into()),
            }
    }
}
