//! One record, opened by a person; and the answer to it.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tvaers_core::audience::Audience;
use tvaers_core::client::ClientError;
use tvaers_core::kinds::{Content, Envelope, Occurred, Reply, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::Row;
use tvaers_core::wire::ids::RecordId;

use super::Trouble;
use super::entry::Entry;
use super::frame::{ChildName, Frame};
use crate::web::assets::Glyph;
use crate::web::content::{ANSWERS, Block};

#[derive(Template)]
#[template(path = "record.html")]
struct Page {
    frame: Frame,
    entry: Entry,
    child: Option<ChildName>,
    answered: Option<String>,
    /// Offered for records by others that have been opened.
    reply: Option<ReplyForm>,
}

/// The form, empty or as it was sent.
struct ReplyForm {
    to: String,
    form: String,
    choices: Vec<(&'static str, String, bool)>,
    text: String,
    error: Option<&'static str>,
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
        choices: ANSWERS
            .iter()
            .map(|(_, code)| {
                let chosen = sent.is_some_and(|(_, sent)| sent.answer.as_deref() == Some(*code));
                (*code, frame.t(&format!("answer-{code}")), chosen)
            })
            .collect(),
        text: sent.map_or_else(String::new, |(_, sent)| sent.text.clone()),
        error: sent.map(|(error, _)| error),
    });
    let answered = row.answers.filter(|answered| frame.device().view(answered).is_ok()).map(RecordId::to_hex);
    Ok(Page { child: child.as_ref().map(ChildName::new), frame, entry, answered, reply }.render()?)
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
    text: String,
}

/// Saves an answer and sends it to the author of what it answers.
pub(super) fn reply(frame: Frame, record: RecordId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let sent = Sent {
        answer: form.get("svar").filter(|code| !code.is_empty()).cloned(),
        // Browsers send lines ended by CR LF (HTML: form submission); a text has LF.
        text: form.get("tekst").map(|text| text.replace("\r\n", "\n")).unwrap_or_default(),
    };
    let view = frame.device().view(&record)?;
    if frame.is_me(&view.row.author) || view.row.read_at.is_none() {
        return Err(Trouble::Unread);
    }
    let answer = match sent.answer.as_deref() {
        None => None,
        Some(code) => Some(ANSWERS.iter().find(|(_, known)| *known == code).ok_or(Trouble::Unknown)?.0),
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
        content: Content::Reply(Reply { to: record, answer, text }),
    };
    let mut rng = rng::system();
    match frame.device().submit(&envelope, &[Audience::Line(view.row.author)], &mut Moment::new(now, &mut rng)) {
        Ok(_) => (frame.desk.options.saved)(),
        // It did not fit into one chunk once it was sealed.
        Err(ClientError::Seal(_) | ClientError::Field(_)) => return again(frame, record, "reply-too-long", &sent),
        Err(error) => return Err(error.into()),
    }
    Ok(done)
}

/// The page again with what was written in it: nothing typed is lost for a mistake.
fn again(frame: Frame, record: RecordId, error: &'static str, sent: &Sent) -> Result<Response, Trouble> {
    let page = page(frame, record, Some((error, sent)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}
