//! The directory: it follows from the facts, is stated, and goes sealed to every device that may have it.

use std::collections::BTreeSet;

use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::DirectoryUpload;
use tvaers_wire::ids::{DeviceId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::statement::{Claim, DeviceKeys, SignedStatement, Standing, Statement};

use super::{About, By, Office, OfficeError};
use crate::directory::{Directory, PersonFacts, TeamFacts};
use crate::keys::KeyError;
use crate::rng::CryptoRng;

impl Office {
    /// True if this statement says which directory is in force: before anybody is told, the relay must have it.
    pub fn is_of_directory(&self, statement: &SignedStatement) -> bool {
        let kept = self.state.statements.iter().find(|kept| kept.statement == *statement);
        kept.is_some_and(|kept| kept.about == About::Directory)
    }

    /// Devices that the directory goes to: those in use, of people who work here now. Who is suspended gets it after coming back.
    pub fn directory_readers(&self) -> BTreeSet<DeviceId> {
        let people = self.state.people.iter().filter(|person| person.standing == Standing::Active);
        let here: BTreeSet<PersonId> = people.map(|person| person.person).collect();
        let used = self.state.devices.iter().filter(|device| device.revoked.is_none());
        used.filter(|device| here.contains(&device.person)).map(|device| device.device).collect()
    }

    /// The directory, sealed for them, as the relay takes it; in this order.
    ///
    /// # Errors
    /// [`OfficeError::TooMany`] if there are more devices than a directory is sealed for.
    pub fn directory_uploads(
        &mut self,
        by: By<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<DirectoryUpload>, OfficeError> {
        let readers = self.directory_readers();
        if readers.len() > limits::DIRECTORY_DEVICES {
            return Err(OfficeError::TooMany);
        }
        let theirs = |about: &About| matches!(about, About::Device(device) if readers.contains(device));
        let certificates = self.state.statements.iter().filter(|kept| theirs(&kept.about));
        let keys = certificates.filter_map(|kept| match Statement::from_bytes(&kept.statement.body).ok()?.claim {
            Claim::Device { keys, .. } => Some(*keys),
            _ => None,
        });
        let keys: Vec<DeviceKeys> = keys.collect();
        let sealed = self.state.directory.seal_for(&self.state.municipality, &keys, rng);
        let sealed = sealed.map_err(|_| OfficeError::Key(KeyError::Malformed))?;
        let mut uploads = Vec::new();
        // An act without an entry: a serial is used up; that it was published is noted when the relay has it.
        self.act(by, |office| {
            uploads = office.key.directory_uploads(&sealed);
            Ok(())
        })?;
        Ok(uploads)
    }

    /// States again which directory is in force: it is to be sealed for somebody whom the last one was not sealed for.
    pub(super) fn state_directory(&mut self) {
        let statement = self.key.state_directory(&self.state.directory);
        self.keep(About::Directory, statement);
    }

    /// Signs a directory if the facts say another than the last one, and states that it is in force.
    pub(super) fn settle_directory(&mut self) -> Result<(), OfficeError> {
        let old = Directory::from_bytes(&self.state.directory.body).ok();
        let directory = self.directory_facts(old.as_ref().map_or(0, |old| old.serial));
        if old.is_some_and(|old| old == directory) {
            // An office that was founded before directories were stated has signed one already.
            if self.state.statements.iter().all(|kept| kept.about != About::Directory) {
                self.state_directory();
            }
            return Ok(());
        }
        self.sign_directory(directory);
        if self.state.directory.body.len() > Directory::MAX_LEN { Err(OfficeError::TooMany) } else { Ok(()) }
    }

    /// Signs the directory anew with the key in force, as it is.
    pub(super) fn sign_directory_again(&mut self) {
        let directory = self.directory_facts(0);
        self.sign_directory(directory);
    }

    fn sign_directory(&mut self, mut directory: Directory) {
        directory.serial = self.key.serial() + 1;
        self.key.reach(directory.serial);
        self.state.directory = self.key.sign_directory(&directory);
        self.state_directory();
    }

    /// Leavers and closed units stay in it: old notes show their names. Who works here, charters and standings say.
    fn directory_facts(&self, serial: u64) -> Directory {
        let teams = self.state.units.iter().map(|unit| TeamFacts {
            team: unit.team,
            name: unit.name.clone(),
            kind: unit.kind.clone(),
            phone: unit.phone.clone(),
        });
        let people = self.state.people.iter().map(|person| PersonFacts {
            person: person.person,
            name: person.name.clone(),
            profession: person.profession.clone(),
            team: person.unit,
        });
        Directory {
            version: limits::VERSION,
            municipality: self.state.municipality,
            serial,
            name: self.state.name.clone(),
            teams: teams.collect(),
            people: people.collect(),
            policy: self.state.policy.clone(),
        }
    }
}
