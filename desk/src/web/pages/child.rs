//! *Barn*: one chronology per child, across professions. Corrections stand beside what they correct, answers under what they
//! answer.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use tvaers_core::kinds::Access;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::Row;
use tvaers_core::wire::ids::{ChildId, RecordId};

use super::Trouble;
use super::cover::Covering;
use super::entry::Entry;
use super::frame::{ChildName, Frame};
use super::restored::Restored;
use crate::web::assets::Glyph;
use crate::web::content::Block;

#[derive(Template)]
#[template(path = "child.html")]
struct Page {
    frame: Frame,
    child: Option<ChildName>,
    id: String,
    coordinator: Option<String>,
    /// True if it is the person's to hand over.
    held: bool,
    records: usize,
    unread: usize,
    professions: String,
    covers: Vec<Covering>,
    restored: Vec<Restored>,
    months: Vec<(String, Vec<Entry>)>,
    oldest_first: bool,
}

pub(super) fn page(frame: Frame, child: ChildId, oldest_first: bool) -> Result<String, Trouble> {
    let rows = frame.device().chronology(&child)?;
    if rows.is_empty() {
        return Err(Trouble::Unknown);
    }
    let mut entries = threads(&rows)
        .into_iter()
        .map(|(row, belonging)| Entry::with(&frame, row, &belonging))
        .collect::<Result<Vec<_>, _>>()?;
    if !oldest_first {
        entries.reverse();
    }
    // What was opened before stands open on the page: the log has it before it is shown.
    let shown: Vec<RecordId> = entries.iter().flat_map(Entry::shown).collect();
    let mut rng = rng::system();
    if frame.device().note_access(Access::Read, &shown, &Moment::new(frame.desk.now(), &mut rng))? {
        (frame.desk.options.saved)();
    }
    let professions: BTreeSet<String> = entries.iter().map(|entry| entry.author.profession.to_string()).collect();
    let coordinator = frame.device().coordinator(&child).map_err(|_| Trouble::Store)?;
    let unread = rows.iter().filter(|row| row.read_at.is_none() && !frame.is_me(&row.author)).count();
    let page = Page {
        child: frame.device().child(&child)?.as_ref().map(ChildName::new),
        id: child.to_hex(),
        coordinator: coordinator.map(|person| frame.teller().person(&person).to_string()),
        held: coordinator.as_ref().is_some_and(|person| frame.is_me(person)),
        records: rows.len(),
        unread,
        professions: professions.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", "),
        covers: Covering::all(&frame, &child)?,
        restored: Restored::all(&frame, Some(&child))?,
        months: by_month(&frame, entries),
        oldest_first,
        frame,
    };
    Ok(page.render()?)
}

/// Records that answer nothing here, in their order, each with all that belongs to it. Every row is somewhere exactly once.
fn threads(rows: &[Row]) -> Vec<(&Row, Vec<&Row>)> {
    let here: BTreeMap<RecordId, &Row> = rows.iter().map(|row| (row.record, row)).collect();
    let mut belonging: BTreeMap<RecordId, Vec<&Row>> = BTreeMap::new();
    let mut roots = Vec::new();
    for row in rows {
        let root = root(&here, row);
        if root == row.record {
            roots.push(row);
        } else {
            belonging.entry(root).or_default().push(row);
        }
    }
    roots.into_iter().map(|row| (row, belonging.remove(&row.record).unwrap_or_default())).collect()
}

/// What a record belongs to in the end. Answers going round in a circle (nobody honest can make them) end nowhere: each of
/// them then stands for itself.
fn root(here: &BTreeMap<RecordId, &Row>, row: &Row) -> RecordId {
    let (mut at, mut seen) = (row, BTreeSet::from([row.record]));
    while let Some(next) = at.answers.as_ref().and_then(|answered| here.get(answered)) {
        if !seen.insert(next.record) {
            return row.record;
        }
        at = next;
    }
    at.record
}

fn by_month(frame: &Frame, entries: Vec<Entry>) -> Vec<(String, Vec<Entry>)> {
    let mut months: Vec<(String, Vec<Entry>)> = Vec::new();
    for entry in entries {
        let month = frame.times.month_of(entry.occurred_at);
        match months.last_mut() {
            Some((last, entries)) if *last == month => entries.push(entry),
            _ => months.push((month, vec![entry])),
        }
    }
    months
}

#[cfg(test)]
mod tests {
    use super::{RecordId, Row, threads};
    use tvaers_core::wire::ids::PersonId;

    fn row(number: u8, answers: Option<u8>) -> Row {
        Row {
            record: RecordId::new([number; 32]),
            kind: None,
            child: None,
            author: PersonId::new([1; 16]),
            headline: String::new(),
            occurred_at: 0,
            recorded_at: 0,
            received_at: None,
            read_at: None,
            answers: answers.map(|number| RecordId::new([number; 32])),
            open: true,
            unconfirmed: false,
        }
    }

    fn shape(rows: &[Row]) -> Vec<(u8, Vec<u8>)> {
        let number = |row: &Row| row.record.as_bytes()[0];
        threads(rows).into_iter().map(|(root, rest)| (number(root), rest.into_iter().map(number).collect())).collect()
    }

    #[test]
    fn an_answer_to_an_answer_stands_in_the_same_thread() {
        let rows = [row(1, None), row(2, Some(1)), row(3, None), row(4, Some(2))];
        assert_eq!(shape(&rows), [(1, vec![2, 4]), (3, vec![])]);
    }

    #[test]
    fn an_answer_to_something_that_is_not_here_stands_for_itself() {
        assert_eq!(shape(&[row(1, Some(9))]), [(1, vec![])]);
    }

    #[test]
    fn a_circle_of_answers_loses_no_record() {
        let rows = [row(1, Some(2)), row(2, Some(1)), row(3, Some(3)), row(4, Some(1))];
        let mut all: Vec<u8> = shape(&rows).into_iter().flat_map(|(root, rest)| [vec![root], rest].concat()).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4]);
    }
}
