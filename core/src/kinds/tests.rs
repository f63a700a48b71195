//! What the kinds promise by themselves.

use super::node::{Field, Node};
use super::samples::{envelope, person};
use super::*;
use tvaers_wire::ids::PersonId;

#[test]
fn kinds_are_frozen_or_living_as_the_protocol_says() {
    use Kind::*;
    let frozen =
        [Observation, Amendment, Assessment, Reply, Voice, Measure, Consent, Notification, Disclosure, AccessEvent];
    for kind in Kind::ALL {
        assert_eq!(kind.is_frozen(), frozen.contains(kind), "{kind:?}");
        assert_ne!(kind.is_frozen(), kind.is_living(), "{kind:?}");
    }
}

#[test]
fn codes_are_stable_and_unknown_ones_are_errors() {
    fn check<T: Field + PartialEq + std::fmt::Debug + Copy>(all: &[T], code: fn(T) -> u8) {
        for value in all {
            assert_eq!(T::read(value.write(), "f").unwrap(), *value);
        }
        let known: Vec<i64> = all.iter().map(|value| code(*value).into()).collect();
        for unknown in (-1..=300).chain([i64::MIN, i64::MAX]).filter(|number| !known.contains(number)) {
            let refused = T::read(Some(Node::Int(unknown)), "f").unwrap_err();
            assert_eq!(refused, Why::UnknownCode.at("f"));
        }
        assert_eq!(T::read(Some(Node::Str("1".into())), "f").unwrap_err(), Why::WrongType.at("f"));
        assert_eq!(T::read(None, "f").unwrap_err(), Why::Missing.at("f"));
    }
    check(Kind::ALL, Kind::code);
    check(Precision::ALL, Precision::code);
    check(ChildState::ALL, ChildState::code);
    check(Position::ALL, Position::code);
    check(Level::ALL, Level::code);
    check(ConcernState::ALL, ConcernState::code);
    check(Answer::ALL, Answer::code);
    check(NotificationLevel::ALL, NotificationLevel::code);
    check(Suspect::ALL, Suspect::code);
    check(AnalysisState::ALL, AnalysisState::code);
    check(InterventionState::ALL, InterventionState::code);
    check(Evaluation::ALL, Evaluation::code);
    check(MeetingState::ALL, MeetingState::code);
    check(Horizon::ALL, Horizon::code);
    check(ActionState::ALL, ActionState::code);
    check(DiscussionState::ALL, DiscussionState::code);
    check(Access::ALL, Access::code);
}

#[test]
fn codes_of_kinds_never_change() {
    let codes: Vec<u8> = Kind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes, (1..=19).collect::<Vec<u8>>());
    assert_eq!((Kind::Observation.code(), Kind::Concern.code(), Kind::Notification.code()), (3, 7, 16));
}

#[test]
fn texts_take_everything_but_length() {
    for odd in ["\0", "<script>alert(1)</script>", "\u{202e}bagvendt", "👩‍👧", "=1+1", "'; DROP TABLE", "שלום"]
    {
        assert_eq!(Text::new(odd).unwrap().as_str(), odd);
    }
    let limit = Text::MAX_BYTES;
    assert!(Text::new("a".repeat(limit)).is_ok());
    assert_eq!(Text::new("a".repeat(limit + 1)).unwrap_err(), Why::TooLong { limit });
    assert_eq!(Short::new("å".repeat(513)).unwrap_err(), Why::TooLong { limit: 1024 });
}

#[test]
fn scales_and_lists_have_ends() {
    assert!(Score::new(-1).is_err() && Score::new(11).is_err() && Score::new(i64::MAX).is_err());
    assert!(Usefulness::new(0).is_err() && Usefulness::new(6).is_err());
    assert_eq!((Score::new(0).unwrap().get(), Usefulness::new(5).unwrap().get()), (0, 5));
    let mut full = List::new(vec![0; 256]).unwrap();
    assert_eq!(full.push(1).unwrap_err(), Why::TooMany { limit: 256 });
    assert!(List::new(vec![0; 257]).is_err());
    let mut votes = ByPerson::default();
    (0..=255).for_each(|number| votes.set(person(number), ()).unwrap());
    assert!(votes.set(PersonId::new([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]), ()).is_err());
    votes.set(person(3), ()).unwrap();
}

#[test]
fn nothing_typed_is_in_debug_output() {
    for kind in Kind::ALL {
        let shown = format!("{:?}", envelope(*kind, "hemmeligt", true));
        assert!(!shown.contains("hemmeligt"), "{kind:?}");
    }
}

#[test]
fn an_error_names_the_field_and_never_what_was_typed() {
    let error = Why::TooLong { limit: 1024 }.at("setting");
    assert_eq!(error.to_string(), "setting: it is too long: at most 1024 bytes");
    assert_eq!(error.why.code(), "too-long");
}

#[test]
fn a_record_that_says_nothing_is_refused() {
    let mut blank = envelope(Kind::Observation, "", false);
    blank.content = Draft { seen_heard: Text::new(" \n").unwrap(), ..Draft::empty() }.finish_unchecked();
    assert_eq!(blank.check().unwrap_err(), Why::Missing.at("seen_heard"));
    assert!(Draft::empty().finish().is_err());
    let mut reply = envelope(Kind::Reply, "", false);
    reply.content = Reply { to: samples::record(1), answer: None, back_by: None, text: None }.into();
    assert_eq!(reply.check().unwrap_err(), Why::Missing.at("text"));
}

#[test]
fn only_an_answer_that_promises_a_day_has_one() {
    let day = Some(jiff::civil::date(2026, 12, 3));
    let check = |answer, back_by| {
        let mut reply = envelope(Kind::Reply, "a", true);
        reply.content = Reply { to: samples::record(1), answer, back_by, text: Text::optional("a").unwrap() }.into();
        reply.check()
    };
    assert_eq!(check(Some(Answer::BackBy), day), Ok(()));
    assert_eq!(check(Some(Answer::BackBy), None), Err(Why::Missing.at("back_by")));
    assert_eq!(check(None, day), Err(Why::Contradiction.at("back_by")));
    for answer in Answer::ALL.iter().filter(|answer| **answer != Answer::BackBy) {
        assert_eq!(check(Some(*answer), None), Ok(()));
        assert_eq!(check(Some(*answer), day), Err(Why::Contradiction.at("back_by")));
    }
}

impl Draft {
    fn finish_unchecked(self) -> Content {
        Observation {
            setting: self.setting,
            seen_heard: self.seen_heard,
            childs_words: None,
            interpretation: None,
            immediate_action: None,
            domains: List::default(),
            body_marks: List::default(),
            co_authors: List::default(),
        }
        .into()
    }
}

#[test]
fn an_anonymous_discussion_has_no_child_and_a_child_has_one() {
    let mut anonymous = envelope(Kind::AnonymousDiscussion, "a", true);
    anonymous.about = envelope(Kind::Reply, "a", true).about;
    assert_eq!(anonymous.check().unwrap_err(), Why::Contradiction.at("about"));
    let mut child = envelope(Kind::Child, "a", true);
    child.about = None;
    assert_eq!(child.check().unwrap_err(), Why::Missing.at("about"));
}

#[test]
fn an_access_event_is_in_no_childs_chronology_and_has_a_place_in_its_log() {
    let mut event = envelope(Kind::AccessEvent, "a", true);
    assert_eq!(event.check(), Ok(()));
    event.about = envelope(Kind::Reply, "a", true).about;
    assert_eq!(event.check().unwrap_err(), Why::Contradiction.at("about"));
    event.about = None;
    for number in [0, -1, i64::MIN] {
        let nothing = AccessEvent { number, until: 0, done: List::default(), children: List::default() };
        event.content = nothing.into();
        assert_eq!(event.check().unwrap_err().field, "number");
    }
}

#[test]
fn impossible_times_are_refused() {
    let mut record = envelope(Kind::Reply, "a", true);
    for (at, offset_minutes) in [(i64::MAX, 0), (i64::MIN, 0), (0, 1_081), (0, i64::MIN)] {
        record.occurred = Occurred { at, offset_minutes, precision: Precision::Day };
        assert!(record.check().is_err(), "{at} {offset_minutes}");
    }
}

#[test]
fn dates_have_one_spelling() {
    use jiff::civil::Date;
    for wrong in ["2026-02-30", "20260228", "2026-2-28", "2026-02-28T00:00", "", "i går"] {
        assert_eq!(Date::read(Some(Node::Str(wrong.into())), "due").unwrap_err(), Why::NotADate.at("due"), "{wrong}");
    }
}
