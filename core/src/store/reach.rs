//! How far each installation's chain has been accounted for in each circle, and the receipts of others.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::chunk::Range;
use tvaers_wire::ids::ChunkId;

use super::StoreError;
use super::circles::{cbor, id32};
use crate::seal::{NAMED, RANGES, Receipt, Seen, Unopened};

/// Accounts for counters `lo..=hi` of an installation; `chunk` is the one with the highest of them. True if more is accounted for
/// without a gap than before.
pub(crate) fn cover(
    tx: &Transaction<'_>,
    (circle, installation): (i64, i64),
    (lo, hi): (u64, u64),
    chunk: &ChunkId,
) -> Result<bool, StoreError> {
    let at = (circle, installation);
    let mut query = tx.prepare_cached("SELECT counter, chunk FROM reach WHERE circle = ?1 AND installation = ?2")?;
    let found: Option<(i64, ChunkId)> = query.query_row(at, |row| Ok((row.get(0)?, id32(row, 1)?))).optional()?;
    let (mut counter, mut newest) = found.map_or((0, *chunk), |(counter, id)| (counter as u64, id));
    if hi <= counter {
        return Ok(false);
    }
    if lo > counter + 1 {
        let sql = "INSERT OR REPLACE INTO ahead (circle, installation, lo, hi, chunk) VALUES (?1, ?2, ?3, ?4, ?5)";
        tx.prepare_cached(sql)?.execute((circle, installation, lo as i64, hi as i64, chunk.as_bytes()))?;
        return Ok(false);
    }
    (counter, newest) = (hi, if hi > counter { *chunk } else { newest });
    let sql =
        "SELECT lo, hi, chunk FROM ahead WHERE circle = ?1 AND installation = ?2 AND lo <= ?3 ORDER BY lo LIMIT 1";
    let mut next = tx.prepare_cached(sql)?;
    let mut drop = tx.prepare_cached("DELETE FROM ahead WHERE circle = ?1 AND installation = ?2 AND lo = ?3")?;
    while let Some((lo, hi, id)) = next
        .query_row((circle, installation, counter as i64 + 1), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)? as u64, id32::<ChunkId>(row, 2)?))
        })
        .optional()?
    {
        drop.execute((circle, installation, lo))?;
        if hi > counter {
            (counter, newest) = (hi, id);
        }
    }
    let sql = "INSERT OR REPLACE INTO reach (circle, installation, counter, chunk) VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute((circle, installation, counter as i64, newest.as_bytes()))?;
    Ok(true)
}

/// Up to which counter an installation's chain is accounted for in a circle.
pub(crate) fn reached(conn: &Connection, circle: i64, installation: i64) -> Result<u64, StoreError> {
    let mut query = conn.prepare_cached("SELECT counter FROM reach WHERE circle = ?1 AND installation = ?2")?;
    let found: Option<i64> = query.query_row((circle, installation), |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_default() as u64)
}

/// Keeps another installation's receipt if it is newer than the one held.
pub(crate) fn put_receipt(
    tx: &Transaction<'_>,
    (circle, installation): (i64, i64),
    counter: u64,
    receipt: &Receipt,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO receipt (circle, installation, counter, receipt) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (circle, installation) DO UPDATE SET counter = excluded.counter, receipt = excluded.receipt \
               WHERE excluded.counter > counter";
    tx.prepare_cached(sql)?.execute((circle, installation, counter as i64, cbor(receipt)))?;
    Ok(())
}

/// All receipts in a circle, by installation.
pub(crate) fn receipts(conn: &Connection, circle: i64) -> Result<Vec<(i64, Receipt)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT installation, receipt FROM receipt WHERE circle = ?1")?;
    let rows = query.query_map([circle], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let mut out = Vec::new();
    for row in rows {
        let (installation, bytes) = row?;
        if let Ok(receipt) = minicbor::decode(&bytes) {
            out.push((installation, receipt));
        }
    }
    Ok(out)
}

/// Circles in which a receipt is due.
pub(crate) fn due(conn: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id FROM circle WHERE receipt_due = 1 ORDER BY id")?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A record has come or was read in this circle, or its receipt has been written or is not wanted.
pub(crate) fn set_due(tx: &Transaction<'_>, circle: i64, due: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE circle SET receipt_due = ?2 WHERE id = ?1 AND receipt_due <> ?2")?
        .execute((circle, due))?;
    Ok(())
}

/// The receipt that is due cannot be sealed yet: it becomes due again when the key comes.
pub(crate) fn postpone(tx: &Transaction<'_>, circle: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE circle SET receipt_due = 2 WHERE id = ?1")?.execute([circle])?;
    Ok(())
}

/// The key of a circle has come.
pub(crate) fn resume(tx: &Transaction<'_>, circle: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE circle SET receipt_due = 1 WHERE id = ?1 AND receipt_due = 2")?.execute([circle])?;
    Ok(())
}

/// The receipt for a circle as it is now: what is contiguous here, what was read, what could not be opened, what waits. The own
/// installation's chunks are left out.
pub(crate) fn receipt(conn: &Connection, circle: i64, own: i64) -> Result<Receipt, StoreError> {
    let sql =
        "SELECT installation, counter, chunk FROM reach WHERE circle = ?1 AND installation <> ?2 ORDER BY installation";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((circle, own), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)? as u64, id32::<ChunkId>(row, 2)?))
    })?;
    let mut receipt = Receipt::default();
    for row in rows {
        let (row, counter, chunk) = row?;
        let installation = super::inbox::installation_at(conn, row)?;
        if installation.is_receipts() {
            continue;
        }
        let read = read_ranges(conn, circle, row)?;
        receipt.seen.push(Seen { installation, counter, chunk, read });
    }
    receipt.seen.sort_unstable_by_key(|seen| seen.installation);
    receipt.unreadable = unopened(conn, SET_ASIDE, circle, own)?;
    receipt.waiting = unopened(conn, WAITING, circle, own)?;
    Ok(receipt)
}

const SET_ASIDE: &str = "SELECT installation, counter FROM chunk WHERE circle = ?1 AND installation <> ?2 AND state = 4 \
                         ORDER BY installation, counter LIMIT ?3";
// Accounted for, and to be opened, maybe once more. The index holds what is to be opened, which is little.
const WAITING: &str = "SELECT installation, counter FROM chunk INDEXED BY chunk_work \
                       WHERE circle = ?1 AND installation <> ?2 AND state IN (0, 1, 3) AND state IN (0, 1, 3, 5) \
                       AND EXISTS (SELECT 1 FROM reach WHERE reach.circle = chunk.circle \
                                   AND reach.installation = chunk.installation AND reach.counter >= chunk.counter) \
                       ORDER BY installation, counter LIMIT ?3";

fn unopened(conn: &Connection, sql: &str, circle: i64, own: i64) -> Result<Vec<Unopened>, StoreError> {
    let mut query = conn.prepare_cached(sql)?;
    let values = (circle, own, NAMED as i64);
    let rows = query.query_map(values, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)? as u64)))?;
    rows.map(|row| {
        let (installation, counter) = row?;
        Ok(Unopened { installation: super::inbox::installation_at(conn, installation)?, counter })
    })
    .collect()
}

fn read_ranges(conn: &Connection, circle: i64, installation: i64) -> Result<Vec<Range>, StoreError> {
    let sql = "SELECT counter FROM chunk JOIN record ON record.id = chunk.record \
               WHERE circle = ?1 AND installation = ?2 AND read_at IS NOT NULL ORDER BY counter";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((circle, installation), |row| Ok(row.get::<_, i64>(0)? as u64))?;
    let mut ranges: Vec<Range> = Vec::new();
    for counter in rows {
        let counter = counter?;
        match ranges.last_mut() {
            Some(range) if range.to + 1 == counter => range.to = counter,
            Some(range) if range.to >= counter => {}
            _ => ranges.push(Range { from: counter, to: counter }),
        }
    }
    // A reader who opened every other of very many chunks: the newest are told.
    ranges.drain(..ranges.len().saturating_sub(RANGES));
    Ok(ranges)
}
