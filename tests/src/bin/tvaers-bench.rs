//! `tvaers-bench ITEM… [--docs N] [--flush-ms M] [--runs R] [--json]`: see `docs/performance.md`.
//!
//! The relay and the phone that are measured are this executable again, as `tvaers-bench relay` and `tvaers-bench phone`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use tvaers_tests::bench::{Options, PhoneArgs, phone_child, run};
use tvaers_tests::faults::shim::Shim;

#[derive(Parser)]
#[command(name = "tvaers-bench", version, about = "Measures Tværs against a relay process over real sockets")]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    child: Option<Child>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Child {
    /// The relay that is measured
    Relay(RelayArgs),
    /// The phone whose memory is measured
    Phone(PhoneArgs),
}

#[derive(Args)]
struct RelayArgs {
    #[command(flatten)]
    relay: tvaers_relay::cli::Args,
}

/// Set in a process that has been started again with slower flushes: its directory.
const SLOWED: &str = "TVAERS_BENCH_DIR";

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.child {
        Some(Child::Relay(args)) => return tvaers_relay::cli::main(&args.relay),
        Some(Child::Phone(args)) => phone_child(args).map(|rss| {
            println!("{rss}");
            ExitCode::SUCCESS
        }),
        None => measure(&cli.options),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn measure(options: &Options) -> Result<ExitCode> {
    if let Some(dir) = std::env::var_os(SLOWED) {
        run(options, Path::new(&dir))?;
        return Ok(ExitCode::SUCCESS);
    }
    let parent = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir =
        tempfile::Builder::new().prefix("tvaers-bench-").tempdir_in(&parent).context("a directory for the run")?;
    if options.flush_ms == 0 {
        run(options, dir.path())?;
        return Ok(ExitCode::SUCCESS);
    }
    // The shim is loaded before anything else is, so this process begins again; the relay inherits it.
    let shim = Shim::build(&std::env::temp_dir()).context("the shim that slows flushes down")?;
    let mut again = Command::new(std::env::current_exe()?);
    again.args(std::env::args_os().skip(1)).env(SLOWED, canonical(dir.path())?);
    shim.with_flush_delay(options.flush_ms).apply(&mut again, &canonical(dir.path())?);
    Ok(if again.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn canonical(dir: &Path) -> Result<PathBuf> {
    Ok(dir.canonicalize()?)
}
