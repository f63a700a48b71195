//! Tværs for Kotlin, Swift and Python.
//!
//! No logic and no second model: enums, ids and lists are [`mirrors`] of core's own types; what a person types crosses as the
//! plain records of [`form`], because only here can the field at fault be named; errors are one enum by what the caller can
//! do. One object, [`Phone`], holds a device and its contact with the relay.
//!
//! Every call may block on the disk or the network: never call from the thread that draws. Every call is safe from any thread,
//! and from inside a [`ChangeListener`]: no lock is held while one is called.

// What a library prints nobody asked for, and nobody has looked through for what must not be said.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod callback;
mod contact;
mod erased;
mod error;
mod form;
mod lists;
mod mirrors;
mod phone;
mod write;

pub use callback::{ChangeListener, KeyVault, ListenerError, VaultError};
pub use contact::Contacted;
pub use erased::ErasedPhone;
pub use error::TvaersError;
pub use form::{BodyMarkText, ChildFacts, ConcernText, GivenVote, ObservationText, ParentsTold, ReplyText, Said};
pub use lists::{KnownChild, Opened, OwnRecord};
pub use phone::{Phone, new_child_id, system_now};

uniffi::setup_scaffolding!("tvaers");
