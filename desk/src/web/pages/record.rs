//! One record, opened by a person; and the answer to it.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use tvaers_core::audience::{Audience, Share};
use tvaers_core::client::ClientError;
use tvaers_core::kinds::{Access, Answer, Content, Envelope, Kind, Occurred, Reply, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::Row;
use tvaers_core::wire::ids::RecordId;

use super::entry::Entry;
use super::frame::{ChildName, Frame};
use super::shared::{Basis, Place};
use super::{Trouble, typed_text};
use crate::web::assets::Glyph;
use crate::web::content::{Block, answer_name};

#[derive(Template)]
#[template(path = "record.html")]
struct Page {
    frame: Frame,
    entry: Entry,
    child: Option<ChildName>,
    answered: Option<String>,
    /// The record that carries this one on.
    next: Option<String>,
    /// With whom it is shared.
    places: Vec<Place>,
    /// Offered for records by others that have been opened.
    reply: Option<ReplyForm>,
}

/// The form, empty or as it was sent.
struct ReplyForm {
    to: String,
    form: String,
    choices: Vec<Choice>,
    /// The first day that can be promised, and the one that was typed.
    today: String,
    day: String,
    text: String,
    bases: Vec<Basis>,
    error: Option<&'static str>,
}

/// One fixed answer.
struct Choice {
    name: &'static str,
    words: String,
    chosen: bool,
    /// It promises a day.
    dated: bool,
}

/// The page of a record. One that nobody has opened yet shows its first words and a button.
pub(super) fn page(frame: Frame, record: RecordId, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    let row = frame.device().view(&record)?.row;
    let followers = frame.device().answers_to(&record)?;
    let followers: Vec<&Row> = followers.iter().collect();
    let entry = Entry::with(&frame, &row, &followers)?;
    let child = row.child.as_ref().map_or(Ok(None), |child| frame.device().child(child))?;
    let reply = (!entry.own && !entry.unread).then(|| ReplyForm {
        to: frame.teller().person(&row.author).to_string(),
        form: frame.form(),
        choices: Answer::ALL
            .iter()
            .map(|answer| Choice {
                name: answer_name(*answer),
                words: frame.t(&format!("answer-{}", answer_name(*answer))),
                chosen: sent.is_some_and(|(_, sent)| sent.answer.as_deref() == Some(answer_name(*answer))),
                dated: *answer == Answer::BackBy,
            })
            .collect(),
        today: frame.times.today().to_string(),
        day: sent.map_or_else(String::new, |(_, sent)| sent.day.clone()),
        text: sent.map_or_else(String::new, |(_, sent)| sent.text.clone()),
        bases: {
            let allowed = frame.device().bases(Kind::Reply, row.child.as_ref(), &Audience::Line(row.author));
            Basis::all(allowed, sent.map_or("", |(_, sent)| &sent.basis))
        },
        error: sent.map(|(error, _)| error),
    });
    if !entry.unread {
        seen(&frame, &entry)?;
    }
    let answered = row.answers.filter(|answered| frame.device().view(answered).is_ok()).map(RecordId::to_hex);
    let next = frame.device().carried_on_in(&record)?.map(RecordId::to_hex);
    let places = if entry.unread { Vec::new() } else { Place::all(&frame, &record)? };
    Ok(Page { child: child.as_ref().map(ChildName::new), frame, entry, answered, next, places, reply }.render()?)
}

/// A record that was opened before is shown again: the log has it first. What follows it and was opened stands on the page, too.
fn seen(frame: &Frame, entry: &Entry) -> Result<(), Trouble> {
    let mut rng = rng::system();
    if frame.device().note_access(Access::Read, &entry.shown(), &Moment::new(frame.desk.now(), &mut rng))? {
        (frame.desk.options.saved)();
    }
    Ok(())
}

/// A person has opened the record.
pub(super) fn mark_read(frame: &Frame, record: RecordId, in_chronology: bool) -> Result<Response, Trouble> {
    // Only what can be shown can be read.
    let row = frame.device().view(&record)?.row;
    let mut rng = rng::system();
    if frame.device().mark_read(&record, &Moment::new(frame.desk.now(), &mut rng))? {
        (frame.desk.options.saved)();
    }
    let id = record.to_hex();
    Ok(match row.child.filter(|_| in_chronology) {
        Some(child) => Redirect::to(&format!("/barn/{}#r-{id}", child.to_hex())),
        None => Redirect::to(&format!("/registrering/{id}")),
    }
    .into_response())
}

/// What came with the form.
pub(super) struct Sent {
    answer: Option<String>,
    day: String,
    text: String,
    basis: String,
}

/// Saves an answer and sends it to the author of what it answers.
pub(super) fn reply(frame: Frame, record: RecordId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let sent = Sent {
        answer: form.get("svar").filter(|code| !code.is_empty()).cloned(),
        day: form.get("senest").map(|day| day.trim().to_owned()).unwrap_or_default(),
        text: typed_text(form),
        basis: form.get("hjemmel").cloned().unwrap_or_default(),
    };
    let view = frame.device().view(&record)?;
    if frame.is_me(&view.row.author) || view.row.read_at.is_none() {
        return Err(Trouble::Unread);
    }
    let answer = match sent.answer.as_deref() {
        None => None,
        Some(name) => Some(*Answer::ALL.iter().find(|one| answer_name(**one) == name).ok_or(Trouble::Unknown)?),
    };
    let back_by = match promised(answer, &sent.day, frame.times.today()) {
        Ok(day) => day,
        Err(error) => return again(frame, record, error, &sent),
    };
    let text = (!sent.text.trim().is_empty()).then_some(sent.text.as_str());
    if answer.is_none() && text.is_none() {
        return again(frame, record, "reply-empty", &sent);
    }
    let Ok(text) = text.map(Text::new).transpose() else { return again(frame, record, "reply-too-long", &sent) };
    let done = Redirect::to(&format!("/registrering/{}#svar", record.to_hex())).into_response();
    let name = form.get("form").map_or("", String::as_str);
    if !frame.desk.sessions().first_time(&frame.visitor, name) {
        return Ok(done);
    }
    let me = frame.device().person();
    let facts = frame.staff.person(&me);
    let now = frame.desk.now();
    let envelope = Envelope {
        about: view.envelope.about,
        occurred: Occurred::at(now, frame.times.offset(now)),
        profession: Short::new(facts.map_or("", |facts| &facts.profession)).unwrap_or_default(),
        unit: facts.map(|facts| facts.team),
        content: Content::Reply(Reply { to: record, answer, back_by, text }),
    };
    let mut rng = rng::system();
    let basis = (!sent.basis.is_empty()).then(|| sent.basis.clone());
    let share = Share { with: Audience::Line(view.row.author), basis };
    match frame.device().submit(&envelope, &[share], &mut Moment::new(now, &mut rng)) {
        Ok(_) => (frame.desk.options.saved)(),
        // It did not fit into one chunk once it was sealed.
        Err(ClientError::Seal(_) | ClientError::Field(_)) => return again(frame, record, "reply-too-long", &sent),
        // The rules have changed since the page was drawn.
        Err(ClientError::NotShared(_)) => return again(frame, record, "basis-other", &sent),
        Err(error) => return Err(error.into()),
    }
    Ok(done)
}

/// The day that an answer promises, or what is wrong with it. A browser without date fields sends what was typed.
fn promised(answer: Option<Answer>, typed: &str, today: Date) -> Result<Option<Date>, &'static str> {
    match (answer, typed) {
        (Some(Answer::BackBy), typed) => {
            let day: Date = typed.parse().map_err(|_| "reply-day-missing")?;
            if day < today { Err("reply-day-past") } else { Ok(Some(day)) }
        }
        (_, "") => Ok(None),
        _ => Err("reply-day-alone"),
    }
}

/// The page again with what was written in it: nothing typed is lost for a mistake.
fn again(frame: Frame, record: RecordId, error: &'static str, sent: &Sent) -> Result<Response, Trouble> {
    let page = page(frame, record, Some((error, sent)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}
