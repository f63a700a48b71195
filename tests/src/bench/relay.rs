//! The relay under measurement: this executable, started as `relay`, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::statement::Authority;

use super::process::Process;

/// A running relay process; killed when dropped.
pub(super) struct RelayProcess {
    child: Child,
    data: PathBuf,
    /// Where it listens.
    pub(super) address: String,
}

impl RelayProcess {
    /// Starts one with its database in `data`.
    pub(super) fn start(data: &Path, authority: &Authority) -> Result<Self> {
        let key: String = authority.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["relay", "--listen", "127.0.0.1:0", "--authority", &key, "--data"])
            .arg(data)
            .env("TVAERS_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("the relay's output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let said: serde_json::Value = serde_json::from_str(&line).context("the relay did not start")?;
        let address = said["listening"].as_str().context("the relay says where it listens")?.to_owned();
        Ok(Self { child, data: data.to_owned(), address })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn process(&self) -> Process {
        Process::numbered(self.child.id())
    }

    /// Asks it to stop and waits until it has.
    pub(super) fn stop(mut self) -> Result<()> {
        // The standard library sends only SIGKILL.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(asked.success() && self.child.wait()?.success(), "the relay did not end well");
        Ok(())
    }

    /// Bytes of the database and its log.
    pub(super) fn disk_bytes(&self) -> u64 {
        disk_bytes(&self.data)
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        // Stopped already, or not worth waiting for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes of a stopped relay's database.
pub(super) fn disk_bytes(data: &Path) -> u64 {
    ["relay.db", "relay.db-wal"]
        .iter()
        .filter_map(|name| std::fs::metadata(data.join(name)).ok())
        .map(|m| m.len())
        .sum()
}
