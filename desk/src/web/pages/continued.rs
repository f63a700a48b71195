//! Where a child's case went on in another circle, in its chronology: when, with whom, and what it means for whoever looks.

use tvaers_core::view::{Continued, Row};
use tvaers_core::wire::ids::ChildId;

use super::Trouble;
use super::frame::Frame;
use crate::web::time::Time;
use crate::web::typed::Typed;

/// One line between records.
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) when: Time,
    /// Who joined then.
    pub(super) joined: String,
    /// Who let them in.
    pub(super) by: Option<Typed>,
    /// True if whoever looks reads what was before, too.
    pub(super) read_before: bool,
}

impl Line {
    /// All of a child, oldest first.
    pub(super) fn all(frame: &Frame, child: &ChildId) -> Result<Vec<Self>, Trouble> {
        let line = |continued: Continued| {
            let names = continued.joined.iter().map(|person| frame.teller().person(person).to_string());
            Self {
                at: continued.at,
                when: frame.times.moment(continued.at),
                joined: names.collect::<Vec<_>>().join(", "),
                by: continued.by.map(|person| frame.teller().person(&person)),
                read_before: continued.read_before,
            }
        };
        Ok(frame.device().continued(child)?.into_iter().map(line).collect())
    }
}

/// Of a record that carries another one on.
pub(super) struct CarriedOver {
    /// Who did, and when.
    pub(super) by: Typed,
    pub(super) when: Time,
    /// The record before it, if whoever looks may see it.
    pub(super) earlier: Option<String>,
    /// That one says something else than what was carried over.
    pub(super) differs: bool,
}

impl CarriedOver {
    /// `None` if the record carries nothing on.
    pub(super) fn of(frame: &Frame, row: &Row) -> Result<Option<Self>, Trouble> {
        if row.carried.is_none() || !row.open {
            return Ok(None);
        }
        let earlier = frame.device().earlier(&row.record)?;
        Ok(earlier.map(|earlier| Self {
            by: frame.teller().person(&row.author),
            when: frame.times.moment(row.recorded_at),
            earlier: earlier.record.map(|record| record.to_hex()),
            differs: earlier.differs,
        }))
    }
}
