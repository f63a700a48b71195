//! The end of a replay: stores are closed, searched, opened again and compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use tvaers_core::client::Device;

use super::devices::DeviceKey;
use super::outcome::{Events, Held as RelayHeld, Hits, Outcome, Story};
use super::plaintext::{Terms, strings};
use super::relay::RelayProcess;
use super::replay::Replay;
use super::{Args, check, export};
use crate::scenario::PersonIx;

impl Replay<'_> {
    /// Closes everything, looks at what lies in the files, and counts.
    pub(super) fn finish(mut self, args: &Args) -> Result<(Outcome, Option<DeskLeft>)> {
        self.relay.stop()?;
        let mut places = BTreeMap::new();
        let devices = self.held.len();
        for (key, held) in std::mem::take(&mut self.held) {
            places.insert(key, held.close()?);
        }
        let hits = self.search()?;
        let mut reopened: BTreeMap<DeviceKey, Device> = BTreeMap::new();
        let mut out: BTreeMap<DeviceKey, Device> = BTreeMap::new();
        for (key, place) in places {
            let devices = if place.out { &mut out } else { &mut reopened };
            devices.insert(key, place.reopen()?);
        }
        let checked = check::check(&self.written, &reopened, &out, &self.left_cases)?;
        export::write(&self.loaded.scenario, &self.staff, (&reopened, &out), &self.dir.join("export"))?;
        let story = self.story(&checked, &hits);
        let outcome = Outcome {
            scenario: self.loaded.scenario.municipality.id.clone(),
            seconds: self.started.elapsed().as_secs_f64(),
            devices,
            events: Events {
                total: self.loaded.total,
                applied: self.written.len() + self.acts,
                deferred: self.deferred,
                refused: std::mem::take(&mut self.refused),
            },
            records: self.by_kind(),
            acknowledged: checked.acknowledged,
            delivered: checked.delivered,
            lost: checked.lost,
            receipts: checked.receipts,
            converged: checked.converged && self.settled,
            plaintext_hits: Hits { relay: hits.relay, devices: hits.devices },
            relay: self.relay_holds()?,
            story,
        };
        if args.no_serve {
            return Ok((outcome, None));
        }
        let key = self.desk_key(args, &reopened)?;
        let desk = reopened.remove(&key).context("nobody has a desk in this scenario")?;
        drop(reopened);
        self.relay.restart()?;
        Ok((outcome, Some((Arc::new(desk), self.relay))))
    }

    fn search(&self) -> Result<Searched> {
        let mut texts = Vec::new();
        let json: Vec<_> = self.written.iter().filter_map(|note| self.exported(note)).collect();
        for value in &json {
            texts.extend(strings(value));
        }
        let terms = Terms::of(&self.loaded.scenario, texts)?;
        let relay = terms.search(&self.dir.join("relay"))?;
        let devices = terms.search(&self.dir.join("devices"))?;
        Ok(Searched {
            relay: relay.hits,
            devices: devices.hits,
            files: relay.files + devices.files,
            terms: terms.count,
        })
    }

    fn exported(&self, note: &super::replay::Written) -> Option<serde_json::Value> {
        let names = export::Reverse { scenario: &self.loaded.scenario, staff: &self.staff };
        crate::scenario::export(&note.envelope, &note.record, &self.staff.person(note.on.0), &names)
    }

    fn by_kind(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for note in &self.written {
            if let Some(event) = self.loaded.scenario.event(note.event) {
                *kinds.entry(event.kind().to_owned()).or_default() += 1;
            }
        }
        kinds
    }

    fn story(&self, checked: &check::Checked, searched: &Searched) -> Story {
        let person = |ix: PersonIx| {
            let own = || self.written.iter().filter(|note| note.on.0 == ix);
            let facts = self.loaded.scenario.person(ix)?;
            let heard = checked.heard.get(&self.staff.person(ix)).copied().unwrap_or_default();
            let offline = own().filter(|note| note.offline).count();
            let name = facts.name.as_str().to_owned();
            Some((name, facts.profession.as_str().to_owned(), own().count(), offline, heard))
        };
        let people = self.loaded.scenario.persons().filter_map(|(ix, _)| person(ix));
        Story {
            offline: self.written.iter().filter(|note| note.offline).count(),
            people: people.filter(|(_, _, written, ..)| *written > 0).collect(),
            terms: searched.terms,
            files: searched.files,
            kills: self.kills,
            now: self.loaded.scenario.events.values().map(|event| event.at.at).max().unwrap_or_default() + 60_000,
        }
    }

    fn relay_holds(&self) -> Result<RelayHeld> {
        let held = tvaers_relay::storage::sqlite::at_rest(&self.dir.join("relay"));
        let held = held.context("the relay's database cannot be read")?;
        Ok(RelayHeld { chunks: held.chunks, bytes: held.bytes })
    }

    /// The device whose desk is served: the one asked for, or that of the coordinator with the most children.
    fn desk_key(&self, args: &Args, devices: &BTreeMap<DeviceKey, Device>) -> Result<DeviceKey> {
        let scenario = &self.loaded.scenario;
        if let Some(ix) = args.desk_of.as_ref().and_then(|id| scenario.person_by_id(id)) {
            let left = devices.keys().find(|(person, _)| *person == ix);
            return left.copied().context("--as: this person has no device left");
        }
        let mut children: BTreeMap<PersonIx, usize> = BTreeMap::new();
        for (child, _) in scenario.all_children() {
            if let Some(coordinator) = self.rules.coordinator(child) {
                *children.entry(coordinator.person).or_default() += 1;
            }
        }
        children.retain(|person, _| devices.contains_key(&(*person, 1)));
        let most = children.into_iter().max_by_key(|(_, count)| *count).map(|(person, _)| (person, 1));
        most.or_else(|| devices.keys().next().copied()).context("nobody has a desk in this scenario")
    }
}

/// A device whose desk is to be served, and the relay that it talks to.
pub(super) type DeskLeft = (Arc<Device>, RelayProcess);

#[derive(Debug, Clone, Copy)]
struct Searched {
    relay: usize,
    devices: usize,
    files: usize,
    terms: usize,
}
