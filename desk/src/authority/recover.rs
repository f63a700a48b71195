//! `recover`: access is restored where nobody is left to give it. IT fetches, two holders open what was fetched on a machine without
//! network, IT sends what they have signed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use tvaers_core::authority::{Asked, Forsaken, Office, Restoring, SheetError, SignedRecoveryFile, Skipped};
use tvaers_core::directory::{Staff, device_code};
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::PersonId;
use tvaers_wire::limits;
use tvaers_wire::message::{Pushed, Refused};
use tvaers_wire::recovery::{RecoveryAct, RecoveryPush, RestoringEntry, ServedLog};

use super::console::Console;
use super::say::{Sentence, authority, minute};
use super::{output, relay, sheets};

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Recover {
    /// Fetch from the relay what two holders are to open
    Fetch(Fetch),
    /// Open it with two sheets, on a machine without network; needs no office
    Open(Open),
    /// Send the relay what two holders have signed
    Push(Push),
}

#[derive(Args, Clone, Debug)]
pub(super) struct Fetch {
    /// Employee number of who has lost their only device, and has a new one
    #[arg(long, value_name = "NUMBER", required_unless_present = "orphaned", conflicts_with = "orphaned")]
    person: Option<String>,
    /// Employee number of who has gone, and has left circles that nobody can let others into
    #[arg(long, value_name = "NUMBER", requires = "to")]
    orphaned: Option<String>,
    /// Employee number of who is to have those circles
    #[arg(long, value_name = "NUMBER", requires = "orphaned")]
    to: Option<String>,
    /// Where to write what is fetched
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Open {
    /// What fetch has written
    file: PathBuf,
    /// The sixteen digits on the screen of the device that is to be let in
    #[arg(long, value_name = "DIGITS")]
    to: String,
    /// Why, for everybody in the circles
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Where to write what is signed
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Push {
    /// What open has written
    entries: PathBuf,
}

pub(super) fn run(console: &Console<'_>, step: &Recover) -> Result<(), Sentence> {
    match step {
        Recover::Fetch(args) => fetch(console, args),
        Recover::Open(args) => open(console, args),
        Recover::Push(args) => push(console, args),
    }
}

fn fetch(console: &Console<'_>, args: &Fetch) -> Result<(), Sentence> {
    vacant(&args.out)?;
    let mut asked = None;
    let to = args.person.as_ref().or(args.to.as_ref()).map_or("", String::as_str);
    // In the journal before the relay is asked: whatever becomes of it, it is known that it was.
    let office = console.change_then(|office, by| {
        let what = office.asked(to, args.orphaned.as_deref())?;
        asked = Some(what);
        office.fetches(&what, by)
    })?;
    let (Some(office), Some(asked)) = (office, asked) else { return Ok(()) };
    let relay = relay::at(office.relay())?;
    let logs = relay::runtime()?.block_on(ask(&relay, &office, &asked, console.now)).map_err(|why| away(&why))?;
    if logs.is_empty() {
        return Err(Sentence::of(if args.person.is_some() { "recover-none-own" } else { "recover-none" }));
    }
    write(&args.out, &office.recovery_file(asked, logs, console.now).to_bytes())?;
    console.say(&Sentence::of("recover-fetched").with("file", args.out.display()));
    Ok(())
}

async fn ask(relay: &Relay, office: &Office, asked: &Asked, now: i64) -> Result<Vec<ServedLog>, Failure> {
    let (mut logs, mut more) = (Vec::new(), true);
    while more {
        let act = match asked {
            Asked::Own { person } => RecoveryAct::Own { person: *person },
            Asked::Forsaken { left, to } => RecoveryAct::Forsaken { left: *left, to: *to, after: logs.len() as u64 },
        };
        let page = relay.forsaken(&office.recovery_order(act, now)).await?;
        more = page.more && !page.logs.is_empty();
        logs.extend(page.logs);
    }
    Ok(logs)
}

fn open(console: &Console<'_>, args: &Open) -> Result<(), Sentence> {
    vacant(&args.out)?;
    let file = SignedRecoveryFile::read(&read(&args.file, SignedRecoveryFile::MAX_LEN)?)?;
    let forsaken = Forsaken::verified(file)?;
    let (device, reason) = (forsaken.device(&args.to)?, Forsaken::reason(&args.reason)?);
    // Everything that the holders are to judge, before they type.
    let municipality = Sentence::of("recover-municipality").with("name", &forsaken.staff.directory.name);
    console.say(&municipality.with("authority", authority(&forsaken.authority)));
    console.say(&Sentence::of("recover-when").with("when", minute(forsaken.fetched)));
    tell_skipped(console, &forsaken.skipped);
    if forsaken.circles() == 0 {
        return Err(Sentence::of("recover-nothing"));
    }
    let to = named(&forsaken.staff, forsaken.asked.to());
    console.say(&match &forsaken.asked {
        Asked::Own { .. } => Sentence::of("recover-own").with("person", to),
        Asked::Forsaken { left, .. } => {
            let left = named(&forsaken.staff, left);
            Sentence::of("recover-forsaken").with("person", to).with("left", left).count("n", forsaken.circles())
        }
    });
    console.say(&Sentence::of("recover-device").with("code", device_code(&device)));
    console.say(&Sentence::of("recover-reason").with("reason", reason));
    if !console.agreed()? {
        return Ok(());
    }
    console.say(&Sentence::of("recover-begin"));
    let first = sheets::typed(console, &Sentence::of("drill-first"), |sheet| forsaken.takes(sheet))?;
    let second = sheets::typed(console, &Sentence::of("drill-second"), |sheet| {
        forsaken.takes(sheet)?;
        if sheet.number() == first.number() { Err(SheetError::Twice) } else { Ok(()) }
    })?;
    let both = [&first, &second];
    let (restoring, broken) = forsaken.restore(&device, both, &args.reason, console.now, &mut rng::system())?;
    tell_skipped(console, &broken);
    write(&args.out, &restoring.to_bytes())?;
    let signed = Sentence::of("recover-opened").with("file", args.out.display());
    console.say(&signed.count("n", restoring.entries.len()));
    Ok(())
}

fn push(console: &Console<'_>, args: &Push) -> Result<(), Sentence> {
    let bytes = read(&args.entries, Restoring::MAX_LEN)?;
    let restoring = Restoring::from_bytes(&bytes).map_err(|_| Sentence::of("recover-file-other"))?;
    let Some(office) = console.change_then(|office, by| office.restores(&restoring, by))? else { return Ok(()) };
    let relay = relay::at(office.relay())?;
    let sent = relay::runtime()?.block_on(send(&relay, &office, &restoring.entries, console.now));
    let results = sent.map_err(|why| away(&why))?;
    let (mut done, mut stale, mut refused) = (0, 0, Vec::new());
    for result in results {
        match result {
            Pushed::Stored | Pushed::Duplicate | Pushed::Batch { .. } => done += 1,
            Pushed::Refused { reason: Refused::StaleHead, .. } => stale += 1,
            Pushed::Refused { reason, .. } => refused.push(reason),
        }
    }
    if done > 0 {
        console.say(&Sentence::of("recover-pushed").count("n", done));
    }
    match refused.first() {
        Some(reason) => Err(Sentence::of("recover-refused").count("n", refused.len()).with("code", reason.name())),
        None if stale > 0 => Err(Sentence::of("recover-stale").count("n", stale)),
        None => Ok(()),
    }
}

/// In portions that one request holds. Sent again, what is there already is recognised.
async fn send(relay: &Relay, office: &Office, entries: &[RestoringEntry], now: i64) -> Result<Vec<Pushed>, Failure> {
    let mut results = Vec::with_capacity(entries.len());
    let (mut portion, mut bytes) = (Vec::new(), 0);
    let mut rest = entries.iter().peekable();
    while let Some(made) = rest.next() {
        bytes += made.entry.len() + made.wraps.len() * limits::WRAP;
        portion.push(made.clone());
        let full = bytes > limits::RECOVERY_BODY / 2 || portion.len() == limits::RECOVERY_ENTRIES;
        if full || rest.peek().is_none() {
            let ids = portion.iter().filter_map(|made| ParsedEntry::from_bytes(&made.entry).ok()).map(|entry| entry.id);
            let order = office.recovery_order(RecoveryAct::Push { entries: ids.collect() }, now);
            let push = RecoveryPush { order, entries: std::mem::take(&mut portion) };
            results.extend(relay.restore(&push).await?.results);
            bytes = 0;
        }
    }
    Ok(results)
}

fn tell_skipped(console: &Console<'_>, skipped: &[Skipped]) {
    for (why, key) in [
        (Skipped::SomebodyLeft, "recover-skipped-left"),
        (Skipped::NotWrapped, "recover-skipped-unwrapped"),
        (Skipped::Broken, "recover-skipped-broken"),
        (Skipped::NotChartered, "recover-skipped-charter"),
    ] {
        let count = skipped.iter().filter(|skipped| **skipped == why).count();
        if count > 0 {
            console.say(&Sentence::of(key).count("n", count));
        }
    }
}

/// A person as colleagues know them: name, profession, unit.
fn named(staff: &Staff, person: &PersonId) -> String {
    let unit = staff.person(person).and_then(|facts| staff.team(&facts.team)).map_or("", |team| &team.name);
    let profession = staff.person(person).map_or("", |facts| &facts.profession);
    [staff.name(person), profession, unit].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Told before anything is done: what is there is never overwritten.
fn vacant(out: &Path) -> Result<(), Sentence> {
    if out.exists() { Err(Sentence::of("out-exists").with("file", out.display())) } else { Ok(()) }
}

fn write(out: &Path, bytes: &[u8]) -> Result<(), Sentence> {
    output::create(out).and_then(|file| output::fill(file, bytes)).map_err(|why| {
        // Asked again, the same command writes it: nothing has been used up.
        Sentence::of("recover-unwritten").with("file", out.display()).with("why", why)
    })
}

fn read(path: &Path, longest: usize) -> Result<Vec<u8>, Sentence> {
    let unreadable = |_| Sentence::of("recover-unreadable").with("file", path.display());
    let mut bytes = Vec::new();
    let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(unreadable)?;
    Ok(bytes)
}

fn away(failure: &Failure) -> Sentence {
    Sentence::of(relay::why_not(failure, "recover-unreachable"))
}
