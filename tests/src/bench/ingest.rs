//! E: many writers, one chunk per acknowledgement. Chunks are sealed beforehand; the generator only moves bytes.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tvaers_core::audience::Audience;
use tvaers_core::client::Device;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::limits;
use tvaers_core::wire::message::{PushAnswer, PushItem, PushRequest, Pushed};

use super::Bench;
use super::http::Client;
use super::process::Cpu;
use super::relay::RelayProcess;
use super::report::{Figure, median};
use super::scene::{CHANGES, TEXT, note, runtime, sync};
use crate::town::Town;

/// Connections, each a device of its own.
const WRITERS: usize = 50;
/// Chunks of each writer in one run.
const EACH: usize = 400;
/// Persons in one team.
const TEAM: usize = 10;

/// Writers with an open connection and a session, and what each will send.
pub(super) fn run(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let data = bench.dir.join("ingest");
    let rng = &mut rng::system();
    let mut town = Town::new(&(0..WRITERS).map(|person| person / TEAM).collect::<Vec<_>>(), rng);
    let relay = RelayProcess::start(&data, &town.authority())?;
    let devices = writers(&mut town, &relay)?;
    let mut cpus = (Vec::new(), Vec::new());
    let (mut rates, mut latencies, mut bytes) = (Vec::new(), Vec::new(), 0);
    let disk = relay.disk_bytes();
    for run in 0..bench.options.runs as usize {
        let mut pushes = Vec::new();
        for device in &devices {
            pushes.push(sealed(device, run)?);
        }
        bytes = pushes.iter().flatten().map(|push| push.len() as u64).sum();
        let (seconds, mut times, used) = runtime()?.block_on(send(&relay, &devices, &pushes))?;
        rates.push((WRITERS * EACH) as f64 / seconds);
        latencies.append(&mut times);
        cpus.0.push(used.0);
        cpus.1.push(used.1);
    }
    let chunks = (WRITERS * EACH) as u64;
    let (flush_ms, runs) = (bench.options.flush_ms, bench.options.runs);
    let rate = Figure {
        connections: Some(WRITERS),
        chunks: Some(chunks),
        bytes_up: Some(bytes),
        messages: Some(2 * chunks),
        disk_bytes: Some((relay.disk_bytes() - disk) / u64::from(runs)),
        relay_cpu_s: median(cpus.0),
        client_cpu_s: median(cpus.1),
        relay_rss_mib: Some(relay.process().rss_mib()?),
        ..Figure::new("E", "1/s", rates, flush_ms, runs)
    };
    let latency = Figure { connections: Some(WRITERS), ..Figure::new("E-latency", "s", latencies, flush_ms, runs) };
    relay.stop()?;
    Ok(vec![rate, latency])
}

/// Devices whose circles the relay knows. Their stores are in memory: only the relay's is measured.
pub(super) fn writers(town: &mut Town, relay: &RelayProcess) -> Result<Vec<Device>> {
    let people = 0..town.people.len();
    let stores = people.map(|person| Ok((person, Store::in_memory()?))).collect::<Result<_>>()?;
    let devices = town.enrol(stores, &relay.url(), &mut rng::system());
    devices.iter().try_for_each(|device| sync(device, &relay.url()))?;
    Ok(devices)
}

/// Pushes of one chunk each, as they travel. The device takes them for sent.
fn sealed(device: &Device, run: usize) -> Result<Vec<Vec<u8>>> {
    let rng = &mut rng::system();
    for number in 0..EACH {
        device.submit(&note(run * EACH + number, TEXT / CHANGES), &[Audience::Own], &mut Moment::new(1, rng))?;
    }
    let mut pushes = Vec::new();
    while let Some(batch) = device.next_push(&mut Moment::new(2, rng))? {
        let items = PushRequest::from_bytes(&batch.request)?.items;
        let results = vec![Pushed::Stored; items.len()];
        for item in items {
            ensure!(matches!(item, PushItem::Chunk { .. }), "only chunks are left to send");
            pushes.push(PushRequest { version: limits::VERSION, items: vec![item] }.to_bytes());
        }
        let token = device.tokens()?.1;
        device.pushed(batch, &PushAnswer { results, token, stamps: Vec::new() }.to_bytes(), 3)?;
    }
    ensure!(pushes.len() == EACH, "{} of {EACH} chunks were sealed", pushes.len());
    Ok(pushes)
}

/// Sends everything, each writer one chunk after the other. Seconds, the latency of each push, core time.
async fn send(
    relay: &RelayProcess,
    devices: &[Device],
    pushes: &[Vec<Vec<u8>>],
) -> Result<(f64, Vec<f64>, (f64, f64))> {
    let mut clients = Vec::new();
    for device in devices {
        let mut client = Client::connect(&relay.address).await?;
        client.open_session(device).await?;
        clients.push(client);
    }
    let cpu = Cpu::begin(&relay.process())?;
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (mut client, pushes) in clients.into_iter().zip(pushes.to_vec()) {
        tasks.spawn(async move {
            let mut answers = Vec::with_capacity(pushes.len());
            for push in &pushes {
                let sent = Instant::now();
                let answer = client.post("/v1/push", push).await?;
                answers.push((answer.body, sent.elapsed().as_secs_f64()));
            }
            anyhow::Ok(answers)
        });
    }
    let mut answers = Vec::new();
    while let Some(done) = tasks.join_next().await {
        answers.append(&mut done.context("a writer")??);
    }
    let (seconds, used) = (begun.elapsed().as_secs_f64(), cpu.end()?);
    for (body, _) in &answers {
        ensure!(PushAnswer::from_bytes(body)?.results == [Pushed::Stored], "a chunk was not stored");
    }
    Ok((seconds, answers.into_iter().map(|(_, latency)| latency).collect(), used))
}
