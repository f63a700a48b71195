//! A relay as a subject: a real one, pushed to by several devices at once, each a process of its own.
//!
//! The marks come from the processes that receive the answers:
//!
//! | mark | |
//! |---|---|
//! | `chunk CIRCLE INSTALLATION COUNTER CHUNK` | the relay said that it has this chunk |
//! | `entry ENTRY` | … this control entry |
//! | `token TOKEN` | … and that this is the place of it |

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, Result};
use tvaers_core::client::Device;
use tvaers_core::wire::ids::PersonId;

use super::contact::{Line, Step, taken};
use super::people::{self, People, START, hex, open_device};
use super::{Subject, mark, phases, relay_check, scratch};

/// A relay and three devices that write to it. Each device's store lies outside the directory that fails.
pub struct BusyRelay {
    program: PathBuf,
    rows: u32,
    people: People,
    devices: Mutex<Option<tempfile::TempDir>>,
}

/// How many devices push at once.
pub const DEVICES: usize = 3;

impl BusyRelay {
    /// A relay to which every device pushes this many notes.
    ///
    /// # Errors
    /// If what comes before cannot be prepared.
    pub fn new(program: PathBuf, rows: u32) -> io::Result<Self> {
        Ok(Self { program, rows, people: People::enrolled(DEVICES)?, devices: Mutex::new(None) })
    }
}

impl Subject for BusyRelay {
    fn command(&self, dir: &Path) -> Command {
        let stores = scratch().expect("a directory for the devices");
        people::copy(self.people.root(), stores.path()).expect("the stores can be copied");
        let everybody: Vec<String> = self.people.persons.iter().map(|person| person.to_hex()).collect();
        let mut command = Command::new(&self.program);
        command.arg("busy-relay").arg(dir.join("relay")).arg(stores.path()).arg(self.people.authority_hex());
        command.arg(everybody.join(",")).arg(self.rows.to_string());
        *self.devices.lock().expect("no run panicked") = Some(stores);
        command
    }

    fn check(&self, dir: &Path, acknowledged: &[&str]) -> Result<(), String> {
        relay_check::check(&dir.join("relay"), self.people.authority, &self.people.newcomer, acknowledged)
    }
}

/// The program: a relay and its writers, twice over. Errors that were asked for stop with the first half; a relay that they
/// had stopped from working is then killed, not asked to end.
///
/// # Errors
/// If it was started wrongly, or a writer ends badly.
pub fn main(args: &[String]) -> Result<()> {
    let [data, stores, authority, persons, rows] = args else { anyhow::bail!("usage: busy-relay DATA STORES …") };
    let rows: u32 = rows.parse()?;
    for (phase, from, to) in [(0, 0, rows / 2), (1, rows / 2, rows)] {
        let Some((mut relay, url)) = start(phase, data, authority)? else { continue };
        let writers = (0..DEVICES).map(|number| {
            let mut writer = phases::again("writer", 1)?;
            let range = [number.to_string(), from.to_string(), to.to_string()];
            writer.args([stores, &url, persons]).args(range).spawn()
        });
        for mut writer in writers.collect::<io::Result<Vec<_>>>()? {
            let status = writer.wait()?;
            anyhow::ensure!(status.success(), "a writer ended with {status}");
        }
        if phase == 0 && phases::fails_for_ever() {
            relay.kill()?;
            relay.wait()?;
        } else {
            Command::new("kill").args(["-TERM", &relay.id().to_string()]).status()?;
            let status = relay.wait()?;
            anyhow::ensure!(status.code().is_some(), "the relay ended with {status}");
        }
    }
    Ok(())
}

/// Starts the relay. `None` if it refused to start while errors were asked for; after an error that happens once, the
/// operator tries again.
fn start(phase: u32, data: &str, authority: &str) -> Result<Option<(Child, String)>> {
    let attempts = if phase == 0 && phases::fails_for_ever() { 1 } else { 2 };
    for attempt in 0..attempts {
        let mut command = phases::again("relay", phase + attempt)?;
        command.args(["--listen", "127.0.0.1:0", "--data", data, "--authority", authority]);
        let mut child = command.env("TVAERS_LOG", "off").stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
        if let Some(url) = listening(&line) {
            return Ok(Some((child, url)));
        }
        let status = child.wait()?;
        anyhow::ensure!(status.code().is_some(), "the relay ended with {status}");
        anyhow::ensure!(std::env::var_os("FAULT_FAIL").is_some() && phase == 0, "the relay does not start");
    }
    Ok(None)
}

/// The address in a relay's first line.
pub fn listening(line: &str) -> Option<String> {
    let address = line.trim().strip_prefix("{\"listening\":\"")?.strip_suffix("\"}")?;
    Some(format!("http://{address}"))
}

/// One writer: submits outside the failing directory, and marks what the relay acknowledges.
///
/// # Errors
/// If it was started wrongly, its own store fails, or a mark cannot be made.
pub fn write(args: &[String]) -> Result<()> {
    let [stores, url, persons, number, from, to] = args else { anyhow::bail!("usage: writer STORES URL PERSONS …") };
    let number: usize = number.parse()?;
    let persons = persons.split(',').map(PersonId::from_hex).collect::<Result<Vec<_>, _>>()?;
    let device = open_device(&Path::new(stores).join(format!("device-{number}/store")))?;
    let line = Line::to(url)?;
    let to_whom = persons[(number + 1) % persons.len()];
    for (row, contacts) in (from.parse()?..to.parse()?).zip(0..) {
        people::write(&device, row, to_whom)?;
        contact(&device, &line, contacts)?;
    }
    // Rests after refusals are over at the next contact.
    for contacts in 100..106 {
        contact(&device, &line, contacts)?;
    }
    println!("{} wait", device.outbox()?.0);
    device.close()?;
    Ok(())
}

fn contact(device: &Device, line: &Line, number: i64) -> Result<()> {
    let mut watch = |step: Step<'_>| match step {
        Step::Answered(request, answer) => {
            let taken = taken(request, answer);
            taken.iter().try_for_each(|taken| mark(taken))?;
            if taken.is_empty() { Ok(()) } else { mark(&format!("token {}", hex(&answer.token.0))) }
        }
        Step::Leaving(_) | Step::CrossedOff(..) => Ok(()),
    };
    line.contact(device, START + number * 1_000_000, &mut watch)?;
    Ok(())
}
