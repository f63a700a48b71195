//! Erasure (decision 0029): whoever manages a circle asks for it, somebody else in it agrees, and every device carries it out. What was
//! asked for without a network is signed at the next contact, on the head then in force.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction};
use tvaers_wire::entry::{Change, Cut, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{ChildId, CircleId, EntryId, RecordId};
use tvaers_wire::limits;
use tvaers_wire::log::Act;

use super::known::Circle;
use super::push::Batch;
use super::{ClientError, Device, Known, shown};
use crate::circle::{Draft, Purpose, Sealed, append};
use crate::kinds::Access;
use crate::moment::Moment;
use crate::store::entries::{self, EntryState};
use crate::store::erasure::{self, Erasing, Wish};
use crate::store::inbox::{self, Arrived, ChunkState};
use crate::store::{StoreError, access, reach, records, shares};

/// Why nothing was asked for, or agreed to. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotErased {
    /// The record lies in no circle that this person manages. Whoever coordinates the child asks.
    #[error("only whoever manages the case or the line can ask for this")]
    NotManaged,
    /// Nothing is erased until the hold ends.
    #[error("the case is on hold: nothing may be erased from it")]
    OnHold,
    /// There is no hold to end.
    #[error("the case is not on hold")]
    NotOnHold,
    /// Somebody has agreed already, or nobody asks any more.
    #[error("nobody asks for this any more")]
    NotAsked,
    /// It takes two persons.
    #[error("somebody else has to agree to what you have asked for")]
    Oneself,
}

impl Device {
    /// Asks that records are erased from every line and case that this person manages and that holds them. Nothing is erased before
    /// somebody else in the circle agrees. Durable when this returns; asked at the next contact.
    ///
    /// # Errors
    /// [`ClientError::NotErased`], [`ClientError::UnknownRecord`], or a store error; nothing was asked for then.
    pub fn ask_erasure(
        &self,
        records: &[RecordId],
        reason: Option<&str>,
        moment: &Moment<'_>,
    ) -> Result<(), ClientError> {
        self.change(|tx, known| {
            for record in records {
                let row = shown(tx, record)?;
                let places = shares::places(tx, row)?;
                let circles = places.into_iter().filter_map(|place| known.at_row(place));
                let managed: Vec<&Circle> = circles.filter(|circle| self.may_ask(known, circle)).collect();
                if managed.is_empty() {
                    return Err(NotErased::NotManaged.into());
                }
                if managed.iter().any(|circle| circle.log.erasure.held) {
                    return Err(NotErased::OnHold.into());
                }
                for circle in managed {
                    erasure::want(tx, circle.row, &Erasing::Erase(row, reason.map(str::to_owned)))?;
                }
                access::note(tx, moment.now, Access::Changed, row)?;
            }
            Ok(())
        })
    }

    /// Agrees to what somebody else has asked for, by the entry that asks. What it is about goes from every device, and from the relay.
    ///
    /// # Errors
    /// [`ClientError::NotErased`], [`ClientError::NotAllowed`] for somebody who may only read, or a store error.
    pub fn agree_erasure(&self, asking: &EntryId, moment: &Moment<'_>) -> Result<(), ClientError> {
        self.change(|tx, known| {
            let circle = known.circles.values().find(|circle| circle.log.erasure.asked.contains_key(asking));
            let circle = circle.ok_or(NotErased::NotAsked)?;
            let asked = circle.log.erasure.asked.get(asking).ok_or(NotErased::NotAsked)?;
            if known.vouched.person(&asked.by) == Some(self.person) {
                return Err(NotErased::Oneself.into());
            }
            if !known.can_write(circle, &self.secret.id(), &self.person) {
                return Err(ClientError::NotAllowed);
            }
            if let Act::Erase(chunks) = &asked.act {
                if circle.log.erasure.held {
                    return Err(NotErased::OnHold.into());
                }
                for record in records_of(tx, chunks)? {
                    access::note(tx, moment.now, Access::Changed, record)?;
                }
            }
            Ok(erasure::want(tx, circle.row, &Erasing::Agree(*asking.as_bytes()))?)
        })
    }

    /// Nothing is erased of what is written about a child, in the circles that this person manages, until the hold ends.
    ///
    /// # Errors
    /// As [`Device::ask_erasure`].
    pub fn hold_erasure(&self, child: &ChildId, reason: Option<&str>) -> Result<(), ClientError> {
        let wanted = Erasing::Hold(reason.map(str::to_owned));
        self.want_of_child(child, false, &wanted, NotErased::OnHold)
    }

    /// Asks that the hold ends, which somebody else agrees to.
    ///
    /// # Errors
    /// As [`Device::ask_erasure`].
    pub fn lift_hold(&self, child: &ChildId, reason: Option<&str>) -> Result<(), ClientError> {
        let wanted = Erasing::Lift(reason.map(str::to_owned));
        self.want_of_child(child, true, &wanted, NotErased::NotOnHold)
    }

    fn want_of_child(
        &self,
        child: &ChildId,
        held: bool,
        wanted: &Erasing,
        otherwise: NotErased,
    ) -> Result<(), ClientError> {
        self.change(|tx, known| {
            let of_child = |circle: &&Circle| circle.purpose.and_then(Purpose::child) == Some(*child);
            let mut managed: Vec<&Circle> = known.circles.values().filter(of_child).collect();
            managed.retain(|circle| self.may_ask(known, circle));
            if managed.is_empty() {
                return Err(NotErased::NotManaged.into());
            }
            managed.retain(|circle| circle.log.erasure.held == held);
            if managed.is_empty() {
                return Err(otherwise.into());
            }
            Ok(managed.iter().try_for_each(|circle| erasure::want(tx, circle.row, wanted))?)
        })
    }

    pub(crate) fn may_ask(&self, known: &Known, circle: &Circle) -> bool {
        circle.log.subject == Subject::Shared && self.is_manager(known, circle)
    }

    /// Puts what is wanted into the next push, an entry for each circle.
    pub(super) fn add_erasures(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        batch: &mut Batch,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let mut wanted: BTreeMap<CircleId, Vec<Erasing>> = BTreeMap::new();
        for wish in self.open_wishes(tx, known)? {
            wanted.entry(wish.circle).or_default().push(wish.wanted);
        }
        for (id, wanted) in wanted {
            let Some(circle) = known.circles.get(&id) else { continue };
            let Some((_, root)) = circle.root() else { continue };
            // The next change is made on the new head, and nothing is sealed under a key that somebody who was removed holds.
            if batch.full || batch.changes(&id) || self.awaits_key(known, circle) {
                continue;
            }
            let Some((change, reason)) = next_change(tx, circle, &wanted)? else { continue };
            let sealed = Sealed { reason, at: Some(moment.now), ..Sealed::default() };
            let draft = Draft { changes: vec![change], sealed: Some(sealed), ..Draft::default() };
            let made = append(&circle.log, root, draft, &self.secret, moment.rng)?;
            entries::put(tx, &made.parsed.id, &id, &made.bytes, &made.wraps, (EntryState::Proposed, false))?;
            batch.add_change(made);
        }
        Ok(())
    }

    /// What is still to be asked for or agreed to; what is done, or cannot be any more, is crossed off.
    fn open_wishes(&self, tx: &Transaction<'_>, known: &Known) -> Result<Vec<Wish>, ClientError> {
        let mut open = Vec::new();
        for wish in erasure::wishes(tx)? {
            let Some(circle) = known.circles.get(&wish.circle) else {
                // Given up: what lay there looks for another circle, and takes its wishes along.
                if shares::waiting(tx)?.is_empty() {
                    erasure::drop_wish(tx, wish.row)?;
                }
                continue;
            };
            let log = &circle.log.erasure;
            // Of a circle that only devices that are out hold the key of, nothing is heard any more.
            let asks = self.may_ask(known, circle) && !circle.log.is_lost(known);
            let is_open = match &wish.wanted {
                Erasing::Erase(record, _) => {
                    let left = !unasked(tx, circle, *record)?.is_empty();
                    asks && !log.held && (left || erasure::is_on_its_way(tx, *record, circle.row)?)
                }
                Erasing::Hold(_) => asks && !log.held,
                Erasing::Lift(_) => asks && log.held && !log.asked.values().any(|asked| matches!(asked.act, Act::Lift)),
                Erasing::Agree(asking) => log.asked.get(&EntryId::new(*asking)).is_some_and(|asked| {
                    let writes =
                        circle.log.rights_of(&self.secret.id(), &self.person, None, known) >= Some(Rights::Write);
                    writes && !(log.held && matches!(asked.act, Act::Erase(_)))
                }),
            };
            if is_open {
                open.push(wish);
            } else {
                erasure::drop_wish(tx, wish.row)?;
            }
        }
        Ok(open)
    }

    /// A record whose circle was given up has found another: what was wanted of it there is wanted here.
    pub(super) fn bring_wishes(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (record, child): (i64, Option<ChildId>),
        circle: i64,
    ) -> Result<(), StoreError> {
        for wish in erasure::wishes(tx)? {
            let follows = match &wish.wanted {
                Erasing::Erase(of, _) => *of == record,
                Erasing::Hold(_) | Erasing::Lift(_) => wish.child.is_some() && wish.child == child,
                Erasing::Agree(_) => false,
            };
            if follows && !known.circles.contains_key(&wish.circle) {
                erasure::want(tx, circle, &wish.wanted)?;
                erasure::drop_wish(tx, wish.row)?;
            }
        }
        Ok(())
    }

    /// An entry about erasure was accepted, or one that has united two branches: what is erased in its circle goes from here.
    pub(super) fn follow_erasure(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        entry: &ParsedEntry,
    ) -> Result<(), ClientError> {
        let about_it = entry.public.changes.iter().any(Change::is_about_erasure);
        let Some(circle) = known.circles.get(&entry.circle).filter(|_| about_it || entry.public.united().is_some())
        else {
            return Ok(());
        };
        let mut gone = BTreeSet::new();
        for place in circle.log.erasure.all() {
            gone.extend(erasure::erase_chunk(tx, circle.row, &place)?);
        }
        let mut forgotten = false;
        for record in &gone {
            // Of a living record more may be here than whoever asked knew of.
            for chunk in erasure::left_of(tx, *record, circle.row)? {
                erasure::drop_chunk(tx, chunk)?;
            }
            forgotten |= erasure::erase_record(tx, *record, circle.row, &entry.id)?;
            self.ask_for_the_rest(tx, known, circle, *record)?;
        }
        if forgotten {
            erasure::forget_words(tx)?;
        }
        // Which head a device has followed stands in whatever it sends: its receipt says that it has done this.
        if entry.public.changes.iter().any(|change| matches!(change, Change::Agree { .. })) {
            reach::set_due(tx, circle.row, true)?;
        }
        self.agree_by_itself(tx, known, circle)?;
        self.open_wishes(tx, known).map(drop)
    }

    /// Agrees to more of what two persons have agreed on already, and to what the municipality keeps no longer, if somebody else asks.
    pub(super) fn agree_by_itself(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        circle: &Circle,
    ) -> Result<(), ClientError> {
        for (asking, asked) in &circle.log.erasure.asked {
            let Act::Erase(chunks) = &asked.act else { continue };
            if known.vouched.person(&asked.by) != Some(self.person) && self.all_may_go(tx, known, chunks)? {
                erasure::want(tx, circle.row, &Erasing::Agree(*asking.as_bytes()))?;
            }
        }
        Ok(())
    }

    /// True if all of these bring records that are erased here, or kept no longer.
    fn all_may_go(&self, tx: &Transaction<'_>, known: &Known, chunks: &[Cut]) -> Result<bool, ClientError> {
        for chunk in chunks {
            let Some(record) = erasure::record_of(tx, chunk)? else { return Ok(false) };
            if !is_erased(tx, record)? && !self.is_over(tx, known, record)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True if the record in a chunk has been erased here. The chunk goes with it; whoever manages the circle has the relay's copy
    /// erased, too.
    pub(super) fn came_late(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        chunk: &Arrived,
        record: &RecordId,
    ) -> Result<bool, ClientError> {
        if !erasure::is_erased(tx, record)? {
            return Ok(false);
        }
        let Some(row) = records::row(tx, record)? else { return Ok(false) };
        inbox::set_state(tx, chunk.row, ChunkState::Listed, Some(row), None)?;
        erasure::drop_chunk(tx, chunk.row)?;
        if let Some(circle) = known.at_row(chunk.circle) {
            self.ask_for_the_rest(tx, known, circle, row)?;
            self.agree_by_itself(tx, known, circle)?;
        }
        Ok(true)
    }

    fn ask_for_the_rest(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        circle: &Circle,
        record: i64,
    ) -> Result<(), ClientError> {
        let left = !unasked(tx, circle, record)?.is_empty() || erasure::is_on_its_way(tx, record, circle.row)?;
        if left && self.may_ask(known, circle) {
            erasure::want(tx, circle.row, &Erasing::Erase(record, None))?;
        }
        Ok(())
    }
}

/// The chunks of a record in a circle that nobody has asked to have erased.
pub(crate) fn unasked(conn: &Connection, circle: &Circle, record: i64) -> Result<Vec<Cut>, StoreError> {
    let mut places = erasure::chunks_of(conn, record, circle.row)?;
    places.retain(|place| !circle.log.erasure.is_asked(place));
    Ok(places)
}

/// The next of the changes that are wanted of a circle, with its reason. Records for which there is one reason are one change.
fn next_change(
    tx: &Transaction<'_>,
    circle: &Circle,
    wanted: &[Erasing],
) -> Result<Option<(Change, Option<String>)>, ClientError> {
    let mut erased: Option<(Vec<Cut>, &Option<String>)> = None;
    for wanted in wanted {
        match (wanted, &mut erased) {
            (Erasing::Hold(reason), None) => return Ok(Some((Change::Hold, reason.clone()))),
            (Erasing::Lift(reason), None) => return Ok(Some((Change::Lift, reason.clone()))),
            (Erasing::Agree(asking), None) => {
                return Ok(Some((Change::Agree { entry: EntryId::new(*asking) }, None)));
            }
            (Erasing::Erase(record, reason), None) => {
                let places = unasked(tx, circle, *record)?;
                erased = (!places.is_empty()).then_some((places, reason));
            }
            (Erasing::Erase(record, reason), Some((chunks, first))) if reason == *first => {
                chunks.extend(unasked(tx, circle, *record)?);
            }
            _ => {}
        }
    }
    Ok(erased.map(|(mut chunks, reason)| {
        chunks.truncate(limits::ENTRY_CUTS);
        (Change::Erase { chunks }, reason.clone())
    }))
}

fn records_of(tx: &Transaction<'_>, chunks: &[Cut]) -> Result<BTreeSet<i64>, ClientError> {
    let mut records = BTreeSet::new();
    for chunk in chunks {
        records.extend(erasure::record_of(tx, chunk)?);
    }
    Ok(records)
}

fn is_erased(tx: &Transaction<'_>, record: i64) -> Result<bool, ClientError> {
    Ok(erasure::is_erased(tx, &records::get(tx, record)?.id)?)
}
