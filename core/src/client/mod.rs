//! The client: carries out what people and the sync decide, on one store.
//!
//! A note's way through this folder: [`submit`](Device::submit) → `route` (which circle) → `push` (sealed, sent,
//! acknowledged) … `absorb` (into the inbox) → `process` (opened) → `receipts` → `upkeep` (circles that are owed something).

mod absorb;
mod access;
mod batches;
mod change;
mod cover;
mod device;
mod directory;
mod ends;
mod error;
mod exchange;
mod hand_over;
mod heal;
mod intents;
mod joining;
mod known;
mod living;
mod process;
mod push;
mod race;
mod receipts;
mod renewal;
mod route;
mod statements;
mod submit;
mod text;
mod time;
mod unite;
mod upkeep;

pub(crate) use known::Known;

pub use access::{GATHER, QUIET};
pub use cover::NotCovered;
pub use device::{Device, NewDevice, NotEnrolled, Opened, open};
pub use error::ClientError;
pub use exchange::{Exchange, Input, Output, Request};
pub use hand_over::NotHandedOver;
pub use process::Processed;
pub use push::{PushBatch, PushOutcome};
