//! Pages: feeds, backlogs and frontiers.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Member, Wrap};
use tvaers_wire::ids::{ChunkId, CircleId, DeviceId, EntryId, Installation, InstallationNonce};
use tvaers_wire::message::{FeedItem, Reached, SuppliedBox};
use tvaers_wire::statement::SignedStatement;

use crate::stamps::Stamps;
use crate::storage::sqlite::facts::boxes;
use crate::storage::sqlite::write::member_bytes;
use crate::storage::{FeedRow, FeedRows, PageQuery, StorageError};
use crate::world::Place;

pub(super) fn nonce_at(connection: &Connection, seq: u64) -> Result<Option<[u8; 8]>, StorageError> {
    let sql = "SELECT nonce FROM place WHERE seq >= ?1 ORDER BY seq LIMIT 1";
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    Ok(connection.prepare_cached(sql)?.query_row([seq], |row| row.get(0)).optional()?)
}

type Index = (u64, u8, u64, u64);

pub(super) fn page(connection: &Connection, query: &PageQuery, stamps: &Stamps) -> Result<FeedRows, StorageError> {
    let index = merge(connection, query)?;
    let mut reader = Reader { connection, wraps: &query.wraps, circles: HashMap::new() };
    let mut page = FeedRows::default();
    let mut bytes = 0;
    let mut end = query.after;
    for (n, &(seq, kind, reference, extra)) in index.iter().enumerate() {
        if n >= query.items || bytes >= query.bytes {
            let nonce = nonce_at(connection, end)?.ok_or(StorageError::Damaged("a commit without its place"))?;
            page.more = Some(Place { seq: end, nonce });
            break;
        }
        if let Some((circle, item)) = reader.item(kind, reference, extra, stamps)? {
            let row = FeedRow { seq, circle, item };
            bytes += row.weight();
            page.rows.push(row);
        }
        end = seq;
    }
    Ok(page)
}

pub(super) fn backlog(
    connection: &Connection,
    circle: u64,
    after: u64,
    items: usize,
    bytes: usize,
) -> Result<FeedRows, StorageError> {
    let sql = "SELECT row FROM chunk WHERE circle = ?1 AND row > ?2 ORDER BY row LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = statement.query_map((circle, after, items + 1), |row| row.get(0))?;
    let rows = rows.collect::<Result<Vec<u64>, _>>()?;
    let mut reader = Reader { connection, wraps: &[], circles: HashMap::new() };
    let (mut page, mut held, mut end) = (FeedRows::default(), 0, 0);
    for (n, &seq) in rows.iter().enumerate() {
        if n >= items || held >= bytes {
            page.more = Some(Place { seq: end, nonce: [0; 8] });
            break;
        }
        if let Some((circle, item)) = reader.chunk(seq)? {
            let row = FeedRow { seq, circle, item };
            held += row.weight();
            page.rows.push(row);
        }
        end = seq;
    }
    Ok(page)
}

pub(super) fn entries(
    connection: &Connection,
    rows: &[u64],
    wraps_for: Vec<Member>,
) -> Result<(Vec<Bytes>, Vec<Wrap>), StorageError> {
    let mut reader = Reader { connection, wraps: &wraps_for, circles: HashMap::new() };
    let (mut entries, mut all) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let (_, _, entry, wraps) = reader.entry(*row)?;
        entries.push(entry);
        all.extend(wraps);
    }
    Ok((entries, all))
}

pub(super) fn reached(connection: &Connection, circle: u64, limit: usize) -> Result<Vec<Reached>, StorageError> {
    let sql = "SELECT device, nonce, counter, chunk FROM installation WHERE circle = ?1 ORDER BY row LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((circle, limit), |row| {
        let device = DeviceId::new(row.get(0)?);
        let nonce = InstallationNonce::new(row.get(1)?);
        let installation = Installation { device, nonce };
        Ok(Reached { installation, counter: row.get(2)?, chunk: ChunkId::new(row.get(3)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The indexes of a reader as one: each contributes its first rows, so the first of the union are right.
fn merge(connection: &Connection, query: &PageQuery) -> Result<Vec<Index>, StorageError> {
    let sql = "SELECT seq, kind, ref, extra FROM feed WHERE key = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let mut merged: Vec<Index> = Vec::new();
    for key in &query.keys {
        let get = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        let rows = statement.query_map((key, query.after, query.upto, query.items + 1), get)?;
        for row in rows {
            merged.push(row?);
        }
    }
    merged.sort_unstable();
    merged.dedup_by_key(|row| row.0);
    Ok(merged)
}

/// An item and the circle that it is of, if it is of one.
type Located = (Option<CircleId>, FeedItem);

struct Reader<'a> {
    connection: &'a Connection,
    wraps: &'a [Member],
    circles: HashMap<u64, CircleId>,
}

impl Reader<'_> {
    fn item(&mut self, kind: u8, reference: u64, extra: u64, stamps: &Stamps) -> Result<Option<Located>, StorageError> {
        match kind {
            0 => self.chunk(reference),
            1 => {
                let (circle, id, entry, wraps) = self.entry(reference)?;
                Ok(Some((Some(circle), FeedItem::Entry { entry, wraps, stamp: stamps.of(&id) })))
            }
            2 => self.key_box(reference, extra),
            3 => self.circle(reference).map(|circle| Some((Some(circle), FeedItem::Granted { circle }))),
            4 => self.statement(reference).map(|statement| Some((None, FeedItem::Statement { statement }))),
            _ => Err(StorageError::Damaged("a feed item")),
        }
    }

    fn statement(&mut self, row: u64) -> Result<SignedStatement, StorageError> {
        let sql = "SELECT bytes FROM statement WHERE row = ?1";
        let bytes: Vec<u8> = self.connection.prepare_cached(sql)?.query_row([row], |row| row.get(0))?;
        SignedStatement::from_bytes(&bytes).map_err(|_| StorageError::Damaged("a statement"))
    }

    fn circle(&mut self, row: u64) -> Result<CircleId, StorageError> {
        if let Some(circle) = self.circles.get(&row) {
            return Ok(*circle);
        }
        let sql = "SELECT id FROM entry WHERE row = ?1";
        let id = self.connection.prepare_cached(sql)?.query_row([row], |row| row.get(0))?;
        let circle = CircleId::new(id);
        self.circles.insert(row, circle);
        Ok(circle)
    }

    /// `None` if the chunk was replaced since.
    fn chunk(&mut self, row: u64) -> Result<Option<Located>, StorageError> {
        let sql = "SELECT c.circle, c.received, c.bytes, i.device FROM chunk c
                   JOIN installation i ON i.row = c.installation WHERE c.row = ?1";
        let found = self.connection.prepare_cached(sql)?.query_row([row], |row| {
            let signer = DeviceId::new(row.get(3)?);
            Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?, row.get::<_, Vec<u8>>(2)?, signer))
        });
        let Some((circle, received_at, bytes, signer)) = found.optional()? else { return Ok(None) };
        let mut boxes = boxes(self.connection, row)?;
        boxes.sort_by_key(|(supplier, _)| *supplier != signer);
        let boxes = boxes.into_iter().map(|(supplier, key)| SuppliedBox { supplier, key }).collect();
        Ok(Some((Some(self.circle(circle)?), FeedItem::Chunk { chunk: Bytes(bytes), boxes, received_at })))
    }

    fn entry(&mut self, row: u64) -> Result<(CircleId, EntryId, Bytes, Vec<Wrap>), StorageError> {
        let sql = "SELECT circle, id, bytes FROM entry WHERE row = ?1";
        let (circle, id, bytes): (u64, [u8; 32], Vec<u8>) =
            self.connection.prepare_cached(sql)?.query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut wraps = Vec::new();
        let mut own = self.connection.prepare_cached("SELECT n, bytes FROM wrap WHERE entry = ?1 AND member = ?2")?;
        for member in self.wraps {
            let found = own.query_map((row, member_bytes(member)), |row| {
                Ok((row.get::<_, u64>(0)?, Wrap { member: *member, bytes: Bytes(row.get(1)?) }))
            })?;
            for wrap in found {
                wraps.push(wrap?);
            }
        }
        wraps.sort_by_key(|(n, _)| *n);
        let wraps = wraps.into_iter().map(|(_, wrap)| wrap).collect();
        Ok((self.circle(circle)?, EntryId::new(id), Bytes(bytes), wraps))
    }

    /// `None` if the chunk was replaced since.
    fn key_box(&mut self, chunk: u64, supplier: u64) -> Result<Option<Located>, StorageError> {
        let sql = "SELECT c.circle, c.id, d.id FROM chunk c JOIN device d ON d.row = ?2 WHERE c.row = ?1";
        let found = self.connection.prepare_cached(sql)?.query_row((chunk, supplier), |row| {
            Ok((row.get::<_, u64>(0)?, ChunkId::new(row.get(1)?), DeviceId::new(row.get(2)?)))
        });
        let Some((circle, id, supplier)) = found.optional()? else { return Ok(None) };
        let supplied = boxes(self.connection, chunk)?.into_iter().find(|(by, _)| *by == supplier);
        let Some((supplier, key)) = supplied else { return Ok(None) };
        Ok(Some((Some(self.circle(circle)?), FeedItem::Box { chunk: id, key: SuppliedBox { supplier, key } })))
    }
}
