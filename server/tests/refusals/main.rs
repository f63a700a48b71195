//! Every refusal of an item, once, by an input that somebody would try.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
mod world;

mod brought_back;
mod chunks;
mod entries;
mod out;
#[path = "../support/mod.rs"]
mod support;
