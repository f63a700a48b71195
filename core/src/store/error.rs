//! Why the store could not do something, by what the caller can do about it.

use rusqlite::ErrorCode;
use rusqlite::ffi;

/// An error of the store. No message contains content, a name, a key or a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The key does not belong to this store. Ask for the right one; nothing was changed.
    #[error("this key does not open this store")]
    WrongKey,
    /// There is no store in this directory. Create one.
    #[error("there is no store here")]
    Missing,
    /// There is a store in this directory already. Open it.
    #[error("there is a store here already")]
    Exists,
    /// The first start was interrupted before anything could be saved. Create the store again.
    #[error("the store was never finished; create it again")]
    Unfinished,
    /// The files are of another kind than ours. Choose another directory.
    #[error("these files are not a store of this program")]
    NotAStore,
    /// The files were changed or cut by something else. Keep them, and rebuild from the relay.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// What was found.
        what: &'static str,
    },
    /// A newer version of the app wrote this store; it was left untouched. Update the app.
    #[error("the store has version {found}, this app knows versions up to {known}: update the app")]
    NewerSchema {
        /// The version found.
        found: u32,
        /// The newest version this build knows.
        known: u32,
    },
    /// The directory or a file in it may not be written.
    #[error("the store may not be written here")]
    ReadOnly,
    /// No space. Nothing of this change was kept; reading goes on, and writing works again once there is space. What people do has the
    /// store's reserve before they are told this.
    #[error("the disk is full")]
    DiskFull,
    /// Another process, or another `Store` in this one, has the store open.
    #[error("the store is in use by another program")]
    InUse,
    /// The store was closed; reopen it.
    #[error("the store is closed")]
    Closed,
    /// The store was erased at the authority's word. Nothing of it is left but the note that says so.
    #[error("this store was erased by the municipality")]
    Erased,
    /// The operating system failed to read or write. The change was not confirmed; try again.
    #[error("the system could not read or write the store (code {code})")]
    Io {
        /// SQLite's extended code or the system's error number.
        code: i32,
    },
    /// The change contradicts what is stored (a unique, foreign-key or check constraint). Nothing was kept.
    #[error("the change contradicts what is stored")]
    Conflict,
    /// A row that was asked for is not there.
    #[error("there is no such row")]
    NoRow,
    /// A statement this build should never have made, or memory ran out.
    #[error("the store refused a statement (code {code})")]
    Refused {
        /// SQLite's extended code, 0 if the library refused before SQLite saw it.
        code: i32,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error {
            E::SqliteFailure(cause, _) => from_code(cause),
            E::QueryReturnedNoRows => Self::NoRow,
            E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::Utf8Error(..)
            | E::InvalidColumnType(..) => Self::Damaged { what: "a stored value has another form than it was given" },
            _ => Self::Refused { code: 0 },
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        match error.kind() {
            K::StorageFull | K::QuotaExceeded => Self::DiskFull,
            K::PermissionDenied | K::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io { code: error.raw_os_error().unwrap_or(0) },
        }
    }
}

fn from_code(cause: ffi::Error) -> StoreError {
    let code = cause.extended_code;
    match (cause.code, code) {
        (ErrorCode::DiskFull, _) => StoreError::DiskFull,
        // Only growing the WAL index says this, and only for want of space.
        (_, ffi::SQLITE_IOERR_SHMSIZE) => StoreError::DiskFull,
        (_, ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA) => DAMAGED_PAGE,
        (ErrorCode::DatabaseCorrupt, _) => DAMAGED_PAGE,
        // The key was checked against the head before, so this is never a wrong key.
        (ErrorCode::NotADatabase, _) => DAMAGED_PAGE,
        (ErrorCode::ReadOnly | ErrorCode::PermissionDenied, _) => StoreError::ReadOnly,
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StoreError::InUse,
        (ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::FileLockingProtocolFailed, _) => {
            StoreError::Io { code }
        }
        (ErrorCode::ConstraintViolation, _) => StoreError::Conflict,
        _ => StoreError::Refused { code },
    }
}

const DAMAGED_PAGE: StoreError = StoreError::Damaged { what: "a page is malformed" };
