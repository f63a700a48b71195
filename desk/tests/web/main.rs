//! The desk over real HTTP on loopback: what it shows, and whom it refuses.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod access_log;
mod browser;
mod continued;
mod cover;
mod erasure;
mod gate;
mod hand_over;
mod members;
mod names;
mod pages;
mod reading;
mod restored;
mod shared;
mod told;
mod town;
