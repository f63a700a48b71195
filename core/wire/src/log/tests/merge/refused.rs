//! Who may unite two heads, and of what.

use super::*;

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
fn a_device_that_its_person_has_not_taken_in_neither_unites_nor_has_a_branch() {
    let fork = Fork::of(
        &[(BO, Rights::Manage), (EVA, Rights::Read)],
        |log| vec![on(log, ADA, vec![add(member(4), Rights::Read)])],
        |log| vec![on(log, BO, vec![add(member(5), Rights::Read)])],
    );
    let entry = uniting(EVA, &fork.sides[0], fork.heads(), &[]);
    let of = |nobodys: u8| {
        let force = Force { nobodys: [device(nobodys)].into(), ..Force::default() };
        let known = fork.entries.iter().flatten().chain([&entry]);
        Branches::of(known).merge(&fork.sides[0], &entry, &people(), &force).err()
    };
    assert_eq!([EVA, BO, 6].map(of), [Some(LogError::NotListed), Some(LogError::NotListed), None]);
}
