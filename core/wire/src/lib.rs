//! What the relay may know: ids, chunk headers, control entries, messages, the codec and every limit.
//!
//! Nothing in this crate can hold a text that a person typed. The relay depends on it and on nothing of `tvaers-core`.
//! Byte layouts are described in `docs/protocol.md`; section numbers in the module docs refer to that document.

// What a library prints nobody asked for, and nobody has looked through for what must not be said.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod batch;
pub mod bytes;
pub mod chunk;
pub mod codec;
pub mod directory;
pub mod entry;
pub mod error;
pub mod hash;
pub mod ids;
pub mod limits;
pub mod lineage;
pub mod log;
pub mod mailbox;
pub mod merkle;
pub mod message;
pub mod padding;
pub mod recovery;
pub mod statement;
pub mod vouched;
pub mod wipe;
