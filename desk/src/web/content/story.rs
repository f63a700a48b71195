//! What was seen, said and worried about.

use tvaers_core::kinds::{
    Amendment, Answer, Concern, ConcernState, Draft, Level, Notification, NotificationLevel, Observation, Reply,
    Suspect, Voice,
};

use super::{Block, Parts, Teller, VoteLine, joined};
use crate::web::typed::Typed;

impl Teller<'_> {
    pub(super) fn observation(&self, content: &Observation) -> Parts {
        let marks = content.body_marks.iter();
        let marks = marks.map(|mark| Typed::new(format!("{}: {}", mark.place.as_str(), mark.description.as_str())));
        let marks: Vec<Typed> = marks.collect();
        vec![
            self.text("seen-heard", &content.seen_heard),
            self.quote("childs-words", &content.childs_words),
            self.reading("interpretation", &content.interpretation),
            self.text_if("immediate-action", &content.immediate_action),
            (!marks.is_empty()).then(|| Block::List { label: self.word("body-marks"), items: marks }),
            self.facts([
                content.setting.as_ref().and_then(|setting| self.fact("setting", setting.as_str())),
                self.fact("domains", joined(content.domains.iter().map(|domain| Typed::new(domain.as_str())))),
                self.fact("co-authors", joined(content.co_authors.iter().map(|person| self.person(person)))),
            ]),
        ]
    }

    pub(super) fn draft(&self, content: &Draft) -> Parts {
        vec![
            self.text("seen-heard", &content.seen_heard),
            self.quote("childs-words", &content.childs_words),
            self.reading("interpretation", &content.interpretation),
            self.text_if("immediate-action", &content.immediate_action),
        ]
    }

    pub(super) fn amendment(&self, content: &Amendment) -> Parts {
        vec![self.text("amendment-text", &content.text), self.reading("reason", &content.reason)]
    }

    pub(super) fn voice(&self, content: &Voice) -> Parts {
        vec![
            self.quote("verbatim", &content.verbatim),
            self.text_if("not-obtained", &content.not_obtained_reason),
            self.facts([
                self.fact("whose", content.whose.as_str()),
                content.method.as_ref().and_then(|method| self.fact("method", method.as_str())),
                content.rating.and_then(|rating| self.fact("own-rating", format!("{} / 10", rating.get()))),
            ]),
        ]
    }

    pub(super) fn reply(&self, content: &Reply) -> Parts {
        let fixed = content.answer.and_then(|answer| {
            let said = self.word(&format!("answer-{}", answer_name(answer)));
            let day = content.back_by.map(|day| self.times.day(day).words);
            self.fact("answer", day.map_or(said.clone(), |day| format!("{said} {day}")))
        });
        vec![self.facts([fixed]), self.text_if("in-words", &content.text)]
    }

    pub(super) fn concern(&self, content: &Concern) -> Parts {
        let votes = content.votes.iter().map(|(person, vote)| VoteLine {
            who: self.person(person),
            level: self.word(level_key(vote.level)),
            why: vote.why.as_ref().map(|why| Typed::new(why.as_str())),
        });
        let decided = content.decided.as_ref().map(|decided| {
            let mut values = fluent::FluentArgs::new();
            values.set("level", self.word(level_key(decided.level)));
            values.set("who", self.person(&decided.by).to_string());
            self.words.with("decided-by", &values)
        });
        let contacted = content.parents_contacted.as_ref().and_then(|contacted| {
            let key = if contacted.done { "yes" } else { "no" };
            let reason = contacted.reason.as_ref().map_or("", |reason| reason.as_str());
            let answer = if reason.is_empty() { self.word(key) } else { format!("{}. {reason}", self.word(key)) };
            self.fact("parents-contacted", answer)
        });
        let missing = content.childs_perspective.is_none() && content.familys_perspective.is_none();
        let missing = missing.then(|| self.text_if("perspective-missing", &content.perspective_missing)).flatten();
        vec![
            self.text("trigger", &content.trigger),
            Some(Block::Votes { votes: votes.collect(), decided }),
            self.text_if("purpose", &content.purpose),
            self.quote("childs-perspective", &content.childs_perspective),
            self.quote("familys-perspective", &content.familys_perspective),
            missing,
            self.facts([
                self.fact("recipient", self.recipient(&content.recipient).to_string()),
                self.fact("state", self.word(concern_state(content.state))),
                contacted,
                self.cited("observations", content.observations.len()),
            ]),
        ]
    }

    pub(super) fn notification(&self, content: &Notification) -> Parts {
        let level = match content.level {
            NotificationLevel::Ordinary => "notification-ordinary",
            NotificationLevel::Acute => "notification-acute",
            NotificationLevel::UnlawfulAbsence => "notification-absence",
        };
        let suspect = content.suspect.map(|suspect| match suspect {
            Suspect::Parent => "suspect-parent",
            Suspect::OtherClose => "suspect-close",
            Suspect::Employee => "suspect-employee",
            Suspect::OtherChild => "suspect-child",
            Suspect::Unknown => "suspect-unknown",
        });
        vec![
            self.text("notified", &content.text),
            self.text_if("efforts", &content.efforts),
            self.text_if(if content.parents_informed { "parents-said" } else { "parents-why-not" }, &content.reason),
            self.facts([
                self.fact("notification-level", self.word(level)),
                content.to.as_ref().and_then(|team| self.fact("recipient", self.team(team).to_string())),
                self.fact("parents-informed", self.word(if content.parents_informed { "yes" } else { "no" })),
                suspect.and_then(|suspect| self.fact("suspect", self.word(suspect))),
                self.cited("observations", content.records.len()),
            ]),
        ]
    }
}

/// A fixed answer as forms and words (`answer-…`) name it.
pub(in crate::web) fn answer_name(answer: Answer) -> &'static str {
    match answer {
        Answer::BackBy => "back-by",
        Answer::PartOfCase => "part-of-case",
        Answer::TalkingWithFamily => "family",
        Answer::ExaminationStarted => "examination",
        Answer::InterventionStarted => "intervention",
        Answer::NothingForNow => "nothing",
        Answer::CannotBeDisclosed => "undisclosed",
        Answer::Thanks => "thanks",
        Answer::AskAgain => "ask-again",
    }
}

fn level_key(level: Level) -> &'static str {
    match level {
        Level::Wonder => "level-wonder",
        Level::Concern => "level-concern",
        Level::Serious => "level-serious",
        Level::Acute => "level-acute",
    }
}

fn concern_state(state: ConcernState) -> &'static str {
    match state {
        ConcernState::New => "concern-new",
        ConcernState::UnderAssessment => "concern-assessed",
        ConcernState::Discussed => "concern-discussed",
        ConcernState::Intervention => "concern-intervention",
        ConcernState::FollowUp => "concern-follow-up",
        ConcernState::Closed => "concern-closed",
        ConcernState::Reopened => "concern-reopened",
    }
}
