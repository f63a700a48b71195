//! A program under test starts parts of itself: the same executable, under the same shim.

use std::io;
use std::process::Command;

/// This executable with another mode. The errors that were asked for happen in phase 0 only: after it, the disk is well.
///
/// # Errors
/// If the system does not know where this executable is.
pub fn again(mode: &str, phase: u32) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(mode);
    if phase > 0 {
        command.env_remove("FAULT_FAIL");
    }
    Ok(command)
}

/// True if every later call fails too.
pub fn fails_for_ever() -> bool {
    std::env::var("FAULT_FAIL").is_ok_and(|fail| fail.ends_with(":ever"))
}
