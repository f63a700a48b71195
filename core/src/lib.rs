//! Tværs.

pub mod document;
pub mod kinds;
