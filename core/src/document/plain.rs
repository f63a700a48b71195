//! From the one change of a frozen document to the kinds' tree and back, operation by operation.
//!
//! Nothing in a frozen document replaces or merges anything, so each operation is one value and stands where it says. A document
//! that is built to be read or written this way once takes four times as long, and when read would have to be searched for values that
//! it hides.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ObjType};

use super::actor::Actor;
use super::error::Rejected;
use super::guard::limits::MAX_DEPTH;
use super::tree::scalar_value;
use super::write::{is_empty, scalar};
use crate::kinds::node::{Fields, Node};

/// The root is object 0; any other is named by the number of the operation that makes it, and operations are numbered from 1.
const ROOT: u64 = 0;

enum Object {
    Map(BTreeMap<String, Value>),
    /// The items and the operation that made the last one.
    List(Vec<Value>, u64),
}

enum Value {
    Leaf(Node),
    Object(u64),
}

/// The fields of a change that builds on nothing.
pub(super) fn read(change: &Change) -> Result<Fields, Rejected> {
    let mut objects = BTreeMap::from([(ROOT, Object::Map(BTreeMap::new()))]);
    for (op, number) in change.decode().operations.into_iter().zip(1..) {
        place(&mut objects, op, number)?;
    }
    match node(&mut objects, Value::Object(ROOT), 0)? {
        Node::Map(fields) => Ok(fields),
        _ => Err(Rejected::Malformed("object type")),
    }
}

/// Puts the value of an operation where it belongs.
fn place(objects: &mut BTreeMap<u64, Object>, op: Op, number: u64) -> Result<(), Rejected> {
    if !op.pred.is_empty() {
        return Err(Rejected::Malformed("a frozen document replaces nothing"));
    }
    let (value, made) = match op.action {
        OpType::Put(scalar) => (Value::Leaf(scalar_value(&scalar)?), None),
        OpType::Make(ObjType::Map) => (Value::Object(number), Some(Object::Map(BTreeMap::new()))),
        OpType::Make(ObjType::List) => (Value::Object(number), Some(Object::List(Vec::new(), ROOT))),
        _ => return Err(Rejected::Malformed("object type")),
    };
    let parent = match &op.obj {
        ObjectId::Root => ROOT,
        ObjectId::Id(id) => id.counter(),
    };
    match (objects.get_mut(&parent), op.key, op.insert) {
        (Some(Object::Map(fields)), Key::Map(key), false) => {
            if fields.insert(key.into(), value).is_some() {
                return Err(Rejected::Malformed("a hidden value"));
            }
        }
        (Some(Object::List(items, last)), Key::Seq(after), true) => {
            let after = match after {
                ElementId::Head => ROOT,
                ElementId::Id(id) => id.counter(),
            };
            if after != *last {
                return Err(Rejected::Malformed("order of a list"));
            }
            items.push(value);
            *last = number;
        }
        _ => return Err(Rejected::Malformed("place of a value")),
    }
    if let Some(object) = made {
        objects.insert(number, object);
    }
    Ok(())
}

/// The value with everything in it; `depth` is that of the object around it, 0 outside of the document.
fn node(objects: &mut BTreeMap<u64, Object>, value: Value, depth: usize) -> Result<Node, Rejected> {
    let object = match value {
        Value::Leaf(node) => return Ok(node),
        Value::Object(_) if depth >= MAX_DEPTH => return Err(Rejected::TooDeep),
        Value::Object(object) => objects.remove(&object),
    };
    let depth = depth + 1;
    match object {
        Some(Object::Map(fields)) => {
            let fields = fields.into_iter().map(|(key, value)| Ok((key.into(), node(objects, value, depth)?)));
            Ok(Node::Map(Fields(fields.collect::<Result<_, Rejected>>()?)))
        }
        Some(Object::List(items, _)) => {
            let items = items.into_iter().map(|value| node(objects, value, depth));
            Ok(Node::List(items.collect::<Result<_, _>>()?))
        }
        None => Err(Rejected::NotApplied),
    }
}

/// The change that says these fields and builds on nothing. Empty texts, lists and maps are left out.
pub(super) fn write(fields: &Fields, actor: Actor, time_ms: i64) -> Change {
    let mut writer = Writer { actor: actor.id(), operations: Vec::new() };
    writer.fields(&ObjectId::Root, fields);
    let Writer { actor, operations } = writer;
    ExpandedChange {
        operations,
        actor_id: actor,
        hash: None,
        seq: 1,
        start_op: NonZeroU64::MIN,
        time: time_ms,
        message: None,
        deps: Vec::new(),
        extra_bytes: Vec::new(),
        author: None,
    }
    .into()
}

struct Writer {
    actor: ActorId,
    operations: Vec<Op>,
}

impl Writer {
    fn fields(&mut self, map: &ObjectId, fields: &Fields) {
        for (name, node) in fields.0.iter().filter(|(_, node)| !is_empty(node)) {
            self.value(map, (Key::Map(name.as_ref().into()), false), node);
        }
    }

    /// One value with everything in it, and how its operation is named.
    fn value(&mut self, object: &ObjectId, (key, insert): (Key, bool), node: &Node) -> OpId {
        let action = match node {
            Node::Map(_) | Node::Atom(_) => OpType::Make(ObjType::Map),
            Node::List(_) => OpType::Make(ObjType::List),
            _ => OpType::Put(scalar(node)),
        };
        self.operations.push(Op { action, obj: object.clone(), key, pred: Vec::new().into(), insert });
        let made = OpId::new(self.operations.len() as u64, &self.actor);
        let inside = ObjectId::Id(made.clone());
        match node {
            Node::Map(fields) | Node::Atom(fields) => self.fields(&inside, fields),
            Node::List(items) => {
                let mut after = ElementId::Head;
                for item in items {
                    after = ElementId::Id(self.value(&inside, (Key::Seq(after), true), item));
                }
            }
            _ => {}
        }
        made
    }
}
