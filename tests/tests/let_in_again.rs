//! A person's further device, which a phone that is lost since had let in, and a relay that was put back and has forgotten it. The device
//! brings that back itself. If the person's tablet, which has never heard of it, has drawn a key meanwhile without the lost phone, that comes to
//! nothing: the device waits, in words, until the tablet lets it in.

use tvaers_core::client::Request;
use tvaers_core::directory::device_code;
use tvaers_core::sync::Failure;
use tvaers_core::view::Delivery;
use tvaers_tests::hostile::Scene;

/// Anna's phone and tablet, Bo, and Carl; what Anna has besides is the fifth.
const PHONE: usize = 0;
const TABLET: usize = 1;
const BO: usize = 2;
const CARL: usize = 3;
const NEW: usize = 4;

fn lets_in(scene: &Scene, by: usize) {
    let id = scene.devices[NEW].installation().device;
    scene.devices[by].admit(&id, &device_code(&id)).unwrap();
}

/// The phone has let the new device in; and the relay as it was before.
fn let_in() -> (Scene, usize) {
    let mut scene = Scene::owned(&[0, 0, 1, 2]);
    assert_eq!(scene.joins(0, BO), NEW);
    scene.meet();
    let backup = scene.relay.snapshot();
    lets_in(&scene, PHONE);
    for device in [PHONE, NEW, NEW] {
        scene.sync(device);
    }
    (scene, backup)
}

/// These have heard of it; then the phone is lost, and the relay forgets all of that.
fn forgotten(hear: &[usize]) -> Scene {
    let (mut scene, backup) = let_in();
    for device in hear {
        scene.sync(*device);
    }
    scene.relay.restore(backup);
    scene.loses(PHONE, CARL);
    scene
}

#[test]
fn it_brings_back_itself_what_let_it_in() {
    let mut scene = forgotten(&[]);
    let note = scene.writes(NEW, "Skrevet imens", &[BO]);
    for device in [NEW, NEW, BO, NEW] {
        scene.sync(device);
    }
    assert!(scene.reads(BO, &note));
    assert_eq!(scene.devices[NEW].delivery(&note).unwrap().0, Delivery::Received);
    scene.sync(TABLET);
    assert!(scene.reads(TABLET, &note));
}

/// The tablet has drawn Anna's key without the lost phone, on what was before.
fn too_late() -> Scene {
    let mut scene = forgotten(&[]);
    for device in [TABLET, TABLET] {
        scene.sync(device);
    }
    scene
}

#[test]
fn it_waits_without_asking_and_goes_on_when_it_is_let_in_again() {
    let mut scene = too_late();
    let note = scene.writes(NEW, "Skrevet imens", &[BO]);
    for device in [NEW, NEW, NEW, BO, NEW] {
        scene.sync(device);
    }
    assert!(!scene.reads(BO, &note), "the relay takes nothing from it");
    assert_eq!(scene.pushes(NEW), 0, "and is not asked again and again");
    scene.sync(TABLET);
    lets_in(&scene, TABLET);
    for device in [TABLET, NEW, NEW, BO, NEW] {
        scene.sync(device);
    }
    assert!(scene.reads(BO, &note));
    assert_eq!(scene.devices[NEW].delivery(&note).unwrap().0, Delivery::Received);
    assert_eq!(scene.devices[NEW].outbox().unwrap().0, 0);
}

#[test]
fn what_is_written_on_it_says_why_it_waits() {
    let mut scene = too_late();
    let note = scene.writes(NEW, "Til Bo", &[BO]);
    for device in [NEW, NEW, NEW] {
        scene.sync(device);
    }
    assert_eq!(scene.devices[NEW].delivery(&note).unwrap().0, Delivery::NotLetIn);
}

/// Bo has heard of the new device, and the tablet has not: it draws Anna's key without the lost phone, on what was before.
#[test]
fn a_colleague_who_had_heard_of_it_goes_on_with_what_the_relay_shows() {
    let mut scene = forgotten(&[BO]);
    for device in [TABLET, TABLET, BO, BO] {
        scene.sync(device);
    }
    assert!(scene.devices[BO].parted().is_empty(), "nobody would unite the two for him");
    let note = scene.writes(BO, "Til Anna", &[TABLET]);
    for device in [BO, TABLET, BO] {
        scene.sync(device);
    }
    assert!(scene.reads(TABLET, &note));
    assert_eq!(scene.devices[BO].delivery(&note).unwrap().0, Delivery::Received);
    lets_in(&scene, TABLET);
    for device in [TABLET, NEW, BO, NEW] {
        scene.sync(device);
    }
    assert!(scene.reads(NEW, &note));
}

/// Anna's phone has let the new device in, and that is lost; the relay forgets all of it, and Bo has never heard of it.
#[test]
fn nothing_is_sealed_for_one_that_was_lost() {
    let (mut scene, backup) = let_in();
    scene.relay.restore(backup);
    scene.loses(NEW, CARL);
    for device in [PHONE, PHONE, BO] {
        scene.sync(device);
    }
    let note = scene.writes(BO, "Til Anna", &[PHONE]);
    for device in [BO, PHONE] {
        scene.sync(device);
    }
    assert!(scene.reads(PHONE, &note));
    for helps in [PHONE, TABLET, BO, CARL] {
        scene.shows_what_is_for(helps, NEW);
    }
    assert!(!scene.reads(NEW, &note));
}

/// The new device has founded a case with Bo and Carl; they go on elsewhere.
#[test]
fn a_case_that_it_has_founded_goes_on_in_another_circle() {
    let (mut scene, backup) = let_in();
    let first = scene.writes(NEW, "Fra den nye", &[BO, CARL]);
    for device in [NEW, BO, CARL] {
        scene.sync(device);
    }
    assert!(scene.reads(BO, &first) && scene.reads(CARL, &first));
    scene.relay.restore(backup);
    scene.loses(PHONE, CARL);
    for device in [TABLET, BO, CARL, BO, CARL] {
        scene.sync(device);
    }
    let note = scene.writes(BO, "Bo svarer", &[TABLET, CARL]);
    for device in [BO, BO, CARL, TABLET, BO] {
        scene.sync(device);
    }
    assert!(scene.reads(CARL, &note) && scene.reads(TABLET, &note));
    assert_eq!(scene.devices[BO].delivery(&note).unwrap().0, Delivery::Received);
}

#[test]
fn one_that_has_heard_of_it_and_read_nothing_since_notices_that_the_relay_was_put_back() {
    let mut scene = Scene::owned(&[0, 0, 1, 2]);
    let note = scene.writes(BO, "Skrevet før", &[PHONE]);
    assert_eq!(scene.joins(0, BO), NEW);
    scene.meet();
    let backup = scene.relay.snapshot();
    lets_in(&scene, PHONE);
    scene.sync(PHONE);
    // It asks where the relay stands, and the line breaks: it holds no token by which it could tell, and no chunk.
    let mut asked = false;
    scene.relay.script(NEW, move |request, honest| {
        asked |= matches!(request, Request::Frontier(_));
        if asked && !matches!(request, Request::Frontier(_)) {
            return Err(Failure::Unreachable { retry_after: None });
        }
        honest(request)
    });
    assert!(scene.sync(NEW).is_some());
    scene.relay.behave(NEW);
    scene.relay.restore(backup);
    for device in [NEW, PHONE, NEW, NEW] {
        scene.sync(device);
    }
    assert!(scene.reads(NEW, &note));
}
