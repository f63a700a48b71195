//! What the tests share: a small municipality, a running relay, faults.

pub mod faults;
pub mod relay;
pub mod town;
