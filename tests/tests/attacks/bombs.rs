//! What is small on the wire and large in memory, and what is built to break whoever parses it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use tvaers_core::audience::Audience;
use tvaers_core::client::Device;
use tvaers_core::document::{Actor, Head};
use tvaers_core::record::{FrozenRecord, UpdateHeader, UpdateRecord};
use tvaers_core::seal::{Body, Item};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::ids::{Fixed, RecordId};
use tvaers_core::wire::limits;
use tvaers_core::wire::message::{Challenge, SessionAnswer};
use tvaers_core::wire::padding::padded_len;
use tvaers_tests::hostile::{Change, Insider, Scene};
use tvaers_tests::relay::RunningRelay;

use super::{names, note};

/// Runs a test in a process of its own, so that the memory it takes is its own. Answers the most that it took beyond what
/// `before` had taken, in KiB.
fn alone<T>(name: &str, before: impl FnOnce() -> T, work: impl FnOnce(T)) -> Option<u64> {
    const ALONE: &str = "TVAERS_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let this = std::env::current_exe().unwrap();
        let ended = std::process::Command::new(this).args([name, "--exact"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && said.contains("1 passed"), "{said}");
        return None;
    }
    let ready = before();
    let start = memory("VmRSS:");
    work(ready);
    Some(memory("VmHWM:") - start)
}

fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let found = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    found.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A case of three in which Eve may write, and a draft of Anna's that all may.
fn case() -> (Scene, Insider, RecordId) {
    let mut scene = Scene::new(3);
    let envelope = scene.draft("a");
    let record = scene.submits(0, &envelope, Audience::Case(vec![scene.member(1), scene.member(2)]));
    scene.meet();
    let eve = Insider::new(&mut scene, 2);
    (scene, eve, record)
}

/// Eve's record with any payload.
fn payload(scene: &Scene, eve: &Insider, change: &Change) -> Body {
    let envelope = note(scene, "Et dokument");
    let header = eve.header(&envelope);
    let record = FrozenRecord::sign(&header, [3; 16], change.build().0, &eve.secret);
    eve.body(&record, &envelope)
}

/// Eve's update of Anna's draft with any changes.
fn update(eve: &Insider, draft: &RecordId, changes: Vec<Vec<u8>>, heads: &[Head]) -> Body {
    let body = eve.body_of(draft);
    let Item::Update(founding) = &body.item else { panic!("an update") };
    let header = UpdateHeader {
        author: eve.person,
        installation: eve.installation,
        heads: heads.iter().map(|head| Fixed(head.0)).collect(),
        carried: None,
        ..UpdateHeader::from_bytes(&founding.header).unwrap()
    };
    Body { item: Item::Update(UpdateRecord::sign(&header, changes, &eve.secret)), ..body.clone() }
}

fn heads(eve: &Insider, draft: &RecordId) -> Vec<Head> {
    let Item::Update(founding) = eve.body_of(draft).item else { panic!("an update") };
    let heads = UpdateHeader::from_bytes(&founding.header).unwrap().heads;
    heads.iter().map(|head| Head(head.0)).collect()
}

/// Hands bodies to Bo, each sealed as a member may.
fn hand(scene: &mut Scene, eve: &Insider, bodies: &[Body]) {
    let case = eve.case();
    let items = bodies.iter().map(|body| eve.seal(case, &eve.place(case), body).fed(eve)).collect();
    scene.relay.slips(1, items);
    scene.sync(1);
    scene.relay.behave(1);
}

/// Anna goes on writing, and it arrives.
fn goes_on(scene: &mut Scene, draft: &RecordId) {
    assert_eq!(scene.says(1, draft), "a");
    scene.appends(0, draft, "b");
    scene.meet();
    assert_eq!(scene.says(1, draft), "ab");
}

/// Stopped by `inflate` in `core/src/seal/body.rs` and `add_rows` in `core/src/document/guard/columns.rs`: both count before they
/// make anything.
pub(super) fn attack_32_decompression_or_run_length_bomb() {
    let bombs = |(mut scene, eve, draft): (Scene, Insider, RecordId)| {
        // 64 MiB in 64 KiB; two million operations in 184 bytes.
        let zeros = vec![0; 1024 * 1024];
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        (0..64).for_each(|_| deflate.write_all(&zeros).unwrap());
        let deflated = deflate.finish().unwrap();
        let mut text = [&(deflated.len() as u32 + 1).to_be_bytes()[..], &[1], &deflated].concat();
        text.resize(padded_len(text.len()), 0);
        let inflating = eve.seal_text(eve.case(), &eve.place(eve.case()), &text);
        scene.relay.slips(1, vec![inflating.fed(&eve)]);
        scene.sync(1);
        assert!(names(&scene.aside(1), "does not inflate"));
        let actor = Actor::of(&eve.installation);
        let running = Change::first(actor).run(2_000_000, "a");
        assert!(running.build().0.len() <= 200);
        let (bytes, head) = Change { deps: heads(&eve, &draft), ..running }.build();
        let bodies = [
            payload(&scene, &eve, &Change::first(actor).run(2_000_000, "a")),
            update(&eve, &draft, vec![bytes], &[head]),
        ];
        hand(&mut scene, &eve, &bodies);
        assert_eq!(scene.aside(1).iter().filter(|reason| reason.contains("too many operations")).count(), 2);
        goes_on(&mut scene, &draft);
    };
    if let Some(taken) = alone("attack_32_decompression_or_run_length_bomb", case, bombs) {
        assert!(taken < 32 * 1024, "{taken} KiB");
    }
}

/// Stopped by `check` in `core/src/document/update.rs`: form, checksum and the signer's actor.
pub(super) fn attack_33_malformed_change_or_one_under_anothers_actor() {
    let (mut scene, eve, draft) = case();
    let anna = Actor::of(&scene.devices[0].installation());
    let deps = heads(&eve, &draft);
    let own = Change { deps: deps.clone(), ..Change::first(Actor::of(&eve.installation)) };
    let (good, head) = own.build();
    let (foreign, foreign_head) = Change { seq: 2, deps, ..Change::first(anna) }.run(1, "setting").build();
    let cut = good[..good.len() - 1].to_vec();
    let mut checksum = good.clone();
    checksum[5] ^= 1;
    let bodies = [
        (vec![vec![0xff; 40]], head),
        (vec![Vec::new()], head),
        (Vec::new(), head),
        (vec![cut], head),
        (vec![checksum], head),
        (vec![foreign], foreign_head),
    ]
    .map(|(changes, head)| update(&eve, &draft, changes, &[head]));
    hand(&mut scene, &eve, &bodies);
    let aside = scene.aside(1);
    assert_eq!(aside.len(), bodies.len(), "{aside:?}");
    assert!(names(&aside, "does not belong to the installation"));
    goes_on(&mut scene, &draft);
}

/// Stopped by `try_on` in `core/src/document/update.rs`: a document is read on a copy before it is kept.
pub(super) fn attack_34_change_accepted_but_document_no_longer_loads() {
    let (mut scene, eve, draft) = case();
    // Whatever number the document has come to, one of these follows it: a field that no version knows, and a format to come.
    let first = Change { deps: heads(&eve, &draft), ..Change::first(Actor::of(&eve.installation)) };
    let bodies: Vec<Body> = (1..80)
        .flat_map(|start_op| ["skjult", "_schema"].map(|key| (start_op, key)))
        .map(|(start_op, key)| {
            let fields = [(key.to_owned(), "x")];
            let (bytes, head) = Change { start_op, deps: first.deps.clone(), ..Change::first(first.actor) }
                .sets(fields.into_iter())
                .build();
            update(&eve, &draft, vec![bytes], &[head])
        })
        .collect();
    hand(&mut scene, &eve, &bodies);
    let aside = scene.aside(1);
    assert_eq!(aside.len(), bodies.len());
    let schema = aside.iter().filter(|reason| reason.contains("acceptable: field")).count();
    assert_eq!(schema, 2, "Automerge takes two of them: {aside:?}");
    goes_on(&mut scene, &draft);
}

/// Stopped by `apply_edits` in `core/src/client/process/open.rs`: so many changes of one installation wait, and no more.
pub(super) fn attack_35_a_hundred_thousand_changes_with_missing_dependencies() {
    let (mut scene, eve, draft) = case();
    let actor = Actor::of(&eve.installation);
    let updates: Vec<Body> = (0..98u64)
        .map(|number| {
            let change =
                |seq| Change { seq: number * 1_024 + seq + 1, deps: vec![Head([9; 32])], ..Change::first(actor) };
            let changes: Vec<_> = (0..1_024).map(|seq| change(seq).build()).collect();
            let last = changes.last().unwrap().1;
            update(&eve, &draft, changes.into_iter().map(|(bytes, _)| bytes).collect(), &[last])
        })
        .collect();
    for some in updates.chunks(14) {
        hand(&mut scene, &eve, some);
    }
    let aside = scene.aside(1).iter().filter(|reason| reason.contains("too many changes")).count();
    assert_eq!(aside, 98 - 16, "of a hundred thousand sixteen thousand are kept");
    goes_on(&mut scene, &draft);
}

/// Stopped by `follows` in `core/src/document/update.rs` (counters) and `add_rows` and `value` in
/// `core/src/document/guard/columns.rs` (text, keys, operations).
pub(super) fn attack_36_huge_counters_depth_text_and_keys() {
    let (mut scene, eve, draft) = case();
    let actor = Actor::of(&eve.installation);
    let long = "x".repeat(300 * 1024);
    let first = || Change::first(actor);
    let changes = [
        ("does not follow", Change { start_op: u64::from(u32::MAX), ..first() }.run(1, "setting")),
        ("does not follow", Change { seq: u64::MAX, ..first() }.run(1, "setting")),
        ("a value is too long", first().sets([("setting".to_owned(), &*long)].into_iter())),
        ("too many operations", first().sets((0..60_000).map(|n| (format!("k{n}"), "")))),
        ("too many or too long keys", first().sets((0..2_000).map(|n| (format!("k{n}"), "")))),
        ("too many or too long keys", first().run(1, &"k".repeat(100))),
        ("nested too deep", first().nests(100)),
    ];
    let deps = heads(&eve, &draft);
    let bodies: Vec<Body> = changes
        .into_iter()
        .flat_map(|(_, change)| {
            let frozen = payload(&scene, &eve, &change);
            let (bytes, head) = Change { deps: deps.clone(), ..change }.build();
            [frozen, update(&eve, &draft, vec![bytes], &[head])]
        })
        .collect();
    let before = scene.shown(1);
    hand(&mut scene, &eve, &bodies);
    assert_eq!(scene.aside(1).len(), bodies.len(), "{:#?}", scene.aside(1));
    assert_eq!(scene.shown(1), before);
    for reason in ["does not follow", "a value is too long", "too many operations"] {
        assert!(names(&scene.aside(1), reason), "{reason}: {:#?}", scene.aside(1));
    }
    goes_on(&mut scene, &draft);
}

/// Sends bytes and reads until the relay closes or has answered with a status.
fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    // The relay may answer and close before all of it is written.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(path: &str, session: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/cbor\r\nAuthorization: Bearer {session}\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The body of an answer that has one.
fn body(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let at = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    answer.split_off(at + 4)
}

fn session(device: &Device, address: SocketAddr) -> String {
    let challenge = Challenge::from_bytes(&body(address, &post("/v1/challenge", "", 0, &[]))).unwrap();
    let proof = device.session_request(&challenge).to_bytes();
    SessionAnswer::from_bytes(&body(address, &post("/v1/session", "", proof.len(), &proof))).unwrap().token
}

/// Stopped by `http` in `server/src/accept.rs` (headers), `receive` in `server/src/http/extract.rs` (bodies) and `live` in
/// `server/src/http/live.rs` (frames).
pub(super) fn attack_37_oversized_body_frame_and_header() {
    let ready = || {
        let mut scene = Scene::strangers(1);
        let dir = tempfile::tempdir().unwrap();
        let relay = RunningRelay::start(dir.path(), 0, scene.town.authority());
        let token = session(&scene.devices.remove(0), relay.address);
        (relay, token, dir)
    };
    let attack = |(relay, token, _dir): (RunningRelay, String, tempfile::TempDir)| {
        for _ in 0..20 {
            let header = format!("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(4 * 1024 * 1024));
            assert!(ask(relay.address, header.as_bytes()).starts_with("HTTP/1.1 431"));
            for (path, limit) in [("/v1/push", limits::PUSH_BODY), ("/v1/frontier", limits::SMALL_BODY)] {
                let answer = ask(relay.address, &post(path, &token, limit + 1, &[0; 1024]));
                assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
            }
            // A frame that claims a gigabyte, after the handshake of a live stream.
            let upgrade = format!(
                "GET /v1/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer {token}\r\n\r\n"
            );
            let frame = [&[0x82, 0xff][..], &(1u64 << 30).to_be_bytes(), &[0; 4], &[0; 4096]].concat();
            let answer = ask(relay.address, &[upgrade.as_bytes(), &frame].concat());
            assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        }
        let health = ask(relay.address, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    };
    if let Some(taken) = alone("attack_37_oversized_body_frame_and_header", ready, attack) {
        assert!(taken < 32 * 1024, "{taken} KiB");
    }
}
