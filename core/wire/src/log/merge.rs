//! Two heads become one again (protocol §3.5, decision 0023): a relay that was put back, or that lies, leaves two branches
//! of one log, and an entry with both as parents says what they come to.
//!
//! What a merge comes to follows from the entries alone, so that every reader finds the same, whatever it learned first and
//! whichever branch it had followed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::entry::{Change, Member, ParsedEntry, Rights};
use crate::ids::{DeviceId, EntryId, PersonId, TeamId};
use crate::vouched::Vouched;

use super::allowed::check_vouchers;
use super::branches::{Branches, Fold, Folded, Fork, apply};
use super::change::{begun, newest_charter, verified_signer};
use super::united::{joined_members, united};
use super::{CircleLog, Earlier, InForce, LogError, Membership, strongest};

/// What two branches come to, before anybody has signed it.
#[derive(Debug)]
pub struct Merging {
    /// Entries of one branch by somebody whom the other has removed: they change nothing.
    pub void: BTreeSet<EntryId>,
    /// The circle at the first parent and at the second, without what is void.
    pub sides: [CircleLog; 2],
    /// The circle as the merge leaves it, still without a head and a key of its own.
    pub log: CircleLog,
}

impl Merging {
    /// The circle with the entry that unites the branches. One that was accepted before is read without an authority.
    pub(super) fn unite(self, entry: &ParsedEntry, vouched: Option<&Vouched>) -> Result<CircleLog, LogError> {
        let mut log = self.log;
        log.charter = newest_charter(&log, entry, vouched)?;
        log.change(entry)?;
        Ok(log)
    }
}

impl CircleLog {
    /// The entry is in, and changes nobody's place. Its key was in force on its branch all the same: others have sealed under it, and the
    /// next key there was sealed on it.
    pub(super) fn pass_over(&mut self, entry: &ParsedEntry) {
        self.epochs.extend(begun(entry));
        self.pass(entry);
    }
}

/// What is asked about the signers of entries.
struct Judge<'j> {
    who: &'j dyn Fn(&DeviceId) -> Option<PersonId>,
    /// For the purpose of this entry.
    in_team: &'j dyn Fn(&EntryId, &PersonId, &TeamId) -> bool,
    /// For the purpose of this entry, at the other branch's head.
    is_cut_off: &'j dyn Fn(&EntryId, &CircleLog, &DeviceId) -> bool,
}

impl Judge<'_> {
    /// True if the signer of an entry could make it where these are the members.
    fn may_make(&self, entry: &ParsedEntry, log: &CircleLog, members: &BTreeMap<Member, Membership>) -> bool {
        let device = &entry.public.device;
        // Two holders of sheets are nobody's device, and a merge takes nothing from anybody.
        let Some(person) = (self.who)(device).filter(|_| entry.public.united().is_none()) else { return true };
        let in_team = |team: &TeamId| (self.in_team)(&entry.id, &person, team);
        strongest(members, device, &person, None, in_team) >= Some(log.needed_for(entry))
    }

    /// True if the signer of an entry could still make it by what the other branch comes to. Whoever was let in on the entry's own, and of
    /// whom the other says nothing, could.
    fn could_make(&self, entry: &ParsedEntry, base: &CircleLog, own: &CircleLog, other: &CircleLog) -> bool {
        let before = entry.public.parents.first().and_then(|parent| own.entries.iter().position(|id| id == parent));
        let Some(before) = before.map(|at| own.members_at(at)) else { return false };
        let members = joined_members(&base.members, &before, &other.members);
        let is_cut_off = entry.public.united().is_none() && (self.is_cut_off)(&entry.id, other, &entry.public.device);
        self.may_make(entry, other, &members) && !is_cut_off
    }
}

impl<'a> Branches<'a> {
    /// What the branches that end here come to. `log` says which entries were verified before; the others are now.
    ///
    /// # Errors
    /// [`LogError::StaleHead`] if an entry is missing, or if the branches have more than two last entries in common; the error of
    /// the first entry that does not count; [`LogError::NotAllowed`] if nobody would be left.
    pub fn merging(
        &self,
        log: &CircleLog,
        parents: [EntryId; 2],
        vouched: &Vouched,
        force: &impl InForce,
    ) -> Result<Merging, LogError> {
        let fork = self.verified(log, parents, vouched, force)?;
        let void = self.void(
            &fork,
            &Judge {
                who: &|device| vouched.person(device),
                in_team: &|_, person, team| force.was_in_team(person, team),
                is_cut_off: &|_, other, device| force.is_out(device) && other.is_cut_off(device, force),
            },
        )?;
        self.joined(fork, void, &BTreeSet::new(), self.applying())
    }

    /// Appends an entry that merges the head of a log with another branch.
    ///
    /// # Errors
    /// As [`CircleLog::append`].
    pub fn merge(
        &self,
        log: &CircleLog,
        entry: &ParsedEntry,
        vouched: &Vouched,
        force: &impl InForce,
    ) -> Result<CircleLog, LogError> {
        if entry.public.circle != Some(log.id) || entry.public.subject != log.subject {
            return Err(LogError::Mismatch);
        }
        let parents =
            entry.public.united().filter(|parents| parents.contains(&log.head())).ok_or(LogError::StaleHead)?;
        let person = verified_signer(entry, vouched)?;
        log.check_listed(&entry.public.device, &person, force)?;
        let fork = self.verified(log, parents, vouched, force)?;
        let declared = voided(entry);
        let now = force.judges_the_present();
        // Somebody may join a team after the merge was made, or come back who was out. A reader who comes later must not find that
        // their entry should have counted.
        let was_void = |entry: &EntryId| !now && declared.contains(entry);
        let expected = self.void(
            &fork,
            &Judge {
                who: &|device| vouched.person(device),
                in_team: &|entry, person, team| !was_void(entry) && force.was_in_team(person, team),
                is_cut_off: &|entry, other, device| {
                    let since_then = other.cut_off.get(device) > fork.base.cut_off.get(device);
                    // Or from before, of a device that a relay put back had taken something from all the same.
                    (was_void(entry) && since_then) || (force.is_out(device) && other.is_cut_off(device, force))
                },
            },
        )?;
        if expected != declared {
            return Err(LogError::NotAllowed);
        }
        let merging = self.joined(fork, declared, &BTreeSet::new(), self.applying())?;
        let of = |log: &CircleLog| {
            let in_team = |team: &TeamId| force.counts_in_team(&person, team);
            strongest(&log.members, &entry.public.device, &person, None, in_team)
        };
        // Whoever is still in both may unite them: it gives nobody anything that one of the branches had not given.
        let remains = merging.sides.iter().chain([&merging.log]).all(|side| of(side).is_some());
        let silenced = merging.log.is_silenced(&entry.public.device, force);
        let only_unites = entry.public.epoch.is_some()
            && entry.public.changes.iter().all(|change| matches!(change, Change::Void { .. } | Change::CutOff { .. }));
        if !remains || silenced || !only_unites {
            return Err(LogError::NotAllowed);
        }
        check_vouchers(entry, vouched)?;
        merging.log.may_change(entry, vouched, force)?;
        merging.unite(entry, Some(vouched))
    }

    /// The fork between two heads. What is in the log was verified before; the rest is now.
    ///
    /// A device that was cut off before the branches parted has no say in either. A relay that was put back may have taken something from
    /// it all the same, before it heard again that the device is out; a reader who knows that refuses such an entry by itself. So it is
    /// passed over by everybody, also by who had taken it.
    fn verified(
        &self,
        log: &CircleLog,
        parents: [EntryId; 2],
        vouched: &Vouched,
        force: &impl InForce,
    ) -> Result<Fork, LogError> {
        let parting = self.parting(parents)?;
        let verify = |at: &mut CircleLog, entry: &ParsedEntry| match log.has(&entry.id) {
            true => apply(at, entry),
            false => at.append(entry, vouched, &Earlier(force)).map(|()| false),
        };
        let (done, done_beyond) = (Folded::default(), Folded::default());
        let base = self.base(&parting, &BTreeSet::new(), Fold { step: &verify, done: &done, verifies: true })?;
        let only = parting.only;
        let is_behind = |entry: &ParsedEntry| {
            let device = &entry.public.device;
            only.iter().any(|only| only.contains(&entry.id)) && force.is_out(device) && base.is_cut_off(device, force)
        };
        let verify_beyond = |at: &mut CircleLog, entry: &ParsedEntry| match is_behind(entry) {
            false => match verify(at, entry) {
                // It stood on such an entry.
                Err(_) if log.has(&entry.id) => Ok(true),
                done => done,
            },
            true => verified_signer(entry, vouched).map(|_| true),
        };
        let beyond = Fold { step: &verify_beyond, done: &done_beyond, verifies: true };
        let side = |head: &EntryId| self.at(head, &BTreeSet::new(), beyond);
        let sides = [side(&parents[0])?, side(&parents[1])?];
        Ok(Fork { base, sides, only })
    }

    /// The entries of one branch whose signer the other has removed, or cut off. Where two signers remove each other, the one
    /// who was admitted earlier prevails. What those do whom only such entries had let in is void with them.
    fn void(&self, fork: &Fork, judge: &Judge<'_>) -> Result<BTreeSet<EntryId>, LogError> {
        let against = |side: usize, other: &CircleLog| -> BTreeSet<EntryId> {
            let entries = fork.only[side].iter().filter_map(|id| self.get(id));
            let void = entries.filter(|entry| !judge.could_make(entry, &fork.base, &fork.sides[side], other));
            void.map(|entry| entry.id).collect()
        };
        let accused = [against(0, &fork.sides[1]), against(1, &fork.sides[0])];
        // Removed by somebody who is not void themselves.
        let beyond_doubt = [
            against(0, &self.without(fork, 1, &accused[1], judge)?.0),
            against(1, &self.without(fork, 0, &accused[0], judge)?.0),
        ];
        let mutual = [&accused[0] - &beyond_doubt[0], &accused[1] - &beyond_doubt[1]];
        let rank = |side: usize| {
            mutual[side].iter().filter_map(|id| Some(seniority(self.get(id)?, &fork.base, judge.who))).min()
        };
        let loser = match (rank(0), rank(1)) {
            (Some(first), Some(second)) => Some(if first <= second { 1 } else { 0 }),
            _ => None,
        };
        let lost = loser.map(|side: usize| mutual[side].iter()).into_iter().flatten();
        let mut void: BTreeSet<EntryId> = beyond_doubt.iter().flatten().chain(lost).copied().collect();
        let [first, second] = [self.without(fork, 0, &void, judge)?.1, self.without(fork, 1, &void, judge)?.1];
        void.extend(first.into_iter().chain(second));
        Ok(void)
    }

    /// What one branch comes to without these, and what of it nobody might make then.
    fn without(
        &self,
        fork: &Fork,
        side: usize,
        skip: &BTreeSet<EntryId>,
        judge: &Judge<'_>,
    ) -> Result<(CircleLog, BTreeSet<EntryId>), LogError> {
        let (lost, done) = (RefCell::new(BTreeSet::new()), Folded::default());
        let step = |log: &mut CircleLog, entry: &ParsedEntry| {
            if fork.only[side].contains(&entry.id) && !judge.may_make(entry, log, &log.members) {
                lost.borrow_mut().insert(entry.id);
                return Ok(true);
            }
            apply(log, entry)
        };
        let log = self.at(&fork.sides[side].head(), skip, Fold { step: &step, done: &done, verifies: false })?;
        Ok((log, lost.into_inner()))
    }

    /// Beside what is `void`, `skip` comes to nothing already: to an entry further on that unites.
    pub(super) fn joined(
        &self,
        fork: Fork,
        void: BTreeSet<EntryId>,
        skip: &BTreeSet<EntryId>,
        fold: Fold<'_>,
    ) -> Result<Merging, LogError> {
        if !void.iter().all(|id| fork.only.iter().any(|only| only.contains(id))) {
            return Err(LogError::NotAllowed);
        }
        let Fork { base, mut sides, .. } = fork;
        if !void.is_empty() {
            let fold = if fold.verifies { self.applying() } else { fold };
            let skip: BTreeSet<EntryId> = void.iter().chain(skip).copied().collect();
            for side in &mut sides {
                *side = self.at(&side.head(), &skip, fold)?;
            }
        }
        let log = united(&base, &sides[0], &sides[1]);
        if log.members.is_empty() { Err(LogError::NotAllowed) } else { Ok(Merging { void, sides, log }) }
    }
}

/// What a merge says is void.
pub(super) fn voided(entry: &ParsedEntry) -> BTreeSet<EntryId> {
    let void = entry.public.changes.iter().filter_map(|change| match change {
        Change::Void { entry } => Some(*entry),
        _ => None,
    });
    void.collect()
}

/// When the signer got the right to manage, and when they were admitted, as far as the circle's own log says: who is in it by a team comes
/// after those it names.
fn seniority(
    entry: &ParsedEntry,
    base: &CircleLog,
    who: &dyn Fn(&DeviceId) -> Option<PersonId>,
) -> (usize, usize, DeviceId) {
    let device = entry.public.device;
    let direct = |member: &Member| match member {
        Member::Device(named) => *named == device,
        Member::Person(named) => Some(*named) == who(&device),
        Member::Team(_) => false,
    };
    let first = |least: Rights| {
        let held = |membership: &Option<Membership>| membership.is_some_and(|held| held.rights >= least);
        let admitted = base.past.iter().position(|(_, member, membership)| held(membership) && direct(member));
        admitted.unwrap_or(usize::MAX)
    };
    // Whoever founds a circle lets others in with the same entry, and manages alone.
    (first(Rights::Manage), first(Rights::Read), device)
}
