//! The scenario that ships with the project.

use tvaers_desk::scenario::people::People;
use tvaers_desk::scenario::{Loaded, NORDBY, load};

use crate::town::{audience, coordinator, names, person, readers};

fn nordby() -> Loaded {
    load(NORDBY).unwrap()
}

#[test]
fn nothing_in_it_is_refused() {
    let loaded = nordby();
    assert_eq!((loaded.total, loaded.scenario.events.len()), (149, 149));
    assert_eq!((loaded.refused, loaded.refused_children), (vec![], vec![]));
    let no_records = loaded.scenario.events.values().filter(|event| !event.is_record());
    let ids: Vec<_> = no_records.map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["n-e090", "n-e112", "n-e128", "n-e129", "n-e130", "n-e131"]);
}

#[test]
fn each_child_has_the_coordinator_of_rule_one_before_hand_overs() {
    let loaded = nordby();
    let people = People::new(&loaded.scenario);
    let expected = [
        // n-e009 went to a leader; Birgit's concern is the first that a social worker received.
        ("n-c01", "n-p12", "n-e034"),
        // No social worker ever received or wrote anything: the psychologist who got the first concern.
        ("n-c02", "n-p11", "n-e041"),
        // The concern went to PPR, which has no social workers: its first person by id.
        ("n-c03", "n-p11", "n-e035"),
        // The concern went to a leader; then a social worker wrote the analysis.
        ("n-c04", "n-p12", "n-e072"),
        // Raised to the familieafdeling: its first social worker by id, though Signe did the work.
        ("n-c05", "n-p12", "n-e051"),
        // The first concern went to a leader, the second to a social worker; the notification came after it.
        ("n-c06", "n-p13", "n-e085"),
        // Dennis wrote to the social worker himself.
        ("n-c07", "n-p12", "n-e039"),
        // The scenario begins with the social worker's analysis.
        ("n-c08", "n-p12", "n-e001"),
        // A teacher got the only concern, and nobody wrote anything else that counts.
        ("n-c09", "n-p07", "n-e050"),
        // A social worker got the concern, minutes before the notification.
        ("n-c10", "n-p13", "n-e117"),
    ];
    for (child, who, since) in expected {
        let scenario = &loaded.scenario;
        let first =
            people.coordinator_before(crate::town::child(scenario, child), scenario.event_by_id("n-e128").unwrap());
        let first =
            first.map(|first| (names(scenario, [first.person])[0], scenario.event(first.since).unwrap().id.as_str()));
        assert_eq!(first, Some((who, since)), "{child}");
    }
}

#[test]
fn with_hand_overs_four_children_go_to_the_successor() {
    let loaded = nordby();
    let people = People::new(&loaded.scenario);
    for (child, since) in [("n-c01", "n-e128"), ("n-c04", "n-e129"), ("n-c07", "n-e130"), ("n-c08", "n-e131")] {
        assert_eq!(coordinator(&loaded.scenario, &people, child), Some(("n-p13", since)), "{child}");
    }
    assert_eq!(coordinator(&loaded.scenario, &people, "n-c05"), Some(("n-p12", "n-e051")));
    // What the predecessor could read stays read.
    assert!(readers(&loaded.scenario, &people, "n-e004").contains(&"n-p12"));
}

#[test]
fn each_event_goes_to_whom_the_rules_say() {
    let loaded = nordby();
    let people = People::new(&loaded.scenario);
    let expected = [
        // Before there is a coordinator; Birgit cites it later, so Ane has shared it with her.
        ("n-e004", "lines n-p09"),
        ("n-e005", "private"),
        ("n-e008", "private"),
        ("n-e009", "case n-p04"),
        ("n-e010", "lines n-p01"),
        // A colleague's amendment of a colleague's note, which reply and amendments cite.
        ("n-e026", "lines n-p03"),
        ("n-e028", "lines n-p02"),
        // Attendees, and the unit of the coordinator to be.
        ("n-e030", "anonymous n-p03 n-p11 + n-u4"),
        ("n-e034", "case n-p12"),
        // To a unit: its coordinator as a person, and the unit.
        ("n-e035", "case n-p11 + n-u4"),
        ("n-e051", "case n-p12 + n-u5"),
        ("n-e048", "case n-p12"),
        // The coordinator's own; the rest of a meeting are no staff.
        ("n-e123", "private"),
        ("n-e055", "case n-p09"),
        // A measure goes to the author of the intervention as well.
        ("n-e136", "case n-p12 n-p13"),
        ("n-e139", "case n-p11"),
        ("n-e090", "private"),
    ];
    for (event, to) in expected {
        assert_eq!(audience(&loaded.scenario, &people, event), to, "{event}");
    }
}

#[test]
fn no_event_is_sent_to_anybody_who_may_not_read_it() {
    let loaded = nordby();
    let scenario = &loaded.scenario;
    let people = People::new(scenario);
    for event in scenario.events.values() {
        let sent = audience(scenario, &people, &event.id);
        let readers = readers(scenario, &people, &event.id);
        for name in sent.split(' ').filter(|word| word.starts_with("n-p")) {
            assert!(readers.contains(&name), "{} is sent to {name}, who may not read it", event.id);
        }
        assert!(!readers.contains(&"n-p15") || !event.is_record(), "IT reads {}", event.id);
    }
}

#[test]
fn what_a_coordinator_is_to_read_is_everything_about_the_child() {
    let loaded = nordby();
    let scenario = &loaded.scenario;
    let people = People::new(scenario);
    let all: usize = ["n-p07", "n-p11", "n-p12", "n-p13"]
        .map(|id| {
            let reached = people.must_reach(person(scenario, id));
            assert!(reached.iter().all(|event| people.readers(event).contains(&person(scenario, id))), "{id}");
            reached.len()
        })
        .iter()
        .sum();
    assert_eq!(all, 143);
    assert_eq!(people.must_reach(person(scenario, "n-p08")).len(), 0);
}

#[test]
fn the_directory_has_a_team_for_each_unit_and_one_for_it() {
    let loaded = nordby();
    let people = People::new(&loaded.scenario);
    let teams: Vec<_> = people
        .teams()
        .into_iter()
        .map(|team| (team.unit.map(|unit| unit.index()), names(&loaded.scenario, team.members)))
        .collect();
    let expected = vec![
        (Some(0), vec!["n-p01", "n-p02", "n-p03", "n-p04"]),
        (Some(1), vec!["n-p05", "n-p06", "n-p07", "n-p08"]),
        (Some(2), vec!["n-p09", "n-p10"]),
        (Some(3), vec!["n-p11"]),
        (Some(4), vec!["n-p12", "n-p13"]),
        (Some(5), vec!["n-p14"]),
        (None, vec!["n-p15"]),
    ];
    assert_eq!(teams, expected);
}
