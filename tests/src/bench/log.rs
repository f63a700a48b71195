//! Verifying a control log from its bytes: of a case whose members come and go, and of a team, whose entries bring charters.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tvaers_core::circle::{Draft, Recipient, append, renew};
use tvaers_core::rng::{self, bytes};
use tvaers_core::wire::entry::{Change, Cut, Member, ParsedEntry, Rights, Subject};
use tvaers_core::wire::ids::{ChunkId, Installation, InstallationNonce, TeamId};
use tvaers_core::wire::log::CircleLog;
use tvaers_core::wire::statement::SignedStatement;

use super::Bench;
use super::people::People;
use super::report::Figure;

/// Persons who stay, and persons of whom one after the other comes and goes.
const STAY: usize = 8;
const GO: usize = 4;

/// `log` and `log-team`: every signature, every rule.
pub(super) fn run(bench: &Bench<'_>, entries: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (item, team) in [("log", None), ("log-team", Some(TeamId::new([7; 16])))] {
        let mut people = People::new(STAY + GO)?;
        let log = written(&mut people, team, entries)?;
        let mut samples = Vec::new();
        for _ in 0..bench.options.runs {
            let begun = Instant::now();
            let members = verified(&people, &log)?;
            samples.push(begun.elapsed().as_secs_f64());
            ensure!((STAY..=STAY + 1).contains(&members), "{members} members");
        }
        let figure = Figure::new(item, "s", samples, bench.options.flush_ms, bench.options.runs);
        let bytes = log.iter().map(|entry| entry.len() as u64).sum();
        figures.push(Figure { docs: Some(entries), bytes_down: Some(bytes), ..figure });
    }
    Ok(figures)
}

/// A log as its reader gets it: somebody is added, and removed again with a new key, by turns; of a team, because the next
/// charter says so.
fn written(people: &mut People, team: Option<TeamId>, entries: usize) -> Result<Vec<Vec<u8>>> {
    let rng = &mut rng::system();
    let staying: Vec<Recipient> = (0..STAY).map(|number| recipient(people, number)).collect::<Result<_>>()?;
    let mut first = Draft { vouchers: charter(people, team, None), ..Draft::default() };
    for (number, member) in staying.iter().enumerate() {
        first.add(member.clone(), if number == 0 { Rights::Manage } else { Rights::Write });
    }
    let (made, mut root, mut log) = people.found(team.map_or(Subject::Shared, Subject::Team), first)?;
    let mut out = vec![made.bytes];
    for number in 1..entries {
        let (guest, comes) = (STAY + (number - 1) / 2 % GO, number % 2 == 1);
        let mut draft = Draft { vouchers: charter(people, team, comes.then_some(guest)), ..Draft::default() };
        let manager = &people.all[0].device;
        let made = if comes {
            draft.add(recipient(people, guest)?, Rights::Write);
            append(&log, &root, draft, manager, rng)?
        } else {
            let guest = &people.all[guest];
            let installation = Installation { device: guest.device.id(), nonce: InstallationNonce::new(bytes(rng)) };
            let cut = Cut { installation, counter: 1, chunk: ChunkId::new(bytes(rng)) };
            draft.changes.push(Change::Remove { member: Member::Person(guest.id), cuts: vec![cut] });
            draft.recipients.clone_from(&staying);
            let made;
            (made, root) = renew(&log, Some(&root), draft, manager, rng)?;
            made
        };
        log.append(&made.parsed, &people.vouched, people)?;
        out.push(made.bytes);
    }
    Ok(out)
}

fn recipient(people: &People, number: usize) -> Result<Recipient> {
    people.recipient(number).context("a key")
}

/// The next charter of a team: whoever stays, and a guest.
fn charter(people: &mut People, team: Option<TeamId>, guest: Option<usize>) -> Vec<SignedStatement> {
    let persons = (0..STAY).chain(guest).map(|number| people.all[number].id).collect();
    team.map(|team| people.authority.charter(team, persons)).into_iter().collect()
}

/// What a reader does who has none of it.
fn verified(people: &People, log: &[Vec<u8>]) -> Result<usize> {
    let (mut vouched, mut circle) = (people.vouched.clone(), None::<CircleLog>);
    for bytes in log {
        let entry = ParsedEntry::from_bytes(bytes)?;
        entry.public.vouchers.iter().try_for_each(|voucher| vouched.learn(voucher).map(drop))?;
        match &mut circle {
            None => circle = Some(CircleLog::found(&entry, &vouched, people)?),
            Some(circle) => circle.append(&entry, &vouched, people)?,
        }
    }
    let circle = circle.context("a founding entry")?;
    ensure!(circle.entries.len() == log.len(), "not all was accepted");
    Ok(circle.members.len())
}
