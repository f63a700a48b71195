//! The object that an app holds: a device, its store and its contact with the relay.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tvaers_core::client::{Device, Erasure, NewDevice, NotEnrolled, Opened, open};
use tvaers_core::directory::{self, Directory, Enrolment, EnrolmentError, Invite};
use tvaers_core::moment::Moment;
use tvaers_core::store::{Store, StoreError, StoreKey};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::ids::{ChildId, PersonId};
use tvaers_core::{moment, net, rng};
use zeroize::Zeroizing;

use crate::contact::Live;
use crate::{KeyVault, TvaersError};

/// A device on its encrypted store.
#[derive(uniffi::Object)]
pub struct Phone {
    // Held only to look or to change, never during work and never while the app is called.
    state: Mutex<State>,
    pub(crate) live: Mutex<Option<Live>>,
    pub(crate) single: Mutex<()>,
}

pub(crate) enum State {
    New(Box<NewDevice>),
    Enrolled(Arc<Device>),
    Erased(Box<Erasure>),
    Locked,
}

#[uniffi::export]
impl Phone {
    /// Opens the store in a directory, or makes it, with a key of 32 bytes that is kept elsewhere.
    #[uniffi::constructor]
    pub fn open(dir: String, key: Vec<u8>) -> Result<Arc<Self>, TvaersError> {
        let key = Zeroizing::new(key);
        let bytes = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| TvaersError::WrongKey)?;
        match Erasure::find(Path::new(&dir))? {
            Some(erasure) => Ok(Self::new(State::Erased(Box::new(erasure)))),
            None => Self::on(Self::store(&dir, bytes)?),
        }
    }

    /// The same, with the key that the platform's vault hands out.
    #[uniffi::constructor]
    pub fn unlock(dir: String, vault: Arc<dyn KeyVault>) -> Result<Arc<Self>, TvaersError> {
        if let Some(erasure) = Erasure::find(Path::new(&dir))? {
            // Once more, should it have been cut short before.
            let _ = vault.forget_key();
            return Ok(Self::new(State::Erased(Box::new(erasure))));
        }
        let key = Zeroizing::new(vault.store_key()?);
        let bytes = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| TvaersError::WrongKey)?;
        let store = Self::store(&dir, bytes)?;
        store.forgets_key_with(Box::new(move || {
            let _ = vault.forget_key();
        }));
        Self::on(store)
    }

    /// The public keys that the authority certifies: Ed25519, 32 bytes, and then X-Wing.
    pub fn device_keys(&self) -> Result<Vec<u8>, TvaersError> {
        match &*self.state() {
            State::New(device) => Ok([&device.keys().signing.0[..], &device.keys().kem.0].concat()),
            State::Enrolled(_) => Err(TvaersError::AlreadyEnrolled),
            State::Erased(_) => Err(TvaersError::Erased),
            State::Locked => Err(TvaersError::Locked),
        }
    }

    /// True once the device belongs to a person.
    pub fn is_enrolled(&self) -> bool {
        matches!(*self.state(), State::Enrolled(_))
    }

    /// Takes an enrolment, as bytes. If it is not accepted the device is as it was.
    pub fn enrol(&self, enrolment: Vec<u8>) -> Result<(), TvaersError> {
        let enrolment = Enrolment::from_bytes(&enrolment)
            .map_err(|error| TvaersError::EnrolmentRefused { why: EnrolmentError::from(error).to_string() })?;
        self.becomes(|device| device.enrol(enrolment))
    }

    /// One attempt to come in by an invite, as it was scanned or typed; `name` is what the device calls itself, for whoever compares
    /// the codes. True once the device is enrolled; false while the office has not answered: show [`Phone::device_code`] and call
    /// again in some seconds. Blocks on the network.
    pub fn enrol_with_invite(&self, invite: String, name: String) -> Result<bool, TvaersError> {
        let invite = Invite::read(&Zeroizing::new(invite))?;
        let letter = match &*self.state() {
            State::New(device) => device.ask(&invite, &name, moment::system_now())?,
            State::Enrolled(_) => return Err(TvaersError::AlreadyEnrolled),
            State::Erased(_) => return Err(TvaersError::Erased),
            State::Locked => return Err(TvaersError::Locked),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| TvaersError::TryAgain)?;
        let Some(answer) = runtime.block_on(net::ask(&invite, &letter))? else { return Ok(false) };
        self.becomes(|device| device.enrol_by(&invite, &answer)).map(|()| true)
    }

    /// Sixteen digits that the office, or the person's other device, shows for this device, too.
    pub fn device_code(&self) -> Result<String, TvaersError> {
        match &*self.state() {
            State::New(device) => Ok(device.code()),
            State::Enrolled(device) => Ok(device.code()),
            State::Erased(_) => Err(TvaersError::Erased),
            State::Locked => Err(TvaersError::Locked),
        }
    }

    /// Codes of further devices of this person that wait to be let in.
    pub fn knocking(&self) -> Result<Vec<String>, TvaersError> {
        Ok(self.device()?.knocking()?.iter().map(directory::device_code).collect())
    }

    /// Lets the device with this code in, after the person has compared it on both screens. Done with the next contact.
    pub fn admit(&self, code: String) -> Result<(), TvaersError> {
        let device = self.device()?;
        let plain = |code: &str| code.chars().filter(char::is_ascii_digit).collect::<String>();
        let knocking = device.knocking()?;
        let with_code = knocking.iter().find(|other| plain(&directory::device_code(other)) == plain(&code));
        device.admit(with_code.ok_or(TvaersError::Refused)?, &code)?;
        self.saved();
        Ok(())
    }

    /// Ends every contact, wipes the keys and lets go of every file: a phone in the background may hold none. Every later call
    /// says [`TvaersError::Locked`].
    pub fn lock(&self) -> Result<(), TvaersError> {
        let state = std::mem::replace(&mut *self.state(), State::Locked);
        let stopped = self.stop_contact();
        if let State::Enrolled(device) = state {
            device.close()?;
        }
        stopped
    }

    /// Who the device belongs to.
    pub fn me(&self) -> Result<PersonId, TvaersError> {
        Ok(self.device()?.person())
    }

    /// Everybody who can be written to, with profession and unit.
    pub fn directory(&self) -> Result<Directory, TvaersError> {
        Ok(self.device()?.staff().directory.clone())
    }
}

impl Phone {
    fn store(dir: &str, key: [u8; 32]) -> Result<Store, TvaersError> {
        let (dir, key) = (Path::new(dir), StoreKey::new(key));
        Ok(match Store::open(dir, &key) {
            Err(StoreError::Missing | StoreError::Unfinished) => Store::create(dir, &key)?,
            other => other?,
        })
    }

    fn on(store: Store) -> Result<Arc<Self>, TvaersError> {
        let opened = open(store, &mut Moment::new(moment::system_now(), &mut rng::system()))?;
        Ok(Self::new(match opened {
            Opened::New(device) => State::New(device),
            Opened::Enrolled(device) => State::Enrolled(Arc::from(device)),
        }))
    }

    fn new(state: State) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(state), live: Mutex::default(), single: Mutex::default() })
    }

    /// The enrolled device. Work goes on with what is returned, without a lock.
    pub(crate) fn device(&self) -> Result<Arc<Device>, TvaersError> {
        let device = match &*self.state() {
            State::New(_) => return Err(TvaersError::NotEnrolled),
            State::Enrolled(device) => Arc::clone(device),
            State::Erased(_) => return Err(TvaersError::Erased),
            State::Locked => return Err(TvaersError::Locked),
        };
        // What has ended, or is kept no longer, is not shown, whatever is asked for.
        device.keep_retention(moment::system_now())?;
        device.pass_time(moment::system_now())?;
        Ok(device)
    }

    /// The device takes an enrolment, or stays as it was.
    fn becomes(&self, enrol: impl FnOnce(NewDevice) -> Result<Device, Box<NotEnrolled>>) -> Result<(), TvaersError> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Locked) {
            State::New(device) => match enrol(*device) {
                Ok(device) => *state = State::Enrolled(Arc::new(device)),
                Err(refused) => {
                    *state = State::New(Box::new(refused.device));
                    return Err(refused.error.into());
                }
            },
            State::Enrolled(device) => {
                *state = State::Enrolled(device);
                return Err(TvaersError::AlreadyEnrolled);
            }
            State::Erased(erasure) => {
                *state = State::Erased(erasure);
                return Err(TvaersError::Erased);
            }
            State::Locked => return Err(TvaersError::Locked),
        }
        Ok(())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name for a child that nobody has written about yet.
#[uniffi::export]
pub fn new_child_id() -> ChildId {
    ChildId::new(rng::bytes(&mut rng::system()))
}

/// The device's clock, Unix milliseconds.
#[uniffi::export]
pub fn system_now() -> i64 {
    moment::system_now()
}
