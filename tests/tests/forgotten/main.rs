//! Who is in a circle by what a relay that was put back has forgotten: it comes back, or they go on where the others are, or elsewhere.

use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::Delivery;
use tvaers_core::wire::ids::RecordId;
use tvaers_core::wire::message::PushItem;
use tvaers_core::wire::statement::Standing;
use tvaers_tests::hostile::{Insider, Scene};
use tvaers_tests::town::child;

mod units;

const PEOPLE: [usize; 4] = [0, 1, 2, 3];
/// A head that is named may be on its way for a moment.
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Anna has let Carl into her case with Bo and Dora, and only he has heard of it; her note there, and the relay as it was before.
fn carl_is_let_in() -> (Scene, RecordId, usize) {
    let [anna, bo, carl, dora] = PEOPLE;
    let mut scene = Scene::new(PEOPLE.len());
    let first = scene.writes(anna, "Før", &[bo, dora]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.lets_in(anna, &first, carl);
    for device in [anna, carl, anna, carl] {
        scene.sync(device);
    }
    (scene, first, backup)
}

/// Anna has let Carl in, and only he has heard of it; her phone stays off. The relay forgets it, and Bo draws another key.
#[test]
fn who_is_in_by_what_no_one_brings_back_is_not_shown_the_circle_and_writes_elsewhere() {
    let (mut scene, first, backup) = carl_is_let_in();
    let [anna, bo, carl, dora] = PEOPLE;
    let note = scene.writes(carl, "Carls note", &[anna, bo]);
    scene.sync(carl);
    assert_eq!(scene.devices[carl].delivery(&note).unwrap().0, Delivery::WithRelay);
    scene.relay.restore(backup);
    scene.loses(dora, bo);
    scene.sync(bo);
    scene.writes(bo, "Fra Bo", &[anna]);
    for device in [bo, bo, carl, carl, carl, bo, carl] {
        scene.now += MINUTE;
        scene.sync(device);
    }
    assert!(scene.reads(bo, &note), "{:?}", scene.devices[carl].delivery(&note));
    assert_eq!(scene.devices[carl].outbox().unwrap().0, 0);
    // Her phone is found: it brings back what it had done, and the circle is one again.
    for device in [anna, anna, bo, carl, anna, bo, carl] {
        scene.sync(device);
    }
    let log = &Insider::new(&mut scene, bo).case().log.clone();
    assert!(log.members.contains_key(&scene.member(carl)));
    assert!(scene.reads(anna, &note) && scene.reads(carl, &first));
}

/// The same, and Anna's phone is lost: what had let him in is never brought, and Bo's key comes to all but him.
#[test]
fn who_is_in_by_what_a_lost_phone_did_gives_way_to_a_head_that_is_not_shown() {
    let (mut scene, _, backup) = carl_is_let_in();
    let [anna, bo, carl, dora] = PEOPLE;
    scene.relay.restore(backup);
    scene.loses(anna, bo);
    scene.writes(bo, "Fra Bo", &[dora]);
    for device in [bo, bo, carl, carl] {
        scene.sync(device);
    }
    let note = scene.writes(carl, "Carls note", &[bo, dora]);
    for device in [carl, carl, bo, dora, carl] {
        scene.now += MINUTE;
        scene.sync(device);
    }
    assert!(scene.reads(bo, &note) && scene.reads(dora, &note));
    assert_eq!(scene.devices[carl].delivery(&note).unwrap().0, Delivery::Received);
    assert_eq!(scene.devices[carl].outbox().unwrap().0, 0);
}

/// Bo's phone has let Carl in, and only he has heard of it. The relay forgets it, the phone is lost, and Bo's tablet lets Carl in.
#[test]
fn who_was_let_in_by_a_lost_phone_follows_those_who_let_them_in_again() {
    let [phone, tablet, anna, carl] = [0, 1, 2, 3];
    let mut scene = Scene::owned(&[0, 0, 1, 2]);
    let first = scene.writes(phone, "Før", &[anna]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.lets_in(phone, &first, carl);
    for device in [phone, carl, phone, carl] {
        scene.sync(device);
    }
    assert!(scene.reads(carl, &first));
    scene.relay.restore(backup);
    scene.loses(phone, tablet);
    scene.sync(tablet);
    scene.lets_in(tablet, &first, carl);
    for device in [tablet, tablet, anna, tablet, anna] {
        scene.sync(device);
    }
    let later = scene.writes(anna, "Efter", &[tablet, carl]);
    for device in [anna, tablet, carl, carl, carl] {
        scene.sync(device);
    }
    assert!(scene.reads(carl, &later), "{:?}", scene.aside(carl));
    assert!(scene.devices[carl].parted().is_empty());
    let own = scene.writes(carl, "Carls svar", &[anna, tablet]);
    for device in [carl, carl, anna, tablet] {
        scene.sync(device);
    }
    assert!(scene.reads(anna, &own) && scene.reads(tablet, &own));
    assert_eq!(scene.devices[carl].outbox().unwrap().0, 0);
}

/// Bo is away when Carl draws the case's key, and the relay forgets what Carl had written before: he brings it back under that key, which
/// nobody else has, and loses his phone. Bo has read it.
#[test]
fn what_a_phone_brought_back_under_a_key_that_is_lost_with_it_is_read_by_whoever_comes_later() {
    let [anna, bo, carl, dora] = PEOPLE;
    let mut scene = Scene::new(PEOPLE.len());
    let first = scene.writes(bo, "Før", &[carl]);
    scene.meet();
    let backup = scene.relay.snapshot();
    let note = scene.writes(carl, "Carls note", &[bo]);
    for device in [carl, bo] {
        scene.sync(device);
    }
    assert!(scene.reads(bo, &note));
    let stands = |scene: &mut Scene, standing: Standing| {
        let person = scene.devices[bo].person();
        let statement = scene.town.authority.set_standing(person, standing);
        scene.push(dora, vec![PushItem::Statement { statement }]);
    };
    stands(&mut scene, Standing::Suspended);
    scene.sync(carl);
    scene.writes(carl, "Mens Bo er væk", &[bo]);
    scene.sync(carl);
    scene.relay.restore(backup);
    for device in [carl, carl, carl] {
        scene.sync(device);
    }
    stands(&mut scene, Standing::Active);
    scene.loses(carl, dora);
    for device in [bo, bo, bo] {
        scene.sync(device);
    }
    // Who is let into a case of a child that has a coordinator is let into all of them.
    let (coordinator, dice) = (scene.devices[bo].person(), &mut rng::system());
    scene.devices[bo].set_coordinator(&child(1).id, &coordinator, &mut Moment::new(scene.now, dice)).unwrap();
    scene.lets_in(bo, &first, anna);
    for device in [bo, anna, bo, anna] {
        scene.sync(device);
    }
    assert!(scene.reads(anna, &first) && scene.reads(anna, &note));
}

/// Anna's tablet has drawn her key, and Bo the case's under that, when it is lost and the relay forgets both. Bo brings them back, but not what
/// her key was wrapped in for her phone, which draws another. What she has written there waits for a key of Bo's, who writes nothing.
#[test]
fn whoever_was_given_a_key_under_one_that_is_lost_gets_the_next_though_nobody_else_writes() {
    let [old, phone, tablet, bo, carl] = [0, 1, 2, 3, 4];
    let mut scene = Scene::owned(&[0, 0, 0, 1, 2]);
    let first = scene.writes(phone, "Før", &[bo]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.loses(old, carl);
    scene.writes(bo, "Bos svar", &[phone]);
    for device in [tablet, tablet, bo, bo] {
        scene.sync(device);
    }
    let note = scene.writes(phone, "Efter", &[bo]);
    scene.relay.restore(backup);
    scene.loses(old, carl);
    for device in [bo, bo] {
        scene.sync(device);
    }
    scene.loses(tablet, carl);
    for device in [phone, bo, phone, bo, phone, bo] {
        scene.sync(device);
    }
    assert!(scene.reads(bo, &first));
    assert!(scene.reads(bo, &note), "{:?}", scene.devices[phone].delivery(&note));
    assert_eq!(scene.devices[phone].outbox().unwrap().0, 0);
}

/// Bo and Carl have both gone on from where Anna let Carl in; Dora has not heard of it, and cuts Anna's lost phone off before it. Bo unites the
/// two: Carl was never in. Bo has Carl's note from there, which nobody takes any more, and does not offer it for ever.
#[test]
fn what_was_written_by_somebody_who_was_never_in_after_all_is_brought_back_by_nobody() {
    let (mut scene, _, backup) = carl_is_let_in();
    let [anna, bo, carl, dora] = PEOPLE;
    scene.sync(bo);
    let note = scene.writes(carl, "Carls note", &[anna, bo, dora]);
    scene.sync(carl);
    scene.loses(anna, bo);
    scene.writes(bo, "Fra Bo", &[dora]);
    for device in [bo, bo] {
        scene.sync(device);
    }
    assert!(scene.reads(bo, &note));
    scene.relay.restore(backup);
    scene.loses(anna, dora);
    scene.writes(dora, "Fra Dora", &[bo]);
    for device in [dora, dora, bo, bo, dora, bo, carl, carl, carl, bo, dora, carl, bo, dora, carl] {
        scene.now += HOUR;
        scene.sync(device);
    }
    let log = &Insider::new(&mut scene, bo).case().log.clone();
    assert!(!log.members.contains_key(&scene.member(carl)));
    scene.now += HOUR;
    assert_eq!(scene.pushes(bo), 0, "nothing is offered in vain");
    assert!(scene.reads(bo, &note) && scene.reads(dora, &note), "it went another way");
}

/// Anna was suspended when Bo wrote, and is back; the relay forgets what Bo had said of her phone meanwhile, and Anna takes him out. What he made
/// on his own counts for nobody, and he does not ask for the case's next key for ever.
#[test]
fn who_is_taken_out_on_the_branch_that_the_relay_follows_follows_it() {
    let [anna, bo, carl, dora] = PEOPLE;
    let mut scene = Scene::new(PEOPLE.len());
    scene.writes(anna, "Før", &[bo, carl]);
    scene.meet();
    let backup = scene.relay.snapshot();
    let stands = |scene: &mut Scene, standing: Standing| {
        let person = scene.devices[anna].person();
        let statement = scene.town.authority.set_standing(person, standing);
        scene.push(dora, vec![PushItem::Statement { statement }]);
    };
    stands(&mut scene, Standing::Suspended);
    scene.sync(bo);
    let note = scene.writes(bo, "Imens", &[carl]);
    scene.sync(bo);
    scene.relay.restore(backup);
    stands(&mut scene, Standing::Active);
    scene.sync(anna);
    scene.removes(anna, bo);
    for device in [anna, bo, carl, bo, carl, bo] {
        scene.now += HOUR;
        scene.sync(device);
    }
    assert!(scene.devices[bo].parted().is_empty());
    assert!(scene.reads(carl, &note), "it went another way");
    scene.now += HOUR;
    assert_eq!(scene.pushes(bo), 0, "nothing is offered in vain");
}
