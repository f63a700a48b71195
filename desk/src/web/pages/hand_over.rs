//! *Overdragelse*: a child's case goes to a colleague, with everything that was written, and the reason to everybody who wrote.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tvaers_core::client::ClientError;
use tvaers_core::kinds::{Content, Disclosure, Envelope, List, Occurred, Party, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::ids::{ChildId, PersonId};

use super::frame::{ChildName, Colleague, Frame};
use super::{Trouble, typed_text};

#[derive(Template)]
#[template(path = "hand_over.html")]
struct Page {
    frame: Frame,
    child: Option<ChildName>,
    id: String,
    form: String,
    people: Vec<Colleague>,
    text: String,
    stays: bool,
    error: Option<&'static str>,
}

/// What came with the form.
pub(super) struct Sent {
    to: String,
    text: String,
    stays: bool,
}

pub(super) fn page(frame: Frame, child: ChildId, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    let coordinator = frame.device().coordinator(&child).map_err(|_| Trouble::Store)?;
    if !coordinator.is_some_and(|person| frame.is_me(&person)) {
        return Err(Trouble::Unknown);
    }
    let people = Colleague::all(&frame, sent.map_or("", |(_, sent)| &sent.to));
    let page = Page {
        child: frame.device().child(&child)?.as_ref().map(ChildName::new),
        id: child.to_hex(),
        form: frame.form(),
        people,
        text: sent.map_or_else(String::new, |(_, sent)| sent.text.clone()),
        stays: sent.is_some_and(|(_, sent)| sent.stays),
        error: sent.map(|(error, _)| error),
        frame,
    };
    Ok(page.render()?)
}

/// Hands the child over, and says so to everybody who wrote.
pub(super) fn hand_over(frame: Frame, child: ChildId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let sent = Sent {
        to: form.get("til").cloned().unwrap_or_default(),
        text: typed_text(form),
        stays: form.get("bliver").is_some_and(|stays| stays == "ja"),
    };
    let about = frame.device().child(&child)?.ok_or(Trouble::Unknown)?;
    let Ok(to) = PersonId::from_hex(&sent.to) else { return again(frame, child, "hand-over-nobody", &sent) };
    if sent.text.trim().is_empty() {
        return again(frame, child, "hand-over-no-reason", &sent);
    }
    let Ok(text) = Text::new(&sent.text) else { return again(frame, child, "reply-too-long", &sent) };
    let done = Redirect::to(&format!("/barn/{}", child.to_hex())).into_response();
    if !frame.desk.sessions().first_time(&frame.visitor, form.get("form").map_or("", String::as_str)) {
        return Ok(done);
    }
    let facts = frame.staff.person(&frame.device().person());
    let now = frame.desk.now();
    let why = Envelope {
        about: Some(about),
        occurred: Occurred::at(now, frame.times.offset(now)),
        profession: Short::new(facts.map_or("", |facts| &facts.profession)).unwrap_or_default(),
        unit: facts.map(|facts| facts.team),
        content: Content::Disclosure(Disclosure {
            records: List::default(),
            what: Some(text),
            with_whom: Party::Person(to),
            basis: Short::new("overdragelse").unwrap_or_default(),
        }),
    };
    let (mut rng, leaves) = (rng::system(), !sent.stays);
    match frame.device().hand_over(&child, &to, leaves, Some(&why), &mut Moment::new(now, &mut rng)) {
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
