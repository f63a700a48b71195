//! The directory in force: which one is held, whether the authority has stated a newer one, and how that takes its place.

use std::sync::{Arc, PoisonError};

use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::DirectoryAnswer;
use tvaers_wire::ids::Fixed;

use super::{ClientError, Device};
use crate::directory::{SignedDirectory, Staff};
use crate::store::{StoreError, inbox, meta};

/// Where the store keeps a directory that is newer than the enrolment's.
const KEPT: &str = "directory";

impl Device {
    /// The directory. A newer one takes its place while the device is in contact; who holds this one goes on reading it.
    pub fn staff(&self) -> Arc<Staff> {
        Arc::clone(&self.staff.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn directory_head(&self) -> Fixed<32> {
        self.staff().head
    }

    /// Head of the directory that the authority has stated, if it is not the one held and not older. The enrolment may have brought one
    /// that the relay has not been told of yet.
    pub fn wanted_directory(&self) -> Option<Fixed<32>> {
        let (serial, head) = self.known().vouched.directory()?;
        let held = self.staff();
        (head != held.head && serial > held.directory.serial).then_some(head)
    }

    /// Takes a directory that was asked for. False if the answer is not that directory: what is held stays, and it is shown among what
    /// was set aside.
    ///
    /// # Errors
    /// A store error; it is asked for again.
    pub fn take_directory(&self, head: &Fixed<32>, answer: &[u8], now: i64) -> Result<bool, ClientError> {
        let (held, lineage) = (self.staff(), self.known().vouched.lineage().clone());
        let opened = DirectoryAnswer::from_bytes(answer)
            .map_err(Into::into)
            .and_then(|answer| SignedDirectory::open(&answer, head, &lineage, &self.secret, (&held, &self.person)));
        let taken = self.change(|tx, known| match &opened {
            Ok((signed, _)) => {
                // It may name log controllers where there were none.
                known.upkeep_due = true;
                Ok(meta::set(tx, KEPT, &signed.to_bytes())?)
            }
            // Named by its head: however often the relay answers wrongly, one line says so.
            Err(error) => Ok(inbox::put_aside(tx, now, &error.to_string(), &head.0)?),
        });
        taken?;
        let Ok((_, staff)) = opened else { return Ok(false) };
        *self.staff.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(staff);
        Ok(true)
    }
}

/// The directory that has taken the place of the enrolment's, if one has.
pub(super) fn kept(conn: &rusqlite::Connection) -> Result<Option<SignedDirectory>, ClientError> {
    let bytes = meta::get(conn, KEPT)?;
    let damaged = |_| StoreError::Damaged { what: "the directory" };
    Ok(bytes.map(|bytes| SignedDirectory::from_bytes(&bytes)).transpose().map_err(damaged)?)
}
