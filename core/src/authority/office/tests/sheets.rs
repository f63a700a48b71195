//! New sheets when a holder leaves.

use tvaers_wire::statement::StatementError;

use super::*;
use crate::authority::recovery::{open_older, rebuild};

const NEW: [&str; 3] = ["Anne", "Bo", "Dorthe"];

fn renewed() -> (Town, RecoverySplit) {
    let mut town = town();
    let new = RecoverySplit::draw(&mut system()).unwrap();
    town.office.renew_sheets([&town.sheets[0], &town.sheets[1]], &new, NEW, BY).unwrap();
    (town, new)
}

#[test]
fn the_new_sheets_are_in_force_and_the_old_ones_are_told_apart() {
    let (Town { mut office, sheets }, new) = renewed();
    let names: Vec<_> = office.recovery().holders.iter().map(|holder| holder.name.as_str()).collect();
    assert_eq!(names, NEW);
    let known = vouched(&office);
    assert_eq!(known.recovery().map(|(_, keys)| keys), Some(&new.keys));
    assert_eq!(known.lineage().recoveries().count(), 2);
    let drill = |office: &mut Office| office.drill([&sheets[0], &sheets[1]], BY);
    assert_eq!(refused(&mut office, drill), OfficeError::Sheet(SheetError::OtherSplit));
    let mine = new.sheets(&office.authority().municipality);
    office.drill([&mine[0], &mine[2]], BY).unwrap();
    let (recovery, split) = (fingerprint(&new.keys.kem), new.split);
    let acts: Vec<Act> = office.audit().unwrap().into_iter().map(|entry| entry.act).collect();
    assert_eq!(acts[acts.len() - 2], Act::SheetsRenewed { recovery, split, first: 1, second: 2 });
}

#[test]
fn the_new_sheets_open_what_the_old_ones_opened_and_not_the_other_way() {
    let (Town { office, sheets }, new) = renewed();
    let municipality = office.authority().municipality;
    let stated =
        office.to_publish(true).into_iter().find_map(|signed| match office.lineage().check(&signed).unwrap().claim {
            Claim::Sheets { older, .. } => Some(older),
            _ => None,
        });
    let older = stated.unwrap();
    let mine = new.sheets(&municipality);
    let (old_seed, new_seed) = (rebuild([&sheets[0], &sheets[2]]).unwrap(), rebuild([&mine[1], &mine[2]]).unwrap());
    assert!(open_older(&municipality, &older, &new_seed).unwrap() == old_seed);
    assert!(open_older(&municipality, &older, &old_seed).is_err());
}

#[test]
fn new_sheets_need_two_of_the_old_ones_and_three_people() {
    let Town { mut office, sheets } = town();
    let (other, new) = (town(), RecoverySplit::draw(&mut system()).unwrap());
    let twice = |office: &mut Office| office.renew_sheets([&sheets[0], &sheets[0]], &new, NEW, BY);
    assert_eq!(refused(&mut office, twice), OfficeError::Sheet(SheetError::Twice));
    let foreign = |office: &mut Office| office.renew_sheets([&other.sheets[0], &other.sheets[1]], &new, NEW, BY);
    assert_eq!(refused(&mut office, foreign), OfficeError::Sheet(SheetError::OtherMunicipality));
    let two = |office: &mut Office| office.renew_sheets([&sheets[0], &sheets[1]], &new, ["Anne", "Bo", "Bo"], BY);
    assert_eq!(refused(&mut office, two), OfficeError::NameTwice);
    assert_eq!(office.recovery().keys, *office.lineage().recovery().unwrap().1);
}

#[test]
fn it_alone_cannot_state_other_sheets() {
    let Town { mut office, .. } = town();
    // With everything that is in the office's file, and a recovery key of one's own.
    let mine = DeviceSecret::generate(&mut system()).unwrap();
    let posing = DeviceSecret::generate(&mut system()).unwrap();
    let known = vouched(&office);
    let stated = office.key.state_sheets(&mine, &posing, Fixed([0; 48])).unwrap();
    assert_eq!(known.check(&stated), Err(StatementError::Holders));
    let plain = office.key.state_recovery(mine.keys()).unwrap();
    assert_eq!(known.check(&plain), Err(StatementError::Recovery));
}

#[test]
fn the_old_sheets_agree_to_nothing_any_more() {
    let (Town { mut office, sheets }, new) = renewed();
    let rotate = |office: &mut Office| office.rotate_authority([&sheets[0], &sheets[1]], BY, &mut system()).map(drop);
    assert_eq!(refused(&mut office, rotate), OfficeError::Sheet(SheetError::OtherSplit));
    let mine = new.sheets(&office.authority().municipality);
    office.rotate_authority([&mine[0], &mine[1]], BY, &mut system()).unwrap();
    assert_eq!(vouched(&office).authority(), office.in_force());
    // And once more, under the new key of the authority.
    let third = RecoverySplit::draw(&mut system()).unwrap();
    office.renew_sheets([&mine[2], &mine[0]], &third, NEW, BY).unwrap();
    assert_eq!(vouched(&office).recovery().map(|(_, keys)| keys), Some(&third.keys));
}
