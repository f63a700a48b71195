//! What is to be erased, and erasing it: bytes, keys, documents and words go, and the rows say that there was something.
//! `secure_delete` overwrites what is freed.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::entry::Cut;
use tvaers_wire::ids::{ChildId, CircleId, EntryId, RecordId};

use super::circles::{cbor, id32};
use super::inbox::{self, ChunkState};
use super::{StoreError, reach};

/// What is wanted of a circle beside its membership.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Erasing {
    /// To ask that this record, by its row, is erased, and why.
    #[n(0)]
    Erase(#[n(0)] i64, #[n(1)] Option<String>),
    /// That nothing is erased, and why.
    #[n(1)]
    Hold(#[n(0)] Option<String>),
    /// To ask that the hold ends, and why.
    #[n(2)]
    Lift(#[n(0)] Option<String>),
    /// To agree to what this entry asks for.
    #[n(3)]
    Agree(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
}

/// Wants something of a circle, once.
pub(crate) fn want(tx: &Transaction<'_>, circle: i64, wanted: &Erasing) -> Result<(), StoreError> {
    let mut put = tx.prepare_cached("INSERT OR IGNORE INTO erasing (circle, wanted) VALUES (?1, ?2)")?;
    put.execute((circle, cbor(wanted)))?;
    Ok(())
}

/// One wish.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) row: i64,
    pub(crate) circle: CircleId,
    /// Whom the circle is about.
    pub(crate) child: Option<ChildId>,
    pub(crate) wanted: Erasing,
}

/// What is wanted, in the order in which it was asked for.
pub(crate) fn wishes(conn: &Connection) -> Result<Vec<Wish>, StoreError> {
    let sql = "SELECT erasing.id, circle.circle, wanted, child FROM erasing JOIN circle ON circle.id = erasing.circle ORDER BY 1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([], |row| {
        Ok((row.get(0)?, id32(row, 1)?, row.get::<_, Vec<u8>>(2)?, row.get::<_, Option<[u8; 16]>>(3)?))
    })?;
    let damaged = |_| StoreError::Damaged { what: "something that was to be erased" };
    rows.map(|row| {
        let (row, circle, wanted, child) = row?;
        let wanted = minicbor::decode(&wanted).map_err(damaged)?;
        Ok(Wish { row, circle, child: child.map(ChildId::new), wanted })
    })
    .collect()
}

/// It is done, or cannot be.
pub(crate) fn drop_wish(tx: &Transaction<'_>, row: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM erasing WHERE id = ?1")?.execute([row])?;
    Ok(())
}

/// The chunks that have brought a record into a circle and that the relay has had.
pub(crate) fn chunks_of(conn: &Connection, record: i64, circle: i64) -> Result<Vec<Cut>, StoreError> {
    let sql = "SELECT installation, counter, chunk FROM chunk \
               WHERE record = ?1 AND circle = ?2 AND state IN (1, 2, 3, 6) ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query
        .query_map((record, circle), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)? as u64, id32(row, 2)?)))?;
    rows.map(|row| {
        let (installation, counter, chunk) = row?;
        Ok(Cut { installation: inbox::installation_at(conn, installation)?, counter, chunk })
    })
    .collect()
}

/// The record that a chunk has brought here, by its row.
pub(crate) fn record_of(conn: &Connection, place: &Cut) -> Result<Option<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT record FROM chunk WHERE chunk = ?1")?;
    let found: Option<Option<i64>> = query.query_row([place.chunk.as_bytes()], |row| row.get(0)).optional()?;
    Ok(found.flatten())
}

/// True if a chunk waits to be taken to the relay, or a body to become one: what it brings is not there to be erased.
pub(crate) fn is_on_its_way(conn: &Connection, record: i64, circle: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE record = ?1 AND circle = ?2)";
    Ok(conn.prepare_cached(sql)?.query_row((record, circle), |row| row.get(0))?)
}

/// The chunks of a record that are here in a circle and are not erased, by their rows.
pub(crate) fn left_of(conn: &Connection, record: i64, circle: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT id FROM chunk WHERE record = ?1 AND circle = ?2 AND state IN (0, 1, 2, 3, 4) ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((record, circle), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Erases a chunk that may be here: its bytes and keys go, its counters stay accounted for. Returns the record that it had brought.
pub(crate) fn erase_chunk(tx: &Transaction<'_>, circle: i64, place: &Cut) -> Result<Option<i64>, StoreError> {
    let mut find = tx.prepare_cached("SELECT id, state FROM chunk WHERE chunk = ?1 AND circle = ?2")?;
    let found: Option<(i64, i64)> =
        find.query_row((place.chunk.as_bytes(), circle), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match found {
        Some((_, state)) if state == ChunkState::Erased as i64 => Ok(None),
        Some((row, _)) => drop_chunk(tx, row),
        // It has not come, and never will.
        None => {
            let installation = inbox::installation(tx, &place.installation)?;
            reach::cover(tx, (circle, installation), (place.counter, place.counter), &place.chunk)?;
            reach::set_due(tx, circle, true)?;
            Ok(None)
        }
    }
}

/// The circles in which something of a record was erased.
pub(crate) fn places_of_erased(conn: &Connection, record: i64) -> Result<Vec<i64>, StoreError> {
    let mut query =
        conn.prepare_cached("SELECT DISTINCT circle FROM chunk WHERE record = ?1 AND state = ?2 ORDER BY circle")?;
    let rows = query.query_map((record, ChunkState::Erased as i64), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The same of a chunk by its row. A receipt is due: what came behind it may have been waiting to be accounted for.
pub(crate) fn drop_chunk(tx: &Transaction<'_>, row: i64) -> Result<Option<i64>, StoreError> {
    let (circle, _) = inbox::finish(tx, row, ChunkState::Erased, None)?;
    reach::set_due(tx, circle, true)?;
    tx.execute("DELETE FROM outbox WHERE chunk = ?1", [row])?;
    tx.execute("DELETE FROM chunk_bytes WHERE chunk = ?1", [row])?;
    tx.execute("DELETE FROM box WHERE chunk = (SELECT chunk FROM chunk WHERE id = ?1)", [row])?;
    Ok(tx.query_row("SELECT record FROM chunk WHERE id = ?1", [row], |row| row.get(0))?)
}

/// A record has been erased in a circle. Where no other has it, what it said goes from here. True if it has.
pub(crate) fn erase_record(
    tx: &Transaction<'_>,
    record: i64,
    circle: i64,
    agreed: &EntryId,
) -> Result<bool, StoreError> {
    let of_it = (record, circle);
    tx.execute("DELETE FROM outbox WHERE record = ?1 AND circle = ?2 AND chunk IS NULL", of_it)?;
    tx.execute("DELETE FROM placed WHERE record = ?1 AND circle = ?2", of_it)?;
    let elsewhere = "SELECT EXISTS (SELECT 1 FROM chunk WHERE record = ?1 AND state IN (0, 1, 2, 3, 5)) \
                     OR EXISTS (SELECT 1 FROM outbox WHERE record = ?1)";
    if tx.query_row(elsewhere, [record], |row| row.get::<_, bool>(0))? {
        return Ok(false);
    }
    for table in ["record_item", "document", "edit", "share", "placed"] {
        tx.execute(&format!("DELETE FROM {table} WHERE record = ?1"), [record])?;
    }
    tx.execute("DELETE FROM search WHERE rowid = ?1", [record])?;
    let sql = "UPDATE access SET given_name = NULL, family_name = NULL, birth_date = NULL WHERE record = ?1";
    tx.execute(sql, [record])?;
    let sql = "UPDATE record SET state = 9, headline = '', answers = NULL, erased = ?2 WHERE id = ?1";
    tx.execute(sql, (record, agreed.as_bytes()))?;
    Ok(true)
}

/// A word that is deleted stays in the index until its parts are merged.
pub(crate) fn forget_words(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("INSERT INTO search (search) VALUES ('optimize')", [])?;
    Ok(())
}

/// True if a record has been erased here, or is kept no longer.
pub(crate) fn is_gone(conn: &Connection, record: i64) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT state IN (8, 9) FROM record WHERE id = ?1")?;
    Ok(query.query_row([record], |row| row.get(0))?)
}

/// True if a record has been erased here.
pub(crate) fn is_erased(conn: &Connection, record: &RecordId) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE record = ?1 AND state = 9)")?;
    Ok(query.query_row([record.as_bytes()], |row| row.get(0))?)
}
