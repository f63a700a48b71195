//! Circles that go on in others: what their logs say of it, and what is still to be done.

use minicbor::{Decode, Encode};
use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::entry::{Member, Wrap};
use tvaers_wire::ids::{ChildId, CircleId, EntryId, PersonId, RecordId};

use super::StoreError;
use super::circles::{cbor, id32};
use crate::keys::{Root, Secret};

/// What a circle says it continues.
#[derive(Clone, PartialEq, Eq, Default, Debug, Encode, Decode)]
pub(crate) struct Continues {
    /// Circles.
    #[n(0)]
    pub(crate) circles: Vec<CircleId>,
    /// When it was signed, by the signer's clock.
    #[n(1)]
    pub(crate) at: Option<i64>,
}

/// Who joins a case from now on, and what they see of before.
#[derive(Clone, PartialEq, Eq, Default, Debug, Encode, Decode)]
pub(crate) struct WantedContinuation {
    /// Who joins.
    #[n(0)]
    pub(crate) with: Vec<Member>,
    /// What they are to see.
    #[n(1)]
    pub(crate) records: Vec<RecordId>,
    /// The record that says why, by its row.
    #[n(2)]
    pub(crate) why: Option<i64>,
}

/// One that is still to be made, or to be filled.
#[derive(Debug)]
pub(crate) struct Continuation {
    pub(crate) row: i64,
    pub(crate) child: ChildId,
    pub(crate) wanted: WantedContinuation,
    /// The new circle, once it is one.
    pub(crate) circle: Option<i64>,
}

/// A founding entry that waits for a log to name it.
#[derive(Debug)]
pub(crate) struct Founding {
    pub(crate) continuation: i64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) wraps: Vec<Wrap>,
    pub(crate) root: Root,
}

/// Remembers what a circle says it continues.
pub(crate) fn set_continues(tx: &Transaction<'_>, circle: i64, continues: &Continues) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE circle SET continues = ?2 WHERE id = ?1")?.execute((circle, cbor(continues)))?;
    Ok(())
}

/// What circles say they continue, by row.
pub(crate) fn continues(conn: &Connection) -> Result<Vec<(i64, Continues)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, continues FROM circle WHERE continues IS NOT NULL")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let damaged = |_| StoreError::Damaged { what: "what a circle continues" };
    rows.map(|row| {
        row.map_err(StoreError::from).and_then(|(id, cbor)| Ok((id, minicbor::decode(&cbor).map_err(damaged)?)))
    })
    .collect()
}

/// What a circle's log says of where it goes on, in its order.
pub(crate) fn set_goes_on(tx: &Transaction<'_>, circle: i64, said: &[(EntryId, CircleId)]) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM goes_on WHERE circle = ?1")?.execute([circle])?;
    let mut insert = tx.prepare_cached("INSERT INTO goes_on (circle, entry, next) VALUES (?1, ?2, ?3)")?;
    for (entry, next) in said {
        insert.execute((circle, entry.as_bytes(), next.as_bytes()))?;
    }
    Ok(())
}

/// What the logs of circles say of where they go on: row of the circle, entry, next.
pub(crate) fn goes_on(conn: &Connection) -> Result<Vec<(i64, EntryId, CircleId)>, StoreError> {
    let sql = "SELECT goes_on.circle, goes_on.entry, goes_on.next FROM goes_on \
               LEFT JOIN entry ON entry.entry = goes_on.entry ORDER BY entry.id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, id32(row, 1)?, id32(row, 2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A case is to go on in a new circle.
pub(crate) fn want(tx: &Transaction<'_>, child: &ChildId, wanted: &WantedContinuation) -> Result<(), StoreError> {
    let sql = "INSERT INTO continuation (child, wanted) VALUES (?1, ?2)";
    tx.prepare_cached(sql)?.execute((child.as_bytes(), cbor(wanted)))?;
    Ok(())
}

/// All that is still to be done, in the order in which it was wanted.
pub(crate) fn wanted(conn: &Connection) -> Result<Vec<Continuation>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, child, wanted, circle FROM continuation ORDER BY id")?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let wanted: Vec<u8> = row.get(2)?;
        let damaged = |_| StoreError::Damaged { what: "a continuation that was to be made" };
        all.push(Continuation {
            row: row.get(0)?,
            child: ChildId::new(row.get(1)?),
            wanted: minicbor::decode(&wanted).map_err(damaged)?,
            circle: row.get(3)?,
        });
    }
    Ok(all)
}

/// It is done, or cannot be done any more.
pub(crate) fn drop_wanted(tx: &Transaction<'_>, continuation: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM continuation_founding WHERE continuation = ?1", [continuation])?;
    tx.execute("DELETE FROM continuation WHERE id = ?1", [continuation])?;
    Ok(())
}

/// The log of an old circle names this one.
pub(crate) fn named(tx: &Transaction<'_>, continuation: i64, circle: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE continuation SET circle = ?2 WHERE id = ?1", (continuation, circle))?;
    Ok(())
}

/// Keeps a founding entry until a log names it.
pub(crate) fn put_founding(tx: &Transaction<'_>, circle: &CircleId, founding: &Founding) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO continuation_founding (circle, continuation, bytes, wraps, root) VALUES (?1, ?2, ?3, ?4, ?5)";
    let Founding { continuation, bytes, wraps, root } = founding;
    tx.prepare_cached(sql)?.execute((circle.as_bytes(), continuation, bytes, cbor(wraps), root.secret().expose()))?;
    Ok(())
}

/// The founding entries that were made for a continuation.
pub(crate) fn foundings(conn: &Connection, continuation: i64) -> Result<Vec<(CircleId, Founding)>, StoreError> {
    let sql = "SELECT circle, continuation, bytes, wraps, root FROM continuation_founding WHERE continuation = ?1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([continuation], |row| {
        let (wraps, secret): (Vec<u8>, [u8; 32]) = (row.get(3)?, row.get(4)?);
        let founding = Founding {
            continuation: row.get(1)?,
            bytes: row.get(2)?,
            wraps: minicbor::decode(&wraps).unwrap_or_default(),
            root: Root::new(Secret::new(secret)),
        };
        Ok((id32(row, 0)?, founding))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The row of what a record answers, if both are here.
pub(crate) fn answered_row(conn: &Connection, row: i64) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT answered.id FROM record JOIN record AS answered ON answered.record = record.answers WHERE record.id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([row], |row| row.get(0)).optional()?)
}

/// The open living records that say they carry this one on, with their founders.
pub(crate) fn carriers(conn: &Connection, record: &RecordId) -> Result<Vec<(i64, PersonId)>, StoreError> {
    let sql = "SELECT id, author FROM record WHERE carries = ?1 AND state = 1 ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([record.as_bytes()], |row| Ok((row.get(0)?, PersonId::new(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
