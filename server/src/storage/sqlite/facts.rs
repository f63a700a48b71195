//! What a commit must look up, inside its transaction.

use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::chunk::KeyBox;
use tvaers_wire::entry::Change;
use tvaers_wire::ids::{ChunkId, CircleId, DeviceId, EntryId, Fixed, Installation};

use crate::plan::Facts;
use crate::prepare::{Job, Prepared};
use crate::rules::ChunkFact;
use crate::storage::StorageError;
use crate::world::{Last, World};

pub(super) fn gather(connection: &Connection, world: &World, jobs: &[Job]) -> Result<Facts, StorageError> {
    let mut facts = Facts::default();
    let items = jobs.iter().flat_map(|job| match job {
        Job::Push { items, .. } => items.as_slice(),
        Job::Certificate(_) => &[],
    });
    for item in items {
        match item {
            Prepared::Chunk(chunk) => {
                let last = last(connection, world, &mut facts, chunk.header.circle, chunk.header.installation)?;
                // Only a counter that is not new can belong to a chunk that is here already.
                if last.is_some_and(|last| chunk.header.counter <= last.counter) {
                    fact(connection, &mut facts, &chunk.id)?;
                }
            }
            Prepared::Box { chunk, .. } => fact(connection, &mut facts, chunk)?,
            Prepared::Entry { parsed, .. } => {
                let removals = parsed.public.changes.iter().filter_map(|change| match change {
                    Change::Remove { cuts, .. } => Some(cuts),
                    Change::Add { .. } => None,
                });
                for cut in removals.flatten() {
                    last(connection, world, &mut facts, parsed.circle, cut.installation)?;
                }
            }
            Prepared::Refused(_) => {}
        }
    }
    Ok(facts)
}

fn last(
    connection: &Connection,
    world: &World,
    facts: &mut Facts,
    circle: CircleId,
    installation: Installation,
) -> Result<Option<Last>, StorageError> {
    let place = (circle, installation);
    if let Some(last) = world.lasts.get(&place).or_else(|| facts.lasts.get(&place)) {
        return Ok(Some(*last));
    }
    let Some(known) = world.circles.get(&circle) else { return Ok(None) };
    let sql = "SELECT row, counter, chunk FROM installation WHERE circle = ?1 AND device = ?2 AND nonce = ?3";
    let found = connection
        .prepare_cached(sql)?
        .query_row((known.row, installation.device.as_bytes(), installation.nonce.as_bytes()), |row| {
            Ok(Last { row: row.get(0)?, counter: row.get(1)?, chunk: ChunkId::new(row.get(2)?) })
        })
        .optional()?;
    if let Some(last) = found {
        facts.lasts.insert(place, last);
    }
    Ok(found)
}

fn fact(connection: &Connection, facts: &mut Facts, chunk: &ChunkId) -> Result<(), StorageError> {
    let Entry::Vacant(vacant) = facts.chunks.entry(*chunk) else { return Ok(()) };
    let sql = "SELECT c.row, e.id, c.installation, c.counter, i.device FROM chunk c
               JOIN entry e ON e.row = c.circle JOIN installation i ON i.row = c.installation
               WHERE c.hash = ?1 AND c.id = ?2";
    let found = connection
        .prepare_cached(sql)?
        .query_row((short(chunk), chunk.as_bytes()), |row| {
            Ok(ChunkFact {
                row: row.get(0)?,
                circle: CircleId::new(row.get(1)?),
                installation: row.get(2)?,
                counter: row.get(3)?,
                signer: DeviceId::new(row.get(4)?),
                boxes: Vec::new(),
            })
        })
        .optional()?;
    if let Some(mut fact) = found {
        fact.boxes = boxes(connection, fact.row)?;
        vacant.insert(fact);
    }
    Ok(())
}

/// The boxes of a chunk, by supplier.
pub(super) fn boxes(connection: &Connection, chunk: u64) -> Result<Vec<(DeviceId, KeyBox)>, StorageError> {
    let sql = "SELECT d.id, e.id, b.sealed FROM box b JOIN device d ON d.row = b.supplier
               JOIN entry e ON e.row = b.epoch WHERE b.chunk = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([chunk], |row| {
        let key = KeyBox { epoch: EntryId::new(row.get(1)?), sealed: Fixed(row.get(2)?) };
        Ok((DeviceId::new(row.get(0)?), key))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// The first eight bytes of an id, for a small index.
pub(super) fn short(chunk: &ChunkId) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&chunk.as_bytes()[..8]);
    i64::from_be_bytes(bytes)
}
