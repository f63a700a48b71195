//! Records (protocol §8): what a person wrote, signed by the device they wrote it on. The signature lies inside the seal and
//! travels with the record wherever it is shared next.

mod frozen;
mod update;

pub use frozen::{FrozenRecord, RecordHeader};
pub use update::{Carried, UPDATE_CHANGES, UpdateHeader, UpdateRecord, carried_id, living_id};

use tvaers_wire::codec::DecodeError;
use tvaers_wire::hash::BadSignature;
use tvaers_wire::ids::{DeviceId, PersonId};
use tvaers_wire::vouched::Vouched;

/// Why a record does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not a record.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A kind this version does not know, or one that cannot be of this form.
    #[error("record kind {0} is not known in this form")]
    UnknownKind(u8),
    /// The author's device is not vouched for. It may become so later.
    #[error("the author's device is not known")]
    UnknownDevice,
    /// The device belongs to another person than the record says.
    #[error("the device does not belong to the author named")]
    OtherAuthor,
    /// Not signed by that device.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

/// The verification key of a device, if it belongs to the person named.
fn author_key<'a>(vouched: &'a Vouched, device: &DeviceId, person: &PersonId) -> Result<&'a [u8; 32], RecordError> {
    let key = vouched.signing_key(device).ok_or(RecordError::UnknownDevice)?;
    if vouched.person(device) == Some(*person) { Ok(key) } else { Err(RecordError::OtherAuthor) }
}
