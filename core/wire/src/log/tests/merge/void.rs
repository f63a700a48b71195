//! Which entries of one branch come to nothing by what the other says.

use super::*;

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
fn what_is_void_further_on_stays_void_in_what_was_united_before() {
    // Bo lets 4 in, beside Eva who is removed on the other branch and lets 5 in: united, Eva's is void. On a third branch Bo is removed.
    let people = &[(BO, Rights::Manage), (EVA, Rights::Manage)];
    let fork = Fork::of(
        people,
        |log| vec![on(log, BO, vec![add(member(4), Rights::Read)]), on(log, ADA, vec![remove(member(EVA), vec![])])],
        |log| vec![on(log, EVA, vec![add(member(5), Rights::Read)])],
    );
    let one = uniting(ADA, &fork.sides[0], fork.heads(), &fork.void());
    let united = merged(&fork.sides[0], &one, &fork.entries).unwrap();
    assert_eq!([4, 5].map(|seed| rights(&united, seed).is_some()), [true, false]);
    let (mut third, _) = circle(people);
    let removes_bo = on(&mut third, ADA, vec![remove(member(BO), vec![])]);
    let mut entries = fork.entries.clone();
    entries.extend([vec![one], vec![removes_bo]]);
    let by_bo = fork.entries[1][0].id;
    let two = uniting(ADA, &united, [united.head(), third.head()], &[by_bo]);
    let found = [&united, &third].map(|log| merged(log, &two, &entries).unwrap());
    assert_eq!(found[0], found[1]);
    assert_eq!([BO, EVA, 4, 5].map(|seed| rights(&found[0], seed).is_some()), [false; 4]);
}

#[test]
fn who_was_let_in_on_one_branch_has_a_say_there() {
    // Ada has handed over to Bo, who lets 4 in, who writes. On the other branch nobody has heard of Bo, and something else was changed.
    let fork = Fork::of(
        &[(EVA, Rights::Manage)],
        |log| {
            let hands_over = on(log, ADA, vec![add(member(BO), Rights::Manage)]);
            vec![hands_over, on(log, BO, vec![add(member(4), Rights::Write)]), rekey(log, 4)]
        },
        |log| vec![on(log, EVA, vec![add(member(5), Rights::Read)])],
    );
    assert_eq!(fork.void(), []);
    let united = fork.unite(EVA);
    assert_eq!([BO, 4, 5].map(|seed| rights(&united, seed).is_some()), [true; 3]);
}

#[test]
fn who_was_let_in_by_somebody_who_was_removed_has_none() {
    // Bo, whom Ada removes on the other branch, lets 4 in, who removes Ada and lets 5 in, who draws a key.
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Write)],
        |log| vec![on(log, ADA, vec![remove(member(BO), vec![])])],
        |log| {
            let lets_in = on(log, BO, vec![add(member(4), Rights::Manage)]);
            let removes = on(log, 4, vec![remove(member(ADA), vec![]), add(member(5), Rights::Write)]);
            vec![lets_in, removes, rekey(log, 5)]
        },
    );
    let mut by_bo: Vec<EntryId> = fork.entries[2].iter().map(|entry| entry.id).collect();
    by_bo.sort_unstable();
    assert_eq!(fork.void(), by_bo);
    let united = fork.unite(EVA);
    assert_eq!([ADA, BO, EVA, 4, 5].map(|seed| rights(&united, seed).is_some()), [true, false, true, false, false]);
}
