//! Bad input: refused alone with id and reason, or taken as text.

use serde_json::{Value, json};
use tvaers_desk::scenario::{LoadError, Loaded, load};

use crate::town::{RECORDS, event, loaded, refused, town, without};

/// The bad event is refused for this reason; the note before it and the one after it stand.
fn refused_alone(bad: Value, id: &str, reason: &str) {
    let loaded = loaded(vec![
        event("o", "observation", "t1", json!({})),
        event("i", "intervention", "soc1", json!({})),
        bad.clone(),
        event("after", "observation", "t2", json!({})),
    ]);
    assert_eq!(refused(&loaded), [(id.to_owned(), reason.to_owned())], "{bad}");
    let stand: Vec<_> = loaded.scenario.events.values().map(|event| event.id.as_str()).collect();
    assert_eq!((stand, loaded.total), (vec!["o", "i", "after"], 4));
}

fn bad(kind: &str, own: Value) -> Value {
    event("bad", kind, "t1", own)
}

#[test]
fn what_no_event_can_be_is_refused_by_its_place() {
    for value in [json!(null), json!(7), json!("observation"), json!([]), json!([{ "id": "bad" }])] {
        refused_alone(value, "events[2]", "it is not a readable JSON object");
    }
    refused_alone(json!({}), "events[2]", "id: it must be filled in");
    refused_alone(
        bad("observation", json!({ "id": 7 })),
        "events[2]",
        "id: it is not the kind of value that belongs here",
    );
    refused_alone(bad("observation", json!({ "id": "" })), "events[2]", "id: it must be filled in");
    refused_alone(
        bad("observation", json!({ "id": "x".repeat(65) })),
        "events[2]",
        "id: it is too long: at most 64 bytes",
    );
}

#[test]
fn an_unknown_kind_is_refused() {
    for kind in ["", "note", "Observation", "observation ", "joint_assessment", "child"] {
        refused_alone(bad("observation", json!({ "kind": kind })), "bad", "kind: there is no such kind of event");
    }
    refused_alone(
        bad("observation", json!({ "kind": 3 })),
        "bad",
        "kind: it is not the kind of value that belongs here",
    );
}

#[test]
fn an_unknown_person_child_or_event_is_refused() {
    let no_person = |field: &str| format!("{field}: the scenario has no such person");
    let no_event = |field: &str| format!("{field}: the scenario has no such event");
    for nobody in ["nobody", "", "T1", "Navn t1", "u-skole", "c1"] {
        refused_alone(bad("observation", json!({ "by": nobody })), "bad", &no_person("by"));
        refused_alone(bad("handover", json!({ "to": nobody })), "bad", &no_person("to"));
        refused_alone(bad("handover", json!({ "from": nobody })), "bad", &no_person("from"));
        refused_alone(bad("leaves", json!({ "person": nobody })), "bad", &no_person("person"));
        refused_alone(bad("device_lost", json!({ "person": nobody })), "bad", &no_person("person"));
    }
    let no_addressee = "recipient: the scenario has no such person or unit";
    refused_alone(bad("concern", json!({ "recipient": "u-9" })), "bad", no_addressee);
    refused_alone(bad("observation", json!({ "child": "c9" })), "bad", "child: the scenario has no such child");
    for nothing in ["e9", "", "O", "c1"] {
        refused_alone(bad("amendment", json!({ "of": nothing })), "bad", &no_event("of"));
        refused_alone(bad("reply", json!({ "to": nothing })), "bad", &no_event("to"));
        refused_alone(bad("measure", json!({ "intervention": nothing })), "bad", &no_event("intervention"));
        refused_alone(bad("concern", json!({ "observations": ["o", nothing] })), "bad", &no_event("observations"));
    }
    refused_alone(
        bad("measure", json!({ "intervention": "o" })),
        "bad",
        "intervention: the event it cites is not an intervention",
    );
}

#[test]
fn an_impossible_date_is_refused() {
    for at in
        ["2026-02-30T10:00:00+01:00", "2026-10-25T24:30:00+01:00", "2026-10-25T10:00:00", "2026-10-25", "", "i går"]
    {
        refused_alone(bad("observation", json!({ "at": at })), "bad", "at: it is not a date");
    }
    for at in ["1899-12-31T10:00:00+01:00", "2026-10-25T10:00:00+19:00"] {
        refused_alone(bad("observation", json!({ "at": at })), "bad", "occurred: it is not a date");
    }
    refused_alone(
        bad("observation", json!({ "device_clock": "for længe siden" })),
        "bad",
        "device_clock: it is not a date",
    );
    refused_alone(bad("intervention", json!({ "start": "2026-02-29" })), "bad", "start: it is not a date");
    refused_alone(bad("intervention", json!({ "review_at": "01-12-2026" })), "bad", "review_at: it is not a date");
    refused_alone(bad("consent", json!({ "expires_at": "2026-13-01" })), "bad", "expires_at: it is not a date");
    let points = json!({ "action_points": [{ "text": "x", "owner": "t1", "due": "2026-11-31" }] });
    refused_alone(bad("meeting", points), "bad", "due: it is not a date");
}

#[test]
fn a_device_that_the_person_does_not_have_is_refused() {
    for device in [json!(0), json!(3), json!(-1), json!(1.5), json!(65_537), json!(1e300)] {
        let reason = "device: the person has no device with this number";
        refused_alone(bad("observation", json!({ "device": device })), "bad", reason);
        refused_alone(bad("device_lost", json!({ "by": "a-it", "device": device })), "bad", reason);
    }
    refused_alone(
        bad("observation", json!({ "device": "1" })),
        "bad",
        "device: it is not the kind of value that belongs here",
    );
    // The lost phone's number, not the recorder's: IT has one device, the teacher two.
    assert_eq!(loaded(vec![event("l", "device_lost", "a-it", json!({ "device": 2 }))]).refused, []);
}

#[test]
fn every_field_that_is_needed_is_needed_and_has_its_type() {
    let optional = ["childs_words", "expires_at", "rating"];
    for kind in RECORDS {
        let whole = bad(kind, json!({}));
        for field in whole.as_object().unwrap().keys().filter(|field| !["id", "at"].contains(&field.as_str())) {
            let about_nobody = field == "child" && ["meeting", "amendment", "reply"].contains(kind);
            if !optional.contains(&field.as_str()) && !about_nobody {
                let missing = format!("{field}: it must be filled in");
                refused_alone(without(whole.clone(), field), "bad", &missing);
                refused_alone(bad(kind, json!({ field.as_str(): null })), "bad", &missing);
            }
            // No field holds an object of objects.
            let wrong = bad(kind, json!({ field.as_str(): { "x": { "y": [] } } }));
            let loaded = loaded(vec![event("o", "observation", "t1", json!({})), wrong]);
            assert_eq!(loaded.refused.last().map(|refused| refused.id.as_str()), Some("bad"), "{kind} {field}");
        }
    }
}

#[test]
fn a_value_off_its_scale_or_list_of_words_is_refused() {
    let scale = |field: &str| format!("{field}: it must be a whole number from 0 to 10");
    for number in [json!(-1), json!(11), json!(2.5), json!(1e18), json!(-0.1)] {
        refused_alone(bad("voice", json!({ "rating": number })), "bad", &scale("rating"));
        refused_alone(bad("measure", json!({ "value": number })), "bad", &scale("value"));
        refused_alone(bad("intervention", json!({ "baseline": number })), "bad", &scale("baseline"));
    }
    let unknown = |field: &str| format!("{field}: this version does not know the value");
    refused_alone(bad("assessment", json!({ "position": "Grøn" })), "bad", &unknown("position"));
    refused_alone(bad("concern", json!({ "level": "almindelig" })), "bad", &unknown("level"));
    refused_alone(bad("notification", json!({ "level": "gul" })), "bad", &unknown("level"));
}

#[test]
fn what_is_too_long_is_refused_and_what_just_fits_is_not() {
    let fits = "æ".repeat(128 * 1024);
    let long = format!("{fits}x");
    let reason = |field: &str| format!("{field}: it is too long: at most 262144 bytes");
    refused_alone(bad("observation", json!({ "seen_heard": "x".repeat(1024 * 1024) })), "bad", &reason("seen_heard"));
    refused_alone(bad("notification", json!({ "text": long })), "bad", &reason("text"));
    refused_alone(bad("meeting", json!({ "agenda": ["", long] })), "bad", &reason("agenda"));
    refused_alone(
        bad("analysis", json!({ "risk": vec!["x"; 257] })),
        "bad",
        "risk: it has too many items: at most 256",
    );
    assert_eq!(loaded(vec![bad("observation", json!({ "seen_heard": fits }))]).refused, []);
}

#[test]
fn what_fits_field_by_field_but_not_together_is_refused() {
    let long = "æ".repeat(128 * 1024);
    let reason = "it is larger than a record can be";
    for (kind, field) in [("meeting", "decisions"), ("assessment", "indicators"), ("analysis", "risk")] {
        refused_alone(bad(kind, json!({ field: vec![long.as_str(); 8] })), "bad", reason);
        assert_eq!(loaded(vec![bad(kind, json!({ field: vec![long.as_str(); 5] }))]).refused, [], "{kind}");
    }
    // Every text of a note at its largest.
    let note = json!({ "seen_heard": long, "childs_words": long, "interpretation": long, "immediate_action": long });
    assert_eq!(loaded(vec![bad("observation", note)]).refused, []);
}

#[test]
fn what_says_nothing_is_refused() {
    refused_alone(bad("observation", json!({ "seen_heard": " \n" })), "bad", "seen_heard: it must be filled in");
    refused_alone(bad("amendment", json!({ "text": "" })), "bad", "text: it must be filled in");
    refused_alone(bad("reply", json!({ "text": "" })), "bad", "text: it must be filled in");
    refused_alone(bad("notification", json!({ "text": " " })), "bad", "text: it must be filled in");
    let nothing = json!({ "verbatim": "", "rating": null });
    refused_alone(bad("voice", nothing), "bad", "not_obtained_reason: it must be filled in");
}

#[test]
fn of_two_events_with_one_id_the_first_has_it() {
    refused_alone(event("o", "observation", "t2", json!({})), "o", "id: another one before it has this id");
    let loaded = loaded(vec![
        event("x", "observation", "nobody", json!({})),
        event("x", "observation", "t1", json!({})),
        event("a", "amendment", "t2", json!({ "of": "x" })),
    ]);
    let reasons = [
        "by: the scenario has no such person",
        "id: another one before it has this id",
        "the event it cites is refused",
    ];
    assert_eq!(refused(&loaded).iter().map(|(_, reason)| reason.as_str()).collect::<Vec<_>>(), reasons);
}

#[test]
fn a_later_event_may_be_cited_and_a_circle_may_not() {
    let forward = loaded(vec![
        event("a", "amendment", "t2", json!({ "of": "o" })),
        event("c", "concern", "t2", json!({ "observations": ["a", "o"] })),
        event("o", "observation", "t1", json!({})),
    ]);
    assert_eq!(refused(&forward), []);
    refused_alone(bad("reply", json!({ "to": "bad" })), "bad", "its citations go round in a circle");
    let circle = loaded(vec![
        event("a", "amendment", "t2", json!({ "of": "b" })),
        event("b", "amendment", "t2", json!({ "of": "a" })),
        event("o", "observation", "t1", json!({})),
    ]);
    assert_eq!(refused(&circle).iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let twice = loaded(vec![
        event("c", "concern", "t2", json!({ "observations": ["o", "o"] })),
        event("o", "observation", "t1", json!({})),
    ]);
    assert_eq!(refused(&twice), []);
}

#[test]
fn what_cites_a_refused_event_falls_with_it() {
    let loaded = loaded(vec![
        event("o", "observation", "t1", json!({ "device": 9 })),
        event("a", "amendment", "t2", json!({ "of": "o" })),
        event("r", "reply", "t1", json!({ "to": "a" })),
        event("i", "intervention", "soc1", json!({})),
        event("h", "handover", "soc1", json!({})),
        event("rh", "reply", "t1", json!({ "to": "h" })),
        event("fine", "observation", "t1", json!({})),
    ]);
    let fallen: Vec<_> = loaded.refused.iter().map(|refused| refused.id.as_str()).collect();
    assert_eq!(fallen, ["o", "a", "r", "rh"]);
    let stand: Vec<_> = loaded.scenario.events.values().map(|event| event.id.as_str()).collect();
    assert_eq!(stand, ["i", "h", "fine"]);
}

#[test]
fn a_hand_over_of_what_one_does_not_hold_is_refused_alone() {
    let holds = || event("i", "intervention", "soc1", json!({}));
    let hand_over = |id: &str, fields| event(id, "handover", "soc1", fields);
    let reason =
        |events: Vec<Value>| refused(&loaded(events)).into_iter().map(|(_, reason)| reason).collect::<Vec<_>>();
    let not_held = "from: the person does not coordinate the child";
    let gone = "to: the person has left, or has no device left";
    assert_eq!(reason(vec![hand_over("h", json!({})), holds()]), [not_held], "nobody does yet");
    assert_eq!(reason(vec![holds(), hand_over("h", json!({})), hand_over("again", json!({}))]), [not_held]);
    let to_oneself = reason(vec![holds(), hand_over("h", json!({ "to": "soc1" }))]);
    assert_eq!(to_oneself, ["to: a child is handed over to somebody else"]);
    let left = event("l", "leaves", "a-it", json!({ "person": "soc2" }));
    assert_eq!(reason(vec![holds(), left, hand_over("h", json!({}))]), [gone]);
    // A refused one changes nothing: the next is judged without it.
    let lost = event("l", "device_lost", "a-it", json!({ "person": "soc2", "device": 1 }));
    let next = hand_over("next", json!({ "to": "psy" }));
    assert_eq!(reason(vec![holds(), lost, hand_over("h", json!({})), next]), [gone]);
}

#[test]
fn who_has_left_and_what_is_lost_writes_nothing_more() {
    let at = |id: &str, device: u32| event(id, "observation", "t1", json!({ "device": device }));
    let lost = loaded(vec![at("1", 2), event("l", "device_lost", "a-it", json!({})), at("2", 2), at("3", 1)]);
    assert_eq!(refused(&lost), [("2".to_owned(), "device: it had been reported lost".to_owned())]);
    let left = loaded(vec![at("1", 2), event("l", "leaves", "a-it", json!({})), at("2", 2), at("3", 1)]);
    assert_eq!(left.refused.iter().map(|refused| refused.id.as_str()).collect::<Vec<_>>(), ["2", "3"]);
    // A refused event changes nothing.
    let refused_leaves = loaded(vec![event("l", "leaves", "a-it", json!({ "device": 9 })), at("1", 1)]);
    assert_eq!(refused_leaves.refused.len(), 1);
}

#[test]
fn unknown_fields_are_passed_over_and_time_may_run_backwards() {
    let loaded = loaded(vec![
        event("1", "observation", "t1", json!({ "at": "2027-01-01T10:00:00+01:00", "mood": { "x": [1] }, "cpr": 5 })),
        event("2", "observation", "t1", json!({ "at": "2026-01-01T10:00:00Z", "device_clock": "1970-01-01T00:00:00" })),
    ]);
    assert_eq!(loaded.refused, []);
}

#[test]
fn json_that_only_one_event_gets_wrong_spoils_only_that_event() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for broken in [r#"{"id": "x", "text": "\ud800"}"#, r#"{"id": "x", "value": 1e999}"#, deep.as_str()] {
        let mut file = town();
        file["events"] = json!([event("o", "observation", "t1", json!({})), "HERE"]);
        let loaded = load(file.to_string().replace("\"HERE\"", broken).as_bytes()).unwrap();
        assert_eq!(refused(&loaded), [("events[1]".to_owned(), "it is not a readable JSON object".to_owned())]);
        assert_eq!(loaded.scenario.events.len(), 1);
    }
}

#[test]
fn a_bad_child_is_refused_by_name_and_its_events_with_it() {
    let mut file = town();
    let good = file["children"][0].clone();
    let changed = |field: &str, value: Value| {
        let mut child = good.clone();
        child["id"] = "c9".into();
        child[field] = value;
        child
    };
    for child in [
        changed("birth_date", json!("2020-02-30")),
        changed("given_name", json!(7)),
        changed("unit", json!("u-9")),
        changed("guardians", json!([7])),
        changed("interpreter", json!("ja")),
        changed("id", json!("c1")),
    ] {
        file["children"] = json!([good, child]);
        file["events"] = json!([event("e", "observation", "t1", json!({ "child": "c9" }))]);
        let Loaded { refused_children, refused, scenario, .. } = load(file.to_string().as_bytes()).unwrap();
        assert_eq!((refused_children.len(), refused.len(), scenario.children.len()), (1, 1, 1), "{child}");
        assert_eq!(Some(refused_children[0].id.as_str()), child["id"].as_str());
    }
    file["children"] = json!([7]);
    assert_eq!(load(file.to_string().as_bytes()).unwrap().refused_children[0].id, "children[0]");
}

#[test]
fn a_file_that_is_no_scenario_is_refused_in_one_sentence() {
    let whole = town();
    assert!(load(whole.to_string().as_bytes()).is_ok());
    assert!(load(format!("\u{feff}{whole}").as_bytes()).is_ok());
    let mut none = vec![String::new(), "{}".into(), "[]".into(), "null".into(), "{".into(), format!("{whole}x")];
    for part in ["municipality", "units", "people", "children", "events"] {
        none.push(without(whole.clone(), part).to_string());
        let mut wrong = whole.clone();
        wrong[part] = 7.into();
        none.push(wrong.to_string());
    }
    for file in none {
        let error = load(file.as_bytes()).unwrap_err().to_string();
        assert!(!error.contains('\n') && error.len() < 200, "{file} {error}");
    }
    assert_eq!(load(b"\xff\xfe{}").unwrap_err(), LoadError::NotAScenario);
}

#[test]
fn units_and_people_must_be_right_before_anything_is_replayed() {
    let broken = |part: &str, at: usize, field: &str, value: Value| {
        let mut file = town();
        file[part][at][field] = value;
        load(file.to_string().as_bytes()).unwrap_err().to_string()
    };
    let said = [
        (broken("units", 1, "id", json!("u-skole")), "units[1]: id: another one before it has this id"),
        (broken("people", 2, "id", json!("t1")), "people[2]: id: another one before it has this id"),
        (broken("people", 2, "id", json!("u-ppr")), "people[2]: id: another one before it has this id"),
        (broken("people", 0, "unit", json!("u-9")), "people[0]: unit: the scenario has no such unit"),
        (
            broken("people", 0, "devices", json!(-1)),
            "people[0]: devices: it is not the kind of value that belongs here",
        ),
        (
            broken("people", 0, "devices", json!(1_000_000)),
            "people[0]: devices: it is not the kind of value that belongs here",
        ),
        // Person ids become file names.
        (broken("people", 0, "id", json!("../../etc")), "people[0]: id: it is not the kind of value that belongs here"),
        (broken("people", 0, "id", json!("a/b")), "people[0]: id: it is not the kind of value that belongs here"),
        (broken("people", 0, "id", json!("a\u{0}")), "people[0]: id: it is not the kind of value that belongs here"),
        (broken("people", 0, "name", json!(null)), "people[0]: name: it must be filled in"),
    ];
    for (error, end) in said {
        assert_eq!(error, format!("the scenario is refused: {end}"));
    }
}
