//! Waiting longer after each failure, with jitter, so that a relay that comes back is not met by everybody at once
//! ("full jitter": M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015).

use crate::rng::CryptoRng;

/// The wait after the first failure, in milliseconds.
const FIRST: i64 = 1_000;
/// The longest wait: a note shall not lie here for an hour because the network was bad at noon.
const LONGEST: i64 = 5 * 60_000;

/// How often it has failed in a row.
#[derive(Debug, Default, Clone, Copy)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Milliseconds to wait now. A relay that says when is believed, with jitter on top.
    pub fn next(&mut self, rng: &mut dyn CryptoRng, retry_after: Option<i64>) -> i64 {
        let most = FIRST.saturating_mul(1 << self.failures.min(20)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let jitter = i64::from(rng.next_u32()) % (most / 2 + 1);
        retry_after.map_or(most / 2, |after| after.clamp(0, LONGEST)) + jitter
    }

    /// It has worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}
