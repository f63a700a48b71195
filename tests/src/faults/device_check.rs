//! What must be in a phone's store, given what it had told somebody.

use std::collections::HashMap;
use std::path::Path;

use tvaers_core::client::{ClientError, Device};
use tvaers_core::kinds::Content;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::store::StoreError;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::ids::{ChunkId, PersonId, RecordId};
use tvaers_core::wire::message::PushRequest;

use super::contact::{chunk_name, chunks};
use super::people::{self, FOREIGN, START, open_device};

/// Opens the store and looks for everything the marks speak of; then uses it.
///
/// # Errors
/// One sentence on what was lost or broken.
pub fn check(store: &Path, reader: PersonId, marks: &[&str]) -> Result<(), String> {
    let device = open_device(store).map_err(|error| format!("cannot be opened: {error}"))?;
    sound(&device).map_err(|error| format!("cannot be read: {error}"))?.map_or(Ok(()), Err)?;
    let mut used = HashMap::new();
    let mut step = None;
    for mark in marks {
        let words: Vec<&str> = mark.split(' ').collect();
        match words[..] {
            ["saved", number, record] => saved(&device, number, &id(record)?)?,
            ["edited", number, record] => step = Some((number, id(record)?)),
            ["arrived", record] => arrived(&device, &id(record)?)?,
            ["shown", circle, installation, counter, chunk] => {
                used.insert((circle, installation, counter), chunk);
                held(&device, chunk, 5)?;
            }
            ["acked", chunk] => held(&device, chunk, 2)?,
            _ => return Err(format!("an unknown mark: {mark}")),
        }
    }
    if let Some((number, record)) = step {
        edited(&device, number, &record)?;
    }
    goes_on(&device, reader, &used)
}

fn saved(device: &Device, number: &str, record: &RecordId) -> Result<(), String> {
    let number: u32 = number.parse().map_err(|_| "a mark without a number")?;
    let found = device.envelope(record).map_err(|error| format!("saved note {number}: {error}"))?;
    if people::text(&found) != people::text(&people::note(number)) {
        return Err(format!("saved note {number} has another text"));
    }
    if on_its_way(device, record).map_err(|error| error.to_string())? {
        return Ok(());
    }
    Err(format!("saved note {number} is neither in the outbox nor with the relay"))
}

/// The newest mark counts: the living record says what it said then, or what was said after.
fn edited(device: &Device, number: &str, record: &RecordId) -> Result<(), String> {
    let found = device.envelope(record).map_err(|error| format!("step {number}: {error}"))?;
    let Content::Intervention(found) = found.content else { return Err("another kind".to_owned()) };
    let step = |text: &str| text.trim_start_matches("Trin ").parse::<u32>().ok();
    match step(found.goal.as_str()) >= step(number) {
        true => Ok(()),
        false => Err(format!("step {number} is lost: it says {}", found.goal.as_str())),
    }
}

fn arrived(device: &Device, record: &RecordId) -> Result<(), String> {
    let found = device.envelope(record).map_err(|error| format!("a note that had arrived: {error}"))?;
    let all = FOREIGN..FOREIGN + people::WAITING;
    let known = all.into_iter().any(|number| people::text(&people::note(number)) == people::text(&found));
    if known { Ok(()) } else { Err("a note that had arrived has another text".to_owned()) }
}

/// A chunk that was shown is kept, byte for byte, until the relay has it and after.
fn held(device: &Device, chunk: &str, state: i64) -> Result<(), String> {
    let id = ChunkId::from_hex(chunk).map_err(|error| error.to_string())?;
    let found = device.store().read(|conn| {
        let sql = "SELECT count(*) FROM chunk JOIN chunk_bytes ON chunk_bytes.chunk = chunk.id WHERE chunk.chunk = ?1 AND state IN (2, ?2) \
                   AND length(chunk_bytes.bytes) > 0";
        Ok::<i64, StoreError>(conn.query_row(sql, (&id.as_bytes()[..], state), |row| row.get(0))?)
    });
    match found {
        Ok(1) => Ok(()),
        Ok(_) if state == 2 => Err(format!("acknowledged chunk {chunk} is forgotten")),
        Ok(_) => Err(format!("chunk {chunk} was shown to the network and is forgotten")),
        Err(error) => Err(error.to_string()),
    }
}

fn on_its_way(device: &Device, record: &RecordId) -> Result<bool, StoreError> {
    device.store().read(|conn| {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE record = record.id) \
                   OR EXISTS (SELECT 1 FROM share WHERE record = record.id) \
                   OR EXISTS (SELECT 1 FROM chunk WHERE chunk.record = record.id AND chunk.state = 2) \
                   FROM record WHERE record = ?1";
        Ok(conn.query_row(sql, [&record.as_bytes()[..]], |row| row.get(0))?)
    })
}

fn sound(device: &Device) -> Result<Option<String>, StoreError> {
    device.store().read(|conn| {
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if sound != "ok" {
            return Ok(Some(format!("the integrity check found: {sound}")));
        }
        let loose: i64 = conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        Ok((loose > 0).then(|| "rows point at nothing".to_owned()))
    })
}

/// It can be written, and what leaves next has never had its counter used for anything else.
fn goes_on(device: &Device, reader: PersonId, used: &HashMap<(&str, &str, &str), &str>) -> Result<(), String> {
    let refused = |error: ClientError| format!("cannot be used any more: {error}");
    people::write(device, 7, reader).map_err(refused)?;
    // Late enough for every rest to be over.
    let late = START + 1_000_000_000;
    let batch = device.next_push(&mut Moment::new(late, &mut rng::system())).map_err(refused)?;
    let batch = batch.ok_or("a new note does not leave")?;
    let request = PushRequest::from_bytes(&batch.request).map_err(|error| error.to_string())?;
    for chunk in chunks(&request) {
        let name = chunk_name(&chunk);
        let parts: Vec<&str> = name.split(' ').collect();
        let [circle, installation, counter, id] = parts[..] else { return Err("a name of four parts".to_owned()) };
        let before = used.get(&(circle, installation, counter));
        if before.is_some_and(|before| *before != id) {
            return Err(format!("counter {counter} is used for a second chunk"));
        }
        let is = |other: &&str| other.parse::<u64>().unwrap_or(u64::MAX) > chunk.header.counter;
        let of_chain = used.keys().filter(|key| (key.0, key.1) == (circle, installation)).map(|key| key.2);
        if before.is_none() && of_chain.clone().any(|other| is(&other)) {
            return Err(format!("counter {counter} comes after higher ones"));
        }
    }
    Ok(())
}

fn id(hex: &str) -> Result<RecordId, String> {
    RecordId::from_hex(hex).map_err(|error| error.to_string())
}
