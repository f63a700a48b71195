//! Hand-overs: the successor reads everything the predecessor could and is written to from then on; nobody else reads more than
//! before, and nothing that waits somewhere is lost on the way.

use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, NotHandedOver};
use tvaers_core::kinds::{Content, Disclosure, Kind, List, Party, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::Delivery;
use tvaers_core::wire::entry::Rights;
use tvaers_core::wire::statement::Standing;
use tvaers_tests::hostile;
use tvaers_tests::scene::Scene;
use tvaers_tests::town::{child, observation};

/// Four persons with a device each: two pedagogues, who coordinates child 1, and who will.
const ANNA: usize = 0;
const BO: usize = 1;
const OLD: usize = 2;
const NEW: usize = 3;

fn scene() -> Scene {
    let scene = Scene::new(&[0, 1, 2, 3]);
    [ANNA, BO, OLD].into_iter().for_each(|device| is_told(&scene, device, OLD));
    scene
}

/// A device is told who coordinates the child.
fn is_told(scene: &Scene, device: usize, coordinator: usize) {
    let person = scene.owner(coordinator);
    scene.devices[device].set_coordinator(&child(1).id, &person, &mut Moment::new(3, &mut rng::system())).unwrap();
}

fn hands_over(scene: &Scene, from: usize, to: usize, leaves: bool) -> Result<(), ClientError> {
    let to = scene.owner(to);
    let mut why = observation(&child(1), "", 2);
    why.content = Content::Disclosure(Disclosure {
        records: List::default(),
        what: Some(Text::new("Barsel fra marts").unwrap()),
        with_whom: Party::Person(to),
        basis: Short::new("overdragelse").unwrap(),
    });
    scene.devices[from].hand_over(&[(child(1).id, Some(why))], &to, leaves, &mut Moment::new(2, &mut rng::system()))
}

fn line(scene: &Scene, to: usize) -> Audience {
    Audience::Line(scene.owner(to))
}

#[test]
fn the_successor_reads_what_the_predecessor_could_and_is_written_to_from_then_on() {
    let mut scene = scene();
    let to_old = line(&scene, OLD);
    let annas = scene.writes_to(ANNA, "Annas note", to_old.clone());
    let bos = scene.writes_to(BO, "Bos note", to_old);
    let case = scene.writes(ANNA, "I sagen", &[]);
    let own = scene.writes_to(OLD, "Tovholderens egen", Audience::Own);
    scene.meet();
    assert!(!scene.reads(NEW, &annas));
    hands_over(&scene, OLD, NEW, true).unwrap();
    scene.meet();
    for (what, note) in [("Anna's", annas), ("Bo's", bos), ("the case's", case), ("the coordinator's own", own)] {
        assert!(scene.reads(NEW, &note), "{what}");
    }
    assert!(!scene.reads(BO, &annas) && !scene.reads(ANNA, &bos), "nobody else reads more than before");
    // Nobody tells the pedagogues anything: they see it in their lines.
    for device in [ANNA, BO, OLD, NEW] {
        assert_eq!(scene.devices[device].coordinator(&child(1).id).unwrap(), Some(scene.owner(NEW)), "{device}");
    }
    for device in [ANNA, BO, NEW] {
        let rows = scene.devices[device].all_records().unwrap();
        assert_eq!(
            rows.iter().filter(|row| row.kind == Some(Kind::Disclosure)).count(),
            1,
            "{device} is told why, once"
        );
    }
    let to_new = line(&scene, NEW);
    let after = scene.writes_to(ANNA, "Efter", to_new);
    let in_case = scene.writes(ANNA, "I sagen, efter", &[]);
    scene.meet();
    assert!(scene.reads(NEW, &after) && scene.reads(NEW, &in_case));
    assert!(!scene.reads(OLD, &after) && !scene.reads(OLD, &in_case), "who has handed over reads nothing new");
    assert!(scene.reads(OLD, &annas), "and keeps what was read");
}

#[test]
fn who_hands_over_and_stays_in_the_case_reads_it_on() {
    let mut scene = scene();
    let before = scene.writes(ANNA, "Før", &[OLD]);
    scene.meet();
    hands_over(&scene, OLD, NEW, false).unwrap();
    scene.meet();
    let after = scene.writes(ANNA, "Efter", &[OLD]);
    scene.meet();
    for device in [OLD, NEW] {
        assert!(scene.reads(device, &before) && scene.reads(device, &after));
    }
}

#[test]
fn a_note_written_without_a_network_to_the_predecessor_reaches_the_successor() {
    let mut scene = scene();
    let to_old = line(&scene, OLD);
    scene.writes_to(ANNA, "Før", to_old.clone());
    scene.meet();
    // Anna is in the forest; Bo has never written about the child before. Neither knows.
    let waiting = scene.writes_to(ANNA, "Skrevet i skoven", to_old.clone());
    let first = scene.writes_to(BO, "Bos første", to_old);
    hands_over(&scene, OLD, NEW, true).unwrap();
    scene.these_meet(&[OLD, NEW]);
    scene.meet();
    assert!(scene.reads(NEW, &waiting) && scene.reads(NEW, &first));
}

#[test]
fn a_hand_over_without_a_network_is_made_on_what_the_relay_has_by_then() {
    let mut scene = scene();
    let to_old = line(&scene, OLD);
    let before = scene.writes_to(ANNA, "Før", to_old);
    let case = scene.writes(ANNA, "I sagen", &[OLD]);
    scene.meet();
    hands_over(&scene, OLD, NEW, true).unwrap();
    // Meanwhile there are new circles of the child.
    let changed = scene.writes(ANNA, "Med Bo", &[OLD, BO]);
    scene.these_meet(&[ANNA, BO]);
    scene.meet();
    for note in [before, case, changed] {
        assert!(scene.reads(NEW, &note));
    }
}

#[test]
fn handed_on_and_back_the_last_one_coordinates() {
    let mut scene = scene();
    let to_old = line(&scene, OLD);
    let first = scene.writes_to(ANNA, "Første", to_old);
    scene.meet();
    hands_over(&scene, OLD, NEW, true).unwrap();
    scene.meet();
    let to_new = line(&scene, NEW);
    let second = scene.writes_to(ANNA, "Anden", to_new);
    scene.meet();
    hands_over(&scene, NEW, OLD, true).unwrap();
    scene.meet();
    let to_old = line(&scene, OLD);
    let third = scene.writes_to(ANNA, "Tredje", to_old);
    scene.meet();
    for note in [first, second, third] {
        assert!(scene.reads(OLD, &note));
    }
    assert!(!scene.reads(NEW, &third));
    assert_eq!(scene.devices[ANNA].coordinator(&child(1).id).unwrap(), Some(scene.owner(OLD)));
}

#[test]
fn a_hand_over_that_arrives_after_the_child_was_given_back_by_word_of_mouth_changes_nothing() {
    for leaves in [false, true] {
        let mut scene = scene();
        let to_old = line(&scene, OLD);
        let first = scene.writes_to(ANNA, "Første", to_old);
        let case = scene.writes(OLD, "I sagen", &[ANNA]);
        scene.meet();
        hands_over(&scene, OLD, NEW, leaves).unwrap();
        // The old coordinator is in the forest. The new one hears it on the phone, says no, and has nothing yet that could say so.
        is_told(&scene, NEW, NEW);
        hands_over(&scene, NEW, OLD, false).unwrap();
        scene.these_meet(&[NEW]);
        scene.meet();
        let after = scene.writes_to(NEW, "Set i dag", Audience::Own);
        scene.meet();
        for note in [first, case, after] {
            assert!(scene.reads(OLD, &note));
        }
        assert_eq!(scene.devices[NEW].coordinator(&child(1).id).unwrap(), Some(scene.owner(OLD)), "{leaves}");
    }
}

#[test]
fn a_child_goes_to_nobody_who_cannot_take_it_and_from_nobody_who_does_not_hold_it() {
    let mut scene = scene();
    let refused = |result: Result<(), ClientError>| match result {
        Err(ClientError::NotHandedOver(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(hands_over(&scene, OLD, OLD, true)), NotHandedOver::ToOneself);
    assert_eq!(refused(hands_over(&scene, ANNA, NEW, true)), NotHandedOver::NotHeld);
    assert_eq!(refused(hands_over(&scene, NEW, ANNA, true)), NotHandedOver::NotHeld);
    let left = scene.town.authority.set_standing(scene.owner(NEW), Standing::Left);
    scene.publish(&left);
    scene.these_meet(&[ANNA, BO, OLD]);
    assert_eq!(refused(hands_over(&scene, OLD, NEW, true)), NotHandedOver::Unreachable);
    let note = scene.writes(ANNA, "Stadig hos den første", &[OLD]);
    scene.these_meet(&[ANNA, BO, OLD]);
    assert!(scene.reads(OLD, &note));
}

#[test]
fn a_child_handed_to_somebody_who_has_just_left_waits_for_nobody_once_another_is_named() {
    let mut scene = scene();
    let note = scene.writes(ANNA, "Sagen", &[OLD]);
    scene.meet();
    let left = scene.town.authority.set_standing(scene.owner(NEW), Standing::Left);
    // The coordinator has no network, and has not heard of it.
    hands_over(&scene, OLD, NEW, false).unwrap();
    scene.publish(&left);
    scene.these_meet(&[ANNA, BO, OLD]);
    is_told(&scene, OLD, BO);
    scene.these_meet(&[ANNA, BO, OLD]);
    assert!(scene.reads(BO, &note) && !scene.reads(NEW, &note));
    assert!(!scene.devices[OLD].has_work(i64::MAX).unwrap(), "nothing waits for who is gone");
}

#[test]
fn whoever_had_a_note_before_they_left_the_case_is_still_said_to_have_it() {
    let mut scene = scene();
    let old = scene.owner(OLD);
    is_told(&scene, NEW, OLD);
    let note = scene.writes(NEW, "Læst og fulgt op", &[]);
    scene.meet();
    scene.devices[OLD].mark_read(&note, &Moment::new(2, &mut rng::system())).unwrap();
    scene.meet();
    hands_over(&scene, OLD, NEW, true).unwrap();
    scene.meet();
    let after = scene.writes(NEW, "Kun til mig selv nu", &[]);
    scene.meet();
    assert!(scene.reads(OLD, &note) && !scene.reads(OLD, &after));
    let (state, readers) = scene.devices[NEW].delivery(&note).unwrap();
    assert_eq!((state, readers.iter().map(|reader| reader.person).collect::<Vec<_>>()), (Delivery::Read, vec![old]));
    assert_eq!(scene.devices[NEW].delivery(&after).unwrap(), (Delivery::SafeForSelf, vec![]));
}

/// Anna has not heard yet to whom the old coordinator had handed the child when that one left: she was named, and gave it back.
#[test]
fn a_hand_over_to_somebody_who_has_left_since_is_not_followed_when_it_is_heard_of_late() {
    let mut scene = scene();
    let to_old = line(&scene, OLD);
    scene.writes_to(ANNA, "Første", to_old);
    scene.meet();
    hands_over(&scene, OLD, NEW, true).unwrap();
    scene.these_meet(&[OLD, NEW]);
    let left = scene.town.authority.set_standing(scene.owner(NEW), Standing::Left);
    scene.publish(&left);
    is_told(&scene, ANNA, ANNA);
    let to_bo = line(&scene, BO);
    let note = scene.writes_to(ANNA, "Skrevet imens", to_bo);
    hands_over(&scene, ANNA, OLD, false).unwrap();
    is_told(&scene, OLD, OLD);
    scene.these_meet(&[ANNA, BO, OLD]);
    assert_eq!(scene.devices[ANNA].coordinator(&child(1).id).unwrap(), Some(scene.owner(OLD)));
    assert!(scene.reads(OLD, &note));
    assert!(!scene.devices[ANNA].has_work(i64::MAX).unwrap(), "nothing waits for who is gone");
}

/// One of the successor's phones is lost, and has the key of a line that the hand-over gives the successor a second time.
#[test]
fn a_successor_writes_nothing_under_a_key_that_their_lost_phone_has() {
    let [old, tablet, phone] = [0, 1, 2];
    let mut scene = Scene::new(&[0, 1, 1]);
    [old, tablet].into_iter().for_each(|device| is_told(&scene, device, old));
    let to_old = line(&scene, old);
    let before = scene.writes_to(tablet, "Før", to_old.clone());
    scene.meet();
    assert!(scene.reads(phone, &before));
    let lost = scene.town.authority.revoke(scene.id(phone));
    scene.publish(&lost);
    // The tablet draws a key for its own circle; nobody writes in the line before it is handed over, not even why.
    scene.these_meet(&[tablet, old]);
    let to = scene.owner(tablet);
    scene.devices[old].hand_over(&[(child(1).id, None)], &to, true, &mut Moment::new(2, &mut rng::system())).unwrap();
    scene.these_meet(&[old, tablet]);
    let after = scene.writes_to(tablet, "Efter", to_old);
    scene.these_meet(&[tablet, old]);
    assert!(scene.reads(old, &before) && scene.reads(old, &after));
    scene.hands_over(tablet, phone);
    assert!(!scene.reads(phone, &after), "with everything that the relay has");
}

#[test]
fn hundreds_of_pasts_are_fetched_and_each_is_there() {
    let mut scene = scene();
    let notes: Vec<_> = (0..40)
        .map(|number| {
            let to = if number % 2 == 0 { line(&scene, OLD) } else { Audience::Case(vec![scene.person(OLD)]) };
            scene.writes_to(if number % 3 == 0 { ANNA } else { BO }, &format!("Note {number}"), to)
        })
        .collect();
    scene.meet();
    hands_over(&scene, OLD, NEW, false).unwrap();
    scene.sync(OLD);
    scene.sync(NEW);
    assert!(notes.iter().all(|note| scene.reads(NEW, note)));
    assert!(scene.devices[NEW].backlog_request().unwrap().is_none());
}

/// Anna's phone has let Carl in, the relay has forgotten it, and her tablet has let him in there once more. The phone hands the child over before
/// it knows.
#[test]
fn a_hand_over_waits_until_two_heads_that_a_restored_relay_left_are_one() {
    let [phone, tablet, bo, carl] = [0, 1, 2, 3];
    let mut scene = hostile::Scene::owned(&[0, 0, 1, 2]);
    let note = scene.writes(phone, "I sagen", &[bo]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.lets_in(phone, &note, carl);
    scene.sync(phone);
    scene.relay.restore(backup);
    scene.lets_in(tablet, &note, carl);
    scene.sync(tablet);
    let (anna, successor) = (scene.devices[phone].person(), scene.devices[bo].person());
    let dice = &mut rng::system();
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[phone].set_coordinator(&child(1).id, &anna, moment).unwrap();
    scene.devices[phone].hand_over(&[(child(1).id, None)], &successor, false, moment).unwrap();
    for device in [phone, phone, phone, tablet, bo, phone] {
        scene.sync(device);
    }
    let log = hostile::Insider::new(&mut scene, bo).case().log.clone();
    assert_eq!(log.members[&scene.member(bo)].rights, Rights::Manage);
    assert!(scene.devices[phone].parted().is_empty());
    assert_eq!(scene.pushes(phone), 0);
}
