//! A newer directory on its way to devices that are enrolled already (protocol §5.9): sealed under a key of its own, which is wrapped
//! for each device. The relay keeps both and reads neither; what it brings is believed only if it is the directory that the
//! authority has stated.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryAnswer, DirectoryWrap, directory_binding};
use tvaers_wire::entry::Member;
use tvaers_wire::ids::{Fixed, MunicipalityId, PersonId};
use tvaers_wire::lineage::Lineage;
use tvaers_wire::padding::padded_len;
use tvaers_wire::statement::DeviceKeys;

use super::{DirectoryError, SignedDirectory, Staff};
use crate::keys::{
    AeadError, DeviceSecret, Root, Secret, TAG, WrapError, derive, open_once, seal_once, unwrap as open_wrap, wrap,
};
use crate::rng::CryptoRng;

/// A directory that only certain devices can open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedDirectory {
    /// Head of the directory.
    pub head: Fixed<32>,
    /// Padded and sealed.
    pub sealed: Vec<u8>,
    /// The key, for each device.
    pub wraps: Vec<DirectoryWrap>,
}

impl SignedDirectory {
    /// Seals it for these devices, under a key that is used for nothing else.
    ///
    /// # Errors
    /// [`WrapError`] if a device's key is not one.
    pub fn seal_for<'a>(
        &self,
        municipality: &MunicipalityId,
        devices: impl IntoIterator<Item = &'a DeviceKeys>,
        rng: &mut dyn CryptoRng,
    ) -> Result<SealedDirectory, WrapError> {
        let (head, root) = (self.head(), Root::random(rng));
        let binding = directory_binding(municipality, &head);
        let plain = self.to_bytes();
        let mut sealed = Vec::with_capacity(padded_len(4 + plain.len()) + TAG);
        sealed.extend_from_slice(&u32::try_from(plain.len()).unwrap_or(u32::MAX).to_be_bytes());
        sealed.extend_from_slice(&plain);
        sealed.resize(padded_len(sealed.len()), 0);
        seal_once(&key(&root, &binding), &binding, &mut sealed).map_err(|AeadError| WrapError::BadKey)?;
        let mut wraps = Vec::new();
        for keys in devices {
            let device = keys.device();
            let bytes = wrap(&root, &keys.kem, &binding, &Member::Device(device), rng)?;
            wraps.push(DirectoryWrap { device, bytes: Bytes(bytes) });
        }
        Ok(SealedDirectory { head, sealed, wraps })
    }

    /// Opens what the relay has for this device, and takes it only if it is the directory with this head, the authority's own, newer
    /// than the one held, and one that knows the device's person.
    ///
    /// # Errors
    /// [`DirectoryError`]; what is held stays.
    pub fn open(
        answer: &DirectoryAnswer,
        head: &Fixed<32>,
        lineage: &Lineage,
        device: &DeviceSecret,
        (held, person): (&Staff, &PersonId),
    ) -> Result<(Self, Staff), DirectoryError> {
        let binding = directory_binding(&lineage.first().municipality, head);
        let root = open_wrap(&answer.wrap, device.kem(), &binding, &Member::Device(device.id()));
        let root = root.map_err(|_| DirectoryError::Seal)?;
        let mut sealed = answer.sealed.0.clone();
        let padded = open_once(&key(&root, &binding), &binding, &mut sealed).map_err(|_| DirectoryError::Seal)?;
        let signed = Self::from_bytes(content(padded).ok_or(DirectoryError::Seal)?)?;
        if signed.head() != *head {
            return Err(DirectoryError::OtherHead);
        }
        let staff = Staff::verified(&signed, lineage)?;
        if staff.directory.serial <= held.directory.serial {
            return Err(DirectoryError::NotNewer);
        }
        staff.person(person).ok_or(DirectoryError::UnknownPerson)?;
        Ok((signed, staff))
    }
}

fn key(root: &Root, binding: &[u8; 32]) -> Secret {
    derive(root.secret(), "directory", binding)
}

/// What was padded: its length, itself, zeros up to the length that padding gives.
fn content(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    let (content, zeros) = rest.split_at_checked(length)?;
    let right = zeros.iter().all(|byte| *byte == 0) && padded.len() == padded_len(4 + length);
    right.then_some(content)
}

#[cfg(test)]
mod tests;
