//! How long records are kept: the municipality's rule, honoured by each device also without a network, and carried out for good by two
//! persons' devices once the relay's clock says so. No wrong clock destroys anything.

use tvaers_core::client::{ClientError, NotErased};
use tvaers_core::directory::Retention;
use tvaers_core::kinds::Kind;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::ids::RecordId;
use tvaers_core::wire::message::FeedItem;
use tvaers_tests::dump::everything;
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::child;

const ANNA: usize = 0;
const BO: usize = 1;
const DAY: i64 = 86_400_000;

/// Bo manages a case with Anna, in which a note lies; observations are kept for twelve months.
fn kept_for_a_year() -> (Scene, RecordId) {
    let mut scene = Scene::new(2);
    let note = scene.writes(BO, "Kanarieord fra i fjor", &[ANNA]);
    scene.meet();
    rules(&mut scene, 5, vec![Retention { kind: Kind::Observation.code(), months: 12 }]);
    (scene, note)
}

fn rules(scene: &mut Scene, serial: u64, rules: Vec<Retention>) {
    let directory = scene.keeps(serial, rules);
    scene.brings(&directory, &[ANNA, BO]);
    scene.states(&directory);
    scene.meet();
}

/// Everybody meets, day after day: a device looks once an hour.
fn days(scene: &mut Scene) {
    for _ in 0..4 {
        scene.meet();
        scene.now += DAY;
    }
}

fn listed(scene: &Scene, device: usize, note: &RecordId) -> bool {
    let device = &scene.devices[device];
    let found = device.search("kanarieord", 9, &Moment::new(scene.now, &mut rng::system())).unwrap();
    let lists = [device.all_records().unwrap(), device.chronology(&child(1).id).unwrap(), found];
    let listed = lists.map(|rows| rows.iter().any(|row| row.record == *note));
    assert!(listed == [true; 3] || listed == [false; 3], "in one list and not in another: {listed:?}");
    assert_eq!(device.envelope(note).is_ok(), listed[0]);
    listed[0]
}

#[test]
fn what_is_over_by_a_phones_clock_is_hidden_without_a_network_and_lost_by_no_clock() {
    let (mut scene, note) = kept_for_a_year();
    let (now, later) = (scene.now, scene.now + 366 * DAY);
    assert_eq!(scene.devices[BO].keep_retention(now + 300 * DAY).unwrap(), 0);
    assert!(listed(&scene, BO, &note));
    assert_eq!(scene.devices[BO].keep_retention(later).unwrap(), 1);
    assert!(!listed(&scene, BO, &note));
    assert_eq!(scene.devices[BO].envelope(&note), Err(ClientError::RecordErased));
    // The clock was wrong: everything is still there.
    assert_eq!(scene.devices[BO].keep_retention(now).unwrap(), 0);
    assert!(listed(&scene, BO, &note));
    assert_eq!(scene.devices[BO].keep_retention(later + 36_500 * DAY).unwrap(), 1);
    scene.meet();
    assert!(listed(&scene, BO, &note) && listed(&scene, ANNA, &note));
    assert!(scene.devices[ANNA].erasures().unwrap().is_empty(), "a phone's clock has asked for something");
}

#[test]
fn what_is_over_by_the_relays_clock_is_erased_by_two_devices_without_being_asked() {
    let (mut scene, note) = kept_for_a_year();
    scene.now += 366 * DAY;
    let newer = scene.writes(BO, "Skrevet i dag", &[ANNA]);
    days(&mut scene);
    for device in [ANNA, BO] {
        assert!(!listed(&scene, device, &note) && scene.reads(device, &newer), "{device}");
        let held = everything(scene.devices[device].store());
        assert!(!held.windows(10).any(|window| window == b"Kanarieord"), "{device} has only hidden it");
        assert_eq!(scene.devices[device].doubts().unwrap(), []);
    }
}

#[test]
fn a_relay_that_lies_about_time_destroys_nothing() {
    let (mut scene, note) = kept_for_a_year();
    let (now, later) = (scene.now, 366 * DAY);
    for device in [ANNA, BO] {
        scene.relay.shows(device, move |page| {
            for item in page {
                if let FeedItem::Chunk { received_at, .. } = item {
                    *received_at += later as u64;
                }
            }
        });
    }
    scene.writes(BO, "Skrevet i dag", &[ANNA]);
    for _ in 0..4 {
        scene.now += 2 * 3_600_000;
        scene.meet();
    }
    assert!(scene.now - now < DAY);
    assert!(listed(&scene, ANNA, &note) && listed(&scene, BO, &note));
    assert!(scene.devices[ANNA].erasures().unwrap().is_empty());
    // One whose own clock has been put forward asks. The other's has not.
    scene.devices[BO].keep_retention(scene.now + later).unwrap();
    scene.meet();
    assert!(listed(&scene, ANNA, &note), "agreed to by a device by whose clock it is not over");
}

#[test]
fn a_hold_keeps_what_is_over_where_everybody_sees_it() {
    let (mut scene, note) = kept_for_a_year();
    scene.devices[BO].hold_erasure(&child(1).id, Some("Klagesag")).unwrap();
    scene.meet();
    scene.now += 366 * DAY;
    scene.writes(BO, "Skrevet i dag", &[ANNA]);
    days(&mut scene);
    assert!(listed(&scene, ANNA, &note) && listed(&scene, BO, &note));
    let asked = scene.devices[BO].ask_erasure(&[note], None, &Moment::new(scene.now, &mut rng::system()));
    assert_eq!(asked, Err(NotErased::OnHold.into()));
    scene.devices[BO].lift_hold(&child(1).id, None).unwrap();
    scene.meet();
    let lift = scene.devices[ANNA].erasures().unwrap()[0].asking;
    scene.devices[ANNA].agree_erasure(&lift, &Moment::new(scene.now, &mut rng::system())).unwrap();
    days(&mut scene);
    assert!(!listed(&scene, ANNA, &note) && !listed(&scene, BO, &note));
}

#[test]
fn a_rule_that_ends_shows_again_what_only_it_had_hidden() {
    let (mut scene, note) = kept_for_a_year();
    scene.devices[BO].keep_retention(scene.now + 366 * DAY).unwrap();
    assert!(!listed(&scene, BO, &note));
    rules(&mut scene, 6, Vec::new());
    assert!(listed(&scene, BO, &note));
}
