//! The world from what is stored: the accepted entries folded again, in their order.

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::{CircleId, DeviceId, PersonId, TeamId};
use tvaers_wire::statement::{Authority, SignedStatement};
use tvaers_wire::vouched::Vouched;

use super::facts;
use crate::plan::Plan;
use crate::storage::StorageError;
use crate::world::{Draft, FeedKey, KeyState, Place, World};

/// A value drawn or set once.
pub(super) fn meta<const N: usize>(connection: &Connection, name: &str) -> Result<Option<[u8; N]>, StorageError> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    Ok(connection.query_row(sql, [name], |row| row.get(0)).optional()?)
}

pub(super) fn authority(connection: &Connection) -> Result<Option<Authority>, StorageError> {
    let sql = "SELECT value FROM meta WHERE name = 'authority'";
    let bytes: Option<Vec<u8>> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    let read = |bytes: Vec<u8>| Authority::from_bytes(&bytes).map_err(|_| StorageError::Damaged("the authority's key"));
    bytes.map(read).transpose()
}

pub(super) fn world(connection: &Connection) -> Result<World, StorageError> {
    let mut world = World {
        vouched: authority(connection)?.map(Vouched::new),
        generation: meta(connection, "generation")?.ok_or(StorageError::Damaged("no generation"))?,
        ..World::default()
    };
    fold(connection, &mut world)?;
    keys(connection, &mut world)?;
    devices(connection, &mut world)?;
    has_chunks(connection, &mut world)?;
    let sql = "SELECT coalesce(max(row), 0) FROM installation";
    let installations: u64 = connection.query_row(sql, [], |row| row.get(0))?;
    let numbered = world.keys.values().map(|key| key.row).chain(world.devices.values().copied());
    world.next_row = numbered.chain([installations]).max().unwrap_or(0);
    places(connection, &mut world)?;
    Ok(world)
}

/// Entries that were not made on the head when they came.
type Branch = Vec<(u64, ParsedEntry)>;

/// Statements and entries in the order of their commits, each checked as when it came.
fn fold(connection: &Connection, world: &mut World) -> Result<(), StorageError> {
    let mut statement = connection.prepare(
        "SELECT row, 0, bytes, EXISTS (SELECT 1 FROM feed WHERE key = (SELECT row FROM feed_key WHERE kind = 0) AND seq = statement.row) \
         FROM statement UNION ALL SELECT row, 1, bytes, 0 FROM entry ORDER BY 1",
    )?;
    let mut rows = statement.query([])?;
    let mut branch = Branch::new();
    while let Some(row) = rows.next()? {
        let (number, is_entry, bytes): (u64, bool, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let told: bool = row.get(3)?;
        if is_entry {
            let entry = ParsedEntry::from_bytes(&bytes).map_err(|_| StorageError::Damaged("a control entry"))?;
            refold(connection, world, &mut branch, number, entry)?;
        } else {
            let signed = SignedStatement::from_bytes(&bytes).map_err(|_| StorageError::Damaged("a certificate"))?;
            let vouched = world.vouched.as_mut().ok_or(StorageError::Damaged("no authority"))?;
            let damaged = |_| StorageError::Damaged("a certificate");
            vouched.learn(&signed).map_err(damaged)?;
            if told {
                world.told.insert(vouched.check(&signed).map_err(damaged)?.serial, ());
            }
        }
    }
    if branch.is_empty() { Ok(()) } else { Err(StorageError::Damaged("a branch that nothing unites")) }
}

fn refold(
    connection: &Connection,
    world: &mut World,
    branch: &mut Branch,
    row: u64,
    entry: ParsedEntry,
) -> Result<(), StorageError> {
    let damaged = StorageError::Damaged("a control entry does not follow the one before");
    let stored = match world.circles.get(&entry.circle) {
        // One that unites its branch with the log came with it, and follows; also where a branch has united two before.
        Some(circle) if !entry.public.parents.contains(&circle.log.head()) => {
            branch.push((row, entry));
            return Ok(());
        }
        Some(circle) if entry.public.united().is_some() => {
            let mut stored = facts::entries(connection, &circle.rows)?;
            stored.append(branch);
            stored
        }
        _ => Vec::new(),
    };
    let mut draft = Draft::over(world);
    draft.seq = row.saturating_sub(1);
    let changes = Plan::refold(draft, row, &entry, &stored).ok_or(damaged)?;
    world.apply(changes);
    Ok(())
}

fn keys(connection: &Connection, world: &mut World) -> Result<(), StorageError> {
    world.keys.clear();
    let mut statement = connection.prepare(
        "SELECT row, kind, id, (SELECT coalesce(max(seq), 0) FROM feed WHERE key = feed_key.row) FROM feed_key",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, id): (u8, Vec<u8>) = (row.get(1)?, row.get(2)?);
        let damaged = |_| StorageError::Damaged("a feed index");
        let key = match kind {
            0 => FeedKey::Everyone,
            1 => FeedKey::Municipality,
            2 => FeedKey::Person(PersonId::from_slice(&id).map_err(damaged)?),
            3 => FeedKey::Team(TeamId::from_slice(&id).map_err(damaged)?),
            _ => return Err(StorageError::Damaged("a feed index")),
        };
        world.keys.insert(key, KeyState { row: row.get(0)?, high: row.get(3)? });
    }
    Ok(())
}

fn devices(connection: &Connection, world: &mut World) -> Result<(), StorageError> {
    let mut statement = connection.prepare("SELECT row, id FROM device")?;
    let rows = statement.query_map([], |row| Ok((DeviceId::new(row.get(1)?), row.get(0)?)))?;
    world.devices = rows.collect::<Result<_, _>>()?;
    Ok(())
}

fn has_chunks(connection: &Connection, world: &mut World) -> Result<(), StorageError> {
    // Installations are never deleted: they say that a circle held chunks, also when all were replaced.
    let mut statement =
        connection.prepare("SELECT DISTINCT e.id FROM installation i JOIN entry e ON e.row = i.circle")?;
    let rows = statement.query_map([], |row| Ok(CircleId::new(row.get(0)?)))?;
    for circle in rows {
        if let Some(circle) = world.circles.get_mut(&circle?) {
            circle.has_chunks = true;
        }
    }
    Ok(())
}

fn places(connection: &Connection, world: &mut World) -> Result<(), StorageError> {
    let mut statement = connection.prepare("SELECT seq, nonce FROM place ORDER BY seq DESC LIMIT 256")?;
    let rows = statement.query_map([], |row| Ok(Place { seq: row.get(0)?, nonce: row.get(1)? }))?;
    let mut places = rows.collect::<Result<Vec<_>, _>>()?;
    places.reverse();
    world.head = places.pop().unwrap_or_default();
    world.recent = places.into();
    Ok(())
}
