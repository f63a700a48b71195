//! A person's further devices: the authority certifies them, and only a device that the person has lets them in.

use tvaers_core::client::ClientError;
use tvaers_core::directory::device_code;
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_tests::scene::Scene;

/// One person's phone with a note on it, somebody else's, and another device that is certified for the first person.
fn scene() -> (Scene, tvaers_core::wire::ids::RecordId) {
    let mut scene = Scene::new(&[0, 1]);
    let note = scene.writes(0, "Før", &[1]);
    scene.meet();
    let url = scene.relay.url();
    let store = Store::in_memory().unwrap();
    let mut more = scene.town.enrol(vec![(0, store)], &url, &mut rng::system());
    let device = more.remove(0);
    let statement = device.certificate().clone();
    scene.devices.push(device);
    scene.publish(&statement);
    scene.meet();
    (scene, note)
}

#[test]
fn a_second_device_reads_nothing_until_the_first_lets_it_in_and_then_the_past_as_well() {
    let (mut scene, note) = scene();
    let second = scene.id(2);
    assert!(!scene.reads(2, &note), "a certificate alone makes nobody's device");
    assert_eq!(scene.devices[0].knocking().unwrap(), [second]);
    assert_eq!(scene.devices[1].knocking().unwrap(), [], "only its owner is asked");
    scene.devices[0].admit(&second, &scene.devices[2].code()).unwrap();
    scene.meet();
    assert!(scene.reads(2, &note));
    assert_eq!(scene.devices[0].knocking().unwrap(), []);
    let own = scene.writes(2, "Fra den nye", &[1]);
    scene.meet();
    assert!(scene.reads(0, &own) && scene.reads(1, &own));
}

#[test]
fn a_device_is_not_let_in_with_another_ones_code_nor_by_somebody_else() {
    let (mut scene, note) = scene();
    let second = scene.id(2);
    let not_allowed = Err(ClientError::NotAllowed);
    assert_eq!(scene.devices[0].admit(&second, &device_code(&scene.id(1))), not_allowed);
    assert_eq!(scene.devices[0].admit(&scene.id(1), &device_code(&scene.id(1))), not_allowed);
    assert_eq!(scene.devices[1].admit(&second, &device_code(&second)), not_allowed);
    scene.meet();
    assert!(!scene.reads(2, &note));
}

#[test]
fn a_device_that_is_revoked_before_the_next_contact_is_not_let_in() {
    let (mut scene, note) = scene();
    let second = scene.id(2);
    scene.devices[0].admit(&second, &device_code(&second)).unwrap();
    let revoked = scene.town.authority.revoke(second);
    scene.publish(&revoked);
    scene.these_meet(&[0, 1]);
    scene.hands_over(0, 2);
    assert!(!scene.reads(2, &note));
    let next = scene.writes(0, "Efter", &[1]);
    scene.these_meet(&[0, 1]);
    assert!(scene.reads(1, &next));
}
