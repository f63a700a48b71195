//! The relay's interface (protocol §5).

mod directory;
pub(crate) mod error;
mod extract;
mod feed;
mod live;
mod mailbox;
mod push;
mod recovery;
mod session;
mod status;
mod wipe;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tvaers_wire::error::ErrorCode;

use crate::app::App;
use crate::http::error::ApiError;
use crate::storage::Storage;

/// Every path that there is.
pub(crate) fn router<S: Storage>(app: Arc<App<S>>) -> Router {
    Router::new()
        .route("/", get(status::root))
        .route("/health", get(status::health::<S>))
        .route("/v1/claim", post(session::claim::<S>))
        .route("/v1/challenge", post(session::challenge::<S>))
        .route("/v1/session", post(session::open::<S>))
        .route("/v1/statement", post(session::state::<S>))
        .route("/v1/mailbox", post(mailbox::order::<S>))
        .route("/v1/mailbox/letter", post(mailbox::letter::<S>))
        .route("/v1/mailbox/read", post(mailbox::read::<S>))
        .route("/v1/recovery", post(recovery::serve::<S>))
        .route("/v1/recovery/entries", post(recovery::push::<S>))
        .route("/v1/wipe", post(wipe::word::<S>))
        .route("/v1/wipe/receipt", post(wipe::receipt::<S>))
        .route("/v1/wipe/receipts", post(wipe::receipts::<S>))
        .route("/v1/directory", get(directory::fetch::<S>).post(directory::store::<S>))
        .route("/v1/push", post(push::push::<S>))
        .route("/v1/pull", get(feed::pull::<S>))
        .route("/v1/live", get(live::live::<S>))
        .route("/v1/backlog", post(feed::backlog::<S>))
        .route("/v1/frontier", post(feed::frontier::<S>))
        .fallback(async || ApiError::from(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || ApiError::from(ErrorCode::MethodNotAllowed))
        .with_state(app)
}
