//! What two holders of sheets may do, and when circles owe a key for their sake.

use super::*;
use crate::entry::WrapHash;
use crate::statement::Standing;

const SHEETS: u8 = 50;
const ANNA: Member = Member::Person(PersonId::new([1; 16]));
const BO: Member = Member::Person(PersonId::new([2; 16]));

/// Logs in force, and the recovery key in force.
#[derive(Clone, Default)]
struct Logs {
    logs: Vec<(Member, CircleLog)>,
    present: bool,
    sheets: Option<DeviceId>,
}

impl InForce for Logs {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        self.logs.iter().find(|(of, _)| of == member).map(|(_, log)| log)
    }
    fn recovery(&self) -> Option<DeviceId> {
        self.sheets
    }
    fn out_since(&self, _: &DeviceId) -> Option<u64> {
        None
    }
    fn judges_the_present(&self) -> bool {
        self.present
    }
}

fn sheets(serial: u64, seed: u8) -> SignedStatement {
    state(serial, Claim::Recovery { keys: Box::new(keys(seed)) })
}

fn revoked(serial: u64, seed: u8) -> SignedStatement {
    state(serial, Claim::Revoked { device: device(seed) })
}

/// Persons 1 to 3 with a device each, a new device 11 of the first, and the sheets; and this.
fn knows(statements: &[SignedStatement]) -> Vouched {
    let mut vouched = vouched();
    for statement in [certificate(11, 11, person(1)), sheets(12, SHEETS)].iter().chain(statements) {
        vouched.learn(statement).unwrap();
    }
    vouched
}

fn wrap(member: Member) -> WrapHash {
    WrapHash { member, epoch: None, hash: Fixed([0; 32]) }
}

fn devices(seed: u8) -> Member {
    Member::Device(device(seed))
}

/// Each person's circle of the device of the same number.
fn logs() -> Logs {
    let mut logs = Logs { sheets: Some(device(SHEETS)), present: true, ..Logs::default() };
    for seed in 1..=3 {
        let founding = entry_with(seed, None, Subject::Person(person(seed)), |public| {
            public.changes = vec![add(devices(seed), Rights::Manage)];
            public.wraps = vec![wrap(devices(seed)), wrap(devices(SHEETS))];
        });
        let log = CircleLog::found(&founding, &knows(&[]), &logs).unwrap();
        logs.logs.push((Member::Person(person(seed)), log));
    }
    logs
}

/// Lets this member in, with the key for this device.
fn restoring(log: &CircleLog, member: Member, to: u8) -> ParsedEntry {
    entry_with(SHEETS, Some(log), log.subject, |public| {
        public.changes = vec![add(member, Rights::Manage)];
        public.wraps = vec![wrap(devices(to))];
    })
}

fn own(logs: &Logs) -> CircleLog {
    logs.log_of(&ANNA).unwrap().clone()
}

/// A case that Anna manages, and Bo writes in.
fn case(logs: &Logs) -> CircleLog {
    let changes = vec![add(ANNA, Rights::Manage), add(BO, Rights::Write)];
    CircleLog::found(&entry(None, Subject::Shared, changes), &knows(&[]), logs).unwrap()
}

#[test]
fn a_person_whose_only_device_is_revoked_gets_back_with_another_one() {
    let (logs, lost) = (logs(), knows(&[revoked(20, 1)]));
    let mut log = own(&logs);
    log.append(&restoring(&log, devices(11), 11), &lost, &logs).unwrap();
    assert!(log.members.contains_key(&devices(11)) && log.members.contains_key(&devices(1)));
    assert_eq!(log.epochs.len(), 1, "no key is drawn");
}

#[test]
fn a_circle_that_somebody_is_left_in_is_restored_for_nobody() {
    let logs = logs();
    let refused = |log: CircleLog, entry: ParsedEntry, vouched: &Vouched, logs: &Logs| {
        assert_eq!(log.clone().append(&entry, vouched, logs), Err(LogError::NotAllowed));
    };
    let own = own(&logs);
    refused(own.clone(), restoring(&own, devices(11), 11), &knows(&[]), &logs);
    let suspended = state(20, Claim::Standing { person: person(1), standing: Standing::Suspended });
    refused(own.clone(), restoring(&own, devices(11), 11), &knows(&[suspended]), &logs);
    let case = case(&logs);
    refused(case.clone(), restoring(&case, Member::Person(person(3)), 3), &knows(&[revoked(20, 2)]), &logs);
    // A reader may come when others are in it again, and believes the relay's verdict of then.
    let reader = Logs { present: false, ..logs };
    own.clone().append(&restoring(&own, devices(11), 11), &knows(&[]), &reader).unwrap();
}

#[test]
fn a_case_whose_only_manager_has_gone_gets_another_one() {
    let logs = logs();
    let case = case(&logs);
    let left = state(20, Claim::Standing { person: person(1), standing: Standing::Left });
    for gone in [revoked(20, 1), left] {
        let mut log = case.clone();
        log.append(&restoring(&case, Member::Person(person(3)), 3), &knows(std::slice::from_ref(&gone)), &logs)
            .unwrap();
        assert_eq!(log.rights_of(&device(3), &person(3), None, &logs), Some(Rights::Manage));
        // Whoever writes there already may come to manage.
        let mut log = case.clone();
        log.append(&restoring(&case, BO, 2), &knows(&[gone]), &logs).unwrap();
        assert_eq!(log.rights_of(&device(2), &person(2), None, &logs), Some(Rights::Manage));
    }
}

#[test]
fn two_sheets_do_nothing_but_let_one_device_in() {
    let (logs, lost) = (logs(), knows(&[revoked(20, 1)]));
    let (own, case) = (own(&logs), case(&logs));
    let carl = Member::Person(person(3));
    let tries = |log: &CircleLog, edit: &dyn Fn(&mut EntryPublic)| {
        let entry = entry_with(SHEETS, Some(log), log.subject, edit);
        log.clone().append(&entry, &lost, &logs)
    };
    let lets_in = |public: &mut EntryPublic| {
        public.changes = vec![add(devices(11), Rights::Manage)];
        public.wraps = vec![wrap(devices(11))];
    };
    assert_eq!(tries(&own, &lets_in), Ok(()));
    let never: [&dyn Fn(&mut EntryPublic); 8] = [
        &|public| public.changes.push(remove(devices(1), vec![])),
        &|public| public.changes = vec![remove(devices(1), vec![])],
        &|public| public.changes = vec![],
        &|public| public.wraps = vec![],
        &|public| public.wraps.push(wrap(devices(SHEETS))),
        &|public| public.wraps = vec![wrap(devices(2))],
        &|public| public.changes = vec![add(devices(11), Rights::Write)],
        &|public| {
            let kem = Some(Fixed([2; limits::KEM_PUBLIC]));
            let history = vec![Bytes(vec![0; 48])];
            public.epoch = Some(NewEpoch { root_commitment: Fixed([2; 32]), kem, history, leads_to: None });
        },
    ];
    for edit in never {
        let both = |public: &mut EntryPublic| {
            lets_in(public);
            edit(public);
        };
        assert_eq!(tries(&own, &both), Err(LogError::NotAllowed));
    }
    // Somebody else's device, or one that is nobody's; into a case by another's device.
    let other = own.clone().append(&restoring(&own, devices(2), 2), &lost, &logs);
    assert_eq!(other, Err(LogError::NotVouched));
    let ghost = own.clone().append(&restoring(&own, devices(60), 60), &lost, &logs);
    assert_eq!(ghost, Err(LogError::NotVouched));
    for (member, to) in [(carl, 2), (carl, 60), (devices(3), 3), (Member::Person(person(9)), 3), (ANNA, 11)] {
        assert!(case.clone().append(&restoring(&case, member, to), &lost, &logs).is_err(), "{member:?}");
    }
    let founding = entry_with(SHEETS, None, Subject::Shared, |public| public.changes = vec![add(carl, Rights::Manage)]);
    assert_eq!(CircleLog::found(&founding, &lost, &logs), Err(LogError::UnknownDevice));
    let mut signed = restoring(&own, devices(11), 11);
    signed.public.device = device(1);
    assert!(own.clone().append(&signed, &lost, &logs).is_err(), "under another name");
    let stale = Logs::clone(&logs);
    let mut log = own.clone();
    log.append(&restoring(&own, devices(11), 11), &lost, &stale).unwrap();
    assert_eq!(log.append(&restoring(&own, devices(11), 11), &lost, &stale), Err(LogError::StaleHead));
}

#[test]
fn a_recovery_key_that_was_revoked_opens_nothing_new_and_what_it_opened_stays() {
    let logs = logs();
    let own = own(&logs);
    let entry = restoring(&own, devices(11), 11);
    let revoked_key = knows(&[revoked(20, 1), revoked(30, SHEETS)]);
    assert_eq!(own.clone().append(&entry, &revoked_key, &logs), Err(LogError::NotAllowed));
    let unknown = vouched();
    assert_eq!(own.clone().append(&entry, &unknown, &logs), Err(LogError::UnknownDevice));
    let reader = Logs { present: false, ..logs };
    assert_eq!(own.clone().append(&entry, &revoked_key, &reader), Ok(()));
}

#[test]
fn a_circle_owes_a_key_until_it_is_wrapped_for_the_sheets() {
    let mut logs = logs();
    let log = own(&logs);
    assert!(!log.owes_epoch(&logs), "the holders are no members, and nobody minds");
    logs.sheets = None;
    assert!(log.owes_epoch(&logs), "the key was revoked: somebody who is no member has it");
    let mut bare = entry_with(1, None, log.subject, |public| {
        public.changes = vec![add(devices(1), Rights::Manage)];
        public.wraps = vec![wrap(devices(1))];
    });
    let found = |entry: &ParsedEntry, logs: &Logs| CircleLog::found(entry, &knows(&[]), logs).unwrap();
    assert!(!found(&bare, &logs).owes_epoch(&logs), "there were no sheets yet");
    logs.sheets = Some(device(SHEETS));
    assert!(found(&bare, &logs).owes_epoch(&logs), "now there are");
    bare.public.wraps.push(wrap(devices(SHEETS)));
    assert!(!found(&bare, &logs).owes_epoch(&logs));
}

/// Whoever holds the authority's key could otherwise have every circle wrapped for themselves.
#[test]
fn the_authority_can_state_no_recovery_key_but_the_one_that_the_municipality_was_founded_with() {
    let mut vouched = Vouched::new(authority());
    let other = sheets(99, 51);
    assert_eq!(authority().check(&other), Err(StatementError::Recovery));
    assert_eq!(vouched.learn(&other), Err(StatementError::Recovery));
    vouched.learn(&sheets(5, SHEETS)).unwrap();
    assert_eq!(vouched.recovery().map(|(key, _)| key), Some(device(SHEETS)));
    assert_eq!(vouched.learn(&other), Err(StatementError::Recovery));
    assert!(vouched.recovery_key(&device(SHEETS)).is_some() && vouched.recovery_key(&device(51)).is_none());
    assert_eq!(vouched.person(&device(SHEETS)), None, "it is nobody's device");
    assert!(!vouched.is_news(&authority().check(&sheets(6, SHEETS)).unwrap()));
    // Nor can another authority take the municipality's name with the same sheets.
    let key = public(&key(98));
    assert_ne!(Authority::founded_with(&key, &device(SHEETS)), authority().municipality);
    let small = DeviceKeys { signing: Fixed([0; 32]), ..keys(SHEETS) };
    let statement = state(7, Claim::Recovery { keys: Box::new(small) });
    assert_eq!(authority().check(&statement), Err(StatementError::Key));
}
