//! Whoever coordinates a child hands it over, staying or leaving, with a network or without.

use std::collections::BTreeSet;

use tvaers_core::client::ClientError;
use tvaers_core::moment::Moment;
use tvaers_wire::ids::{ChildId, RecordId};

use super::model::{Expected, Handed, Person, Sharing};
use super::sim::{DAY, World};

impl World {
    /// A coordinator hands a child over.
    pub(super) fn hand_over(&mut self) {
        let mut held: Vec<(usize, ChildId)> = Vec::new();
        for (child, named) in &self.model.coordinators {
            let newest = named.last().copied();
            let holds = |node: &usize| {
                let at = &self.nodes[*node];
                let told = at.device().and_then(|device| device.coordinator(child).unwrap());
                Some(at.person) == newest && told == Some(self.people[at.person]) && self.is_in(*node)
            };
            held.extend((0..self.nodes.len()).filter(holds).map(|node| (node, *child)));
        }
        let Some((node, child)) = self.dice.pick(&held).copied() else { return };
        let (from, at) = (self.nodes[node].person, self.now + self.nodes[node].skew);
        let (to, leaves) = (self.other(from), self.dice.chance(500));
        let successor = self.people[to];
        let device = self.nodes[node].device().unwrap();
        match device.hand_over(&[(child, None)], &successor, leaves, &mut Moment::new(at, &mut self.dice)) {
            // Who has left, or has no circle yet.
            Err(ClientError::NotHandedOver(_)) => return,
            handed => handed.unwrap(),
        }
        self.tally.hand_overs += 1;
        self.say(|| format!("device {node} (person {from}) hands {child:?} over to person {to}, leaving: {leaves}"));
        self.model.coordinators.entry(child).or_default().push(to);
        self.model.working.entry(child).or_default().insert(to);
        self.model.handed.push(Handed { child, from, to, node });
        if leaves {
            self.model.taken_out.entry(child).or_default().insert(from);
        }
        self.unhide(node, to, &[]);
        // Who was out already, without the coordinator having heard of it, is followed by somebody else.
        self.name_successors();
        // The lines and cases tell whoever is in them; whether the others hear of it is another matter.
        if !self.at_work().contains(&to) {
            return;
        }
        if self.dice.chance(500) {
            self.tell_all(child);
        } else {
            // Where there is no circle yet there is nothing that could tell the successor.
            for node in (0..self.nodes.len()).filter(|node| self.nodes[*node].person == to).collect::<Vec<_>>() {
                self.later_told(DAY, node, child);
            }
        }
    }

    /// Somebody is to coordinate: every device is told within days.
    pub(super) fn tell_all(&mut self, child: ChildId) {
        for node in 0..self.nodes.len() {
            let delay = self.dice.within(0..=2 * DAY);
            self.later_told(delay, node, child);
        }
    }

    /// Somebody who has put a child into other hands is out: they pass nothing on any more, so everybody is told. A child whose
    /// coordinator is out gets another one.
    pub(super) fn name_successors(&mut self) {
        let at_work: Vec<Person> = self.at_work().into_iter().collect();
        let children: Vec<ChildId> = self.model.coordinators.keys().copied().collect();
        for child in children {
            let newest = self.model.coordinators[&child].last().copied();
            let passes_on = |handed: &Handed| handed.child == child && self.is_out(handed.node);
            match newest {
                Some(newest) if !at_work.contains(&newest) => {
                    let person = *self.dice.pick(&at_work).unwrap();
                    self.say(|| format!("person {person} is to coordinate {child:?}, since person {newest} is out"));
                    self.model.coordinators.entry(child).or_default().push(person);
                    self.tell_all(child);
                }
                Some(_) if self.model.handed.iter().any(passes_on) => self.tell_all(child),
                _ => {}
            }
        }
    }

    /// A device that has not heard who is out hands something to a person: what was hidden from that person's lost devices is
    /// theirs to open from then on. All records, or these.
    pub(super) fn unhide(&mut self, by: usize, to: Person, records: &[RecordId]) {
        let all = records.is_empty();
        let known: BTreeSet<usize> = (0..self.nodes.len()).filter(|out| self.knows_out(by, *out)).collect();
        let theirs = |node: usize| self.nodes[node].person == to && !known.contains(&node);
        self.model.hidden.retain(|(record, node), _| !(theirs(*node) && (all || records.contains(record))));
    }

    /// Who must have the record beside those whom it was sent to: whoever took its child over from somebody who has it.
    pub(super) fn successors(
        &self,
        record: &RecordId,
        expected: &Expected,
        have: &BTreeSet<Person>,
    ) -> BTreeSet<Person> {
        let mut all = have.clone();
        let Some(child) = expected.envelope.about.as_ref().map(|child| child.id) else { return all };
        let named = &self.model.coordinators;
        for (number, handed) in self.model.handed.iter().enumerate().filter(|(_, handed)| handed.child == child) {
            let back = |later: &Handed| later.child == child && later.to == handed.from;
            let again = self.model.handed[number + 1..].iter().any(back)
                || named.get(&child).is_some_and(|named| named.iter().filter(|one| **one == handed.from).count() > 1);
            let device = self.nodes[handed.node].device();
            let has = if self.is_out(handed.node) {
                self.nodes[handed.node].left_nothing && device.is_some_and(|device| device.envelope(record).is_ok())
            } else {
                all.contains(&handed.from) && !again
            };
            // Somebody who still passes on gives it to whoever coordinates now, as far as they know. What a device that is out knew when
            // it got the record, if it was told of another coordinator at some time, is not known here.
            let told = device.and_then(|device| device.coordinator(&child).unwrap());
            let told = self.people.iter().position(|person| Some(*person) == told);
            let unsure = self.is_out(handed.node) && told.is_some_and(|told| told != handed.to);
            let to = told.filter(|_| !self.is_out(handed.node)).unwrap_or(handed.to);
            let gone = matches!(expected.sharing, Sharing::Case(_)) && self.model.is_gone(expected, to);
            if has && !gone && !unsure {
                all.insert(to);
            }
        }
        all
    }
}
