//! What is written is read, word for word.

use proptest::prelude::*;

use super::*;
use crate::kinds::{Content, Envelope, Kind, Observation};

fn typed() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just("\0"),
        Just("<b onclick=x>"),
        Just("\u{202e}"),
        Just("👩‍👧"),
        Just("مرحبا"),
        Just("שלום"),
        Just("e\u{301}"),
        Just("\r\n"),
        Just("=cmd|' /C calc'!A0"),
        Just("010122-1234"),
    ];
    prop::collection::vec(prop_oneof![odd.prop_map(str::to_owned), ".{0,20}"], 0..8).prop_map(|parts| parts.concat())
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(1_000);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_kind_says_what_was_typed(text in typed(), full: bool) {
        for kind in Kind::ALL {
            let written = envelope(*kind, cut(&text), full);
            let read = if kind.is_frozen() {
                let payload = frozen::write(&written, ANNE, NOW).unwrap();
                prop_assert_eq!(&as_automerge_reads(*kind, &payload), &written);
                prop_assert_eq!(&payload, &as_automerge_writes(&written));
                frozen::read(*kind, &payload, ANNE).unwrap()
            } else {
                let living = Living::create(&written, ANNE, NOW).unwrap();
                prop_assert_eq!(&living.view().unwrap(), &written);
                let joined = Living::join(*kind, BO, &update_since(&living, &[]), ANNE).unwrap();
                prop_assert_eq!(&joined.view().unwrap(), &written);
                Living::load(*kind, ANNE, &living.save()).unwrap().view().unwrap()
            };
            prop_assert_eq!(read, written);
        }
    }

    #[test]
    fn an_edit_from_any_state_to_any_other_arrives(before in typed(), after in typed(), full: bool) {
        for kind in Kind::ALL.iter().filter(|kind| kind.is_living() && **kind != Kind::Child) {
            let from = envelope(*kind, cut(&before), full);
            let to = envelope(*kind, cut(&after), !full);
            let mut living = Living::create(&from, ANNE, NOW).unwrap();
            let mut other = Living::join(*kind, BO, &update_since(&living, &[]), ANNE).unwrap();
            let seen = living.heads();
            living.edit(NOW, |record| { *record = to.clone(); Ok(()) }).unwrap();
            prop_assert_eq!(&living.view().unwrap(), &to);
            for update in living.updates_since(&seen) {
                other.apply(&update, ANNE).unwrap();
            }
            prop_assert_eq!(other.view().unwrap(), to);
            prop_assert_eq!(other.heads(), living.heads());
        }
    }
}

fn observation(seen_heard: String) -> Envelope {
    let mut record = envelope(Kind::Observation, "x", true);
    let Content::Observation(content) = record.content else { unreachable!() };
    record.content = Observation { seen_heard: crate::kinds::Text::new(seen_heard).unwrap(), ..content }.into();
    record
}

#[test]
fn the_longest_text_fits_and_a_frozen_document_is_the_same_bytes_each_time() {
    let record = observation("å".repeat(128 * 1024));
    let payload = frozen::write(&record, ANNE, NOW).unwrap();
    assert_eq!(frozen::read(Kind::Observation, &payload, ANNE).unwrap(), record);
    assert_eq!(payload, frozen::write(&record, ANNE, NOW).unwrap());
}

#[test]
fn a_text_too_long_to_write_together_is_kept_whole_in_a_living_document() {
    let long = "Ætbørnæ".repeat(20_000);
    let mut living = Living::create(&envelope(Kind::Draft, "", false), ANNE, NOW).unwrap();
    let put = |living: &mut Living, text: &str| {
        living
            .edit(NOW, |record| {
                if let Content::Draft(draft) = &mut record.content {
                    draft.seen_heard = crate::kinds::Text::new(text).unwrap();
                }
                Ok(())
            })
            .unwrap();
    };
    for text in [long.as_str(), "kort", "", &long] {
        put(&mut living, text);
        let Content::Draft(draft) = living.view().unwrap().content else { unreachable!() };
        assert_eq!(draft.seen_heard.as_str(), text);
    }
    Living::join(Kind::Draft, BO, &update_since(&living, &[]), ANNE).unwrap();
}

#[test]
fn what_is_frozen_is_not_written_as_living_and_the_other_way_round() {
    for kind in Kind::ALL {
        let record = envelope(*kind, "a", true);
        if kind.is_frozen() {
            assert_eq!(Living::create(&record, ANNE, NOW).unwrap_err(), Rejected::WrongKind);
            assert_eq!(Living::load(*kind, ANNE, &[]).unwrap_err(), Rejected::WrongKind);
        } else {
            assert_eq!(frozen::write(&record, ANNE, NOW).unwrap_err(), Rejected::WrongKind);
            assert_eq!(frozen::read(*kind, &[], ANNE).unwrap_err(), Rejected::WrongKind);
        }
    }
}

#[test]
fn a_frozen_document_is_read_as_its_own_kind_only() {
    for written in Kind::ALL.iter().filter(|kind| kind.is_frozen()) {
        let payload = frozen::write(&envelope(*written, "a", true), ANNE, NOW).unwrap();
        for read in Kind::ALL.iter().filter(|kind| *kind != written) {
            assert!(frozen::read(*read, &payload, ANNE).is_err(), "{written:?} as {read:?}");
        }
    }
}
