//! One commit, decided: the jobs that waited, the rules, and the rows that storage has to write. No storage in here.

mod chunks;
mod drops;
mod entries;
mod unite;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use tvaers_wire::chunk::{KeyBox, Range};
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::{ChunkId, CircleId, DeviceId, EntryId, Installation};
use tvaers_wire::log::Branches;
use tvaers_wire::message::{Pushed, Refused};
use tvaers_wire::statement::{Claim, SignedStatement};

use crate::prepare::{Job, Prepared, PreparedChunk};
use crate::rules::{self, ChunkFact, Listed, Refusal};
use crate::world::{Changes, Draft, FeedKey, KeyState, Last};
use unite::Aside;

/// What storage looked up for a commit, inside its transaction.
#[derive(Debug, Default)]
pub struct Facts {
    /// Where installations stand that the world has not cached.
    pub lasts: HashMap<(CircleId, Installation), Last>,
    /// Chunks that are named by a box, or pushed with a counter that is not new.
    pub chunks: HashMap<ChunkId, ChunkFact>,
    /// Places of the wraps that are stored of entries that are pushed again.
    pub wraps: HashMap<EntryId, HashSet<usize>>,
    /// The entries of circles in which two heads are to be united.
    pub logs: HashMap<CircleId, Vec<ParsedEntry>>,
}

/// What an item of the feed points at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeedRef {
    /// A chunk, by row.
    Chunk(u64),
    /// An entry, by row.
    Entry(u64),
    /// The box of a chunk by a device, by rows.
    Box(u64, u64),
    /// A circle that one was added to, by row.
    Granted(u64),
    /// A statement, by row.
    Statement(u64),
}

/// One row to write. Rows are written in this order.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Write<'j> {
    Statement { row: u64, signed: &'j SignedStatement },
    ForgetDirectory { after: u64 },
    Device { row: u64, device: DeviceId },
    Key { row: u64, key: FeedKey },
    Entry { row: u64, id: EntryId, circle: u64, bytes: &'j [u8] },
    Wraps { entry: u64, wraps: Vec<Listed<'j>> },
    Installation { circle: u64, installation: Installation, last: Last },
    Chunk { row: u64, circle: u64, installation: u64, received: u64, chunk: &'j PreparedChunk },
    Box { chunk: u64, supplier: u64, epoch: u64, key: &'j KeyBox },
    Replace { installation: u64, range: Range, keys: Vec<u64> },
    Erase { chunk: ChunkId, keys: Vec<u64> },
    Feed { key: u64, seq: u64, what: FeedRef },
}

/// A commit in progress.
#[derive(Debug)]
pub struct Plan<'w, 'j> {
    /// The world as it will be.
    pub draft: Draft<'w>,
    /// What to write.
    pub writes: Vec<Write<'j>>,
    /// For each job, what became of its items.
    pub results: Vec<Vec<Pushed>>,
    /// Indexes with something new in them.
    pub touched: HashSet<FeedKey>,
    facts: Facts,
    /// Entries of this push that were not made on the head: one that unites their branch with it may follow.
    aside: Vec<Aside<'j>>,
    /// Entries that this commit has taken.
    folded: Vec<&'j ParsedEntry>,
    moved: HashMap<(CircleId, Installation), bool>,
    now_ms: u64,
}

impl<'w, 'j> Plan<'w, 'j> {
    /// Decides a batch at a time (Unix milliseconds).
    pub fn decide(draft: Draft<'w>, facts: Facts, jobs: &'j [Job], now_ms: u64) -> Self {
        let mut plan = Self {
            draft,
            writes: Vec::new(),
            results: Vec::with_capacity(jobs.len()),
            touched: HashSet::new(),
            facts,
            aside: Vec::new(),
            folded: Vec::new(),
            moved: HashMap::new(),
            now_ms,
        };
        for job in jobs {
            let results = match job {
                Job::Certificate(signed) => vec![plan.learn(signed, false).unwrap_or_else(Pushed::from)],
                Job::Statement(signed) => vec![plan.learn(signed, true).unwrap_or_else(Pushed::from)],
                Job::Push { device, items } => plan.push(device, items),
            };
            plan.results.push(results);
        }
        plan.finish();
        plan
    }

    fn push(&mut self, device: &DeviceId, items: &'j [Prepared]) -> Vec<Pushed> {
        self.aside.clear();
        let mut results = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            results.push(self.item(device, place, item));
            let taken = self.aside.extract_if(.., |aside| aside.taken);
            taken.for_each(|aside| results[aside.place] = Pushed::Stored);
        }
        results
    }

    /// Folds an entry again that was accepted and stored before, with the rows of those that came with it: of `stored`, the
    /// circle's entries, if it unites two heads. `None` if it does not fold.
    pub fn refold(draft: Draft<'w>, row: u64, entry: &ParsedEntry, stored: &[(u64, ParsedEntry)]) -> Option<Changes> {
        let mut plan = Self::decide(draft, Facts::default(), &[], 0);
        let before = plan.draft.circles.get(&entry.circle).cloned();
        let vouched = plan.draft.vouched.as_deref()?;
        let branches = Branches::of(stored.iter().map(|(_, entry)| entry));
        let (log, learned) = rules::refold(&plan.draft, entry, &branches, before.as_ref(), vouched).ok()?;
        if let Some(learned) = learned {
            plan.draft.vouched = Some(Cow::Owned(learned));
        }
        let added = rules::added(before.as_ref().map(|circle| &circle.log), &log);
        let removed = rules::removed(before.as_ref().map(|circle| &circle.log), &log);
        let mut rows: HashMap<EntryId, u64> = stored.iter().map(|(row, entry)| (entry.id, *row)).collect();
        rows.insert(entry.id, row);
        plan.remember(entry, &rows, before, log, &added, &removed);
        Some(plan.draft.finish(None))
    }

    fn now(&self) -> u64 {
        self.now_ms / 1000
    }

    /// Takes a statement of the authority. A certificate shown at a session is not told to everybody, nor what came in an entry; it is once
    /// somebody brings it by itself.
    fn learn(&mut self, signed: &'j SignedStatement, tell: bool) -> Result<Pushed, Refusal> {
        let vouched = self.draft.vouched.as_mut().ok_or(Refused::NotVouched)?;
        let statement = vouched.check(signed).map_err(|_| Refused::NotVouched)?;
        let is_told = self.draft.told.get(&statement.serial).is_some() || vouched.is_outdated(&statement);
        if tell && is_told && !vouched.is_news(&statement) {
            return Ok(Pushed::Duplicate);
        }
        vouched.to_mut().learn(signed).map_err(|_| Refused::NotVouched)?;
        let row = self.draft.next_seq();
        self.writes.push(Write::Statement { row, signed });
        if let Claim::Authority { .. } = statement.claim {
            // What was brought under a higher serial is a thief's of the key before, and would keep everything after it out.
            self.writes.push(Write::ForgetDirectory { after: statement.serial });
        }
        if tell {
            self.draft.told.insert(statement.serial, ());
            self.feed(FeedKey::Everyone, row, FeedRef::Statement(row));
        }
        Ok(Pushed::Stored)
    }

    fn item(&mut self, pusher: &DeviceId, place: usize, item: &'j Prepared) -> Pushed {
        let result = match item {
            Prepared::Refused(reason) => Err(Refusal::from(*reason)),
            Prepared::Entry { parsed, bytes, wraps, stamped } => {
                let result = self.entry((parsed, *stamped), bytes, wraps);
                self.keep_aside((place, *stamped), &result, (parsed, bytes, wraps));
                result
            }
            Prepared::Chunk(chunk) => self.chunk(pusher, chunk),
            Prepared::Box { chunk, key } => self.key_box(pusher, chunk, key),
            Prepared::Statement(signed) => self.learn(signed, true),
            Prepared::Batch { leaves, wraps } => Ok(self.batch(leaves, wraps)),
        };
        result.unwrap_or_else(Pushed::from)
    }

    fn last(&self, circle: &CircleId, installation: &Installation) -> Option<Last> {
        let key = (*circle, *installation);
        self.draft.lasts.get(&key).or_else(|| self.facts.lasts.get(&key)).copied()
    }

    /// Where the installations of a circle stand, also those that moved in this commit.
    fn standing(&self, circle: &CircleId) -> Vec<(Installation, Last)> {
        let moved = self.moved.keys().chain(self.facts.lasts.keys());
        let installations: HashSet<Installation> =
            moved.filter(|(of, _)| of == circle).map(|(_, installation)| *installation).collect();
        installations.into_iter().filter_map(|one| Some((one, self.last(circle, &one)?))).collect()
    }

    fn device(&mut self, device: &DeviceId) -> u64 {
        if let Some(row) = self.draft.devices.get(device) {
            return *row;
        }
        let row = self.draft.new_row();
        self.draft.devices.insert(*device, row);
        self.writes.push(Write::Device { row, device: *device });
        row
    }

    fn feed(&mut self, key: FeedKey, seq: u64, what: FeedRef) {
        let row = match self.draft.keys.get(&key) {
            Some(state) => state.row,
            None => {
                let row = self.draft.new_row();
                self.writes.push(Write::Key { row, key });
                row
            }
        };
        self.draft.keys.insert(key, KeyState { row, high: seq });
        self.touched.insert(key);
        self.writes.push(Write::Feed { key: row, seq, what });
    }

    /// An installation moves many times in a commit and is written once.
    fn finish(&mut self) {
        for (circle, installation) in std::mem::take(&mut self.moved).into_keys() {
            let place = (circle, installation);
            let row = self.draft.circles.get(&circle).map(|circle| circle.row);
            if let (Some(circle), Some(last)) = (row, self.draft.lasts.get(&place).copied()) {
                self.writes.push(Write::Installation { circle, installation, last });
            }
        }
    }
}
