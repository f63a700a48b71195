//! The rows of one commit.

use rusqlite::{Connection, OptionalExtension, Transaction};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::Member;

use crate::plan::{FeedRef, Write};
use crate::storage::StorageError;
use crate::storage::sqlite::directory;
use crate::storage::sqlite::facts::short;
use crate::world::{FeedKey, Place};

pub(super) fn rows(transaction: &Transaction<'_>, writes: &[Write<'_>]) -> Result<(), StorageError> {
    let mut chunk = transaction.prepare_cached(
        "INSERT INTO chunk (row, hash, circle, installation, counter, received, id, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut key_box = transaction
        .prepare_cached("INSERT OR REPLACE INTO box (chunk, supplier, epoch, sealed) VALUES (?1, ?2, ?3, ?4)")?;
    let mut feed =
        transaction.prepare_cached("INSERT INTO feed (key, seq, kind, ref, extra) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut installation = transaction.prepare_cached(
        "INSERT INTO installation (row, circle, device, nonce, counter, chunk) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (row) DO UPDATE SET counter = excluded.counter, chunk = excluded.chunk",
    )?;
    for write in writes {
        match write {
            Write::Chunk { row, circle, installation, received, chunk: prepared } => {
                chunk.execute((
                    row,
                    short(&prepared.id),
                    circle,
                    installation,
                    prepared.header.counter,
                    received,
                    prepared.id.as_bytes(),
                    &prepared.bytes[..],
                ))?;
            }
            Write::Box { chunk, supplier, epoch, key } => {
                key_box.execute((chunk, supplier, epoch, &key.sealed.0))?;
            }
            Write::Feed { key, seq, what } => {
                let (kind, reference, extra) = feed_ref(*what);
                feed.execute((key, seq, kind, reference, extra))?;
            }
            Write::Installation { circle, installation: id, last } => {
                let (device, nonce) = (id.device.as_bytes(), id.nonce.as_bytes());
                installation.execute((last.row, circle, device, nonce, last.counter, last.chunk.as_bytes()))?;
            }
            other => rare(transaction, other)?,
        }
    }
    Ok(())
}

pub(super) fn place(transaction: &Transaction<'_>, place: Place) -> Result<(), StorageError> {
    transaction.prepare_cached("INSERT INTO place (seq, nonce) VALUES (?1, ?2)")?.execute((place.seq, place.nonce))?;
    Ok(())
}

fn rare(connection: &Connection, write: &Write<'_>) -> Result<(), StorageError> {
    match write {
        Write::ForgetDirectory { after } => directory::forget_after(connection, *after)?,
        Write::Statement { row, signed } => {
            connection
                .prepare_cached("INSERT INTO statement (row, bytes) VALUES (?1, ?2)")?
                .execute((row, signed.to_bytes()))?;
        }
        Write::Device { row, device } => {
            connection
                .prepare_cached("INSERT INTO device (row, id) VALUES (?1, ?2)")?
                .execute((row, device.as_bytes()))?;
        }
        Write::Key { row, key } => {
            let (kind, id) = feed_key(key);
            connection
                .prepare_cached("INSERT INTO feed_key (row, kind, id) VALUES (?1, ?2, ?3)")?
                .execute((row, kind, id))?;
        }
        Write::Entry { row, id, circle, bytes } => {
            connection
                .prepare_cached("INSERT INTO entry (row, id, circle, bytes) VALUES (?1, ?2, ?3, ?4)")?
                .execute((row, id.as_bytes(), circle, bytes))?;
        }
        Write::Wraps { entry, wraps } => {
            let mut insert =
                connection.prepare_cached("INSERT INTO wrap (entry, member, n, bytes) VALUES (?1, ?2, ?3, ?4)")?;
            for (n, wrap) in wraps {
                insert.execute((entry, member_bytes(&wrap.member), n, &wrap.bytes[..]))?;
            }
        }
        Write::Replace { installation, range, keys } => replace(connection, *installation, range.from, range.to, keys)?,
        Write::Erase { chunk, keys } => {
            let mut find = connection.prepare_cached("SELECT row FROM chunk WHERE hash = ?1 AND id = ?2")?;
            let row: Option<u64> = find.query_row((short(chunk), chunk.as_bytes()), |row| row.get(0)).optional()?;
            row.map(|row| drop_chunk(connection, row, keys)).transpose()?;
        }
        Write::Chunk { .. } | Write::Box { .. } | Write::Feed { .. } | Write::Installation { .. } => {}
    }
    Ok(())
}

/// Drops exactly the chunks of this range.
fn replace(connection: &Connection, installation: u64, from: u64, to: u64, keys: &[u64]) -> Result<(), StorageError> {
    let mut select =
        connection.prepare_cached("SELECT row FROM chunk WHERE installation = ?1 AND counter BETWEEN ?2 AND ?3")?;
    let bound = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let rows = select.query_map((installation, bound(from), bound(to)), |row| row.get(0))?;
    let rows = rows.collect::<Result<Vec<u64>, _>>()?;
    rows.into_iter().try_for_each(|row| drop_chunk(connection, row, keys))
}

/// Drops a chunk with its boxes. Index rows of former members point at nothing then and are passed over.
fn drop_chunk(connection: &Connection, row: u64, keys: &[u64]) -> Result<(), StorageError> {
    for key in keys {
        connection.prepare_cached("DELETE FROM feed WHERE key = ?1 AND seq = ?2")?.execute((key, row))?;
    }
    connection.prepare_cached("DELETE FROM box WHERE chunk = ?1")?.execute([row])?;
    connection.prepare_cached("DELETE FROM chunk WHERE row = ?1")?.execute([row])?;
    Ok(())
}

fn feed_ref(what: FeedRef) -> (u8, u64, u64) {
    match what {
        FeedRef::Chunk(row) => (0, row, 0),
        FeedRef::Entry(row) => (1, row, 0),
        FeedRef::Box(chunk, supplier) => (2, chunk, supplier),
        FeedRef::Granted(circle) => (3, circle, 0),
        FeedRef::Statement(row) => (4, row, 0),
    }
}

fn feed_key(key: &FeedKey) -> (u8, Vec<u8>) {
    match key {
        FeedKey::Everyone => (0, Vec::new()),
        FeedKey::Municipality => (1, Vec::new()),
        FeedKey::Person(person) => (2, person.as_bytes().to_vec()),
        FeedKey::Team(team) => (3, team.as_bytes().to_vec()),
    }
}

/// A member as a sortable key: its kind and its id.
pub(super) fn member_bytes(member: &Member) -> Vec<u8> {
    let (kind, id): (u8, &[u8]) = match member {
        Member::Device(device) => (0, device.as_bytes()),
        Member::Person(person) => (1, person.as_bytes()),
        Member::Team(team) => (2, team.as_bytes()),
    };
    [&[kind], id].concat()
}
