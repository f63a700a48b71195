//! The demo: a municipality's months, replayed through real stores and a real relay process.
//!
//! The replay plays the *people*. It may know from the scenario what a person chooses: whom to write to, what to open, with
//! whom to share. It never knows for a device what that device must find out by itself: keys, membership, text. Each device
//! is a store with a key of its own; between devices only sealed chunks move, through the relay.

mod acts;
mod check;
mod devices;
mod export;
mod finish;
mod outcome;
mod plaintext;
mod relay;
mod replay;
mod serve;
mod staff;
mod summary;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args as ClapArgs;

pub use outcome::Outcome;
pub use relay::{RelayProcess, run as run_relay};

use crate::scenario;

/// How to run the demo.
#[derive(ClapArgs, Clone, Debug)]
pub struct Args {
    /// Scenario file; without it the one that ships with Tværs
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    pub json: bool,
    /// Stop after the replay instead of serving the desk
    #[arg(long)]
    pub no_serve: bool,
    /// Keep the relay's data, every device's store and the exports in this directory
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Kill and restart the relay this many times during the replay
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub chaos: usize,
    /// Whose desk to serve: a person's id in the scenario. Without it the caseworker with the most children
    #[arg(long = "as", value_name = "PERSON")]
    pub desk_of: Option<String>,
}

/// What is left running when the replay is over: whose desk, and the relay.
pub struct Played {
    /// What the replay came to.
    pub outcome: Outcome,
    /// The desk to serve, if it is to be served.
    pub desk: Option<(std::sync::Arc<tvaers_core::client::Device>, RelayProcess)>,
    /// Removes the directory when the demo ends, unless it is kept.
    pub _dir: Option<tempfile::TempDir>,
}

/// Replays a scenario.
///
/// # Errors
/// One sentence each: the file is missing or no scenario, the directory cannot be written, the relay does not start.
pub fn play(args: &Args) -> Result<Played> {
    let file = match &args.scenario {
        Some(path) => std::fs::read(path).with_context(|| format!("the scenario {} cannot be read", path.display()))?,
        None => scenario::NORDBY.to_vec(),
    };
    let loaded = scenario::load(&file).context("the file is not a scenario")?;
    let (dir, temporary) = match &args.keep {
        Some(dir) => (empty_dir(dir)?, None),
        None => {
            let temporary = tempfile::tempdir().context("no temporary directory can be made")?;
            (temporary.path().to_owned(), Some(temporary))
        }
    };
    if let Some(id) = &args.desk_of
        && loaded.scenario.person_by_id(id).is_none()
    {
        bail!("the scenario has no person {id}; --as takes a person's id");
    }
    let mut replay = replay::Replay::prepare(&loaded, &dir, args.chaos)?;
    replay.run()?;
    let (outcome, desk) = replay.finish(args)?;
    if args.json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else {
        summary::print(&loaded, &outcome);
    }
    Ok(Played { outcome, desk, _dir: temporary })
}

/// A directory that is empty or can be made.
fn empty_dir(dir: &std::path::Path) -> Result<PathBuf> {
    std::fs::create_dir_all(dir).with_context(|| format!("--keep: {} cannot be made", dir.display()))?;
    let mut inside = std::fs::read_dir(dir).with_context(|| format!("--keep: {} cannot be read", dir.display()))?;
    if inside.next().is_some() {
        bail!("--keep: {} is not empty; name a new directory", dir.display());
    }
    tempfile::tempfile_in(dir).with_context(|| format!("--keep: {} cannot be written to", dir.display()))?;
    dir.canonicalize().with_context(|| format!("--keep: {} cannot be found", dir.display()))
}

/// Replays, prints and serves. True if nothing was lost, everything converged and no plaintext was found.
///
/// # Errors
/// As [`play`].
pub fn run(args: &Args) -> Result<bool> {
    let played = play(args)?;
    let good = played.outcome.is_good();
    if let Some((device, _relay)) = played.desk {
        serve::serve(device, played.outcome.story.now)?;
    }
    Ok(good)
}
