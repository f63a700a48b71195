//! Circles on a device (protocol §3): making control entries, and what is sealed in them. What entries come to is folded by
//! [`tvaers_wire::log`], the same code that the relay runs.

mod batch;
mod goes_on;
mod make;
mod purpose;

pub use batch::{MadeBatch, hand_over, open_handed_over};
pub use goes_on::{continues, named_next};
pub use make::{Draft, EntryError, MadeEntry, Recipient, append, found, renew, unite};
pub use purpose::{CONTINUES, GoesOn, Purpose, Sealed, open_sealed};
