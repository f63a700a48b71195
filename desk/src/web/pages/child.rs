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
use super::continued::Line;
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
    /// True if the person may let somebody in from now on.
    opens: bool,
    /// True if somebody is let in with the next contact.
    awaited: bool,
    out: Vec<String>,
    months: Vec<(String, Vec<Item>)>,
    oldest_first: bool,
}

/// What stands in a chronology.
enum Item {
    Record(Box<Entry>),
    Continued(Line),
}

impl Item {
    fn at(&self) -> i64 {
        match self {
            Self::Record(entry) => entry.occurred_at,
            Self::Continued(line) => line.at,
        }
    }
}

pub(super) fn page(frame: Frame, child: ChildId, oldest_first: bool) -> Result<String, Trouble> {
    let rows = frame.device().chronology(&child)?;
    if rows.is_empty() {
        return Err(Trouble::Unknown);
    }
    let entries = threads(&rows, &|record| frame.device().carried_on_in(record))?
        .into_iter()
        .map(|(row, belonging)| Entry::with(&frame, row, &belonging))
        .collect::<Result<Vec<_>, _>>()?;
    // What was opened before stands open on the page: the log has it before it is shown.
    let shown: Vec<RecordId> = entries.iter().flat_map(Entry::shown).collect();
    let mut rng = rng::system();
    if frame.device().note_access(Access::Read, &shown, &Moment::new(frame.desk.now(), &mut rng))? {
        (frame.desk.options.saved)();
    }
    let lines = Line::all(&frame, &child)?;
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
        opens: frame.device().may_continue(&child),
        awaited: frame.device().is_being_continued(&child)?,
        out: super::out::sentences(&frame, Some(&child)),
        months: by_month(&frame, items(entries, lines, oldest_first)),
        oldest_first,
        frame,
    };
    Ok(page.render()?)
}

/// Records, and between them where the case went on.
fn items(entries: Vec<Entry>, lines: Vec<Line>, oldest_first: bool) -> Vec<Item> {
    let records = entries.into_iter().map(|entry| Item::Record(Box::new(entry)));
    let mut items: Vec<Item> = records.chain(lines.into_iter().map(Item::Continued)).collect();
    items.sort_by_key(Item::at);
    if !oldest_first {
        items.reverse();
    }
    items
}

/// Records that answer nothing here, in their order, each with all that belongs to it. Every row is somewhere exactly once. What answers
/// a record that goes on in another one belongs to that.
fn threads<'r, E>(
    rows: &'r [Row],
    goes_on: &dyn Fn(&RecordId) -> Result<Option<RecordId>, E>,
) -> Result<Vec<(&'r Row, Vec<&'r Row>)>, E> {
    let mut here: BTreeMap<RecordId, &Row> = rows.iter().map(|row| (row.record, row)).collect();
    for row in rows {
        if let Some(carried) = &row.carried {
            here.entry(carried.record).or_insert(row);
        }
    }
    for answered in rows.iter().filter_map(|row| row.answers) {
        if !here.contains_key(&answered)
            && let Some(row) = goes_on(&answered)?.and_then(|next| here.get(&next).copied())
        {
            here.insert(answered, row);
        }
    }
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
    Ok(roots.into_iter().map(|row| (row, belonging.remove(&row.record).unwrap_or_default())).collect())
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

fn by_month(frame: &Frame, items: Vec<Item>) -> Vec<(String, Vec<Item>)> {
    let mut months: Vec<(String, Vec<Item>)> = Vec::new();
    for item in items {
        let month = frame.times.month_of(item.at());
        match months.last_mut() {
            Some((last, items)) if *last == month => items.push(item),
            _ => months.push((month, vec![item])),
        }
    }
    months
}

#[cfg(test)]
mod tests {
    use super::{RecordId, Row, threads};
    use tvaers_core::record::Carried;
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
            carried: None,
        }
    }

    fn shape(rows: &[Row]) -> Vec<(u8, Vec<u8>)> {
        let number = |row: &Row| row.record.as_bytes()[0];
        let threads = threads(rows, &|_| Ok::<_, ()>(None)).unwrap();
        threads.into_iter().map(|(root, rest)| (number(root), rest.into_iter().map(number).collect())).collect()
    }

    #[test]
    fn an_answer_to_an_answer_stands_in_the_same_thread() {
        let rows = [row(1, None), row(2, Some(1)), row(3, None), row(4, Some(2))];
        assert_eq!(shape(&rows), [(1, vec![2, 4]), (3, vec![])]);
    }

    #[test]
    fn an_answer_to_what_goes_on_in_another_record_stands_with_that() {
        let carries = Row {
            carried: Some(Carried { record: RecordId::new([9; 32]), author: PersonId::new([1; 16]) }),
            ..row(1, None)
        };
        assert_eq!(shape(&[carries, row(2, Some(9)), row(3, Some(8))]), [(1, vec![2]), (3, vec![])]);
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
