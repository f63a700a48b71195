//! To whom a record goes. An audience is a person's choice; which circle serves it is worked out from the keys at hand.

use minicbor::{Decode, Encode};
use tvaers_wire::entry::Member;
use tvaers_wire::ids::PersonId;

/// Who shall be able to read a record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum Audience {
    /// The author's own devices.
    #[n(0)]
    Own,
    /// One person, on the line that the two have about the child.
    #[n(1)]
    Line(#[n(0)] PersonId),
    /// These and everybody else who works with the child.
    #[n(2)]
    Case(#[n(0)] Vec<Member>),
    /// These, without any link to a child.
    #[n(3)]
    Anonymous(#[n(0)] Vec<Member>),
}
