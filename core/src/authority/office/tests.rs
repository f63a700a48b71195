mod directory;
mod invites;
mod recovery;
mod retention;
mod sharing;
mod sheets;
mod succession;
mod units;
mod wipe;

use tvaers_wire::ids::TeamId;
use tvaers_wire::statement::{Claim, DeviceKeys, Standing};
use tvaers_wire::vouched::Vouched;

use super::*;
use crate::authority::{Missing, RecoverySplit, Row, Sheet, SheetError};
use crate::directory::{Directory, Staff};
use crate::keys::DeviceSecret;
use crate::rng::system;

fn by(now: i64) -> By<'static> {
    By { operator: "prøve", now }
}

pub(in crate::authority) const BY: By<'_> = By { operator: "prøve", now: 1_800_000_000_000 };

pub(in crate::authority) struct Town {
    pub(in crate::authority) office: Office,
    pub(in crate::authority) sheets: Vec<Sheet>,
}

fn founding<'a>(recovery: &RecoverySplit, holders: [&'a str; 3]) -> Founding<'a> {
    let (name, relay) = ("Prøveby", "https://tvaers.example");
    Founding { name, relay, recovery: recovery.keys.clone(), split: recovery.split, holders }
}

pub(in crate::authority) fn town() -> Town {
    let rng = &mut system();
    let recovery = RecoverySplit::draw(rng).unwrap();
    let mut office = Office::found(&founding(&recovery, ["Anne", "Bo", "Carl"]), BY, rng).unwrap();
    office.add_unit("Solsikken", "dagtilbud", Some("12 34 56 78"), BY, rng).unwrap();
    office.add_unit("Vestskolen", "skole", None, BY, rng).unwrap();
    let rows = [row(&office, "1", "Ida", "Solsikken", &[Role::Manager]), row(&office, "2", "Jo", "Vestskolen", &[])];
    office.import(&rows, Missing::Stay, BY, rng).unwrap();
    let sheets = recovery.sheets(&office.authority().municipality);
    Town { office, sheets }
}

fn row(office: &Office, number: &str, name: &str, unit: &str, roles: &[Role]) -> Row {
    let unit = office.unit(unit).unwrap().team;
    Row {
        number: number.to_owned(),
        name: name.to_owned(),
        profession: "pædagog".to_owned(),
        unit,
        roles: roles.to_vec(),
    }
}

fn keys() -> DeviceKeys {
    DeviceSecret::generate(&mut system()).unwrap().keys().clone()
}

/// What somebody knows who has seen everything that was stated.
fn vouched(office: &Office) -> Vouched {
    let mut vouched = Vouched::new(office.authority());
    office.to_publish(true).iter().for_each(|statement| drop(vouched.learn(statement).unwrap()));
    vouched
}

/// Refused, with the office as it was.
fn refused(office: &mut Office, act: impl FnOnce(&mut Office) -> Result<(), OfficeError>) -> OfficeError {
    let before = office.state.clone();
    let error = act(office).unwrap_err();
    assert_eq!(office.state, before);
    error
}

#[test]
fn the_directory_and_the_charters_follow_from_the_facts() {
    let Town { mut office, .. } = town();
    let staff = Staff::verified(&office.state.directory, office.lineage()).unwrap();
    assert_eq!((staff.directory.teams.len(), staff.directory.people.len()), (2, 2));
    let (ida, solsikken) = (office.person("1").unwrap().person, office.unit("solsikken ").unwrap().team);
    assert_eq!(vouched(&office).charter(&solsikken), Some(&[ida][..]));
    let moved = [row(&office, "1", "Ida", "Vestskolen", &[])];
    office.import(&moved, Missing::Stay, BY, &mut system()).unwrap();
    assert_eq!(vouched(&office).charter(&solsikken), Some(&[][..]));
    let newer = Staff::verified(&office.state.directory, office.lineage()).unwrap();
    assert!(newer.directory.serial > staff.directory.serial);
}

#[test]
fn log_controllers_are_the_logs_unit_and_whoever_has_the_role_while_they_work_here() {
    let Town { mut office, .. } = town();
    office.grant("2", Role::LogController, BY).unwrap();
    let ida = office.person("1").unwrap().person;
    let jo = office.person("2").unwrap().person;
    assert!(vouched(&office).teams().iter().all(|team| vouched(&office).charter(team) != Some(&[ida, jo][..])));
    office.add_unit("Logkontrollen", "logkontrol", None, BY, &mut system()).unwrap();
    let log = office.unit("Logkontrollen").unwrap().team;
    assert_eq!(vouched(&office).charter(&log), Some(&[jo][..]), "by role");
    assert!(vouched(&office).charter(&office.unit("Vestskolen").unwrap().team).unwrap().contains(&jo), "and at work");
    let works_there = [row(&office, "1", "Ida", "Logkontrollen", &[Role::LogController])];
    office.import(&works_there, Missing::Stay, BY, &mut system()).unwrap();
    let mut both = [ida, jo];
    both.sort_unstable();
    assert_eq!(vouched(&office).charter(&log), Some(&both[..]), "each once");
    office.revoke_role("2", Role::LogController, BY).unwrap();
    assert_eq!(vouched(&office).charter(&log), Some(&[ida][..]));
    let staff = Staff::verified(&office.state.directory, office.lineage()).unwrap();
    assert_eq!(staff.team(&log).unwrap().kind, crate::directory::LOG_CONTROL);
}

#[test]
fn an_act_that_changes_nothing_states_nothing() {
    let Town { mut office, .. } = town();
    let (directory, statements) = (office.state.directory.clone(), office.state.statements.clone());
    let same = [row(&office, "1", "Ida", "Solsikken", &[]), row(&office, "2", "Jo", "Vestskolen", &[])];
    let entries = office.journal().len();
    office.import(&same, Missing::Leave { expected: None }, BY, &mut system()).unwrap();
    assert_eq!((office.state.directory.clone(), office.state.statements.clone()), (directory, statements));
    assert_eq!(office.journal().len(), entries);
}

#[test]
fn who_leaves_is_out_of_everything_but_the_directory() {
    let Town { mut office, .. } = town();
    let device = office.certify("2", &keys(), BY).unwrap();
    office.leave("2", BY).unwrap();
    let (jo, known) = (office.person("2").unwrap().person, vouched(&office));
    assert_eq!(known.standing(&jo), Standing::Left);
    assert!(known.is_out(&device));
    assert_eq!(known.charter(&office.unit("Vestskolen").unwrap().team), Some(&[][..]));
    let staff = Staff::verified(&office.state.directory, office.lineage()).unwrap();
    assert_eq!(staff.name(&jo), "Jo");
    assert_eq!(office.enrolment(&device), Err(OfficeError::Revoked));
    for act in [Office::leave, Office::suspend, Office::reinstate] {
        assert_eq!(refused(&mut office, |office| act(office, "2", BY)), OfficeError::HasLeft);
    }
    assert_eq!(refused(&mut office, |office| office.certify("2", &keys(), BY).map(drop)), OfficeError::HasLeft);
    assert_eq!(refused(&mut office, |office| office.grant("2", Role::Leader, BY)), OfficeError::HasLeft);
}

#[test]
fn who_comes_back_comes_with_new_devices() {
    let Town { mut office, .. } = town();
    let old = keys();
    let device = office.certify("2", &old, BY).unwrap();
    office.leave("2", BY).unwrap();
    let back = [row(&office, "2", "Jo", "Solsikken", &[])];
    office.import(&back, Missing::Stay, BY, &mut system()).unwrap();
    let known = vouched(&office);
    assert_eq!(known.standing(&office.person("2").unwrap().person), Standing::Active);
    assert!(known.is_out(&device));
    assert_eq!(refused(&mut office, |office| office.certify("2", &old, BY).map(drop)), OfficeError::Revoked);
    assert!(office.certify("2", &keys(), BY).is_ok());
}

#[test]
fn who_is_suspended_is_barred_and_let_in_again() {
    let Town { mut office, .. } = town();
    let device = office.certify("2", &keys(), BY).unwrap();
    assert_eq!(refused(&mut office, |office| office.reinstate("2", BY)), OfficeError::NotSuspended);
    office.suspend("2", BY).unwrap();
    assert!(vouched(&office).is_out(&device));
    assert_eq!(refused(&mut office, |office| office.suspend("2", BY)), OfficeError::IsSuspended);
    assert_eq!(refused(&mut office, |office| office.certify("2", &keys(), BY).map(drop)), OfficeError::IsSuspended);
    office.reinstate("2", BY).unwrap();
    assert!(!vouched(&office).is_out(&device));
    assert!(vouched(&office).was_out(&device), "the suspension itself stays known");
}

#[test]
fn the_last_manager_cannot_be_lost_in_any_way() {
    let Town { mut office, .. } = town();
    assert_eq!(refused(&mut office, |office| office.leave("1", BY)), OfficeError::LastManager);
    assert_eq!(refused(&mut office, |office| office.suspend("1", BY)), OfficeError::LastManager);
    assert_eq!(refused(&mut office, |office| office.revoke_role("1", Role::Manager, BY)), OfficeError::LastManager);
    let without = [row(&office, "2", "Jo", "Vestskolen", &[])];
    let leave = Missing::Leave { expected: None };
    let import = |office: &mut Office| office.import(&without, leave, BY, &mut system());
    assert_eq!(refused(&mut office, import), OfficeError::LastManager);
    // A suspended one does not count; one who is named on the same list does.
    office.grant("2", Role::Manager, BY).unwrap();
    office.suspend("2", BY).unwrap();
    assert_eq!(refused(&mut office, |office| office.leave("1", BY)), OfficeError::LastManager);
    office.reinstate("2", BY).unwrap();
    office.leave("1", BY).unwrap();
}

#[test]
fn half_a_file_does_not_end_half_the_municipality() {
    let Town { mut office, .. } = town();
    let all: Vec<Row> = (1..=30).map(|number| row(&office, &number.to_string(), "N", "Solsikken", &[])).collect();
    office.import(&all, Missing::Stay, BY, &mut system()).unwrap();
    let half = |expected| Missing::Leave { expected };
    for expected in [None, Some(14)] {
        let import = |office: &mut Office| office.import(&all[..15], half(expected), BY, &mut system());
        assert_eq!(refused(&mut office, import), OfficeError::ManyLeave { count: 15 });
    }
    office.import(&all[..15], half(Some(15)), BY, &mut system()).unwrap();
    assert_eq!(office.people().iter().filter(|person| person.standing == Standing::Left).count(), 15);
}

#[test]
fn a_list_is_taken_whole_or_not_at_all() {
    let Town { mut office, .. } = town();
    let good = row(&office, "3", "Kim", "Solsikken", &[]);
    let bad = [
        (Row { name: " ".to_owned(), ..row(&office, "4", "-", "Solsikken", &[]) }, OfficeError::Text),
        (Row { name: "Li\u{202e}s".to_owned(), ..row(&office, "4", "-", "Solsikken", &[]) }, OfficeError::Text),
        (Row { profession: "astronaut".to_owned(), ..good.clone() }, OfficeError::NumberTwice),
        (
            Row { number: "4".to_owned(), profession: "astronaut".to_owned(), ..good.clone() },
            OfficeError::UnknownProfession,
        ),
        (Row { number: "4".to_owned(), unit: TeamId::new([9; 16]), ..good.clone() }, OfficeError::UnknownUnit),
    ];
    for (bad, error) in bad {
        let rows = [good.clone(), bad];
        let import = |office: &mut Office| office.import(&rows, Missing::Stay, BY, &mut system());
        assert_eq!(refused(&mut office, import), error);
    }
}

#[test]
fn a_unit_has_no_more_people_than_a_charter_names() {
    let Town { mut office, .. } = town();
    let all: Vec<Row> = (100..=1_124).map(|number| row(&office, &number.to_string(), "N", "Vestskolen", &[])).collect();
    let import = |office: &mut Office| office.import(&all, Missing::Stay, BY, &mut system());
    assert_eq!(refused(&mut office, import), OfficeError::UnitFull);
    office.import(&all[..1_023], Missing::Stay, BY, &mut system()).unwrap();
}

#[test]
fn a_device_is_certified_once_for_one_person() {
    let Town { mut office, .. } = town();
    let phone = keys();
    let device = office.certify("1", &phone, BY).unwrap();
    let entries = office.journal().len();
    assert_eq!(office.certify("1", &phone, BY), Ok(device));
    assert_eq!(office.journal().len(), entries, "asking again is no act");
    assert_eq!(refused(&mut office, |office| office.certify("2", &phone, BY).map(drop)), OfficeError::OtherOwner);
    assert_eq!(refused(&mut office, |office| office.certify("9", &keys(), BY).map(drop)), OfficeError::UnknownPerson);
    let low = DeviceKeys { signing: Fixed([0; 32]), ..keys() };
    let certify = |office: &mut Office| office.certify("1", &low, BY).map(drop);
    assert_eq!(refused(&mut office, certify), OfficeError::Key(KeyError::Signing));
    let checked = office.enrolment(&device).unwrap().check(&device).unwrap();
    assert_eq!(checked.person, office.person("1").unwrap().person);
    assert_eq!(checked.staff.directory.people.len(), 2);
}

#[test]
fn a_device_is_named_by_its_number_or_by_enough_of_its_id() {
    let Town { mut office, .. } = town();
    let device = office.certify("1", &keys(), BY).unwrap();
    let second = office.certify("1", &keys(), BY).unwrap();
    assert_eq!(office.device("1/2").unwrap().device, second);
    assert_eq!(office.device(&device.to_hex()[..8].to_uppercase()).unwrap().device, device);
    for unknown in ["", "1", "1/3", "1/02", "9/1", &device.to_hex()[..7], "zzzzzzzz"] {
        assert!(office.device(unknown).is_err(), "{unknown}");
    }
    office.revoke_device("1/1", BY).unwrap();
    assert_eq!(refused(&mut office, |office| office.revoke_device("1/1", BY)), OfficeError::Revoked);
    assert!(vouched(&office).is_out(&device) && !vouched(&office).is_out(&second));
    // Whoever enrols next hears of it before meeting the relay.
    assert!(office.enrolment(&second).unwrap().check(&second).unwrap().vouched.is_out(&device));
}

#[test]
fn what_is_urgent_is_published_first_and_nothing_twice() {
    let Town { mut office, .. } = town();
    office.certify("2", &keys(), BY).unwrap();
    let all = office.to_publish(false);
    office.published(&all, BY).unwrap();
    assert!(office.to_publish(false).is_empty());
    office.certify("1", &keys(), BY).unwrap();
    office.leave("2", BY).unwrap();
    let due = office.to_publish(false);
    let claims: Vec<_> = due.iter().map(|signed| office.authority().check(signed).unwrap().claim).collect();
    assert!(matches!(
        claims[..],
        [Claim::Standing { .. }, Claim::Revoked { .. }, Claim::Device { .. }, Claim::Team { .. }]
    ));
    // Cut off after the first: the rest is still due.
    office.published(&due[..1], BY).unwrap();
    assert_eq!(office.to_publish(false), due[1..]);
    assert!(office.to_publish(true).len() > due.len());
}

#[test]
fn an_old_copy_of_the_office_states_nothing_that_counts_as_older() {
    let Town { mut office, .. } = town();
    let mut copy = Office::resume(office.seed.clone(), office.state.clone()).unwrap();
    for number in 0..50 {
        office.certify("1", &keys(), by(BY.now + number)).unwrap();
    }
    office.suspend("2", by(BY.now + 60_000)).unwrap();
    let mut known = vouched(&office);
    copy.suspend("2", by(BY.now + 120_000)).unwrap();
    copy.reinstate("2", by(BY.now + 120_000)).unwrap();
    copy.to_publish(true).iter().for_each(|statement| drop(known.learn(statement).unwrap()));
    assert_eq!(known.standing(&copy.person("2").unwrap().person), Standing::Active);
}

#[test]
fn a_clock_that_goes_back_does_not_take_serials_back() {
    let Town { mut office, .. } = town();
    office.suspend("2", by(0)).unwrap();
    office.reinstate("2", by(i64::MIN)).unwrap();
    assert_eq!(vouched(&office).standing(&office.person("2").unwrap().person), Standing::Active);
}

#[test]
fn a_municipality_is_not_founded_on_unusable_names() {
    let recovery = RecoverySplit::draw(&mut system()).unwrap();
    for (holders, error) in [
        (["Anne", "Anne ", "Carl"], OfficeError::NameTwice),
        (["Anne", "", "Carl"], OfficeError::Text),
        (["Anne", "Bo\n", "C\u{7}arl"], OfficeError::Text),
    ] {
        let founded = Office::found(&founding(&recovery, holders), BY, &mut system());
        assert_eq!(founded.unwrap_err(), error);
    }
}

#[test]
fn the_journal_shows_whatever_is_done_to_it() {
    let Town { office, .. } = town();
    let authority = office.lineage();
    let whole = office.journal().to_vec();
    assert_eq!(office.audit().unwrap().len(), whole.len());
    assert!(office.audit().unwrap().iter().all(|entry| entry.operator == "prøve"));

    let mut taken_out = whole.clone();
    taken_out.remove(1);
    assert_eq!(verify_journal(authority, &taken_out), Err(JournalError::Chain { number: 2 }));
    let mut swapped = whole.clone();
    swapped.swap(1, 2);
    assert_eq!(verify_journal(authority, &swapped), Err(JournalError::Chain { number: 2 }));
    let mut beheaded = whole.clone();
    beheaded.remove(0);
    assert_eq!(verify_journal(authority, &beheaded), Err(JournalError::Chain { number: 1 }));
    let mut changed = whole.clone();
    changed[2].body.0[40] ^= 1;
    assert_eq!(verify_journal(authority, &changed), Err(JournalError::Signature { number: 3 }));
    // A statement's signature is not a journal's (attack 27), and another authority's entry is nobody's here.
    let statement = office.to_publish(true).remove(0);
    let mut posing = whole.clone();
    posing.push(SignedEntry { body: statement.body, signature: statement.signature });
    let number = posing.len() as u64;
    assert_eq!(verify_journal(authority, &posing), Err(JournalError::Signature { number }));
    let mut foreign = whole;
    foreign.push(town().office.journal()[0].clone());
    assert_eq!(verify_journal(authority, &foreign), Err(JournalError::Signature { number }));
}

type AnAct = Box<dyn FnMut(&mut Office)>;

#[test]
fn every_act_leaves_an_entry() {
    let Town { mut office, sheets } = town();
    let mut entries = office.journal().len();
    let mut acts: Vec<AnAct> = vec![
        Box::new(|office| office.add_profession("Musikterapeut", BY).unwrap()),
        Box::new(|office| office.rename_unit("Solsikken", "Solsikkehuset", BY).unwrap()),
        Box::new(|office| office.grant("2", Role::LogController, BY).unwrap()),
        Box::new(|office| office.revoke_role("2", Role::LogController, BY).unwrap()),
        Box::new(|office| assert!(office.certify("2", &keys(), BY).is_ok())),
        Box::new(|office| office.revoke_device("2/1", BY).unwrap()),
        Box::new(|office| office.suspend("2", BY).unwrap()),
        Box::new(|office| office.reinstate("2", BY).unwrap()),
        Box::new(|office| office.leave("2", BY).unwrap()),
        Box::new(|office| office.close_unit("Vestskolen", BY).unwrap()),
        Box::new(move |office| office.drill([&sheets[0], &sheets[1]], BY).unwrap()),
        Box::new(|office| office.rotated_passphrase(BY).unwrap()),
        Box::new(|office| office.name_relay("https://other.example", BY).unwrap()),
        Box::new(|office| office.published(&office.to_publish(false), BY).unwrap()),
    ];
    for act in &mut acts {
        act(&mut office);
        assert_eq!(office.journal().len(), entries + 1);
        entries += 1;
    }
    assert_eq!(office.audit().unwrap().len(), entries);
}
