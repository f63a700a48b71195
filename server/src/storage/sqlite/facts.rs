//! What a commit must look up, inside its transaction.

use std::collections::HashSet;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::chunk::KeyBox;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::{ChunkId, CircleId, DeviceId, EntryId, Fixed, Installation, InstallationNonce};

use crate::plan::Facts;
use crate::prepare::{Job, Prepared};
use crate::rules::ChunkFact;
use crate::storage::StorageError;
use crate::world::{Last, World};

pub(super) fn gather(connection: &Connection, world: &World, jobs: &[Job]) -> Result<Facts, StorageError> {
    let mut facts = Facts::default();
    let items = jobs.iter().flat_map(|job| match job {
        Job::Push { items, .. } => items.as_slice(),
        Job::Certificate(_) | Job::Statement(_) => &[],
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
            Prepared::Entry { parsed, .. } => entry(connection, world, &mut facts, parsed)?,
            Prepared::Batch { leaves, .. } => {
                leaves.iter().try_for_each(|(_, parsed)| entry(connection, world, &mut facts, parsed))?;
            }
            Prepared::Statement(_) | Prepared::Refused(_) => {}
        }
    }
    Ok(facts)
}

fn entry(connection: &Connection, world: &World, facts: &mut Facts, parsed: &ParsedEntry) -> Result<(), StorageError> {
    if parsed.public.takes_away() {
        standing(connection, world, facts, parsed.circle)?;
    }
    if parsed.public.united().is_some() {
        log(connection, world, facts, parsed.circle)?;
    }
    let circle = world.circles.get(&parsed.circle);
    if let Some(row) = circle.and_then(|circle| circle.entry_row(&parsed.id)) {
        facts.wraps.insert(parsed.id, wraps(connection, row)?);
    }
    Ok(())
}

/// The entries of a circle.
fn log(connection: &Connection, world: &World, facts: &mut Facts, circle: CircleId) -> Result<(), StorageError> {
    let Some(known) = world.circles.get(&circle) else { return Ok(()) };
    let Entry::Vacant(vacant) = facts.logs.entry(circle) else { return Ok(()) };
    vacant.insert(entries(connection, &known.rows)?.into_iter().map(|(_, entry)| entry).collect());
    Ok(())
}

/// The entries in these rows.
pub(super) fn entries(connection: &Connection, rows: &[u64]) -> Result<Vec<(u64, ParsedEntry)>, StorageError> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM entry WHERE row = ?1")?;
    let entry = |row: &u64| {
        let bytes: Vec<u8> = statement.query_row([row], |row| row.get(0))?;
        let entry = ParsedEntry::from_bytes(&bytes).map_err(|_| StorageError::Damaged("a control entry"))?;
        Ok((*row, entry))
    };
    rows.iter().map(entry).collect()
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

/// Where all installations of a circle stand.
fn standing(connection: &Connection, world: &World, facts: &mut Facts, circle: CircleId) -> Result<(), StorageError> {
    let Some(known) = world.circles.get(&circle) else { return Ok(()) };
    let sql = "SELECT row, counter, chunk, device, nonce FROM installation WHERE circle = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([known.row], |row| {
        let installation =
            Installation { device: DeviceId::new(row.get(3)?), nonce: InstallationNonce::new(row.get(4)?) };
        let last = Last { row: row.get(0)?, counter: row.get(1)?, chunk: ChunkId::new(row.get(2)?) };
        Ok(((circle, installation), last))
    })?;
    for row in rows {
        let (place, last) = row?;
        facts.lasts.insert(place, last);
    }
    Ok(())
}

/// Places in an entry's list of the wraps that are stored.
fn wraps(connection: &Connection, entry: u64) -> Result<HashSet<usize>, StorageError> {
    let mut statement = connection.prepare_cached("SELECT n FROM wrap WHERE entry = ?1")?;
    let rows = statement.query_map([entry], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
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
