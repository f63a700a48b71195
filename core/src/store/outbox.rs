//! What leaves. A body waits here from the transaction that made it until the relay has acknowledged its chunk.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::chunk::Refusal;
use tvaers_wire::ids::ChunkId;
use tvaers_wire::message::Refused;

use super::StoreError;
use crate::audience::Audience;

/// Nothing rests for longer, in milliseconds: a time further ahead was written by a clock that has since been put back.
pub(crate) const LONGEST_REST: i64 = 600_000;

/// A body that waits to leave.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) row: i64,
    pub(crate) circle: i64,
    pub(crate) is_receipt: bool,
    /// Empty once there is a chunk.
    pub(crate) body: Vec<u8>,
    /// The chunk it became: row and bytes.
    pub(crate) chunk: Option<(i64, Vec<u8>)>,
}

/// Puts a record's body into the outbox; `edit` is the edit in it, if it is one.
pub(crate) fn put(
    tx: &Transaction<'_>,
    circle: i64,
    (record, edit): (i64, Option<i64>),
    body: &[u8],
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO outbox (circle, record, edit, body) VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute((circle, record, edit, body))?;
    Ok(tx.last_insert_rowid())
}

/// True if no body of a record waits in a circle before this one without being a chunk: counters are given in the order of
/// leaving.
pub(crate) fn is_next(conn: &Connection, circle: i64, row: i64) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE circle = ?1 AND id < ?2 \
               AND chunk IS NULL AND record IS NOT NULL)";
    Ok(conn.prepare_cached(sql)?.query_row((circle, row), |row| row.get(0))?)
}

/// An edit that no chunk carries yet has become larger: it keeps its places in the outbox.
pub(crate) fn replace(tx: &Transaction<'_>, edit: i64, body: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET body = ?2 WHERE edit = ?1 AND chunk IS NULL")?.execute((edit, body))?;
    Ok(())
}

/// The lawful basis on which what waits here is shared in its circle.
pub(crate) fn basis(conn: &Connection, row: i64) -> Result<Option<String>, StoreError> {
    let sql = "SELECT placed.basis FROM outbox JOIN placed ON placed.record = outbox.record \
               AND placed.circle = outbox.circle WHERE outbox.id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([row], |row| row.get(0)).optional()?.flatten())
}

/// Puts a receipt into the outbox in place of one that has not been sealed yet.
pub(crate) fn put_receipt(tx: &Transaction<'_>, circle: i64, body: &[u8]) -> Result<(), StoreError> {
    let sql = "DELETE FROM outbox WHERE circle = ?1 AND record IS NULL AND chunk IS NULL";
    tx.prepare_cached(sql)?.execute([circle])?;
    tx.prepare_cached("INSERT INTO outbox (circle, body) VALUES (?1, ?2)")?.execute((circle, body))?;
    Ok(())
}

/// Puts a chunk that exists into the outbox again: the relay has lost it.
pub(crate) fn put_again(tx: &Transaction<'_>, circle: i64, chunk: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (circle, record, body, chunk) SELECT ?1, record, x'', id FROM chunk \
               WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM outbox WHERE chunk = ?2)";
    tx.prepare_cached(sql)?.execute((circle, chunk))?;
    Ok(())
}

/// Bodies that may leave at the time ?1; nothing rests for longer than ?2.
const READY: &str = "outbox JOIN circle ON circle.id = outbox.circle \
                     WHERE (circle.held_until <= ?1 OR circle.held_until > ?1 + ?2) \
                     AND (outbox.not_before <= ?1 OR outbox.not_before > ?1 + ?2)";

/// The circles of all bodies, ascending, and then nothing: from one to the next in the index, however many bodies wait in each.
const CIRCLES: &str = "WITH RECURSIVE used (id) AS (SELECT min(circle) FROM outbox UNION ALL \
                       SELECT (SELECT min(circle) FROM outbox WHERE circle > used.id) FROM used WHERE used.id IS NOT NULL)";

/// What may leave now, oldest first; circles that are held are passed over.
pub(crate) fn ready(conn: &Connection, now: i64, limit: usize) -> Result<Vec<Waiting>, StoreError> {
    let sql = format!(
        "SELECT outbox.id, outbox.circle, outbox.record IS NULL, iif(outbox.chunk IS NULL, outbox.body, x''), outbox.chunk, \
         (SELECT bytes FROM chunk_bytes WHERE chunk_bytes.chunk = outbox.chunk) FROM {READY} ORDER BY outbox.id LIMIT ?3"
    );
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map((now, LONGEST_REST, limit as i64), |row| {
        let chunk: Option<i64> = row.get(4)?;
        let bytes: Option<Vec<u8>> = row.get(5)?;
        Ok(Waiting {
            row: row.get(0)?,
            circle: row.get(1)?,
            is_receipt: row.get(2)?,
            body: row.get(3)?,
            chunk: chunk.zip(bytes),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Circles in which something may leave now.
pub(crate) fn circles_ready(conn: &Connection, now: i64) -> Result<Vec<i64>, StoreError> {
    let sql = format!("{CIRCLES} SELECT id FROM used WHERE EXISTS (SELECT 1 FROM {READY} AND outbox.circle = used.id)");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map((now, LONGEST_REST), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// True if something may leave now.
pub(crate) fn any_ready(conn: &Connection, now: i64) -> Result<bool, StoreError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {READY})");
    Ok(conn.prepare_cached(&sql)?.query_row((now, LONGEST_REST), |row| row.get(0))?)
}

/// When the next held body may leave, if any waits: Unix milliseconds.
pub(crate) fn next_due(conn: &Connection) -> Result<Option<i64>, StoreError> {
    let sql =
        "SELECT min(max(circle.held_until, outbox.not_before)) FROM outbox JOIN circle ON circle.id = outbox.circle";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// How many bodies wait.
pub(crate) fn len(conn: &Connection) -> Result<usize, StoreError> {
    Ok(conn.query_row("SELECT count(*) FROM outbox", [], |row| row.get::<_, i64>(0))? as usize)
}

/// The body has become a chunk; its place in the own chain is taken for good.
pub(crate) fn sealed(
    tx: &Transaction<'_>,
    waiting: &Waiting,
    chunk: i64,
    (counter, id): (u64, &ChunkId),
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET chunk = ?2 WHERE id = ?1")?.execute((waiting.row, chunk))?;
    let sql = if waiting.is_receipt {
        "UPDATE circle SET receipt_counter = ?2, receipt_previous = ?3 WHERE id = ?1"
    } else {
        "UPDATE circle SET counter = ?2, previous = ?3, refused = NULL WHERE id = ?1"
    };
    tx.prepare_cached(sql)?.execute((waiting.circle, counter as i64, id.as_bytes()))?;
    let edit = "UPDATE edit SET sealed = 1 WHERE id = (SELECT edit FROM outbox WHERE id = ?1)";
    tx.prepare_cached(edit)?.execute([waiting.row])?;
    let record = "UPDATE chunk SET record = (SELECT record FROM outbox WHERE id = ?2) WHERE id = ?1";
    tx.prepare_cached(record)?.execute((chunk, waiting.row))?;
    Ok(())
}

/// The relay has the chunk: the body is done with.
pub(crate) fn acknowledged(tx: &Transaction<'_>, outbox: i64, chunk: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([outbox])?;
    tx.prepare_cached("UPDATE chunk SET state = 2 WHERE id = ?1 AND state = 5")?.execute([chunk])?;
    Ok(())
}

/// The relay will never take this chunk. Its counter stays used and is declared with the next one; the body travels again
/// under a new counter, later.
pub(crate) fn burnt(
    tx: &Transaction<'_>,
    (outbox, circle, chunk): (i64, i64, i64),
    refused: &[u8],
    reason: &str,
    not_before: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outbox SET chunk = NULL, not_before = ?2, reason = ?3 WHERE id = ?1",
        (outbox, not_before, reason),
    )?;
    tx.execute("UPDATE chunk SET state = 4, record = NULL, reason = ?2 WHERE id = ?1", (chunk, reason))?;
    tx.execute("UPDATE circle SET refused = ?2 WHERE id = ?1", (circle, refused))?;
    Ok(())
}

/// This body cannot be sealed as it is. It rests, with the reason, and is shown as not sent.
pub(crate) fn rest(tx: &Transaction<'_>, outbox: i64, reason: &str, not_before: i64) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET not_before = ?2, reason = ?3 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute((outbox, not_before, reason))?;
    Ok(())
}

/// What was sealed here and is not acknowledged is sealed anew, under other counters.
pub(crate) fn seal_anew(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let unacknowledged = "SELECT id FROM chunk WHERE state = 5";
    tx.execute(&format!("UPDATE outbox SET chunk = NULL WHERE chunk IN ({unacknowledged})"), [])?;
    tx.execute("DELETE FROM chunk WHERE state = 5", [])?;
    Ok(())
}

/// Circles for which something waits.
pub(crate) fn circles_waiting(conn: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached(&format!("{CIRCLES} SELECT id FROM used WHERE id IS NOT NULL"))?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Up to which counter the relay has acknowledged an own chain in a circle; 0 if nothing of it.
pub(crate) fn acknowledged_up_to(conn: &Connection, circle: i64, own: i64) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(counter), 0) FROM chunk WHERE circle = ?1 AND installation = ?2 AND state = 2";
    Ok(conn.prepare_cached(sql)?.query_row((circle, own), |row| row.get::<_, i64>(0))? as u64)
}

/// This device may not write in a circle any more: its records that wait look for another one. Counters that were given to them
/// are declared as refused, should it ever write there again. `kept`: up to which counter the own chain, by its row, still counts.
pub(crate) fn withdraw(
    tx: &Transaction<'_>,
    circle: i64,
    audiences: &[Audience],
    (own, kept): (i64, u64),
) -> Result<(), StoreError> {
    let column = |sql: &str| -> Result<Vec<i64>, StoreError> {
        let values = (circle, own, kept as i64);
        Ok(tx.prepare(sql)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    let lost = "SELECT record FROM outbox WHERE circle = ?1 AND record IS NOT NULL UNION SELECT record FROM chunk \
                WHERE circle = ?1 AND installation = ?2 AND counter > ?3 AND record IS NOT NULL AND state IN (2, 5)";
    for record in column(lost)? {
        audiences.iter().try_for_each(|audience| super::shares::put(tx, record, audience, None))?;
        tx.execute("DELETE FROM placed WHERE circle = ?1 AND record = ?2", (circle, record))?;
    }
    let chain = super::circles::chain(tx, circle, false)?;
    let mut refused: Vec<Refusal> = minicbor::decode(&chain.refused).unwrap_or_default();
    let given = "SELECT chunk.counter FROM outbox JOIN chunk ON chunk.id = outbox.chunk \
                 WHERE outbox.circle = ?1 AND chunk.installation = ?2 AND chunk.counter > ?3 AND chunk.state = 5 \
                 ORDER BY chunk.counter";
    let code = Refused::NotAllowed.code();
    refused.extend(column(given)?.into_iter().map(|counter| Refusal { counter: counter as u64, code }));
    tx.execute("UPDATE circle SET refused = ?2 WHERE id = ?1", (circle, super::circles::cbor(&refused)))?;
    tx.execute("DELETE FROM outbox WHERE circle = ?1", [circle])?;
    tx.execute("DELETE FROM chunk WHERE circle = ?1 AND state = 5", [circle])?;
    Ok(())
}

/// Records in which an installation, by its row, has written in a circle after this counter.
pub(crate) fn written_after(
    conn: &Connection,
    circle: i64,
    (installation, after): (i64, u64),
) -> Result<Vec<i64>, StoreError> {
    let written = "SELECT DISTINCT record FROM chunk WHERE circle = ?1 AND installation = ?2 AND counter > ?3 \
                   AND record IS NOT NULL AND state IN (2, 5)";
    let mut query = conn.prepare_cached(written)?;
    let records = query.query_map((circle, installation, after as i64), |row| row.get(0))?;
    Ok(records.collect::<Result<_, _>>()?)
}

/// What waits of a record in a circle is to be put there anew.
pub(crate) fn forget(tx: &Transaction<'_>, circle: i64, record: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM outbox WHERE circle = ?1 AND record = ?2", (circle, record))?;
    Ok(())
}

/// What these say cannot be brought again in a circle as it is: they look for one.
pub(crate) fn send_otherwise(
    tx: &Transaction<'_>,
    circle: i64,
    audiences: &[Audience],
    records: &[i64],
) -> Result<(), StoreError> {
    for record in records {
        audiences.iter().try_for_each(|audience| super::shares::put(tx, *record, audience, None))?;
        tx.execute("DELETE FROM placed WHERE circle = ?1 AND record = ?2", (circle, record))?;
        forget(tx, circle, *record)?;
    }
    Ok(())
}

/// True if something that an installation wrote before a chunk waits as well.
pub(crate) fn waits_before(conn: &Connection, chunk: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox JOIN chunk ON chunk.id = outbox.chunk JOIN chunk AS this ON this.id = ?1 \
               WHERE chunk.circle = this.circle AND chunk.installation = this.installation AND chunk.counter < this.counter)";
    Ok(conn.prepare_cached(sql)?.query_row([chunk], |row| row.get(0))?)
}

/// A circle founded here lost a race: what was to travel in it looks for its circle again.
pub(crate) fn abandon(tx: &Transaction<'_>, circle: i64, audiences: &[Audience]) -> Result<(), StoreError> {
    let records = "SELECT record FROM placed WHERE circle = ?1";
    let placed: Vec<i64> = tx.prepare(records)?.query_map([circle], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for record in placed {
        audiences.iter().try_for_each(|audience| super::shares::put(tx, record, audience, None))?;
    }
    tx.execute("DELETE FROM placed WHERE circle = ?1", [circle])?;
    super::intents::drop_but_removals(tx, circle)?;
    tx.execute("DELETE FROM outbox WHERE circle = ?1", [circle])?;
    tx.execute("DELETE FROM chunk WHERE circle = ?1 AND state = 5", [circle])?;
    Ok(())
}
