//! Tværs.
fn main() {}
