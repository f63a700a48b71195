//! Loads a scenario file. Its frame is all or nothing; children and events are each refused alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tvaers_core::kinds::Why;

use super::event::{self, Known};
use super::field::{Object, wrong_type};
use super::model::{Child, ChildIx, EventIx, Guardian, Loaded, Municipality, Person, PersonIx, Scenario, Unit, UnitIx};
use super::refusal::{Reason, Refused};
use super::settle;

/// Why a file is no scenario at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not JSON, or a part is missing.
    #[error("the file is not a scenario: municipality, units, people, children and events are needed, as JSON")]
    NotAScenario,
    /// The frame says something that cannot be.
    #[error("the scenario is refused: {part}[{at}]: {reason}")]
    Frame {
        /// `municipality`, `units` or `people`.
        part: &'static str,
        /// Its place there, from 0.
        at: usize,
        /// Why.
        reason: Reason,
    },
}

/// The most devices one person can have: each is a store of its own in the replay.
const MAX_DEVICES: u64 = 64;
/// The longest id, in bytes: person ids become file names.
const MAX_ID: usize = 64;

// Children and events stay unparsed: a broken escape or an impossible number spoils only the one that holds it.
#[derive(Deserialize)]
struct File<'a> {
    municipality: Value,
    units: Vec<Value>,
    people: Vec<Value>,
    #[serde(borrow)]
    children: Vec<&'a RawValue>,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// Parses a scenario.
///
/// # Errors
/// [`LoadError`] if the frame (municipality, units, people) cannot be used. A bad child or event is no error: it is
/// listed among the refused.
pub fn load(file: &[u8]) -> Result<Loaded, LoadError> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let file: File = serde_json::from_slice(file).map_err(|_| LoadError::NotAScenario)?;
    let municipality = municipality(&file.municipality).map_err(frame("municipality", 0))?;
    let mut ids = Ids::default();
    let units = all("units", &file.units, |value| {
        let unit = unit(value)?;
        ids.take(&unit.id).map(|()| unit)
    })?;
    let unit_ix: HashMap<String, UnitIx> =
        units.iter().enumerate().map(|(at, unit)| (unit.id.clone(), UnitIx(at))).collect();
    let people = all("people", &file.people, |value| {
        let person = person(value, &unit_ix)?;
        ids.take(&person.id).map(|()| person)
    })?;
    let person_ix = people.iter().enumerate().map(|(at, person)| (person.id.clone(), PersonIx(at))).collect();
    let (children, refused_children) = children(&file.children, &unit_ix);
    let child_ix = children.iter().enumerate().map(|(at, child)| (child.id.clone(), ChildIx(at))).collect();
    let mut scenario = Scenario { municipality, units, people, children, events: BTreeMap::new() };
    let known = Known { units: unit_ix, people: person_ix, children: child_ix, events: HashMap::new() };
    let refused = events(&file.events, &mut scenario, known);
    Ok(Loaded { scenario, refused, refused_children, total: file.events.len() })
}

fn events(file: &[&RawValue], scenario: &mut Scenario, mut known: Known) -> Vec<Refused> {
    let values: Vec<Option<Value>> = file.iter().map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    // Ids first: an event may cite a later one.
    let mut names = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let id = value.as_ref().and_then(Object::of).and_then(|object| id(object).ok());
        if let Some(id) = id {
            known.events.entry(id.to_owned()).or_insert(EventIx(at));
        }
        names.push(id.map_or_else(|| format!("events[{at}]"), str::to_owned));
    }
    let mut refused = BTreeMap::new();
    for (at, value) in values.iter().enumerate() {
        match event::parse(EventIx(at), value.as_ref(), &known, scenario) {
            Ok(event) => drop(scenario.events.insert(EventIx(at), event)),
            Err(reason) => drop(refused.insert(EventIx(at), reason)),
        }
    }
    let large = file.iter().enumerate().filter(|(_, raw)| raw.get().len() >= settle::TRIED);
    let large = large.map(|(at, _)| EventIx(at)).collect();
    settle::refuse_what_cannot_be_applied(scenario, &mut refused, &large);
    let named = |(ix, reason): (EventIx, Reason)| Some(Refused { id: names.get(ix.0)?.clone(), reason });
    refused.into_iter().filter_map(named).collect()
}

fn children(file: &[&RawValue], units: &HashMap<String, UnitIx>) -> (Vec<Child>, Vec<Refused>) {
    let (mut children, mut refused, mut ids) = (Vec::new(), Vec::new(), Ids::default());
    for (at, raw) in file.iter().enumerate() {
        let value: Option<Value> = serde_json::from_str(raw.get()).ok();
        let object = value.as_ref().and_then(Object::of);
        let name = object.and_then(|object| id(object).ok());
        let parsed = object.ok_or(Reason::Unreadable).and_then(|object| {
            ids.take(id(object)?)?;
            child(object, units)
        });
        match parsed {
            Ok(child) => children.push(child),
            Err(reason) => {
                refused.push(Refused { id: name.map_or_else(|| format!("children[{at}]"), str::to_owned), reason });
            }
        }
    }
    (children, refused)
}

fn municipality(value: &Value) -> Result<Municipality, Reason> {
    let object = Object::of(value).ok_or(Reason::Unreadable)?;
    Ok(Municipality { id: id(object)?.to_owned(), name: object.short("name")? })
}

fn unit(value: &Value) -> Result<Unit, Reason> {
    let object = Object::of(value).ok_or(Reason::Unreadable)?;
    Ok(Unit { id: id(object)?.to_owned(), name: object.short("name")?, kind: object.short("kind")? })
}

fn person(value: &Value, units: &HashMap<String, UnitIx>) -> Result<Person, Reason> {
    let object = Object::of(value).ok_or(Reason::Unreadable)?;
    let id = id(object)?;
    // It names a directory and a file; `..` and `/` must never get there.
    let safe = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if id.starts_with('.') || !id.chars().all(safe) {
        return Err(wrong_type("id"));
    }
    let devices = object.need("devices")?.as_u64().filter(|count| (0..=MAX_DEVICES).contains(count));
    Ok(Person {
        id: id.to_owned(),
        name: object.short("name")?,
        profession: object.short("profession")?,
        unit: *units.get(object.str("unit")?).ok_or(Reason::NoSuchUnit("unit"))?,
        devices: devices.and_then(|count| u16::try_from(count).ok()).ok_or(wrong_type("devices"))?,
    })
}

fn child(object: Object<'_>, units: &HashMap<String, UnitIx>) -> Result<Child, Reason> {
    let unit = object.str_or_none("unit")?.map(|unit| units.get(unit).copied().ok_or(Reason::NoSuchUnit("unit")));
    let guardians = if object.get("guardians").is_some() { object.items("guardians", guardian)? } else { Vec::new() };
    Ok(Child {
        id: id(object)?.to_owned(),
        given_name: object.short("given_name")?,
        family_name: object.short("family_name")?,
        birth_date: object.day("birth_date")?,
        unit: unit.transpose()?,
        guardians,
        cpr: object.short_or_none("cpr")?,
        language: object.short_or_none("language")?,
        interpreter: object.bool_or_none("interpreter")?.unwrap_or(false),
    })
}

fn guardian(value: &Value) -> Result<Guardian, Reason> {
    let object = Object::of(value).ok_or(wrong_type("guardians"))?;
    Ok(Guardian {
        name: object.short("name")?,
        relation: object.short_or_none("relation")?,
        custody: object.bool_or_none("custody")?.unwrap_or(false),
        address_protected: object.bool_or_none("address_protected")?.unwrap_or(false),
    })
}

pub(super) fn id(object: Object<'_>) -> Result<&str, Reason> {
    let id = object.str("id")?;
    if id.is_empty() {
        return Err(Reason::missing("id"));
    }
    if id.len() > MAX_ID {
        return Err(Reason::Field(Why::TooLong { limit: MAX_ID }.at("id")));
    }
    Ok(id)
}

fn all<T>(
    part: &'static str,
    values: &[Value],
    mut parse: impl FnMut(&Value) -> Result<T, Reason>,
) -> Result<Vec<T>, LoadError> {
    values.iter().enumerate().map(|(at, value)| parse(value).map_err(frame(part, at))).collect()
}

fn frame(part: &'static str, at: usize) -> impl FnOnce(Reason) -> LoadError {
    move |reason| LoadError::Frame { part, at, reason }
}

#[derive(Default)]
struct Ids(HashSet<String>);

impl Ids {
    fn take(&mut self, id: &str) -> Result<(), Reason> {
        if self.0.insert(id.to_owned()) { Ok(()) } else { Err(Reason::DuplicateId) }
    }
}
