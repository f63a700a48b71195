//! How old records are, by the relay's clock, and hiding those that are kept no longer.

use rusqlite::{Connection, Transaction};

use super::StoreError;

/// The newest moment that the relay has told this device, Unix milliseconds; nothing before the first chunk.
pub(crate) fn heard(conn: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(conn.prepare_cached("SELECT max(received_at) FROM chunk")?.query_row([], |row| row.get(0))?)
}

/// Records of a kind that are open or hidden: row, when the relay had the newest chunk of each, and whether it is hidden.
pub(crate) fn ages(conn: &Connection, kind: u8) -> Result<Vec<(i64, i64, bool)>, StoreError> {
    let sql = "SELECT record.id, max(chunk.received_at), record.state = 8 FROM record JOIN chunk ON chunk.record = record.id \
               WHERE record.kind = ?1 AND record.state IN (1, 8) AND chunk.received_at IS NOT NULL GROUP BY record.id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the relay had the newest chunk of a record.
pub(crate) fn age(conn: &Connection, record: i64) -> Result<Option<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT max(received_at) FROM chunk WHERE record = ?1")?;
    Ok(query.query_row([record], |row| row.get(0))?)
}

/// Hides an open record from every list, or shows it again.
pub(crate) fn hide(tx: &Transaction<'_>, record: i64, hidden: bool) -> Result<(), StoreError> {
    let (from, to) = if hidden { (1, 8) } else { (8, 1) };
    tx.prepare_cached("UPDATE record SET state = ?3 WHERE id = ?1 AND state = ?2")?.execute((record, from, to))?;
    Ok(())
}

/// True if a record is hidden.
pub(crate) fn is_hidden(conn: &Connection, record: i64) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT state = 8 FROM record WHERE id = ?1")?;
    Ok(query.query_row([record], |row| row.get(0))?)
}

/// The kinds of hidden records.
pub(crate) fn hidden_kinds(conn: &Connection) -> Result<Vec<u8>, StoreError> {
    let mut query = conn.prepare_cached("SELECT DISTINCT kind FROM record WHERE state = 8")?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
