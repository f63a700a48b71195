//! Who coordinates a child, as far as this device was told or has seen a case handed over.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::ids::{ChildId, PersonId};

use super::StoreError;

/// Who coordinates a child.
pub(crate) fn of(conn: &Connection, child: &ChildId) -> Result<Option<PersonId>, StoreError> {
    let mut query = conn.prepare_cached("SELECT person FROM coordinator WHERE child = ?1")?;
    let found: Option<[u8; 16]> = query.query_row([child.as_bytes()], |row| row.get(0)).optional()?;
    Ok(found.map(PersonId::new))
}

/// The children that somebody coordinates.
pub(crate) fn held_by(conn: &Connection, person: &PersonId) -> Result<Vec<ChildId>, StoreError> {
    let mut query = conn.prepare_cached("SELECT child FROM coordinator WHERE person = ?1 ORDER BY child")?;
    let rows = query.query_map([person.as_bytes()], |row| Ok(ChildId::new(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Remembers who coordinates a child.
pub(crate) fn set(tx: &Transaction<'_>, child: &ChildId, person: &PersonId) -> Result<(), StoreError> {
    let sql = "INSERT INTO coordinator (child, person) VALUES (?1, ?2) \
               ON CONFLICT (child) DO UPDATE SET person = excluded.person";
    tx.prepare_cached(sql)?.execute((child.as_bytes(), person.as_bytes()))?;
    Ok(())
}

/// This person coordinated the child and hands it over; `leaves`: and leaves its cases.
pub(crate) fn hand_over(tx: &Transaction<'_>, child: &ChildId, to: &PersonId, leaves: bool) -> Result<(), StoreError> {
    let sql = "UPDATE coordinator SET person = ?2, handed = ?3 WHERE child = ?1";
    tx.prepare_cached(sql)?.execute((child.as_bytes(), to.as_bytes(), 1 + i64::from(leaves)))?;
    Ok(())
}

/// True if this person coordinated the child and has handed it over to that one.
pub(crate) fn has_handed_to(conn: &Connection, child: &ChildId, to: &PersonId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM coordinator WHERE child = ?1 AND person = ?2 AND handed > 0)";
    Ok(conn.prepare_cached(sql)?.query_row((child.as_bytes(), to.as_bytes()), |row| row.get(0))?)
}

/// Somebody has taken a child over: what this person has written about it is still to be sent there. Whoever gets a child back
/// passes nothing on any more.
pub(crate) fn taken_over(
    tx: &Transaction<'_>,
    child: &ChildId,
    by: &PersonId,
    by_this_person: bool,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO coordinator (child, person, sent) VALUES (?1, ?2, ?3) ON CONFLICT (child) DO UPDATE \
               SET person = excluded.person, sent = excluded.sent, handed = iif(excluded.sent, 0, handed)";
    tx.prepare_cached(sql)?.execute((child.as_bytes(), by.as_bytes(), by_this_person))?;
    Ok(())
}

/// Children whose new coordinators are still to get what this person has written.
pub(crate) fn unsent(conn: &Connection) -> Result<Vec<(ChildId, PersonId)>, StoreError> {
    list(conn, "SELECT child, person FROM coordinator WHERE sent = 0")
}

/// That is done.
pub(crate) fn sent(tx: &Transaction<'_>, child: &ChildId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE coordinator SET sent = 1 WHERE child = ?1")?.execute([child.as_bytes()])?;
    Ok(())
}

/// Children that this person has handed over, with their coordinators; the second list: where this person also leaves.
pub(crate) fn handed_over(conn: &Connection) -> Result<[Vec<(ChildId, PersonId)>; 2], StoreError> {
    Ok([
        list(conn, "SELECT child, person FROM coordinator WHERE handed = 1")?,
        list(conn, "SELECT child, person FROM coordinator WHERE handed = 2")?,
    ])
}

fn list(conn: &Connection, sql: &str) -> Result<Vec<(ChildId, PersonId)>, StoreError> {
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([], |row| Ok((ChildId::new(row.get(0)?), PersonId::new(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
