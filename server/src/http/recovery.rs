//! Recovery (protocol §5.10): logs with the recovery key's wraps, and entries made with two sheets, at the authority's word only.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use tvaers_wire::entry::{Member, ParsedEntry};
use tvaers_wire::error::ErrorCode;
use tvaers_wire::limits;
use tvaers_wire::message::PushItem;
use tvaers_wire::recovery::{
    RecoveryAct, RecoveryAnswer, RecoveryOrder, RecoveryPush, ServedLog, ServedLogs, SignedRecoveryOrder,
};

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{Cbor, Peer, cbor};
use crate::prepare::{Job, prepare};
use crate::recovery::{self, Wanted};
use crate::storage::Storage;
use crate::world::View;

/// What the holders are to be shown. Of everything that the order does not ask for, nothing is said.
pub(super) async fn serve<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(signed): Cbor<SignedRecoveryOrder>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let order = check(&app, &signed)?;
    let (wanted, keys) = {
        let world = app.storage.world().read();
        let wanted = recovery::wanted(&world, &order.act).ok_or(ErrorCode::BadRequest)?;
        // The sheets in force open what was wrapped for those before them, too. A circle that nobody uses is wrapped for no others.
        let in_force = world.vouched().filter(|vouched| vouched.recovery().is_some());
        let keys = in_force.into_iter().flat_map(|vouched| vouched.lineage().recoveries());
        (wanted, keys.map(|(key, _)| Member::Device(key)).collect::<Vec<_>>())
    };
    let after = match order.act {
        RecoveryAct::Forsaken { after, .. } => usize::try_from(after).unwrap_or(usize::MAX),
        RecoveryAct::Own { .. } | RecoveryAct::Push { .. } => 0,
    };
    let (mut served, mut bytes) = (ServedLogs::default(), 0);
    for Wanted { rows, restored } in wanted.into_iter().skip(after) {
        if bytes >= limits::PAGE_BYTES || served.logs.len() >= limits::PAGE_ITEMS {
            served.more = true;
            break;
        }
        // Wraps of circles that are not to be restored are nobody's business.
        let wraps_for = if restored { keys.clone() } else { Vec::new() };
        let (entries, wraps) = app.storage.entries(rows, wraps_for).await?;
        bytes += entries.iter().map(|entry| entry.len()).sum::<usize>() + wraps.len() * limits::WRAP;
        served.logs.push(ServedLog { entries, wraps });
    }
    Ok(cbor(&served))
}

/// What two holders have made. The entries' own signatures are what counts; the order is the door for whoever has no session.
pub(super) async fn push<S: Storage>(
    State(app): State<Arc<App<S>>>,
    Peer(peer): Peer,
    Cbor(request): Cbor<RecoveryPush>,
) -> Result<Response, ApiError> {
    app.addresses.take(peer, app.clock.now_ms()).map_err(ApiError::too_many)?;
    let RecoveryAct::Push { entries: named } = check(&app, &request.order)?.act else {
        return Err(ErrorCode::BadRequest.into());
    };
    let mut parsed = Vec::with_capacity(request.entries.len());
    for pushed in &request.entries {
        parsed.push(ParsedEntry::from_bytes(&pushed.entry).map_err(|_| ErrorCode::BadRequest)?);
    }
    if !parsed.iter().map(|entry| entry.id).eq(named) {
        return Err(ErrorCode::Forbidden.into());
    }
    let job = {
        let world = app.storage.world().read();
        let key = world.vouched().and_then(|vouched| vouched.recovery()).map(|(key, _)| key);
        let key =
            key.filter(|key| parsed.iter().all(|entry| entry.public.device == *key)).ok_or(ErrorCode::Forbidden)?;
        let items = request.entries.into_iter().map(|pushed| {
            let item = PushItem::Entry { entry: pushed.entry, wraps: pushed.wraps, stamp: None };
            prepare(&*world, app.storage.stamps(), &key, item)
        });
        Job::Push { device: key, items: items.collect() }
    };
    let (results, _) = app.committer.commit(job).await?;
    Ok(cbor(&RecoveryAnswer { results }))
}

fn check<S: Storage>(app: &App<S>, signed: &SignedRecoveryOrder) -> Result<RecoveryOrder, ApiError> {
    let order = app.authority()?.check_recovery(signed).map_err(|_| ErrorCode::Forbidden)?;
    let left = order.expires.checked_sub(app.clock.now()).filter(|left| *left > 0);
    match left {
        Some(left) if left <= limits::RECOVERY_LIFE.as_secs() => Ok(order),
        _ => Err(ErrorCode::Forbidden.into()),
    }
}
