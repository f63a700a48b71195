//! What a hand-over still asks for: circles and records of a child go to whoever coordinates now, also what comes late.

use rusqlite::Transaction;
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::{ChildId, PersonId};

use super::known::Circle;
use super::{Device, Known};
use crate::audience::{Audience, Share};
use crate::circle::Purpose;
use crate::kinds::Kind;
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, erasure, records, shares};

impl Device {
    /// Children that were handed over: the circles that this person manages go to their coordinators, and what lies in none of
    /// those is shared. So does what came here later, from somebody who did not know yet. `all`: also a circle that the successor
    /// manages already, so that everybody in it hears of it.
    pub(super) fn pass_on(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        children: &[(ChildId, PersonId)],
        leaves: bool,
        all: bool,
    ) -> Result<(), StoreError> {
        if children.is_empty() {
            return Ok(());
        }
        let coordinator = |child: &ChildId| children.iter().find(|(of, _)| of == child).map(|(_, person)| *person);
        for circle in known.circles.values().filter(|circle| self.manages(known, circle)) {
            let Some(to) = circle.purpose.and_then(Purpose::child).and_then(|child| coordinator(&child)) else {
                continue;
            };
            if all || !manages(circle, &to) {
                intents::put(tx, circle.row, &Member::Person(to), &Wanted::HandedOver(leaves))?;
            }
        }
        for (child, to) in children {
            for (row, kind) in records::about(tx, child)? {
                let reached = |place: &i64| {
                    known.at_row(*place).is_some_and(|circle| reads(circle, to) || self.hands_over(known, circle))
                };
                if !shares::places(tx, row)?.iter().any(reached) {
                    self.bring_to_coordinator(tx, known, (row, kind), to)?;
                }
            }
        }
        Ok(())
    }

    /// True if the circle goes to a successor with everything in it.
    fn hands_over(&self, known: &Known, circle: &Circle) -> bool {
        circle.purpose.and_then(Purpose::child).is_some() && self.manages(known, circle)
    }

    /// Sends a coordinator what this person has written about the child and they cannot read yet.
    pub(super) fn send_to_coordinator(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        child: &ChildId,
        person: &PersonId,
    ) -> Result<(), StoreError> {
        if *person == self.person {
            return Ok(());
        }
        for (row, kind) in records::by_author(tx, child, &self.person)? {
            let reached = |place: &i64| known.at_row(*place).is_some_and(|circle| reads(circle, person));
            if !shares::places(tx, row)?.iter().any(reached) {
                self.bring_to_coordinator(tx, known, (row, kind), person)?;
            }
        }
        Ok(())
    }

    /// A record of a case that is over goes to the coordinator alone, not to everybody in the case that goes on.
    fn bring_to_coordinator(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (row, kind): (i64, u8),
        to: &PersonId,
    ) -> Result<(), StoreError> {
        let Some(audience) = for_coordinator(kind, to) else { return Ok(()) };
        if was_erased_for(tx, known, row, to)? {
            return Ok(());
        }
        let over = !self.bound_to(tx, known, row)?.is_empty();
        let audience = if over { Audience::Line(*to) } else { audience };
        let kind = Kind::from_code(kind).ok_or(StoreError::Damaged { what: "a record" })?;
        // What the municipality's rules do not let go there stays with its author, until they or the rules say otherwise.
        let child = records::get(tx, row)?.child;
        let Ok(basis) = self.basis_of(kind, child.as_ref(), &Share::from(&audience)) else { return Ok(()) };
        shares::put(tx, row, &audience, basis.as_deref())
    }
}

/// True if a record was erased where this person reads: it is nobody's to bring back there because it still lies elsewhere.
fn was_erased_for(tx: &Transaction<'_>, known: &Known, row: i64, person: &PersonId) -> Result<bool, StoreError> {
    let places = erasure::places_of_erased(tx, row)?;
    Ok(places.into_iter().any(|place| known.at_row(place).is_some_and(|circle| reads(circle, person))))
}

fn manages(circle: &Circle, person: &PersonId) -> bool {
    let held = circle.log.members.get(&Member::Person(*person));
    held.is_some_and(|held| held.rights == Rights::Manage && held.until.is_none())
}

fn reads(circle: &Circle, person: &PersonId) -> bool {
    circle.is_lasting(&Member::Person(*person))
}

/// How a record reaches the child's coordinator; drafts do not.
fn for_coordinator(kind: u8, person: &PersonId) -> Option<Audience> {
    match Kind::from_code(kind)? {
        Kind::Observation | Kind::Assessment | Kind::JointAssessment | Kind::Amendment | Kind::Voice | Kind::Reply => {
            Some(Audience::Line(*person))
        }
        Kind::Draft => None,
        _ => Some(Audience::Case(vec![Member::Person(*person)])),
    }
}
