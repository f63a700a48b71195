//! Tværs on a device: documents, keys, sealing, the encrypted store, sync and the client.
//!
//! Data flows one way: typed text → [`kinds`] → [`document`] → [`record`] → [`seal`] → outbox → relay → inbox → [`open`] →
//! [`document`] → [`view`]. `sync` decides, [`store`] remembers, [`client`] acts. The map is `docs/ARCHITECTURE.md`.

// What a library prints nobody asked for, and nobody has looked through for what must not be said.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod audience;
pub mod authority;
pub mod circle;
pub mod client;
pub mod directory;
pub mod document;
pub mod keys;
pub mod kinds;
pub mod moment;
pub mod net;
pub mod open;
pub mod passphrase;
pub mod record;
pub mod rng;
pub mod seal;
pub mod store;
pub mod sync;

pub use tvaers_wire as wire;
pub mod view;
