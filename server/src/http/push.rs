//! Push: read and verified here, decided and stored by the committer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use tvaers_wire::error::ErrorCode;
use tvaers_wire::ids::DeviceId;
use tvaers_wire::message::{PushAnswer, PushItem, PushRequest};

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{ASIDE, Cbor, Session};
use crate::prepare::{Job, Prepared, prepare};
use crate::storage::Storage;
use crate::tokens::feed_token;

/// Stores what it is given, and answers when it is durable.
pub(super) async fn push<S: Storage>(
    State(app): State<Arc<App<S>>>,
    session: Session,
    Cbor(request): Cbor<PushRequest>,
) -> Result<Response, ApiError> {
    let items = prepare_all(&app, session.device, request.items).await?;
    let job = Job::Push { device: session.device, items };
    let (results, place) = app.committer.commit(job).await?;
    let token = feed_token(app.storage.world().read().generation, place);
    Ok(session.answer(&PushAnswer { results, token }))
}

async fn prepare_all<S: Storage>(
    app: &Arc<App<S>>,
    device: DeviceId,
    items: Vec<PushItem>,
) -> Result<Vec<Prepared>, ApiError> {
    let bytes = |item: &PushItem| match item {
        PushItem::Entry { entry, .. } => entry.len(),
        PushItem::Chunk { chunk, .. } => chunk.len(),
        PushItem::Batch { batch, .. } => batch.len(),
        PushItem::Box { .. } | PushItem::Statement { .. } => 0,
    };
    let app = Arc::clone(app);
    if items.iter().map(bytes).sum::<usize>() < ASIDE {
        let world = app.storage.world().read();
        return Ok(items.into_iter().map(|item| prepare(&*world, &device, item)).collect());
    }
    // The world is asked anew for each item: held for a whole push of signatures it would hold up the commits.
    let work = move || {
        let one = |item| prepare(&*app.storage.world().read(), &device, item);
        items.into_iter().map(one).collect()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| ErrorCode::Internal.into())
}
