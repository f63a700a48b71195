//! Builds the shim and hands it to a command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("../../shim/faultshim.c");

/// The compiled shim with what it shall do.
#[derive(Debug, Clone)]
pub struct Shim {
    library: PathBuf,
    fail: Option<Fail>,
    skip: Option<String>,
    delay_ms: u32,
}

/// Which call fails, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fail {
    /// `write`, `sync`, `truncate`, `open` (for writing), `rename`, `unlink`, `mkdir` or `any`.
    pub kind: &'static str,
    /// Counted from 1, per process.
    pub nth: usize,
    /// 5: the device failed (EIO); 28: no space (ENOSPC).
    pub errno: i32,
    /// Whether all later calls fail too.
    pub for_ever: bool,
}

impl Shim {
    /// Compiles the shim into `target_dir` unless this very source is there already.
    ///
    /// # Errors
    /// If there is no C compiler, or this is not Linux.
    pub fn build(target_dir: &Path) -> io::Result<Self> {
        let digest = ring::digest::digest(&ring::digest::SHA256, SOURCE.as_bytes());
        let name: String = digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let library = target_dir.join(format!("faultshim-{name}.so"));
        if !library.exists() {
            fs::create_dir_all(target_dir)?;
            // Beside its final name, then renamed: two tests may build at once.
            let work = tempfile::tempdir_in(target_dir)?;
            let (source, built) = (work.path().join("faultshim.c"), work.path().join("faultshim.so"));
            fs::write(&source, SOURCE)?;
            let done = Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&built).arg(&source).output()?;
            if !done.status.success() {
                return Err(io::Error::other(String::from_utf8_lossy(&done.stderr).into_owned()));
            }
            fs::rename(&built, &library)?;
        }
        Ok(Self { library, fail: None, skip: None, delay_ms: 0 })
    }

    /// Makes a call fail.
    #[must_use]
    pub fn failing(mut self, fail: Fail) -> Self {
        self.fail = Some(fail);
        self
    }

    /// Answers success to flushes of files whose name ends so, without doing them; `/` means directories.
    #[must_use]
    pub fn without_flush_of(mut self, suffix: &str) -> Self {
        self.skip = Some(suffix.to_owned());
        self
    }

    /// Makes every flush take longer.
    #[must_use]
    pub fn with_flush_delay(mut self, ms: u32) -> Self {
        self.delay_ms = ms;
        self
    }

    /// Sets the environment of a command that works below `dir`.
    pub fn apply(&self, command: &mut Command, dir: &Path) {
        command.env("LD_PRELOAD", &self.library).env("FAULT_DIR", dir);
        if let Some(Fail { kind, nth, errno, for_ever }) = self.fail {
            let how = if for_ever { "ever" } else { "once" };
            command.env("FAULT_FAIL", format!("{kind}:{nth}:{errno}:{how}"));
        }
        if let Some(suffix) = &self.skip {
            command.env("FAULT_SKIP", suffix);
        }
        if self.delay_ms > 0 {
            command.env("FAULT_DELAY", self.delay_ms.to_string());
        }
    }
}
