//! One circle as a device knows it.

use std::collections::HashMap;

use tvaers_wire::entry::{Member, ParsedEntry};
use tvaers_wire::ids::{CircleId, EntryId};
use tvaers_wire::log::CircleLog;

use crate::circle::Purpose;
use crate::keys::Root;
use crate::store::continued::Continues;

/// One circle as this device knows it.
#[derive(Debug)]
pub(crate) struct Circle {
    /// Row in the store.
    pub(crate) row: i64,
    pub(crate) log: CircleLog,
    /// Entries of another branch of its log than the one that is followed here.
    pub(crate) aside: Vec<ParsedEntry>,
    /// Roots held, by epoch.
    pub(crate) roots: HashMap<EntryId, Root>,
    pub(crate) purpose: Option<Purpose>,
    /// What it says it continues.
    pub(crate) continues: Continues,
    /// What its log says of where it goes on: the entry and the circle.
    pub(crate) goes_on: Vec<(EntryId, CircleId)>,
}

impl Circle {
    /// A circle of which nothing but the log is known.
    pub(crate) fn new(row: i64, log: CircleLog) -> Self {
        let (aside, roots, purpose) = (Vec::new(), HashMap::new(), None);
        Self { row, log, aside, roots, purpose, continues: Continues::default(), goes_on: Vec::new() }
    }

    /// The current epoch's root, if it is held.
    pub(crate) fn root(&self) -> Option<(EntryId, &Root)> {
        let epoch = self.log.epoch()?;
        self.roots.get(&epoch.entry).map(|root| (epoch.entry, root))
    }

    /// The newest root that is held, of whichever epoch: it leads to those before it.
    pub(crate) fn newest_root(&self) -> Option<(EntryId, &Root)> {
        let held = |entry| self.roots.get(&entry).map(|root| (entry, root));
        self.log.epochs.iter().rev().find_map(|epoch| held(epoch.entry))
    }

    /// The root that was in force once this entry was in, if it is held.
    pub(crate) fn root_at(&self, entry: &EntryId) -> Option<&Root> {
        self.roots.get(&self.log.epoch_at(entry)?.entry)
    }

    /// True if this entry is known, on whichever branch.
    pub(crate) fn knows(&self, entry: &EntryId) -> bool {
        self.log.has(entry) || self.aside.iter().any(|aside| aside.id == *entry)
    }

    /// The accepted entries since the circle's two branches parted; none if there is one.
    pub(crate) fn since_parted(&self) -> &[EntryId] {
        let place = |id: &EntryId| self.log.entries.iter().position(|known| known == id);
        let base = self.aside.iter().flat_map(|aside| &aside.public.parents).filter_map(place).min();
        base.map_or(&[], |base| &self.log.entries[base + 1..])
    }

    /// True if exactly these are members, beside whoever stands in for one of them for a time.
    pub(crate) fn is_exactly(&self, members: &[Member]) -> bool {
        let lasting = self.log.members.values().filter(|held| held.until.is_none()).count();
        lasting == members.len() && members.iter().all(|member| self.is_lasting(member))
    }

    /// True if this is a member without an end.
    pub(crate) fn is_lasting(&self, member: &Member) -> bool {
        self.log.members.get(member).is_some_and(|held| held.until.is_none())
    }

    /// True if all of these are members.
    pub(crate) fn has_all(&self, members: &[Member]) -> bool {
        members.iter().all(|member| self.log.members.contains_key(member))
    }
}
