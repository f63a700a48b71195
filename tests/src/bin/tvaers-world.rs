//! Lives through worlds in memory, seed after seed, and prints every broken promise with the command that shows it again.

use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use clap::Parser;
use tvaers_tests::world::{Options, Tally, run, run_many};

/// Worlds in memory.
#[derive(Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// One seed only, with everything that happens printed.
    #[arg(long)]
    seed: Option<u64>,
    /// Devices, `fewest..most`, most included.
    #[arg(long, default_value = "3..12", value_parser = range)]
    devices: RangeInclusive<usize>,
    /// Things that people do in each world.
    #[arg(long, default_value_t = 50)]
    steps: usize,
}

fn range(text: &str) -> Result<RangeInclusive<usize>, String> {
    let ends = text.split_once("..").map(|(from, to)| (from.parse(), to.parse()));
    match ends {
        Some((Ok(from), Ok(to))) if (2..=to).contains(&from) && to <= 50 => Ok(from..=to),
        _ => Err("two numbers from 2 to 50, as in 3..12".to_owned()),
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut options = Options { devices: args.devices, steps: args.steps, verbose: args.seed.is_some() };
    if let Some(seed) = args.seed {
        return match run(seed, &options) {
            Ok(tally) => {
                println!("seed {seed}: every promise kept: {tally:?}");
                ExitCode::SUCCESS
            }
            Err(broken) => {
                println!("{broken}");
                ExitCode::FAILURE
            }
        };
    }
    options.verbose = false;
    std::panic::set_hook(Box::new(|_| {}));
    let started = Instant::now();
    let (ended, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let lived = |world: &Result<Tally, String>| {
        if let Err(broken) = world {
            failed.fetch_add(1, Relaxed);
            eprintln!("{broken}");
        }
        let ended = 1 + ended.fetch_add(1, Relaxed);
        if ended.is_multiple_of(1000) && ended < args.seeds {
            let seconds = started.elapsed().as_secs();
            eprintln!(
                "{ended} of {} worlds lived through, {} broke a promise, {seconds} s",
                args.seeds,
                failed.load(Relaxed)
            );
        }
    };
    let (tally, broken) = run_many(args.from, args.seeds, &options, &lived);
    println!(
        "{} of {} worlds kept every promise, in {:.1} s",
        tally.worlds,
        args.seeds,
        started.elapsed().as_secs_f64()
    );
    println!("{tally:?}");
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
