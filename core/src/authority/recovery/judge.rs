//! Which circles two sheets may restore: those that nobody is left in who could let others in, by the authority's word.

use tvaers_wire::entry::{Member, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{CircleId, DeviceId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::log::{CircleLog, InForce, Membership};
use tvaers_wire::statement::{Claim, SignedStatement, Standing};

use super::file::{Asked, Folded, Logs};
use super::restore::Forsaken;

/// Why a circle is not restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Skipped {
    /// Somebody is left who can let others in, or can be let in by recovery of their own circle.
    SomebodyLeft,
    /// Its key was never wrapped for these sheets, or the relay has lost it.
    NotWrapped,
    /// What was wrapped is not the circle's key.
    Broken,
    /// The person may not be in that team by its charter.
    NotChartered,
}

/// A circle that can be restored.
pub(super) struct Restorable {
    pub(super) circle: CircleId,
    /// The recovery key that it was wrapped for, and the wrap.
    pub(super) wrap: (DeviceId, Vec<u8>),
    pub(super) vouchers: Vec<SignedStatement>,
}

impl Forsaken {
    /// Whether a circle is to be restored, and can be; `None` for one that only helps to judge others.
    pub(super) fn judge(&self, folded: &Folded) -> Option<Result<Restorable, Skipped>> {
        let circle = folded.entries.first()?.circle;
        let log = self.logs.logs.get(&circle)?;
        let (own, to) = (Subject::Person(*self.asked.of()), self.asked.to());
        match (self.asked, log.subject) {
            (Asked::Own { .. }, subject) if subject == own => {}
            (Asked::Forsaken { .. }, Subject::Shared) => {}
            (Asked::Forsaken { .. }, Subject::Team(_)) if !folded.served.wraps.is_empty() => {}
            _ => return None,
        }
        if !self.is_forsaken(log) {
            return Some(Err(Skipped::SomebodyLeft));
        }
        let mut vouchers = self.word_of_who_is_gone(log);
        if let Subject::Team(team) = log.subject {
            if self.logs.vouched.charter(&team).is_none_or(|persons| persons.binary_search(to).is_err()) {
                return Some(Err(Skipped::NotChartered));
            }
            vouchers.extend(self.newest(|claim| matches!(claim, Claim::Team { team: of, .. } if *of == team)));
        }
        vouchers.truncate(limits::ENTRY_VOUCHERS - 1);
        let mut keys = self.logs.vouched.lineage().recoveries().rev().map(|(key, _)| key);
        let wrap = keys.find_map(|key| Some((key, wrap_in_force(folded, log, &Member::Device(key))?)));
        let wrap = wrap.ok_or(Skipped::NotWrapped);
        Some(wrap.map(|wrap| Restorable { circle, wrap, vouchers }))
    }

    /// By the authority's word and not by the logs alone, which the relay has chosen: every device that was ever certified for those
    /// who manage is gone, also one that it does not show. Whoever has another device yet is restored first.
    fn is_forsaken(&self, log: &CircleLog) -> bool {
        let vouched = &self.logs.vouched;
        let gone = |person: &PersonId| vouched.devices(person).iter().all(|device| vouched.is_gone(device));
        let persons = |member: &Member| match member {
            Member::Device(_) => Vec::new(),
            Member::Person(person) => vec![*person],
            Member::Team(team) => vouched.charter(team).unwrap_or_default().to_vec(),
        };
        log.is_forsaken(vouched, &self.logs) && managing(log).flat_map(persons).all(|person| gone(&person))
    }

    /// What the relay must have seen to agree: the recovery key, and that those who managed are gone. It may have been restored from
    /// a backup since.
    fn word_of_who_is_gone(&self, log: &CircleLog) -> Vec<SignedStatement> {
        let mut devices = Vec::new();
        managing(log).for_each(|member| below(member, &self.logs, &mut devices));
        let owner = |device: &DeviceId| self.logs.vouched.person(device);
        let sheets = self.statements.iter().filter(|(said, _)| said.claim.names_key());
        let sheets = sheets.filter(|(said, _)| !matches!(said.claim, Claim::Authority { .. }));
        let mut words: Vec<SignedStatement> = sheets.map(|(_, signed)| signed.clone()).collect();
        for device in devices {
            let revoked = self.newest(|claim| matches!(claim, Claim::Revoked { device: of } if *of == device));
            let left = || {
                self.newest(|claim| {
                    matches!(claim, Claim::Standing { person, standing: Standing::Left } if Some(*person) == owner(&device))
                })
            };
            words.extend(revoked.or_else(left).filter(|word| !words.contains(word)));
        }
        words
    }
}

/// Whoever may let others in.
fn managing(log: &CircleLog) -> impl Iterator<Item = &Member> {
    let manages = |held: &Membership| log.subject != Subject::Shared || held.rights == Rights::Manage;
    log.members.iter().filter(move |(_, held)| manages(held)).map(|(member, _)| member)
}

/// The devices behind a member.
fn below(member: &Member, logs: &Logs, out: &mut Vec<DeviceId>) {
    match (member, logs.log_of(member)) {
        (Member::Device(device), _) => out.push(*device),
        (_, Some(theirs)) => theirs.members.keys().for_each(|further| below(further, logs, out)),
        (_, None) => {}
    }
}

/// The wrap of the key in force for this member, as an entry since it was drawn lists it.
fn wrap_in_force(folded: &Folded, log: &CircleLog, member: &Member) -> Option<Vec<u8>> {
    let drawn = log.epoch()?.entry;
    let since = folded.entries.iter().position(|entry| entry.id == drawn)?;
    let listed = |entry: &ParsedEntry| {
        let theirs = entry.public.wraps.iter().filter(|wrap| wrap.member == *member).map(|wrap| wrap.hash);
        theirs.collect::<Vec<_>>()
    };
    let hashes: Vec<_> = folded.entries.get(since..)?.iter().flat_map(listed).collect();
    let served = folded.served.wraps.iter().find(|wrap| wrap.member == *member && hashes.contains(&wrap.hash()));
    served.map(|wrap| wrap.bytes.0.clone())
}
