//! Who must have what in the end: what people did, less what was only on a device when it was put out, and what nobody is left to
//! see to.

use std::collections::BTreeSet;

use tvaers_wire::ids::{ChildId, RecordId};

use super::model::{Expected, Person, Promise, Sharing};
use super::sim::World;

impl World {
    /// Everybody who must have this record in the end, of those at work. Where a child has a coordinator, its cases are one.
    pub(super) fn readers(&self, record: &RecordId) -> BTreeSet<Person> {
        let (expected, at_work) = (&self.model.records[record], self.at_work());
        if self.model.erased.contains(record) {
            return BTreeSet::new();
        }
        // It may never have left the device that it was written on.
        if !expected.must.get(&expected.author).is_some_and(|promises| self.is_kept(promises)) {
            return BTreeSet::new();
        }
        let must = expected.must.iter().filter(|(person, promises)| self.is_kept_for(**person, promises));
        let must = must.map(|(person, _)| *person);
        let mut all: BTreeSet<Person> = must.collect();
        if let Some(child) = self.reunited(expected) {
            let in_case = self.model.in_case.get(&child).into_iter().flatten();
            all.extend(
                in_case.filter(|(person, promises)| self.is_kept_for(**person, promises)).map(|(person, _)| *person),
            );
            all.extend(self.model.coordinators[&child].last());
        }
        all.retain(|person| !self.model.is_gone(expected, *person));
        let all = self.successors(record, expected, &all);
        all.into_iter().filter(|person| at_work.contains(person)).collect()
    }

    /// Everybody of whom the author must have a receipt in the end. What a successor was given by somebody else is not the author's
    /// to know, and what a lost device of the author's had meant to send is known to nobody.
    pub(super) fn acknowledging(&self, record: &RecordId) -> BTreeSet<Person> {
        let expected = &self.model.records[record];
        let readers = self.readers(record);
        match self.reunited(expected) {
            Some(child) if self.model.handed.iter().all(|handed| handed.child != child) => readers,
            _ => readers.into_iter().filter(|person| self.is_sent_to(expected, *person)).collect(),
        }
    }

    /// True if the author's own devices have sent it to this person.
    fn is_sent_to(&self, expected: &Expected, person: Person) -> bool {
        let promises = expected.must.get(&person).into_iter().flatten();
        let own = promises.filter(|promise| self.nodes[promise.node].person == expected.author);
        self.is_kept(&own.copied().collect())
    }

    /// True if an edit is everywhere in the end.
    pub(super) fn counts(&self, expected: &Expected, editor: Person, promise: &Promise) -> bool {
        !self.is_scattered(expected) && !self.model.is_gone(expected, editor) && self.is_kept(&[*promise].into())
    }

    /// True if the readers of a record may have different edits of it: somebody who carried them between its circles is out, or
    /// a device with some that had gone to one circle and not yet to another.
    pub(super) fn may_differ(&self, expected: &Expected) -> bool {
        self.is_scattered(expected)
            || expected.words.iter().any(|(_, promise, _)| !self.is_kept(&[*promise].into()))
            || expected.must.values().any(|promises| !self.is_kept(promises))
    }

    /// True if somebody who carried edits between a record's circles is out, or was taken out of its case.
    fn is_scattered(&self, expected: &Expected) -> bool {
        let promises: BTreeSet<Promise> = expected.must.values().flatten().copied().collect();
        let carriers = || promises.iter().map(|promise| self.nodes[promise.node].person);
        // Whoever got it later, or had no device when it was written, has it in a circle of its own.
        let in_several = promises.len() > 1 || promises.iter().any(|promise| promise.late);
        let at_work = self.at_work();
        let has_left = |person: Person| in_several && !at_work.contains(&person);
        self.is_broken(expected)
            || carriers().any(|person| self.model.is_gone(expected, person))
            || (expected.sharing == Sharing::Lines && carriers().any(has_left))
    }

    /// The same for one reader. What left while they were away was sealed for those who were left; a device that is out by now gives
    /// nobody the key who has come back.
    fn is_kept_for(&self, person: Person, promises: &BTreeSet<Promise>) -> bool {
        if self.is_stranded(person) {
            return false;
        }
        let gives = |promise: &&Promise| !self.is_out(promise.node) || !self.office.may_be_thought_back(person);
        self.is_kept(&promises.iter().filter(gives).copied().collect())
    }

    /// True if somebody who came later is the only one left of their unit: nobody lets them into its circle but two of three holders of the
    /// recovery key.
    pub(super) fn is_stranded(&self, person: Person) -> bool {
        let unit = self.town.people[person].1;
        let mate =
            |other: &Person| *other != person && self.town.people[*other].1 == unit && self.joins.is_here(*other);
        !self.joins.is_here(person) && !self.at_work().iter().any(mate)
    }

    /// True unless everything that these were done on is out, and was with something that had not left.
    pub(super) fn is_kept(&self, promises: &BTreeSet<Promise>) -> bool {
        // What one device of a person has sealed may be under a key that another one has made.
        let all_left = |node: usize| {
            let mut theirs = (0..self.nodes.len()).filter(|other| self.nodes[*other].person == self.nodes[node].person);
            theirs.all(|other| !self.is_out(other) || self.nodes[other].left_nothing)
        };
        let kept = |promise: &Promise| {
            let out = self.is_out(promise.node);
            self.is_in(promise.node) || (out && !promise.late && all_left(promise.node))
        };
        promises.iter().any(kept)
    }

    /// The child whose cases are one: it has a coordinator, and nobody is missing who may be the only one to bring others in.
    fn reunited(&self, expected: &Expected) -> Option<ChildId> {
        let Sharing::Case(child) = expected.sharing else { return None };
        (self.model.coordinators.contains_key(&child) && !self.is_broken(expected)).then_some(child)
    }

    /// True if somebody is out who worked with the child, or a device on which it was handed over: only two of three holders of
    /// the recovery key open a case that nobody manages.
    fn is_broken(&self, expected: &Expected) -> bool {
        let Sharing::Case(child) = expected.sharing else { return false };
        let at_work = self.at_work();
        let working = self.model.working.get(&child).into_iter().flatten();
        let handed = self.model.handed.iter().filter(|handed| handed.child == child);
        working.into_iter().any(|person| !at_work.contains(person)) || handed.into_iter().any(|h| self.is_out(h.node))
    }
}
