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
use tvaers_wire::message::{
    Answered, Backlog, BacklogRequest, CircleFrontier, FrontierAnswer, FrontierRequest, PastOf,
};

use crate::access;
use crate::app::{App, stopped};
use crate::http::error::ApiError;
use crate::http::extract::{Cbor, Session, token};
use crate::storage::{FeedRow, FeedRows, Storage};
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

/// The pasts of circles, for their members. For everybody else it is as if there were none.
pub(super) async fn backlog<S: Storage>(
    State(app): State<Arc<App<S>>>,
    session: Session,
    Cbor(request): Cbor<BacklogRequest>,
) -> Result<Response, ApiError> {
    let may_read = |circle: &CircleId| {
        let world = app.storage.world().read();
        let readable = access::may_read(&*world, &session.device, circle, app.clock.now());
        world.circle(circle).filter(|_| readable).map(|circle| circle.row)
    };
    let mut backlog = Backlog { items: Vec::new(), answered: Vec::with_capacity(request.circles.len()) };
    let mut bytes = limits::PAGE_BYTES;
    for PastOf { circle, after } in request.circles {
        let items = limits::PAGE_ITEMS - backlog.items.len();
        if items == 0 || bytes == 0 {
            break;
        }
        let read = match may_read(&circle) {
            Some(row) => app.storage.backlog(row, after, items, bytes).await?,
            None => FeedRows::default(),
        };
        // It may have been closed to the asker meanwhile.
        let read = if may_read(&circle).is_some() { read } else { FeedRows::default() };
        let last = read.rows.last().map_or(after, |row| row.seq);
        backlog.answered.push(Answered { next: read.more.map_or(last, |place| place.seq), more: read.more.is_some() });
        bytes = bytes.saturating_sub(read.rows.iter().map(FeedRow::weight).sum());
        backlog.items.extend(read.rows.into_iter().map(|row| row.item));
    }
    Ok(session.answer(&backlog))
}

/// Where the relay stands in these circles. Who wrote how much is told to readers only; the logs of person, team and
/// municipality circles are everybody's. Of a circle that the asker may not see nothing is said, as of one that there is not.
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
            let Some(known) = world.circle(&circle) else { continue };
            let readable = access::may_read(&*world, &session.device, &circle, app.clock.now());
            if !readable && known.log.subject == Subject::Shared {
                continue;
            }
            (known.log.entries.clone(), Some(known.row).filter(|_| readable))
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
