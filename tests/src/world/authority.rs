//! What the authority states: a device is lost, somebody leaves, is suspended, is let in again. The relay is told, and may forget
//! it when it is put back; whoever has heard of it tells it again.

use std::collections::{BTreeMap, BTreeSet};

use tvaers_core::client::Request;
use tvaers_core::sync::Failure;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::statement::{SignedStatement, Standing};

use super::check::words;
use super::model::Person;
use super::sim::{DAY, Event, World};

/// What a statement says of whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// The device of this number is its person's.
    Enrolled(usize),
    /// The device of this number is lost.
    Lost(usize),
    /// This person's standing.
    Standing(Person, Standing),
}

/// The authority's office, and what the relay has heard from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Office {
    /// Everything stated, in order.
    said: Vec<(SignedStatement, Said)>,
    /// Devices that were lost.
    lost: BTreeSet<usize>,
    /// Persons who do not work here now.
    away: BTreeMap<Person, Standing>,
    /// Statements that the relay has for certain: as it is, and in each of its backups.
    relay_has: BTreeSet<usize>,
    backups: Vec<BTreeSet<usize>>,
}

impl Office {
    /// Everything stated, in order.
    pub(super) fn stated(&self) -> Vec<SignedStatement> {
        self.said.iter().map(|(signed, _)| signed.clone()).collect()
    }

    /// Something more is. Its number.
    pub(super) fn states(&mut self, signed: SignedStatement, said: Said) -> usize {
        self.said.push((signed, said));
        self.said.len() - 1
    }

    /// True if this person does not work here now.
    pub(super) fn is_away(&self, person: Person) -> bool {
        self.away.contains_key(&person)
    }

    /// A backup of the relay was taken.
    pub(super) fn backed_up(&mut self) {
        self.backups.push(self.relay_has.clone());
    }

    /// A backup was put back.
    fn put_back(&mut self, number: usize) {
        self.relay_has.clone_from(&self.backups[number]);
    }

    /// True if the authority has put this device of this person out.
    pub(super) fn is_out(&self, node: usize, person: Person) -> bool {
        self.lost.contains(&node) || self.away.contains_key(&person)
    }

    /// True if the device's person was let in again before the device was lost or they left. Who last heard that they are suspended takes
    /// the device for out, and in good faith for back as soon as they hear that, which may be before they hear of the rest.
    pub(super) fn may_be_thought_back(&self, person: Person) -> bool {
        let back = Said::Standing(person, Standing::Active);
        self.said.iter().any(|(_, said)| *said == back)
    }

    /// True if the relay must refuse this device: it has been told, and nothing that it may hear of says otherwise.
    fn is_refused(&self, node: usize, person: Person) -> bool {
        let of_person = |said: &Said| matches!(said, Said::Standing(of, _) if *of == person);
        let newest =
            self.said.iter().rposition(|(_, said)| of_person(said)).filter(|_| self.away.contains_key(&person));
        let lost = self.said.iter().position(|(_, said)| *said == Said::Lost(node));
        [newest, lost].iter().flatten().any(|number| self.relay_has.contains(number))
    }
}

impl World {
    /// True if the authority has put the device out.
    pub(super) fn is_out(&self, node: usize) -> bool {
        self.office.is_out(node, self.nodes[node].person)
    }

    /// Persons with a device that has what they may read.
    pub(super) fn at_work(&self) -> BTreeSet<Person> {
        (0..self.nodes.len()).filter(|node| self.is_in(*node)).map(|node| self.nodes[node].person).collect()
    }

    /// The authority states something: of the ones who are away one is let in again, or somebody or something is put out. Two
    /// persons stay.
    pub(super) fn authority_acts(&mut self) {
        let suspended =
            |(person, standing): (&Person, &Standing)| (*standing == Standing::Suspended).then_some(*person);
        let away: Vec<Person> = self.office.away.iter().filter_map(suspended).collect();
        if let Some(person) = self.dice.pick(&away).copied().filter(|_| self.dice.chance(600)) {
            return self.state(Said::Standing(person, Standing::Active));
        }
        let here: Vec<usize> = (0..self.nodes.len()).filter(|node| !self.is_out(*node)).collect();
        let Some(node) = self.dice.pick(&here).copied() else { return };
        let person = self.nodes[node].person;
        let is_other = |other: &usize| *other != node && self.nodes[*other].person == person && self.is_in(*other);
        let alone = !here.iter().any(is_other);
        let few = self.at_work().len() <= 2;
        match self.dice.below(4) {
            0 | 1 if !(few && alone) => self.state(Said::Lost(node)),
            2 if !few => self.state(Said::Standing(person, Standing::Suspended)),
            3 if !few => self.state(Said::Standing(person, Standing::Left)),
            _ => {}
        }
    }

    fn state(&mut self, said: Said) {
        self.say(|| format!("the authority states {said:?}"));
        let before: Vec<bool> = (0..self.nodes.len()).map(|node| self.is_out(node)).collect();
        let signed = match said {
            Said::Enrolled(_) => unreachable!("devices are enrolled otherwise"),
            Said::Lost(node) => {
                self.tally.lost_devices += 1;
                self.office.lost.insert(node);
                self.town.authority.revoke(self.ids[node])
            }
            Said::Standing(person, standing) => {
                self.tally.standings += 1;
                match standing {
                    Standing::Active => self.office.away.remove(&person),
                    _ => self.office.away.insert(person, standing),
                };
                self.town.authority.set_standing(self.people[person], standing)
            }
        };
        for (node, was_out) in before.into_iter().enumerate() {
            if !was_out && self.is_out(node) {
                self.nodes[node].left_nothing = self.has_left_nothing(node);
                let left = self.nodes[node].left_nothing;
                self.say(|| format!("device {node} is out, and everything had left it: {left}"));
            } else if was_out && !self.is_out(node) {
                let person = self.nodes[node].person;
                self.model.hidden.retain(|(_, hidden), _| *hidden != node);
                self.say(|| format!("device {node} of person {person} is in again"));
            }
        }
        self.name_successors();
        let number = self.office.states(signed, said);
        // Nobody is told before the relay is; that may take hours, with a network or a person that is not there.
        let delay = self.dice.within(0..=DAY / 4);
        self.after(delay, Event::Publish(number));
    }

    /// Nothing waits on the device, and the relay has not been put back since it was last asked.
    fn has_left_nothing(&self, node: usize) -> bool {
        let Some(device) = self.nodes[node].device() else { return false };
        let waits =
            device.outbox().unwrap().0 > 0 || device.has_work(i64::MAX).unwrap() || device.is_healing().unwrap();
        !waits && self.nodes[node].heard_at == self.tally.restores && device.unsent().unwrap().is_empty()
    }

    /// True if the person may come back, and has nobody's trust until then.
    pub(super) fn is_suspended(&self, person: Person) -> bool {
        self.office.away.get(&person) == Some(&Standing::Suspended)
    }

    /// The relay is told what was stated.
    pub(super) fn publish(&mut self, number: usize) -> Result<(), String> {
        let (signed, said) = &self.office.said[number];
        let (status, _) = self.relay.raw(true, "/v1/statement", None, signed.to_bytes());
        assert_eq!(status, 200, "the relay takes what the authority states");
        let said = *said;
        self.say(|| format!("the relay is told {said:?}"));
        self.office.relay_has.insert(number);
        self.wake_waiting()
    }

    /// The relay was put back: what none of those at work has heard of is stated again, and now and then the rest.
    pub(super) fn relay_put_back(&mut self, backup: usize) {
        self.office.put_back(backup);
        for node in 0..self.nodes.len() {
            if self.is_out(node) {
                self.nodes[node].left_nothing = false;
            }
        }
        for number in 0..self.office.said.len() {
            let said = self.office.said[number].1;
            let heard = match said {
                Said::Lost(node) => self.somebody_knows(node),
                Said::Enrolled(_) | Said::Standing(..) => false,
            };
            if !self.office.relay_has.contains(&number) && (!heard || self.dice.chance(300)) {
                let delay = self.dice.within(0..=DAY);
                self.after(delay, Event::Publish(number));
            }
        }
    }

    fn somebody_knows(&self, out: usize) -> bool {
        (0..self.nodes.len()).any(|node| !self.is_out(node) && self.knows_out(node, out))
    }

    /// True if this device has heard that another is out.
    pub(super) fn knows_out(&self, node: usize, out: usize) -> bool {
        self.nodes[node].device().is_some_and(|device| device.is_out(&self.ids[out]))
    }

    /// Whoever is at work has heard that this device is out.
    pub(super) fn everybody_knows_out(&self, out: usize) -> bool {
        (0..self.nodes.len()).all(|node| self.is_out(node) || self.knows_out(node, out))
    }

    /// A device that is out is told nothing and gives nothing, from when the relay knows.
    pub(super) fn check_refused(
        &self,
        node: usize,
        request: &Request,
        answer: &Result<Vec<u8>, Failure>,
    ) -> Result<(), String> {
        let refused = self.office.is_refused(node, self.nodes[node].person);
        if refused && answer.is_ok() && *request != Request::Challenge {
            return Err(format!("device {node} is out, and the relay answers it"));
        }
        Ok(())
    }

    /// In the end the relay refuses whoever is out, and a relay that gave them everything would give them nothing to open that
    /// was sealed by somebody who knew.
    pub(super) fn check_out(&mut self) -> Result<(), String> {
        let out: Vec<usize> = (0..self.nodes.len()).filter(|node| self.is_out(*node)).collect();
        let mut pages = Vec::new();
        if !out.is_empty() {
            for node in (0..self.nodes.len()).filter(|node| !out.contains(node)) {
                pages.extend(self.whole_feed(node)?);
            }
        }
        for node in out {
            let answer = self.relay.call(self.now, &mut self.nodes[node].session.clone(), &pull());
            if !matches!(answer, Err(Failure::Forbidden | Failure::Unauthorized)) {
                return Err(format!("device {node} is out, and the relay does not refuse it"));
            }
            let Some(device) = self.nodes[node].device() else { continue };
            for page in &pages {
                device.absorb_page(page, self.now).unwrap();
                device.process().unwrap();
            }
            for ((record, _), hidden) in self.model.hidden.iter().filter(|((_, from), _)| *from == node) {
                let Ok(envelope) = device.envelope(record) else { continue };
                let says = words(&envelope);
                if hidden.whole || hidden.words.iter().any(|word| says.contains(word.as_str())) {
                    return Err(format!("device {node} was out and opens {record:?}, whose writer knew"));
                }
            }
        }
        Ok(())
    }

    fn whole_feed(&mut self, node: usize) -> Result<Vec<Vec<u8>>, String> {
        use tvaers_wire::message::{Challenge, Page, TOKEN_START};
        let failed = |why: Failure| format!("device {node} cannot read its feed: {why:?}");
        let mut session = None;
        let challenge = self.relay.call(self.now, &mut session, &Request::Challenge).map_err(failed)?;
        let challenge = Challenge::from_bytes(&challenge).unwrap();
        let asked = Request::Session(self.nodes[node].device().unwrap().session_request(&challenge).to_bytes());
        self.relay.call(self.now, &mut session, &asked).map_err(failed)?;
        let (mut pages, mut after) = (Vec::new(), TOKEN_START);
        loop {
            let request = Request::Pull { after, seen: TOKEN_START, wait: false };
            let bytes = self.relay.call(self.now, &mut session, &request).map_err(failed)?;
            let page = Page::from_bytes(&bytes).unwrap();
            pages.push(bytes);
            if !page.more {
                return Ok(pages);
            }
            after = page.next;
        }
    }
}

fn pull() -> Request {
    use tvaers_wire::message::TOKEN_START;
    Request::Pull { after: TOKEN_START, seen: TOKEN_START, wait: false }
}
