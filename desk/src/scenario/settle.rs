//! Refuses events that parse alone but can never be applied beside the others.

use std::collections::{BTreeMap, BTreeSet};

use tvaers_core::document::{Actor, Living, Rejected, frozen};
use tvaers_core::kinds::Envelope;
use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};
use tvaers_wire::limits;

use super::act::{Body, Event};
use super::envelope::{Ids, NotReady, envelope};
use super::model::{ChildIx, EventIx, PersonIx, Scenario, UnitIx};
use super::people::holder;
use super::refusal::Reason;

/// Events of at least so many bytes of JSON are tried: smaller ones always fit.
pub(super) const TRIED: usize = 1024 * 1024;
/// The largest document in bytes: with seal and padding it must stay below a chunk's limit.
const MAX_DOCUMENT: usize = limits::CHUNK / 4 * 3;

/// Takes them out of the scenario and adds the reasons.
pub(super) fn refuse_what_cannot_be_applied(
    scenario: &mut Scenario,
    refused: &mut BTreeMap<EventIx, Reason>,
    large: &BTreeSet<EventIx>,
) {
    let mut reasons = no_record(scenario, large);
    reasons.extend(gone(scenario));
    reasons.extend(measures_of_nothing(scenario));
    take_out(scenario, refused, reasons);
    let reasons = cites_refused(scenario);
    take_out(scenario, refused, reasons);
    let reasons = in_circles(scenario);
    take_out(scenario, refused, reasons);
    // One after the other: whether one is right depends on those before it that were.
    let hand_overs = scenario.events.values().filter(|event| matches!(event.body, Body::Handover { .. }));
    for ix in hand_overs.map(|event| event.ix).collect::<Vec<_>>() {
        let reason = wrong_hand_over(scenario, ix).map(|reason| (ix, reason));
        take_out(scenario, refused, reason.into_iter().collect());
    }
}

fn take_out(scenario: &mut Scenario, refused: &mut BTreeMap<EventIx, Reason>, reasons: BTreeMap<EventIx, Reason>) {
    for (ix, reason) in reasons {
        if scenario.events.remove(&ix).is_some() {
            refused.insert(ix, reason);
        }
    }
}

/// What no record can hold, by the records' own checks: an event that is refused only when it is replayed would already
/// have made a coordinator, or been cited.
fn no_record(scenario: &Scenario, large: &BTreeSet<EventIx>) -> BTreeMap<EventIx, Reason> {
    let reason = |event: &Event| match envelope(scenario, event, &Anything) {
        Ok(envelope) if large.contains(&event.ix) => too_large(&envelope).map(|reason| (event.ix, reason)),
        Err(NotReady::Field(error)) => Some((event.ix, Reason::Field(error))),
        Ok(_) | Err(NotReady::NoRecord | NotReady::Waits(_)) => None,
    };
    scenario.events.values().filter_map(reason).collect()
}

/// Writes it, to see how large the document is.
fn too_large(envelope: &Envelope) -> Option<Reason> {
    let actor = Actor::new([0; Actor::LEN]);
    let bytes = if envelope.kind().is_frozen() {
        frozen::write(envelope, actor, 0).map(|payload| payload.len())
    } else {
        Living::create(envelope, actor, 0).map(|living| living.changes_since(&[]).iter().map(Vec::len).sum())
    };
    match bytes {
        Ok(bytes) if bytes <= MAX_DOCUMENT => None,
        Err(Rejected::Schema(error)) => Some(Reason::Field(error)),
        Ok(_) | Err(_) => Some(Reason::TooLarge),
    }
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

/// Why a hand-over is none, by what came before it.
fn wrong_hand_over(scenario: &Scenario, ix: EventIx) -> Option<Reason> {
    let event = scenario.event(ix)?;
    let Body::Handover { from, to, .. } = event.body else { return None };
    let before = || scenario.events.values().take_while(|event| event.ix < ix);
    let left = before().any(|event| matches!(event.body, Body::Leaves { person } if person == to));
    let lost: BTreeSet<u16> = before()
        .filter_map(|event| match event.body {
            Body::DeviceLost { person, device } if person == to => Some(device),
            _ => None,
        })
        .collect();
    let none_left = scenario.person(to).is_none_or(|person| lost.len() >= usize::from(person.devices));
    if holder(scenario, before().filter(|before| before.child == event.child)) != Some(from) {
        Some(Reason::NotHeld)
    } else if from == to {
        Some(Reason::ToOneself)
    } else {
        (left || none_left).then_some(Reason::Unreachable)
    }
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

/// By whom each event is cited; as often as it is.
fn cited_by(scenario: &Scenario) -> BTreeMap<EventIx, Vec<EventIx>> {
    let mut by: BTreeMap<EventIx, Vec<EventIx>> = BTreeMap::new();
    for event in scenario.events.values() {
        event.cites().iter().for_each(|cited| by.entry(*cited).or_default().push(event.ix));
    }
    by
}

/// What cites an event that is not applied, and what cites that.
fn cites_refused(scenario: &Scenario) -> BTreeMap<EventIx, Reason> {
    let by = cited_by(scenario);
    let stands = |cited: &EventIx| scenario.event(*cited).is_some_and(|event| event.is_record());
    let mut falling: Vec<EventIx> = by.keys().copied().filter(|cited| !stands(cited)).collect();
    let mut fallen = BTreeMap::new();
    while let Some(cited) = falling.pop() {
        for citing in by.get(&cited).into_iter().flatten() {
            if fallen.insert(*citing, Reason::CitesRefused).is_none() {
                falling.push(*citing);
            }
        }
    }
    fallen
}

/// What is left when every event whose citations are applied is applied, one after the other.
fn in_circles(scenario: &Scenario) -> BTreeMap<EventIx, Reason> {
    let by = cited_by(scenario);
    let mut waits: BTreeMap<EventIx, usize> =
        scenario.events.values().map(|event| (event.ix, event.cites().len())).collect();
    let mut ready: Vec<EventIx> = waits.iter().filter(|(_, count)| **count == 0).map(|(ix, _)| *ix).collect();
    while let Some(applied) = ready.pop() {
        waits.remove(&applied);
        for citing in by.get(&applied).into_iter().flatten() {
            if let Some(count) = waits.get_mut(citing) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*citing);
                }
            }
        }
    }
    waits.into_keys().map(|ix| (ix, Reason::CitesInCircle)).collect()
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
