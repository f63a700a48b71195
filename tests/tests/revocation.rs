//! Lost devices and people who leave: what they had submitted stays, what they could read they keep, and they read and write nothing
//! more, whatever the relay does.

use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_core::view::Delivery;
use tvaers_core::wire::statement::Standing;
use tvaers_tests::scene::Scene;
use tvaers_tests::town::child;

/// Anna has two devices, 0 and 1; Bo has 2, Carl 3.
fn scene() -> Scene {
    Scene::new(&[0, 0, 1, 2])
}

fn loses(scene: &mut Scene, device: usize) {
    let statement = scene.town.authority.revoke(scene.id(device));
    scene.publish(&statement);
}

fn standing(scene: &mut Scene, device: usize, standing: Standing) {
    let statement = scene.town.authority.set_standing(scene.owner(device), standing);
    scene.publish(&statement);
}

#[test]
fn a_lost_device_is_refused_at_once_and_reads_nothing_written_after_even_with_the_relays_help() {
    let mut scene = scene();
    let before = scene.writes(0, "Før", &[2]);
    scene.meet();
    assert!(scene.reads(1, &before) && scene.reads(2, &before));
    loses(&mut scene, 1);
    assert_eq!(scene.tries(1), Some(Failure::Forbidden));
    scene.these_meet(&[0, 2, 3]);
    let own = scene.writes(0, "Skrevet på den anden telefon", &[2]);
    let theirs = scene.writes(2, "Skrevet af Bo", &[0]);
    scene.these_meet(&[0, 2, 3]);
    assert!(scene.reads(0, &theirs) && scene.reads(2, &own), "the person goes on with the other device");
    scene.hands_over(0, 1);
    scene.hands_over(2, 1);
    assert!(!scene.reads(1, &own) && !scene.reads(1, &theirs));
    assert!(scene.reads(1, &before), "what was read is kept");
}

#[test]
fn what_a_lost_device_had_submitted_is_read_by_whoever_comes_later() {
    let mut scene = scene();
    let line = Audience::Line(scene.owner(2));
    let submitted = scene.writes_to(1, "Afleveret, før den blev væk", line);
    scene.sync(1);
    loses(&mut scene, 1);
    // Bo hears of the loss before he has ever seen the note, and of the note's circle with it.
    scene.these_meet(&[2, 0, 2, 3]);
    assert!(scene.reads(2, &submitted));
    let late = scene.writes_to(1, "Skrevet af den, der fandt den", Audience::Line(scene.owner(2)));
    assert_eq!(scene.tries(1), Some(Failure::Forbidden));
    scene.these_meet(&[0, 2, 3]);
    assert!(!scene.reads(2, &late));
    assert_eq!(
        scene.devices[1].delivery(&late).unwrap().0,
        Delivery::OnThisDevice { stuck: None },
        "it says so itself: not sent"
    );
}

#[test]
fn what_a_person_with_one_device_had_submitted_stays_when_it_is_lost() {
    let mut scene = scene();
    let first = scene.writes(3, "Carls note", &[0, 2]);
    scene.sync(3);
    loses(&mut scene, 3);
    scene.these_meet(&[0, 1, 2]);
    assert!(scene.reads(0, &first) && scene.reads(1, &first) && scene.reads(2, &first));
    let after = scene.writes(0, "Efter", &[2, 3]);
    scene.these_meet(&[0, 1, 2]);
    assert!(scene.reads(2, &after), "nobody waits for Carl");
    scene.hands_over(2, 3);
    assert!(!scene.reads(3, &after));
}

#[test]
fn who_has_left_is_refused_on_every_device_and_the_others_go_on() {
    let mut scene = scene();
    let before = scene.writes(0, "Annas note", &[2, 3]);
    scene.meet();
    standing(&mut scene, 0, Standing::Left);
    assert_eq!([0, 1].map(|device| scene.tries(device)), [Some(Failure::Forbidden); 2]);
    scene.these_meet(&[2, 3]);
    let after = scene.writes(2, "Efter", &[3]);
    scene.these_meet(&[2, 3]);
    assert!(scene.reads(3, &after) && scene.reads(3, &before));
    let readers = scene.devices[2].delivery(&after).unwrap().1;
    assert!(
        readers.iter().all(|reader| reader.person != scene.owner(0)),
        "nobody is told to wait for her: {readers:?}"
    );
    scene.hands_over(3, 0);
    assert!(!scene.reads(0, &after));
}

#[test]
fn who_is_suspended_and_let_in_again_reads_what_was_written_meanwhile() {
    let mut scene = scene();
    let before = scene.writes(3, "Carls note", &[2]);
    scene.sync(3);
    standing(&mut scene, 3, Standing::Suspended);
    assert_eq!(scene.tries(3), Some(Failure::Forbidden));
    scene.these_meet(&[0, 1, 2]);
    let meanwhile = scene.writes(2, "Imens", &[3]);
    let waiting = scene.writes(3, "Skrevet imens", &[2]);
    scene.these_meet(&[0, 1, 2]);
    assert!(scene.reads(2, &before));
    standing(&mut scene, 3, Standing::Active);
    scene.meet();
    let after = scene.writes(2, "Velkommen tilbage", &[3]);
    scene.meet();
    assert!(scene.reads(3, &after) && scene.reads(3, &meanwhile));
    assert!(scene.reads(2, &waiting), "what waited on the phone arrives");
}

#[test]
fn what_somebody_wrote_between_two_absences_is_read_after_the_second() {
    let mut scene = scene();
    let first = scene.writes(3, "Carls note", &[2]);
    scene.meet();
    standing(&mut scene, 3, Standing::Suspended);
    scene.these_meet(&[0, 1, 2]);
    scene.writes(2, "Imens", &[3]);
    scene.these_meet(&[0, 1, 2]);
    standing(&mut scene, 3, Standing::Active);
    scene.meet();
    scene.writes(2, "Velkommen tilbage", &[3]);
    scene.meet();
    let between = scene.writes(3, "Skrevet efter orloven", &[2]);
    scene.sync(3);
    standing(&mut scene, 3, Standing::Left);
    scene.these_meet(&[0, 1, 2]);
    assert!(scene.reads(2, &first) && scene.reads(2, &between), "the relay has acknowledged both");
}

#[test]
fn a_statement_that_is_not_the_authoritys_is_refused() {
    let mut scene = scene();
    let mut other = tvaers_tests::town::Town::new(&[0], &mut tvaers_core::rng::system());
    let forged = other.authority.revoke(scene.id(1));
    let relay = tvaers_core::net::Relay::new(&scene.relay.url()).unwrap();
    assert_eq!(tvaers_tests::scene::block(relay.publish(&forged)), Err(Failure::Forbidden));
    scene.meet();
    let note = scene.writes(1, "Stadig her", &[2]);
    scene.meet();
    assert!(scene.reads(2, &note));
}

#[test]
fn a_certificate_alone_makes_nobodys_device() {
    let mut scene = scene();
    let store = tvaers_core::store::Store::in_memory().unwrap();
    let ghost = scene.town.enrol(vec![(0, store)], &scene.relay.url(), &mut tvaers_core::rng::system());
    scene.devices.extend(ghost);
    assert_eq!(scene.tries(4), None);
    scene.meet();
    let note = scene.writes(0, "Til Bo", &[2]);
    scene.meet();
    assert!(!scene.reads(4, &note), "Anna's own devices have not taken it in");
}

#[test]
fn who_is_let_in_again_reads_what_was_written_meanwhile_before_anybody_writes_again() {
    let mut scene = scene();
    scene.writes(2, "Før", &[3]);
    scene.meet();
    standing(&mut scene, 3, Standing::Suspended);
    scene.these_meet(&[0, 1, 2]);
    let meanwhile = scene.writes(2, "Imens", &[3]);
    scene.these_meet(&[0, 1, 2]);
    standing(&mut scene, 3, Standing::Active);
    scene.meet();
    assert!(scene.reads(3, &meanwhile));
    assert!(!scene.devices[2].has_work(i64::MAX).unwrap(), "and nothing is left to do");
}

#[test]
fn what_is_written_between_two_suspensions_is_read_after_the_second() {
    let mut scene = scene();
    let before = scene.writes(3, "Før den første", &[2]);
    scene.meet();
    standing(&mut scene, 3, Standing::Suspended);
    scene.these_meet(&[0, 1, 2]);
    scene.writes(2, "Så casen får en ny nøgle", &[3]);
    scene.these_meet(&[0, 1, 2]);
    standing(&mut scene, 3, Standing::Active);
    scene.meet();
    let between = scene.writes(3, "Mellem de to", &[2]);
    scene.sync(3);
    standing(&mut scene, 3, Standing::Left);
    scene.these_meet(&[0, 1, 2]);
    assert!(scene.reads(2, &before) && scene.reads(2, &between), "what was acknowledged counts");
}

#[test]
fn a_case_founded_while_a_reader_was_away_is_taken_when_they_are_back() {
    let mut scene = scene();
    standing(&mut scene, 3, Standing::Suspended);
    scene.these_meet(&[0, 1, 2]);
    let offline = scene.writes(2, "Skrevet uden net, mens Carl var væk", &[3]);
    standing(&mut scene, 3, Standing::Active);
    scene.meet();
    assert!(scene.reads(3, &offline));
    assert_eq!(scene.devices[2].outbox().unwrap().0, 0);
}

/// Bo was away when Carl drew the line's key, and is back when Carl's only phone is lost: nobody has that key.
#[test]
fn who_comes_back_to_a_circle_whose_key_is_lost_goes_on_in_it_and_reads_what_was_there() {
    let (bo, carl) = (2, 3);
    let mut scene = scene();
    let to = Audience::Line(scene.owner(carl));
    let first = scene.writes_to(bo, "Før", to.clone());
    scene.meet();
    // Carl's answer leaves; Bo does not come to fetch it.
    let answer = scene.writes_to(carl, "Svar", Audience::Line(scene.owner(bo)));
    scene.sync(carl);
    standing(&mut scene, bo, Standing::Suspended);
    scene.sync(carl);
    scene.writes_to(carl, "Mens Bo var væk", Audience::Line(scene.owner(bo)));
    scene.sync(carl);
    standing(&mut scene, bo, Standing::Active);
    loses(&mut scene, carl);
    for _ in 0..3 {
        scene.sync(bo);
    }
    assert!(scene.reads(bo, &first) && scene.reads(bo, &answer));
    let after = scene.writes_to(bo, "Efter", to);
    scene.sync(bo);
    assert_eq!(scene.devices[bo].outbox().unwrap().0, 0);
    assert!(scene.reads(bo, &after));
}

/// Bo wrote under a key that Carl, who was away, does not have; Carl came back while Bo was away, and drew another that does not lead to it.
#[test]
fn what_was_written_while_its_reader_was_away_is_read_though_its_writer_was_away_then() {
    let (bo, carl) = (2, 3);
    let mut scene = scene();
    let to_carl = Audience::Line(scene.owner(carl));
    scene.writes_to(bo, "Før", to_carl.clone());
    scene.meet();
    standing(&mut scene, carl, Standing::Suspended);
    scene.sync(bo);
    let meanwhile = scene.writes_to(bo, "Mens Carl var væk", to_carl.clone());
    scene.sync(bo);
    standing(&mut scene, carl, Standing::Active);
    standing(&mut scene, bo, Standing::Suspended);
    scene.sync(carl);
    let back = scene.writes_to(carl, "Mens Bo var væk", Audience::Line(scene.owner(bo)));
    scene.these_meet(&[carl]);
    assert_eq!(scene.devices[carl].outbox().unwrap().0, 0, "Carl has drawn a key");
    assert!(!scene.reads(carl, &meanwhile));
    standing(&mut scene, bo, Standing::Active);
    scene.these_meet(&[bo, carl]);
    let after = scene.writes_to(bo, "Efter", to_carl);
    scene.these_meet(&[bo, carl]);
    assert!(scene.reads(bo, &back) && scene.reads(carl, &after) && scene.reads(carl, &meanwhile));
}

/// The new key leads past the lost one to the one that Bo held.
#[test]
fn who_comes_to_a_case_whose_key_was_lost_reads_what_was_written_before() {
    let (anna, bo, carl) = (0, 2, 3);
    let mut scene = scene();
    // Who is let into a case of a child that has a coordinator is let into all of them.
    let coordinator = scene.owner(bo);
    for device in &scene.devices {
        device.set_coordinator(&child(1).id, &coordinator, &mut Moment::new(1, &mut rng::system())).unwrap();
    }
    let first = scene.writes(bo, "Før", &[carl]);
    scene.meet();
    let answer = scene.writes(carl, "Svar", &[bo]);
    scene.meet();
    standing(&mut scene, bo, Standing::Suspended);
    scene.sync(carl);
    let lost = scene.writes(carl, "Mens Bo var væk", &[bo]);
    scene.sync(carl);
    standing(&mut scene, bo, Standing::Active);
    loses(&mut scene, carl);
    scene.these_meet(&[bo, bo, bo]);
    let after = scene.writes(bo, "Efter", &[anna, carl]);
    scene.these_meet(&[bo, anna, bo, anna]);
    assert!(scene.reads(anna, &after));
    assert!(scene.reads(anna, &first) && scene.reads(anna, &answer));
    assert!(!scene.reads(anna, &lost) && !scene.reads(bo, &lost), "what was under the lost key alone stays closed");
}
