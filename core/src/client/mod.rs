//! The client: carries out what people and the sync decide, on one store.
//!
//! A note's way through this folder: [`submit`](Device::submit) → `route` (which circle) → `push` (sealed, sent,
//! acknowledged) … `absorb` (into the inbox) → `process` (opened) → `receipts` → `upkeep` (circles that are owed something).

mod absorb;
mod access;
mod basis;
mod batches;
mod boxes;
mod carrying;
mod change;
mod continued;
mod continuing;
mod cover;
mod cuts;
mod device;
mod directory;
mod ends;
mod erasure;
mod error;
mod exchange;
mod hand_over;
mod heal;
mod intents;
mod joining;
mod known;
mod leaving;
mod living;
mod passing_on;
mod process;
mod push;
mod race;
mod receipts;
mod recipients;
mod removing;
mod renewal;
mod retention;
mod route;
mod statements;
mod submit;
mod text;
mod time;
mod unite;
mod upkeep;
mod wipe;

pub(crate) use erasure::unasked;
pub(crate) use known::{Circle, Known};
pub(crate) use living::shown;

pub use access::{GATHER, QUIET};
pub use basis::NotShared;
pub use continuing::NotContinued;
pub use cover::NotCovered;
pub use device::{Device, NewDevice, NotEnrolled, Opened, open};
pub use erasure::NotErased;
pub use error::ClientError;
pub use exchange::{Exchange, Input, Output, Request};
pub use hand_over::NotHandedOver;
pub use process::Processed;
pub use push::{PushBatch, PushOutcome};
pub use removing::NotRemoved;
pub use wipe::Erasure;
