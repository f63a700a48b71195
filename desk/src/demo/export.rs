//! Exports: what each person can read when the replay is over, in the scenario's own words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use tvaers_core::client::Device;
use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};

use super::devices::DeviceKey;
use super::staff::Staff;
use crate::scenario::{Names, Scenario, export};

/// Writes `<person>.json` for everybody, and `out/<person>-<n>.json` for each device that was lost or whose person has left: what it holds
/// from before.
pub(super) fn write(
    scenario: &Scenario,
    staff: &Staff,
    (devices, out): (&BTreeMap<DeviceKey, Device>, &BTreeMap<DeviceKey, Device>),
    dir: &Path,
) -> Result<()> {
    let names = Reverse { scenario, staff };
    for (ix, person) in scenario.persons() {
        let of = |(owner, _): &DeviceKey| *owner == ix;
        // Who has lost a phone reads on the one that is left; who has none left keeps what was read.
        let held = if devices.keys().any(of) { devices } else { out };
        let theirs = held.iter().filter(|(key, _)| of(key)).map(|(_, device)| device);
        save(&readable(theirs, &names)?, &dir.join(format!("{}.json", person.id)))?;
        for ((_, number), device) in out.iter().filter(|(key, _)| of(key)) {
            let path = dir.join("out").join(format!("{}-{number}.json", person.id));
            save(&readable([device], &names)?, &path)?;
        }
    }
    Ok(())
}

/// What is open on any of these devices, each record once.
fn readable<'d>(devices: impl IntoIterator<Item = &'d Device>, names: &Reverse<'_>) -> Result<Vec<Value>> {
    let (mut seen, mut readable): (BTreeSet<RecordId>, Vec<Value>) = (BTreeSet::new(), Vec::new());
    for device in devices {
        for row in device.all_records()?.into_iter().filter(|row| row.open) {
            if seen.insert(row.record) {
                let envelope = device.envelope(&row.record)?;
                readable.extend(export(&envelope, &row.record, &row.author, names));
            }
        }
    }
    Ok(readable)
}

fn save(readable: &[Value], path: &Path) -> Result<()> {
    let dir = path.parent().context("an export without a directory")?;
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let text = serde_json::to_string_pretty(readable)?;
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// The scenario's ids behind the real ones.
pub(super) struct Reverse<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) staff: &'a Staff,
}

impl Names for Reverse<'_> {
    fn person(&self, person: &PersonId) -> Option<String> {
        Some(self.scenario.people.get(self.staff.person_ix(person)?)?.id.clone())
    }

    fn team(&self, team: &TeamId) -> Option<String> {
        Some(self.scenario.units.get(self.staff.team_ix(team)?)?.id.clone())
    }

    fn child(&self, child: &ChildId) -> Option<String> {
        Some(self.scenario.children.get(self.staff.child_ix(child)?)?.id.clone())
    }

    fn event(&self, record: &RecordId) -> Option<String> {
        Some(self.scenario.event(self.staff.event(record)?)?.id.clone())
    }
}
