//! One error for every call, by what the caller can do about it.

use tvaers_core::client::{ClientError, NotShared};
use tvaers_core::directory::InviteError;
use tvaers_core::document::Rejected;
use tvaers_core::kinds::FieldError;
use tvaers_core::net::{BadAddress, NotJoined};
use tvaers_core::seal::SealError;
use tvaers_core::store::StoreError;
use tvaers_core::sync::Failure;

use crate::VaultError;

/// Why a call did nothing. What was saved before is safe after each of these. No message holds content, a name or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TvaersError {
    /// Point at the field; nothing was saved.
    #[error("{field}: {why}")]
    CorrectField {
        /// Its name in code, `seen_heard` for instance.
        field: String,
        /// Stable, to be translated: `missing`, `too-long`, `too-many`, `out-of-range`, `not-a-date`, `malformed` …
        code: String,
        /// A sentence in English.
        why: String,
    },
    /// Ask for the PIN again: this key does not open this store.
    #[error("this key does not open this store")]
    WrongKey,
    /// The key vault gave no key: ask for the PIN or the finger again.
    #[error("the key vault gave no key")]
    VaultClosed,
    /// Make room; nothing of this change was kept, reading goes on.
    #[error("the disk is full")]
    DiskFull,
    /// The app may not write in this directory.
    #[error("the store may not be written here")]
    ReadOnly,
    /// Another program, or another object in this one, has the store open.
    #[error("the store is in use by another program")]
    InUse,
    /// Keep the files and rebuild from the relay.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// There is something else in this directory: choose another one.
    #[error("these files are not a store of this program")]
    NotAStore,
    /// A newer version wrote this, or the relay speaks a newer one: update the app. Nothing was touched.
    #[error("update the app")]
    UpdateApp,
    /// Try again by and by; the relay did not answer, or the system did not.
    #[error("try again later")]
    TryAgain,
    /// The relay refuses this device: speak to IT.
    #[error("the relay refuses this device")]
    Refused,
    /// Enrol the device first.
    #[error("this device is not enrolled yet")]
    NotEnrolled,
    /// The device belongs to a person already.
    #[error("this device is enrolled already")]
    AlreadyEnrolled,
    /// Ask IT for a new enrolment; the device is as it was.
    #[error("the enrolment was not accepted: {why}")]
    EnrolmentRefused {
        /// What is wrong with it.
        why: String,
    },
    /// Ask IT for a new invite; the device is as it was.
    #[error("{why}")]
    InviteRefused {
        /// Stable, to be translated: `malformed`, `version`, `expired`, `used`, `seal`, `other-authority`.
        code: String,
        /// A sentence in English.
        why: String,
    },
    /// The record, or what it stands on, is not on this device.
    #[error("this record is not on this device")]
    UnknownRecord,
    /// Say that it was erased: two persons have agreed on that.
    #[error("this record has been erased")]
    RecordErased,
    /// Nothing was asked for or agreed to: show why, and what is asked for now.
    #[error("{why}")]
    NotErased {
        /// A sentence in English.
        why: String,
    },
    /// Choose other recipients, or another lawful basis: the municipality's rules say so. What was written is not saved yet.
    #[error("{why}")]
    NotShared {
        /// Stable, to be translated: `denied`, `apart`, `other-basis`.
        code: String,
        /// A sentence in English.
        why: String,
    },
    /// Open the store again: it was locked.
    #[error("the store is locked")]
    Locked,
    /// The municipality has had this phone erased: show what [`crate::Phone::erased`] says.
    #[error("this phone was erased by the municipality")]
    Erased,
    /// A live contact is running; it sends and fetches by itself.
    #[error("a live contact is running")]
    InContact,
    /// A mistake in the program: report it.
    #[error("the program made a mistake: {what}")]
    Mistake {
        /// Where.
        what: String,
    },
}

impl From<FieldError> for TvaersError {
    fn from(error: FieldError) -> Self {
        let (code, why) = (error.why.code().to_owned(), error.why.to_string());
        Self::CorrectField { field: error.field.to_owned(), code, why }
    }
}

impl From<StoreError> for TvaersError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::WrongKey => Self::WrongKey,
            StoreError::DiskFull => Self::DiskFull,
            StoreError::ReadOnly => Self::ReadOnly,
            StoreError::InUse => Self::InUse,
            StoreError::Damaged { what } => Self::Damaged { what: what.to_owned() },
            StoreError::NotAStore => Self::NotAStore,
            StoreError::NewerSchema { .. } => Self::UpdateApp,
            StoreError::Closed => Self::Locked,
            StoreError::Erased => Self::Erased,
            StoreError::Io { .. } => Self::TryAgain,
            error => Self::Mistake { what: error.to_string() },
        }
    }
}

impl From<ClientError> for TvaersError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Store(error) => error.into(),
            ClientError::Field(error) | ClientError::Document(Rejected::Schema(error)) => error.into(),
            // No field alone is at fault: together they are more than one record holds.
            ClientError::Seal(SealError::TooLarge { .. })
            | ClientError::Document(Rejected::TooLarge { .. } | Rejected::TooManyOperations { .. }) => {
                let why = "the record is too long as a whole".to_owned();
                Self::CorrectField { field: "record".to_owned(), code: "too-long".to_owned(), why }
            }
            ClientError::Enrolment(error) => Self::EnrolmentRefused { why: error.to_string() },
            ClientError::Invite(error) => error.into(),
            ClientError::UnknownRecord => Self::UnknownRecord,
            ClientError::RecordErased => Self::RecordErased,
            ClientError::NotShared(error) => error.into(),
            ClientError::NotErased(error) => Self::NotErased { why: error.to_string() },
            ClientError::NotEnrolled => Self::NotEnrolled,
            ClientError::Document(_) | ClientError::Answer(_) => Self::Damaged { what: "a stored record".to_owned() },
            ClientError::Inconsistent(what) => Self::Damaged { what: what.to_owned() },
            error => Self::Mistake { what: error.to_string() },
        }
    }
}

impl From<InviteError> for TvaersError {
    fn from(error: InviteError) -> Self {
        Self::InviteRefused { code: error.code().to_owned(), why: error.to_string() }
    }
}

impl From<NotShared> for TvaersError {
    fn from(error: NotShared) -> Self {
        Self::NotShared { code: error.code().to_owned(), why: error.to_string() }
    }
}

impl From<NotJoined> for TvaersError {
    fn from(error: NotJoined) -> Self {
        match error {
            NotJoined::Relay(failure) => failure.into(),
            NotJoined::Refused(error) => error.into(),
        }
    }
}

impl From<Failure> for TvaersError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable { .. } | Failure::Unauthorized | Failure::Restored => Self::TryAgain,
            Failure::Forbidden => Self::Refused,
            Failure::Incompatible => Self::UpdateApp,
        }
    }
}

impl From<BadAddress> for TvaersError {
    fn from(error: BadAddress) -> Self {
        Self::EnrolmentRefused { why: error.to_string() }
    }
}

impl From<VaultError> for TvaersError {
    fn from(_: VaultError) -> Self {
        Self::VaultClosed
    }
}
