//! *Adgangslog*: who looked at what, for the log controllers; an extract to print; and devices whose log is missing.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::civil::Date;
use tvaers_core::client::GATHER;
use tvaers_core::kinds::{Access, Kind};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::{AccessFilter, AccessRow, LoggingDevice};
use tvaers_core::wire::ids::{ChildId, PersonId};

use super::Trouble;
use super::frame::{ChildName, Frame, Person};
use crate::web::assets::Glyph;
use crate::web::content::access_word;
use crate::web::time::Time;
use crate::web::typed::Typed;

/// Lines on the page; whoever wants older ones says which.
const SHOWN: usize = 500;
/// Lines of an extract: a year of a child that many people work with. More is several extracts.
const EXTRACT: usize = 10_000;

#[derive(Template)]
#[template(path = "access.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    children: Vec<Choice>,
    people: Vec<Choice>,
    kinds: Vec<Choice>,
    error: Option<&'static str>,
    lines: Vec<Line>,
    /// There is more than is shown.
    more: bool,
    missing: Vec<Silent>,
    /// Devices of which everything is here.
    well: usize,
}

#[derive(Template)]
#[template(path = "access_extract.html")]
struct Extract {
    frame: Frame,
    municipality: Typed,
    child: Option<ChildName>,
    person: Option<Person>,
    asked: Asked,
    now: Time,
    lines: Vec<Line>,
    /// Employees are named.
    named: bool,
    /// Devices whose log is not all here: the extract may lack something.
    incomplete: usize,
}

/// The children in the log, as they are called there.
type Names = BTreeMap<ChildId, ChildName>;

/// What the form asks for, as it was sent.
#[derive(Default)]
pub(super) struct Asked {
    child: String,
    person: String,
    kind: String,
    from: String,
    to: String,
}

/// Something to choose in the form.
struct Choice {
    id: String,
    words: Typed,
    chosen: bool,
}

/// What one person did about one child in a short time, on one device.
struct Line {
    at: Time,
    person: Person,
    device: String,
    access: String,
    what: String,
    child: Option<ChildName>,
    /// A child whose name is not known here.
    nameless: bool,
}

/// A device whose log is not all here.
struct Silent {
    person: Person,
    device: String,
    words: Vec<String>,
    until: Option<Time>,
}

impl Asked {
    fn sent(form: &HashMap<String, String>) -> Self {
        let field = |name: &str| form.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
        Self {
            child: field("barn"),
            person: field("medarbejder"),
            kind: field("handling"),
            from: field("fra"),
            to: field("til"),
        }
    }

    /// What core is asked, or what is wrong. A browser without date fields sends what was typed.
    fn filter(&self, frame: &Frame, names: &Names) -> Result<AccessFilter, &'static str> {
        let day = |typed: &str| -> Result<Option<Date>, &'static str> {
            if typed.is_empty() { Ok(None) } else { typed.parse().map(Some).map_err(|_| "access-no-day") }
        };
        let (from, to) = (day(&self.from)?, day(&self.to)?);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            return Err("access-days-turned");
        }
        // What stands in no list would be asked for, and not be seen to be.
        let child = match self.child.as_str() {
            "" => None,
            id => ChildId::from_hex(id)
                .ok()
                .filter(|child| names.contains_key(child))
                .map(Some)
                .ok_or("access-unknown")?,
        };
        let person = match self.person.as_str() {
            "" => None,
            id => {
                let known = PersonId::from_hex(id).ok().filter(|person| frame.staff.person(person).is_some());
                known.map(Some).ok_or("access-unknown")?
            }
        };
        Ok(AccessFilter {
            child,
            person,
            access: match self.kind.as_str() {
                "" => None,
                kind => Some(*Access::ALL.iter().find(|one| access_word(**one) == kind).ok_or("access-unknown")?),
            },
            from: from.map(|day| frame.times.begins(day)),
            before: to.and_then(|day| day.tomorrow().ok()).map(|day| frame.times.begins(day)),
        })
    }
}

/// The page with the newest lines.
pub(super) fn page(frame: Frame) -> Result<String, Trouble> {
    drawn(frame, Asked::default(), None)
}

/// The lines that were asked for, or an extract of them.
pub(super) fn asked(frame: Frame, form: &HashMap<String, String>) -> Result<Response, Trouble> {
    admitted(&frame)?;
    let asked = Asked::sent(form);
    let filter = match asked.filter(&frame, &names(&frame)?) {
        Ok(filter) => filter,
        Err(error) => return refused(frame, asked, error),
    };
    if !form.contains_key("udskriv") {
        return Ok(Html(drawn(frame, asked, None)?).into_response());
    }
    if filter.child.is_some() == filter.person.is_some() {
        return refused(frame, asked, "access-extract-of-whom");
    }
    let rows = frame.device().access_log(&filter, EXTRACT + 1)?;
    if rows.len() > EXTRACT {
        return refused(frame, asked, "access-extract-long");
    }
    note(&frame, Access::Printed, filter.child.as_ref())?;
    Ok(Html(extract(frame, asked, &filter, &rows)?).into_response())
}

fn refused(frame: Frame, asked: Asked, error: &'static str) -> Result<Response, Trouble> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(drawn(frame, asked, Some(error))?)).into_response())
}

/// Nobody but a log controller is told that there is such a page.
fn admitted(frame: &Frame) -> Result<(), Trouble> {
    if frame.controller { Ok(()) } else { Err(Trouble::Unknown) }
}

fn note(frame: &Frame, access: Access, child: Option<&ChildId>) -> Result<(), Trouble> {
    let mut rng = rng::system();
    Ok(frame.device().note_access_of(access, child, &Moment::new(frame.desk.now(), &mut rng))?)
}

fn drawn(frame: Frame, asked: Asked, error: Option<&'static str>) -> Result<String, Trouble> {
    admitted(&frame)?;
    // What was asked for and makes no sense is shown with its reason, and with no lines.
    let names = names(&frame)?;
    let filter = asked.filter(&frame, &names).ok().filter(|_| error.is_none());
    let mut rows = Vec::new();
    if let Some(filter) = &filter {
        // Before anything is shown: whoever looks after others is looked after, too.
        note(&frame, Access::Audited, filter.child.as_ref())?;
        rows = frame.device().access_log(filter, SHOWN + 1)?;
    }
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    let devices = frame.device().logging_devices(frame.desk.now())?;
    let missing: Vec<Silent> = devices.iter().filter_map(|device| Silent::of(&frame, device)).collect();
    let mut children: Vec<Choice> = names
        .values()
        .map(|name| Choice {
            words: Typed::new(format!("{} ({})", name.name, frame.v("born", name.born))),
            chosen: name.id == asked.child,
            id: name.id.clone(),
        })
        .collect();
    children.sort_by(|a, b| a.words.cmp(&b.words));
    let mut people: Vec<Choice> = (frame.staff.directory.people.iter())
        .map(|facts| {
            let (id, unit) = (facts.person.to_hex(), frame.teller().team(&facts.team));
            let chosen = id == asked.person;
            Choice { words: Typed::new(format!("{} · {} · {unit}", facts.name, facts.profession)), id, chosen }
        })
        .collect();
    people.sort_by(|a, b| a.words.cmp(&b.words));
    let kinds = Access::ALL.iter().map(|access| {
        let id = access_word(*access).to_owned();
        Choice { words: Typed::new(frame.t(&id)), chosen: id == asked.kind, id }
    });
    let page = Page {
        kinds: kinds.collect(),
        children,
        people,
        lines: lines(&frame, &rows, &names),
        more,
        well: devices.len() - missing.len(),
        missing,
        error,
        asked,
        frame,
    };
    Ok(page.render()?)
}

fn extract(frame: Frame, asked: Asked, filter: &AccessFilter, rows: &[AccessRow]) -> Result<String, Trouble> {
    let names = names(&frame)?;
    let devices = frame.device().logging_devices(frame.desk.now())?;
    // An employee's own extract is about that employee; a family's names whom the municipality has decided to name.
    let named = filter.person.is_some() || frame.desk.options.employees_named;
    let extract = Extract {
        municipality: Typed::new(&frame.staff.directory.name),
        child: filter.child.and_then(|child| names.get(&child).cloned()),
        person: filter.person.map(|person| frame.person(&person, None)),
        now: frame.times.moment(frame.desk.now()),
        lines: lines(&frame, rows, &names),
        incomplete: devices.iter().filter(|device| is_missing(device)).count(),
        named,
        asked,
        frame,
    };
    Ok(extract.render()?)
}

fn names(frame: &Frame) -> Result<Names, Trouble> {
    let children = frame.device().access_children()?;
    Ok(children.iter().map(|child| (child.id, ChildName::new(child))).collect())
}

/// What one person did with one child's records within a short time is one line.
fn lines(frame: &Frame, rows: &[AccessRow], names: &Names) -> Vec<Line> {
    let mut grouped: Vec<(&AccessRow, BTreeMap<Option<Kind>, usize>)> = Vec::new();
    for row in rows {
        let same = |of: &AccessRow| {
            (of.person, of.device, of.access, of.child) == (row.person, row.device, row.access, row.child)
                && of.at.saturating_sub(row.at) <= GATHER
        };
        match grouped.iter_mut().rev().take(16).find(|(of, _)| same(of)) {
            Some((_, kinds)) => *kinds.entry(row.kind).or_default() += 1,
            None => grouped.push((row, BTreeMap::from([(row.kind, 1)]))),
        }
    }
    let said = |(row, kinds): (&AccessRow, BTreeMap<Option<Kind>, usize>)| {
        let what = kinds.into_iter().map(|(kind, n)| match (kind, n) {
            (Some(kind), 1) => frame.kind(Some(kind)),
            (Some(kind), n) => format!("{} × {n}", frame.kind(Some(kind))),
            (None, _) if matches!(row.access, Access::Audited | Access::Printed) => frame.t("access-log"),
            (None, _) => frame.t("access-list"),
        });
        Line {
            at: frame.times.moment(row.at),
            person: frame.person(&row.person, None),
            device: short(&row.device.to_hex()),
            access: frame.t(access_word(row.access)),
            what: what.collect::<Vec<_>>().join(", "),
            child: row.child.and_then(|child| names.get(&child).cloned()),
            nameless: row.child.is_some_and(|child| !names.contains_key(&child)),
        }
    };
    grouped.into_iter().map(said).collect()
}

fn is_missing(device: &LoggingDevice) -> bool {
    device.silent || device.missing > 0 || device.twice > 0
}

impl Silent {
    fn of(frame: &Frame, device: &LoggingDevice) -> Option<Self> {
        let mut words = Vec::new();
        if device.silent {
            words.push(match device.received_at {
                Some(at) => frame.v("access-silent-since", frame.times.moment(at).words),
                None => frame.t("access-silent-ever"),
            });
        }
        if device.missing > 0 {
            words.push(frame.n("access-missing", usize::try_from(device.missing).unwrap_or(usize::MAX)));
        }
        if device.twice > 0 {
            words.push(frame.n("access-twice", usize::try_from(device.twice).unwrap_or(usize::MAX)));
        }
        is_missing(device).then(|| Self {
            person: frame.person(&device.person, None),
            device: short(&device.device.to_hex()),
            until: device.until.map(|at| frame.times.moment(at)),
            words,
        })
    }
}

/// Enough of a device's id to tell one person's devices apart.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}
