//! Erasure (protocol §3.6, decision 0029): what a manager asks to have erased, another person agrees to. The relay and every reader
//! then drop the same chunks. A hold forbids it.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::{Change, Cut, ParsedEntry, Subject};
use crate::ids::{ChunkId, DeviceId, EntryId, Installation};
use crate::vouched::Vouched;

use super::{CircleLog, LogError};

/// What somebody else has to agree to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// That these chunks are erased.
    Erase(Vec<Cut>),
    /// That the hold ends.
    Lift,
}

/// What was asked for, and by which device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Who asks.
    pub by: DeviceId,
    /// For what.
    pub act: Act,
}

/// What a circle's log says of what is kept in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Erasure {
    /// What nobody has agreed to yet, by the entry that asks for it.
    pub asked: BTreeMap<EntryId, Asked>,
    /// What was agreed to: the entry that asked, and the one that agreed.
    pub agreed: BTreeMap<EntryId, EntryId>,
    /// True while nothing may be erased.
    pub held: bool,
    /// What is erased. By its place, since it is asked for by that too.
    erased: BTreeSet<(Installation, u64, ChunkId)>,
}

impl Erasure {
    /// True if nothing was asked for yet, and nothing is held.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.agreed.is_empty() && !self.held
    }

    /// True if this chunk is erased.
    pub fn has(&self, installation: &Installation, counter: u64, chunk: &ChunkId) -> bool {
        self.erased.contains(&(*installation, counter, *chunk))
    }

    /// The chunks of an installation that are erased, with counters in this range.
    pub fn within(&self, installation: &Installation, from: u64, to: u64) -> impl Iterator<Item = (u64, ChunkId)> {
        let (least, most) = (ChunkId::new([0; 32]), ChunkId::new([0xff; 32]));
        let range = (*installation, from, least)..=(*installation, to.max(from), most);
        self.erased.range(range).filter(move |_| from <= to).map(|(_, counter, chunk)| (*counter, *chunk))
    }

    /// What is erased, of whichever installation.
    pub fn all(&self) -> impl Iterator<Item = Cut> {
        self.erased.iter().map(|(installation, counter, chunk)| Cut {
            installation: *installation,
            counter: *counter,
            chunk: *chunk,
        })
    }

    /// True if this is erased, or somebody has asked for it.
    pub fn is_asked(&self, place: &Cut) -> bool {
        let asked = |asked: &Asked| matches!(&asked.act, Act::Erase(chunks) if chunks.contains(place));
        self.has(&place.installation, place.counter, &place.chunk) || self.asked.values().any(asked)
    }

    /// Takes an entry that is allowed.
    pub(super) fn take(&mut self, entry: &ParsedEntry) {
        for change in &entry.public.changes {
            match change {
                Change::Erase { chunks } => self.ask(entry, Act::Erase(chunks.clone())),
                Change::Lift => self.ask(entry, Act::Lift),
                Change::Hold => self.held = true,
                Change::Agree { entry: asking } => {
                    match self.asked.remove(asking).map(|asked| asked.act) {
                        Some(Act::Erase(chunks)) => {
                            self.erased
                                .extend(chunks.iter().map(|chunk| (chunk.installation, chunk.counter, chunk.chunk)));
                        }
                        Some(Act::Lift) => self.held = false,
                        None => {}
                    }
                    self.agreed.insert(*asking, entry.id);
                }
                Change::Add { .. } | Change::Remove { .. } | Change::CutOff { .. } | Change::Void { .. } => {}
            }
        }
    }

    fn ask(&mut self, entry: &ParsedEntry, act: Act) {
        self.asked.insert(entry.id, Asked { by: entry.public.device, act });
    }

    /// What two branches come to: what is erased on one is gone, and a hold on one holds. `has` says which of the two has an entry.
    pub(super) fn united(&self, other: &Self, has: impl Fn(&EntryId) -> [bool; 2]) -> Self {
        let mut both = self.clone();
        both.erased.extend(&other.erased);
        both.agreed.extend(&other.agreed);
        both.held |= other.held;
        // What both have asked for and only one still waits for was agreed to on the other.
        let waits = |entry: &EntryId| {
            [self, other].iter().zip(has(entry)).all(|(branch, has)| !has || branch.asked.contains_key(entry))
        };
        both.asked.extend(other.asked.iter().map(|(entry, asked)| (*entry, asked.clone())));
        both.asked.retain(|entry, _| waits(entry));
        both
    }
}

impl CircleLog {
    /// An entry about erasure does nothing else, in a circle that is shared. What is asked for takes somebody else, whichever device
    /// they have, and nothing is erased or asked for while there is a hold.
    pub(super) fn may_erase(&self, entry: &ParsedEntry, vouched: &Vouched) -> Result<(), LogError> {
        let public = &entry.public;
        let [change] = public.changes.as_slice() else { return Err(LogError::NotAllowed) };
        let alone = public.epoch.is_none() && public.wraps.is_empty() && entry.handed_over.is_none();
        let allowed = match change {
            Change::Erase { chunks } => !self.erasure.held && !chunks.is_empty(),
            Change::Hold => !self.erasure.held,
            Change::Lift => self.erasure.held,
            Change::Agree { entry: asking } => self.erasure.asked.get(asking).is_some_and(|asked| {
                let (asks, agrees) = (vouched.person(&asked.by), vouched.person(&public.device));
                let by_another = asks.is_some() && agrees.is_some() && asks != agrees;
                by_another && !(self.erasure.held && matches!(asked.act, Act::Erase(_)))
            }),
            _ => false,
        };
        if allowed && alone && self.subject == Subject::Shared { Ok(()) } else { Err(LogError::NotAllowed) }
    }
}
