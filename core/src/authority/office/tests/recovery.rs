//! Sheets are tried; and what the office asks of the relay, and sends, when access is to be restored.

use super::*;
use crate::authority::Restoring;

#[test]
fn a_drill_takes_two_sheets_of_this_split_and_opens_nothing() {
    let Town { mut office, sheets } = town();
    let other = town();
    let drill = |one: Sheet, two: Sheet| move |office: &mut Office| office.drill([&one, &two], BY);
    for (one, two, error) in [
        (&sheets[0], &sheets[0], SheetError::Twice),
        (&sheets[0], &other.sheets[1], SheetError::OtherMunicipality),
        (&other.sheets[0], &other.sheets[1], SheetError::OtherMunicipality),
    ] {
        let refusal = refused(&mut office, drill(one.clone(), two.clone()));
        assert_eq!(refusal, OfficeError::Sheet(error));
    }
    let void = RecoverySplit::draw(&mut system()).unwrap().sheets(&office.authority().municipality);
    let refusal = refused(&mut office, drill(sheets[0].clone(), void[1].clone()));
    assert_eq!(refusal, OfficeError::Sheet(SheetError::OtherSplit));
    office.drill([&sheets[2], &sheets[0]], BY).unwrap();
    let split = sheets[0].split();
    assert_eq!(office.audit().unwrap().last().unwrap().act, Act::Drilled { split, first: 1, second: 3 });
}

#[test]
fn the_office_asks_for_what_can_be_restored_only_and_sends_what_its_sheets_have_signed_only() {
    let Town { mut office, .. } = town();
    assert_eq!(office.asked("1", None), Err(OfficeError::NoDevice));
    let device = office.certify("1", &keys(), BY).unwrap();
    let own = office.asked("1", None).unwrap();
    assert_eq!((own.of(), own.to()), (own.to(), &office.person("1").unwrap().person));
    office.certify("2", &keys(), BY).unwrap();
    assert_eq!(office.asked("1", Some("2")), Err(OfficeError::StillHere));
    assert_eq!(office.asked("1", Some("9")), Err(OfficeError::UnknownPerson));
    office.revoke_device("2/1", BY).unwrap();
    let left = office.asked("1", Some("2")).unwrap();
    assert_eq!(*left.of(), office.person("2").unwrap().person);
    office.fetches(&left, BY).unwrap();
    let noted = office.audit().unwrap().pop().unwrap().act;
    assert_eq!(noted, Act::RecoveryFetched { person: *left.of(), to: *left.to() });

    let stated = vouched(&office);
    assert_eq!(stated.recovery().map(|(_, keys)| keys), Some(&office.recovery().keys));
    let empty = Restoring {
        version: limits::VERSION,
        municipality: office.authority().municipality,
        person: *left.to(),
        device,
        entries: Vec::new(),
    };
    let before = office.journal().len();
    assert_eq!(office.restores(&empty, BY), Err(OfficeError::NotRestoring));
    assert_eq!(office.journal().len(), before);
}
