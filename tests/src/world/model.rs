//! What the world expects: who must, and who may, read each record, and what it says. Kept beside the devices from what people
//! do, never read from them.

use std::collections::{BTreeMap, BTreeSet};

use tvaers_core::kinds::Envelope;
use tvaers_wire::ids::{ChildId, RecordId};

/// A person's number.
pub(super) type Person = usize;

/// How a record is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sharing {
    /// Line by line: exactly those named.
    Lines,
    /// With everybody who works with this child.
    Case(ChildId),
}

/// One record as its writers know it.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// Who wrote it.
    pub(super) author: Person,
    /// As it was submitted.
    pub(super) envelope: Envelope,
    /// How it is shared.
    pub(super) sharing: Sharing,
    /// Who must be able to read it in the end.
    pub(super) must: BTreeSet<Person>,
    /// Those of them to whom the author's own devices have sent it.
    pub(super) sent_to: BTreeSet<Person>,
    /// Whoever may; nobody else, ever.
    pub(super) may: BTreeSet<Person>,
    /// Words that edits have added, each once, with who added them.
    pub(super) words: Vec<(Person, String)>,
    /// Who has opened it on one of their devices.
    pub(super) read_by: BTreeSet<Person>,
}

/// Everything expected.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// All records.
    pub(super) records: BTreeMap<RecordId, Expected>,
    /// Everybody who may know of a child's cases: who is in one, and whoever was named coordinator.
    pub(super) working: BTreeMap<ChildId, BTreeSet<Person>>,
    /// Who is in a case of a child: named for one, writing in one, sent one.
    in_case: BTreeMap<ChildId, BTreeSet<Person>>,
    /// Who was named coordinator of a child, newest last.
    pub(super) coordinators: BTreeMap<ChildId, Vec<Person>>,
    /// Who was ever taken out of a case of a child. They may have been in another one, and be brought in again: what they must
    /// have of it is not judged.
    pub(super) taken_out: BTreeMap<ChildId, BTreeSet<Person>>,
}

impl Model {
    /// A record was submitted for these readers beside its author.
    pub(super) fn submitted(
        &mut self,
        record: RecordId,
        author: Person,
        envelope: Envelope,
        sharing: Sharing,
        to: &BTreeSet<Person>,
    ) {
        let mut must = to.clone();
        must.insert(author);
        if let Sharing::Case(child) = sharing {
            self.working.entry(child).or_default().extend(&must);
            self.in_case.entry(child).or_default().extend(&must);
        }
        let (may, sent_to) = (must.clone(), must.clone());
        let expected =
            Expected { author, envelope, sharing, must, sent_to, may, words: vec![], read_by: BTreeSet::new() };
        self.records.insert(record, expected);
    }

    /// A record was shared by somebody with further readers.
    pub(super) fn shared(&mut self, record: &RecordId, by: Person, to: &BTreeSet<Person>) {
        let expected = self.records.get_mut(record).unwrap();
        if by == expected.author {
            expected.sent_to.extend(to);
        }
        expected.must.extend(to);
        expected.may.extend(to);
        if let Sharing::Case(child) = expected.sharing {
            self.working.entry(child).or_default().extend(to);
            self.in_case.entry(child).or_default().extend(to);
        }
    }

    /// May this person hold this record now?
    pub(super) fn may_read(&self, record: &RecordId, person: Person) -> bool {
        let Some(expected) = self.records.get(record) else { return false };
        let case = match expected.sharing {
            Sharing::Case(child) => self.working.get(&child).is_some_and(|working| working.contains(&person)),
            Sharing::Lines => false,
        };
        case || expected.may.contains(&person)
    }

    /// Everybody of whom the author must have a receipt in the end.
    pub(super) fn acknowledging(&self, record: &RecordId) -> BTreeSet<Person> {
        let expected = &self.records[record];
        match expected.sharing {
            Sharing::Case(child) if self.coordinators.contains_key(&child) => self.readers(record),
            _ => self.still(expected, expected.sent_to.iter()),
        }
    }

    /// Those of them who were not taken out of the case since.
    fn still<'a>(&self, expected: &Expected, persons: impl Iterator<Item = &'a Person>) -> BTreeSet<Person> {
        // An author, too: their other devices may not have had it when the case was closed to them.
        persons.filter(|person| !self.is_gone(expected, **person)).copied().collect()
    }

    /// True if this person was taken out of the case that the record is in. They hear nothing more from there, and what they had
    /// changed and not sent goes to those who were in it then, not to whoever came by another way.
    pub(super) fn is_gone(&self, expected: &Expected, person: Person) -> bool {
        match expected.sharing {
            Sharing::Case(child) => self.taken_out.get(&child).is_some_and(|gone| gone.contains(&person)),
            Sharing::Lines => false,
        }
    }

    /// Everybody who must have this record in the end. Where a child has a coordinator, its cases are one.
    pub(super) fn readers(&self, record: &RecordId) -> BTreeSet<Person> {
        let expected = &self.records[record];
        match expected.sharing {
            Sharing::Case(child) if self.coordinators.contains_key(&child) => {
                let newest = self.coordinators[&child].last();
                let all = self.in_case.get(&child).into_iter().flatten().chain(&expected.must).chain(newest);
                self.still(expected, all)
            }
            _ => self.still(expected, expected.must.iter()),
        }
    }
}
