//! What a person types, in both directions. Plain texts: each is parsed into core's own type here, where the field at fault
//! can still be named, and printed back from it.

use tvaers_core::kinds::{
    Answer, BodyMark, ChildRef, Concern, ConcernState, Content, Decided, Draft, FieldError, Level, List, Observation,
    ParentsContacted, Recipient, Reply, Short, Text, Why,
};
use tvaers_core::wire::ids::{ChildId, PersonId, RecordId};

/// A child as its writer knows it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChildFacts {
    /// Names the child in the circles that know it.
    pub id: ChildId,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
}

/// An observation, or the draft of one. Only `seen_heard` or one of the other two texts is required.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ObservationText {
    /// What happened, without interpretation.
    pub seen_heard: String,
    /// The child's own words.
    #[uniffi(default = None)]
    pub childs_words: Option<String>,
    /// What the writer thinks of it.
    #[uniffi(default = None)]
    pub interpretation: Option<String>,
    /// What the writer did.
    #[uniffi(default = None)]
    pub immediate_action: Option<String>,
    /// Where and when in the day.
    #[uniffi(default = None)]
    pub setting: Option<String>,
    /// Themes.
    #[uniffi(default = [])]
    pub domains: Vec<String>,
    /// Marks on the body.
    #[uniffi(default = [])]
    pub body_marks: Vec<BodyMarkText>,
    /// Colleagues who wrote with the author.
    #[uniffi(default = [])]
    pub co_authors: Vec<PersonId>,
}

/// A mark on the body, in words.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct BodyMarkText {
    /// Where.
    pub place: String,
    /// What it looks like.
    pub description: String,
}

/// A concern.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConcernText {
    /// Why now.
    pub trigger: String,
    /// To whom it is raised.
    pub recipient: Recipient,
    /// The level that the one who writes, or reads, proposes.
    #[uniffi(default = None)]
    pub own_vote: Option<Level>,
    /// What the cooperation is for.
    #[uniffi(default = None)]
    pub purpose: Option<String>,
    /// Whether the parents were talked to.
    #[uniffi(default = None)]
    pub parents_told: Option<ParentsTold>,
    /// The observations it rests on.
    #[uniffi(default = [])]
    pub observations: Vec<RecordId>,
    /// The child's perspective.
    #[uniffi(default = None)]
    pub childs_perspective: Option<String>,
    /// The family's perspective.
    #[uniffi(default = None)]
    pub familys_perspective: Option<String>,
    /// Why a perspective is missing.
    #[uniffi(default = None)]
    pub perspective_missing: Option<String>,
}

/// Whether the parents have been talked to.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ParentsTold {
    /// Yes or no.
    pub done: bool,
    /// What was said, or why not.
    pub reason: Option<String>,
}

/// One person's view of a concern's level.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GivenVote {
    /// Whose.
    pub person: PersonId,
    /// The level.
    pub level: Level,
    /// Why.
    pub why: Option<String>,
}

/// An answer: a fixed choice, words, or both.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReplyText {
    /// A fixed answer.
    pub answer: Option<Answer>,
    /// The day that goes with `BACK_BY`, and with no other answer: `YYYY-MM-DD`.
    #[uniffi(default = None)]
    pub back_by: Option<String>,
    /// In words.
    #[uniffi(default = None)]
    pub text: Option<String>,
}

/// What a record says, for the kinds that the phone opens so far.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
#[allow(clippy::large_enum_variant, reason = "crosses the border by value, one at a time")]
pub enum Said {
    /// Iagttagelse.
    Observation(ObservationText),
    /// Kladde.
    Draft(ObservationText),
    /// Bekymring.
    Concern {
        /// Its texts.
        text: ConcernText,
        /// Everybody's votes, side by side.
        votes: Vec<GivenVote>,
        /// The level that a named person decided.
        decided: Option<Decided>,
        /// Where it stands.
        state: ConcernState,
    },
    /// Svar.
    Reply(ReplyText),
    /// Another kind: its row is all there is to show.
    Other,
}

impl ChildFacts {
    pub(crate) fn parse(self) -> Result<ChildRef, FieldError> {
        Ok(ChildRef {
            id: self.id,
            given_name: short(self.given_name, "given_name")?,
            family_name: short(self.family_name, "family_name")?,
            birth_date: self.birth_date.parse().map_err(|_| Why::NotADate.at("birth_date"))?,
        })
    }
}

impl From<ChildRef> for ChildFacts {
    fn from(child: ChildRef) -> Self {
        Self {
            id: child.id,
            given_name: child.given_name.into_string(),
            family_name: child.family_name.into_string(),
            birth_date: child.birth_date.to_string(),
        }
    }
}

impl ObservationText {
    pub(crate) fn parse(self) -> Result<Observation, FieldError> {
        let mark = |mark: BodyMarkText| {
            let (place, description) = (short(mark.place, "body_marks")?, text(mark.description, "body_marks")?);
            Ok::<_, FieldError>(BodyMark { place, description })
        };
        Ok(Observation {
            setting: optional_short(self.setting, "setting")?,
            seen_heard: text(self.seen_heard, "seen_heard")?,
            childs_words: optional(self.childs_words, "childs_words")?,
            interpretation: optional(self.interpretation, "interpretation")?,
            immediate_action: optional(self.immediate_action, "immediate_action")?,
            domains: list(self.domains, "domains", |domain| short(domain, "domains"))?,
            body_marks: list(self.body_marks, "body_marks", mark)?,
            co_authors: list(self.co_authors, "co_authors", Ok)?,
        })
    }

    /// Puts these texts in the place of a draft's; its addressee stays.
    pub(crate) fn parse_into(self, draft: &mut Draft) -> Result<(), FieldError> {
        let Observation {
            setting,
            seen_heard,
            childs_words,
            interpretation,
            immediate_action,
            domains,
            body_marks,
            co_authors,
        } = self.parse()?;
        let addressee = draft.addressee;
        *draft = Draft {
            setting,
            seen_heard,
            childs_words,
            interpretation,
            immediate_action,
            domains,
            body_marks,
            co_authors,
            addressee,
        };
        Ok(())
    }
}

impl From<Observation> for ObservationText {
    fn from(observation: Observation) -> Self {
        let mark = |mark: BodyMark| BodyMarkText {
            place: mark.place.into_string(),
            description: mark.description.into_string(),
        };
        Self {
            seen_heard: observation.seen_heard.into_string(),
            childs_words: observation.childs_words.map(Text::into_string),
            interpretation: observation.interpretation.map(Text::into_string),
            immediate_action: observation.immediate_action.map(Text::into_string),
            setting: observation.setting.map(Short::into_string),
            domains: observation.domains.into_iter().map(Short::into_string).collect(),
            body_marks: observation.body_marks.into_iter().map(mark).collect(),
            co_authors: observation.co_authors.into_vec(),
        }
    }
}

impl From<Draft> for ObservationText {
    fn from(draft: Draft) -> Self {
        Observation {
            setting: draft.setting,
            seen_heard: draft.seen_heard,
            childs_words: draft.childs_words,
            interpretation: draft.interpretation,
            immediate_action: draft.immediate_action,
            domains: draft.domains,
            body_marks: draft.body_marks,
            co_authors: draft.co_authors,
        }
        .into()
    }
}

impl ConcernText {
    /// The concern that `person` raises with these words.
    pub(crate) fn parse(self, person: PersonId) -> Result<Concern, FieldError> {
        let parents = |told: ParentsTold| {
            let reason = optional(told.reason, "parents_told")?;
            Ok::<_, FieldError>(ParentsContacted { done: told.done, reason })
        };
        let mut concern = Concern {
            trigger: text(self.trigger, "trigger")?,
            purpose: optional(self.purpose, "purpose")?,
            votes: Default::default(),
            decided: None,
            recipient: self.recipient,
            parents_contacted: self.parents_told.map(parents).transpose()?,
            observations: list(self.observations, "observations", Ok)?,
            childs_perspective: optional(self.childs_perspective, "childs_perspective")?,
            familys_perspective: optional(self.familys_perspective, "familys_perspective")?,
            perspective_missing: optional(self.perspective_missing, "perspective_missing")?,
            state: ConcernState::New,
        };
        if let Some(level) = self.own_vote {
            concern.vote(person, level, None)?;
        }
        Ok(concern)
    }

    fn print(concern: Concern, reader: &PersonId) -> Self {
        let told = |told: ParentsContacted| ParentsTold { done: told.done, reason: told.reason.map(Text::into_string) };
        Self {
            trigger: concern.trigger.into_string(),
            recipient: concern.recipient,
            own_vote: concern.votes.get(reader).map(|vote| vote.level),
            purpose: concern.purpose.map(Text::into_string),
            parents_told: concern.parents_contacted.map(told),
            observations: concern.observations.into_vec(),
            childs_perspective: concern.childs_perspective.map(Text::into_string),
            familys_perspective: concern.familys_perspective.map(Text::into_string),
            perspective_missing: concern.perspective_missing.map(Text::into_string),
        }
    }
}

impl ReplyText {
    pub(crate) fn parse(self, to: RecordId) -> Result<Reply, FieldError> {
        let day = |day: String| day.parse().map_err(|_| Why::NotADate.at("back_by"));
        let back_by = self.back_by.map(day).transpose()?;
        Ok(Reply { to, answer: self.answer, back_by, text: optional(self.text, "text")? })
    }
}

impl Said {
    pub(crate) fn print(content: Content, reader: &PersonId) -> Self {
        match content {
            Content::Observation(observation) => Self::Observation(observation.into()),
            Content::Draft(draft) => Self::Draft(draft.into()),
            Content::Concern(concern) => {
                let votes = concern.votes.iter().map(|(person, vote)| GivenVote {
                    person: *person,
                    level: vote.level,
                    why: vote.why.clone().map(Text::into_string),
                });
                let (votes, decided, state) = (votes.collect(), concern.decided.clone(), concern.state);
                Self::Concern { text: ConcernText::print(concern, reader), votes, decided, state }
            }
            Content::Reply(reply) => {
                let back_by = reply.back_by.map(|day| day.to_string());
                Self::Reply(ReplyText { answer: reply.answer, back_by, text: reply.text.map(Text::into_string) })
            }
            _ => Self::Other,
        }
    }
}

fn text(value: String, field: &'static str) -> Result<Text, FieldError> {
    Text::new(value).map_err(|why| why.at(field))
}

fn short(value: String, field: &'static str) -> Result<Short, FieldError> {
    Short::new(value).map_err(|why| why.at(field))
}

fn optional(value: Option<String>, field: &'static str) -> Result<Option<Text>, FieldError> {
    value.map_or(Ok(None), Text::optional).map_err(|why| why.at(field))
}

fn optional_short(value: Option<String>, field: &'static str) -> Result<Option<Short>, FieldError> {
    value.map_or(Ok(None), Short::optional).map_err(|why| why.at(field))
}

fn list<A, B>(
    items: Vec<A>,
    field: &'static str,
    parse: impl FnMut(A) -> Result<B, FieldError>,
) -> Result<List<B>, FieldError> {
    List::new(items.into_iter().map(parse).collect::<Result<_, _>>()?).map_err(|why| why.at(field))
}
