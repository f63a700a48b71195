//! A phone as a subject: notes submitted, a living record edited, everything pushed to a real relay outside the directory.
//!
//! The marks, each made only after the call it names has returned:
//!
//! | mark | |
//! |---|---|
//! | `saved N RECORD` | note number N is this record |
//! | `edited N RECORD` | the living record says step N, or a later one |
//! | `arrived RECORD` | somebody else's note has been shown |
//! | `shown CIRCLE INSTALLATION COUNTER CHUNK` | this chunk is about to leave: its counter is used |
//! | `acked CHUNK` | the relay has it, and the device has crossed it off |

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result};
use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, Device};
use tvaers_core::kinds::{Content, Envelope, Intervention, InterventionState, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::{PersonId, RecordId};

use super::contact::{Line, Step, chunk_name, chunks, taken};
use super::people::{self, People, START, open_device};
use super::{Subject, device_check, mark, phases, scratch, store_rows};
use crate::relay::RunningRelay;
use crate::town::{child, observation};

/// The first of two acquainted persons, writing to the second.
pub struct Phone {
    program: PathBuf,
    rows: u32,
    people: People,
    relay: Mutex<Option<(RunningRelay, tempfile::TempDir)>>,
}

impl Phone {
    /// A phone that writes this many notes.
    ///
    /// # Errors
    /// If what comes before cannot be prepared.
    pub fn new(program: PathBuf, rows: u32) -> io::Result<Self> {
        Ok(Self { program, rows, people: People::acquainted(2)?, relay: Mutex::new(None) })
    }

    /// The directory to begin with: see [`super::record_from`].
    pub fn start(&self) -> PathBuf {
        self.people.device(0)
    }
}

impl Subject for Phone {
    fn command(&self, dir: &Path) -> Command {
        // Each run meets the relay as it was: another run's counters are not this one's.
        let data = scratch().expect("a directory for the relay");
        people::copy(&self.people.relay(), data.path()).expect("the relay's data can be copied");
        let relay = RunningRelay::start(data.path(), 0, self.people.authority);
        let mut command = Command::new(&self.program);
        command.arg("phone").arg(dir.join("store")).arg(relay.url());
        command.arg(self.people.persons[1].to_hex()).arg(self.rows.to_string());
        *self.relay.lock().expect("no run panicked") = Some((relay, data));
        command
    }

    fn check(&self, dir: &Path, acknowledged: &[&str]) -> Result<(), String> {
        device_check::check(&dir.join("store"), self.people.persons[1], acknowledged)
    }
}

/// The program: writes half of the notes, is started again, and writes the rest. Errors that were asked for stop with the
/// first half.
///
/// # Errors
/// If it was started wrongly. What the store refuses is not an error here: it is not marked.
pub fn main(args: &[String]) -> Result<()> {
    let [dir, url, reader, rows] = args else { anyhow::bail!("usage: phone STORE URL READER ROWS") };
    let rows: u32 = rows.parse()?;
    for (phase, from, to) in [(0, 0, rows / 2), (1, rows / 2, rows)] {
        let range = [from.to_string(), to.to_string()];
        let mut command = phases::again("phone-run", phase)?;
        let status = command.args([dir, url, reader]).args(range).status()?;
        anyhow::ensure!(status.success(), "phase {phase} ended with {status}");
    }
    Ok(())
}

/// One phase.
///
/// # Errors
/// If it was started wrongly, or a mark cannot be made.
pub fn run(args: &[String]) -> Result<()> {
    let [dir, url, reader, from, to] = args else { anyhow::bail!("usage: phone-run STORE URL READER FROM TO") };
    let (dir, reader, line) = (Path::new(dir), PersonId::from_hex(reader)?, Line::to(url)?);
    // A failure to open leaves a person in front of a message; the next try is theirs.
    let Ok(device) = open_device(dir).or_else(|_| open_device(dir)) else { return Ok(()) };
    let mut steps = living(&device)?;
    for row in from.parse()?..to.parse()? {
        let _ = device.store().reopen(&store_rows::key());
        if let Ok(id) = twice(|| people::write(&device, row, reader)) {
            mark(&format!("saved {row} {}", id.to_hex()))?;
        }
        if row % 3 == 2 {
            steps = edit(&device, reader, row, steps)?;
        }
        if row % 4 == 3 {
            contact(&device, &line, 0)?;
        }
        if row % 8 == 7 {
            // As a phone that goes to the background.
            let _ = device.close();
        }
    }
    // Rests after a refusal are over at the next contact: time is an argument.
    let _ = device.store().reopen(&store_rows::key());
    for contacts in 1..5 {
        contact(&device, &line, contacts)?;
    }
    if let Ok((waiting, _)) = device.outbox() {
        println!("{waiting} wait");
    }
    let _ = device.close();
    Ok(())
}

/// Exchanges what there is, and marks it.
fn contact(device: &Device, line: &Line, number: i64) -> Result<()> {
    let mut watch = |step: Step<'_>| match step {
        Step::Leaving(request) => {
            chunks(request).iter().try_for_each(|chunk| mark(&format!("shown {}", chunk_name(chunk))))
        }
        Step::Answered(..) => Ok(()),
        Step::CrossedOff(request, answer) => taken(request, answer).iter().try_for_each(|taken| {
            match taken.strip_prefix("chunk ").and_then(|name| name.rsplit_once(' ')) {
                Some((_, id)) => mark(&format!("acked {id}")),
                None => Ok(()),
            }
        }),
    };
    // What fails now is sent at the next contact.
    let _ = line.contact(device, START + number * 1_000_000, &mut watch);
    for row in device.inbox(100).unwrap_or_default().iter().filter(|row| row.open) {
        mark(&format!("arrived {}", row.record.to_hex()))?;
    }
    Ok(())
}

/// Brings the living record one step further, or makes it.
fn edit(device: &Device, reader: PersonId, row: u32, living: Option<RecordId>) -> Result<Option<RecordId>> {
    let goal = Text::new(format!("Trin {row}")).context("a short text")?;
    let rng = &mut rng::system();
    let done = match living {
        None => device.submit(&first_step(goal), &[Audience::Case(vec![Member::Person(reader)])], &mut moment(rng)),
        Some(id) => {
            let edited = device.edit(&id, &mut moment(rng), |envelope| {
                if let Content::Intervention(intervention) = &mut envelope.content {
                    intervention.goal = goal.clone();
                }
                Ok(())
            });
            edited.map(|()| id)
        }
    };
    match done {
        Ok(id) => {
            mark(&format!("edited {row} {}", id.to_hex()))?;
            Ok(Some(id))
        }
        Err(_) => Ok(living),
    }
}

/// The living record, if an earlier phase made it.
fn living(device: &Device) -> Result<Option<RecordId>> {
    let own = device.own_records(1000).unwrap_or_default();
    Ok(own.into_iter().find(|row| row.kind == Some(tvaers_core::kinds::Kind::Intervention)).map(|row| row.record))
}

fn first_step(goal: Text) -> Envelope {
    let mut envelope = observation(&child(1), "", START);
    envelope.content = Content::Intervention(Intervention {
        goal,
        childs_goal: None,
        actions: Default::default(),
        responsible: None,
        start: None,
        review_at: None,
        baseline: None,
        state: InterventionState::Running,
        evaluation: None,
    });
    envelope
}

fn moment(rng: &mut dyn tvaers_core::rng::CryptoRng) -> Moment<'_> {
    Moment::new(START, rng)
}

/// Somebody whose note was not saved tries once more.
fn twice<T>(mut attempt: impl FnMut() -> Result<T, ClientError>) -> Result<T, ClientError> {
    attempt().or_else(|_| attempt())
}
