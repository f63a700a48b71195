//! One line of a list: inbox, search, what has not been sent.

use tvaers_core::kinds::Envelope;
use tvaers_core::view::Row;

use super::Trouble;
use super::frame::{ChildName, Frame, Person};
use crate::web::time::Time;
use crate::web::typed::Typed;

/// A record in one line. Looking at it is not reading it.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) unread: bool,
    /// False while only its summary has been opened.
    pub(super) open: bool,
    pub(super) child: Option<ChildName>,
    pub(super) kind: String,
    pub(super) words: Typed,
    pub(super) author: Person,
    pub(super) occurred: Time,
    pub(super) arrived: Option<Time>,
}

impl Line {
    pub(super) fn new(frame: &Frame, row: &Row) -> Result<Self, Trouble> {
        let envelope = opened(frame, row)?;
        let then = envelope.as_ref().map(|envelope| (envelope.profession.as_str(), envelope.unit.as_ref()));
        let occurred = match &envelope {
            Some(envelope) => frame.times.occurred(&envelope.occurred),
            None => frame.times.moment(row.occurred_at),
        };
        let child = match (&envelope, &row.child) {
            (Some(envelope), _) => envelope.about.clone(),
            (None, Some(child)) => frame.device().child(child)?,
            (None, None) => None,
        };
        Ok(Self {
            id: row.record.to_hex(),
            unread: row.read_at.is_none() && !frame.is_me(&row.author),
            open: row.open,
            child: child.as_ref().map(ChildName::new),
            kind: frame.kind(row.kind),
            words: Typed::new(&row.headline),
            author: frame.person(&row.author, then),
            occurred,
            arrived: row.received_at.map(|at| frame.times.moment(at)),
        })
    }

    pub(super) fn all(frame: &Frame, rows: &[Row]) -> Result<Vec<Self>, Trouble> {
        rows.iter().map(|row| Self::new(frame, row)).collect()
    }
}

/// What an opened record says; one that this version cannot read stands in its list all the same.
pub(super) fn opened(frame: &Frame, row: &Row) -> Result<Option<Envelope>, Trouble> {
    if !row.open || row.kind.is_none() {
        return Ok(None);
    }
    Ok(Some(frame.device().envelope(&row.record)?))
}
