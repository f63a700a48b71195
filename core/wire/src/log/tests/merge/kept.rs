//! What stands of both branches: what was written, cuts, keys; and once more after it.

use super::*;

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
    assert!(united.still_counts((&installation(EVA), 6, &far), &person(EVA), &force).is_err());
}

/// The epochs of a circle, oldest first: what a later one's history may hold is the root of any of them.
fn begun(log: &CircleLog) -> Vec<EntryId> {
    log.epochs.iter().map(|epoch| epoch.entry).collect()
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
    assert_eq!(begun(&united), [founding, ours, fork.entries[2][0].id, theirs, united.head()]);
    let at = |entry: &ParsedEntry| united.epoch_at(&entry.id).unwrap();
    assert_eq!(at(&fork.entries[0][1]).entry, founding);
    assert_eq!(at(&fork.entries[1][1]).entry, ours);
    assert_eq!(
        [&fork.entries[2][0], &fork.entries[2][1]].map(|entry| at(entry).entry),
        [fork.entries[2][0].id, theirs]
    );
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
    assert_eq!(united.epoch_at(&by_eva).unwrap().entry, by_eva);
    assert_eq!(begun(&united), [founding, by_bo, by_eva, united.head()]);
    let fork = Fork::of(people, removes_bo, |log| vec![rekey(log, BO)]);
    let united = fork.unite(EVA);
    assert_eq!(begun(&united), [founding, fork.entries[2][0].id, united.head()]);
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
fn two_who_united_the_same_heads_apart_are_united() {
    // A relay that was put back twice: it has forgotten that Ada had united them, and Bo does.
    let fork = Fork::of(
        &[(BO, Rights::Manage)],
        |log| vec![on(log, ADA, vec![add(member(4), Rights::Read)])],
        |log| vec![on(log, BO, vec![add(member(5), Rights::Read), add(member(6), Rights::Read)])],
    );
    let [one, two] = [ADA, BO].map(|signer| uniting(signer, &fork.sides[0], fork.heads(), &[]));
    let [mut by_ada, mut by_bo] = [&one, &two].map(|entry| merged(&fork.sides[0], entry, &fork.entries).unwrap());
    let ada_goes_on = on(&mut by_ada, ADA, vec![remove(member(6), vec![])]);
    let bo_goes_on = on(&mut by_bo, BO, vec![add(member(EVA), Rights::Read)]);
    let mut entries = fork.entries.clone();
    entries.extend([vec![one.clone(), two.clone()], vec![ada_goes_on, bo_goes_on]]);
    let three = uniting(BO, &by_bo, [by_bo.head(), by_ada.head()], &[]);
    let found = [&by_ada, &by_bo].map(|log| merged(log, &three, &entries).unwrap());
    assert_eq!(found[0], found[1]);
    assert_eq!([EVA, 4, 5, 6].map(|seed| rights(&found[0], seed).is_some()), [true, true, true, false]);
    assert!([&one, &two].iter().all(|entry| begun(&found[0]).contains(&entry.id)), "the keys of both stand");
    assert_eq!(CircleLog::replay(entries.iter().flatten().chain([&three])).as_ref(), Some(&found[0]));
}

#[test]
fn who_is_void_by_one_of_two_who_united_is_not_in_again_by_the_other() {
    // Ada has removed Bo, who let 4 in; both who united the two say so. What Bo's entry came to is not where the two part.
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Write)],
        |log| vec![on(log, ADA, vec![remove(member(BO), vec![])])],
        |log| vec![on(log, BO, vec![add(member(4), Rights::Read)])],
    );
    let void = fork.void();
    let [one, two] = [ADA, EVA].map(|signer| uniting(signer, &fork.sides[0], fork.heads(), &void));
    let [by_ada, by_eva] = [&one, &two].map(|entry| merged(&fork.sides[0], entry, &fork.entries).unwrap());
    let mut entries = fork.entries.clone();
    entries.push(vec![one.clone(), two.clone()]);
    let three = uniting(EVA, &by_eva, [by_ada.head(), by_eva.head()], &[]);
    let found = [&by_ada, &by_eva].map(|log| merged(log, &three, &entries).unwrap());
    assert_eq!(found[0], found[1]);
    assert_eq!([ADA, BO, EVA, 4].map(|seed| rights(&found[0], seed).is_some()), [true, false, true, false]);
}

#[test]
fn a_circle_whose_heads_were_united_many_times_is_folded_once() {
    // Three times as much for each would not end in anybody's life.
    let (mut log, before) = circle(&[(BO, Rights::Manage)]);
    let mut entries = vec![before];
    for _ in 0..40 {
        let mut other = log.clone();
        entries.push(vec![rekey(&mut log, ADA), rekey(&mut other, BO)]);
        let heads = [log.head(), other.head()];
        let entry = uniting(ADA, &log, heads, &[]);
        log = merged(&log, &entry, &entries).unwrap();
        entries.push(vec![entry]);
    }
    assert_eq!(CircleLog::replay(entries.iter().flatten()), Some(log));
}
