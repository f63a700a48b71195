//! Units whose circle a relay that was put back has forgotten a part of.

use tvaers_core::audience::Audience;
use tvaers_core::wire::entry::Member;
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::{child, observation};

use super::{HOUR, PEOPLE};

/// Eva's phone has let Carl into the unit, and is lost; the relay forgets that. Dora, who works elsewhere, has seen it.
#[test]
fn what_a_lost_phone_had_changed_in_a_unit_comes_back_from_whoever_has_seen_it() {
    let [anna, _, eva, dora] = PEOPLE;
    let mut scene = Scene::in_units(&[0, 0, 0, 1, 0], &PEOPLE);
    let backup = scene.relay.snapshot();
    let carl = scene.joins(4, eva);
    for device in [carl, eva, carl, dora] {
        scene.sync(device);
    }
    scene.relay.restore(backup);
    scene.loses(eva, anna);
    scene.sync(dora);
    assert_eq!(scene.pushes(dora), 0, "it was taken at once");
    let about = observation(&child(1), "Skrevet til huset", scene.now);
    let note = scene.submits(dora, &about, Audience::Case(vec![Member::Team(scene.town.teams[0])]));
    for device in [dora, carl, dora, carl, dora] {
        scene.sync(device);
    }
    assert!(scene.reads(carl, &note));
    let (_, readers) = scene.devices[dora].delivery(&note).unwrap();
    let carl = scene.devices[carl].person();
    assert!(readers.iter().any(|reader| reader.person == carl && reader.received), "{readers:?}");
}

/// Bo has drawn the unit's key since Eva's phone was lost, and the relay forgot it; Anna, who has heard of none of that, lets Carl in, who
/// writes where the unit is. Bo unites the two.
#[test]
fn who_came_into_a_unit_on_the_other_branch_is_read_where_the_two_are_united() {
    let [anna, bo, eva, dora] = PEOPLE;
    let mut scene = Scene::in_units(&[0, 0, 0, 1, 0], &PEOPLE);
    let unit = Audience::Case(vec![Member::Team(scene.town.teams[0])]);
    let about = observation(&child(1), "Skrevet til huset", scene.now);
    scene.submits(dora, &about, unit.clone());
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.loses(eva, bo);
    scene.sync(bo);
    scene.relay.restore(backup);
    let carl = scene.joins(4, anna);
    for device in [carl, anna, carl, dora, carl] {
        scene.sync(device);
    }
    let note = scene.submits(carl, &about, unit);
    scene.sync(carl);
    for device in [bo, bo, bo] {
        scene.sync(device);
    }
    assert!(scene.reads(bo, &note), "{:?}", scene.aside(bo));
    assert!(scene.devices[bo].parted().is_empty());
}

/// Dora has let Carl into her unit, and lost her phone; as one of the unit he has drawn the key of Anna's case since Eva's was lost. The relay
/// forgets all of it. Nobody can bring back that he is in the unit, so what he has signed there counts no more, and Anna goes on from Bo's key.
#[test]
fn what_was_signed_as_one_of_a_unit_that_forgot_them_gives_way_to_where_the_relay_goes_on() {
    let [dora, anna, bo, eva] = PEOPLE;
    let mut scene = Scene::in_units(&[0, 1, 1, 1, 0], &PEOPLE);
    let unit = Member::Team(scene.town.teams[0]);
    let about = observation(&child(1), "I sagen", scene.now);
    let case = Audience::Case(vec![unit, scene.member(anna), scene.member(bo), scene.member(eva)]);
    scene.submits(anna, &about, case);
    scene.meet();
    let backup = scene.relay.snapshot();
    let carl = scene.joins(4, dora);
    for device in [carl, dora, carl] {
        scene.sync(device);
    }
    scene.loses(eva, bo);
    for device in [carl, carl] {
        scene.sync(device);
    }
    let case = Audience::Case(vec![unit, scene.member(anna), scene.member(bo)]);
    let carls = scene.submits(carl, &about, case.clone());
    for device in [carl, carl, anna] {
        scene.sync(device);
    }
    let note = scene.submits(anna, &about, case);
    for device in [anna, anna] {
        scene.sync(device);
    }
    assert!(scene.reads(carl, &carls) && scene.reads(anna, &carls));
    scene.relay.restore(backup);
    scene.loses(dora, bo);
    for device in [bo, anna, carl, anna, bo, carl, anna, bo, anna, carl] {
        scene.now += HOUR;
        scene.sync(device);
    }
    assert!(scene.reads(bo, &note), "{:?}", scene.devices[anna].delivery(&note));
    assert!(scene.reads(bo, &carls), "it went another way");
    for device in [anna, bo, carl] {
        scene.now += HOUR;
        assert_eq!(scene.pushes(device), 0, "nothing is offered in vain");
    }
}

/// Bo has drawn the unit's key since Eva left, and let Carl in; the relay forgets all of it, and Bo's phone is lost. Then Eva draws one, as if she
/// had never left. By the relay nobody is left in the unit, and nobody can unite the two: Carl is not in it, and writes elsewhere.
#[test]
fn who_came_into_a_unit_whose_other_branch_is_one_of_somebody_who_is_out_as_well_writes_elsewhere() {
    let [eva, bo, anna, dora] = PEOPLE;
    let mut scene = Scene::in_units(&[0, 0, 1, 1, 0], &PEOPLE);
    let about = observation(&child(1), "I sagen", scene.now);
    let unit = Member::Team(scene.town.teams[0]);
    let case = Audience::Case(vec![unit, scene.member(anna), scene.member(dora)]);
    scene.submits(anna, &about, case.clone());
    scene.meet();
    let backup = scene.relay.snapshot();
    let carl = scene.joins(4, dora);
    scene.loses(eva, dora);
    for device in [carl, bo, carl, bo, carl, carl] {
        scene.sync(device);
    }
    let note = scene.submits(carl, &about, case);
    scene.relay.restore(backup);
    scene.loses(bo, dora);
    assert_eq!(scene.sync(eva), None);
    scene.loses(eva, dora);
    for device in [carl, anna, dora, carl, anna, dora, carl] {
        scene.now += HOUR;
        scene.sync(device);
    }
    assert!(scene.reads(anna, &note) && scene.reads(dora, &note), "{:?}", scene.devices[carl].delivery(&note));
    for device in [carl, anna, dora] {
        scene.now += HOUR;
        assert_eq!(scene.pushes(device), 0, "nothing is offered in vain");
    }
}
