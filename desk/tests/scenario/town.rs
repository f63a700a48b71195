//! A small town in which a test says only what it is about.

use serde_json::{Map, Value, json};
use tvaers_desk::scenario::people::{Audience, People};
use tvaers_desk::scenario::{ChildIx, Loaded, PersonIx, Scenario, load};

/// Units: u-skole, u-ppr, u-fam. People: t1, t2 (teachers, t1 has two devices), psy, soc1, soc2, it. Children: c1, c2.
pub(crate) fn town() -> Value {
    let person = |id: &str, profession: &str, unit: &str, devices: u32| json!({ "id": id, "name": format!("Navn {id}"), "profession": profession, "unit": unit, "devices": devices });
    let child = |id: &str| json!({ "id": id, "given_name": "Alma", "family_name": "Dahl", "birth_date": "2020-01-01", "unit": "u-skole", "guardians": [], "cpr": null, "language": null, "interpreter": false });
    let unit = |id: &str, kind: &str| json!({ "id": id, "name": format!("Enhed {id}"), "kind": kind });
    json!({
        "municipality": { "id": "by", "name": "Byen" },
        "units": [unit("u-skole", "skole"), unit("u-ppr", "ppr"), unit("u-fam", "familieafdeling")],
        "people": [
            person("t1", "lærer", "u-skole", 2),
            person("t2", "lærer", "u-skole", 1),
            person("psy", "ppr-psykolog", "u-ppr", 1),
            person("soc2", "socialrådgiver", "u-fam", 1),
            person("soc1", "socialrådgiver", "u-fam", 1),
            person("a-it", "it", "u-fam", 1),
        ],
        "children": [child("c1"), child("c2")],
        "events": [],
    })
}

/// An event with everything its kind needs, and then what the test says.
pub(crate) fn event(id: &str, kind: &str, by: &str, own: Value) -> Value {
    let mut event = json!({
        "id": id, "at": "2026-10-25T02:30:00+02:00", "by": by, "device": 1, "offline": false, "child": "c1",
        "kind": kind,
    });
    merge(&mut event, fields_of(kind));
    merge(&mut event, own);
    event
}

fn fields_of(kind: &str) -> Value {
    match kind {
        "observation" => {
            json!({ "setting": "gang", "seen_heard": "Så noget.", "childs_words": null, "domains": ["leg"] })
        }
        "amendment" => json!({ "of": "o", "text": "Rettet.", "reason": "Tid" }),
        "assessment" => json!({ "position": "gul", "own": true, "indicators": ["Træt"] }),
        "concern" => {
            json!({ "level": "rød", "trigger": "Nu.", "recipient": "soc1", "parent_contacted": { "done": false, "reason": "Ikke endnu" }, "observations": [] })
        }
        "reply" => json!({ "to": "o", "text": "Tak." }),
        "voice" => json!({ "whose": "barnet", "method": "samtale", "verbatim": "Hej", "rating": 4 }),
        "analysis" => json!({ "question": "?", "hypotheses": ["a"], "protective": [], "risk": [], "conclusion": "b" }),
        "intervention" => {
            json!({ "goal": "g", "childs_goal": "", "actions": ["x"], "responsible": "t1", "start": "2026-11-01", "review_at": "2026-12-01", "baseline": 0 })
        }
        "measure" => json!({ "intervention": "i", "value": 10, "by_whom": "Mor Dahl", "note": "" }),
        "meeting" => {
            json!({ "type": "SSD", "basis": "ssd", "attendees": ["t1", "Ekstern: tolk"], "agenda": ["A"], "decisions": [], "action_points": [{ "text": "x", "owner": "t1", "due": "2026-11-01" }] })
        }
        "consent" => {
            json!({ "giver": "Mor Dahl", "scope": "alt", "form": "mundtlig", "expires_at": null, "given": false })
        }
        "notification" => {
            json!({ "level": "akut", "text": "Underretning", "parents_informed": false, "reason": "Fare" })
        }
        "handover" => json!({ "from": "soc1", "to": "soc2", "reason": "Barsel" }),
        "device_lost" => json!({ "person": "t1", "device": 2, "child": null }),
        "leaves" => json!({ "person": "t1", "child": null }),
        _ => json!({}),
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// Every kind that becomes a record.
pub(crate) const RECORDS: &[&str] = &[
    "observation",
    "amendment",
    "assessment",
    "concern",
    "reply",
    "voice",
    "analysis",
    "intervention",
    "measure",
    "meeting",
    "consent",
    "notification",
];

pub(crate) fn loaded(events: Vec<Value>) -> Loaded {
    let mut file = town();
    file["events"] = Value::Array(events);
    load(file.to_string().as_bytes()).unwrap()
}

/// All of it applies.
pub(crate) fn scenario(events: Vec<Value>) -> Scenario {
    let loaded = loaded(events);
    assert_eq!(loaded.refused, []);
    loaded.scenario
}

/// The ids of the refused events with the reasons.
pub(crate) fn refused(loaded: &Loaded) -> Vec<(String, String)> {
    loaded.refused.iter().map(|refused| (refused.id.clone(), refused.reason.to_string())).collect()
}

pub(crate) fn without(event: Value, field: &str) -> Value {
    let Value::Object(fields) = event else { panic!("not an object") };
    Value::Object(fields.into_iter().filter(|(name, _)| name != field).collect::<Map<_, _>>())
}

pub(crate) fn person(scenario: &Scenario, id: &str) -> PersonIx {
    scenario.person_by_id(id).unwrap()
}

pub(crate) fn child(scenario: &Scenario, id: &str) -> ChildIx {
    scenario.all_children().find(|(_, child)| child.id == id).unwrap().0
}

pub(crate) fn names(scenario: &Scenario, people: impl IntoIterator<Item = PersonIx>) -> Vec<&str> {
    let mut names: Vec<_> = people.into_iter().map(|ix| scenario.person(ix).unwrap().id.as_str()).collect();
    names.sort_unstable();
    names
}

/// Person and establishing event.
pub(crate) fn coordinator<'a>(scenario: &'a Scenario, people: &People<'_>, of: &str) -> Option<(&'a str, &'a str)> {
    let coordinator = people.coordinator(child(scenario, of))?;
    Some((
        scenario.person(coordinator.person).unwrap().id.as_str(),
        scenario.event(coordinator.since).unwrap().id.as_str(),
    ))
}

/// The audience in words: `lines t1 t2`, `case soc1 + u-fam`.
pub(crate) fn audience(scenario: &Scenario, people: &People<'_>, id: &str) -> String {
    let event = scenario.event(scenario.event_by_id(id).unwrap()).unwrap();
    let (kind, persons, units) = match people.audience(event) {
        Audience::Private => return "private".to_owned(),
        Audience::Lines { with } => ("lines", with, Vec::new()),
        Audience::Case { people, units } => ("case", people, units),
        Audience::Anonymous { people, units } => ("anonymous", people, units),
    };
    let mut words = vec![kind];
    words.extend(names(scenario, persons));
    for unit in units {
        words.extend(["+", scenario.unit(unit).unwrap().id.as_str()]);
    }
    words.join(" ")
}

pub(crate) fn readers<'a>(scenario: &'a Scenario, people: &People<'_>, id: &str) -> Vec<&'a str> {
    let event = scenario.event(scenario.event_by_id(id).unwrap()).unwrap();
    names(scenario, people.readers(event))
}
