//! Facts that there is one of: keys, installation, enrolment, tokens.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::ids::Fixed;
use tvaers_wire::message::{TOKEN_START, Token};

use super::StoreError;

/// The value of a key.
pub(crate) fn get(conn: &Connection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut query = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(query.query_row([key], |row| row.get(0)).optional()?)
}

/// Sets a key.
pub(crate) fn set(tx: &Transaction<'_>, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    tx.prepare_cached(sql)?.execute((key, value))?;
    Ok(())
}

/// A token: `after` is where the feed has been read to, `seen` the last place that a push was confirmed at.
pub(crate) fn token(conn: &Connection, key: &str) -> Result<Token, StoreError> {
    let value = get(conn, key)?;
    Ok(value.and_then(|bytes| bytes.try_into().ok()).map_or(TOKEN_START, Fixed))
}

/// Keeps a statement of the authority; false if it was here.
pub(crate) fn put_statement(tx: &Transaction<'_>, bytes: &[u8]) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("INSERT OR IGNORE INTO statement (bytes) VALUES (?1)")?.execute([bytes])? > 0)
}

/// Marks a statement as one that the relay has, or has to be told again.
pub(crate) fn set_unsent(tx: &Transaction<'_>, statement: i64, unsent: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE statement SET unsent = ?2 WHERE id = ?1")?.execute((statement, unsent))?;
    Ok(())
}

/// Statements that the relay has to be told again, with their rows.
pub(crate) fn unsent_statements(conn: &Connection) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, bytes FROM statement WHERE unsent = 1 ORDER BY id")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All statements with their rows, in the order in which they came.
pub(crate) fn statements(conn: &Connection) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, bytes FROM statement ORDER BY id")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
