//! Keys that were wrapped by a phone which is lost since: the wraps were with it and with a relay that was put back, and with nobody else.

use tvaers_core::audience::Audience;
use tvaers_core::view::Delivery;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::message::FeedItem;
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::{child, observation};

const PEOPLE: [usize; 4] = [0, 1, 2, 3];

/// Anna's old phone is lost, so her phone wraps the next key of her line with Bo for each of her devices. The tablet has not fetched its own
/// when the relay forgets it, and the phone that made it is lost. Only the tablet can see that.
#[test]
fn a_device_whose_wrap_is_forgotten_draws_a_key_and_is_given_what_was_written_under_the_other() {
    let [phone, tablet, old, bo, carl] = [0, 1, 2, 3, 4];
    let mut scene = Scene::owned(&[0, 0, 0, 1, 2]);
    let note = scene.writes(old, "Til Bo", &[bo]);
    for device in [old, phone, bo] {
        scene.sync(device);
    }
    let backup = scene.relay.snapshot();
    scene.loses(old, carl);
    for device in [phone, phone, bo] {
        scene.sync(device);
    }
    let reply = scene.writes(bo, "Til Anna", &[phone]);
    scene.sync(bo);
    scene.relay.restore(backup);
    for device in [bo, bo] {
        scene.sync(device);
    }
    scene.loses(phone, carl);
    for device in [bo, tablet, bo, tablet, bo, tablet, bo] {
        scene.sync(device);
    }
    assert!(scene.reads(tablet, &note) && scene.reads(tablet, &reply), "{:?}", scene.aside(tablet));
    assert_eq!(scene.devices[bo].delivery(&reply).unwrap().0, Delivery::Received);
    for device in [tablet, bo] {
        assert_eq!(scene.pushes(device), 0, "and then there is nothing more to do");
    }
}

/// Bo has drawn the unit's key since Eva's phone was lost, and has lost his own; what he wrapped for Anna has never come to her. She is the only
/// one who is left to let somebody into the unit.
#[test]
fn whoever_has_not_got_the_key_of_their_unit_draws_another_and_lets_the_next_one_in() {
    let [anna, bo, eva, dora] = PEOPLE;
    let mut scene = Scene::in_units(&[0, 0, 0, 1, 0], &PEOPLE);
    let unit = Audience::Case(vec![Member::Team(scene.town.teams[0])]);
    let about = observation(&child(1), "Skrevet til huset", scene.now);
    let note = scene.submits(dora, &about, unit);
    scene.meet();
    scene.relay.shows(anna, |items| {
        for item in items {
            if let FeedItem::Entry { wraps, .. } = item {
                wraps.clear();
            }
        }
    });
    scene.loses(eva, dora);
    for device in [bo, anna] {
        scene.sync(device);
    }
    scene.relay.behave(anna);
    scene.loses(bo, dora);
    let carl = scene.joins(4, anna);
    for device in [carl, anna, carl, anna, dora, carl, anna, dora, carl] {
        scene.sync(device);
    }
    assert!(scene.reads(carl, &note), "{:?}", scene.aside(carl));
}

/// Anna's tablet has let Bo into the case; her phone brings that back to the relay, which has forgotten it, without the wrap for Bo. Before the
/// tablet can bring it, it is lost.
#[test]
fn whoever_was_let_in_by_an_entry_that_came_back_without_their_wrap_gets_the_next_key() {
    let [phone, tablet, bo, carl] = PEOPLE;
    let mut scene = Scene::owned(&[0, 0, 1, 2]);
    let note = scene.writes(phone, "I sagen", &[carl]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.lets_in(tablet, &note, bo);
    for device in [tablet, tablet, phone] {
        scene.sync(device);
    }
    scene.relay.restore(backup);
    for device in [phone, phone, bo] {
        scene.sync(device);
    }
    assert!(!scene.reads(bo, &note), "nobody has the key for him");
    scene.loses(tablet, carl);
    for device in [phone, bo, phone, bo] {
        scene.sync(device);
    }
    assert!(scene.reads(bo, &note), "{:?}", scene.aside(bo));
    for device in [phone, bo] {
        assert_eq!(scene.pushes(device), 0, "and then there is nothing more to do");
    }
}
