//! A: everything written offline, to the last durable acknowledgement.

use anyhow::{Result, ensure};
use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::net::Relay;
use tvaers_core::rng;

use super::Bench;
use super::process::Cpu;
use super::relay::disk_bytes;
use super::report::{Figure, median};
use super::scene::{CHANGES, PHONE, RELAY, Scene, TEXT, draft, note, runtime, write_on};
use super::session::send_all;

/// Living documents with ten unsent changes each.
pub(super) fn living(bench: &Bench<'_>, docs: usize) -> Result<Vec<Figure>> {
    let scene = Scene::new(bench.dir, "upload")?;
    let (to, rng) = ([Audience::Line(scene.desk_person()?)], &mut rng::system());
    let phone = scene.device(PHONE)?;
    for number in 0..docs {
        let record = phone.submit(&draft(number), &to, &mut Moment::new(1, rng))?;
        for _ in 1..CHANGES {
            phone.edit(&record, &mut Moment::new(2, rng), |envelope| write_on(envelope, number))?;
        }
    }
    phone.close()?;
    measure(bench, "A", &scene, docs)
}

/// Submitted notes.
pub(super) fn notes(bench: &Bench<'_>, docs: usize) -> Result<Vec<Figure>> {
    let scene = Scene::new(bench.dir, "upload")?;
    let (to, rng) = ([Audience::Line(scene.desk_person()?)], &mut rng::system());
    let phone = scene.device(PHONE)?;
    for number in 0..docs {
        phone.submit(&note(number, TEXT), &to, &mut Moment::new(1, rng))?;
    }
    phone.close()?;
    measure(bench, "A-notes", &scene, docs)
}

fn measure(bench: &Bench<'_>, item: &'static str, scene: &Scene, docs: usize) -> Result<Vec<Figure>> {
    let (mut seconds, mut relay_cpu, mut client_cpu, mut rss, mut disk) = (vec![], vec![], vec![], vec![], vec![]);
    let mut last = None;
    for _ in 0..bench.options.runs {
        let run = scene.copy("upload-run")?;
        let relay = run.relay()?;
        let before = disk_bytes(&run.path(RELAY));
        let phone = run.device(PHONE)?;
        let address = Relay::new(&relay.url())?;
        let cpu = Cpu::begin(&relay.process())?;
        let sent = runtime()?.block_on(send_all(&phone, &address))?;
        let used = cpu.end()?;
        ensure!(phone.outbox()?.0 == 0, "something was not acknowledged");
        // And the access log: that something was written is an event, of up to 256 such things each (protocol §8.6).
        let events = sent.chunks.checked_sub(docs as u64);
        ensure!(events.is_some_and(|n| n <= docs.div_ceil(256) as u64), "{} chunks for {docs} documents", sent.chunks);
        seconds.push(sent.seconds);
        relay_cpu.push(used.0);
        client_cpu.push(used.1);
        rss.push(relay.process().rss_mib()?);
        phone.close()?;
        relay.stop()?;
        disk.push((disk_bytes(&run.path(RELAY)).saturating_sub(before)) as f64);
        last = Some(sent);
    }
    let figure = Figure {
        docs: Some(docs),
        bytes_up: last.as_ref().map(|sent| sent.traffic.up),
        bytes_down: last.as_ref().map(|sent| sent.traffic.down),
        messages: last.as_ref().map(|sent| sent.traffic.messages),
        chunks: last.as_ref().map(|sent| sent.chunks),
        sealed_bytes: last.as_ref().map(|sent| sent.sealed_bytes),
        disk_bytes: median(disk).map(|bytes| bytes as u64),
        relay_cpu_s: median(relay_cpu),
        client_cpu_s: median(client_cpu),
        relay_rss_mib: median(rss),
        ..Figure::new(item, "s", seconds, bench.options.flush_ms, bench.options.runs)
    };
    Ok(vec![figure])
}
