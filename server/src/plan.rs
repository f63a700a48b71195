//! One commit, decided: the jobs that waited, the rules, and the rows that storage has to write. No storage in here.

mod drops;
mod unite;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{KeyBox, Range};
use tvaers_wire::entry::{Member, ParsedEntry, Subject, Wrap};
use tvaers_wire::ids::{ChunkId, CircleId, DeviceId, EntryId, Installation};
use tvaers_wire::log::{Branches, CircleLog};
use tvaers_wire::message::{Pushed, Refused, RefusedLeaf};
use tvaers_wire::statement::{Claim, SignedStatement};

use crate::prepare::{Job, Prepared, PreparedChunk};
use crate::rules::{self, ChunkFact, ChunkVerdict, EntryVerdict, Listed, Refusal};
use crate::world::{Changes, Circle, Draft, FeedKey, KeyState, Last, feed_key};
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

    /// Takes a statement of the authority. A certificate shown at a session is not told to everybody: entries bring it.
    fn learn(&mut self, signed: &'j SignedStatement, tell: bool) -> Result<Pushed, Refusal> {
        let vouched = self.draft.vouched.as_mut().ok_or(Refused::NotVouched)?;
        let statement = vouched.check(signed).map_err(|_| Refused::NotVouched)?;
        if tell && !vouched.is_news(&statement) {
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
            self.feed(FeedKey::Everyone, row, FeedRef::Statement(row));
        }
        Ok(Pushed::Stored)
    }

    fn item(&mut self, pusher: &DeviceId, place: usize, item: &'j Prepared) -> Pushed {
        let result = match item {
            Prepared::Refused(reason) => Err(Refusal::from(*reason)),
            Prepared::Entry { parsed, bytes, wraps, again } => {
                let result = self.entry(pusher, (parsed, *again), bytes, wraps);
                self.keep_aside(place, &result, (parsed, bytes, wraps));
                result
            }
            Prepared::Chunk(chunk) => self.chunk(pusher, chunk),
            Prepared::Box { chunk, key } => self.key_box(pusher, chunk, key),
            Prepared::Statement(signed) => self.learn(signed, true),
            Prepared::Batch { leaves, wraps } => Ok(self.batch(pusher, leaves, wraps)),
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

    fn entry(
        &mut self,
        pusher: &DeviceId,
        (entry, again): (&'j ParsedEntry, bool),
        bytes: &'j [u8],
        wraps: &'j [Wrap],
    ) -> Result<Pushed, Refusal> {
        let branches = self.branches(entry);
        let standing = || self.standing(&entry.circle);
        let verdict = rules::entry(&self.draft, pusher, (entry, again), &branches, self.now(), standing)?;
        let wraps = rules::listed(entry, wraps)?;
        match verdict {
            EntryVerdict::Duplicate => {
                self.more_wraps(entry, wraps);
                Ok(Pushed::Duplicate)
            }
            EntryVerdict::TooEarly(refusal) => {
                self.draft.leaving.edit_or_default(entry.circle).extend(entry.public.removals());
                Err(refusal)
            }
            EntryVerdict::Folded(log, learned) => {
                if let Some(learned) = *learned {
                    self.draft.vouched = Some(Cow::Owned(learned));
                }
                self.fold(entry, bytes, wraps, *log);
                Ok(Pushed::Stored)
            }
        }
    }

    /// Each entry of a batch alone: those that were not made on the head are refused, and the others go on.
    fn batch(&mut self, pusher: &DeviceId, leaves: &'j [(Bytes, ParsedEntry)], wraps: &'j [Wrap]) -> Pushed {
        let mut refused = Vec::new();
        for (at, (bytes, entry)) in leaves.iter().enumerate() {
            if let Err(refusal) = self.entry(pusher, (entry, false), bytes, wraps) {
                refused.push(RefusedLeaf { at: at as u64, reason: refusal.reason });
            }
        }
        Pushed::Batch { refused }
    }

    /// Keeps the wraps that were missing, and delivers the entry again to those they are for.
    fn more_wraps(&mut self, entry: &ParsedEntry, mut wraps: Vec<Listed<'j>>) {
        let stored = self.facts.wraps.entry(entry.id).or_default();
        wraps.retain(|(n, _)| stored.insert(*n));
        let row = self.draft.circles.get(&entry.circle).and_then(|circle| circle.entry_row(&entry.id));
        let Some(row) = row.filter(|_| !wraps.is_empty()) else { return };
        let owner = |device: &DeviceId| self.draft.vouched.as_deref().and_then(|vouched| vouched.person(device));
        let key = |member: &Member| match member {
            Member::Device(device) => owner(device).map(FeedKey::Person),
            Member::Person(_) | Member::Team(_) => feed_key(member),
        };
        let keys: BTreeSet<FeedKey> = wraps.iter().filter_map(|(_, wrap)| key(&wrap.member)).collect();
        self.writes.push(Write::Wraps { entry: row, wraps });
        let seq = self.draft.next_seq();
        for key in keys {
            self.feed(key, seq, FeedRef::Entry(row));
        }
    }

    fn fold(&mut self, entry: &'j ParsedEntry, bytes: &'j [u8], wraps: Vec<Listed<'j>>, log: CircleLog) {
        let before = self.draft.circles.get(&entry.circle).cloned();
        let added = rules::added(before.as_ref().map(|circle| &circle.log), &log);
        let removed = rules::removed(before.as_ref().map(|circle| &circle.log), &log);
        // A new member first gets the entries it could not see, so that it can fold the log; so does one whose time was over.
        let returned = rules::returned(before.as_ref().map(|circle| &circle.log), &log, self.now());
        let readers: Vec<Member> = added.iter().copied().chain(returned).collect();
        let granted = self.grants(&entry.circle, log.subject, before.as_ref(), &readers);
        for (key, circle) in &granted {
            if log.subject == Subject::Shared || *circle != entry.circle {
                self.past_entries(*key, circle);
            }
        }
        let mut new = self.take_branch(before.as_ref(), &log, entry);
        new.push((entry, bytes, wraps));
        let mut rows = HashMap::new();
        for (entry, bytes, wraps) in new {
            let row = self.draft.next_seq();
            let circle_row = before.as_ref().map_or(row, |circle| circle.row);
            self.facts.wraps.insert(entry.id, wraps.iter().map(|(n, _)| *n).collect());
            self.writes.push(Write::Entry { row, id: entry.id, circle: circle_row, bytes });
            self.writes.push(Write::Wraps { entry: row, wraps });
            self.folded.push(entry);
            rows.insert(entry.id, row);
        }
        self.erase(before.as_ref().map(|circle| &circle.log), &log);
        let keys: BTreeSet<FeedKey> = match log.subject {
            Subject::Shared => log.members.keys().chain(&removed).filter_map(feed_key).collect(),
            _ => [FeedKey::Everyone].into(),
        };
        // Also whoever was removed: its devices learn why nothing more comes.
        self.remember(entry, &rows, before, log, &added, &removed);
        let mut rows: Vec<u64> = rows.into_values().collect();
        rows.sort_unstable();
        for row in rows {
            keys.iter().for_each(|key| self.feed(*key, row, FeedRef::Entry(row)));
        }
        for (key, circle) in granted {
            let past = self.draft.circles.get(&circle).filter(|circle| circle.has_chunks).map(|circle| circle.row);
            if let Some(circle_row) = past {
                let seq = self.draft.next_seq();
                self.feed(key, seq, FeedRef::Granted(circle_row));
            }
        }
    }

    /// Which circles become readable for whom by additions to this one. Devices of a person share its index from the start.
    fn grants(
        &self,
        circle: &CircleId,
        subject: Subject,
        before: Option<&Circle>,
        added: &[Member],
    ) -> Vec<(FeedKey, CircleId)> {
        let mut granted = Vec::new();
        let founding = before.is_none();
        for key in added.iter().filter_map(feed_key).filter(|_| !founding) {
            granted.push((key, *circle));
            let Subject::Team(team) = subject else { continue };
            let shared = self.draft.circles_of.get(&Member::Team(team)).into_iter().flatten();
            granted.extend(shared.map(|circle| (key, *circle)));
            let municipality = self.draft.founded.get(&Subject::Municipality).copied();
            let in_it = municipality.and_then(|circle| self.draft.circles.get(&circle));
            if let Some(circle) = in_it.filter(|circle| circle.log.members.contains_key(&Member::Team(team))) {
                granted.push((key, circle.log.id));
            }
        }
        granted
    }

    fn past_entries(&mut self, key: FeedKey, circle: &CircleId) {
        let rows = match self.draft.circles.get(circle) {
            // Entries of the others are in everyone's index.
            Some(circle) if circle.log.subject == Subject::Shared => circle.rows.clone(),
            _ => Vec::new(),
        };
        for row in rows {
            let seq = self.draft.next_seq();
            self.feed(key, seq, FeedRef::Entry(row));
        }
    }

    fn remember(
        &mut self,
        entry: &ParsedEntry,
        new: &HashMap<EntryId, u64>,
        before: Option<Circle>,
        log: CircleLog,
        added: &[Member],
        removed: &[Member],
    ) {
        let subject = log.subject;
        let circle = match before {
            None => Circle { row: new[&entry.id], rows: vec![new[&entry.id]], log, has_chunks: false },
            Some(mut before) if entry.public.united().is_none() => {
                before.rows.push(new[&entry.id]);
                Circle { log, ..before }
            }
            // The branch may stand before what was here.
            Some(before) => {
                let row_of = |entry: &EntryId| new.get(entry).copied().or_else(|| before.entry_row(entry));
                let rows = log.entries.iter().filter_map(row_of).collect();
                Circle { log, rows, ..before }
            }
        };
        if let Some(leaving) = self.draft.leaving.edit(&entry.circle) {
            leaving.retain(|member| !entry.public.removals().any(|gone| gone == member));
        }
        if circle.rows.len() == 1 && subject != Subject::Shared {
            self.draft.founded.insert(subject, entry.circle);
        }
        self.draft.circles.insert(entry.circle, circle);
        for (member, present) in added.iter().map(|m| (m, true)).chain(removed.iter().map(|m| (m, false))) {
            match (subject, member) {
                (Subject::Person(_), Member::Device(device)) => self.draft.removed.insert(*device, !present),
                (Subject::Team(team), Member::Person(person)) => {
                    let teams = self.draft.teams_of.edit_or_default(*person);
                    if present {
                        teams.insert(team)
                    } else {
                        teams.remove(&team)
                    };
                }
                (Subject::Shared, member) => {
                    let circles = self.draft.circles_of.edit_or_default(*member);
                    if present {
                        circles.insert(entry.circle)
                    } else {
                        circles.remove(&entry.circle)
                    };
                }
                _ => {}
            }
        }
    }

    fn chunk(&mut self, pusher: &DeviceId, chunk: &'j PreparedChunk) -> Result<Pushed, Refusal> {
        let header = &chunk.header;
        let last = self.last(&header.circle, &header.installation);
        let stored = self.facts.chunks.contains_key(&chunk.id);
        let now = self.now();
        if rules::chunk(&self.draft, pusher, chunk, last.as_ref(), stored, now)? == ChunkVerdict::Duplicate {
            // A co-member may have brought it first, with a box that opens nothing: the signer's is kept beside it (attack 59).
            if *pusher == header.installation.device {
                let _ = self.key_box(pusher, &chunk.id, &chunk.key);
            }
            return Ok(Pushed::Duplicate);
        }
        let row = self.draft.next_seq();
        let (circle_row, keys, epoch) = match self.draft.circles.get(&header.circle) {
            Some(circle) => (circle.row, circle.feed_keys(), circle.entry_row(&chunk.key.epoch).unwrap_or(circle.row)),
            None => return Err(Refused::UnknownCircle.into()),
        };
        let first = self.draft.circles.get(&header.circle).is_some_and(|circle| !circle.has_chunks);
        if first && let Some(circle) = self.draft.circles.edit(&header.circle) {
            circle.has_chunks = true;
        }
        let installation = last.map_or_else(|| self.draft.new_row(), |last| last.row);
        let supplier = self.device(pusher);
        self.writes.push(Write::Chunk { row, circle: circle_row, installation, received: self.now_ms, chunk });
        self.writes.push(Write::Box { chunk: row, supplier, epoch, key: &chunk.key });
        let place = (header.circle, header.installation);
        let is_new = last.is_none();
        self.draft.lasts.insert(place, Last { row: installation, counter: header.counter, chunk: chunk.id });
        *self.moved.entry(place).or_insert(is_new) |= is_new;
        let fact = ChunkFact {
            row,
            circle: header.circle,
            installation,
            counter: header.counter,
            signer: header.installation.device,
            boxes: vec![(*pusher, chunk.key.clone())],
        };
        self.facts.chunks.insert(chunk.id, fact);
        if let Some(range) = header.replaces {
            self.replace(installation, range, &keys);
        }
        for key in keys {
            self.feed(key, row, FeedRef::Chunk(row));
        }
        Ok(Pushed::Stored)
    }

    fn key_box(&mut self, pusher: &DeviceId, chunk: &ChunkId, key: &'j KeyBox) -> Result<Pushed, Refusal> {
        let now = self.now();
        if !rules::key_box(&self.draft, pusher, self.facts.chunks.get(chunk), key, now)? {
            return Ok(Pushed::Duplicate);
        }
        let Some(fact) = self.facts.chunks.get_mut(chunk) else { return Err(Refused::UnknownChunk.into()) };
        fact.boxes.retain(|(supplier, _)| supplier != pusher);
        fact.boxes.push((*pusher, key.clone()));
        let (row, circle) = (fact.row, fact.circle);
        let Some(circle) = self.draft.circles.get(&circle) else { return Err(Refused::UnknownChunk.into()) };
        let (keys, epoch) = (circle.feed_keys(), circle.entry_row(&key.epoch).unwrap_or(circle.row));
        let supplier = self.device(pusher);
        self.writes.push(Write::Box { chunk: row, supplier, epoch, key });
        let seq = self.draft.next_seq();
        for key in keys {
            self.feed(key, seq, FeedRef::Box(row, supplier));
        }
        Ok(Pushed::Stored)
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
