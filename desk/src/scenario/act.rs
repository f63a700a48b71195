//! What somebody did: an event, parsed.

use jiff::civil::Date;
use tvaers_core::kinds::{
    Analysis, Level, List, NotificationLevel, Observation, Occurred, ParentsContacted, Position, Score, Short, Text,
    Voice,
};

use super::model::{ChildIx, EventIx, PersonIx, UnitIx};

/// Something somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the file.
    pub ix: EventIx,
    /// Id in the file.
    pub id: String,
    /// True time, with its offset.
    pub at: Occurred,
    /// What the device's wrong clock showed.
    pub device_clock: Option<Occurred>,
    /// Who.
    pub by: PersonIx,
    /// On which of the person's devices, from 1. Always 1 for `device_lost`, which does not give the recorder's.
    pub device: u16,
    /// Whether the device has no network then.
    pub offline: bool,
    /// The child.
    pub child: Option<ChildIx>,
    /// What was done.
    pub body: Body,
}

impl Event {
    /// The name of the kind in the file.
    pub const fn kind(&self) -> &'static str {
        self.body.kind()
    }

    /// Whether it becomes a record. The others change who reads, and write nothing.
    pub const fn is_record(&self) -> bool {
        !matches!(self.body, Body::Handover { .. } | Body::DeviceLost { .. } | Body::Leaves { .. })
    }

    /// Whether it is a meeting without any link to a child: on the basis `anonym`, or about nobody.
    pub fn is_anonymous(&self) -> bool {
        match &self.body {
            Body::Meeting { basis, .. } => self.child.is_none() || basis.as_str().trim().to_lowercase() == "anonym",
            _ => false,
        }
    }

    /// The events it cites.
    pub fn cites(&self) -> &[EventIx] {
        match &self.body {
            Body::Amendment { of, .. } => std::slice::from_ref(of),
            Body::Reply { to, .. } => std::slice::from_ref(to),
            Body::Measure { intervention, .. } => std::slice::from_ref(intervention),
            Body::Concern { observations, .. } => observations,
            _ => &[],
        }
    }

    /// The event it answers: what an amendment corrects, a reply answers, a measure measures.
    pub const fn answers(&self) -> Option<EventIx> {
        match &self.body {
            Body::Amendment { of: event, .. }
            | Body::Reply { to: event, .. }
            | Body::Measure { intervention: event, .. } => Some(*event),
            _ => None,
        }
    }
}

/// To whom a concern is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// One person.
    Person(PersonIx),
    /// A unit.
    Unit(UnitIx),
}

/// Somebody named in a field: one of the staff, or anybody else by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Somebody {
    /// A person of the scenario.
    Person(PersonIx),
    /// Anybody else.
    Named(Short),
}

impl Somebody {
    /// The person of the scenario, if it is one.
    pub const fn person(&self) -> Option<PersonIx> {
        match self {
            Self::Person(person) => Some(*person),
            Self::Named(_) => None,
        }
    }
}

/// An action point of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What shall be done.
    pub text: Text,
    /// Who does it.
    pub owner: Option<Somebody>,
    /// By when.
    pub due: Option<Date>,
}

/// What was done, by kind. Content without ids is a record's content already.
#[expect(missing_docs, reason = "the fields are those of the scenario's format, under their names there")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Observation(Observation),
    Amendment {
        of: EventIx,
        text: Text,
        reason: Text,
    },
    Assessment {
        position: Position,
        own: bool,
        indicators: List<Text>,
    },
    Concern {
        level: Level,
        trigger: Text,
        recipient: Addressee,
        parent_contacted: ParentsContacted,
        observations: Vec<EventIx>,
    },
    Reply {
        to: EventIx,
        text: Text,
    },
    Voice(Voice),
    Analysis(Analysis),
    Intervention {
        goal: Text,
        childs_goal: Text,
        actions: List<Text>,
        responsible: Somebody,
        start: Date,
        review_at: Date,
        baseline: Score,
    },
    Measure {
        intervention: EventIx,
        value: Score,
        by_whom: Somebody,
        note: Text,
    },
    Meeting {
        meeting_type: Short,
        basis: Short,
        attendees: Vec<Somebody>,
        agenda: List<Text>,
        decisions: List<Text>,
        action_points: Vec<Point>,
    },
    Consent {
        giver: Somebody,
        scope: Text,
        form: Short,
        expires_at: Option<Date>,
        given: bool,
    },
    Notification {
        level: NotificationLevel,
        text: Text,
        parents_informed: bool,
        reason: Text,
    },
    Handover {
        from: PersonIx,
        to: PersonIx,
        reason: Text,
    },
    DeviceLost {
        person: PersonIx,
        device: u16,
    },
    Leaves {
        person: PersonIx,
    },
}

impl Body {
    /// The name of the kind in the file.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Observation(_) => "observation",
            Self::Amendment { .. } => "amendment",
            Self::Assessment { .. } => "assessment",
            Self::Concern { .. } => "concern",
            Self::Reply { .. } => "reply",
            Self::Voice(_) => "voice",
            Self::Analysis(_) => "analysis",
            Self::Intervention { .. } => "intervention",
            Self::Measure { .. } => "measure",
            Self::Meeting { .. } => "meeting",
            Self::Consent { .. } => "consent",
            Self::Notification { .. } => "notification",
            Self::Handover { .. } => "handover",
            Self::DeviceLost { .. } => "device_lost",
            Self::Leaves { .. } => "leaves",
        }
    }
}
