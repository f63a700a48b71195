//! The bench: each item of `docs/performance.md`, against a relay in a process of its own, over real sockets, with real
//! stores on disk.

mod catchup;
mod connections;
mod directory;
mod hand_over;
mod http;
mod ingest;
mod log;
mod options;
mod people;
mod phone;
mod process;
mod reconnect;
mod relay;
mod report;
mod revoked;
mod rotation;
mod scene;
mod seals;
mod seen;
mod session;
mod upload;

use std::path::Path;

use anyhow::Result;

pub use options::{Item, Options};
pub use phone::{PhoneArgs, phone_child};
pub use report::{Figure, print};

/// What an item needs.
pub(crate) struct Bench<'a> {
    options: &'a Options,
    /// Every file is below this directory: the shim delays flushes only there.
    dir: &'a Path,
}

/// Measures the items asked for, one after the other, and reports each as soon as it is there.
///
/// # Errors
/// Whatever went wrong; nothing is reported for an item that did not finish.
pub fn run(options: &Options, dir: &Path) -> Result<()> {
    let bench = Bench { options, dir };
    for item in options.items() {
        let sizes = options.sizes(item);
        for docs in sizes {
            let figures = match item {
                Item::A => upload::living(&bench, docs)?,
                Item::ANotes => upload::notes(&bench, docs)?,
                Item::B => catchup::run(&bench, docs)?,
                Item::C => reconnect::run(&bench, docs)?,
                Item::D => seen::run(&bench)?,
                Item::E => ingest::run(&bench)?,
                Item::Idle => connections::idle(&bench)?,
                Item::Connections => connections::live(&bench)?,
                Item::PhoneOpen => phone::open_and_save(&bench, docs)?,
                Item::PhoneRss => phone::rss(&bench, docs)?,
                Item::HandOver => hand_over::run(&bench, docs)?,
                Item::Revoked => revoked::run(&bench)?,
                Item::Rotation => rotation::run(&bench, docs)?,
                Item::Log => log::run(&bench, docs)?,
                Item::Directory => directory::run(&bench, docs)?,
                Item::Seals => seals::run(&bench, docs)?,
            };
            figures.iter().try_for_each(|figure| print(figure, options.json))?;
        }
    }
    Ok(())
}
