//! A change whose answer was lost goes to the relay again as it was: somebody may have seen it there before the relay was put back.

use tvaers_core::audience::Audience;
use tvaers_core::client::{Opened, Request, open};
use tvaers_core::directory::device_code;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::sync::Failure;
use tvaers_core::view::Delivery;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{ParsedEntry, Subject};
use tvaers_core::wire::ids::{EntryId, TeamId};
use tvaers_core::wire::message::{PushItem, PushRequest};
use tvaers_tests::hostile::{Insider, Scene};
use tvaers_tests::town::{child, observation};

/// Anna's phone, her other one, and those of two colleagues.
const PHONE: usize = 0;
const OTHER: usize = 1;
const BO: usize = 2;
const CARL: usize = 3;
const HOUR: i64 = 3_600_000;

/// One contact, in which every push arrives or not and no answer to one does. The changes that it brings.
fn unanswered(scene: &mut Scene, device: usize, arrives: bool) -> Vec<EntryId> {
    let pushed = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = pushed.clone();
    scene.relay.script(device, move |request, honest| {
        let Request::Push(body) = request else { return honest(request) };
        for item in PushRequest::from_bytes(body).unwrap().items {
            if let PushItem::Entry { entry, stamp: None, .. } = item {
                seen.borrow_mut().push(ParsedEntry::from_bytes(&entry).unwrap().id);
            }
        }
        if arrives {
            honest(request)?;
        }
        Err(Failure::Unreachable { retry_after: None })
    });
    scene.sync(device);
    scene.relay.behave(device);
    pushed.take()
}

/// Nobody but Anna may unite two heads of her own circle, and of one of them she would never hear again.
#[test]
fn a_key_that_a_colleague_saw_before_the_relay_was_put_back_is_the_one_that_stays() {
    let mut scene = Scene::owned(&[0, 0, 1]);
    let backup = scene.relay.snapshot();
    scene.loses(OTHER, BO);
    assert!(!unanswered(&mut scene, PHONE, true).is_empty(), "a key is drawn without the lost phone");
    scene.sync(BO);
    scene.relay.restore(backup);
    for device in [PHONE, BO, PHONE] {
        scene.sync(device);
    }
    let note = scene.writes(BO, "Til Anna", &[PHONE]);
    for device in [BO, PHONE, BO] {
        scene.sync(device);
    }
    assert!(scene.devices[BO].parted().is_empty(), "her circle has one head");
    assert!(scene.reads(PHONE, &note));
    assert_eq!(scene.devices[BO].delivery(&note).unwrap().0, Delivery::Received);
}

#[test]
fn a_change_goes_again_as_the_same_entry_until_there_is_an_answer() {
    let mut scene = Scene::new(4);
    let first = scene.writes(PHONE, "Før", &[OTHER]);
    scene.meet();
    scene.lets_in(PHONE, &first, BO);
    let made = unanswered(&mut scene, PHONE, false);
    assert_eq!(made.len(), 1);
    assert_eq!(unanswered(&mut scene, PHONE, true), made);
    for device in [PHONE, BO, PHONE] {
        scene.sync(device);
    }
    assert!(scene.reads(BO, &first));
    scene.lets_in(PHONE, &first, CARL);
    let next = unanswered(&mut scene, PHONE, true);
    assert!(next.len() == 1 && next != made, "what was answered does not go again");
}

/// Neither the removal nor the loss says what of Carl's counts: the relay does not let it go between the two.
#[test]
fn a_removal_that_does_not_know_of_a_note_is_not_taken_because_its_writer_lost_the_phone_since() {
    let mut scene = Scene::new(4);
    scene.writes(PHONE, "Før", &[OTHER, BO, CARL]);
    scene.meet();
    scene.removes(PHONE, CARL);
    let made = unanswered(&mut scene, PHONE, false);
    let unseen = scene.writes(CARL, "Hans sidste note", &[PHONE, OTHER, BO]);
    scene.sync(CARL);
    scene.loses(CARL, OTHER);
    assert_eq!(unanswered(&mut scene, PHONE, true)[..1], made);
    for device in [BO, OTHER, PHONE, BO, OTHER, PHONE] {
        scene.sync(device);
    }
    for device in [PHONE, OTHER, BO] {
        assert!(scene.reads(device, &unseen) && scene.aside(device).is_empty(), "{device}: {:?}", scene.aside(device));
    }
}

#[test]
fn a_device_that_is_lost_before_there_is_an_answer_is_not_let_in() {
    let mut scene = Scene::new(2);
    let rng = &mut rng::system();
    let Opened::New(tablet) = open(Store::in_memory().unwrap(), &mut Moment::new(0, rng)).unwrap() else {
        panic!("the store is new")
    };
    let statement = scene.town.authority.certify(scene.devices[PHONE].person(), tablet.keys()).unwrap();
    scene.push(OTHER, vec![PushItem::Statement { statement }]);
    scene.sync(PHONE);
    let id = scene.devices[PHONE].knocking().unwrap()[0];
    scene.devices[PHONE].admit(&id, &device_code(&id)).unwrap();
    let made = unanswered(&mut scene, PHONE, false);
    assert_eq!(made.len(), 1);
    let statement = scene.town.authority.revoke(id);
    scene.push(OTHER, vec![PushItem::Statement { statement }]);
    // What the relay says is read after the push.
    unanswered(&mut scene, PHONE, false);
    assert_eq!(unanswered(&mut scene, PHONE, true), []);
}

/// Her circle names the tablet that has been lost since, and everything that she has written is for that circle's key.
#[test]
fn a_phone_that_has_founded_its_owners_circle_for_a_tablet_that_is_lost_since_founds_it_anew() {
    let mut scene = Scene::unmet(&[0, 0, 1]);
    for device in [BO, BO] {
        scene.sync(device);
    }
    assert_eq!(unanswered(&mut scene, PHONE, false).len(), 1);
    let note = scene.submits(PHONE, &observation(&child(1), "Før", scene.now), Audience::Own);
    scene.loses(OTHER, BO);
    for device in [PHONE, BO, PHONE, BO] {
        scene.sync(device);
    }
    let later = scene.writes(PHONE, "Efter", &[BO]);
    for device in [PHONE, BO, PHONE] {
        scene.sync(device);
    }
    assert!(scene.reads(PHONE, &note) && scene.reads(BO, &later));
    assert_eq!(scene.devices[PHONE].delivery(&later).unwrap().0, Delivery::Received);
    scene.now += HOUR;
    assert_eq!(scene.pushes(PHONE), 0, "nothing is offered in vain");
}

/// The same of a unit that Bo has left, and Carl has come to, before the relay heard of its circle.
#[test]
fn the_circle_of_a_unit_that_somebody_has_left_since_is_founded_anew() {
    let (anna, bo, carl, dora) = (0, 1, 2, 3);
    let mut scene = Scene::new(4);
    let unit = TeamId::new([7; 16]);
    let charter = |scene: &mut Scene, people: [usize; 2]| {
        let persons = people.map(|number| scene.devices[number].person()).to_vec();
        let statement = scene.town.authority.charter(unit, persons);
        scene.push(dora, vec![PushItem::Statement { statement }]);
    };
    charter(&mut scene, [anna, bo]);
    assert!(!unanswered(&mut scene, anna, false).is_empty());
    charter(&mut scene, [anna, carl]);
    for device in [anna, anna] {
        scene.sync(device);
    }
    let members = [anna, carl].map(|number| scene.member(number));
    let insider = Insider::new(&mut scene, anna);
    let log = &insider.of(Subject::Team(unit)).unwrap().log;
    assert!(log.members.len() == 2 && members.iter().all(|member| log.members.contains_key(member)));
    scene.now += HOUR;
    assert_eq!(scene.pushes(anna), 0, "nothing is offered in vain");
}
