//! The accept loop: caps, TLS, and a limit on the time that a silent or slow peer may hold a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::app::stopped;
use crate::config::Bounds;
use crate::guard::{Addresses, Guarded};

/// Everything a connection needs.
pub(crate) struct Front {
    pub(crate) router: Router,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) bounds: Bounds,
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Serves until it is told to stop, then waits for open connections as long as the bounds allow.
pub(crate) async fn serve(listener: TcpListener, front: Front) {
    let total = u32::try_from(front.bounds.connections).unwrap_or(u32::MAX).max(1);
    let permits = Arc::new(Semaphore::new(total as usize));
    let addresses = Arc::new(Addresses::default());
    let front = Arc::new(front);
    let mut stopping = front.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stopping) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back instead of spinning.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let permit = Arc::clone(&permits).try_acquire_owned().ok();
        let admitted = permit.and_then(|permit| addresses.admit(peer.ip(), front.bounds.connections_per_ip, permit));
        let Some(admission) = admitted else {
            metrics::counter!("tvaers_relay_connections_refused_total").increment(1);
            continue;
        };
        // Small frames must not wait for each other.
        let _ = stream.set_nodelay(true);
        let stream = Guarded::new(stream, front.bounds.stall, admission);
        tokio::spawn(connection(Arc::clone(&front), stream, peer));
    }
    drop(listener);
    let _ = tokio::time::timeout(front.bounds.drain, permits.acquire_many(total)).await;
}

async fn connection(front: Arc<Front>, stream: Guarded<TcpStream>, peer: SocketAddr) {
    // The clock runs from the first moment: before the first byte, through the TLS handshake, to the first whole head.
    let deadline = tokio::time::Instant::now() + front.bounds.header;
    match &front.tls {
        None => http(&front, stream, peer, deadline).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = tokio::time::timeout_at(deadline, tls.accept(stream)).await {
                http(&front, stream, peer, deadline).await;
            }
        }
    }
}

async fn http(
    front: &Front,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    deadline: tokio::time::Instant,
) {
    let spoke = Arc::new(AtomicBool::new(false));
    let service = {
        let (router, spoke) = (front.router.clone(), Arc::clone(&spoke));
        service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            spoke.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            measured(router.clone(), request)
        })
    };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(front.bounds.header)
        .max_buf_size(32 * 1024)
        .max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(front.bounds.ping)
        .keep_alive_timeout(front.bounds.stall)
        .max_concurrent_streams(64)
        .max_header_list_size(16 * 1024)
        .max_send_buf_size(64 * 1024);
    let mut connection = std::pin::pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut stopping = front.stopping.clone();
    let mut silent = std::pin::pin!(tokio::time::sleep_until(deadline));
    let (mut watched, mut asked) = (true, false);
    loop {
        tokio::select! {
            // Errors here are the peer's: cut short, garbage, too slow.
            _ = connection.as_mut() => return,
            () = &mut silent, if watched => {
                if !spoke.load(Ordering::Relaxed) {
                    return;
                }
                watched = false;
            }
            () = stopped(&mut stopping), if !asked => {
                connection.as_mut().graceful_shutdown();
                asked = true;
            }
        }
    }
}

async fn measured(
    router: Router,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    let path = known_path(request.uri().path());
    let started = std::time::Instant::now();
    let response = router.oneshot(request.map(axum::body::Body::new)).await?;
    metrics::counter!("tvaers_relay_requests_total", "path" => path, "status" => status_class(response.status().as_u16()))
        .increment(1);
    if path != "/v1/pull" && path != "/v1/live" {
        metrics::histogram!("tvaers_relay_request_seconds", "path" => path).record(started.elapsed().as_secs_f64());
    }
    Ok(response)
}

/// A fixed set, so that nobody can fill the metrics with paths.
fn known_path(path: &str) -> &'static str {
    const PATHS: [&str; 20] = [
        "/v1/push",
        "/v1/pull",
        "/v1/live",
        "/v1/session",
        "/v1/challenge",
        "/v1/frontier",
        "/v1/backlog",
        "/v1/claim",
        "/v1/statement",
        "/v1/mailbox",
        "/v1/mailbox/letter",
        "/v1/mailbox/read",
        "/v1/directory",
        "/v1/wipe",
        "/v1/wipe/receipt",
        "/v1/wipe/receipts",
        "/v1/recovery",
        "/v1/recovery/entries",
        "/health",
        "/",
    ];
    PATHS.into_iter().find(|known| *known == path).unwrap_or("other")
}

fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
