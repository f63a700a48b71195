//! Programs to be cut off at any moment: numbered rows in a store, a phone, a relay with its writers.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tvaers_tests::faults::{device, erase, relay_data, store_rows};

/// A relay, as it is run elsewhere.
#[derive(Parser)]
struct Relay {
    #[command(flatten)]
    args: tvaers_relay::cli::Args,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (mode, rest) = args.split_first().map_or(("", &[][..]), |(mode, rest)| (mode.as_str(), rest));
    let done: Result<()> = match mode {
        "relay" => return tvaers_relay::cli::main(&Relay::parse_from(&args).args),
        "rows" => store_rows::main(rest),
        "erase" => erase::main(rest),
        "phone" => device::main(rest),
        "phone-run" => device::run(rest),
        "busy-relay" => relay_data::main(rest),
        "writer" => relay_data::write(rest),
        _ => Err(anyhow::anyhow!("usage: tvaers-fault-child rows|erase|phone|busy-relay …")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
