//! Circles, control entries, roots and intents.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::entry::{Member, ParsedEntry, Rights, Wrap};
use tvaers_wire::ids::{ChunkId, CircleId, EntryId};
use tvaers_wire::message::PastOf;

use super::StoreError;
use crate::circle::Purpose;
use crate::keys::{Root, Secret};

/// A circle's row.
#[derive(Debug)]
pub(crate) struct CircleFacts {
    pub(crate) row: i64,
    pub(crate) circle: CircleId,
    pub(crate) purpose: Option<Purpose>,
}

/// All circles.
pub(crate) fn all(conn: &Connection) -> Result<Vec<CircleFacts>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, circle, purpose FROM circle ORDER BY id")?;
    let rows = query.query_map([], |row| {
        let purpose: Option<Vec<u8>> = row.get(2)?;
        Ok(CircleFacts {
            row: row.get(0)?,
            circle: id32(row, 1)?,
            purpose: purpose.and_then(|p| minicbor::decode(&p).ok()),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The row of a circle, made if it is new.
pub(crate) fn row(tx: &Transaction<'_>, circle: &CircleId) -> Result<i64, StoreError> {
    let mut find = tx.prepare_cached("SELECT id FROM circle WHERE circle = ?1")?;
    if let Some(row) = find.query_row([circle.as_bytes()], |row| row.get(0)).optional()? {
        return Ok(row);
    }
    tx.prepare_cached("INSERT INTO circle (circle) VALUES (?1)")?.execute([circle.as_bytes()])?;
    Ok(tx.last_insert_rowid())
}

/// Remembers what a circle is for.
pub(crate) fn set_purpose(tx: &Transaction<'_>, row: i64, purpose: Purpose) -> Result<(), StoreError> {
    let child = purpose.child().map(|child| child.as_bytes().to_vec());
    tx.execute("UPDATE circle SET purpose = ?2, child = ?3 WHERE id = ?1", (row, cbor(&purpose), child))?;
    Ok(())
}

/// An entry as it was stored.
pub(crate) fn parsed(bytes: &[u8]) -> Result<ParsedEntry, StoreError> {
    ParsedEntry::from_bytes(bytes).map_err(|_| StoreError::Damaged { what: "a control entry" })
}

/// All entries in this state, oldest first.
pub(crate) fn entries_in_state(conn: &Connection, state: EntryState) -> Result<Vec<Vec<u8>>, StoreError> {
    // Written out: there is an index of those that wait.
    let sql = format!("SELECT bytes FROM entry WHERE state = {} ORDER BY id", state as i64);
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// State of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EntryState {
    Waiting = 0,
    Accepted = 1,
    Aside = 2,
    /// Made here and on its way; counts once the relay has it.
    Proposed = 3,
    /// Forgotten by the relay, which takes it back from nobody; counts again if the relay shows it.
    LaidDown = 4,
    /// Of another branch of its log than the one that is followed here; counts once an entry unites the two.
    Branch = 5,
}

/// Keeps an entry; if it is there already, keeps new wraps and notes that the relay has it.
pub(crate) fn put_entry(
    tx: &Transaction<'_>,
    id: &EntryId,
    circle: &CircleId,
    bytes: &[u8],
    wraps: &[Wrap],
    (state, unsent): (EntryState, bool),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO entry (entry, circle, bytes, wraps, state, unsent) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (entry) DO UPDATE SET unsent = excluded.unsent, \
               state = iif(state IN (3, 4), excluded.state, state), \
               wraps = iif(length(excluded.wraps) > length(wraps), excluded.wraps, wraps)";
    let values = (id.as_bytes(), circle.as_bytes(), bytes, cbor(wraps), state as i64, unsent);
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Sets what became of an entry.
pub(crate) fn set_entry_state(
    tx: &Transaction<'_>,
    id: &EntryId,
    state: EntryState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let mut update = tx.prepare_cached("UPDATE entry SET state = ?2, reason = ?3 WHERE entry = ?1")?;
    update.execute((id.as_bytes(), state as i64, reason))?;
    Ok(())
}

/// No entry of a circle counts any more, until the relay shows it.
pub(crate) fn lay_down(tx: &Transaction<'_>, circle: &CircleId) -> Result<(), StoreError> {
    let sql = "UPDATE entry SET state = ?2, unsent = 0 WHERE circle = ?1";
    tx.prepare_cached(sql)?.execute((circle.as_bytes(), EntryState::LaidDown as i64))?;
    Ok(())
}

/// The same of one of its entries, and of all that stand on it. What was kept beside them is judged anew.
pub(crate) fn lay_down_from(tx: &Transaction<'_>, circle: &CircleId, entry: &EntryId) -> Result<(), StoreError> {
    let sql = "UPDATE entry SET state = ?3, unsent = 0 WHERE circle = ?1 AND state = 1 AND id >= (SELECT id FROM entry WHERE entry = ?2)";
    tx.prepare_cached(sql)?.execute((circle.as_bytes(), entry.as_bytes(), EntryState::LaidDown as i64))?;
    let sql = "UPDATE entry SET state = ?2 WHERE circle = ?1 AND state = ?3";
    tx.prepare_cached(sql)?.execute((circle.as_bytes(), EntryState::Waiting as i64, EntryState::Branch as i64))?;
    Ok(())
}

/// The accepted order is the order of ids: an entry that waited moves to the end when it is accepted.
pub(crate) fn accept_entry(tx: &Transaction<'_>, id: &EntryId) -> Result<(), StoreError> {
    let sql = "UPDATE entry SET state = 1, reason = NULL, id = (SELECT max(id) + 1 FROM entry) WHERE entry = ?1";
    tx.prepare_cached(sql)?.execute([id.as_bytes()])?;
    Ok(())
}

/// Marks an entry as held by the relay, or as to be pushed again.
pub(crate) fn set_unsent(tx: &Transaction<'_>, id: &EntryId, unsent: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE entry SET unsent = ?2 WHERE entry = ?1")?.execute((id.as_bytes(), unsent))?;
    Ok(())
}

/// An accepted entry: id, bytes, and the wraps held here.
pub(crate) type HeldEntry = (EntryId, Vec<u8>, Vec<Wrap>);

/// The relay did not take a proposed entry.
pub(crate) fn drop_proposed(tx: &Transaction<'_>, id: &EntryId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM entry WHERE entry = ?1 AND state = 3")?.execute([id.as_bytes()])?;
    Ok(())
}

/// The wraps of an entry that are held here.
pub(crate) fn wraps_of(conn: &Connection, entry: &EntryId) -> Result<Vec<Wrap>, StoreError> {
    let mut query = conn.prepare_cached("SELECT wraps FROM entry WHERE entry = ?1")?;
    let wraps: Option<Vec<u8>> = query.query_row([entry.as_bytes()], |row| row.get(0)).optional()?;
    Ok(wraps.and_then(|wraps| minicbor::decode(&wraps).ok()).unwrap_or_default())
}

/// All entries of a circle that were accepted, oldest first, with the wraps held here.
pub(crate) fn entries_of(conn: &Connection, circle: &CircleId) -> Result<Vec<HeldEntry>, StoreError> {
    held(conn, circle, EntryState::Accepted)
}

/// The entries of a circle's other branch, oldest first, with the wraps held here.
pub(crate) fn branch_of(conn: &Connection, circle: &CircleId) -> Result<Vec<HeldEntry>, StoreError> {
    held(conn, circle, EntryState::Branch)
}

fn held(conn: &Connection, circle: &CircleId, state: EntryState) -> Result<Vec<HeldEntry>, StoreError> {
    let sql = "SELECT entry, bytes, wraps FROM entry WHERE circle = ?1 AND state = ?2 ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((circle.as_bytes(), state as i64), |row| {
        let wraps: Vec<u8> = row.get(2)?;
        Ok((id32(row, 0)?, row.get(1)?, minicbor::decode(&wraps).unwrap_or_default()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps a root.
pub(crate) fn put_root(
    tx: &Transaction<'_>,
    circle: &CircleId,
    epoch: &EntryId,
    root: &Root,
) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached("INSERT OR REPLACE INTO root (circle, epoch, root) VALUES (?1, ?2, ?3)")?;
    insert.execute((circle.as_bytes(), epoch.as_bytes(), root.secret().expose()))?;
    Ok(())
}

/// All roots, by circle and epoch.
pub(crate) fn roots(conn: &Connection) -> Result<HashMap<CircleId, HashMap<EntryId, Root>>, StoreError> {
    let mut query = conn.prepare_cached("SELECT circle, epoch, root FROM root")?;
    let mut rows = query.query([])?;
    let mut out: HashMap<CircleId, HashMap<EntryId, Root>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let secret: [u8; 32] = row.get(2)?;
        out.entry(id32(row, 0)?).or_default().insert(id32(row, 1)?, Root::new(Secret::new(secret)));
    }
    Ok(out)
}

/// What is wanted for a member.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Wanted {
    /// To be a member with these rights.
    #[n(0)]
    Rights(#[n(0)] Rights),
    /// Not to be a member any more, and why.
    #[n(1)]
    Gone(#[n(0)] Option<String>),
    /// Of a device that is out: that the circle says what of it still counts.
    #[n(2)]
    CutOff,
    /// To manage in place of this person, with everything that was written before. `true`: this person then leaves.
    #[n(3)]
    HandedOver(#[n(0)] bool),
    /// To have the key in force, which was drawn while they were away.
    #[n(4)]
    Key,
    /// Of this device: that the two heads of the circle become one.
    #[n(5)]
    United,
    /// Of this person, who manages it: that its log says where it goes on.
    #[n(6)]
    ContinuedIn(#[n(0)] CircleId),
    /// To stand in for this person until this time, Unix seconds: to read everything and to write.
    #[n(7)]
    Covered(#[n(0)] u64),
}

/// What is wanted of a circle.
#[derive(Debug)]
pub(crate) struct Intent {
    pub(crate) circle: CircleId,
    pub(crate) wants: Vec<(Member, Wanted)>,
}

/// Asks for a change of membership at the next contact, in place of what was asked for this member before.
pub(crate) fn put_intent(tx: &Transaction<'_>, row: i64, member: &Member, wanted: &Wanted) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO intent (circle, member, wanted) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((row, cbor(member), cbor(wanted)))?;
    Ok(())
}

/// Asks for a new key for a member, unless something else is wanted for them.
pub(crate) fn ask_key(tx: &Transaction<'_>, row: i64, member: &Member) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO intent (circle, member, wanted) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((row, cbor(member), cbor(&Wanted::Key)))?;
    Ok(())
}

/// What is wanted for a member.
pub(crate) fn intent_for(conn: &Connection, row: i64, member: &Member) -> Result<Option<Wanted>, StoreError> {
    let mut query = conn.prepare_cached("SELECT wanted FROM intent WHERE circle = ?1 AND member = ?2")?;
    let wanted: Option<Vec<u8>> = query.query_row((row, cbor(member)), |row| row.get(0)).optional()?;
    let damaged = |_| StoreError::Damaged { what: "a change that was to be made" };
    wanted.map(|wanted| minicbor::decode(&wanted).map_err(damaged)).transpose()
}

/// What is wanted, by circle.
pub(crate) fn intents(conn: &Connection) -> Result<Vec<Intent>, StoreError> {
    let sql = "SELECT circle.circle, member, wanted FROM intent JOIN circle ON circle.id = intent.circle ORDER BY 1, 2";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut out: Vec<Intent> = Vec::new();
    while let Some(row) = rows.next()? {
        let (circle, member, wanted): (CircleId, Vec<u8>, Vec<u8>) = (id32(row, 0)?, row.get(1)?, row.get(2)?);
        let damaged = |_| StoreError::Damaged { what: "a change that was to be made" };
        let want = (minicbor::decode(&member).map_err(damaged)?, minicbor::decode(&wanted).map_err(damaged)?);
        match out.last_mut().filter(|intent| intent.circle == circle) {
            Some(intent) => intent.wants.push(want),
            None => out.push(Intent { circle, wants: vec![want] }),
        }
    }
    Ok(out)
}

/// The change was carried out, or is no longer wanted.
pub(crate) fn drop_intent(tx: &Transaction<'_>, row: i64, member: &Member) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM intent WHERE circle = ?1 AND member = ?2")?.execute((row, cbor(member)))?;
    Ok(())
}

/// Nothing is wanted of a circle any more.
pub(crate) fn drop_intents(tx: &Transaction<'_>, row: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM intent WHERE circle = ?1")?.execute([row])?;
    Ok(())
}

/// Where an own chain stands in a circle.
#[derive(Debug)]
pub(crate) struct Chain {
    /// Last counter given.
    pub(crate) counter: u64,
    /// The chunk that has it; zeros before the first.
    pub(crate) previous: ChunkId,
    /// Refusals to declare: CBOR, empty if there are none.
    pub(crate) refused: Vec<u8>,
}

/// The own chain of records, or of receipts, in a circle.
pub(crate) fn chain(conn: &Connection, row: i64, receipts: bool) -> Result<Chain, StoreError> {
    let sql = if receipts {
        // A refused receipt needs no declaration: the next one replaces its counter.
        "SELECT receipt_counter, receipt_previous, NULL FROM circle WHERE id = ?1"
    } else {
        "SELECT counter, previous, refused FROM circle WHERE id = ?1"
    };
    Ok(conn.prepare_cached(sql)?.query_row([row], |row| {
        let previous: Option<Vec<u8>> = row.get(1)?;
        let previous = previous.and_then(|id| ChunkId::from_slice(&id).ok()).unwrap_or(ChunkId::new([0; 32]));
        let refused: Option<Vec<u8>> = row.get(2)?;
        Ok(Chain { counter: row.get::<_, i64>(0)? as u64, previous, refused: refused.unwrap_or_default() })
    })?)
}

/// All own chains begin anew: those of another installation.
pub(crate) fn begin_chains(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "UPDATE circle SET counter = 0, previous = NULL, refused = NULL, receipt_counter = 0, receipt_previous = NULL, \
               held_reason = NULL, held_until = 0";
    tx.execute(sql, [])?;
    Ok(())
}

/// True if an entry of a circle has come, wherever it belongs, or may be in what is still to be fetched of the circle's past.
pub(crate) fn has_come(conn: &Connection, row: i64, entry: &EntryId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM entry WHERE entry = ?2) OR EXISTS (SELECT 1 FROM circle WHERE id = ?1 AND backlog = 1)";
    Ok(conn.prepare_cached(sql)?.query_row((row, entry.as_bytes()), |row| row.get(0))?)
}

/// The relay will not take chunks for this circle now.
pub(crate) fn hold(tx: &Transaction<'_>, row: i64, reason: &str, until: i64) -> Result<(), StoreError> {
    let mut update = tx.prepare_cached("UPDATE circle SET held_reason = ?2, held_until = ?3 WHERE id = ?1")?;
    update.execute((row, reason, until))?;
    Ok(())
}

/// Circles whose past is still to be fetched: circle, sequence to go on after.
pub(crate) fn backlogs(conn: &Connection, limit: usize) -> Result<Vec<PastOf>, StoreError> {
    let sql = "SELECT circle, backlog_after FROM circle WHERE backlog = 1 ORDER BY id LIMIT ?1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query
        .query_map([limit as i64], |row| Ok(PastOf { circle: id32(row, 0)?, after: row.get::<_, i64>(1)? as u64 }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// True if an entry is still to be pushed, or was and nothing has been heard of it.
pub(crate) fn is_unsent(conn: &Connection, entry: &EntryId) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT unsent = 1 OR state = 3 FROM entry WHERE entry = ?1")?;
    Ok(query.query_row([entry.as_bytes()], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// True if the circle has held a chunk that the relay has had.
pub(crate) fn is_used(conn: &Connection, row: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM chunk WHERE circle = ?1 AND state <> 5)";
    Ok(conn.prepare_cached(sql)?.query_row([row], |row| row.get(0))?)
}

/// How far a circle's past has been fetched; `None` when it is all here.
pub(crate) fn set_backlog(tx: &Transaction<'_>, row: i64, after: Option<u64>) -> Result<(), StoreError> {
    let mut update = tx.prepare_cached("UPDATE circle SET backlog = ?2, backlog_after = ?3 WHERE id = ?1")?;
    update.execute((row, after.is_some(), after.unwrap_or(0) as i64))?;
    Ok(())
}

/// A 32-byte id from a column.
pub(crate) fn id32<T: From32>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<T> {
    row.get::<_, [u8; 32]>(column).map(T::from32)
}

/// Ids of 32 bytes.
pub(crate) trait From32 {
    fn from32(bytes: [u8; 32]) -> Self;
}

macro_rules! from32 {
    ($($id:ty),*) => { $(impl From32 for $id { fn from32(bytes: [u8; 32]) -> Self { Self::new(bytes) } })* };
}

from32!(CircleId, EntryId, ChunkId, tvaers_wire::ids::RecordId, tvaers_wire::ids::DeviceId);

/// Canonical CBOR; writing to memory cannot fail.
pub(crate) fn cbor<T: minicbor::Encode<()> + ?Sized>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_default()
}
