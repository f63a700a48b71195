//! The directory of a municipality with the certificates of its staff: all of it, and then what has changed.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tvaers_core::directory::{AuthorityKey, Directory, PersonFacts, SignedDirectory, Staff, TeamFacts};
use tvaers_core::keys::{DeviceSecret, Secret};
use tvaers_core::rng::{self, bytes};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::ids::{MunicipalityId, PersonId, TeamId};
use tvaers_core::wire::limits;
use tvaers_core::wire::statement::SignedStatement;
use tvaers_core::wire::vouched::Vouched;

use super::Bench;
use super::report::Figure;

/// Persons in one team.
const TEAM: usize = 10;

/// `directory`: a certificate of each person and a charter of each team. `directory-change`: somebody joins.
pub(super) fn run(bench: &Bench<'_>, staff: usize) -> Result<Vec<Figure>> {
    let rng = &mut rng::system();
    let municipality = MunicipalityId::new(bytes(rng));
    let mut authority = AuthorityKey::from_seed(&Secret::random(rng), municipality, 0)?;
    let teams: Vec<TeamId> = (0..staff.div_ceil(TEAM)).map(|_| TeamId::new(bytes(rng))).collect();
    let persons: Vec<PersonId> = (0..staff).map(|_| PersonId::new(bytes(rng))).collect();
    let mut statements = Vec::new();
    for (persons, team) in persons.chunks(TEAM).zip(&teams) {
        for person in persons {
            statements.push(authority.certify(*person, DeviceSecret::generate(rng)?.keys())?.to_bytes());
        }
        statements.push(authority.charter(*team, persons.to_vec()).to_bytes());
    }
    let directory = authority.sign_directory(&directory(municipality, 1, &teams, &persons)).to_bytes();
    let news = [&persons[..], &[PersonId::new(bytes(rng))]].concat();
    let joined = news.last().context("somebody joins")?;
    let team = teams.last().context("a team")?;
    let changes = [
        authority.certify(*joined, DeviceSecret::generate(rng)?.keys())?.to_bytes(),
        authority.charter(*team, news.iter().rev().take(TEAM).copied().collect()).to_bytes(),
    ];
    let newer = authority.sign_directory(&self::directory(municipality, 2, &teams, &news)).to_bytes();

    let known = authority.authority();
    let (mut whole, mut changed) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.runs {
        let (begun, mut vouched) = (Instant::now(), Vouched::new(known));
        learn(&mut vouched, &statements)?;
        let everybody = Staff::verified(&SignedDirectory::from_bytes(&directory)?, &known.into())?;
        whole.push(begun.elapsed().as_secs_f64());
        ensure!(persons.iter().all(|person| everybody.person(person).is_some()), "somebody is missing");
        ensure!(vouched.teams().len() == teams.len(), "a team is missing");

        let begun = Instant::now();
        learn(&mut vouched, &changes)?;
        let everybody = Staff::verified(&SignedDirectory::from_bytes(&newer)?, &known.into())?;
        changed.push(begun.elapsed().as_secs_f64());
        ensure!(everybody.person(joined).is_some() && vouched.devices(joined).len() == 1, "who joined is missing");
    }
    let figure = |item, samples, statements: &[Vec<u8>], directory: &[u8]| Figure {
        docs: Some(staff),
        bytes_down: Some((statements.iter().map(Vec::len).sum::<usize>() + directory.len()) as u64),
        ..Figure::new(item, "s", samples, bench.options.flush_ms, bench.options.runs)
    };
    Ok(vec![figure("directory", whole, &statements, &directory), figure("directory-change", changed, &changes, &newer)])
}

fn learn(vouched: &mut Vouched, statements: &[Vec<u8>]) -> Result<()> {
    for statement in statements {
        vouched.learn(&SignedStatement::from_bytes(statement)?)?;
    }
    Ok(())
}

fn directory(municipality: MunicipalityId, serial: u64, teams: &[TeamId], persons: &[PersonId]) -> Directory {
    let team = |(number, team): (usize, &TeamId)| TeamFacts {
        team: *team,
        name: format!("Børnehuset nummer {number}"),
        kind: "dagtilbud".to_owned(),
        phone: Some(format!("{:08}", 70_000_000 + number)),
    };
    let person = |(number, person): (usize, &PersonId)| PersonFacts {
        person: *person,
        name: format!("Fornavn Mellemnavn Efternavn {number}"),
        profession: "socialrådgiver".to_owned(),
        team: teams[(number / TEAM).min(teams.len() - 1)],
    };
    Directory {
        version: limits::VERSION,
        municipality,
        serial,
        name: "Prøveby".to_owned(),
        teams: teams.iter().enumerate().map(team).collect(),
        people: persons.iter().enumerate().map(person).collect(),
        policy: None,
    }
}
