//! Every field of a scenario survives, word for word, in a record and back.

use serde_json::{Value, json};
use tvaers_core::document::{Actor, Living, frozen};
use tvaers_core::kinds::{Content, Envelope};
use tvaers_desk::scenario::{
    ChildIx, EventIx, Ids, NORDBY, Names, NotReady, PersonIx, Scenario, UnitIx, envelope, export, load,
};
use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};

use crate::town::{RECORDS, event, scenario};

/// Ids that are the places; the newest record may be one that the device does not hold.
struct Places<'a> {
    scenario: &'a Scenario,
    lacks: Option<EventIx>,
}

fn bytes<const N: usize>(place: usize) -> [u8; N] {
    let mut bytes = [7; N];
    bytes[..8].copy_from_slice(&(place as u64).to_be_bytes());
    bytes
}

fn place(bytes: &[u8]) -> usize {
    u64::from_be_bytes(bytes[..8].try_into().unwrap()) as usize
}

impl Ids for Places<'_> {
    fn person(&self, person: PersonIx) -> PersonId {
        PersonId::new(bytes(person.index()))
    }
    fn team(&self, unit: UnitIx) -> TeamId {
        TeamId::new(bytes(unit.index()))
    }
    fn child(&self, child: ChildIx) -> ChildId {
        ChildId::new(bytes(child.index()))
    }
    fn record(&self, event: EventIx) -> Option<RecordId> {
        (self.lacks != Some(event)).then(|| RecordId::new(bytes(event.index())))
    }
}

impl Names for Places<'_> {
    fn person(&self, person: &PersonId) -> Option<String> {
        self.scenario.people.get(place(person.as_bytes())).map(|person| person.id.clone())
    }
    fn team(&self, team: &TeamId) -> Option<String> {
        self.scenario.units.get(place(team.as_bytes())).map(|unit| unit.id.clone())
    }
    fn child(&self, child: &ChildId) -> Option<String> {
        self.scenario.children.get(place(child.as_bytes())).map(|child| child.id.clone())
    }
    fn event(&self, record: &RecordId) -> Option<String> {
        let ix = place(record.as_bytes());
        self.scenario.events.values().find(|event| event.ix.index() == ix).map(|event| event.id.clone())
    }
}

fn exported(scenario: &Scenario, ix: EventIx) -> Value {
    let ids = Places { scenario, lacks: None };
    let event = scenario.event(ix).unwrap();
    let envelope = through_a_document(&envelope(scenario, event, &ids).unwrap());
    export(&envelope, &ids.record(ix).unwrap(), &Ids::person(&ids, event.by), &ids).unwrap()
}

/// As another device reads it.
fn through_a_document(envelope: &Envelope) -> Envelope {
    let (writer, reader) = (Actor::new([1; Actor::LEN]), Actor::new([2; Actor::LEN]));
    let kind = envelope.kind();
    if kind.is_frozen() {
        return frozen::read(kind, &frozen::write(envelope, writer, 0).unwrap(), writer).unwrap();
    }
    let founded = Living::create(envelope, writer, 0).unwrap();
    let updates = founded.updates_since(&[]);
    let mut joined = Living::join(kind, reader, &updates[0], writer).unwrap();
    for update in &updates[1..] {
        joined.apply(update, writer).unwrap();
    }
    joined.view().unwrap()
}

/// What the file says, as an export says it.
fn expected(mut event: Value) -> Value {
    let fields = event.as_object_mut().unwrap();
    let id = fields.remove("id").unwrap();
    fields.insert("event".into(), id);
    for own_device in ["device", "offline", "device_clock"] {
        fields.remove(own_device);
    }
    if fields["kind"] == "meeting" && fields["basis"] == "anonym" {
        fields.insert("child".into(), Value::Null);
    }
    for optional in ["childs_words", "interpretation", "immediate_action"] {
        if fields["kind"] == "observation" {
            fields.entry(optional).or_insert(Value::Null);
        }
    }
    for optional in ["rating", "not_obtained_reason"] {
        if fields["kind"] == "voice" {
            fields.entry(optional).or_insert(Value::Null);
        }
    }
    event
}

#[test]
fn every_event_of_nordby_comes_back_as_it_was_written() {
    let file: Value = serde_json::from_slice(NORDBY).unwrap();
    let loaded = load(NORDBY).unwrap();
    let mut compared = 0;
    for event in loaded.scenario.events.values().filter(|event| event.is_record()) {
        let written = file["events"][event.ix.index()].clone();
        assert_eq!(exported(&loaded.scenario, event.ix), expected(written), "{}", event.id);
        compared += 1;
    }
    assert_eq!(compared, 143);
}

#[test]
fn an_event_of_every_kind_with_hostile_text_comes_back_as_it_was_written() {
    let hostile =
        "<script>alert(1)</script>\u{202e}dlrow\u{0}=1+1'; DROP TABLE records;--👩‍👧‍👦\r\n\t\u{feff} 010120-1234 שלום";
    let mut events = vec![event("o", "observation", "t1", json!({})), event("i", "intervention", "soc1", json!({}))];
    for kind in RECORDS {
        let mut event = event(&format!("e-{kind}"), kind, "t1", json!({}));
        for field in ["text", "seen_heard", "reason", "trigger", "verbatim", "conclusion", "goal", "note", "scope"] {
            if event.get(field).is_some() {
                event[field] = hostile.into();
            }
        }
        for list in ["indicators", "hypotheses", "actions", "agenda", "decisions", "domains"] {
            if event.get(list).is_some() {
                event[list] = json!([hostile, "", hostile]);
            }
        }
        events.push(event);
    }
    let scenario = scenario(events.clone());
    for (ix, written) in scenario.events.keys().zip(events) {
        assert_eq!(exported(&scenario, *ix), expected(written));
    }
}

#[test]
fn a_text_of_the_largest_size_comes_back_as_it_was_written() {
    let long = "æø👩‍👧\u{202e}\n".repeat(12_000);
    assert!(long.len() > 200 * 1024);
    let fields = [
        ("observation", "seen_heard"),
        ("concern", "trigger"),
        ("analysis", "question"),
        ("intervention", "goal"),
        ("notification", "text"),
    ];
    let written: Vec<_> = fields.iter().map(|(kind, field)| event(kind, kind, "t1", json!({ *field: long }))).collect();
    let scenario = scenario(written.clone());
    for (ix, written) in scenario.events.keys().zip(written) {
        assert!(exported(&scenario, *ix) == expected(written.clone()), "{}", written["kind"]);
    }
}

#[test]
fn the_hour_that_happens_twice_comes_back_with_its_offset() {
    let twice = ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"];
    let scenario = scenario(twice.iter().map(|at| event(at, "observation", "t1", json!({ "at": at }))).collect());
    let back: Vec<_> = scenario.events.keys().map(|ix| exported(&scenario, *ix)["at"].clone()).collect();
    assert_eq!(back, twice);
}

#[test]
fn what_cites_a_record_that_the_device_lacks_waits_for_it() {
    let scenario = scenario(vec![
        event("o", "observation", "t1", json!({})),
        event("i", "intervention", "t1", json!({})),
        event("a", "amendment", "t2", json!({ "of": "o" })),
        event("r", "reply", "t2", json!({ "to": "o" })),
        event("c", "concern", "t2", json!({ "observations": ["i", "o"] })),
        event("m", "measure", "t2", json!({ "intervention": "i" })),
    ]);
    for (lacks, waiting) in [("o", ["a", "r", "c"].as_slice()), ("i", &["c", "m"])] {
        let lacks = scenario.event_by_id(lacks).unwrap();
        let ids = Places { scenario: &scenario, lacks: Some(lacks) };
        for event in scenario.events.values() {
            let waits = envelope(&scenario, event, &ids) == Err(NotReady::Waits(lacks));
            assert_eq!(waits, waiting.contains(&event.id.as_str()), "{}", event.id);
        }
    }
}

#[test]
fn who_leaves_becomes_no_record() {
    let scenario = scenario(vec![event("l", "leaves", "soc1", json!({}))]);
    let ids = Places { scenario: &scenario, lacks: None };
    let event = scenario.events.values().next().unwrap();
    assert_eq!(envelope(&scenario, event, &ids), Err(NotReady::NoRecord));
}

#[test]
fn an_anonymous_meeting_leads_to_no_child() {
    let scenario = scenario(vec![event("m", "meeting", "t1", json!({ "basis": "anonym" }))]);
    let ids = Places { scenario: &scenario, lacks: None };
    let envelope = envelope(&scenario, scenario.events.values().next().unwrap(), &ids).unwrap();
    assert_eq!(envelope.about, None);
    assert!(!format!("{envelope:?}").contains("ChildId"));
}

#[test]
fn the_level_of_a_concern_is_its_authors_vote_and_stays_it() {
    let scenario = scenario(vec![event("c", "concern", "t1", json!({ "level": "undring" }))]);
    let ids = Places { scenario: &scenario, lacks: None };
    let written = scenario.events.values().next().unwrap();
    let mut envelope = envelope(&scenario, written, &ids).unwrap();
    let (author, other) = (Ids::person(&ids, written.by), PersonId::new(bytes(3)));
    let Content::Concern(concern) = &mut envelope.content else { panic!("not a concern") };
    assert_eq!((concern.votes.len(), concern.decided.is_none()), (1, true));
    concern.vote(other, tvaers_core::kinds::Level::Acute, None).unwrap();
    let back = export(&envelope, &ids.record(written.ix).unwrap(), &author, &ids).unwrap();
    assert_eq!(back["level"], "undring");
}
