//! Tværs.

pub mod faults;
