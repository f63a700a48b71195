//! What the tests share: a small municipality, a running relay, hostile ones, faults, vectors, the bench.

pub mod bench;
pub mod clones;
mod dice;
pub mod dump;
pub mod faults;
pub mod holders;
pub mod hostile;
pub mod kill;
pub mod model;
pub mod relay;
pub mod scene;
pub mod town;
#[cfg(test)]
mod vectors;
pub mod world;
