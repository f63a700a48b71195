//! What a device's commands can fail with, by what the caller can do.

use super::{NotContinued, NotCovered, NotErased, NotHandedOver, NotRemoved, NotShared};
use crate::circle::EntryError;
use crate::directory::{EnrolmentError, InviteError};
use crate::document::Rejected;
use crate::keys::{AeadError, KeyError};
use crate::kinds::FieldError;
use crate::seal::SealError;
use crate::store::StoreError;
use tvaers_wire::codec::DecodeError;

/// Why a command was not carried out. The store is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The store; see there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A field of what was to be saved. Correct it.
    #[error("{0}")]
    Field(#[from] FieldError),
    /// A document could not be written or changed.
    #[error(transparent)]
    Document(#[from] Rejected),
    /// Larger than one chunk. Shorten the text.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A control entry could not be made.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The enrolment is not for this device, or not from its authority.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// The invite, or what was answered to it.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// A key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A cipher failed.
    #[error(transparent)]
    Cipher(#[from] AeadError),
    /// The relay's answer is not one. Try again, or another version is needed.
    #[error("the relay's answer cannot be read: {0}")]
    Answer(#[from] DecodeError),
    /// The record is not here.
    #[error("this record is not on this device")]
    UnknownRecord,
    /// Two persons have erased it, or the municipality keeps it no longer.
    #[error("this record has been erased")]
    RecordErased,
    /// Nothing was asked for, or agreed to.
    #[error(transparent)]
    NotErased(#[from] NotErased),
    /// This person may not do that, or not any more.
    #[error("only whoever manages the circle may do this")]
    NotAllowed,
    /// The municipality's rules do not let it be shared so.
    #[error(transparent)]
    NotShared(#[from] NotShared),
    /// A child was not handed over.
    #[error(transparent)]
    NotHandedOver(#[from] NotHandedOver),
    /// Nobody was taken out of a case.
    #[error(transparent)]
    NotRemoved(#[from] NotRemoved),
    /// Nobody was let into a case.
    #[error(transparent)]
    NotContinued(#[from] NotContinued),
    /// The record goes on in another one, in the circle that continues this one's. Change that one.
    #[error("this record goes on in another one")]
    CarriedOver,
    /// A child is not covered.
    #[error(transparent)]
    NotCovered(#[from] NotCovered),
    /// The device has not been enrolled.
    #[error("this device is not enrolled yet")]
    NotEnrolled,
    /// What the store holds contradicts itself; rebuild from the relay.
    #[error("the store is inconsistent: {0}")]
    Inconsistent(&'static str),
}
