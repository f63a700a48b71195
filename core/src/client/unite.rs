//! Two heads of one control log (protocol §3.5, decision 0023). A relay that was put back has taken another change where this device
//! holds one that the relay forgot; or it lies. Both branches are kept. Whoever is left in both and holds the keys of both unites
//! them, in the push that brings the branch; everybody else waits for that, in this circle only.

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, ParsedEntry, Subject};
use tvaers_wire::ids::{CircleId, DeviceId, EntryId, PersonId};
use tvaers_wire::log::{Branches, CircleLog, LogError, Merging};

use super::boxes::box_anew;
use super::known::Circle;
use super::process::{Unwrapping, with_those_before};
use super::push::Batch;
use super::{ClientError, Device, Known};
use crate::circle::{Draft, unite};
use crate::keys::Root;
use crate::moment::Moment;
use crate::store::entries::{self, EntryState, HeldEntry};
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, inbox, unsent};

/// Why what is to be sealed in a circle waits, while the relay follows its other branch.
pub(super) const TWO_HEADS: &str = "two-heads";
/// Entries of another branch that are kept for one circle. A relay that shows more of them than a circle changes in years wants to fill
/// the store.
const KEPT: usize = 256;

/// What this device needs to unite two heads.
struct Uniting {
    heads: [EntryId; 2],
    merging: Merging,
    roots: [Option<Root>; 2],
    /// The entries that only one of the branches has: the relay lacks some of them.
    branches: Vec<HeldEntry>,
}

/// Somebody has united the branches: what only the other one had is accepted before it.
pub(super) fn join_branch(
    tx: &Transaction<'_>,
    known: &Known,
    circle: &mut Circle,
    entry: &ParsedEntry,
    own: &DeviceId,
) -> Result<Result<(), LogError>, ClientError> {
    let accepted = parsed(&entries::of(tx, &entry.circle)?)?;
    let branches = Branches::of(accepted.iter().chain(&circle.aside));
    let log = match branches.merge(&circle.log, entry, &known.vouched, known) {
        Ok(log) => log,
        Err(error) => return Ok(Err(error)),
    };
    let tips = entry.public.united().into_iter().flatten();
    for new in tips.filter_map(|tip| branches.beyond(&circle.log, &tip)).flatten() {
        entries::accept(tx, &new.id)?;
    }
    circle.aside.retain(|aside| !log.has(&aside.id));
    circle.log = log;
    // Of two cuts the further one counts now.
    inbox::wake_all_in(tx, circle.row, own)?;
    Ok(Ok(()))
}

impl Device {
    /// Keeps an entry that was made on an older head, if it is signed and everything before it is here: it is part of another branch.
    pub(super) fn keep_branch(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        entry: ParsedEntry,
    ) -> Result<(), ClientError> {
        let key = known.vouched.signing_key(&entry.public.device).copied();
        let recovery = known.vouched.recovery_key(&entry.public.device).map(|keys| keys.signing.0);
        let Some(circle) = known.circles.get_mut(&entry.circle) else { return Ok(()) };
        let follows = entry.public.parents.iter().all(|parent| circle.knows(parent));
        let Some(key) = key.or(recovery).filter(|_| follows) else { return Ok(()) };
        if entry.verify(&key).is_err() {
            entries::set_state(tx, &entry.id, EntryState::Aside, Some("not signed by its signer"))?;
        } else if circle.aside.len() >= KEPT {
            entries::set_state(tx, &entry.id, EntryState::Aside, Some("made on an older head"))?;
        } else {
            entries::set_state(tx, &entry.id, EntryState::Branch, None)?;
            circle.aside.push(entry);
            for id in circle.since_parted() {
                entries::set_unsent(tx, id, false)?;
            }
            // What comes after it waits, and can be kept now.
            (known.upkeep_due, known.entries_due) = (true, true);
        }
        Ok(())
    }

    /// Asks for the heads of every circle to be united that this device can unite.
    pub(super) fn want_united(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        for circle in known.circles.values().filter(|circle| !circle.aside.is_empty()) {
            if self.uniting(tx, known, circle)?.is_some() {
                intents::put(tx, circle.row, &Member::Device(self.secret.id()), &Wanted::United)?;
            }
        }
        Ok(())
    }

    /// Follows the relay's branch where this device's own comes to nothing: whoever let this person in there was out by what the other says,
    /// and by the other this person is in it all the same. Nobody else may have the own branch, to unite it.
    pub(super) fn leave_void_branches(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<(), ClientError> {
        let mut void = Vec::new();
        for circle in known.circles.values().filter(|circle| !circle.aside.is_empty()) {
            if circle.log.subject == Subject::Shared && self.is_on_void_branch(tx, known, circle)? {
                void.push(circle.log.id);
            }
        }
        for circle in &void {
            self.give_way(tx, known, circle)?;
        }
        // The other branch counts once the relay shows it again.
        if void.is_empty() { Ok(()) } else { self.begin_healing_with(tx, known) }
    }

    fn is_on_void_branch(&self, tx: &Transaction<'_>, known: &Known, circle: &Circle) -> Result<bool, ClientError> {
        let (held, beside) = (entries::of(tx, &circle.log.id)?, entries::of_branch(tx, &circle.log.id)?);
        let entries = [parsed(&held)?, parsed(&beside)?].concat();
        let branches = Branches::of(&entries);
        let is_in = |log: &CircleLog| self.is_in(known, log);
        let left_for = |tip: &ParsedEntry| {
            let merging = branches.merging(&circle.log, [circle.log.head(), tip.id], &known.vouched, known);
            merging.is_ok_and(|merging| !is_in(&merging.sides[0]) && is_in(&merging.sides[1]) && is_in(&merging.log))
        };
        Ok(circle.aside.iter().any(left_for))
    }

    /// Circles with two heads, which somebody has to unite before all that is written in them arrives.
    pub fn parted(&self) -> Vec<CircleId> {
        let known = self.known();
        known.circles.values().filter(|circle| !circle.aside.is_empty()).map(|circle| circle.log.id).collect()
    }

    /// Puts what unites two heads into a push, behind the entries that the relay may lack. False if this device cannot.
    pub(super) fn add_united(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        circle: &Circle,
        batch: &mut Batch,
        moment: &mut Moment<'_>,
    ) -> Result<bool, ClientError> {
        let Some(Uniting { heads, merging, roots, branches }) = self.uniting(tx, known, circle)? else {
            return Ok(false);
        };
        let (log, mut draft) = (&merging.log, Draft::default());
        draft.changes.extend(merging.void.iter().map(|entry| Change::Void { entry: *entry }));
        let persons: Vec<PersonId> = known.persons_in(log);
        self.say_who_is_out(tx, known, (&log.subject, &persons, Some(log)), &mut draft)?;
        self.cut(tx, known, circle, &log.members, &mut draft.changes)?;
        for member in log.members.keys() {
            self.recipients(tx, known, member, &mut draft.recipients)?;
        }
        draft.recipients.extend(known.sheets());
        let before = roots.each_ref().map(Option::as_ref);
        // One whose answer was lost goes again as it was.
        let mut unanswered = unsent::unanswered(tx)?.into_iter();
        let made =
            match unanswered.find(|made| made.parsed.circle == circle.log.id && made.parsed.public.parents == heads) {
                Some(made) => made,
                None => match unite(log, heads, before, draft, &self.secret, moment.rng) {
                    Ok((made, _)) => made,
                    Err(_) => return Ok(false),
                },
            };
        if !batch.has_room(branches.len() + 1) {
            // It goes first in the next push.
            batch.full = true;
            return Ok(true);
        }
        entries::put(tx, &made.parsed.id, &log.id, &made.bytes, &made.wraps, (EntryState::Proposed, false))?;
        if roots.iter().any(Option::is_none) {
            box_anew(tx, circle)?;
        }
        for (entry, bytes, wraps) in branches {
            batch.add_entry(&entries::parsed(&bytes)?, bytes, wraps, entries::stamp_of(tx, &entry)?);
        }
        batch.add_change(made);
        Ok(true)
    }

    /// How this device would unite the heads of a circle. `None` if it cannot: it is not left in both, does not hold the key of one, or
    /// not all of a branch has come.
    fn uniting(&self, tx: &Transaction<'_>, known: &Known, circle: &Circle) -> Result<Option<Uniting>, ClientError> {
        let held = entries::of(tx, &circle.log.id)?;
        let beside = entries::of_branch(tx, &circle.log.id)?;
        let entries = [parsed(&held)?, parsed(&beside)?].concat();
        let branches = Branches::of(&entries);
        let inner = |id: &EntryId| circle.aside.iter().any(|aside| aside.public.parents.contains(id));
        // Whoever was cut off and has come back has a say again.
        let is_out = known.vouched.is_out(&self.secret.id());
        for tip in circle.aside.iter().map(|aside| aside.id).filter(|id| !inner(id)) {
            let heads = [circle.log.head(), tip];
            let Ok(merging) = branches.merging(&circle.log, heads, &known.vouched, known) else { continue };
            let logs = merging.sides.iter().chain([&merging.log]);
            let rights = |log: &CircleLog| log.rights_of(&self.secret.id(), &self.person, None, known);
            if !logs
                .into_iter()
                .all(|log| rights(log).is_some() && !(is_out && log.is_cut_off(&self.secret.id(), known)))
            {
                continue;
            }
            let roots = merging.sides.each_ref().map(|side| self.root_of(known, circle, side, &beside, &entries));
            let all_void = |side: &CircleLog| {
                let parted = side.entries.iter().filter(|id| in_one_alone(&merging.sides, id));
                parted.into_iter().all(|id| merging.void.contains(id))
            };
            // Nothing that counts was sealed under the key of a branch that is void from beginning to end.
            if !roots.iter().zip(&merging.sides).all(|(root, side)| root.is_some() || all_void(side)) {
                continue;
            }
            let lacks = |entry: &HeldEntry| in_one_alone(&merging.sides, &entry.0);
            let branches = held.into_iter().chain(beside).filter(lacks).collect();
            return Ok(Some(Uniting { heads, merging, roots, branches }));
        }
        Ok(None)
    }

    /// The root in force on one branch: held, or in a wrap of that branch for this device.
    fn root_of(
        &self,
        known: &Known,
        circle: &Circle,
        side: &CircleLog,
        beside: &[HeldEntry],
        entries: &[ParsedEntry],
    ) -> Option<Root> {
        let wanted = side.epoch()?.entry;
        let (mut roots, mut with) = (circle.roots.clone(), Unwrapping::default());
        for (id, _, wraps) in beside.iter().filter(|(id, ..)| side.has(id)) {
            let entry = entries.iter().find(|entry| entry.id == *id)?;
            for wrap in wraps {
                if let Some(opened) = self.open_wrap(known, (side, &roots), (id, entry), wrap, &mut with) {
                    let learned = with_those_before(side, &roots, opened);
                    roots.extend(learned);
                }
            }
        }
        roots.remove(&wanted)
    }
}

/// True for an entry that not both branches have.
fn in_one_alone(sides: &[CircleLog; 2], entry: &EntryId) -> bool {
    !sides.iter().all(|side| side.has(entry))
}

fn parsed(entries: &[HeldEntry]) -> Result<Vec<ParsedEntry>, StoreError> {
    entries.iter().map(|(_, bytes, _)| entries::parsed(bytes)).collect()
}
