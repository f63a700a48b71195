//! The form in which kinds hand their fields to `document`: a small tree, free of any storage format.
//!
//! A type that can be a field says how it becomes a [`Node`] and how it is parsed from one; [`record!`] does so for a
//! struct field by field. `document` decides how nodes lie in a frozen or a living document.

use std::borrow::Cow;

use jiff::civil::Date;
use tvaers_wire::ids::{ChildId, DeviceId, PersonId, RecordId, TeamId};

use super::value::{ByPerson, FieldError, List, Score, Short, Text, Usefulness, Why};

/// One value in a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    /// Yes or no.
    Bool(bool),
    /// A number or a code.
    Int(i64),
    /// A string that is replaced as a whole.
    Str(String),
    /// A text that several people may write in at once, where the document is a living one.
    Prose(String),
    /// An identifier.
    Bytes(Vec<u8>),
    /// Items in order.
    List(Vec<Node>),
    /// Fields that may be changed one by one.
    Map(Fields),
    /// Fields that belong together: replaced as a whole, so that two decisions never mix.
    Atom(Fields),
}

/// Named values. Few, so a list is faster than a map.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(Cow<'static, str>, Node)>);

impl Fields {
    pub(crate) fn put(&mut self, name: &'static str, value: &impl Field) {
        if let Some(node) = value.write() {
            self.0.push((Cow::Borrowed(name), node));
        }
    }

    pub(crate) fn take<T: Field>(&mut self, name: &'static str) -> Result<T, FieldError> {
        let node = self.0.iter().position(|(key, _)| key == name).map(|at| self.0.swap_remove(at).1);
        T::read(node, name)
    }

    /// Whether a list in it is longer than one author may make it.
    pub(crate) fn has_overlong_list(&self) -> bool {
        self.0.iter().any(|(_, node)| node.has_overlong_list())
    }

    /// A field nobody took is one that the kind does not have.
    pub(crate) fn finish(self, inside: &'static str) -> Result<(), FieldError> {
        if self.0.is_empty() { Ok(()) } else { Err(Why::UnknownField.at(inside)) }
    }
}

impl Node {
    fn has_overlong_list(&self) -> bool {
        match self {
            Self::List(items) => items.len() > List::<()>::MAX_ITEMS || items.iter().any(Self::has_overlong_list),
            Self::Map(fields) | Self::Atom(fields) => fields.has_overlong_list(),
            _ => false,
        }
    }
}

/// A type that can be a field of a record.
pub(crate) trait Field: Sized {
    /// The node, or nothing for an absent value.
    fn write(&self) -> Option<Node>;
    /// Parses the node, or its absence.
    fn read(node: Option<Node>, field: &'static str) -> Result<Self, FieldError>;
}

/// A struct whose fields are all fields of a record.
pub(crate) trait Record: Sized {
    fn write_fields(&self, out: &mut Fields);
    fn read_fields(from: &mut Fields) -> Result<Self, FieldError>;
}

pub(crate) fn present(node: Option<Node>, field: &'static str) -> Result<Node, FieldError> {
    node.ok_or(Why::Missing.at(field))
}

pub(crate) fn read_record<T: Record>(mut fields: Fields, field: &'static str) -> Result<T, FieldError> {
    let value = T::read_fields(&mut fields)?;
    fields.finish(field)?;
    Ok(value)
}

impl Field for Text {
    fn write(&self) -> Option<Node> {
        Some(Node::Prose(self.as_str().to_owned()))
    }

    // Frozen documents leave out empty texts.
    fn read(node: Option<Node>, field: &'static str) -> Result<Self, FieldError> {
        match node {
            None => Ok(Self::default()),
            Some(Node::Str(text)) => Self::new(text).map_err(|why| why.at(field)),
            Some(Node::Prose(text)) => Self::merged(text).map_err(|why| why.at(field)),
            Some(_) => Err(Why::WrongType.at(field)),
        }
    }
}

/// An absent text is an empty one in a living document, so that two people can begin it at once.
impl Field for Option<Text> {
    fn write(&self) -> Option<Node> {
        Some(Node::Prose(self.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default()))
    }

    fn read(node: Option<Node>, field: &'static str) -> Result<Self, FieldError> {
        let text = Text::read(node, field)?;
        Ok(if text.as_str().is_empty() { None } else { Some(text) })
    }
}

impl<T: Field> Field for List<T> {
    fn write(&self) -> Option<Node> {
        Some(Node::List(self.iter().filter_map(Field::write).collect()))
    }

    fn read(node: Option<Node>, field: &'static str) -> Result<Self, FieldError> {
        match node {
            None => Ok(Self::default()),
            Some(Node::List(items)) => {
                let items = items.into_iter().map(|item| T::read(Some(item), field)).collect::<Result<Vec<_>, _>>()?;
                Self::merged(items).map_err(|why| why.at(field))
            }
            Some(_) => Err(Why::WrongType.at(field)),
        }
    }
}

impl<T: Field> Field for ByPerson<T> {
    fn write(&self) -> Option<Node> {
        let entry = |(person, value): (&PersonId, &T)| Some((Cow::Owned(person.to_hex()), value.write()?));
        Some(Node::Map(Fields(self.iter().filter_map(entry).collect())))
    }

    fn read(node: Option<Node>, field: &'static str) -> Result<Self, FieldError> {
        let fields = match node {
            None => return Ok(Self::default()),
            Some(Node::Map(fields)) => fields,
            Some(_) => return Err(Why::WrongType.at(field)),
        };
        let mut all = Self::default();
        for (key, value) in fields.0 {
            let person = PersonId::from_hex(&key).map_err(|_| Why::WrongType.at(field))?;
            // One spelling of a person: an upper-case key would be a second vote.
            if person.to_hex() != key {
                return Err(Why::WrongType.at(field));
            }
            all.set(person, T::read(Some(value), field)?).map_err(|why| why.at(field))?;
        }
        Ok(all)
    }
}

macro_rules! scalar {
    ($type:ty, |$value:ident| $write:expr, |$field:ident| { $($pattern:pat => $read:expr),+ $(,)? }) => {
        impl Field for $type {
            fn write(&self) -> Option<Node> {
                let $value = self;
                Some($write)
            }

            fn read(node: Option<Node>, $field: &'static str) -> Result<Self, FieldError> {
                match present(node, $field)? {
                    $($pattern => $read,)+
                    _ => Err(Why::WrongType.at($field)),
                }
            }
        }
        optional!($type);
    };
}

macro_rules! optional {
    ($type:ty) => {
        impl $crate::kinds::node::Field for Option<$type> {
            fn write(&self) -> Option<$crate::kinds::node::Node> {
                self.as_ref().and_then($crate::kinds::node::Field::write)
            }

            fn read(
                node: Option<$crate::kinds::node::Node>,
                field: &'static str,
            ) -> Result<Self, $crate::kinds::value::FieldError> {
                node.map(|node| $crate::kinds::node::Field::read(Some(node), field)).transpose()
            }
        }
    };
}
pub(crate) use optional;

macro_rules! id_field {
    ($($type:ty),+) => {$(
        scalar!($type, |id| Node::Bytes(id.as_bytes().to_vec()), |field| {
            Node::Bytes(bytes) => <$type>::from_slice(&bytes).map_err(|_| Why::WrongType.at(field)),
        });
    )+};
}

id_field!(PersonId, TeamId, ChildId, RecordId, DeviceId);
scalar!(Short, |text| Node::Str(text.as_str().to_owned()), |field| {
    Node::Str(text) => Short::new(text).map_err(|why| why.at(field)),
});
scalar!(bool, |yes| Node::Bool(*yes), |field| { Node::Bool(yes) => Ok(yes) });
scalar!(i64, |number| Node::Int(*number), |field| { Node::Int(number) => Ok(number) });
scalar!(Score, |score| Node::Int(score.get().into()), |field| {
    Node::Int(number) => Score::new(number).map_err(|why| why.at(field)),
});
scalar!(Usefulness, |score| Node::Int(score.get().into()), |field| {
    Node::Int(number) => Usefulness::new(number).map_err(|why| why.at(field)),
});
scalar!(Date, |date| Node::Str(date.to_string()), |field| {
    Node::Str(text) => {
        let date: Date = text.parse().map_err(|_| Why::NotADate.at(field))?;
        // One spelling of a day.
        if date.to_string() == text { Ok(date) } else { Err(Why::NotADate.at(field)) }
    },
});

/// Declares a struct whose fields are fields of a record, under their own names.
macro_rules! record {
    ($(#[doc = $doc:literal])* pub struct $name:ident { $($(#[doc = $fdoc:literal])* pub $field:ident: $type:ty,)* }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $($(#[doc = $fdoc])* pub $field: $type,)* }

        #[cfg(test)]
        impl $crate::kinds::described::Described for $name {
            const TABLE: $crate::kinds::described::Table = $crate::kinds::described::Table {
                name: stringify!($name),
                about: &[$($doc),*],
                rows: $crate::kinds::described::Rows::Fields(
                    &[$((stringify!($field), stringify!($type), &[$($fdoc),*]),)*]
                ),
            };
        }

        impl $crate::kinds::node::Record for $name {
            fn write_fields(&self, out: &mut $crate::kinds::node::Fields) {
                $(out.put(stringify!($field), &self.$field);)*
            }

            fn read_fields(
                from: &mut $crate::kinds::node::Fields,
            ) -> Result<Self, $crate::kinds::value::FieldError> {
                Ok(Self { $($field: from.take(stringify!($field))?,)* })
            }
        }
    };
}
pub(crate) use record;

/// Makes a record struct usable inside another one: as `Map` (changed field by field) or `Atom` (replaced whole).
macro_rules! nested {
    ($name:ident, $node:ident) => {
        #[cfg(test)]
        impl $crate::kinds::described::Nested for $name {
            const WHOLE: bool = matches!(stringify!($node).as_bytes(), b"Atom");
        }

        impl $crate::kinds::node::Field for $name {
            fn write(&self) -> Option<$crate::kinds::node::Node> {
                let mut fields = $crate::kinds::node::Fields::default();
                $crate::kinds::node::Record::write_fields(self, &mut fields);
                Some($crate::kinds::node::Node::$node(fields))
            }

            fn read(
                node: Option<$crate::kinds::node::Node>,
                field: &'static str,
            ) -> Result<Self, $crate::kinds::value::FieldError> {
                match $crate::kinds::node::present(node, field)? {
                    $crate::kinds::node::Node::Map(fields) | $crate::kinds::node::Node::Atom(fields) => {
                        $crate::kinds::node::read_record(fields, field)
                    }
                    _ => Err($crate::kinds::value::Why::WrongType.at(field)),
                }
            }
        }
        $crate::kinds::node::optional!($name);
    };
}
pub(crate) use nested;

/// Declares an enum with stable codes, written as numbers. A code is never given to another meaning.
macro_rules! codes {
    ($(#[doc = $doc:literal])* pub enum $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $code:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $vdoc])* $variant,)+ }

        #[cfg(test)]
        impl $crate::kinds::described::Described for $name {
            const TABLE: $crate::kinds::described::Table = $crate::kinds::described::Table {
                name: stringify!($name),
                about: &[$($doc),*],
                rows: $crate::kinds::described::Rows::Codes(&[$(($code, stringify!($variant), &[$($vdoc),*]),)+]),
            };
        }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable code.
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The value with this code, if this version knows it.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::kinds::node::Field for $name {
            fn write(&self) -> Option<$crate::kinds::node::Node> {
                Some($crate::kinds::node::Node::Int(self.code().into()))
            }

            fn read(
                node: Option<$crate::kinds::node::Node>,
                field: &'static str,
            ) -> Result<Self, $crate::kinds::value::FieldError> {
                match $crate::kinds::node::present(node, field)? {
                    $crate::kinds::node::Node::Int(code) => u8::try_from(code)
                        .ok()
                        .and_then(Self::from_code)
                        .ok_or($crate::kinds::value::Why::UnknownCode.at(field)),
                    _ => Err($crate::kinds::value::Why::WrongType.at(field)),
                }
            }
        }
        $crate::kinds::node::optional!($name);
    };
}
pub(crate) use codes;
