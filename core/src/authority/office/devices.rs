//! Devices: certified, revoked, enrolled; and what of all that the relay has.

use std::collections::BTreeSet;

use tvaers_wire::ids::{DeviceId, PersonId};
use tvaers_wire::statement::{DeviceKeys, SignedStatement};

use super::{About, Act, By, Kept, Office, OfficeError};
use crate::authority::facts::CertifiedDevice;
use crate::directory::{ENROLMENT_STATEMENTS, Enrolment};

impl Office {
    /// Every device that was certified, in that order.
    pub fn devices(&self) -> &[CertifiedDevice] {
        &self.state.devices
    }

    /// A person's devices.
    pub fn devices_of<'a>(&'a self, person: &PersonId) -> impl Iterator<Item = &'a CertifiedDevice> + use<'a> {
        let person = *person;
        self.state.devices.iter().filter(move |device| device.person == person)
    }

    /// The device of an employee's number and its own (`4711/2`), or of the first digits of its id, eight at least.
    ///
    /// # Errors
    /// [`OfficeError::UnknownDevice`] also if the digits fit several.
    pub fn device(&self, name: &str) -> Result<&CertifiedDevice, OfficeError> {
        let name = name.trim();
        if let Some((number, device)) = name.rsplit_once('/') {
            let person = self.person(number)?.person;
            return self
                .devices_of(&person)
                .find(|known| known.number.to_string() == device)
                .ok_or(OfficeError::UnknownDevice);
        }
        let digits = name.to_lowercase();
        let mut fitting = self.state.devices.iter().filter(|known| known.device.to_hex().starts_with(&digits));
        match (fitting.next(), fitting.next()) {
            (Some(device), None) if digits.len() >= 8 => Ok(device),
            _ => Err(OfficeError::UnknownDevice),
        }
    }

    /// Certifies a device for a person. The same device again changes nothing: its enrolment may be asked for once more.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, not at work here, a key that is not sound, or a device that is somebody else's or
    /// revoked.
    pub fn certify(&mut self, number: &str, keys: &DeviceKeys, by: By<'_>) -> Result<DeviceId, OfficeError> {
        let (person, device) = (self.at_work(number)?.person, keys.device());
        match self.state.devices.iter().find(|known| known.device == device) {
            Some(known) if known.person != person => return Err(OfficeError::OtherOwner),
            Some(known) if known.revoked.is_some() => return Err(OfficeError::Revoked),
            Some(_) => return Ok(device),
            None => {}
        }
        let before = u32::try_from(self.devices_of(&person).count()).map_err(|_| OfficeError::TooMany)?;
        self.act(by, |office| {
            let certificate = office.key.certify(person, keys)?;
            office.keep(About::Device(device), certificate);
            let (number, since) = (before + 1, by.now);
            office.state.devices.push(CertifiedDevice { device, person, number, since, revoked: None, wipe: None });
            office.note(by, Act::Certified { person, device });
            Ok(())
        })?;
        Ok(device)
    }

    /// Revokes a device, for good.
    ///
    /// # Errors
    /// [`OfficeError::UnknownDevice`] or [`OfficeError::Revoked`].
    pub fn revoke_device(&mut self, name: &str, by: By<'_>) -> Result<(), OfficeError> {
        let known = self.device(name)?;
        let device = known.device;
        if known.revoked.is_some() {
            return Err(OfficeError::Revoked);
        }
        self.act(by, |office| {
            office.put_out(device, by);
            Ok(())
        })
    }

    pub(super) fn put_out(&mut self, device: DeviceId, by: By<'_>) {
        let Some(known) = self.state.devices.iter_mut().find(|known| known.device == device) else { return };
        known.revoked = Some(by.now);
        let person = known.person;
        let statement = self.key.revoke(device);
        self.keep(About::Revoked(device), statement);
        self.note(by, Act::DeviceRevoked { person, device });
    }

    /// What a certified device is given: its certificate, its person's other devices, every charter, who and what is out, and the
    /// directory.
    ///
    /// # Errors
    /// [`OfficeError::UnknownDevice`] or [`OfficeError::Revoked`].
    pub fn enrolment(&self, device: &DeviceId) -> Result<Enrolment, OfficeError> {
        let known = self.state.devices.iter().find(|known| known.device == *device);
        let known = known.ok_or(OfficeError::UnknownDevice)?;
        if known.revoked.is_some() {
            return Err(OfficeError::Revoked);
        }
        let theirs: BTreeSet<DeviceId> = self.devices_of(&known.person).map(|own| own.device).collect();
        let (mut certificate, mut keys) = (None, Vec::new());
        // In the order of need, should there be more than an enrolment holds.
        let (mut first, mut out): (Vec<&SignedStatement>, Vec<&SignedStatement>) = (Vec::new(), Vec::new());
        for kept in &self.state.statements {
            match &kept.about {
                About::Device(of) if of == device => certificate = Some(kept.statement.clone()),
                About::Device(of) if theirs.contains(of) => first.push(&kept.statement),
                About::Device(_) => {}
                About::Team(_) => first.push(&kept.statement),
                // By rising serial, as they are kept: each is judged by those before.
                About::Recovery | About::Authority(_) | About::Sheets(_) => keys.push(&kept.statement),
                About::Revoked(_) | About::Standing(_) => out.push(&kept.statement),
                // The directory itself is in it. The statement is the relay's to tell, when the directory lies there.
                About::Directory => {}
                // Others' erasures are none of its business; the relay tells it what colleagues tell a relay that was put back.
                About::Wipe(_) => {}
            }
        }
        // The newest of those who are out: the relay tells the rest.
        let statements =
            keys.into_iter().chain(first).chain(out.into_iter().rev()).take(ENROLMENT_STATEMENTS).cloned().collect();
        Ok(Enrolment {
            authority: self.authority(),
            relay: self.state.relay.clone(),
            certificate: certificate.ok_or(OfficeError::UnknownDevice)?,
            statements,
            directory: self.state.directory.clone(),
        })
    }

    /// What the relay is to be sent: first the keys by which the rest is judged, then who and what is out, then the rest as it was
    /// stated, and last which directory is in force. With `again`, everything: for a relay that was restored, or is new.
    pub fn to_publish(&self, again: bool) -> Vec<SignedStatement> {
        let urgency = |about: &About| match about {
            About::Recovery | About::Authority(_) | About::Sheets(_) => 0,
            About::Revoked(_) | About::Standing(_) | About::Wipe(_) => 1,
            About::Device(_) | About::Team(_) => 2,
            About::Directory => 3,
        };
        let mut due: Vec<&Kept> = self.state.statements.iter().filter(|kept| again || !kept.published).collect();
        due.sort_by_key(|kept| urgency(&kept.about));
        due.into_iter().map(|kept| kept.statement.clone()).collect()
    }

    /// Notes that the relay has taken these.
    ///
    /// # Errors
    /// [`OfficeError::TooMany`] if the journal is full.
    pub fn published(&mut self, taken: &[SignedStatement], by: By<'_>) -> Result<(), OfficeError> {
        if taken.is_empty() {
            return Ok(());
        }
        // A signature is as good as a name here, and short.
        let taken: BTreeSet<[u8; 64]> = taken.iter().map(|statement| statement.signature.0).collect();
        self.act(by, |office| {
            for kept in &mut office.state.statements {
                kept.published |= taken.contains(&kept.statement.signature.0);
            }
            office.note(by, Act::Published { statements: taken.len() as u64 });
            Ok(())
        })
    }
}
