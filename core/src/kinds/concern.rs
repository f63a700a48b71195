//! Concern, reply and notification: from worry to answer.

use jiff::civil::Date;
use tvaers_wire::ids::{PersonId, RecordId, TeamId};

use super::common::{ParentsContacted, Recipient};
use super::node::{codes, nested, record};
use super::value::{ByPerson, FieldError, List, Text, Why};

codes! {
    /// How grave a concern is. Carries no colour: colours belong to assessments.
    pub enum Level {
        /// Undring.
        Wonder = 1,
        /// Bekymring ("gul").
        Concern = 2,
        /// Alvorlig bekymring ("rød").
        Serious = 3,
        /// Akut: act now.
        Acute = 4,
    }
}

codes! {
    /// Where a concern stands.
    pub enum ConcernState {
        /// Raised.
        New = 1,
        /// Being assessed.
        UnderAssessment = 2,
        /// Discussed.
        Discussed = 3,
        /// An intervention runs.
        Intervention = 4,
        /// Being followed up.
        FollowUp = 5,
        /// Closed.
        Closed = 6,
        /// Opened again.
        Reopened = 7,
    }
}

record! {
    /// One person's view of the level.
    pub struct Vote {
        /// The level this person proposes.
        pub level: Level,
        /// Why.
        pub why: Option<Text>,
    }
}
nested!(Vote, Atom);

record! {
    /// The level a named person decided.
    pub struct Decided {
        /// The level.
        pub level: Level,
        /// Who decided.
        pub by: PersonId,
    }
}
nested!(Decided, Atom);

record! {
    /// Bekymring: levels are votes, one per person, until a named person decides.
    pub struct Concern {
        /// Why now.
        pub trigger: Text,
        /// What the cooperation is for.
        pub purpose: Option<Text>,
        /// Each person's proposed level.
        pub votes: ByPerson<Vote>,
        /// The decided level and who decided it.
        pub decided: Option<Decided>,
        /// To whom it is raised.
        pub recipient: Recipient,
        /// Whether the parents were talked to.
        pub parents_contacted: Option<ParentsContacted>,
        /// The observations it rests on.
        pub observations: List<RecordId>,
        /// The child's perspective.
        pub childs_perspective: Option<Text>,
        /// The family's perspective.
        pub familys_perspective: Option<Text>,
        /// Why a perspective is missing.
        pub perspective_missing: Option<Text>,
        /// Where it stands.
        pub state: ConcernState,
    }
}

impl Concern {
    /// This person's vote, in place of an earlier one.
    ///
    /// # Errors
    /// [`Why::TooMany`] votes.
    pub fn vote(&mut self, person: PersonId, level: Level, why: Option<Text>) -> Result<(), FieldError> {
        self.votes.set(person, Vote { level, why }).map_err(|why| why.at("votes"))
    }

    /// Decides the level; votes stay as they were given.
    pub fn decide(&mut self, by: PersonId, level: Level) {
        self.decided = Some(Decided { level, by });
    }

    /// The gravest level anybody has voted for.
    pub fn gravest_vote(&self) -> Option<Level> {
        self.votes.values().map(|vote| vote.level).max()
    }
}

codes! {
    /// The fixed answers: an answer is a disclosure too, so words come second. The first seven say what came of it; the last
    /// two only keep the conversation going.
    pub enum Answer {
        /// More will be said at the latest on [`Reply::back_by`].
        BackBy = 1,
        /// It is part of a case that already runs.
        PartOfCase = 2,
        /// The family is being talked to.
        TalkingWithFamily = 3,
        /// An examination was started.
        ExaminationStarted = 4,
        /// An intervention was started.
        InterventionStarted = 5,
        /// Nothing further for now; write again on seeing more.
        NothingForNow = 6,
        /// May not be told.
        CannotBeDisclosed = 7,
        /// Thank you.
        Thanks = 8,
        /// Please tell more.
        AskAgain = 9,
    }
}

record! {
    /// Svar: goes back to whoever wrote what it answers.
    pub struct Reply {
        /// What it answers.
        pub to: RecordId,
        /// A fixed answer.
        pub answer: Option<Answer>,
        /// The day of [`Answer::BackBy`], and of no other answer.
        pub back_by: Option<Date>,
        /// In words.
        pub text: Option<Text>,
    }
}

impl Reply {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        match (self.answer, self.back_by, &self.text) {
            (Some(Answer::BackBy), None, _) => Err(Why::Missing.at("back_by")),
            (Some(Answer::BackBy), Some(_), _) => Ok(()),
            (_, Some(_), _) => Err(Why::Contradiction.at("back_by")),
            (None, None, None) => Err(Why::Missing.at("text")),
            (_, None, _) => Ok(()),
        }
    }
}

codes! {
    /// What kind of notification it is.
    pub enum NotificationLevel {
        /// Almindelig.
        Ordinary = 1,
        /// Akut.
        Acute = 2,
        /// Ulovligt fravær: a leader's form of its own.
        UnlawfulAbsence = 3,
    }
}

codes! {
    /// Who is suspected of violence or abuse. Nobody suspected is told.
    pub enum Suspect {
        /// A parent.
        Parent = 1,
        /// Another person close to the child.
        OtherClose = 2,
        /// An employee.
        Employee = 3,
        /// Another child.
        OtherChild = 4,
        /// Not known.
        Unknown = 5,
    }
}

record! {
    /// Underretning: the individual professional's; nobody can hold it back.
    pub struct Notification {
        /// What kind it is.
        pub level: NotificationLevel,
        /// What is notified.
        pub text: Text,
        /// The team that receives it.
        pub to: Option<TeamId>,
        /// The concern it grew out of.
        pub concern: Option<RecordId>,
        /// What has been tried.
        pub efforts: Option<Text>,
        /// Whether the parents were told.
        pub parents_informed: bool,
        /// Why they were not, or what was said.
        pub reason: Option<Text>,
        /// Who is suspected, if anybody is.
        pub suspect: Option<Suspect>,
        /// Records that go with it.
        pub records: List<RecordId>,
    }
}

impl Notification {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        if self.text.is_blank() { Err(Why::Missing.at("text")) } else { Ok(()) }
    }
}
