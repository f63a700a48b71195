//! What the tests share: a small municipality, a running relay, hostile ones, faults, vectors, the bench.

pub mod bench;
mod dice;
pub mod faults;
pub mod hostile;
pub mod kill;
pub mod relay;
pub mod town;
#[cfg(test)]
mod vectors;
pub mod world;
