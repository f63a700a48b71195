//! What a scenario file may say, what follows from it, and that a bad event spoils nothing but itself.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod bad_input;
mod hostile;
mod nordby;
mod round_trip;
mod rules;
mod town;
