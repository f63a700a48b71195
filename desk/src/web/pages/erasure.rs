//! *Sletning*: what somebody asks to have erased, what was erased on whose word, which devices have followed, and the hold.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tvaers_core::client::ClientError;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::{ErasedRecord, Erasing, ErasingState, ErasingWhat, Followed};
use tvaers_core::wire::ids::{ChildId, EntryId, RecordId};

use super::frame::{ChildName, Frame};
use super::line::Line;
use super::{Trouble, typed_text};
use crate::web::assets::Glyph;
use crate::web::time::Time;
use crate::web::typed::Typed;

/// A reason longer than this is a record of its own.
const REASON: usize = 2_000;

#[derive(Template)]
#[template(path = "erasure.html")]
struct Page {
    frame: Frame,
    /// One child's page; without one, what there is of all.
    child: Option<ChildName>,
    id: String,
    asked: Vec<Shown>,
    done: Vec<Shown>,
    held: bool,
    /// What this person can ask for.
    lines: Vec<Line>,
    chosen: Vec<String>,
    waiting: usize,
    text: String,
    error: Option<&'static str>,
}

/// Something that was asked for.
struct Shown {
    entry: String,
    child: Option<ChildName>,
    line: bool,
    what: &'static str,
    by: Option<Typed>,
    at: Option<Time>,
    reason: Option<Typed>,
    records: Vec<Erased>,
    /// Chunks of records that have never come here.
    unseen: usize,
    may_agree: bool,
    agreed: Option<Typed>,
    followed: usize,
    /// Devices that have not said that they have followed.
    missing: Vec<Device>,
}

struct Erased {
    kind: String,
    author: Typed,
    words: Typed,
    written: Time,
    /// It still lies in another line or case here.
    elsewhere: bool,
}

struct Device {
    person: Typed,
    code: String,
}

/// What came with the form.
#[derive(Default)]
pub(super) struct Sent {
    records: Vec<RecordId>,
    text: String,
}

pub(super) fn all(frame: Frame) -> Result<String, Trouble> {
    draw(frame, None, None)
}

pub(super) fn page(frame: Frame, child: ChildId, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    if frame.device().chronology(&child)?.is_empty() && !shown(&frame, Some(&child))?.iter().any(|_| true) {
        return Err(Trouble::Unknown);
    }
    draw(frame, Some(child), sent)
}

fn draw(frame: Frame, child: Option<ChildId>, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    let (asked, done) = shown(&frame, child.as_ref())?.into_iter().partition(|shown| shown.agreed.is_none());
    let erasable = child.map_or(Ok(Vec::new()), |child| frame.device().erasable(&child))?;
    let name = child.map_or(Ok(None), |child| frame.device().child(&child))?;
    let page = Page {
        child: name.as_ref().map(ChildName::new),
        id: child.map_or_else(String::new, |child| child.to_hex()),
        asked,
        done,
        held: child.is_some_and(|child| frame.device().is_on_hold(&child)),
        lines: Line::all(&frame, &erasable)?,
        chosen: sent.map_or_else(Vec::new, |(_, sent)| sent.records.iter().map(|id| id.to_hex()).collect()),
        waiting: frame.device().erasures_waiting()?,
        text: sent.map_or_else(String::new, |(_, sent)| sent.text.clone()),
        error: sent.map(|(error, _)| error),
        frame,
    };
    Ok(page.render()?)
}

fn shown(frame: &Frame, child: Option<&ChildId>) -> Result<Vec<Shown>, Trouble> {
    let all = frame.device().erasures()?;
    let of_child = all.into_iter().filter(|erasing| child.is_none() || erasing.child.as_ref() == child);
    of_child.map(|erasing| show(frame, erasing)).collect()
}

fn show(frame: &Frame, erasing: Erasing) -> Result<Shown, Trouble> {
    let child = erasing.child.as_ref().map_or(Ok(None), |child| frame.device().child(child))?;
    let (what, records, chunks) = match erasing.what {
        ErasingWhat::Records { records, chunks } => ("erasure-of-records", records, chunks),
        ErasingWhat::Lift => ("erasure-lift", Vec::new(), 0),
        ErasingWhat::Hold => ("erasure-hold", Vec::new(), 0),
    };
    let (may_agree, agreed, devices) = match erasing.state {
        ErasingState::Asked { may_agree } => (may_agree, None, Vec::new()),
        ErasingState::Done { by, devices } => {
            let by = by.map_or_else(|| Typed::new("–"), |by| frame.teller().person(&by));
            (false, Some(by), devices)
        }
    };
    let missing = devices.iter().filter(|followed| !followed.done);
    Ok(Shown {
        entry: erasing.asking.to_hex(),
        child: child.as_ref().map(ChildName::new),
        line: erasing.line,
        what,
        by: erasing.by.map(|by| frame.teller().person(&by)),
        at: erasing.at.map(|at| frame.times.moment(at)),
        reason: erasing.reason.map(Typed::new),
        unseen: if records.is_empty() { chunks } else { 0 },
        records: records.iter().map(|record| erased(frame, record, agreed.is_some())).collect(),
        may_agree,
        followed: devices.iter().filter(|followed| followed.done).count(),
        missing: missing.map(|followed| device(frame, followed)).collect(),
        agreed,
    })
}

fn erased(frame: &Frame, record: &ErasedRecord, done: bool) -> Erased {
    Erased {
        kind: frame.kind(record.kind),
        author: frame.teller().person(&record.author),
        words: Typed::new(&record.headline),
        written: frame.times.moment(record.recorded_at),
        elsewhere: done && !record.gone,
    }
}

fn device(frame: &Frame, followed: &Followed) -> Device {
    Device { person: frame.teller().person(&followed.person), code: followed.device.to_hex()[..8].to_owned() }
}

/// Asks, agrees, holds, or asks for the hold's end, by the button that was pressed.
pub(super) fn act(frame: Frame, child: ChildId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let text = typed_text(form);
    let wanted = |id: &RecordId| form.get("alt").is_some() || form.contains_key(&format!("r-{}", id.to_hex()));
    let records: Vec<RecordId> =
        (frame.device().erasable(&child)?.iter().map(|row| row.record)).filter(wanted).collect();
    let sent = Sent { records, text };
    let reason = sent.text.trim();
    if reason.len() > REASON {
        return again(frame, child, "erasure-reason-long", &sent);
    }
    let act = form.get("handling").map_or("", String::as_str);
    if act != "enig" && reason.is_empty() {
        return again(frame, child, "erasure-no-reason", &sent);
    }
    let (device, mut rng) = (frame.device(), rng::system());
    let moment = Moment::new(frame.desk.now(), &mut rng);
    let done = match act {
        "bed" if sent.records.is_empty() => return again(frame, child, "erasure-none-chosen", &sent),
        "bed" => device.ask_erasure(&sent.records, Some(reason), &moment),
        "bevar" => device.hold_erasure(&child, Some(reason)),
        "ophaev" => device.lift_hold(&child, Some(reason)),
        "enig" => {
            let entry = form.get("anmodning").and_then(|entry| EntryId::from_hex(entry).ok());
            device.agree_erasure(&entry.ok_or(Trouble::Unknown)?, &moment)
        }
        _ => return Err(Trouble::Unknown),
    };
    match done {
        Ok(()) => (frame.desk.options.saved)(),
        Err(ClientError::NotErased(_) | ClientError::NotAllowed) => {
            return again(frame, child, "erasure-not-now", &sent);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Redirect::to(&format!("/sletning/{}", child.to_hex())).into_response())
}

/// The page again with what was written in it.
fn again(frame: Frame, child: ChildId, error: &'static str, sent: &Sent) -> Result<Response, Trouble> {
    let page = page(frame, child, Some((error, sent)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}
