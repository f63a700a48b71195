//! To whom a record goes. An audience is a person's choice; which circle serves it is worked out from the keys at hand.

use minicbor::{Decode, Encode};
use tvaers_wire::entry::Member;
use tvaers_wire::ids::PersonId;

/// An audience, and the lawful basis on which a record is shared with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// With whom.
    pub with: Audience,
    /// One of those that the municipality's rules name; without one the first of them.
    pub basis: Option<String>,
}

impl From<&Share> for Share {
    fn from(share: &Share) -> Self {
        share.clone()
    }
}

impl From<&Audience> for Share {
    fn from(with: &Audience) -> Self {
        Self { with: with.clone(), basis: None }
    }
}

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
