//! Whatever an event is, loading ends, says so, and keeps count.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};
use tvaers_desk::scenario::people::People;
use tvaers_desk::scenario::{NORDBY, load};

use crate::town::{event, town};

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        prop::sample::select(vec![
            "t1",
            "c1",
            "u-fam",
            "o",
            "e",
            "gul",
            "akut",
            "2026-10-25",
            "2026-10-25T02:30:00+02:00"
        ])
        .prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(".{0,8}", inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    let next = ["handover", "device_lost", "leaves"];
    prop::sample::select(crate::town::RECORDS.iter().copied().chain(next).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn no_value_as_an_event_stops_the_rest(values in vec(value(), 0..6)) {
        let mut file = town();
        let mut events = values;
        events.push(event("last one", "observation", "t1", json!({})));
        file["events"] = events.clone().into();
        let loaded = load(file.to_string().as_bytes()).unwrap();
        prop_assert_eq!(loaded.refused.len() + loaded.scenario.events.len(), events.len());
        prop_assert!(loaded.scenario.event_by_id("last one").is_some());
    }

    #[test]
    fn no_value_in_any_field_stops_the_rest(kind in kind(), place in any::<prop::sample::Index>(), value in value()) {
        let mut bad = event("e", kind, "t1", json!({}));
        let fields = bad.as_object_mut().unwrap();
        let field = place.get(&fields.keys().cloned().collect::<Vec<_>>()).clone();
        fields.insert(field, value);
        let mut file = town();
        let others = [event("o", "observation", "t2", json!({})), event("i", "intervention", "soc1", json!({}))];
        file["events"] = json!([others[0], others[1], bad]);
        let loaded = load(file.to_string().as_bytes()).unwrap();
        prop_assert_eq!(loaded.refused.len() + loaded.scenario.events.len(), 3);
        prop_assert!(loaded.scenario.event_by_id("o").is_some());
        // The rules hold for whatever was let in.
        let people = People::new(&loaded.scenario);
        for event in loaded.scenario.events.values() {
            let _ = people.audience(event);
            prop_assert!(people.readers(event).contains(&event.by));
        }
    }

    #[test]
    fn no_damaged_file_stops_anything(at in 0..NORDBY.len(), byte in any::<u8>()) {
        let mut file = NORDBY.to_vec();
        file[at] = byte;
        if let Ok(loaded) = load(&file) {
            let next = loaded.refused.len() + loaded.scenario.events.len();
            prop_assert_eq!(next, loaded.total);
        }
    }
}
