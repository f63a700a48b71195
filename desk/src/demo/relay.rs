//! The relay of a demo: this same executable as a child process, with its data and logs in a directory. Its clock shows what the demo
//! sets it to: months pass in seconds, and what arrives is to have arrived on the day on which it was sent.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result};
use serde::Deserialize;
use tvaers_core::moment::system_now;
use tvaers_relay::cli;
use tvaers_relay::config::{Clock, Config};
use tvaers_wire::codec::Canonical;
use tvaers_wire::statement::Authority;

/// Runs the relay of a demo in this process. Each line of standard input is a time, Unix milliseconds, from which its clock goes on, never
/// backwards; it is repeated on standard output when that is done. Nobody asks for anything before the first.
pub fn run(args: &cli::Args) -> ExitCode {
    let ahead = Arc::new(AtomicI64::new(i64::MIN));
    let shown = Arc::clone(&ahead);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if let Ok(at) = line.parse::<i64>() {
                ahead.fetch_max(at - system_now(), Ordering::Relaxed);
            }
            let mut stdout = std::io::stdout();
            // Nobody reading is no reason to stop.
            let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
        }
    });
    let now = move || u64::try_from(system_now().saturating_add(shown.load(Ordering::Relaxed))).unwrap_or_default();
    cli::serve(Config { clock: Clock::new(now), ..args.config() })
}

/// A relay in a process of its own. It is killed when dropped.
pub struct RelayProcess {
    dir: PathBuf,
    authority: String,
    running: Running,
    now: i64,
}

struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

#[derive(Deserialize)]
struct Ready {
    listening: SocketAddr,
}

impl RelayProcess {
    /// Starts a relay on a free port.
    pub(super) fn start(dir: &Path, authority: &Authority, now: i64) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        let authority = authority.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let running = spawn(dir, &authority, SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let mut relay = Self { dir: dir.to_owned(), authority, running, now };
        relay.set_clock(now)?;
        Ok(relay)
    }

    /// Its clock shows this time, Unix milliseconds, or goes on as it is if it shows a later one.
    pub(super) fn set_clock(&mut self, now: i64) -> Result<()> {
        self.now = now.max(self.now);
        let mut repeated = String::new();
        writeln!(self.running.stdin, "{}", self.now)
            .and_then(|()| self.running.stdout.read_line(&mut repeated))
            .context("the relay's clock cannot be set")?;
        Ok(())
    }

    /// Its address for clients.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.running.address)
    }

    /// The process, to be killed from elsewhere.
    pub(super) fn pid(&self) -> u32 {
        self.running.child.id()
    }

    /// Kills it in the middle of whatever it is doing.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.running.child.kill().context("the relay cannot be killed")?;
        self.running.child.wait().context("the relay does not end")?;
        Ok(())
    }

    /// Starts it again on the same data, port and clock.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.running = spawn(&self.dir, &self.authority, self.running.address)?;
        self.set_clock(self.now)
    }

    /// Asks it to end, and waits until its data is at rest.
    pub(super) fn stop(&mut self) -> Result<()> {
        // SIGTERM by the system's own command: the standard library only kills.
        let asked = Command::new("kill").arg(self.pid().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            return self.kill();
        }
        self.running.child.wait().context("the relay does not end")?;
        Ok(())
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        // Either it has ended, or there is nobody left to tell.
        let _ = self.running.child.kill();
        let _ = self.running.child.wait();
    }
}

fn spawn(dir: &Path, authority: &str, listen: SocketAddr) -> Result<Running> {
    let log = File::options().create(true).append(true).open(dir.join("relay.log"));
    let log = log.with_context(|| format!("{} cannot be written to", dir.display()))?;
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let mut child = Command::new(program)
        .args(["demo-relay", "--listen", &listen.to_string(), "--authority", authority, "--data"])
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("the relay cannot be started")?;
    let (stdin, stdout) = child.stdin.take().zip(child.stdout.take()).context("the relay has no input or output")?;
    let (mut stdout, mut line) = (BufReader::new(stdout), String::new());
    stdout.read_line(&mut line).context("the relay says nothing")?;
    let ready: Ready = serde_json::from_str(&line)
        .with_context(|| format!("the relay did not start; {} says why", dir.join("relay.log").display()))?;
    Ok(Running { child, stdin, stdout, address: ready.listening })
}
