//! What a scenario file comes to once it has been parsed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tvaers_core::kinds::{
    Analysis, Level, List, NotificationLevel, Observation, Occurred, ParentsContacted, Position, Score, Short, Text,
    Voice,
};

use super::refusal::{NextKind, Refused};

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(super) usize);

        impl $name {
            /// The place, from 0.
            pub const fn index(self) -> usize {
                self.0
            }
        }
    };
}

index!(
    /// A unit of a scenario.
    UnitIx
);
index!(
    /// A person of a scenario.
    PersonIx
);
index!(
    /// A child of a scenario.
    ChildIx
);
index!(
    /// An event: its place in the file, refused ones counted.
    EventIx
);

/// What [`super::load`] gives: the scenario, and what was refused alone.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// All that can be replayed.
    pub scenario: Scenario,
    /// Events that were refused, in the order of the file. Kinds of the next version are not among them.
    pub refused: Vec<Refused>,
    /// Children that were refused. Events about them are refused too.
    pub refused_children: Vec<Refused>,
    /// How many events the file has, refused ones included.
    pub total: usize,
}

/// A municipality and what its people did.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Whose months these are.
    pub municipality: Municipality,
    /// By [`UnitIx`].
    pub units: Vec<Unit>,
    /// By [`PersonIx`].
    pub people: Vec<Person>,
    /// By [`ChildIx`].
    pub children: Vec<Child>,
    /// In the order of the file, which is the order of true time.
    pub events: BTreeMap<EventIx, Event>,
}

impl Scenario {
    /// Every person with its index.
    pub fn persons(&self) -> impl Iterator<Item = (PersonIx, &Person)> {
        self.people.iter().enumerate().map(|(at, person)| (PersonIx(at), person))
    }

    /// Every unit with its index.
    pub fn all_units(&self) -> impl Iterator<Item = (UnitIx, &Unit)> {
        self.units.iter().enumerate().map(|(at, unit)| (UnitIx(at), unit))
    }

    /// Every child with its index.
    pub fn all_children(&self) -> impl Iterator<Item = (ChildIx, &Child)> {
        self.children.iter().enumerate().map(|(at, child)| (ChildIx(at), child))
    }

    /// The person with this id in the file.
    pub fn person_by_id(&self, id: &str) -> Option<PersonIx> {
        self.people.iter().position(|person| person.id == id).map(PersonIx)
    }

    /// The event with this id in the file.
    pub fn event_by_id(&self, id: &str) -> Option<EventIx> {
        self.events.values().find(|event| event.id == id).map(|event| event.ix)
    }

    /// The event at this place, unless it was refused.
    pub fn event(&self, ix: EventIx) -> Option<&Event> {
        self.events.get(&ix)
    }

    /// The person; always there for an index of this scenario.
    pub fn person(&self, ix: PersonIx) -> Option<&Person> {
        self.people.get(ix.0)
    }

    /// The unit; always there for an index of this scenario.
    pub fn unit(&self, ix: UnitIx) -> Option<&Unit> {
        self.units.get(ix.0)
    }

    /// The child; always there for an index of this scenario.
    pub fn child(&self, ix: ChildIx) -> Option<&Child> {
        self.children.get(ix.0)
    }
}

/// The municipality.
#[derive(Debug, Clone)]
pub struct Municipality {
    /// Id in the file.
    pub id: String,
    /// Name.
    pub name: Short,
}

/// A unit.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Id in the file.
    pub id: String,
    /// Name.
    pub name: Short,
    /// dagtilbud, skole, sundhedspleje, ppr, familieafdeling, klub.
    pub kind: Short,
}

/// One of the staff.
#[derive(Debug, Clone)]
pub struct Person {
    /// Id in the file: letters, digits, `-`, `_` and `.` only, so that it can name a file.
    pub id: String,
    /// Name.
    pub name: Short,
    /// pædagog, lærer, socialrådgiver …
    pub profession: Short,
    /// Where the person works.
    pub unit: UnitIx,
    /// How many devices, numbered from 1.
    pub devices: u16,
}

/// A child.
#[derive(Debug, Clone)]
pub struct Child {
    /// Id in the file.
    pub id: String,
    /// Given name.
    pub given_name: Short,
    /// Family name.
    pub family_name: Short,
    /// Birth date.
    pub birth_date: Date,
    /// The unit the child goes to.
    pub unit: Option<UnitIx>,
    /// Those who have custody, and those who have not.
    pub guardians: Vec<Guardian>,
    /// CPR number: belongs to no record.
    pub cpr: Option<Short>,
    /// Language at home.
    pub language: Option<Short>,
    /// Whether an interpreter is needed.
    pub interpreter: bool,
}

/// A parent or somebody in their place.
#[derive(Debug, Clone)]
pub struct Guardian {
    /// Name.
    pub name: Short,
    /// mor, far …
    pub relation: Option<Short>,
    /// Whether this person has custody.
    pub custody: bool,
    /// Name and address protection.
    pub address_protected: bool,
}

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

    /// Whether its machinery comes in the next version: the replay refuses it by name, with this as the reason.
    pub const fn next(&self) -> Option<NextKind> {
        match &self.body {
            Body::Handover { .. } => Some(NextKind::Handover),
            Body::DeviceLost { .. } => Some(NextKind::DeviceLost),
            Body::Leaves { .. } => Some(NextKind::Leaves),
            _ => None,
        }
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
