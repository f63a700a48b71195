//! Restoring access with two sheets: what the holders are shown before they type, and what they sign.

use minicbor::{Decode, Encode};
use tvaers_wire::codec::{Canonical, at_most};
use tvaers_wire::entry::{Change, Member, Rights, Subject};
use tvaers_wire::ids::{DeviceId, Fixed, MunicipalityId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::recovery::RestoringEntry;
use tvaers_wire::statement::{Authority, Claim, DeviceKeys, SignedStatement, Statement};
use tvaers_wire::vouched::Vouched;

use super::file::{Asked, Logs, RecoveryFile};
use super::judge::{Restorable, Skipped};
use super::{RecoveryError, Sheet, SheetError, open_older, rebuild, recovery_secret};
use crate::authority::facts::shown;
use crate::circle::{Draft, Recipient, Sealed, append};
use crate::directory::{Staff, device_code};
use crate::keys::{DeviceSecret, Root, Secret, check_device_keys, unwrap};
use crate::rng::CryptoRng;

/// The longest reason, in bytes of UTF-8.
const REASON: usize = 400;
/// Entries that one file holds.
const ENTRIES: usize = 65_536;

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
    pub(super) logs: Logs,
    pub(super) statements: Vec<(Statement, SignedStatement)>,
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

    fn certificate(&self, device: &DeviceId) -> Option<(DeviceKeys, &SignedStatement)> {
        let theirs = self.statements.iter().filter_map(|(statement, signed)| match &statement.claim {
            Claim::Device { keys, .. } if keys.device() == *device => Some((statement.serial, keys, signed)),
            _ => None,
        });
        theirs.max_by_key(|(serial, ..)| *serial).map(|(_, keys, signed)| (keys.as_ref().clone(), signed))
    }

    pub(super) fn newest(&self, says: impl Fn(&Claim) -> bool) -> Option<SignedStatement> {
        let saying = self.statements.iter().filter(|(statement, _)| says(&statement.claim));
        saying.max_by_key(|(statement, _)| statement.serial).map(|(_, signed)| signed.clone())
    }
}

impl std::fmt::Debug for Forsaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Forsaken({} circles)", self.circles.len())
    }
}
