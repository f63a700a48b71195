//! Restoring access with two sheets: what the holders are shown before they type, and what they sign.

use minicbor::{Decode, Encode};
use tvaers_wire::codec::{Canonical, DecodeError, at_most};
use tvaers_wire::entry::{Change, Member, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{CircleId, DeviceId, Fixed, MunicipalityId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::log::{CircleLog, InForce, Membership};
use tvaers_wire::recovery::RestoringEntry;
use tvaers_wire::statement::{Authority, Claim, DeviceKeys, SignedStatement, Standing, Statement, StatementError};
use tvaers_wire::vouched::Vouched;

use super::file::{Asked, Folded, Logs, RecoveryFile};
use super::{Sheet, SheetError, open_older, rebuild, recovery_secret};
use crate::authority::facts::shown;
use crate::circle::{Draft, Recipient, Sealed, append};
use crate::directory::{DirectoryError, Staff, device_code};
use crate::keys::{DeviceSecret, KeyError, Root, Secret, check_device_keys, unwrap};
use crate::rng::CryptoRng;

/// The longest reason, in bytes of UTF-8.
const REASON: usize = 400;
/// Entries that one file holds.
const ENTRIES: usize = 65_536;

/// Why access was not restored. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// Not a file of this kind.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Not signed by the authority that it names.
    #[error("the file is not as the office has written it")]
    NotWhole,
    /// A statement in it is not the authority's.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The directory in it is not the authority's.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The authority has stated no recovery key, or revoked it.
    #[error("no recovery key is in force")]
    NoKey,
    /// No device of the person who is to be let in has this code.
    #[error("no device of that person has this code")]
    UnknownCode,
    /// The device is revoked, or its person does not work here now.
    #[error("the device is out")]
    Out,
    /// The device is not in its own person's circle: that one is to be restored first.
    #[error("the device is not in its person's own circle yet")]
    NotIn,
    /// Its keys are not sound.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A sheet.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// There is nothing that can be restored.
    #[error("there is no circle that can be restored")]
    Nothing,
    /// Empty, or longer than people read.
    #[error("a reason is needed, in a few words")]
    Reason,
}

/// Why a circle is not restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Skipped {
    /// Somebody is left who can let others in, or can be let in by recovery of their own circle.
    SomebodyLeft,
    /// Its key was never wrapped for these sheets, or the relay has lost it.
    NotWrapped,
    /// What was wrapped is not the circle's key.
    Broken,
    /// The person may not be in that team by its charter.
    NotChartered,
}

/// A circle that can be restored.
struct Restorable {
    circle: CircleId,
    /// The recovery key that it was wrapped for, and the wrap.
    wrap: (DeviceId, Vec<u8>),
    vouchers: Vec<SignedStatement>,
}

/// What is to be restored, verified as far as that can be done before the sheets are typed.
pub struct Forsaken {
    /// The municipality's authority in force, whose fingerprint is on the sheets.
    pub authority: Authority,
    /// What was asked for.
    pub asked: Asked,
    /// When it was fetched, Unix milliseconds.
    pub fetched: i64,
    /// The names.
    pub staff: Staff,
    /// Circles that are left as they are.
    pub skipped: Vec<Skipped>,
    split: Fixed<3>,
    logs: Logs,
    statements: Vec<(Statement, SignedStatement)>,
    circles: Vec<Restorable>,
}

/// What was signed, on its way to the relay. Public like every entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Restoring {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// Which municipality's.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// Who is let in.
    #[n(2)]
    pub person: PersonId,
    /// With which device.
    #[n(3)]
    pub device: DeviceId,
    /// One for each circle.
    #[n(4)]
    #[cbor(decode_with = "at_most::<{ ENTRIES }, _, _>")]
    pub entries: Vec<RestoringEntry>,
}

impl Canonical for Restoring {
    const NAME: &'static str = "restoring entries";
    const MAX_LEN: usize = RecoveryFile::MAX_LEN;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

impl Forsaken {
    /// Verifies a file: every statement, every name, every entry, and that nobody is left in what is to be restored.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub fn verified(file: RecoveryFile) -> Result<Self, RecoveryError> {
        let RecoveryFile { authority, asked, fetched, split, statements, directory, logs, .. } = file;
        let mut vouched = Vouched::new(authority);
        let mut stated = Vec::with_capacity(statements.len());
        for signed in statements {
            vouched.learn(&signed)?;
            stated.push((Statement::from_bytes(&signed.body)?, signed));
        }
        vouched.recovery().ok_or(RecoveryError::NoKey)?;
        // Whose fingerprint is shown: the holders have noted the newest on their sheets.
        let authority = vouched.authority();
        let staff = Staff::verified(&directory, vouched.lineage())?;
        let served = logs.len();
        let (logs, folded) = Logs::fold(vouched, logs);
        // What does not fold is not what its members have made.
        let (skipped, circles) = (vec![Skipped::Broken; served - folded.len()], Vec::new());
        let mut forsaken = Self { authority, asked, fetched, staff, skipped, split, logs, statements: stated, circles };
        for folded in &folded {
            match forsaken.judge(folded) {
                Some(Ok(restorable)) => forsaken.circles.push(restorable),
                Some(Err(why)) => forsaken.skipped.push(why),
                None => {}
            }
        }
        Ok(forsaken)
    }

    /// How many circles can be restored.
    pub fn circles(&self) -> usize {
        self.circles.len()
    }

    /// The device of the person who is let in that shows this code on its screen. It alone will be handed the keys.
    ///
    /// # Errors
    /// [`RecoveryError`] saying why it cannot be.
    pub fn device(&self, code: &str) -> Result<DeviceId, RecoveryError> {
        let plain = |code: &str| code.chars().filter(char::is_ascii_digit).collect::<String>();
        let vouched = &self.logs.vouched;
        let theirs = vouched.devices(self.asked.to());
        let device = theirs.into_iter().find(|device| plain(&device_code(device)) == plain(code));
        let device = device.ok_or(RecoveryError::UnknownCode)?;
        if vouched.is_out(&device) {
            return Err(RecoveryError::Out);
        }
        let own = self.logs.log_of(&Member::Person(*self.asked.to()));
        let listed = own.is_some_and(|log| log.members.contains_key(&Member::Device(device)));
        if matches!(self.asked, Asked::Forsaken { .. }) && !listed {
            return Err(RecoveryError::NotIn);
        }
        check_device_keys(&self.certificate(&device).ok_or(RecoveryError::UnknownCode)?.0)?;
        Ok(device)
    }

    /// What everybody in the circles will be told, if it is something that can be shown.
    ///
    /// # Errors
    /// [`RecoveryError::Reason`].
    pub fn reason(words: &str) -> Result<String, RecoveryError> {
        shown(words, REASON).ok_or(RecoveryError::Reason)
    }

    /// Whether a sheet is one that can open this.
    ///
    /// # Errors
    /// [`SheetError::OtherMunicipality`] or [`SheetError::OtherSplit`].
    pub fn takes(&self, sheet: &Sheet) -> Result<(), SheetError> {
        sheet.belongs(&self.authority.municipality, &self.split)
    }

    /// Lets the device into every circle that can be restored. `now` is what everybody in them is told, with the reason.
    ///
    /// # Errors
    /// [`RecoveryError`]: the sheets do not give the key that the authority has stated, or nothing opens with it.
    pub fn restore(
        &self,
        device: &DeviceId,
        sheets: [&Sheet; 2],
        reason: &str,
        now: i64,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Restoring, Vec<Skipped>), RecoveryError> {
        let reason = Self::reason(reason)?;
        sheets.iter().try_for_each(|sheet| self.takes(sheet))?;
        let secrets = self.secrets(rebuild(sheets)?)?;
        let secret = secrets.first().ok_or(SheetError::OtherKey)?;
        let (keys, certificate) = self.certificate(device).ok_or(RecoveryError::UnknownCode)?;
        let (mut entries, mut broken) = (Vec::with_capacity(self.circles.len()), Vec::new());
        for restorable in &self.circles {
            let Some((log, root)) = self.open(restorable, &secrets) else {
                broken.push(Skipped::Broken);
                continue;
            };
            let member = match log.subject {
                Subject::Person(_) => Member::Device(*device),
                _ => Member::Person(*self.asked.to()),
            };
            let mut draft = Draft {
                changes: vec![Change::Add { member, rights: Rights::Manage, until: None }],
                recipients: vec![Recipient { member: Member::Device(*device), epoch: None, kem: keys.kem }],
                vouchers: restorable.vouchers.clone(),
                sealed: Some(Sealed { reason: Some(reason.clone()), at: Some(now), ..Sealed::default() }),
            };
            draft.vouchers.push(certificate.clone());
            match append(log, &root, draft, secret, rng) {
                Ok(made) => entries.push(RestoringEntry { entry: made.bytes.into(), wraps: made.wraps }),
                Err(_) => broken.push(Skipped::Broken),
            }
        }
        if entries.is_empty() {
            return Err(RecoveryError::Nothing);
        }
        let (municipality, person) = (self.authority.municipality, *self.asked.to());
        Ok((Restoring { version: limits::VERSION, municipality, person, device: *device, entries }, broken))
    }

    /// The recovery key of the sheets, and those before it as far as each was sealed under the next: circles that nobody has used
    /// since are wrapped for them.
    fn secrets(&self, seed: Secret) -> Result<Vec<DeviceSecret>, SheetError> {
        let municipality = &self.authority.municipality;
        let (mut seed, mut secrets) = (seed, Vec::new());
        for (id, keys) in self.logs.vouched.lineage().recoveries().rev() {
            let secret = recovery_secret(&seed)?;
            if secret.keys() != keys {
                // Of those before it, only what opens is used: sheets in force are never worth nothing for what somebody sealed wrongly.
                return if secrets.is_empty() { Err(SheetError::OtherKey) } else { Ok(secrets) };
            }
            secrets.push(secret);
            let older = self.statements.iter().find_map(|(statement, _)| match &statement.claim {
                Claim::Sheets { keys, older, .. } if keys.device() == id => Some(older),
                _ => None,
            });
            match older.map(|older| open_older(municipality, older, &seed)) {
                Some(Ok(before)) => seed = before,
                _ => break,
            }
        }
        Ok(secrets)
    }

    /// A circle's key in force, if the wrap holds it: the entry that drew it commits to it.
    fn open(&self, restorable: &Restorable, secrets: &[DeviceSecret]) -> Option<(&CircleLog, Root)> {
        let log = self.logs.logs.get(&restorable.circle)?;
        let (epoch, (key, wrap)) = (log.epoch()?, &restorable.wrap);
        let secret = secrets.iter().find(|secret| secret.id() == *key)?;
        let root = unwrap(wrap, secret.kem(), &epoch.binding, &Member::Device(*key)).ok()?;
        (root.commitment() == epoch.root_commitment).then_some((log, root))
    }

    /// Whether a circle is to be restored, and can be; `None` for one that only helps to judge others.
    fn judge(&self, folded: &Folded) -> Option<Result<Restorable, Skipped>> {
        let circle = folded.entries.first()?.circle;
        let log = self.logs.logs.get(&circle)?;
        let (own, to) = (Subject::Person(*self.asked.of()), self.asked.to());
        match (self.asked, log.subject) {
            (Asked::Own { .. }, subject) if subject == own => {}
            (Asked::Forsaken { .. }, Subject::Shared) => {}
            (Asked::Forsaken { .. }, Subject::Team(_)) if !folded.served.wraps.is_empty() => {}
            _ => return None,
        }
        if !self.is_forsaken(log) {
            return Some(Err(Skipped::SomebodyLeft));
        }
        let mut vouchers = self.word_of_who_is_gone(log);
        if let Subject::Team(team) = log.subject {
            if self.logs.vouched.charter(&team).is_none_or(|persons| persons.binary_search(to).is_err()) {
                return Some(Err(Skipped::NotChartered));
            }
            vouchers.extend(self.newest(|claim| matches!(claim, Claim::Team { team: of, .. } if *of == team)));
        }
        vouchers.truncate(limits::ENTRY_VOUCHERS - 1);
        let mut keys = self.logs.vouched.lineage().recoveries().rev().map(|(key, _)| key);
        let wrap = keys.find_map(|key| Some((key, wrap_in_force(folded, log, &Member::Device(key))?)));
        let wrap = wrap.ok_or(Skipped::NotWrapped);
        Some(wrap.map(|wrap| Restorable { circle, wrap, vouchers }))
    }

    /// By the authority's word and not by the logs alone, which the relay has chosen: every device that was ever certified for those
    /// who manage is gone, also one that it does not show. Whoever has another device yet is restored first.
    fn is_forsaken(&self, log: &CircleLog) -> bool {
        let vouched = &self.logs.vouched;
        let gone = |person: &PersonId| vouched.devices(person).iter().all(|device| vouched.is_gone(device));
        let persons = |member: &Member| match member {
            Member::Device(_) => Vec::new(),
            Member::Person(person) => vec![*person],
            Member::Team(team) => vouched.charter(team).unwrap_or_default().to_vec(),
        };
        log.is_forsaken(vouched, &self.logs) && managing(log).flat_map(persons).all(|person| gone(&person))
    }

    /// What the relay must have seen to agree: the recovery key, and that those who managed are gone. It may have been restored from
    /// a backup since.
    fn word_of_who_is_gone(&self, log: &CircleLog) -> Vec<SignedStatement> {
        let mut devices = Vec::new();
        managing(log).for_each(|member| below(member, &self.logs, &mut devices));
        let owner = |device: &DeviceId| self.logs.vouched.person(device);
        let sheets = self.statements.iter().filter(|(said, _)| said.claim.names_key());
        let sheets = sheets.filter(|(said, _)| !matches!(said.claim, Claim::Authority { .. }));
        let mut words: Vec<SignedStatement> = sheets.map(|(_, signed)| signed.clone()).collect();
        for device in devices {
            let revoked = self.newest(|claim| matches!(claim, Claim::Revoked { device: of } if *of == device));
            let left = || {
                self.newest(|claim| {
                    matches!(claim, Claim::Standing { person, standing: Standing::Left } if Some(*person) == owner(&device))
                })
            };
            words.extend(revoked.or_else(left).filter(|word| !words.contains(word)));
        }
        words
    }

    fn certificate(&self, device: &DeviceId) -> Option<(DeviceKeys, &SignedStatement)> {
        let theirs = self.statements.iter().filter_map(|(statement, signed)| match &statement.claim {
            Claim::Device { keys, .. } if keys.device() == *device => Some((statement.serial, keys, signed)),
            _ => None,
        });
        theirs.max_by_key(|(serial, ..)| *serial).map(|(_, keys, signed)| (keys.as_ref().clone(), signed))
    }

    fn newest(&self, says: impl Fn(&Claim) -> bool) -> Option<SignedStatement> {
        let saying = self.statements.iter().filter(|(statement, _)| says(&statement.claim));
        saying.max_by_key(|(statement, _)| statement.serial).map(|(_, signed)| signed.clone())
    }
}

/// Whoever may let others in.
fn managing(log: &CircleLog) -> impl Iterator<Item = &Member> {
    let manages = |held: &Membership| log.subject != Subject::Shared || held.rights == Rights::Manage;
    log.members.iter().filter(move |(_, held)| manages(held)).map(|(member, _)| member)
}

/// The devices behind a member.
fn below(member: &Member, logs: &Logs, out: &mut Vec<DeviceId>) {
    match (member, logs.log_of(member)) {
        (Member::Device(device), _) => out.push(*device),
        (_, Some(theirs)) => theirs.members.keys().for_each(|further| below(further, logs, out)),
        (_, None) => {}
    }
}

/// The wrap of the key in force for this member, as an entry since it was drawn lists it.
fn wrap_in_force(folded: &Folded, log: &CircleLog, member: &Member) -> Option<Vec<u8>> {
    let drawn = log.epoch()?.entry;
    let since = folded.entries.iter().position(|entry| entry.id == drawn)?;
    let listed = |entry: &ParsedEntry| {
        let theirs = entry.public.wraps.iter().filter(|wrap| wrap.member == *member).map(|wrap| wrap.hash);
        theirs.collect::<Vec<_>>()
    };
    let hashes: Vec<_> = folded.entries.get(since..)?.iter().flat_map(listed).collect();
    let served = folded.served.wraps.iter().find(|wrap| wrap.member == *member && hashes.contains(&wrap.hash()));
    served.map(|wrap| wrap.bytes.0.clone())
}

impl std::fmt::Debug for Forsaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Forsaken({} circles)", self.circles.len())
    }
}
