//! What the authority has vouched for (protocol §3.1), as far as it has been seen.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::codec::Canonical;
use crate::hash::{Label, hash};
use crate::ids::{DeviceId, Fixed, PersonId, TeamId};
use crate::lineage::Lineage;
use crate::statement::{Authority, Claim, DeviceKeys, SignedStatement, Standing, Statement, StatementError, Wish};

/// What the authority has vouched for, as far as it has been seen.
#[derive(Clone, Debug)]
pub struct Vouched {
    lineage: Lineage,
    devices: HashMap<DeviceId, Certified>,
    charters: HashMap<TeamId, (u64, Vec<PersonId>)>,
    /// With the lowest serial that says so.
    revoked: HashMap<DeviceId, u64>,
    /// Everything that was ever said, by serial: what was done while somebody was out stays right when they come back.
    standings: HashMap<PersonId, BTreeMap<u64, Standing>>,
    /// The newest directory's serial and head.
    directory: Option<(u64, Fixed<32>)>,
    /// The newest wish for each device that was ever asked to erase itself.
    wishes: HashMap<DeviceId, (u64, Wish)>,
    /// As they were signed, by serial: the keys by which the rest is judged, revocations and wishes. What a device that is told nothing
    /// else must be shown before it erases itself.
    word: BTreeMap<(u64, [u8; 32]), (Claim, SignedStatement)>,
    /// Hashes of statements whose signatures have been verified: entries bring the same ones again and again.
    verified: HashSet<[u8; 32]>,
}

/// What the newest certificate of a device says.
#[derive(Clone, Copy, Debug)]
struct Certified {
    serial: u64,
    person: PersonId,
    signing: [u8; 32],
}

impl Vouched {
    /// Nothing but the authority that the municipality was founded with.
    pub fn new(first: Authority) -> Self {
        Self {
            lineage: Lineage::from(first),
            devices: HashMap::new(),
            charters: HashMap::new(),
            revoked: HashMap::new(),
            standings: HashMap::new(),
            directory: None,
            wishes: HashMap::new(),
            word: BTreeMap::new(),
            verified: HashSet::new(),
        }
    }

    /// The authority in force.
    pub fn authority(&self) -> Authority {
        self.lineage.authority()
    }

    /// The keys that the municipality had, one after the other.
    pub fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// Verifies a statement and remembers what it says. Of two statements about one device or team the higher serial counts.
    ///
    /// # Errors
    /// [`StatementError`] if it is not this authority's; nothing is remembered then.
    pub fn learn(&mut self, signed: &SignedStatement) -> Result<Claim, StatementError> {
        let statement = self.check(signed)?;
        self.verified.insert(whole(signed));
        self.remember(&statement, signed);
        Ok(statement.claim)
    }

    /// What a statement says, if it is this authority's.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn check(&self, signed: &SignedStatement) -> Result<Statement, StatementError> {
        match self.verified.contains(&whole(signed)) {
            true => Ok(Statement::from_bytes(&signed.body)?),
            false => self.lineage.check(signed),
        }
    }

    fn remember(&mut self, statement: &Statement, signed: &SignedStatement) {
        let serial = statement.serial;
        if matches!(statement.claim, Claim::Revoked { .. } | Claim::Wipe { .. }) || statement.claim.names_key() {
            self.word.insert((serial, whole(signed)), (statement.claim.clone(), signed.clone()));
        }
        match &statement.claim {
            Claim::Revoked { device } => {
                let first = self.revoked.entry(*device).or_insert(serial);
                *first = serial.min(*first);
            }
            Claim::Standing { person, standing } => {
                self.standings.entry(*person).or_default().insert(serial, *standing);
            }
            Claim::Recovery { .. } | Claim::Authority { .. } | Claim::Sheets { .. } => {
                if self.lineage.take(statement) {
                    self.forget_after(serial);
                }
            }
            _ if !self.is_news(statement) => {}
            Claim::Device { person, keys } => {
                let certified = Certified { serial, person: *person, signing: keys.signing.0 };
                self.devices.insert(keys.device(), certified);
            }
            Claim::Team { team, persons } => {
                self.charters.insert(*team, (serial, persons.clone()));
            }
            Claim::Directory { head } => self.directory = Some((serial, *head)),
            Claim::Wipe { device, wish } => {
                self.wishes.insert(*device, (serial, *wish));
            }
        }
    }

    /// The authority's key has been followed by another one at this serial. Everything that was known until now was signed with the old
    /// one: under higher serials, by a thief.
    fn forget_after(&mut self, serial: u64) {
        self.devices.retain(|_, certified| certified.serial <= serial);
        self.charters.retain(|_, (stated, _)| *stated <= serial);
        self.revoked.retain(|_, stated| *stated <= serial);
        self.standings.values_mut().for_each(|said| said.retain(|stated, _| *stated <= serial));
        self.standings.retain(|_, said| !said.is_empty());
        self.directory = self.directory.filter(|(stated, _)| *stated <= serial);
        self.word.retain(|(stated, _), _| *stated <= serial);
        self.wishes.clear();
        // An older wish may have been hidden by one that is void now. In the order of serials, so that the newest is left.
        for ((stated, _), (claim, _)) in &self.word {
            if let Claim::Wipe { device, wish } = claim {
                self.wishes.insert(*device, (*stated, *wish));
            }
        }
        self.verified.clear();
    }

    /// True if a statement says something new: of a device, a team or the directory what is newer than what is known, of a person's
    /// standing whatever was not known.
    pub fn is_news(&self, statement: &Statement) -> bool {
        let known = match &statement.claim {
            // For good: no serial takes it back.
            Claim::Revoked { device } => return !self.revoked.contains_key(device),
            Claim::Recovery { .. } | Claim::Authority { .. } | Claim::Sheets { .. } => {
                return self.lineage.is_news(statement);
            }
            // An older one may say that an absence had a break: a relay that was put back hears them in any order.
            Claim::Standing { person, .. } => {
                return !self.standings.get(person).is_some_and(|said| said.contains_key(&statement.serial));
            }
            _ => self.newest(&statement.claim),
        };
        known.is_none_or(|known| known < statement.serial)
    }

    /// True if a statement is about something of which a newer one is known, that says the last word.
    pub fn is_outdated(&self, statement: &Statement) -> bool {
        self.newest(&statement.claim).is_some_and(|known| known > statement.serial)
    }

    /// The serial of what is known of a device, a team, the directory or a wipe, of which only the newest counts.
    fn newest(&self, claim: &Claim) -> Option<u64> {
        match claim {
            Claim::Device { keys, .. } => self.devices.get(&keys.device()).map(|certified| certified.serial),
            Claim::Team { team, .. } => self.charters.get(team).map(|(serial, _)| *serial),
            Claim::Directory { .. } => self.directory.map(|(serial, _)| serial),
            Claim::Wipe { device, .. } => self.wishes.get(device).map(|(serial, _)| *serial),
            _ => None,
        }
    }

    /// Remembers a statement that was verified before, without verifying it again: it comes from one's own encrypted store.
    pub fn recall(&mut self, signed: &SignedStatement) {
        if let Ok(statement) = Statement::from_bytes(&signed.body) {
            self.remember(&statement, signed);
        }
    }

    /// The devices of a person that are in.
    pub fn devices_of(&self, person: &PersonId) -> impl Iterator<Item = &DeviceId> {
        let own = self.devices.iter().filter(|(_, certified)| certified.person == *person).map(|(id, _)| id);
        own.filter(|id| !self.is_out(id))
    }

    /// The one of them that was certified first.
    pub fn first_device(&self, person: &PersonId) -> Option<DeviceId> {
        self.devices_of(person).min_by_key(|id| self.devices[*id].serial).copied()
    }

    /// The person a device belongs to.
    pub fn person(&self, device: &DeviceId) -> Option<PersonId> {
        self.devices.get(device).map(|certified| certified.person)
    }

    /// True if the device is revoked, or its person does not work here now: it may do nothing more.
    pub fn is_out(&self, device: &DeviceId) -> bool {
        self.out_since(device).is_some()
    }

    /// The serial of the statement since which the device has been out without a break; `None` if it is not.
    pub fn out_since(&self, device: &DeviceId) -> Option<u64> {
        let person = self.person(device).and_then(|person| self.standings.get(&person));
        let absent = person.into_iter().flat_map(|said| said.iter().rev());
        let absent =
            absent.take_while(|(_, standing)| **standing != Standing::Active).last().map(|(serial, _)| *serial);
        self.revoked.get(device).copied().into_iter().chain(absent).min()
    }

    /// True if anybody or anything is or was out.
    pub fn has_out(&self) -> bool {
        !self.revoked.is_empty() || !self.standings.is_empty()
    }

    /// True if the device is or was out.
    pub fn was_out(&self, device: &DeviceId) -> bool {
        let person = self.person(device).and_then(|person| self.standings.get(&person));
        self.is_out(device) || person.is_some_and(|said| said.values().any(|standing| *standing != Standing::Active))
    }

    /// Whether a person works here.
    pub fn standing(&self, person: &PersonId) -> Standing {
        self.standings.get(person).and_then(|said| said.values().last()).map_or(Standing::Active, |standing| *standing)
    }

    /// The recovery key in force, by its id and its halves; `None` if there is none, or if it was revoked.
    pub fn recovery(&self) -> Option<(DeviceId, &DeviceKeys)> {
        self.lineage.recovery().filter(|(id, _)| !self.revoked.contains_key(id))
    }

    /// The recovery key of this id, also if it was revoked or followed by another one: what was restored with it stays.
    pub fn recovery_key(&self, id: &DeviceId) -> Option<&DeviceKeys> {
        self.lineage.recoveries().find(|(known, _)| known == id).map(|(_, keys)| keys)
    }

    /// True if nobody will come back with this device: it is revoked, or its person has left. Who is suspended may come back.
    pub fn is_gone(&self, device: &DeviceId) -> bool {
        let left = || self.person(device).is_some_and(|person| self.standing(&person) == Standing::Left);
        self.revoked.contains_key(device) || left()
    }

    /// The serial of the word by which this device shall erase itself: the newest about it, and it is revoked.
    pub fn to_be_erased(&self, device: &DeviceId) -> Option<u64> {
        let wished = self.wishes.get(device).filter(|_| self.revoked.contains_key(device));
        wished.filter(|(_, wish)| *wish == Wish::Erase).map(|(serial, _)| *serial)
    }

    /// What a revoked device must be shown to judge by itself whether it shall erase itself: the keys that the municipality had, its
    /// revocation, and the newest wish. `None` if there never was a wish: then there is nothing to say.
    pub fn word_for(&self, device: &DeviceId) -> Option<Vec<SignedStatement>> {
        let (newest, _) = self.wishes.get(device).filter(|_| self.revoked.contains_key(device))?;
        let told = self.word.iter().filter(|((serial, _), (claim, _))| match claim {
            Claim::Revoked { device: of } => of == device,
            Claim::Wipe { device: of, .. } => of == device && serial == newest,
            claim => claim.names_key(),
        });
        Some(told.map(|(_, (_, signed))| signed.clone()).collect())
    }

    /// Every device of a person that the authority has certified.
    pub fn devices(&self, person: &PersonId) -> Vec<DeviceId> {
        let mut devices: Vec<_> =
            self.devices.iter().filter(|(_, of)| of.person == *person).map(|(device, _)| *device).collect();
        devices.sort_unstable();
        devices
    }

    /// Every device that the authority has certified, and whose it is, in no order.
    pub fn certified(&self) -> impl Iterator<Item = (DeviceId, PersonId)> {
        self.devices.iter().map(|(device, of)| (*device, of.person))
    }

    /// Every team with a charter.
    pub fn teams(&self) -> Vec<TeamId> {
        let mut teams: Vec<_> = self.charters.keys().copied().collect();
        teams.sort_unstable();
        teams
    }

    /// The directory in force: the serial of the statement that says so, and its head.
    pub fn directory(&self) -> Option<(u64, Fixed<32>)> {
        self.directory
    }

    /// A device's verification key.
    pub fn signing_key(&self, device: &DeviceId) -> Option<&[u8; 32]> {
        self.devices.get(device).map(|certified| &certified.signing)
    }

    /// The persons who may be in a team.
    pub fn charter(&self, team: &TeamId) -> Option<&[PersonId]> {
        self.charters.get(team).map(|(_, persons)| persons.as_slice())
    }
}

/// Body and signature, each of a length that the other does not change.
fn whole(signed: &SignedStatement) -> [u8; 32] {
    hash(Label::STATEMENT, &[&signed.signature.0, &signed.body])
}
