//! The control log of a circle (protocol §3.3): what its public entries come to. The relay and every reader fold the same
//! entries with this code, so they cannot disagree about who is a member.

mod allowed;
mod branches;
mod change;
mod counts;
mod earlier;
mod erasure;
mod in_force;
mod merge;
mod owed;
mod recovery;
mod united;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::bytes::Bytes;
use crate::entry::{Cut, Member, ParsedEntry, Rights, Subject};
use crate::ids::{CircleId, DeviceId, EntryId, Fixed, Installation, PersonId, TeamId};
use crate::limits;
use crate::vouched::Vouched;

pub use branches::Branches;
use change::verified_signer;
pub use counts::Discounted;
use counts::strongest;
pub use earlier::Earlier;
pub use erasure::{Act, Asked, Erasure};
pub use in_force::InForce;
pub use merge::Merging;

/// Why an entry does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The signer's device is not vouched for.
    #[error("the signer's device is not known")]
    UnknownDevice,
    /// The circle of the signer's person does not list the device, as far as it is known here.
    #[error("the signer's device is not one that its person has taken in")]
    NotListed,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
    /// Not made on the present head.
    #[error("the entry was not made on the circle's head")]
    StaleHead,
    /// The signer may not change this circle, or not in this way.
    #[error("the signer may not make this change")]
    NotAllowed,
    /// A device or person that the authority has not vouched for.
    #[error("a member or a cut device is not vouched for by the authority")]
    NotVouched,
    /// The entry is about another circle, or about none.
    #[error("the entry does not fit this circle")]
    Mismatch,
}

/// What a member may do, and until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Membership {
    /// Rights.
    pub rights: Rights,
    /// Unix seconds after which it has ended.
    pub until: Option<u64>,
}

impl Membership {
    /// True if it has an end, and that has come by now (Unix seconds).
    pub fn has_ended(&self, now: u64) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// An epoch: the entry that began it and what it committed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Epoch {
    /// The entry.
    pub entry: EntryId,
    /// Who drew its root, and so has it.
    pub drawn_by: DeviceId,
    /// Commitment to its root.
    pub root_commitment: [u8; 32],
    /// The key to which others wrap; person and team circles only.
    pub kem: Option<Box<Fixed<{ limits::KEM_PUBLIC }>>>,
    /// What wraps of this epoch's root are bound to.
    pub binding: [u8; 32],
    /// Roots of older epochs, sealed under this one's: one for each parent of the entry, empty if its maker held none.
    pub history: Vec<Bytes>,
    /// Of which epoch that is, if it is an older one than the parent's.
    pub leads_to: Option<EntryId>,
}

/// A circle as its accepted entries leave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CircleLog {
    /// The circle.
    pub id: CircleId,
    /// What it is.
    pub subject: Subject,
    /// Members and their rights now.
    pub members: BTreeMap<Member, Membership>,
    /// Every change of membership with the number of the entry that made it; `None` is a removal.
    pub past: Vec<(usize, Member, Option<Membership>)>,
    /// Accepted entries, oldest first. The last is the head.
    pub entries: Vec<EntryId>,
    /// For each of them the epoch that was in force once it was in.
    pub in_force: Vec<EntryId>,
    /// Epochs, oldest first. The last is current; there is always one.
    pub epochs: Vec<Epoch>,
    /// What counts of installations whose writers may not write any more.
    pub cuts: HashMap<Installation, Cut>,
    /// Devices cut off here, each with the newest serial by which that entry's vouchers put anybody out. Who came back after it and is
    /// put out again is not cut off yet.
    pub cut_off: BTreeMap<DeviceId, u64>,
    /// Somebody was removed since the key in force was drawn, and may hold it.
    pub leaked: bool,
    /// For whom the key in force is wrapped, and under which keys of theirs; `None` is a device's own. Whoever takes a case over has its
    /// key a second time.
    pub wrapped: BTreeMap<Member, BTreeSet<Option<EntryId>>>,
    /// Of a team: the newest charter that an entry has brought. Additions are judged by it, so that every reader, however
    /// late, judges them as the relay did.
    pub charter: Charter,
    /// What is to be erased, what is, and whether anything may be.
    pub erasure: Erasure,
}

/// Who is in a team, by the serial of the statement that says so.
pub type Charter = Option<(u64, Vec<PersonId>)>;

impl CircleLog {
    /// Founds a circle. Vouchers in the entry must have been learned before.
    ///
    /// # Errors
    /// [`LogError`]: the signer is unknown, is not among the members, or a member is not vouched for.
    pub fn found(entry: &ParsedEntry, vouched: &Vouched, force: &impl InForce) -> Result<Self, LogError> {
        if entry.public.circle.is_some() {
            return Err(LogError::Mismatch);
        }
        let mut log = Self::empty(entry);
        let person = verified_signer(entry, vouched)?;
        log.check_listed(&entry.public.device, &person, force)?;
        log.take_vouchers(entry, vouched)?;
        if log.is_silenced(&entry.public.device, force) {
            return Err(LogError::NotAllowed);
        }
        log.may_change(entry, vouched, force)?;
        log.change(entry)?;
        let in_team = |team: &TeamId| force.counts_in_team(&person, team);
        let founder = strongest(&log.members, &entry.public.device, &person, None, in_team);
        // A founder is in what it founds, but need not manage it: a line is managed by its coordinator.
        let allowed = match log.subject {
            Subject::Person(subject) => subject == person && founder.is_some(),
            Subject::Team(_) | Subject::Municipality => founder.is_some(),
            Subject::Shared => founder >= Some(Rights::Write),
        };
        if allowed { Ok(log) } else { Err(LogError::NotAllowed) }
    }

    /// Appends an entry made on the head.
    ///
    /// # Errors
    /// [`LogError`]; the log is unchanged then.
    pub fn append(&mut self, entry: &ParsedEntry, vouched: &Vouched, force: &impl InForce) -> Result<(), LogError> {
        if entry.public.circle != Some(self.id) || entry.public.subject != self.subject {
            return Err(LogError::Mismatch);
        }
        let person = match vouched.recovery_key(&entry.public.device) {
            Some(keys) => entry.verify(&keys.signing.0).map(|()| None).map_err(|_| LogError::BadSignature)?,
            None => Some(verified_signer(entry, vouched)?),
        };
        if let Some(person) = &person {
            self.check_listed(&entry.public.device, person, force)?;
        }
        if entry.public.parents != [self.head()] {
            return Err(LogError::StaleHead);
        }
        let allowed = match person {
            Some(person) => self.may_append(entry, &person, force),
            None => self.may_restore(entry, vouched, force),
        };
        if !allowed {
            return Err(LogError::NotAllowed);
        }
        let before = self.take_vouchers(entry, vouched)?;
        let changed = self.may_change(entry, vouched, force).and_then(|()| self.change(entry));
        if changed.is_err() {
            self.charter = before;
        }
        changed
    }

    /// Folds entries that were accepted before, without verifying them again: they come from one's own encrypted store. The last is
    /// the head.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a ParsedEntry>) -> Option<Self> {
        let entries: Vec<&ParsedEntry> = entries.into_iter().collect();
        if entries.iter().any(|entry| entry.public.united().is_some()) {
            let head = entries.last()?.id;
            return Branches::of(entries).accepted(&head).ok();
        }
        let mut log = Self::empty(entries.first()?);
        entries.into_iter().try_for_each(|entry| log.apply(entry)).ok()?;
        Some(log)
    }

    /// True if the entry is in.
    pub fn has(&self, entry: &EntryId) -> bool {
        self.entries.contains(entry)
    }

    /// The epoch that was in force once this entry was in.
    pub fn epoch_at(&self, entry: &EntryId) -> Option<&Epoch> {
        let at = self.entries.iter().position(|known| known == entry)?;
        self.epochs.iter().find(|epoch| epoch.entry == self.in_force[at])
    }

    /// The entry to build on.
    pub fn head(&self) -> EntryId {
        self.entries.last().copied().unwrap_or(self.id.founding_entry())
    }

    /// The current epoch. There is always one: a founding entry without an epoch does not parse.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.epochs.last()
    }

    /// The entry that began the current epoch.
    fn epoch_entry(&self) -> Option<EntryId> {
        self.epoch().map(|epoch| epoch.entry)
    }

    /// The strongest rights that a device of this person has here, or `None` if it is no member, or out. With `now` (Unix
    /// seconds), memberships that have ended do not count.
    pub fn rights_of(
        &self,
        device: &DeviceId,
        person: &PersonId,
        now: Option<u64>,
        force: &impl InForce,
    ) -> Option<Rights> {
        if force.is_out(device) {
            return None;
        }
        strongest(&self.members, device, person, now, |team| force.in_team(person, team))
    }

    /// True if this entry takes rights that its signer has only by a membership that has ended by now (Unix seconds).
    pub fn is_late(&self, entry: &ParsedEntry, person: &PersonId, now: u64, force: &impl InForce) -> bool {
        // Whoever is left in both may unite two heads, whatever their rights.
        let needed = if entry.public.united().is_some() { Rights::Read } else { self.needed_for(entry) };
        let held = |now| self.rights_of(&entry.public.device, person, now, force);
        held(None) >= Some(needed) && held(Some(now)) < Some(needed)
    }

    /// True if this log has said what still counts of a device, since it is out.
    pub fn is_cut_off(&self, device: &DeviceId, force: &impl InForce) -> bool {
        self.cut_off.get(device).is_some_and(|said| force.out_since(device).is_none_or(|since| since <= *said))
    }
}

#[cfg(test)]
mod tests;
