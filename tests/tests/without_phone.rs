//! A colleague who has no phone yet: what is written to them is safe, keeps nobody else waiting, and follows when they have one.

use tvaers_core::audience::Audience;
use tvaers_core::view::{Delivery, Reader};
use tvaers_core::wire::message::PushItem;
use tvaers_core::wire::statement::Standing;
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::{child, observation};

const ANNA: usize = 0;
/// Anna's other device.
const DESK: usize = 1;
const BO: usize = 2;
/// Has not been in contact yet: their circle is not there.
const CARL: usize = 3;

/// Everybody but Carl has met.
fn without_carl() -> Scene {
    let mut scene = Scene::unmet(&[0, 0, 1, 2]);
    for _ in 0..3 {
        for device in [ANNA, DESK, BO] {
            scene.sync(device);
        }
    }
    scene
}

#[test]
fn a_case_reaches_the_others_at_once_and_a_colleague_without_a_phone_when_they_have_one() {
    let mut scene = without_carl();
    let note = scene.writes(ANNA, "Til begge", &[BO, CARL]);
    for device in [ANNA, BO, ANNA] {
        scene.sync(device);
    }
    assert!(scene.reads(BO, &note));
    let (delivery, readers) = scene.devices[ANNA].delivery(&note).unwrap();
    let carl = readers.iter().find(|reader| reader.person == scene.devices[CARL].person());
    assert!(
        delivery == Delivery::Received && carl.is_some_and(|carl| carl.awaited),
        "for whom it waits is said: {readers:?}"
    );
    for device in [CARL, ANNA, CARL, ANNA, CARL, ANNA] {
        scene.sync(device);
    }
    assert!(scene.reads(CARL, &note));
    let readers = scene.devices[ANNA].delivery(&note).unwrap().1;
    assert!(readers.len() == 2 && readers.iter().all(|reader| reader.received && !reader.awaited), "{readers:?}");
}

#[test]
fn a_note_to_nobody_else_is_on_the_writers_other_device_and_goes_when_its_reader_is_there() {
    let mut scene = without_carl();
    let carl = Audience::Line(scene.devices[CARL].person());
    let note = scene.submits(ANNA, &observation(&child(1), "Kun til Carl", 5), carl);
    for device in [ANNA, DESK] {
        scene.sync(device);
    }
    assert!(scene.reads(DESK, &note), "the phone may be lost before Carl has one");
    let (delivery, readers) = scene.devices[ANNA].delivery(&note).unwrap();
    assert_eq!(delivery, Delivery::AwaitsReader, "nobody is told that it has been sent");
    assert_eq!(readers, [Reader::new(scene.devices[CARL].person(), true)]);
    for device in [CARL, ANNA, CARL, ANNA] {
        scene.sync(device);
    }
    assert!(scene.reads(CARL, &note) && !scene.reads(BO, &note));
    assert_eq!(scene.devices[ANNA].delivery(&note).unwrap().0, Delivery::Received);
}

#[test]
fn nobody_is_told_to_wait_for_a_colleague_who_left_before_they_had_a_phone() {
    let mut scene = without_carl();
    let carl = scene.devices[CARL].person();
    let note = scene.submits(ANNA, &observation(&child(1), "Kun til Carl", 5), Audience::Line(carl));
    let statement = scene.town.authority.set_standing(carl, Standing::Left);
    scene.push(BO, vec![PushItem::Statement { statement }]);
    for device in [ANNA, ANNA] {
        scene.sync(device);
    }
    assert_eq!(scene.devices[ANNA].delivery(&note).unwrap(), (Delivery::SafeForSelf, Vec::new()));
}
