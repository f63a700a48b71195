//! *Mine apparater*: the digits of this desk, and further devices of its person that wait to be let in. They read nothing before that.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tvaers_core::client::ClientError;
use tvaers_core::directory::device_code;

use super::Trouble;
use super::frame::Frame;
use crate::web::time::Time;

#[derive(Template)]
#[template(path = "devices.html")]
struct Page {
    frame: Frame,
    own: String,
    waiting: Vec<String>,
    /// When this desk found out that its store had been put back, or copied.
    renewed: Option<Time>,
    error: Option<&'static str>,
}

pub(super) fn page(frame: Frame) -> Result<String, Trouble> {
    with(frame, None)
}

fn with(frame: Frame, error: Option<&'static str>) -> Result<String, Trouble> {
    let waiting = frame.device().knocking()?.iter().map(device_code).collect();
    let renewed = frame.device().renewed_at().map_err(ClientError::from)?.map(|at| frame.times.moment(at));
    Ok(Page { own: frame.device().code(), waiting, renewed, error, frame }.render()?)
}

/// Lets in the device with these digits, which the person has compared on both screens.
pub(super) fn admit(frame: Frame, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let code = form.get("cifre").map_or("", String::as_str);
    let device = frame.device();
    let found = device.knocking()?.into_iter().find(|waiting| device_code(waiting) == code);
    let admitted = match &found {
        Some(waiting) => device.admit(waiting, code),
        None => Err(ClientError::NotAllowed),
    };
    match admitted {
        Ok(()) => (frame.desk.options.saved)(),
        Err(ClientError::NotAllowed) => {
            let page = with(frame, Some("devices-gone"))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Redirect::to("/apparater").into_response())
}
