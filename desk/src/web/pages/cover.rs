//! *Vikariering*: a colleague stands in with a child, or with all of them, until a day; the reason goes to everybody who wrote.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use tvaers_core::client::{ClientError, NotCovered};
use tvaers_core::kinds::Text;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::ids::{ChildId, PersonId};

use super::frame::{ChildName, Colleague, Frame};
use super::{Trouble, reason, typed_text};
use crate::web::time::Time;
use crate::web::typed::Typed;

#[derive(Template)]
#[template(path = "cover.html")]
struct Page {
    frame: Frame,
    child: Option<ChildName>,
    id: String,
    form: String,
    covers: Vec<Covering>,
    people: Vec<Colleague>,
    /// Children that this person coordinates.
    children: usize,
    /// The first day that can be the last.
    today: String,
    day: String,
    all: bool,
    text: String,
    error: Option<&'static str>,
}

/// Somebody who stands in.
pub(super) struct Covering {
    pub(super) id: String,
    pub(super) person: Typed,
    pub(super) me: bool,
    /// The last day.
    pub(super) last: Time,
    /// False while it waits for a network.
    pub(super) begun: bool,
}

impl Covering {
    /// With this child.
    pub(super) fn all(frame: &Frame, child: &ChildId) -> Result<Vec<Self>, Trouble> {
        let covers = frame.device().covers(child)?.into_iter().map(|cover| Self {
            id: cover.person.to_hex(),
            person: frame.teller().person(&cover.person),
            me: frame.is_me(&cover.person),
            last: frame.times.last_day(cover.until),
            begun: cover.begun,
        });
        Ok(covers.collect())
    }
}

/// What came with the form.
#[derive(Default)]
pub(super) struct Sent {
    to: String,
    day: String,
    all: bool,
    text: String,
}

pub(super) fn page(frame: Frame, child: ChildId, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    if !is_held(&frame, &child)? {
        return Err(Trouble::Unknown);
    }
    let nothing = Sent::default();
    let (error, sent) = sent.map_or((None, &nothing), |(error, sent)| (Some(error), sent));
    let page = Page {
        child: frame.device().child(&child)?.as_ref().map(ChildName::new),
        id: child.to_hex(),
        form: frame.form(),
        covers: Covering::all(&frame, &child)?,
        people: Colleague::all(&frame, &sent.to),
        children: frame.device().coordinated()?.len(),
        today: frame.times.today().to_string(),
        day: sent.day.clone(),
        all: sent.all,
        text: sent.text.clone(),
        error,
        frame,
    };
    Ok(page.render()?)
}

/// Lets the colleague stand in, and says so to everybody who wrote.
pub(super) fn cover(frame: Frame, child: ChildId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    if !is_held(&frame, &child)? {
        return Err(Trouble::Unknown);
    }
    let sent = Sent {
        to: form.get("til").cloned().unwrap_or_default(),
        day: form.get("dag").cloned().unwrap_or_default(),
        all: form.get("alle").is_some_and(|all| all == "ja"),
        text: typed_text(form),
    };
    let Ok(to) = PersonId::from_hex(&sent.to) else { return again(frame, child, "hand-over-nobody", &sent) };
    let Some(until) = end_of(&frame, &sent.day) else { return again(frame, child, "cover-no-day", &sent) };
    if sent.text.trim().is_empty() {
        return again(frame, child, "hand-over-no-reason", &sent);
    }
    let Ok(text) = Text::new(&sent.text) else { return again(frame, child, "reply-too-long", &sent) };
    let done = Redirect::to(&format!("/barn/{}", child.to_hex())).into_response();
    if !frame.desk.sessions().first_time(&frame.visitor, form.get("form").map_or("", String::as_str)) {
        return Ok(done);
    }
    let children = if sent.all { frame.device().coordinated()? } else { vec![child] };
    let children = reason::for_each(&frame, &children, (&text, &to, "vikariering"))?;
    let (mut rng, now) = (rng::system(), frame.desk.now());
    match frame.device().cover(&children, &to, until, &mut Moment::new(now, &mut rng)) {
        Ok(()) => (frame.desk.options.saved)(),
        Err(ClientError::NotCovered(NotCovered::Over)) => return again(frame, child, "cover-no-day", &sent),
        Err(ClientError::NotCovered(_)) => return again(frame, child, "hand-over-nobody", &sent),
        Err(ClientError::Seal(_) | ClientError::Field(_)) => return again(frame, child, "reply-too-long", &sent),
        Err(error) => return Err(error.into()),
    }
    Ok(done)
}

/// Ends it before its day.
pub(super) fn end(frame: &Frame, child: ChildId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let by = form.get("vikar").and_then(|by| PersonId::from_hex(by).ok()).ok_or(Trouble::Unknown)?;
    match frame.device().end_cover(&child, &by) {
        Ok(()) => (frame.desk.options.saved)(),
        Err(ClientError::NotCovered(_)) => return Err(Trouble::Unknown),
        Err(error) => return Err(error.into()),
    }
    Ok(Redirect::to(&format!("/vikar/{}", child.to_hex())).into_response())
}

fn is_held(frame: &Frame, child: &ChildId) -> Result<bool, Trouble> {
    let coordinator = frame.device().coordinator(child).map_err(|_| Trouble::Store)?;
    Ok(coordinator.is_some_and(|person| frame.is_me(&person)))
}

/// When the day that was chosen is over, Unix seconds.
fn end_of(frame: &Frame, day: &str) -> Option<u64> {
    let day: Date = day.parse().ok()?;
    let after = day.tomorrow().ok().filter(|_| day >= frame.times.today())?;
    u64::try_from(frame.times.begins(after) / 1000).ok().filter(|until| *until > 0)
}

/// The page again with what was written in it.
fn again(frame: Frame, child: ChildId, error: &'static str, sent: &Sent) -> Result<Response, Trouble> {
    let page = page(frame, child, Some((error, sent)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}
