//! What several kinds share: the child, the time, persons inside and outside the municipality.

use jiff::civil::Date;
use tvaers_wire::ids::{ChildId, PersonId, TeamId};

use super::node::{Field, Node, codes, nested, optional, present, record};
use super::value::{FieldError, Short, Text, Why};

record! {
    /// The child a record is about, as its writer knew the child. Sealed content only.
    pub struct ChildRef {
        /// Names the child in the circles that know it.
        pub id: ChildId,
        /// Given name.
        pub given_name: Short,
        /// Family name.
        pub family_name: Short,
        /// Birth date.
        pub birth_date: Date,
    }
}
nested!(ChildRef, Map);

codes! {
    /// How well the time is known.
    pub enum Precision {
        /// To the minute.
        Minute = 1,
        /// About that hour.
        Hour = 2,
        /// Morning or afternoon of that day.
        PartOfDay = 3,
        /// That day.
        Day = 4,
        /// That week.
        Week = 5,
        /// That month.
        Month = 6,
    }
}

record! {
    /// When it happened, by the writer's word.
    pub struct Occurred {
        /// Unix time in milliseconds.
        pub at: i64,
        /// Minutes east of UTC on the clock on the wall then: tells October's two 02:30 apart. −1,080 to 1,080.
        pub offset_minutes: i64,
        /// How well it is known.
        pub precision: Precision,
    }
}
nested!(Occurred, Atom);

impl Occurred {
    /// To the minute, at this Unix time in milliseconds on a clock this many minutes east of UTC.
    pub fn at(at: i64, offset_minutes: i16) -> Self {
        Self { at, offset_minutes: offset_minutes.into(), precision: Precision::Minute }
    }

    /// The years 1900 to 9999 and the offsets that exist.
    pub(super) fn check(&self) -> Result<(), FieldError> {
        let years = -2_208_988_800_000..=253_402_300_799_999_i64;
        if !years.contains(&self.at) || !(-1_080..=1_080).contains(&self.offset_minutes) {
            return Err(Why::NotADate.at("occurred"));
        }
        Ok(())
    }
}

/// Somebody named in a field: one of the municipality's staff, or anybody else by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A person in the directory.
    Person(PersonId),
    /// A parent, an interpreter, a doctor: by name only.
    Named(Short),
}

impl Field for Party {
    fn write(&self) -> Option<Node> {
        match self {
            Self::Person(person) => person.write(),
            Self::Named(name) => name.write(),
        }
    }

    fn read(node: Option<Node>, field: &'static str) -> Result<Self, FieldError> {
        match present(node, field)? {
            node @ Node::Bytes(_) => PersonId::read(Some(node), field).map(Self::Person),
            node => Short::read(Some(node), field).map(Self::Named),
        }
    }
}
optional!(Party);

/// To whom something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// One person.
    Person(PersonId),
    /// A unit, the intake team or PPR.
    Team(TeamId),
}

// Person and team ids have one length, so the first byte tells them apart.
impl Field for Recipient {
    fn write(&self) -> Option<Node> {
        let (tag, id) = match self {
            Self::Person(id) => (1, id.as_bytes()),
            Self::Team(id) => (2, id.as_bytes()),
        };
        Some(Node::Bytes([&[tag], id.as_slice()].concat()))
    }

    fn read(node: Option<Node>, field: &'static str) -> Result<Self, FieldError> {
        let wrong = Why::WrongType.at(field);
        let Node::Bytes(bytes) = present(node, field)? else { return Err(wrong) };
        match bytes.split_first() {
            Some((1, id)) => PersonId::from_slice(id).map(Self::Person).map_err(|_| wrong),
            Some((2, id)) => TeamId::from_slice(id).map(Self::Team).map_err(|_| wrong),
            _ => Err(wrong),
        }
    }
}
optional!(Recipient);

record! {
    /// Whether the parents have been talked to; if not, why.
    pub struct ParentsContacted {
        /// Yes or no.
        pub done: bool,
        /// What was said, or why not.
        pub reason: Option<Text>,
    }
}
nested!(ParentsContacted, Atom);

impl ParentsContacted {
    /// A "no" needs a reason; screens ask for it until it is there.
    pub fn is_explained(&self) -> bool {
        self.done || self.reason.as_ref().is_some_and(|reason| !reason.is_blank())
    }
}
