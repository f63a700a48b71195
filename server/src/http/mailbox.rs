//! Mailboxes (protocol §5.8). Ids and letters are in bodies, which no log keeps.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use tvaers_wire::error::ErrorCode;
use tvaers_wire::limits;
use tvaers_wire::mailbox::{LetterAnswer, LetterRequest, MailboxAct, MailboxRequest, SignedOrder};

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{Cbor, Peer, cbor};
use crate::storage::{MailboxChange, MailboxChanged, Storage};

/// What the authority wants. Whoever brings it: its signature is what counts.
pub(super) async fn order<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(signed): Cbor<SignedOrder>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let order = app.authority()?.check_order(&signed).map_err(|_| ErrorCode::Forbidden)?;
    let change = match order.act {
        MailboxAct::Open { expires } => {
            // An order that is shown again after its day opens nothing.
            let left = expires.checked_sub(app.clock.now()).filter(|left| *left > 0).ok_or(ErrorCode::NotFound)?;
            if left > limits::MAILBOX_LIFE.as_secs() {
                return Err(ErrorCode::BadRequest.into());
            }
            MailboxChange::Open { expires }
        }
        MailboxAct::Answer { letter } if letter.len() > limits::MAILBOX_ANSWER => {
            return Err(ErrorCode::TooLarge.into());
        }
        MailboxAct::Answer { letter } => MailboxChange::Answer(letter.0),
        MailboxAct::Close {} => MailboxChange::Close,
    };
    match app.storage.change_mailbox(&order.mailbox, change, app.clock.now()).await? {
        MailboxChanged::Done => Ok(().into_response()),
        MailboxChanged::Taken | MailboxChanged::Gone => Err(ErrorCode::NotFound.into()),
    }
}

/// The one letter of a device that nobody knows yet.
pub(super) async fn letter<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(request): Cbor<LetterRequest>,
) -> Result<Response, ApiError> {
    app.guesses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    if request.letter.len() > limits::MAILBOX_LETTER {
        return Err(ErrorCode::TooLarge.into());
    }
    let change = MailboxChange::Letter(request.letter.0);
    match app.storage.change_mailbox(&request.mailbox, change, app.clock.now()).await? {
        MailboxChanged::Done => Ok(cbor(&LetterAnswer::Stored {})),
        MailboxChanged::Taken => Ok(cbor(&LetterAnswer::Taken {})),
        // One answer for a mailbox that never was, one that has expired and one that was closed.
        MailboxChanged::Gone => Err(ErrorCode::NotFound.into()),
    }
}

/// What lies in a mailbox.
pub(super) async fn read<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(request): Cbor<MailboxRequest>,
) -> Result<Response, ApiError> {
    app.guesses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let found = app.storage.mailbox(&request.mailbox, app.clock.now()).await?;
    Ok(cbor(&found.ok_or(ErrorCode::NotFound)?))
}
