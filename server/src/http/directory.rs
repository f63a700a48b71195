//! The directory (protocol §5.9): brought by the office in parts, fetched sealed by devices. The relay reads no name in it.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::response::Response;
use serde::Deserialize;
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::directory::{DirectoryOrder, DirectoryUpload, DirectoryWraps, PartAnswer, PartKind};
use tvaers_wire::error::ErrorCode;
use tvaers_wire::ids::Fixed;
use tvaers_wire::limits;
use tvaers_wire::statement::Authority;

use crate::app::{App, check_device};
use crate::http::error::ApiError;
use crate::http::extract::{Peer, Session, cbor, receive};
use crate::storage::{DirectoryPart, DirectoryStored, Storage};
use crate::tokens::from_hex;

/// A part from the office. Whoever brings it: the order in front is what counts, and no more of the part is read than it allows.
pub(super) async fn store<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    request: Request,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let authority = app.authority()?;
    let mut ordered = None;
    let bytes = receive::<DirectoryUpload>(request, &app.bounds, DirectoryUpload::ORDER, |beginning| {
        let order = check(&authority, beginning)?;
        let whole = order.length.saturating_add(DirectoryUpload::ORDER as u64);
        ordered = Some(order);
        Ok(usize::try_from(whole).unwrap_or(usize::MAX))
    })
    .await?;
    let order = ordered.ok_or(ErrorCode::BadRequest)?;
    // Hashing and reading two megabytes aside holds up nobody.
    let read = tokio::task::spawn_blocking(move || part(&bytes, order));
    let (serial, part) = read.await.map_err(|_| ErrorCode::Internal)??;
    match app.storage.store_directory(serial, part).await? {
        DirectoryStored::Done => Ok(cbor(&PartAnswer::Stored {})),
        DirectoryStored::Older => Ok(cbor(&PartAnswer::Older {})),
        DirectoryStored::TooMany => Err(ErrorCode::TooLarge.into()),
    }
}

fn check(authority: &Authority, beginning: &[u8]) -> Result<DirectoryOrder, ApiError> {
    let signed = DirectoryUpload::order(beginning).map_err(|_| ErrorCode::BadRequest)?;
    let order = authority.check_directory_order(&signed).map_err(|_| ErrorCode::Forbidden)?;
    if order.length > limits::DIRECTORY_SEALED as u64 {
        return Err(ErrorCode::TooLarge.into());
    }
    Ok(order)
}

fn part(bytes: &[u8], order: DirectoryOrder) -> Result<(u64, DirectoryPart), ApiError> {
    let upload = DirectoryUpload::from_bytes(bytes).map_err(|_| ErrorCode::BadRequest)?;
    if !order.is_for(&upload.part) {
        return Err(ErrorCode::BadRequest.into());
    }
    let part = match order.kind {
        PartKind::Sealed => DirectoryPart::Sealed { head: order.head, sealed: upload.part.0 },
        PartKind::Wraps => {
            let wraps = DirectoryWraps::from_bytes(&upload.part).map_err(|error| match error {
                DecodeError::TooLong { .. } => ErrorCode::TooLarge,
                _ => ErrorCode::BadRequest,
            })?;
            if wraps.wraps.iter().any(|wrap| wrap.bytes.len() > limits::WRAP) {
                return Err(ErrorCode::TooLarge.into());
            }
            DirectoryPart::Wraps(wraps.wraps)
        }
    };
    Ok((order.serial, part))
}

#[derive(Deserialize)]
pub(super) struct DirectoryQuery {
    head: String,
}

/// The directory that a device has heard of, with its own key. One answer where there is no such directory and where there is no key
/// for the device: the office brings both with its next publish.
pub(super) async fn fetch<S: Storage>(
    State(app): State<Arc<App<S>>>,
    session: Session,
    query: Result<Query<DirectoryQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|_| ErrorCode::BadRequest)?;
    let head = from_hex(&query.head).and_then(|bytes| bytes.try_into().ok()).ok_or(ErrorCode::BadRequest)?;
    let found = app.storage.directory(&Fixed(head), &session.device).await?;
    // Put out while it was read.
    check_device(&*app.storage.world().read(), &session.device)?;
    Ok(session.answer(&found.ok_or(ErrorCode::NotFound)?))
}
