//! With whom a record is to be shared, and in which circles it is, each on its lawful basis.

use rusqlite::{Connection, Transaction};

use super::StoreError;
use super::circles::cbor;
use crate::audience::{Audience, Share};

/// Asks for a record to be shared with an audience, on this lawful basis; without one, on the first that fits when it leaves.
pub(crate) fn put(tx: &Transaction<'_>, row: i64, audience: &Audience, basis: Option<&str>) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO share (record, audience, basis) VALUES (?1, ?2, ?3)")?.execute((
        row,
        cbor(audience),
        basis,
    ))?;
    Ok(())
}

/// The sharing was carried out.
pub(crate) fn done(tx: &Transaction<'_>, row: i64, audience: &Audience) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM share WHERE record = ?1 AND audience = ?2")?.execute((row, cbor(audience)))?;
    Ok(())
}

/// Sharing that could not be carried out yet.
pub(crate) fn waiting(conn: &Connection) -> Result<Vec<(i64, Share)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT record, audience, basis FROM share ORDER BY record")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?)))?;
    let mut out = Vec::new();
    for row in rows {
        let (record, audience, basis) = row?;
        if let Ok(with) = minicbor::decode(&audience) {
            out.push((record, Share { with, basis }));
        }
    }
    Ok(out)
}

/// The audiences that a record could not be brought to yet, its author apart.
pub(crate) fn others_awaited(conn: &Connection, row: i64) -> Result<Vec<Audience>, StoreError> {
    let mut query = conn.prepare_cached("SELECT audience FROM share WHERE record = ?1 AND audience <> ?2")?;
    let rows = query.query_map((row, cbor(&Audience::Own)), |row| row.get::<_, Vec<u8>>(0))?;
    let audiences: Vec<Vec<u8>> = rows.collect::<Result<_, _>>()?;
    Ok(audiences.iter().filter_map(|audience| minicbor::decode(audience).ok()).collect())
}

/// Notes that a record is, or will be, readable in a circle, `brought` there by this device or by another; false if it was
/// known to be there. `basis`: the lawful basis it was shared on, by the first who says one.
pub(crate) fn place(
    tx: &Transaction<'_>,
    row: i64,
    circle: i64,
    brought: bool,
    basis: Option<&str>,
) -> Result<bool, StoreError> {
    let sql = "INSERT OR IGNORE INTO placed (record, circle, brought, basis) VALUES (?1, ?2, ?3, ?4)";
    let new = tx.prepare_cached(sql)?.execute((row, circle, brought, basis))? > 0;
    if !new && basis.is_some() {
        let sql = "UPDATE placed SET basis = ?3 WHERE record = ?1 AND circle = ?2 AND basis IS NULL";
        tx.prepare_cached(sql)?.execute((row, circle, basis))?;
    }
    Ok(new)
}

/// The circles into which this device carries an edit that this chunk has brought: those that it brought the record to, or
/// from which it did.
pub(crate) fn carried_to(conn: &Connection, row: i64, chunk: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT there.circle FROM chunk JOIN placed AS here ON here.record = ?1 AND here.circle = chunk.circle \
               JOIN placed AS there ON there.record = ?1 AND there.circle <> here.circle \
               WHERE chunk.id = ?2 AND (here.brought OR there.brought) ORDER BY there.circle";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((row, chunk), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The records that this device has brought to a circle.
pub(crate) fn brought(conn: &Connection, circle: i64) -> Result<Vec<i64>, StoreError> {
    let mut query =
        conn.prepare_cached("SELECT record FROM placed WHERE circle = ?1 AND brought = 1 ORDER BY record")?;
    let rows = query.query_map([circle], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The circles a record is in.
pub(crate) fn places(conn: &Connection, row: i64) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT circle FROM placed WHERE record = ?1 ORDER BY circle")?;
    let rows = query.query_map([row], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
