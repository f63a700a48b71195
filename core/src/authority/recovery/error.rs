//! Why access was not restored.

use tvaers_wire::codec::DecodeError;
use tvaers_wire::statement::StatementError;

use super::SheetError;
use crate::directory::DirectoryError;
use crate::keys::KeyError;

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
