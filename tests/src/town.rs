//! A small municipality for tests: an authority, persons in teams, and devices with stores of their own.

use std::collections::BTreeMap;

use tvaers_core::client::{Device, NewDevice, Opened, open};
use tvaers_core::directory::{AuthorityKey, Directory, Enrolment, PersonFacts, Policy, TeamFacts};
use tvaers_core::keys::Secret;
use tvaers_core::kinds::{ChildRef, Content, Envelope, Observation, Occurred, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng::{CryptoRng, bytes};
use tvaers_core::store::Store;
use tvaers_core::wire::ids::{ChildId, MunicipalityId, PersonId, TeamId};
use tvaers_core::wire::limits;
use tvaers_core::wire::statement::{Authority, SignedStatement};

/// A municipality before its devices are enrolled.
pub struct Town {
    /// The authority's key.
    pub authority: AuthorityKey,
    /// Persons with their team's number, in order.
    pub people: Vec<(PersonId, usize)>,
    /// Teams.
    pub teams: Vec<TeamId>,
    /// Kinds of teams, by their numbers; the others are day care.
    pub kinds: BTreeMap<usize, &'static str>,
    /// Its rules.
    pub policy: Option<Policy>,
    /// What its authority has stated of those who were enrolled together.
    pub stated: Vec<SignedStatement>,
}

impl Town {
    /// A municipality whose persons work in these teams: `&[0, 0, 1]` is two in the first team and one in the second.
    pub fn new(teams_of_people: &[usize], rng: &mut dyn CryptoRng) -> Self {
        let municipality = MunicipalityId::new(bytes(rng));
        let authority = AuthorityKey::from_seed(&Secret::random(rng), municipality, 0).unwrap();
        let teams = (0..=*teams_of_people.iter().max().unwrap()).map(|_| TeamId::new(bytes(rng))).collect();
        let people = teams_of_people.iter().map(|team| (PersonId::new(bytes(rng)), *team)).collect();
        Self { authority, people, teams, kinds: BTreeMap::new(), policy: None, stated: Vec::new() }
    }

    /// The authority as the relay is told.
    pub fn authority(&self) -> Authority {
        self.authority.authority()
    }

    /// Enrols devices: `(person's number, its store)`, all in one go, so that each knows its person's other devices.
    pub fn enrol(&mut self, devices: Vec<(usize, Store)>, relay: &str, rng: &mut dyn CryptoRng) -> Vec<Device> {
        let mut fresh: Vec<(usize, NewDevice)> = Vec::new();
        for (person, store) in devices {
            match open(store, &mut Moment::new(0, rng)).unwrap() {
                Opened::New(device) => fresh.push((person, *device)),
                Opened::Enrolled(_) => panic!("the store is new"),
            }
        }
        let certificates: Vec<SignedStatement> =
            fresh.iter().map(|(person, d)| self.authority.certify(self.people[*person].0, d.keys()).unwrap()).collect();
        let charters: Vec<SignedStatement> = (0..self.teams.len())
            .map(|team| {
                let members = self.people.iter().filter(|(_, of)| *of == team).map(|(person, _)| *person);
                self.authority.charter(self.teams[team], members.collect())
            })
            .collect();
        let directory = self.authority.sign_directory(&self.directory());
        self.stated = certificates.iter().chain(&charters).cloned().collect();
        fresh
            .into_iter()
            .enumerate()
            .map(|(number, (_, device))| {
                let enrolment = Enrolment {
                    authority: self.authority(),
                    relay: relay.to_owned(),
                    certificate: certificates[number].clone(),
                    statements: self.stated.clone(),
                    directory: directory.clone(),
                };
                device.enrol(enrolment).unwrap()
            })
            .collect()
    }

    /// Enrols one more device, which hears of these besides. Returns its certificate, which nobody else has yet.
    pub fn enrol_later(
        &mut self,
        (person, store): (usize, Store),
        later: &[SignedStatement],
        relay: &str,
        rng: &mut dyn CryptoRng,
    ) -> (SignedStatement, Device) {
        let Opened::New(device) = open(store, &mut Moment::new(0, rng)).unwrap() else { panic!("the store is new") };
        let certificate = self.authority.certify(self.people[person].0, device.keys()).unwrap();
        let enrolment = Enrolment {
            authority: self.authority(),
            relay: relay.to_owned(),
            certificate: certificate.clone(),
            statements: self.stated.iter().chain(later).chain([&certificate]).cloned().collect(),
            directory: self.authority.sign_directory(&self.directory()),
        };
        (certificate, device.enrol(enrolment).unwrap())
    }

    /// Its directory.
    pub fn directory(&self) -> Directory {
        let team = |(number, team): (usize, &TeamId)| TeamFacts {
            team: *team,
            name: format!("Hus {number}"),
            kind: (*self.kinds.get(&number).unwrap_or(&"dagtilbud")).to_owned(),
            phone: None,
        };
        let person = |(number, (person, team)): (usize, &(PersonId, usize))| PersonFacts {
            person: *person,
            name: format!("Person {number}"),
            profession: "pædagog".to_owned(),
            team: self.teams[*team],
        };
        Directory {
            version: limits::VERSION,
            municipality: self.authority().municipality,
            serial: 1,
            name: "Prøveby".to_owned(),
            teams: self.teams.iter().enumerate().map(team).collect(),
            people: self.people.iter().enumerate().map(person).collect(),
            policy: self.policy.clone(),
        }
    }
}

/// A child of the tests.
pub fn child(number: u8) -> ChildRef {
    ChildRef {
        id: ChildId::new([number; 16]),
        given_name: Short::new("Prøve").unwrap(),
        family_name: Short::new(format!("Barn {number}")).unwrap(),
        birth_date: "2021-03-01".parse().unwrap(),
    }
}

/// An observation with this text.
pub fn observation(about: &ChildRef, text: &str, at: i64) -> Envelope {
    Envelope {
        about: Some(about.clone()),
        occurred: Occurred::at(at, 60),
        profession: Short::new("pædagog").unwrap(),
        unit: None,
        content: Content::Observation(Observation {
            setting: Short::optional("garderobe").unwrap(),
            seen_heard: Text::new(text).unwrap(),
            childs_words: None,
            interpretation: None,
            immediate_action: None,
            domains: Default::default(),
            body_marks: Default::default(),
            co_authors: Default::default(),
        }),
    }
}
