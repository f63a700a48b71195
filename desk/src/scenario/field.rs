//! Reads fields of an object that anybody may have written: each answer is a typed value or the reason why not.

use jiff::civil::Date;
use serde_json::{Map, Value};
use tvaers_core::kinds::{List, Score, Short, Text, Why};

use super::clock;
use super::refusal::Reason;

/// An object of the file. A null field is an absent one.
#[derive(Clone, Copy)]
pub(super) struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    pub(super) fn get(self, field: &'static str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn need(self, field: &'static str) -> Result<&'a Value, Reason> {
        self.get(field).ok_or(Reason::missing(field))
    }

    pub(super) fn str(self, field: &'static str) -> Result<&'a str, Reason> {
        string(self.need(field)?, field)
    }

    pub(super) fn str_or_none(self, field: &'static str) -> Result<Option<&'a str>, Reason> {
        self.get(field).map(|value| string(value, field)).transpose()
    }

    pub(super) fn text(self, field: &'static str) -> Result<Text, Reason> {
        text(self.str(field)?, field)
    }

    /// An empty text says nothing.
    pub(super) fn text_or_none(self, field: &'static str) -> Result<Option<Text>, Reason> {
        self.str_or_none(field)?.filter(|text| !text.is_empty()).map(|value| text(value, field)).transpose()
    }

    pub(super) fn short(self, field: &'static str) -> Result<Short, Reason> {
        short(self.str(field)?, field)
    }

    pub(super) fn short_or_none(self, field: &'static str) -> Result<Option<Short>, Reason> {
        self.str_or_none(field)?.map(|value| short(value, field)).transpose()
    }

    pub(super) fn bool(self, field: &'static str) -> Result<bool, Reason> {
        self.need(field)?.as_bool().ok_or(wrong_type(field))
    }

    pub(super) fn bool_or_none(self, field: &'static str) -> Result<Option<bool>, Reason> {
        self.get(field).map(|value| value.as_bool().ok_or(wrong_type(field))).transpose()
    }

    pub(super) fn score(self, field: &'static str) -> Result<Score, Reason> {
        score(self.need(field)?, field)
    }

    pub(super) fn score_or_none(self, field: &'static str) -> Result<Option<Score>, Reason> {
        self.get(field).map(|value| score(value, field)).transpose()
    }

    pub(super) fn day(self, field: &'static str) -> Result<Date, Reason> {
        clock::parse_day(self.str(field)?).map_err(|why| why.at(field).into())
    }

    pub(super) fn day_or_none(self, field: &'static str) -> Result<Option<Date>, Reason> {
        self.str_or_none(field)?.map(|value| clock::parse_day(value).map_err(|why| why.at(field).into())).transpose()
    }

    /// Every item of a list, each parsed.
    pub(super) fn items<T>(
        self,
        field: &'static str,
        item: impl FnMut(&'a Value) -> Result<T, Reason>,
    ) -> Result<Vec<T>, Reason> {
        let items = self.need(field)?.as_array().ok_or(wrong_type(field))?;
        // Before the items are parsed: an endless list costs nothing.
        if items.len() > List::<T>::MAX_ITEMS {
            return Err(Why::TooMany { limit: List::<T>::MAX_ITEMS }.at(field).into());
        }
        items.iter().map(item).collect()
    }

    pub(super) fn texts(self, field: &'static str) -> Result<List<Text>, Reason> {
        list(self.items(field, |item| text(string(item, field)?, field))?, field)
    }

    pub(super) fn shorts(self, field: &'static str) -> Result<List<Short>, Reason> {
        list(self.items(field, |item| short(string(item, field)?, field))?, field)
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(self, field: &'static str, words: &[(&str, T)]) -> Result<T, Reason> {
        let value = self.str(field)?;
        let found = words.iter().find(|(word, _)| *word == value);
        found.map(|(_, meaning)| *meaning).ok_or(Reason::Field(Why::UnknownCode.at(field)))
    }
}

pub(super) const fn wrong_type(field: &'static str) -> Reason {
    Reason::Field(Why::WrongType.at(field))
}

pub(super) fn string<'a>(value: &'a Value, field: &'static str) -> Result<&'a str, Reason> {
    value.as_str().ok_or(wrong_type(field))
}

pub(super) fn short(value: &str, field: &'static str) -> Result<Short, Reason> {
    Short::new(value).map_err(|why| why.at(field).into())
}

fn text(value: &str, field: &'static str) -> Result<Text, Reason> {
    Text::new(value).map_err(|why| why.at(field).into())
}

fn list<T>(items: Vec<T>, field: &'static str) -> Result<List<T>, Reason> {
    List::new(items).map_err(|why| why.at(field).into())
}

/// A whole number, whether written `4` or `4.0`.
fn score(value: &Value, field: &'static str) -> Result<Score, Reason> {
    let number = value.as_number().ok_or(wrong_type(field))?;
    // Off every scale, so that the answer names the scale.
    let whole = (-1..=100).find(|whole| number.as_f64() == Some(f64::from(*whole))).unwrap_or(-1);
    Score::new(whole.into()).map_err(|why| why.at(field).into())
}
