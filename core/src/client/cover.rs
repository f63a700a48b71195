//! Holiday cover: somebody stands in for whoever coordinates a child until a day. They are in every circle of the child that the
//! coordinator manages, with an end that the relay keeps by its clock; nobody else's place changes. One child or three hundred are
//! covered in one sealed message, which is made at the next contact.

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{ChildId, PersonId};

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::circle::Purpose;
use crate::kinds::Envelope;
use crate::moment::Moment;
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, coordinators, covers};

/// Why a child is not covered. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCovered {
    /// This person does not coordinate the child.
    #[error("only whoever coordinates the child says who stands in")]
    NotHeld,
    /// By oneself.
    #[error("somebody else stands in")]
    Oneself,
    /// The colleague has left, is suspended, or has no device yet. Choose another one.
    #[error("the colleague cannot receive anything now")]
    Unreachable,
    /// It would be over before it began.
    #[error("the end has passed")]
    Over,
}

impl Device {
    /// Lets a colleague stand in for this person with these children until then, Unix seconds: they read everything in the circles
    /// that this person manages, answer and write, also in circles that come meanwhile. The end may be moved by saying this again.
    ///
    /// Each child comes with a [`crate::kinds::Disclosure`] that gives the reason: everybody who wrote reads it, in their line or
    /// the case.
    ///
    /// Durable when this returns; carried out at the next contact.
    ///
    /// # Errors
    /// [`ClientError::NotCovered`] saying why not, what [`Device::submit`] answers of the reason, or a store error.
    pub fn cover(
        &self,
        children: &[(ChildId, Option<Envelope>)],
        by: &PersonId,
        until: u64,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        self.pass_time(moment.now)?;
        self.change(|tx, known| {
            if *by == self.person {
                return Err(NotCovered::Oneself.into());
            }
            if until <= known.time.now() || i64::try_from(until).is_err() {
                return Err(NotCovered::Over.into());
            }
            if !known.receives(by) {
                return Err(NotCovered::Unreachable.into());
            }
            for (child, why) in children {
                if coordinators::of(tx, child)? != Some(self.person) {
                    return Err(NotCovered::NotHeld.into());
                }
                if let Some(why) = why {
                    self.say_why(tx, known, child, why, moment)?;
                }
                covers::put(tx, child, by, until)?;
                for circle in self.managed_of(known, child) {
                    self.want_covered(tx, circle, by, until)?;
                }
            }
            known.upkeep_due = true;
            self.serve_shares(tx, known, moment)
        })
    }

    /// Ends it before its day, at the next contact: nothing written after that reaches them, and their device deletes what was not
    /// theirs.
    ///
    /// # Errors
    /// [`ClientError::NotCovered`] if this person does not coordinate the child, or a store error.
    pub fn end_cover(&self, child: &ChildId, by: &PersonId) -> Result<(), ClientError> {
        self.change(|tx, known| {
            if coordinators::of(tx, child)? != Some(self.person) {
                return Err(NotCovered::NotHeld.into());
            }
            self.no_longer_covers(tx, known, child, by)
        })
    }

    pub(super) fn no_longer_covers(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        child: &ChildId,
        by: &PersonId,
    ) -> Result<(), ClientError> {
        covers::drop(tx, child, by)?;
        let member = Member::Person(*by);
        for circle in self.managed_of(known, child) {
            match circle.log.members.get(&member) {
                Some(held) if held.until.is_some() => {
                    intents::put(tx, circle.row, &member, &Wanted::Gone(None))?;
                }
                _ => self.want_covered_no_more(tx, circle, &member)?,
            }
        }
        Ok(())
    }

    /// The children that this person coordinates, as far as anything about them is here.
    ///
    /// # Errors
    /// A store error.
    pub fn coordinated(&self) -> Result<Vec<ChildId>, ClientError> {
        Ok(self.store.read(|conn| coordinators::held_by(conn, &self.person))?)
    }

    fn managed_of<'k>(&self, known: &'k Known, child: &ChildId) -> Vec<&'k Circle> {
        let of_child = |circle: &&Circle| circle.purpose.and_then(Purpose::child) == Some(*child);
        known.circles.values().filter(of_child).filter(|circle| self.manages(known, circle)).collect()
    }

    /// Who is in a circle without an end is not given one.
    fn want_covered(&self, tx: &Transaction<'_>, circle: &Circle, by: &PersonId, until: u64) -> Result<(), StoreError> {
        let member = Member::Person(*by);
        match circle.log.members.get(&member).map(|held| held.until) {
            Some(None) => Ok(()),
            Some(Some(held)) if held == until => intents::drop(tx, circle.row, &member),
            _ => intents::put(tx, circle.row, &member, &Wanted::Covered(until)),
        }
    }

    fn want_covered_no_more(&self, tx: &Transaction<'_>, circle: &Circle, member: &Member) -> Result<(), StoreError> {
        let wanted = intents::wanted_for(tx, circle.row, member)?;
        if matches!(wanted, Some(Wanted::Covered(_))) { intents::drop(tx, circle.row, member) } else { Ok(()) }
    }

    /// What is owed to whoever stands in, and what is over. By the relay's time: a clock that is ahead ends nothing for others.
    pub(super) fn keep_covers(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        let told = known.time.told();
        for (child, by, until) in covers::all(tx)? {
            if until > told && coordinators::of(tx, &child)? == Some(self.person) {
                for circle in self.managed_of(known, &child) {
                    // Taken out meanwhile: that is to be, whatever the end was.
                    let wanted = intents::wanted_for(tx, circle.row, &Member::Person(by))?;
                    if !matches!(wanted, Some(Wanted::Gone(_) | Wanted::HandedOver(_))) {
                        self.want_covered(tx, circle, &by, until)?;
                    }
                }
            }
        }
        covers::forget(tx, told)?;
        // Nothing that is written from now on is under a key that they hold.
        for circle in known.circles.values().filter(|circle| circle.log.subject == Subject::Shared) {
            let over = circle.log.members.iter().filter(|(_, held)| held.has_ended(told));
            let over: Vec<&Member> = over.map(|(member, _)| member).collect();
            if over.is_empty() || !self.manages(known, circle) {
                continue;
            }
            for member in over {
                let wanted = intents::wanted_for(tx, circle.row, member)?;
                if !matches!(wanted, Some(Wanted::Covered(until)) if until > told) {
                    intents::put(tx, circle.row, member, &Wanted::Gone(None))?;
                }
            }
        }
        Ok(())
    }

    /// Who stands in for the coordinator of a child now, as far as this device has seen it given.
    pub(super) fn covers_of(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        child: &ChildId,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        let now = known.time.now();
        Ok(covers::of(tx, child)?.into_iter().filter(|(_, until)| *until > now).collect())
    }

    /// Somebody stands in for the coordinator, or does no longer, by the coordinator's own word. Whoever stands in and was told of
    /// nobody learns whom for.
    pub(super) fn follow_covers(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        child: &ChildId,
        entry: &ParsedEntry,
    ) -> Result<(), StoreError> {
        let Some(from) = known.vouched.person(&entry.public.device) else { return Ok(()) };
        for change in &entry.public.changes {
            let holder = coordinators::of(tx, child)?;
            let changed = match change {
                Change::Add { member: Member::Person(by), until: Some(until), .. } if *until > known.time.told() => {
                    if holder.is_none() && *by == self.person {
                        coordinators::set(tx, child, &from)?;
                    } else if holder != Some(from) {
                        continue;
                    }
                    covers::put(tx, child, by, *until)?
                }
                Change::Remove { member: Member::Person(by), .. } if holder == Some(from) => {
                    covers::drop(tx, child, by)?
                }
                Change::Add { member: Member::Person(by), rights: Rights::Manage, until: None } => {
                    covers::drop(tx, child, by)?
                }
                _ => false,
            };
            known.upkeep_due |= changed;
        }
        Ok(())
    }
}
