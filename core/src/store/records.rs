//! Records and living documents.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::ids::{ChildId, DeviceId, PersonId, RecordId};

use super::StoreError;
use super::circles::id32;
use crate::record::Carried;

/// What a record's row says of it.
#[derive(Clone, Debug)]
pub(crate) struct RecordRow {
    pub(crate) id: RecordId,
    pub(crate) kind: u8,
    pub(crate) child: Option<ChildId>,
    pub(crate) author: PersonId,
    pub(crate) device: DeviceId,
    pub(crate) recorded_at: i64,
    pub(crate) occurred_at: i64,
    pub(crate) headline: String,
    /// Of a living record: what it began with.
    pub(crate) carried: Option<Carried>,
}

/// Keeps a record's row if it is new, and returns its number.
pub(crate) fn put(tx: &Transaction<'_>, record: &RecordRow, item: Option<&[u8]>) -> Result<(i64, bool), StoreError> {
    if let Some(row) = row(tx, &record.id)? {
        return Ok((row, false));
    }
    let sql = "INSERT INTO record (record, kind, child, author, device, recorded_at, occurred_at, headline, state, \
               carries, carries_author) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10)";
    let child = record.child.map(|child| *child.as_bytes());
    let (author, device) = (record.author.as_bytes(), record.device.as_bytes());
    let (recorded, occurred) = (record.recorded_at, record.occurred_at);
    let carries = record.carried.map(|carried| *carried.record.as_bytes());
    let carries_author = record.carried.map(|carried| *carried.author.as_bytes());
    let (id, headline) = (record.id.as_bytes(), &record.headline);
    let values = (id, record.kind, child, author, device, recorded, occurred, headline, carries, carries_author);
    tx.prepare_cached(sql)?.execute(values)?;
    let row = tx.last_insert_rowid();
    if let Some(item) = item {
        tx.prepare_cached("INSERT INTO record_item (record, item) VALUES (?1, ?2)")?.execute((row, item))?;
    }
    Ok((row, true))
}

/// True if a frozen record was listed with these words and this signature.
pub(crate) fn says(conn: &Connection, row: i64, facts: &RecordRow, item: &[u8]) -> Result<bool, StoreError> {
    let listed = get(conn, row)?;
    let mut query = conn.prepare_cached("SELECT item = ?2 FROM record_item WHERE record = ?1")?;
    let same: bool = query.query_row((row, item), |row| row.get(0)).optional()?.unwrap_or(false);
    let summary = |row: &RecordRow| (row.child, row.occurred_at, row.headline.clone());
    Ok(same && summary(&listed) == summary(facts))
}

/// Lists a frozen record again, in place of what was listed under its id before.
pub(crate) fn put_again(tx: &Transaction<'_>, row: i64, facts: &RecordRow, item: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE record SET child = ?2, occurred_at = ?3, headline = ?4, state = 0 WHERE id = ?1";
    let child = facts.child.map(|child| *child.as_bytes());
    tx.prepare_cached(sql)?.execute((row, child, facts.occurred_at, &facts.headline))?;
    tx.prepare_cached("UPDATE record_item SET item = ?2 WHERE record = ?1")?.execute((row, item))?;
    Ok(())
}

/// A living record is about this child, as its document says.
pub(crate) fn set_child(tx: &Transaction<'_>, row: i64, child: Option<ChildId>) -> Result<(), StoreError> {
    let child = child.map(|child| *child.as_bytes());
    tx.prepare_cached("UPDATE record SET child = ?2 WHERE id = ?1")?.execute((row, child))?;
    Ok(())
}

/// The number of a record's row.
pub(crate) fn row(conn: &Connection, id: &RecordId) -> Result<Option<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id FROM record WHERE record = ?1")?;
    Ok(query.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// The number of the row of a record that this person may be shown: one that lies only where their time is over is not here for them.
pub(crate) fn shown(conn: &Connection, id: &RecordId) -> Result<Option<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id FROM record WHERE record = ?1 AND state < 3")?;
    Ok(query.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// What a row says.
pub(crate) fn get(conn: &Connection, row: i64) -> Result<RecordRow, StoreError> {
    let sql = "SELECT record, kind, child, author, device, recorded_at, occurred_at, headline, carries, carries_author \
         FROM record WHERE id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([row], |row| {
        let child: Option<[u8; 16]> = row.get(2)?;
        let author: [u8; 16] = row.get(3)?;
        Ok(RecordRow {
            id: id32(row, 0)?,
            kind: row.get(1)?,
            child: child.map(ChildId::new),
            author: PersonId::new(author),
            device: id32(row, 4)?,
            recorded_at: row.get(5)?,
            occurred_at: row.get(6)?,
            headline: row.get(7)?,
            carried: carried(row, 8)?,
        })
    })?)
}

/// What a living record began with, from two columns.
pub(crate) fn carried(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<Carried>> {
    let (record, author): (Option<[u8; 32]>, Option<[u8; 16]>) = (row.get(column)?, row.get(column + 1)?);
    let both = record.zip(author);
    Ok(both.map(|(record, author)| Carried { record: RecordId::new(record), author: PersonId::new(author) }))
}

/// A record has been opened: its summary and what it answers stand.
pub(crate) fn opened(
    tx: &Transaction<'_>,
    row: i64,
    (occurred_at, headline): (i64, &str),
    answers: Option<&RecordId>,
) -> Result<(), StoreError> {
    let sql = "UPDATE record SET state = iif(state IN (3, 4), 4, 1), occurred_at = ?2, headline = ?3, answers = ?4 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute((row, occurred_at, headline, answers.map(|id| *id.as_bytes())))?;
    Ok(())
}

/// Whether it is in doubt that a frozen record is its author's: see the schema.
pub(crate) fn set_unconfirmed(tx: &Transaction<'_>, row: i64, unconfirmed: bool) -> Result<(), StoreError> {
    let sql = "UPDATE record SET unconfirmed = ?2 WHERE id = ?1 AND unconfirmed <> ?2";
    tx.prepare_cached(sql)?.execute((row, unconfirmed))?;
    Ok(())
}

/// True if a frozen record is in doubt.
pub(crate) fn is_unconfirmed(conn: &Connection, row: i64) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT unconfirmed FROM record WHERE id = ?1")?;
    Ok(query.query_row([row], |row| row.get(0))?)
}

/// A record's words can be searched for from now on.
pub(crate) fn index(tx: &Transaction<'_>, row: i64, words: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO search (rowid, words) VALUES (?1, ?2)")?.execute((row, words))?;
    Ok(())
}

/// Sets a record aside.
pub(crate) fn aside(tx: &Transaction<'_>, row: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE record SET state = 2 WHERE id = ?1")?.execute([row])?;
    Ok(())
}

/// Frozen records listed but not opened, newest first, below a row: row and signed record.
pub(crate) fn listed(conn: &Connection, before: i64, limit: usize) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let sql = "SELECT id, item FROM record CROSS JOIN record_item ON record_item.record = id \
               WHERE state = 0 AND id < ?1 ORDER BY id DESC LIMIT ?2";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((before, limit as i64), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) const UNFINISHED: &str = "SELECT DISTINCT record.id FROM chunk CROSS JOIN record ON record.id = chunk.record \
                                     CROSS JOIN record_item ON record_item.record = record.id WHERE chunk.state = 1 \
                                     AND chunk.state IN (0, 1, 3, 5) AND record.state = 1 ORDER BY record.id";

/// Frozen records that are open while a chunk of theirs is only listed: what follows their opening was cut short.
pub(crate) fn unfinished(conn: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached(UNFINISHED)?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The devices that have written in a record, or brought it, wherever it is.
pub(crate) fn writers(conn: &Connection, record: i64) -> Result<Vec<DeviceId>, StoreError> {
    let sql =
        "SELECT DISTINCT device FROM chunk JOIN installation ON installation.id = chunk.installation WHERE record = ?1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([record], |row| row.get(0).map(DeviceId::new))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// True if a record has been opened, whether it may be shown or not.
pub(crate) fn is_open(conn: &Connection, row: i64) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT state IN (1, 4) FROM record WHERE id = ?1")?;
    Ok(query.query_row([row], |row| row.get(0))?)
}

/// True if a record was set aside.
pub(crate) fn is_aside(conn: &Connection, row: i64) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT state = 2 FROM record WHERE id = ?1")?;
    Ok(query.query_row([row], |row| row.get(0))?)
}

/// A signed item, with the row of the edit if it is one.
pub(crate) type SignedItem = (Option<i64>, Vec<u8>);

/// The signed items of a record: the record itself, or every applied edit of a living one.
pub(crate) fn items(conn: &Connection, row: i64) -> Result<Vec<SignedItem>, StoreError> {
    let mut query = conn.prepare_cached("SELECT item FROM record_item WHERE record = ?1")?;
    let item: Option<Vec<u8>> = query.query_row([row], |row| row.get(0)).optional()?;
    if let Some(item) = item {
        return Ok(vec![(None, item)]);
    }
    let mut query = conn.prepare_cached("SELECT id, item FROM edit WHERE record = ?1 AND state = 1 ORDER BY id")?;
    let rows = query.query_map([row], |row| Ok((Some(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A living document as it was last saved.
#[derive(Debug)]
pub(crate) struct SavedDocument {
    pub(crate) founder: PersonId,
    pub(crate) nonce: [u8; 16],
    pub(crate) saved: Vec<u8>,
    pub(crate) sent: Vec<[u8; 32]>,
}

/// The saved document of a living record.
pub(crate) fn document(conn: &Connection, row: i64) -> Result<Option<SavedDocument>, StoreError> {
    let mut query = conn.prepare_cached("SELECT founder, nonce, saved, sent FROM document WHERE record = ?1")?;
    Ok(query
        .query_row([row], |row| {
            let founder: [u8; 16] = row.get(0)?;
            let sent: Vec<u8> = row.get(3)?;
            let sent = sent.chunks_exact(32).filter_map(|head| head.try_into().ok()).collect();
            Ok(SavedDocument { founder: PersonId::new(founder), nonce: row.get(1)?, saved: row.get(2)?, sent })
        })
        .optional()?)
}

/// Saves a living document.
pub(crate) fn put_document(tx: &Transaction<'_>, row: i64, document: &SavedDocument) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO document (record, founder, nonce, saved, sent) VALUES (?1, ?2, ?3, ?4, ?5)";
    let sent = document.sent.concat();
    tx.prepare_cached(sql)?.execute((row, document.founder.as_bytes(), document.nonce, &document.saved, sent))?;
    Ok(())
}

/// Opened records about a child: row and kind.
pub(crate) fn about(conn: &Connection, child: &ChildId) -> Result<Vec<(i64, u8)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, kind FROM record WHERE child = ?1 AND state = 1 ORDER BY id")?;
    let rows = query.query_map([child.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The record by which a child is called in the access log: its own, else one by this person, else the newest; one that may not be
/// shown any more, too.
pub(crate) fn naming(conn: &Connection, child: &ChildId, me: &PersonId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM record WHERE child = ?1 AND state IN (1, 4) ORDER BY kind = 1 DESC, author = ?2 DESC, id DESC LIMIT 1";
    let mut query = conn.prepare_cached(sql)?;
    Ok(query.query_row((child.as_bytes(), me.as_bytes()), |row| row.get(0)).optional()?)
}

/// Opened records about a child by one author: row and kind.
pub(crate) fn by_author(conn: &Connection, child: &ChildId, author: &PersonId) -> Result<Vec<(i64, u8)>, StoreError> {
    let sql = "SELECT id, kind FROM record WHERE child = ?1 AND author = ?2 AND state = 1 ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((child.as_bytes(), author.as_bytes()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The record that another one answers, if it is here.
pub(crate) fn answered(conn: &Connection, row: i64) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT other.id FROM record JOIN record AS other ON other.record = record.answers WHERE record.id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([row], |row| row.get(0)).optional()?)
}

/// A person has opened the record, at this time in Unix milliseconds; false if they had before.
pub(crate) fn set_read(tx: &Transaction<'_>, row: i64, at: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE record SET read_at = ?2 WHERE id = ?1 AND read_at IS NULL";
    Ok(tx.prepare_cached(sql)?.execute((row, at))? > 0)
}

/// The circles in which chunks of this record have travelled.
pub(crate) fn travelled_in(conn: &Connection, row: i64) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT DISTINCT circle FROM chunk WHERE record = ?1 ORDER BY circle")?;
    let rows = query.query_map([row], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
