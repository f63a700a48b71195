//! Claim, challenge and session.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::error::ErrorCode;
use tvaers_wire::hash::{Label, verify};
use tvaers_wire::ids::DeviceId;
use tvaers_wire::message::{Challenge, ClaimRequest, Pushed, SessionAnswer, SessionRequest, session_scope};
use tvaers_wire::statement::{Claim, SignedStatement, Statement};

use crate::app::{App, check_device};
use crate::http::error::ApiError;
use crate::http::extract::{Cbor, Peer, cbor};
use crate::prepare::Job;
use crate::storage::Storage;
use crate::world::View;

/// The first start: sets the authority once.
pub(super) async fn claim<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(request): Cbor<ClaimRequest>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let claimed = app.storage.world().read().vouched().is_some();
    let code = app.claim_code.as_deref().filter(|_| !claimed).unwrap_or_default();
    // Compared by digest under a key drawn at every start: equal time whatever differs, and no oracle.
    let right = !code.is_empty() && same(code.as_bytes(), request.code.as_bytes())?;
    if !right {
        return Err(ErrorCode::Forbidden.into());
    }
    let kept = app.storage.claim(request.authority).await?;
    if kept != request.authority {
        return Err(ErrorCode::Forbidden.into());
    }
    tracing::info!("claimed");
    Ok(cbor(&kept))
}

fn same(left: &[u8], right: &[u8]) -> Result<bool, ApiError> {
    let rng = ring::rand::SystemRandom::new();
    let key = ring::hmac::Key::generate(ring::hmac::HMAC_SHA256, &rng).map_err(|_| ErrorCode::Internal)?;
    let tag = ring::hmac::sign(&key, left);
    Ok(ring::hmac::verify(&key, right, tag.as_ref()).is_ok())
}

/// Something that the authority states. Whoever brings it: its signature is what counts, and one that does not verify costs the
/// bringer's address a turn.
pub(super) async fn state<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(signed): Cbor<SignedStatement>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    app.check(&signed)?;
    let (results, _) = app.committer.commit(Job::Statement(signed)).await?;
    match results.first() {
        Some(Pushed::Stored | Pushed::Duplicate) => Ok(().into_response()),
        _ => Err(ErrorCode::Forbidden.into()),
    }
}

/// Something to sign.
pub(super) async fn challenge<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let challenge = app.tokens.challenge(app.clock.now()).ok_or(ErrorCode::Internal)?;
    Ok(cbor(&Challenge { challenge: Bytes(challenge) }))
}

/// Who I am, proved. The certificate is stored, so that others may bring this device's chunks.
pub(super) async fn open<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(request): Cbor<SessionRequest>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let (device, statement) = prove(&app, &request)?;
    let news = app.storage.world().read().vouched().is_none_or(|vouched| vouched.is_news(&statement));
    if news {
        let (results, _) = app.committer.commit(Job::Certificate(request.certificate)).await?;
        if results.iter().any(|result| matches!(result, Pushed::Refused { .. })) {
            return Err(ErrorCode::Forbidden.into());
        }
    }
    check_device(&*app.storage.world().read(), &device)?;
    let (token, expires) = app.tokens.bearer(&device, app.clock.now());
    Ok(cbor(&SessionAnswer { token, expires, now: app.clock.now_ms() }))
}

/// Which device asks, and its certificate. One answer for a wrong challenge, certificate or signature.
pub(super) fn prove<S: Storage>(app: &App<S>, request: &SessionRequest) -> Result<(DeviceId, Statement), ApiError> {
    let authority = app.authority()?;
    if !app.tokens.check_challenge(&request.challenge, app.clock.now()) {
        return Err(ErrorCode::Forbidden.into());
    }
    let statement = app.check(&request.certificate)?;
    let Claim::Device { keys, .. } = &statement.claim else { return Err(ErrorCode::Forbidden.into()) };
    let device = keys.device();
    let scope = session_scope(&authority.municipality, &device);
    let signed = verify(Label::SESSION, &keys.signing.0, &[&scope, &request.challenge], &request.signature.0);
    signed.map_err(|_| ErrorCode::Forbidden)?;
    Ok((device, statement))
}
