//! Memberships with an end: what they give, what may be made of them, and what a merge leaves.

use super::*;

const END: u64 = 1_800_000_000;
const BO: Member = Member::Person(PersonId::new([2; 16]));
const CARL: Member = Member::Person(PersonId::new([3; 16]));

fn until(member: Member, rights: Rights, end: u64) -> Change {
    Change::Add { member, rights, until: Some(end) }
}

fn lent() -> (CircleLog, Force) {
    let force = Force::default();
    let mut log = line(vec![add(CARL, Rights::Write)], &force);
    append(&mut log, vec![until(BO, Rights::Write, END)], &force).unwrap();
    (log, force)
}

#[test]
fn it_counts_up_to_its_second_for_who_asks_with_a_clock_and_always_for_a_reader() {
    let (log, force) = lent();
    let held = |now| log.rights_of(&device(2), &person(2), now, &force);
    assert_eq!(held(Some(END - 1)), Some(Rights::Write));
    for over in [END, END + 1, u64::MAX] {
        assert_eq!(held(Some(over)), None);
    }
    assert_eq!(held(None), Some(Rights::Write));
    assert!(log.counts(&chunk(&log, log.head(), 2, 1), &person(2), &force).is_ok());
}

#[test]
fn an_entry_is_late_if_only_a_membership_that_is_over_allows_it() {
    let (mut log, mut force) = lent();
    let key = |signer| {
        entry_with(signer, Some(&log), Subject::Shared, |public| {
            public.epoch = Some(NewEpoch {
                root_commitment: Fixed([2; 32]),
                kem: None,
                history: vec![Bytes(vec![0; 48])],
                leads_to: None,
            });
        })
    };
    let (bos, annas) = (key(2), key(1));
    assert!(!log.is_late(&bos, &person(2), END - 1, &force));
    assert!(log.is_late(&bos, &person(2), END, &force));
    assert!(!log.is_late(&annas, &person(1), END, &force), "hers has no end");
    // What the signer could never do is refused for that, not for being late.
    let adds = entry_with(2, Some(&log), Subject::Shared, |public| public.changes = vec![add(CARL, Rights::Write)]);
    assert!(!log.is_late(&adds, &person(2), END, &force));
    append(&mut log, vec![add(Member::Team(TEAM), Rights::Write)], &force).unwrap();
    force.now.insert(person(2));
    assert!(!log.is_late(&bos, &person(2), END, &force), "a team gives it, too");
}

#[test]
fn an_end_is_moved_or_taken_away_and_given_to_nobody_who_has_none() {
    let (mut log, force) = lent();
    for (change, expected) in [
        (until(BO, Rights::Write, END + 5), Ok(())),
        (until(BO, Rights::Write, 1), Ok(())),
        (until(BO, Rights::Read, END), Err(LogError::NotAllowed)),
        (until(CARL, Rights::Write, END), Err(LogError::NotAllowed)),
        (until(CARL, Rights::Manage, END), Err(LogError::NotAllowed)),
        (until(Member::Person(person(1)), Rights::Manage, END), Err(LogError::NotAllowed)),
        (add(BO, Rights::Write), Ok(())),
        (until(BO, Rights::Write, END), Err(LogError::NotAllowed)),
    ] {
        let before = log.clone();
        assert_eq!(append(&mut log, vec![change.clone()], &force), expected, "{change:?}");
        assert!(expected.is_ok() || log == before);
    }
    // By a removal, which says what counts of what was written, it may be.
    append(&mut log, vec![remove(CARL, Vec::new()), until(CARL, Rights::Write, END)], &force).unwrap();
    assert_eq!(log.members[&CARL].until, Some(END));
}

#[test]
fn only_a_shared_circle_is_for_a_time() {
    let mut vouched = vouched();
    vouched.learn(&state(9, Claim::Team { team: TEAM, persons: vec![person(1), person(2)] })).unwrap();
    let force = Force::default();
    let charter = state(9, Claim::Team { team: TEAM, persons: vec![person(1), person(2)] });
    for (subject, first, second) in [
        (Subject::Person(person(1)), Member::Device(device(1)), Member::Device(device(1))),
        (Subject::Team(TEAM), Member::Person(person(1)), BO),
        (Subject::Municipality, Member::Team(TEAM), Member::Team(TEAM)),
    ] {
        let founds = |changes: Vec<Change>| {
            entry_with(1, None, subject, |public| {
                public.changes = changes;
                public.vouchers = vec![charter.clone()];
            })
        };
        let ends = founds(vec![until(first, Rights::Manage, END)]);
        assert_eq!(CircleLog::found(&ends, &vouched, &force).err(), Some(LogError::NotAllowed), "{subject:?}");
        let later = founds(vec![add(first, Rights::Manage), until(second, Rights::Manage, END)]);
        assert_eq!(CircleLog::found(&later, &vouched, &force).err(), Some(LogError::NotAllowed), "{subject:?}");
    }
}
