//! Values that cannot be wrong: a text is never too long, a score never off its scale, a list never endless.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use tvaers_wire::ids::PersonId;

/// Why a value was not accepted. The sentence is for people; [`Why::code`] is stable and can be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A required field is absent.
    #[error("it must be filled in")]
    Missing,
    /// The text has too many bytes.
    #[error("it is too long: at most {limit} bytes")]
    TooLong {
        /// The most bytes allowed (UTF-8).
        limit: usize,
    },
    /// The list has too many items.
    #[error("it has too many items: at most {limit}")]
    TooMany {
        /// The most items allowed.
        limit: usize,
    },
    /// The number is off the scale.
    #[error("it must be a whole number from {from} to {to}")]
    OutOfRange {
        /// Lowest value.
        from: i64,
        /// Highest value.
        to: i64,
    },
    /// Not a calendar date.
    #[error("it is not a date")]
    NotADate,
    /// A code that this version does not know.
    #[error("this version does not know the value")]
    UnknownCode,
    /// A value of another type than the field holds.
    #[error("it is not the kind of value that belongs here")]
    WrongType,
    /// A field that the kind does not have.
    #[error("this kind of record has no such field")]
    UnknownField,
    /// The field contradicts another one.
    #[error("it does not fit with the other fields")]
    Contradiction,
}

impl Why {
    /// Stable code, for translation.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong { .. } => "too-long",
            Self::TooMany { .. } => "too-many",
            Self::OutOfRange { .. } => "out-of-range",
            Self::NotADate => "not-a-date",
            Self::UnknownCode => "unknown-code",
            Self::WrongType => "wrong-type",
            Self::UnknownField => "unknown-field",
            Self::Contradiction => "contradiction",
        }
    }

    /// Says which field it was.
    pub const fn at(self, field: &'static str) -> FieldError {
        FieldError { field, why: self }
    }
}

/// A field that was not accepted, and why. Never holds what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct FieldError {
    /// The field's name in code.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: Why,
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $limit:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(String);

        impl $name {
            /// The most bytes (UTF-8).
            pub const MAX_BYTES: usize = $limit;

            /// Takes any text that is not too long, as it is: NUL, HTML and control characters included.
            ///
            /// # Errors
            /// [`Why::TooLong`].
            pub fn new(text: impl Into<String>) -> Result<Self, Why> {
                let text = text.into();
                if text.len() > Self::MAX_BYTES {
                    return Err(Why::TooLong { limit: Self::MAX_BYTES });
                }
                Ok(Self(text))
            }

            /// `None` for a text without a single character.
            ///
            /// # Errors
            /// [`Why::TooLong`].
            pub fn optional(text: impl Into<String>) -> Result<Option<Self>, Why> {
                Self::new(text).map(|text| if text.0.is_empty() { None } else { Some(text) })
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            pub fn into_string(self) -> String {
                self.0
            }

            /// Whether nothing but white space was written.
            pub fn is_blank(&self) -> bool {
                self.0.trim().is_empty()
            }
        }

        impl fmt::Debug for $name {
            // What a person wrote never reaches a log, not even by accident.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}

text!(
    /// What somebody wrote: at most 256 KiB. In a living record two people can write in it at once.
    Text,
    256 * 1024
);
text!(
    /// A name or a word chosen from a list that the municipality may extend: at most 1 KiB.
    Short,
    1024
);

macro_rules! scale {
    ($(#[$doc:meta])* $name:ident, $from:literal, $to:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u8);

        impl $name {
            /// The value, if it is on the scale.
            ///
            /// # Errors
            /// [`Why::OutOfRange`].
            pub fn new(value: i64) -> Result<Self, Why> {
                let refused = Why::OutOfRange { from: $from, to: $to };
                if !($from..=$to).contains(&value) {
                    return Err(refused);
                }
                u8::try_from(value).map(Self).map_err(|_| refused)
            }

            /// The number.
            pub const fn get(self) -> u8 {
                self.0
            }
        }
    };
}

scale!(
    /// A rating from 0 to 10: baseline, measure, the child's own rating.
    Score, 0, 10
);
scale!(
    /// How useful a meeting was, from 1 to 5.
    Usefulness, 1, 5
);

/// How far a value may outgrow its limit where several people have added to it, each within the limit: refusing what
/// they wrote would part their documents for ever.
const MERGED: usize = 4;

impl Text {
    /// A text that several people have written in.
    pub(crate) fn merged(text: String) -> Result<Self, Why> {
        if text.len() > Self::MAX_BYTES * MERGED {
            return Err(Why::TooLong { limit: Self::MAX_BYTES });
        }
        Ok(Self(text))
    }
}

/// A list of at most 256 items; more only where several people have added to it at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

impl<T> List<T> {
    /// The most items.
    pub const MAX_ITEMS: usize = 256;

    /// The list, if it is not too long.
    ///
    /// # Errors
    /// [`Why::TooMany`].
    pub fn new(items: Vec<T>) -> Result<Self, Why> {
        if items.len() > Self::MAX_ITEMS {
            return Err(Why::TooMany { limit: Self::MAX_ITEMS });
        }
        Ok(Self(items))
    }

    /// A list that several people have added to.
    pub(crate) fn merged(items: Vec<T>) -> Result<Self, Why> {
        if items.len() > Self::MAX_ITEMS * MERGED {
            return Err(Why::TooMany { limit: Self::MAX_ITEMS });
        }
        Ok(Self(items))
    }

    /// Adds an item at the end.
    ///
    /// # Errors
    /// [`Why::TooMany`]; the list is unchanged.
    pub fn push(&mut self, item: T) -> Result<(), Why> {
        if self.0.len() >= Self::MAX_ITEMS {
            return Err(Why::TooMany { limit: Self::MAX_ITEMS });
        }
        self.0.push(item);
        Ok(())
    }

    /// Takes out the item at this place.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        (index < self.0.len()).then(|| self.0.remove(index))
    }

    /// The item at this place, to be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.0.get_mut(index)
    }

    /// The items, owned.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// At most one value of each person; at most 256 persons. Two persons' values never collide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByPerson<T>(BTreeMap<PersonId, T>);

impl<T> ByPerson<T> {
    /// The most persons.
    pub const MAX_PERSONS: usize = 256;

    /// Sets what this person says, in place of what the person said before.
    ///
    /// # Errors
    /// [`Why::TooMany`]; nothing is changed.
    pub fn set(&mut self, person: PersonId, value: T) -> Result<(), Why> {
        if self.0.len() >= Self::MAX_PERSONS && !self.0.contains_key(&person) {
            return Err(Why::TooMany { limit: Self::MAX_PERSONS });
        }
        self.0.insert(person, value);
        Ok(())
    }
}

impl<T> Default for ByPerson<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Deref for ByPerson<T> {
    type Target = BTreeMap<PersonId, T>;

    fn deref(&self) -> &BTreeMap<PersonId, T> {
        &self.0
    }
}
