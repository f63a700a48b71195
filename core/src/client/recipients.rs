//! Whom a circle's key is wrapped for.

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, Rights};
use tvaers_wire::log::{InForce, Membership};

use super::{Device, Known};
use crate::circle::{Draft, Recipient};
use crate::store::StoreError;

impl Device {
    /// Adds a member to an entry that is being made, with the wraps by which it has the root. False if there are none.
    pub(super) fn add_to(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        draft: &mut Draft,
        member: Member,
        rights: Rights,
    ) -> Result<bool, StoreError> {
        self.add_as(tx, known, draft, member, Membership { rights, until: None })
    }

    /// The same with an end, if there is to be one.
    pub(super) fn add_as(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        draft: &mut Draft,
        member: Member,
        Membership { rights, until }: Membership,
    ) -> Result<bool, StoreError> {
        draft.changes.push(Change::Add { member, rights, until });
        let mut reached = Vec::new();
        self.recipients(tx, known, &member, &mut reached)?;
        // Whoever is left in a team whose key is owed may be a member already.
        let is_any = !reached.is_empty();
        let is_new = |new: &Recipient| draft.recipients.iter().all(|held| held.member != new.member);
        let new: Vec<Recipient> = reached.into_iter().filter(is_new).collect();
        draft.recipients.extend(new);
        Ok(is_any)
    }

    /// The key that a member is wrapped to.
    pub(super) fn recipient(&self, known: &Known, member: Member) -> Option<Recipient> {
        known.kem_of(&member).map(|(epoch, kem)| Recipient { member, epoch: Some(epoch), kem })
    }

    /// Whom a new root is wrapped for, so that this member has it: the member, or whoever is in its circle, while that owes a
    /// key which somebody who left may hold.
    pub(super) fn recipients(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        member: &Member,
        out: &mut Vec<Recipient>,
    ) -> Result<(), StoreError> {
        if out.iter().any(|recipient| recipient.member == *member) {
            return Ok(());
        }
        match (member, known.log_of(member)) {
            (Member::Device(device), _) => out.extend(self.device_recipient(tx, known, device)?),
            (_, Some(log)) if log.owes_epoch(known) => {
                log.members.keys().try_for_each(|below| self.recipients(tx, known, below, out))?;
            }
            _ => out.extend(self.recipient(known, *member)),
        }
        Ok(())
    }
}
