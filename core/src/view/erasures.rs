//! What was asked to be erased, what has been, and which devices have said so.

use rusqlite::Connection;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::entry::{Change, Cut, ParsedEntry};
use tvaers_wire::ids::{ChildId, DeviceId, EntryId, PersonId, RecordId};
use tvaers_wire::log::{CircleLog, InForce};

use super::rows::Row;
use crate::circle::{Purpose, open_sealed};
use crate::client::{Circle, ClientError, Device, Known, unasked};
use crate::kinds::Kind;
use crate::store::{StoreError, entries, erasure, inbox, records, shares};

/// Something that was asked for in one line or case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erasing {
    /// The entry that asks: what [`Device::agree_erasure`] is given.
    pub asking: EntryId,
    /// The child that the circle is about.
    pub child: Option<ChildId>,
    /// True if it is a line of two, false for a case.
    pub line: bool,
    /// Who asks; `None` if nobody vouches for the device any more.
    pub by: Option<PersonId>,
    /// When, by that person's clock.
    pub at: Option<i64>,
    /// Why.
    pub reason: Option<String>,
    /// For what.
    pub what: ErasingWhat,
    /// What has become of it.
    pub state: ErasingState,
}

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ErasingWhat {
    /// That these are erased.
    Records {
        /// Those that have come here.
        records: Vec<ErasedRecord>,
        /// How many chunks are named in all: more than the records if some were changed after they were first sent.
        chunks: usize,
    },
    /// That the hold ends.
    Lift,
    /// That nothing is erased: nobody has to agree.
    Hold,
}

/// A record, as far as its row says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErasedRecord {
    /// The record.
    pub record: RecordId,
    /// Its kind; `None` for one that a newer version wrote.
    pub kind: Option<Kind>,
    /// Who wrote it.
    pub author: PersonId,
    /// The first words; empty once it is erased.
    pub headline: String,
    /// When it was written.
    pub recorded_at: i64,
    /// True if nothing of it is here any more. An erased record that is here still lies in another circle.
    pub gone: bool,
}

/// What has become of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ErasingState {
    /// It waits for somebody's agreement.
    Asked {
        /// True if this person may agree.
        may_agree: bool,
    },
    /// It is in force.
    Done {
        /// Who agreed; `None` if nobody had to, or nobody vouches for the device any more.
        by: Option<PersonId>,
        /// For each device of those who are in the circle whether it has followed.
        devices: Vec<Followed>,
    },
}

/// Whether a device has done what was agreed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Followed {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub device: DeviceId,
    /// It has said so, or is this one.
    pub done: bool,
    /// When the relay had its word, Unix milliseconds.
    pub at: Option<i64>,
}

impl Device {
    /// What was asked to be erased and what has been, in all circles that this person is in, the newest of each circle first.
    ///
    /// # Errors
    /// A store error.
    pub fn erasures(&self) -> Result<Vec<Erasing>, ClientError> {
        let known = self.known();
        let mut circles: Vec<_> = known.circles.values().collect();
        circles.retain(|circle| !circle.log.erasure.is_empty());
        circles.sort_unstable_by_key(|circle| std::cmp::Reverse(circle.row));
        let mut found = Vec::new();
        for circle in circles {
            self.store().read(|conn| {
                let entries = entries::of(conn, &circle.log.id)?.into_iter();
                let entries = entries.map(|(_, bytes, _)| entries::parsed(&bytes)).collect::<Result<Vec<_>, _>>()?;
                for entry in entries.iter().rev().filter(|entry| circle.log.has(&entry.id)) {
                    let Some(what) = what(conn, entry)? else { continue };
                    let sealed = circle.root_at(&entry.id).and_then(|root| open_sealed(entry, root));
                    found.push(Erasing {
                        asking: entry.id,
                        child: circle.purpose.and_then(Purpose::child),
                        line: matches!(circle.purpose, Some(Purpose::Line(_))),
                        by: known.vouched.person(&entry.public.device),
                        at: sealed.as_ref().and_then(|sealed| sealed.at),
                        reason: sealed.and_then(|sealed| sealed.reason),
                        state: self.state(conn, &known, (circle, &entries), (entry, &what))?,
                        what,
                    });
                }
                Ok::<_, ClientError>(())
            })?;
        }
        Ok(found)
    }

    /// The records about a child that this person can ask to have erased: what lies in a line or case that they manage, and is not
    /// asked for already.
    ///
    /// # Errors
    /// A store error.
    pub fn erasable(&self, child: &ChildId) -> Result<Vec<Row>, ClientError> {
        let rows = self.chronology(child)?;
        let known = self.known();
        let mut found = Vec::new();
        self.store().read(|conn| {
            for row in rows {
                let Some(record) = records::row(conn, &row.record)? else { continue };
                for circle in shares::places(conn, record)?.into_iter().filter_map(|place| known.at_row(place)) {
                    if self.may_ask(&known, circle) && !unasked(conn, circle, record)?.is_empty() {
                        found.push(row);
                        break;
                    }
                }
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(found)
    }

    /// True if nothing may be erased in some circle about this child.
    pub fn is_on_hold(&self, child: &ChildId) -> bool {
        let known = self.known();
        known.circles.values().any(|circle| {
            circle.log.erasure.held && circle.purpose.and_then(Purpose::child).is_some_and(|about| about == *child)
        })
    }

    /// The records that this device wants erased or agreed to and has not told the relay yet: how many wishes wait.
    ///
    /// # Errors
    /// A store error.
    pub fn erasures_waiting(&self) -> Result<usize, ClientError> {
        Ok(self.store().read(|conn| erasure::wishes(conn).map(|wishes| wishes.len()))?)
    }

    fn state(
        &self,
        conn: &Connection,
        known: &Known,
        (circle, entries): (&Circle, &[ParsedEntry]),
        (entry, what): (&ParsedEntry, &ErasingWhat),
    ) -> Result<ErasingState, ClientError> {
        let log = &circle.log;
        let agreed = match what {
            ErasingWhat::Hold => None,
            _ => match log.erasure.agreed.get(&entry.id) {
                Some(agreed) => Some(*agreed),
                None => {
                    let by = known.vouched.person(&entry.public.device);
                    let writes = known.can_write(circle, &self.installation().device, &self.person());
                    let held = log.erasure.held && !matches!(what, ErasingWhat::Lift);
                    return Ok(ErasingState::Asked {
                        may_agree: writes && !held && by.is_some_and(|by| by != self.person()),
                    });
                }
            },
        };
        let agreeing = agreed.and_then(|agreed| entries.iter().find(|entry| entry.id == agreed));
        let by = agreeing.and_then(|agreeing| known.vouched.person(&agreeing.public.device));
        let since = agreed.unwrap_or(entry.id);
        let mut devices = Vec::new();
        for person in known.persons_in(log) {
            for device in known.vouched.devices(&person) {
                if known.vouched.is_out(&device) || !known.lists(&person, &device) {
                    continue;
                }
                let own = device == self.installation().device;
                let at = if own { None } else { told(conn, circle.row, log, &device, &since)? };
                devices.push(Followed { person, device, done: own || at.is_some(), at });
            }
        }
        Ok(ErasingState::Done { by, devices })
    }
}

fn what(conn: &Connection, entry: &ParsedEntry) -> Result<Option<ErasingWhat>, StoreError> {
    Ok(match entry.public.changes.as_slice() {
        [Change::Erase { chunks }] => {
            Some(ErasingWhat::Records { records: named(conn, chunks)?, chunks: chunks.len() })
        }
        [Change::Lift] => Some(ErasingWhat::Lift),
        [Change::Hold] => Some(ErasingWhat::Hold),
        _ => None,
    })
}

fn named(conn: &Connection, chunks: &[Cut]) -> Result<Vec<ErasedRecord>, StoreError> {
    let mut rows = Vec::new();
    for chunk in chunks {
        rows.extend(erasure::record_of(conn, chunk)?);
    }
    rows.sort_unstable();
    rows.dedup();
    let name = |row| {
        let facts = records::get(conn, row)?;
        Ok(ErasedRecord {
            record: facts.id,
            kind: Kind::from_code(facts.kind),
            author: facts.author,
            headline: facts.headline,
            recorded_at: facts.recorded_at,
            gone: erasure::is_erased(conn, &facts.id)?,
        })
    };
    rows.into_iter().map(name).collect()
}

/// When the relay had something of a device that names this entry, or one behind it, as the newest it knew.
fn told(
    conn: &Connection,
    circle: i64,
    log: &CircleLog,
    device: &DeviceId,
    since: &EntryId,
) -> Result<Option<i64>, StoreError> {
    let place = |entry: &EntryId| log.entries.iter().position(|known| known == entry);
    let mut found = None;
    for (bytes, received_at) in inbox::newest_of_device(conn, circle, device)? {
        let header = ParsedChunk::from_bytes(&bytes).map_err(|_| StoreError::Damaged { what: "a chunk" })?.header;
        if place(&header.head) >= place(since) {
            found = found.max(Some(received_at));
        }
    }
    Ok(found)
}
