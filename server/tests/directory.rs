//! The sealed directory at the relay: who may store it, who gets it, and what is refused before it is read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::relay::{Client, Relay};
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryAnswer, DirectoryUpload, DirectoryWrap, DirectoryWraps, PartAnswer, PartKind};
use tvaers_wire::ids::Fixed;
use tvaers_wire::limits;
use tvaers_wire::message::{FeedItem, TOKEN_START};
use tvaers_wire::statement::{Claim, Standing};

const HEAD: Fixed<32> = Fixed([7; 32]);

/// The status that a part is answered with, if it is not stored.
async fn bring(relay: &Relay, upload: &DirectoryUpload) -> u16 {
    send(relay, upload.to_bytes()).await.map_or_else(
        |status| status,
        |answer| {
            assert_eq!(answer, PartAnswer::Stored {});
            200
        },
    )
}

async fn send(relay: &Relay, body: Vec<u8>) -> Result<PartAnswer, u16> {
    // A second installation in this process is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A connection on which a body was refused unread is closed by the relay: none is used twice.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().unwrap();
    let request = http.post(relay.url("/v1/directory")).header("content-type", "application/cbor");
    let answer = request.body(body).send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    if status.is_success() { Ok(PartAnswer::from_bytes(&body).unwrap()) } else { Err(status.as_u16()) }
}

async fn fetch(client: &Client<'_>, head: Fixed<32>) -> Result<DirectoryAnswer, u16> {
    let head: String = head.0.iter().map(|byte| format!("{byte:02x}")).collect();
    client.get(&format!("/v1/directory?head={head}")).await
}

fn wraps(devices: &[&Device]) -> Vec<u8> {
    let wrap = |device: &&Device| DirectoryWrap { device: device.id, bytes: device.id.as_bytes().to_vec().into() };
    DirectoryWraps { wraps: devices.iter().map(wrap).collect() }.to_bytes()
}

/// Brings a directory with keys for these.
async fn published(relay: &Relay, town: &Town, serial: u64, devices: &[&Device]) {
    for (kind, part) in [(PartKind::Wraps, wraps(devices)), (PartKind::Sealed, vec![9; 300])] {
        assert_eq!(bring(relay, &town.upload(serial, HEAD, kind, part)).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_device_gets_the_directory_and_its_own_key() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let [anna, bo, carl] = [(); 3].map(|()| town.device(person()));
    let (a, b, c) = (relay.session(&anna).await, relay.session(&bo).await, relay.session(&carl).await);
    assert_eq!(fetch(&a, HEAD).await, Err(404));
    published(&relay, &town, 5, &[&anna, &bo]).await;
    for (client, device) in [(&a, &anna), (&b, &bo)] {
        let answer = fetch(client, HEAD).await.unwrap();
        assert_eq!((answer.sealed.0, &answer.wrap.0[..]), (vec![9; 300], &device.id.as_bytes()[..]));
    }
    assert_eq!(fetch(&c, HEAD).await, Err(404), "nothing was wrapped for Carl");
    assert_eq!(fetch(&a, Fixed([8; 32])).await, Err(404), "another one than was asked for is not sent");
    assert_eq!(a.get::<DirectoryAnswer>("/v1/directory?head=07").await, Err(400));
    assert_eq!(a.get::<DirectoryAnswer>("/v1/directory").await, Err(400));
    let stranger = Client { token: String::new(), ..a.clone() };
    assert_eq!(fetch(&stranger, HEAD).await, Err(401));
    // An older one, from an office that was put back from a copy, is told apart from a success.
    let older = town.upload(4, HEAD, PartKind::Sealed, vec![1; 300]);
    assert_eq!(send(&relay, older.to_bytes()).await, Ok(PartAnswer::Older {}));
    assert_eq!(fetch(&a, HEAD).await.unwrap().sealed.0, vec![9; 300]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_out_is_refused_and_finds_nothing_of_a_later_one() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    let (a, b) = (relay.session(&anna).await, relay.session(&bo).await);
    published(&relay, &town, 5, &[&anna, &bo]).await;
    assert_eq!(relay.state(&town.state(Claim::Revoked { device: bo.id })).await, 200);
    assert_eq!(fetch(&b, HEAD).await, Err(403));
    let suspended = Claim::Standing { person: anna.person, standing: Standing::Suspended };
    assert_eq!(relay.state(&town.state(suspended)).await, 200);
    assert_eq!(fetch(&a, HEAD).await, Err(403));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_authoritys_own_part_is_stored() {
    let (dir, town, other) = (tempfile::tempdir().unwrap(), Town::new(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    assert_eq!(bring(&relay, &town.upload(5, HEAD, PartKind::Wraps, wraps(&[&anna]))).await, 200);
    let part = vec![9; 300];
    let good = town.upload(5, HEAD, PartKind::Sealed, part.clone());
    let refused = [
        (other.upload(5, HEAD, PartKind::Sealed, part.clone()), 403),
        // This authority's key, for another municipality.
        (town.posing_as(&other).upload(5, HEAD, PartKind::Sealed, part.clone()), 403),
        // Another part than the order is for: of that length, shorter, longer.
        (DirectoryUpload { part: vec![8; 300].into(), ..good.clone() }, 400),
        (DirectoryUpload { part: vec![9; 299].into(), ..good.clone() }, 400),
        (DirectoryUpload { part: vec![9; 600].into(), ..good.clone() }, 413),
        // Keys that are none, or too long to be some.
        (town.upload(6, HEAD, PartKind::Wraps, part.clone()), 400),
    ];
    for (upload, status) in refused {
        assert_eq!(bring(&relay, &upload).await, status, "{upload:?}");
        assert_eq!(fetch(&a, HEAD).await, Err(404));
    }
    let long = DirectoryWrap { device: anna.id, bytes: vec![0; limits::WRAP + 1].into() };
    let long = DirectoryWraps { wraps: vec![long] }.to_bytes();
    assert_eq!(bring(&relay, &town.upload(6, HEAD, PartKind::Wraps, long)).await, 413);
    let mut cut = good.to_bytes();
    cut.truncate(cut.len() - 1);
    assert_eq!(send(&relay, cut).await, Err(400));
    assert_eq!(send(&relay, vec![]).await, Err(400));
    let mut bad = good.clone();
    bad.order.signature.0[5] ^= 1;
    assert_eq!(bring(&relay, &bad).await, 403);
    assert_eq!(bring(&relay, &good).await, 200);
    assert!(fetch(&a, HEAD).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_is_refused_before_it_is_sent() {
    let (dir, town, other) = (tempfile::tempdir().unwrap(), Town::new(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let large = vec![0; limits::DIRECTORY_SEALED];
    let forged = other.upload(5, HEAD, PartKind::Sealed, large.clone()).to_bytes();
    // Signed well, and for more than a directory can be.
    let huge = (limits::DIRECTORY_SEALED as u64 + 1, Fixed([0; 32]));
    let huge = town.ordered(5, HEAD, PartKind::Sealed, huge, large.clone()).to_bytes();
    let endless = vec![0; DirectoryUpload::MAX_LEN + 1];
    for (body, status) in [(forged, "403"), (huge, "413"), (endless, "413")] {
        let mut stream = TcpStream::connect(relay.address).await.unwrap();
        let head = format!(
            "POST /v1/directory HTTP/1.1\r\nhost: t\r\ncontent-type: application/cbor\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // Nothing more is sent: an answer means that nothing more was waited for.
        stream.write_all(&body[..DirectoryUpload::ORDER]).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), format!("HTTP/1.1 {status}"));
    }
    let largest = town.upload(5, HEAD, PartKind::Sealed, large);
    assert_eq!(bring(&relay, &largest).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn which_directory_is_in_force_is_told_to_everybody_once() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let (older, newer) = (town.state(Claim::Directory { head: HEAD }), town.state(Claim::Directory { head: HEAD }));
    assert_eq!(relay.state(&newer).await, 200);
    assert_eq!(relay.state(&newer).await, 200);
    assert_eq!(relay.state(&older).await, 200, "an older word does not count, and is no failure");
    assert_eq!(relay.state(&town.forge(Claim::Directory { head: HEAD })).await, 403);
    let told = a.pull_all(TOKEN_START).await.0.into_iter().filter_map(|item| match item {
        FeedItem::Statement { statement } => Some(statement),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [newer]);
}
