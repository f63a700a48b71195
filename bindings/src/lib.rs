//! Tværs.
