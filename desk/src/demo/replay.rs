//! The replay itself: events in the order of true time, each on its own device.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;
use tvaers_core::audience::Audience;
use tvaers_core::client::ClientError;
use tvaers_core::kinds::Envelope;
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::{Contacted, sync_once};
use tvaers_core::rng;
use tvaers_wire::entry::Member;
use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};

use super::check::LeftCases;
use super::devices::{DeviceKey, Held, enrol};
use super::outcome::Refusal;
use super::relay::RelayProcess;
use super::staff::Staff;
use crate::scenario::people::{Audience as Chosen, People};
use crate::scenario::{Body, ChildIx, Event, EventIx, Ids, Loaded, NotReady, PersonIx, Scenario, UnitIx, envelope};

/// Contacts in which nothing has changed for anybody end the replay; this many rounds are enough for any chain of events
/// that wait for each other in practice, and a bound on those that wait for ever.
const ROUNDS: usize = 40;

/// A record that was written, as its author wrote it.
pub(super) struct Written {
    pub(super) event: EventIx,
    pub(super) record: RecordId,
    pub(super) envelope: Envelope,
    pub(super) on: DeviceKey,
    pub(super) offline: bool,
}

/// A replay in progress.
pub(super) struct Replay<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) rules: People<'a>,
    pub(super) staff: Staff,
    pub(super) dir: PathBuf,
    pub(super) relay: RelayProcess,
    pub(super) held: BTreeMap<DeviceKey, Held>,
    pub(super) written: Vec<Written>,
    pub(super) refused: Vec<Refusal>,
    pub(super) deferred: usize,
    /// Events carried out that are no records.
    pub(super) acts: usize,
    /// Who has left the case of which child.
    pub(super) left_cases: LeftCases,
    pub(super) settled: bool,
    pub(super) started: Instant,
    pub(super) kills: usize,
    /// Events before which the relay is killed.
    chaos: BTreeSet<usize>,
    pub(super) runtime: Runtime,
}

impl<'a> Replay<'a> {
    /// Starts the relay and enrols every device.
    pub(super) fn prepare(loaded: &'a Loaded, dir: &Path, chaos: usize) -> Result<Self> {
        let started = Instant::now();
        let scenario = &loaded.scenario;
        let rules = People::new(scenario);
        let mut staff = Staff::new(scenario, &rules, &mut rng::system())?;
        let begins = scenario.events.values().map(|event| event.at.at).min().unwrap_or_else(system_now);
        let relay = RelayProcess::start(&dir.join("relay"), &staff.authority(), begins)?;
        let held = enrol(scenario, &mut staff, &dir.join("devices"), &relay.url())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let events = scenario.events.len();
        Ok(Self {
            loaded,
            rules,
            staff,
            dir: dir.to_owned(),
            relay,
            held,
            written: Vec::new(),
            refused: loaded
                .refused
                .iter()
                .map(|r| Refusal { id: r.id.clone(), reason: r.reason.to_string() })
                .collect(),
            deferred: 0,
            acts: 0,
            left_cases: LeftCases::new(),
            settled: false,
            started,
            kills: 0,
            chaos: (1..=chaos).map(|n| n * events / (chaos + 1)).collect(),
            runtime: runtime.context("no runtime can be made")?,
        })
    }

    /// Plays every event, and then lets every device come online until nothing changes.
    pub(super) fn run(&mut self) -> Result<()> {
        let scenario: &'a Scenario = &self.loaded.scenario;
        let bar = progress(scenario.events.len() + self.held.len());
        bar.set_message("devices meet");
        self.settle(4)?;
        bar.inc(self.held.len() as u64);
        bar.set_message("months pass");
        for (number, event) in scenario.events.values().enumerate() {
            self.play(event, number)?;
            bar.inc(1);
        }
        bar.set_message("everybody comes online");
        for key in self.held.keys().copied().collect::<Vec<_>>() {
            self.publish(key)?;
        }
        self.settled = self.settle(ROUNDS)? && self.all_out_are_refused()?;
        for (key, held) in &self.held {
            for event in &held.deferred {
                let reason = "it cites an event that its device never came to hold".to_owned();
                let id = scenario.event(*event).map_or_else(|| format!("{key:?}"), |event| event.id.clone());
                self.refused.push(Refusal { id, reason });
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn play(&mut self, event: &'a Event, number: usize) -> Result<()> {
        let key = (event.by, event.device);
        self.relay.set_clock(event.at.at)?;
        if self.chaos.contains(&number) {
            self.kill_during(key)?;
        }
        if !event.offline {
            self.contact(key)?;
            self.read_what_is_new(key)?;
        }
        self.people_talk(key, Some(event))?;
        self.try_deferred(key)?;
        let refused = if event.is_record() {
            match self.write(event, key)? {
                Some(NotReady::Waits(_)) => {
                    self.held(key)?.deferred.push(event.ix);
                    None
                }
                reason => reason.map(|reason| reason.to_string()),
            }
        } else {
            self.act(event, key)?
        };
        self.refused.extend(refused.map(|reason| Refusal { id: event.id.clone(), reason }));
        if !event.offline && !self.held(key)?.out {
            self.contact(key)?;
        }
        Ok(())
    }

    /// Writes an event's record on its device. `Some` if it could not be.
    fn write(&mut self, event: &'a Event, key: DeviceKey) -> Result<Option<NotReady>> {
        let held = self.held.get(&key).context("a device that does not exist")?;
        let ids = OnDevice { staff: &self.staff, held };
        let envelope = match envelope(&self.loaded.scenario, event, &ids) {
            Ok(envelope) => envelope,
            Err(reason) => return Ok(Some(reason)),
        };
        let audiences = self.audiences(event);
        let clock = event.device_clock.as_ref().unwrap_or(&event.at).at;
        let record = match held.device.submit(&envelope, &audiences, &mut Moment::new(clock, &mut rng::system())) {
            Ok(record) => record,
            Err(ClientError::Field(error)) => return Ok(Some(NotReady::Field(error))),
            Err(error) => return Err(error).with_context(|| format!("event {} could not be saved", event.id)),
        };
        self.staff.became(event.ix, record);
        self.written.push(Written { event: event.ix, record, envelope, on: key, offline: event.offline });
        Ok(None)
    }

    /// Whom the author chooses.
    fn audiences(&self, event: &Event) -> Vec<Audience> {
        let person = |ix: &PersonIx| Member::Person(self.staff.person(*ix));
        let team = |ix: &UnitIx| Member::Team(self.staff.team(*ix));
        let line = |ix: &PersonIx| Audience::Line(self.staff.person(*ix));
        match self.rules.audience(event) {
            // A case of one is a case: whoever comes to work with the child later reads it.
            Chosen::Private if event.child.is_some() && is_case(event) => vec![Audience::Case(Vec::new())],
            Chosen::Private => Vec::new(),
            Chosen::Lines { with } => with.iter().map(line).collect(),
            Chosen::Case { people, units } => {
                // Somebody who only cites it, or is answered by it, reads it alone; a unit what is addressed to it.
                let members = event.child.map(|child| self.rules.case_members(child, event.ix)).unwrap_or_default();
                let (inside, outside): (Vec<_>, Vec<_>) = people.into_iter().partition(|ix| members.contains(ix));
                let to_units = units.iter().map(|ix| Audience::Anonymous(vec![team(ix)]));
                let case = Audience::Case(inside.iter().map(person).collect());
                std::iter::once(case).chain(outside.iter().map(line)).chain(to_units).collect()
            }
            Chosen::Anonymous { people, units } => {
                vec![Audience::Anonymous(people.iter().map(person).chain(units.iter().map(team)).collect())]
            }
        }
    }

    /// People hear from each other who coordinates a child: the coordinator, those who have written about it, and whoever
    /// writes about it now.
    fn people_talk(&mut self, key: DeviceKey, now: Option<&Event>) -> Result<()> {
        let until = now.map(|event| event.ix);
        let mut children: BTreeSet<ChildIx> = now.and_then(|event| event.child).into_iter().collect();
        let own = self.written.iter().filter(|written| written.on.0 == key.0);
        children.extend(own.filter_map(|written| self.loaded.scenario.event(written.event)?.child));
        // Whoever hands a child over does so as its coordinator.
        let handed = now.filter(|event| matches!(event.body, Body::Handover { .. })).and_then(|event| event.child);
        let coordinator_of = |child| match until {
            Some(event) if handed == Some(child) => self.rules.coordinator_before(child, event),
            Some(event) => self.rules.coordinator_at(child, event),
            None => self.rules.coordinator(child),
        };
        let all = self.loaded.scenario.all_children().map(|(child, _)| child);
        children.extend(all.filter(|child| coordinator_of(*child).is_some_and(|found| found.person == key.0)));
        let known: Vec<_> = children.into_iter().filter_map(|child| Some((child, coordinator_of(child)?))).collect();
        for (child, coordinator) in known {
            let (child, person) = (self.staff.child(child), self.staff.person(coordinator.person));
            let held = self.held(key)?;
            if held.told.insert(child, person) != Some(person) {
                held.device.set_coordinator(&child, &person, &mut Moment::new(0, &mut rng::system()))?;
            }
        }
        Ok(())
    }

    /// The person opens every record by others that is on the device.
    fn read_what_is_new(&mut self, key: DeviceKey) -> Result<()> {
        let held = self.held(key)?;
        for row in held.device.inbox(usize::MAX >> 1)? {
            if row.open && row.read_at.is_none() {
                held.device.mark_read(&row.record, &Moment::new(row.occurred_at, &mut rng::system()))?;
            }
        }
        Ok(())
    }

    fn try_deferred(&mut self, key: DeviceKey) -> Result<bool> {
        let waiting = std::mem::take(&mut self.held(key)?.deferred);
        let mut done = false;
        for ix in waiting {
            let Some(event) = self.loaded.scenario.event(ix) else { continue };
            match self.write(event, key)? {
                Some(NotReady::Waits(_)) => self.held(key)?.deferred.push(ix),
                Some(reason) => self.refused.push(Refusal { id: event.id.clone(), reason: reason.to_string() }),
                None => {
                    self.deferred += 1;
                    done = true;
                    // Written later than it happened: the child may have got its coordinator meanwhile.
                    self.held(key)?.told.clear();
                }
            }
        }
        Ok(done)
    }

    /// Lets every device come online, in turn, until a whole round has changed nothing. True if that was reached.
    fn settle(&mut self, rounds: usize) -> Result<bool> {
        let keys: Vec<DeviceKey> = self.held.iter().filter(|(_, held)| !held.out).map(|(key, _)| *key).collect();
        for _ in 0..rounds {
            let mut changed = false;
            for key in &keys {
                if !self.written.is_empty() {
                    self.people_talk(*key, None)?;
                }
                changed |= self.contact(*key)?;
                changed |= self.try_deferred(*key)?;
                changed |= self.held(*key)?.device.outbox()?.0 > 0;
            }
            if !changed {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One contact with the relay. True if anything was exchanged. A relay that does not answer is no error: what was not
    /// sent waits.
    fn contact(&mut self, key: DeviceKey) -> Result<bool> {
        self.publish(key)?;
        let done = self.talk(key)?;
        Ok(done.failed.is_some() || !done.changed.is_empty())
    }

    pub(super) fn talk(&mut self, key: DeviceKey) -> Result<Contacted> {
        let held = self.held.get(&key).context("a device that does not exist")?;
        Ok(self.runtime.block_on(sync_once(&held.device, &held.relay, &mut rng::system()))?)
    }

    /// Kills the relay while a device is talking to it, and starts it again.
    fn kill_during(&mut self, key: DeviceKey) -> Result<()> {
        let held = self.held.get(&key).context("a device that does not exist")?;
        let mut rng = rng::system();
        let talk = sync_once(&held.device, &held.relay, &mut rng);
        let relay = &mut self.relay;
        self.runtime.block_on(async {
            tokio::pin!(talk);
            // As far as it gets in two milliseconds: in the middle of something.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(2), &mut talk).await;
            relay.kill()
        })?;
        self.kills += 1;
        self.relay.restart()
    }

    pub(super) fn held(&mut self, key: DeviceKey) -> Result<&mut Held> {
        self.held.get_mut(&key).context("a device that does not exist")
    }
}

fn is_case(event: &Event) -> bool {
    let lines = ["observation", "assessment", "amendment", "voice", "reply"];
    !lines.contains(&event.kind()) && !event.is_anonymous()
}

/// The ids as one device can know them: a citation needs the record to be there.
pub(super) struct OnDevice<'a> {
    pub(super) staff: &'a Staff,
    pub(super) held: &'a Held,
}

impl Ids for OnDevice<'_> {
    fn person(&self, person: PersonIx) -> PersonId {
        self.staff.person(person)
    }

    fn team(&self, unit: UnitIx) -> TeamId {
        self.staff.team(unit)
    }

    fn child(&self, child: ChildIx) -> ChildId {
        self.staff.child(child)
    }

    fn record(&self, event: EventIx) -> Option<RecordId> {
        let record = self.staff.record(event)?;
        self.held.device.envelope(&record).is_ok().then_some(record)
    }
}

fn progress(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg:24} {bar:40} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar
}
