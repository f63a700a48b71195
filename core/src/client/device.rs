//! A device: its keys and its store. A [`NewDevice`] has keys and waits to be enrolled; a [`Device`] belongs to a person.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{ChildId, Installation, InstallationNonce, PersonId};
use tvaers_wire::limits;
use tvaers_wire::message::{Challenge, SessionRequest, session_scope};
use tvaers_wire::statement::{DeviceKeys, SignedStatement};

use super::{ClientError, Known, directory};
use crate::directory::{DirectoryError, Enrolment, EnrolmentError, Staff};
use crate::document::Actor;
use crate::keys::{DeviceSecret, Secret};
use crate::moment::Moment;
use crate::rng::bytes;
use crate::store::{Store, StoreError, meta};

/// What opening a store came to.
#[derive(Debug)]
pub enum Opened {
    /// Not enrolled yet.
    New(Box<NewDevice>),
    /// Enrolled.
    Enrolled(Box<Device>),
}

/// A device with keys that nobody has certified yet.
#[derive(Debug)]
pub struct NewDevice {
    store: Store,
    pub(super) secret: DeviceSecret,
    installation: Installation,
}

/// An enrolment that was not taken, with the device as it was.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct NotEnrolled {
    /// Try again with this.
    pub device: NewDevice,
    /// What was wrong.
    pub error: ClientError,
}

/// An enrolled device.
///
/// Methods may be called from several threads; those that change circles take turns.
pub struct Device {
    pub(super) store: Store,
    pub(super) secret: DeviceSecret,
    /// Changes when it turns out that the store was put back from a backup, or copied.
    installation: RwLock<Installation>,
    pub(super) enrolment: Enrolment,
    pub(super) person: PersonId,
    pub(super) staff: RwLock<Arc<Staff>>,
    known: Mutex<Known>,
}

/// Opens the device in a store, making its keys if the store is new.
///
/// # Errors
/// [`ClientError::Store`], or [`ClientError::Inconsistent`] if the store's own facts are malformed.
pub fn open(store: Store, moment: &mut Moment<'_>) -> Result<Opened, ClientError> {
    let stored = store.read(|conn| Ok::<_, StoreError>((meta::get(conn, "device")?, meta::get(conn, "enrolment")?)))?;
    let device = match stored.0 {
        None => NewDevice::create(store, moment)?,
        Some(bytes) => NewDevice::load(store, &bytes)?,
    };
    match stored.1 {
        None => Ok(Opened::New(Box::new(device))),
        Some(bytes) => {
            let device = Device::load(device, Enrolment::from_bytes(&bytes)?)?;
            device.pass_time(moment.now)?;
            Ok(Opened::Enrolled(Box::new(device)))
        }
    }
}

impl NewDevice {
    fn create(store: Store, moment: &mut Moment<'_>) -> Result<Self, ClientError> {
        let secret = DeviceSecret::generate(moment.rng)?;
        let installation = Installation::new(secret.id(), bytes(moment.rng));
        let kept = kept(&secret, &installation.nonce);
        store.write(|tx| meta::set(tx, "device", &kept))?;
        Ok(Self { store, secret, installation })
    }

    fn load(store: Store, kept: &[u8]) -> Result<Self, ClientError> {
        let broken = || ClientError::Inconsistent("the device's keys");
        let (signing, rest) = kept.split_at_checked(32).ok_or_else(broken)?;
        let (kem, nonce) = rest.split_at_checked(32).ok_or_else(broken)?;
        let seed = |bytes: &[u8]| Secret::from_slice(bytes).ok_or_else(broken);
        let secret = DeviceSecret::from_seeds(seed(signing)?, seed(kem)?)?;
        let nonce = InstallationNonce::from_slice(nonce).map_err(|_| broken())?;
        let installation = Installation { device: secret.id(), nonce };
        Ok(Self { store, secret, installation })
    }

    /// What the authority certifies.
    pub fn keys(&self) -> &DeviceKeys {
        self.secret.keys()
    }

    /// Takes an enrolment after checking all of it.
    ///
    /// # Errors
    /// [`ClientError::Enrolment`] naming what is wrong; the device is as it was and can try another one.
    pub fn enrol(self, enrolment: Enrolment) -> Result<Device, Box<NotEnrolled>> {
        let checked = match enrolment.check(&self.secret.id()) {
            Ok(checked) => checked,
            Err(error) => return Err(Box::new(NotEnrolled { device: self, error: error.into() })),
        };
        let saved = self.store.write(|tx| {
            meta::set(tx, "enrolment", &enrolment.to_bytes())?;
            // In the order in which they are believed: the certificate may be signed with a key that one of the others names.
            let stated = enrolment.statements.iter().chain([&enrolment.certificate]);
            stated.into_iter().try_for_each(|statement| meta::put_statement(tx, &statement.to_bytes()).map(drop))
        });
        if let Err(error) = saved {
            return Err(Box::new(NotEnrolled { device: self, error: StoreError::into(error) }));
        }
        let mut known = Known::new(enrolment.authority);
        known.vouched = checked.vouched;
        Ok(Device {
            store: self.store,
            secret: self.secret,
            installation: RwLock::new(self.installation),
            enrolment,
            person: checked.person,
            staff: RwLock::new(Arc::new(checked.staff)),
            known: Mutex::new(known),
        })
    }
}

impl Device {
    fn load(device: NewDevice, enrolment: Enrolment) -> Result<Self, ClientError> {
        let (known, newer) = device
            .store
            .read(|conn| Ok::<_, ClientError>((Known::load(conn, enrolment.authority)?, directory::kept(conn)?)))?;
        let newer = newer.map(|newer| Staff::verified(&newer, known.vouched.lineage()));
        let staff = match newer {
            // None, or taken in good faith of somebody who had the authority's key before it was followed by another one.
            None | Some(Err(DirectoryError::Superseded)) => {
                Staff::verified(&enrolment.directory, &enrolment.lineage()).map_err(EnrolmentError::from)?
            }
            Some(newer) => newer.map_err(EnrolmentError::from)?,
        };
        Ok(Self {
            store: device.store,
            secret: device.secret,
            installation: RwLock::new(device.installation),
            person: enrolment.owner()?,
            enrolment,
            staff: RwLock::new(Arc::new(staff)),
            known: Mutex::new(known),
        })
    }

    /// Who the device belongs to.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// This installation.
    pub fn installation(&self) -> Installation {
        *self.installation.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on as another installation, with chains and an actor of its own; the store holds its nonce.
    pub(super) fn become_installation(&self, nonce: InstallationNonce) {
        let mut installation = self.installation.write().unwrap_or_else(PoisonError::into_inner);
        installation.nonce = nonce;
    }

    /// The relay's address.
    pub fn relay(&self) -> &str {
        &self.enrolment.relay
    }

    /// What the authority certified: everybody may know it.
    pub fn certificate(&self) -> &SignedStatement {
        &self.enrolment.certificate
    }

    /// The store, for views.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Gives the store back, as if the process had ended here; [`open`] on it goes on from what is durable.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Answers the relay's challenge, for this municipality's relay only.
    pub fn session_request(&self, challenge: &Challenge) -> SessionRequest {
        let scope = session_scope(&self.enrolment.authority.municipality, &self.secret.id());
        SessionRequest {
            version: limits::VERSION,
            certificate: self.enrolment.certificate.clone(),
            challenge: challenge.challenge.clone(),
            signature: self.secret.sign(Label::SESSION, &[&scope, &challenge.challenge]),
        }
    }

    /// Waits for work in progress, moves the log into the database and lets go of every file.
    ///
    /// # Errors
    /// [`StoreError`]; what was saved is safe all the same.
    pub fn close(&self) -> Result<(), StoreError> {
        let _turn = self.known();
        self.store.close()
    }

    pub(super) fn actor(&self) -> Actor {
        Actor::of(&self.installation())
    }

    /// The coordinator of a child, as far as this device was told or can see from a case it is in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn coordinator(&self, child: &ChildId) -> Result<Option<PersonId>, StoreError> {
        self.store.read(|conn| crate::store::coordinators::of(conn, child))
    }

    /// Takes the turn to read or change circles.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            // A panic may have left memory ahead of the store: it is folded again before the next change.
            self.known.clear_poison();
            let mut known = poisoned.into_inner();
            known.stale = true;
            known
        })
    }

    /// One transaction in which circles may change. If it fails, what is known is folded again from the store before anything
    /// else is changed: a circle that was never saved must not lend its row's number to another one's records.
    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>, &mut Known) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let mut known = self.known();
        self.refold(&mut known)?;
        let done = self.store.write(|tx| work(tx, &mut known));
        if done.is_err() {
            known.stale = true;
            // If even that fails, the next change begins with it.
            let _ = self.refold(&mut known);
        }
        done
    }

    /// Does what must be done although the disk is full: what a person does, that they have seen something, what leaves. What arrives
    /// from others waits until there is room.
    pub(crate) fn with_room<T>(&self, mut work: impl FnMut() -> Result<T, ClientError>) -> Result<T, ClientError> {
        let mut more = false;
        loop {
            match work() {
                Err(ClientError::Store(StoreError::DiskFull)) if self.store.make_room(more)? => more = true,
                done => return done,
            }
        }
    }

    /// As [`Device::change`], although the disk is full.
    pub(super) fn change_with_room<T>(
        &self,
        mut work: impl FnMut(&rusqlite::Transaction<'_>, &mut Known) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        self.with_room(|| self.change(&mut work))
    }

    fn refold(&self, known: &mut Known) -> Result<(), StoreError> {
        if known.stale {
            let kept = self.store.read(|conn| meta::get(conn, "device"))?;
            if let Some(nonce) = kept.and_then(|kept| InstallationNonce::from_slice(kept.get(64..)?).ok()) {
                self.become_installation(nonce);
            }
            self.store.read(|conn| known.reload(conn, self.enrolment.authority))?;
        }
        Ok(())
    }
}

/// What the store keeps of a device: both seeds and the installation's nonce.
pub(super) fn kept(secret: &DeviceSecret, nonce: &InstallationNonce) -> zeroize::Zeroizing<Vec<u8>> {
    let (signing, kem) = secret.seeds();
    zeroize::Zeroizing::new([&signing.expose()[..], kem.expose(), nonce.as_bytes()].concat())
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device({:?})", self.secret.id())
    }
}
