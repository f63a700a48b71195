//! What a replay comes to, as the scenarios' format has it.

use std::collections::BTreeMap;

use serde::Serialize;

/// The figures of a replay.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The municipality's id in the file.
    pub scenario: String,
    /// How long the replay took.
    pub seconds: f64,
    /// How many devices took part.
    pub devices: usize,
    /// What became of the events.
    pub events: Events,
    /// Records written, by kind.
    pub records: BTreeMap<String, usize>,
    /// Records that the relay confirmed as durable.
    pub acknowledged: usize,
    /// Pairs of record and addressee whose receipt the author's device holds.
    pub delivered: usize,
    /// Acknowledged, but missing or altered when an addressee's closed store was opened again.
    pub lost: usize,
    /// Receipts that authors hold.
    pub receipts: Receipts,
    /// Every device of every reader holds the same.
    pub converged: bool,
    /// Where text of the scenario was found in files at rest.
    pub plaintext_hits: Hits,
    /// What the relay holds.
    pub relay: Held,
    /// What else a summary tells; not part of the format.
    #[serde(skip)]
    pub story: Story,
}

impl Outcome {
    /// True if nothing was lost, everything converged and no plaintext was found.
    pub fn is_good(&self) -> bool {
        self.lost == 0 && self.converged && self.plaintext_hits.relay == 0 && self.plaintext_hits.devices == 0
    }
}

/// What became of the events.
#[derive(Debug, Clone, Serialize)]
pub struct Events {
    /// In the file.
    pub total: usize,
    /// Carried out, those that had to wait included.
    pub applied: usize,
    /// Carried out later than they came, when what they cite had arrived.
    pub deferred: usize,
    /// Refused, each alone.
    pub refused: Vec<Refusal>,
}

/// A refused event.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    /// Its id, or its place in the file.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// Receipts that authors hold.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Receipts {
    /// The record is on the addressee's device.
    pub received: usize,
    /// The addressee has opened it.
    pub read: usize,
}

/// Hits of the scenario's text in files.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Hits {
    /// In the relay's data and logs.
    pub relay: usize,
    /// In the devices' files.
    pub devices: usize,
}

/// What the relay holds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Held {
    /// Chunks.
    pub chunks: usize,
    /// Bytes of its database at rest.
    pub bytes: u64,
}

/// For the summary.
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// Records written without a network.
    pub offline: usize,
    /// Per person: name, profession, records written, of them offline, receipts held.
    pub people: Vec<(String, String, usize, usize, usize)>,
    /// How many texts were looked for in the files.
    pub terms: usize,
    /// How many files were searched.
    pub files: usize,
    /// How often the relay was killed.
    pub kills: usize,
    /// The moment after the last event, Unix milliseconds: a desk that is served goes on from there.
    pub now: i64,
}
