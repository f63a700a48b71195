//! What is gathered while live leaves by itself.

use super::*;

/// The access log gathers while live: nothing else would ask for it again on a desk where somebody only reads.
#[test]
fn after_a_push_it_is_looked_once_more_when_gathering_is_over() {
    let mut sync = caught_up(Mode::Live);
    assert_eq!(step(&mut sync, 0, PUSHED), [Effect::WakeAt(LONGEST_WAIT)]);
    assert_eq!(pushes(&step(&mut sync, LONGEST_WAIT - 1, Event::Due)), 0);
    assert_eq!(pushes(&step(&mut sync, LONGEST_WAIT, Event::Due)), 1);
    assert_eq!(step(&mut sync, LONGEST_WAIT, Event::NothingToPush { next: None }), [], "and not for ever");
}
