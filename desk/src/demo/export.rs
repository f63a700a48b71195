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

/// Writes `export/<person>.json` for everybody.
pub(super) fn write(
    scenario: &Scenario,
    staff: &Staff,
    (devices, out): (&BTreeMap<DeviceKey, Device>, &BTreeMap<DeviceKey, Device>),
    dir: &Path,
) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let names = Reverse { scenario, staff };
    for (ix, person) in scenario.persons() {
        let mut seen: BTreeSet<RecordId> = BTreeSet::new();
        let mut readable: Vec<Value> = Vec::new();
        let of = |(owner, _): &DeviceKey| *owner == ix;
        // Who has lost a phone reads on the one that is left; who has none left keeps what was read.
        let held = if devices.keys().any(of) { devices } else { out };
        for (_, device) in held.iter().filter(|(key, _)| of(key)) {
            for row in device.all_records()?.into_iter().filter(|row| row.open) {
                if seen.insert(row.record) {
                    let envelope = device.envelope(&row.record)?;
                    readable.extend(export(&envelope, &row.record, &row.author, &names));
                }
            }
        }
        let path = dir.join(format!("{}.json", person.id));
        let text = serde_json::to_string_pretty(&readable)?;
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
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
