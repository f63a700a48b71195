//! The dice of a world: everything that happens by chance, keys and nonces included, follows from one number.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use ring::digest::{SHA256, digest};
use tvaers_core::rng::Rng;

/// SHA-256 in counter mode over a seed: the same on every machine. For simulations only.
pub(super) struct Dice {
    seed: u64,
    block: u64,
    left: Vec<u8>,
}

impl Dice {
    /// The dice of this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, block: 0, left: Vec::new() }
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

impl rand_core::TryRng for Dice {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut out = [0; 4];
        self.try_fill_bytes(&mut out).map(|()| u32::from_le_bytes(out))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut out = [0; 8];
        self.try_fill_bytes(&mut out).map(|()| u64::from_le_bytes(out))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            if self.left.is_empty() {
                let block = digest(&SHA256, &[self.seed.to_be_bytes(), self.block.to_be_bytes()].concat());
                self.left = block.as_ref().to_vec();
                self.block += 1;
            }
            *byte = self.left.pop().unwrap();
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Dice {}
