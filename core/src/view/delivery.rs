//! Where a record is: the honest answer for the one who wrote it.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::entry::Member;
use tvaers_wire::ids::{ChunkId, DeviceId, Installation, InstallationNonce, PersonId};
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::statement::Standing;

use crate::audience::Audience;
use crate::client::{ClientError, Known};
use crate::seal::Unopened;
use crate::store::{reach, shares};

/// Why a record has not left: the relay was put back, and lacks an entry that it takes from nobody here (decision 0022).
pub use crate::store::unsent::FORGOTTEN;

/// One other person who shall read a record, and how far it has got with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reader {
    /// Who.
    pub person: PersonId,
    /// They have no device yet: it is sent to them once they have one.
    pub awaited: bool,
    /// It is durably on one of their devices.
    pub received: bool,
    /// They have opened it.
    pub read: bool,
    /// It arrived and could not be opened.
    pub unreadable: bool,
}

impl Reader {
    /// Somebody whom nothing has reached yet.
    pub fn new(person: PersonId, awaited: bool) -> Self {
        Self { person, awaited, received: false, read: false, unreadable: false }
    }
}

/// Where a record is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// Only on this device. With the reason if the relay would not take it.
    OnThisDevice {
        /// Why it has not left, in the relay's stable code or [`FORGOTTEN`]; `None` if it simply has not been sent yet.
        stuck: Option<String>,
    },
    /// Only on this device, which another one of the person has to let in.
    NotLetIn,
    /// With the relay; nobody else can read it, because nobody has been chosen yet.
    SafeForSelf,
    /// With the relay; nobody else can read it, because whoever it is for has no device yet, or nobody here a key that reaches them.
    AwaitsReader,
    /// With the relay; nobody who may read it has it yet, or all that it stands on.
    WithRelay,
    /// On at least one reader's device.
    Received,
    /// Opened by at least one reader.
    Read,
    /// Answered.
    Answered,
}

/// The state of an own record, and of each of its readers.
pub(super) fn delivery(
    conn: &Connection,
    row: i64,
    (me, device): (&PersonId, &DeviceId),
    known: &Known,
) -> Result<(Delivery, Vec<Reader>), ClientError> {
    let mut readers: BTreeMap<PersonId, Reader> = BTreeMap::new();
    let mut places = conn.prepare_cached("SELECT circle FROM placed WHERE record = ?1")?;
    let circles: Vec<i64> = places.query_map([row], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for circle in &circles {
        let members = known.at_row(*circle).map_or(Vec::new(), |circle| known.persons_in(&circle.log));
        for person in members.into_iter().filter(|person| person != me) {
            readers.entry(person).or_insert(Reader::new(person, false));
        }
        note_receipts(conn, row, *circle, (me, known), &mut readers)?;
    }
    // Who has left is waited for by nobody. What had reached them before has.
    let left = |person: &PersonId| known.vouched.standing(person) == Standing::Left;
    let mut waits = false;
    for audience in shares::others_awaited(conn, row)? {
        let awaited = without_device(&audience, known);
        // If there is none, a key is missing here.
        waits |= awaited.is_empty() || !awaited.iter().all(left);
        for person in awaited.into_iter().filter(|person| person != me) {
            readers.entry(person).or_insert(Reader::new(person, true));
        }
    }
    readers.retain(|person, reader| reader.received || reader.read || reader.unreadable || !left(person));
    let sent = "SELECT count(*) FROM chunk WHERE record = ?1 AND state IN (1, 2, 3)";
    let sent: i64 = conn.prepare_cached(sent)?.query_row([row], |row| row.get(0))?;
    let readers: Vec<Reader> = readers.into_values().collect();
    let answered = "SELECT 1 FROM record AS answer JOIN record AS own ON answer.answers = own.record \
                    WHERE own.id = ?1 AND answer.author <> ?2 AND answer.kind = 8";
    let answered = conn.prepare_cached(answered)?.query_row((row, me.as_bytes()), |_| Ok(())).optional()?.is_some();
    let state = if answered {
        Delivery::Answered
    } else if readers.iter().any(|reader| reader.read) {
        Delivery::Read
    } else if readers.iter().any(|reader| reader.received) {
        Delivery::Received
    } else if sent == 0 && (known.waits_to_be_let_in(device) || known.is_further(device)) {
        Delivery::NotLetIn
    } else if sent == 0 {
        Delivery::OnThisDevice { stuck: stuck(conn, row)? }
    } else if readers.iter().any(|reader| !reader.awaited) {
        Delivery::WithRelay
    } else if waits {
        Delivery::AwaitsReader
    } else {
        Delivery::SafeForSelf
    };
    Ok((state, readers))
}

/// Who of an audience has no circle that a key could be wrapped to.
fn without_device(audience: &Audience, known: &Known) -> Vec<PersonId> {
    let members = match audience {
        Audience::Own => Vec::new(),
        Audience::Line(person) => vec![Member::Person(*person)],
        Audience::Case(members) | Audience::Anonymous(members) => members.clone(),
    };
    let waits = members.iter().filter(|member| !known.has_circle(member));
    let persons = waits.flat_map(|member| match member {
        Member::Person(person) => vec![*person],
        Member::Team(team) => known.vouched.charter(team).unwrap_or_default().to_vec(),
        Member::Device(_) => Vec::new(),
    });
    persons.collect()
}

/// Who has the record by what is in one circle. Somebody who is in it no longer keeps what they had, unless they were in it for a time.
fn note_receipts(
    conn: &Connection,
    row: i64,
    circle: i64,
    (me, known): (&PersonId, &Known),
    readers: &mut BTreeMap<PersonId, Reader>,
) -> Result<(), ClientError> {
    let sql = "SELECT device, nonce, counter, chunk, state IN (1, 2) FROM chunk \
               JOIN installation ON installation.id = chunk.installation WHERE record = ?1 AND circle = ?2";
    let mut query = conn.prepare_cached(sql)?;
    let chunks = query.query_map((row, circle), |row| {
        let (device, nonce) = (DeviceId::new(row.get(0)?), InstallationNonce::new(row.get(1)?));
        let (counter, chunk) = (row.get::<_, i64>(2)? as u64, ChunkId::new(row.get(3)?));
        Ok((Installation { device, nonce }, counter, chunk, row.get::<_, bool>(4)?))
    })?;
    let mut chunks: Vec<_> = chunks.collect::<Result<_, _>>()?;
    let Some(log) = known.at_row(circle).map(|circle| &circle.log) else { return Ok(()) };
    // What was cut off since is refused by everybody, and has been sent otherwise.
    chunks.retain(|(installation, counter, chunk, _)| {
        let writer = known.vouched.person(&installation.device);
        writer.is_none_or(|writer| log.still_counts((installation, *counter, chunk), &writer, known).is_ok())
    });
    let mut found: BTreeMap<PersonId, Reader> = BTreeMap::new();
    let of = |device: &DeviceId| known.vouched.person(device).filter(|person| person != me);
    // Whoever brought it there gives no receipt for it.
    for person in chunks.iter().filter(|(.., opened)| *opened).filter_map(|(from, ..)| of(&from.device)) {
        found.entry(person).or_insert(Reader::new(person, false)).received = true;
    }
    for (installation, receipt) in reach::receipts(conn, circle)? {
        let Some(person) = of(&crate::store::inbox::device_of(conn, installation)?) else { continue };
        let reader = found.entry(person).or_insert(Reader::new(person, false));
        for (installation, counter, ..) in &chunks {
            let is_it = |chunk: &Unopened| chunk.installation == *installation && chunk.counter == *counter;
            let (unreadable, waits) = (receipt.unreadable.iter().any(is_it), receipt.waiting.iter().any(is_it));
            reader.unreadable |= unreadable;
            let Some(seen) = receipt.seen.iter().find(|seen| seen.installation == *installation) else { continue };
            reader.received |= seen.counter >= *counter && !unreadable && !waits;
            reader.read |= seen.read.iter().any(|range| (range.from..=range.to).contains(counter));
        }
    }
    for (person, found) in found {
        match readers.get_mut(&person) {
            Some(reader) => {
                reader.received |= found.received;
                reader.read |= found.read;
                reader.unreadable |= found.unreadable;
            }
            None if found.received && !was_in_for_a_time(log, &person) => drop(readers.insert(person, found)),
            None => {}
        }
    }
    Ok(())
}

/// True if the last place that a person had in a circle had an end: what was there has gone from their devices with it.
fn was_in_for_a_time(log: &CircleLog, person: &PersonId) -> bool {
    let of_person = log.past.iter().filter(|(_, member, _)| *member == Member::Person(*person));
    of_person.filter_map(|(.., held)| *held).next_back().is_some_and(|held| held.until.is_some())
}

/// Why a record waits: the circle's reason, or its own.
fn stuck(conn: &Connection, row: i64) -> Result<Option<String>, ClientError> {
    let sql = "SELECT coalesce(outbox.reason, nullif(circle.held_reason, '')) FROM outbox \
               JOIN circle ON circle.id = outbox.circle WHERE outbox.record = ?1";
    let found: Option<Option<String>> = conn.prepare_cached(sql)?.query_row([row], |row| row.get(0)).optional()?;
    Ok(found.flatten())
}
