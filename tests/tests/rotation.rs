//! The authority's key is followed by another one, and the holders' sheets by others: everybody goes on, and what was stolen is worth
//! nothing.

use tvaers_core::audience::Audience;
use tvaers_core::authority::{By, Office};
use tvaers_core::client::{NewDevice, Opened, open};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::sync::Failure;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{Member, ParsedEntry};
use tvaers_core::wire::message::{FeedItem, Page, TOKEN_START};
use tvaers_core::wire::recovery::RecoveryAct;
use tvaers_core::wire::statement::{Claim, SignedStatement, Statement};
use tvaers_tests::holders::{Holders, NUMBERS};
use tvaers_tests::scene::block;

const ANNA: usize = 0;
const BO: usize = 1;
const CARL: usize = 2;
const DORTE: usize = 3;

/// After everything else, whatever the clock's grain.
fn later() -> By<'static> {
    By { operator: "tyv", now: system_now() + 3_600_000 }
}

/// What an office has stated that no relay has been told.
fn unpublished(office: &Office) -> Vec<SignedStatement> {
    office.to_publish(false)
}

fn states(town: &Holders, statement: &SignedStatement) -> Result<(), Failure> {
    block(town.asked_relay().publish(statement)).map(drop)
}

/// How much a device has set aside, and shows.
fn aside(town: &Holders, device: usize) -> usize {
    town.devices[device].standing().unwrap().set_aside
}

/// True if Anna and Bo reach each other.
fn work(town: &mut Holders, text: &str) -> bool {
    let with_bo = Audience::Case(vec![town.member(BO)]);
    let note = town.writes(ANNA, text, with_bo);
    town.meet();
    town.reads(BO, &note)
}

#[test]
fn everybody_goes_on_and_what_the_new_key_states_is_believed() {
    let mut town = Holders::new();
    town.rotates();
    assert!(work(&mut town, "Efter skiftet"));
    // Somebody new comes in, and somebody leaves, by the new key's word.
    let new = town.enrols(ANNA);
    town.publish();
    assert_eq!(town.tries(new), None);
    town.loses(new);
    assert_eq!(town.tries(new), Some(Failure::Forbidden));
    town.meet();
    let lost = town.devices[new].installation().device;
    assert!((0..4).all(|device| town.devices[device].is_out(&lost)));
    assert!((0..4).all(|device| aside(&town, device) == 0));
}

#[test]
fn the_stolen_key_is_refused_by_the_relay_and_by_every_device() {
    let mut town = Holders::new();
    let mut thief = town.stolen();
    town.rotates();
    town.meet();
    thief.suspend(NUMBERS[BO], later()).unwrap();
    thief.certify(NUMBERS[CARL], phone().keys(), later()).unwrap();
    thief.rename_unit("Hus 103", "Tyvens hus", later()).unwrap();
    let stolen = unpublished(&thief);
    assert!(stolen.len() >= 3);
    for statement in &stolen {
        assert_eq!(states(&town, statement), Err(Failure::Forbidden));
    }
    // Nor does it get anything from the relay by other doors.
    let order = thief.recovery_order(RecoveryAct::Own { person: town.owner(ANNA) }, system_now());
    assert_eq!(block(town.asked_relay().forsaken(&order)).unwrap_err(), Failure::Forbidden);
    // A relay that helps brings it to a device all the same.
    let items = stolen.iter().map(|statement| FeedItem::Statement { statement: statement.clone() }).collect();
    let page = Page { items, next: TOKEN_START, more: false };
    town.devices[ANNA].absorb_page(&page.to_bytes(), 20).unwrap();
    town.devices[ANNA].process().unwrap();
    let bos = town.devices[BO].installation().device;
    assert!(!town.devices[ANNA].is_out(&bos));
    let head = stolen.iter().find_map(|signed| match Statement::from_bytes(&signed.body).unwrap().claim {
        Claim::Directory { head } => Some(head),
        _ => None,
    });
    assert!(head.is_some() && town.devices[ANNA].wanted_directory() != head);
    assert_eq!(aside(&town, ANNA), stolen.len(), "and each is seen");
    assert!(work(&mut town, "Som om intet var hændt"));
}

#[test]
fn what_a_thief_stated_before_the_key_was_changed_under_high_serials_is_forgotten_by_everybody() {
    let mut town = Holders::new();
    let mut thief = town.stolen();
    // Far ahead of every clock, so that whatever the municipality states is older.
    thief.suspend(NUMBERS[BO], By { operator: "tyv", now: i64::MAX / 2 }).unwrap();
    for statement in unpublished(&thief) {
        states(&town, &statement).unwrap();
    }
    assert_eq!(town.tries(BO), Some(Failure::Forbidden));
    town.rotates();
    town.meet();
    assert_eq!(town.tries(BO), None);
    let bos = town.devices[BO].installation().device;
    assert!((0..4).all(|device| !town.devices[device].is_out(&bos)));
    assert!(work(&mut town, "Bo er her igen"));
    // Also after both have begun again with what is on their disks.
    let mut town = town.restart();
    assert!(work(&mut town, "Og bliver"));
}

#[test]
fn two_holders_are_needed_and_a_key_has_one_successor_only() {
    let mut town = Holders::new();
    // Whoever has the office's file, and no sheets, has other sheets at most.
    let (mut thief, other) = (town.stolen(), Holders::office_alone());
    assert!(thief.takes(&town.sheets[0]).is_ok() && other.takes(&town.sheets[0]).is_err());
    // Two holders who were talked into it twice: an old copy of the office goes its own way.
    thief.rotate_authority([&town.sheets[0], &town.sheets[1]], later(), &mut rng::system()).unwrap();
    town.rotates();
    town.meet();
    for statement in unpublished(&thief) {
        assert_eq!(states(&town, &statement), Err(Failure::Forbidden));
    }
    let second = unpublished(&thief).remove(0);
    let page = Page { items: vec![FeedItem::Statement { statement: second }], next: TOKEN_START, more: false };
    town.devices[ANNA].absorb_page(&page.to_bytes(), 20).unwrap();
    assert_eq!(aside(&town, ANNA), 1, "and it is seen");
    assert!(work(&mut town, "Den første gælder"));
}

#[test]
fn a_relay_that_forgot_the_change_hears_of_it_from_the_devices() {
    let town = Holders::new();
    let mut thief = town.stolen();
    let (mut town, backup) = town.backed_up();
    town.rotates();
    town.meet();
    let new = town.enrols(DORTE);
    town.publish();
    town.meet();
    town = town.put_back(backup);
    // Its own certificate is signed with a key of which this relay has not heard yet.
    assert_eq!(town.tries(new), Some(Failure::Forbidden));
    town.meet();
    assert_eq!(town.tries(new), None);
    thief.suspend(NUMBERS[BO], later()).unwrap();
    assert_eq!(states(&town, &unpublished(&thief)[0]), Err(Failure::Forbidden));
    assert!(work(&mut town, "Efter genskabelsen"));
}

#[test]
fn new_sheets_are_what_everything_is_wrapped_for_from_then_on() {
    let mut town = Holders::new();
    assert!(work(&mut town, "Før"));
    let old = town.renews_sheets();
    assert!(work(&mut town, "Efter"));
    let (old_key, new_key) = {
        let mut keys = town.office.lineage().recoveries().map(|(key, _)| key);
        (keys.next().unwrap(), keys.next().unwrap())
    };
    // The newest key that was drawn in the case is wrapped for the new sheets, and not for the old ones.
    let entries = town.feed(ANNA).into_iter().filter_map(|item| match item {
        FeedItem::Entry { entry, .. } => ParsedEntry::from_bytes(&entry).ok(),
        _ => None,
    });
    let drawn: Vec<ParsedEntry> = entries.filter(|entry| entry.public.epoch.is_some()).collect();
    let wrapped = |entry: &ParsedEntry, key| entry.public.wraps.iter().any(|wrap| wrap.member == Member::Device(key));
    let newest = drawn.iter().rev().find(|entry| entry.public.circle.is_some()).unwrap();
    assert!(wrapped(newest, new_key) && !wrapped(newest, old_key));
    assert!(drawn.iter().any(|entry| wrapped(entry, old_key)), "and was for the old ones before");
    assert!(old.iter().all(|sheet| town.office.takes(sheet).is_err()));
}

#[test]
fn access_is_restored_with_the_new_sheets_also_where_nobody_has_written_since() {
    let mut town = Holders::new();
    let own = town.writes(ANNA, "Kun for mig selv", Audience::Own);
    town.meet();
    town.loses(ANNA);
    town.meet();
    let new = town.enrols(ANNA);
    town.publish();
    // Nobody is left in Anna's circle who could wrap its key for other sheets.
    let old = town.renews_sheets();
    town.meet();
    let file = town.file(ANNA, None);
    let with_old = std::mem::replace(&mut town.sheets, old);
    assert!(town.open(&file, &town.code(new), [0, 1]).is_err(), "the old sheets sign nothing any more");
    town.sheets = with_old;
    town.restores(ANNA, None, new);
    town.meet();
    assert!(town.reads(new, &own));
}

#[test]
fn both_changes_follow_one_another_and_access_is_restored_after() {
    let mut town = Holders::new();
    let own = town.writes(CARL, "Kun for Carl", Audience::Own);
    town.meet();
    town.renews_sheets();
    town.rotates();
    town.renews_sheets();
    town.meet();
    town.loses(CARL);
    town.meet();
    let new = town.enrols(CARL);
    town.publish();
    town.restores(CARL, None, new);
    town.meet();
    assert!(town.reads(new, &own));
    let claims = town.office.to_publish(true);
    let claims = claims.iter().map(|signed| town.office.lineage().check(signed).unwrap().claim);
    assert_eq!(claims.filter(Claim::names_key).count(), 4);
}

fn phone() -> NewDevice {
    match open(Store::in_memory().unwrap(), &mut Moment::new(system_now(), &mut rng::system())).unwrap() {
        Opened::New(device) => *device,
        Opened::Enrolled(_) => panic!("a new store holds a device"),
    }
}
