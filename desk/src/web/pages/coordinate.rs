//! *Tovholder*: whoever coordinates a child says so at their own desk, if nobody is known there. The ones who write choose their
//! coordinator themselves; this gives no access, it is what handing over and cover begin with.

use axum::response::{IntoResponse, Redirect, Response};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::ids::ChildId;

use super::Trouble;
use super::frame::Frame;

pub(super) fn coordinate(frame: &Frame, child: ChildId) -> Result<Response, Trouble> {
    let device = frame.device();
    if device.chronology(&child)?.is_empty() {
        return Err(Trouble::Unknown);
    }
    // Who is known to coordinate hands the child over; nobody takes it.
    if device.coordinator(&child).map_err(|_| Trouble::Store)?.is_none() {
        let (mut rng, me) = (rng::system(), device.person());
        device.set_coordinator(&child, &me, &mut Moment::new(frame.desk.now(), &mut rng))?;
        (frame.desk.options.saved)();
    }
    Ok(Redirect::to(&format!("/barn/{}", child.to_hex())).into_response())
}
