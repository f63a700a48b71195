//! `tvaers-relay`: the relay as a process of its own.

use std::process::ExitCode;

use clap::Parser;

/// Stores and forwards sealed records that it cannot read
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    relay: tvaers_relay::cli::Args,
}

fn main() -> ExitCode {
    tvaers_relay::cli::main(&Cli::parse().relay)
}
