//! Randomness that is the same on every machine: SHA-256 in counter mode over a seed.

use std::convert::Infallible;

use ring::digest::{SHA256, digest};
use tvaers_core::rng::{CryptoRng, bytes};

/// Block n is `SHA-256(seed ‖ n as u64, big-endian)`; blocks are used up byte by byte.
pub(super) struct Seeded {
    seed: &'static str,
    block: u64,
    left: Vec<u8>,
}

impl Seeded {
    pub(super) fn new(seed: &'static str) -> Self {
        Self { seed, block: 0, left: Vec::new() }
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        bytes(self as &mut dyn CryptoRng)
    }
}

impl rand_core::TryRng for Seeded {
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
                let block = digest(&SHA256, &[self.seed.as_bytes(), &self.block.to_be_bytes()].concat());
                self.left = block.as_ref().iter().rev().copied().collect();
                self.block += 1;
            }
            *byte = self.left.pop().unwrap();
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Seeded {}
