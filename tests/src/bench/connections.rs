//! The relay's memory: at rest, and with many live streams.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Bench;
use super::http::Client;
use super::ingest::writers;
use super::relay::RelayProcess;
use super::report::Figure;
use super::scene::{runtime, sync};

use crate::town::Town;
use tvaers_core::rng;
use tvaers_core::wire::message::Token;

/// Devices behind the streams.
const DEVICES: usize = 50;
/// How often the relay is asked whether all streams are open.
const PATIENCE: usize = 500;
/// Persons in one team.
const TEAM: usize = 10;

/// Started, asked for its health once, and left alone.
pub(super) fn idle(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let mut samples = Vec::new();
    for run in 0..bench.options.runs {
        let town = Town::new(&[0], &mut rng::system());
        let relay = RelayProcess::start(&bench.dir.join(format!("idle-{run}")), &town.authority())?;
        runtime()?.block_on(async { Client::connect(&relay.address).await?.get("/health").await })?;
        samples.push(relay.process().rss_mib()?);
        relay.stop()?;
    }
    Ok(vec![Figure::new("idle", "MiB", samples, bench.options.flush_ms, bench.options.runs)])
}

/// Streams that have been told everything there is and wait.
pub(super) fn live(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let count = bench.options.connections;
    let mut samples = Vec::new();
    for run in 0..bench.options.runs {
        let teams: Vec<usize> = (0..DEVICES).map(|person| person / TEAM).collect();
        let mut town = Town::new(&teams, &mut rng::system());
        let relay = RelayProcess::start(&bench.dir.join(format!("connections-{run}")), &town.authority())?;
        let devices = writers(&mut town, &relay)?;
        // Circles have been founded by others since each of them was in contact.
        devices.iter().try_for_each(|device| sync(device, &relay.url()))?;
        let tokens: Vec<Token> = devices.iter().map(|device| Ok(device.tokens()?.0)).collect::<Result<_>>()?;
        let rss = runtime()?.block_on(async {
            let mut streams = Vec::with_capacity(count);
            for number in 0..count {
                let mut client = Client::connect(&relay.address).await?;
                client.open_session(&devices[number % DEVICES]).await?;
                streams.push(client.into_stream(&tokens[number % DEVICES]).await?);
            }
            let mut asking = Client::connect(&relay.address).await?;
            let mut open = 0;
            // The last ones may not have been begun yet when their upgrade was answered.
            for _ in 0..PATIENCE {
                let health: serde_json::Value = serde_json::from_slice(&asking.get("/health").await?.body)?;
                open = health["live"].as_u64().context("health tells of live streams")?;
                if open == count as u64 {
                    return relay.process().rss_mib();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            bail!("{open} of {count} streams are open")
        })?;
        samples.push(rss);
        relay.stop()?;
    }
    let figure = Figure::new("connections", "MiB", samples, bench.options.flush_ms, bench.options.runs);
    Ok(vec![Figure { connections: Some(count), ..figure }])
}
