//! Talking to the relay: its address, what it is sent, and why it could not be done.

use tokio::runtime::{Builder, Runtime};
use tvaers_core::authority::{By, Office, OfficeError};
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_wire::statement::SignedStatement;

use super::say::Sentence;

pub(super) fn at(address: &str) -> Result<Relay, Sentence> {
    Relay::new(address).map_err(|_| Sentence::of("refused-relay-address"))
}

pub(super) fn runtime() -> Result<Runtime, Sentence> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| Sentence::of("file-io").with("why", why))
}

/// Why not everything was sent.
pub(super) enum NotSent {
    Failed(Failure),
    /// The relay has a newer directory than this office: it was put back from a copy, with a clock that is behind.
    Older,
    Refused(OfficeError),
}

/// Sends what is due, and says how many statements were taken. The directory lies at the relay before anybody is told of it.
pub(super) async fn send(
    relay: &Relay,
    office: &mut Office,
    due: &[SignedStatement],
    by: By<'_>,
) -> (usize, Option<NotSent>) {
    for (taken, statement) in due.iter().enumerate() {
        let sent = match office.is_of_directory(statement) {
            true => bring_directory(relay, office, by).await,
            false => Ok(()),
        };
        let told = match sent {
            Ok(()) => relay.publish(statement).await.map_err(NotSent::Failed),
            Err(why) => Err(why),
        };
        if let Err(why) = told {
            return (taken, Some(why));
        }
    }
    (due.len(), None)
}

async fn bring_directory(relay: &Relay, office: &mut Office, by: By<'_>) -> Result<(), NotSent> {
    for upload in office.directory_uploads(by, &mut rng::system()).map_err(NotSent::Refused)? {
        if !relay.bring_directory(&upload).await.map_err(NotSent::Failed)? {
            return Err(NotSent::Older);
        }
    }
    Ok(())
}

/// The sentence that says why not everything was sent.
pub(super) fn why_not_sent(why: NotSent, unreachable: &'static str) -> Sentence {
    match why {
        NotSent::Failed(failure) => Sentence::of(why_not(&failure, unreachable)),
        NotSent::Older => Sentence::of("relay-newer-directory"),
        NotSent::Refused(error) => error.into(),
    }
}

/// The sentence that says why; what is to be done when the relay is not there differs between commands.
pub(super) fn why_not(failure: &Failure, unreachable: &'static str) -> &'static str {
    match failure {
        Failure::Unreachable { .. } => unreachable,
        Failure::Forbidden | Failure::Unauthorized => "relay-other-authority",
        Failure::Restored | Failure::Incompatible => "relay-incompatible",
    }
}
