//! Chance that is the same on every machine, and follows from one seed.

use std::convert::Infallible;

use ring::digest::{SHA256, digest};

/// SHA-256 in counter mode over a seed, for keys and nonces of vectors and simulations. Block n is
/// `SHA-256(seed ‖ n as u64, big-endian)`; blocks are used up byte by byte.
pub(crate) struct Seeded {
    seed: Vec<u8>,
    block: u64,
    left: Vec<u8>,
}

impl Seeded {
    pub(crate) fn new(seed: &[u8]) -> Self {
        Self { seed: seed.to_vec(), block: 0, left: Vec::new() }
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
                let block = digest(&SHA256, &[&self.seed[..], &self.block.to_be_bytes()].concat());
                self.left = block.as_ref().iter().rev().copied().collect();
                self.block += 1;
            }
            *byte = self.left.pop().unwrap();
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Seeded {}

/// SplitMix64: small, for faults that need no keys.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % (bound.max(1) as u64)).unwrap_or(0)
    }
}
