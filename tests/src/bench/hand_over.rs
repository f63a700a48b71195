//! Hundreds of cases go to a successor: asked for, sealed in one message, and opened by the successor.

use std::collections::VecDeque;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tvaers_core::audience::Audience;
use tvaers_core::client::{Device, Exchange, Input, Output};
use tvaers_core::kinds::{ChildRef, Content, Disclosure, Envelope, List, Party, Short, Text};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::sync::Mode;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::{ChildId, PersonId};
use tvaers_core::wire::message::{PushItem, PushRequest};

use super::Bench;
use super::process::Cpu;
use super::report::{Figure, median};
use super::scene::{RELAY, Scene, TEXT, device_in, runtime, sync, text};
use super::session::{Traffic, call, send_all};
use crate::town::observation;

/// Colleagues who have a line about each child with whoever coordinates it.
const LINES: usize = 7;
const BEFORE: &str = "before";
const AFTER: &str = "after";

/// `hand-over-asked`, `hand-over`, `hand-over-bytes` and `hand-over-opened`, of so many children with a case and lines each.
pub(super) fn run(bench: &Bench<'_>, children: usize) -> Result<Vec<Figure>> {
    let scene = filled(bench, children)?;
    let circles = children * (1 + LINES);
    let (mut asked, mut sealed, mut bytes, mut opened) = (vec![], vec![], vec![], vec![]);
    let (mut cpus, mut traffic) = ([vec![], vec![]], Traffic::default());
    for _ in 0..bench.options.runs {
        let run = scene.copy("hand-over-run")?;
        let relay = run.relay()?;
        let (before, after) = (run.device(BEFORE)?, run.device(AFTER)?);
        let begun = Instant::now();
        let (to, rng) = (after.person(), &mut rng::system());
        let handed = (0..children).map(|number| Ok((pupil(number)?.id, Some(reason(number, &to)?))));
        let handed = handed.collect::<Result<Vec<_>>>()?;
        before.hand_over(&handed, &to, false, &mut Moment::new(system_now(), rng))?;
        asked.push(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let push = before.next_push(&mut Moment::new(system_now(), &mut rng::system()))?.context("a batch")?;
        sealed.push(begun.elapsed().as_secs_f64());
        bytes.push(batch(&push.request, circles)? / circles as f64);
        let address = Relay::new(&relay.url())?;
        runtime()?.block_on(send_all(&before, &address))?;
        let cpu = Cpu::begin(&relay.process())?;
        let (seconds, down) = runtime()?.block_on(open_all(&after, &Relay::new(&relay.url())?, circles + children))?;
        opened.push(seconds);
        traffic = down;
        let used = cpu.end()?;
        cpus[0].push(used.0);
        cpus[1].push(used.1);
        ensure!(
            after.all_records()?.iter().filter(|row| row.open).count() == circles + children,
            "not everything is listed"
        );
        for device in [before, after] {
            device.close()?;
        }
        relay.stop()?;
    }
    let (flush_ms, runs) = (bench.options.flush_ms, bench.options.runs);
    let figure =
        |item, unit, samples| Figure { docs: Some(children), ..Figure::new(item, unit, samples, flush_ms, runs) };
    let [relay_cpu, client_cpu] = cpus.map(median);
    Ok(vec![
        figure("hand-over-asked", "s", asked),
        figure("hand-over", "s", sealed),
        figure("hand-over-bytes", "B", bytes),
        Figure {
            relay_cpu_s: relay_cpu,
            client_cpu_s: client_cpu,
            bytes_up: Some(traffic.up),
            bytes_down: Some(traffic.down),
            messages: Some(traffic.messages),
            ..figure("hand-over-opened", "s", opened)
        },
    ])
}

/// The bytes of the one batch in a push, without wraps; it must have an entry for each circle.
fn batch(push: &[u8], circles: usize) -> Result<f64> {
    let batches = PushRequest::from_bytes(push)?.items.into_iter().filter_map(|item| match item {
        PushItem::Batch { batch, .. } => Some(batch),
        _ => None,
    });
    let batches: Vec<_> = batches.collect();
    let [batch] = batches.as_slice() else { anyhow::bail!("{} batches", batches.len()) };
    let leaves = tvaers_core::wire::batch::Batch::from_bytes(batch)?.leaves.len();
    ensure!(leaves == circles, "the batch hands over {leaves} of {circles} circles");
    Ok(batch.len() as f64)
}

/// From the first request of the session to when so many records have been opened. The contact then goes on to its end.
async fn open_all(device: &Device, relay: &Relay, records: usize) -> Result<(f64, Traffic)> {
    let (mut exchange, mut inputs) = (Exchange::new(Mode::Once), VecDeque::from([Input::Start]));
    let (mut traffic, mut opened, mut all) = (Traffic::default(), 0, None);
    let (begun, mut rng) = (Instant::now(), rng::system());
    while let Some(input) = inputs.pop_front() {
        let mut send = Vec::new();
        exchange.drive(device, &mut Moment::new(system_now(), &mut rng), input, &mut |output| match output {
            Output::Send(request) => send.push(request),
            Output::Changed(changed) => {
                opened += changed.opened.len();
                if opened >= records && all.is_none() {
                    all = Some(begun.elapsed().as_secs_f64());
                }
            }
            Output::Disconnect => {
                send.clear();
                inputs.clear();
            }
            Output::WakeAt(_) | Output::Finished => {}
        })?;
        for request in send {
            let mut later = Traffic::default();
            let answer = call(relay, &request, if all.is_none() { &mut traffic } else { &mut later }).await?;
            inputs.push_back(Input::Answer(request, Ok(answer)));
        }
    }
    let all = all.with_context(|| format!("{opened} of {records} records were opened"))?;
    Ok((all, traffic))
}

/// A coordinator with a case of each child and a note in it, a note by each colleague in a line, and a successor; all have met.
fn filled(bench: &Bench<'_>, children: usize) -> Result<Scene> {
    let names: Vec<String> =
        [BEFORE, AFTER].into_iter().map(str::to_owned).chain((0..LINES).map(|n| format!("colleague-{n}"))).collect();
    let devices: Vec<(String, usize)> = names.iter().cloned().enumerate().map(|(n, name)| (name, n)).collect();
    let (scene, _) = Scene::of(bench.dir, "hand-over", &devices)?;
    let relay = scene.relay()?;
    let before = scene.device(BEFORE)?;
    let coordinator = before.person();
    for (n, name) in names.iter().enumerate().skip(2) {
        let colleague = scene.device(name)?;
        write(&colleague, children, n, (&coordinator, Audience::Line(coordinator)))?;
        sync(&colleague, &relay.url())?;
        if n == 2 {
            let case = Audience::Case(vec![Member::Person(colleague.person())]);
            write(&before, children, 0, (&coordinator, case))?;
        }
        colleague.close()?;
    }
    for name in names.iter().map(String::as_str).chain([AFTER]).rev() {
        let device = if name == BEFORE { None } else { Some(device_in(&scene.path(name))?) };
        let device = device.as_ref().unwrap_or(&before);
        for _ in 0..2 {
            sync(device, &relay.url())?;
        }
        if name != BEFORE {
            device.close()?;
        }
    }
    sync(&before, &relay.url())?;
    before.close()?;
    relay.stop()?;
    ensure!(scene.path(RELAY).is_dir(), "the relay's files");
    Ok(scene)
}

fn write(device: &Device, children: usize, writer: usize, (coordinator, to): (&PersonId, Audience)) -> Result<()> {
    for number in 0..children {
        let (pupil, rng) = (pupil(number)?, &mut rng::system());
        device.set_coordinator(&pupil.id, coordinator, &mut Moment::new(1, rng))?;
        let note = observation(&pupil, &text(number * (LINES + 1) + writer, TEXT), system_now());
        device.submit(&note, std::slice::from_ref(&to), &mut Moment::new(system_now(), rng))?;
    }
    Ok(())
}

/// Why a child is handed over, as whoever wrote about it reads it.
fn reason(number: usize, to: &PersonId) -> Result<Envelope> {
    let content = Content::Disclosure(Disclosure {
        records: List::default(),
        what: Some(Text::new("Barsel fra marts")?),
        with_whom: Party::Person(*to),
        basis: Short::new("overdragelse")?,
    });
    Ok(Envelope { content, ..observation(&pupil(number)?, "", system_now()) })
}

fn pupil(number: usize) -> Result<ChildRef> {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    Ok(ChildRef {
        id: ChildId::new(id),
        given_name: Short::new("Prøve")?,
        family_name: Short::new(format!("Barn {number}"))?,
        birth_date: "2021-03-01".parse()?,
    })
}
