//! The network: moves the bytes that [`crate::client::Exchange`] asks for, and decides nothing.

mod http;
mod live;
mod mailbox;
mod once;
mod recovery;
mod wipe;

pub use http::{BadAddress, Relay};
pub use live::{Contact, Listener, keep_in_contact};
pub use mailbox::{Joined, NotJoined, ask, join};
pub use once::{Contacted, sync_once};
pub use wipe::bring_receipt;
