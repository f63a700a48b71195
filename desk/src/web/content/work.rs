//! How a child thrives, and what is done: assessments, analyses, interventions, meetings.

use tvaers_core::kinds::{
    ActionPoint, ActionState, Analysis, AnalysisState, AnonymousDiscussion, Assessment, DiscussionState, Evaluation,
    Horizon, Intervention, InterventionState, JointAssessment, Measure, Meeting, MeetingState, Position,
};

use super::{Block, Fact, Parts, PointLine, Teller, VoteLine, joined};
use crate::web::typed::Typed;

impl Teller<'_> {
    pub(super) fn assessment(&self, content: &Assessment) -> Parts {
        vec![
            Some(self.position(content.position)),
            self.list("indicators", &content.indicators),
            self.text_if("dissent", &content.dissent),
        ]
    }

    pub(super) fn joint_assessment(&self, content: &JointAssessment) -> Parts {
        let own = content.positions.iter().map(|(person, position)| VoteLine {
            who: self.person(person),
            level: self.word(position_of(*position).2),
            why: None,
        });
        let own: Vec<VoteLine> = own.collect();
        vec![
            Some(self.position(content.position)),
            self.list("indicators", &content.indicators),
            self.text_if("dissent", &content.dissent),
            (!own.is_empty()).then_some(Block::Votes { votes: own, decided: None }),
        ]
    }

    fn position(&self, position: Position) -> Block {
        let (place, mark, key) = position_of(position);
        Block::Position { place, mark, words: self.word(key) }
    }

    pub(super) fn analysis(&self, content: &Analysis) -> Parts {
        let state = match content.state {
            AnalysisState::Draft => "analysis-draft",
            AnalysisState::Joint => "analysis-joint",
            AnalysisState::Approved => "analysis-approved",
        };
        vec![
            self.text("question", &content.question),
            self.list("hypotheses", &content.hypotheses),
            self.list("protective", &content.protective),
            self.list("risk", &content.risk),
            self.list("alternatives", &content.alternatives),
            self.text_if("conclusion", &content.conclusion),
            self.facts([self.fact("state", self.word(state)), self.cited("evidence", content.evidence.len())]),
        ]
    }

    pub(super) fn intervention(&self, content: &Intervention) -> Parts {
        let state = match content.state {
            InterventionState::Proposed => "intervention-proposed",
            InterventionState::Agreed => "intervention-agreed",
            InterventionState::Running => "intervention-running",
            InterventionState::Evaluated => "intervention-evaluated",
            InterventionState::Ended => "intervention-ended",
        };
        let evaluation = content.evaluation.map(|evaluation| match evaluation {
            Evaluation::Works => "evaluation-works",
            Evaluation::Partly => "evaluation-partly",
            Evaluation::No => "evaluation-no",
        });
        vec![
            self.text("goal", &content.goal),
            self.quote("childs-goal", &content.childs_goal),
            self.list("actions", &content.actions),
            self.facts([
                content.responsible.as_ref().and_then(|party| self.fact("responsible", self.party(party).to_string())),
                self.fact("state", self.word(state)),
                self.day("start", content.start),
                self.day("review-at", content.review_at),
                content.baseline.and_then(|score| self.fact("baseline", format!("{} / 10", score.get()))),
                evaluation.and_then(|key| self.fact("evaluation", self.word(key))),
            ]),
        ]
    }

    pub(super) fn measure(&self, content: &Measure) -> Parts {
        vec![
            self.facts([
                self.fact("value", format!("{} / 10", content.value.get())),
                content.by_whom.as_ref().and_then(|party| self.fact("by-whom", self.party(party).to_string())),
            ]),
            self.text_if("in-words", &content.note),
        ]
    }

    pub(super) fn meeting(&self, content: &Meeting) -> Parts {
        let state = match content.state {
            MeetingState::Planned => "meeting-planned",
            MeetingState::Called => "meeting-called",
            MeetingState::Held => "meeting-held",
            MeetingState::Approved => "meeting-approved",
            MeetingState::Cancelled => "meeting-cancelled",
        };
        let agenda = content.agenda.iter().map(|item| {
            (Typed::new(item.topic.as_str()), item.minutes.as_ref().map(|minutes| Typed::new(minutes.as_str())))
        });
        let agenda: Vec<_> = agenda.collect();
        let points: Vec<PointLine> = content.action_points.iter().map(|point| self.point(point)).collect();
        let label = |key| self.word(key);
        vec![
            self.facts([
                self.fact("meeting-type", content.meeting_type.as_str()),
                content.basis.as_ref().and_then(|basis| self.fact("basis", basis.as_str())),
                self.fact("state", self.word(state)),
                content.chair.as_ref().and_then(|chair| self.fact("chair", self.party(chair).to_string())),
                self.fact("invited", joined(content.invited.iter().map(|party| self.party(party)))),
                self.fact("attendees", joined(content.attendees.iter().map(|party| self.party(party)))),
            ]),
            (!agenda.is_empty()).then(|| Block::Agenda { label: label("agenda"), items: agenda }),
            self.list("decisions", &content.decisions),
            (!points.is_empty()).then(|| Block::Points { label: label("action-points"), points }),
            self.quote("childs-perspective", &content.childs_perspective),
            self.quote("familys-perspective", &content.familys_perspective),
            self.text_if("perspective-missing", &content.perspective_missing),
        ]
    }

    pub(super) fn action_point(&self, content: &ActionPoint) -> Parts {
        let horizon = content.horizon.map(|horizon| match horizon {
            Horizon::Short => "horizon-short",
            Horizon::Long => "horizon-long",
        });
        vec![
            Some(Block::Points { label: self.word("action-points"), points: vec![self.point(content)] }),
            self.facts([horizon.and_then(|key| self.fact("horizon", self.word(key)))]),
        ]
    }

    fn point(&self, point: &ActionPoint) -> PointLine {
        let overdue = point.is_overdue(self.times.today());
        let state = match point.state {
            ActionState::Open if overdue => "point-overdue",
            ActionState::Open => "point-open",
            ActionState::Done => "point-done",
            ActionState::Dropped => "point-dropped",
        };
        PointLine {
            text: Typed::new(point.text.as_str()),
            owner: point.owner.as_ref().map(|party| self.party(party)),
            due: point.due.map(|due| self.times.day(due)),
            state: self.word(state),
            overdue,
        }
    }

    pub(super) fn discussion(&self, content: &AnonymousDiscussion) -> Parts {
        let state = match content.state {
            DiscussionState::Open => "discussion-open",
            DiscussionState::Closed => "discussion-closed",
            DiscussionState::Linked => "discussion-linked",
        };
        vec![
            self.text("question", &content.question),
            self.text_if("advice", &content.advice),
            self.text_if("reason", &content.linked_reason),
            self.facts([self.fact("age-band", content.age_band.as_str()), self.fact("state", self.word(state))]),
        ]
    }

    /// How many records it rests on, if any.
    pub(super) fn cited(&self, key: &str, records: usize) -> Option<Fact> {
        (records > 0).then(|| self.fact(key, records.to_string())).flatten()
    }
}

/// Class, mark and words. Colour is never alone.
fn position_of(position: Position) -> (&'static str, &'static str, &'static str) {
    match position {
        Position::Green => ("green", "●", "position-green"),
        Position::Yellow => ("yellow", "▲", "position-yellow"),
        Position::Red => ("red", "■", "position-red"),
    }
}
