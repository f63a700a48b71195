//! Entries that the relay lacks, and circles that rest because it takes one of them from nobody here.

use rusqlite::{Connection, Transaction};
use tvaers_wire::entry::Wrap;
use tvaers_wire::ids::{EntryId, Stamp};

use super::StoreError;
use super::circles::id32;
use super::entries::{self, EntryState};
use super::outbox::LONGEST_REST;
use crate::circle::MadeEntry;

/// An entry that is to be pushed.
#[derive(Debug)]
pub(crate) struct UnsentEntry {
    pub(crate) id: EntryId,
    pub(crate) bytes: Vec<u8>,
    pub(crate) wraps: Vec<Wrap>,
    pub(crate) stamp: Option<Stamp>,
}

/// Why a circle rests of which the relay has forgotten an entry that it takes from nobody here.
pub const FORGOTTEN: &str = "forgotten-entry";

/// Such a circle's entries, at the time ?1.
const RESTING: &str = "EXISTS (SELECT 1 FROM circle WHERE circle.circle = entry.circle AND held_reason = 'forgotten-entry' \
                       AND held_until > ?1 AND held_until <= ?1 + 600000)";

/// True if it is too early to try such a circle again.
pub(crate) fn rests(conn: &Connection, row: i64, now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM circle WHERE id = ?1 AND held_reason = ?2 AND held_until > ?3 AND held_until <= ?3 + ?4)";
    Ok(conn.prepare_cached(sql)?.query_row((row, FORGOTTEN, now, LONGEST_REST), |row| row.get(0))?)
}

/// Entries that the relay lacks, in the order in which they were made.
pub(crate) fn unsent_entries(conn: &Connection) -> Result<Vec<UnsentEntry>, StoreError> {
    unsent(conn, "1", [])
}

/// Those of them to be pushed now.
pub(crate) fn entries_to_push(conn: &Connection, now: i64) -> Result<Vec<UnsentEntry>, StoreError> {
    unsent(conn, &format!("NOT {RESTING}"), [now])
}

fn unsent(conn: &Connection, which: &str, values: impl rusqlite::Params) -> Result<Vec<UnsentEntry>, StoreError> {
    let sql =
        format!("SELECT entry, bytes, wraps, stamp FROM entry WHERE unsent = 1 AND state = 1 AND {which} ORDER BY id");
    let mut query = conn.prepare_cached(&sql)?;
    let rows = query.query_map(values, |row| {
        let wraps: Vec<u8> = row.get(2)?;
        let stamp: Option<[u8; 32]> = row.get(3)?;
        let wraps = minicbor::decode(&wraps).unwrap_or_default();
        Ok(UnsentEntry { id: id32(row, 0)?, bytes: row.get(1)?, wraps, stamp: stamp.map(Stamp::new) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Changes made here of which the relay may have heard or not: no answer has come.
pub(crate) fn unanswered(conn: &Connection) -> Result<Vec<MadeEntry>, StoreError> {
    let sql = format!("SELECT bytes, wraps FROM entry WHERE state = {} ORDER BY id", EntryState::Proposed as i64);
    let mut query = conn.prepare_cached(&sql)?;
    let mut rows = query.query([])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let (bytes, wraps): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let parsed = entries::parsed(&bytes)?;
        out.push(MadeEntry { parsed, bytes, wraps: minicbor::decode(&wraps).unwrap_or_default() });
    }
    Ok(out)
}

/// The relay has shown entries: somebody may have brought what circles rest for, their own entries or those of a person in them.
pub(crate) fn wake(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "UPDATE circle SET held_reason = NULL, held_until = 0 WHERE held_reason = ?1";
    tx.prepare_cached(sql)?.execute([FORGOTTEN])?;
    Ok(())
}

/// True if a circle rests, or rested last, because the relay has forgotten an entry of it.
pub(crate) fn waits_for_forgotten(conn: &Connection, row: i64) -> Result<bool, StoreError> {
    let sql = "SELECT held_reason IS ?2 FROM circle WHERE id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row((row, FORGOTTEN), |row| row.get(0))?)
}

/// True if an entry or a statement waits to be pushed, or a change of membership to be made.
pub(crate) fn has_unsent(conn: &Connection, now: i64) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM entry WHERE unsent = 1 AND state = 1 AND NOT {RESTING}) \
         OR EXISTS (SELECT 1 FROM intent JOIN circle ON circle.id = intent.circle \
                    WHERE EXISTS (SELECT 1 FROM entry WHERE entry.circle = circle.circle AND entry.state = 1)) \
         OR EXISTS (SELECT 1 FROM statement WHERE unsent = 1) OR EXISTS (SELECT 1 FROM erasing)"
    );
    Ok(conn.prepare_cached(&sql)?.query_row([now], |row| row.get(0))?)
}
