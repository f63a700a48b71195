//! IT's commands as IT runs them: the real program, real files, a real relay.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../web/browser.rs"]
mod browser;
mod ceremony;
mod desk;
mod devices;
mod directory;
mod lists;
mod office;
mod people;
mod publish;
mod recover;
mod relay;
mod retention;
mod running;
mod sharing;
mod succession;
mod wipe;
