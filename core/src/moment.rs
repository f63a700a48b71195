//! The clock and the dice of one step. Both come from outside, so that a simulation can set them.

use crate::rng::CryptoRng;

/// When a step happens, and where its randomness comes from.
pub struct Moment<'a> {
    /// Unix time in milliseconds by the device's clock. No order and no right depends on it.
    pub now: i64,
    /// Randomness for keys and nonces.
    pub rng: &'a mut dyn CryptoRng,
}

impl<'a> Moment<'a> {
    /// A step at this time.
    pub fn new(now: i64, rng: &'a mut dyn CryptoRng) -> Self {
        Self { now, rng }
    }
}

impl std::fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Moment({})", self.now)
    }
}

/// The system's clock as Unix milliseconds.
pub fn system_now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
