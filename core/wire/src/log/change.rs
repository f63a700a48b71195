//! What an entry that is taken does to a log.

use std::collections::{BTreeMap, HashMap};

use super::{Charter, CircleLog, Epoch, Erasure, LogError, Membership};
use crate::codec::Canonical;
use crate::entry::{Change, ParsedEntry, Rights, Subject};
use crate::ids::PersonId;
use crate::statement::{Claim, Statement};
use crate::vouched::Vouched;

impl CircleLog {
    pub(super) fn empty(founding: &ParsedEntry) -> Self {
        Self {
            id: founding.circle,
            subject: founding.public.subject,
            members: BTreeMap::new(),
            past: Vec::new(),
            entries: Vec::new(),
            in_force: Vec::new(),
            epochs: Vec::new(),
            cuts: HashMap::new(),
            cut_off: BTreeMap::new(),
            leaked: false,
            wrapped: BTreeMap::new(),
            charter: None,
            erasure: Erasure::default(),
        }
    }

    /// Takes an entry that was accepted before.
    pub(super) fn apply(&mut self, entry: &ParsedEntry) -> Result<(), LogError> {
        self.charter = newest_charter(self, entry, None)?;
        self.change(entry)
    }

    /// Changes nothing if it is refused. A log is not copied for that: it may be long.
    pub(super) fn change(&mut self, entry: &ParsedEntry) -> Result<(), LogError> {
        let (mut members, mut past, mut cuts) = (self.members.clone(), Vec::new(), Vec::new());
        for change in &entry.public.changes {
            match change {
                Change::Add { member, rights, until } => {
                    let membership = Membership { rights: *rights, until: *until };
                    // The right to write is taken by a removal, which says what counts of what was written. Whoever may read
                    // on is added again after it, in the same entry.
                    let held = members.get(member);
                    let loses_write = *rights < Rights::Write && held.is_some_and(|held| held.rights >= Rights::Write);
                    // Nor does anybody get an end who has none: they are taken out when it is time.
                    let gets_an_end = until.is_some() && held.is_some_and(|held| held.until.is_none());
                    if loses_write || gets_an_end {
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
                // Already left out of what the branches came to.
                Change::Void { .. } => {}
                Change::Erase { .. } | Change::Hold | Change::Lift | Change::Agree { .. } => {}
            }
        }
        if members.is_empty() {
            return Err(LogError::NotAllowed);
        }
        self.erasure.take(entry);
        self.leaked |= entry.public.removals().next().is_some();
        self.members = members;
        self.past.extend(past);
        self.cuts.extend(cuts);
        let said = put_out_by(entry);
        self.cut_off.extend(entry.public.cut_off().map(|device| (*device, said)));
        if let Some(epoch) = begun(entry) {
            self.leaked = false;
            self.wrapped.clear();
            self.epochs.push(epoch);
        }
        self.pass(entry);
        for wrap in &entry.public.wraps {
            self.wrapped.entry(wrap.member).or_default().insert(wrap.epoch);
        }
        Ok(())
    }

    /// The entry is in, whatever it changed.
    pub(super) fn pass(&mut self, entry: &ParsedEntry) {
        self.entries.push(entry.id);
        self.in_force.extend(self.epoch_entry());
    }
}

/// The epoch that an entry begins.
pub(super) fn begun(entry: &ParsedEntry) -> Option<Epoch> {
    let epoch = entry.public.epoch.as_ref()?;
    Some(Epoch {
        entry: entry.id,
        drawn_by: entry.public.device,
        root_commitment: epoch.root_commitment.0,
        kem: epoch.kem.map(Box::new),
        binding: entry.public.binding(),
        history: epoch.history.clone(),
        leads_to: epoch.leads_to,
    })
}

/// The newest serial by which an entry's vouchers put anybody out.
fn put_out_by(entry: &ParsedEntry) -> u64 {
    let statements = entry.public.vouchers.iter().filter_map(|voucher| Statement::from_bytes(&voucher.body).ok());
    statements.filter(|statement| statement.claim.puts_out()).map(|statement| statement.serial).max().unwrap_or(0)
}

/// Whose device signed it, if it is one and did.
pub(super) fn verified_signer(entry: &ParsedEntry, vouched: &Vouched) -> Result<PersonId, LogError> {
    let device = &entry.public.device;
    let key = vouched.signing_key(device).ok_or(LogError::UnknownDevice)?;
    entry.verify(key).map_err(|_| LogError::BadSignature)?;
    vouched.person(device).ok_or(LogError::UnknownDevice)
}

/// The newest charter of a team's circle once this entry is in. An entry that was accepted before is read without an authority.
pub(super) fn newest_charter(
    log: &CircleLog,
    entry: &ParsedEntry,
    vouched: Option<&Vouched>,
) -> Result<Charter, LogError> {
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
