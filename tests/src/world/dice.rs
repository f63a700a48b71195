//! The dice of a world: everything that happens by chance, keys and nonces included, follows from one number.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use rand_core::TryRng;
use tvaers_core::rng::Rng;

use crate::dice::Seeded;

/// The dice of one seed. For simulations only.
pub(super) struct Dice(Seeded);

impl Dice {
    /// The dice of this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(Seeded::new(&seed.to_be_bytes()))
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next_u64() % n.max(1) as u64).unwrap()
    }

    /// A number in this range.
    pub(super) fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let width = range.end().abs_diff(*range.start()) + 1;
        range.start() + i64::try_from(self.next_u64() % width).unwrap()
    }

    /// True in so many cases of a thousand.
    pub(super) fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }
}

impl TryRng for Dice {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(out)
    }
}

impl rand_core::TryCryptoRng for Dice {}
