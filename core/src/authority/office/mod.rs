//! The office while it is open: its state, and what every act has in common.

mod devices;
mod people;
mod staff;

pub use people::{Missing, Row};

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::{Canonical, at_most};
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{DeviceId, Fixed, MunicipalityId, PersonId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::statement::{Authority, Claim, SignedStatement};

use super::facts::{CertifiedDevice, Holder, PROFESSIONS, Person, Recovery, Role, TEXT, Unit};
use super::journal::{Act, Entry, JournalError, SignedEntry, verify_journal};
use super::recovery::{RECOVERY_HOLDERS, Sheet, SheetError, fingerprint, rebuild};
use crate::directory::{AuthorityKey, Directory, PEOPLE, PersonFacts, SignedDirectory, TEAMS, TeamFacts};
use crate::keys::{KemKey, KeyError, Secret};
use crate::rng::{CryptoRng, bytes};

/// Devices that one office certifies: several for everybody, over the years.
const DEVICES: usize = 131_072;
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
    pub recovery: Fixed<KEM_PUBLIC>,
    /// The split of its seed.
    pub split: Fixed<3>,
    /// Who holds the sheets, in their order.
    pub holders: [&'a str; RECOVERY_HOLDERS],
}

/// Why an act was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// A name or number is empty, too long, or has characters that are not shown.
    #[error("a text is empty, longer than {TEXT} bytes, or has characters that are not shown")]
    Text,
    /// Two holders, or two units, have one name.
    #[error("the name is there twice")]
    NameTwice,
    /// Nobody by that number or id.
    #[error("nobody has that number")]
    UnknownPerson,
    /// The person has left.
    #[error("that person has left")]
    HasLeft,
    /// The person is suspended.
    #[error("that person is suspended")]
    IsSuspended,
    /// The person is not suspended.
    #[error("that person is not suspended")]
    NotSuspended,
    /// No unit by that name.
    #[error("there is no such unit")]
    UnknownUnit,
    /// The unit is closed.
    #[error("that unit is closed")]
    UnitClosed,
    /// People work in it.
    #[error("people still work in that unit")]
    UnitHasPeople,
    /// Not one of the kinds.
    #[error("there is no such kind of unit")]
    UnknownKind,
    /// Not on the list.
    #[error("the profession is not on the list")]
    UnknownProfession,
    /// On the list already.
    #[error("the profession is on the list already")]
    ProfessionTwice,
    /// One employee number twice in a list of people.
    #[error("an employee number is there twice")]
    NumberTwice,
    /// The person has the role already.
    #[error("that person has the role already")]
    HasRole,
    /// The person has not that role.
    #[error("that person has not the role")]
    HasNotRole,
    /// Nobody would be left to run Tværs.
    #[error("that is the last manager; name another one first")]
    LastManager,
    /// More people would leave than was said.
    #[error("{count} people would leave")]
    ManyLeave {
        /// How many.
        count: usize,
    },
    /// A key that is not certified.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The device is somebody else's.
    #[error("that device is certified for somebody else")]
    OtherOwner,
    /// The device was revoked, for good.
    #[error("that device is revoked; it cannot come back")]
    Revoked,
    /// No device by that number or id.
    #[error("there is no such device")]
    UnknownDevice,
    /// The relay's address is not one.
    #[error("the relay's address must begin with https:// (http:// is accepted for 127.0.0.1 and localhost only)")]
    RelayAddress,
    /// A limit of the protocol.
    #[error("there are more units, people or devices than the protocol allows")]
    TooMany,
    /// A sheet.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}

/// An open office.
pub struct Office {
    seed: Secret,
    key: AuthorityKey,
    state: State,
}

impl Office {
    /// Founds a municipality.
    ///
    /// # Errors
    /// [`OfficeError::Text`] or [`OfficeError::NameTwice`] for its or a holder's name.
    pub fn found(founding: &Founding<'_>, by: By<'_>, rng: &mut dyn CryptoRng) -> Result<Self, OfficeError> {
        let Founding { name, relay, recovery, split, holders } = founding;
        let name = text(name)?;
        let holder = |(sheet, name): (u8, &&str)| text(name).map(|name| Holder { sheet, name });
        let holders: Vec<Holder> = (1..).zip(holders).map(holder).collect::<Result<_, _>>()?;
        if holders
            .iter()
            .enumerate()
            .any(|(at, holder)| holders.iter().skip(at + 1).any(|other| other.name == holder.name))
        {
            return Err(OfficeError::NameTwice);
        }
        crate::keys::check_kem(recovery)?;
        let (municipality, seed) = (MunicipalityId::new(bytes(rng)), Secret::random(rng));
        let key = AuthorityKey::from_seed(&seed, municipality, 0)?;
        let recovery = Recovery { key: *recovery, split: *split, since: by.now, holders };
        let founded = Act::Founded { recovery: fingerprint(&recovery.key), split: *split };
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
        };
        let mut office = Self { seed, key, state };
        office.act(by, |office| {
            office.note(by, founded);
            Ok(())
        })?;
        Ok(office)
    }

    /// The office of a state that was read.
    pub(super) fn resume(seed: Secret, state: State) -> Result<Self, KeyError> {
        let key = AuthorityKey::from_seed(&seed, state.municipality, state.serial)?;
        Ok(Self { seed, key, state })
    }

    pub(super) fn parts(&self) -> (&Secret, &State) {
        (&self.seed, &self.state)
    }

    /// The authority as others know it.
    pub fn authority(&self) -> Authority {
        self.key.authority()
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
        verify_journal(&self.authority(), &self.state.journal)
    }

    /// Two sheets give the recovery key of this office. Nothing is opened with it.
    ///
    /// # Errors
    /// [`OfficeError::Sheet`] saying what is wrong with them.
    pub fn drill(&mut self, sheets: [&Sheet; 2], by: By<'_>) -> Result<(), OfficeError> {
        let municipality = self.authority().municipality;
        sheets.iter().try_for_each(|sheet| sheet.belongs(&municipality, &self.state.recovery.split))?;
        let seed = rebuild(sheets)?;
        if KemKey::from_seed(&seed).is_none_or(|key| key.public() != self.state.recovery.key) {
            return Err(SheetError::OtherKey.into());
        }
        let (first, second) = (sheets[0].number().min(sheets[1].number()), sheets[0].number().max(sheets[1].number()));
        let split = self.state.recovery.split;
        self.act(by, |office| {
            office.note(by, Act::Drilled { split, first, second });
            Ok(())
        })
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

    /// Does all of an act or nothing: facts, statements, directory, journal.
    fn act(&mut self, by: By<'_>, act: impl FnOnce(&mut Self) -> Result<(), OfficeError>) -> Result<(), OfficeError> {
        let before = self.state.clone();
        // A serial never falls behind the clock. When an old copy of the office is put back, what it signs then still counts as
        // newer than what had been signed after the copy was made; a clock that is wrong costs nothing but that.
        self.key.reach(u64::try_from(by.now).unwrap_or_default());
        let done = act(self).and_then(|()| self.settle());
        match done {
            Ok(()) => self.state.serial = self.key.serial(),
            Err(_) => self.state = before,
        }
        done
    }

    /// States what follows from the facts: charters of units whose people have changed, and the directory.
    fn settle(&mut self) -> Result<(), OfficeError> {
        let mut members: BTreeMap<TeamId, Vec<PersonId>> = BTreeMap::new();
        for person in self.state.people.iter().filter(|person| person.works_here()) {
            members.entry(person.unit).or_default().push(person.person);
        }
        for at in 0..self.state.units.len() {
            let Some(unit) = self.state.units.get_mut(at) else { continue };
            let mut persons = members.remove(&unit.team).unwrap_or_default();
            persons.sort_unstable();
            if persons.len() > limits::CHARTER_PERSONS {
                return Err(OfficeError::TooMany);
            }
            if persons != unit.chartered {
                unit.chartered.clone_from(&persons);
                let team = unit.team;
                let charter = self.key.charter(team, persons);
                self.keep(About::Team(team), charter);
            }
        }
        self.settle_directory()?;
        let State { units, people, devices, statements, journal, .. } = &self.state;
        let counts = [
            (units.len(), TEAMS),
            (people.len(), PEOPLE),
            (devices.len(), DEVICES),
            (statements.len(), STATEMENTS),
            (journal.len(), JOURNAL),
        ];
        if counts.iter().any(|(count, limit)| count > limit) { Err(OfficeError::TooMany) } else { Ok(()) }
    }

    fn settle_directory(&mut self) -> Result<(), OfficeError> {
        let old = Directory::from_bytes(&self.state.directory.body).ok();
        let mut directory = self.directory_facts(old.as_ref().map_or(0, |old| old.serial));
        if old.is_some_and(|old| old == directory) {
            return Ok(());
        }
        directory.serial = self.key.serial() + 1;
        self.key.reach(directory.serial);
        self.state.directory = self.key.sign_directory(&directory);
        if self.state.directory.body.len() > Directory::MAX_LEN { Err(OfficeError::TooMany) } else { Ok(()) }
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
        }
    }

    /// Keeps a statement, in the place of the one that it replaces. Standings replace nothing: what was done while somebody was
    /// suspended is judged by the standing of then.
    fn keep(&mut self, about: About, statement: SignedStatement) {
        if !matches!(about, About::Standing(_)) {
            self.state.statements.retain(|kept| kept.about != about);
        }
        self.state.statements.push(Kept { about, published: false, statement });
    }

    fn state_claim(&mut self, about: About, claim: Claim) {
        let statement = self.key.state(claim);
        self.keep(about, statement);
    }

    fn note(&mut self, by: By<'_>, act: Act) {
        let entry = Entry {
            version: limits::VERSION,
            municipality: self.state.municipality,
            number: self.state.journal.len() as u64 + 1,
            before: self.state.journal.last().map_or(Fixed([0; 32]), SignedEntry::id),
            at: by.now,
            operator: by.operator.to_owned(),
            act,
        };
        let body = entry.to_bytes();
        let signature = self.key.sign(Label::JOURNAL, &body);
        self.state.journal.push(SignedEntry { body: Bytes(body), signature });
    }
}

impl std::fmt::Debug for Office {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Office({:?})", self.state.municipality)
    }
}

/// A text that can be shown anywhere: filled in, not too long, nothing in it that does not show or turns the line around.
pub(super) fn text(text: &str) -> Result<String, OfficeError> {
    let text = text.trim();
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if text.is_empty() || text.len() > TEXT || text.chars().any(hidden) {
        return Err(OfficeError::Text);
    }
    Ok(text.to_owned())
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
mod tests;
