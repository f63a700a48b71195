//! What two heads come to, and who may say so.

use super::*;

mod kept;
mod later;
mod random;
mod refused;
mod void;

pub(super) const ADA: u8 = 1;
pub(super) const BO: u8 = 2;
pub(super) const EVA: u8 = 3;

fn member(seed: u8) -> Member {
    Member::Person(person(seed))
}

/// A circle in which Ada manages and then lets in these.
pub(super) fn circle(others: &[(u8, Rights)]) -> (CircleLog, Vec<ParsedEntry>) {
    let force = Force::default();
    let founding = entry(None, Subject::Shared, vec![add(member(ADA), Rights::Manage)]);
    let log = CircleLog::found(&founding, &people(), &force).unwrap();
    let (mut log, mut entries) = (log, vec![founding]);
    for (seed, rights) in others {
        entries.push(on(&mut log, ADA, vec![add(member(*seed), *rights)]));
    }
    (log, entries)
}

/// Persons 1 to 6 with the devices of the same numbers.
pub(super) fn people() -> Vouched {
    let mut vouched = Vouched::new(authority());
    for seed in 1..=6 {
        vouched.learn(&certificate(seed.into(), seed, person(seed))).unwrap();
    }
    vouched
}

/// Appends a change by the device of this number.
pub(super) fn on(log: &mut CircleLog, signer: u8, changes: Vec<Change>) -> ParsedEntry {
    let made = entry_with(signer, Some(log), Subject::Shared, |public| public.changes = changes);
    log.append(&made, &people(), &Force::default()).unwrap();
    made
}

/// Appends a new key.
fn rekey(log: &mut CircleLog, signer: u8) -> ParsedEntry {
    let made = entry_with(signer, Some(log), Subject::Shared, |public| {
        public.epoch = Some(NewEpoch {
            root_commitment: Fixed([signer; 32]),
            kem: None,
            history: vec![Bytes(vec![1])],
            leads_to: None,
        });
    });
    log.append(&made, &people(), &Force::default()).unwrap();
    made
}

/// An entry by the device of this number that unites two heads, and says that these are void.
fn uniting(signer: u8, log: &CircleLog, heads: [EntryId; 2], void: &[EntryId]) -> ParsedEntry {
    uniting_with(signer, log, heads, |public| {
        public.changes = void.iter().map(|entry| Change::Void { entry: *entry }).collect();
    })
}

fn uniting_with(signer: u8, log: &CircleLog, heads: [EntryId; 2], edit: impl FnOnce(&mut EntryPublic)) -> ParsedEntry {
    entry_with(signer, Some(log), Subject::Shared, |public| {
        public.parents = heads.to_vec();
        let history = vec![Bytes(vec![1]), Bytes(vec![2])];
        public.epoch = Some(NewEpoch { root_commitment: Fixed([9; 32]), kem: None, history, leads_to: None });
        edit(public);
    })
}

/// The circle as somebody finds it who had followed this branch.
fn merged(log: &CircleLog, entry: &ParsedEntry, entries: &[Vec<ParsedEntry>]) -> Result<CircleLog, LogError> {
    let known = entries.iter().flatten().chain([entry]);
    Branches::of(known).merge(log, entry, &people(), &Force::default())
}

/// Two branches with what all know before them, from a circle of these, and who signs each.
pub(super) struct Fork {
    pub(super) sides: [CircleLog; 2],
    pub(super) entries: Vec<Vec<ParsedEntry>>,
}

impl Fork {
    pub(super) fn of(
        others: &[(u8, Rights)],
        first: impl FnOnce(&mut CircleLog) -> Vec<ParsedEntry>,
        second: impl FnOnce(&mut CircleLog) -> Vec<ParsedEntry>,
    ) -> Self {
        let (base, before) = circle(others);
        let mut sides = [base.clone(), base];
        let (first, second) = (first(&mut sides[0]), second(&mut sides[1]));
        Self { sides, entries: vec![before, first, second] }
    }

    fn heads(&self) -> [EntryId; 2] {
        [self.sides[0].head(), self.sides[1].head()]
    }

    fn void(&self) -> Vec<EntryId> {
        let all = self.entries.iter().flatten();
        let merging = Branches::of(all).merging(&self.sides[0], self.heads(), &people(), &Force::default()).unwrap();
        merging.void.into_iter().collect()
    }

    /// What both sides find, which must be the same.
    pub(super) fn unite(&self, signer: u8) -> CircleLog {
        let entry = uniting(signer, &self.sides[0], self.heads(), &self.void());
        let found = [0, 1].map(|side| merged(&self.sides[side], &entry, &self.entries).unwrap());
        assert_eq!(found[0], found[1], "it depends on the branch that was followed");
        let stored = self.entries.iter().flatten().chain([&entry]);
        assert_eq!(CircleLog::replay(stored).as_ref(), Some(&found[0]), "it is another after a restart");
        let [united, _] = found;
        assert_eq!((united.head(), united.epoch().unwrap().entry), (entry.id, entry.id));
        united
    }

    fn refused(&self, entry: &ParsedEntry) -> LogError {
        let errors = [0, 1].map(|side| merged(&self.sides[side], entry, &self.entries).unwrap_err());
        assert_eq!(errors[0], errors[1]);
        errors[0]
    }
}

fn rights(log: &CircleLog, seed: u8) -> Option<Rights> {
    log.members.get(&member(seed)).map(|held| held.rights)
}

#[test]
fn what_each_branch_changed_stands() {
    let fork = Fork::of(
        &[(BO, Rights::Manage)],
        |log| vec![on(log, ADA, vec![add(member(EVA), Rights::Write)]), rekey(log, ADA)],
        |log| vec![on(log, BO, vec![add(member(4), Rights::Read)])],
    );
    let united = fork.unite(BO);
    assert_eq!(
        [1, 2, 3, 4].map(|seed| rights(&united, seed)),
        [Some(Rights::Manage), Some(Rights::Manage), Some(Rights::Write), Some(Rights::Read)]
    );
    assert!(fork.entries.iter().flatten().all(|entry| united.has(&entry.id)));
}

#[test]
fn a_removal_wins_and_of_two_rights_the_lesser() {
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Read), (4, Rights::Read)],
        |log| {
            vec![on(
                log,
                ADA,
                vec![remove(member(EVA), vec![]), add(member(4), Rights::Manage), add(member(5), Rights::Write)],
            )]
        },
        |log| {
            vec![on(
                log,
                BO,
                vec![add(member(EVA), Rights::Manage), add(member(4), Rights::Write), add(member(5), Rights::Read)],
            )]
        },
    );
    let united = fork.unite(ADA);
    assert_eq!([EVA, 4, 5].map(|seed| rights(&united, seed)), [None, Some(Rights::Write), Some(Rights::Read)]);
}
