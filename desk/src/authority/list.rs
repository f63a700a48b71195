//! The HR system's list, against what the office knows.

use std::collections::BTreeMap;

use tvaers_core::authority::{Office, Role, Row, TEXT};

use super::say::Sentence;
use super::table::{self, Column, fault, shown};

const NUMBER: Column = Column {
    names: &["medarbejdernummer", "medarbejdernr", "medarbejdernr.", "number", "employee number"],
    needed: true,
};
const NAME: Column = Column { names: &["navn", "name"], needed: true };
const PROFESSION: Column = Column { names: &["profession", "faggruppe", "stilling"], needed: true };
const UNIT: Column = Column { names: &["enhed", "unit", "afdeling"], needed: true };
const ROLE: Column = Column { names: &["rolle", "role"], needed: false };

/// Reads the list. A number stands on it once.
pub(super) fn read(bytes: &[u8], office: &Office) -> Result<Vec<Row>, Vec<Sentence>> {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    table::read(bytes, &[NUMBER, NAME, PROFESSION, UNIT, ROLE], |fields, line| {
        let row = row(fields, line, office)?;
        match lines.insert(row.number.clone(), line) {
            Some(earlier) => Err(vec![fault("list-duplicate", line, NUMBER).with("earlier", earlier)]),
            None => Ok(row),
        }
    })
}

fn row([number, name, profession, unit, role]: [&str; 5], line: usize, office: &Office) -> Result<Row, Vec<Sentence>> {
    let mut faults = Vec::new();
    for (text, column) in [(number, NUMBER), (name, NAME), (profession, PROFESSION), (unit, UNIT)] {
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
        faults.push(fault("list-unknown-profession", line, PROFESSION).with("value", profession));
    }
    let team = office.unit(unit);
    match team {
        None => faults.push(fault("list-unknown-unit", line, UNIT).with("value", unit)),
        Some(team) if !team.open => faults.push(fault("list-closed-unit", line, UNIT).with("value", unit)),
        Some(_) => {}
    }
    let mut roles = Vec::new();
    for word in role.split(['+', '/', '|']).map(str::trim).filter(|word| !word.is_empty()) {
        match Role::from_word(word) {
            Some(role) => roles.push(role),
            None => {
                let unknown = fault("list-unknown-role", line, ROLE).with("value", shown(word));
                faults.push(unknown.with("roles", Role::words()));
            }
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
