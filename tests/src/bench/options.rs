//! What is asked for on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// An item of `docs/performance.md`. `B` reports `B-listed` and `B-opened` too, `phone-open` also `phone-save`,
/// `hand-over` also `hand-over-asked` and `hand-over-opened`, `revoked` also `revoked-known`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Item {
    /// Upload of living documents with unsent changes
    #[value(name = "A")]
    A,
    /// Upload of submitted notes
    #[value(name = "A-notes")]
    ANotes,
    /// Cold catch-up: stored, listed, opened
    #[value(name = "B")]
    B,
    /// Reconnecting when nothing is new
    #[value(name = "C")]
    C,
    /// From one device's `submit` to the other's listener
    #[value(name = "D")]
    D,
    /// Ingestion with many writers
    #[value(name = "E")]
    E,
    /// The relay's memory at rest
    #[value(name = "idle")]
    Idle,
    /// The relay's memory with many live streams
    #[value(name = "connections")]
    Connections,
    /// Opening the app to a usable list, and saving a note
    #[value(name = "phone-open", alias = "phone-save")]
    PhoneOpen,
    /// The memory of one phone core
    #[value(name = "phone-rss")]
    PhoneRss,
    /// Hundreds of cases go to a successor, who opens them
    #[value(name = "hand-over")]
    HandOver,
    /// A device is lost: the relay refuses it, colleagues know
    #[value(name = "revoked")]
    Revoked,
    /// A new key for a circle of 50
    #[value(name = "rotation")]
    Rotation,
    /// Verifying a control log of 1,000 entries
    #[value(name = "log")]
    Log,
    /// Verifying and loading a directory of 5,000 staff, and what has changed of it
    #[value(name = "directory")]
    Directory,
    /// Two clones seal, and no key is used twice
    #[value(name = "seals")]
    Seals,
}

/// Options of a measurement.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// What to measure; everything if nothing is named
    #[arg(value_enum)]
    items: Vec<Item>,
    /// Documents, cases, members, entries, staff or seals, in place of the sizes of docs/performance.md
    #[arg(long)]
    docs: Option<usize>,
    /// Milliseconds added to every flush of relay and client
    #[arg(long, default_value_t = 0)]
    pub flush_ms: u32,
    /// Runs of which the median is reported
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Live streams of `connections`
    #[arg(long, default_value_t = 1_000)]
    pub connections: usize,
    /// One JSON object per line and nothing else on standard output
    #[arg(long)]
    pub json: bool,
    /// Where stores and databases are made during the run; a directory of its own below it is removed afterwards
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

impl Options {
    pub(super) fn items(&self) -> Vec<Item> {
        if self.items.is_empty() { Item::value_variants().to_vec() } else { self.items.clone() }
    }

    /// The numbers of documents at which an item is measured.
    pub(super) fn sizes(&self, item: Item) -> Vec<usize> {
        let usual: &[usize] = match item {
            Item::A | Item::ANotes => &[1_000],
            Item::B => &[1_000, 10_000],
            Item::C => &[100, 10_000],
            Item::PhoneOpen | Item::PhoneRss => &[500],
            Item::HandOver => &[300],
            Item::Rotation => &[50],
            Item::Log => &[1_000],
            Item::Directory => &[5_000],
            Item::Seals => &[10_000_000],
            Item::D | Item::E | Item::Revoked | Item::Idle | Item::Connections => return vec![0],
        };
        self.docs.map_or(usual.to_vec(), |docs| vec![docs])
    }
}
