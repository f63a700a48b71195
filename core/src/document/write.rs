//! From the kinds' tree to an Automerge document: whole, or what has changed.

use automerge::transaction::Transactable;
use automerge::{AutomergeError, ObjId, ObjType, Prop, ReadDoc, ScalarValue, Value};

use crate::kinds::node::{Fields, Node};

/// How texts lie in the document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Strings replaced as a whole; empty texts, lists and maps are left out.
    Frozen,
    /// Texts in which several people can write; empty ones are there to be begun by two people at once.
    Living,
}

/// Characters that one edit may put into mergeable texts; each is an operation, and an update has a limit of them.
/// What is longer is written as one string.
const TEXT_BUDGET: usize = 30_000;

/// Changed characters up to which an edit is compared letter by letter; that takes the square of their number.
const DIFF_LIMIT: usize = 2_000;

/// Writes fields and changes of fields within one transaction.
pub(super) struct Writer<'t, T> {
    tx: &'t mut T,
    style: Style,
    budget: usize,
}

impl<'t, T: Transactable + ReadDoc> Writer<'t, T> {
    pub(super) fn new(tx: &'t mut T, style: Style) -> Self {
        Self { tx, style, budget: TEXT_BUDGET }
    }

    /// Everything, into an empty document.
    pub(super) fn all(&mut self, fields: &Fields) -> Result<(), AutomergeError> {
        self.fields(&ObjId::Root, fields, self.style)
    }

    /// Only what differs, so that what others write meanwhile stays.
    pub(super) fn difference(&mut self, before: &Fields, after: &Fields) -> Result<(), AutomergeError> {
        self.map_difference(&ObjId::Root, before, after)
    }

    fn fields(&mut self, object: &ObjId, fields: &Fields, style: Style) -> Result<(), AutomergeError> {
        for (name, node) in &fields.0 {
            if style == Style::Living || !is_empty(node) {
                self.put(object, name.as_ref(), node, style)?;
            }
        }
        Ok(())
    }

    /// One field, in place of what was there.
    pub(super) fn put(&mut self, object: &ObjId, name: &str, node: &Node, style: Style) -> Result<(), AutomergeError> {
        match self.object_type(node, style) {
            None => self.tx.put(object, name, scalar(node)),
            Some(kind) => {
                let made = self.tx.put_object(object, name, kind)?;
                self.fill(&made, node, style)
            }
        }
    }

    fn insert(&mut self, list: &ObjId, index: usize, node: &Node, style: Style) -> Result<(), AutomergeError> {
        match node {
            // An item of a list is replaced as a whole; only texts with a name of their own can be written together.
            Node::Prose(_) => self.tx.insert(list, index, scalar(node)),
            _ => match self.object_type(node, style) {
                None => self.tx.insert(list, index, scalar(node)),
                Some(kind) => {
                    let made = self.tx.insert_object(list, index, kind)?;
                    self.fill(&made, node, style)
                }
            },
        }
    }

    fn fill(&mut self, object: &ObjId, node: &Node, style: Style) -> Result<(), AutomergeError> {
        match node {
            Node::Map(fields) => self.fields(object, fields, style),
            // Replaced as a whole, so nothing in it needs to be mergeable.
            Node::Atom(fields) => self.fields(object, fields, Style::Frozen),
            Node::List(items) => {
                items.iter().enumerate().try_for_each(|(index, item)| self.insert(object, index, item, style))
            }
            Node::Prose(text) => self.tx.splice_text(object, 0, 0, text),
            _ => Ok(()),
        }
    }

    fn object_type(&mut self, node: &Node, style: Style) -> Option<ObjType> {
        match node {
            Node::Map(_) | Node::Atom(_) => Some(ObjType::Map),
            Node::List(_) => Some(ObjType::List),
            Node::Prose(text) if style == Style::Living && self.spend(text) => Some(ObjType::Text),
            _ => None,
        }
    }

    fn spend(&mut self, text: &str) -> bool {
        self.spend_on(text.chars().count())
    }

    fn spend_on(&mut self, operations: usize) -> bool {
        let affordable = operations <= self.budget;
        if affordable {
            self.budget -= operations;
        }
        affordable
    }

    fn map_difference(&mut self, object: &ObjId, before: &Fields, after: &Fields) -> Result<(), AutomergeError> {
        for (name, node) in &after.0 {
            match before.0.iter().find(|(key, _)| key == name) {
                Some((_, old)) if old == node => {}
                Some((_, old)) => self.value_difference(object, name.as_ref().into(), old, node)?,
                None => self.put(object, name, node, self.style)?,
            }
        }
        for (name, _) in &before.0 {
            if !after.0.iter().any(|(key, _)| key == name) {
                self.tx.delete(object, name.as_ref())?;
            }
        }
        Ok(())
    }

    fn value_difference(&mut self, at: &ObjId, prop: Prop, old: &Node, new: &Node) -> Result<(), AutomergeError> {
        let shown = self.tx.get(at, prop.clone())?;
        let object = shown.and_then(|(value, id)| matches!(value, Value::Object(_)).then_some(id));
        match (old, new, object) {
            (Node::Map(old), Node::Map(new), Some(object)) => self.map_difference(&object, old, new),
            (Node::List(old), Node::List(new), Some(object)) => self.list_difference(&object, old, new),
            (Node::Prose(old), Node::Prose(text), Some(object)) => match Stretch::between(old, text) {
                stretch if !self.spend_on(stretch.cost()) => self.tx.put(at, prop, scalar(new)),
                stretch if stretch.cost() > DIFF_LIMIT => stretch.splice(self.tx, &object),
                _ => self.tx.update_text(&object, text),
            },
            _ => match prop {
                Prop::Map(name) => match new {
                    // A text that was too long to be mergeable stays one string.
                    Node::Prose(_) => self.tx.put(at, name, scalar(new)),
                    _ => self.put(at, &name, new, self.style),
                },
                Prop::Seq(index) => {
                    self.tx.delete(at, index)?;
                    self.insert(at, index, new, self.style)
                }
            },
        }
    }

    fn list_difference(&mut self, list: &ObjId, old: &[Node], new: &[Node]) -> Result<(), AutomergeError> {
        let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let (old, new) = (&old[start..], &new[start..]);
        let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
        let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
        let common = old.len().min(new.len());
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            self.value_difference(list, Prop::Seq(start + index), old, new)?;
        }
        for _ in common..old.len() {
            self.tx.delete(list, start + common)?;
        }
        for (index, node) in new.iter().enumerate().skip(common) {
            self.insert(list, start + index, node, self.style)?;
        }
        Ok(())
    }
}

/// The stretch in which two texts differ, in characters.
struct Stretch<'a> {
    start: usize,
    removed: usize,
    inserted: &'a str,
}

impl<'a> Stretch<'a> {
    fn between(old: &str, new: &'a str) -> Self {
        let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new);
        let (start, bytes) = same.fold((0, 0), |(count, bytes), (letter, _)| (count + 1, bytes + letter.len_utf8()));
        let (old, new) = (&old[bytes..], &new[bytes..]);
        let same = old.chars().rev().zip(new.chars().rev()).take_while(|(old, new)| old == new);
        let end: usize = same.map(|(letter, _)| letter.len_utf8()).sum();
        Self { start, removed: old[..old.len() - end].chars().count(), inserted: &new[..new.len() - end] }
    }

    /// Operations it takes: one for each character.
    fn cost(&self) -> usize {
        self.removed + self.inserted.chars().count()
    }

    fn splice<T: Transactable>(&self, tx: &mut T, text: &ObjId) -> Result<(), AutomergeError> {
        tx.splice_text(text, self.start, isize::try_from(self.removed).unwrap_or(isize::MAX), self.inserted)
    }
}

pub(super) fn is_empty(node: &Node) -> bool {
    match node {
        Node::Prose(text) => text.is_empty(),
        Node::List(items) => items.is_empty(),
        Node::Map(fields) => fields.0.is_empty(),
        _ => false,
    }
}

pub(super) fn scalar(node: &Node) -> ScalarValue {
    match node {
        Node::Bool(yes) => ScalarValue::Boolean(*yes),
        Node::Int(number) => ScalarValue::Int(*number),
        Node::Bytes(bytes) => ScalarValue::Bytes(bytes.clone()),
        Node::Str(text) | Node::Prose(text) => ScalarValue::Str(text.as_str().into()),
        // Only called where `object_type` is `None`; lists and maps are always objects.
        Node::List(_) | Node::Map(_) | Node::Atom(_) => ScalarValue::Null,
    }
}
