//! Attack 28 at its full size: two clones of one phone seal, and no key may be used twice. All runs together are looked through.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::Bench;
use super::report::Figure;
use crate::clones::{Used, seal_twice};

/// So many seals in all runs together, half of them by each clone.
pub(super) fn run(bench: &Bench<'_>, seals: usize) -> Result<Vec<Figure>> {
    let (mut used, mut rates) = (Used::default(), Vec::new());
    let each = seals / (2 * bench.options.runs as usize);
    for _ in 0..bench.options.runs {
        let begun = Instant::now();
        seal_twice(each, &mut used)?;
        rates.push((2 * each) as f64 / begun.elapsed().as_secs_f64());
    }
    let (chunks, repeats) = (used.chunks(), used.repeats());
    ensure!(repeats == 0, "{repeats} keys were used more than once");
    let figure = Figure::new("seals", "1/s", rates, bench.options.flush_ms, bench.options.runs);
    Ok(vec![Figure { docs: Some(chunks), chunks: Some(chunks as u64), repeats: Some(0), ..figure }])
}
