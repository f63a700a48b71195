//! Power loss and failing disks, for real programs.
//!
//! A kill leaves what the system has buffered; a power cut does not. So a program runs under a preloaded shim
//! ([`shim`]) that records every write and flush below one directory; [`images`] then builds the directories that a power
//! cut could have left at any moment, and the program's own checker opens them. The same shim makes the n-th call fail.
//!
//! To put another program under test, implement [`Subject`]: how to run it, and how to check a directory afterwards. The
//! program calls [`mark`] (or appends a line to the file named by `FAULT_MARK`, from any process under the same shim) each
//! time it has told somebody that something is saved; the checker is given every mark made before the cut. Then
//! [`record`] and [`images::check`] are one line each; see `tests/tests/faults.rs`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Output};

pub mod contact;
pub mod device;
pub mod device_check;
pub mod erase;
pub mod images;
pub mod people;
pub mod phases;
pub mod relay_check;
pub mod relay_data;
pub mod shim;
pub mod store_rows;
#[cfg(test)]
mod tests;
pub mod trace;

pub use shim::{Fail, Shim};
pub use trace::Trace;

/// A program under test.
pub trait Subject: Sync {
    /// The command that works on `dir` (absolute, exists, perhaps empty) and ends by itself.
    fn command(&self, dir: &Path) -> Command;

    /// Opens what is left in `dir` and says what is missing or wrong of everything `acknowledged`, in the order of the
    /// marks. It may change `dir`.
    ///
    /// # Errors
    /// One sentence on what was lost or broken.
    fn check(&self, dir: &Path, acknowledged: &[&str]) -> Result<(), String>;
}

/// Tells the shim, if there is one, that this was acknowledged. Called after durability, never before.
///
/// # Errors
/// If the file named by `FAULT_MARK` cannot be written.
pub fn mark(id: &str) -> io::Result<()> {
    println!("marked {id}");
    match std::env::var_os("FAULT_MARK") {
        Some(path) => OpenOptions::new().create(true).append(true).open(path)?.write_all(id.as_bytes()),
        None => Ok(()),
    }
}

/// One run under the shim: what it wrote, what it said, and the directory it left.
#[derive(Debug)]
pub struct Run {
    /// Everything that reached the directory, and the marks.
    pub trace: Trace,
    /// Exit code and output.
    pub output: Output,
    dir: tempfile::TempDir,
}

impl Run {
    /// The directory as the program left it.
    pub fn dir(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }
}

/// Runs the subject in an empty directory under the shim and reads its trace.
///
/// # Errors
/// If the program cannot be started or the trace is not whole.
pub fn record(subject: &dyn Subject, shim: &Shim) -> io::Result<Run> {
    record_from(subject, shim, scratch()?.path(), &[])
}

/// The same, beginning with a copy of `start` in which this much was `acknowledged`: what is recorded is then a recovery.
///
/// # Errors
/// As [`record`].
pub fn record_from(subject: &dyn Subject, shim: &Shim, start: &Path, acknowledged: &[&str]) -> io::Result<Run> {
    let dir = scratch()?;
    let data = dir.path().join("data");
    fs::create_dir(&data)?;
    let before = trace::prelude(start, acknowledged)?;
    images::restore(&before, &data)?;
    let path = dir.path().join("trace");
    let mut command = subject.command(&data);
    shim.apply(&mut command, &data);
    command.env("FAULT_TRACE", &path).env("FAULT_MARK", dir.path().join("marks"));
    let output = command.output()?;
    let recorded = if path.exists() { fs::read(&path)? } else { Vec::new() };
    Ok(Run { trace: Trace::parse(before, &recorded)?, output, dir })
}

/// A directory in memory if there is one; a hundred thousand images should not wear a disk.
pub(crate) fn scratch() -> io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
}
