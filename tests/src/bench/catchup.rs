//! B: a device that has nothing of it catches up: stored, then listed and searchable, then opened.

use std::time::Instant;

use anyhow::{Result, ensure};
use tvaers_core::audience::Audience;
use tvaers_core::client::{Device, Processed, Request};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::Relay;
use tvaers_core::rng;

use super::Bench;
use super::process::{Cpu, Process};
use super::report::{Figure, median};
use super::scene::{DESK, PHONE, Scene, TEXT, note, runtime, sync};
use super::session::{Traffic, call, open_session};

/// Submitted notes, caught up with by their reader.
pub(super) fn run(bench: &Bench<'_>, docs: usize) -> Result<Vec<Figure>> {
    let scene = filled(bench, "catchup", docs)?;
    let (mut stored, mut listed, mut opened) = (vec![], vec![], vec![]);
    let mut cpus = [vec![], vec![], vec![], vec![]];
    let (mut rss, mut traffic) = (vec![], Traffic::default());
    for _ in 0..bench.options.runs {
        let run = scene.copy("catchup-run")?;
        let relay = run.relay()?;
        let desk = run.device(DESK)?;
        let address = Relay::new(&relay.url())?;
        let cpu = Cpu::begin(&relay.process())?;
        let begun = Instant::now();
        traffic = runtime()?.block_on(fetch(&desk, &address))?;
        stored.push(begun.elapsed().as_secs_f64());
        let used = cpu.end()?;
        cpus[0].push(used.0);
        cpus[1].push(used.1);
        rss.push(relay.process().rss_mib()?);
        let (own, begun) = (Process::own().cpu()?, Instant::now());
        let mut done = Processed::default();
        desk.list_arrived(&mut done)?;
        ensure!(desk.inbox(50)?.len() == docs.min(50) && done.listed == docs, "{} listed", done.listed);
        listed.push(begun.elapsed().as_secs_f64());
        cpus[2].push(Process::own().cpu()? - own);
        done.opened = desk.process()?.opened;
        let found = desk.search("rutsjebanen", 10, &Moment::new(system_now(), &mut rng::system()))?;
        ensure!(done.opened.len() == docs && !found.is_empty(), "not all could be opened");
        opened.push(begun.elapsed().as_secs_f64());
        cpus[3].push(Process::own().cpu()? - own);
        desk.close()?;
        relay.stop()?;
    }
    let (flush_ms, runs) = (bench.options.flush_ms, bench.options.runs);
    let [relay_cpu, stored_cpu, listed_cpu, opened_cpu] = cpus.map(median);
    let figure = |item, seconds, client_cpu_s| Figure {
        docs: Some(docs),
        client_cpu_s,
        ..Figure::new(item, "s", seconds, flush_ms, runs)
    };
    Ok(vec![
        Figure {
            bytes_up: Some(traffic.up),
            bytes_down: Some(traffic.down),
            messages: Some(traffic.messages),
            relay_cpu_s: relay_cpu,
            relay_rss_mib: median(rss),
            ..figure("B", stored, stored_cpu)
        },
        figure("B-listed", listed, listed_cpu),
        figure("B-opened", opened, opened_cpu),
    ])
}

/// A scene in which the phone has sent so many notes.
pub(super) fn filled(bench: &Bench<'_>, name: &str, docs: usize) -> Result<Scene> {
    let scene = Scene::new(bench.dir, name)?;
    let (to, rng) = ([Audience::Line(scene.desk_person()?)], &mut rng::system());
    let phone = scene.device(PHONE)?;
    for number in 0..docs {
        phone.submit(&note(number, TEXT), &to, &mut Moment::new(1, rng))?;
    }
    let relay = scene.relay()?;
    sync(&phone, &relay.url())?;
    ensure!(phone.outbox()?.0 == 0, "not everything was sent");
    phone.close()?;
    relay.stop()?;
    Ok(scene)
}

/// From the first request until everything is in the inbox.
async fn fetch(desk: &Device, relay: &Relay) -> Result<Traffic> {
    let mut traffic = Traffic::default();
    open_session(desk, relay, &mut traffic).await?;
    loop {
        let (after, seen) = desk.tokens()?;
        let page = call(relay, &Request::Pull { after, seen, wait: false }, &mut traffic).await?;
        if !desk.absorb_page(&page, system_now())?.more {
            return Ok(traffic);
        }
    }
}
