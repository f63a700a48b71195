//! A new key for a circle: drawn and wrapped for every member, and taken by one of them.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tvaers_core::circle::{Draft, renew};
use tvaers_core::keys::{KemKey, unwrap};
use tvaers_core::rng;
use tvaers_core::wire::entry::{Member, ParsedEntry, Rights, Subject};

use super::Bench;
use super::people::People;
use super::report::Figure;

/// Keys drawn in one run.
const DRAWN: usize = 10;

/// `rotation`, from the log to the bytes that are pushed; `rotation-taken`, from those bytes to the root in a member's hands.
pub(super) fn run(bench: &Bench<'_>, members: usize) -> Result<Vec<Figure>> {
    let people = People::new(members)?;
    let recipients =
        || (0..members).map(|number| people.recipient(number).context("a key")).collect::<Result<Vec<_>>>();
    let mut draft = Draft::default();
    for (number, recipient) in recipients()?.into_iter().enumerate() {
        draft.add(recipient, if number == 0 { Rights::Manage } else { Rights::Write });
    }
    let (_, mut root, mut log) = people.found(Subject::Shared, draft)?;
    let reader = people.all.last().context("a member")?;
    let (mut drawn, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.runs as usize * DRAWN {
        let draft = Draft { recipients: recipients()?, ..Draft::default() };
        let begun = Instant::now();
        let (made, next) = renew(&log, Some(&root), draft, &people.all[0].device, &mut rng::system())?;
        drawn.push(begun.elapsed().as_secs_f64());

        let begun = Instant::now();
        let parsed = ParsedEntry::from_bytes(&made.bytes)?;
        log.append(&parsed, &people.vouched, &people)?;
        let member = Member::Person(reader.id);
        let wrap = made.wraps.iter().find(|wrap| wrap.member == member).context("a wrap")?;
        let kem = KemKey::from_seed(&reader.root.kem_seed()).context("a key")?;
        let opened = unwrap(&wrap.bytes, &kem, &parsed.public.binding(), &member)?;
        ensure!(log.epoch().is_some_and(|epoch| epoch.root_commitment == opened.commitment()), "another root");
        ensure!(!log.owes_epoch(&people), "the circle still owes a key");
        taken.push(begun.elapsed().as_secs_f64());
        ensure!(opened == next, "another root");
        root = next;
    }
    let figure = |item, samples| Figure {
        docs: Some(members),
        ..Figure::new(item, "s", samples, bench.options.flush_ms, bench.options.runs)
    };
    Ok(vec![figure("rotation", drawn), figure("rotation-taken", taken)])
}
