//! The kinds of record (product: Records): one struct each, every field a type that cannot hold a wrong value.
//!
//! No storage format here: `document` lays these out as frozen or living documents.

pub mod child;
pub mod common;
pub mod concern;
#[cfg(test)]
mod described;
pub mod meeting;
pub(crate) mod node;
pub mod observation;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod value;
pub mod work;

pub use child::{Assessment, Child, ChildState, Guardian, JointAssessment, Position};
pub use common::{ChildRef, Occurred, ParentsContacted, Party, Precision, Recipient};
pub use concern::{
    Answer, Concern, ConcernState, Decided, Level, Notification, NotificationLevel, Reply, Suspect, Vote,
};
pub use meeting::{
    ActionPoint, ActionState, AgendaItem, AnonymousDiscussion, DiscussionState, Horizon, Meeting, MeetingState,
};
pub use observation::{Amendment, BodyMark, Draft, Observation, Voice};
pub use trace::{Access, AccessEvent, Consent, Disclosure, Lookup};
pub use value::{ByPerson, FieldError, List, Score, Short, Text, Usefulness, Why};
pub use work::{Analysis, AnalysisState, Evaluation, Intervention, InterventionState, Measure};

use node::{Fields, Record, codes};
use tvaers_wire::ids::TeamId;

codes! {
    /// The kind of a record.
    pub enum Kind {
        /// Barn.
        Child = 1,
        /// Kladde.
        Draft = 2,
        /// Iagttagelse.
        Observation = 3,
        /// Rettelse.
        Amendment = 4,
        /// Egen vurdering.
        Assessment = 5,
        /// Fælles vurdering.
        JointAssessment = 6,
        /// Bekymring.
        Concern = 7,
        /// Svar.
        Reply = 8,
        /// Perspektiv.
        Voice = 9,
        /// Analyse.
        Analysis = 10,
        /// Indsats.
        Intervention = 11,
        /// Måling.
        Measure = 12,
        /// Møde.
        Meeting = 13,
        /// Aktionspunkt.
        ActionPoint = 14,
        /// Samtykke.
        Consent = 15,
        /// Underretning.
        Notification = 16,
        /// Videregivelse.
        Disclosure = 17,
        /// Adgang.
        AccessEvent = 18,
        /// Anonym drøftelse.
        AnonymousDiscussion = 19,
    }
}

impl Kind {
    /// Written once, at submission, by one author (protocol §8.1).
    pub const fn is_frozen(self) -> bool {
        !self.is_living()
    }

    /// One that people share in a case; drafts stay with who writes them, anonymous discussions are about no child, and what was
    /// looked up is for log controllers.
    pub const fn is_of_a_case(self) -> bool {
        !matches!(self, Self::Draft | Self::AnonymousDiscussion | Self::AccessEvent)
    }

    /// Written by several people over time.
    pub const fn is_living(self) -> bool {
        matches!(
            self,
            Self::Child
                | Self::Draft
                | Self::JointAssessment
                | Self::Concern
                | Self::Analysis
                | Self::Intervention
                | Self::Meeting
                | Self::ActionPoint
                | Self::AnonymousDiscussion
        )
    }
}

macro_rules! contents {
    ($($kind:ident),+ $(,)?) => {
        /// What a record says, by kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Content {
            $(#[doc = concat!("See [`", stringify!($kind), "`].")] $kind($kind),)+
        }

        impl Content {
            /// The kind.
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)+ }
            }

            fn write_fields(&self, out: &mut Fields) {
                match self { $(Self::$kind(content) => content.write_fields(out),)+ }
            }

            fn read_fields(kind: Kind, from: &mut Fields) -> Result<Self, FieldError> {
                match kind { $(Kind::$kind => $kind::read_fields(from).map(Self::$kind),)+ }
            }
        }

        $(impl From<$kind> for Content {
            fn from(content: $kind) -> Self {
                Self::$kind(content)
            }
        })+
    };
}

contents!(
    Child,
    Draft,
    Observation,
    Amendment,
    Assessment,
    JointAssessment,
    Concern,
    Reply,
    Voice,
    Analysis,
    Intervention,
    Measure,
    Meeting,
    ActionPoint,
    Consent,
    Notification,
    Disclosure,
    AccessEvent,
    AnonymousDiscussion,
);

impl Content {
    /// What no single field can promise.
    fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Observation(content) => content.check(),
            Self::Amendment(content) => content.check(),
            Self::Voice(content) => content.check(),
            Self::Reply(content) => content.check(),
            Self::Notification(content) => content.check(),
            Self::Consent(content) => content.check(),
            Self::AccessEvent(content) => content.check(),
            _ => Ok(()),
        }
    }
}

/// A record's content with what every record says. Author, device and times of writing are in the signed header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The child; none in an anonymous discussion or meeting, and none in an access event, which names children inside.
    pub about: Option<ChildRef>,
    /// When it happened.
    pub occurred: Occurred,
    /// The author's profession then.
    pub profession: Short,
    /// The author's unit then.
    pub unit: Option<TeamId>,
    /// What it says.
    pub content: Content,
}

/// Of the layout of documents. A newer one is refused, unharmed.
const SCHEMA: i64 = 1;

impl Envelope {
    /// The kind of its content.
    pub const fn kind(&self) -> Kind {
        self.content.kind()
    }

    /// Checks what no single field can promise. Documents are neither written nor read without it.
    ///
    /// # Errors
    /// The field that contradicts the others.
    pub fn check(&self) -> Result<(), FieldError> {
        self.occurred.check()?;
        // An event about a child would stand in its chronology, for everybody who works with it.
        if self.about.is_some() && matches!(self.kind(), Kind::AnonymousDiscussion | Kind::AccessEvent) {
            return Err(Why::Contradiction.at("about"));
        }
        if self.about.is_none() && self.kind() == Kind::Child {
            return Err(Why::Missing.at("about"));
        }
        self.content.check()
    }

    // The envelope's own names begin with an underscore: no field of a kind can ever collide with them.
    pub(crate) fn write_fields(&self) -> Fields {
        let mut out = Fields::default();
        out.put("_schema", &SCHEMA);
        out.put("_kind", &self.kind());
        out.put("_about", &self.about);
        out.put("_occurred", &self.occurred);
        out.put("_profession", &self.profession);
        out.put("_unit", &self.unit);
        self.content.write_fields(&mut out);
        out
    }

    pub(crate) fn read_fields(kind: Kind, mut from: Fields) -> Result<Self, FieldError> {
        if from.take::<i64>("_schema")? != SCHEMA {
            return Err(Why::UnknownCode.at("_schema"));
        }
        if from.take::<Kind>("_kind")? != kind {
            return Err(Why::Contradiction.at("_kind"));
        }
        let envelope = Self {
            about: from.take("_about")?,
            occurred: from.take("_occurred")?,
            profession: from.take("_profession")?,
            unit: from.take("_unit")?,
            content: Content::read_fields(kind, &mut from)?,
        };
        from.finish("record")?;
        envelope.check()?;
        Ok(envelope)
    }
}
