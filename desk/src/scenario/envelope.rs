//! What an event says, as the content of a record.

use tvaers_core::kinds::{
    ActionPoint, ActionState, AgendaItem, Amendment, Assessment, ByPerson, ChildRef, Concern, ConcernState, Consent,
    Content, Disclosure, Envelope, FieldError, Intervention, InterventionState, JointAssessment, List, Measure,
    Meeting, MeetingState, Notification, Party, Recipient, Reply, Short, Text, Why,
};
use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};

use super::act::{Addressee, Body, Event, Point, Somebody};
use super::model::{ChildIx, EventIx, PersonIx, Scenario, UnitIx};
use super::people;

/// The real ids behind those of the scenario.
pub trait Ids {
    /// The person's.
    fn person(&self, person: PersonIx) -> PersonId;
    /// The team's of this unit.
    fn team(&self, unit: UnitIx) -> TeamId;
    /// The child's.
    fn child(&self, child: ChildIx) -> ChildId;
    /// The record's this event became, if this device holds it.
    fn record(&self, event: EventIx) -> Option<RecordId>;
}

/// Why an event has no envelope, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It cites an event that the device does not hold yet.
    #[error("it cites an event that the device does not hold")]
    Waits(EventIx),
    /// It becomes no record: a kind of the next version.
    #[error("this kind of event becomes no record")]
    NoRecord,
    /// A field that no record can hold.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// The content of the record that this event is.
///
/// # Errors
/// [`NotReady`].
pub fn envelope(scenario: &Scenario, event: &Event, ids: &impl Ids) -> Result<Envelope, NotReady> {
    let missing = |field| FieldError { field, why: Why::Missing };
    let author = scenario.person(event.by).ok_or(missing("by"))?;
    let about = event.child.filter(|_| !event.is_anonymous());
    let about = about.map(|child| child_ref(scenario, child, ids).ok_or(missing("child"))).transpose()?;
    let envelope = Envelope {
        about,
        occurred: event.at.clone(),
        profession: author.profession.clone(),
        unit: Some(ids.team(author.unit)),
        content: content(scenario, event, ids)?,
    };
    envelope.check()?;
    Ok(envelope)
}

fn child_ref(scenario: &Scenario, ix: ChildIx, ids: &impl Ids) -> Option<ChildRef> {
    let child = scenario.child(ix)?;
    Some(ChildRef {
        id: ids.child(ix),
        given_name: child.given_name.clone(),
        family_name: child.family_name.clone(),
        birth_date: child.birth_date,
    })
}

fn content(scenario: &Scenario, event: &Event, ids: &impl Ids) -> Result<Content, NotReady> {
    let record = |cited: EventIx| ids.record(cited).ok_or(NotReady::Waits(cited));
    Ok(match &event.body {
        Body::Observation(observation) => observation.clone().into(),
        Body::Voice(voice) => voice.clone().into(),
        Body::Analysis(analysis) => analysis.clone().into(),
        Body::Amendment { of, text, reason } => {
            Amendment { of: record(*of)?, text: text.clone(), reason: some(reason) }.into()
        }
        Body::Reply { to, text } => Reply { to: record(*to)?, answer: None, back_by: None, text: some(text) }.into(),
        Body::Assessment { position, own: true, indicators } => {
            Assessment { position: *position, indicators: indicators.clone(), dissent: None }.into()
        }
        Body::Assessment { position, own: false, indicators } => JointAssessment {
            position: *position,
            indicators: indicators.clone(),
            dissent: None,
            positions: ByPerson::default(),
        }
        .into(),
        Body::Concern { .. } => concern(event, ids)?.into(),
        Body::Intervention { goal, childs_goal, actions, responsible, start, review_at, baseline } => Intervention {
            goal: goal.clone(),
            childs_goal: some(childs_goal),
            actions: actions.clone(),
            responsible: Some(party(responsible, ids)),
            start: Some(*start),
            review_at: Some(*review_at),
            baseline: Some(*baseline),
            state: InterventionState::Agreed,
            evaluation: None,
        }
        .into(),
        Body::Measure { intervention, value, by_whom, note } => Measure {
            intervention: record(*intervention)?,
            value: *value,
            by_whom: Some(party(by_whom, ids)),
            note: some(note),
        }
        .into(),
        Body::Meeting { .. } => meeting(event, ids)?.into(),
        Body::Consent { giver, scope, form, expires_at, given } => Consent {
            giver: party(giver, ids),
            scope: scope.clone(),
            form: form.clone(),
            given: *given,
            expires_at: *expires_at,
            withdraws: None,
        }
        .into(),
        Body::Notification { level, text, parents_informed, reason } => Notification {
            level: *level,
            text: text.clone(),
            to: people::family_unit(scenario).map(|unit| ids.team(unit)),
            concern: None,
            efforts: None,
            parents_informed: *parents_informed,
            reason: some(reason),
            suspect: None,
            records: List::default(),
        }
        .into(),
        Body::Handover { to, reason, .. } => Disclosure {
            records: List::default(),
            what: some(reason),
            with_whom: Party::Person(ids.person(*to)),
            basis: Short::new("overdragelse").unwrap_or_default(),
        }
        .into(),
        Body::DeviceLost { .. } | Body::Leaves { .. } => return Err(NotReady::NoRecord),
    })
}

fn concern(event: &Event, ids: &impl Ids) -> Result<Concern, NotReady> {
    let Body::Concern { level, trigger, recipient, parent_contacted, observations } = &event.body else {
        return Err(NotReady::NoRecord);
    };
    let cited = observations.iter().map(|cited| ids.record(*cited).ok_or(NotReady::Waits(*cited)));
    let mut concern = Concern {
        trigger: trigger.clone(),
        purpose: None,
        votes: ByPerson::default(),
        decided: None,
        recipient: match recipient {
            Addressee::Person(person) => Recipient::Person(ids.person(*person)),
            Addressee::Unit(unit) => Recipient::Team(ids.team(*unit)),
        },
        parents_contacted: Some(parent_contacted.clone()),
        observations: List::new(cited.collect::<Result<_, _>>()?).map_err(|why| why.at("observations"))?,
        childs_perspective: None,
        familys_perspective: None,
        perspective_missing: None,
        state: ConcernState::New,
    };
    // A level is its author's view until somebody decides.
    concern.vote(ids.person(event.by), *level, None)?;
    Ok(concern)
}

fn meeting(event: &Event, ids: &impl Ids) -> Result<Meeting, NotReady> {
    let Body::Meeting { meeting_type, basis, attendees, agenda, decisions, action_points } = &event.body else {
        return Err(NotReady::NoRecord);
    };
    let attendees = attendees.iter().map(|somebody| party(somebody, ids)).collect();
    let agenda = agenda.iter().map(|topic| AgendaItem { topic: topic.clone(), minutes: None }).collect();
    let points = action_points.iter().map(|point| action_point(point, ids)).collect();
    Ok(Meeting {
        meeting_type: meeting_type.clone(),
        basis: Some(basis.clone()),
        chair: None,
        invited: List::default(),
        attendees: List::new(attendees).map_err(|why| why.at("attendees"))?,
        agenda: List::new(agenda).map_err(|why| why.at("agenda"))?,
        decisions: decisions.clone(),
        action_points: List::new(points).map_err(|why| why.at("action_points"))?,
        childs_perspective: None,
        familys_perspective: None,
        perspective_missing: None,
        usefulness: ByPerson::default(),
        state: MeetingState::Held,
    })
}

fn action_point(point: &Point, ids: &impl Ids) -> ActionPoint {
    ActionPoint {
        text: point.text.clone(),
        owner: point.owner.as_ref().map(|owner| party(owner, ids)),
        due: point.due,
        horizon: None,
        state: ActionState::Open,
        from: None,
    }
}

fn party(somebody: &Somebody, ids: &impl Ids) -> Party {
    match somebody {
        Somebody::Person(person) => Party::Person(ids.person(*person)),
        Somebody::Named(name) => Party::Named(name.clone()),
    }
}

/// A record holds an empty text as none.
fn some(text: &Text) -> Option<Text> {
    Some(text.clone()).filter(|text| !text.as_str().is_empty())
}
