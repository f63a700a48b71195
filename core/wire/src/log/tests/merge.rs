//! What two heads come to, and who may say so.

use super::*;

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
        public.epoch =
            Some(NewEpoch { root_commitment: Fixed([signer; 32]), kem: None, history: vec![Bytes(vec![1])] });
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
        public.epoch = Some(NewEpoch { root_commitment: Fixed([9; 32]), kem: None, history });
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

#[test]
fn what_somebody_did_whom_the_other_branch_removed_is_void() {
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Write)],
        |log| vec![on(log, ADA, vec![remove(member(BO), vec![])])],
        |log| vec![on(log, BO, vec![add(member(4), Rights::Manage)]), rekey(log, EVA)],
    );
    assert_eq!(fork.void(), [fork.entries[2][0].id]);
    let united = fork.unite(EVA);
    assert_eq!([BO, 4].map(|seed| rights(&united, seed)), [None, None]);
    // It is in, so that what was written behind it can be read; it changes nothing.
    assert!(united.has(&fork.entries[2][0].id));
}

#[test]
fn who_was_cut_off_in_time_and_came_back_is_not_void() {
    let (mut vouched, force) = (people(), Force::default());
    let out = state(30, Claim::Standing { person: person(BO), standing: crate::statement::Standing::Suspended });
    vouched.learn(&out).unwrap();
    vouched
        .learn(&state(31, Claim::Standing { person: person(BO), standing: crate::statement::Standing::Active }))
        .unwrap();
    let cut_off = |log: &CircleLog| {
        entry_with(ADA, Some(log), Subject::Shared, |public| {
            public.changes = vec![Change::CutOff { device: device(BO), cuts: vec![] }];
            public.vouchers = vec![out.clone()];
        })
    };
    let void = |cut_before: bool| {
        let (mut base, mut known) = circle(&[(BO, Rights::Manage)]);
        if cut_before {
            known.push(cut_off(&base));
            base.append(known.last().unwrap(), &vouched, &force).unwrap();
        }
        let [mut first, mut second] = [base.clone(), base];
        let ours = if cut_before { on(&mut first, ADA, vec![add(member(EVA), Rights::Read)]) } else { cut_off(&first) };
        if !cut_before {
            first.append(&ours, &vouched, &force).unwrap();
        }
        let by_bo = on(&mut second, BO, vec![add(member(4), Rights::Read)]);
        let heads = [first.head(), second.head()];
        known.extend([ours, by_bo]);
        Branches::of(&known).merging(&first, heads, &vouched, &force).unwrap().void.len()
    };
    assert_eq!([void(true), void(false)], [0, 0], "who is back may make it");
}

#[test]
fn of_two_who_remove_each_other_the_one_admitted_earlier_prevails() {
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Manage)],
        |log| vec![on(log, EVA, vec![remove(member(BO), vec![])])],
        |log| vec![on(log, BO, vec![remove(member(EVA), vec![])])],
    );
    let united = fork.unite(ADA);
    assert_eq!([BO, EVA].map(|seed| rights(&united, seed)), [Some(Rights::Manage), None]);
}

/// Let in by the same entry, in the order of their ids: the founder managed from the beginning.
#[test]
fn of_two_who_were_let_in_together_the_one_who_managed_earlier_prevails() {
    for (founder, other) in [(ADA, BO), (BO, ADA)] {
        let force = Force::default();
        let rights = |seed| if seed == founder { Rights::Manage } else { Rights::Write };
        let members = [ADA, BO, EVA].map(|seed| add(member(seed), rights(seed)));
        let founding = entry_with(founder, None, Subject::Shared, |public| public.changes = members.to_vec());
        let mut base = CircleLog::found(&founding, &people(), &force).unwrap();
        let promoted = on(&mut base, founder, vec![add(member(other), Rights::Manage)]);
        let [mut first, mut second] = [base.clone(), base];
        let by_founder = on(&mut first, founder, vec![remove(member(other), vec![])]);
        let by_other = on(&mut second, other, vec![remove(member(founder), vec![]), remove(member(EVA), vec![])]);
        let heads = [first.head(), second.head()];
        let known = vec![founding, promoted, by_founder, by_other];
        let void = Branches::of(&known).merging(&first, heads, &people(), &force).unwrap().void;
        assert_eq!(void.into_iter().collect::<Vec<_>>(), [known[3].id]);
    }
}

#[test]
fn a_removed_managers_branch_that_removes_everybody_costs_nobody_access() {
    let everybody = || vec![remove(member(ADA), vec![]), remove(member(EVA), vec![])];
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Write)],
        |log| vec![on(log, ADA, vec![remove(member(BO), vec![])])],
        |log| vec![on(log, BO, everybody())],
    );
    let united = fork.unite(EVA);
    assert_eq!([ADA, BO, EVA].map(|seed| rights(&united, seed)), [Some(Rights::Manage), None, Some(Rights::Write)]);
}

#[test]
fn who_is_void_is_the_rules_word_and_not_the_signers() {
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Write)],
        |log| vec![on(log, ADA, vec![remove(member(BO), vec![])])],
        |log| vec![on(log, BO, vec![add(member(4), Rights::Manage)])],
    );
    let [kept, void] = [&fork.entries[1][0], &fork.entries[2][0]].map(|entry| entry.id);
    for declared in [vec![], vec![kept], vec![void, kept], vec![EntryId::new([7; 32])]] {
        let entry = uniting(EVA, &fork.sides[0], fork.heads(), &declared);
        assert_eq!(fork.refused(&entry), LogError::NotAllowed, "{declared:?}");
    }
    let alone = entry_with(ADA, Some(&fork.sides[0]), Subject::Shared, |public| {
        public.changes = vec![Change::Void { entry: kept }];
    });
    assert_eq!(fork.sides[0].clone().append(&alone, &people(), &Force::default()), Err(LogError::NotAllowed));
}

#[test]
fn only_who_is_left_in_both_unites_them_and_changes_nothing_else() {
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Read)],
        |log| vec![on(log, ADA, vec![remove(member(BO), vec![]), add(member(5), Rights::Manage)])],
        |log| vec![on(log, ADA, vec![add(member(4), Rights::Manage)])],
    );
    let heads = fork.heads();
    for signer in [BO, 4, 5, 6] {
        assert_eq!(fork.refused(&uniting(signer, &fork.sides[0], heads, &[])), LogError::NotAllowed, "{signer}");
    }
    let with = |edit: fn(&mut EntryPublic)| fork.refused(&uniting_with(ADA, &fork.sides[0], heads, edit));
    assert_eq!(with(|public| public.epoch = None), LogError::NotAllowed, "the key of neither is everybody's");
    assert_eq!(with(|public| public.changes = vec![add(member(6), Rights::Read)]), LogError::NotAllowed);
    assert_eq!(with(|public| public.changes = vec![remove(member(5), vec![])]), LogError::NotAllowed);
    let mut forged = uniting(EVA, &fork.sides[0], heads, &[]);
    forged.public.device = device(ADA);
    assert_eq!(fork.refused(&forged), LogError::BadSignature);
    // Whoever may only read may unite.
    fork.unite(EVA);
}

#[test]
fn heads_that_are_not_two_branches_of_this_log_are_not_united() {
    let fork = Fork::of(
        &[(BO, Rights::Manage)],
        |log| vec![on(log, ADA, vec![add(member(4), Rights::Read)]), on(log, ADA, vec![add(member(5), Rights::Read)])],
        |log| vec![on(log, BO, vec![add(member(EVA), Rights::Read)])],
    );
    let ([first, second], base) = (fork.heads(), fork.entries[0][1].id);
    let [early, unknown] = [fork.entries[1][0].id, EntryId::new([9; 32])];
    for heads in [[first, first], [first, base], [base, second], [first, early], [first, unknown], [unknown, second]] {
        assert_eq!(fork.refused(&uniting(ADA, &fork.sides[0], heads, &[])), LogError::StaleHead);
    }
    // Neither of them is where this log stands.
    let entry = uniting(ADA, &fork.sides[0], [early, second], &[]);
    assert_eq!(merged(&fork.sides[0], &entry, &fork.entries), Err(LogError::StaleHead));
    // An entry of the other branch has not come.
    let missing = [fork.entries[0].clone(), fork.entries[1].clone()];
    let entry = uniting(ADA, &fork.sides[0], [first, second], &[]);
    assert_eq!(merged(&fork.sides[0], &entry, &missing), Err(LogError::StaleHead));
}

#[test]
fn a_branch_is_verified_by_whoever_had_not_followed_it() {
    let (base, before) = circle(&[(BO, Rights::Write)]);
    let mut first = base.clone();
    let ours = on(&mut first, ADA, vec![add(member(EVA), Rights::Read)]);
    // Bo may not add anybody.
    let theirs =
        entry_with(BO, Some(&base), Subject::Shared, |public| public.changes = vec![add(member(4), Rights::Read)]);
    let entry = uniting(ADA, &first, [first.head(), theirs.id], &[]);
    assert_eq!(merged(&first, &entry, &[before, vec![ours, theirs]]), Err(LogError::NotAllowed));
}

#[test]
fn what_was_written_on_either_branch_counts_by_the_rights_there() {
    let (force, of) = (Force::default(), |log: &CircleLog, seed: u8, counter| chunk(log, log.head(), seed, counter));
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Write)],
        |log| vec![on(log, ADA, vec![add(member(4), Rights::Write)])],
        |log| vec![on(log, BO, vec![add(member(5), Rights::Write)])],
    );
    let [first, second] = &fork.sides;
    let united = fork.unite(ADA);
    let counts = |chunk: &ParsedChunk, seed| united.counts(chunk, &person(seed), &force);
    for side in [first, second] {
        assert_eq!(counts(&of(side, EVA, 1), EVA), Ok(()));
    }
    assert_eq!(counts(&of(first, 4, 1), 4), Ok(()));
    assert_eq!(counts(&of(second, 4, 1), 4), Err(Discounted::NotAMember), "not yet in that branch");
    assert_eq!(counts(&of(second, 5, 1), 5), Ok(()));
    assert_eq!(counts(&of(first, 5, 1), 5), Err(Discounted::NotAMember));
    assert_eq!(counts(&of(&united, 5, 1), 5), Ok(()));
}

#[test]
fn of_two_cuts_the_further_counts() {
    let (force, near, far) = (Force::default(), ChunkId::new([1; 32]), ChunkId::new([2; 32]));
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Write)],
        |log| vec![on(log, ADA, vec![remove(member(EVA), vec![cut(EVA, 2, near)])])],
        |log| vec![on(log, BO, vec![remove(member(EVA), vec![cut(EVA, 5, far)])])],
    );
    let united = fork.unite(BO);
    assert_eq!(united.within_cut(&installation(EVA), 5, &far), Some(true));
    assert_eq!(united.within_cut(&installation(EVA), 6, &near), Some(false));
    assert!(!united.still_counts((&installation(EVA), 6, &far), &person(EVA), &force));
}

#[test]
fn the_keys_of_both_branches_stand_before_the_new_one() {
    let fork = Fork::of(
        &[(BO, Rights::Manage)],
        |log| vec![rekey(log, ADA), on(log, ADA, vec![add(member(4), Rights::Read)])],
        |log| vec![rekey(log, BO), rekey(log, BO)],
    );
    let united = fork.unite(ADA);
    let founding = fork.entries[0][0].id;
    let [ours, theirs] = [fork.entries[1][0].id, fork.entries[2][1].id];
    assert_eq!(united.epoch().unwrap().before, [ours, theirs]);
    let at = |entry: &ParsedEntry| united.epoch_at(&entry.id).unwrap();
    assert_eq!(at(&fork.entries[0][1]).entry, founding);
    assert_eq!(at(&fork.entries[1][1]).entry, ours);
    assert_eq!((at(&fork.entries[2][0]).before.as_slice(), at(&fork.entries[2][1]).entry), (&[founding][..], theirs));
    assert!(!united.leaked);
}

#[test]
fn a_void_key_stays_in_force_on_its_branch() {
    // Others may have sealed under it, and Eva has drawn the next one on it.
    let removes_bo = |log: &mut CircleLog| vec![on(log, ADA, vec![remove(member(BO), vec![])])];
    let people = &[(BO, Rights::Manage), (EVA, Rights::Write)];
    let fork = Fork::of(people, removes_bo, |log| vec![rekey(log, BO), rekey(log, EVA)]);
    let [founding, by_bo, by_eva] = [fork.entries[0][0].id, fork.entries[2][0].id, fork.entries[2][1].id];
    assert_eq!(fork.void(), [by_bo]);
    let united = fork.unite(EVA);
    assert_eq!(united.epoch_at(&by_bo).unwrap().entry, by_bo);
    assert_eq!(united.epoch_at(&by_eva).unwrap().before, [by_bo]);
    assert_eq!(united.epoch().unwrap().before, [founding, by_eva]);
    let fork = Fork::of(people, removes_bo, |log| vec![rekey(log, BO)]);
    assert_eq!(fork.unite(EVA).epoch().unwrap().before, [founding, fork.entries[2][0].id]);
}

#[test]
fn what_was_united_parts_and_is_united_again() {
    let fork = Fork::of(
        &[(BO, Rights::Manage)],
        |log| vec![on(log, ADA, vec![add(member(4), Rights::Read)])],
        |log| vec![on(log, BO, vec![add(member(5), Rights::Read)])],
    );
    let one = uniting(ADA, &fork.sides[0], fork.heads(), &[]);
    let mut united = merged(&fork.sides[0], &one, &fork.entries).unwrap();
    let mut entries = fork.entries.clone();
    // Somebody had stayed behind on the first branch and gone on.
    let mut behind = fork.sides[0].clone();
    let late = vec![on(&mut behind, ADA, vec![remove(member(4), vec![]), add(member(6), Rights::Read)])];
    entries.extend([vec![one.clone()], late, vec![on(&mut united, BO, vec![add(member(EVA), Rights::Read)])]]);
    let heads = [united.head(), behind.head()];
    let two = uniting(BO, &united, heads, &[]);
    let found = [&united, &behind].map(|log| merged(log, &two, &entries).unwrap());
    assert_eq!(found[0], found[1]);
    assert_eq!([EVA, 4, 5, 6].map(|seed| rights(&found[0], seed).is_some()), [true, false, true, true]);
    assert_eq!(CircleLog::replay(entries.iter().flatten().chain([&two])).as_ref(), Some(&found[0]));
}

#[test]
fn who_comes_late_finds_it_though_somebody_has_joined_a_team_since() {
    let mut then = Force::default();
    let founding = entry(
        None,
        Subject::Shared,
        vec![
            add(member(ADA), Rights::Manage),
            add(member(BO), Rights::Manage),
            add(Member::Team(TEAM), Rights::Manage),
        ],
    );
    let base = CircleLog::found(&founding, &people(), &then).unwrap();
    let [mut first, mut second] = [base.clone(), base];
    let ours = on(&mut first, ADA, vec![remove(member(BO), vec![])]);
    let theirs = on(&mut second, BO, vec![add(member(4), Rights::Read)]);
    let entry = uniting(ADA, &first, [first.head(), second.head()], &[theirs.id]);
    let entries = [founding, ours, theirs, entry.clone()];
    let found = |force: &Force| Branches::of(&entries).merge(&first, &entry, &people(), force);
    let at_once = found(&then).unwrap();
    then.now.insert(person(BO));
    assert_eq!(found(&then), Ok(at_once));
}
