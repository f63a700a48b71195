//! What was seen and heard: the draft, the submitted observation, its amendments, the child's voice.

use tvaers_wire::ids::{PersonId, RecordId};

use super::common::Recipient;
use super::node::{nested, record};
use super::value::{FieldError, List, Score, Short, Text, Why};

record! {
    /// A mark on the body, in words.
    pub struct BodyMark {
        /// Where.
        pub place: Short,
        /// What it looks like.
        pub description: Text,
    }
}
nested!(BodyMark, Map);

record! {
    /// Iagttagelse: submitted once, never edited. Fact, the child's words and interpretation are three texts.
    pub struct Observation {
        /// Where and when in the day: cloakroom, class …
        pub setting: Option<Short>,
        /// What happened, without interpretation.
        pub seen_heard: Text,
        /// The child's own words.
        pub childs_words: Option<Text>,
        /// What the writer thinks of it.
        pub interpretation: Option<Text>,
        /// What the writer did.
        pub immediate_action: Option<Text>,
        /// Themes.
        pub domains: List<Short>,
        /// Marks on the body.
        pub body_marks: List<BodyMark>,
        /// Colleagues who wrote with the author.
        pub co_authors: List<PersonId>,
    }
}

impl Observation {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        let texts = [Some(&self.seen_heard), self.childs_words.as_ref(), self.interpretation.as_ref()];
        if texts.into_iter().flatten().all(Text::is_blank) && self.body_marks.is_empty() {
            return Err(Why::Missing.at("seen_heard"));
        }
        Ok(())
    }
}

record! {
    /// Kladde: an observation being written, by one or several people on phones that may be offline.
    pub struct Draft {
        /// Where and when in the day.
        pub setting: Option<Short>,
        /// What happened, without interpretation.
        pub seen_heard: Text,
        /// The child's own words.
        pub childs_words: Option<Text>,
        /// What the writers think of it.
        pub interpretation: Option<Text>,
        /// What the writers did.
        pub immediate_action: Option<Text>,
        /// Themes.
        pub domains: List<Short>,
        /// Marks on the body.
        pub body_marks: List<BodyMark>,
        /// Colleagues invited to write.
        pub co_authors: List<PersonId>,
        /// To whom it shall be sent, when that is chosen.
        pub addressee: Option<Recipient>,
    }
}

impl Draft {
    /// Nothing written yet.
    pub fn empty() -> Self {
        Self {
            setting: None,
            seen_heard: Text::default(),
            childs_words: None,
            interpretation: None,
            immediate_action: None,
            domains: List::default(),
            body_marks: List::default(),
            co_authors: List::default(),
            addressee: None,
        }
    }

    /// The observation to submit: the words that stand, none that were deleted.
    ///
    /// # Errors
    /// [`Why::Missing`] if nothing has been written.
    pub fn finish(&self) -> Result<Observation, FieldError> {
        let observation = Observation {
            setting: self.setting.clone(),
            seen_heard: self.seen_heard.clone(),
            childs_words: self.childs_words.clone(),
            interpretation: self.interpretation.clone(),
            immediate_action: self.immediate_action.clone(),
            domains: self.domains.clone(),
            body_marks: self.body_marks.clone(),
            co_authors: self.co_authors.clone(),
        };
        observation.check()?;
        Ok(observation)
    }
}

record! {
    /// Rettelse: stands beside what it corrects; a correction is never an edit.
    pub struct Amendment {
        /// The record it corrects.
        pub of: RecordId,
        /// What is right.
        pub text: Text,
        /// Why it is corrected.
        pub reason: Option<Text>,
    }
}

impl Amendment {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        if self.text.is_blank() { Err(Why::Missing.at("text")) } else { Ok(()) }
    }
}

record! {
    /// Perspektiv: what the child or the family says, word for word, or why it was not asked for.
    pub struct Voice {
        /// Whose: the child, a parent.
        pub whose: Short,
        /// How it was obtained: talk, drawing, play.
        pub method: Option<Short>,
        /// Word for word.
        pub verbatim: Option<Text>,
        /// The own rating.
        pub rating: Option<Score>,
        /// Why it, or the rating, was not obtained.
        pub not_obtained_reason: Option<Text>,
    }
}

impl Voice {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        if self.verbatim.is_none() && self.rating.is_none() && self.not_obtained_reason.is_none() {
            return Err(Why::Missing.at("not_obtained_reason"));
        }
        Ok(())
    }
}
