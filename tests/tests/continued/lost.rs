//! Answers that are lost, a device that is switched off, members who change while it is made: it is made once, and whole.

use std::cell::Cell;
use std::rc::Rc;

use tvaers_core::client::{Device, Opened, Request, open};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::RecordId;
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::child;

const BO: usize = 1;
const NY: usize = 2;

/// Anna, who manages, has let a newcomer in who sees one note of before, and has not met the relay since.
fn let_in(scene: &mut Scene) -> [RecordId; 2] {
    let before = scene.writes(0, "Før", &[BO]);
    let chosen = scene.writes(0, "Valgt", &[BO]);
    scene.meet();
    let (dice, with) = (&mut rng::system(), scene.member(NY));
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[0].continue_case(&child(1).id, &[with], &[chosen], None, moment).unwrap();
    [before, chosen]
}

fn is_whole(scene: &mut Scene, [before, chosen]: [RecordId; 2]) {
    scene.meet();
    assert!(scene.reads(NY, &chosen) && !scene.reads(NY, &before));
    let after = scene.writes(BO, "Efter", &[]);
    scene.meet();
    assert!(scene.reads(0, &after) && scene.reads(NY, &after));
    for device in 0..3 {
        let continued = scene.devices[device].continued(&child(1).id).unwrap();
        assert_eq!(continued.len(), 1, "device {device} sees it once");
        assert!(!scene.devices[device].has_work(i64::MAX).unwrap(), "nothing waits on {device}");
    }
    assert!(!scene.devices[0].is_being_continued(&child(1).id).unwrap());
}

#[test]
fn whichever_answer_to_a_push_is_lost_it_is_made_once() {
    for lost in 0..4 {
        let mut scene = Scene::new(3);
        let notes = let_in(&mut scene);
        let pushes = Rc::new(Cell::new(0));
        let count = Rc::clone(&pushes);
        scene.relay.script(0, move |request, honest| {
            let answer = honest(request);
            if !matches!(request, Request::Push(_)) {
                return answer;
            }
            count.set(count.get() + 1);
            if count.get() == lost + 1 { Err(Failure::Unreachable { retry_after: None }) } else { answer }
        });
        for _ in 0..4 {
            scene.sync(0);
        }
        scene.relay.behave(0);
        is_whole(&mut scene, notes);
        assert!(pushes.get() > lost || lost > 1, "the push whose answer was to be lost was made");
    }
}

/// The device is switched off and on.
fn restarts(scene: &mut Scene, device: usize) {
    let dice = &mut rng::system();
    let off: Device = scene.devices.remove(device);
    let moment = &mut Moment::new(scene.now, dice);
    let Ok(Opened::Enrolled(on)) = open(off.into_store(), moment) else { panic!("an enrolled device") };
    scene.devices.insert(device, *on);
}

#[test]
fn a_device_that_is_switched_off_at_any_time_goes_on_with_it() {
    for contact in 0..3 {
        let mut scene = Scene::new(3);
        let notes = let_in(&mut scene);
        for _ in 0..contact {
            let pushes = Cell::new(0);
            // Contact ends after its first push each time.
            scene.relay.script(0, move |request, honest| {
                if matches!(request, Request::Push(_)) {
                    pushes.set(pushes.get() + 1);
                    if pushes.get() > 1 {
                        return Err(Failure::Unreachable { retry_after: None });
                    }
                }
                honest(request)
            });
            scene.sync(0);
            restarts(&mut scene, 0);
        }
        restarts(&mut scene, 0);
        scene.relay.behave(0);
        is_whole(&mut scene, notes);
        restarts(&mut scene, BO);
        let continued = scene.devices[BO].continued(&child(1).id).unwrap();
        assert_eq!(continued.len(), 1, "and remembers it");
    }
}

#[test]
fn who_is_removed_before_it_is_made_is_not_in_what_goes_on() {
    let mut scene = Scene::new(4);
    let notes = let_in(&mut scene);
    scene.devices[0].remove_from_case(&child(1).id, scene.member(BO), "Rejst").unwrap();
    scene.meet();
    let after = scene.writes(0, "Uden Bo", &[]);
    scene.meet();
    assert!(scene.reads(NY, &after) && !scene.reads(BO, &after) && scene.reads(NY, &notes[1]));
    let members: Vec<Member> = vec![scene.member(3)];
    let dice = &mut rng::system();
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[0].continue_case(&child(1).id, &members, &[], None, moment).unwrap();
    scene.meet();
    assert_eq!(scene.devices[NY].continued(&child(1).id).unwrap().len(), 2, "and goes on once more");
    let last = scene.writes(3, "Den sidste", &[]);
    scene.meet();
    assert!(scene.reads(0, &last) && scene.reads(NY, &last) && !scene.reads(3, &after));
}
