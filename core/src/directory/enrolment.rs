//! What a device is given when it is enrolled.

use minicbor::{Decode, Encode};
use tvaers_wire::codec::{Canonical, DecodeError, at_most};
use tvaers_wire::lineage::Lineage;
use tvaers_wire::statement::{Authority, Claim, SignedStatement, Statement, StatementError};
use tvaers_wire::vouched::Vouched;

use super::{Directory, DirectoryError, SignedDirectory, Staff};
use crate::keys::{KeyError, check_kem};
use tvaers_wire::ids::{DeviceId, PersonId};

/// Statements in an enrolment: a charter for each team, and the person's devices.
pub const ENROLMENT_STATEMENTS: usize = 8_192;

/// Everything a new device needs before it meets the relay. Holds no secret.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Enrolment {
    /// The authority that the municipality was founded with; everything below is checked against it and those that followed it.
    #[n(0)]
    pub authority: Authority,
    /// The relay's address, `https://…`.
    #[n(1)]
    pub relay: String,
    /// The device's own certificate.
    #[n(2)]
    pub certificate: SignedStatement,
    /// The keys that followed, the recovery keys, certificates of the person's other devices, and charters of teams.
    #[n(3)]
    #[cbor(decode_with = "at_most::<{ ENROLMENT_STATEMENTS }, _, _>")]
    pub statements: Vec<SignedStatement>,
    /// The directory.
    #[n(4)]
    pub directory: SignedDirectory,
}

impl Canonical for Enrolment {
    const NAME: &'static str = "enrolment";
    const MAX_LEN: usize = 2 * Directory::MAX_LEN;
}

/// Why an enrolment was not accepted. The store is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// Not an enrolment.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A statement is not the authority's.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The recovery key is none that something can be wrapped to.
    #[error(transparent)]
    Recovery(#[from] KeyError),
    /// The directory is not the authority's.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The certificate is for another device.
    #[error("the certificate is for another device")]
    OtherDevice,
    /// The directory does not know the person.
    #[error("the directory does not know this person")]
    UnknownPerson,
}

/// An enrolment that has been checked for one device.
#[derive(Debug)]
pub struct CheckedEnrolment {
    /// Who the device belongs to.
    pub person: PersonId,
    /// What the authority vouches for in it.
    pub vouched: Vouched,
    /// The directory.
    pub staff: Staff,
}

impl Enrolment {
    /// The keys of the authority, as far as they follow from one another. What does not is told by [`Enrolment::check`].
    pub(crate) fn lineage(&self) -> Lineage {
        Lineage::stated(self.authority, &self.statements)
    }

    /// Whose device it is, from a device's own store: all of it was checked before it was put there.
    pub(crate) fn owner(&self) -> Result<PersonId, EnrolmentError> {
        match Statement::from_bytes(&self.certificate.body)?.claim {
            Claim::Device { person, .. } => Ok(person),
            _ => Err(EnrolmentError::OtherDevice),
        }
    }

    /// Checks every signature, and that the certificate is for `device`.
    ///
    /// # Errors
    /// [`EnrolmentError`] naming what is wrong.
    pub fn check(&self, device: &DeviceId) -> Result<CheckedEnrolment, EnrolmentError> {
        let mut vouched = Vouched::new(self.authority);
        // First what names the keys that the rest is judged by; it stands in the order in which it was stated.
        for statement in &self.statements {
            if let Claim::Recovery { keys } | Claim::Sheets { keys, .. } = vouched.learn(statement)? {
                check_kem(&keys.kem)?;
            }
        }
        let person = match vouched.learn(&self.certificate)? {
            Claim::Device { person, keys } if keys.device() == *device => person,
            _ => return Err(EnrolmentError::OtherDevice),
        };
        let staff = Staff::verified(&self.directory, vouched.lineage())?;
        staff.person(&person).ok_or(EnrolmentError::UnknownPerson)?;
        Ok(CheckedEnrolment { person, vouched, staff })
    }
}
