//! The access log: what a person does with records on this device is written down before they see the answer, and told to the
//! log controllers in events that are gathered, numbered, signed and sealed like every other record.
//!
//! Noting is a row in the transaction that does what is noted. It becomes an event with a contact: [`GATHER`] after the first of
//! it while live, at once where the contact is a short one. An event is no record that is read, searched or answered for: it
//! makes no receipt due and is in no list.

#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, Transaction};
use tvaers_wire::entry::{Member, Rights, Subject};
use tvaers_wire::ids::{ChildId, Installation, PersonId, RecordId, TeamId};
use tvaers_wire::log::InForce;

use super::known::Looked;
use super::{ClientError, Device, Known, shown};
use crate::circle::{Draft, Purpose, Sealed};
use crate::directory::LOG_CONTROL;
use crate::kinds::{Access, AccessEvent, ChildRef, Content, Envelope, Kind, List, Lookup, Occurred, Short};
use crate::moment::Moment;
use crate::record::{FrozenRecord, RecordHeader};
use crate::store::{StoreError, access, records};

/// What is done within this time of the first of it is one event while live, in milliseconds: no contact for each record that
/// is read, and an hour of reading is a handful of chunks.
pub const GATHER: i64 = 10 * 60_000;

/// A device that nothing was done on says so after this time, in milliseconds: otherwise nobody could tell it from one that
/// keeps its log to itself.
pub const QUIET: i64 = 7 * 24 * 3_600_000;

/// True if so much time has passed since. A clock that was put back makes nothing wait for longer.
fn has_passed(since: i64, wait: i64, now: i64) -> bool {
    !(since..since.saturating_add(wait)).contains(&now)
}

impl Device {
    /// Notes what a person is about to see or take with them of these records: durable when this returns, so that what it is
    /// for may be shown then. True if it was not noted already since the last event. For every use that has no command of its own here; opening, searching and writing note themselves.
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`], or a store error: what cannot be logged is not to be shown.
    pub fn note_access(&self, access: Access, of: &[RecordId], moment: &Moment<'_>) -> Result<bool, ClientError> {
        if of.is_empty() {
            return Ok(false);
        }
        self.with_room(|| {
            self.store.write(|tx| {
                let mut new = false;
                for record in of {
                    let row = shown(tx, record)?;
                    new |= access::note(tx, moment.now, access, row)?;
                }
                Ok(new)
            })
        })
    }

    /// Notes a use that is not of certain records: of a child's part of the log, or of all of it.
    ///
    /// # Errors
    /// A store error.
    pub fn note_access_of(
        &self,
        access: Access,
        child: Option<&ChildId>,
        moment: &Moment<'_>,
    ) -> Result<(), ClientError> {
        self.with_room(|| self.store.write(|tx| Ok(access::note_child(tx, moment.now, access, child)?)))
    }

    /// Signs events for what was noted, if it is time: `whole` says that this contact is a short one and nothing is waited for.
    ///
    /// # Errors
    /// A store error; it stays noted then.
    pub fn write_access_events(&self, whole: bool, moment: &mut Moment<'_>) -> Result<(), ClientError> {
        let now = moment.now;
        let Looked { oldest, last, .. } = self.looked(whole, now)?;
        let due = oldest.is_some_and(|oldest| whole || has_passed(oldest, GATHER, now));
        let quiet = last.is_none_or(|(_, until)| has_passed(until, QUIET, now));
        if !due && (!quiet || self.log_team(&self.known()).is_none()) {
            return Ok(());
        }
        self.change_with_room(|tx, known| {
            known.log_looked = None;
            let circle = self.log_circle(tx, known, moment)?;
            // Nobody waits for a word from a device where there is nobody to hear it.
            if !due && circle.is_none() {
                return Ok(());
            }
            let Some(circle) = circle.or_else(|| self.own_circle(known).map(|circle| circle.row)) else {
                return Ok(());
            };
            for envelope in self.events(tx, last.map_or(0, |(number, _)| number), now)? {
                let row = self.keep_event(tx, &envelope, moment)?;
                self.enqueue(tx, known, row, (circle, None), moment)?;
            }
            Ok(access::said(tx)?)
        })
    }

    /// What is noted and what was said last; remembered while nothing that is noted meanwhile can be due.
    fn looked(&self, whole: bool, now: i64) -> Result<Looked, StoreError> {
        let by = self.installation();
        let remembered = self
            .known()
            .log_looked
            .filter(|looked| looked.by == by && !whole && !has_passed(looked.oldest.unwrap_or(looked.at), GATHER, now));
        if let Some(looked) = remembered {
            return Ok(looked);
        }
        let looked = self.store.look(|conn| {
            let (oldest, last) = (access::oldest(conn)?, access::last(conn, &by)?);
            Ok::<_, StoreError>(Looked { by, at: now, oldest, last })
        })?;
        self.known().log_looked = Some(looked);
        Ok(looked)
    }

    /// When what was noted becomes an event by itself, Unix milliseconds.
    pub(super) fn access_due(&self, conn: &Connection) -> Result<Option<i64>, StoreError> {
        Ok(access::oldest(conn)?.map(|oldest| oldest.saturating_add(GATHER)))
    }

    /// Brings the log controllers the events of this device that they do not have: those of the time before there were any.
    pub(super) fn keep_log(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        // Most devices have nothing to bring, and found no circle for it.
        if !access::any(tx, &self.secret.id())? {
            return Ok(());
        }
        let Some(circle) = self.log_circle(tx, known, moment)? else { return Ok(()) };
        for row in access::not_in(tx, &self.secret.id(), circle)? {
            self.enqueue(tx, known, row, (circle, None), moment)?;
        }
        Ok(())
    }

    /// True if this person is a log controller, by the authority's word as it is known here.
    pub fn is_log_controller(&self) -> bool {
        let known = self.known();
        self.log_team(&known).is_some_and(|team| known.in_team(&self.person, &team))
    }

    /// The log controllers: the first unit of their kind in the signed directory that anybody is in, by its charter.
    fn log_team(&self, known: &Known) -> Option<TeamId> {
        let staff = self.staff();
        let mut teams = staff.directory.teams.iter().filter(|facts| facts.kind == LOG_CONTROL);
        let manned = |team: &TeamId| known.vouched.charter(team).is_some_and(|persons| !persons.is_empty());
        teams.find(|facts| manned(&facts.team)).map(|facts| facts.team)
    }

    /// This person's circle with the log controllers, founded if need be; `None` while there are none, or none with a device.
    fn log_circle(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        moment: &mut Moment<'_>,
    ) -> Result<Option<i64>, ClientError> {
        let Some(team) = self.log_team(known) else { return Ok(None) };
        let (me, team) = (Member::Person(self.person), Member::Team(team));
        let fits = |circle: &&super::known::Circle| {
            circle.purpose == Some(Purpose::Log) && circle.is_exactly(&super::route::normal(vec![me, team]))
        };
        if let Some(circle) = self.best(known, fits) {
            return Ok(Some(circle.row));
        }
        if self.own_circle(known).is_none() {
            return Ok(None);
        }
        let sealed = Some(Sealed::purpose(Purpose::Log));
        let mut draft = Draft { sealed, ..Draft::default() };
        self.add_to(tx, known, &mut draft, me, Rights::Write)?;
        // Whoever is looked after does not manage who looks: the person cannot take the controllers out again.
        if !self.add_to(tx, known, &mut draft, team, Rights::Manage)? {
            return Ok(None);
        }
        let persons = known.persons_behind([me, team].iter());
        self.say_who_is_out(tx, known, (&Subject::Shared, &persons, None), &mut draft)?;
        self.found_with(tx, known, Subject::Shared, draft, Some(Purpose::Log), moment).map(Some)
    }

    /// What was noted, as events that follow this number; one that says nothing was done if nothing was.
    fn events(&self, conn: &Connection, mut number: i64, now: i64) -> Result<Vec<Envelope>, ClientError> {
        let noted = access::noted(conn)?;
        let mut parts: Vec<&[access::Noted]> = noted.chunks(List::<()>::MAX_ITEMS).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let ends = parts.len();
        let mut events = Vec::with_capacity(ends);
        let written: HashMap<i64, &ChildRef> =
            noted.iter().filter_map(|noted| noted.called.as_ref()).map(|(row, child)| (*row, child)).collect();
        // Once, however many events the child is in: a document may have to be opened.
        let mut called = BTreeMap::new();
        for (at, part) in parts.into_iter().enumerate() {
            number += 1;
            let (mut done, mut children) = (List::default(), List::default());
            let mut named = BTreeSet::new();
            for noted in part {
                if let Some(child) = noted.child.filter(|child| named.insert(*child)) {
                    let called = match called.entry(child) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(new) => new.insert(self.child_at(conn, &child, &written)?),
                    };
                    called
                        .iter()
                        .try_for_each(|child| children.push(child.clone()))
                        .map_err(|why| why.at("children"))?;
                }
                let lookup = Lookup {
                    at: noted.at,
                    access: Access::from_code(noted.access).ok_or(StoreError::Damaged { what: "the access log" })?,
                    child: noted.child,
                    record: noted.record.map(|(id, _)| RecordId::new(id)),
                    kind: noted.record.and_then(|(_, kind)| Kind::from_code(kind)),
                };
                done.push(lookup).map_err(|why| why.at("done"))?;
            }
            let until = if at + 1 == ends { now } else { part.last().map_or(now, |noted| noted.at) };
            events.push(self.event(AccessEvent { number, until, done, children }, now));
        }
        Ok(events)
    }

    fn event(&self, event: AccessEvent, now: i64) -> Envelope {
        let staff = self.staff();
        let facts = staff.person(&self.person);
        Envelope {
            // The children stand inside: an event is no part of any child's chronology.
            about: None,
            occurred: Occurred::at(now, 0),
            profession: Short::new(facts.map_or("", |facts| &facts.profession)).unwrap_or_default(),
            unit: facts.map(|facts| facts.team),
            content: Content::AccessEvent(event),
        }
    }

    fn keep_event(
        &self,
        tx: &Transaction<'_>,
        envelope: &Envelope,
        moment: &mut Moment<'_>,
    ) -> Result<i64, ClientError> {
        let row = self.keep(tx, &self.freeze(envelope, moment)?, envelope)?;
        if let Content::AccessEvent(event) = &envelope.content {
            access::take(tx, row, (&self.person, &self.installation()), event)?;
        }
        Ok(row)
    }

    /// The child as it is called here, from its own record, or one of this person's, or the newest; `written` are those that were noted.
    fn child_at(
        &self,
        conn: &Connection,
        child: &ChildId,
        written: &HashMap<i64, &ChildRef>,
    ) -> Result<Option<ChildRef>, ClientError> {
        let Some(row) = records::naming(conn, child, &self.person)? else { return Ok(None) };
        if let Some(child) = written.get(&row) {
            return Ok(Some((*child).clone()));
        }
        // A document that does not open must not hold up the log: the child is then known by its id.
        Ok(self.envelope_at(conn, row).ok().and_then(|envelope| envelope.about))
    }
}

/// Takes an event that was opened into the log, under whoever signed it.
pub(super) fn take_opened(tx: &Transaction<'_>, row: i64, event: &AccessEvent) -> Result<(), ClientError> {
    let Some((by, person)) = signer(tx, row)? else { return Ok(()) };
    Ok(access::take(tx, row, (&person, &by), event)?)
}

/// Who signed a frozen record, and with which installation. It has been verified by then.
fn signer(conn: &Connection, row: i64) -> Result<Option<(Installation, PersonId)>, ClientError> {
    use tvaers_wire::codec::Canonical;
    let Some((_, item)) = records::items(conn, row)?.pop() else { return Ok(None) };
    let header = RecordHeader::from_bytes(&FrozenRecord::from_bytes(&item)?.header)?;
    Ok(Some((header.installation, header.author)))
}
