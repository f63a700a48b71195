//! Who coordinates a child, and since when.

use std::collections::BTreeMap;

use super::super::act::{Addressee, Body, Event};
use super::super::model::{ChildIx, EventIx, Person, PersonIx, Scenario, UnitIx};
use super::Rules;

/// Who coordinates a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordinator {
    /// Who.
    pub person: PersonIx,
    /// The event that establishes it.
    pub since: EventIx,
}

/// Each child's coordinators, one after the other; more than one only by hand-over.
pub(super) fn terms(scenario: &Scenario, rules: Rules) -> BTreeMap<ChildIx, Vec<Coordinator>> {
    let mut about: BTreeMap<ChildIx, Vec<&Event>> = BTreeMap::new();
    for event in scenario.events.values() {
        if let Some(child) = event.child {
            about.entry(child).or_default().push(event);
        }
    }
    about.into_iter().map(|(child, events)| (child, terms_of(scenario, &events, rules))).collect()
}

fn terms_of(scenario: &Scenario, events: &[&Event], rules: Rules) -> Vec<Coordinator> {
    let first = events.iter().find_map(|event| {
        let person = social_worker_by(scenario, event)?;
        Some(Coordinator { person, since: event.ix })
    });
    let first = first.or_else(|| by_first_concern(scenario, events));
    let handed_over = |event: &&Event| match event.body {
        Body::Handover { to, .. } if rules.handovers => Some(Coordinator { person: to, since: event.ix }),
        _ => None,
    };
    let handovers: Vec<Coordinator> = events.iter().filter_map(handed_over).collect();
    // A hand-over outranks whatever else would establish a coordinator after it.
    let first = first.filter(|first| handovers.first().is_none_or(|handover| first.since < handover.since));
    first.into_iter().chain(handovers).collect()
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
