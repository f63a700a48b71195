//! Talking to the relay: its address, and why it could not be done.

use tokio::runtime::{Builder, Runtime};
use tvaers_core::net::Relay;
use tvaers_core::sync::Failure;

use super::say::Sentence;

pub(super) fn at(address: &str) -> Result<Relay, Sentence> {
    Relay::new(address).map_err(|_| Sentence::of("refused-relay-address"))
}

pub(super) fn runtime() -> Result<Runtime, Sentence> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| Sentence::of("file-io").with("why", why))
}

/// The sentence that says why; what is to be done when the relay is not there differs between commands.
pub(super) fn why_not(failure: &Failure, unreachable: &'static str) -> &'static str {
    match failure {
        Failure::Unreachable { .. } => unreachable,
        Failure::Forbidden | Failure::Unauthorized => "relay-other-authority",
        Failure::Restored | Failure::Incompatible => "relay-incompatible",
    }
}
