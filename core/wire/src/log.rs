//! The control log of a circle (protocol §3.3): what its public entries come to. The relay and every reader fold the same
//! entries with this code, so they cannot disagree about who is a member.

use std::collections::{BTreeMap, HashMap};

use crate::bytes::Bytes;
use crate::chunk::{ChunkHeader, ParsedChunk};
use crate::codec::Canonical;
use crate::entry::{Change, Cut, Member, ParsedEntry, Rights, Subject};
use crate::ids::{ChunkId, CircleId, DeviceId, EntryId, Fixed, Installation, PersonId, TeamId};
use crate::limits;
use crate::statement::{Claim, Statement};
use crate::vouched::Vouched;

/// Which circles are in force for whom; the relay and a client answer this from what they hold.
pub trait InForce {
    /// The log of the circle in force of a person or team.
    fn log_of(&self, member: &Member) -> Option<&CircleLog>;

    /// True if the person or team has a circle, so that a key can be wrapped to it.
    fn has_circle(&self, member: &Member) -> bool {
        self.log_of(member).is_some()
    }

    /// True if the person is in the team's circle now.
    fn in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.log_of(&Member::Team(*team)).is_some_and(|log| log.members.contains_key(&Member::Person(*person)))
    }

    /// True if the person is in the team's circle now or was once.
    fn was_in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        self.log_of(&Member::Team(*team)).is_some_and(|log| log.was_member(&Member::Person(*person)))
    }

    /// True if keys can be wrapped to the circle's key. Whoever founds a circle with a key that is none harms nobody else.
    fn takes_wraps(&self, log: &CircleLog) -> bool {
        log.epoch().is_some_and(|epoch| epoch.kem.is_some())
    }

    /// True for the relay, which judges an entry while it is the newest. A reader may meet it much later, when its signer has
    /// left the team by which it was allowed.
    fn judges_the_present(&self) -> bool {
        false
    }
}

/// Why a chunk does not count (protocol §4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Discounted {
    /// The control entry that it names is not one of this circle's, or has not arrived.
    #[error("the chunk names a control entry that is not known here")]
    UnknownHead,
    /// The writer was no member, or only a reader, at the control entry named.
    #[error("the writer was not allowed to write")]
    NotAMember,
    /// The writer may not write any more, and no cut covers the chunk.
    #[error("the chunk is not covered by what was left of its writer")]
    BeyondCut,
}

/// Why an entry does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The signer's device is not vouched for.
    #[error("the signer's device is not known")]
    UnknownDevice,
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
    /// The root before, sealed under this one; empty in the first epoch.
    pub history: Vec<Bytes>,
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
    /// Epochs, oldest first. The last is current; there is always one.
    pub epochs: Vec<Epoch>,
    /// What counts of installations whose writers may not write any more.
    pub cuts: HashMap<Installation, Cut>,
    /// Somebody was removed since the key in force was drawn, and may hold it.
    pub leaked: bool,
    /// For whom the key in force is wrapped, and under which key of theirs; `None` is a device's own.
    pub wrapped: BTreeMap<Member, Option<EntryId>>,
    /// Of a team: the newest charter that an entry has brought. Additions are judged by it, so that every reader, however
    /// late, judges them as the relay did.
    pub charter: Option<(u64, Vec<PersonId>)>,
}

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
        log.charter = newest_charter(&log, entry, Some(vouched))?;
        log.may_change(entry, vouched, force)?;
        log.change(entry)?;
        let founder = log.rights_of(&entry.public.device, &person, None, force);
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
        let person = verified_signer(entry, vouched)?;
        if entry.public.parents != [self.head()] {
            return Err(LogError::StaleHead);
        }
        if !self.may_append(entry, &person, force) {
            return Err(LogError::NotAllowed);
        }
        let charter = newest_charter(self, entry, Some(vouched))?;
        let before = std::mem::replace(&mut self.charter, charter);
        let changed = self.may_change(entry, vouched, force).and_then(|()| self.change(entry));
        if changed.is_err() {
            self.charter = before;
        }
        changed
    }

    /// Folds entries that were accepted before, without verifying them again: they come from one's own encrypted store.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a ParsedEntry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let founding = entries.next()?;
        let mut log = Self::empty(founding);
        log.charter = newest_charter(&log, founding, None).ok()?;
        log.change(founding).ok()?;
        for entry in entries {
            log.charter = newest_charter(&log, entry, None).ok()?;
            log.change(entry).ok()?;
        }
        Some(log)
    }

    /// The entry to build on.
    pub fn head(&self) -> EntryId {
        self.entries.last().copied().unwrap_or(self.id.founding_entry())
    }

    /// The current epoch. There is always one: a founding entry without an epoch does not parse.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.epochs.last()
    }

    /// The strongest rights that a device of this person has here, or `None` if it is no member. With `now` (Unix seconds),
    /// memberships that have ended do not count.
    pub fn rights_of(
        &self,
        device: &DeviceId,
        person: &PersonId,
        now: Option<u64>,
        force: &impl InForce,
    ) -> Option<Rights> {
        strongest(&self.members, device, person, now, |team| force.in_team(person, team))
    }

    /// True if the key in force is due to be replaced before anything more is sealed under it: somebody who may hold it was
    /// removed, here or further down, or a member cannot reach it. A member circle that itself owes a key is reached through
    /// each of its own members.
    pub fn owes_epoch(&self, force: &impl InForce) -> bool {
        self.leaked || self.is_held_outside(force) || !self.members.keys().all(|member| self.reaches(member, force))
    }

    /// True if the key in force was wrapped for somebody below a member who has left that member's circle since, or was drawn by
    /// a device that has.
    fn is_held_outside(&self, force: &impl InForce) -> bool {
        let drawer = self.epoch().map(|epoch| Member::Device(epoch.drawn_by));
        self.wrapped.keys().chain(&drawer).any(|holder| !self.has_inside(holder, force))
    }

    /// True if this is a member, or in a member's circle, as far as those are known.
    fn has_inside(&self, whom: &Member, force: &impl InForce) -> bool {
        self.members.contains_key(whom)
            || self.members.keys().any(|member| match (member, force.log_of(member)) {
                (Member::Device(_), _) => false,
                (_, log) => log.is_none_or(|theirs| theirs.has_inside(whom, force)),
            })
    }

    fn reaches(&self, member: &Member, force: &impl InForce) -> bool {
        let wrapped = self.wrapped.get(member);
        let Some(theirs) = force.log_of(member) else {
            // Nothing can be wrapped to a person or team without a circle.
            return wrapped.is_some() || !matches!(member, Member::Device(_));
        };
        let current = theirs.epoch().map(|epoch| epoch.entry);
        let directly = wrapped.is_some_and(|epoch| *epoch == current) && !theirs.owes_epoch(force);
        directly || !force.takes_wraps(theirs) || theirs.members.keys().all(|below| self.reaches(below, force))
    }

    /// Whether a chunk counts: its writer could write at the head it names and can now, or a cut of the removal covers it.
    ///
    /// # Errors
    /// [`Discounted`].
    pub fn counts(&self, chunk: &ParsedChunk, writer: &PersonId, force: &impl InForce) -> Result<(), Discounted> {
        let ChunkHeader { head, installation, counter, .. } = &chunk.header;
        let number = self.entries.iter().position(|entry| entry == head).ok_or(Discounted::UnknownHead)?;
        if self.rights_at(number, &installation.device, writer, force) < Some(Rights::Write) {
            return Err(Discounted::NotAMember);
        }
        let place = (installation, *counter, &chunk.id);
        if self.still_counts(place, writer, force) { Ok(()) } else { Err(Discounted::BeyondCut) }
    }

    /// Whether what an installation wrote up to here counts now. Who has the right to write needs no cut. Nor does who lost it
    /// by leaving a team that still has it: this circle's log says nothing of that.
    pub fn still_counts(
        &self,
        (installation, counter, chunk): (&Installation, u64, &ChunkId),
        writer: &PersonId,
        force: &impl InForce,
    ) -> bool {
        let device = &installation.device;
        if self.rights_of(device, writer, None, force) >= Some(Rights::Write) {
            return true;
        }
        match self.within_cut(installation, counter, chunk) {
            Some(within) => within,
            None => {
                strongest(&self.members, device, writer, None, |team| force.was_in_team(writer, team))
                    >= Some(Rights::Write)
            }
        }
    }

    /// Whether a chunk is within its installation's cut; `None` if there is none.
    pub fn within_cut(&self, installation: &Installation, counter: u64, chunk: &ChunkId) -> Option<bool> {
        let cut = self.cuts.get(installation)?;
        Some(counter < cut.counter || (counter == cut.counter && *chunk == cut.chunk))
    }

    /// True if this is a member or was one once.
    pub fn was_member(&self, member: &Member) -> bool {
        self.members.contains_key(member) || self.past.iter().any(|(_, past, _)| past == member)
    }

    /// The rights that a device of this person had once the entry of this number was the head. Whoever was ever in a team had
    /// the team's: when a person left it is in the team's log, and the two logs have no common order.
    fn rights_at(&self, number: usize, device: &DeviceId, person: &PersonId, force: &impl InForce) -> Option<Rights> {
        let in_team = |team: &TeamId| force.was_in_team(person, team);
        if number + 1 == self.entries.len() {
            return strongest(&self.members, device, person, None, in_team);
        }
        let mut members = BTreeMap::new();
        for (_, member, membership) in self.past.iter().take_while(|(at, ..)| *at <= number) {
            match membership {
                Some(membership) => members.insert(*member, *membership),
                None => members.remove(member),
            };
        }
        strongest(&members, device, person, None, in_team)
    }

    fn empty(founding: &ParsedEntry) -> Self {
        Self {
            id: founding.circle,
            subject: founding.public.subject,
            members: BTreeMap::new(),
            past: Vec::new(),
            entries: Vec::new(),
            epochs: Vec::new(),
            cuts: HashMap::new(),
            leaked: false,
            wrapped: BTreeMap::new(),
            charter: None,
        }
    }

    fn may_change(&self, entry: &ParsedEntry, vouched: &Vouched, force: &impl InForce) -> Result<(), LogError> {
        entry.public.changes.iter().try_for_each(|change| match change {
            Change::Add { member, .. } => self.may_add(member, vouched, force),
            Change::Remove { member, cuts } => {
                cuts.iter().try_for_each(|cut| may_cut(member, &cut.installation.device, vouched, force))
            }
        })
    }

    /// Membership is changed by managers; a new key for the same members is drawn by whoever may write.
    fn may_append(&self, entry: &ParsedEntry, person: &PersonId, force: &impl InForce) -> bool {
        let in_team = |team: &TeamId| match force.judges_the_present() {
            true => force.in_team(person, team),
            false => force.was_in_team(person, team),
        };
        let rights = strongest(&self.members, &entry.public.device, person, None, in_team);
        match (self.subject, entry.public.changes.is_empty()) {
            (_, true) if entry.public.epoch.is_none() => false,
            // Who is in these follows the authority's statements; any member may carry them out.
            (Subject::Person(_) | Subject::Team(_) | Subject::Municipality, _) => rights.is_some(),
            (Subject::Shared, true) => rights >= Some(Rights::Write),
            (Subject::Shared, false) => rights == Some(Rights::Manage),
        }
    }

    /// Changes nothing if it is refused. A log is not copied for that: it may be long.
    fn change(&mut self, entry: &ParsedEntry) -> Result<(), LogError> {
        let (mut members, mut past, mut cuts) = (self.members.clone(), Vec::new(), Vec::new());
        for change in &entry.public.changes {
            match change {
                Change::Add { member, rights, until } => {
                    let membership = Membership { rights: *rights, until: *until };
                    // The right to write is taken by a removal, which says what counts of what was written. Whoever may read
                    // on is added again after it, in the same entry.
                    let held = members.get(member).map(|held| held.rights);
                    if *rights < Rights::Write && held >= Some(Rights::Write) {
                        return Err(LogError::NotAllowed);
                    }
                    members.insert(*member, membership);
                    past.push((self.entries.len(), *member, Some(membership)));
                }
                Change::Remove { member, cuts: left } => {
                    members.remove(member).ok_or(LogError::NotAllowed)?;
                    past.push((self.entries.len(), *member, None));
                    cuts.extend(left.iter().map(|cut| (cut.installation, *cut)));
                }
            }
        }
        if members.is_empty() {
            return Err(LogError::NotAllowed);
        }
        self.leaked |= entry.public.removals().next().is_some();
        self.members = members;
        self.past.extend(past);
        self.cuts.extend(cuts);
        self.entries.push(entry.id);
        if let Some(epoch) = &entry.public.epoch {
            self.leaked = false;
            self.wrapped.clear();
            self.epochs.push(Epoch {
                entry: entry.id,
                drawn_by: entry.public.device,
                root_commitment: epoch.root_commitment.0,
                kem: epoch.kem.map(Box::new),
                binding: entry.public.binding(),
                history: epoch.history.clone(),
            });
        }
        self.wrapped.extend(entry.public.wraps.iter().map(|wrap| (wrap.member, wrap.epoch)));
        Ok(())
    }

    fn may_add(&self, member: &Member, vouched: &Vouched, force: &impl InForce) -> Result<(), LogError> {
        match (&self.subject, member) {
            (Subject::Person(person), Member::Device(device)) => match vouched.person(device) {
                Some(owner) if owner == *person => Ok(()),
                _ => Err(LogError::NotVouched),
            },
            (Subject::Team(team), Member::Person(person)) => {
                let named = |persons: &[PersonId]| persons.binary_search(person).is_ok();
                let here = self.charter.as_ref().is_some_and(|(_, persons)| named(persons));
                let now = !force.judges_the_present() || vouched.charter(team).is_some_and(named);
                if here && now && force.has_circle(member) { Ok(()) } else { Err(LogError::NotVouched) }
            }
            (Subject::Municipality, Member::Team(team)) if vouched.charter(team).is_some() => {
                if force.has_circle(member) { Ok(()) } else { Err(LogError::NotVouched) }
            }
            (Subject::Shared, Member::Person(_) | Member::Team(_)) if force.has_circle(member) => Ok(()),
            (Subject::Municipality, Member::Team(_)) => Err(LogError::NotVouched),
            _ => Err(LogError::NotAllowed),
        }
    }
}

fn verified_signer(entry: &ParsedEntry, vouched: &Vouched) -> Result<PersonId, LogError> {
    let device = &entry.public.device;
    let key = vouched.signing_key(device).ok_or(LogError::UnknownDevice)?;
    entry.verify(key).map_err(|_| LogError::BadSignature)?;
    vouched.person(device).ok_or(LogError::UnknownDevice)
}

/// The newest charter of a team's circle once this entry is in. An entry that was accepted before is read without an authority.
fn newest_charter(
    log: &CircleLog,
    entry: &ParsedEntry,
    vouched: Option<&Vouched>,
) -> Result<Option<(u64, Vec<PersonId>)>, LogError> {
    let Subject::Team(team) = log.subject else { return Ok(None) };
    let mut newest = log.charter.clone();
    for voucher in &entry.public.vouchers {
        let statement = match vouched {
            Some(vouched) => vouched.check(voucher).map_err(|_| LogError::NotVouched)?,
            None => Statement::from_bytes(&voucher.body).map_err(|_| LogError::NotVouched)?,
        };
        match statement.claim {
            Claim::Team { team: of, persons }
                if of == team && newest.as_ref().is_none_or(|(serial, _)| *serial < statement.serial) =>
            {
                newest = Some((statement.serial, persons));
            }
            _ => {}
        }
    }
    Ok(newest)
}

/// A cut is for a device of the member that is removed; of a team, for a device of somebody who is or was in it.
fn may_cut(member: &Member, device: &DeviceId, vouched: &Vouched, force: &impl InForce) -> Result<(), LogError> {
    let owner = vouched.person(device).ok_or(LogError::NotVouched)?;
    let theirs = match member {
        Member::Device(removed) => removed == device,
        Member::Person(person) => *person == owner,
        Member::Team(team) => force.was_in_team(&owner, team),
    };
    if theirs { Ok(()) } else { Err(LogError::NotAllowed) }
}

fn strongest(
    members: &BTreeMap<Member, Membership>,
    device: &DeviceId,
    person: &PersonId,
    now: Option<u64>,
    in_team: impl Fn(&TeamId) -> bool,
) -> Option<Rights> {
    let alive = |m: &&Membership| now.is_none_or(|now| m.until.is_none_or(|until| now < until));
    let direct = [Member::Device(*device), Member::Person(*person)];
    let direct = direct.iter().filter_map(|member| members.get(member));
    let teams = members.iter().filter_map(|(member, membership)| match member {
        Member::Team(team) if in_team(team) => Some(membership),
        _ => None,
    });
    direct.chain(teams).filter(alive).map(|membership| membership.rights).max()
}

#[cfg(test)]
mod tests;
