//! The same work on many items, on all cores.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::{available_parallelism, scope};

/// Asked once: the system reads several files to answer.
static CORES: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, NonZero::get));

/// Below this many items starting a thread costs more than it saves.
const WORTH_IT: usize = 32;

/// Maps items in order, on as many threads as there are cores.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < WORTH_IT || *CORES == 1 {
        return items.iter().map(work).collect();
    }
    let share = items.len().div_ceil(*CORES);
    scope(|scope| {
        let work = &work;
        let parts: Vec<_> =
            items.chunks(share).map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<_>>())).collect();
        // A panic in the work is the work's own to contain; re-raise what was not.
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
