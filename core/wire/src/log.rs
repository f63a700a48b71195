//! The control log of a circle (protocol §3.3): what its public entries come to. The relay and every reader fold the same
//! entries with this code, so they cannot disagree about who is a member.

mod counts;
mod owed;
mod recovery;

use std::collections::{BTreeMap, HashMap};

use crate::bytes::Bytes;
use crate::codec::Canonical;
use crate::entry::{Change, Cut, Member, ParsedEntry, Rights, Subject};
use crate::ids::{CircleId, DeviceId, EntryId, Fixed, Installation, PersonId, TeamId};
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

    /// True if the person's circle lists the device or once did: a certificate alone makes nobody's device (attack 22).
    fn lists(&self, person: &PersonId, device: &DeviceId) -> bool {
        self.log_of(&Member::Person(*person)).is_some_and(|log| log.was_member(&Member::Device(*device)))
    }

    /// True if the authority has put the device out: revoked, or its person does not work here now.
    fn is_out(&self, device: &DeviceId) -> bool {
        self.out_since(device).is_some()
    }

    /// The id of the recovery key in force, for which every circle's key is wrapped beside its members.
    fn recovery(&self) -> Option<DeviceId> {
        None
    }

    /// True if this is the id of the recovery key in force, or of one before it: they are nobody's device.
    fn is_recovery(&self, key: &DeviceId) -> bool {
        self.recovery() == Some(*key)
    }

    /// The serial of the statement since which the device has been out without a break; `None` if it is not out.
    fn out_since(&self, device: &DeviceId) -> Option<u64>;

    /// True for the relay, which judges an entry while it is the newest. A reader may meet it much later, when its signer has
    /// left the team by which it was allowed.
    fn judges_the_present(&self) -> bool {
        false
    }

    /// True for the relay while it is given back what it may have forgotten, by somebody who might have made it.
    fn takes_back(&self) -> bool {
        false
    }
}

/// Why a chunk does not count (protocol §4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Discounted {
    /// The control entry that it names is not one of this circle's, or has not arrived.
    #[error("the chunk names a control entry that is not known here")]
    UnknownHead,
    /// The circle of the writer's person does not list the device, as far as it is known here.
    #[error("the writer's device is not one that its person has taken in")]
    NotListed,
    /// The writer was no member, or only a reader, at the control entry named.
    #[error("the writer was not allowed to write")]
    NotAMember,
    /// The writer may not write any more, and no cut covers the chunk.
    #[error("the chunk is not covered by what was left of its writer")]
    BeyondCut,
    /// The authority has put the writer's device out, and this circle has not said yet what still counts of it.
    #[error("the writer's device is out, and nobody has said yet what of it counts")]
    NotCut,
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
    /// Devices cut off here, each with the newest serial by which that entry's vouchers put anybody out. Who came back after it and is
    /// put out again is not cut off yet.
    pub cut_off: BTreeMap<DeviceId, u64>,
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
        check_vouchers(entry, vouched)?;
        if log.is_silenced(&entry.public.device, force) {
            return Err(LogError::NotAllowed);
        }
        log.charter = newest_charter(&log, entry, Some(vouched))?;
        log.may_change(entry, vouched, force)?;
        log.change(entry)?;
        let in_team = |team: &TeamId| force.in_team(&person, team);
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
        check_vouchers(entry, vouched)?;
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

    /// True if this log has said what still counts of a device, since it is out.
    pub fn is_cut_off(&self, device: &DeviceId, force: &impl InForce) -> bool {
        self.cut_off.get(device).is_some_and(|said| force.out_since(device).is_none_or(|since| since <= *said))
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
            cut_off: BTreeMap::new(),
            leaked: false,
            wrapped: BTreeMap::new(),
            charter: None,
        }
    }

    fn may_change(&self, entry: &ParsedEntry, vouched: &Vouched, force: &impl InForce) -> Result<(), LogError> {
        entry.public.changes.iter().try_for_each(|change| match change {
            Change::Add { member, .. } => self.may_add(member, vouched, force),
            Change::Remove { member, cuts } => {
                self.may_remove(member, &entry.public.device, vouched, force)?;
                cuts.iter().try_for_each(|cut| may_cut(member, &cut.installation.device, vouched, force))
            }
            Change::CutOff { device, cuts } => {
                let own = cuts.iter().all(|cut| cut.installation.device == *device);
                // Made without a network, perhaps, and pushed when the person is back.
                if own && vouched.was_out(device) { Ok(()) } else { Err(LogError::NotAllowed) }
            }
        })
    }

    /// True if a device changes nothing here any more: the relay takes nothing of one that is out; a reader, who may come later,
    /// nothing that stands behind the cut.
    fn is_silenced(&self, device: &DeviceId, force: &impl InForce) -> bool {
        let takes_nothing = force.judges_the_present() && !force.takes_back();
        force.is_out(device) && (takes_nothing || self.is_cut_off(device, force))
    }

    /// Membership is changed by managers; a new key for the same members is drawn, and a device that is out cut off, by whoever
    /// may write.
    fn may_append(&self, entry: &ParsedEntry, person: &PersonId, force: &impl InForce) -> bool {
        if self.is_silenced(&entry.public.device, force) {
            return false;
        }
        let in_team = |team: &TeamId| match force.judges_the_present() {
            true => force.in_team(person, team),
            false => force.was_in_team(person, team),
        };
        let rights = strongest(&self.members, &entry.public.device, person, None, in_team);
        let same_members = entry.public.changes.iter().all(|change| change.member().is_none());
        match (self.subject, same_members) {
            (_, true) if entry.public.changes.is_empty() && entry.public.epoch.is_none() => false,
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
                Change::CutOff { cuts: left, .. } => cuts.extend(left.iter().map(|cut| (cut.installation, *cut))),
            }
        }
        if members.is_empty() {
            return Err(LogError::NotAllowed);
        }
        self.leaked |= entry.public.removals().next().is_some();
        self.members = members;
        self.past.extend(past);
        self.cuts.extend(cuts);
        let said = put_out_by(entry);
        self.cut_off.extend(entry.public.cut_off().map(|device| (*device, said)));
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
                Some(owner) if owner == *person => {
                    let late = force.judges_the_present() && !force.takes_back() && vouched.is_out(device);
                    if late { Err(LogError::NotVouched) } else { Ok(()) }
                }
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

    /// Persons and teams leave shared circles by a manager's word; devices their person's, and persons their team's, by the
    /// authority's. A device may take itself out.
    fn may_remove(
        &self,
        member: &Member,
        signer: &DeviceId,
        vouched: &Vouched,
        force: &impl InForce,
    ) -> Result<(), LogError> {
        let stated = match (&self.subject, member) {
            (Subject::Person(_), Member::Device(device)) => device == signer || is_or_was_out(device, vouched, force),
            (Subject::Team(_), Member::Person(person)) => {
                self.charter.as_ref().is_none_or(|(_, persons)| persons.binary_search(person).is_err())
            }
            (Subject::Municipality, Member::Team(team)) => vouched.charter(team).is_none_or(<[_]>::is_empty),
            _ => true,
        };
        if stated { Ok(()) } else { Err(LogError::NotVouched) }
    }
}

/// What a change that the authority must have asked for is judged by. It may have changed its mind since a reader's entry was made.
fn is_or_was_out(device: &DeviceId, vouched: &Vouched, force: &impl InForce) -> bool {
    if force.judges_the_present() { vouched.is_out(device) } else { vouched.was_out(device) }
}

/// The newest serial by which an entry's vouchers put anybody out.
fn put_out_by(entry: &ParsedEntry) -> u64 {
    let statements = entry.public.vouchers.iter().filter_map(|voucher| Statement::from_bytes(&voucher.body).ok());
    statements.filter(|statement| statement.claim.puts_out()).map(|statement| statement.serial).max().unwrap_or(0)
}

/// What an entry cuts off stands for the serials of its vouchers, so each of them must be the authority's.
fn check_vouchers(entry: &ParsedEntry, vouched: &Vouched) -> Result<(), LogError> {
    let cuts_off = entry.public.cut_off().next().is_some();
    let good = entry.public.vouchers.iter().filter(|_| cuts_off).all(|voucher| vouched.check(voucher).is_ok());
    if good { Ok(()) } else { Err(LogError::NotVouched) }
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
