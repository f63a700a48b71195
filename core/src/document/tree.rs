//! From an Automerge document to the kinds' tree.

use automerge::{Automerge, ObjId, ObjType, ReadDoc, ScalarValue, ScalarValueRef, Value, ValueRef};

use super::error::Rejected;
use super::guard::limits::{MAX_DEPTH, MAX_FIELD, MAX_MERGED_TEXT};
use crate::kinds::node::{Fields, Node};

/// The fields of the whole document.
pub(super) fn read(doc: &Automerge) -> Result<Fields, Rejected> {
    Reader { doc }.map(&ObjId::Root, 1)
}

/// One value that is not shown because another one won, read like a shown one.
pub(super) fn read_value(doc: &Automerge, value: &Value<'_>, id: &ObjId, depth: usize) -> Result<Node, Rejected> {
    match value {
        Value::Object(kind) => Reader { doc }.value(ValueRef::Object(*kind), || id.clone(), depth),
        Value::Scalar(scalar) => scalar_value(scalar),
    }
}

/// A value that holds no other.
pub(super) fn scalar_value(scalar: &ScalarValue) -> Result<Node, Rejected> {
    match scalar {
        ScalarValue::Str(text) if text.len() > MAX_FIELD => Err(Rejected::ValueTooLong),
        ScalarValue::Str(text) => Ok(Node::Str(text.to_string())),
        ScalarValue::Bytes(bytes) => Ok(Node::Bytes(bytes.clone())),
        ScalarValue::Int(number) => Ok(Node::Int(*number)),
        ScalarValue::Boolean(yes) => Ok(Node::Bool(*yes)),
        _ => Err(Rejected::Malformed("value type")),
    }
}

struct Reader<'a> {
    doc: &'a Automerge,
}

impl Reader<'_> {
    fn map(&self, object: &ObjId, depth: usize) -> Result<Fields, Rejected> {
        let mut fields = Fields::default();
        for item in self.doc.map_range(object, ..) {
            let id = || item.id();
            let node = self.value(item.value.clone(), id, depth)?;
            fields.0.push((item.key.into_owned().into(), node));
        }
        Ok(fields)
    }

    fn list(&self, object: &ObjId, depth: usize) -> Result<Vec<Node>, Rejected> {
        let mut items = Vec::new();
        for item in self.doc.list_range(object, ..) {
            let id = || item.id();
            items.push(self.value(item.value.clone(), id, depth)?);
        }
        Ok(items)
    }

    fn value(&self, value: ValueRef<'_>, id: impl FnOnce() -> ObjId, depth: usize) -> Result<Node, Rejected> {
        match value {
            ValueRef::Scalar(scalar) => scalar_node(scalar),
            ValueRef::Object(_) if depth >= MAX_DEPTH => Err(Rejected::TooDeep),
            ValueRef::Object(ObjType::Map) => self.map(&id(), depth + 1).map(Node::Map),
            ValueRef::Object(ObjType::List) => self.list(&id(), depth + 1).map(Node::List),
            ValueRef::Object(ObjType::Text) => {
                let text = self.doc.text(id()).map_err(|_| Rejected::NotApplied)?;
                if text.len() > MAX_MERGED_TEXT { Err(Rejected::ValueTooLong) } else { Ok(Node::Prose(text)) }
            }
            ValueRef::Object(_) => Err(Rejected::Malformed("object type")),
        }
    }
}

fn scalar_node(scalar: ScalarValueRef<'_>) -> Result<Node, Rejected> {
    match scalar {
        ScalarValueRef::Str(text) if text.len() > MAX_FIELD => Err(Rejected::ValueTooLong),
        ScalarValueRef::Str(text) => Ok(Node::Str(text.into_owned())),
        ScalarValueRef::Bytes(bytes) => Ok(Node::Bytes(bytes.into_owned())),
        ScalarValueRef::Int(number) => Ok(Node::Int(number)),
        ScalarValueRef::Boolean(yes) => Ok(Node::Bool(yes)),
        _ => Err(Rejected::Malformed("value type")),
    }
}
