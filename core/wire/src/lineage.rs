//! Which keys a municipality had, one after the other (decision 0024, protocol §3.1): the authority's, and the recovery key's.
//!
//! The first of both are in the municipality's id. Each later one is stated under the authority's key of then, and the recovery key
//! of then has signed it too: one of them alone, stolen, changes neither. A serial has one key: what another has signed under it
//! never counts, however old that key is.

use crate::codec::Canonical;
use crate::hash::{BadSignature, Label, is_sound, verify};
use crate::ids::{DeviceId, Fixed, MunicipalityId};
use crate::statement::{Authority, Claim, DeviceKeys, SignedStatement, Statement, StatementError};

/// The keys of a municipality, as far as they have been heard of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lineage {
    first: Authority,
    /// With the serial after which each counts, ascending.
    later: Vec<(u64, Fixed<32>)>,
    /// The same of the recovery key; the one that the municipality was founded with counts from zero.
    recovery: Vec<(u64, DeviceId, DeviceKeys)>,
}

impl From<Authority> for Lineage {
    fn from(first: Authority) -> Self {
        Self { first, later: Vec::new(), recovery: Vec::new() }
    }
}

impl Lineage {
    /// The keys that these statements name, as far as each follows from those before.
    pub fn stated<'a>(first: Authority, statements: impl IntoIterator<Item = &'a SignedStatement>) -> Self {
        let mut lineage = Self::from(first);
        for signed in statements {
            // Told from the rest before it is verified: there may be thousands of those.
            if Statement::from_bytes(&signed.body).is_ok_and(|said| said.claim.names_key()) {
                let Ok(statement) = lineage.check(signed) else { break };
                lineage.take(&statement);
            }
        }
        lineage
    }

    /// The authority that the municipality was founded with.
    pub fn first(&self) -> &Authority {
        &self.first
    }

    /// The authority in force.
    pub fn authority(&self) -> Authority {
        let key = self.later.last().map_or(self.first.key, |(_, key)| *key);
        Authority { key, ..self.first }
    }

    /// Every authority that was in force, the first one first.
    pub fn authorities(&self) -> impl Iterator<Item = Authority> {
        let keys = [self.first.key].into_iter().chain(self.later.iter().map(|(_, key)| *key));
        keys.map(|key| Authority { key, ..self.first })
    }

    /// The recovery key in force.
    pub fn recovery(&self) -> Option<(DeviceId, &DeviceKeys)> {
        self.recovery.last().map(|(_, id, keys)| (*id, keys))
    }

    /// Every recovery key that was in force, the first one first.
    pub fn recoveries(&self) -> impl DoubleEndedIterator<Item = (DeviceId, &DeviceKeys)> {
        self.recovery.iter().map(|(_, id, keys)| (*id, keys))
    }

    /// What a body says that was signed under a label with the key that was in force at the serial it bears.
    ///
    /// # Errors
    /// [`StatementError`]: signed by none of the keys, malformed, another municipality's, or under a serial of another key.
    pub fn signed<T: Canonical>(
        &self,
        label: Label,
        (body, signature): (&[u8], &Fixed<64>),
        place: impl Fn(&T) -> (MunicipalityId, u64),
    ) -> Result<T, StatementError> {
        // The newest first: most of what comes is signed with it.
        let signer =
            (0..=self.later.len()).rev().find(|at| verify(label, &self.key(*at).0, &[body], &signature.0).is_ok());
        let signer = signer.ok_or(BadSignature)?;
        let said = T::from_bytes(body)?;
        let (municipality, serial) = place(&said);
        if municipality != self.first.municipality {
            return Err(StatementError::OtherMunicipality);
        }
        if self.later.iter().filter(|(since, _)| *since < serial).count() != signer {
            return Err(StatementError::Superseded);
        }
        Ok(said)
    }

    fn key(&self, at: usize) -> Fixed<32> {
        at.checked_sub(1).and_then(|at| self.later.get(at)).map_or(self.first.key, |(_, key)| *key)
    }

    /// Verifies a statement and returns what it says.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn check(&self, signed: &SignedStatement) -> Result<Statement, StatementError> {
        let place = |said: &Statement| (said.municipality, said.serial);
        let statement = self.signed(Label::STATEMENT, (&signed.body, &signed.signature), place)?;
        match &statement.claim {
            Claim::Device { keys, .. } | Claim::Recovery { keys } | Claim::Sheets { keys, .. }
                if !is_sound(&keys.signing.0) =>
            {
                Err(StatementError::Key)
            }
            Claim::Recovery { keys }
                if self.first.municipality != Authority::founded_with(&self.first.key, &keys.device()) =>
            {
                Err(StatementError::Recovery)
            }
            Claim::Team { persons, .. } if !persons.windows(2).all(|pair| pair[0] < pair[1]) => {
                Err(StatementError::Persons)
            }
            Claim::Authority { key, holders, own } => {
                self.check_authority(statement.serial, key, holders, own).map(|()| statement)
            }
            Claim::Sheets { keys, older, holders, own } => {
                self.check_sheets(statement.serial, keys, older, holders, own).map(|()| statement)
            }
            _ => Ok(statement),
        }
    }

    fn check_authority(
        &self,
        serial: u64,
        key: &Fixed<32>,
        holders: &Fixed<64>,
        own: &Fixed<64>,
    ) -> Result<(), StatementError> {
        if self.later.contains(&(serial, *key)) {
            return Ok(());
        }
        if !is_sound(&key.0) {
            return Err(StatementError::Key);
        }
        // Whoever is behind learns the steps in their order; one from a key that has been followed already is another one.
        if self.later.last().is_some_and(|(last, _)| serial <= *last) || self.authorities().any(|old| old.key == *key) {
            return Err(StatementError::Fork);
        }
        let step = authority_step(&self.first.municipality, serial, &self.authority().key, key);
        let (_, _, witness) = self.witness(serial)?;
        verify(Label::SUCCESSION, &witness.signing.0, &[&step], &holders.0).map_err(|_| StatementError::Holders)?;
        Ok(verify(Label::SUCCESSION, &key.0, &[&step], &own.0)?)
    }

    fn check_sheets(
        &self,
        serial: u64,
        keys: &DeviceKeys,
        older: &Fixed<48>,
        holders: &Fixed<64>,
        own: &Fixed<64>,
    ) -> Result<(), StatementError> {
        let id = keys.device();
        if self.recovery.iter().any(|(since, known, _)| (*since, *known) == (serial, id)) {
            return Ok(());
        }
        let (last, before, witness) = self.witness(serial)?;
        let newest = self.recovery.last().map(|(since, ..)| *since);
        if newest != Some(last) || self.recovery.iter().any(|(_, known, _)| *known == id) {
            return Err(StatementError::Fork);
        }
        let step = sheets_step(&self.first.municipality, serial, &before, &id, older);
        verify(Label::SUCCESSION, &witness.signing.0, &[&step], &holders.0).map_err(|_| StatementError::Holders)?;
        Ok(verify(Label::SUCCESSION, &keys.signing.0, &[&step], &own.0)?)
    }

    /// The recovery key that was in force before this serial.
    fn witness(&self, serial: u64) -> Result<(u64, DeviceId, &DeviceKeys), StatementError> {
        let before = self.recovery.iter().rev().find(|(since, ..)| *since < serial);
        before.map(|(since, id, keys)| (*since, *id, keys)).ok_or(StatementError::NoRecovery)
    }

    /// True if a statement names a key that has not been heard of.
    pub(crate) fn is_news(&self, statement: &Statement) -> bool {
        match &statement.claim {
            Claim::Authority { key, .. } => !self.later.contains(&(statement.serial, *key)),
            Claim::Recovery { .. } => self.recovery.is_empty(),
            Claim::Sheets { keys, .. } => !self.recovery.iter().any(|(_, id, _)| *id == keys.device()),
            _ => false,
        }
    }

    /// Takes up a key that a statement names, which was checked. True if the authority's key is another one now: what the one before
    /// has signed under higher serials is void, and it is the holder's turn to forget it.
    pub(crate) fn take(&mut self, statement: &Statement) -> bool {
        if !self.is_news(statement) {
            return false;
        }
        match &statement.claim {
            Claim::Recovery { keys } => self.recovery.push((0, keys.device(), keys.as_ref().clone())),
            Claim::Sheets { keys, .. } => self.recovery.push((statement.serial, keys.device(), keys.as_ref().clone())),
            Claim::Authority { key, .. } => {
                self.later.push((statement.serial, *key));
                self.recovery.retain(|(since, ..)| *since <= statement.serial);
                return true;
            }
            _ => {}
        }
        false
    }
}

/// What is signed, under [`Label::SUCCESSION`], by the recovery key in force and by the new key, when the authority's key changes.
/// Every part has a fixed length.
pub fn authority_step(municipality: &MunicipalityId, serial: u64, old: &Fixed<32>, new: &Fixed<32>) -> Vec<u8> {
    [&[1][..], municipality.as_bytes(), &serial.to_be_bytes(), &old.0, &new.0].concat()
}

/// The same when the recovery key changes: by the one before, and by the new one. The keys are named by their ids.
pub fn sheets_step(
    municipality: &MunicipalityId,
    serial: u64,
    old: &DeviceId,
    new: &DeviceId,
    older: &Fixed<48>,
) -> Vec<u8> {
    [&[2][..], municipality.as_bytes(), &serial.to_be_bytes(), old.as_bytes(), new.as_bytes(), &older.0].concat()
}

#[cfg(test)]
mod tests;
