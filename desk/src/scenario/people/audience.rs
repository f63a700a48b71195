//! To whom an event's record is sent when it is written, and who may have read it in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::super::act::{Addressee, Body, Event, Somebody};
use super::super::model::{ChildIx, PersonIx, UnitIx};
use super::{People, coordinator};

/// To whom an author sends an event. Never names the author, and nobody twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// To nobody: there is no coordinator yet, and nobody cites it. It is sent when there is a coordinator.
    Private,
    /// One by one, each on a line of its own: author, addressee, child.
    Lines {
        /// The addressees.
        with: Vec<PersonIx>,
    },
    /// In the case of the child.
    Case {
        /// Those named in the record, the coordinator, those who cite it, and the author of what it answers.
        people: Vec<PersonIx>,
        /// The unit to which it is addressed.
        units: Vec<UnitIx>,
    },
    /// Without any link to a child.
    Anonymous {
        /// Those who attended, and those who cite it.
        people: Vec<PersonIx>,
        /// The coordinator's unit.
        units: Vec<UnitIx>,
    },
}

impl People<'_> {
    /// To whom the author sends this event when it is written.
    pub fn audience(&self, event: &Event) -> Audience {
        if !event.is_record() {
            return Audience::Private;
        }
        let (mut people, mut units) = (self.citers(event), BTreeSet::new());
        people.extend(self.answered(event));
        if event.is_anonymous() {
            people.extend(named(event));
            units.extend(self.unit_of_coordinator(event));
        } else {
            let coordinator = event.child.and_then(|child| self.coordinator_at(child, event.ix));
            people.extend(coordinator.map(|coordinator| coordinator.person));
            people.extend(named(event));
            if let Body::Concern { recipient, .. } = event.body {
                // For a unit, its first one joins the case.
                people.extend(coordinator::received_by(self.scenario, recipient));
            }
            units.extend(self.unit_named(event));
        }
        people.remove(&event.by);
        let (people, units): (Vec<_>, Vec<_>) = (people.into_iter().collect(), units.into_iter().collect());
        if people.is_empty() && units.is_empty() {
            Audience::Private
        } else if event.is_anonymous() {
            Audience::Anonymous { people, units }
        } else if is_line(event) {
            Audience::Lines { with: people }
        } else {
            Audience::Case { people, units }
        }
    }

    /// Everybody who may have read this event in the end, its author included; nobody else may.
    pub fn readers(&self, event: &Event) -> BTreeSet<PersonIx> {
        let mut readers = self.citers(event);
        readers.insert(event.by);
        if !event.is_record() {
            return readers;
        }
        readers.extend(self.answered(event));
        if event.is_anonymous() {
            readers.extend(named(event));
            readers.extend(self.unit_of_coordinator(event).into_iter().flat_map(|unit| self.team(unit)));
            return readers;
        }
        let Some(child) = event.child else { return readers };
        readers.extend(self.terms_from(child, event.ix).map(|term| term.person));
        if !is_line(event) {
            readers.extend(self.case_members(child, event.ix));
            readers.extend(self.unit_named(event).into_iter().flat_map(|unit| self.team(unit)));
        }
        readers
    }

    /// The events that must lie on this person's devices in the end because the person coordinates the child, own ones
    /// included.
    pub fn must_reach(&self, person: PersonIx) -> Vec<&Event> {
        let coordinates = |event: &&Event| {
            let child = event.child.and_then(|child| self.coordinator(child));
            event.is_record() && child.is_some_and(|coordinator| coordinator.person == person)
        };
        self.scenario.events.values().filter(coordinates).collect()
    }

    pub(super) fn all_roles(&self) -> BTreeMap<ChildIx, BTreeSet<PersonIx>> {
        let mut members: BTreeMap<ChildIx, BTreeSet<PersonIx>> = BTreeMap::new();
        for event in self.scenario.events.values().filter(|event| !event.is_anonymous()) {
            let Some(child) = event.child else { continue };
            let case = members.entry(child).or_default();
            match event.body {
                Body::Concern { recipient, .. } => {
                    case.insert(event.by);
                    case.extend(coordinator::received_by(self.scenario, recipient));
                }
                Body::Notification { .. } => drop(case.insert(event.by)),
                Body::Measure { .. } => {
                    case.insert(event.by);
                    case.extend(named(event));
                }
                Body::Meeting { .. } | Body::Intervention { .. } => case.extend(named(event)),
                _ => {}
            }
        }
        members
    }

    /// The author of what it answers.
    fn answered(&self, event: &Event) -> Option<PersonIx> {
        event.answers().and_then(|answered| self.scenario.event(answered)).map(|answered| answered.by)
    }

    fn unit_of_coordinator(&self, event: &Event) -> Option<UnitIx> {
        let coordinator = self.coordinator(event.child?)?;
        self.scenario.person(coordinator.person).map(|person| person.unit)
    }

    /// The unit it is addressed to as a unit.
    fn unit_named(&self, event: &Event) -> Option<UnitIx> {
        match event.body {
            Body::Concern { recipient: Addressee::Unit(unit), .. } => Some(unit),
            // It must go somewhere, even where nobody can become its coordinator.
            Body::Notification { .. } if self.coordinator_at(event.child?, event.ix).is_none() => {
                coordinator::family_unit(self.scenario)
            }
            _ => None,
        }
    }
}

/// Whether it goes on lines, not into the case.
const fn is_line(event: &Event) -> bool {
    matches!(
        event.body,
        Body::Observation(_) | Body::Assessment { .. } | Body::Amendment { .. } | Body::Voice(_) | Body::Reply { .. }
    )
}

/// The persons whom the record itself names in a role.
fn named(event: &Event) -> Vec<PersonIx> {
    match &event.body {
        Body::Concern { recipient: Addressee::Person(person), .. } => vec![*person],
        Body::Meeting { attendees, .. } => attendees.iter().filter_map(Somebody::person).collect(),
        Body::Intervention { responsible, .. } => responsible.person().into_iter().collect(),
        Body::Measure { by_whom, .. } => by_whom.person().into_iter().collect(),
        _ => Vec::new(),
    }
}
