//! Who stands in for the coordinator of a child, until when.

use rusqlite::{Connection, Transaction};
use tvaers_wire::ids::{ChildId, PersonId};

use super::StoreError;

/// Somebody stands in for the coordinator of a child until this time, Unix seconds; in place of what was known of them before.
pub(crate) fn put(tx: &Transaction<'_>, child: &ChildId, person: &PersonId, until: u64) -> Result<bool, StoreError> {
    let sql = "INSERT INTO cover (child, person, until) VALUES (?1, ?2, ?3) \
               ON CONFLICT (child, person) DO UPDATE SET until = excluded.until WHERE until <> excluded.until";
    // Beyond what SQLite counts is for ever.
    let until = i64::try_from(until).unwrap_or(i64::MAX);
    Ok(tx.prepare_cached(sql)?.execute((child.as_bytes(), person.as_bytes(), until))? > 0)
}

/// They do no longer.
pub(crate) fn drop(tx: &Transaction<'_>, child: &ChildId, person: &PersonId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM cover WHERE child = ?1 AND person = ?2";
    Ok(tx.prepare_cached(sql)?.execute((child.as_bytes(), person.as_bytes()))? > 0)
}

/// Who stands in for the coordinator of a child, with the end; also those whose end has come.
pub(crate) fn of(conn: &Connection, child: &ChildId) -> Result<Vec<(PersonId, u64)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT person, until FROM cover WHERE child = ?1 ORDER BY person")?;
    let rows = query.query_map([child.as_bytes()], |row| Ok((PersonId::new(row.get(0)?), until(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All of them.
pub(crate) fn all(conn: &Connection) -> Result<Vec<(ChildId, PersonId, u64)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT child, person, until FROM cover ORDER BY child, person")?;
    let rows =
        query.query_map([], |row| Ok((ChildId::new(row.get(0)?), PersonId::new(row.get(1)?), until(row, 2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What ended by this time, Unix seconds, is forgotten.
pub(crate) fn forget(tx: &Transaction<'_>, by: u64) -> Result<(), StoreError> {
    let by = i64::try_from(by).unwrap_or(i64::MAX);
    tx.prepare_cached("DELETE FROM cover WHERE until <= ?1")?.execute([by])?;
    Ok(())
}

fn until(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
}
