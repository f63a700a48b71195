//! `status`, `audit`, `drill` and `rotate-passphrase`: what there is, what was done, and whether the keys still work.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use jiff::ToSpan;
use tvaers_core::authority::{Act, By, Entry, Office, Role, fingerprint};
use tvaers_core::rng;
use tvaers_wire::codec::Canonical;
use tvaers_wire::statement::Standing;

use super::console::Console;
use super::say::{Sentence, act, authority as named_authority, day, grouped, hex, minute};
use super::sheets;
use crate::web::in_denmark;

/// Digits of an entry's id that people note: enough that nobody makes another with the same.
const SEEN: usize = 8;

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Audit {
    /// An entry that was noted elsewhere, as status prints it (31:0123456789abcdef): the journal must still have it
    #[arg(long, value_name = "NUMBER:DIGITS")]
    seen: Option<String>,
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Rotate {
    /// Read the new passphrase from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(super) fn status(console: &Console<'_>) -> Result<(), Sentence> {
    let (_file, office) = console.open()?;
    show(console, &office)
}

/// What there is and what is due.
pub(super) fn show(console: &Console<'_>, office: &Office) -> Result<(), Sentence> {
    let entries = office.audit()?;
    let authority = hex(&office.authority().to_bytes());
    console.say(&Sentence::of("status-name").with("name", office.name()));
    console.say(&Sentence::of("status-authority").with("authority", authority));
    let force = Sentence::of("status-fingerprint").with("fingerprint", named_authority(&office.in_force()));
    console.say(&force.count("n", office.lineage().authorities().count()));
    console.say(&Sentence::of("status-relay").with("relay", office.relay()));
    let open = office.units().iter().filter(|unit| unit.open).count();
    console.say(&Sentence::of("status-units").count("open", open).count("closed", office.units().len() - open));
    let people = |standing| office.people().iter().filter(|person| person.standing == standing).count();
    let row = Sentence::of("status-people").count("active", people(Standing::Active));
    console.say(&row.count("suspended", people(Standing::Suspended)).count("left", people(Standing::Left)));
    let revoked = office.devices().iter().filter(|device| device.revoked.is_some()).count();
    let devices = Sentence::of("status-devices").count("used", office.devices().len() - revoked);
    console.say(&devices.count("revoked", revoked));
    let unanswered = office.awaiting_receipts().len();
    if unanswered > 0 {
        console.say(&Sentence::of("status-wipes").count("n", unanswered));
    }
    let managers = office.people().iter().filter(|person| person.serves_as(Role::Manager)).count();
    console.say(&Sentence::of("status-managers").count("n", managers));
    recovery(console, office, &entries);
    let due = office.to_publish(false);
    console.say(&Sentence::of("status-publish").count("n", due.len()));
    if due.iter().any(|statement| office.is_of_directory(statement)) {
        console.say(&Sentence::of("status-directory-due"));
    }
    if let Some(head) = office.journal().last() {
        let seen = format!("{}:{}", entries.len(), hex(&head.id().0[..SEEN]));
        console.say(&Sentence::of("status-journal").count("n", entries.len()).with("seen", seen));
    }
    Ok(())
}

/// Who holds the sheets, when they were last tried, and when they are to be tried again.
fn recovery(console: &Console<'_>, office: &Office, entries: &[Entry]) {
    let recovery = office.recovery();
    let holders: Vec<_> = recovery.holders.iter().map(|holder| format!("{} {}", holder.sheet, holder.name)).collect();
    let row = Sentence::of("status-recovery").with("holders", holders.join(", ")).with("split", hex(&recovery.split.0));
    console
        .say(&row.with("fingerprint", grouped(&fingerprint(&recovery.keys.kem).0)).with("since", day(recovery.since)));
    let last =
        entries.iter().rev().find(|entry| matches!(entry.act, Act::Drilled { split, .. } if split == recovery.split));
    let from = last.map_or(recovery.since, |entry| entry.at);
    // A quarter of a year, by the calendar.
    let due = in_denmark(from).checked_add(3.months()).unwrap_or_else(|_| in_denmark(from));
    let due_at = due.timestamp().as_millisecond();
    let key = match (last, due_at < console.now) {
        (Some(_), false) => "status-drill",
        (Some(_), true) => "status-drill-overdue",
        (None, false) => "status-drill-never",
        (None, true) => "status-drill-never-overdue",
    };
    console.say(&Sentence::of(key).with("last", day(from)).with("due", day(due_at)));
}

pub(super) fn audit(console: &Console<'_>, args: &Audit) -> Result<(), Sentence> {
    let (_file, office) = console.open()?;
    let entries = office.audit()?;
    for (entry, signed) in entries.iter().zip(office.journal()) {
        let said = console.text(&act(&office, &entry.act));
        console.line(&format!(
            "{:>5}  {}  {}  {}  {said}",
            entry.number,
            hex(&signed.id().0[..SEEN]),
            minute(entry.at),
            entry.operator
        ));
    }
    if let Some(seen) = &args.seen {
        let (number, noted) = seen.split_once(':').ok_or_else(|| Sentence::of("seen-malformed"))?;
        let number: usize = number.parse().map_err(|_| Sentence::of("seen-malformed"))?;
        if noted.len() < 2 * SEEN {
            return Err(Sentence::of("seen-malformed"));
        }
        let held = number.checked_sub(1).and_then(|at| office.journal().get(at)).map(|entry| hex(&entry.id().0));
        if !held.is_some_and(|held| held.starts_with(&noted.to_lowercase())) {
            return Err(Sentence::of("seen-gone").count("number", number));
        }
    }
    console.say(&Sentence::of("audit-whole").count("n", entries.len()));
    Ok(())
}

pub(super) fn drill(console: &Console<'_>) -> Result<(), Sentence> {
    let operator = console.operator()?;
    let (file, mut office) = console.open()?;
    console.say(&Sentence::of("drill-begin"));
    let [first, second] = sheets::two(console, &office)?;
    let before = office.journal().len();
    // No question: two holders have come and typed, and nothing is changed but that this is noted.
    office.drill([&first, &second], By { operator: &operator, now: console.now })?;
    file.write(&office, &mut rng::system())?;
    console.show_since(&office, before)?;
    console.say(&Sentence::of("drill-good"));
    Ok(())
}

pub(super) fn rotate(console: &Console<'_>, args: &Rotate) -> Result<(), Sentence> {
    let operator = console.operator()?;
    let (file, mut office) = console.open()?;
    let before = office.journal().len();
    office.rotated_passphrase(By { operator: &operator, now: console.now })?;
    console.show_since(&office, before)?;
    if !console.agreed()? {
        return Ok(());
    }
    let passphrase = console.choose(args.new_passphrase_file.as_deref())?;
    let file = file.rekey(&passphrase, &mut rng::system())?;
    file.write(&office, &mut rng::system())?;
    console.say(&Sentence::of("rotated"));
    Ok(())
}
