//! *Giv adgang fra nu af*: a colleague or a unit joins a child's case, reads what is written from then on, and of before what is ticked here.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tvaers_core::client::{ClientError, NotContinued, NotShared};
use tvaers_core::kinds::{Disclosure, Kind, List, Party, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::{ChildId, PersonId, RecordId, TeamId};

use super::frame::{ChildName, Frame};
use super::reason::reason;
use super::shared::Basis;
use super::{Trouble, members, typed_text};
use crate::web::time::Time;
use crate::web::typed::Typed;

#[derive(Template)]
#[template(path = "from_now_on.html")]
struct Page {
    frame: Frame,
    child: Option<ChildName>,
    id: String,
    form: String,
    people: Vec<Candidate>,
    units: Vec<Candidate>,
    records: Vec<Offered>,
    text: String,
    bases: Vec<Basis>,
    error: Option<&'static str>,
}

/// Somebody who can be let in.
struct Candidate {
    value: String,
    words: String,
    chosen: bool,
}

/// A record that can be shown to whoever joins.
struct Offered {
    id: String,
    kind: String,
    when: Time,
    words: Typed,
    author: Typed,
    /// Written by several: its text of today goes along.
    living: bool,
    /// It says two things at once.
    unsettled: bool,
    chosen: bool,
}

/// What came with the form.
pub(super) struct Sent {
    to: String,
    text: String,
    records: Vec<RecordId>,
    basis: String,
}

pub(super) fn page(frame: Frame, child: ChildId, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    if !frame.device().may_continue(&child) {
        return Err(Trouble::Unknown);
    }
    let option = |member: Member, words: String| {
        let value = members::value_of(&member)?;
        let chosen = sent.is_some_and(|(_, sent)| sent.to == value);
        frame.device().can_be_let_in(&child, &member).then_some(Candidate { value, words, chosen })
    };
    let directory = &frame.staff.directory;
    let people = directory.people.iter().filter_map(|facts| {
        let words = format!("{} · {} · {}", facts.name, facts.profession, frame.teller().team(&facts.team));
        option(Member::Person(facts.person), words)
    });
    let units = directory.teams.iter().filter_map(|facts| option(Member::Team(facts.team), facts.name.clone()));
    let (mut people, mut units): (Vec<Candidate>, Vec<Candidate>) = (people.collect(), units.collect());
    people.sort_by(|a, b| a.words.cmp(&b.words));
    units.sort_by(|a, b| a.words.cmp(&b.words));
    let mut records = Vec::new();
    for row in frame.device().showable(&child)?.into_iter().rev() {
        let living = row.kind.is_some_and(Kind::is_living);
        records.push(Offered {
            id: row.record.to_hex(),
            kind: frame.kind(row.kind),
            when: frame.times.moment(row.occurred_at),
            words: Typed::new(&row.headline),
            author: frame.teller().person(&row.carried.map_or(row.author, |carried| carried.author)),
            living,
            unsettled: living && !frame.device().conflicts(&row.record)?.is_empty(),
            chosen: sent.is_some_and(|(_, sent)| sent.records.contains(&row.record)),
        });
    }
    let page = Page {
        child: frame.device().child(&child)?.as_ref().map(ChildName::new),
        id: child.to_hex(),
        form: frame.form(),
        people,
        units,
        records,
        text: sent.map_or_else(String::new, |(_, sent)| sent.text.clone()),
        bases: {
            let mut all = frame.device().lawful_bases();
            all.push(frame.t("basis-own-unit"));
            Basis::all(Ok(Some(all)), sent.map_or("", |(_, sent)| &sent.basis))
        },
        error: sent.map(|(error, _)| error),
        frame,
    };
    Ok(page.render()?)
}

/// Lets somebody in, and says so to everybody in the case.
pub(super) fn let_in(frame: Frame, child: ChildId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let ticked = form.iter().filter(|(_, value)| *value == "ja").filter_map(|(name, _)| name.strip_prefix("vis-"));
    let mut records: Vec<RecordId> = ticked.filter_map(|id| RecordId::from_hex(id).ok()).collect();
    records.sort_unstable();
    let sent = Sent {
        to: form.get("til").cloned().unwrap_or_default(),
        text: typed_text(form),
        records,
        basis: form.get("hjemmel").cloned().unwrap_or_default(),
    };
    if !frame.device().may_continue(&child) {
        return Err(Trouble::Unknown);
    }
    let about = frame.device().child(&child)?.ok_or(Trouble::Unknown)?;
    let Some((member, party)) = chosen(&frame, &sent.to) else { return again(frame, child, "from-now-nobody", &sent) };
    if sent.text.trim().is_empty() {
        return again(frame, child, "from-now-no-reason", &sent);
    }
    let Ok(text) = Text::new(&sent.text) else { return again(frame, child, "reply-too-long", &sent) };
    let Ok(basis) = Short::new(&sent.basis) else { return again(frame, child, "basis-other", &sent) };
    let Ok(records) = List::new(sent.records.clone()) else { return again(frame, child, "from-now-too-many", &sent) };
    let done = Redirect::to(&format!("/barn/{}", child.to_hex())).into_response();
    if !frame.desk.sessions().first_time(&frame.visitor, form.get("form").map_or("", String::as_str)) {
        return Ok(done);
    }
    let why = reason(&frame, about, Disclosure { records, what: Some(text), with_whom: party, basis });
    let mut rng = rng::system();
    let moment = &mut Moment::new(frame.desk.now(), &mut rng);
    match frame.device().continue_case(&child, &[member], &sent.records, Some(&why), moment) {
        Ok(()) => (frame.desk.options.saved)(),
        Err(ClientError::NotContinued(NotContinued::Unsettled)) => {
            return again(frame, child, "from-now-unsettled", &sent);
        }
        Err(ClientError::NotContinued(NotContinued::Unreachable | NotContinued::ReadsAlready)) => {
            return again(frame, child, "from-now-nobody", &sent);
        }
        Err(ClientError::NotShared(NotShared::OtherBasis)) => return again(frame, child, "basis-other", &sent),
        Err(ClientError::NotShared(_)) => return again(frame, child, "basis-denied", &sent),
        Err(ClientError::NotContinued(_)) => return Err(Trouble::Unknown),
        Err(ClientError::Seal(_) | ClientError::Field(_) | ClientError::Document(_)) => {
            return again(frame, child, "reply-too-long", &sent);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(done)
}

/// Who was chosen, and how they are called in the record that says so.
fn chosen(frame: &Frame, value: &str) -> Option<(Member, Party)> {
    let (kind, id) = value.split_once('-')?;
    match kind {
        "person" => {
            let person = PersonId::from_hex(id).ok()?;
            Some((Member::Person(person), Party::Person(person)))
        }
        "enhed" => {
            let team = TeamId::from_hex(id).ok()?;
            let name = Short::new(&frame.staff.team(&team)?.name).ok()?;
            Some((Member::Team(team), Party::Named(name)))
        }
        _ => None,
    }
}

/// The page again with what was chosen and written in it.
fn again(frame: Frame, child: ChildId, error: &'static str, sent: &Sent) -> Result<Response, Trouble> {
    let page = page(frame, child, Some((error, sent)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}
