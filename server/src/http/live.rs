//! The live stream: the same pages as a pull, pushed over a WebSocket. One page at a time: the next is read when the last was
//! taken, so a slow reader holds one page and is dropped when it stalls.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use tvaers_wire::codec::Canonical;
use tvaers_wire::error::ErrorCode;
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::limits;

use crate::app::{App, stopped};
use crate::http::error::ApiError;
use crate::http::extract::Session;
use crate::storage::Storage;
use crate::tokens::read_feed_token;
use crate::world::View;

/// What a client may send at once: two tokens.
const INBOUND: usize = 256;
/// Small, because thousands of streams are idle.
const BUFFER: usize = 4 * 1024;
/// Bytes of items after which a page of the stream is full. A stream's buffer keeps the size of the largest page it has sent.
/// The next page follows by itself: on the stream none says that there is more, which would make the reader ask for it too.
const PAGE: usize = 64 * 1024;

/// Upgrades. The first message must be `after` and `seen`, 24 bytes each.
pub(super) async fn live<S: Storage>(
    State(app): State<Arc<App<S>>>,
    session: Session,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|_| ErrorCode::BadRequest)?;
    let upgrade = upgrade
        .max_message_size(INBOUND)
        .max_frame_size(INBOUND)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(limits::LIVE_FRAME + 2 * BUFFER);
    Ok(upgrade.on_upgrade(move |socket| serve(app, session.device, socket)))
}

async fn serve<S: Storage>(app: Arc<App<S>>, device: DeviceId, mut socket: WebSocket) {
    metrics::gauge!("tvaers_relay_live").increment(1);
    app.live.fetch_add(1, Ordering::Relaxed);
    // `None`: the peer went away or stalled; there is nobody to tell.
    if let Err(Some(error)) = stream(&app, device, &mut socket).await {
        let reason = error.code.name().into();
        let close = Message::Close(Some(CloseFrame { code: 1008, reason }));
        let _ = tokio::time::timeout(app.bounds.stall, socket.send(close)).await;
    }
    drop(socket);
    app.live.fetch_sub(1, Ordering::Relaxed);
    metrics::gauge!("tvaers_relay_live").decrement(1);
}

type Ended = Option<ApiError>;

async fn stream<S: Storage>(app: &Arc<App<S>>, device: DeviceId, socket: &mut WebSocket) -> Result<(), Ended> {
    let mut after = start(app, socket).await?;
    let person = app.storage.world().read().vouched().and_then(|vouched| vouched.person(&device));
    let notify = app.waiters.of(person.ok_or(Some(ErrorCode::Unauthorized.into()))?);
    let mut stopping = app.stopping.clone();
    let mut ping = tokio::time::interval(app.bounds.ping);
    ping.reset();
    let mut unanswered = 0;
    loop {
        let mut woken = std::pin::pin!(notify.notified());
        // Registered before looking, so that nothing committed in between is missed.
        woken.as_mut().enable();
        after = deliver(app, &device, after, socket).await?;
        loop {
            tokio::select! {
                () = &mut woken => break,
                () = stopped(&mut stopping) => return Err(Some(ErrorCode::Unavailable.into())),
                _ = ping.tick() => {
                    unanswered += 1;
                    if unanswered > 2 {
                        return Err(None);
                    }
                    send(app, socket, Message::Ping(bytes::Bytes::new())).await?;
                }
                message = socket.recv() => match message {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => unanswered = 0,
                    Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return Err(None),
                    Some(Ok(_)) => return Err(Some(ErrorCode::BadRequest.into())),
                },
            }
        }
    }
}

async fn start<S: Storage>(app: &Arc<App<S>>, socket: &mut WebSocket) -> Result<u64, Ended> {
    let first = tokio::time::timeout(app.bounds.header, socket.recv()).await.map_err(|_| None)?;
    let Some(Ok(Message::Binary(tokens))) = first else { return Err(Some(ErrorCode::BadRequest.into())) };
    let part = |at: usize| tokens.get(at..at + 24).and_then(|part| part.try_into().ok()).map(Fixed);
    let (Some(after), Some(seen), 48) = (part(0), part(24), tokens.len()) else {
        return Err(Some(ErrorCode::BadRequest.into()));
    };
    app.check_token(&seen).await.map_err(Some)?;
    app.check_token(&after).await.map_err(Some)
}

async fn deliver<S: Storage>(
    app: &Arc<App<S>>,
    device: &DeviceId,
    mut after: u64,
    socket: &mut WebSocket,
) -> Result<u64, Ended> {
    loop {
        let mut page = app.page(device, after, PAGE).await.map_err(Some)?;
        after = after.max(read_feed_token(&page.next).1.seq);
        let more = std::mem::take(&mut page.more);
        if !page.items.is_empty() {
            send(app, socket, Message::Binary(page.to_bytes().into())).await?;
        }
        if !more {
            return Ok(after);
        }
    }
}

/// Sending ends when the peer's kernel has everything. A connection that takes nothing fails sooner, by itself.
async fn send<S: Storage>(app: &Arc<App<S>>, socket: &mut WebSocket, message: Message) -> Result<(), Ended> {
    let sent = tokio::time::timeout(app.bounds.frame, socket.send(message)).await;
    sent.map_err(|_| None)?.map_err(|_| None)
}
