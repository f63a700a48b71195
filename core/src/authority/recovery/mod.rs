//! The recovery key: 32 bytes that exist on three sheets only, any two of which give them back. They are the seed of the X-Wing key for
//! which every circle's key is wrapped, and of the Ed25519 key that signs what is restored with it.
//!
//! Shamir's scheme over GF(2⁸) (How to Share a Secret, CACM 1979): one sheet alone says nothing at all about the seed.

mod error;
mod file;
mod judge;
mod line;
mod restore;
mod sheet;

pub use error::RecoveryError;
pub use file::{Asked, RecoveryFile, SignedRecoveryFile};
pub use judge::Skipped;
pub use line::WORDS_PER_LINE;
pub use restore::{Forsaken, Restoring};
pub use sheet::{LINES, Sheet, SheetError};

use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{Fixed, MunicipalityId};
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::statement::DeviceKeys;
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use crate::keys::{AeadError, DeviceSecret, Secret, derive, open_once, seal_once};
use crate::rng::{CryptoRng, bytes};

/// Who hold a sheet.
pub const RECOVERY_HOLDERS: usize = 3;
/// How many of them are needed.
const NEEDED: usize = 2;

/// A recovery key that was just made, on its way to the sheets. The seed itself is gone when this is returned.
pub struct RecoverySplit {
    /// The public keys, which the office keeps and states.
    pub keys: DeviceKeys,
    /// Names this split: the sheets of another one do not go with these.
    pub split: Fixed<3>,
    parts: Vec<(u8, Secret)>,
}

impl RecoverySplit {
    /// Draws a recovery key and splits it.
    ///
    /// # Errors
    /// [`SheetError::NotTogether`] only if the generator is broken: the parts were tried before they were believed.
    pub fn draw(rng: &mut dyn CryptoRng) -> Result<Self, SheetError> {
        let seed = Secret::random(rng);
        let keys = recovery_secret(&seed)?.keys().clone();
        Ok(Self { keys, split: Fixed(bytes(rng)), parts: split(&seed, rng)? })
    }

    /// Seed and secret halves once more, of the parts as they are on the sheets.
    pub(super) fn rebuilt(&self) -> Result<(Secret, DeviceSecret), SheetError> {
        let [(one, first), (two, second), ..] = self.parts.as_slice() else { return Err(SheetError::NotTogether) };
        let seed = combine(&[(*one, first), (*two, second)])?;
        let secret = recovery_secret(&seed)?;
        if *secret.keys() == self.keys { Ok((seed, secret)) } else { Err(SheetError::OtherKey) }
    }

    /// The holders' sheets, for this municipality.
    pub fn sheets(&self, municipality: &MunicipalityId) -> Vec<Sheet> {
        let sheet = |(number, part): &(u8, Secret)| Sheet::new(municipality, self.split, *number, part.clone());
        self.parts.iter().map(sheet).collect()
    }
}

impl std::fmt::Debug for RecoverySplit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoverySplit(…)")
    }
}

/// Gives the seed back.
///
/// # Errors
/// [`SheetError`]: twice the same sheet, or sheets that do not belong together.
pub fn rebuild(sheets: [&Sheet; 2]) -> Result<Secret, SheetError> {
    let [one, other] = sheets;
    if one.municipality() != other.municipality() || one.split() != other.split() {
        return Err(SheetError::NotTogether);
    }
    if one.number() == other.number() {
        return Err(SheetError::Twice);
    }
    combine(&sheets.map(|sheet| (sheet.number(), sheet.part())))
}

/// Both secret halves of the recovery key. It signs and receives as a device does, and is nobody's.
///
/// # Errors
/// [`SheetError::OtherKey`] if the seed is none.
pub(crate) fn recovery_secret(seed: &Secret) -> Result<DeviceSecret, SheetError> {
    DeviceSecret::from_seeds(derive(seed, "recovery-signing", &[]), seed.clone()).map_err(|_| SheetError::OtherKey)
}

/// Seals the seed of the sheets before under the seed of new ones. That key is used for nothing else, and once.
pub(crate) fn seal_older(
    municipality: &MunicipalityId,
    older: &Secret,
    seed: &Secret,
) -> Result<Fixed<48>, SheetError> {
    let mut sealed = Zeroizing::new(Vec::with_capacity(48));
    sealed.extend_from_slice(older.expose());
    let key = derive(seed, "recovery-older", municipality.as_bytes());
    seal_once(&key, municipality.as_bytes(), &mut sealed).map_err(|AeadError| SheetError::OtherKey)?;
    Ok(Fixed(sealed.as_slice().try_into().map_err(|_| SheetError::OtherKey)?))
}

/// Opens it.
pub(crate) fn open_older(
    municipality: &MunicipalityId,
    sealed: &Fixed<48>,
    seed: &Secret,
) -> Result<Secret, SheetError> {
    let mut sealed = Zeroizing::new(sealed.0.to_vec());
    let key = derive(seed, "recovery-older", municipality.as_bytes());
    let opened = open_once(&key, municipality.as_bytes(), &mut sealed).map_err(|AeadError| SheetError::OtherKey)?;
    Secret::from_slice(opened).ok_or(SheetError::OtherKey)
}

/// Short name of a recovery key, for people to compare.
pub fn fingerprint(key: &Fixed<KEM_PUBLIC>) -> Fixed<8> {
    let [a, b, c, d, e, f, g, h, ..] = hash(Label::RECOVERY, &[&key.0]);
    Fixed([a, b, c, d, e, f, g, h])
}

fn split(seed: &Secret, rng: &mut dyn CryptoRng) -> Result<Vec<(u8, Secret)>, SheetError> {
    let shares =
        Gf256::split_array(NEEDED, RECOVERY_HOLDERS, seed.expose(), rng).map_err(|_| SheetError::NotTogether)?;
    let shares = Zeroizing::new(shares);
    let part = |share: &Vec<u8>| {
        let (number, part) = share.split_first()?;
        Some((*number, Secret::from_slice(part)?))
    };
    let parts: Vec<_> = shares.iter().map(part).collect::<Option<_>>().ok_or(SheetError::NotTogether)?;
    // The only moment at which a fault of the split can be seen and costs nothing.
    for [one, other] in [[0, 1], [0, 2], [1, 2]] {
        let (Some((a, one)), Some((b, other))) = (parts.get(one), parts.get(other)) else {
            return Err(SheetError::NotTogether);
        };
        if combine(&[(*a, one), (*b, other)])? != *seed {
            return Err(SheetError::NotTogether);
        }
    }
    Ok(parts)
}

fn combine(parts: &[(u8, &Secret); 2]) -> Result<Secret, SheetError> {
    let share = |(number, part): &(u8, &Secret)| [&[*number][..], part.expose()].concat();
    let shares = Zeroizing::new(parts.iter().map(share).collect::<Vec<_>>());
    let seed = Zeroizing::new(Gf256::combine_array(&*shares).map_err(|_| SheetError::NotTogether)?);
    Secret::from_slice(&seed).ok_or(SheetError::NotTogether)
}

#[cfg(test)]
mod tests;
