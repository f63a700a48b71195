//! Erasure from afar (protocol §5.11): a device that is out is given the authority's word about it and nothing else, and its receipt
//! is kept for the office.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use tvaers_wire::error::ErrorCode;
use tvaers_wire::limits;
use tvaers_wire::message::SessionRequest;
use tvaers_wire::wipe::{SignedWipeOrder, SignedWipeReceipt, WipeReceipts, WipeWord};

use super::session::prove;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{Cbor, Peer, cbor};
use crate::storage::Storage;
use crate::world::View;

/// What a revoked device must hear. It proves itself as for a session. One answer for who cannot, for whom nothing was said, and for
/// who is not out: nobody learns more here than that a session is refused.
pub(super) async fn word<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(request): Cbor<SessionRequest>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let (device, _) = prove(&app, &request)?;
    let word = app.storage.world().read().vouched().and_then(|vouched| vouched.word_for(&device));
    Ok(cbor(&WipeWord { statements: word.ok_or(ErrorCode::Forbidden)? }))
}

/// A device's receipt, durable when this returns. Whoever brings it: the device's signature is what counts. Of a device that was never
/// asked, nothing is kept.
pub(super) async fn receipt<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(signed): Cbor<SignedWipeReceipt>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let municipality = app.authority()?.municipality;
    let certified = app.check(&signed.certificate)?;
    let keys = SignedWipeReceipt::keys(&certified.claim).ok_or(ErrorCode::Forbidden)?;
    let device = signed.check(&municipality, keys).map_err(|_| ErrorCode::Forbidden)?.device;
    let asked = app.storage.world().read().vouched().is_some_and(|vouched| vouched.word_for(&device).is_some());
    if !asked {
        return Err(ErrorCode::Forbidden.into());
    }
    app.storage.store_wipe_receipt(&device, &signed, app.clock.now_ms()).await?;
    Ok(().into_response())
}

/// The receipts that the office asks for.
pub(super) async fn receipts<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(signed): Cbor<SignedWipeOrder>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let order = app.authority()?.check_wipe_order(&signed).map_err(|_| ErrorCode::Forbidden)?;
    let left = order.expires.checked_sub(app.clock.now()).filter(|left| *left > 0);
    if left.is_none_or(|left| left > limits::RECOVERY_LIFE.as_secs()) {
        return Err(ErrorCode::Forbidden.into());
    }
    Ok(cbor(&WipeReceipts { receipts: app.storage.wipe_receipts(order.devices).await? }))
}
