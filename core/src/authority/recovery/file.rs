//! What goes on a stick to the machine at which two holders meet: the circles that are to be restored, and everything by which that
//! machine, which asks nobody, can judge them. It holds no secret: what is sealed in it opens with two sheets only.

use std::collections::HashMap;

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::{Canonical, at_most};
use tvaers_wire::entry::{Member, ParsedEntry, Subject};
use tvaers_wire::hash::{Label, verify};
use tvaers_wire::ids::{CircleId, DeviceId, Fixed, PersonId};
use tvaers_wire::lineage::Lineage;
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::recovery::ServedLog;
use tvaers_wire::statement::{Authority, SignedStatement};
use tvaers_wire::vouched::Vouched;

use super::RecoveryError;

/// Logs in one file: the circles of everybody who works with three hundred children.
const LOGS: usize = 65_536;
/// Statements in one file: all that an office keeps.
const STATEMENTS: usize = 262_144;

/// What is to be restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Asked {
    /// A person's own circle, after the loss of their only device.
    #[n(0)]
    Own {
        /// Who.
        #[n(0)]
        person: PersonId,
    },
    /// What nobody is left in since a person has gone.
    #[n(1)]
    Forsaken {
        /// Who has gone.
        #[n(0)]
        left: PersonId,
        /// Who is let in.
        #[n(1)]
        to: PersonId,
    },
}

impl Asked {
    /// Who is let in.
    pub fn to(&self) -> &PersonId {
        match self {
            Self::Own { person } => person,
            Self::Forsaken { to, .. } => to,
        }
    }

    /// Whose circles they are.
    pub fn of(&self) -> &PersonId {
        match self {
            Self::Own { person } => person,
            Self::Forsaken { left, .. } => left,
        }
    }
}

/// What the office puts together of its own knowledge and the relay's answer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct RecoveryFile {
    /// [`tvaers_wire::limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// What the municipality was founded with. That the authority in force, which follows from it by the statements, is the true one is
    /// on the sheets' paper.
    #[n(1)]
    pub authority: Authority,
    /// What is to be restored.
    #[n(2)]
    pub asked: Asked,
    /// When it was fetched, Unix milliseconds.
    #[n(3)]
    pub fetched: i64,
    /// The split that the sheets are of.
    #[n(4)]
    pub split: Fixed<3>,
    /// Everything that the office has stated, so that no device of those who are gone can be kept back.
    #[n(5)]
    #[cbor(decode_with = "at_most::<{ STATEMENTS }, _, _>")]
    pub statements: Vec<SignedStatement>,
    /// The names, as they were signed.
    #[n(6)]
    pub directory: crate::directory::SignedDirectory,
    /// As the relay served them.
    #[n(7)]
    #[cbor(decode_with = "at_most::<{ LOGS }, _, _>")]
    pub logs: Vec<ServedLog>,
}

impl Canonical for RecoveryFile {
    const NAME: &'static str = "recovery file";
    // An office's statements, and three hundred cases with their lines.
    const MAX_LEN: usize = 128 * 1024 * 1024;
    const VERSION: Option<u64> = Some(tvaers_wire::limits::VERSION);
}

/// The file with the authority's signature: nobody else chooses what the holders are shown.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedRecoveryFile {
    /// The encoded [`RecoveryFile`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 by the authority over label `tvaers/1/recovery-file` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl Canonical for SignedRecoveryFile {
    const NAME: &'static str = "signed recovery file";
    const MAX_LEN: usize = RecoveryFile::MAX_LEN + 128;
}

impl SignedRecoveryFile {
    /// Reads a file. Nothing in it is believed yet but that it is whole.
    ///
    /// # Errors
    /// [`RecoveryError::Decode`] or [`RecoveryError::NotWhole`].
    pub fn read(bytes: &[u8]) -> Result<RecoveryFile, RecoveryError> {
        let signed = Self::from_bytes(bytes)?;
        let file = RecoveryFile::from_bytes(&signed.body)?;
        let key = Lineage::stated(file.authority, &file.statements).authority().key;
        let whole = verify(Label::RECOVERY_FILE, &key.0, &[&signed.body], &signed.signature.0);
        whole.map_err(|_| RecoveryError::NotWhole).map(|()| file)
    }
}

/// A log that folds, with what was served beside it.
pub(super) struct Folded {
    pub(super) entries: Vec<ParsedEntry>,
    pub(super) served: ServedLog,
}

/// The circles of a file, folded as a reader does.
pub(super) struct Logs {
    pub(super) vouched: Vouched,
    pub(super) logs: HashMap<CircleId, CircleLog>,
    force: HashMap<Subject, CircleId>,
}

impl Logs {
    /// Folds them in their order. What does not fold is left out: an entry that nobody signed, or that its signer might not make.
    pub(super) fn fold(vouched: Vouched, served: Vec<ServedLog>) -> (Self, Vec<Folded>) {
        let mut logs = Self { vouched, logs: HashMap::new(), force: HashMap::new() };
        let folded = served.into_iter().filter_map(|served| logs.fold_one(served)).collect();
        (logs, folded)
    }

    fn fold_one(&mut self, served: ServedLog) -> Option<Folded> {
        let parsed = served.entries.iter().map(|entry| ParsedEntry::from_bytes(entry).ok());
        let entries = parsed.collect::<Option<Vec<_>>>()?;
        for voucher in entries.iter().flat_map(|entry| &entry.public.vouchers) {
            // One that is not the authority's vouches for nothing; the entry is judged without it.
            let _ = self.vouched.learn(voucher);
        }
        let (founding, later) = entries.split_first()?;
        let mut log = CircleLog::found(founding, &self.vouched, self).ok()?;
        for entry in later {
            log.append(entry, &self.vouched, self).ok()?;
        }
        if log.subject != Subject::Shared {
            self.force.entry(log.subject).or_insert(log.id);
        }
        self.logs.insert(log.id, log);
        Some(Folded { entries, served })
    }
}

impl InForce for Logs {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        self.logs.get(self.force.get(&member.subject()?)?)
    }

    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.vouched.out_since(device)
    }
}
