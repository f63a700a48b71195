//! Control entries, accepted or not, with the wraps held here.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::entry::{ParsedEntry, Wrap};
use tvaers_wire::ids::{CircleId, EntryId, Stamp};

use super::StoreError;
use super::circles::{cbor, id32};

/// An entry as it was stored.
pub(crate) fn parsed(bytes: &[u8]) -> Result<ParsedEntry, StoreError> {
    ParsedEntry::from_bytes(bytes).map_err(|_| StoreError::Damaged { what: "a control entry" })
}

/// All entries in this state, oldest first.
pub(crate) fn in_state(conn: &Connection, state: EntryState) -> Result<Vec<Vec<u8>>, StoreError> {
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
    /// Of a circle that gave way, or of a branch that the relay does not follow; counts again if the relay shows it.
    LaidDown = 4,
    /// Of another branch of its log than the one that is followed here; counts once an entry unites the two.
    Branch = 5,
}

/// Keeps an entry; if it is there already, keeps new wraps and notes that the relay has it.
pub(crate) fn put(
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
pub(crate) fn set_state(
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

/// Keeps the relay's word that it has accepted an entry, if that is here.
pub(crate) fn set_stamp(tx: &Transaction<'_>, id: &EntryId, stamp: &Stamp) -> Result<(), StoreError> {
    let mut update = tx.prepare_cached("UPDATE entry SET stamp = ?2 WHERE entry = ?1 AND stamp IS NOT ?2")?;
    update.execute((id.as_bytes(), stamp.as_bytes()))?;
    Ok(())
}

/// The relay's word for an entry, if it has been given here.
pub(crate) fn stamp_of(conn: &Connection, id: &EntryId) -> Result<Option<Stamp>, StoreError> {
    let mut query = conn.prepare_cached("SELECT stamp FROM entry WHERE entry = ?1")?;
    let stamp: Option<Option<[u8; 32]>> = query.query_row([id.as_bytes()], |row| row.get(0)).optional()?;
    Ok(stamp.flatten().map(Stamp::new))
}

/// The accepted order is the order of ids: an entry that waited moves to the end when it is accepted.
pub(crate) fn accept(tx: &Transaction<'_>, id: &EntryId) -> Result<(), StoreError> {
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
pub(crate) fn of(conn: &Connection, circle: &CircleId) -> Result<Vec<HeldEntry>, StoreError> {
    held(conn, circle, EntryState::Accepted)
}

/// The entries of a circle's other branch, oldest first, with the wraps held here.
pub(crate) fn of_branch(conn: &Connection, circle: &CircleId) -> Result<Vec<HeldEntry>, StoreError> {
    held(conn, circle, EntryState::Branch)
}

/// What is here of a circle's entries, whatever became of them.
pub(crate) fn all_of(conn: &Connection, circle: &CircleId) -> Result<Vec<(EntryId, Vec<u8>)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT entry, bytes FROM entry WHERE circle = ?1 ORDER BY id")?;
    let rows = query.query_map([circle.as_bytes()], |row| Ok((id32(row, 0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
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

/// The relay has somebody else's entry from here. If it lists wraps that are not here, those may be gone: true if that is news.
pub(crate) fn note_bare(tx: &Transaction<'_>, id: &EntryId) -> Result<bool, StoreError> {
    let mut query = tx.prepare_cached("SELECT bytes FROM entry WHERE entry = ?1")?;
    let bytes: Option<Vec<u8>> = query.query_row([id.as_bytes()], |row| row.get(0)).optional()?;
    let Some(bytes) = bytes else { return Ok(false) };
    let bare = wraps_of(tx, id)?.len() < parsed(&bytes)?.public.wraps.len();
    let sql = "UPDATE entry SET bare = ?2 WHERE entry = ?1 AND bare <> ?2";
    Ok(tx.prepare_cached(sql)?.execute((id.as_bytes(), bare))? > 0)
}

/// The accepted entries of which that was noted, with the wraps held here.
pub(crate) fn bare(conn: &Connection) -> Result<Vec<(ParsedEntry, Vec<Wrap>)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT bytes, wraps FROM entry WHERE bare = 1 AND state = 1 ORDER BY id")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    rows.map(|row| {
        let (bytes, wraps) = row?;
        Ok((parsed(&bytes)?, minicbor::decode(&wraps).unwrap_or_default()))
    })
    .collect()
}

/// True if an entry of a circle has come, wherever it belongs, or may be in what is still to be fetched of the circle's past.
pub(crate) fn has_come(conn: &Connection, row: i64, entry: &EntryId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM entry WHERE entry = ?2) OR EXISTS (SELECT 1 FROM circle WHERE id = ?1 AND backlog = 1)";
    Ok(conn.prepare_cached(sql)?.query_row((row, entry.as_bytes()), |row| row.get(0))?)
}

/// True if an entry is still to be pushed, or was and nothing has been heard of it.
pub(crate) fn is_unsent(conn: &Connection, entry: &EntryId) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT unsent = 1 OR state = 3 FROM entry WHERE entry = ?1")?;
    Ok(query.query_row([entry.as_bytes()], |row| row.get(0)).optional()?.unwrap_or(false))
}
