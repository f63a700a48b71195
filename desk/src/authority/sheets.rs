//! The holders' sheets: printed as pages, and typed back.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use askama::Template;
use qrcode::EcLevel;
use tvaers_core::authority::{LINES, Office, Sheet, SheetError, WORDS_PER_LINE, fingerprint};
use zeroize::Zeroizing;

use super::console::Console;
use super::output;
use super::say::{Sentence, authority, day, grouped, hex};

/// One page of paper.
#[derive(Template)]
#[template(path = "sheet.html")]
struct Page<'a> {
    municipality: &'a str,
    holder: &'a str,
    number: u8,
    of: usize,
    date: String,
    split: String,
    fingerprint: String,
    authority: String,
    words: [[&'static str; WORDS_PER_LINE]; LINES],
    code: &'a str,
    qr: String,
}

/// Sheets that lie in files until they are printed and checked. They are wiped when this is dropped, whatever happened.
pub(super) struct Printed {
    dir: PathBuf,
    made: bool,
    files: Vec<PathBuf>,
}

impl Printed {
    /// Writes a page for each holder.
    pub(super) fn write(dir: &Path, office: &Office, sheets: &[Sheet]) -> Result<Self, Sentence> {
        let failed = |why: std::io::Error| Sentence::of("sheets-failed").with("dir", dir.display()).with("why", why);
        let made = !dir.exists();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(failed)?;
        let mut printed = Self { dir: dir.to_owned(), made, files: Vec::new() };
        for sheet in sheets {
            let page = page(office, sheet)?;
            let path = dir.join(file_name(sheet.number()));
            let file = output::create(&path).map_err(failed)?;
            // From here on it is wiped, even if it is filled only in part.
            printed.files.push(path);
            output::fill(file, page.as_bytes()).map_err(failed)?;
        }
        Ok(printed)
    }

    /// Where they lie.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        self.files.iter().for_each(|file| wipe(file));
        if self.made {
            // Somebody may have put a file of their own there meanwhile; then it stays.
            let _ = fs::remove_dir(&self.dir);
        }
    }
}

/// Removes what a ceremony left that was cut off: its office never was. True if there was something.
pub(super) fn clear(dir: &Path) -> bool {
    let left: Vec<_> = (1..=3).map(|number| dir.join(file_name(number))).filter(|file| file.exists()).collect();
    left.iter().for_each(|file| wipe(file));
    !left.is_empty()
}

fn file_name(number: u8) -> String {
    format!("noegleark-{number}.html")
}

/// Overwrites and removes. On flash memory the old bytes may stay in spare cells: the manual says where to put these files.
fn wipe(file: &Path) {
    if let (Ok(meta), Ok(mut open)) = (fs::metadata(file), OpenOptions::new().write(true).open(file)) {
        let zeros = vec![0; usize::try_from(meta.len()).unwrap_or_default()];
        let _ = open.write_all(&zeros).and_then(|()| open.sync_all());
    }
    let _ = fs::remove_file(file);
}

fn page(office: &Office, sheet: &Sheet) -> Result<Zeroizing<String>, Sentence> {
    let recovery = office.recovery();
    let holder = recovery.holders.iter().find(|holder| holder.sheet == sheet.number());
    let code = sheet.code();
    let page = Page {
        municipality: office.name(),
        holder: holder.map_or("", |holder| &holder.name),
        number: sheet.number(),
        of: recovery.holders.len(),
        date: day(recovery.since),
        split: hex(&sheet.split().0),
        fingerprint: grouped(&fingerprint(&recovery.keys.kem).0),
        authority: authority(&office.in_force()),
        words: sheet.words(),
        code: &code,
        qr: output::picture(&output::qr(&code, EcLevel::Q)?),
    };
    page.render().map(Zeroizing::new).map_err(|_| Sentence::of("sheet-code"))
}

/// Reads a sheet that somebody types line by line, or whose code is pasted. At a terminal a slip is told and the line asked for
/// again; elsewhere it ends the command.
pub(super) fn typed(
    console: &Console<'_>,
    heading: &Sentence,
    check: impl Fn(&Sheet) -> Result<(), SheetError>,
) -> Result<Sheet, Sentence> {
    loop {
        console.say(heading);
        match whole(console).and_then(|sheet| Ok(check(&sheet).map(|()| sheet)?)) {
            Ok(sheet) => {
                if console.attended {
                    // The words must not stay on the screen, nor be found by scrolling back.
                    console.line("\u{1b}[2J\u{1b}[3J\u{1b}[H");
                }
                console.say(&Sentence::of("sheet-good").with("number", sheet.number()));
                return Ok(sheet);
            }
            Err(sentence) if console.attended && sentence.key != "input-ended" => console.tell(&sentence),
            Err(sentence) => return Err(sentence),
        }
    }
}

/// Two holders type their sheets of the split in force.
pub(super) fn two(console: &Console<'_>, office: &Office) -> Result<[Sheet; 2], Sentence> {
    let first = typed(console, &Sentence::of("drill-first"), |sheet| office.takes(sheet))?;
    let second = typed(console, &Sentence::of("drill-second"), |sheet| {
        office.takes(sheet)?;
        if sheet.number() == first.number() { Err(SheetError::Twice) } else { Ok(()) }
    })?;
    Ok([first, second])
}

/// Every holder reads their own sheet from the paper.
pub(super) fn read_back(console: &Console<'_>, office: &Office, made: &[Sheet]) -> Result<(), Sentence> {
    for (holder, own) in office.recovery().holders.iter().zip(made) {
        let heading = Sentence::of("init-read-back").with("holder", &holder.name).with("number", own.number());
        typed(console, &heading, |sheet| match sheet {
            sheet if sheet == own => Ok(()),
            sheet if sheet.split() != own.split() => Err(SheetError::OtherSplit),
            _ => Err(SheetError::OtherHolder),
        })?;
    }
    Ok(())
}

fn whole(console: &Console<'_>) -> Result<Sheet, Sentence> {
    let mut text = Zeroizing::new(String::new());
    let mut line = 1;
    while line <= LINES {
        let typed =
            console.answer(&Sentence::of(if line == 1 { "ask-first-line" } else { "ask-line" }).count("line", line))?;
        if typed.trim().is_empty() {
            continue;
        }
        if Sheet::is_code(&typed) {
            return Ok(Sheet::read(&typed)?);
        }
        match Sheet::check_line(line, &typed) {
            Ok(()) => {
                text.push_str(&typed);
                text.push('\n');
                line += 1;
            }
            Err(error) if console.attended => console.tell(&error.into()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Sheet::read(&text)?)
}
