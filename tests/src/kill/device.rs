//! A device of the kill loop.

use std::io::{self, BufRead, Write};
use std::path::Path;

use anyhow::{Context, Result};
use tvaers_core::client::Device;
use tvaers_core::wire::ids::PersonId;

use crate::faults::contact::{Line, Step, taken};
use crate::faults::people::{self, open_device};

/// Does what it is told on stdin, one line each:
///
/// | line | |
/// |---|---|
/// | `go URL NOW FROM TO` | submits the notes with these numbers, with a contact at this time in the middle and at the end |
/// | `quit` | closes the store and ends |
///
/// # Errors
/// If the store or the line does not work: nothing but a kill should stop a device.
pub fn main(store: &Path, to: &str) -> Result<()> {
    let (device, to) = (open_device(store)?, PersonId::from_hex(to)?);
    let mut line: Option<(String, Line)> = None;
    for order in io::stdin().lock().lines() {
        let order = order?;
        let words: Vec<&str> = order.split(' ').collect();
        let ["go", url, now, from, until] = words[..] else { break };
        let (now, from, until): (i64, u32, u32) = (now.parse()?, from.parse()?, until.parse()?);
        if line.as_ref().is_none_or(|(known, _)| known != url) {
            line = Some((url.to_owned(), Line::to(url)?));
        }
        let (_, line) = line.as_ref().context("a line")?;
        for number in from..until {
            let record = people::write(&device, number, to)?;
            say(&format!("saved {number} {}", record.to_hex()))?;
            if number == (from + until) / 2 {
                contact(&device, line, now)?;
            }
        }
        contact(&device, line, now)?;
        say(&format!("done {}", device.outbox()?.0))?;
    }
    device.close()?;
    say("closed")?;
    Ok(())
}

fn contact(device: &Device, line: &Line, now: i64) -> Result<()> {
    let mut watch = |step: Step<'_>| match step {
        Step::CrossedOff(request, answer) => {
            let taken = taken(request, answer);
            taken
                .iter()
                .filter(|taken| taken.starts_with("chunk "))
                .try_for_each(|taken| say(&format!("acked {taken}")))
        }
        Step::Leaving(_) => say("leaving"),
        Step::Answered(..) => say("answered"),
    };
    // A relay that is not there is no reason to stop writing.
    line.contact(device, now, &mut watch)?;
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
