//! The state machine alone: what it asks for, given what happens.

mod directory;
mod gathering;

use std::convert::Infallible;

use proptest::prelude::*;

use super::backoff::Backoff;
use super::*;

/// Dice that always show the same.
struct Fixed(u32);

impl rand_core::TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.into())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill(self.0 as u8);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Fixed {}

const LOST: Event = Event::Failed(Failure::Unreachable { retry_after: None });
const OPENED: Event = Event::Opened { heal: false };
const TIDY: Event = Event::Tidied { push: false, receipts: false, backlog: false, directory: false };
const PUSHED: Event = Event::Pushed { progress: true, more: false, pull_first: false, forgot: false };

fn step(sync: &mut Sync, now: i64, event: Event) -> Vec<Effect> {
    sync.step(now, &mut Fixed(0), event)
}

/// A contact that has read the feed once and pushed what there was.
fn caught_up(mode: Mode) -> Sync {
    let mut sync = Sync::new(mode);
    assert_eq!(step(&mut sync, 0, Event::Start), [Effect::OpenSession]);
    assert_eq!(step(&mut sync, 0, OPENED), [Effect::Pull { wait: false }]);
    assert!(step(&mut sync, 0, Event::Pulled { more: false, news: true }).contains(&Effect::Tidy));
    assert!(step(&mut sync, 0, TIDY).contains(&Effect::Push));
    sync
}

fn pushes(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| **effect == Effect::Push).count()
}

#[test]
fn nothing_is_pushed_before_the_feed_has_been_read_once() {
    let mut sync = Sync::new(Mode::Live);
    step(&mut sync, 0, Event::Start);
    step(&mut sync, 0, OPENED);
    assert_eq!(pushes(&step(&mut sync, 0, Event::Local)), 0);
    assert_eq!(pushes(&step(&mut sync, 0, Event::Pulled { more: true, news: true })), 0);
    assert_eq!(pushes(&step(&mut sync, 0, Event::Pulled { more: false, news: true })), 0);
    assert_eq!(pushes(&step(&mut sync, 0, TIDY)), 1);
}

#[test]
fn own_chunks_that_come_back_are_no_reason_to_look_into_the_inbox() {
    let tidies = |effects: Vec<Effect>| effects.contains(&Effect::Tidy);
    let mut sync = caught_up(Mode::Live);
    assert!(!tidies(step(&mut sync, 0, Event::Pulled { more: false, news: false })));
    assert!(tidies(step(&mut sync, 0, Event::Pulled { more: false, news: true })));
    // Something new on an earlier page is not forgotten over a last one without.
    assert!(!tidies(step(&mut sync, 0, Event::Pulled { more: true, news: true })));
    assert!(tidies(step(&mut sync, 0, Event::Pulled { more: false, news: false })));
    // What waited for the feed to be read goes on all the same.
    step(&mut sync, 0, TIDY);
    let refused = Event::Pushed { progress: true, more: false, pull_first: true, forgot: false };
    assert_eq!(pushes(&step(&mut sync, 0, refused)), 0);
    assert_eq!(pushes(&step(&mut sync, 0, Event::Pulled { more: false, news: false })), 1);
    // The first time, what an earlier run has left there is taken too.
    let mut new = Sync::new(Mode::Once);
    step(&mut new, 0, Event::Start);
    step(&mut new, 0, OPENED);
    assert!(tidies(step(&mut new, 0, Event::Pulled { more: false, news: false })));
}

#[test]
fn two_pushes_are_never_on_their_way_at_once() {
    let mut sync = caught_up(Mode::Live);
    for event in [Event::Local, Event::ReceiptsWritten, TIDY, Event::Local] {
        assert_eq!(pushes(&step(&mut sync, 0, event)), 0, "{event:?}");
    }
    assert_eq!(pushes(&step(&mut sync, 0, PUSHED)), 1);
}

#[test]
fn a_failure_never_loses_the_wish_to_push() {
    for failure in [
        Failure::Unreachable { retry_after: None },
        Failure::Forbidden,
        Failure::Incompatible,
        Failure::Unauthorized,
        Failure::Restored,
    ] {
        let mut sync = caught_up(Mode::Live);
        let mut now = 0;
        let mut effects = step(&mut sync, now, Event::Failed(failure));
        let mut pushed = 0;
        for _ in 0..20 {
            let event = match effects.iter().find(|effect| !matches!(effect, Effect::Disconnect)) {
                Some(Effect::WakeAt(at)) => {
                    now = *at;
                    Event::Due
                }
                Some(Effect::OpenSession) => OPENED,
                Some(Effect::Heal) => Event::Healed,
                Some(Effect::Pull { .. }) => Event::Pulled { more: false, news: true },
                Some(Effect::Tidy) => TIDY,
                _ => break,
            };
            effects = step(&mut sync, now, event);
            pushed += pushes(&effects);
            if pushed > 0 {
                break;
            }
        }
        assert_eq!(pushed, 1, "after {failure:?}");
    }
}

#[test]
fn the_backoff_grows_to_a_bound_and_begins_again() {
    let (mut least, mut most) = (Backoff::default(), Backoff::default());
    let (mut before, mut last) = (0, 0);
    for _ in 0..40 {
        let low = least.next(&mut Fixed(0), None);
        let high = most.next(&mut Fixed(u32::MAX), None);
        assert!(low >= before && low > 0 && high <= LONGEST_WAIT);
        (before, last) = (low, high);
    }
    assert!(before >= 60_000 && last >= before);
    least.reset();
    assert!(least.next(&mut Fixed(0), None) <= 1_000);
}

#[test]
fn the_backoff_is_not_the_same_for_everybody() {
    let waits: std::collections::BTreeSet<i64> =
        (0..100).map(|dice| Backoff::default().next(&mut Fixed(dice * 7), None)).collect();
    assert!(waits.len() > 50, "{waits:?}");
}

#[test]
fn a_relay_that_says_when_is_believed_within_reason() {
    assert!(Backoff::default().next(&mut Fixed(0), Some(7_000)) >= 7_000);
    assert!(Backoff::default().next(&mut Fixed(0), Some(i64::MAX)) <= LONGEST_WAIT);
    assert!(Backoff::default().next(&mut Fixed(0), Some(i64::MIN)) >= 0);
}

/// A relay that opens sessions and then fails is not asked at full speed for ever.
#[test]
fn greeting_is_no_success() {
    let mut sync = Sync::new(Mode::Live);
    let (mut now, mut waits) = (0, Vec::new());
    step(&mut sync, now, Event::Start);
    for _ in 0..12 {
        step(&mut sync, now, OPENED);
        let effects = step(&mut sync, now, LOST);
        let Some(Effect::WakeAt(at)) = effects.iter().find(|e| matches!(e, Effect::WakeAt(_))) else { panic!() };
        waits.push(at - now);
        now = *at;
        assert_eq!(step(&mut sync, now, Event::Due), [Effect::OpenSession]);
    }
    assert!(waits.last() > waits.first(), "{waits:?}");
}

/// A clock that is put back ten years does not make the device wait for ten years.
#[test]
fn a_clock_put_back_ends_the_wait() {
    let ten_years = 10 * 365 * 86_400_000;
    let mut sync = Sync::new(Mode::Live);
    step(&mut sync, ten_years, Event::Start);
    let effects = step(&mut sync, ten_years, LOST);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::WakeAt(_))));
    assert_eq!(step(&mut sync, 0, Event::Due), [Effect::OpenSession]);
}

#[test]
fn a_restored_relay_is_healed_before_anything_is_pushed() {
    let mut sync = caught_up(Mode::Live);
    step(&mut sync, 0, PUSHED);
    let heals = |effects: Vec<Effect>| effects.into_iter().filter(|effect| *effect == Effect::Heal).count();
    assert_eq!(heals(step(&mut sync, 0, Event::Failed(Failure::Restored))), 1);
    assert_eq!(pushes(&step(&mut sync, 0, Event::Local)), 0);
    assert_eq!(heals(step(&mut sync, 0, Event::Failed(Failure::Restored))), 0, "one healing at a time");
    assert_eq!(pushes(&step(&mut sync, 0, Event::Healed)), 1);
}

/// A page of before would take the device past what it is to read again; and what was pushed is pushed once more.
#[test]
fn what_was_on_its_way_is_not_waited_for_while_healing() {
    let mut sync = caught_up(Mode::Live);
    let restored = Event::Failed(Failure::Restored);
    assert_eq!(step(&mut sync, 0, restored), [Effect::Disconnect, Effect::Heal], "a push and a pull were out");
    assert_eq!(step(&mut sync, 0, Event::Healed), [Effect::Push, Effect::Pull { wait: false }]);
}

#[test]
fn a_healing_that_was_interrupted_goes_on_first() {
    let mut sync = Sync::new(Mode::Once);
    step(&mut sync, 0, Event::Start);
    assert_eq!(step(&mut sync, 0, Event::Opened { heal: true }), [Effect::Disconnect, Effect::Heal]);
    assert_eq!(step(&mut sync, 0, Event::Healed), [Effect::Pull { wait: false }]);
}

#[test]
fn a_session_that_ended_is_opened_again_once() {
    let mut sync = caught_up(Mode::Live);
    let ended = Event::Failed(Failure::Unauthorized);
    assert_eq!(step(&mut sync, 0, ended), [Effect::OpenSession]);
    assert!(step(&mut sync, 0, ended).contains(&Effect::Disconnect));
}

#[test]
fn pushing_rests_when_nothing_is_taken() {
    let mut sync = caught_up(Mode::Live);
    let fruitless = Event::Pushed { progress: false, more: true, pull_first: false, forgot: false };
    let mut tries = 1;
    while pushes(&step(&mut sync, 0, fruitless)) > 0 {
        tries += 1;
        assert!(tries < 10);
    }
    assert_eq!(pushes(&step(&mut sync, 60_000, Event::Due)), 1, "and goes on later");
}

/// A chunk whose predecessor is with somebody else is not healed for ever.
#[test]
fn healing_that_does_not_help_ends() {
    let mut sync = caught_up(Mode::Once);
    let gap = Event::Pushed { progress: true, more: false, pull_first: false, forgot: true };
    for _ in 0..10 {
        let effects = step(&mut sync, 0, gap);
        if effects.contains(&Effect::Finished) {
            return;
        }
        assert_eq!(effects, [Effect::Disconnect, Effect::Heal]);
        let effects = step(&mut sync, 0, Event::Healed);
        assert_eq!(effects, [Effect::Push, Effect::Pull { wait: false }]);
        step(&mut sync, 0, Event::Pulled { more: false, news: true });
        step(&mut sync, 0, TIDY);
    }
    panic!("it never ends");
}

/// Answers effects with successes until nothing is asked any more. True if the contact finished.
fn answer_all(sync: &mut Sync, first: Vec<Effect>) -> bool {
    let (mut todo, mut left) = (std::collections::VecDeque::from(first), 500);
    while let Some(effect) = todo.pop_front() {
        left -= 1;
        assert!(left > 0, "it never ends");
        let event = match effect {
            Effect::OpenSession => OPENED,
            Effect::Push => Event::NothingToPush { next: None },
            Effect::Pull { wait: true } => continue,
            Effect::Pull { wait: false } => Event::Pulled { more: false, news: true },
            Effect::Tidy => TIDY,
            Effect::Backlog => Event::BacklogDone,
            Effect::Directory => Event::Directory { taken: false },
            Effect::Heal => Event::Healed,
            Effect::WriteReceipts => Event::ReceiptsWritten,
            Effect::WakeAt(_) | Effect::Disconnect => continue,
            Effect::Finished => return true,
        };
        todo.extend(step(sync, 0, event));
    }
    false
}

#[test]
fn a_single_contact_finishes() {
    let mut sync = Sync::new(Mode::Once);
    let first = step(&mut sync, 0, Event::Start);
    assert!(answer_all(&mut sync, first));
    assert!(!sync.is_open());
}

#[test]
fn a_single_contact_that_fails_finishes_too() {
    let mut sync = Sync::new(Mode::Once);
    step(&mut sync, 0, Event::Start);
    assert!(step(&mut sync, 0, LOST).contains(&Effect::Finished));
}

fn events() -> impl Strategy<Value = Event> {
    let failure = prop_oneof![
        any::<Option<i64>>().prop_map(|retry_after| Failure::Unreachable { retry_after }),
        Just(Failure::Unauthorized),
        Just(Failure::Forbidden),
        Just(Failure::Restored),
        Just(Failure::Incompatible),
    ];
    prop_oneof![
        Just(Event::Start),
        Just(Event::Stop),
        Just(Event::Local),
        any::<bool>().prop_map(|heal| Event::Opened { heal }),
        any::<(bool, bool, bool, bool)>().prop_map(|(progress, more, pull_first, forgot)| Event::Pushed {
            progress,
            more,
            pull_first,
            forgot
        }),
        (0..2_000_000_i64).prop_map(|next| Event::NothingToPush { next: Some(next) }),
        any::<(bool, bool)>().prop_map(|(more, news)| Event::Pulled { more, news }),
        any::<(bool, bool, bool, bool)>().prop_map(|(push, receipts, backlog, directory)| Event::Tidied {
            push,
            receipts,
            backlog,
            directory
        }),
        any::<bool>().prop_map(|taken| Event::Directory { taken }),
        Just(Event::BacklogDone),
        Just(Event::Healed),
        Just(Event::ReceiptsWritten),
        failure.prop_map(Event::Failed),
        Just(Event::Due),
    ]
}

proptest! {
    /// Whatever the order of answers: no more than one push and one pull are out, and none before the session is open.
    #[test]
    fn never_more_than_one_push_and_one_pull(
        live in any::<bool>(),
        script in prop::collection::vec((events(), -1_000_000..1_000_000_i64), 0..120),
    ) {
        let mut sync = Sync::new(if live { Mode::Live } else { Mode::Once });
        let (mut pushing, mut pulling, mut healing) = (false, false, false);
        for (event, now) in script {
            // An answer comes only to what was asked.
            let answers = match event {
                Event::Pushed { .. } | Event::NothingToPush { .. } => std::mem::take(&mut pushing),
                Event::Pulled { .. } => std::mem::take(&mut pulling),
                Event::Healed => std::mem::take(&mut healing),
                Event::Opened { .. } => !sync.is_open() && !pushing && !pulling,
                Event::Failed(Failure::Restored) => std::mem::take(&mut pulling),
                _ => true,
            };
            if !answers {
                continue;
            }
            for effect in step(&mut sync, now, event) {
                match effect {
                    Effect::Push => {
                        prop_assert!(!pushing && !healing && sync.is_open());
                        pushing = true;
                    }
                    Effect::Pull { .. } => {
                        prop_assert!(!pulling && sync.is_open());
                        pulling = true;
                    }
                    Effect::Heal => {
                        prop_assert!(!healing);
                        healing = true;
                    }
                    Effect::Disconnect | Effect::OpenSession => (pushing, pulling, healing) = (false, false, false),
                    Effect::WakeAt(at) => prop_assert!(at <= now + LONGEST_WAIT),
                    _ => {}
                }
            }
        }
    }

    /// After any past, a contact that is only answered well comes to its end.
    #[test]
    fn after_a_start_only_successes_finish(script in prop::collection::vec(events(), 0..60)) {
        let mut sync = Sync::new(Mode::Once);
        for event in script {
            step(&mut sync, 0, event);
        }
        step(&mut sync, 0, Event::Stop);
        let first = step(&mut sync, 0, Event::Start);
        prop_assert!(answer_all(&mut sync, first));
    }
}

/// Found by the worlds: receipts were due, and the push that was asked for beside them found nothing that may leave.
#[test]
fn what_is_written_while_a_push_finds_nothing_does_not_keep_a_contact_from_its_end() {
    let mut sync = caught_up(Mode::Once);
    assert_eq!(step(&mut sync, 0, Event::ReceiptsWritten), [], "a push is on its way");
    assert_eq!(step(&mut sync, 0, Event::NothingToPush { next: None }), [Effect::Push], "it is looked again");
    assert!(step(&mut sync, 0, Event::NothingToPush { next: None }).contains(&Effect::Finished));
}
