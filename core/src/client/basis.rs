//! On what lawful basis a record is shared, and with whom it may not be (product rule: sending is the disclosure, saving is not).
//!
//! Asked of whoever is chosen: persons and units outside the author's own unit. A child's coordinator comes along by their office,
//! whatever the matrix says of their unit; what is about no child discloses nothing of one.

use tvaers_wire::entry::Member;
use tvaers_wire::ids::{ChildId, TeamId};

use super::Device;
use crate::audience::{Audience, Share};
use crate::directory::{Staff, bases};
use crate::kinds::Kind;

/// Why a record was not shared. It is where it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotShared {
    /// The municipality's rules let records of this kind not go to one of them. Choose somebody else.
    #[error("the municipality's rules do not let records of this kind go there")]
    Denied,
    /// Each may have it, but on no basis that fits them all. Send it to each on their own.
    #[error("there is no lawful basis that fits all of them: send it to each on their own")]
    Apart,
    /// The rules do not know this basis between these units. Choose one of those that they name.
    #[error("the municipality's rules do not name this basis for them")]
    OtherBasis,
}

impl NotShared {
    /// A stable code, to be translated.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Apart => "apart",
            Self::OtherBasis => "other-basis",
        }
    }
}

impl Device {
    /// The lawful bases on which this person may send a record of this kind to these: the first is taken if none is chosen.
    /// `None`: no basis is needed, since nobody outside the own unit is among them or it is about no child.
    ///
    /// # Errors
    /// [`NotShared`].
    pub fn bases(
        &self,
        kind: Kind,
        child: Option<&ChildId>,
        with: &Audience,
    ) -> Result<Option<Vec<String>>, NotShared> {
        let staff = self.staff();
        let members = match (with, child) {
            (Audience::Line(person), Some(_)) => &[Member::Person(*person)][..],
            (Audience::Case(members), Some(_)) => members,
            _ => return Ok(None),
        };
        let mine = staff.person(&self.person).map(|facts| facts.team);
        let rules = staff.directory.sharing();
        let mut common: Option<Vec<String>> = None;
        let mut denied = false;
        for member in members {
            let (is_me, team) = match member {
                Member::Person(person) => (*person == self.person, staff.person(person).map(|facts| facts.team)),
                Member::Team(team) => (false, Some(*team)),
                Member::Device(_) => (false, None),
            };
            if is_me || (team.is_some() && team == mine) {
                continue;
            }
            let allowed = bases(rules, kind, unit_kind(&staff, mine), unit_kind(&staff, team));
            denied |= allowed.is_empty();
            common = Some(match common {
                None => allowed,
                Some(before) => before.into_iter().filter(|basis| allowed.contains(basis)).collect(),
            });
        }
        match common {
            _ if denied => Err(NotShared::Denied),
            Some(common) if common.is_empty() => Err(NotShared::Apart),
            common => Ok(common),
        }
    }

    /// Every lawful basis that the rules in force name, in their order: what a form offers before anybody is chosen.
    pub fn lawful_bases(&self) -> Vec<String> {
        let staff = self.staff();
        let mut all: Vec<String> = Vec::new();
        for rule in staff.directory.sharing() {
            if !all.contains(&rule.basis) {
                all.push(rule.basis.clone());
            }
        }
        all
    }

    /// The basis that is recorded with a share.
    pub(super) fn basis_of(
        &self,
        kind: Kind,
        child: Option<&ChildId>,
        share: &Share,
    ) -> Result<Option<String>, NotShared> {
        match (self.bases(kind, child, &share.with)?, &share.basis) {
            (None, _) => Ok(None),
            (Some(allowed), None) => Ok(allowed.into_iter().next()),
            (Some(allowed), Some(chosen)) => {
                if allowed.contains(chosen) {
                    Ok(Some(chosen.clone()))
                } else {
                    Err(NotShared::OtherBasis)
                }
            }
        }
    }
}

/// A unit that the directory does not know is of no kind: only a rule for all fits it.
fn unit_kind(staff: &Staff, team: Option<TeamId>) -> &str {
    team.and_then(|team| staff.team(&team)).map_or("", |facts| &facts.kind)
}
