//! Bodies, sessions and tokens of requests.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::error::ErrorCode;
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::limits;
use tvaers_wire::message::Token;

use crate::app::{App, check_device};
use crate::config::Bounds;
use crate::http::error::ApiError;
use crate::storage::Storage;
use crate::tokens::from_hex;

/// The content type of every body that is not an error.
pub(crate) const CBOR: HeaderValue = HeaderValue::from_static("application/cbor");
/// Where a renewed session token is answered.
pub(crate) const RENEWED: &str = "tvaers-session";

/// A request's body, decoded.
pub(crate) struct Cbor<T>(pub(crate) T);

impl<T: Canonical + Send + 'static, S: Storage> FromRequest<Arc<App<S>>> for Cbor<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App<S>>) -> Result<Self, ApiError> {
        let bytes = receive::<T>(request, &app.bounds, 0, |_| Ok(T::MAX_LEN)).await?;
        decode(bytes).await.map(Self)
    }
}

/// Reads the bytes of a message. What is in its first so many bytes is judged as soon as they are here, and says how long the whole
/// may be: nothing large is taken from whoever may not send it.
pub(crate) async fn receive<T: Canonical>(
    request: Request,
    bounds: &Bounds,
    beginning: usize,
    judge: impl FnOnce(&[u8]) -> Result<usize, ApiError>,
) -> Result<Vec<u8>, ApiError> {
    if request.headers().get(header::CONTENT_TYPE) != Some(&CBOR) {
        return Err(ErrorCode::UnsupportedMediaType.into());
    }
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if declared.and_then(|value| value.parse::<u64>().ok()).is_some_and(|length| length > T::MAX_LEN as u64) {
        return Err(ErrorCode::TooLarge.into());
    }
    let reading = read(request.into_body(), T::MAX_LEN, bounds.body_pause, (beginning, judge));
    tokio::time::timeout(bounds.body, reading).await.map_err(|_| ErrorCode::Timeout)?
}

async fn read(
    body: Body,
    most: usize,
    pause: Duration,
    (beginning, judge): (usize, impl FnOnce(&[u8]) -> Result<usize, ApiError>),
) -> Result<Vec<u8>, ApiError> {
    let (mut bytes, mut limit, mut judge) = (Vec::new(), most, Some(judge));
    let mut frames = body.into_data_stream();
    while let Some(frame) = tokio::time::timeout(pause, frames.next()).await.map_err(|_| ErrorCode::Timeout)? {
        let frame = frame.map_err(|_| ErrorCode::BadRequest)?;
        if bytes.len() + frame.len() > limit {
            return Err(ErrorCode::TooLarge.into());
        }
        bytes.extend_from_slice(&frame);
        if bytes.len() >= beginning
            && let Some(judge) = judge.take()
        {
            limit = judge(&bytes)?.min(most);
            if bytes.len() > limit {
                return Err(ErrorCode::TooLarge.into());
            }
        }
    }
    if let Some(judge) = judge {
        judge(&bytes)?;
    }
    Ok(bytes)
}

/// Large bodies are decoded aside, so that they hold up nobody.
pub(crate) const ASIDE: usize = 64 * 1024;

async fn decode<T: Canonical + Send + 'static>(bytes: Vec<u8>) -> Result<T, ApiError> {
    let decoded = if bytes.len() < ASIDE {
        T::from_bytes(&bytes)
    } else {
        tokio::task::spawn_blocking(move || T::from_bytes(&bytes)).await.map_err(|_| ErrorCode::Internal)?
    };
    decoded.map_err(|error| match error {
        DecodeError::TooLong { .. } => ErrorCode::TooLarge.into(),
        _ => ErrorCode::BadRequest.into(),
    })
}

/// A proven device that may be served.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) device: DeviceId,
    renewed: Option<String>,
}

impl<S: Storage> FromRequestParts<Arc<App<S>>> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App<S>>) -> Result<Self, ApiError> {
        let now_ms = app.clock.now_ms();
        let bearer = bearer(&parts.headers).and_then(|token| app.tokens.check_bearer(token, now_ms / 1000));
        let bearer = bearer.ok_or(ErrorCode::Unauthorized)?;
        check_device(&*app.storage.world().read(), &bearer.device)?;
        app.devices.take(bearer.device, now_ms).map_err(ApiError::too_many)?;
        let left = bearer.expires.saturating_sub(now_ms / 1000);
        let renew = left < limits::SESSION.as_secs() / 2;
        let renewed = renew.then(|| app.tokens.bearer(&bearer.device, now_ms / 1000).0);
        Ok(Self { device: bearer.device, renewed })
    }
}

impl Session {
    /// An answer, with a new token if the old one is past half its life.
    pub(crate) fn answer(self, message: &impl Canonical) -> Response {
        let mut response = cbor(message);
        if let Some(token) = self.renewed.and_then(|token| HeaderValue::try_from(token).ok()) {
            response.headers_mut().insert(RENEWED, token);
        }
        response
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// A message as an answer.
pub(crate) fn cbor(message: &impl Canonical) -> Response {
    ([(header::CONTENT_TYPE, CBOR)], message.to_bytes()).into_response()
}

/// The peer's address.
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        peer.map(|ConnectInfo(address)| Self(address.ip())).ok_or(ErrorCode::Internal.into())
    }
}

/// A feed token in a query: 48 hexadecimal digits.
pub(crate) fn token(text: &str) -> Result<Token, ApiError> {
    let bytes = from_hex(text).and_then(|bytes| bytes.try_into().ok());
    bytes.map(Fixed).ok_or(ErrorCode::BadRequest.into())
}
