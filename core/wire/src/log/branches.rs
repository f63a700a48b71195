//! The branches of one log: which entries each has, where they part, and the circle at any of them (protocol §3.5).

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::entry::ParsedEntry;
use crate::ids::EntryId;

use super::merge::voided;
use super::{CircleLog, LogError};

/// All entries of one circle that are known, accepted or not.
#[derive(Debug)]
pub struct Branches<'a> {
    entries: HashMap<EntryId, &'a ParsedEntry>,
    accepted: Folded,
}

/// Where two branches part.
pub(super) struct Parting {
    /// The last entries that both have, the lower first: one, or two if they have met crosswise. A relay that was put back twice may have
    /// heard of the same two heads from two people, and have forgotten that the first had united them.
    pub(super) tips: Vec<EntryId>,
    /// What only one of them has.
    pub(super) only: [HashSet<EntryId>; 2],
}

/// The branches of a fork: what is at each parent, and which entries only one of them has.
pub(super) struct Fork {
    pub(super) base: CircleLog,
    pub(super) sides: [CircleLog; 2],
    pub(super) only: [HashSet<EntryId>; 2],
}

/// Logs that were folded before, by their last entry and what is passed over in them: each entry that unites asks for the logs at both its
/// parents and where they part, so without this a circle whose heads were united many times would be folded again from its founding
/// three times for each.
pub(super) type Folded = RefCell<HashMap<(EntryId, BTreeSet<EntryId>), CircleLog>>;

/// Takes an entry into a log. `true` if it comes to nothing there.
type Step<'s> = &'s dyn Fn(&mut CircleLog, &ParsedEntry) -> Result<bool, LogError>;

/// How the entries of a branch are taken.
#[derive(Clone, Copy)]
pub(super) struct Fold<'s> {
    pub(super) step: Step<'s>,
    pub(super) done: &'s Folded,
    /// Without what is void they are taken as they are: they have been verified with it.
    pub(super) verifies: bool,
}

/// Takes an entry that was verified before.
pub(super) fn apply(log: &mut CircleLog, entry: &ParsedEntry) -> Result<bool, LogError> {
    log.apply(entry).map(|()| false)
}

impl<'a> Branches<'a> {
    /// Of these entries, which must be of one circle.
    pub fn of(entries: impl IntoIterator<Item = &'a ParsedEntry>) -> Self {
        Self { entries: entries.into_iter().map(|entry| (entry.id, entry)).collect(), accepted: Folded::default() }
    }

    /// One of them.
    pub fn get(&self, entry: &EntryId) -> Option<&'a ParsedEntry> {
        self.entries.get(entry).copied()
    }

    /// The entries of the branch that ends here and that a log does not have, oldest first. `None` if one is missing.
    pub fn beyond(&self, log: &CircleLog, tip: &EntryId) -> Option<Vec<&'a ParsedEntry>> {
        let (mut found, mut seen, mut open) = (Vec::new(), HashSet::new(), vec![(*tip, false)]);
        while let Some((id, parents_done)) = open.pop() {
            if log.has(&id) || (seen.contains(&id) && !parents_done) {
                continue;
            }
            let entry = *self.entries.get(&id)?;
            if parents_done {
                found.push(entry);
            } else {
                seen.insert(id);
                open.push((id, true));
                open.extend(entry.public.parents.iter().map(|parent| (*parent, false)));
            }
        }
        Some(found)
    }

    /// The circle as accepted entries leave it at this one. They come from one's own store and are not verified again.
    pub(super) fn accepted(&self, tip: &EntryId) -> Result<CircleLog, LogError> {
        self.at(tip, &BTreeSet::new(), self.applying())
    }

    pub(super) fn applying(&self) -> Fold<'_> {
        Fold { step: &apply, done: &self.accepted, verifies: false }
    }

    /// The circle at an entry, by the entries before it along its first parents; a merge brings the others.
    pub(super) fn at(&self, tip: &EntryId, skip: &BTreeSet<EntryId>, fold: Fold<'_>) -> Result<CircleLog, LogError> {
        let (mut line, mut next, mut log) = (Vec::new(), Some(*tip), None);
        while let Some(id) = next {
            log = fold.done.borrow().get(&(id, skip.clone())).cloned();
            if log.is_some() {
                break;
            }
            let entry = *self.entries.get(&id).ok_or(LogError::StaleHead)?;
            next = entry.public.parents.first().copied();
            line.push(entry);
        }
        let mut log = match log {
            Some(log) => log,
            None => {
                let founding = line.pop().ok_or(LogError::StaleHead)?;
                let mut log = CircleLog::empty(founding);
                log.apply(founding)?;
                log
            }
        };
        for entry in line.into_iter().rev() {
            if let Some(parents) = entry.public.united() {
                let merging = self.joined(self.fork(parents, skip, fold)?, voided(entry), skip, fold)?;
                log = merging.unite(entry, None)?;
                fold.done.borrow_mut().insert((entry.id, skip.clone()), log.clone());
            } else if skip.contains(&entry.id) || step_or_void(&mut log, entry, skip, fold.step)? {
                log.pass_over(entry);
            }
        }
        fold.done.borrow_mut().insert((*tip, skip.clone()), log.clone());
        Ok(log)
    }

    fn fork(&self, parents: [EntryId; 2], skip: &BTreeSet<EntryId>, fold: Fold<'_>) -> Result<Fork, LogError> {
        let parting = self.parting(parents)?;
        let sides = [self.at(&parents[0], skip, fold)?, self.at(&parents[1], skip, fold)?];
        Ok(Fork { base: self.base(&parting, skip, fold)?, sides, only: parting.only })
    }

    /// The circle where two branches part. If they met crosswise it is what their last two entries in common come to, without what an
    /// entry of either branch that unites says is void: so both had it, or have less.
    pub(super) fn base(
        &self,
        parting: &Parting,
        skip: &BTreeSet<EntryId>,
        fold: Fold<'_>,
    ) -> Result<CircleLog, LogError> {
        match parting.tips[..] {
            [tip] => self.at(&tip, skip, fold),
            [first, second] => {
                let fork = self.fork([first, second], skip, fold)?;
                let united = parting.only.iter().flatten().filter_map(|id| self.get(id)).flat_map(voided);
                let void = united.filter(|id| fork.only.iter().any(|only| only.contains(id))).collect();
                Ok(self.joined(fork, void, skip, fold)?.log)
            }
            _ => Err(LogError::StaleHead),
        }
    }

    /// Where two branches part, and the entries that only one of them has.
    pub(super) fn parting(&self, parents: [EntryId; 2]) -> Result<Parting, LogError> {
        let [first, second] = [self.before(&parents[0])?, self.before(&parents[1])?];
        let common: HashSet<EntryId> = first.intersection(&second).copied().collect();
        let within =
            |id: &EntryId| self.entries.get(id).map(|entry| entry.public.parents.as_slice()).unwrap_or_default();
        let inner: HashSet<EntryId> = common.iter().flat_map(within).copied().collect();
        let tips: BTreeSet<EntryId> = common.difference(&inner).copied().collect();
        if common.contains(&parents[0]) || common.contains(&parents[1]) {
            return Err(LogError::StaleHead);
        }
        Ok(Parting { tips: tips.into_iter().collect(), only: [&first - &common, &second - &common] })
    }

    /// An entry and all before it.
    fn before(&self, tip: &EntryId) -> Result<HashSet<EntryId>, LogError> {
        let (mut found, mut open) = (HashSet::new(), vec![*tip]);
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(&self.entries.get(&id).ok_or(LogError::StaleHead)?.public.parents);
            }
        }
        Ok(found)
    }
}

/// Applies an entry. `true` if it comes to nothing without those that are passed over.
fn step_or_void(
    log: &mut CircleLog,
    entry: &ParsedEntry,
    skip: &BTreeSet<EntryId>,
    step: Step<'_>,
) -> Result<bool, LogError> {
    match step(log, entry) {
        Ok(passed_over) => Ok(passed_over),
        Err(_) if !skip.is_empty() => Ok(true),
        Err(error) => Err(error),
    }
}
