//! Two heads become one again (protocol §3.5, decision 0023): a relay that was put back, or that lies, leaves two branches
//! of one log, and an entry with both as parents says what they come to.
//!
//! What a merge comes to follows from the entries alone, so that every reader finds the same, whatever it learned first and
//! whichever branch it had followed.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::entry::{Change, Member, ParsedEntry, Rights};
use crate::ids::{DeviceId, EntryId, PersonId, TeamId};
use crate::vouched::Vouched;

use super::allowed::check_vouchers;
use super::united::united;
use super::{CircleLog, Earlier, InForce, LogError, Membership, begun, newest_charter, strongest, verified_signer};

/// All entries of one circle that are known, accepted or not.
#[derive(Debug)]
pub struct Branches<'a> {
    entries: HashMap<EntryId, &'a ParsedEntry>,
}

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
    fn unite(self, entry: &ParsedEntry, vouched: Option<&Vouched>) -> Result<CircleLog, LogError> {
        let before = self.sides.iter().filter_map(CircleLog::epoch_entry).collect();
        let mut log = self.log;
        log.charter = newest_charter(&log, entry, vouched)?;
        log.change_after(entry, before)?;
        Ok(log)
    }
}

impl CircleLog {
    /// The entry is in, and changes nobody's place. Its key was in force on its branch all the same: others have sealed under it, and the
    /// next key there was sealed on it.
    fn pass_over(&mut self, entry: &ParsedEntry) {
        self.epochs.extend(begun(entry, self.epoch_entry().into_iter().collect()));
        self.pass(entry);
    }
}

/// The branches of a fork: what is at each parent, and which entries only one of them has.
struct Fork {
    base: CircleLog,
    sides: [CircleLog; 2],
    only: [HashSet<EntryId>; 2],
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
    /// True if the signer of an entry could still make it where the other branch ends.
    fn could_make(&self, entry: &ParsedEntry, other: &CircleLog) -> bool {
        let device = &entry.public.device;
        // Two holders of sheets are nobody's device, and a merge takes nothing from anybody.
        let Some(person) = (self.who)(device).filter(|_| entry.public.united().is_none()) else { return true };
        let in_team = |team: &TeamId| (self.in_team)(&entry.id, &person, team);
        let rights = strongest(&other.members, device, &person, None, in_team);
        rights >= Some(other.needed_for(entry)) && !(self.is_cut_off)(&entry.id, other, device)
    }
}

/// Takes an entry into a log. `true` if it comes to nothing there.
type Step<'s> = &'s dyn Fn(&mut CircleLog, &ParsedEntry) -> Result<bool, LogError>;

/// Takes an entry that was verified before.
fn apply(log: &mut CircleLog, entry: &ParsedEntry) -> Result<bool, LogError> {
    log.apply(entry).map(|()| false)
}

impl<'a> Branches<'a> {
    /// Of these entries, which must be of one circle.
    pub fn of(entries: impl IntoIterator<Item = &'a ParsedEntry>) -> Self {
        Self { entries: entries.into_iter().map(|entry| (entry.id, entry)).collect() }
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
        self.at(tip, &HashSet::new(), &apply)
    }

    /// What the branches that end here come to. `log` says which entries were verified before; the others are now.
    ///
    /// # Errors
    /// [`LogError::StaleHead`] if an entry is missing, or if the branches have no one entry at which they part; the error of the
    /// first entry that does not count; [`LogError::NotAllowed`] if nobody would be left.
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
        self.joined(fork, void)
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
        let merging = self.joined(fork, declared)?;
        let of = |log: &CircleLog| {
            let in_team =
                |team: &TeamId| if now { force.in_team(&person, team) } else { force.was_in_team(&person, team) };
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
        let (tip, only) = self.parting(parents)?;
        let verify = |at: &mut CircleLog, entry: &ParsedEntry| match log.has(&entry.id) {
            true => apply(at, entry),
            false => at.append(entry, vouched, &Earlier::of_a_branch(force)).map(|()| false),
        };
        let base = self.at(&tip, &HashSet::new(), &verify)?;
        let is_behind = |entry: &ParsedEntry| {
            let device = &entry.public.device;
            only.iter().any(|only| only.contains(&entry.id)) && force.is_out(device) && base.is_cut_off(device, force)
        };
        let verify_beyond: Step<'_> = &|at, entry| match is_behind(entry) {
            false => match verify(at, entry) {
                // It stood on such an entry.
                Err(_) if log.has(&entry.id) => Ok(true),
                done => done,
            },
            true => verified_signer(entry, vouched).map(|_| true),
        };
        let side = |head: &EntryId| self.at(head, &HashSet::new(), verify_beyond);
        let sides = [side(&parents[0])?, side(&parents[1])?];
        Ok(Fork { base, sides, only })
    }

    /// The circle at an entry, by the entries before it along its first parents; a merge brings the others.
    fn at(&self, tip: &EntryId, skip: &HashSet<EntryId>, step: Step<'_>) -> Result<CircleLog, LogError> {
        let (mut line, mut next) = (Vec::new(), Some(*tip));
        while let Some(id) = next {
            let entry = *self.entries.get(&id).ok_or(LogError::StaleHead)?;
            next = entry.public.parents.first().copied();
            line.push(entry);
        }
        let founding = line.pop().ok_or(LogError::StaleHead)?;
        let mut log = CircleLog::empty(founding);
        log.apply(founding)?;
        for entry in line.into_iter().rev() {
            if let Some(parents) = entry.public.united() {
                let merging = self.joined(self.fork(parents, skip, step)?, voided(entry))?;
                log = merging.unite(entry, None)?;
            } else if skip.contains(&entry.id) || step_or_void(&mut log, entry, skip, step)? {
                log.pass_over(entry);
            }
        }
        Ok(log)
    }

    fn fork(&self, parents: [EntryId; 2], skip: &HashSet<EntryId>, step: Step<'_>) -> Result<Fork, LogError> {
        let (base, only) = self.parting(parents)?;
        let [base, first, second] = [base, parents[0], parents[1]].map(|tip| self.at(&tip, skip, step));
        Ok(Fork { base: base?, sides: [first?, second?], only })
    }

    /// Where two branches part, and the entries that only one of them has.
    fn parting(&self, parents: [EntryId; 2]) -> Result<(EntryId, [HashSet<EntryId>; 2]), LogError> {
        let [first, second] = [self.before(&parents[0])?, self.before(&parents[1])?];
        let common: HashSet<EntryId> = first.intersection(&second).copied().collect();
        let within =
            |id: &EntryId| self.entries.get(id).map(|entry| entry.public.parents.as_slice()).unwrap_or_default();
        let inner: HashSet<EntryId> = common.iter().flat_map(within).copied().collect();
        let mut tips = common.iter().filter(|id| !inner.contains(id));
        // Branches that parted and met crosswise have no state that both began from. A relay that keeps one line never makes
        // them; what another shows is kept and shown, and not united.
        let (Some(base), None) = (tips.next(), tips.next()) else { return Err(LogError::StaleHead) };
        if common.contains(&parents[0]) || common.contains(&parents[1]) {
            return Err(LogError::StaleHead);
        }
        Ok((*base, [&first - &common, &second - &common]))
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

    /// The entries of one branch whose signer the other has removed, or cut off. Where two signers remove each other, the one
    /// who was admitted earlier prevails.
    fn void(&self, fork: &Fork, judge: &Judge<'_>) -> Result<BTreeSet<EntryId>, LogError> {
        let against = |side: usize, other: &CircleLog| -> HashSet<EntryId> {
            let entries = fork.only[side].iter().filter_map(|id| self.entries.get(id));
            entries.filter(|entry| !judge.could_make(entry, other)).map(|entry| entry.id).collect()
        };
        let tips = [fork.sides[0].head(), fork.sides[1].head()];
        let accused = [against(0, &fork.sides[1]), against(1, &fork.sides[0])];
        // Removed by somebody who is not void themselves.
        let beyond_doubt = [
            against(0, &self.at(&tips[1], &accused[1], &apply)?),
            against(1, &self.at(&tips[0], &accused[0], &apply)?),
        ];
        let mutual = [&accused[0] - &beyond_doubt[0], &accused[1] - &beyond_doubt[1]];
        let rank = |side: usize| {
            mutual[side].iter().filter_map(|id| Some(seniority(self.entries.get(id)?, &fork.base, judge.who))).min()
        };
        let loser = match (rank(0), rank(1)) {
            (Some(first), Some(second)) => Some(if first <= second { 1 } else { 0 }),
            _ => None,
        };
        let lost = loser.map(|side: usize| mutual[side].iter()).into_iter().flatten();
        Ok(beyond_doubt.iter().flatten().chain(lost).copied().collect())
    }

    fn joined(&self, fork: Fork, void: BTreeSet<EntryId>) -> Result<Merging, LogError> {
        if !void.iter().all(|id| fork.only.iter().any(|only| only.contains(id))) {
            return Err(LogError::NotAllowed);
        }
        let Fork { base, mut sides, .. } = fork;
        if !void.is_empty() {
            let skip: HashSet<EntryId> = void.iter().copied().collect();
            for side in &mut sides {
                *side = self.at(&side.head(), &skip, &apply)?;
            }
        }
        let log = united(&base, &sides[0], &sides[1]);
        if log.members.is_empty() { Err(LogError::NotAllowed) } else { Ok(Merging { void, sides, log }) }
    }
}

/// Applies an entry. `true` if it comes to nothing without those that are passed over.
fn step_or_void(
    log: &mut CircleLog,
    entry: &ParsedEntry,
    skip: &HashSet<EntryId>,
    step: Step<'_>,
) -> Result<bool, LogError> {
    match step(log, entry) {
        Ok(passed_over) => Ok(passed_over),
        Err(_) if !skip.is_empty() => Ok(true),
        Err(error) => Err(error),
    }
}

/// What a merge says is void.
fn voided(entry: &ParsedEntry) -> BTreeSet<EntryId> {
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
