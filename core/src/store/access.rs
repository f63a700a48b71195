//! The access log: what was done here since the last event, and what the events that are here say.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use tvaers_wire::ids::{ChildId, DeviceId, Installation, PersonId};

use super::StoreError;
use crate::kinds::{Access, AccessEvent, ChildRef, Short};

/// Something done here that no event says yet.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) at: i64,
    pub(crate) access: u8,
    pub(crate) child: Option<ChildId>,
    /// The record's id and kind.
    pub(crate) record: Option<([u8; 32], u8)>,
    /// The record's row, and how whoever wrote it called the child then.
    pub(crate) called: Option<(i64, ChildRef)>,
}

/// Notes what is being done with a record, once for the time until the next event; false if it was noted.
pub(crate) fn note(tx: &Transaction<'_>, at: i64, access: Access, record: i64) -> Result<bool, StoreError> {
    let sql =
        "INSERT OR IGNORE INTO access (at, access, child, record) SELECT ?1, ?2, child, id FROM record WHERE id = ?3";
    Ok(tx.prepare_cached(sql)?.execute((at, access.code(), record))? > 0)
}

/// The same for a record that is being written, with how its writer calls the child.
pub(crate) fn note_written(
    tx: &Transaction<'_>,
    at: i64,
    record: i64,
    about: Option<&ChildRef>,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO access (at, access, child, record, given_name, family_name, birth_date) \
               SELECT ?1, ?2, child, id, ?4, ?5, ?6 FROM record WHERE id = ?3";
    let named =
        about.map(|child| (child.given_name.as_str(), child.family_name.as_str(), child.birth_date.to_string()));
    let (given, family, birth) = named.map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)));
    tx.prepare_cached(sql)?.execute((at, Access::Changed.code(), record, given, family, birth))?;
    Ok(())
}

/// Notes what is being done with a child, or with none, without a certain record.
pub(crate) fn note_child(
    tx: &Transaction<'_>,
    at: i64,
    access: Access,
    child: Option<&ChildId>,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO access (at, access, child) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((at, access.code(), child.map(|child| *child.as_bytes())))?;
    Ok(())
}

/// When the oldest of what no event says yet was done; nothing if all is said.
pub(crate) fn oldest(conn: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(conn.prepare_cached("SELECT min(at) FROM access")?.query_row([], |row| row.get(0))?)
}

/// What no event says yet, in the order in which it was done.
pub(crate) fn noted(conn: &Connection) -> Result<Vec<Noted>, StoreError> {
    let sql = "SELECT access.child, given_name, family_name, birth_date, access.at, access.access, record.record, \
               record.kind, record.id FROM access LEFT JOIN record ON record.id = access.record ORDER BY access.id";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let record: Option<[u8; 32]> = row.get(6)?;
        let is_called = row.get_ref(1)? != ValueRef::Null;
        found.push(Noted {
            at: row.get(4)?,
            access: row.get(5)?,
            child: row.get::<_, Option<[u8; 16]>>(0)?.map(ChildId::new),
            record: record.zip(row.get(7)?),
            called: if is_called { Some((row.get(8)?, child_of(row)?)) } else { None },
        });
    }
    Ok(found)
}

/// A child from the first four columns: id, given name, family name, birth date.
pub(crate) fn child_of(row: &Row<'_>) -> Result<ChildRef, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: "the access log" };
    let name = |at| Short::new(row.get::<_, String>(at)?).map_err(|_| DAMAGED);
    Ok(ChildRef {
        id: ChildId::new(row.get(0)?),
        given_name: name(1)?,
        family_name: name(2)?,
        birth_date: row.get::<_, String>(3)?.parse().map_err(|_| DAMAGED)?,
    })
}

/// Everything noted is in an event.
pub(crate) fn said(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM access")?.execute([])?;
    Ok(())
}

/// True if there are events of this device.
pub(crate) fn any(conn: &Connection, device: &DeviceId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM record WHERE device = ?1 AND kind = 18)";
    Ok(conn.prepare_cached(sql)?.query_row([device.as_bytes()], |row| row.get(0))?)
}

/// Own events of this device that are not in a circle: rows.
pub(crate) fn not_in(conn: &Connection, device: &DeviceId, circle: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT id FROM record WHERE device = ?1 AND kind = 18 \
               AND NOT EXISTS (SELECT 1 FROM placed WHERE placed.record = record.id AND placed.circle = ?2) ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((device.as_bytes(), circle), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number and time of the last event of an installation.
pub(crate) fn last(conn: &Connection, of: &Installation) -> Result<Option<(i64, i64)>, StoreError> {
    let sql = "SELECT number, until FROM access_event WHERE device = ?1 AND nonce = ?2 ORDER BY number DESC LIMIT 1";
    let mut query = conn.prepare_cached(sql)?;
    let key = (of.device.as_bytes(), of.nonce.as_bytes());
    Ok(query.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Takes out of an opened event what the log is searched by.
pub(crate) fn take(
    tx: &Transaction<'_>,
    row: i64,
    (person, by): (&PersonId, &Installation),
    event: &AccessEvent,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO access_event (record, person, device, nonce, number, until) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let person = person.as_bytes();
    let values = (row, person, by.device.as_bytes(), by.nonce.as_bytes(), event.number, event.until);
    if tx.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(());
    }
    let sql =
        "INSERT INTO access_done (event, person, at, access, child, record, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut insert = tx.prepare_cached(sql)?;
    for done in event.done.iter() {
        let (child, record) = (done.child.map(|id| *id.as_bytes()), done.record.map(|id| *id.as_bytes()));
        let kind = done.kind.map(|kind| kind.code());
        insert.execute((row, person, done.at, done.access.code(), child, record, kind))?;
    }
    let sql =
        "INSERT OR REPLACE INTO access_child (child, given_name, family_name, birth_date) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = tx.prepare_cached(sql)?;
    for child in event.children.iter() {
        let ChildRef { id, given_name, family_name, birth_date } = child;
        insert.execute((id.as_bytes(), given_name.as_str(), family_name.as_str(), birth_date.to_string()))?;
    }
    Ok(())
}
