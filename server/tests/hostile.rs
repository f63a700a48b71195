//! Bad input at the door: every error code, half-open connections, slow readers. Times are injected and small.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use support::failing::Failing;
use support::live::{closed_because, live, next_page};
use support::relay::{Client, Relay, config, garbage, hex};
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tvaers_relay::Config;
use tvaers_relay::config::{Bounds, Clock, Rate};
use tvaers_relay::storage::sqlite::SqliteStorage;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::Member;
use tvaers_wire::ids::CircleId;
use tvaers_wire::limits;
use tvaers_wire::message::*;
use tvaers_wire::statement::Authority;

async fn status(client: &Client<'_>, method: reqwest::Method, path: &str) -> u16 {
    let request = client.http.request(method, format!("{}{path}", client.base));
    request.header("authorization", format!("Bearer {}", client.token)).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_has_its_code_and_one_shape() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let raw = |path: &str, kind: &str, body: Vec<u8>| {
        let request = a.http.post(format!("{}{path}", a.base)).header("content-type", kind.to_owned());
        request.header("authorization", format!("Bearer {}", a.token)).body(body).send()
    };
    let answers = [
        (raw("/v1/push", "application/cbor", vec![0xff]).await, 400, "bad_request"),
        (raw("/v1/push", "application/cbor", vec![]).await, 400, "bad_request"),
        (raw("/v1/push", "application/json", b"{}".to_vec()).await, 415, "unsupported_media_type"),
        (raw("/v1/frontier", "application/cbor", vec![0; limits::SMALL_BODY + 1]).await, 413, "too_large"),
        (raw("/v1/pull", "application/cbor", vec![]).await, 405, "method_not_allowed"),
        (raw("/v1/nothing", "application/cbor", vec![]).await, 404, "not_found"),
        (a.http.get(relay.url("/v1/pull?after=00")).send().await, 401, "unauthorized"),
    ];
    for (answer, code, name) in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status().as_u16(), code, "{name}");
        let json: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(json, serde_json::json!({ "error": name, "retry_after": null }));
    }
    for after in ["", "zz", "00", &"0".repeat(47), &"0".repeat(50)] {
        assert_eq!(a.get::<Page>(&format!("/v1/pull?after={after}")).await, Err(400), "{after}");
    }
    assert_eq!(status(&a, reqwest::Method::GET, "/v1/pull").await, 400);
    assert_eq!(a.post::<Backlog>("/v1/backlog", vec![0x80]).await, Err(400));
    let many = vec![PastOf { circle: CircleId::new([0; 32]), after: 0 }; limits::ASKED_CIRCLES + 1];
    assert_eq!(a.post::<Backlog>("/v1/backlog", BacklogRequest { circles: many }.to_bytes()).await, Err(400));
    assert_eq!(a.try_pull(garbage()).await, Err(409));
    let (_, place) = a.pull_all(TOKEN_START).await;
    for (part, byte) in [("generation", 0), ("sequence", 15), ("nonce", 16)] {
        let mut other = place;
        other.0[byte] ^= 1;
        assert_eq!(a.try_pull(other).await, Err(409), "another {part}");
    }
    let seen = format!("/v1/pull?after={}&seen={}", hex(&TOKEN_START), hex(&garbage()));
    assert_eq!(a.get::<Page>(&seen).await, Err(409), "an acknowledgement that this relay never gave");
    let many = PushRequest {
        version: 1,
        items: vec![
            PushItem::Box {
                chunk: tvaers_wire::ids::ChunkId::new([0; 32]),
                key: key_box(tvaers_wire::ids::EntryId::new([0; 32]))
            };
            limits::PUSH_ITEMS + 1
        ],
    };
    assert_eq!(a.post::<PushAnswer>("/v1/push", many.to_bytes()).await, Err(400));
    assert_eq!(status(&a, reqwest::Method::GET, "/health").await, 200);
    assert_eq!(status(&a, reqwest::Method::GET, "/metrics").await, 404, "metrics have a listener of their own");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_strangers_and_stale_or_garbled_proofs_are_refused_alike() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    let stranger = Town::new().device(person());
    assert_eq!(relay.try_session(&stranger).await.err(), Some(403), "another municipality's certificate");
    let a = relay.session(&anna).await;
    let challenge: Challenge = a.post("/v1/challenge", vec![]).await.unwrap();
    let request = |challenge: &[u8], signer: &Device| SessionRequest {
        version: limits::VERSION,
        certificate: anna.certificate.clone(),
        challenge: challenge.into(),
        signature: sign_session(signer, challenge),
    };
    let mut garbled = challenge.challenge.0.clone();
    garbled[0] ^= 1;
    // A relay of another municipality passed the challenge on and was answered.
    let elsewhere = sign_session_for(&Town::new().authority.municipality, &anna, &challenge.challenge);
    let passed_on = SessionRequest { signature: elsewhere, ..request(&challenge.challenge, &anna) };
    let unscoped = sign_session_parts(&anna, &[&challenge.challenge]);
    let unscoped = SessionRequest { signature: unscoped, ..request(&challenge.challenge, &anna) };
    let bodies =
        [request(&challenge.challenge, &bo), request(&garbled, &anna), request(b"", &anna), passed_on, unscoped];
    let mut answers = Vec::new();
    for body in bodies {
        answers.push(a.send("/v1/session", body.to_bytes()).await.text().await.unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one answer for all: {answers:?}");
    let charter = SessionRequest {
        certificate: town.charter(tvaers_wire::ids::TeamId::new([1; 16]), &[]),
        ..request(&challenge.challenge, &anna)
    };
    assert_eq!(a.post::<SessionAnswer>("/v1/session", charter.to_bytes()).await, Err(403));
    for token in ["", "x", &a.token[1..], &format!("{}0", &a.token[..a.token.len() - 1]), &"00".repeat(72)] {
        let other = Client { token: token.to_owned(), ..a.clone() };
        let expected = if token == a.token { Ok(()) } else { Err(401) };
        assert_eq!(other.try_pull(TOKEN_START).await.map(drop), expected);
    }
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_renewed_at_half_its_life_and_ends_at_its_end() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let now = Arc::new(AtomicU64::new(1_800_000_000_000));
    let clock = {
        let now = Arc::clone(&now);
        Clock::new(move || now.load(Ordering::SeqCst))
    };
    let relay = Relay::clocked(dir.path(), &town, clock).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let pull = || async {
        let path = format!("{}/v1/pull?after={}", a.base, hex(&TOKEN_START));
        a.http.get(path).header("authorization", format!("Bearer {}", a.token)).send().await.unwrap()
    };
    assert!(!pull().await.headers().contains_key("tvaers-session"));
    let half = u64::try_from(limits::SESSION.as_millis()).unwrap() / 2;
    now.fetch_add(half + 1000, Ordering::SeqCst);
    let renewed = pull().await.headers().get("tvaers-session").unwrap().to_str().unwrap().to_owned();
    now.fetch_add(half, Ordering::SeqCst);
    assert_eq!(pull().await.status(), 401);
    let other = Client { token: renewed, ..a.clone() };
    assert!(other.try_pull(TOKEN_START).await.is_ok());
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_authority_accepts_a_claim_and_nothing_else_and_only_once() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start_with(config(dir.path(), None)).await;
    let code = relay.claim_code.clone().unwrap();
    assert!(code.len() >= 32);
    let anna = town.device(person());
    assert_eq!(relay.try_session(&anna).await.err(), Some(503));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let claim = async |code: &str, authority: Authority| {
        let body = ClaimRequest { code: code.to_owned(), authority }.to_bytes();
        let request = http.post(relay.url("/v1/claim")).header("content-type", "application/cbor").body(body);
        request.send().await.unwrap().status().as_u16()
    };
    for wrong in ["", "0", &code[1..], &code.replace(|_: char| true, "0")] {
        assert_eq!(claim(wrong, Town::new().authority).await, 403);
    }
    assert_eq!(claim(&code, town.authority).await, 200);
    assert_eq!(claim(&code, Town::new().authority).await, 403, "used once");
    assert!(relay.try_session(&anna).await.is_ok());
    relay.stop().await;
    let relay = Relay::start_with(config(dir.path(), None)).await;
    assert_eq!(relay.claim_code, None, "kept");
    assert!(relay.try_session(&anna).await.is_ok());
    relay.stop().await;
}

fn quick() -> Bounds {
    let short = Duration::from_millis(200);
    Bounds { header: short, body_pause: short, stall: short, frame: Duration::from_secs(5), ..Bounds::default() }
}

/// Reads until the relay closes; the test would hang if it did not.
async fn until_closed(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_dribbling_and_unfinished_connections_are_closed() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::bounded(dir.path(), &town, quick()).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let silent = TcpStream::connect(relay.address).await.unwrap();
    let mut half_head = TcpStream::connect(relay.address).await.unwrap();
    half_head.write_all(b"POST /v1/push HTTP/1.1\r\nHost:").await.unwrap();
    let mut h2 = TcpStream::connect(relay.address).await.unwrap();
    h2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut half_body = TcpStream::connect(relay.address).await.unwrap();
    let head = format!(
        "POST /v1/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/cbor\r\nContent-Length: 100\r\n\r\nabc",
        a.token
    );
    half_body.write_all(head.as_bytes()).await.unwrap();
    let (_, _, _, body) =
        tokio::join!(until_closed(silent), until_closed(half_head), until_closed(h2), until_closed(half_body));
    assert!(body.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&body));
    a.store(own_circle(&anna).item()).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_caps_are_closed_and_the_others_stay() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let bounds = Bounds { connections_per_ip: 2, ..Bounds::default() };
    let relay = Relay::bounded(dir.path(), &town, bounds).await;
    let first = TcpStream::connect(relay.address).await.unwrap();
    let mut second = TcpStream::connect(relay.address).await.unwrap();
    let third = TcpStream::connect(relay.address).await.unwrap();
    assert!(until_closed(third).await.is_empty());
    second.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(until_closed(second).await.starts_with(b"HTTP/1.1 200"));
    drop(first);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_asks_too_often_is_told_when_to_come_back() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let clock = Clock::new(|| 1_800_000_000_000);
    let bounds = Bounds { device_rate: Rate { per_second: 1, burst: 2 }, ..Bounds::default() };
    let relay = Relay::start_with(Config { clock, bounds, ..config(dir.path(), Some(town.authority)) }).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    let (a, b) = (relay.session(&anna).await, relay.session(&bo).await);
    assert!(a.try_pull(TOKEN_START).await.is_ok() && a.try_pull(TOKEN_START).await.is_ok());
    assert_eq!(a.try_pull(TOKEN_START).await, Err(429));
    let answer = a.send("/v1/push", vec![]).await;
    assert_eq!(answer.headers().get("retry-after").unwrap(), "1");
    assert!(b.try_pull(TOKEN_START).await.is_ok(), "others are served");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_stream_brings_what_is_committed_and_ends_with_the_device() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    let (a, b) = (relay.joined(&anna).await, relay.joined(&bo).await);
    let (_, now) = b.pull_all(TOKEN_START).await;
    let mut socket = live(&b, now, now).await;
    let case = shared(&anna, &[Member::Person(bo.person)]);
    let chunk = Pen::new(&anna, &case).write(&anna);
    a.push(vec![case.item(), chunk.item()]).await;
    let page = next_page(&mut socket).await;
    assert_eq!(support::relay::chunks(&page.items), [chunk.bytes]);
    assert_eq!(b.try_pull(page.next).await.unwrap().items, []);
    let mut restored = live(&b, garbage(), TOKEN_START).await;
    assert_eq!(closed_because(&mut restored).await, "restored");
    let mut short = live(&b, TOKEN_START, TOKEN_START).await;
    short.send(tungstenite::Message::Text("more".into())).await.unwrap();
    assert_eq!(closed_because(&mut short).await, "bad_request");
    let stopping = tokio::spawn(relay.stop());
    assert_eq!(closed_because(&mut socket).await, "unavailable");
    drop((a, b, short, restored, socket));
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_is_dropped_while_others_are_served() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::bounded(dir.path(), &town, Bounds { header: Duration::from_secs(10), ..quick() }).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let circle = own_circle(&anna);
    a.store(circle.item()).await;
    let mut slow = live(&a, TOKEN_START, TOKEN_START).await;
    let mut pen = Pen::new(&anna, &circle);
    let mut written = 0;
    // 24 MiB: more than both kernels buffer.
    for _ in 0..6 {
        let items = (0..4).map(|_| {
            let header = pen.header();
            pen.sign(&anna, header, 1024 * 1024).item()
        });
        let items = items.collect();
        written += a.push(items).await.len();
    }
    assert_eq!(a.chunks().await.len(), written, "others get everything");
    while a.http.get(relay.url("/health")).send().await.unwrap().text().await.unwrap().contains(r#""live":1"#) {}
    let mut got = 0;
    while let Some(Ok(tungstenite::Message::Binary(bytes))) = slow.next().await {
        got += support::relay::chunks(&Page::from_bytes(&bytes).unwrap().items).len();
    }
    assert!(got < written, "{got} of {written}");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_committed_is_not_acknowledged_and_reading_goes_on() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = Arc::new(Failing::on(SqliteStorage::open(dir.path()).unwrap()));
    let relay = Relay::start_on(config(dir.path(), Some(town.authority)), Arc::clone(&storage)).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let circle = own_circle(&anna);
    a.store(circle.item()).await;
    let before = a.pull_all(TOKEN_START).await;
    let mut pen = Pen::new(&anna, &circle);
    let chunk = pen.write(&anna);
    storage.fail(true);
    assert_eq!(a.try_push(vec![chunk.item()]).await, Err(503));
    assert_eq!(a.pull_all(TOKEN_START).await, before);
    storage.fail(false);
    a.store(chunk.item()).await;
    relay.stop().await;
}
