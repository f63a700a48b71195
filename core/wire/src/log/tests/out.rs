//! Devices that the authority has put out: what they wrote counts up to a cut, and they change nothing more.

use super::*;
use crate::statement::Standing;

const BO: Member = Member::Person(PersonId::new([2; 16]));

fn out() -> Force {
    Force { out: [device(2)].into(), ..Force::default() }
}

fn knows(claim: Claim) -> Vouched {
    let mut vouched = vouched();
    vouched.learn(&state(20, claim)).unwrap();
    vouched
}

fn knows_it_is_out() -> Vouched {
    knows(Claim::Revoked { device: device(2) })
}

fn cut_off(device: DeviceId, cuts: Vec<Cut>) -> Change {
    Change::CutOff { device, cuts }
}

/// Person 1 manages, person 2 writes.
fn shared() -> CircleLog {
    line(vec![add(BO, Rights::Write)], &Force::default())
}

#[test]
fn a_revocation_is_for_good_and_a_suspension_is_not() {
    let mut vouched = knows_it_is_out();
    vouched.learn(&certificate(30, 2, person(2))).unwrap();
    assert!(vouched.is_out(&device(2)), "certifying it again brings nothing back");
    assert!(
        !vouched.is_news(&Authority::check(&authority(), &state(31, Claim::Revoked { device: device(2) })).unwrap())
    );

    let standing = |serial, standing| state(serial, Claim::Standing { person: person(2), standing });
    let mut vouched = self::vouched();
    vouched.learn(&standing(20, Standing::Suspended)).unwrap();
    assert!(vouched.is_out(&device(2)) && !vouched.is_out(&device(1)));
    vouched.learn(&certificate(21, 4, person(2))).unwrap();
    assert!(vouched.is_out(&device(4)), "a device that comes later too");
    vouched.learn(&standing(22, Standing::Active)).unwrap();
    assert!(!vouched.is_out(&device(2)) && vouched.was_out(&device(2)));
    vouched.learn(&standing(19, Standing::Left)).unwrap();
    assert!(!vouched.is_out(&device(2)), "an older word does not count");
}

#[test]
fn what_a_lost_device_wrote_counts_up_to_the_cut() {
    let mut log = shared();
    let (first, second) = (chunk(&log, log.head(), 2, 1), chunk(&log, log.head(), 2, 2));
    let counts = |log: &CircleLog, force: &Force| [&first, &second].map(|chunk| log.counts(chunk, &person(2), force));
    assert_eq!(counts(&log, &Force::default()), [Ok(()); 2]);
    assert_eq!(counts(&log, &out()), [Err(Discounted::NotCut); 2], "nobody has said what counts");
    assert_eq!(log.rights_of(&device(2), &person(2), None, &out()), None);
    let entry = entry(Some(&log), log.subject, vec![cut_off(device(2), vec![cut(2, 1, first.id)])]);
    log.append(&entry, &knows_it_is_out(), &out()).unwrap();
    assert_eq!(counts(&log, &out()), [Ok(()), Err(Discounted::BeyondCut)]);
    assert!(log.members.contains_key(&BO), "the person stays a member");
    assert_eq!(
        counts(&log, &Force::default()),
        [Ok(()); 2],
        "whoever works here again has the right to what was written"
    );
}

#[test]
fn only_a_device_that_is_out_is_cut_off_by_whoever_may_write() {
    let log = shared();
    let attempt = |signer: u8, vouched: &Vouched, change: Change| {
        let entry = entry_with(signer, Some(&log), log.subject, |public| public.changes = vec![change]);
        log.clone().append(&entry, vouched, &Force::default())
    };
    let id = ChunkId::new([1; 32]);
    assert_eq!(attempt(1, &vouched(), cut_off(device(2), vec![])), Err(LogError::NotAllowed), "nobody put it out");
    assert_eq!(attempt(3, &knows_it_is_out(), cut_off(device(2), vec![])), Err(LogError::NotAllowed), "no member");
    let other = vec![cut(2, 1, id), cut(1, 1, id)];
    assert_eq!(
        attempt(1, &knows_it_is_out(), cut_off(device(2), other)),
        Err(LogError::NotAllowed),
        "another's device"
    );
    assert_eq!(attempt(1, &knows_it_is_out(), cut_off(device(2), vec![cut(2, 1, id)])), Ok(()));
    let third_is_out = knows(Claim::Revoked { device: device(3) });
    assert_eq!(attempt(2, &third_is_out, cut_off(device(3), vec![])), Ok(()), "without the right to manage");
    let back = {
        let mut vouched = knows(Claim::Standing { person: person(2), standing: Standing::Suspended });
        vouched.learn(&state(21, Claim::Standing { person: person(2), standing: Standing::Active })).unwrap();
        vouched
    };
    assert_eq!(attempt(1, &back, cut_off(device(2), vec![])), Ok(()), "a reader may come after the person's return");
}

#[test]
fn a_device_that_is_out_changes_nothing_behind_the_cut() {
    struct Relay(Force);
    impl InForce for Relay {
        fn log_of(&self, member: &Member) -> Option<&CircleLog> {
            self.0.log_of(member)
        }
        fn has_circle(&self, member: &Member) -> bool {
            self.0.has_circle(member)
        }
        fn lists(&self, person: &PersonId, device: &DeviceId) -> bool {
            self.0.lists(person, device)
        }
        fn out_since(&self, device: &DeviceId) -> Option<u64> {
            self.0.out_since(device)
        }
        fn judges_the_present(&self) -> bool {
            true
        }
    }
    let mut log = line(vec![add(BO, Rights::Manage)], &Force::default());
    let attempt = |log: &CircleLog| {
        let theirs = entry_with(2, Some(log), log.subject, |public| {
            public.changes = vec![add(Member::Person(person(3)), Rights::Write)];
        });
        let late = log.clone().append(&theirs, &knows_it_is_out(), &out());
        (late, log.clone().append(&theirs, &knows_it_is_out(), &Relay(out())))
    };
    let refused: Result<(), LogError> = Err(LogError::NotAllowed);
    assert_eq!(
        attempt(&log),
        (Ok(()), refused),
        "a reader may meet what was taken before; the relay takes nothing now"
    );
    let cut = entry(Some(&log), log.subject, vec![cut_off(device(2), vec![])]);
    log.append(&cut, &knows_it_is_out(), &out()).unwrap();
    assert_eq!(attempt(&log), (refused, refused));
    let founding = entry_with(2, None, Subject::Shared, |public| public.changes = vec![add(BO, Rights::Manage)]);
    assert_eq!(CircleLog::found(&founding, &knows_it_is_out(), &Relay(out())).map(drop), refused);
    assert!(CircleLog::found(&founding, &knows_it_is_out(), &out()).is_ok());
}

/// Who is out is what has been stated.
struct Stated(Vouched);

impl InForce for Stated {
    fn log_of(&self, _: &Member) -> Option<&CircleLog> {
        None
    }
    fn lists(&self, _: &PersonId, _: &DeviceId) -> bool {
        true
    }
    fn has_circle(&self, _: &Member) -> bool {
        true
    }
    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.0.out_since(device)
    }
}

fn standing(serial: u64, standing: Standing) -> SignedStatement {
    state(serial, Claim::Standing { person: person(2), standing })
}

fn cutting(log: &CircleLog, cuts: Vec<Cut>, voucher: SignedStatement) -> ParsedEntry {
    entry_with(1, Some(log), log.subject, |public| {
        public.changes = vec![cut_off(device(2), cuts)];
        public.vouchers = vec![voucher];
    })
}

#[test]
fn what_was_written_after_a_return_waits_for_a_cut_of_its_own() {
    let mut vouched = vouched();
    let founded = line(vec![add(BO, Rights::Manage)], &Force::default());
    let (suspended, back, left) =
        (standing(20, Standing::Suspended), standing(21, Standing::Active), standing(25, Standing::Left));
    // A reader who comes late knows everything from the start.
    for statement in [&left, &suspended, &back] {
        vouched.learn(statement).unwrap();
    }
    let force = Stated(vouched.clone());
    let mut log = founded;
    let first = chunk(&log, log.head(), 2, 1);
    log.append(&cutting(&log, vec![cut(2, 1, first.id)], suspended), &vouched, &force).unwrap();
    assert!(!log.is_cut_off(&device(2), &force), "of the second absence nothing has been said");
    let between = chunk(&log, log.head(), 2, 2);
    assert_eq!(log.counts(&first, &person(2), &force), Ok(()));
    assert_eq!(log.counts(&between, &person(2), &force), Err(Discounted::NotCut));
    let theirs = entry_with(2, Some(&log), log.subject, |public| {
        public.changes = vec![add(Member::Person(person(3)), Rights::Write)];
    });
    log.append(&theirs, &vouched, &force).unwrap();
    log.append(&cutting(&log, vec![cut(2, 2, between.id)], left), &vouched, &force).unwrap();
    assert_eq!([&first, &between].map(|chunk| log.counts(chunk, &person(2), &force)), [Ok(()); 2]);
    let after = chunk(&log, log.head(), 2, 3);
    assert_eq!(log.counts(&after, &person(2), &force), Err(Discounted::BeyondCut));
    assert!(log.is_cut_off(&device(2), &force));
}

#[test]
fn an_absence_that_changes_its_name_is_one_absence() {
    let mut vouched = vouched();
    for statement in [standing(25, Standing::Left), standing(20, Standing::Suspended)] {
        vouched.learn(&statement).unwrap();
    }
    assert_eq!(vouched.out_since(&device(2)), Some(20));
    vouched.learn(&state(18, Claim::Revoked { device: device(2) })).unwrap();
    assert_eq!(vouched.out_since(&device(2)), Some(18));
    vouched.learn(&standing(26, Standing::Active)).unwrap();
    assert_eq!(vouched.out_since(&device(2)), Some(18), "a revocation is for good");
}

#[test]
fn a_cut_off_with_a_voucher_that_nobody_made_is_refused() {
    let (mut log, vouched) = (shared(), knows_it_is_out());
    let force = Stated(vouched.clone());
    let forged = SignedStatement { signature: Fixed([1; 64]), ..standing(u64::MAX, Standing::Left) };
    let entry = cutting(&log, vec![], forged);
    assert_eq!(log.append(&entry, &vouched, &force), Err(LogError::NotVouched));
    let entry = cutting(&log, vec![], state(20, Claim::Revoked { device: device(2) }));
    assert_eq!(log.append(&entry, &vouched, &force), Ok(()));
}

#[test]
fn what_was_said_of_a_person_is_the_same_in_any_order() {
    let said = [standing(20, Standing::Suspended), standing(21, Standing::Active), standing(25, Standing::Left)];
    for order in [[0, 1, 2], [2, 0, 1], [0, 2, 1], [2, 1, 0]] {
        let mut vouched = vouched();
        for statement in order.map(|place: usize| &said[place]) {
            // As a relay does that was put back, and hears again what it had forgotten.
            assert!(vouched.is_news(&vouched.check(statement).unwrap()), "{order:?}");
            vouched.learn(statement).unwrap();
            assert!(!vouched.is_news(&vouched.check(statement).unwrap()));
        }
        assert_eq!(vouched.out_since(&device(2)), Some(25), "{order:?}");
    }
}
