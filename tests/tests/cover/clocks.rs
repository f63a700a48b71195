//! Clocks: a device's own hides and never deletes, wins nothing when it is put back, and ends nothing for others.

use tvaers_core::client::{Device, Opened, Request, open};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::message::SessionAnswer;
use tvaers_tests::hostile::Scene;

use crate::story::*;

const YEAR: i64 = 366 * DAY;

/// A week's cover that has begun, and the note that it is about.
fn begun() -> (Scene, tvaers_core::wire::ids::RecordId) {
    let mut scene = scene();
    let case = scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    assert!(shown(&scene, VIKI, &case));
    (scene, case)
}

fn restarts(scene: &mut Scene, device: usize) {
    let now = scene.shows(device);
    let old: Device = scene.devices.remove(device);
    match open(old.into_store(), &mut Moment::new(now, &mut rng::system())).unwrap() {
        Opened::Enrolled(again) => scene.devices.insert(device, *again),
        Opened::New(_) => panic!("it is enrolled"),
    }
}

#[test]
fn a_clock_put_forward_hides_and_destroys_nothing() {
    let (mut scene, case) = begun();
    scene.ahead[VIKI] = 10 * YEAR;
    assert!(!shown(&scene, VIKI, &case));
    restarts(&mut scene, VIKI);
    // Put right again, a contact shows everything.
    scene.ahead[VIKI] = 0;
    assert!(!shown(&scene, VIKI, &case), "what the device has seen counts until somebody knows better");
    scene.sync(VIKI);
    assert!(shown(&scene, VIKI, &case));
    let after = scene.writes(ANNA, "note efter", &[]);
    scene.meet();
    assert!(shown(&scene, VIKI, &after));
}

#[test]
fn a_contact_with_a_wrong_clock_makes_a_stopwatch_of_it() {
    let (mut scene, case) = begun();
    for ahead in [10 * YEAR, -10 * YEAR] {
        scene.ahead[VIKI] = ahead;
        scene.sync(VIKI);
        assert!(shown(&scene, VIKI, &case), "{ahead}");
        restarts(&mut scene, VIKI);
        assert!(shown(&scene, VIKI, &case), "{ahead}");
    }
    // Ten years behind, without a network: it ends on the day.
    scene.now += 7 * DAY;
    assert!(!shown(&scene, VIKI, &case));
}

#[test]
fn a_clock_put_back_wins_nothing_of_what_the_device_has_seen() {
    let (mut scene, case) = begun();
    scene.now += 8 * DAY;
    assert!(!shown(&scene, VIKI, &case));
    scene.ahead[VIKI] = -YEAR;
    assert!(!shown(&scene, VIKI, &case));
    restarts(&mut scene, VIKI);
    assert!(!shown(&scene, VIKI, &case));
    scene.sync(VIKI);
    assert!(!shown(&scene, VIKI, &case));
}

#[test]
fn a_coordinator_whose_clock_is_ahead_ends_nothing_and_one_whose_clock_is_behind_ends_it_on_the_day() {
    let (mut scene, case) = begun();
    scene.ahead[KIM] = 10 * YEAR;
    scene.meet();
    assert!(is_in(&scene, &case) && shown(&scene, VIKI, &case));
    scene.ahead[KIM] = -10 * YEAR;
    scene.now += 7 * DAY;
    scene.meet();
    assert!(!is_in(&scene, &case));
}

#[test]
fn a_relay_whose_clock_was_wrong_for_an_hour_takes_nothing_for_good() {
    let (mut scene, case) = begun();
    let line = to(&scene, KIM);
    let own = writes_to(&mut scene, VIKI, "Vikis note", line);
    scene.meet();
    // The session lasts; only what the relay says of the time is wrong.
    scene.relay.script(VIKI, |request, honest| {
        let answer = honest(request)?;
        Ok(match request {
            Request::Session(_) => {
                let answer = SessionAnswer::from_bytes(&answer).unwrap();
                SessionAnswer { now: answer.now + YEAR.unsigned_abs(), ..answer }.to_bytes()
            }
            _ => answer,
        })
    });
    scene.now += DAY;
    scene.sync(VIKI);
    scene.sync(VIKI);
    assert!(!shown(&scene, VIKI, &case));
    scene.relay.behave(VIKI);
    for _ in 0..3 {
        scene.meet();
    }
    assert!(shown(&scene, VIKI, &case) && shown(&scene, VIKI, &own), "it is fetched again");
    let after = scene.writes(ANNA, "note efter", &[]);
    scene.meet();
    assert!(shown(&scene, VIKI, &after));
}
