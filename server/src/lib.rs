//! The relay: stores and forwards sealed chunks that it cannot read.
//!
//! A push travels `accept` → `http::push` → [`prepare`] → `committer` → [`storage`], which decides it with [`plan`] and
//! [`rules`] inside its transaction; the commit changes the access table ([`world`]) and wakes `waiters`; a pull or live stream
//! asks [`access`], reads a page from [`storage`], and asks again before it delivers.

// What a library prints nobody asked for, and nobody has looked through for what must not be said.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod access;
pub mod cli;
pub mod config;
pub mod local;
pub mod plan;
pub mod prepare;
pub mod rules;
pub mod stamps;
pub mod storage;
pub mod world;

mod accept;
mod app;
mod committer;
mod guard;
mod http;
mod limiter;
mod recovery;
mod run;
mod telemetry;
mod tokens;
mod waiters;

pub use config::Config;
pub use run::{Bound, StartError, run, run_on};
