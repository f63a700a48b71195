//! Entries of a push: folded into their circles, kept, and shown to whoever is in them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use tvaers_wire::bytes::Bytes;
use tvaers_wire::entry::{Member, ParsedEntry, Subject, Wrap};
use tvaers_wire::ids::{CircleId, DeviceId, EntryId};
use tvaers_wire::log::CircleLog;
use tvaers_wire::message::{Pushed, RefusedLeaf};

use super::{FeedRef, Plan, Write};
use crate::rules::{self, EntryVerdict, Listed, Refusal};
use crate::world::{Circle, FeedKey, feed_key};

impl<'j> Plan<'_, 'j> {
    pub(super) fn entry(
        &mut self,
        (entry, stamped): (&'j ParsedEntry, bool),
        bytes: &'j [u8],
        wraps: &'j [Wrap],
    ) -> Result<Pushed, Refusal> {
        let branches = self.branches(entry);
        let standing = || self.standing(&entry.circle);
        let is_stamped = |other: &EntryId| if *other == entry.id { stamped } else { self.is_stamped(other) };
        let verdict = rules::entry(&self.draft, entry, is_stamped, &branches, self.now(), standing)?;
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
    pub(super) fn batch(&mut self, leaves: &'j [(Bytes, ParsedEntry)], wraps: &'j [Wrap]) -> Pushed {
        let mut refused = Vec::new();
        for (at, (bytes, entry)) in leaves.iter().enumerate() {
            if let Err(refusal) = self.entry((entry, false), bytes, wraps) {
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

    pub(super) fn fold(&mut self, entry: &'j ParsedEntry, bytes: &'j [u8], wraps: Vec<Listed<'j>>, log: CircleLog) {
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

    pub(super) fn remember(
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
}
