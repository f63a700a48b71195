//! The HR system's list: CSV (RFC 4180) in UTF-8, with `;` or `,`. Every fault is told by its line and column; with one fault
//! nothing is taken.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use tvaers_core::authority::{Office, Role, Row, TEXT};

use super::say::Sentence;

/// The longest file: fifty thousand people with long names.
const MAX_LEN: usize = 16 * 1024 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A column of the list, and the headings it goes by.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("number", &["medarbejdernummer", "medarbejdernr", "medarbejdernr.", "number", "employee number"]),
    ("name", &["navn", "name"]),
    ("profession", &["profession", "faggruppe", "stilling"]),
    ("unit", &["enhed", "unit", "afdeling"]),
    ("role", &["rolle", "role"]),
];

/// Where each column stands in a line; the role's may be missing.
struct Places([Option<usize>; 5]);

/// Reads the list against what the office knows.
pub(super) fn read(bytes: &[u8], office: &Office) -> Result<Vec<Row>, Vec<Sentence>> {
    let text = decode(bytes).map_err(|fault| vec![fault])?;
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.matches(';').count() >= first.matches(',').count() { b';' } else { b',' };
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut records = reader.records();
    let Some(Ok(headings)) = records.next() else { return Err(vec![Sentence::of("list-empty")]) };
    let places = Places::find(&headings).map_err(|fault| vec![fault])?;

    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
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
        match places.row(&record, line, office) {
            Ok(row) => {
                if let Some(earlier) = lines.insert(row.number.clone(), line) {
                    let fault = fault("list-duplicate", line, "number").with("earlier", earlier);
                    faults.push(fault);
                }
                rows.push(row);
            }
            Err(found) => faults.extend(found),
        }
    }
    if rows.is_empty() && faults.is_empty() {
        faults.push(Sentence::of("list-empty"));
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
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

impl Places {
    fn find(headings: &StringRecord) -> Result<Self, Sentence> {
        let headings: Vec<String> = headings.iter().map(|heading| heading.trim().to_lowercase()).collect();
        if headings.iter().any(|heading| heading.contains("cpr")) {
            return Err(Sentence::of("list-cpr"));
        }
        let mut places = [None; 5];
        for (place, (column, names)) in places.iter_mut().zip(COLUMNS) {
            let mut found = headings.iter().enumerate().filter(|(_, heading)| names.contains(&heading.as_str()));
            *place = found.next().map(|(at, _)| at);
            if found.next().is_some() {
                return Err(Sentence::of("list-heading-twice").with("column", names[0]));
            }
            if place.is_none() && column != "role" {
                return Err(Sentence::of("list-heading-missing").with("column", names[0]));
            }
        }
        Ok(Self(places))
    }

    fn row(&self, record: &StringRecord, line: usize, office: &Office) -> Result<Row, Vec<Sentence>> {
        let [number, name, profession, unit, role] =
            self.0.map(|place| place.and_then(|at| record.get(at)).unwrap_or_default().trim());
        let mut faults = Vec::new();
        for (text, (column, _)) in [number, name, profession, unit].into_iter().zip(COLUMNS) {
            if text.is_empty() {
                faults.push(fault("list-field-empty", line, column));
            } else if text.len() > TEXT || text.chars().any(char::is_control) {
                faults.push(fault("list-field-text", line, column));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let known = office.profession(profession);
        if known.is_none() {
            faults.push(fault("list-unknown-profession", line, "profession").with("value", profession));
        }
        let team = office.unit(unit);
        match team {
            None => faults.push(fault("list-unknown-unit", line, "unit").with("value", unit)),
            Some(team) if !team.open => faults.push(fault("list-closed-unit", line, "unit").with("value", unit)),
            Some(_) => {}
        }
        let mut roles = Vec::new();
        for word in role.split(['+', '/', '|']).map(str::trim).filter(|word| !word.is_empty()) {
            match Role::from_word(word) {
                Some(role) => roles.push(role),
                None => faults.push(fault("list-unknown-role", line, "role").with("value", shown(word))),
            }
        }
        match (known, team) {
            (Some(profession), Some(team)) if faults.is_empty() => Ok(Row {
                number: number.to_owned(),
                name: name.to_owned(),
                profession: profession.to_owned(),
                unit: team.team,
                roles,
            }),
            _ => Err(faults),
        }
    }
}

/// A fault in one field, by the heading that stands for its column here.
fn fault(key: &'static str, line: usize, column: &str) -> Sentence {
    let heading = COLUMNS.iter().find(|(known, _)| *known == column).map_or(column, |(_, names)| names[0]);
    Sentence::of(key).with("line", line).with("column", heading)
}

/// A word from the file, fit to be shown in a terminal.
fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}
