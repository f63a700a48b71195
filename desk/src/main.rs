//! `tvaers`: the caseworker's desk, IT's commands, the relay and the demo in one executable.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tvaers_desk::{authority, demo, desk};

/// Notes across professions, sealed from phone to caseworker.
#[derive(Parser)]
#[command(name = "tvaers", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the municipality's authority: units, people, devices, the recovery key
    Authority(authority::Args),
    /// Enrol, or open, the caseworker's desk on this computer
    Desk(desk::Args),
    /// Replay a municipality's months through real stores and a real relay, then serve a caseworker's desk
    Demo(demo::Args),
    /// Run a relay
    Relay(tvaers_relay::cli::Args),
    /// Run the relay of a demo, whose clock is set by standard input
    #[command(hide = true)]
    DemoRelay(tvaers_relay::cli::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Authority(args) => authority::run(&args),
        Command::Desk(args) => desk::run(&args),
        Command::Relay(args) => tvaers_relay::cli::main(&args),
        Command::DemoRelay(args) => demo::run_relay(&args),
        Command::Demo(args) => match demo::run(&args) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                // One sentence with its causes; a backtrace would help nobody who can act on it.
                eprintln!("tvaers: {error:#}");
                ExitCode::from(2)
            }
        },
    }
}
