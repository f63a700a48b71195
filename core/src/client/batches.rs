//! What many circles get under one signature: a successor for a coordinator, or somebody who stands in.

use rusqlite::Transaction;
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::limits;
use tvaers_wire::log::Membership;

use super::known::Circle;
use super::push::Batch;
use super::{ClientError, Device, Known};
use crate::circle::{Draft, MadeBatch, hand_over};
use crate::moment::Moment;
use crate::store::entries::{self, EntryState};
use crate::store::intents::{self, Wanted};

impl Device {
    /// Puts what is to be handed over or covered into the next push: a batch for each successor, and for each who stands in. Returns the
    /// other wishes.
    pub(super) fn add_hand_overs(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        intents: Vec<intents::Intent>,
        batch: &mut Batch,
        moment: &mut Moment<'_>,
    ) -> Result<Vec<intents::Intent>, ClientError> {
        let mut batches: Vec<((Member, Given), Vec<&Circle>)> = Vec::new();
        let mut others = Vec::new();
        let united = (Member::Device(self.secret.id()), Wanted::United);
        for intent in intents {
            // Made on one of two heads it would be refused for ever.
            if intent.wants.contains(&united) {
                others.push(intent);
                continue;
            }
            let given = intent.wants.iter().filter_map(|(member, wanted)| Some((*member, Given::of(wanted)?)));
            let Some((to, given)) = given.max_by_key(|(_, given)| matches!(given, Given::Place { .. })) else {
                others.push(intent);
                continue;
            };
            // What else is wanted of the circle is made on the entry that hands it over.
            let Some(circle) = known.circles.get(&intent.circle) else { continue };
            if !self.manages(known, circle) || given.is_over(known) || given.is_there(circle, &to) {
                intents::drop(tx, circle.row, &to)?;
                continue;
            }
            match batches
                .iter_mut()
                .find(|(what, circles)| *what == (to, given) && circles.len() < limits::BATCH_LEAVES)
            {
                Some((_, circles)) => circles.push(circle),
                None => batches.push(((to, given), vec![circle])),
            }
        }
        for ((to, given), circles) in batches {
            if batch.full {
                break;
            }
            let made = match self.hand_over_batch(tx, known, to, given, &circles, moment) {
                Ok(Some(made)) => made,
                // A key that cannot be wrapped to: it is tried again when they have another one.
                Ok(None) | Err(ClientError::Entry(_)) => continue,
                Err(error) => return Err(error),
            };
            for entry in &made.entries {
                let proposed = (EntryState::Proposed, false);
                entries::put(tx, &entry.parsed.id, &entry.parsed.circle, &entry.bytes, &entry.wraps, proposed)?;
            }
            batch.add_batch(made);
        }
        Ok(others)
    }

    fn hand_over_batch(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        to: Member,
        given: Given,
        circles: &[&Circle],
        moment: &mut Moment<'_>,
    ) -> Result<Option<MadeBatch>, ClientError> {
        let mut draft = Draft::default();
        let (held, leaves) = match given {
            Given::Place { leaves } => (Membership { rights: Rights::Manage, until: None }, leaves),
            Given::Until(until) => (Membership { rights: Rights::Write, until: Some(until) }, false),
        };
        self.add_as(tx, known, &mut draft, to, held)?;
        if draft.recipients.is_empty() {
            return Ok(None);
        }
        let held: Vec<_> = circles.iter().filter_map(|circle| Some((&circle.log, circle.root()?.1))).collect();
        Ok(Some(hand_over(&held, draft, leaves, &self.secret, moment.rng)?))
    }
}

/// What a batch gives to whom it is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    /// This person's place; `leaves`: who then goes.
    Place { leaves: bool },
    /// A place beside this person's until then, Unix seconds.
    Until(u64),
}

impl Given {
    fn of(wanted: &Wanted) -> Option<Self> {
        match wanted {
            Wanted::HandedOver(leaves) => Some(Self::Place { leaves: *leaves }),
            Wanted::Covered(until) => Some(Self::Until(*until)),
            _ => None,
        }
    }

    /// True if nothing is left to give: they have as much, or more.
    fn is_there(self, circle: &Circle, to: &Member) -> bool {
        let held = circle.log.members.get(to).map(|held| held.until);
        matches!((self, held), (Self::Until(_), Some(None)))
            || matches!((self, held), (Self::Until(a), Some(Some(b))) if a == b)
    }

    fn is_over(self, known: &Known) -> bool {
        matches!(self, Self::Until(until) if until <= known.time.told())
    }
}
