//! What it is, and how it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::storage::Storage;
use crate::world::View;

/// For a person who opens the address in a browser.
pub(super) async fn root() -> &'static str {
    "A relay of Tvaers. It stores and forwards sealed records that it cannot read. There is nothing to see here.\n"
}

/// For whoever watches it.
pub(super) async fn health<S: Storage>(State(app): State<Arc<App<S>>>) -> Response {
    let health = app.storage.health().await;
    metrics::gauge!("tvaers_relay_database_bytes").set(health.bytes as f64);
    let claimed = app.storage.world().read().vouched().is_some();
    let status = match (health.writable, claimed) {
        (true, true) => "ok",
        (true, false) => "unclaimed",
        (false, _) => "not_writable",
    };
    let code = if health.writable { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "writable": health.writable,
        "database_bytes": health.bytes,
        "live": app.live.load(Ordering::Relaxed),
    });
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (code, json, body.to_string()).into_response()
}
