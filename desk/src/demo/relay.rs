//! The relay of a demo: this same executable as a child process, with its data and logs in a directory.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tvaers_wire::codec::Canonical;
use tvaers_wire::statement::Authority;

/// A relay in a process of its own. It is killed when dropped.
pub struct RelayProcess {
    dir: PathBuf,
    authority: String,
    child: Child,
    address: SocketAddr,
}

#[derive(Deserialize)]
struct Ready {
    listening: SocketAddr,
}

impl RelayProcess {
    /// Starts a relay on a free port.
    pub(super) fn start(dir: &Path, authority: &Authority) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        let authority = authority.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (child, address) = spawn(dir, &authority, SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self { dir: dir.to_owned(), authority, child, address })
    }

    /// Its address for clients.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process, to be killed from elsewhere.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it in the middle of whatever it is doing.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.child.kill().context("the relay cannot be killed")?;
        self.child.wait().context("the relay does not end")?;
        Ok(())
    }

    /// Starts it again on the same data and port.
    pub(super) fn restart(&mut self) -> Result<()> {
        let (child, address) = spawn(&self.dir, &self.authority, self.address)?;
        (self.child, self.address) = (child, address);
        Ok(())
    }

    /// Asks it to end, and waits until its data is at rest.
    pub(super) fn stop(&mut self) -> Result<()> {
        // SIGTERM by the system's own command: the standard library only kills.
        let asked = Command::new("kill").arg(self.pid().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            return self.kill();
        }
        self.child.wait().context("the relay does not end")?;
        Ok(())
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        // Either it has ended, or there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(dir: &Path, authority: &str, listen: SocketAddr) -> Result<(Child, SocketAddr)> {
    let log = File::options().create(true).append(true).open(dir.join("relay.log"));
    let log = log.with_context(|| format!("{} cannot be written to", dir.display()))?;
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let mut child = Command::new(program)
        .args(["relay", "--listen", &listen.to_string(), "--authority", authority, "--data"])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("the relay cannot be started")?;
    let Some(stdout) = child.stdout.take() else { bail!("the relay has no output") };
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).context("the relay says nothing")?;
    let ready: Ready = serde_json::from_str(&line)
        .with_context(|| format!("the relay did not start; {} says why", dir.join("relay.log").display()))?;
    Ok((child, ready.listening))
}
