//! What the authority states: certificates, charters, who is out, and which directory is in force. A statement is believed when it
//! comes; what it asks of circles is done with the next contact.

use rusqlite::{Connection, Transaction};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Member, Subject};
use tvaers_wire::ids::{DeviceId, TeamId};
use tvaers_wire::lineage::Lineage;
use tvaers_wire::statement::{Claim, DeviceKeys, SignedStatement, Standing, Statement};
use tvaers_wire::vouched::Vouched;

use super::{Device, Known};
use crate::keys::check_kem;
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, inbox, meta};

#[cfg(test)]
mod tests;

impl Device {
    /// True if the authority has put a device out, as far as has been heard here: it is lost, or its person is away.
    pub fn is_out(&self, device: &DeviceId) -> bool {
        self.known().vouched.is_out(device)
    }

    /// Takes a statement from the feed.
    pub(super) fn absorb_statement(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        signed: &SignedStatement,
        now: i64,
    ) -> Result<(), StoreError> {
        let claim = match known.learn(signed) {
            Ok(claim) => claim,
            Err(error) => return inbox::put_aside(tx, now, &error.to_string(), &signed.to_bytes()),
        };
        if !meta::put_statement(tx, &signed.to_bytes())? {
            return Ok(());
        }
        (known.upkeep_due, known.entries_due) = (true, true);
        // Of whoever is let in again more counts than before.
        inbox::wake_waiting(tx)?;
        let out = match claim {
            Claim::Revoked { device } => vec![device],
            Claim::Standing { person, standing } => {
                if standing == Standing::Active {
                    let devices = known.vouched.devices(&person);
                    devices.iter().try_for_each(|device| inbox::wake_all_of(tx, device))?;
                    known.inbox_due = true;
                }
                known.vouched.devices(&person)
            }
            Claim::Authority { .. } => {
                // What the key before had signed under higher serials hid what was true before: it is folded again without.
                known.vouched = recalled(tx, known.vouched.lineage())?;
                Vec::new()
            }
            Claim::Device { .. }
            | Claim::Team { .. }
            | Claim::Directory { .. }
            | Claim::Recovery { .. }
            | Claim::Sheets { .. }
            | Claim::Wipe { .. } => Vec::new(),
        };
        for device in out.iter().filter(|device| known.vouched.is_out(device)) {
            for circle in inbox::circles_of(tx, device)? {
                self.owe_cut(tx, known, circle, device)?;
            }
        }
        Ok(())
    }

    /// A device that is out has written in a circle: somebody there has to say what of it counts. A person's own circle says
    /// so by removing the device.
    pub(super) fn owe_cut(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        row: i64,
        device: &DeviceId,
    ) -> Result<(), StoreError> {
        let to_be_cut = known.at_row(row).is_some_and(|circle| {
            let person = matches!(circle.log.subject, Subject::Person(_));
            let may_draw = circle.root().is_some() || self.may_begin_anew(known, circle);
            !person && may_draw && !circle.log.is_cut_off(device, known)
        });
        if to_be_cut { intents::put(tx, row, &Member::Device(*device), &Wanted::CutOff) } else { Ok(()) }
    }

    /// Whoever has a circle's key now says what of devices that are out counts there.
    pub(super) fn owe_cuts(&self, tx: &Transaction<'_>, known: &Known, row: i64) -> Result<(), StoreError> {
        if !known.vouched.has_out() {
            return Ok(());
        }
        for device in inbox::devices_in(tx, row)? {
            if known.vouched.is_out(&device) {
                self.owe_cut(tx, known, row, &device)?;
            }
        }
        Ok(())
    }

    /// A restored relay may have forgotten who is out, who is in a team, and which directory is in force: it is told again.
    /// Certificates come with entries.
    pub(super) fn tell_again(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), StoreError> {
        for (row, statement, _) in statements(tx)? {
            let newest = match &statement.claim {
                Claim::Revoked { .. } | Claim::Standing { .. } => true,
                Claim::Team { team, persons } => known.vouched.charter(team) == Some(persons),
                Claim::Recovery { .. } | Claim::Authority { .. } | Claim::Sheets { .. } => true,
                Claim::Directory { head } => known.vouched.directory() == Some((statement.serial, *head)),
                // Whether it is to be erased is told whoever may be asked for it, and by whom it was withdrawn.
                Claim::Wipe { .. } => true,
                Claim::Device { .. } => false,
            };
            if newest {
                meta::set_unsent(tx, row, true)?;
            }
        }
        Ok(())
    }

    /// Devices certified for this person that are not out, with keys that something can be wrapped to.
    pub(super) fn own_certified(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
    ) -> Result<Vec<(DeviceId, DeviceKeys, SignedStatement)>, StoreError> {
        let mut own = certificates(tx)?;
        own.retain(|(device, keys, _)| {
            known.vouched.person(device) == Some(self.person)
                && !known.vouched.is_out(device)
                && check_kem(&keys.kem).is_ok()
        });
        Ok(own)
    }

    /// What the relay and other readers must have seen to take this member into such a circle, or out of it: a team's charter, a
    /// device's certificate, or the word that it is out.
    pub(super) fn vouchers_for(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        subject: &Subject,
        member: &Member,
    ) -> Result<Option<SignedStatement>, StoreError> {
        match (subject, member) {
            (_, Member::Device(device)) if known.vouched.is_out(device) => putting_out(tx, known, device),
            (_, Member::Device(device)) => {
                newest(tx, |claim| matches!(claim, Claim::Device { keys, .. } if keys.device() == *device))
            }
            (Subject::Team(team), _) | (_, Member::Team(team)) => charter(tx, team),
            _ => Ok(None),
        }
    }
}

/// The newest certificate of every device.
pub(super) fn certificates(tx: &Transaction<'_>) -> Result<Vec<(DeviceId, DeviceKeys, SignedStatement)>, StoreError> {
    let mut out: Vec<(DeviceId, DeviceKeys, SignedStatement)> = Vec::new();
    let mut all = statements(tx)?;
    all.sort_by_key(|(_, statement, _)| statement.serial);
    for (_, statement, signed) in all {
        if let Claim::Device { keys, .. } = statement.claim {
            let device = keys.device();
            out.retain(|(known, ..)| *known != device);
            out.push((device, *keys, signed));
        }
    }
    Ok(out)
}

/// The newest charter of a team.
fn charter(tx: &Transaction<'_>, team: &TeamId) -> Result<Option<SignedStatement>, StoreError> {
    newest(tx, |claim| matches!(claim, Claim::Team { team: of, .. } if of == team))
}

/// Why a device is out.
fn putting_out(tx: &Transaction<'_>, known: &Known, device: &DeviceId) -> Result<Option<SignedStatement>, StoreError> {
    let owner = known.vouched.person(device);
    let about = |claim: &Claim| match claim {
        Claim::Revoked { device: revoked } => revoked == device,
        Claim::Standing { person, .. } => Some(*person) == owner,
        _ => false,
    };
    newest(tx, |claim| claim.puts_out() && about(claim))
}

fn newest(tx: &Transaction<'_>, says: impl Fn(&Claim) -> bool) -> Result<Option<SignedStatement>, StoreError> {
    let saying = statements(tx)?.into_iter().filter(|(_, statement, _)| says(&statement.claim));
    Ok(saying.max_by_key(|(_, statement, _)| statement.serial).map(|(.., signed)| signed))
}

/// What is in the store and counts, in the order in which it came.
pub(super) fn statements(conn: &Connection) -> Result<Vec<(i64, Statement, SignedStatement)>, StoreError> {
    let mut out: Vec<(i64, Statement, SignedStatement)> = Vec::new();
    for (row, bytes) in meta::statements(conn)? {
        let Ok(signed) = SignedStatement::from_bytes(&bytes) else { continue };
        let Ok(statement) = Statement::from_bytes(&signed.body) else { continue };
        if let Claim::Authority { .. } = statement.claim {
            // Nothing was believed of the new key before it was known, so what bears higher serials is a thief's.
            out.retain(|(_, before, _)| before.serial <= statement.serial);
        }
        out.push((row, statement, signed));
    }
    Ok(out)
}

/// What the authority has vouched for, by what is in the store.
pub(super) fn recalled(conn: &Connection, lineage: &Lineage) -> Result<Vouched, StoreError> {
    let mut vouched = Vouched::new(*lineage.first());
    for (.., signed) in statements(conn)? {
        vouched.recall(&signed);
    }
    Ok(vouched)
}
