//! The authority's office (protocol §3.1): everything that IT's key signs and must remember, in one encrypted file that never is
//! on the relay.
//!
//! An act changes the facts, states what follows (certificates, charters, standings, the directory) and leaves a signed entry in
//! the journal: all of it or nothing. `sealed` makes it durable; `recovery` splits the key that opens what no reader is left for.

mod facts;
mod journal;
mod office;
mod recovery;
mod sealed;

pub use facts::{CertifiedDevice, Erased, Holder, KINDS, PROFESSIONS, Person, Recovery, Role, TEXT, Unit, Wipe};
pub use journal::{Act, Entry, JournalError, SignedEntry, verify_journal};
pub use office::{By, Founding, Invited, Missing, Office, OfficeError, Row, TakenReceipts};
pub use recovery::{
    Asked, Forsaken, LINES, RECOVERY_HOLDERS, RecoveryError, RecoveryFile, RecoverySplit, Restoring, Sheet, SheetError,
    SignedRecoveryFile, Skipped, WORDS_PER_LINE, fingerprint, rebuild,
};
pub use sealed::{OfficeFile, OfficeFileError};
