//! While it lasts: who reads, who answers, who is written to, and what stays as it was.

use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, NotCovered};
use tvaers_core::kinds::Kind;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::statement::Standing;
use tvaers_tests::town::child;

use crate::story::*;

#[test]
fn whoever_stands_in_reads_what_was_written_and_what_is_written_and_the_coordinator_stays() {
    let mut scene = scene();
    let to_kim = to(&scene, KIM);
    let annas = writes_to(&mut scene, ANNA, "Annas note", to_kim.clone());
    let case = scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    assert!(shown(&scene, VIKI, &annas) && shown(&scene, VIKI, &case), "the history");
    let places = circles(&scene, ANNA);
    let after = writes_to(&mut scene, ANNA, "Annas næste note", to_kim.clone());
    assert_eq!(circles(&scene, ANNA), places, "her line is the same");
    // Bo has written nothing about the child before: his line is new, and he has not heard of any cover.
    let bos = writes_to(&mut scene, BO, "Bos note", to_kim);
    scene.meet();
    for note in [annas, case, after, bos] {
        assert!(shown(&scene, VIKI, &note) && shown(&scene, KIM, &note));
    }
    assert!(!scene.reads(BO, &annas) && !scene.reads(ANNA, &bos), "nobody else reads more than before");
    for device in [ANNA, BO, KIM, VIKI] {
        let held = scene.devices[device].coordinator(&child(1).id).unwrap();
        assert_eq!(held, Some(scene.devices[KIM].person()), "{device}: it is no hand-over");
    }
    for device in [ANNA, KIM, VIKI] {
        let rows = scene.devices[device].all_records().unwrap();
        assert_eq!(
            rows.iter().filter(|row| row.kind == Some(Kind::Disclosure)).count(),
            1,
            "{device} is told why, once"
        );
    }
}

#[test]
fn what_is_asked_and_answered_meanwhile_lies_where_the_coordinator_finds_it() {
    let mut scene = scene();
    let (to_kim, to_viki, to_anna) = (to(&scene, KIM), to(&scene, VIKI), to(&scene, ANNA));
    let note = writes_to(&mut scene, ANNA, "Annas note", to_kim);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    let answer = answers(&mut scene, VIKI, &note, to_anna);
    scene.meet();
    let again = answers(&mut scene, ANNA, &answer, to_viki.clone());
    let unasked = writes_to(&mut scene, ANNA, "note til vikaren", to_viki);
    scene.meet();
    for record in [answer, again, unasked] {
        for device in [ANNA, KIM, VIKI] {
            assert!(shown(&scene, device, &record), "{device}");
        }
        assert!(!scene.reads(BO, &record));
    }
}

#[test]
fn a_line_founded_offline_by_somebody_who_knows_reaches_whoever_stands_in_at_once() {
    let mut scene = scene();
    scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    // The coordinator is on leave, and so is their device: nobody could bring anybody in.
    let to_kim = to(&scene, KIM);
    let first = writes_to(&mut scene, ANNA, "Annas første note på linjen", to_kim);
    for device in [ANNA, VIKI] {
        scene.sync(device);
    }
    assert!(shown(&scene, VIKI, &first));
    scene.meet();
    assert!(shown(&scene, KIM, &first));
}

#[test]
fn a_line_begun_by_whoever_stands_in_is_the_coordinators() {
    let mut scene = scene();
    scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    let to_bo = to(&scene, BO);
    let asked = writes_to(&mut scene, VIKI, "note til Bo", to_bo);
    scene.meet();
    assert!(shown(&scene, BO, &asked) && shown(&scene, KIM, &asked));
    scene.now += 8 * DAY;
    scene.meet();
    let to_kim = to(&scene, KIM);
    let answer = answers(&mut scene, BO, &asked, to_kim);
    scene.meet();
    assert!(shown(&scene, KIM, &answer) && !shown(&scene, VIKI, &answer));
    assert!(shown(&scene, VIKI, &asked), "what they wrote stays theirs");
}

#[test]
fn hundreds_of_circles_are_covered_in_one_push() {
    let mut scene = scene();
    for number in 0..30 {
        let audience = if number % 2 == 0 { to(&scene, KIM) } else { Audience::Case(vec![scene.member(KIM)]) };
        writes_to(&mut scene, if number % 3 == 0 { ANNA } else { BO }, &format!("note {number}"), audience);
    }
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.sync(KIM);
    scene.sync(VIKI);
    assert_eq!(scene.devices[VIKI].chronology(&child(1).id).unwrap().len(), 31, "and the reason");
}

#[test]
fn two_stand_in_each_until_their_own_day() {
    let mut scene = scene();
    scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 3)).unwrap();
    covers(&scene, VITO, in_days(&scene, 6)).unwrap();
    scene.meet();
    let first = scene.writes(ANNA, "note et", &[]);
    scene.meet();
    scene.now += 4 * DAY;
    scene.meet();
    let second = scene.writes(ANNA, "note to", &[]);
    scene.meet();
    assert!(!shown(&scene, VIKI, &first) && !shown(&scene, VIKI, &second));
    assert!(shown(&scene, VITO, &first) && shown(&scene, VITO, &second));
}

#[test]
fn who_takes_the_child_over_meanwhile_keeps_whoever_stands_in_and_may_end_it() {
    let mut scene = scene();
    let case = scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    let vito = scene.devices[VITO].person();
    let now = scene.now;
    scene.devices[KIM]
        .hand_over(&[(child(1).id, None)], &vito, true, &mut Moment::new(now, &mut rng::system()))
        .unwrap();
    scene.meet();
    for device in [ANNA, VIKI, VITO] {
        assert_eq!(scene.devices[device].coordinator(&child(1).id).unwrap(), Some(vito), "{device}");
    }
    assert!(shown(&scene, VIKI, &case));
    let viki = scene.devices[VIKI].person();
    scene.devices[VITO].end_cover(&child(1).id, &viki).unwrap();
    scene.meet();
    assert!(!shown(&scene, VIKI, &case) && shown(&scene, VITO, &case));
}

#[test]
fn who_stood_in_and_takes_the_child_over_keeps_it() {
    let mut scene = scene();
    let case = scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    let (viki, now) = (scene.devices[VIKI].person(), scene.now);
    scene.devices[KIM]
        .hand_over(&[(child(1).id, None)], &viki, true, &mut Moment::new(now, &mut rng::system()))
        .unwrap();
    scene.meet();
    scene.now += 8 * DAY;
    scene.meet();
    let to_viki = to(&scene, VIKI);
    let after = writes_to(&mut scene, ANNA, "note efter", to_viki);
    scene.meet();
    assert!(shown(&scene, VIKI, &case) && shown(&scene, VIKI, &after));
}

#[test]
fn nobody_covers_who_cannot_and_nobody_gives_what_they_do_not_hold() {
    let scene = &mut scene();
    let refused = |result: Result<(), ClientError>| match result {
        Err(ClientError::NotCovered(why)) => why,
        other => panic!("{other:?}"),
    };
    let week = in_days(scene, 7);
    assert_eq!(refused(covers(scene, KIM, week)), NotCovered::Oneself);
    assert_eq!(refused(covers_of(scene, ANNA, VIKI, week)), NotCovered::NotHeld);
    assert_eq!(refused(covers_of(scene, VIKI, ANNA, week)), NotCovered::NotHeld);
    assert_eq!(refused(covers(scene, VIKI, in_days(scene, 0))), NotCovered::Over);
    assert_eq!(refused(covers(scene, VIKI, u64::MAX)), NotCovered::Over);
    let left = scene.town.authority.set_standing(scene.devices[VITO].person(), Standing::Left);
    scene.devices[KIM].absorb_page(&page_with(left), scene.now).unwrap();
    scene.devices[KIM].process().unwrap();
    assert_eq!(refused(covers(scene, VITO, week)), NotCovered::Unreachable);
    assert!(scene.devices[KIM].own_records(10).unwrap().is_empty(), "and no reason is left behind");
    assert!(scene.devices[KIM].end_cover(&child(2).id, &scene.devices[VIKI].person()).is_err());
}
