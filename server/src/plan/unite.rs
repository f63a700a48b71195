//! Two heads in one push: entries that were not made on the head are kept until the push has ended, for one that unites their
//! branch with it may follow. All of them are taken together, or none.

use tvaers_wire::entry::{ParsedEntry, Wrap};
use tvaers_wire::ids::EntryId;
use tvaers_wire::log::{Branches, CircleLog};
use tvaers_wire::message::{Pushed, Refused};

use super::Plan;
use crate::rules::{self, Listed, Refusal};
use crate::world::Circle;

/// Merges of one circle that fail in one push before no other is looked at: each costs folding the log. After a restore a merge may
/// itself be in a branch.
const FAILED: usize = 4;

/// An entry with its bytes and its wraps, as they came.
type Came<'j> = (&'j ParsedEntry, &'j [u8], &'j [Wrap]);

/// An entry that is to be written.
pub(super) type New<'j> = (&'j ParsedEntry, &'j [u8], Vec<Listed<'j>>);

/// An entry that was not made on the head.
#[derive(Debug)]
pub(super) struct Aside<'j> {
    /// Its place in the push.
    pub(super) place: usize,
    /// This relay had accepted it before.
    stamped: bool,
    /// An entry after it has united its branch with the log.
    pub(super) taken: bool,
    came: Came<'j>,
}

impl<'j> Plan<'_, 'j> {
    /// The entries among which one that unites two heads finds both branches; none for any other.
    pub(super) fn branches(&self, entry: &ParsedEntry) -> Branches<'_> {
        let failed = |aside: &&Aside<'j>| aside.came.0.circle == entry.circle && aside.came.0.public.united().is_some();
        if entry.public.united().is_none() || self.aside.iter().filter(failed).count() >= FAILED {
            return Branches::of([]);
        }
        let stored = self.facts.logs.get(&entry.circle).into_iter().flatten();
        let beside = self.aside.iter().map(|aside| aside.came.0);
        let of_circle = stored.chain(self.folded.iter().copied()).chain(beside).filter(|e| e.circle == entry.circle);
        Branches::of(of_circle)
    }

    pub(super) fn keep_aside(
        &mut self,
        (place, stamped): (usize, bool),
        result: &Result<Pushed, Refusal>,
        came: Came<'j>,
    ) {
        let stale = matches!(result, Err(refusal) if refusal.reason == Refused::StaleHead);
        if stale || (result.is_err() && came.0.public.united().is_some()) {
            self.aside.push(Aside { place, stamped, taken: false, came });
        }
    }

    /// True for an entry of this push that waits here, and that this relay had accepted before.
    pub(super) fn is_stamped(&self, entry: &EntryId) -> bool {
        self.aside.iter().any(|aside| aside.stamped && aside.came.0.id == *entry)
    }

    /// What a log has gained beside this entry: the branch that it unites with the one that was here, oldest first.
    pub(super) fn take_branch(
        &mut self,
        before: Option<&Circle>,
        after: &CircleLog,
        entry: &ParsedEntry,
    ) -> Vec<New<'j>> {
        let is_new = |id: &&EntryId| **id != entry.id && before.is_some_and(|circle| !circle.log.has(id));
        let mut new = Vec::new();
        for id in after.entries.iter().filter(is_new) {
            let Some(aside) = self.aside.iter_mut().find(|aside| aside.came.0.id == *id) else { continue };
            aside.taken = true;
            let (entry, bytes, wraps) = aside.came;
            // A wrap that is not of its entry harms only whoever sent it.
            new.push((entry, bytes, rules::listed(entry, wraps).unwrap_or_default()));
        }
        new
    }
}
