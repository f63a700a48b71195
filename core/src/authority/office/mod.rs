//! The office while it is open: its state, and what every act has in common.

mod devices;
mod directory;
mod error;
mod invites;
mod people;
mod recovery;
mod retention;
mod settle;
mod sharing;
mod sheets;
mod staff;
mod succession;
mod wipe;

pub use error::OfficeError;
pub use invites::Invited;
pub use people::{Missing, Row};
pub use wipe::TakenReceipts;

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::{Canonical, at_most};
use tvaers_wire::ids::{DeviceId, Fixed, MunicipalityId, PersonId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::lineage::Lineage;
use tvaers_wire::statement::{Authority, DeviceKeys, SignedStatement};

use super::facts::{CertifiedDevice, Holder, PROFESSIONS, Person, Recovery, Role, TEXT, Unit, shown};
use super::journal::{Act, Entry, JournalError, SignedEntry, verify_journal};
use super::recovery::{RECOVERY_HOLDERS, fingerprint};
use crate::directory::{AuthorityKey, PEOPLE, Policy, SignedDirectory, TEAMS};
use crate::keys::{KeyError, Secret};
use crate::rng::CryptoRng;

/// Devices that one office certifies: several for everybody, over the years.
const DEVICES: usize = 131_072;
/// Invites that are open at once: everybody's, in the week in which Tværs comes.
const INVITES: usize = 16_384;
/// Statements that are kept: one for each device, person and team.
const STATEMENTS: usize = 262_144;
/// Entries of the journal.
const JOURNAL: usize = 262_144;

/// Everything that is remembered, but the signing seed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub(super) struct State {
    #[n(0)]
    version: u64,
    #[n(1)]
    municipality: MunicipalityId,
    #[n(2)]
    name: String,
    #[n(3)]
    relay: String,
    /// The last serial used.
    #[n(4)]
    serial: u64,
    /// Professions beside those that everybody has.
    #[n(5)]
    professions: Vec<String>,
    #[n(6)]
    #[cbor(decode_with = "at_most::<{ TEAMS }, _, _>")]
    units: Vec<Unit>,
    #[n(7)]
    #[cbor(decode_with = "at_most::<{ PEOPLE }, _, _>")]
    people: Vec<Person>,
    #[n(8)]
    #[cbor(decode_with = "at_most::<{ DEVICES }, _, _>")]
    devices: Vec<CertifiedDevice>,
    #[n(9)]
    recovery: Recovery,
    /// By rising serial.
    #[n(10)]
    #[cbor(decode_with = "at_most::<{ STATEMENTS }, _, _>")]
    statements: Vec<Kept>,
    #[n(11)]
    directory: SignedDirectory,
    #[n(12)]
    #[cbor(decode_with = "at_most::<{ JOURNAL }, _, _>")]
    journal: Vec<SignedEntry>,
    #[n(13)]
    #[cbor(decode_with = "at_most::<{ INVITES }, _, _>")]
    invites: Vec<Invited>,
    /// The key that the municipality was founded with, once another one has followed it.
    #[n(14)]
    first: Option<Fixed<32>>,
    /// The municipality's rules, once there are any.
    #[n(15)]
    policy: Option<Policy>,
}

impl Canonical for State {
    const NAME: &'static str = "office";
    // Certificates of 20,000 devices (1.4 KB), a directory, and a journal of a decade.
    const MAX_LEN: usize = 128 * 1024 * 1024;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// A statement, what it is about, and whether the relay has it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
struct Kept {
    #[n(0)]
    about: About,
    #[n(1)]
    published: bool,
    #[n(2)]
    statement: SignedStatement,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
enum About {
    #[n(0)]
    Device(#[n(0)] DeviceId),
    #[n(1)]
    Team(#[n(0)] TeamId),
    #[n(2)]
    Revoked(#[n(0)] DeviceId),
    #[n(3)]
    Standing(#[n(0)] PersonId),
    #[n(4)]
    Directory,
    #[n(5)]
    Recovery,
    /// That this key follows.
    #[n(6)]
    Authority(#[n(0)] Fixed<32>),
    /// That this recovery key follows.
    #[n(7)]
    Sheets(#[n(0)] DeviceId),
    /// Whether this device shall erase itself.
    #[n(8)]
    Wipe(#[n(0)] DeviceId),
}

impl About {
    fn names_key(&self) -> bool {
        matches!(self, Self::Recovery | Self::Authority(_) | Self::Sheets(_))
    }
}

/// Who acts, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The operator, for the journal.
    pub operator: &'a str,
    /// Unix milliseconds.
    pub now: i64,
}

/// What a municipality is made of.
#[derive(Debug)]
pub struct Founding<'a> {
    /// Its name.
    pub name: &'a str,
    /// The relay's address.
    pub relay: &'a str,
    /// The recovery key.
    pub recovery: DeviceKeys,
    /// The split of its seed.
    pub split: Fixed<3>,
    /// Who holds the sheets, in their order.
    pub holders: [&'a str; RECOVERY_HOLDERS],
}

/// An open office.
pub struct Office {
    seed: Secret,
    key: AuthorityKey,
    state: State,
    lineage: Lineage,
}

impl Office {
    /// Founds a municipality.
    ///
    /// # Errors
    /// [`OfficeError::Text`] or [`OfficeError::NameTwice`] for its or a holder's name.
    pub fn found(founding: &Founding<'_>, by: By<'_>, rng: &mut dyn CryptoRng) -> Result<Self, OfficeError> {
        let Founding { name, relay, recovery, split, holders } = founding;
        let name = text(name)?;
        let holders = named(*holders)?;
        let seed = Secret::random(rng);
        let key = AuthorityKey::founding(&seed, recovery)?;
        let municipality = key.authority().municipality;
        let recovery = Recovery { keys: recovery.clone(), split: *split, since: by.now, holders };
        let founded = Act::Founded { recovery: fingerprint(&recovery.keys.kem), split: *split };
        let state = State {
            version: limits::VERSION,
            municipality,
            name,
            relay: (*relay).to_owned(),
            serial: 0,
            professions: Vec::new(),
            units: Vec::new(),
            people: Vec::new(),
            devices: Vec::new(),
            recovery,
            statements: Vec::new(),
            directory: SignedDirectory { body: Bytes(Vec::new()), signature: Fixed([0; 64]) },
            journal: Vec::new(),
            invites: Vec::new(),
            first: None,
            policy: None,
        };
        let lineage = Lineage::from(key.authority());
        let mut office = Self { seed, key, state, lineage };
        office.act(by, |office| {
            let stated = office.key.state_recovery(&office.state.recovery.keys)?;
            office.keep(About::Recovery, stated);
            office.lineage = office.state.lineage(office.authority()).ok_or(OfficeError::Step)?;
            office.note(by, founded);
            Ok(())
        })?;
        Ok(office)
    }

    /// The office of a state that was read.
    pub(super) fn resume(seed: Secret, state: State) -> Result<Self, KeyError> {
        let key = AuthorityKey::from_seed(&seed, state.municipality, state.serial)?;
        let first = state.first.map_or(key.authority(), |key| Authority { municipality: state.municipality, key });
        let lineage = state.lineage(first).filter(|lineage| lineage.authority() == key.authority());
        // The seed is the newest key's, or the file was put together of two.
        let lineage = lineage.ok_or(KeyError::Malformed)?;
        Ok(Self { seed, key, state, lineage })
    }

    pub(super) fn parts(&self) -> (&Secret, &State) {
        (&self.seed, &self.state)
    }

    /// The authority that the municipality was founded with: what relays are started with, and devices begin from.
    pub fn authority(&self) -> Authority {
        *self.lineage.first()
    }

    /// The authority in force.
    pub fn in_force(&self) -> Authority {
        self.key.authority()
    }

    /// The keys that the municipality had, one after the other.
    pub fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// The municipality's name.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// The relay's address.
    pub fn relay(&self) -> &str {
        &self.state.relay
    }

    /// The recovery key and its holders.
    pub fn recovery(&self) -> &Recovery {
        &self.state.recovery
    }

    /// The journal, as it is kept.
    pub fn journal(&self) -> &[SignedEntry] {
        &self.state.journal
    }

    /// Verifies the journal and returns what was done.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn audit(&self) -> Result<Vec<Entry>, JournalError> {
        verify_journal(&self.lineage, &self.state.journal)
    }

    /// Notes that the passphrase has been changed.
    ///
    /// # Errors
    /// [`OfficeError::TooMany`] if the journal is full.
    pub fn rotated_passphrase(&mut self, by: By<'_>) -> Result<(), OfficeError> {
        self.act(by, |office| {
            office.note(by, Act::PassphraseRotated {});
            Ok(())
        })
    }

    /// Changes the relay's address, for enrolments from now on.
    ///
    /// # Errors
    /// [`OfficeError::TooMany`] if the journal is full.
    pub fn name_relay(&mut self, address: &str, by: By<'_>) -> Result<(), OfficeError> {
        self.act(by, |office| {
            if office.state.relay != address {
                office.state.relay = address.to_owned();
                office.note(by, Act::RelayNamed {});
            }
            Ok(())
        })
    }
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Office({:?})", self.state.municipality)
    }
}

/// A name, number or the like.
pub(super) fn text(text: &str) -> Result<String, OfficeError> {
    shown(text, TEXT).ok_or(OfficeError::Text)
}

/// Who hold the sheets, in their order; three different people.
fn named(holders: [&str; RECOVERY_HOLDERS]) -> Result<Vec<Holder>, OfficeError> {
    let holder = |(sheet, name): (u8, &str)| text(name).map(|name| Holder { sheet, name });
    let holders: Vec<Holder> = (1..).zip(holders).map(holder).collect::<Result<_, _>>()?;
    let again = |(at, one): (usize, &Holder)| holders.iter().skip(at + 1).any(|other| other.name == one.name);
    if holders.iter().enumerate().any(again) { Err(OfficeError::NameTwice) } else { Ok(holders) }
}

/// The professions that this office knows.
fn known_professions(state: &State) -> impl Iterator<Item = &str> {
    PROFESSIONS.into_iter().chain(state.professions.iter().map(String::as_str))
}

/// Managers who work here.
fn managers(state: &State) -> usize {
    state.people.iter().filter(|person| person.serves_as(Role::Manager)).count()
}

#[cfg(test)]
pub(super) mod tests;
