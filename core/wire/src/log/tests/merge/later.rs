//! One merge, judged by everybody alike whenever they come.

use super::*;
use crate::statement::Standing;

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

/// Bo was cut off by a voucher of serial 30 before the heads parted. A relay that had forgotten an older word about him took this
/// from him all the same, and Ada with it.
struct TakenFromBo {
    sides: [CircleLog; 2],
    known: Vec<ParsedEntry>,
    by_bo: EntryId,
    vouched: Vouched,
}

impl TakenFromBo {
    fn of(by_bo: impl FnOnce(&mut EntryPublic), then: impl FnOnce(&mut CircleLog) -> Vec<ParsedEntry>) -> Self {
        let mut vouched = people();
        let [out, back] = [(30, Standing::Suspended), (31, Standing::Active)]
            .map(|(serial, standing)| state(serial, Claim::Standing { person: person(BO), standing }));
        vouched.learn(&out).unwrap();
        vouched.learn(&back).unwrap();
        let (mut base, mut known) = circle(&[(BO, Rights::Manage), (EVA, Rights::Write)]);
        let cut = entry_with(ADA, Some(&base), Subject::Shared, |public| {
            public.changes = vec![Change::CutOff { device: device(BO), cuts: vec![] }];
            public.vouchers = vec![out];
        });
        let not_out = Force::default();
        base.append(&cut, &vouched, &not_out).unwrap();
        let [mut first, mut second] = [base.clone(), base];
        let taken = entry_with(BO, Some(&first), Subject::Shared, by_bo);
        first.append(&taken, &vouched, &not_out).unwrap();
        known.extend([cut, taken.clone(), on(&mut second, ADA, vec![add(member(5), Rights::Read)])]);
        known.extend(then(&mut first));
        Self { sides: [first, second], known, by_bo: taken.id, vouched }
    }

    fn heads(&self) -> [EntryId; 2] {
        [self.sides[0].head(), self.sides[1].head()]
    }

    fn merged(&self, log: &CircleLog, entry: &ParsedEntry, force: &Force) -> Result<CircleLog, LogError> {
        Branches::of(self.known.iter().chain([entry])).merge(log, entry, &self.vouched, force)
    }
}

/// Bo's device was revoked with a serial below 30, as the cut-off covers.
fn bo_is_out() -> Force {
    Force { out: [device(BO)].into(), ..Force::default() }
}

#[test]
fn who_was_cut_off_before_the_heads_parted_is_void_for_everybody_whichever_branch_they_followed() {
    let out = bo_is_out();
    let fork = TakenFromBo::of(
        |public| public.changes = vec![remove(member(EVA), vec![]), add(member(4), Rights::Read)],
        |log| vec![on(log, ADA, vec![add(member(6), Rights::Read)])],
    );
    let void = Branches::of(&fork.known).merging(&fork.sides[0], fork.heads(), &fork.vouched, &out).unwrap().void;
    assert_eq!(void.iter().collect::<Vec<_>>(), [&fork.by_bo]);
    let entry = uniting(EVA, &fork.sides[0], fork.heads(), &[fork.by_bo]);
    let found = [0, 1].map(|side| fork.merged(&fork.sides[side], &entry, &out));
    assert_eq!(found[0], found[1], "also for who knew before that he is out, and had refused it");
    let united = found[0].as_ref().unwrap();
    assert_eq!([EVA, 4, 5, 6].map(|seed| rights(united, seed).is_some()), [true, false, true, true]);
    let present = Force { present: true, ..bo_is_out() };
    let relays = Branches::of(fork.known.iter().chain([&entry])).merge(&fork.sides[0], &entry, &fork.vouched, &present);
    assert_eq!(relays.as_ref(), Ok(united), "and for the relay");
    assert_eq!(CircleLog::replay(fork.known.iter().chain([&entry])).as_ref(), Some(united));
}

#[test]
fn what_a_device_that_was_cut_off_before_says_is_not_to_be_kept_by_leaving_it_off_the_list() {
    let out = bo_is_out();
    let fork = TakenFromBo::of(|public| public.changes = vec![add(member(4), Rights::Read)], |_| vec![]);
    let silent = uniting(EVA, &fork.sides[0], fork.heads(), &[]);
    let found = [0, 1].map(|side| fork.merged(&fork.sides[side], &silent, &out));
    assert_eq!(found, [Err(LogError::NotAllowed), Err(LogError::NotAllowed)]);
}

#[test]
fn who_is_back_may_not_be_said_to_be_void_for_a_cut_off_from_before() {
    // Else whoever was suspended once could be robbed of every change by a colleague with a relay that shows two heads.
    let fork = TakenFromBo::of(|public| public.changes = vec![remove(member(EVA), vec![])], |_| vec![]);
    for signer in [ADA, EVA] {
        let entry = uniting(signer, &fork.sides[0], fork.heads(), &[fork.by_bo]);
        let found = [0, 1].map(|side| fork.merged(&fork.sides[side], &entry, &Force::default()));
        assert_eq!(found, [Err(LogError::NotAllowed), Err(LogError::NotAllowed)]);
    }
}

#[test]
fn what_is_passed_over_is_still_to_be_signed_and_what_stands_on_it_to_be_allowed() {
    let out = bo_is_out();
    let fork = TakenFromBo::of(|public| public.changes = vec![add(member(4), Rights::Manage)], |_| vec![]);
    let entry = uniting(EVA, &fork.sides[0], fork.heads(), &[fork.by_bo]);
    let mut forged = fork.known.clone();
    let by_bo = forged.iter_mut().find(|entry| entry.id == fork.by_bo).unwrap();
    by_bo.public.device = device(6);
    let merge = |known: &[ParsedEntry]| {
        Branches::of(known.iter().chain([&entry])).merge(&fork.sides[1], &entry, &fork.vouched, &out)
    };
    assert!(merge(&fork.known).is_ok());
    assert!(merge(&forged).is_err());
    // By whom he let in, and nobody else: who had refused him has nothing to judge it by.
    let fork = TakenFromBo::of(
        |public| public.changes = vec![add(member(4), Rights::Manage)],
        |log| vec![on(log, 4, vec![add(member(6), Rights::Read)])],
    );
    let entry = uniting(EVA, &fork.sides[0], fork.heads(), &[fork.by_bo, fork.sides[0].head()]);
    assert_eq!(fork.merged(&fork.sides[1], &entry, &out), Err(LogError::NotAllowed));
}
