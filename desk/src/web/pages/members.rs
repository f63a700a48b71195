//! *Hvem har adgang*: who reads a child's case, and a form that takes somebody out of it.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tvaers_core::client::ClientError;
use tvaers_core::view::CaseMember;
use tvaers_core::wire::entry::{Member, Rights};
use tvaers_core::wire::ids::{ChildId, PersonId};

use super::frame::{ChildName, Frame};
use super::{Trouble, typed_text};
use crate::web::time::Time;
use crate::web::typed::Typed;

/// Bytes of a reason, which stands in the log of every circle that it is about.
const REASON: usize = 500;

#[derive(Template)]
#[template(path = "members.html")]
struct Page {
    frame: Frame,
    child: Option<ChildName>,
    id: String,
    members: Vec<Line>,
    /// True if this person may take somebody out.
    removes: bool,
    text: String,
    error: Option<&'static str>,
}

/// Somebody in the case.
struct Line {
    /// What the form calls them.
    value: String,
    name: Typed,
    /// Profession and unit of a person.
    work: Option<Typed>,
    rights: &'static str,
    /// The last day, if there is one.
    last: Option<Time>,
    removable: bool,
    leaving: bool,
    chosen: bool,
}

impl Line {
    fn new(frame: &Frame, member: &CaseMember, coordinator: Option<PersonId>, chosen: &str) -> Option<Self> {
        let value = value_of(&member.member)?;
        let (name, work) = match member.member {
            Member::Person(person) => {
                let of = frame.person(&person, None);
                let work = [Some(of.profession.to_string()), of.unit.map(|unit| unit.to_string())];
                let work: Vec<String> = work.into_iter().flatten().filter(|word| !word.is_empty()).collect();
                (of.name, Some(Typed::new(work.join(" · "))))
            }
            Member::Team(team) => (frame.teller().team(&team), None),
            Member::Device(_) => return None,
        };
        let coordinates = coordinator.is_some_and(|person| member.member == Member::Person(person));
        let rights = match member.rights {
            _ if coordinates => "members-coordinates",
            Rights::Read => "members-read",
            Rights::Write => "members-write",
            Rights::Manage => "members-manage",
        };
        let last = member.until.map(|until| frame.times.last_day(until));
        let (removable, leaving) = (member.removable, member.leaving);
        Some(Self { chosen: value == chosen, value, name, work, rights, last, removable, leaving })
    }
}

/// What came with the form.
#[derive(Default)]
pub(super) struct Sent {
    who: String,
    text: String,
}

pub(super) fn page(frame: Frame, child: ChildId, sent: Option<(&'static str, &Sent)>) -> Result<String, Trouble> {
    let members = frame.device().case_members(&child)?;
    if members.is_empty() && frame.device().chronology(&child)?.is_empty() {
        return Err(Trouble::Unknown);
    }
    let nothing = Sent::default();
    let (error, sent) = sent.map_or((None, &nothing), |(error, sent)| (Some(error), sent));
    let coordinator = frame.device().coordinator(&child).map_err(|_| Trouble::Store)?;
    let lines = members.iter().filter_map(|member| Line::new(&frame, member, coordinator, &sent.who));
    let mut members: Vec<Line> = lines.collect();
    members.sort_by_key(|member| member.name.to_string());
    let page = Page {
        child: frame.device().child(&child)?.as_ref().map(ChildName::new),
        id: child.to_hex(),
        removes: members.iter().any(|member| member.removable),
        members,
        text: sent.text.clone(),
        error,
        frame,
    };
    Ok(page.render()?)
}

/// Takes somebody out of the case.
pub(super) fn remove(frame: Frame, child: ChildId, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    let sent = Sent { who: form.get("hvem").cloned().unwrap_or_default(), text: typed_text(form) };
    let members = frame.device().case_members(&child)?;
    let mut removable = members.iter().filter(|member| member.removable).map(|member| member.member);
    let Some(member) = removable.find(|member| value_of(member).as_ref() == Some(&sent.who)) else {
        return again(frame, child, "members-nobody", &sent);
    };
    if sent.text.trim().is_empty() {
        return again(frame, child, "members-no-reason", &sent);
    }
    if sent.text.len() > REASON {
        return again(frame, child, "reply-too-long", &sent);
    }
    match frame.device().remove_from_case(&child, member, sent.text.trim()) {
        Ok(()) => (frame.desk.options.saved)(),
        Err(ClientError::NotRemoved(_)) => return again(frame, child, "members-nobody", &sent),
        Err(error) => return Err(error.into()),
    }
    Ok(Redirect::to(&format!("/adgang/{}", child.to_hex())).into_response())
}

/// What a form calls somebody.
pub(super) fn value_of(member: &Member) -> Option<String> {
    match member {
        Member::Person(person) => Some(format!("person-{}", person.to_hex())),
        Member::Team(team) => Some(format!("enhed-{}", team.to_hex())),
        Member::Device(_) => None,
    }
}

/// The page again with what was chosen and written in it.
fn again(frame: Frame, child: ChildId, error: &'static str, sent: &Sent) -> Result<Response, Trouble> {
    let page = page(frame, child, Some((error, sent)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}
