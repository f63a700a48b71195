//! Errors on their way out: one JSON shape.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tvaers_wire::error::ErrorCode;

use crate::committer::NotStored;
use crate::storage::StorageError;

/// What a request failed with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        let retry_after = match code {
            ErrorCode::Unavailable | ErrorCode::Internal => Some(2),
            _ => None,
        };
        Self { code, retry_after }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage failed");
        ErrorCode::Unavailable.into()
    }
}

impl From<NotStored> for ApiError {
    fn from(_: NotStored) -> Self {
        ErrorCode::Unavailable.into()
    }
}

impl ApiError {
    /// Too many requests; come back after this many seconds.
    pub(crate) fn too_many(seconds: u64) -> Self {
        Self { code: ErrorCode::TooMany, retry_after: Some(seconds) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        metrics::counter!("tvaers_relay_errors_total", "code" => self.code.name()).increment(1);
        let body = serde_json::json!({ "error": self.code.name(), "retry_after": self.retry_after });
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (status, json, body.to_string()).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
