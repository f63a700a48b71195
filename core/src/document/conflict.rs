//! Values that two people set without knowing of each other: shown side by side until a named person decides.

use automerge::transaction::Transaction;
use automerge::{Automerge, AutomergeError, ObjId, ReadDoc, ValueRef};

use super::actor::Actor;
use super::error::Rejected;
use super::guard::limits::MAX_CONCURRENT;
use super::tree;
use super::write::{Style, Writer};
use crate::kinds::node::{Fields, Node};
use crate::kinds::{Envelope, Kind};

/// One field with several concurrent values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The field's names from the record inwards; an item of a list by its place. `["decided"]` is the decided level.
    pub path: Vec<String>,
    /// The record as it would read with each of the values.
    pub choices: Vec<Choice>,
}

/// One of the concurrent values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The installation that set it.
    pub by: Actor,
    /// The record with this value in the field.
    pub record: Envelope,
}

/// Every field of the document that has several concurrent values.
pub(super) fn find(doc: &Automerge, kind: Kind) -> Result<Vec<Conflict>, Rejected> {
    let mut places = Vec::new();
    collect(doc, &ObjId::Root, &mut Vec::new(), &mut places);
    let shown = tree::read(doc)?;
    let mut found = Vec::new();
    for (object, path) in places {
        let mut choices = Vec::new();
        for (by, node) in values(doc, &object, &path)? {
            let mut fields = shown.clone();
            replace(&mut fields, &path, node);
            choices.push(Choice { by, record: Envelope::read_fields(kind, fields)? });
        }
        choices.sort_by_key(|choice| choice.by);
        found.push(Conflict { path, choices });
    }
    Ok(found)
}

/// The installation that set the shown value of a field, found by names from the record inwards.
pub(super) fn writer_of(doc: &Automerge, path: &[&str]) -> Option<Actor> {
    let mut object = ObjId::Root;
    for name in path {
        let (_, id) = doc.get(&object, *name).ok().flatten()?;
        object = id;
    }
    match object {
        ObjId::Id(_, actor, _) => Actor::from_id(&actor),
        ObjId::Root => None,
    }
}

/// The object, field and value that end a conflict.
pub(super) struct Settlement {
    object: ObjId,
    name: String,
    node: Node,
}

/// What this installation had set in the field, if the conflict is still there.
pub(super) fn settlement(doc: &Automerge, conflict: &Conflict, chosen: Actor) -> Result<Settlement, Rejected> {
    let mut places = Vec::new();
    collect(doc, &ObjId::Root, &mut Vec::new(), &mut places);
    let (object, path) = places.into_iter().find(|(_, path)| *path == conflict.path).ok_or(Rejected::NotApplied)?;
    let node = values(doc, &object, &path)?.into_iter().find(|(by, _)| *by == chosen).map(|(_, node)| node);
    let name = path.last().cloned().ok_or(Rejected::NotApplied)?;
    Ok(Settlement { object, name, node: node.ok_or(Rejected::NotApplied)? })
}

impl Settlement {
    pub(super) fn write(&self, tx: &mut Transaction<'_>) -> Result<(), AutomergeError> {
        Writer::new(tx, Style::Living).put(&self.object, &self.name, &self.node, Style::Living)
    }
}

// Items of a list are never overwritten, only taken out and put in; so conflicts are in maps.
fn collect(doc: &Automerge, object: &ObjId, path: &mut Vec<String>, places: &mut Vec<(ObjId, Vec<String>)>) {
    for item in doc.map_range(object, ..) {
        path.push(item.key.to_string());
        if item.conflict {
            places.push((object.clone(), path.clone()));
        }
        descend(doc, &item.value, &|| item.id(), path, places);
        path.pop();
    }
}

fn descend(
    doc: &Automerge,
    value: &ValueRef<'_>,
    id: &dyn Fn() -> ObjId,
    path: &mut Vec<String>,
    places: &mut Vec<(ObjId, Vec<String>)>,
) {
    match value {
        ValueRef::Object(automerge::ObjType::Map) => collect(doc, &id(), path, places),
        ValueRef::Object(automerge::ObjType::List) => {
            for item in doc.list_range(id(), ..) {
                path.push(item.index.to_string());
                descend(doc, &item.value, &|| item.id(), path, places);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Each concurrent value in a field, with the installation that set it.
fn values(doc: &Automerge, object: &ObjId, path: &[String]) -> Result<Vec<(Actor, Node)>, Rejected> {
    let name = path.last().ok_or(Rejected::NotApplied)?;
    let all = doc.get_all(object, name.as_str()).map_err(|_| Rejected::NotApplied)?;
    if all.len() > MAX_CONCURRENT {
        return Err(Rejected::Malformed("too many concurrent values"));
    }
    let mut values: Vec<(Actor, Node)> = Vec::with_capacity(all.len());
    for (value, id) in all {
        let ObjId::Id(_, actor, _) = &id else { continue };
        let by = Actor::from_id(actor).ok_or(Rejected::ForeignActor)?;
        // An installation knows its own earlier value and replaces it; two at once are made by hand.
        if values.iter().any(|(other, _)| *other == by) {
            return Err(Rejected::Malformed("an installation contradicts itself"));
        }
        values.push((by, tree::read_value(doc, &value, &id, path.len())?));
    }
    Ok(values)
}

fn replace(fields: &mut Fields, path: &[String], node: Node) {
    let Some((name, rest)) = path.split_first() else { return };
    let Some((_, place)) = fields.0.iter_mut().find(|(key, _)| key == name) else { return };
    replace_in(place, rest, node);
}

fn replace_in(place: &mut Node, path: &[String], node: Node) {
    match (path.split_first(), place) {
        (None, place) => *place = node,
        (Some(_), Node::Map(fields) | Node::Atom(fields)) => replace(fields, path, node),
        (Some((index, rest)), Node::List(items)) => {
            if let Some(item) = index.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                replace_in(item, rest, node);
            }
        }
        _ => {}
    }
}
