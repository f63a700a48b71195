//! What was said, against what is there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::io;
use std::time::Duration;

use tvaers_core::client::Device;
use tvaers_core::kinds::Kind;
use tvaers_core::store::StoreError;
use tvaers_core::wire::ids::RecordId;

use super::Options;
use crate::faults::people::{self, People, open_device};
use crate::faults::relay_check;

/// What the children have said.
#[derive(Debug, Default)]
pub struct Told {
    /// Records by the number of their note.
    pub saved: BTreeMap<u32, String>,
    /// Chunks that devices have crossed off, as marks.
    pub acknowledged: Vec<String>,
}

impl Told {
    /// Remembers a line; answers how many wait if it ends a batch.
    pub fn hear(&mut self, line: &str) -> Option<u32> {
        match line.split_once(' ') {
            Some(("saved", rest)) => {
                let (number, record) = rest.split_once(' ')?;
                self.saved.insert(number.parse().ok()?, record.to_owned());
                None
            }
            Some(("acked", chunk)) => {
                self.acknowledged.push(chunk.to_owned());
                None
            }
            Some(("done", waiting)) => waiting.parse().ok(),
            _ => None,
        }
    }
}

/// How it ended.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What was asked for.
    pub options: Option<Options>,
    /// How often the relay and devices were killed.
    pub kills: [u32; 2],
    /// How long the rounds took.
    pub load: Duration,
    /// Notes that a device said it had saved.
    pub saved: usize,
    /// Chunks that a device said the relay had.
    pub acknowledged: usize,
    /// Saved notes or acknowledged chunks that are not where they should be.
    pub lost: usize,
    /// Notes with other words, or twice, and databases that are not sound.
    pub corrupt: usize,
    /// One sentence on each.
    pub failures: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills: [relay, device], saved, acknowledged, lost, corrupt, .. } = self;
        let (rounds, seed) = self.options.map_or((0, 0), |options| (options.rounds, options.seed));
        let (seconds, speed) = (self.load.as_secs_f64(), f64::from(rounds) / self.load.as_secs_f64().max(1e-9));
        write!(
            f,
            "{rounds} rounds with seed {seed} in {seconds:.1} s ({speed:.1} a second): killed the relay {relay} times and \
             devices {device} times; {saved} notes saved, {acknowledged} chunks acknowledged, {lost} lost, {corrupt} corrupt"
        )
    }
}

/// Opens the closed stores and compares.
///
/// # Errors
/// If one cannot even be asked.
pub fn judge(people: &People, told: &Told) -> io::Result<Verdict> {
    let mut verdict = Verdict { saved: told.saved.len(), acknowledged: told.acknowledged.len(), ..Verdict::default() };
    let count = people.persons.len();
    let devices = (0..count).map(|who| open_device(&people.device(who).join("store")).map_err(io::Error::other));
    let devices = devices.collect::<io::Result<Vec<_>>>()?;
    for (who, device) in devices.iter().enumerate() {
        verdict.sound(who, device)?;
    }
    // Notes of the first device are read by the second, all others by the first.
    let of_first: HashSet<RecordId> =
        devices[0].own_records(usize::MAX >> 1).map_err(io::Error::other)?.into_iter().map(|row| row.record).collect();
    for (number, record) in &told.saved {
        let record = RecordId::from_hex(record).map_err(io::Error::other)?;
        let reader = usize::from(of_first.contains(&record));
        verdict.note(&devices, reader, *number, &record);
    }
    verdict.relay(people, told);
    Ok(verdict)
}

impl Verdict {
    /// Everything on a device can be opened, is a note we know, and is there once.
    fn sound(&mut self, who: usize, device: &Device) -> io::Result<()> {
        let sound: String = device
            .store()
            .read(|conn| Ok::<_, StoreError>(conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?))
            .map_err(io::Error::other)?;
        if sound != "ok" {
            self.corrupt(format!("device {who}: {sound}"));
        }
        for aside in device.set_aside().map_err(io::Error::other)? {
            self.corrupt(format!("device {who} set chunk {} aside: {}", aside.counter, aside.reason));
        }
        let (waiting, _) = device.outbox().map_err(io::Error::other)?;
        if waiting > 0 {
            let why = stuck(device).map_err(io::Error::other)?;
            self.lost(format!("device {who} never got {waiting} items out: {why}"));
        }
        let mut seen: HashMap<String, RecordId> = HashMap::new();
        for row in device.all_records().map_err(io::Error::other)? {
            let envelope = match device.envelope(&row.record) {
                Ok(envelope) if row.kind == Some(Kind::Observation) => envelope,
                Ok(_) => continue,
                Err(error) => {
                    self.corrupt(format!("device {who} has a record that does not open: {error}"));
                    continue;
                }
            };
            let text = people::text(&envelope).unwrap_or_default().to_owned();
            if number_in(&text).is_none_or(|number| people::text(&people::note(number)) != Some(text.as_str())) {
                self.corrupt(format!("device {who} has a note that nobody wrote"));
            }
            if seen.insert(text, row.record).is_some() {
                self.corrupt(format!("device {who} has a note twice"));
            }
        }
        Ok(())
    }

    fn note(&mut self, devices: &[Device], reader: usize, number: u32, record: &RecordId) {
        match devices[reader].envelope(record) {
            Ok(found) if people::text(&found) == people::text(&people::note(number)) => {}
            Ok(_) => self.corrupt(format!("note {number} has other words")),
            Err(error) => {
                let held = devices.iter().map(|device| held(device, record).unwrap_or_else(|error| error.to_string()));
                let held: Vec<String> = held.collect();
                self.lost(format!(
                    "note {number} did not reach device {reader}: {error}; by device: {}",
                    held.join(", ")
                ));
            }
        }
    }

    fn relay(&mut self, people: &People, told: &Told) {
        let marks: Vec<&str> = told.acknowledged.iter().map(String::as_str).collect();
        if let Err(why) = relay_check::check(&people.relay(), people.authority, &people.newcomer, &marks) {
            self.lost(format!("the relay: {why}"));
        }
    }

    fn lost(&mut self, why: String) {
        self.lost += 1;
        self.failures.push(why);
    }

    fn corrupt(&mut self, why: String) {
        self.corrupt += 1;
        self.failures.push(why);
    }
}

/// What waits in an outbox, for whoever looks for the cause.
fn stuck(device: &Device) -> Result<String, StoreError> {
    device.store().read(|conn| {
        let sql = "SELECT coalesce(group_concat(item, '; '), '') FROM (SELECT iif(outbox.record IS NULL, 'a receipt', 'a record') \
                   || ' in circle ' || outbox.circle || ' as counter ' || coalesce(chunk.counter, 'none') \
                   || ' replacing ' || coalesce(chunk.replaces_lo || '-' || chunk.replaces_hi, 'none') \
                   || ' of ' || circle.counter || '/' || circle.receipt_counter \
                   || ', held for ' || coalesce(circle.held_reason, 'nothing') || ' until ' || circle.held_until \
                   || ', refused for ' || coalesce(outbox.reason, 'nothing') AS item \
                   FROM outbox JOIN circle ON circle.id = outbox.circle LEFT JOIN chunk ON chunk.id = outbox.chunk)";
        Ok(conn.query_row(sql, [], |row| row.get(0))?)
    })
}

/// Where a record is on a device, for whoever looks for the cause.
fn held(device: &Device, record: &RecordId) -> Result<String, StoreError> {
    device.store().read(|conn| {
        let sql = "SELECT count(*), \
                   (SELECT count(*) FROM share JOIN record ON share.record = record.id WHERE record.record = ?1), \
                   (SELECT group_concat(chunk.state) FROM chunk JOIN record ON chunk.record = record.id WHERE record.record = ?1), \
                   (SELECT group_concat(state || ': ' || coalesce(reason, '')) FROM chunk WHERE record IS NULL AND state IN (0, 3, 4)) \
                   FROM record WHERE record = ?1";
        Ok(conn.query_row(sql, [&record.as_bytes()[..]], |row| {
            let (here, shares): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (chunks, others): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            Ok(format!("{here} records, {shares} shares, chunks in state {chunks:?}, others {others:?}"))
        })?)
    })
}

fn number_in(text: &str) -> Option<u32> {
    text.strip_prefix("Nr. ")?.split_once(':')?.0.parse().ok()
}
