//! A circle as somebody sees it who has a feed and some keys.

use std::collections::HashMap;

use tvaers_core::circle::{Purpose, open_sealed};
use tvaers_core::keys::Root;
use tvaers_wire::entry::{ParsedEntry, Wrap};
use tvaers_wire::ids::{CircleId, EntryId};
use tvaers_wire::log::CircleLog;
use tvaers_wire::message::FeedItem;

/// What an insider knows of a circle.
pub struct Circle {
    /// The circle.
    pub id: CircleId,
    /// Its entries as they were served, oldest first, with the insider's wraps.
    pub entries: Entries,
    /// What they come to.
    pub log: CircleLog,
    /// Roots by epoch, as far as they could be opened.
    pub roots: HashMap<EntryId, Root>,
}

/// Entries, each with wraps of it.
pub type Entries = Vec<(ParsedEntry, Vec<Wrap>)>;

impl Circle {
    /// The circles whose entries are in a feed.
    pub(super) fn all_in(feed: &[FeedItem]) -> Vec<Self> {
        let mut circles: Vec<(CircleId, Entries)> = Vec::new();
        for item in feed {
            let FeedItem::Entry { entry, wraps, .. } = item else { continue };
            let parsed = ParsedEntry::from_bytes(entry).unwrap();
            let at = circles.iter().position(|(id, _)| *id == parsed.circle).unwrap_or_else(|| {
                circles.push((parsed.circle, Entries::new()));
                circles.len() - 1
            });
            match circles[at].1.iter_mut().find(|(known, _)| known.id == parsed.id) {
                Some((_, known)) => {
                    let new: Vec<Wrap> = wraps.iter().filter(|wrap| !known.contains(wrap)).cloned().collect();
                    known.extend(new);
                }
                None => circles[at].1.push((parsed, wraps.clone())),
            }
        }
        let circle = |(id, entries): (CircleId, Entries)| {
            let log = CircleLog::replay(entries.iter().map(|(entry, _)| entry)).unwrap();
            Self { id, entries, log, roots: HashMap::new() }
        };
        circles.into_iter().map(circle).collect()
    }

    /// The newest epoch whose root is held, with it.
    pub fn newest(&self) -> (EntryId, &Root) {
        let held = self.log.epochs.iter().rev().find_map(|epoch| Some((epoch.entry, self.roots.get(&epoch.entry)?)));
        held.expect("a root of this circle")
    }

    /// What it is for, if that can be opened.
    pub fn purpose(&self) -> Option<Purpose> {
        open_sealed(&self.entries[0].0, self.roots.get(&self.id.founding_entry())?)?.purpose
    }
}
