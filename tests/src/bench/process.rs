//! What the system says of a process: core time and memory.

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks a second in `/proc/PID/stat`: fixed at 100 in the interface of every Linux we run on.
const TICKS: f64 = 100.0;

/// A process: `self`, or one by its number.
#[derive(Clone, Debug)]
pub(super) struct Process(String);

impl Process {
    pub(super) fn own() -> Self {
        Self("self".to_owned())
    }

    pub(super) fn numbered(pid: u32) -> Self {
        Self(pid.to_string())
    }

    /// Seconds of a core used so far, in user and system mode, by all threads.
    pub(super) fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name in parentheses may hold anything, so fields are counted from its end: utime and stime are the 12th and 13th.
        let (_, fields) = stat.rsplit_once(')').context("a process's stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
    }

    /// Resident memory in MiB.
    pub(super) fn rss_mib(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process's status")?;
        let kib: f64 = line.split_whitespace().next().context("a process's status")?.parse()?;
        Ok(kib / 1024.0)
    }
}

/// Core time of relay and client between two moments.
pub(super) struct Cpu {
    relay: Process,
    begun: (f64, f64),
}

impl Cpu {
    pub(super) fn begin(relay: &Process) -> Result<Self> {
        Ok(Self { begun: (relay.cpu()?, Process::own().cpu()?), relay: relay.clone() })
    }

    /// Relay, client.
    pub(super) fn end(&self) -> Result<(f64, f64)> {
        Ok((self.relay.cpu()? - self.begun.0, Process::own().cpu()? - self.begun.1))
    }
}
