//! Why an event, or a child, is refused alone while the rest goes on.

use tvaers_core::kinds::{FieldError, Why};

/// What was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its id; without one its place in the file, as `events[17]`.
    pub id: String,
    /// Why.
    pub reason: Reason,
}

/// Why it was refused. Never holds what the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is not an object, or holds text that is no Unicode, a number that is none, or too many levels.
    #[error("it is not a readable JSON object")]
    Unreadable,
    /// A field that is missing, too long, off its scale, or of another type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A kind that the format does not have.
    #[error("kind: there is no such kind of event")]
    UnknownKind,
    /// Not a person of the scenario.
    #[error("{0}: the scenario has no such person")]
    NoSuchPerson(&'static str),
    /// Neither a person nor a unit of the scenario.
    #[error("{0}: the scenario has no such person or unit")]
    NoSuchAddressee(&'static str),
    /// Not a unit of the scenario.
    #[error("{0}: the scenario has no such unit")]
    NoSuchUnit(&'static str),
    /// Not a child of the scenario, or one that was refused.
    #[error("child: the scenario has no such child")]
    NoSuchChild,
    /// Not an event of the scenario.
    #[error("{0}: the scenario has no such event")]
    NoSuchEvent(&'static str),
    /// The person has no device with this number.
    #[error("device: the person has no device with this number")]
    NoSuchDevice,
    /// All of it together is more than one record can hold.
    #[error("it is larger than a record can be")]
    TooLarge,
    /// Another one before it has this id.
    #[error("id: another one before it has this id")]
    DuplicateId,
    /// The measured record is not an intervention.
    #[error("intervention: the event it cites is not an intervention")]
    NotAnIntervention,
    /// The event it cites was refused.
    #[error("the event it cites is refused")]
    CitesRefused,
    /// Its citations go round in a circle, or end in one.
    #[error("its citations go round in a circle")]
    CitesInCircle,
    /// The child is somebody else's, or nobody's.
    #[error("from: the person does not coordinate the child")]
    NotHeld,
    /// To oneself.
    #[error("to: a child is handed over to somebody else")]
    ToOneself,
    /// The successor has left, or has no device any more.
    #[error("to: the person has left, or has no device left")]
    Unreachable,
    /// The person had left.
    #[error("by: the person had left")]
    HasLeft,
    /// The device had been reported lost.
    #[error("device: it had been reported lost")]
    IsLost,
}

impl Reason {
    pub(super) const fn missing(field: &'static str) -> Self {
        Self::Field(Why::Missing.at(field))
    }
}
