//! When a circle owes a new key, who may draw one, and by what an addition to a team is judged.

mod shut_out;

use super::*;
use crate::entry::WrapHash;

/// The logs in force of persons and teams.
#[derive(Clone, Default)]
struct Logs {
    logs: Vec<(Member, CircleLog)>,
    present: bool,
    out: HashSet<DeviceId>,
}

impl InForce for Logs {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        self.logs.iter().find(|(of, _)| of == member).map(|(_, log)| log)
    }
    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.out.contains(device).then_some(0)
    }
    fn judges_the_present(&self) -> bool {
        self.present
    }
}

impl Logs {
    /// Persons 1, 2 and 3, each with a circle of the device of the same number.
    fn new() -> Self {
        let mut logs = Self::default();
        for seed in 1..=3 {
            let founding = entry_with(seed, None, Subject::Person(person(seed)), |public| {
                public.changes = vec![add(Member::Device(device(seed)), Rights::Manage)];
                public.wraps = vec![wrap(Member::Device(device(seed)), None)];
            });
            let log = CircleLog::found(&founding, &vouched(), &logs).unwrap();
            logs.logs.push((Member::Person(person(seed)), log));
        }
        logs
    }

    fn set(&mut self, member: Member, log: CircleLog) {
        self.logs.retain(|(of, _)| *of != member);
        self.logs.push((member, log));
    }

    fn wrapped(&self, member: Member) -> WrapHash {
        wrap(member, self.log_of(&member).and_then(CircleLog::epoch).map(|epoch| epoch.entry))
    }

    /// A circle of these, that person 1 founds and manages.
    fn circle(&self, subject: Subject, members: &[Member], vouchers: &[SignedStatement]) -> CircleLog {
        let founding = entry_with(1, None, subject, |public| {
            let rights = |member: &Member| if *member == ANNA { Rights::Manage } else { Rights::Write };
            public.changes = members.iter().map(|member| add(*member, rights(member))).collect();
            public.wraps = members.iter().map(|member| self.wrapped(*member)).collect();
            public.vouchers = vouchers.to_vec();
        });
        CircleLog::found(&founding, &vouched_with(vouchers), self).unwrap()
    }

    fn append(&self, log: &mut CircleLog, signer: u8, edit: impl FnOnce(&mut EntryPublic)) -> Result<(), LogError> {
        let entry = entry_with(signer, Some(log), log.subject, edit);
        log.append(&entry, &vouched_with(&entry.public.vouchers), self)
    }
}

const ANNA: Member = Member::Person(PersonId::new([1; 16]));
const BO: Member = Member::Person(PersonId::new([2; 16]));
const CARL: Member = Member::Person(PersonId::new([3; 16]));

fn wrap(member: Member, epoch: Option<EntryId>) -> WrapHash {
    WrapHash { member, epoch, hash: Fixed([0; 32]) }
}

fn new_epoch(public: &mut EntryPublic, wraps: Vec<WrapHash>) {
    let keyed = matches!(public.subject, Subject::Person(_) | Subject::Team(_));
    let kem = keyed.then_some(Fixed([2; limits::KEM_PUBLIC]));
    public.epoch =
        Some(NewEpoch { root_commitment: Fixed([2; 32]), kem, history: vec![Bytes(vec![0; 48])], leads_to: None });
    public.wraps = wraps;
}

fn charter(serial: u64, persons: &[u8]) -> SignedStatement {
    state(serial, Claim::Team { team: TEAM, persons: persons.iter().map(|seed| person(*seed)).collect() })
}

fn revoked(device: DeviceId) -> SignedStatement {
    state(20, Claim::Revoked { device })
}

fn vouched_with(statements: &[SignedStatement]) -> Vouched {
    let mut vouched = vouched();
    statements.iter().for_each(|statement| drop(vouched.learn(statement)));
    vouched
}

#[test]
fn a_device_that_its_person_has_not_taken_in_changes_no_circle() {
    let mut logs = Logs::new();
    let mut log = logs.circle(Subject::Shared, &[ANNA, BO], &[]);
    let second = || vec![certificate(11, 11, person(1))];
    let adds = |logs: &Logs, log: &mut CircleLog| {
        logs.append(log, 11, |public| (public.changes, public.vouchers) = (vec![add(CARL, Rights::Read)], second()))
    };
    assert_eq!(adds(&logs, &mut log), Err(LogError::NotListed));
    let founds = entry_with(11, None, Subject::Shared, |public| public.changes = vec![add(ANNA, Rights::Manage)]);
    let found = |logs: &Logs| CircleLog::found(&founds, &vouched_with(&second()), logs).map(drop);
    assert_eq!(found(&logs), Err(LogError::NotListed));
    let mut own = logs.log_of(&ANNA).unwrap().clone();
    let taken_in = add(Member::Device(device(11)), Rights::Manage);
    logs.append(&mut own, 1, |public| (public.changes, public.vouchers) = (vec![taken_in], second())).unwrap();
    logs.set(ANNA, own);
    assert_eq!((adds(&logs, &mut log), found(&logs)), (Ok(()), Ok(())));
}

#[test]
fn a_removal_owes_a_key_until_one_is_drawn_for_those_who_stay() {
    let logs = Logs::new();
    let mut log = logs.circle(Subject::Shared, &[ANNA, BO, CARL], &[]);
    assert!(!log.owes_epoch(&logs));
    logs.append(&mut log, 1, |public| public.changes = vec![remove(BO, vec![])]).unwrap();
    assert!(log.owes_epoch(&logs));
    let mut forgetful = log.clone();
    logs.append(&mut forgetful, 1, |public| new_epoch(public, vec![logs.wrapped(ANNA)])).unwrap();
    assert!(forgetful.owes_epoch(&logs), "a member was left out");
    logs.append(&mut log, 1, |public| new_epoch(public, vec![logs.wrapped(ANNA), logs.wrapped(CARL)])).unwrap();
    assert!(!log.owes_epoch(&logs));
    assert_eq!(log.epochs.len(), 2);
}

#[test]
fn who_may_write_draws_a_key_and_who_may_only_read_does_not() {
    let logs = Logs::new();
    let mut log = logs.circle(Subject::Shared, &[ANNA, BO], &[]);
    logs.append(&mut log, 1, |public| {
        public.changes = vec![add(CARL, Rights::Read)];
        public.wraps = vec![logs.wrapped(CARL)];
    })
    .unwrap();
    let all = || [ANNA, BO, CARL].map(|member| logs.wrapped(member)).to_vec();
    assert_eq!(logs.append(&mut log.clone(), 3, |public| new_epoch(public, all())), Err(LogError::NotAllowed));
    assert_eq!(logs.append(&mut log.clone(), 2, |public| new_epoch(public, all())), Ok(()));
    let with_change = |public: &mut EntryPublic| {
        new_epoch(public, all());
        public.changes = vec![remove(CARL, vec![])];
    };
    assert_eq!(logs.append(&mut log.clone(), 2, with_change), Err(LogError::NotAllowed), "membership is the manager's");
    assert_eq!(logs.append(&mut log.clone(), 1, |_| ()), Err(LogError::NotAllowed), "an entry that does nothing");
}

/// Anna's circle with a second device, number 4.
fn second_device(logs: &mut Logs, vouched: &mut Vouched) -> CircleLog {
    vouched.learn(&certificate(9, 4, person(1))).unwrap();
    let mut own = logs.log_of(&ANNA).unwrap().clone();
    let second = entry_with(1, Some(&own), own.subject, |public| {
        public.changes = vec![add(Member::Device(device(4)), Rights::Manage)];
        public.wraps = vec![wrap(Member::Device(device(4)), None)];
    });
    own.append(&second, vouched, logs).unwrap();
    logs.set(ANNA, own.clone());
    own
}

#[test]
fn a_lost_device_makes_every_circle_of_its_person_owe_a_key() {
    let mut logs = Logs::new();
    let mut vouched = vouched();
    let mut own = second_device(&mut logs, &mut vouched);
    let mut line = logs.circle(Subject::Shared, &[ANNA, BO], &[]);
    assert!(!line.owes_epoch(&logs));
    let lost = entry_with(1, Some(&own), own.subject, |public| {
        public.changes = vec![remove(Member::Device(device(4)), vec![])];
    });
    assert_eq!(own.clone().append(&lost, &vouched, &logs), Err(LogError::NotVouched), "a thief throws nobody out");
    vouched.learn(&revoked(device(4))).unwrap();
    logs.out.insert(device(4));
    assert!(own.owes_epoch(&logs) && line.owes_epoch(&logs), "from the authority's word on");
    own.append(&lost, &vouched, &logs).unwrap();
    logs.set(ANNA, own.clone());
    assert!(own.owes_epoch(&logs) && line.owes_epoch(&logs));
    // Bo writes before Anna's own circle has a new key: the root is wrapped for the device that is left.
    let mut below = line.clone();
    let down = vec![logs.wrapped(BO), wrap(Member::Device(device(1)), None)];
    logs.append(&mut below, 2, |public| new_epoch(public, down)).unwrap();
    assert!(!below.owes_epoch(&logs));
    let mut careless = line.clone();
    logs.append(&mut careless, 2, |public| new_epoch(public, vec![logs.wrapped(BO), logs.wrapped(ANNA)])).unwrap();
    assert!(careless.owes_epoch(&logs), "wrapped under a key that the lost device has");
    // Then Anna's circle gets one.
    logs.append(&mut own, 1, |public| new_epoch(public, vec![wrap(Member::Device(device(1)), None)])).unwrap();
    logs.set(ANNA, own);
    assert!(!below.owes_epoch(&logs), "she reaches it as before");
    assert!(line.owes_epoch(&logs), "under her old key");
    let (in_force, mut again) = (logs.wrapped(ANNA), line.clone());
    logs.append(&mut again, 1, |public| {
        public.changes = vec![add(ANNA, Rights::Manage)];
        public.wraps = vec![in_force];
    })
    .unwrap();
    assert!(again.owes_epoch(&logs), "given to her once more, and the lost device can open it all the same");
    logs.append(&mut line, 2, |public| new_epoch(public, vec![logs.wrapped(ANNA), logs.wrapped(BO)])).unwrap();
    assert!(!line.owes_epoch(&logs));
}

/// Found by the model of circles. Anna's own circle owes a key when Bo draws one for the line, so it is wrapped for each of her
/// devices. One of them leaves her circle afterwards, with whatever it holds.
#[test]
fn who_was_wrapped_for_below_a_member_owes_a_key_by_leaving() {
    let mut logs = Logs::new();
    let mut vouched = vouched();
    let mut own = logs.log_of(&ANNA).unwrap().clone();
    let devices = [4, 5].map(|seed| Member::Device(device(seed)));
    let more = entry_with(1, Some(&own), own.subject, |public| {
        public.changes = devices.map(|device| add(device, Rights::Manage)).to_vec();
        public.wraps = devices.map(|device| wrap(device, None)).to_vec();
    });
    for seed in [4, 5] {
        vouched.learn(&certificate(9, seed, person(1))).unwrap();
        vouched.learn(&revoked(device(seed))).unwrap();
    }
    own.append(&more, &vouched, &logs).unwrap();
    let leaves = |own: &CircleLog, seed: u8, stay: &[u8]| {
        let wraps = stay.iter().map(|seed| wrap(Member::Device(device(*seed)), None)).collect();
        entry_with(1, Some(own), own.subject, |public| {
            public.changes = vec![remove(Member::Device(device(seed)), vec![])];
            if !stay.is_empty() {
                new_epoch(public, wraps);
            }
        })
    };
    let first = leaves(&own, 5, &[]);
    own.append(&first, &vouched, &logs).unwrap();
    logs.set(ANNA, own.clone());
    let mut line = logs.circle(Subject::Shared, &[ANNA, BO], &[]);
    let down = vec![logs.wrapped(BO), wrap(Member::Device(device(1)), None), wrap(Member::Device(device(4)), None)];
    logs.append(&mut line, 2, |public| new_epoch(public, down)).unwrap();
    assert!(!line.owes_epoch(&logs));
    let second = leaves(&own, 4, &[1]);
    own.append(&second, &vouched, &logs).unwrap();
    logs.set(ANNA, own);
    assert!(line.owes_epoch(&logs), "wrapped for a device that is Anna's no more");
    logs.append(&mut line, 2, |public| new_epoch(public, vec![logs.wrapped(ANNA), logs.wrapped(BO)])).unwrap();
    assert!(!line.owes_epoch(&logs));
}

/// Found by the model of circles. Whoever draws a key has it, whether the list of wraps says so or not.
#[test]
fn who_drew_a_key_owes_one_by_leaving() {
    let mut logs = Logs::new();
    let mut vouched = vouched();
    let mut own = second_device(&mut logs, &mut vouched);
    let mut line = logs.circle(Subject::Shared, &[ANNA, BO], &[]);
    // A device in wrong hands draws the key, and wraps it for everybody but itself.
    let sly = entry_with(4, Some(&line), line.subject, |public| {
        new_epoch(public, vec![logs.wrapped(BO), wrap(Member::Device(device(1)), None)]);
    });
    line.append(&sly, &vouched, &logs).unwrap();
    vouched.learn(&revoked(device(4))).unwrap();
    assert!(line.owes_epoch(&logs), "it does not reach that device");
    let lost = entry_with(1, Some(&own), own.subject, |public| {
        public.changes = vec![remove(Member::Device(device(4)), vec![])];
        new_epoch(public, vec![wrap(Member::Device(device(1)), None)]);
    });
    own.append(&lost, &vouched, &logs).unwrap();
    logs.set(ANNA, own);
    assert!(line.owes_epoch(&logs), "the device that was lost drew it");
    logs.append(&mut line, 2, |public| new_epoch(public, vec![logs.wrapped(ANNA), logs.wrapped(BO)])).unwrap();
    assert!(!line.owes_epoch(&logs));
}

#[test]
fn an_addition_to_a_team_is_judged_by_the_newest_charter_in_its_log() {
    let mut logs = Logs::new();
    let (old, new) = (charter(10, &[1, 2, 3]), charter(11, &[1, 3]));
    let log = logs.circle(Subject::Team(TEAM), &[ANNA], std::slice::from_ref(&old));
    let adds = |member: Member, vouchers: &[SignedStatement]| {
        let (wrapped, vouchers) = (logs.wrapped(member), vouchers.to_vec());
        move |public: &mut EntryPublic| {
            public.changes = vec![add(member, Rights::Write)];
            public.wraps = vec![wrapped];
            public.vouchers = vouchers;
        }
    };
    assert_eq!(logs.append(&mut log.clone(), 1, adds(BO, &[])), Ok(()));
    assert_eq!(logs.append(&mut log.clone(), 1, adds(BO, std::slice::from_ref(&new))), Err(LogError::NotVouched));
    let mut later = log.clone();
    logs.append(&mut later, 1, adds(CARL, std::slice::from_ref(&new))).unwrap();
    assert_eq!(logs.append(&mut later.clone(), 1, adds(BO, &[])), Err(LogError::NotVouched));
    let rolled_back = logs.append(&mut later.clone(), 1, adds(BO, std::slice::from_ref(&old)));
    assert_eq!(rolled_back, Err(LogError::NotVouched), "an older charter does not bring anybody back");
    let forged = SignedStatement { signature: Fixed([0; 64]), ..charter(12, &[1, 2, 3]) };
    assert_eq!(logs.append(&mut later, 1, adds(BO, &[forged])), Err(LogError::NotVouched));
    // Whoever reads the log years later has seen newer charters, and judges it as it was judged then.
    let late = entry_with(1, Some(&log), log.subject, adds(BO, &[]));
    let mut knows_more = vouched_with(&[old, new]);
    assert_eq!(log.clone().append(&late, &knows_more, &logs), Ok(()));
    logs.present = true;
    assert_eq!(log.clone().append(&late, &knows_more, &logs), Err(LogError::NotVouched), "the relay knows better");
    knows_more.learn(&charter(13, &[1, 2])).unwrap();
    assert_eq!(log.clone().append(&late, &knows_more, &logs), Ok(()));
}

#[test]
fn what_somebody_signed_while_in_a_team_stands_after_they_left_it() {
    let mut logs = Logs::new();
    let all = charter(10, &[1, 2, 3]);
    let mut team = logs.circle(Subject::Team(TEAM), &[ANNA, BO], std::slice::from_ref(&all));
    let team_member = Member::Team(TEAM);
    logs.set(team_member, team.clone());
    let log = logs.circle(Subject::Shared, &[ANNA, team_member], &[]);
    let entry = entry_with(2, Some(&log), log.subject, |public| new_epoch(public, vec![]));
    assert_eq!(log.clone().append(&entry, &vouched(), &logs), Ok(()));
    let goes = |public: &mut EntryPublic| public.changes = vec![remove(BO, vec![])];
    assert_eq!(logs.append(&mut team.clone(), 1, goes), Err(LogError::NotVouched), "whom the charter names");
    logs.append(&mut team, 1, |public| {
        goes(public);
        public.vouchers = vec![charter(11, &[1, 3])];
    })
    .unwrap();
    logs.set(team_member, team);
    assert_eq!(log.clone().append(&entry, &vouched(), &logs), Ok(()), "a reader who comes late");
    logs.present = true;
    assert_eq!(log.clone().append(&entry, &vouched(), &logs), Err(LogError::NotAllowed), "the relay, now");
}

#[test]
fn nobody_waits_for_somebody_whose_only_device_is_out() {
    let mut logs = Logs::new();
    let mut line = logs.circle(Subject::Shared, &[ANNA, BO], &[]);
    logs.out.insert(device(2));
    assert!(logs.log_of(&BO).unwrap().is_dead(&logs) && !line.is_dead(&logs));
    assert!(line.owes_epoch(&logs), "the lost device has the key in force");
    let mut careless = line.clone();
    logs.append(&mut careless, 1, |public| new_epoch(public, vec![logs.wrapped(ANNA), logs.wrapped(BO)])).unwrap();
    assert!(careless.owes_epoch(&logs), "wrapped for the lost device again");
    let to_the_device = vec![logs.wrapped(ANNA), wrap(Member::Device(device(2)), None)];
    logs.append(&mut careless, 1, |public| new_epoch(public, to_the_device)).unwrap();
    assert!(careless.owes_epoch(&logs), "for the lost device itself");
    logs.append(&mut line, 1, |public| new_epoch(public, vec![logs.wrapped(ANNA)])).unwrap();
    assert!(line.owes_epoch(&logs), "whoever has not heard of the loss would wrap for it again");
    logs.append(&mut line, 1, |public| {
        public.changes = vec![Change::CutOff { device: device(2), cuts: vec![] }];
        public.vouchers = vec![revoked(device(2))];
    })
    .unwrap();
    assert!(!line.owes_epoch(&logs));
    logs.out.clear();
    assert!(line.owes_epoch(&logs), "whoever is let in again is to have the key");
}
