//! Two folded branches put together: one log with the entries of both, and who is in it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::entry::{Cut, Member};
use crate::ids::EntryId;

use super::{CircleLog, Membership};

impl CircleLog {
    /// From the entry of this number on, these are the members.
    fn become_members(&mut self, number: usize, members: BTreeMap<Member, Membership>) {
        let gone =
            self.members.keys().filter(|member| !members.contains_key(member)).map(|member| (number, *member, None));
        let new = members.iter().filter(|(member, held)| self.members.get(member) != Some(held));
        let past: Vec<_> = gone.chain(new.map(|(member, held)| (number, *member, Some(*held)))).collect();
        self.past.extend(past);
        self.members = members;
    }
}

/// Both branches in one log: the first, then what only the second has. The last entry is not the head.
pub(super) fn united(base: &CircleLog, first: &CircleLog, second: &CircleLog) -> CircleLog {
    let mut log = first.clone();
    // Membership is remembered as differences: the second branch begins again where the two parted.
    for (at, entry) in second.entries.iter().enumerate() {
        if log.has(entry) {
            continue;
        }
        let number = log.entries.len();
        log.become_members(number, second.members_at(at));
        log.entries.push(*entry);
        log.in_force.push(second.in_force[at]);
    }
    let number = log.entries.len();
    log.become_members(number, joined_members(&base.members, &first.members, &second.members));
    let known: HashSet<EntryId> = log.epochs.iter().map(|epoch| epoch.entry).collect();
    log.epochs.extend(second.epochs.iter().filter(|epoch| !known.contains(&epoch.entry)).cloned());
    for (installation, cut) in &second.cuts {
        let further = |held: &Cut| held.counter >= cut.counter;
        if !log.cuts.get(installation).is_some_and(further) {
            log.cuts.insert(*installation, *cut);
        }
    }
    for (device, said) in &second.cut_off {
        let held = log.cut_off.entry(*device).or_default();
        *held = (*held).max(*said);
    }
    log.erasure = first.erasure.united(&second.erasure, |asked| [first, second].map(|log| log.has(asked)));
    if second.charter.as_ref().map(|(serial, _)| *serial) > log.charter.as_ref().map(|(serial, _)| *serial) {
        log.charter = second.charter.clone();
    }
    log
}

/// Who is in the circle after a merge: what one branch changed stands, and where both changed the same, whoever was removed
/// stays out and of two rights the lesser counts.
pub(super) fn joined_members(
    base: &BTreeMap<Member, Membership>,
    first: &BTreeMap<Member, Membership>,
    second: &BTreeMap<Member, Membership>,
) -> BTreeMap<Member, Membership> {
    let everybody: BTreeSet<&Member> = first.keys().chain(second.keys()).collect();
    let lesser = |a: &Membership, b: &Membership| Membership {
        rights: a.rights.min(b.rights),
        until: a.until.into_iter().chain(b.until).min(),
    };
    let of = |member: &Member| match (base.get(member), first.get(member), second.get(member)) {
        (before, one, other) if one == before => other.copied(),
        (before, one, other) if other == before => one.copied(),
        (_, Some(one), Some(other)) => Some(lesser(one, other)),
        _ => None,
    };
    everybody.into_iter().filter_map(|member| Some((*member, of(member)?))).collect()
}
