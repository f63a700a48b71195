//! The child, and how it thrives in the eyes of each profession.

use jiff::civil::Date;
use tvaers_wire::ids::{PersonId, TeamId};

use super::node::{codes, nested, record};
use super::value::{ByPerson, List, Short, Text};

codes! {
    /// Where the child's record stands.
    pub enum ChildState {
        /// Known and lived with.
        Active = 1,
        /// Moved to another municipality.
        Moved = 2,
        /// Kept, not worked with.
        Archived = 3,
    }
}

record! {
    /// Somebody who has, or has not, custody of the child.
    pub struct Guardian {
        /// Name.
        pub name: Short,
        /// Mother, father, grandmother …
        pub relation: Option<Short>,
        /// Whether this person has custody.
        pub custody: bool,
        /// Name and address protection: the flag only, never the address.
        pub address_protected: bool,
    }
}
nested!(Guardian, Map);

record! {
    /// Barn. Names and birth date are in the envelope's reference; the CPR number is not part of the record.
    pub struct Child {
        /// The unit the child belongs to.
        pub unit: Option<TeamId>,
        /// Room or class.
        pub group: Option<Short>,
        /// Those who have custody, and those who have not.
        pub guardians: List<Guardian>,
        /// Language at home.
        pub language: Option<Short>,
        /// Whether an interpreter is needed.
        pub interpreter: bool,
        /// When the family was told of the registration.
        pub family_informed: Option<Date>,
        /// Who coordinates.
        pub coordinator: Option<PersonId>,
        /// Where the record stands.
        pub state: ChildState,
    }
}

codes! {
    /// How the child thrives.
    pub enum Position {
        /// Thrives.
        Green = 1,
        /// Needs attention.
        Yellow = 2,
        /// Strong concern.
        Red = 3,
    }
}

record! {
    /// Trivselsvurdering, the own one: made before the others' are seen.
    pub struct Assessment {
        /// Where the child stands.
        pub position: Position,
        /// The signs it rests on.
        pub indicators: List<Text>,
        /// How the writer sees it differently.
        pub dissent: Option<Text>,
    }
}

record! {
    /// Fælles vurdering: made together; disagreement stays visible, positions are never averaged.
    pub struct JointAssessment {
        /// The position agreed.
        pub position: Position,
        /// The signs it rests on.
        pub indicators: List<Text>,
        /// Where the professions see it differently.
        pub dissent: Option<Text>,
        /// Each participant's own position.
        pub positions: ByPerson<Position>,
    }
}
