//! A child's case that goes on in another circle, shown as one history: when it went on and with whom, what is written in the old one
//! since, and what somebody who reads from now on is not shown.

use std::collections::HashSet;

use tvaers_wire::ids::{ChildId, PersonId, RecordId};

use super::rows::Row;
use crate::circle::Purpose;
use crate::client::{ClientError, Device};
use crate::kinds::{Content, Envelope, Kind};
use crate::store::{continued, records, shares};

/// A child's case went on in another circle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Continued {
    /// When, by the clock of whoever signed it, Unix milliseconds.
    pub at: i64,
    /// Who let them in.
    pub by: Option<PersonId>,
    /// Who joined then: persons, teams taken apart. Of somebody who cannot read what was before: only whoever asks.
    pub joined: Vec<PersonId>,
    /// True if whoever asks reads what was before, too.
    pub read_before: bool,
}

/// What a living record began with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// The record before it, if it is here.
    pub record: Option<RecordId>,
    /// It says something else than what was carried over: somebody wrote there without knowing, or two values stand in it.
    pub differs: bool,
}

impl Device {
    /// When the child's case went on in another circle, oldest first.
    ///
    /// # Errors
    /// A store error.
    pub fn continued(&self, child: &ChildId) -> Result<Vec<Continued>, ClientError> {
        let known = self.known();
        let mut all = Vec::new();
        for circle in known.circles.values().filter(|circle| circle.purpose == Some(Purpose::Case(*child))) {
            if !known.is_continuation(circle) {
                continue;
            }
            let before: Vec<_> = circle.continues.circles.iter().filter_map(|id| known.circles.get(id)).collect();
            let before: Vec<_> = before.into_iter().filter(|before| before.purpose.is_some()).collect();
            let read_before = !before.is_empty();
            let joined = if read_before {
                let earlier: HashSet<PersonId> = before.iter().flat_map(|one| known.persons_in(&one.log)).collect();
                let first = circle.log.past.iter().filter(|(at, ..)| *at == 0).map(|(_, member, _)| member);
                known.persons_behind(first).into_iter().filter(|person| !earlier.contains(person)).collect()
            } else {
                vec![self.person()]
            };
            let by = circle.log.epochs.first().and_then(|epoch| known.vouched.person(&epoch.drawn_by));
            all.push(Continued { at: circle.continues.at.unwrap_or_default(), by, joined, read_before });
        }
        drop(known);
        all.sort_by_key(|continued| continued.at);
        Ok(all)
    }

    /// True if somebody is to be let into the child's case at the next contact.
    ///
    /// # Errors
    /// A store error.
    pub fn is_being_continued(&self, child: &ChildId) -> Result<bool, ClientError> {
        self.store().read(|conn| {
            let mut wanted = continued::wanted(conn)?.into_iter().filter(|wanted| wanted.child == *child);
            Ok(wanted.any(|wanted| !wanted.wanted.with.is_empty()))
        })
    }

    /// True if this person manages the child's case, and so may let somebody in.
    pub fn may_continue(&self, child: &ChildId) -> bool {
        !self.open_cases(&self.known(), child).is_empty()
    }

    /// The records of the child's case that somebody who joins may be shown: all that lie in it, each as it is called now.
    ///
    /// # Errors
    /// A store error.
    pub fn showable(&self, child: &ChildId) -> Result<Vec<Row>, ClientError> {
        let rows = self.chronology(child)?;
        let known = self.known();
        let mut shown = Vec::new();
        for row in rows.into_iter().filter(|row| row.open && row.kind.is_some_and(Kind::is_of_a_case)) {
            let in_case = self.store().read(|conn| {
                let Some(id) = records::row(conn, &row.record)? else { return Ok(false) };
                let places = shares::places(conn, id)?;
                let case = |place: &i64| {
                    known.at_row(*place).is_some_and(|circle| circle.purpose == Some(Purpose::Case(*child)))
                };
                Ok::<_, ClientError>(places.iter().any(case))
            })?;
            if in_case {
                shown.push(row);
            }
        }
        Ok(shown)
    }

    /// What a record began with; `None` if it carries nothing on.
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`] if the record is not here, or a store error.
    pub fn earlier(&self, record: &RecordId) -> Result<Option<Earlier>, ClientError> {
        self.store().read(|conn| {
            let row = records::row(conn, record)?.ok_or(ClientError::UnknownRecord)?;
            let facts = records::get(conn, row)?;
            let Some(carried) = facts.carried else { return Ok(None) };
            let kind = Kind::from_code(facts.kind).ok_or(ClientError::UnknownRecord)?;
            let before = records::row(conn, &carried.record)?;
            let Some(before) = before.filter(|before| records::is_open(conn, *before).unwrap_or(false)) else {
                return Ok(Some(Earlier { record: None, differs: false }));
            };
            let (old, _) = self.living(conn, before, kind)?;
            let (new, _) = self.living(conn, row, kind)?;
            let differs = old.view()? != new.at_first()? || !old.conflicts()?.is_empty();
            Ok(Some(Earlier { record: Some(carried.record), differs }))
        })
    }

    /// The record that carries this one on, as far as that is known here.
    ///
    /// # Errors
    /// A store error.
    pub fn carried_on_in(&self, record: &RecordId) -> Result<Option<RecordId>, ClientError> {
        let known = self.known();
        self.store().read(|conn| {
            let Some(row) = records::row(conn, record)? else { return Ok(None) };
            let last = self.last_carried(conn, &known, row)?;
            Ok(if last == row { None } else { Some(records::get(conn, last)?.id) })
        })
    }

    /// The records that are cited here and that somebody who reads a case from now on is not shown. None for anybody else: for them what
    /// is missing may still come.
    ///
    /// # Errors
    /// A store error.
    pub fn not_shared(&self, child: &ChildId, cited: &[RecordId]) -> Result<usize, ClientError> {
        if cited.is_empty() || self.continued(child)?.iter().all(|continued| continued.read_before) {
            return Ok(0);
        }
        self.store().read(|conn| {
            let mut missing = 0;
            for record in cited {
                let here = records::row(conn, record)?.is_some() || !continued::carriers(conn, record)?.is_empty();
                missing += usize::from(!here);
            }
            Ok(missing)
        })
    }

    /// Leaves out what another record here carries on.
    pub(super) fn without_carried(&self, rows: Vec<Row>) -> Result<Vec<Row>, ClientError> {
        let known = self.known();
        self.store().read(|conn| {
            let any: bool = conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE carries IS NOT NULL)")?
                .query_row([], |row| row.get(0))?;
            if !any {
                return Ok(rows);
            }
            let mut left = Vec::with_capacity(rows.len());
            for row in rows {
                let living = row.kind.is_some_and(Kind::is_living);
                let id = if living { records::row(conn, &row.record)? } else { None };
                let carried = match id {
                    Some(id) => self.carried_on(conn, &known, id)?.is_some(),
                    None => false,
                };
                if !carried {
                    left.push(row);
                }
            }
            Ok(left)
        })
    }
}

/// The records that a record names.
pub fn cited(envelope: &Envelope) -> Vec<RecordId> {
    match &envelope.content {
        Content::Concern(concern) => concern.observations.iter().copied().collect(),
        Content::Analysis(analysis) => analysis.evidence.iter().copied().collect(),
        Content::Notification(notification) => {
            notification.records.iter().chain(&notification.concern).copied().collect()
        }
        Content::Disclosure(disclosure) => disclosure.records.iter().copied().collect(),
        Content::Amendment(amendment) => vec![amendment.of],
        Content::Reply(reply) => vec![reply.to],
        Content::Measure(measure) => vec![measure.intervention],
        _ => Vec::new(),
    }
}
