//! Two people, two phones, no network.

use super::*;
use crate::kinds::samples::{person, text};
use crate::kinds::{ActionState, Concern, ConcernState, Content, Draft, Envelope, FieldError, Level, Meeting};

fn draft(record: &mut Envelope) -> &mut Draft {
    match &mut record.content {
        Content::Draft(draft) => draft,
        other => unreachable!("{:?}", other.kind()),
    }
}

fn concern(record: &mut Envelope) -> &mut Concern {
    match &mut record.content {
        Content::Concern(concern) => concern,
        other => unreachable!("{:?}", other.kind()),
    }
}

fn meeting(record: &mut Envelope) -> &mut Meeting {
    match &mut record.content {
        Content::Meeting(meeting) => meeting,
        other => unreachable!("{:?}", other.kind()),
    }
}

fn edit(living: &mut Living, change: impl FnOnce(&mut Envelope)) {
    living
        .edit(NOW, |record| {
            change(record);
            Ok::<_, FieldError>(())
        })
        .unwrap();
}

fn seen_heard(living: &Living) -> String {
    draft(&mut living.view().unwrap()).seen_heard.as_str().to_owned()
}

#[test]
fn two_phones_write_in_one_draft_offline_and_both_texts_stand() {
    let (mut anne, mut bo) = two(Kind::Draft, "Asta kom ind. Hun gik igen.");
    let seen = anne.heads();
    edit(&mut anne, |record| draft(record).seen_heard = text("Asta kom løbende ind. Hun gik igen."));
    edit(&mut bo, |record| {
        draft(record).seen_heard = text("Asta kom ind. Hun gik igen, uden sko.");
        draft(record).childs_words = Some(text("Det er min"));
    });
    exchange(&mut anne, &mut bo, &seen);
    assert_eq!(seen_heard(&anne), "Asta kom løbende ind. Hun gik igen, uden sko.");
    assert_eq!(anne.view().unwrap(), bo.view().unwrap());
    assert_eq!(anne.heads(), bo.heads());
    assert_eq!(anne.conflicts().unwrap(), []);
}

#[test]
fn two_phones_begin_the_same_empty_text_and_both_stand() {
    let mut anne = Living::create(&envelope(Kind::Draft, "", false), ANNE, NOW).unwrap();
    let mut bo = Living::join(Kind::Draft, BO, &update_since(&anne, &[]), ANNE).unwrap();
    let seen = anne.heads();
    edit(&mut anne, |record| draft(record).interpretation = Some(text("træt")));
    edit(&mut bo, |record| draft(record).interpretation = Some(text("sulten")));
    exchange(&mut anne, &mut bo, &seen);
    let shown = draft(&mut anne.view().unwrap()).interpretation.clone().unwrap().into_string();
    assert!(shown.contains("træt") && shown.contains("sulten"), "{shown}");
    assert_eq!(anne.view().unwrap(), bo.view().unwrap());
}

#[test]
fn deleted_words_of_a_draft_are_in_no_submitted_byte() {
    let (mut anne, _) = founded(Kind::Draft, "Hun lugtede af øl. Hun gik.");
    edit(&mut anne, |record| {
        let draft = draft(record);
        draft.seen_heard = text("Hun gik.");
        (draft.childs_words, draft.interpretation, draft.immediate_action) = (None, None, None);
        (draft.setting, draft.domains, draft.body_marks) = (None, Default::default(), Default::default());
    });
    let contains = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let mut record = anne.view().unwrap();
    record.about.as_mut().unwrap().given_name = crate::kinds::Short::new("Asta").unwrap();
    record.content = anne.finish().unwrap().into();
    let payload = frozen::write(&record, ANNE, NOW).unwrap();
    assert!(contains(&payload, "Hun gik."));
    for word in ["lugtede", "øl", "af "] {
        assert!(!contains(&payload, word), "{word}");
    }
    assert!(contains(&anne.save(), "l") && !payload.is_empty());
}

#[test]
fn votes_of_two_people_stand_side_by_side() {
    let (mut anne, mut bo) = two(Kind::Concern, "slår");
    let seen = anne.heads();
    edit(&mut anne, |record| concern(record).vote(person(11), Level::Wonder, None).unwrap());
    edit(&mut bo, |record| concern(record).vote(person(12), Level::Serious, Some(text("tredje gang"))).unwrap());
    exchange(&mut anne, &mut bo, &seen);
    let view = concern(&mut anne.view().unwrap()).clone();
    assert_eq!((view.votes[&person(11)].level, view.votes[&person(12)].level), (Level::Wonder, Level::Serious));
    assert_eq!(anne.conflicts().unwrap(), []);
}

#[test]
fn two_decided_levels_are_shown_side_by_side_until_one_is_chosen() {
    for chosen in [ANNE, BO] {
        let (mut anne, mut bo) = two(Kind::Concern, "slår");
        let seen = anne.heads();
        edit(&mut anne, |record| concern(record).decide(person(11), Level::Wonder));
        edit(&mut bo, |record| concern(record).decide(person(12), Level::Acute));
        exchange(&mut anne, &mut bo, &seen);
        assert_eq!(anne.conflicts().unwrap(), bo.conflicts().unwrap());
        let conflict = anne.conflicts().unwrap().remove(0);
        assert_eq!(conflict.path, ["decided"]);
        let decided: Vec<_> = conflict
            .choices
            .iter()
            .map(|choice| {
                let decided = concern(&mut choice.record.clone()).decided.clone().unwrap();
                (choice.by, decided.level, decided.by)
            })
            .collect();
        assert_eq!(decided, [(ANNE, Level::Wonder, person(11)), (BO, Level::Acute, person(12))]);

        let seen = anne.heads();
        anne.settle(&conflict, chosen, NOW).unwrap();
        exchange(&mut anne, &mut bo, &seen);
        let level = if chosen == ANNE { Level::Wonder } else { Level::Acute };
        for side in [&anne, &bo] {
            assert_eq!(side.conflicts().unwrap(), []);
            assert_eq!(concern(&mut side.view().unwrap()).decided.as_ref().unwrap().level, level);
        }
        assert_eq!(anne.settle(&conflict, chosen, NOW).unwrap_err(), Rejected::NotApplied);
    }
}

#[test]
fn two_states_at_once_are_a_conflict_that_either_choice_ends() {
    for chosen in [ANNE, BO] {
        let (mut anne, mut bo) = two(Kind::Concern, "slår");
        let seen = anne.heads();
        edit(&mut anne, |record| concern(record).state = ConcernState::Closed);
        edit(&mut bo, |record| concern(record).state = ConcernState::Discussed);
        exchange(&mut anne, &mut bo, &seen);
        let conflicts = bo.conflicts().unwrap();
        assert_eq!((conflicts.len(), conflicts[0].path.as_slice()), (1, &["state".to_owned()][..]));
        bo.settle(&conflicts[0], chosen, NOW).unwrap();
        assert_eq!(bo.conflicts().unwrap(), []);
        let expected = if chosen == ANNE { ConcernState::Closed } else { ConcernState::Discussed };
        assert_eq!(concern(&mut bo.view().unwrap()).state, expected);
    }
}

#[test]
fn minutes_and_finished_action_points_of_two_people_merge() {
    let (mut anne, mut bo) = two(Kind::Meeting, "aftale");
    let seen = anne.heads();
    edit(&mut anne, |record| {
        meeting(record).agenda.get_mut(0).unwrap().minutes = Some(text("aftale. Mor vil gerne."));
    });
    edit(&mut bo, |record| {
        meeting(record).action_points.get_mut(0).unwrap().state = ActionState::Done;
        meeting(record).decisions.push(text("Vi ses igen")).unwrap();
    });
    exchange(&mut anne, &mut bo, &seen);
    let view = meeting(&mut bo.view().unwrap()).clone();
    assert_eq!(view.agenda[0].minutes.as_ref().unwrap().as_str(), "aftale. Mor vil gerne.");
    assert_eq!(view.action_points[0].state, ActionState::Done);
    assert_eq!(view.decisions.last().unwrap().as_str(), "Vi ses igen");
    assert_eq!(anne.view().unwrap(), bo.view().unwrap());
}

#[test]
fn an_edit_that_is_refused_changes_nothing() {
    let (mut anne, _) = founded(Kind::Draft, "a");
    let (before, heads) = (anne.view().unwrap(), anne.heads());
    let refused = anne.edit(NOW, |record| {
        draft(record).seen_heard = text("b");
        Err::<(), _>(crate::kinds::Why::Missing.at("child"))
    });
    assert!(matches!(refused, Err(Rejected::Schema(_))));
    let refused = anne.edit(NOW, |record| {
        record.content = envelope(Kind::Meeting, "a", true).content;
        Ok::<_, FieldError>(())
    });
    assert_eq!(refused.unwrap_err(), Rejected::WrongKind);
    assert_eq!((anne.view().unwrap(), anne.heads()), (before, heads));
}

#[test]
fn nothing_edited_is_nothing_to_send() {
    let (mut anne, _) = founded(Kind::Draft, "a");
    let heads = anne.heads();
    edit(&mut anne, |_| {});
    assert_eq!((anne.heads(), anne.updates_since(&heads)), (heads, vec![]));
}

#[test]
fn an_update_twice_is_known_and_a_later_one_first_names_what_is_missing() {
    let (mut anne, mut bo) = two(Kind::Draft, "a");
    let first_heads = anne.heads();
    edit(&mut anne, |record| draft(record).seen_heard = text("ab"));
    let (first, second_heads) = (update_since(&anne, &first_heads), anne.heads());
    edit(&mut anne, |record| draft(record).seen_heard = text("abc"));
    let second = update_since(&anne, &second_heads);
    assert_eq!(bo.apply(&second, ANNE).unwrap_err(), Rejected::Missing(second_heads));
    assert_eq!(seen_heard(&bo), "a");
    assert_eq!(bo.apply(&first, ANNE).unwrap(), Applied::Changed);
    assert_eq!(bo.apply(&first, ANNE).unwrap(), Applied::Known);
    assert_eq!(bo.apply(&second, ANNE).unwrap(), Applied::Changed);
    assert_eq!(seen_heard(&bo), "abc");
    // A longer update that begins with what is known.
    let all = update_since(&anne, &[]);
    assert_eq!((all.changes.len(), bo.apply(&all, ANNE).unwrap()), (3, Applied::Known));
}

#[test]
fn an_installation_sends_its_own_changes_only() {
    let (mut anne, mut bo) = two(Kind::Draft, "a");
    let seen = anne.heads();
    edit(&mut bo, |record| draft(record).seen_heard = text("ab"));
    anne.apply(&update_since(&bo, &seen), BO).unwrap();
    assert_eq!(anne.changes_since(&seen), Vec::<Vec<u8>>::new());
    assert_eq!(bo.changes_since(&[]).len(), 1);
}

#[test]
fn a_large_rewrite_and_a_word_elsewhere_both_stand() {
    let (mut anne, mut bo) = two(Kind::Draft, "Først. Sidst.");
    let seen = anne.heads();
    let large = "æøå🙂".repeat(3_000);
    edit(&mut anne, |record| draft(record).seen_heard = text(&format!("Først{large}. Sidst.")));
    edit(&mut bo, |record| draft(record).seen_heard = text("Først. Aller sidst."));
    exchange(&mut anne, &mut bo, &seen);
    assert_eq!(seen_heard(&anne), format!("Først{large}. Aller sidst."));
    assert_eq!(anne.view().unwrap(), bo.view().unwrap());
}

#[test]
fn what_two_people_add_to_a_full_list_stands_though_one_could_not() {
    let (mut anne, mut bo) = two(Kind::Meeting, "a");
    let fill = |record: &mut Envelope| {
        let decisions = &mut meeting(record).decisions;
        while decisions.push(text("b")).is_ok() {}
    };
    let seen = anne.heads();
    edit(&mut anne, fill);
    edit(&mut bo, fill);
    exchange(&mut anne, &mut bo, &seen);
    let mut view = anne.view().unwrap();
    assert_eq!(view, bo.view().unwrap());
    assert_eq!(meeting(&mut view).decisions.len(), 509);
    assert!(meeting(&mut view).decisions.push(text("c")).is_err());
    edit(&mut anne, |record| drop(meeting(record).decisions.remove(0)));
}

#[test]
fn who_wrote_a_vote_or_a_decision_can_be_asked() {
    let (mut anne, mut bo) = two(Kind::Concern, "a");
    let seen = anne.heads();
    let key = person(12).to_hex();
    edit(&mut bo, |record| {
        concern(record).vote(person(12), Level::Serious, None).unwrap();
        concern(record).decide(person(12), Level::Acute);
    });
    exchange(&mut anne, &mut bo, &seen);
    assert_eq!(anne.writer_of(&["votes", &key]), Some(BO));
    assert_eq!(anne.writer_of(&["decided"]), Some(BO));
    assert_eq!(anne.writer_of(&["state"]), Some(ANNE));
    assert_eq!(anne.writer_of(&["votes", "nobody"]), None);
    assert_eq!(anne.writer_of(&[]), None);
}

#[test]
fn unsent_changes_too_many_for_one_update_travel_in_several() {
    let (mut anne, mut bo) = two(Kind::Draft, "a");
    let seen = anne.heads();
    for letter in ["b", "c", "d", "e"] {
        let longer = seen_heard(&anne) + &letter.repeat(20_000);
        edit(&mut anne, |record| draft(record).seen_heard = text(&longer));
    }
    let updates = anne.updates_since(&seen);
    assert!(updates.len() > 1);
    for update in &updates {
        bo.apply(update, ANNE).unwrap();
    }
    assert_eq!((bo.view().unwrap(), bo.heads()), (anne.view().unwrap(), anne.heads()));
}
