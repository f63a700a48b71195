//! A record as the parts of a page. Every kind becomes a few blocks; the templates know blocks, not kinds.

mod curve;
mod people;
mod story;
mod work;

use tvaers_core::directory::Staff;
use tvaers_core::kinds::{Content, Envelope, Party, Recipient, Text};
use tvaers_core::wire::ids::{PersonId, TeamId};

use super::language::Words;
use super::time::{Time, Times};
use super::typed::Typed;

pub(super) use curve::{Curve, Point};
pub(super) use people::access_word;
pub(super) use story::answer_name;

/// One part of a record. The three texts of a note differ by form, not by colour (screens: The look).
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// Something said plainly, under its heading.
    Text { label: String, text: Typed },
    /// Somebody's own words.
    Quote { label: String, text: Typed },
    /// What somebody makes of it.
    Reading { label: String, text: Typed },
    /// Several things in order.
    List { label: String, items: Vec<Typed> },
    /// Short facts side by side.
    Facts(Vec<Fact>),
    /// How a child thrives.
    Position { place: &'static str, mark: &'static str, words: String },
    /// What each person proposes, and what was decided.
    Votes { votes: Vec<VoteLine>, decided: Option<String> },
    /// What was talked about, with its minutes.
    Agenda { label: String, items: Vec<(Typed, Option<Typed>)> },
    /// Who does what by when.
    Points { label: String, points: Vec<PointLine> },
}

/// A fact and its name.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: Typed,
}

/// One person's view.
#[derive(Clone, Debug)]
pub(super) struct VoteLine {
    pub(super) who: Typed,
    pub(super) level: String,
    pub(super) why: Option<Typed>,
}

/// One action point.
#[derive(Clone, Debug)]
pub(super) struct PointLine {
    pub(super) text: Typed,
    pub(super) owner: Option<Typed>,
    pub(super) due: Option<Time>,
    pub(super) state: String,
    pub(super) overdue: bool,
}

/// What turning a record into blocks needs to know.
#[derive(Clone)]
pub(super) struct Teller<'a> {
    pub(super) words: &'static Words,
    pub(super) times: &'a Times,
    pub(super) staff: &'a Staff,
}

impl Teller<'_> {
    /// The parts of a record.
    pub(super) fn blocks(&self, envelope: &Envelope) -> Vec<Block> {
        let blocks = match &envelope.content {
            Content::Observation(content) => self.observation(content),
            Content::Draft(content) => self.draft(content),
            Content::Amendment(content) => self.amendment(content),
            Content::Voice(content) => self.voice(content),
            Content::Reply(content) => self.reply(content),
            Content::Assessment(content) => self.assessment(content),
            Content::JointAssessment(content) => self.joint_assessment(content),
            Content::Concern(content) => self.concern(content),
            Content::Notification(content) => self.notification(content),
            Content::Analysis(content) => self.analysis(content),
            Content::Intervention(content) => self.intervention(content),
            Content::Measure(content) => self.measure(content),
            Content::Meeting(content) => self.meeting(content),
            Content::ActionPoint(content) => self.action_point(content),
            Content::AnonymousDiscussion(content) => self.discussion(content),
            Content::Child(content) => self.child(content),
            Content::Consent(content) => self.consent(content),
            Content::Disclosure(content) => self.disclosure(content),
            Content::AccessEvent(content) => self.access(content),
        };
        blocks.into_iter().flatten().collect()
    }

    fn word(&self, key: &str) -> String {
        self.words.get(key)
    }

    fn text(&self, key: &str, text: &Text) -> Option<Block> {
        (!text.is_blank()).then(|| Block::Text { label: self.word(key), text: Typed::new(text.as_str()) })
    }

    fn text_if(&self, key: &str, text: &Option<Text>) -> Option<Block> {
        text.as_ref().and_then(|text| self.text(key, text))
    }

    fn quote(&self, key: &str, text: &Option<Text>) -> Option<Block> {
        let text = text.as_ref().filter(|text| !text.is_blank())?;
        Some(Block::Quote { label: self.word(key), text: Typed::new(text.as_str()) })
    }

    fn reading(&self, key: &str, text: &Option<Text>) -> Option<Block> {
        let text = text.as_ref().filter(|text| !text.is_blank())?;
        Some(Block::Reading { label: self.word(key), text: Typed::new(text.as_str()) })
    }

    fn list<'t>(&self, key: &str, items: impl IntoIterator<Item = &'t Text>) -> Option<Block> {
        let items: Vec<Typed> = items.into_iter().map(|item| Typed::new(item.as_str())).collect();
        (!items.is_empty()).then(|| Block::List { label: self.word(key), items })
    }

    fn facts(&self, facts: impl IntoIterator<Item = Option<Fact>>) -> Option<Block> {
        let facts: Vec<Fact> = facts.into_iter().flatten().collect();
        (!facts.is_empty()).then_some(Block::Facts(facts))
    }

    fn fact(&self, key: &str, value: impl AsRef<str>) -> Option<Fact> {
        let value = Typed::new(value);
        (!value.is_blank()).then(|| Fact { label: self.word(key), value })
    }

    pub(super) fn person(&self, person: &PersonId) -> Typed {
        let known = self.staff.person(person).map(|facts| facts.name.clone());
        Typed::new(known.unwrap_or_else(|| self.word("somebody")))
    }

    pub(super) fn team(&self, team: &TeamId) -> Typed {
        let known = self.staff.team(team).map(|facts| facts.name.clone());
        Typed::new(known.unwrap_or_else(|| self.word("some-unit")))
    }

    pub(super) fn party(&self, party: &Party) -> Typed {
        match party {
            Party::Person(person) => self.person(person),
            Party::Named(name) => Typed::new(name.as_str()),
        }
    }

    fn recipient(&self, recipient: &Recipient) -> Typed {
        match recipient {
            Recipient::Person(person) => self.person(person),
            Recipient::Team(team) => self.team(team),
        }
    }

    fn day(&self, key: &str, day: Option<jiff::civil::Date>) -> Option<Fact> {
        day.and_then(|day| self.fact(key, self.times.day(day).words))
    }
}

/// The parts of one kind, absent ones among them.
type Parts = Vec<Option<Block>>;

/// Joined as in a sentence.
fn joined(items: impl IntoIterator<Item = Typed>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
