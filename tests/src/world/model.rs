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
    /// Who must be able to read it in the end, and whose devices have seen to it.
    pub(super) must: BTreeMap<Person, BTreeSet<Promise>>,
    /// Whoever may; nobody else, ever.
    pub(super) may: BTreeSet<Person>,
    /// Words that edits have added, each once, with who added them, and where.
    pub(super) words: Vec<(Person, Promise, String)>,
    /// Devices on which their persons have opened it.
    pub(super) read_on: BTreeSet<usize>,
}

/// Something that was done on a device, for others to have. `late`: the device was out already.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Promise {
    pub(super) node: usize,
    pub(super) late: bool,
}

/// A child that was handed over on a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Handed {
    pub(super) child: ChildId,
    pub(super) from: Person,
    pub(super) to: Person,
    pub(super) node: usize,
}

/// What of a record a device must never open.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    /// All of it.
    pub(super) whole: bool,
    /// These words, which were added later.
    pub(super) words: Vec<String>,
}

/// Everything expected.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// All records.
    pub(super) records: BTreeMap<RecordId, Expected>,
    /// Everybody who may know of a child's cases: who is in one, and whoever was named coordinator.
    pub(super) working: BTreeMap<ChildId, BTreeSet<Person>>,
    /// Who is in a case of a child: named for one, writing in one, sent one.
    pub(super) in_case: BTreeMap<ChildId, BTreeMap<Person, BTreeSet<Promise>>>,
    /// Who was named coordinator of a child, newest last.
    pub(super) coordinators: BTreeMap<ChildId, Vec<Person>>,
    /// Who was ever taken out of a case of a child. They may have been in another one, and be brought in again: what they must
    /// have of it is not judged.
    pub(super) taken_out: BTreeMap<ChildId, BTreeSet<Person>>,
    /// Children that were handed over, oldest first.
    pub(super) handed: Vec<Handed>,
    /// Records that somebody has asked to have erased, and those of them that somebody may have agreed to. Of these nothing is promised.
    pub(super) asked: BTreeSet<RecordId>,
    pub(super) erased: BTreeSet<RecordId>,
    /// What devices that are out must never open: records, or words added to them, whose writers knew.
    pub(super) hidden: BTreeMap<(RecordId, usize), Hidden>,
}

impl Model {
    /// A record was submitted for these readers beside its author.
    pub(super) fn submitted(
        &mut self,
        record: RecordId,
        (author, promise): (Person, Promise),
        envelope: Envelope,
        sharing: Sharing,
        to: &BTreeSet<Person>,
    ) {
        let mut may = to.clone();
        may.insert(author);
        self.enter(sharing, promise, &may);
        let must = may.iter().map(|person| (*person, [promise].into())).collect();
        let (words, read_on) = (vec![], BTreeSet::new());
        let expected = Expected { author, envelope, sharing, must, may, words, read_on };
        self.records.insert(record, expected);
    }

    /// Persons work with a child from now on, if that is how something was shared.
    fn enter(&mut self, sharing: Sharing, promise: Promise, persons: &BTreeSet<Person>) {
        let Sharing::Case(child) = sharing else { return };
        self.working.entry(child).or_default().extend(persons);
        let in_case = self.in_case.entry(child).or_default();
        for person in persons {
            in_case.entry(*person).or_default().insert(promise);
        }
    }

    /// A record was shared by somebody with further readers.
    pub(super) fn shared(&mut self, record: &RecordId, promise: Promise, to: &BTreeSet<Person>) {
        let expected = self.records.get_mut(record).unwrap();
        for person in to {
            expected.must.entry(*person).or_default().insert(promise);
        }
        expected.may.extend(to);
        let sharing = expected.sharing;
        self.enter(sharing, promise, to);
    }

    /// May this person hold this record now?
    pub(super) fn may_read(&self, record: &RecordId, person: Person) -> bool {
        let Some(expected) = self.records.get(record) else { return false };
        let case = match expected.sharing {
            Sharing::Case(child) => self.working.get(&child).is_some_and(|working| working.contains(&person)),
            Sharing::Lines => false,
        };
        // Whoever takes a child over is sent everything about it, by those who had it and by those who see it.
        let child = expected.envelope.about.as_ref().map(|child| child.id);
        let coordinates = |child: &ChildId| {
            let handed = self.handed.iter().any(|handed| handed.child == *child);
            handed && self.coordinators.get(child).is_some_and(|named| named.contains(&person))
        };
        let took_over = child.as_ref().is_some_and(coordinates);
        case || took_over || expected.may.contains(&person)
    }

    /// True if this person was taken out of the case that the record is in. They hear nothing more from there, and what they had
    /// changed and not sent goes to those who were in it then, not to whoever came by another way.
    pub(super) fn is_gone(&self, expected: &Expected, person: Person) -> bool {
        match expected.sharing {
            Sharing::Case(child) => self.taken_out.get(&child).is_some_and(|gone| gone.contains(&person)),
            Sharing::Lines => false,
        }
    }
}
