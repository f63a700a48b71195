//! `sharing`: who may be sent what, and on what lawful basis. A table that a jurist keeps in a spreadsheet.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use tvaers_core::authority::KINDS;
use tvaers_core::directory::{BASIS, Sharing as Rule, standard};

use super::console::Console;
use super::retention::{all_words, known, word};
use super::say::Sentence;
use super::table::{self, Column, fault, shown};

const FROM: Column = Column { names: &["fra", "from"], needed: true };
const TO: Column = Column { names: &["til", "to"], needed: true };
const KIND: Column = Column { names: &["registrering", "art", "record"], needed: true };
const LAWFUL: Column = Column { names: &["hjemmel", "basis"], needed: true };

/// Every kind.
const ANY: &str = "*";

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Sharing {
    /// Print the rules in force, as the table that `set` takes
    List,
    /// Let the rules be those of this table, and deny everything else
    Set {
        /// CSV in UTF-8 with the headings fra, til, registrering, hjemmel; several kinds with + between, or * for all
        file: PathBuf,
    },
    /// Go back to the rules that hold where a municipality has set none
    Standard,
}

pub(super) fn run(console: &Console<'_>, command: &Sharing) -> Result<(), Sentence> {
    match command {
        Sharing::List => {
            let (_file, office) = console.open()?;
            if office.own_sharing().is_none() {
                console.tell(&Sentence::of("sharing-standard"));
            }
            table_of(office.sharing()).lines().for_each(|line| console.line(line));
            Ok(())
        }
        Sharing::Set { file } => set(console, file),
        Sharing::Standard => console.change(|office, by| {
            show_difference(console, office.sharing(), standard());
            office.set_sharing(None, by)
        }),
    }
}

fn set(console: &Console<'_>, file: &Path) -> Result<(), Sentence> {
    let bytes = std::fs::read(file).map_err(|_| Sentence::of("list-unreadable").with("file", file.display()))?;
    let rules = table::read(&bytes, &[FROM, TO, KIND, LAWFUL], rule);
    let rules = rules.map_err(|faults| table::refused(console, &faults, file))?;
    console.change(|office, by| {
        show_difference(console, office.sharing(), &rules);
        office.set_sharing(Some(rules), by)
    })
}

fn rule([from, to, kinds, basis]: [&str; 4], line: usize) -> Result<Rule, Vec<Sentence>> {
    let mut faults = Vec::new();
    let mut units = |typed: &str, column| {
        named(typed, |word| {
            let found = KINDS.iter().find(|kind| **kind == word).map(|kind| (*kind).to_owned());
            found.ok_or_else(|| {
                fault("sharing-unknown-unit", line, column).with("value", shown(word)).with("kinds", KINDS.join(", "))
            })
        })
        .unwrap_or_else(|found| {
            faults.extend(if found.is_empty() { vec![fault("list-field-empty", line, column)] } else { found });
            Vec::new()
        })
    };
    let (from, to) = (units(from, FROM), units(to, TO));
    let kinds = named(kinds, |word| match known(word) {
        Ok(kind) => Ok(kind.code()),
        Err(_) => Err(fault("sharing-unknown-kind", line, KIND).with("value", shown(word)).with("kinds", all_words())),
    })
    .unwrap_or_else(|found| {
        faults.extend(if found.is_empty() { vec![fault("list-field-empty", line, KIND)] } else { found });
        Vec::new()
    });
    if basis.is_empty() {
        faults.push(fault("list-field-empty", line, LAWFUL));
    } else if basis.len() > BASIS || basis.chars().any(char::is_control) {
        faults.push(fault("list-field-text", line, LAWFUL));
    }
    if faults.is_empty() { Ok(Rule { from, to, kinds, basis: basis.to_owned() }) } else { Err(faults) }
}

/// The kinds that a cell names; none of them for all. An empty list of faults: the cell is empty.
fn named<T>(cell: &str, mut known: impl FnMut(&str) -> Result<T, Sentence>) -> Result<Vec<T>, Vec<Sentence>> {
    if cell == ANY {
        return Ok(Vec::new());
    }
    let cell = cell.to_lowercase();
    let words = cell.split(['+', '/', '|']).map(str::trim).filter(|word| !word.is_empty());
    let (mut out, mut faults) = (Vec::new(), Vec::new());
    for word in words {
        match known(word) {
            Ok(one) => out.push(one),
            Err(fault) => faults.push(fault),
        }
    }
    if out.is_empty() || !faults.is_empty() { Err(faults) } else { Ok(out) }
}

/// What the rules before and after differ in; the order alone is told by the table.
fn show_difference(console: &Console<'_>, before: &[Rule], after: &[Rule]) {
    let row = |rule: &Rule| table_of(std::slice::from_ref(rule)).lines().nth(1).unwrap_or_default().to_owned();
    before.iter().filter(|rule| !after.contains(rule)).for_each(|rule| console.line(&format!("  - {}", row(rule))));
    after.iter().filter(|rule| !before.contains(rule)).for_each(|rule| console.line(&format!("  + {}", row(rule))));
}

/// The rules as the table that is read.
fn table_of(rules: &[Rule]) -> String {
    let cell = |words: Vec<String>| if words.is_empty() { ANY.to_owned() } else { words.join("+") };
    let mut out = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    let mut row = |fields: [&str; 4]| out.write_record(fields).unwrap_or_default();
    row([FROM, TO, KIND, LAWFUL].map(|column| column.names.first().copied().unwrap_or_default()));
    for rule in rules {
        let kinds = rule.kinds.iter().map(|code| word(*code)).collect();
        row([&cell(rule.from.clone()), &cell(rule.to.clone()), &cell(kinds), &rule.basis]);
    }
    out.flush().unwrap_or_default();
    out.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
