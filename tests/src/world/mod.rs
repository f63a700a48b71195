//! A world in memory: devices and a relay as values, with real documents, real sealing and real SQL; a clock and dice of their
//! own; and everything that goes wrong between them. What happens follows from a seed, so a failure can be replayed.
//!
//! A run has three parts: people act and things break ([`sim`], [`act`], [`succession`], [`authority`],
//! [`joins`], [`line`], [`stream`], [`trouble`]); everybody gets in contact undisturbed
//! until nothing moves any more ([`calm`]); and what is then on the devices is compared with what people did ([`check`],
//! [`expect`], [`model`]).

mod act;
mod authority;
pub(crate) mod backend;
mod calm;
mod check;
mod dice;
mod erasures;
mod expect;
mod joins;
mod line;
mod model;
mod node;
mod sim;
mod stream;
mod succession;
mod trouble;

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use sim::World;

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many devices.
    pub devices: RangeInclusive<usize>,
    /// How many things people do.
    pub steps: usize,
    /// Print everything that happens.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { devices: 3..=12, steps: 50, verbose: false }
    }
}

/// What happened in a world, or in several.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct Tally {
    pub worlds: usize,
    pub devices: usize,
    /// Those of them that were enrolled while the world ran.
    pub joins: usize,
    pub records: usize,
    pub edits: usize,
    pub requests: usize,
    pub lost: usize,
    pub repeated: usize,
    pub crashes: usize,
    pub partitions: usize,
    pub jumps: usize,
    pub restores: usize,
    /// Members taken out of a case.
    pub removals: usize,
    /// Devices lost.
    pub lost_devices: usize,
    /// Persons who left, were suspended, or were let in again.
    pub standings: usize,
    /// Children handed over.
    pub hand_overs: usize,
    /// Times that somebody agreed to an erasure.
    pub erasures: usize,
    /// Circles that got two heads: a restore undid a change, and somebody made another before it came back.
    pub two_heads: usize,
    /// Entries that made two heads one.
    pub united: usize,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            worlds: self.worlds + other.worlds,
            devices: self.devices + other.devices,
            joins: self.joins + other.joins,
            records: self.records + other.records,
            edits: self.edits + other.edits,
            requests: self.requests + other.requests,
            lost: self.lost + other.lost,
            repeated: self.repeated + other.repeated,
            crashes: self.crashes + other.crashes,
            partitions: self.partitions + other.partitions,
            jumps: self.jumps + other.jumps,
            restores: self.restores + other.restores,
            removals: self.removals + other.removals,
            lost_devices: self.lost_devices + other.lost_devices,
            standings: self.standings + other.standings,
            hand_overs: self.hand_overs + other.hand_overs,
            erasures: self.erasures + other.erasures,
            two_heads: self.two_heads + other.two_heads,
            united: self.united + other.united,
        }
    }
}

/// Lives through the world of a seed.
///
/// # Errors
/// Which promise was broken, and how to see it again.
pub fn run(seed: u64, options: &Options) -> Result<Tally, String> {
    let lived = catch_unwind(AssertUnwindSafe(|| World::new(seed, options).live()));
    let broken = match lived {
        Ok(Ok(tally)) => return Ok(tally),
        Ok(Err(broken)) => broken,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            format!("panicked: {}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?"))
        }
    };
    let (from, to) = (options.devices.start(), options.devices.end());
    Err(format!(
        "seed {seed}: {broken}\n  again: cargo run --release -p tvaers-tests --bin tvaers-world -- --seed {seed} \
         --devices {from}..{to} --steps {}",
        options.steps
    ))
}

/// Lives through many worlds on all cores. Returns what happened, and every broken promise.
///
/// `lived` hears of each world as it ends, in no order.
pub fn run_many(
    from: u64,
    seeds: u64,
    options: &Options,
    lived: &(dyn Fn(&Result<Tally, String>) + Sync),
) -> (Tally, Vec<String>) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = std::sync::atomic::AtomicU64::new(from);
    let work = || {
        let (mut tally, mut broken) = (Tally::default(), Vec::new());
        loop {
            let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if seed >= from + seeds {
                return (tally, broken);
            }
            let ended = run(seed, options);
            lived(&ended);
            match ended {
                Ok(one) => tally = tally.plus(one),
                Err(text) => broken.push(text),
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(
            (Tally::default(), Vec::new()),
            |(tally, mut all), (one, broken)| {
                all.extend(broken);
                (tally.plus(one), all)
            },
        )
    })
}
