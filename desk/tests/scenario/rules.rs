//! Who coordinates and who reads, case by case, where nordby is too kind to ask.

use serde_json::json;
use tvaers_desk::scenario::people::People;

use crate::town::{audience, child, coordinator, event, names, person, readers, scenario};

macro_rules! coordinators {
    ($($name:ident: [$($event:expr),* $(,)?] => $expected:expr;)+) => {$(
        #[test]
        fn $name() {
            let scenario = scenario(vec![$($event),*]);
            let people = People::new(&scenario);
            assert_eq!(coordinator(&scenario, &people, "c1"), $expected);
        }
    )+};
}

fn concern(id: &str, to: &str) -> serde_json::Value {
    event(id, "concern", "t1", json!({ "recipient": to }))
}

coordinators! {
    nobody_coordinates_a_child_with_notes_only: [
        event("o", "observation", "soc1", json!({})),
        event("v", "voice", "soc1", json!({})),
        event("m", "meeting", "soc1", json!({ "attendees": ["soc1"] })),
    ] => None;
    a_concern_to_a_social_worker_makes_the_coordinator: [concern("c", "soc2")] => Some(("soc2", "c"));
    a_concern_raised_by_a_social_worker_does_not: [
        event("c", "concern", "soc1", json!({ "recipient": "psy" })),
    ] => Some(("psy", "c"));
    a_unit_stands_for_its_first_social_worker_by_id: [concern("c", "u-fam")] => Some(("soc1", "c"));
    a_unit_without_social_workers_waits_for_one_who_comes_later: [
        concern("c", "u-skole"), event("a", "analysis", "soc2", json!({})),
    ] => Some(("soc2", "a"));
    a_unit_without_social_workers_stands_for_its_first_person: [
        concern("c", "u-skole"), concern("d", "psy"),
    ] => Some(("t1", "c"));
    a_notification_goes_to_the_familieafdeling: [
        event("n", "notification", "t1", json!({})), concern("c", "soc2"),
    ] => Some(("soc1", "n"));
    an_intervention_of_a_social_worker_makes_the_coordinator: [
        concern("c", "psy"), event("i", "intervention", "soc2", json!({})), concern("d", "soc1"),
    ] => Some(("soc2", "i"));
    an_analysis_of_somebody_else_does_not: [
        event("a", "analysis", "psy", json!({})), concern("c", "t2"),
    ] => Some(("t2", "c"));
    the_concern_about_another_child_does_not: [
        event("c", "concern", "t1", json!({ "child": "c2", "recipient": "soc1" })),
    ] => None;
    the_successor_of_a_hand_over_does: [
        concern("c", "soc1"), event("h", "handover", "soc1", json!({})),
    ] => Some(("soc2", "h"));
}

#[test]
fn the_newest_hand_over_wins_even_over_what_comes_after_it() {
    let scenario = scenario(vec![
        event("i", "intervention", "soc1", json!({})),
        event("h", "handover", "soc1", json!({ "to": "soc2" })),
        concern("c", "soc1"),
        event("h2", "handover", "soc2", json!({ "from": "soc2", "to": "psy" })),
        event("o", "observation", "t1", json!({})),
    ]);
    let people = People::new(&scenario);
    assert_eq!(coordinator(&scenario, &people, "c1"), Some(("psy", "h2")));
    let at = |id: &str| {
        let at = people.coordinator_at(child(&scenario, "c1"), scenario.event_by_id(id).unwrap())?;
        Some(names(&scenario, [at.person])[0])
    };
    assert_eq!((at("h"), at("c"), at("o")), (Some("soc2"), Some("soc2"), Some("psy")));
}

#[test]
fn an_event_by_nobodys_coordinator_stays_with_its_author_until_there_is_one() {
    let scenario = scenario(vec![
        event("before", "observation", "t2", json!({})),
        event("consent", "consent", "t2", json!({})),
        concern("c", "soc1"),
        event("after", "observation", "t2", json!({})),
        event("own", "observation", "soc1", json!({})),
    ]);
    let people = People::new(&scenario);
    for (event, to) in
        [("before", "private"), ("consent", "private"), ("c", "case soc1"), ("after", "lines soc1"), ("own", "private")]
    {
        assert_eq!(audience(&scenario, &people, event), to, "{event}");
    }
    let reach: Vec<_> = people.must_reach(person(&scenario, "soc1")).iter().map(|event| event.id.as_str()).collect();
    assert_eq!(reach, ["before", "consent", "c", "after", "own"]);
    assert_eq!(readers(&scenario, &people, "before"), ["soc1", "t2"]);
}

#[test]
fn an_own_assessment_is_nobodys_but_the_coordinators() {
    let scenario = scenario(vec![
        concern("c", "soc1"),
        event("x", "assessment", "t1", json!({})),
        event("y", "assessment", "t2", json!({ "own": false })),
    ]);
    let people = People::new(&scenario);
    assert_eq!(audience(&scenario, &people, "x"), "lines soc1");
    assert_eq!(readers(&scenario, &people, "x"), ["soc1", "t1"]);
    assert_eq!(audience(&scenario, &people, "y"), "lines soc1");
}

#[test]
fn what_another_person_cites_was_shared_with_that_person_and_no_other() {
    let scenario = scenario(vec![
        event("o", "observation", "t1", json!({})),
        event("c", "concern", "t2", json!({ "observations": ["o"], "recipient": "psy" })),
        event("own", "amendment", "t1", json!({ "of": "o" })),
    ]);
    let people = People::new(&scenario);
    assert_eq!(audience(&scenario, &people, "o"), "lines t2");
    // The coordinator reads it as coordinator; nobody else in the school does.
    assert_eq!(readers(&scenario, &people, "o"), ["psy", "t1", "t2"]);
    let note = scenario.event(scenario.event_by_id("o").unwrap()).unwrap();
    assert_eq!(names(&scenario, people.citers(note)), ["t2"]);
    // Answering oneself sends it to nobody more.
    assert_eq!(audience(&scenario, &people, "own"), "lines psy");
}

#[test]
fn an_answer_goes_back_to_whom_it_answers() {
    let scenario = scenario(vec![
        event("o", "observation", "t1", json!({})),
        event("i", "intervention", "t2", json!({ "responsible": "psy" })),
        event("r", "reply", "soc1", json!({ "to": "o" })),
        event("a", "amendment", "t2", json!({ "of": "o" })),
        event("m", "measure", "psy", json!({ "intervention": "i", "by_whom": "soc2" })),
    ]);
    let people = People::new(&scenario);
    assert_eq!(audience(&scenario, &people, "r"), "lines t1");
    assert_eq!(audience(&scenario, &people, "a"), "lines t1");
    assert_eq!(audience(&scenario, &people, "i"), "case psy");
    assert_eq!(audience(&scenario, &people, "m"), "case soc2 t2");
    // An intervention's author has no role in the case by that alone.
    assert_eq!(
        names(&scenario, people.case_members(child(&scenario, "c1"), scenario.event_by_id("o").unwrap())),
        ["psy", "soc2"]
    );
}

#[test]
fn a_case_record_may_be_read_by_the_whole_case_and_a_line_by_two() {
    let scenario = scenario(vec![
        concern("c", "u-skole"),
        event("m", "meeting", "t2", json!({ "attendees": ["psy", "Mor Dahl", "t1"] })),
        event("n", "notification", "t2", json!({})),
        event("o", "observation", "psy", json!({})),
    ]);
    let people = People::new(&scenario);
    let case = ["psy", "soc1", "t1", "t2"];
    assert_eq!(names(&scenario, people.case_members(child(&scenario, "c1"), scenario.event_by_id("c").unwrap())), case);
    assert_eq!(audience(&scenario, &people, "c"), "case + u-skole");
    assert_eq!(audience(&scenario, &people, "m"), "case psy t1");
    assert_eq!(audience(&scenario, &people, "n"), "case soc1");
    assert_eq!(readers(&scenario, &people, "c"), case);
    assert_eq!(readers(&scenario, &people, "o"), ["psy", "soc1"]);
}

#[test]
fn a_concern_to_a_unit_is_read_by_its_team_and_never_by_it() {
    let scenario = scenario(vec![concern("c", "u-fam"), event("a", "analysis", "soc1", json!({}))]);
    let people = People::new(&scenario);
    assert_eq!(audience(&scenario, &people, "c"), "case soc1 + u-fam");
    assert_eq!(readers(&scenario, &people, "c"), ["soc1", "soc2", "t1"]);
    // The team got the concern; the rest of the case is the coordinator's.
    assert_eq!(readers(&scenario, &people, "a"), ["soc1", "t1"]);
}

#[test]
fn an_anonymous_meeting_reaches_attendees_and_the_coordinators_unit_and_makes_no_case() {
    let anonymous = json!({ "basis": "anonym", "attendees": ["psy", "t1", "Ekstern: x"] });
    let scenario = scenario(vec![event("m", "meeting", "t1", anonymous), concern("c", "soc2")]);
    let people = People::new(&scenario);
    assert_eq!(audience(&scenario, &people, "m"), "anonymous psy + u-fam");
    assert_eq!(readers(&scenario, &people, "m"), ["psy", "soc1", "soc2", "t1"]);
    assert_eq!(
        names(&scenario, people.case_members(child(&scenario, "c1"), scenario.event_by_id("m").unwrap())),
        ["soc2", "t1"]
    );
}

#[test]
fn a_meeting_about_nobody_reaches_its_attendees() {
    let nobody = json!({ "child": null, "attendees": ["psy", "t1"] });
    let scenario = scenario(vec![event("m", "meeting", "t1", nobody)]);
    let people = People::new(&scenario);
    assert_eq!(audience(&scenario, &people, "m"), "anonymous psy");
}
