//! Circles in which this person's time is over: what lies only in them is not shown, and goes.

use rusqlite::{Connection, Transaction};
use tvaers_wire::ids::{CircleId, DeviceId, PersonId};

use super::StoreError;
use super::erasure::forget_words;

/// How far a circle has ended for this person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Ended {
    /// Not.
    No = 0,
    /// By this device's clock: nothing of it is shown.
    Hidden = 1,
    /// By the relay's: nothing of it is kept.
    Gone = 2,
}

/// The circles that have ended for this person, by row.
pub(crate) fn all(conn: &Connection) -> Result<Vec<(i64, Ended)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id, ended FROM circle WHERE ended > 0 ORDER BY id")?;
    let ended = |number: i64| if number == 1 { Ended::Hidden } else { Ended::Gone };
    let rows = query.query_map([], |row| Ok((row.get(0)?, ended(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Remembers how far a circle has ended.
pub(crate) fn set(tx: &Transaction<'_>, circle: i64, ended: Ended) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE circle SET ended = ?2 WHERE id = ?1")?.execute((circle, ended as i64))?;
    Ok(())
}

/// True of a record that somebody brought to a circle in which this person's time is not over. What this person has brought on from
/// one that has ended is others' to read, not theirs.
const STAYS: &str = "EXISTS (SELECT 1 FROM placed JOIN circle ON circle.id = placed.circle \
                     WHERE placed.record = record.id AND NOT placed.brought AND circle.ended = 0)";

/// Hides what lies in ended circles only, and shows what does not any more. What this person wrote stays. True if anything has
/// changed.
pub(crate) fn hide(tx: &Transaction<'_>, me: &PersonId) -> Result<bool, StoreError> {
    let again = format!("UPDATE record SET state = state - 3 WHERE state IN (3, 4) AND {STAYS}");
    let shown = tx.prepare_cached(&again)?.execute([])?;
    let away = format!(
        "UPDATE record SET state = state + 3 WHERE state < 2 AND author <> ?1 AND id IN \
         (SELECT placed.record FROM circle CROSS JOIN placed ON placed.circle = circle.id WHERE circle.ended > 0) \
         AND NOT {STAYS}"
    );
    Ok(shown + tx.prepare_cached(&away)?.execute([me.as_bytes()])? > 0)
}

/// Deletes what a circle held: its keys, also those that could be opened again, and the chunks of others. The own chain stays, so that
/// no counter is given twice.
pub(crate) fn empty(tx: &Transaction<'_>, row: i64, circle: &CircleId, own: &DeviceId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM root WHERE circle = ?1", [circle.as_bytes()])?;
    // CBOR: an empty list.
    tx.execute("UPDATE entry SET wraps = x'80' WHERE circle = ?1 AND wraps <> x'80'", [circle.as_bytes()])?;
    let others = "SELECT id FROM chunk WHERE circle = ?1 \
                  AND installation NOT IN (SELECT id FROM installation WHERE device = ?2)";
    let values = (row, own.as_bytes());
    tx.execute(&format!("DELETE FROM box WHERE chunk IN (SELECT chunk FROM chunk WHERE id IN ({others}))"), values)?;
    tx.execute(&format!("UPDATE edit SET chunk = NULL WHERE chunk IN ({others})"), values)?;
    tx.execute(&format!("UPDATE outbox SET chunk = NULL WHERE chunk IN ({others})"), values)?;
    tx.execute(&format!("DELETE FROM chunk WHERE id IN ({others})"), values)?;
    // What was read there and not told is told to nobody. How far chains were accounted for stays: nothing is missing.
    tx.execute("UPDATE circle SET receipt_due = 0, backlog = 0 WHERE id = ?1", [row])?;
    Ok(())
}

/// Keys of ended circles that have come again, as with a feed that is read from its beginning, are not kept.
pub(crate) fn forget_keys(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "UPDATE entry SET wraps = x'80' WHERE wraps <> x'80' \
               AND circle IN (SELECT circle FROM circle WHERE ended = 2 AND ended > 0)";
    tx.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Hidden records of which nothing is to be kept: none lies in a circle that is only hidden, and nobody is still to get it, and the
/// access log has been told what was done with the child's records: it is named by one of them.
const DUE: &str = "SELECT id FROM record WHERE state IN (3, 4) \
    AND NOT EXISTS (SELECT 1 FROM placed JOIN circle ON circle.id = placed.circle \
                    WHERE placed.record = record.id AND NOT placed.brought AND circle.ended < 2) \
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.record = record.id) \
    AND NOT EXISTS (SELECT 1 FROM share WHERE share.record = record.id) \
    AND NOT EXISTS (SELECT 1 FROM access WHERE access.record = record.id OR access.child = record.child)";

/// Deletes the records of circles whose end the relay has told. True if some must wait.
pub(crate) fn delete(tx: &Transaction<'_>) -> Result<bool, StoreError> {
    let mut query = tx.prepare_cached(DUE)?;
    let due: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for record in &due {
        for sql in [
            "DELETE FROM search WHERE rowid = ?1",
            "UPDATE chunk SET record = NULL WHERE record = ?1",
            "DELETE FROM edit WHERE record = ?1",
            "DELETE FROM document WHERE record = ?1",
            "DELETE FROM placed WHERE record = ?1",
            "DELETE FROM record WHERE id = ?1",
        ] {
            tx.prepare_cached(sql)?.execute([record])?;
        }
    }
    if !due.is_empty() {
        forget_words(tx)?;
    }
    let wait = "SELECT EXISTS (SELECT 1 FROM record JOIN placed ON placed.record = record.id \
                JOIN circle ON circle.id = placed.circle WHERE record.state IN (3, 4) AND circle.ended = 2)";
    Ok(tx.prepare_cached(wait)?.query_row([], |row| row.get(0))?)
}
