//! Pull, backlog and frontier.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tvaers_wire::entry::Subject;
use tvaers_wire::error::ErrorCode;
use tvaers_wire::ids::CircleId;
use tvaers_wire::limits;
use tvaers_wire::message::{Backlog, CircleFrontier, FrontierAnswer, FrontierRequest};

use crate::access;
use crate::app::{App, stopped};
use crate::http::error::ApiError;
use crate::http::extract::{Cbor, Session, token};
use crate::storage::Storage;
use crate::tokens::read_feed_token;
use crate::world::View;

#[derive(Deserialize)]
pub(super) struct PullQuery {
    after: String,
    seen: Option<String>,
    wait: Option<u64>,
}

/// Everything new for this device, in commit order. Waits for it if asked to.
pub(super) async fn pull<S: Storage>(
    State(app): State<Arc<App<S>>>,
    session: Session,
    query: Result<Query<PullQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|_| ErrorCode::BadRequest)?;
    let mut after = app.check_token(&token(&query.after)?).await?;
    if let Some(seen) = &query.seen {
        app.check_token(&token(seen)?).await?;
    }
    let wait = Duration::from_secs(query.wait.unwrap_or(0)).min(limits::PULL_WAIT);
    let deadline = tokio::time::Instant::now() + wait;
    let person = app.storage.world().read().vouched().and_then(|vouched| vouched.person(&session.device));
    let notify = app.waiters.of(person.ok_or(ErrorCode::Unauthorized)?);
    let mut stopping = app.stopping.clone();
    loop {
        let mut woken = std::pin::pin!(notify.notified());
        // Registered before looking, so that nothing committed in between is missed.
        woken.as_mut().enable();
        let page = app.page(&session.device, after, limits::PAGE_BYTES).await?;
        if !page.items.is_empty() || page.more || wait.is_zero() {
            return Ok(session.answer(&page));
        }
        after = after.max(read_feed_token(&page.next).1.seq);
        tokio::select! {
            () = &mut woken => {}
            _ = tokio::time::sleep_until(deadline) => return Ok(session.answer(&page)),
            () = stopped(&mut stopping) => return Ok(session.answer(&page)),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct BacklogQuery {
    circle: String,
    after: Option<u64>,
}

/// A circle's past, for its members. For everybody else it is as if there were none.
pub(super) async fn backlog<S: Storage>(
    State(app): State<Arc<App<S>>>,
    session: Session,
    query: Result<Query<BacklogQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|_| ErrorCode::BadRequest)?;
    let circle = CircleId::from_hex(&query.circle).map_err(|_| ErrorCode::BadRequest)?;
    let after = query.after.unwrap_or(0);
    let may_read = || {
        let world = app.storage.world().read();
        let readable = access::may_read(&*world, &session.device, &circle, app.clock.now());
        world.circle(&circle).filter(|_| readable).map(|circle| circle.row)
    };
    let row = may_read().ok_or(ErrorCode::NotFound)?;
    let read = app.storage.backlog(row, after, limits::PAGE_ITEMS, limits::PAGE_BYTES).await?;
    may_read().ok_or(ErrorCode::NotFound)?;
    let last = read.rows.last().map_or(after, |row| row.seq);
    let next = read.more.map_or(last, |place| place.seq);
    let items = read.rows.into_iter().map(|row| row.item).collect();
    Ok(session.answer(&Backlog { items, next, more: read.more.is_some() }))
}

/// Where the relay stands in these circles. Who wrote how much is told to readers only; the logs of person, team and
/// municipality circles are everybody's.
pub(super) async fn frontier<S: Storage>(
    State(app): State<Arc<App<S>>>,
    session: Session,
    Cbor(request): Cbor<FrontierRequest>,
) -> Result<Response, ApiError> {
    let mut circles = Vec::with_capacity(request.circles.len());
    let mut room = limits::FRONTIER_INSTALLATIONS;
    for circle in request.circles {
        let (entries, row) = {
            let world = app.storage.world().read();
            match world.circle(&circle) {
                None => (Vec::new(), None),
                Some(known) => {
                    let readable = access::may_read(&*world, &session.device, &circle, app.clock.now());
                    if !readable && known.log.subject == Subject::Shared {
                        continue;
                    }
                    (known.log.entries.clone(), Some(known.row).filter(|_| readable))
                }
            }
        };
        let reached = match row {
            Some(row) => app.storage.reached(row, room).await?,
            None => Vec::new(),
        };
        room = room.saturating_sub(reached.len());
        circles.push(CircleFrontier { circle, entries, reached });
    }
    Ok(session.answer(&FrontierAnswer { circles }))
}
