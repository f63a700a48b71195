//! A record as the scenario would have written it: what somebody can read after a replay.

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use tvaers_core::kinds::{
    Content, Envelope, Intervention, List, Meeting, Observation, Party, Recipient, Score, Short, Text, Voice,
};
use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};

use super::clock;
use super::event::{LEVELS, NOTIFICATION_LEVELS, POSITIONS};

/// The scenario's ids behind the real ones.
pub trait Names {
    /// The person's.
    fn person(&self, person: &PersonId) -> Option<String>;
    /// The unit's of this team.
    fn team(&self, team: &TeamId) -> Option<String>;
    /// The child's.
    fn child(&self, child: &ChildId) -> Option<String>;
    /// The event's that this record was.
    fn event(&self, record: &RecordId) -> Option<String>;
}

/// The record under the scenario's names, or none for a kind that scenarios do not have. An id without a name is null.
pub fn export(envelope: &Envelope, record: &RecordId, author: &PersonId, names: &impl Names) -> Option<Value> {
    let (kind, own) = own_fields(&envelope.content, author, names)?;
    let mut fields = Map::new();
    fields.insert("event".into(), json!(names.event(record)));
    fields.insert("kind".into(), json!(kind));
    fields.insert("child".into(), json!(envelope.about.as_ref().and_then(|child| names.child(&child.id))));
    fields.insert("by".into(), json!(names.person(author)));
    fields.insert("at".into(), json!(clock::format(&envelope.occurred)));
    if let Value::Object(own) = own {
        fields.extend(own);
    }
    Some(Value::Object(fields))
}

fn own_fields(content: &Content, author: &PersonId, names: &impl Names) -> Option<(&'static str, Value)> {
    Some(match content {
        Content::Observation(observation) => ("observation", of_observation(observation)),
        Content::Voice(voice) => ("voice", of_voice(voice)),
        Content::Intervention(intervention) => ("intervention", of_intervention(intervention, names)),
        Content::Meeting(meeting) => ("meeting", of_meeting(meeting, names)),
        Content::Amendment(amendment) => (
            "amendment",
            json!({
                "of": names.event(&amendment.of),
                "text": amendment.text.as_str(),
                "reason": word(&amendment.reason),
            }),
        ),
        Content::Assessment(assessment) => (
            "assessment",
            json!({
                "position": said(POSITIONS, assessment.position),
                "own": true,
                "indicators": texts(&assessment.indicators),
            }),
        ),
        Content::JointAssessment(assessment) => (
            "assessment",
            json!({
                "position": said(POSITIONS, assessment.position),
                "own": false,
                "indicators": texts(&assessment.indicators),
            }),
        ),
        Content::Concern(concern) => (
            "concern",
            json!({
                "level": concern.votes.get(author).and_then(|vote| said(LEVELS, vote.level)),
                "trigger": concern.trigger.as_str(),
                "recipient": match &concern.recipient {
                    Recipient::Person(person) => names.person(person),
                    Recipient::Team(team) => names.team(team),
                },
                "parent_contacted": concern.parents_contacted.as_ref().map(|contacted| json!({
                    "done": contacted.done,
                    "reason": text_or_null(&contacted.reason),
                })),
                "observations": concern.observations.iter().map(|cited| names.event(cited)).collect::<Vec<_>>(),
            }),
        ),
        Content::Reply(reply) => ("reply", json!({ "to": names.event(&reply.to), "text": word(&reply.text) })),
        Content::Analysis(analysis) => (
            "analysis",
            json!({
                "question": analysis.question.as_str(),
                "hypotheses": texts(&analysis.hypotheses),
                "protective": texts(&analysis.protective),
                "risk": texts(&analysis.risk),
                "conclusion": word(&analysis.conclusion),
            }),
        ),
        Content::Measure(measure) => (
            "measure",
            json!({
                "intervention": names.event(&measure.intervention),
                "value": measure.value.get(),
                "by_whom": measure.by_whom.as_ref().and_then(|party| somebody(party, names)),
                "note": word(&measure.note),
            }),
        ),
        Content::Consent(consent) => (
            "consent",
            json!({
                "giver": somebody(&consent.giver, names),
                "scope": consent.scope.as_str(),
                "form": consent.form.as_str(),
                "expires_at": day(consent.expires_at),
                "given": consent.given,
            }),
        ),
        Content::Notification(notification) => (
            "notification",
            json!({
                "level": said(NOTIFICATION_LEVELS, notification.level),
                "text": notification.text.as_str(),
                "parents_informed": notification.parents_informed,
                "reason": word(&notification.reason),
            }),
        ),
        Content::Child(_)
        | Content::Draft(_)
        | Content::ActionPoint(_)
        | Content::Disclosure(_)
        | Content::AccessEvent(_)
        | Content::AnonymousDiscussion(_) => return None,
    })
}

fn of_observation(observation: &Observation) -> Value {
    json!({
        "setting": observation.setting.as_ref().map(Short::as_str),
        "seen_heard": observation.seen_heard.as_str(),
        "childs_words": text_or_null(&observation.childs_words),
        "interpretation": text_or_null(&observation.interpretation),
        "immediate_action": text_or_null(&observation.immediate_action),
        "domains": observation.domains.iter().map(Short::as_str).collect::<Vec<_>>(),
    })
}

fn of_voice(voice: &Voice) -> Value {
    json!({
        "whose": voice.whose.as_str(),
        "method": voice.method.as_ref().map(Short::as_str),
        "verbatim": word(&voice.verbatim),
        "rating": voice.rating.map(Score::get),
        "not_obtained_reason": text_or_null(&voice.not_obtained_reason),
    })
}

fn of_intervention(intervention: &Intervention, names: &impl Names) -> Value {
    json!({
        "goal": intervention.goal.as_str(),
        "childs_goal": word(&intervention.childs_goal),
        "actions": texts(&intervention.actions),
        "responsible": intervention.responsible.as_ref().and_then(|party| somebody(party, names)),
        "start": day(intervention.start),
        "review_at": day(intervention.review_at),
        "baseline": intervention.baseline.map(Score::get),
    })
}

fn of_meeting(meeting: &Meeting, names: &impl Names) -> Value {
    let points = meeting.action_points.iter().map(|point| {
        json!({
            "text": point.text.as_str(),
            "owner": point.owner.as_ref().and_then(|party| somebody(party, names)),
            "due": day(point.due),
        })
    });
    json!({
        "type": meeting.meeting_type.as_str(),
        "basis": meeting.basis.as_ref().map(Short::as_str),
        "attendees": meeting.attendees.iter().map(|party| somebody(party, names)).collect::<Vec<_>>(),
        "agenda": meeting.agenda.iter().map(|item| item.topic.as_str()).collect::<Vec<_>>(),
        "decisions": texts(&meeting.decisions),
        "action_points": points.collect::<Vec<_>>(),
    })
}

fn said<T: PartialEq>(words: &[(&'static str, T)], meaning: T) -> Option<&'static str> {
    words.iter().find(|(_, other)| *other == meaning).map(|(word, _)| *word)
}

fn somebody(party: &Party, names: &impl Names) -> Option<String> {
    match party {
        Party::Person(person) => names.person(person),
        Party::Named(name) => Some(name.as_str().to_owned()),
    }
}

fn texts(list: &List<Text>) -> Vec<&str> {
    list.iter().map(Text::as_str).collect()
}

fn text_or_null(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(Text::as_str)
}

/// A field that the scenario always has: where the record holds none, the scenario said nothing in words.
fn word(text: &Option<Text>) -> &str {
    text_or_null(text).unwrap_or_default()
}

fn day(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}
