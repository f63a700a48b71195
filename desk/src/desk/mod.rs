//! The caseworker's own desk: `tvaers desk`. It is enrolled by an invite, keeps its store in a directory under a passphrase, stays in
//! contact with the municipality while it is open, and shows its pages to one browser on this computer.
//!
//! Sentences are in `desk/i18n/terminal.*.ftl`, Danish first.

mod contact;
mod enrol;
mod erased;
mod key;
mod open;
mod say;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};

pub(crate) use serve::{Ended, Serve, serve};

use crate::terminal::{Terminal, Tongue};

/// How to run a desk.
#[derive(ClapArgs, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    open: open::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command is told.
#[derive(ClapArgs, Clone, Debug)]
struct Common {
    /// The directory of the desk's encrypted store
    #[arg(long, value_name = "DIR", default_value = "tvaers-desk", global = true)]
    store: PathBuf,
    /// Read the passphrase from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE", global = true)]
    passphrase_file: Option<PathBuf>,
    /// Danish or English; without it LANG decides in the terminal and the browser on the pages, and Danish is the default
    #[arg(long, value_enum, global = true)]
    language: Option<Tongue>,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Make this desk a person's, by the invite that IT has given
    Enrol(enrol::Args),
    /// Open the desk with another passphrase from now on
    RotatePassphrase(open::Rotate),
}

/// Runs a desk. Says on stderr, in one sentence, why it was refused or has ended.
pub fn run(args: &Args) -> ExitCode {
    let terminal = say::terminal(Tongue::spoken(args.common.language));
    let done = match &args.command {
        None => open::run(&terminal, &args.common, &args.open),
        Some(Command::Enrol(enrol)) => enrol::run(&terminal, &args.common, enrol),
        Some(Command::RotatePassphrase(rotate)) => open::rotate(&terminal, &args.common, rotate),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            terminal.tell(&sentence);
            ExitCode::FAILURE
        }
    }
}

/// The demo's terminal: Danish, as its desk is.
pub(crate) fn demo_terminal() -> Terminal {
    say::terminal(Tongue::Da)
}
