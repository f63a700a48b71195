//! Tværs.

pub mod store;
