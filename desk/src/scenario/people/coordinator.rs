//! Who coordinates a child, and since when.

use std::collections::BTreeMap;

use super::super::act::{Addressee, Body, Event};
use super::super::model::{ChildIx, EventIx, Person, PersonIx, Scenario, UnitIx};

/// Who coordinates a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordinator {
    /// Who.
    pub person: PersonIx,
    /// The event that establishes it.
    pub since: EventIx,
}

/// Each child's coordinators, one after the other; more than one only by hand-over.
pub(super) fn terms(scenario: &Scenario) -> BTreeMap<ChildIx, Vec<Coordinator>> {
    let mut about: BTreeMap<ChildIx, Vec<&Event>> = BTreeMap::new();
    for event in scenario.events.values() {
        if let Some(child) = event.child {
            about.entry(child).or_default().push(event);
        }
    }
    about.into_iter().map(|(child, events)| (child, terms_of(scenario, &events))).collect()
}

/// Who coordinates a child by these events about it.
pub(in super::super) fn holder<'a>(scenario: &Scenario, about: impl Iterator<Item = &'a Event>) -> Option<PersonIx> {
    terms_of(scenario, &about.collect::<Vec<_>>()).last().map(|term| term.person)
}

fn terms_of(scenario: &Scenario, events: &[&Event]) -> Vec<Coordinator> {
    // A hand-over outranks whatever else would establish a coordinator after it.
    let is_hand_over = |event: &&&Event| matches!(event.body, Body::Handover { .. });
    let before: Vec<&Event> = events.iter().take_while(|event| !is_hand_over(event)).copied().collect();
    let first = before.iter().find_map(|event| {
        let person = social_worker_by(scenario, event)?;
        Some(Coordinator { person, since: event.ix })
    });
    let first = first.or_else(|| by_first_concern(scenario, &before));
    let handed_over = |event: &&Event| match event.body {
        Body::Handover { to, .. } => Some(Coordinator { person: to, since: event.ix }),
        _ => None,
    };
    first.into_iter().chain(events.iter().filter_map(handed_over)).collect()
}

/// The social worker whom this event makes the coordinator.
fn social_worker_by(scenario: &Scenario, event: &Event) -> Option<PersonIx> {
    let candidate = match &event.body {
        Body::Concern { recipient: Addressee::Person(person), .. } => Some(*person),
        Body::Concern { recipient: Addressee::Unit(unit), .. } => first_social_worker(scenario, *unit),
        Body::Notification { .. } => family_unit(scenario).and_then(|unit| first_social_worker(scenario, unit)),
        Body::Analysis(_) | Body::Intervention { .. } => Some(event.by),
        _ => None,
    };
    candidate.filter(|person| scenario.person(*person).is_some_and(is_social_worker))
}

fn by_first_concern(scenario: &Scenario, events: &[&Event]) -> Option<Coordinator> {
    events.iter().find_map(|event| match event.body {
        Body::Concern { recipient, .. } => {
            Some(received_by(scenario, recipient).map(|person| Coordinator { person, since: event.ix }))
        }
        _ => None,
    })?
}

/// The one person who received what was raised to this addressee.
pub(super) fn received_by(scenario: &Scenario, recipient: Addressee) -> Option<PersonIx> {
    match recipient {
        Addressee::Person(person) => Some(person),
        Addressee::Unit(unit) => first_social_worker(scenario, unit).or_else(|| first_by_id(team(scenario, unit))),
    }
}

/// Where notifications go: the first familieafdeling by id that has a social worker, or else the first one.
pub(in super::super) fn family_unit(scenario: &Scenario) -> Option<UnitIx> {
    let mut units: Vec<(UnitIx, &str)> = scenario
        .all_units()
        .filter(|(_, unit)| unit.kind.as_str() == "familieafdeling")
        .map(|(ix, unit)| (ix, unit.id.as_str()))
        .collect();
    units.sort_by_key(|(_, id)| *id);
    let staffed = units.iter().find(|(unit, _)| first_social_worker(scenario, *unit).is_some());
    staffed.or(units.first()).map(|(unit, _)| *unit)
}

/// The people of a unit, its IT people left out.
pub(super) fn team(scenario: &Scenario, unit: UnitIx) -> impl Iterator<Item = (PersonIx, &Person)> {
    scenario.persons().filter(move |(_, person)| person.unit == unit && !is_it(person))
}

pub(super) fn is_it(person: &Person) -> bool {
    person.profession.as_str() == "it"
}

pub(super) fn is_social_worker(person: &Person) -> bool {
    person.profession.as_str() == "socialrådgiver"
}

fn first_social_worker(scenario: &Scenario, unit: UnitIx) -> Option<PersonIx> {
    first_by_id(team(scenario, unit).filter(|(_, person)| is_social_worker(person)))
}

fn first_by_id<'a>(people: impl Iterator<Item = (PersonIx, &'a Person)>) -> Option<PersonIx> {
    people.min_by_key(|(_, person)| person.id.as_str()).map(|(ix, _)| ix)
}
