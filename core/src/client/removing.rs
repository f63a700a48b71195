//! Taking somebody out of a child's case.

use tvaers_wire::entry::Member;
use tvaers_wire::ids::ChildId;

use super::{ClientError, Device};
use crate::circle::Purpose;
use crate::store::intents::{self, Wanted};

/// Why nobody was taken out. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRemoved {
    /// This person manages no case of the child that has this member. Whoever manages it takes them out.
    #[error("no case of the child that this person manages has this member")]
    NotThere,
    /// Oneself: nobody might be left who can let anybody in. Hand the child over.
    #[error("whoever manages a case leaves it by handing the child over")]
    Oneself,
}

impl Device {
    /// Takes a person or a unit out of a child's case with the next contact: nothing written after that reaches them. What they
    /// wrote and the relay has stays, and they keep what they have read. Everybody in the case can read the reason.
    ///
    /// # Errors
    /// [`ClientError::NotRemoved`] saying why not, or a store error.
    pub fn remove_from_case(&self, child: &ChildId, member: Member, reason: &str) -> Result<(), ClientError> {
        if member == Member::Person(self.person) {
            return Err(NotRemoved::Oneself.into());
        }
        self.change(|tx, known| {
            let of_child = known.circles.values().filter(|circle| circle.purpose == Some(Purpose::Case(*child)));
            let managed: Vec<i64> = of_child
                .filter(|circle| circle.has_all(&[member]) && self.manages(known, circle))
                .map(|circle| circle.row)
                .collect();
            if managed.is_empty() {
                return Err(NotRemoved::NotThere.into());
            }
            if let Member::Person(person) = member {
                // Who is taken out stands in for nobody.
                self.no_longer_covers(tx, known, child, &person)?;
            }
            let gone = Wanted::Gone(Some(reason.to_owned()));
            Ok(managed.iter().try_for_each(|row| intents::put(tx, *row, &member, &gone))?)
        })
    }
}
