//! The authority's own side: what IT's key signs. The key never is on the relay.

use ring::signature::{Ed25519KeyPair, KeyPair};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryOrder, DirectoryUpload, DirectoryWraps, PartKind, SignedDirectoryOrder};
use tvaers_wire::hash::{Label, hash, signed_bytes};
use tvaers_wire::ids::{DeviceId, Fixed, MunicipalityId, PersonId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::lineage::{authority_step, sheets_step};
use tvaers_wire::statement::{Authority, Claim, DeviceKeys, SignedStatement, Standing, Statement, Wish};
use tvaers_wire::wipe::{SignedWipeOrder, WipeOrder};

use super::{Directory, SealedDirectory, SignedDirectory};
use crate::keys::{DeviceSecret, KeyError, Secret, check_device_keys};

/// The municipality's signing key.
pub struct AuthorityKey {
    pair: Ed25519KeyPair,
    authority: Authority,
    serial: u64,
}

impl AuthorityKey {
    /// The authority with this seed; `serial` is the last serial it has used.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the seed is not one.
    pub fn from_seed(seed: &Secret, municipality: MunicipalityId, serial: u64) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| KeyError::Malformed)?;
        let key: [u8; 32] = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self { pair, authority: Authority { municipality, key: Fixed(key) }, serial })
    }

    /// The authority of a new municipality, whose id says for ever which its recovery key is.
    ///
    /// # Errors
    /// [`KeyError`] if the seed is none, or a half of the recovery key is not sound.
    pub fn founding(seed: &Secret, recovery: &DeviceKeys) -> Result<Self, KeyError> {
        check_device_keys(recovery)?;
        let nameless = Self::from_seed(seed, MunicipalityId::new([0; 16]), 0)?;
        let municipality = Authority::founded_with(&nameless.authority.key, &recovery.device());
        Self::from_seed(seed, municipality, 0)
    }

    /// The authority as others know it.
    pub fn authority(&self) -> Authority {
        self.authority
    }

    /// Certifies that a device belongs to a person.
    ///
    /// # Errors
    /// [`KeyError`] if the device's key is of low order or not canonical.
    pub fn certify(&mut self, person: PersonId, keys: &DeviceKeys) -> Result<SignedStatement, KeyError> {
        check_device_keys(keys)?;
        Ok(self.state(Claim::Device { person, keys: Box::new(keys.clone()) }))
    }

    /// Says who may be in a team.
    pub fn charter(&mut self, team: TeamId, mut persons: Vec<PersonId>) -> SignedStatement {
        persons.sort_unstable();
        persons.dedup();
        self.state(Claim::Team { team, persons })
    }

    /// Says that a device is lost, or in wrong hands. For good.
    pub fn revoke(&mut self, device: DeviceId) -> SignedStatement {
        self.state(Claim::Revoked { device })
    }

    /// Says whether a revoked device shall erase itself.
    pub fn wish(&mut self, device: DeviceId, wish: Wish) -> SignedStatement {
        self.state(Claim::Wipe { device, wish })
    }

    /// Says whether a person works here.
    pub fn set_standing(&mut self, person: PersonId, standing: Standing) -> SignedStatement {
        self.state(Claim::Standing { person, standing })
    }

    /// Says which directory is in force.
    pub fn state_directory(&mut self, directory: &SignedDirectory) -> SignedStatement {
        self.state(Claim::Directory { head: directory.head() })
    }

    /// A sealed directory as the relay takes it: the wraps in parts, and last the directory. One serial for all of it.
    pub fn directory_uploads(&mut self, sealed: &SealedDirectory) -> Vec<DirectoryUpload> {
        self.serial += 1;
        let wraps = sealed.wraps.chunks(limits::DIRECTORY_WRAPS);
        let wraps = wraps.map(|wraps| DirectoryWraps { wraps: wraps.to_vec() }.to_bytes());
        let parts = wraps.map(|part| (PartKind::Wraps, part)).chain([(PartKind::Sealed, sealed.sealed.clone())]);
        parts.map(|(kind, part)| self.directory_upload(&sealed.head, kind, part)).collect()
    }

    fn directory_upload(&self, head: &Fixed<32>, kind: PartKind, part: Vec<u8>) -> DirectoryUpload {
        let order = DirectoryOrder {
            version: limits::VERSION,
            municipality: self.authority.municipality,
            serial: self.serial,
            head: *head,
            kind,
            length: part.len() as u64,
            hash: Fixed(hash(Label::DIRECTORY_PART, &[&part])),
        };
        let body = order.to_bytes();
        let signature = self.sign(Label::DIRECTORY_ORDER, &body);
        DirectoryUpload { order: SignedDirectoryOrder { body: Bytes(body), signature }, part: Bytes(part) }
    }

    /// Says with which keys two holders of sheets restore access.
    ///
    /// # Errors
    /// [`KeyError`] if a half is not one that can be wrapped to, or verified with.
    pub fn state_recovery(&mut self, keys: &DeviceKeys) -> Result<SignedStatement, KeyError> {
        check_device_keys(keys)?;
        Ok(self.state(Claim::Recovery { keys: Box::new(keys.clone()) }))
    }

    /// Says that from now on the authority signs with another key, and goes on with that one. `holders` is the recovery key in force.
    ///
    /// # Errors
    /// [`KeyError`] if the seed is none; the key is as it was.
    pub fn succeeded_by(&mut self, seed: &Secret, holders: &DeviceSecret) -> Result<(Self, SignedStatement), KeyError> {
        let Authority { municipality, key: old } = self.authority;
        let serial = self.serial + 1;
        let next = Self::from_seed(seed, municipality, serial)?;
        let key = next.authority.key;
        let step = authority_step(&municipality, serial, &old, &key);
        let (holders, own) = (holders.sign(Label::SUCCESSION, &[&step]), next.sign(Label::SUCCESSION, &step));
        let statement = self.state(Claim::Authority { key, holders, own });
        Ok((next, statement))
    }

    /// Says that the recovery key is another one, whose sheets open what the one before opened. `older` is the seed before, sealed under
    /// the new one.
    ///
    /// # Errors
    /// [`KeyError`] if a half of it is not one that can be wrapped to, or verified with.
    pub fn state_sheets(
        &mut self,
        new: &DeviceSecret,
        before: &DeviceSecret,
        older: Fixed<48>,
    ) -> Result<SignedStatement, KeyError> {
        check_device_keys(new.keys())?;
        let step = sheets_step(&self.authority.municipality, self.serial + 1, &before.id(), &new.id(), &older);
        let (holders, own) = (before.sign(Label::SUCCESSION, &[&step]), new.sign(Label::SUCCESSION, &[&step]));
        Ok(self.state(Claim::Sheets { keys: Box::new(new.keys().clone()), older, holders, own }))
    }

    /// Asks for the receipts of these devices, until then (Unix seconds).
    pub fn wipe_order(&self, devices: Vec<DeviceId>, expires: u64) -> SignedWipeOrder {
        let municipality = self.authority.municipality;
        let body = WipeOrder { version: limits::VERSION, municipality, expires, devices }.to_bytes();
        let signature = self.sign(Label::WIPE_ORDER, &body);
        SignedWipeOrder { body: Bytes(body), signature }
    }

    /// Signs a directory.
    pub fn sign_directory(&self, directory: &Directory) -> SignedDirectory {
        let body = directory.to_bytes();
        let signature = self.sign(Label::DIRECTORY, &body);
        SignedDirectory { body: Bytes(body), signature }
    }

    /// The last serial used.
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// Uses no serial up to this one any more.
    pub(crate) fn reach(&mut self, serial: u64) {
        self.serial = self.serial.max(serial);
    }

    pub(crate) fn state(&mut self, claim: Claim) -> SignedStatement {
        self.serial += 1;
        let statement = Statement {
            version: limits::VERSION,
            municipality: self.authority.municipality,
            serial: self.serial,
            claim,
        };
        let body = statement.to_bytes();
        let signature = self.sign(Label::STATEMENT, &body);
        SignedStatement { body: Bytes(body), signature }
    }

    /// Signs `prefix(label) ‖ body`.
    pub(crate) fn sign(&self, label: Label, body: &[u8]) -> Fixed<64> {
        let mut out = [0; 64];
        out.copy_from_slice(self.pair.sign(&signed_bytes(label, &[body])).as_ref());
        Fixed(out)
    }
}

impl std::fmt::Debug for AuthorityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuthorityKey({:?})", self.authority.municipality)
    }
}
