//! When a newer directory is asked for, and that nobody waits for it.

use super::*;

const STATED: Event = Event::Tidied { push: false, receipts: false, backlog: false, directory: true };

fn asks(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Directory)
}

/// A contact that has read the feed for the first time, and hears of a directory in it.
fn told(mode: Mode) -> (Sync, Vec<Effect>) {
    let mut sync = Sync::new(mode);
    step(&mut sync, 0, Event::Start);
    step(&mut sync, 0, OPENED);
    step(&mut sync, 0, Event::Pulled { more: false, news: true });
    let effects = step(&mut sync, 0, STATED);
    (sync, effects)
}

#[test]
fn a_contact_that_begins_asks_at_once_and_pushes_all_the_same() {
    for mode in [Mode::Once, Mode::Live] {
        let (mut sync, effects) = told(mode);
        assert!(asks(&effects) && pushes(&effects) == 1, "{effects:?}");
        assert!(!asks(&step(&mut sync, 0, STATED)), "one is on its way");
    }
}

#[test]
fn a_contact_that_ends_waits_for_it_and_ends_also_without_it() {
    for taken in [true, false] {
        let (mut sync, _) = told(Mode::Once);
        let done = step(&mut sync, 0, Event::NothingToPush { next: None });
        assert!(!done.contains(&Effect::Finished));
        let done = step(&mut sync, 0, Event::Directory { taken });
        assert!(done.contains(&Effect::Finished) && !asks(&done), "{done:?}");
    }
}

#[test]
fn what_did_not_come_is_asked_for_much_later_or_in_the_next_contact() {
    let (mut sync, _) = told(Mode::Live);
    let failed = step(&mut sync, 0, Event::Directory { taken: false });
    assert!(failed.contains(&Effect::WakeAt(LONGEST_WAIT)), "{failed:?}");
    assert!(!asks(&step(&mut sync, 5, STATED)));
    assert!(!asks(&step(&mut sync, LONGEST_WAIT - 1, Event::Due)));
    assert!(asks(&step(&mut sync, LONGEST_WAIT, Event::Due)));
    step(&mut sync, LONGEST_WAIT, Event::Directory { taken: false });
    step(&mut sync, LONGEST_WAIT, LOST);
    step(&mut sync, 3 * LONGEST_WAIT, Event::Due);
    step(&mut sync, 3 * LONGEST_WAIT, OPENED);
    step(&mut sync, 3 * LONGEST_WAIT, Event::Pulled { more: false, news: false });
    assert!(asks(&step(&mut sync, 3 * LONGEST_WAIT, STATED)), "a new contact asks at once");
}

#[test]
fn who_hears_of_it_while_live_asks_within_two_minutes() {
    for (dice, at) in [(0, 0), (90_000, 90_000), (u32::MAX, i64::from(u32::MAX) % SPREAD)] {
        let mut sync = caught_up(Mode::Live);
        let heard = sync.step(1_000, &mut Fixed(dice), STATED);
        assert!(!asks(&heard) && heard.contains(&Effect::WakeAt(1_000 + at)), "{heard:?}");
        assert!(at < SPREAD && !asks(&sync.step(1_000, &mut Fixed(7), STATED)), "it is put off once");
        assert!(asks(&step(&mut sync, 1_000 + at, Event::Due)));
    }
}

#[test]
fn one_that_has_come_meanwhile_is_not_asked_for_again() {
    let (mut sync, _) = told(Mode::Live);
    let taken = step(&mut sync, 0, Event::Directory { taken: true });
    assert!(!taken.iter().any(|effect| matches!(effect, Effect::WakeAt(_))));
    assert!(!asks(&step(&mut sync, 0, TIDY)));
}
