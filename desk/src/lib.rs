//! The caseworker's desk, IT's commands and the demo, as a library that the binary `tvaers` and the tests share.

pub mod authority;
pub mod demo;
pub mod desk;
pub mod scenario;
mod terminal;
pub mod web;
