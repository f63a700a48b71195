//! Tværs.

pub mod faults;
#[cfg(test)]
mod vectors;
