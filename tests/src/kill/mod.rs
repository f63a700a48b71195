//! The kill loop: a relay and devices as real processes under load, killed without warning and started again.
//!
//! A device does one batch of work per `go` line it is given and says what it has done, line by line: `saved NUMBER RECORD`
//! when a submission has returned, `acked CHUNK…` when it has crossed off what the relay has taken, `done WAITING` at the
//! end of the batch. The parent kills on a line, drawn by the seed, so a victim is always in the middle of something. At the
//! end everybody comes online, and the closed stores are opened and compared with what was said.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

pub mod device;
pub mod process;
mod round;
pub mod verdict;

pub use round::run;
pub use verdict::Verdict;

/// How long, and which.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    /// How often something is killed
    #[arg(long, default_value_t = 50)]
    pub rounds: u32,
    /// What decides who is killed and when
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many devices write
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=16))]
    pub devices: u8,
}

#[derive(Parser)]
#[command(
    version,
    about = "Kills a relay and devices under load and compares what was acknowledged with what is there"
)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    mode: Option<Mode>,
}

#[derive(Subcommand)]
enum Mode {
    /// A relay, as it is run elsewhere
    #[command(hide = true)]
    Relay(tvaers_relay::cli::Args),
    /// One device
    #[command(hide = true)]
    Device {
        /// Its store
        store: PathBuf,
        /// To whom it writes
        to: String,
    },
}

/// The command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.mode {
        Some(Mode::Relay(args)) => return tvaers_relay::cli::main(&args),
        Some(Mode::Device { store, to }) => device::main(&store, &to).map(|()| true),
        None => run(&std::env::current_exe().unwrap_or_default(), cli.options)
            .map(|verdict| {
                println!("{verdict}");
                verdict.failures.iter().for_each(|failure| eprintln!("{failure}"));
                verdict.failures.is_empty()
            })
            .map_err(anyhow::Error::from),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// This executable in another mode.
fn command(program: &Path, mode: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(mode).env("TVAERS_LOG", "off");
    command
}

fn broken(why: impl Into<String>) -> io::Error {
    io::Error::other(why.into())
}
