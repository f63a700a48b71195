//! Push: read and verified here, decided and stored by the committer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use tvaers_wire::error::ErrorCode;
use tvaers_wire::ids::{DeviceId, EntryId};
use tvaers_wire::message::{PushAnswer, PushItem, PushRequest, Pushed, Stamped};

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
    let entry = |item: &Prepared| match item {
        Prepared::Entry { parsed, .. } => Some(parsed.id),
        _ => None,
    };
    let entries: Vec<Option<EntryId>> = items.iter().map(entry).collect();
    let job = Job::Push { device: session.device, items };
    let (results, place) = app.committer.commit(job).await?;
    let is_here = |result: &Pushed| matches!(result, Pushed::Stored | Pushed::Duplicate);
    let taken = entries.into_iter().zip(&results).filter(|(_, result)| is_here(result));
    let stamped = |entry: EntryId| Stamped { entry, stamp: app.storage.stamps().of(&entry) };
    let stamps = taken.filter_map(|(entry, _)| entry.map(stamped)).collect();
    let token = feed_token(app.storage.world().read().generation, place);
    Ok(session.answer(&PushAnswer { results, token, stamps }))
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
        return Ok(items.into_iter().map(|item| prepare(&*world, app.storage.stamps(), &device, item)).collect());
    }
    // The world is asked anew for each item: held for a whole push of signatures it would hold up the commits.
    let work = move || {
        let one = |item| prepare(&*app.storage.world().read(), app.storage.stamps(), &device, item);
        items.into_iter().map(one).collect()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| ErrorCode::Internal.into())
}
