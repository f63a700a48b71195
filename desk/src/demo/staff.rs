//! The municipality behind a scenario: real ids for its people, units and children, and an authority that certifies.

use std::collections::HashMap;

use anyhow::Result;
use tvaers_core::directory::{AuthorityKey, Directory, PersonFacts, SignedDirectory, TeamFacts};
use tvaers_core::keys::Secret;
use tvaers_core::rng::{CryptoRng, bytes};
use tvaers_wire::ids::{ChildId, DeviceId, MunicipalityId, PersonId, RecordId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::statement::{Authority, DeviceKeys, SignedStatement, Standing};

use crate::scenario::people::People;
use crate::scenario::{ChildIx, EventIx, PersonIx, Scenario, UnitIx};

/// Ids and signatures of a municipality.
pub(super) struct Staff {
    authority: AuthorityKey,
    people: Vec<PersonId>,
    teams: Vec<TeamId>,
    children: Vec<ChildId>,
    /// Records that events have become.
    records: HashMap<EventIx, RecordId>,
    charters: Vec<SignedStatement>,
    directory: SignedDirectory,
    /// Who is in each team.
    members: HashMap<TeamId, Vec<PersonId>>,
}

impl Staff {
    /// Draws ids and signs charters and the directory.
    pub(super) fn new(scenario: &Scenario, rules: &People<'_>, rng: &mut dyn CryptoRng) -> Result<Self> {
        let municipality = MunicipalityId::new(bytes(rng));
        let mut authority = AuthorityKey::from_seed(&Secret::random(rng), municipality, 0)?;
        let people: Vec<_> = scenario.people.iter().map(|_| PersonId::new(bytes(rng))).collect();
        let teams: Vec<_> = scenario.units.iter().map(|_| TeamId::new(bytes(rng))).collect();
        let children = scenario.children.iter().map(|_| ChildId::new(bytes(rng))).collect();
        let mut facts: Vec<TeamFacts> = scenario
            .units
            .iter()
            .zip(&teams)
            .map(|(unit, team)| team_facts(*team, unit.name.as_str(), unit.kind.as_str()))
            .collect();
        let (mut charters, mut members_of) = (Vec::new(), HashMap::new());
        let mut team_of: HashMap<PersonIx, TeamId> = HashMap::new();
        for team in rules.teams() {
            let id = match team.unit {
                Some(unit) => teams[unit.index()],
                None => {
                    let id = TeamId::new(bytes(rng));
                    facts.push(team_facts(id, "It-afdelingen", "it"));
                    id
                }
            };
            team_of.extend(team.members.iter().map(|person| (*person, id)));
            let members: Vec<_> = team.members.iter().map(|person| people[person.index()]).collect();
            if !members.is_empty() {
                charters.push(authority.charter(id, members.clone()));
            }
            members_of.insert(id, members);
        }
        let person_facts = scenario.persons().map(|(ix, person)| PersonFacts {
            person: people[ix.index()],
            name: person.name.as_str().to_owned(),
            profession: person.profession.as_str().to_owned(),
            team: team_of.get(&ix).copied().unwrap_or(teams[person.unit.index()]),
        });
        let directory = Directory {
            version: limits::VERSION,
            municipality,
            serial: 1,
            name: scenario.municipality.name.as_str().to_owned(),
            teams: facts,
            people: person_facts.collect(),
            policy: None,
        };
        let directory = authority.sign_directory(&directory);
        Ok(Self {
            authority,
            people,
            teams,
            children,
            records: HashMap::new(),
            charters,
            directory,
            members: members_of,
        })
    }

    pub(super) fn authority(&self) -> Authority {
        self.authority.authority()
    }

    pub(super) fn certify(&mut self, person: PersonIx, keys: &DeviceKeys) -> Result<SignedStatement> {
        Ok(self.authority.certify(self.people[person.index()], keys)?)
    }

    /// What the authority states when a device is lost.
    pub(super) fn revoke(&mut self, device: DeviceId) -> Vec<SignedStatement> {
        vec![self.authority.revoke(device)]
    }

    /// What it states when somebody leaves: that they do, and who is in their teams from then on.
    pub(super) fn leaves(&mut self, person: PersonIx) -> Vec<SignedStatement> {
        let person = self.people[person.index()];
        let mut statements = vec![self.authority.set_standing(person, Standing::Left)];
        for (team, members) in &mut self.members {
            if members.contains(&person) {
                members.retain(|member| *member != person);
                statements.push(self.authority.charter(*team, members.clone()));
            }
        }
        statements
    }

    pub(super) fn charters(&self) -> &[SignedStatement] {
        &self.charters
    }

    pub(super) fn directory(&self) -> &SignedDirectory {
        &self.directory
    }

    pub(super) fn person(&self, ix: PersonIx) -> PersonId {
        self.people[ix.index()]
    }

    pub(super) fn person_ix(&self, id: &PersonId) -> Option<usize> {
        self.people.iter().position(|person| person == id)
    }

    pub(super) fn team(&self, ix: UnitIx) -> TeamId {
        self.teams[ix.index()]
    }

    pub(super) fn team_ix(&self, id: &TeamId) -> Option<usize> {
        self.teams.iter().position(|team| team == id)
    }

    pub(super) fn child(&self, ix: ChildIx) -> ChildId {
        self.children[ix.index()]
    }

    pub(super) fn child_ix(&self, id: &ChildId) -> Option<usize> {
        self.children.iter().position(|child| child == id)
    }

    /// The record that an event has become.
    pub(super) fn record(&self, event: EventIx) -> Option<RecordId> {
        self.records.get(&event).copied()
    }

    /// The event that a record was.
    pub(super) fn event(&self, record: &RecordId) -> Option<EventIx> {
        self.records.iter().find(|(_, id)| *id == record).map(|(event, _)| *event)
    }

    pub(super) fn became(&mut self, event: EventIx, record: RecordId) {
        self.records.insert(event, record);
    }
}

fn team_facts(team: TeamId, name: &str, kind: &str) -> TeamFacts {
    TeamFacts { team, name: name.to_owned(), kind: kind.to_owned(), phone: None }
}
