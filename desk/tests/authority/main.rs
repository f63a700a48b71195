//! IT's commands as IT runs them: the real program, real files, a real relay.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod ceremony;
mod devices;
mod directory;
mod lists;
mod office;
mod people;
mod publish;
mod recover;
mod relay;
mod retention;
mod sharing;
mod succession;
mod wipe;
