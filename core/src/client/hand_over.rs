//! Who coordinates a child, and what follows when somebody else does: the successor reads everything the predecessor could, and gets
//! what is written from then on. One case or three hundred are handed over in one sealed message, which is made at the next contact.

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, ParsedEntry, Rights};
use tvaers_wire::ids::{ChildId, CircleId, PersonId};

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::circle::Purpose;
use crate::kinds::Envelope;
use crate::moment::Moment;
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, coordinators, entries};

/// Why a child was not handed over. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotHandedOver {
    /// This person does not coordinate the child. Whoever does hands it over.
    #[error("only whoever coordinates the child hands it over")]
    NotHeld,
    /// To oneself.
    #[error("a child is handed over to somebody else")]
    ToOneself,
    /// The successor has left, is suspended, or has no device yet. Choose another one.
    #[error("the successor cannot receive anything now")]
    Unreachable,
}

impl Device {
    /// Remembers who coordinates a child, and sends that person what this person has written about it (setting `auto`).
    ///
    /// # Errors
    /// A store error; nothing has changed then.
    pub fn set_coordinator(
        &self,
        child: &ChildId,
        person: &PersonId,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        self.change(|tx, known| {
            if *person == self.person {
                coordinators::taken_over(tx, child, person, true)?;
            } else {
                coordinators::set(tx, child, person)?;
            }
            known.upkeep_due = true;
            self.send_to_coordinator(tx, known, child, person)?;
            self.serve_shares(tx, known, moment)
        })
    }

    /// Hands children over, all of them or none. The successor gets this person's place in every line and case of each child, with all
    /// that was written there, and what this person holds besides; the ones who wrote see it, and write to the successor from then on.
    /// With `leaves` the successor takes this person out of the children's cases. What was read is kept.
    ///
    /// Each child comes with a [`crate::kinds::Disclosure`] that gives the reason: everybody who wrote reads it, in their line or the
    /// case.
    ///
    /// Durable when this returns; carried out at the next contact.
    ///
    /// # Errors
    /// [`ClientError::NotHandedOver`] saying why not, what [`Device::submit`] answers of the reason, or a store error.
    pub fn hand_over(
        &self,
        children: &[(ChildId, Option<Envelope>)],
        to: &PersonId,
        leaves: bool,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        self.change(|tx, known| {
            if *to == self.person {
                return Err(NotHandedOver::ToOneself.into());
            }
            if !known.receives(to) {
                return Err(NotHandedOver::Unreachable.into());
            }
            for (child, why) in children {
                if coordinators::of(tx, child)? != Some(self.person) {
                    return Err(NotHandedOver::NotHeld.into());
                }
                if let Some(why) = why {
                    self.say_why(tx, known, child, why, moment)?;
                }
                coordinators::hand_over(tx, child, to, leaves)?;
            }
            (known.passes_on, known.upkeep_due) = (true, true);
            let handed: Vec<(ChildId, PersonId)> = children.iter().map(|(child, _)| (*child, *to)).collect();
            self.pass_on(tx, known, &handed, leaves, true)?;
            self.serve_shares(tx, known, moment)
        })
    }

    /// True if a child could be handed over to this person now.
    pub fn can_take_over(&self, person: &PersonId) -> bool {
        *person != self.person && self.known().receives(person)
    }

    /// Puts the reason into every circle that is handed over.
    pub(super) fn say_why(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        child: &ChildId,
        why: &Envelope,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let row = self.keep(tx, &self.freeze(why, moment)?, why)?;
        let of_child = |circle: &&Circle| circle.purpose.and_then(Purpose::child) == Some(*child);
        let mut circles: Vec<&Circle> =
            known.circles.values().filter(of_child).filter(|circle| self.manages(known, circle)).collect();
        circles.sort_unstable_by_key(|circle| circle.row);
        circles.iter().try_for_each(|circle| self.enqueue(tx, known, row, (circle.row, None), moment))
    }

    /// What hand-overs of others, and own ones, still ask for.
    pub(super) fn follow_up_hand_overs(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        for (child, person) in coordinators::unsent(tx)? {
            self.send_to_coordinator(tx, known, &child, &person)?;
            coordinators::sent(tx, &child)?;
        }
        let [staying, leaving] = coordinators::handed_over(tx)?;
        self.drop_outdated(tx, known, staying.iter().chain(&leaving))?;
        self.pass_on(tx, known, &staying, false, false)?;
        Ok(self.pass_on(tx, known, &leaving, true, false)?)
    }

    /// Somebody else coordinates by now: what waited for whom it was first meant, who cannot receive it, waits no more.
    fn drop_outdated<'a>(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        children: impl Iterator<Item = &'a (ChildId, PersonId)> + Clone,
    ) -> Result<(), StoreError> {
        for intent in intents::all(tx)? {
            let Some(circle) = known.circles.get(&intent.circle) else { continue };
            let child = circle.purpose.and_then(Purpose::child);
            let now = children.clone().find(|(of, _)| Some(*of) == child).map(|(_, person)| Member::Person(*person));
            for (member, wanted) in intent.wants {
                if matches!(wanted, Wanted::HandedOver(_)) && now != Some(member) {
                    intents::drop(tx, circle.row, &member)?;
                }
            }
        }
        Ok(())
    }

    /// A circle of a child has come into other hands. Its members follow if the signer is who coordinated as far as they know.
    pub(super) fn follow(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        entry: &ParsedEntry,
    ) -> Result<(), StoreError> {
        let Some(circle) = known.circles.get(&entry.circle) else { return Ok(()) };
        let (Some(child), row) = (circle.purpose.and_then(Purpose::child), circle.row) else { return Ok(()) };
        let is_case = matches!(circle.purpose, Some(Purpose::Case(_)));
        self.follow_covers(tx, known, &child, entry)?;
        let Some(circle) = known.circles.get(&entry.circle) else { return Ok(()) };
        let to = entry.public.changes.iter().find_map(|change| match change {
            // Whoever stands in for a time is no successor, whatever they may do.
            Change::Add { member: Member::Person(person), rights: Rights::Manage, until: None } => Some(*person),
            _ => None,
        });
        let Some(to) = to else { return Ok(()) };
        if known.vouched.recovery_key(&entry.public.device).is_some() {
            return self.follow_restored(tx, known, &child, &to);
        }
        let (Some(handed), Some(from)) = (&entry.handed_over, known.vouched.person(&entry.public.device)) else {
            return Ok(());
        };
        if entry.public.device == self.secret.id() {
            // The answer to its push was lost; it is done all the same.
            return intents::drop(tx, row, &Member::Person(to));
        }
        // This person has given the child back meanwhile, told by word of mouth that it was theirs.
        let gave_back = to == self.person && coordinators::has_handed_to(tx, &child, &from)?;
        if gave_back && !self.had_handed_over(tx, known, entry, &from)? {
            return Ok(());
        }
        if to == self.person && handed.leaves_too && is_case && circle.log.members.contains_key(&Member::Person(from)) {
            intents::put(tx, row, &Member::Person(from), &Wanted::Gone(None))?;
        }
        known.upkeep_due = true;
        let held_by = coordinators::of(tx, &child)?;
        // What is heard of late may have been undone by word of mouth: nobody waits for somebody who has gone meanwhile, while whoever handed
        // the child to them is here.
        let waits_for_nobody = !known.receives(&to) && known.receives(&from);
        if held_by.is_none_or(|held_by| held_by == from) && !waits_for_nobody {
            coordinators::taken_over(tx, &child, &to, to == self.person)?;
        }
        Ok(())
    }

    /// True if this person had handed a circle to somebody before an entry of it.
    fn had_handed_over(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        entry: &ParsedEntry,
        to: &PersonId,
    ) -> Result<bool, StoreError> {
        let to = Member::Person(*to);
        for (_, bytes, _) in entries::of(tx, &entry.circle)?.iter().take_while(|(id, ..)| *id != entry.id) {
            let before = entries::parsed(bytes)?;
            let own = known.vouched.person(&before.public.device) == Some(self.person);
            let adds = |change: &Change| matches!(change, Change::Add { member, .. } if *member == to);
            if own && before.handed_over.is_some() && before.public.changes.iter().any(adds) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Two holders of sheets have let somebody into a circle of a child that nobody was left to hand over.
    fn follow_restored(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        child: &ChildId,
        to: &PersonId,
    ) -> Result<(), StoreError> {
        if coordinators::of(tx, child)?.is_none_or(|held_by| !known.receives(&held_by)) {
            known.upkeep_due = true;
            coordinators::taken_over(tx, child, to, *to == self.person)?;
        }
        Ok(())
    }

    /// The same for what was handed over before it was known here what the circle is for.
    pub(super) fn follow_all(&self, tx: &Transaction<'_>, known: &mut Known, id: &CircleId) -> Result<(), StoreError> {
        for (_, bytes, _) in entries::of(tx, id)? {
            if let Ok(entry) = ParsedEntry::from_bytes(&bytes) {
                self.follow(tx, known, &entry)?;
            }
        }
        Ok(())
    }
}
