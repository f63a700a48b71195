//! Who coordinates, and who is to read what: the rules of a replay that follow from the scenario alone.
//!
//! They look at the whole scenario at once, for the replay plays the people: it may use them for what a person chooses
//! (addressee, sharing), never for what a device knows. Where a rule leaves a choice:
//! - *Social worker*: the profession `socialrådgiver`. *First by id*: the least id as text; `it` people are passed over.
//! - *First*: the first event in the file, whichever of the ways it establishes the coordinator by. There is one
//!   coordinator for the whole scenario (until hand-overs): a leader who got the first concern never coordinates, not
//!   even for a while, if a social worker comes later. Until that event the child has none.
//! - *Received because their unit did*: one person of the unit, the first social worker, or else the first person.
//!   The concern itself is addressed to the unit, so all its team may open it; the rest of the case is that one's.
//! - *A notification goes to the familieafdeling*: the first by id that has a social worker. It is addressed to the
//!   coordinator (it has established one, or there was one), and to the unit only if that has no social worker:
//!   receiving a notification is no role in the case by itself.
//! - *Assessment with `own: false`*: named neither among the lines nor in the case; the narrower, the line.
//! - *Attended*: the persons among `attendees` of a meeting that is not anonymous. Its writer reads it as its author.
//! - *Measures one*: the measure's author, and `by_whom` where that is a person.
//! - *Anonymous meeting*: the coordinator's unit is chosen when it is written, even if the child gets its coordinator
//!   later: nothing on any device could tell afterwards. A meeting about nobody reaches its attendees.
//! - *Cites*: citations by oneself share nothing.

mod audience;
mod coordinator;

use std::collections::{BTreeMap, BTreeSet};

use super::act::Event;
use super::model::{ChildIx, EventIx, PersonIx, Scenario, UnitIx};

pub use audience::Audience;
pub use coordinator::Coordinator;
pub(super) use coordinator::{family_unit, holder};

/// A team of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The unit; none for IT.
    pub unit: Option<UnitIx>,
    /// Its members, in the order of the file.
    pub members: Vec<PersonIx>,
}

/// The rules, evaluated over one scenario.
#[derive(Debug)]
pub struct People<'a> {
    scenario: &'a Scenario,
    terms: BTreeMap<ChildIx, Vec<Coordinator>>,
    /// Who has a role in a child's case beside coordinating it.
    roles: BTreeMap<ChildIx, BTreeSet<PersonIx>>,
    citers: BTreeMap<EventIx, BTreeSet<PersonIx>>,
}

impl<'a> People<'a> {
    /// Evaluates the rules.
    pub fn new(scenario: &'a Scenario) -> Self {
        let mut people =
            Self { scenario, terms: coordinator::terms(scenario), roles: BTreeMap::new(), citers: citers(scenario) };
        people.roles = people.all_roles();
        people
    }

    /// Who coordinates the child in the end.
    pub fn coordinator(&self, child: ChildIx) -> Option<Coordinator> {
        self.terms(child).last().copied()
    }

    /// Who coordinates the child when this event has happened.
    pub fn coordinator_at(&self, child: ChildIx, event: EventIx) -> Option<Coordinator> {
        self.terms(child).iter().rev().find(|term| term.since <= event).copied()
    }

    /// Who coordinated the child before this event.
    pub fn coordinator_before(&self, child: ChildIx, event: EventIx) -> Option<Coordinator> {
        self.terms(child).iter().rev().find(|term| term.since < event).copied()
    }

    /// True if the person has a role in the child's case beside coordinating it, over the whole scenario.
    pub fn has_other_role(&self, child: ChildIx, person: PersonIx) -> bool {
        self.roles.get(&child).is_some_and(|roles| roles.contains(&person))
    }

    /// The case of the child as it is when this event happens: everybody with a role in it, over the whole scenario, and who
    /// coordinates it or will. Whoever has handed it over is in it only by another role.
    pub fn case_members(&self, child: ChildIx, event: EventIx) -> BTreeSet<PersonIx> {
        let mut members = self.roles.get(&child).cloned().unwrap_or_default();
        members.extend(self.terms_from(child, event).map(|term| term.person));
        members
    }

    /// Terms of coordinators that are not over when this event happens.
    fn terms_from(&self, child: ChildIx, event: EventIx) -> impl Iterator<Item = &Coordinator> {
        let terms = self.terms(child);
        let over = move |at: usize| terms.get(at + 1).is_some_and(|next| next.since <= event);
        terms.iter().enumerate().filter(move |(at, _)| !over(*at)).map(|(_, term)| term)
    }

    /// Persons other than its author whose events cite it.
    pub fn citers(&self, event: &Event) -> BTreeSet<PersonIx> {
        self.citers.get(&event.ix).cloned().unwrap_or_default()
    }

    /// The directory's teams: each unit without its IT people, who have one team of their own.
    pub fn teams(&self) -> Vec<Team> {
        let units = self.scenario.all_units().map(|(unit, _)| Team { unit: Some(unit), members: self.team(unit) });
        let it = self.scenario.persons().filter(|(_, person)| coordinator::is_it(person)).map(|(ix, _)| ix).collect();
        let it = Team { unit: None, members: it };
        units.chain(Some(it).filter(|team| !team.members.is_empty())).collect()
    }

    fn team(&self, unit: UnitIx) -> Vec<PersonIx> {
        coordinator::team(self.scenario, unit).map(|(ix, _)| ix).collect()
    }

    fn terms(&self, child: ChildIx) -> &[Coordinator] {
        self.terms.get(&child).map_or(&[], Vec::as_slice)
    }
}

fn citers(scenario: &Scenario) -> BTreeMap<EventIx, BTreeSet<PersonIx>> {
    let mut citers: BTreeMap<EventIx, BTreeSet<PersonIx>> = BTreeMap::new();
    for event in scenario.events.values() {
        for cited in event.cites() {
            if scenario.event(*cited).is_some_and(|cited| cited.by != event.by) {
                citers.entry(*cited).or_default().insert(event.by);
            }
        }
    }
    citers
}
