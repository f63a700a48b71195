//! The signed edits of living records: what came, what was made here and has not left, what is in doubt.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::StoreError;

/// Whether it is in doubt that an edit is its writer's: see the schema.
pub(crate) fn set_unconfirmed(tx: &Transaction<'_>, digest: &[u8; 32], unconfirmed: bool) -> Result<(), StoreError> {
    let sql = "UPDATE edit SET unconfirmed = ?2 WHERE digest = ?1 AND unconfirmed <> ?2";
    tx.prepare_cached(sql)?.execute((digest, unconfirmed))?;
    Ok(())
}

/// The applied edits of a record that are in doubt, in order.
pub(crate) fn unconfirmed(conn: &Connection, record: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT item FROM edit WHERE record = ?1 AND unconfirmed = 1 AND state = 1 ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([record], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What has become of an edit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EditState {
    /// Something that it stands on is not here yet.
    Waiting = 0,
    Applied = 1,
    Aside = 2,
}

/// Keeps an edit of a living record that a chunk has brought. If it was here, what had become of it; while it waits, the chunk does.
pub(crate) fn put(
    tx: &Transaction<'_>,
    record: i64,
    digest: &[u8; 32],
    item: &[u8],
    brought_by: i64,
) -> Result<Option<EditState>, StoreError> {
    let sql = "INSERT OR IGNORE INTO edit (record, digest, item, chunk, state, sealed) VALUES (?1, ?2, ?3, ?4, 0, 1)";
    if tx.prepare_cached(sql)?.execute((record, digest, item, brought_by))? > 0 {
        return Ok(None);
    }
    let mut held = tx.prepare_cached("SELECT id, state FROM edit WHERE digest = ?1")?;
    let (edit, state) = held.query_row([digest], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    if state == EditState::Waiting as i64 {
        let sql = "INSERT OR IGNORE INTO repeated (chunk, edit) VALUES (?1, ?2)";
        tx.prepare_cached(sql)?.execute((brought_by, edit))?;
    }
    Ok(Some(match state {
        0 => EditState::Waiting,
        1 => EditState::Applied,
        _ => EditState::Aside,
    }))
}

/// Keeps an edit that was made here. Returns its row.
pub(crate) fn put_own(tx: &Transaction<'_>, record: i64, digest: &[u8; 32], item: &[u8]) -> Result<i64, StoreError> {
    let sql = "INSERT INTO edit (record, digest, item, state, sealed) VALUES (?1, ?2, ?3, 1, 0)";
    tx.prepare_cached(sql)?.execute((record, digest, item))?;
    Ok(tx.last_insert_rowid())
}

/// True if somebody has edited a record on this device, whether that has left or not.
pub(crate) fn is_made_here(conn: &Connection, record: i64) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM edit WHERE record = ?1 AND chunk IS NULL)")?;
    Ok(query.query_row([record], |row| row.get(0))?)
}

/// The newest edit that was made here and that no chunk carries yet: row and item.
pub(crate) fn open(conn: &Connection, record: i64) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let sql = "SELECT id, item FROM edit WHERE record = ?1 AND sealed = 0 ORDER BY id DESC LIMIT 1";
    let mut query = conn.prepare_cached(sql)?;
    Ok(query.query_row([record], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Records with edits that were made here and that no chunk carries yet.
pub(crate) fn with_open(conn: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT DISTINCT record FROM edit WHERE sealed = 0 ORDER BY record")?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those edits of a record are made again.
pub(crate) fn drop_open(tx: &Transaction<'_>, record: i64) -> Result<(), StoreError> {
    let open = "SELECT id FROM edit WHERE record = ?1 AND sealed = 0";
    tx.execute(&format!("DELETE FROM outbox WHERE edit IN ({open})"), [record])?;
    tx.execute("DELETE FROM edit WHERE record = ?1 AND sealed = 0", [record])?;
    Ok(())
}

/// The applied edits of a record that a chunk has brought or carries, in order.
pub(crate) fn sealed(conn: &Connection, record: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT item FROM edit WHERE record = ?1 AND state = 1 AND sealed = 1 ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([record], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts another item in the place of an edit that no chunk carries yet.
pub(crate) fn replace(tx: &Transaction<'_>, edit: i64, digest: &[u8; 32], item: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE edit SET digest = ?2, item = ?3 WHERE id = ?1 AND sealed = 0";
    tx.prepare_cached(sql)?.execute((edit, digest, item))?;
    Ok(())
}

/// An edit that has not been applied yet.
#[derive(Debug)]
pub(crate) struct WaitingEdit {
    pub(crate) row: i64,
    pub(crate) record: i64,
    pub(crate) chunk: Option<i64>,
    pub(crate) item: Vec<u8>,
}

/// Edits that have not been applied, in the order in which they came.
pub(crate) fn waiting(conn: &Connection) -> Result<Vec<WaitingEdit>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, record, chunk, item FROM edit WHERE state = 0 ORDER BY id")?;
    let rows = query.query_map([], |row| {
        Ok(WaitingEdit { row: row.get(0)?, record: row.get(1)?, chunk: row.get(2)?, item: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An edit waits no longer, and neither do the chunks that have brought it, which are returned.
pub(crate) fn settle(tx: &Transaction<'_>, edit: i64, state: EditState) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT id FROM chunk WHERE state = 1 AND id IN \
               (SELECT chunk FROM edit WHERE id = ?1 UNION SELECT chunk FROM repeated WHERE edit = ?1) ORDER BY id";
    let mut query = tx.prepare_cached(sql)?;
    let chunks = query.query_map([edit], |row| row.get(0))?.collect::<Result<_, _>>()?;
    tx.prepare_cached("UPDATE edit SET state = ?2 WHERE id = ?1")?.execute((edit, state as i64))?;
    tx.prepare_cached("DELETE FROM repeated WHERE edit = ?1")?.execute([edit])?;
    Ok(chunks)
}
