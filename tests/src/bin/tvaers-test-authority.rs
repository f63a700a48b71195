//! A municipality's authority for tests in other languages: facts and device keys in, enrolments out.
//!
//! JSON on stdin: `{"relay": "http://…", "teams": [{"name", "kind", "phone"?}], "people": [{"name", "profession", "team": 0,
//! "devices": ["hex of the device's public keys"]}]}`. JSON on stdout: `{"authority": hex, "teams": [id], "people": [{"id",
//! "enrolments": [hex], "erasures": [[hex]]}]}`, in the order of the input. An erasure is two statements, not told to anybody yet: that a
//! device is revoked, and that it shall erase itself. Keys and ids are random; the authority's own key is forgotten.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tvaers_core::directory::{AuthorityKey, Directory, Enrolment, PersonFacts, TeamFacts};
use tvaers_core::keys::Secret;
use tvaers_core::rng::{self, bytes};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::ids::{Fixed, MunicipalityId, PersonId, TeamId};
use tvaers_core::wire::limits;
use tvaers_core::wire::statement::{DeviceKeys, SignedStatement, Wish};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    relay: String,
    teams: Vec<Team>,
    people: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Team {
    name: String,
    kind: String,
    #[serde(default)]
    phone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    profession: String,
    team: usize,
    devices: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    authority: String,
    teams: Vec<String>,
    people: Vec<Enrolled>,
}

#[derive(Serialize)]
struct Enrolled {
    id: String,
    enrolments: Vec<String>,
    erasures: Vec<[String; 2]>,
}

fn main() -> anyhow::Result<()> {
    let facts: Facts = serde_json::from_reader(std::io::stdin()).context("reading the facts")?;
    println!("{}", serde_json::to_string(&enrol(&facts)?)?);
    Ok(())
}

fn enrol(facts: &Facts) -> anyhow::Result<Answer> {
    let rng = &mut rng::system();
    let municipality = MunicipalityId::new(bytes(rng));
    let mut authority = AuthorityKey::from_seed(&Secret::random(rng), municipality, 0)?;
    let teams: Vec<TeamId> = facts.teams.iter().map(|_| TeamId::new(bytes(rng))).collect();
    let people: Vec<PersonId> = facts.people.iter().map(|_| PersonId::new(bytes(rng))).collect();

    let mut certificates: Vec<Vec<SignedStatement>> = Vec::new();
    for (person, id) in facts.people.iter().zip(&people) {
        let of_person = person.devices.iter().map(|device| Ok(authority.certify(*id, &keys(device)?)?));
        certificates.push(of_person.collect::<anyhow::Result<_>>()?);
    }
    let mut statements = certificates.concat();
    for (number, team) in teams.iter().enumerate() {
        let members = facts.people.iter().zip(&people).filter(|(person, _)| person.team == number);
        statements.push(authority.charter(*team, members.map(|(_, id)| *id).collect()));
    }
    let directory = authority.sign_directory(&directory(facts, municipality, &teams, &people)?);
    let trusted = authority.authority();
    let enrolment = |certificate: &SignedStatement| {
        let enrolment = Enrolment {
            authority: trusted,
            relay: facts.relay.clone(),
            certificate: certificate.clone(),
            statements: statements.clone(),
            directory: directory.clone(),
        };
        hex(&enrolment.to_bytes())
    };
    let mut enrolled = Vec::new();
    for ((id, certificates), person) in people.iter().zip(&certificates).zip(&facts.people) {
        let mut erasures = Vec::new();
        for device in &person.devices {
            let device = keys(device)?.device();
            let statements = [authority.revoke(device), authority.wish(device, Wish::Erase)];
            erasures.push(statements.map(|statement| hex(&statement.to_bytes())));
        }
        let enrolments = certificates.iter().map(enrolment).collect();
        enrolled.push(Enrolled { id: id.to_hex(), enrolments, erasures });
    }
    Ok(Answer {
        authority: hex(&authority.authority().to_bytes()),
        teams: teams.iter().map(|team| team.to_hex()).collect(),
        people: enrolled,
    })
}

fn directory(
    facts: &Facts,
    municipality: MunicipalityId,
    teams: &[TeamId],
    people: &[PersonId],
) -> anyhow::Result<Directory> {
    let team = |(facts, team): (&Team, &TeamId)| TeamFacts {
        team: *team,
        name: facts.name.clone(),
        kind: facts.kind.clone(),
        phone: facts.phone.clone(),
    };
    let person = |(facts, person): (&Person, &PersonId)| {
        Ok(PersonFacts {
            person: *person,
            name: facts.name.clone(),
            profession: facts.profession.clone(),
            team: *teams.get(facts.team).context("a person's team is the number of none")?,
        })
    };
    Ok(Directory {
        version: limits::VERSION,
        municipality,
        serial: 1,
        name: "Prøveby".to_owned(),
        teams: facts.teams.iter().zip(teams).map(team).collect(),
        people: facts.people.iter().zip(people).map(person).collect::<anyhow::Result<_>>()?,
        policy: None,
    })
}

/// Ed25519, 32 bytes, and then X-Wing, as the bindings hand them out.
fn keys(device: &str) -> anyhow::Result<DeviceKeys> {
    let bytes = from_hex(device).context("a device's keys are hexadecimal digits")?;
    let (signing, kem) = bytes.split_at_checked(32).context("a device's keys are too short")?;
    let kem = kem.try_into().context("a device's X-Wing key has the wrong length")?;
    Ok(DeviceKeys { signing: Fixed(signing.try_into()?), kem: Fixed(kem) })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| Some(c.to_digit(16)? as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
