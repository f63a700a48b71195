//! A quick load check of a relay in this process: rates on this machine, generator included.
//!
//! `cargo run --release -p tvaers-relay --example load`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use support::relay::Relay;
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tvaers_wire::codec::Canonical;
use tvaers_wire::message::{PushRequest, TOKEN_START};

const WRITERS: usize = 50;
const EACH: usize = 600;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(load());
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default().to_owned();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

async fn load() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    println!("at rest: {:.1} MiB", resident_mib());
    let devices: Vec<Device> = (0..WRITERS).map(|_| town.device(person())).collect();
    let devices: &'static [Device] = devices.leak();
    let mut ready = Vec::new();
    for device in devices {
        let client = relay.session(device).await;
        let circle = own_circle(device);
        client.store(circle.item()).await;
        let mut pen = Pen::new(device, &circle);
        let chunks: Vec<_> = (0..EACH)
            .map(|_| {
                let header = pen.header();
                pen.sign(device, header, 768).item()
            })
            .collect();
        ready.push((client, chunks));
    }
    let started = Instant::now();
    let mut tasks = Vec::new();
    for (client, chunks) in ready {
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(client.address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut answer = vec![0; 4096];
            for chunk in chunks {
                let body = PushRequest { version: 1, items: vec![chunk] }.to_bytes();
                let head = format!(
                    "POST /v1/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/cbor\r\nContent-Length: {}\r\n\r\n",
                    client.token,
                    body.len()
                );
                stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
                // The answer is far smaller than a segment and arrives whole.
                let read = stream.read(&mut answer).await.unwrap();
                assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let rate = (WRITERS * EACH) as f64 / started.elapsed().as_secs_f64();
    println!("single-chunk pushes over {WRITERS} connections: {rate:.0}/s");

    let anna = town.device(person());
    let client = relay.session(&anna).await;
    let circle = own_circle(&anna);
    client.store(circle.item()).await;
    let mut pen = Pen::new(&anna, &circle);
    let chunks: Vec<_> = (0..20_000)
        .map(|_| {
            let header = pen.header();
            pen.sign(&anna, header, 768).item()
        })
        .collect();
    let started = Instant::now();
    for items in chunks.chunks(2_000) {
        client.push(items.to_vec()).await;
    }
    println!("pushes of 2,000: {:.0} chunks/s", 20_000.0 / started.elapsed().as_secs_f64());
    let started = Instant::now();
    let (items, next) = client.pull_all(TOKEN_START).await;
    println!("catch-up of {} items: {:.3} s", items.len(), started.elapsed().as_secs_f64());
    let started = Instant::now();
    for _ in 0..1_000 {
        client.pull_all(next).await;
    }
    println!("quiet pull: {:.0} us", started.elapsed().as_secs_f64() * 1000.0);
    println!("with both sides: {:.1} MiB", resident_mib());
    relay.stop().await;
}
