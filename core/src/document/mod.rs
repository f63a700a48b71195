//! Records as Automerge documents (protocol §8.3 and §8.4). The only module that knows Automerge.
//!
//! A [`frozen`] document is written once; a [`living`] one by several people over time. Nothing from outside reaches
//! Automerge before [`guard`] has walked through its bytes, and nothing Automerge answers is believed before it has been
//! read back through the kinds' schema.

mod actor;
mod conflict;
mod error;
pub mod frozen;
mod guard;
pub mod living;
mod plain;
mod quiet;
#[cfg(test)]
mod tests;
mod tree;
mod update;
mod write;

pub use actor::Actor;
pub use conflict::{Choice, Conflict};
pub use error::{Head, Rejected};
#[cfg(test)]
pub(crate) use guard::limits::{MAX_CHANGE, MAX_UPDATE};
pub use living::Living;
pub use update::{Applied, Update};

use quiet::contained;
