//! Why a document or a change is set aside.

use std::fmt;

use crate::kinds::FieldError;

/// The hash of a change: what heads and dependencies are made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Head(pub [u8; 32]);

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why bytes were not taken as a document or a change. Only [`Rejected::Missing`] can be cured by waiting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Changes that came before have not arrived.
    #[error("{} earlier changes have not arrived", .0.len())]
    Missing(Vec<Head>),
    /// More bytes than allowed; nothing was read.
    #[error("too large: at most {limit} bytes are allowed")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// Not in the storage format, or not in the part of it that is used here.
    #[error("not a document: {0}")]
    Malformed(&'static str),
    /// A compressed part: chunks are compressed as a whole, outside.
    #[error("a part is compressed")]
    Compressed,
    /// More operations than allowed.
    #[error("too many operations: at most {limit} are allowed")]
    TooManyOperations {
        /// The most operations.
        limit: u64,
    },
    /// A single value is too long.
    #[error("a value is too long")]
    ValueTooLong,
    /// Too many different keys, or a key that is too long.
    #[error("too many or too long keys")]
    Keys,
    /// Objects lie too deep inside each other.
    #[error("nested too deep")]
    TooDeep,
    /// Written under another's actor.
    #[error("the change does not belong to the installation that signed it")]
    ForeignActor,
    /// A frozen document is exactly one change.
    #[error("not exactly one change")]
    NotOneChange,
    /// A sequence number or operation counter that does not follow from what came before.
    #[error("the change does not follow from what came before")]
    OutOfSequence,
    /// The contents do not match the checksum.
    #[error("the checksum does not match")]
    Checksum,
    /// Automerge did not take it.
    #[error("the change cannot be applied")]
    NotApplied,
    /// The parser crashed; nothing was kept.
    #[error("the parser gave up")]
    Crashed,
    /// The document is not in the state that its author declared.
    #[error("the declared state is not reached")]
    HeadsDiffer,
    /// The document could not be opened again after saving.
    #[error("the document would not open again")]
    NotReloadable,
    /// A field is not what the kind of record says.
    #[error("field {0}")]
    Schema(#[from] FieldError),
    /// This kind is not written this way (frozen or living).
    #[error("this kind of record is not written this way")]
    WrongKind,
}
