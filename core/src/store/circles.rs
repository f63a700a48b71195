//! Circles, their roots, and where the own chain stands in each.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction};
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
