//! *Overdragelse*: a child's case, or all of them, goes to a colleague, with everything that was written, and the reason to everybody who
//! wrote.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tvaers_core::client::ClientError;
use tvaers_core::kinds::Text;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::ids::{ChildId, PersonId};

use super::frame::{ChildName, Colleague, Frame};
use super::{Trouble, reason, typed_text};

#[derive(Template)]
#[template(path = "hand_over.html")]
struct Page {
    frame: Frame,
    child: Option<ChildName>,
    id: String,
    form: String,
    people: Vec<Colleague>,
    text: String,
    /// Children that this person coordinates.
    children: usize,
    all: bool,
    stays: bool,
    error: Option<&'static str>,
}

/// What came with the form.
#[derive(Default)]
pub(super) struct Sent {
    to: String,
    text: String,
    all: bool,
    stays: bool,
}

pub(super) fn page(frame: Frame, child: ChildId, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    let coordinator = frame.device().coordinator(&child).map_err(|_| Trouble::Store)?;
    if !coordinator.is_some_and(|person| frame.is_me(&person)) {
        return Err(Trouble::Unknown);
    }
    let nothing = Sent::default();
    let (error, sent) = sent.map_or((None, &nothing), |(error, sent)| (Some(error), sent));
    let page = Page {
        child: frame.device().child(&child)?.as_ref().map(ChildName::new),
        id: child.to_hex(),
        form: frame.form(),
        people: Colleague::all(&frame, &sent.to),
        text: sent.text.clone(),
        children: frame.device().coordinated()?.len(),
        all: sent.all,
        stays: sent.stays,
        error,
        frame,
    };
    Ok(page.render()?)
}

/// Hands the child over, or all of this person's, and says so to everybody who wrote.
pub(super) fn hand_over(frame: Frame, child: ChildId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let sent = Sent {
        to: form.get("til").cloned().unwrap_or_default(),
        text: typed_text(form),
        all: form.get("alle").is_some_and(|all| all == "ja"),
        stays: form.get("bliver").is_some_and(|stays| stays == "ja"),
    };
    frame.device().child(&child)?.ok_or(Trouble::Unknown)?;
    let Ok(to) = PersonId::from_hex(&sent.to) else { return again(frame, child, "hand-over-nobody", &sent) };
    if sent.text.trim().is_empty() {
        return again(frame, child, "hand-over-no-reason", &sent);
    }
    let Ok(text) = Text::new(&sent.text) else { return again(frame, child, "reply-too-long", &sent) };
    let done = Redirect::to(&format!("/barn/{}", child.to_hex())).into_response();
    if !frame.desk.sessions().first_time(&frame.visitor, form.get("form").map_or("", String::as_str)) {
        return Ok(done);
    }
    let children = if sent.all { frame.device().coordinated()? } else { vec![child] };
    let children = reason::for_each(&frame, &children, (&text, &to, "overdragelse"))?;
    let (mut rng, now) = (rng::system(), frame.desk.now());
    match frame.device().hand_over(&children, &to, !sent.stays, &mut Moment::new(now, &mut rng)) {
        Ok(()) => (frame.desk.options.saved)(),
        Err(ClientError::NotHandedOver(_)) => return again(frame, child, "hand-over-nobody", &sent),
        Err(ClientError::Seal(_) | ClientError::Field(_)) => return again(frame, child, "reply-too-long", &sent),
        Err(error) => return Err(error.into()),
    }
    Ok(done)
}

/// The page again with what was written in it.
fn again(frame: Frame, child: ChildId, error: &'static str, sent: &Sent) -> Result<Response, Trouble> {
    let page = page(frame, child, Some((error, sent)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}
