//! C: a device with a valid session and an open connection asks, and nothing is new.

use std::time::Instant;

use anyhow::{Result, ensure};
use tvaers_core::client::Request;
use tvaers_core::moment::system_now;
use tvaers_core::net::Relay;
use tvaers_core::wire::message::Token;

use super::Bench;
use super::catchup::filled;
use super::http::Client;
use super::process::Cpu;
use super::report::Figure;
use super::scene::{DESK, runtime, sync};
use super::session::{Traffic, call, open_session};

/// Questions in one run.
const ASKED: usize = 100;

/// With so many documents on both sides.
pub(super) fn run(bench: &Bench<'_>, docs: usize) -> Result<Vec<Figure>> {
    let scene = filled(bench, "reconnect", docs)?;
    let relay = scene.relay()?;
    let desk = scene.device(DESK)?;
    sync(&desk, &relay.url())?;
    sync(&desk, &relay.url())?;
    let address = Relay::new(&relay.url())?;
    let (mut seconds, mut traffic) = (Vec::new(), Traffic::default());
    let cpu = Cpu::begin(&relay.process())?;
    runtime()?.block_on(async {
        open_session(&desk, &address, &mut traffic).await?;
        for _ in 0..bench.options.runs as usize * ASKED {
            traffic = Traffic::default();
            let begun = Instant::now();
            let (after, seen) = desk.tokens()?;
            let page = call(&address, &Request::Pull { after, seen, wait: false }, &mut traffic).await?;
            let page = desk.absorb_page(&page, system_now())?;
            seconds.push(begun.elapsed().as_secs_f64());
            ensure!(page.items.is_empty() && !page.more, "something was new");
        }
        anyhow::Ok(())
    })?;
    let used = cpu.end()?;
    let asked = seconds.len() as f64;
    let heads = runtime()?.block_on(heads(&desk, &relay.address))?;
    let figure = Figure {
        docs: Some(docs),
        bytes_up: Some(traffic.up),
        bytes_down: Some(traffic.down),
        header_bytes_up: Some(heads.0.saturating_sub(traffic.up)),
        header_bytes_down: Some(heads.1),
        messages: Some(traffic.messages),
        relay_cpu_s: Some(used.0 / asked),
        client_cpu_s: Some(used.1 / asked),
        relay_rss_mib: Some(relay.process().rss_mib()?),
        ..Figure::new("C", "s", seconds, bench.options.flush_ms, bench.options.runs)
    };
    desk.close()?;
    relay.stop()?;
    Ok(vec![figure])
}

/// Bytes of the heads of the same exchange, asked once more by a client that sees them.
async fn heads(desk: &tvaers_core::client::Device, address: &str) -> Result<(u64, u64)> {
    let mut client = Client::connect(address).await?;
    client.open_session(desk).await?;
    let (after, seen) = desk.tokens()?;
    let answer = client.get(&format!("/v1/pull?after={}&seen={}&wait=0", hex(&after), hex(&seen))).await?;
    Ok((answer.head_up as u64, answer.head_down as u64))
}

fn hex(token: &Token) -> String {
    token.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
