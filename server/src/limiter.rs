//! Token buckets: how often one device or one address may ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use crate::config::Rate;

/// Buckets that are kept. Full ones are forgotten first: a full bucket is what a stranger starts with.
const KEPT: usize = 50_000;

#[derive(Debug)]
pub(crate) struct Limiter<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of a request.
    tokens: u64,
    at_ms: u64,
}

impl<K: Eq + Hash> Limiter<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one request out of the bucket. `Err` says after how many seconds to try again.
    pub(crate) fn take(&self, key: K, now_ms: u64) -> Result<(), u64> {
        let full = u64::from(self.rate.burst) * 1000;
        let per_ms = u64::from(self.rate.per_second);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let refill = |bucket: &Bucket| {
            // A clock that goes backwards refills nothing and takes nothing.
            let gained = now_ms.saturating_sub(bucket.at_ms).saturating_mul(per_ms);
            bucket.tokens.saturating_add(gained).min(full)
        };
        if buckets.len() >= KEPT {
            buckets.retain(|_, bucket| refill(bucket) < full);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: full, at_ms: now_ms });
        let tokens = refill(bucket);
        bucket.at_ms = now_ms;
        bucket.tokens = tokens.saturating_sub(1000).min(tokens);
        if tokens >= 1000 { Ok(()) } else { Err(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_served_and_the_next_is_not_until_time_passes() {
        let limiter = Limiter::new(Rate { per_second: 2, burst: 3 });
        assert!((0..3).all(|_| limiter.take('a', 0).is_ok()));
        assert_eq!(limiter.take('a', 0), Err(1));
        assert!(limiter.take('b', 0).is_ok(), "another key has its own bucket");
        assert!(limiter.take('a', 500).is_ok());
        assert!(limiter.take('a', 500).is_err());
    }

    #[test]
    fn a_clock_going_backwards_neither_blocks_nor_refills() {
        let limiter = Limiter::new(Rate { per_second: 1, burst: 1 });
        assert!(limiter.take('a', 10_000).is_ok());
        assert!(limiter.take('a', 0).is_err());
        assert!(limiter.take('a', 1_000).is_ok());
    }
}
