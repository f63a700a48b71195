//! Folding control entries that have come in, and opening the roots they carry.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::Transaction;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Member, ParsedEntry, Subject, Wrap};
use tvaers_wire::ids::{CircleId, EntryId, Fixed};
use tvaers_wire::log::{CircleLog, LogError};

use crate::circle::{open_handed_over, open_sealed};
use crate::client::boxes::box_apart;
use crate::client::known::Circle;
use crate::client::unite::join_branch;
use crate::client::{ClientError, Device, Known};
use crate::keys::{KemKey, Parent, Root, unwrap};
use crate::store::ended::Ended;
use crate::store::entries::{self, EntryState};
use crate::store::{circles, inbox, meta, reach};

/// What is reckoned once while wraps are opened one after another.
#[derive(Default)]
pub(in crate::client) struct Unwrapping {
    /// The key of a batch is wrapped once, and stands beside each of its entries.
    batches: HashMap<Fixed<32>, Root>,
    /// What is wrapped for a person or a team, for the keys that its circle had.
    keys: HashMap<(Subject, EntryId), KemKey>,
}

impl Device {
    /// Accepts every waiting entry that fits. True if circles have changed.
    pub(super) fn accept_entries(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<bool, ClientError> {
        let mut changed = false;
        while std::mem::take(&mut known.entries_due) {
            let mut progress = false;
            for bytes in entries::in_state(tx, EntryState::Waiting)? {
                progress |= self.accept_one(tx, known, &bytes)?;
            }
            progress |= self.open_roots(tx, known)?;
            changed |= progress;
            known.entries_due |= progress;
        }
        if changed {
            (known.upkeep_due, known.ends_due) = (true, true);
            inbox::wake_waiting(tx)?;
        }
        Ok(changed)
    }

    /// Accepts an entry that was made here and that the relay has taken.
    pub(in crate::client) fn accept_own(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        parsed: &ParsedEntry,
    ) -> Result<(), ClientError> {
        // It may have come back in the feed before the answer to its push, perhaps with others on top: its place stands then.
        let folded = known.circles.get(&parsed.circle).is_some_and(|circle| circle.log.entries.contains(&parsed.id));
        if !folded && self.fold(tx, known, parsed)?.is_ok() {
            entries::accept(tx, &parsed.id)?;
            // What is written before the next contact is for this circle, and not for a new one beside it.
            self.open_roots_of(tx, known, &parsed.circle, &mut Unwrapping::default())?;
            // And what waited for the cut that it makes is looked at again.
            inbox::wake_waiting(tx)?;
            self.follow_erasure(tx, known, parsed)?;
            // Two branches of a unit that are united here bring in whoever came in by the other one.
            self.hears_of_team(tx, known, parsed)?;
            (known.upkeep_due, known.ends_due) = (true, true);
            known.arrived(true);
            self.learn_goes_on(tx, known, &parsed.circle)?;
        }
        Ok(())
    }

    fn accept_one(&self, tx: &Transaction<'_>, known: &mut Known, bytes: &[u8]) -> Result<bool, ClientError> {
        let Ok(parsed) = ParsedEntry::from_bytes(bytes) else { return Ok(false) };
        for voucher in &parsed.public.vouchers {
            // A voucher that is not the authority's vouches for nothing; the entry is judged without it.
            if known.learn(voucher).is_ok() && meta::put_statement(tx, &voucher.to_bytes())? {
                known.upkeep_due = true;
                // An entry that was tried before this one may have waited for it.
                known.entries_due = true;
            }
        }
        match self.fold(tx, known, &parsed)? {
            Ok(()) => {
                entries::accept(tx, &parsed.id)?;
                self.yield_to(tx, known, &parsed)?;
                self.withdraw(tx, known, &parsed)?;
                self.send_cut(tx, known, &parsed)?;
                self.follow(tx, known, &parsed)?;
                self.follow_erasure(tx, known, &parsed)?;
                self.was_let_in(tx, known, &parsed)?;
                self.learn_goes_on(tx, known, &parsed.circle)?;
                self.hears_of_team(tx, known, &parsed)?;
                Ok(true)
            }
            Err(LogError::BadSignature | LogError::Mismatch) => {
                entries::set_state(tx, &parsed.id, EntryState::Aside, Some("not signed, or for another circle"))?;
                Ok(false)
            }
            Err(LogError::StaleHead) => {
                self.keep_branch(tx, known, parsed)?;
                Ok(false)
            }
            // What is missing may still come: a certificate, a charter, a circle, the entry before.
            Err(_) => Ok(false),
        }
    }

    /// Whoever is in a team by this entry may have written where the team is before this device heard of it.
    fn hears_of_team(&self, tx: &Transaction<'_>, known: &Known, entry: &ParsedEntry) -> Result<(), ClientError> {
        let Subject::Team(team) = entry.public.subject else { return Ok(()) };
        let lets_in = entry.public.changes.iter().any(|change| matches!(change, Change::Add { .. }));
        if !lets_in && entry.public.united().is_none() {
            return Ok(());
        }
        let mut where_it_is = known.circles.values().filter(|circle| circle.log.was_member(&Member::Team(team)));
        Ok(where_it_is.try_for_each(|circle| inbox::wake_all_in(tx, circle.row, &self.secret.id()))?)
    }

    fn fold(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        parsed: &ParsedEntry,
    ) -> Result<Result<(), LogError>, ClientError> {
        let row = circles::row(tx, &parsed.circle)?;
        if parsed.public.circle.is_none() {
            if known.circles.contains_key(&parsed.circle) {
                return Ok(Ok(()));
            }
            return Ok(CircleLog::found(parsed, &known.vouched, known).map(|log| {
                let subject = log.subject;
                known.hold(Circle::new(row, log));
                known.put_in_force(subject, parsed.circle);
            }));
        }
        // The circle leaves the map while it is folded, since folding asks the map about teams.
        let Some(mut circle) = known.circles.remove(&parsed.circle) else { return Ok(Err(LogError::StaleHead)) };
        let folded = if circle.log.has(&parsed.id) {
            Ok(Ok(()))
        } else if parsed.public.united().is_some() {
            join_branch(tx, known, &mut circle, parsed, &self.secret.id())
        } else {
            Ok(circle.log.append(parsed, &known.vouched, known))
        };
        known.circles.insert(parsed.circle, circle);
        folded
    }

    /// Opens roots that this device has wraps for and does not hold yet.
    fn open_roots(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<bool, ClientError> {
        // What this person's time is over for is not opened again.
        let closed = known.circles.values().filter(|circle| circle.root().is_none());
        let closed = closed.filter(|circle| self.ended(known, &circle.log) < Ended::Gone);
        let closed: Vec<CircleId> = closed.map(|circle| circle.log.id).collect();
        let (mut opened, mut with) = (false, Unwrapping::default());
        for id in closed {
            opened |= self.open_roots_of(tx, known, &id, &mut with)?;
        }
        Ok(opened)
    }

    /// The same of one circle.
    fn open_roots_of(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        id: &CircleId,
        with: &mut Unwrapping,
    ) -> Result<bool, ClientError> {
        let mut opened = false;
        if known.circles.get(id).is_none_or(|circle| circle.root().is_some()) {
            return Ok(false);
        }
        for (entry, bytes, wraps) in entries::of(tx, id)? {
            let Ok(parsed) = ParsedEntry::from_bytes(&bytes) else { continue };
            for wrap in &wraps {
                let Some(Circle { log, roots, .. }) = known.circles.get(id) else { continue };
                let of = (&entry, &parsed);
                let opened_now = self.open_wrap(known, (log, roots), of, wrap, with);
                let Some((epoch, root)) = opened_now else { continue };
                self.learn_root(tx, known, id, epoch, root)?;
                opened = true;
            }
        }
        Ok(opened)
    }

    /// A root that is not held yet, of a log with this entry, by a wrap for this device.
    pub(in crate::client) fn open_wrap(
        &self,
        known: &Known,
        (log, roots): (&CircleLog, &HashMap<EntryId, Root>),
        (entry, parsed): (&EntryId, &ParsedEntry),
        wrap: &Wrap,
        with: &mut Unwrapping,
    ) -> Option<(EntryId, Root)> {
        let listed =
            parsed.public.wraps.iter().find(|listed| listed.member == wrap.member && listed.hash == wrap.hash())?;
        let epoch = log.epoch_at(entry)?;
        if roots.contains_key(&epoch.entry) {
            return None;
        }
        let binding = parsed.handed_over.as_ref().map_or(&epoch.binding, |handed| &handed.binding);
        let mut theirs = |subject| {
            let epoch = listed.epoch?;
            let key = match with.keys.entry((subject, epoch)) {
                Entry::Occupied(reckoned) => reckoned.into_mut(),
                Entry::Vacant(new) => new.insert(known.kem_key(subject, &epoch)?),
            };
            unwrap(&wrap.bytes, key, binding, &wrap.member).ok()
        };
        let mut unwrapped = || match wrap.member {
            Member::Device(device) if device == self.secret.id() => {
                unwrap(&wrap.bytes, self.secret.kem(), binding, &wrap.member).ok()
            }
            Member::Person(person) if person == self.person => theirs(Subject::Person(person)),
            Member::Team(team) => theirs(Subject::Team(team)),
            _ => None,
        };
        let root = match &parsed.handed_over {
            None => unwrapped()?,
            Some(handed) => {
                let key = match with.batches.entry(listed.hash) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(unwrapped()?),
                };
                open_handed_over(parsed, handed, key)?
            }
        };
        (root.commitment() == epoch.root_commitment).then_some((epoch.entry, root))
    }

    /// Holds a root from now on with those before it that are sealed under it, and reads what the circle is for.
    fn learn_root(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        id: &CircleId,
        epoch: EntryId,
        root: Root,
    ) -> Result<(), ClientError> {
        let Some(circle) = known.circles.get_mut(id) else { return Ok(()) };
        let held_others = !circle.roots.is_empty();
        for (epoch, root) in with_those_before(&circle.log, &circle.roots, (epoch, root)) {
            circles::put_root(tx, id, &epoch, &root)?;
            circle.roots.insert(epoch, root);
        }
        let row = circle.row;
        if held_others {
            box_apart(tx, circle)?;
        }
        reach::resume(tx, row)?;
        self.owe_cuts(tx, known, row)?;
        let Some(circle) = known.circles.get_mut(id) else { return Ok(()) };
        let Some(root) = circle.roots.get(&id.founding_entry()) else { return Ok(()) };
        if circle.purpose.is_none() && circle.log.subject == Subject::Shared {
            let founding = entries::of(tx, id)?.into_iter().next();
            let sealed = founding.and_then(|(_, bytes, _)| ParsedEntry::from_bytes(&bytes).ok());
            circle.purpose = sealed.as_ref().and_then(|parsed| open_sealed(parsed, root)?.purpose);
            if let (Some(purpose), Some(founding)) = (circle.purpose, sealed) {
                circles::set_purpose(tx, circle.row, purpose)?;
                self.learn_continues(tx, circle, &founding)?;
                self.follow_all(tx, known, id)?;
            }
        }
        self.learn_goes_on(tx, known, id)
    }
}

/// A root that was opened, with those before it that it opens and that are not held yet.
pub(in crate::client) fn with_those_before(
    log: &CircleLog,
    held: &HashMap<EntryId, Root>,
    opened: (EntryId, Root),
) -> HashMap<EntryId, Root> {
    let (mut open, mut learned) = (vec![opened], HashMap::new());
    while let Some((epoch, root)) = open.pop() {
        // Two branches lead to the same past.
        if !held.contains_key(&epoch) && !learned.contains_key(&epoch) {
            open.extend(before(log, &epoch, &root));
            learned.insert(epoch, root);
        }
    }
    learned
}

/// The epochs before this one with their roots, which this one's holders can open: of each branch the newest that its maker held, known
/// by what its entry commits to.
fn before(log: &CircleLog, epoch: &EntryId, root: &Root) -> Vec<(EntryId, Root)> {
    let Some(number) = log.epochs.iter().position(|known| known.entry == *epoch) else { return Vec::new() };
    let (this, older) = (&log.epochs[number], &log.epochs[..number]);
    let opened = this.history.iter().zip(Parent::BOTH).filter_map(|(sealed, parent)| {
        let opened = root.open_history(sealed, parent, &this.binding)?;
        let of = older.iter().find(|older| older.root_commitment == opened.commitment())?;
        Some((of.entry, opened))
    });
    opened.collect()
}
