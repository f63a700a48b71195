//! What the replay has come to, found out from the closed stores: they are opened again from their files, and what is in them
//! is compared with what was written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use tvaers_core::client::Device;
use tvaers_core::view::{Delivery, Reader, Row};
use tvaers_wire::ids::{ChildId, PersonId, RecordId};

use super::devices::DeviceKey;
use super::outcome::Receipts;
use super::replay::Written;

/// Counted from the stores.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) acknowledged: usize,
    pub(super) delivered: usize,
    pub(super) lost: usize,
    pub(super) receipts: Receipts,
    pub(super) converged: bool,
    /// Receipts held, by author.
    pub(super) heard: BTreeMap<PersonId, usize>,
}

/// Whoever has handed a child over and left its case: their devices get nothing more of it, and hear nothing more.
pub(super) type LeftCases = BTreeSet<(PersonId, ChildId)>;

/// Compares every device's store with what was written. Devices that are `out` keep what they had: what of it had been acknowledged
/// must be with its readers, and nothing more is heard there.
pub(super) fn check(
    written: &[Written],
    devices: &BTreeMap<DeviceKey, Device>,
    out: &BTreeMap<DeviceKey, Device>,
    left_cases: &LeftCases,
) -> Result<Checked> {
    let mut checked = Checked { converged: same_for_each_person(devices, left_cases)?, ..Checked::default() };
    let mut of_person: BTreeMap<PersonId, Vec<&Device>> = BTreeMap::new();
    for device in devices.values() {
        of_person.entry(device.person()).or_default().push(device);
    }
    for note in written {
        // Another device of the same person knows as much, once the note has reached it.
        let mut others = devices.iter().filter(|((person, _), _)| *person == note.on.0).map(|(_, device)| device);
        let holds = |device: &&Device| device.envelope(&note.record).is_ok();
        let left = devices.get(&note.on).or_else(|| others.find(holds));
        let author = left.or(out.get(&note.on)).context("a device that does not exist")?;
        let (state, readers) = author.delivery(&note.record)?;
        if matches!(state, Delivery::OnThisDevice { .. } | Delivery::NotLetIn | Delivery::AwaitsReader) {
            checked.converged &= left.is_none();
            continue;
        }
        checked.acknowledged += 1;
        let own = Reader::new(author.person(), false);
        let mut missing = false;
        for reader in readers.iter().chain([&own]) {
            checked.delivered += usize::from(reader.received);
            checked.receipts.received += usize::from(reader.received);
            checked.receipts.read += usize::from(reader.read);
            *checked.heard.entry(author.person()).or_default() += usize::from(reader.received);
            let devices = of_person.get(&reader.person).map_or(&[][..], Vec::as_slice);
            // Whoever has no device left hears nothing; whoever wrote on one hears no more.
            let gone =
                |person| note.envelope.about.as_ref().is_some_and(|child| left_cases.contains(&(person, child.id)));
            let hears = left.is_some() && !devices.is_empty() && !gone(author.person()) && !gone(reader.person);
            let intact = |device: &&Device| device.envelope(&note.record).is_ok_and(|held| held == note.envelope);
            let held = if gone(reader.person) { devices.iter().any(intact) } else { devices.iter().all(intact) };
            missing |= !held && !devices.is_empty();
            // Everybody has been online: whoever reads has sent a receipt.
            checked.converged &= reader.received || reader.person == author.person() || !hears;
        }
        checked.lost += usize::from(missing);
    }
    for device in devices.values() {
        checked.converged &= device.outbox()?.0 == 0 && device.set_aside()?.is_empty();
    }
    Ok(checked)
}

/// True if all devices of each person hold the same records.
fn same_for_each_person(devices: &BTreeMap<DeviceKey, Device>, left_cases: &LeftCases) -> Result<bool> {
    let mut of_person: BTreeMap<PersonId, BTreeSet<RecordId>> = BTreeMap::new();
    let mut same = true;
    for device in devices.values() {
        let rows = device.all_records()?;
        same &= rows.iter().all(|row| row.open);
        let person = device.person();
        let on = |row: &Row| row.child.is_none_or(|child| !left_cases.contains(&(person, child)));
        let records: BTreeSet<RecordId> = rows.into_iter().filter(on).map(|row| row.record).collect();
        let first = of_person.entry(device.person()).or_insert_with(|| records.clone());
        same &= *first == records;
    }
    Ok(same)
}
