//! Chunks and boxes that have come in, and how far they have been taken.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::chunk::{KeyBox, ParsedChunk};
use tvaers_wire::ids::{ChunkId, DeviceId, EntryId, Fixed, Installation, InstallationNonce};
use tvaers_wire::message::SuppliedBox;

use super::circles::id32;
use super::{StoreError, reach};
use crate::seal::NAMED;

/// How far a chunk has been taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ChunkState {
    Inbox = 0,
    Listed = 1,
    Opened = 2,
    Waiting = 3,
    Aside = 4,
    Unacknowledged = 5,
    Erased = 6,
}

/// A chunk to be opened.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) row: i64,
    pub(crate) circle: i64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) boxes: Vec<KeyBox>,
}

/// The row of an installation, if it has one.
pub(crate) fn known_installation(conn: &Connection, who: &Installation) -> Result<Option<i64>, StoreError> {
    let key = (who.device.as_bytes(), who.nonce.as_bytes());
    let mut find = conn.prepare_cached("SELECT id FROM installation WHERE device = ?1 AND nonce = ?2")?;
    Ok(find.query_row(key, |row| row.get(0)).optional()?)
}

/// The row of an installation, made if it is new.
pub(crate) fn installation(tx: &Transaction<'_>, who: &Installation) -> Result<i64, StoreError> {
    if let Some(row) = known_installation(tx, who)? {
        return Ok(row);
    }
    let key = (who.device.as_bytes(), who.nonce.as_bytes());
    tx.prepare_cached("INSERT INTO installation (device, nonce) VALUES (?1, ?2)")?.execute(key)?;
    Ok(tx.last_insert_rowid())
}

/// The installation of a row.
pub(crate) fn installation_at(conn: &Connection, row: i64) -> Result<Installation, StoreError> {
    let mut query = conn.prepare_cached("SELECT device, nonce FROM installation WHERE id = ?1")?;
    Ok(query.query_row([row], |row| {
        let nonce: [u8; 16] = row.get(1)?;
        Ok(Installation { device: id32(row, 0)?, nonce: InstallationNonce::new(nonce) })
    })?)
}

/// Keeps a chunk. False if it was here already; the relay's time is then noted on it.
pub(crate) fn put_chunk(
    tx: &Transaction<'_>,
    parsed: &ParsedChunk,
    bytes: &[u8],
    circle: i64,
    received_at: Option<i64>,
    state: ChunkState,
) -> Result<bool, StoreError> {
    let installation = installation(tx, &parsed.header.installation)?;
    let sql = "INSERT OR IGNORE INTO chunk \
               (chunk, circle, installation, counter, received_at, state, lo, replaces_lo, replaces_hi) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let header = &parsed.header;
    let (lo, counter) = (parsed.follows() as i64 + 1, header.counter as i64);
    let replaces = (header.replaces.map(|range| range.from as i64), header.replaces.map(|range| range.to as i64));
    let place = (parsed.id.as_bytes(), circle, installation, counter);
    let values =
        rusqlite::params![place.0, place.1, place.2, place.3, received_at, state as i64, lo, replaces.0, replaces.1];
    let new = tx.prepare_cached(sql)?.execute(values)? > 0;
    if new {
        // Its rows are numbered as the chunks are: the number last given stays the chunk's, for the caller too.
        let mut keep = tx.prepare_cached("INSERT INTO chunk_bytes (chunk, bytes) VALUES (?1, ?2)")?;
        keep.execute((tx.last_insert_rowid(), bytes))?;
    } else {
        let sql = "UPDATE chunk SET received_at = ?2 WHERE chunk = ?1 AND received_at IS NULL";
        tx.prepare_cached(sql)?.execute((parsed.id.as_bytes(), received_at))?;
    }
    Ok(new)
}

/// True if a chunk of this counter is here.
pub(crate) fn has_counter(
    conn: &Connection,
    circle: i64,
    who: &Installation,
    counter: u64,
) -> Result<bool, StoreError> {
    let Some(installation) = known_installation(conn, who)? else { return Ok(false) };
    let sql = "SELECT EXISTS (SELECT 1 FROM chunk WHERE circle = ?1 AND installation = ?2 AND counter = ?3)";
    Ok(conn.prepare_cached(sql)?.query_row((circle, installation, counter as i64), |row| row.get(0))?)
}

/// True if all of these are here.
pub(crate) fn has_all(conn: &Connection, chunks: &[ChunkId]) -> Result<bool, StoreError> {
    let mut query = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM chunk WHERE chunk = ?1)")?;
    for chunk in chunks {
        if !query.query_row([chunk.as_bytes()], |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Keeps a box; false if it was here. Of two by one supplier the later one counts while the chunk is not open: only the relay
/// says whose a box is, and a wrong one must not stand where the true one will come.
pub(crate) fn put_box(tx: &Transaction<'_>, chunk: &ChunkId, supplied: &SuppliedBox) -> Result<bool, StoreError> {
    let sql = "INSERT INTO box (chunk, supplier, epoch, sealed) SELECT ?1, ?2, ?3, ?4 \
               WHERE NOT EXISTS (SELECT 1 FROM chunk WHERE chunk = ?1 AND state = 6) ON CONFLICT DO UPDATE \
               SET sealed = excluded.sealed WHERE sealed <> excluded.sealed \
               AND EXISTS (SELECT 1 FROM chunk WHERE chunk.chunk = excluded.chunk AND state IN (0, 3, 4))";
    let epoch = supplied.key.epoch.as_bytes();
    let values = (chunk.as_bytes(), supplied.supplier.as_bytes(), epoch, &supplied.key.sealed.0[..]);
    Ok(tx.prepare_cached(sql)?.execute(values)? > 0)
}

/// Boxes of a chunk.
pub(crate) fn boxes(conn: &Connection, chunk: &ChunkId) -> Result<Vec<KeyBox>, StoreError> {
    let mut query = conn.prepare_cached("SELECT epoch, sealed FROM box WHERE chunk = ?1")?;
    let rows = query.query_map([chunk.as_bytes()], |row| {
        let sealed: [u8; 48] = row.get(1)?;
        Ok(KeyBox { epoch: id32::<EntryId>(row, 0)?, sealed: Fixed(sealed) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

// The condition of the index `chunk_work` stands in each query: SQLite uses a partial index only where its condition is said, and
// would look at every chunk there is.
pub(super) const ARRIVED: &str = "SELECT id, chunk.chunk, circle, bytes FROM chunk CROSS JOIN chunk_bytes ON chunk_bytes.chunk = id \
                                  WHERE state = 0 AND state IN (0, 1, 3, 5) ORDER BY id LIMIT ?1";
pub(super) const WAKE_WAITING: &str = "UPDATE chunk SET state = 0 WHERE state = 3 AND state IN (0, 1, 3, 5)";

/// Chunks that wait to be opened, oldest first, with their boxes.
pub(crate) fn arrived(conn: &Connection, limit: usize) -> Result<Vec<Arrived>, StoreError> {
    let mut query = conn.prepare_cached(ARRIVED)?;
    let rows = query.query_map([limit as i64], |row| {
        Ok((
            id32::<ChunkId>(row, 1)?,
            Arrived { row: row.get(0)?, circle: row.get(2)?, bytes: row.get(3)?, boxes: vec![] },
        ))
    })?;
    rows.map(|row| {
        let (id, mut arrived) = row?;
        arrived.boxes = boxes(conn, &id)?;
        Ok(arrived)
    })
    .collect()
}

/// The chunk has been taken as far as it goes, opened or set aside: its counters are accounted for. Returns its circle and
/// the row of the installation that wrote it.
pub(crate) fn finish(
    tx: &Transaction<'_>,
    row: i64,
    state: ChunkState,
    reason: Option<&str>,
) -> Result<(i64, i64), StoreError> {
    set_state(tx, row, state, None, reason)?;
    Ok(account(tx, row)?.0)
}

/// The counters of a chunk are accounted for. Returns its circle and the row of the installation that wrote it, and whether that closes
/// a gap in what is.
pub(crate) fn account(tx: &Transaction<'_>, row: i64) -> Result<((i64, i64), bool), StoreError> {
    let sql = "SELECT circle, installation, lo, counter, replaces_lo, replaces_hi, chunk FROM chunk WHERE id = ?1";
    let mut query = tx.prepare_cached(sql)?;
    let (at, own, replaced, id) = query.query_row([row], |row| {
        let replaced = row.get::<_, Option<i64>>(4)?.zip(row.get::<_, Option<i64>>(5)?);
        Ok((
            (row.get(0)?, row.get(1)?),
            (row.get::<_, i64>(2)?, row.get::<_, i64>(3)?),
            replaced,
            id32::<ChunkId>(row, 6)?,
        ))
    })?;
    let mut further = false;
    if let Some((lo, hi)) = replaced {
        further |= reach::cover(tx, at, (lo as u64, hi as u64), &id)?;
    }
    further |= reach::cover(tx, at, (own.0 as u64, own.1 as u64), &id)?;
    Ok((at, further))
}

// What a receipt has no room to name is not accounted for.
const UNACCOUNTED: &str = "SELECT id FROM chunk INDEXED BY chunk_work WHERE state = 1 AND state IN (0, 1, 3, 5) \
    AND NOT EXISTS (SELECT 1 FROM reach WHERE reach.circle = chunk.circle \
                    AND reach.installation = chunk.installation AND reach.counter >= chunk.counter) \
    AND NOT EXISTS (SELECT 1 FROM ahead WHERE ahead.circle = chunk.circle AND ahead.installation = chunk.installation \
                    AND chunk.counter BETWEEN ahead.lo AND ahead.hi) \
    AND circle NOT IN (SELECT circle FROM chunk INDEXED BY chunk_work WHERE state IN (0, 1, 3) AND state IN (0, 1, 3, 5) \
                       GROUP BY circle HAVING count(*) > ?1) ORDER BY id";

/// Chunks that are listed, wait, and have not been accounted for.
pub(crate) fn unaccounted(conn: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached(UNACCOUNTED)?;
    let rows = query.query_map([NAMED as i64], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Chunks of a record that are listed and not opened.
pub(crate) fn listed_of(conn: &Connection, record: i64) -> Result<Vec<i64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT id FROM chunk WHERE record = ?1 AND state = 1 ORDER BY id")?;
    let rows = query.query_map([record], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets how far a chunk has been taken.
pub(crate) fn set_state(
    tx: &Transaction<'_>,
    row: i64,
    state: ChunkState,
    record: Option<i64>,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE chunk SET state = ?2, record = coalesce(?3, record), reason = ?4 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute((row, state as i64, record, reason))?;
    Ok(())
}

/// Something new is known: what waited may open now.
pub(crate) fn wake_waiting(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached(WAKE_WAITING)?.execute([])?;
    Ok(())
}

/// A device counts again: what was set aside of it is tried again.
pub(crate) fn wake_all_of(tx: &Transaction<'_>, device: &DeviceId) -> Result<(), StoreError> {
    let sql = "UPDATE chunk SET state = 0, reason = NULL WHERE state = 4 \
               AND installation IN (SELECT id FROM installation WHERE device = ?1)";
    tx.prepare_cached(sql)?.execute([device.as_bytes()])?;
    Ok(())
}

/// More may count in a circle than before: what was set aside of others there is tried again.
pub(crate) fn wake_all_in(tx: &Transaction<'_>, circle: i64, own: &DeviceId) -> Result<(), StoreError> {
    let sql = "UPDATE chunk SET state = 0, reason = NULL WHERE state = 4 AND circle = ?1 \
               AND installation NOT IN (SELECT id FROM installation WHERE device = ?2)";
    tx.prepare_cached(sql)?.execute((circle, own.as_bytes()))?;
    Ok(())
}

/// Devices that have written in a circle.
pub(crate) fn devices_in(conn: &Connection, circle: i64) -> Result<Vec<DeviceId>, StoreError> {
    let sql = "SELECT DISTINCT device FROM installation WHERE id IN (SELECT installation FROM chunk WHERE circle = ?1)";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([circle], |row| id32(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A new box has come for this chunk: try it again, also if no earlier one fitted.
pub(crate) fn wake(tx: &Transaction<'_>, chunk: &ChunkId) -> Result<(), StoreError> {
    let sql = "UPDATE chunk SET state = 0, reason = NULL WHERE chunk = ?1 AND state IN (3, 4)";
    tx.prepare_cached(sql)?.execute([chunk.as_bytes()])?;
    Ok(())
}

/// Keeps what is not even shaped like what it should be.
pub(crate) fn put_aside(tx: &Transaction<'_>, at: i64, reason: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO aside (at, reason, bytes) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((at, reason, bytes))?;
    Ok(())
}

/// The device behind an installation's row, for views.
pub(crate) fn device_of(conn: &Connection, installation: i64) -> Result<DeviceId, StoreError> {
    installation_at(conn, installation).map(|installation| installation.device)
}

/// The newest chunk of each installation that the relay has shown in a circle: installation, counter, chunk.
pub(crate) fn newest_of_each(conn: &Connection, circle: i64) -> Result<Vec<(i64, u64, ChunkId)>, StoreError> {
    // With one max() SQLite takes the other columns from the row that has it.
    let sql = "SELECT installation, max(counter), chunk FROM chunk WHERE circle = ?1 AND received_at IS NOT NULL \
               GROUP BY installation ORDER BY installation";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([circle], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, id32(row, 2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest chunk of each chain of a device in a circle whose bytes are here, with when the relay had it.
pub(crate) fn newest_of_device(
    conn: &Connection,
    circle: i64,
    device: &DeviceId,
) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    let sql = "SELECT bytes, received_at, max(counter) FROM chunk JOIN chunk_bytes ON chunk_bytes.chunk = id \
               WHERE circle = ?1 AND received_at IS NOT NULL AND state IN (1, 2) \
               AND installation IN (SELECT id FROM installation WHERE device = ?2) GROUP BY installation";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map((circle, device.as_bytes()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Circles in which a device has written.
pub(crate) fn circles_of(conn: &Connection, device: &DeviceId) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT DISTINCT circle FROM chunk WHERE installation IN (SELECT id FROM installation WHERE device = ?1)";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([device.as_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A chunk that is held here and was accepted.
pub(crate) struct HeldChunk {
    pub(crate) row: i64,
    /// Its installation's row.
    pub(crate) installation: i64,
    /// The counters that it accounts for: its own with the refusals before it.
    pub(crate) counters: RangeInclusive<u64>,
}

/// Those of a circle, each chain in its order; of the own one also what the relay has not acknowledged, which may stand behind a hole.
pub(crate) fn held(conn: &Connection, circle: i64) -> Result<Vec<HeldChunk>, StoreError> {
    let sql = "SELECT id, installation, lo, counter FROM chunk WHERE circle = ?1 AND state IN (0, 1, 2, 3, 5) \
               ORDER BY installation, counter";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([circle], |row| {
        let counters = row.get::<_, i64>(2)? as u64..=row.get::<_, i64>(3)? as u64;
        Ok(HeldChunk { row: row.get(0)?, installation: row.get(1)?, counters })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The chunks of a circle that the relay has, each with the epochs under whose keys there is a box of it.
pub(crate) fn boxed(conn: &Connection, circle: i64) -> Result<Vec<(i64, Vec<EntryId>)>, StoreError> {
    let sql = "SELECT id, epoch FROM chunk JOIN box ON box.chunk = chunk.chunk \
               WHERE circle = ?1 AND state IN (0, 1, 2, 3) ORDER BY id";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([circle])?;
    let mut out: Vec<(i64, Vec<EntryId>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (chunk, epoch) = (row.get(0)?, id32(row, 1)?);
        match out.last_mut().filter(|(last, _)| *last == chunk) {
            Some((_, epochs)) => epochs.push(epoch),
            None => out.push((chunk, vec![epoch])),
        }
    }
    Ok(out)
}

/// The bytes of a chunk, while they are kept.
pub(crate) fn bytes_of(conn: &Connection, chunk: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut query = conn.prepare_cached("SELECT bytes FROM chunk_bytes WHERE chunk = ?1")?;
    Ok(query.query_row([chunk], |row| row.get(0)).optional()?)
}
