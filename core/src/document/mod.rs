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
#[cfg(test)]
mod tests;
mod tree;
mod write;

pub use actor::Actor;
pub use conflict::{Choice, Conflict};
pub use error::{Head, Rejected};
pub use living::{Applied, Living, Update};

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what parses foreign bytes. Automerge panics on some of them; every value it touched is dropped.
fn contained<T>(parse: impl FnOnce() -> Result<T, Rejected>) -> Result<T, Rejected> {
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or(Err(Rejected::Crashed))
}
