//! Refuses events that parse alone but can never be applied beside the others.

use std::collections::{BTreeMap, BTreeSet};

use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};

use super::envelope::{Ids, NotReady, envelope};
use super::model::{Body, ChildIx, Event, EventIx, PersonIx, Scenario, UnitIx};
use super::refusal::Reason;

/// Takes them out of the scenario and adds the reasons.
pub(super) fn refuse_what_cannot_be_applied(scenario: &mut Scenario, refused: &mut BTreeMap<EventIx, Reason>) {
    let mut reasons = no_record(scenario);
    reasons.extend(gone(scenario));
    reasons.extend(measures_of_nothing(scenario));
    take_out(scenario, refused, reasons);
    loop {
        // Each round takes out at least one event, or is the last.
        let reasons = cites_refused(scenario);
        if reasons.is_empty() {
            break;
        }
        take_out(scenario, refused, reasons);
    }
    let reasons = in_circles(scenario);
    take_out(scenario, refused, reasons);
}

fn take_out(scenario: &mut Scenario, refused: &mut BTreeMap<EventIx, Reason>, reasons: BTreeMap<EventIx, Reason>) {
    for (ix, reason) in reasons {
        if scenario.events.remove(&ix).is_some() {
            refused.insert(ix, reason);
        }
    }
}

/// What no record can hold, by the records' own checks.
fn no_record(scenario: &Scenario) -> BTreeMap<EventIx, Reason> {
    let reason = |event: &Event| match envelope(scenario, event, &Anything) {
        Ok(_) | Err(NotReady::NoRecord | NotReady::Waits(_)) => None,
        Err(NotReady::Field(error)) => Some((event.ix, Reason::Field(error))),
    };
    scenario.events.values().filter_map(reason).collect()
}

/// Events of people who had left and devices that had been lost.
fn gone(scenario: &Scenario) -> BTreeMap<EventIx, Reason> {
    let (mut left, mut lost, mut reasons) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    for event in scenario.events.values() {
        let is_loss = matches!(event.body, Body::DeviceLost { .. });
        if left.contains(&event.by) {
            reasons.insert(event.ix, Reason::HasLeft);
        } else if !is_loss && lost.contains(&(event.by, event.device)) {
            reasons.insert(event.ix, Reason::IsLost);
        } else {
            match event.body {
                Body::Leaves { person } => drop(left.insert(person)),
                Body::DeviceLost { person, device } => drop(lost.insert((person, device))),
                _ => {}
            }
        }
    }
    reasons
}

fn measures_of_nothing(scenario: &Scenario) -> BTreeMap<EventIx, Reason> {
    let wrong = |event: &&Event| match event.body {
        Body::Measure { intervention, .. } => {
            scenario.event(intervention).is_some_and(|cited| !matches!(cited.body, Body::Intervention { .. }))
        }
        _ => false,
    };
    scenario.events.values().filter(wrong).map(|event| (event.ix, Reason::NotAnIntervention)).collect()
}

fn cites_refused(scenario: &Scenario) -> BTreeMap<EventIx, Reason> {
    let stands = |cited: &EventIx| scenario.event(*cited).is_some_and(|event| event.next().is_none());
    let wrong = scenario.events.values().filter(|event| !event.cites().iter().all(stands));
    wrong.map(|event| (event.ix, Reason::CitesRefused)).collect()
}

/// What is left once every event whose citations can all be applied is set aside, round by round.
fn in_circles(scenario: &Scenario) -> BTreeMap<EventIx, Reason> {
    let mut waiting: Vec<&Event> = scenario.events.values().collect();
    let mut applied = BTreeSet::new();
    loop {
        let before = waiting.len();
        waiting.retain(|event| {
            let ready = event.cites().iter().all(|cited| applied.contains(cited));
            if ready {
                applied.insert(event.ix);
            }
            !ready
        });
        if waiting.len() == before {
            return waiting.into_iter().map(|event| (event.ix, Reason::CitesInCircle)).collect();
        }
    }
}

/// Ids for a trial: every record is there.
struct Anything;

impl Ids for Anything {
    fn person(&self, person: PersonIx) -> PersonId {
        PersonId::new(spread(person.index()))
    }

    fn team(&self, unit: UnitIx) -> TeamId {
        TeamId::new(spread(unit.index()))
    }

    fn child(&self, child: ChildIx) -> ChildId {
        ChildId::new(spread(child.index()))
    }

    fn record(&self, event: EventIx) -> Option<RecordId> {
        Some(RecordId::new(spread(event.index())))
    }
}

fn spread<const N: usize>(index: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(index.to_be_bytes()).for_each(|(to, from)| *to = from);
    bytes
}
