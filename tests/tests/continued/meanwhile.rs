//! What happens beside it: somebody is away, two do it at once, there is another case, the child is handed over.

use tvaers_core::client::ClientError;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_tests::town::child;

use super::{ANNA, BO, NY, TOVE, concern, lets_in, listed, of, raises, rewrites, scene, trigger};
#[test]
fn who_was_away_writes_where_they_knew_and_then_where_it_goes_on() {
    let mut scene = scene();
    let old = raises(&mut scene, ANNA, "Ord");
    scene.writes(BO, "Før", &[ANNA, TOVE]);
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[old]).unwrap();
    // Bo is in the forest.
    scene.these_meet(&[ANNA, TOVE, NY]);
    let late = scene.writes(BO, "Skrevet i skoven", &[]);
    rewrites(&mut scene, BO, &old, "Bos ord fra skoven").unwrap();
    let new = concern(&scene, ANNA);
    rewrites(&mut scene, ANNA, &new, "Annas nye ord").unwrap();
    assert_eq!(rewrites(&mut scene, ANNA, &old, "Hos de gamle"), Err(ClientError::CarriedOver));
    scene.meet();
    for device in [ANNA, TOVE, BO] {
        assert!(scene.reads(device, &late) && listed(&scene, device).contains(&late), "shown to those it was for");
        assert_eq!(trigger(&scene, device, &new), "Annas nye ord");
        assert_eq!(trigger(&scene, device, &old), "Bos ord fra skoven", "and not lost");
        let earlier = scene.devices[device].earlier(&new).unwrap().unwrap();
        assert_eq!((earlier.record, earlier.differs), (Some(old), true), "and said");
    }
    assert!(!scene.reads(NY, &late) && !listed(&scene, NY).contains(&late));
    let earlier = scene.devices[NY].earlier(&new).unwrap().unwrap();
    assert_eq!((earlier.record, earlier.differs), (None, false));
    let after = scene.writes(BO, "Hjemme igen", &[]);
    scene.meet();
    assert!(scene.reads(NY, &after), "whoever has heard goes on with everybody");
}

#[test]
fn what_is_carried_over_unchanged_says_so() {
    let mut scene = scene();
    let old = raises(&mut scene, ANNA, "Ord");
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[old]).unwrap();
    scene.meet();
    let new = concern(&scene, BO);
    rewrites(&mut scene, BO, &new, "Mere").unwrap();
    scene.meet();
    for device in [ANNA, BO, TOVE] {
        assert!(!scene.devices[device].earlier(&new).unwrap().unwrap().differs);
    }
}

#[test]
fn two_devices_that_let_somebody_in_at_once_lose_nobody_and_show_neither_the_others() {
    let mut scene = of(&[0, 1, 2, 2, 3, 4], &[ANNA, BO, TOVE, 3]);
    let (other, ny, nr_two) = (3, 4, 5);
    let for_one = scene.writes(ANNA, "Til den ene", &[BO, TOVE]);
    let for_two = scene.writes(ANNA, "Til den anden", &[BO, TOVE]);
    let old = raises(&mut scene, ANNA, "Ord");
    scene.meet();
    lets_in(&mut scene, TOVE, ny, &[for_one, old]).unwrap();
    lets_in(&mut scene, other, nr_two, &[for_two, old]).unwrap();
    scene.meet();
    scene.meet();
    assert!(scene.reads(ny, &for_one) && scene.reads(nr_two, &for_two));
    assert!(!scene.reads(nr_two, &for_one), "what was chosen for one is not for who joins after");
    let after = scene.writes(BO, "Efter", &[]);
    let newcomers = scene.writes(ny, "Den nyes", &[]);
    scene.meet();
    for device in 0..6 {
        assert!(scene.reads(device, &after) && scene.reads(device, &newcomers), "{device}");
        assert!(!scene.devices[device].has_work(i64::MAX).unwrap(), "nothing waits on {device}");
        concern(&scene, device);
    }
    assert_eq!(scene.devices[ANNA].continued(&child(1).id).unwrap().len(), 2);
}

#[test]
fn a_second_case_beside_one_that_was_continued_is_closed_in_the_same_way() {
    let mut scene = of(&[0, 1, 2, 3, 4], &[ANNA, BO, TOVE, 4]);
    let before = scene.writes(ANNA, "Før", &[BO, TOVE]);
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[]).unwrap();
    scene.meet();
    // Somebody who has never heard of the case raises another.
    let second = scene.writes(4, "En anden sag", &[TOVE]);
    scene.meet();
    scene.meet();
    assert!(!scene.reads(4, &before) && !scene.reads(NY, &second), "nobody is brought into what was before");
    let after = scene.writes(4, "Efter", &[]);
    let more = scene.writes(NY, "Mere", &[]);
    scene.meet();
    for device in 0..5 {
        assert!(scene.reads(device, &after) && scene.reads(device, &more), "{device}");
    }
}

#[test]
fn the_old_and_the_new_are_handed_over_together() {
    let mut scene = of(&[0, 1, 2, 3, 4], &[ANNA, BO, TOVE]);
    let before = scene.writes(ANNA, "Før", &[BO, TOVE]);
    let old = raises(&mut scene, ANNA, "Ord");
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[old]).unwrap();
    scene.meet();
    let after = scene.writes(ANNA, "Efter", &[]);
    scene.meet();
    let dice = &mut rng::system();
    let (to, moment) = (scene.owner(4), &mut Moment::new(scene.now, dice));
    scene.devices[TOVE].hand_over(&[(child(1).id, None)], &to, true, moment).unwrap();
    scene.meet();
    assert!(scene.reads(4, &before) && scene.reads(4, &after) && scene.reads(4, &old));
    assert_eq!(concern(&scene, 4), concern(&scene, NY));
    let on = scene.writes(BO, "Videre", &[]);
    scene.meet();
    assert!(scene.reads(4, &on) && scene.reads(NY, &on) && !scene.reads(TOVE, &on));
    assert!(!scene.reads(NY, &before));
}

#[test]
fn a_new_coordinator_gets_what_was_before_alone() {
    let mut scene = scene();
    let before = raises(&mut scene, ANNA, "Ord fra før");
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[]).unwrap();
    scene.meet();
    // Anna is told that Bo's colleague, who joined from now on, coordinates: what Anna wrote goes to them, not to the case.
    let somebody = scene.owner(BO);
    scene.devices[ANNA].set_coordinator(&child(1).id, &somebody, &mut Moment::new(9, &mut rng::system())).unwrap();
    scene.meet();
    assert!(scene.reads(BO, &before) && !scene.reads(NY, &before));
}

#[test]
fn who_is_taken_out_by_somebody_who_has_not_heard_is_out_of_what_goes_on() {
    let mut scene = of(&[0, 1, 2, 2, 3], &[ANNA, BO, TOVE, 3]);
    let (desk, ny) = (3, 4);
    scene.writes(ANNA, "Før", &[BO, TOVE]);
    scene.meet();
    lets_in(&mut scene, TOVE, ny, &[]).unwrap();
    scene.these_meet(&[TOVE, ANNA, ny]);
    // The same person's other device has not been in contact since.
    scene.devices[desk].remove_from_case(&child(1).id, scene.person(BO), "Rejst").unwrap();
    scene.meet();
    scene.meet();
    let after = scene.writes(ANNA, "Uden Bo", &[]);
    scene.meet();
    assert!(!scene.reads(BO, &after) && scene.reads(ny, &after) && scene.reads(desk, &after));
}

#[test]
fn two_devices_that_let_the_same_person_in_make_one_circle_with_what_both_chose() {
    let mut scene = of(&[0, 1, 2, 2, 3], &[ANNA, BO, TOVE, 3]);
    let (desk, ny) = (3, 4);
    let one = scene.writes(ANNA, "Det ene", &[BO, TOVE]);
    let other = scene.writes(ANNA, "Det andet", &[BO, TOVE]);
    scene.meet();
    lets_in(&mut scene, TOVE, ny, &[one]).unwrap();
    lets_in(&mut scene, desk, ny, &[other]).unwrap();
    scene.meet();
    scene.meet();
    assert!(scene.reads(ny, &one) && scene.reads(ny, &other));
    for device in [ANNA, ny] {
        assert_eq!(scene.devices[device].continued(&child(1).id).unwrap().len(), 1);
    }
    assert!(!scene.devices[desk].is_being_continued(&child(1).id).unwrap());
}
