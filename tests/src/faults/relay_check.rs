//! What must be in a relay's database, given what it had acknowledged.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use tvaers_core::wire::chunk::ParsedChunk;
use tvaers_core::wire::entry::{Member, ParsedEntry};
use tvaers_core::wire::ids::{ChunkId, EntryId};
use tvaers_core::wire::message::{FeedItem, Pushed};
use tvaers_core::wire::statement::{Authority, SignedStatement};
use tvaers_relay::prepare::Job;
use tvaers_relay::storage::sqlite::SqliteStorage;
use tvaers_relay::storage::{FeedRows, PageQuery, Storage, StorageError};

use super::contact::installation;
use super::people::hex;

/// Opens the database as a relay does and looks for everything the marks speak of; then commits something.
///
/// # Errors
/// One sentence on what was lost or broken.
pub fn check(data: &Path, authority: Authority, newcomer: &SignedStatement, marks: &[&str]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    let storage = SqliteStorage::open(data).map_err(|error| format!("cannot be opened: {error}"))?;
    let failed = |error: StorageError| error.to_string();
    runtime.block_on(async {
        if storage.claim(authority).await.map_err(failed)? != authority {
            return Err("it belongs to another authority".to_owned());
        }
        let found = Found::read(&storage).await?;
        found.whole()?;
        for mark in marks {
            let words: Vec<&str> = mark.split(' ').collect();
            match words[..] {
                ["chunk", circle, installation, counter, chunk] => {
                    found.chunk((circle, installation), counter.parse().unwrap_or(u64::MAX), chunk)?;
                }
                ["entry", entry] => found.entry(entry)?,
                ["token", token] => matches(&storage, token).await?,
                _ => return Err(format!("an unknown mark: {mark}")),
            }
        }
        let done = storage.commit(&[Job::Certificate(newcomer.clone())], 1).await.map_err(failed)?;
        match done.results[..] {
            [ref one] if one[..] == [Pushed::Stored] => Ok(()),
            _ => Err("it takes nothing any more".to_owned()),
        }
    })
}

/// Everything that readers could be given.
#[derive(Default)]
struct Found {
    entries: HashSet<EntryId>,
    /// Chunks that the feed has, and that the circles have.
    served: HashSet<ChunkId>,
    kept: HashMap<ChunkId, ParsedChunk>,
    /// How far each installation has come, by circle and installation.
    reached: HashMap<(String, String), u64>,
    half: Option<&'static str>,
}

impl Found {
    async fn read(storage: &SqliteStorage) -> Result<Self, String> {
        let failed = |error: StorageError| error.to_string();
        let mut found = Self::default();
        let (keys, circles, listed) = {
            let world = storage.world().read();
            let listed: Vec<EntryId> = world.circles.values().flat_map(|circle| circle.log.entries.clone()).collect();
            let circles: Vec<_> = world.circles.iter().map(|(id, circle)| (*id, circle.row)).collect();
            (world.keys.values().map(|key| key.row).collect::<Vec<_>>(), circles, listed)
        };
        let page = |wraps: Vec<Member>, after: u64| PageQuery {
            keys: keys.clone(),
            wraps,
            after,
            upto: i64::MAX as u64,
            items: 100_000,
            bytes: usize::MAX,
        };
        // Wraps are served to the members that are asked for: first the entries, to learn who they are.
        let first = storage.page(page(Vec::new(), 0)).await.map_err(failed)?;
        let wrapped: HashSet<Member> =
            entries(&first).flat_map(|(entry, _)| entry.public.wraps).map(|wrap| wrap.member).collect();
        let all = storage.page(page(wrapped.into_iter().collect(), 0)).await.map_err(failed)?;
        for (entry, wraps) in entries(&all) {
            if entry.public.wraps.len() != wraps {
                found.half = Some("a control entry without all of its wraps");
            }
            found.entries.insert(entry.id);
        }
        if listed.iter().any(|entry| !found.entries.contains(entry)) {
            found.half = Some("a control entry that no feed has");
        }
        found.served = chunks(&all, &mut found.half).into_iter().map(|chunk| chunk.id).collect();
        for (id, row) in circles {
            let rows = storage.backlog(row, 0, 100_000, usize::MAX).await.map_err(failed)?;
            found.kept.extend(chunks(&rows, &mut found.half).into_iter().map(|chunk| (chunk.id, chunk)));
            for reached in storage.reached(row, 1000).await.map_err(failed)? {
                let of = [&reached.installation.device.as_bytes()[..], reached.installation.nonce.as_bytes()].concat();
                found.reached.insert((id.to_hex(), hex(&of)), reached.counter);
            }
        }
        Ok(found)
    }

    fn whole(&self) -> Result<(), String> {
        if let Some(half) = self.half {
            return Err(half.to_owned());
        }
        if self.kept.len() != self.served.len() || self.kept.keys().any(|chunk| !self.served.contains(chunk)) {
            return Err("feeds and circles have different chunks".to_owned());
        }
        Ok(())
    }

    fn entry(&self, entry: &str) -> Result<(), String> {
        let id = EntryId::from_hex(entry).map_err(|error| error.to_string())?;
        if self.entries.contains(&id) { Ok(()) } else { Err(format!("acknowledged entry {entry} is lost")) }
    }

    /// The chunk itself, or a later one of the same chain that replaces it.
    fn chunk(&self, chain: (&str, &str), counter: u64, chunk: &str) -> Result<(), String> {
        let id = ChunkId::from_hex(chunk).map_err(|error| error.to_string())?;
        let replaces = |other: &ParsedChunk| {
            other.header.replaces.is_some_and(|range| range.from <= counter && counter <= range.to)
                && (other.header.circle.to_hex().as_str(), hex(&installation(other)).as_str()) == chain
        };
        if !self.kept.contains_key(&id) && !self.kept.values().any(replaces) {
            return Err(format!("acknowledged chunk {chunk} is lost"));
        }
        let reached = self.reached.get(&(chain.0.to_owned(), chain.1.to_owned()));
        match reached.is_some_and(|reached| *reached >= counter) {
            true => Ok(()),
            false => Err(format!("the relay stands before acknowledged counter {counter}")),
        }
    }
}

/// The token that came with an acknowledgement still names a place here: nobody has to start over.
async fn matches(storage: &SqliteStorage, token: &str) -> Result<(), String> {
    let bytes: Vec<u8> =
        (0..token.len() / 2).filter_map(|at| u8::from_str_radix(&token[2 * at..2 * at + 2], 16).ok()).collect();
    let [generation, seq, nonce] = [0, 8, 16].map(|at| <[u8; 8]>::try_from(&bytes[at..at + 8]).unwrap_or_default());
    if storage.world().read().generation != generation {
        return Err("the generation of an issued token is gone".to_owned());
    }
    match storage.nonce_at(u64::from_be_bytes(seq)).await {
        Ok(Some(found)) if found == nonce => Ok(()),
        Ok(_) => Err("an issued token matches no commit".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn entries(rows: &FeedRows) -> impl Iterator<Item = (ParsedEntry, usize)> {
    rows.rows.iter().filter_map(|row| match &row.item {
        FeedItem::Entry { entry, wraps, .. } => Some((ParsedEntry::from_bytes(entry).ok()?, wraps.len())),
        _ => None,
    })
}

fn chunks(rows: &FeedRows, half: &mut Option<&'static str>) -> Vec<ParsedChunk> {
    let mut found = Vec::new();
    for row in &rows.rows {
        if let FeedItem::Chunk { chunk, boxes, .. } = &row.item {
            match ParsedChunk::from_bytes(chunk) {
                Ok(chunk) if !boxes.is_empty() => found.push(chunk),
                Ok(_) => *half = Some("a chunk without a box"),
                Err(_) => *half = Some("a chunk that cannot be read"),
            }
        }
    }
    found
}
