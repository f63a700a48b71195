//! A table that people make in a spreadsheet: CSV (RFC 4180) in UTF-8, with `;` or `,` and a line of headings. Every fault is told by
//! its line and column; with one fault nothing is taken.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::console::Console;
use super::say::Sentence;

/// The longest file: fifty thousand people with long names.
const MAX_LEN: usize = 16 * 1024 * 1024;
/// So many faults are shown: enough to see what kind they are.
const FAULTS: usize = 50;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A column, and the headings it goes by: the first is what it is called here.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) names: &'static [&'static str],
    pub(super) needed: bool,
}

/// Reads the lines, each by `row`, which is given its fields in the order of the columns and the number of the line.
pub(super) fn read<const N: usize, T>(
    bytes: &[u8],
    columns: &[Column; N],
    mut row: impl FnMut([&str; N], usize) -> Result<T, Vec<Sentence>>,
) -> Result<Vec<T>, Vec<Sentence>> {
    let text = decode(bytes).map_err(|fault| vec![fault])?;
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.matches(';').count() >= first.matches(',').count() { b';' } else { b',' };
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut records = reader.records();
    let Some(Ok(headings)) = records.next() else { return Err(vec![Sentence::of("list-empty")]) };
    let places = find(&headings, columns).map_err(|fault| vec![fault])?;

    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut place = Place { at: 0, line: 1 };
    for record in records {
        let Ok(record) = record else {
            faults.push(Sentence::of("list-broken"));
            break;
        };
        let line = place.line_of(text, &record);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if record.len() != headings.len() {
            let fault = Sentence::of("list-fields").with("line", line);
            faults.push(fault.count("found", record.len()).count("expected", headings.len()));
            continue;
        }
        let fields = places.map(|place| place.and_then(|at| record.get(at)).unwrap_or_default().trim());
        match row(fields, line) {
            Ok(row) => rows.push(row),
            Err(found) => faults.extend(found),
        }
    }
    if rows.is_empty() && faults.is_empty() {
        faults.push(Sentence::of("list-empty"));
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

/// Tells the faults of a table, and that nothing of it was taken.
pub(super) fn refused(console: &Console<'_>, faults: &[Sentence], file: &Path) -> Sentence {
    faults.iter().take(FAULTS).for_each(|fault| console.tell(fault));
    Sentence::of("list-refused").count("n", faults.len()).with("file", file.display())
}

/// A fault in one field.
pub(super) fn fault(key: &'static str, line: usize, column: Column) -> Sentence {
    Sentence::of(key).with("line", line).with("column", column.names.first().copied().unwrap_or_default())
}

/// A word from the file, fit to be shown in a terminal.
pub(super) fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Where each column stands in a line.
fn find<const N: usize>(headings: &StringRecord, columns: &[Column; N]) -> Result<[Option<usize>; N], Sentence> {
    let headings: Vec<String> = headings.iter().map(|heading| heading.trim().to_lowercase()).collect();
    if headings.iter().any(|heading| heading.contains("cpr")) {
        return Err(Sentence::of("list-cpr"));
    }
    let mut places = [None; N];
    for (place, column) in places.iter_mut().zip(columns) {
        let mut found = headings.iter().enumerate().filter(|(_, heading)| column.names.contains(&heading.as_str()));
        *place = found.next().map(|(at, _)| at);
        let about = |key| Sentence::of(key).with("column", column.names.first().copied().unwrap_or_default());
        if found.next().is_some() {
            return Err(about("list-heading-twice"));
        }
        if place.is_none() && column.needed {
            return Err(about("list-heading-missing"));
        }
    }
    Ok(places)
}

/// How far the lines have been counted.
struct Place {
    at: usize,
    line: usize,
}

impl Place {
    /// The line on which a record begins, as an editor counts. The reader's own count stops before the empty lines that it skips.
    fn line_of(&mut self, text: &str, record: &StringRecord) -> usize {
        let at = record.position().and_then(|place| usize::try_from(place.byte()).ok()).unwrap_or_default();
        let rest = text.get(at..).unwrap_or_default();
        let start = at + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        self.line += text.get(self.at..start).unwrap_or_default().matches('\n').count();
        self.at = start;
        self.line
    }
}

/// UTF-8 without its mark, or where it stops being that.
fn decode(bytes: &[u8]) -> Result<&str, Sentence> {
    if bytes.len() > MAX_LEN {
        return Err(Sentence::of("list-large"));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"PK") {
        return Err(Sentence::of("list-not-utf8-at-all"));
    }
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let place = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() + 1;
        Sentence::of("list-not-utf8").count("line", line).count("place", place)
    })
}
