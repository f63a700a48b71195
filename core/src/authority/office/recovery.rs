//! Recovery, the office's part: it asks the relay, puts the file for the holders together, and sends what they have signed. It opens
//! nothing, and both acts are in the journal.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::hash::Label;
use tvaers_wire::ids::PersonId;
use tvaers_wire::limits;
use tvaers_wire::recovery::{RecoveryAct, RecoveryOrder, ServedLog, SignedRecoveryOrder};
use tvaers_wire::statement::Standing;

use super::{Act, By, Office, OfficeError};
use crate::authority::recovery::{Asked, RecoveryFile, Restoring, SignedRecoveryFile};

impl Office {
    /// What is to be restored for a person: their own circle, or what nobody is left in since somebody has gone.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, not at work here, without a device to be let in with; or who has gone has not.
    pub fn asked(&self, to: &str, left: Option<&str>) -> Result<Asked, OfficeError> {
        let person = self.at_work(to)?.person;
        if !self.has_device(&person) {
            return Err(OfficeError::NoDevice);
        }
        let Some(left) = left else { return Ok(Asked::Own { person }) };
        let left = self.person(left)?;
        if left.standing != Standing::Left && self.has_device(&left.person) {
            return Err(OfficeError::StillHere);
        }
        Ok(Asked::Forsaken { left: left.person, to: person })
    }

    fn has_device(&self, person: &PersonId) -> bool {
        self.devices_of(person).any(|device| device.revoked.is_none())
    }

    /// Notes that circles are fetched.
    ///
    /// # Errors
    /// [`OfficeError::TooMany`] if the journal is full.
    pub fn fetches(&mut self, asked: &Asked, by: By<'_>) -> Result<(), OfficeError> {
        self.act(by, |office| {
            office.note(by, Act::RecoveryFetched { person: *asked.of(), to: *asked.to() });
            Ok(())
        })
    }

    /// The order to the relay, signed, for the next half hour.
    pub fn recovery_order(&self, act: RecoveryAct, now: i64) -> SignedRecoveryOrder {
        // Less than the relay allows, whose clock may be behind.
        let expires = u64::try_from(now / 1000).unwrap_or_default() + limits::RECOVERY_LIFE.as_secs() / 2;
        let municipality = self.state.municipality;
        let body = RecoveryOrder { version: limits::VERSION, municipality, expires, act }.to_bytes();
        let signature = self.key.sign(Label::RECOVERY_ORDER, &body);
        SignedRecoveryOrder { body: Bytes(body), signature }
    }

    /// What goes to the holders: the relay's answer with everything that this office has stated.
    pub fn recovery_file(&self, asked: Asked, logs: Vec<ServedLog>, now: i64) -> SignedRecoveryFile {
        let file = RecoveryFile {
            version: limits::VERSION,
            authority: self.authority(),
            asked,
            fetched: now,
            split: self.state.recovery.split,
            statements: self.state.statements.iter().map(|kept| kept.statement.clone()).collect(),
            directory: self.state.directory.clone(),
            logs,
        };
        let body = file.to_bytes();
        let signature = self.key.sign(Label::RECOVERY_FILE, &body);
        SignedRecoveryFile { body: Bytes(body), signature }
    }

    /// Notes that what two holders have signed is sent, if it was signed with this municipality's recovery key for a device that is
    /// not revoked.
    ///
    /// # Errors
    /// [`OfficeError::NotRestoring`], [`OfficeError::UnknownDevice`] or [`OfficeError::Revoked`].
    pub fn restores(&mut self, restoring: &Restoring, by: By<'_>) -> Result<(), OfficeError> {
        let keys = &self.state.recovery.keys;
        let signed = restoring.entries.iter().all(|made| {
            ParsedEntry::from_bytes(&made.entry)
                .is_ok_and(|entry| entry.public.device == keys.device() && entry.verify(&keys.signing.0).is_ok())
        });
        if restoring.municipality != self.state.municipality || restoring.entries.is_empty() || !signed {
            return Err(OfficeError::NotRestoring);
        }
        let device = self.devices_of(&restoring.person).find(|known| known.device == restoring.device);
        if device.ok_or(OfficeError::UnknownDevice)?.revoked.is_some() {
            return Err(OfficeError::Revoked);
        }
        let (person, device, circles) = (restoring.person, restoring.device, restoring.entries.len() as u64);
        self.act(by, |office| {
            office.note(by, Act::Restored { person, device, circles });
            Ok(())
        })
    }
}
