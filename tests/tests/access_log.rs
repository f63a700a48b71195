//! The access log: who looked at what reaches the log controllers, signed, whole and nobody else; what is missing shows.

use tvaers_core::kinds::Access;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::{AccessFilter, AccessRow};
use tvaers_core::wire::ids::RecordId;
use tvaers_tests::scene::Scene;
use tvaers_tests::town::child;

// Each alone in a unit; the colleague works with neither of the first two.
const STAFF: usize = 0;
const CASEWORKER: usize = 1;
const COLLEAGUE: usize = 2;
const CONTROLLER: usize = 3;

fn scene() -> Scene {
    Scene::with_log_control(&[STAFF, CASEWORKER, COLLEAGUE, CONTROLLER], CONTROLLER)
}

fn opens(scene: &Scene, device: usize, note: &RecordId, at: i64) {
    scene.devices[device].mark_read(note, &Moment::new(at, &mut rng::system())).unwrap();
}

fn log(scene: &Scene, device: usize) -> Vec<AccessRow> {
    scene.devices[device].access_log(&AccessFilter::default(), 100).unwrap()
}

fn reads(scene: &Scene, device: usize) -> Vec<AccessRow> {
    log(scene, device).into_iter().filter(|row| row.access == Access::Read).collect()
}

#[test]
fn the_controller_sees_who_opened_what_on_which_device_and_nobody_else_does() {
    let mut scene = scene();
    let note = scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    scene.meet();
    opens(&scene, STAFF, &note, 1_000);
    opens(&scene, CASEWORKER, &note, 2_000);
    scene.meet();
    let seen = reads(&scene, CONTROLLER);
    let said: Vec<_> = seen.iter().map(|row| (row.person, row.device, row.at, row.child, row.record)).collect();
    let by = |device: usize, at| (scene.owner(device), scene.id(device), at, Some(child(1).id), Some(note));
    assert_eq!(said, [by(CASEWORKER, 2_000), by(STAFF, 1_000)]);
    assert!(seen.iter().all(|row| row.received_at.is_some()));
    let named = scene.devices[CONTROLLER].access_children().unwrap();
    assert_eq!(named, [child(1)]);
    assert!(!scene.reads(CONTROLLER, &note), "the log is read, the note is not");
    assert_eq!(log(&scene, COLLEAGUE), []);
    assert_eq!(reads(&scene, STAFF).len(), 1, "one's own");
}
