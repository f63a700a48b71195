//! Who erases what, and when nobody may.

use super::merge::{ADA, BO, EVA, Fork, circle, on, people};
use super::*;

const WRITERS: [(u8, Rights); 2] = [(BO, Rights::Write), (EVA, Rights::Manage)];

fn place(counter: u64) -> Cut {
    cut(BO, counter, ChunkId::new([counter as u8; 32]))
}

fn erase(counters: &[u64]) -> Vec<Change> {
    vec![Change::Erase { chunks: counters.iter().map(|counter| place(*counter)).collect() }]
}

fn agree(entry: &ParsedEntry) -> Vec<Change> {
    vec![Change::Agree { entry: entry.id }]
}

fn refused(log: &CircleLog, signer: u8, edit: impl FnOnce(&mut EntryPublic)) -> LogError {
    let made = entry_with(signer, Some(log), Subject::Shared, edit);
    let mut after = log.clone();
    let error = after.append(&made, &people(), &Force::default()).unwrap_err();
    assert_eq!(after, *log, "a refused entry has left something");
    error
}

fn is_refused(log: &CircleLog, signer: u8, changes: Vec<Change>) {
    assert_eq!(refused(log, signer, |public| public.changes = changes), LogError::NotAllowed);
}

fn erased(log: &CircleLog) -> Vec<u64> {
    log.erasure.all().map(|cut| cut.counter).collect()
}

#[test]
fn what_a_manager_asks_for_is_erased_when_another_person_agrees() {
    let (mut log, mut entries) = circle(&WRITERS);
    entries.push(on(&mut log, ADA, erase(&[2, 3])));
    assert!(log.erasure.is_asked(&place(2)) && erased(&log).is_empty(), "asking erases nothing");
    let asking = entries.last().unwrap().clone();
    entries.push(on(&mut log, BO, agree(&asking)));
    assert_eq!((erased(&log), log.erasure.asked.len()), (vec![2, 3], 0));
    assert_eq!(log.erasure.agreed.get(&asking.id), Some(&log.head()));
    let other = ChunkId::new([9; 32]);
    assert!(!log.erasure.has(&installation(BO), 2, &other), "another chunk under that counter is not erased");
    assert_eq!(log.erasure.within(&installation(BO), 1, 2).count(), 1);
    assert_eq!(log.erasure.within(&installation(ADA), 0, u64::MAX).count(), 0);
    assert_eq!(CircleLog::replay(&entries), Some(log.clone()));
    is_refused(&log, EVA, agree(&asking));
}

#[test]
fn only_managers_ask_and_nobody_agrees_with_themselves() {
    let (mut log, _) = circle(&WRITERS);
    for change in [erase(&[1])[0].clone(), Change::Hold] {
        is_refused(&log, BO, vec![change]);
    }
    is_refused(&log, ADA, vec![Change::Erase { chunks: Vec::new() }]);
    let asking = on(&mut log, ADA, erase(&[1]));
    is_refused(&log, ADA, agree(&asking));
    is_refused(&log, BO, vec![Change::Agree { entry: log.id.founding_entry() }]);
    // Ada's other device is Ada.
    let mut vouched = people();
    vouched.learn(&certificate(60, 7, person(ADA))).unwrap();
    let by_other_device = entry_with(7, Some(&log), Subject::Shared, |public| public.changes = agree(&asking));
    assert_eq!(log.append(&by_other_device, &vouched, &Force::default()), Err(LogError::NotAllowed));
    // Who only reads, or is in nothing, agrees to nothing.
    let (mut readers, _) = circle(&[(BO, Rights::Read)]);
    let asking = on(&mut readers, ADA, erase(&[1]));
    for signer in [BO, EVA] {
        is_refused(&readers, signer, agree(&asking));
    }
}

#[test]
fn nothing_is_erased_while_there_is_a_hold_and_it_takes_two_to_end_it() {
    let (mut log, _) = circle(&WRITERS);
    let asking = on(&mut log, ADA, erase(&[1]));
    is_refused(&log, ADA, vec![Change::Lift]);
    on(&mut log, EVA, vec![Change::Hold]);
    is_refused(&log, ADA, vec![Change::Hold]);
    is_refused(&log, BO, agree(&asking));
    is_refused(&log, ADA, erase(&[2]));
    let lift = on(&mut log, ADA, vec![Change::Lift]);
    assert!(log.erasure.held, "asking ends no hold");
    is_refused(&log, ADA, agree(&lift));
    on(&mut log, BO, agree(&lift));
    on(&mut log, BO, agree(&asking));
    assert_eq!((log.erasure.held, erased(&log)), (false, vec![1]));
}

#[test]
fn an_entry_about_erasure_does_nothing_else_and_stands_in_a_shared_circle() {
    let (mut log, _) = circle(&WRITERS);
    let asking = on(&mut log, ADA, erase(&[1]));
    for change in [erase(&[2]), vec![Change::Hold], agree(&asking)].concat() {
        let with_removal = vec![change.clone(), remove(Member::Person(person(BO)), vec![])];
        is_refused(&log, EVA, with_removal);
        is_refused(&log, EVA, vec![change.clone(), change.clone()]);
        let with_key = |public: &mut EntryPublic| {
            public.changes = vec![change.clone()];
            public.epoch = Some(NewEpoch {
                root_commitment: Fixed([3; 32]),
                kem: None,
                history: vec![Bytes(vec![1])],
                leads_to: None,
            });
        };
        assert_eq!(refused(&log, EVA, with_key), LogError::NotAllowed);
    }
    let force = Force::default();
    let founding = entry(None, Subject::Person(person(1)), vec![add(Member::Device(device(1)), Rights::Manage)]);
    let mut own = CircleLog::found(&founding, &vouched(), &force).unwrap();
    for change in [erase(&[1]), vec![Change::Hold]] {
        assert_eq!(append(&mut own, change, &force), Err(LogError::NotAllowed), "one person alone");
    }
    let founding = vec![add(Member::Person(person(1)), Rights::Manage), Change::Hold];
    let founding = entry(None, Subject::Shared, founding);
    assert_eq!(CircleLog::found(&founding, &vouched(), &force), Err(LogError::NotAllowed));
}

#[test]
fn what_one_branch_has_erased_or_holds_stays_so_when_two_become_one() {
    let fork = Fork::of(
        &WRITERS,
        |log| {
            let asking = on(log, ADA, erase(&[1]));
            let agreed = on(log, BO, agree(&asking));
            vec![asking, agreed, on(log, ADA, erase(&[3]))]
        },
        |log| {
            let asking = on(log, ADA, erase(&[2]));
            vec![asking, on(log, EVA, vec![Change::Hold])]
        },
    );
    let united = fork.unite(BO);
    assert_eq!((erased(&united), united.erasure.held), (vec![1], true));
    assert!([2, 3].iter().all(|counter| united.erasure.is_asked(&place(*counter))), "what was asked for still is");
}

#[test]
fn what_was_agreed_to_on_one_branch_waits_for_nobody_any_more() {
    let (base, before) = circle(&WRITERS);
    let mut sides = [base.clone(), base];
    let asking = on(&mut sides[0], ADA, erase(&[1]));
    sides[1] = sides[0].clone();
    let first = vec![on(&mut sides[0], BO, agree(&asking))];
    let second = vec![on(&mut sides[1], ADA, vec![add(Member::Person(person(4)), Rights::Read)])];
    let entries = vec![[before, vec![asking]].concat(), first, second];
    let united = Fork { sides, entries }.unite(BO);
    assert_eq!((erased(&united), united.erasure.asked.len()), (vec![1], 0));
}

#[test]
fn what_somebody_asked_for_whom_the_other_branch_has_removed_is_void() {
    let fork = Fork::of(&WRITERS, |log| vec![on(log, EVA, erase(&[1]))], |log| vec![entry_removing(log)]);
    let united = fork.unite(BO);
    assert!(!united.erasure.is_asked(&place(1)));
}

fn entry_removing(log: &mut CircleLog) -> ParsedEntry {
    on(log, ADA, vec![remove(Member::Person(person(EVA)), vec![])])
}
