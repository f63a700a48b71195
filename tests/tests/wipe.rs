//! Erasure from afar: a revoked device that hears the authority's word erases itself and says so; nobody else's word does anything.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests; their helpers are not recognised as such here")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, Erasure, Exchange, Input, Output, Request};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, bring_receipt};
use tvaers_core::store::{Store, StoreError, StoreKey};
use tvaers_core::sync::{Failure, Mode};
use tvaers_core::view::{OutDevices, WhyOut};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::message::Challenge;
use tvaers_core::wire::statement::{Standing, Wish};
use tvaers_core::wire::wipe::{SignedWipeOrder, WipeReceipt, WipeWord};
use tvaers_tests::scene::{Scene, block};

const CANARY: &str = "Kanariefuglen sang i garderoben";

/// Anna's phone, device 0, has its store on disk; Bo has device 1, Carl 2.
struct Story {
    scene: Scene,
    dir: TempDir,
}

impl Story {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&dir.path().join("store"), &key()).unwrap();
        let mut scene = Scene::with_stores(&[0, 1, 2], vec![store]);
        scene.writes(0, CANARY, &[1]);
        scene.meet();
        Self { scene, dir }
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    fn loses(&mut self) {
        let revoked = self.scene.town.authority.revoke(self.scene.id(0));
        self.scene.publish(&revoked);
    }

    fn wishes(&mut self, wish: Wish) {
        let wished = self.scene.town.authority.wish(self.scene.id(0), wish);
        self.scene.publish(&wished);
    }

    fn order(&self, devices: &[usize]) -> SignedWipeOrder {
        let now = u64::try_from(tvaers_core::moment::system_now() / 1000).unwrap();
        let devices = devices.iter().map(|device| self.scene.id(*device)).collect();
        self.scene.town.authority.wipe_order(devices, now + 600)
    }

    /// What the office is given.
    fn receipts(&self) -> Vec<WipeReceipt> {
        let relay = Relay::new(&self.scene.relay.url()).unwrap();
        let received = block(relay.wipe_receipts(&self.order(&[0, 1, 2]))).unwrap();
        received.iter().map(|received| WipeReceipt::from_bytes(&received.receipt.body).unwrap()).collect()
    }

    /// What the relay says to a device that it refuses.
    fn word(&self, device: usize) -> Result<Vec<u8>, Failure> {
        let relay = Relay::new(&self.scene.relay.url()).unwrap();
        block(async {
            let challenge = Challenge::from_bytes(&relay.call(&Request::Challenge).await.unwrap()).unwrap();
            let proof = self.scene.devices[device].session_request(&challenge).to_bytes();
            relay.call(&Request::Word(proof)).await
        })
    }

    fn is_whole(&self) -> bool {
        self.scene.devices[0].own_records(10).is_ok_and(|rows| {
            rows.iter().any(|row| self.scene.devices[0].envelope(&row.record).is_ok_and(|note| says(&note, CANARY)))
        })
    }
}

fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

fn says(note: &tvaers_core::kinds::Envelope, text: &str) -> bool {
    matches!(&note.content, tvaers_core::kinds::Content::Observation(note) if note.seen_heard.as_str() == text)
}

fn erased<T: std::fmt::Debug>(answer: Result<T, ClientError>) {
    assert_eq!(answer.unwrap_err(), ClientError::Store(StoreError::Erased));
}

/// The files in a directory, and that none of them holds the text.
fn files(dir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()), "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    names
}

#[test]
fn a_revoked_device_erases_itself_at_the_authoritys_word_and_says_how_much_had_not_left() {
    let mut story = Story::new();
    story.scene.writes(0, "Ikke sendt, en", &[1]);
    story.scene.writes_to(0, "Ikke sendt, to", Audience::Line(story.scene.owner(1)));
    story.loses();
    story.wishes(Wish::Erase);
    assert!(story.is_whole());
    erased(story.scene.contacts(0));

    assert_eq!(files(&story.store()), ["store.erased", "store.lock"]);
    assert_eq!(Store::open(&story.store(), &key()).unwrap_err(), StoreError::Erased);
    erased(story.scene.devices[0].own_records(10));
    let erasure = Erasure::find(&story.store()).unwrap().unwrap();
    assert_eq!(erasure.unsent(), Some(2));
    assert!(erasure.confirmed().is_some());
    let receipts = story.receipts();
    assert_eq!((receipts.len(), receipts[0].device, receipts[0].unsent), (1, story.scene.id(0), Some(2)));
    assert_eq!(receipts[0].at, erasure.at());
    // What it had delivered stays with the others.
    story.scene.these_meet(&[1, 2]);
    assert!(story.scene.devices[1].inbox(10).unwrap().iter().any(|row| row.open));
}

#[test]
fn who_is_erased_begins_again_when_the_office_has_been_told_and_not_before() {
    let mut story = Story::new();
    story.loses();
    story.wishes(Wish::Erase);
    // Erased, and the line breaks: nobody was told.
    let word = story.word(0).unwrap();
    let erasure = story.scene.devices[0].take_word(&word, 42).unwrap().unwrap();
    assert_eq!(story.receipts(), []);
    assert_eq!(erasure.clone().begin_again(), Err(StoreError::Erased));
    let mut found = Erasure::find(&story.store()).unwrap().unwrap();
    assert_eq!((&found, found.at(), found.confirmed()), (&erasure, 42, None));
    // The next start brings it; once more changes nothing.
    for _ in 0..2 {
        block(bring_receipt(&mut found)).unwrap();
        assert_eq!(story.receipts().len(), 1);
        found = Erasure::find(&story.store()).unwrap().unwrap();
        assert!(found.confirmed().is_some());
        assert_eq!(found.clone().receipt(), erasure.receipt());
    }
    block(story.scene_relay_call(&erasure)).unwrap();
    assert_eq!(story.receipts().len(), 1, "the first stays");
    found.begin_again().unwrap();
    Store::create(&story.store(), &key()).unwrap();
}

impl Story {
    async fn scene_relay_call(&self, erasure: &Erasure) -> Result<Vec<u8>, Failure> {
        let relay = Relay::new(&self.scene.relay.url()).unwrap();
        relay.call(&Request::Receipt(erasure.receipt().to_bytes())).await
    }
}

#[test]
fn a_contact_that_breaks_before_the_receipt_is_taken_confirms_nothing() {
    let mut story = Story::new();
    story.loses();
    story.wishes(Wish::Erase);
    let (relay, device) = (Relay::new(&story.scene.relay.url()).unwrap(), &story.scene.devices[0]);
    let (mut exchange, mut inputs, mut asked) = (Exchange::new(Mode::Once), vec![Input::Start], Vec::new());
    let ended = loop {
        let Some(input) = inputs.pop() else { panic!("the contact stops without an end: {asked:?}") };
        let rng = &mut tvaers_core::rng::system();
        match exchange.handle(device, &mut Moment::new(5, rng), input) {
            Err(error) => break error,
            Ok(outputs) => inputs.extend(outputs.into_iter().filter_map(|output| match output {
                Output::Send(request) => {
                    let lost = matches!(request, Request::Receipt(_));
                    asked.push(lost);
                    let unreachable = Err(Failure::Unreachable { retry_after: None });
                    let answer = if lost { unreachable } else { block(relay.call(&request)) };
                    Some(Input::Answer(request, answer))
                }
                _ => None,
            })),
        }
    };
    assert_eq!(ended, ClientError::Store(StoreError::Erased));
    assert_eq!(asked, [false, false, false, true], "challenge, session, word, receipt");
    assert_eq!(files(&story.store()), ["store.erased", "store.lock"]);
    assert_eq!(Erasure::find(&story.store()).unwrap().unwrap().confirmed(), None);
    assert_eq!(story.receipts(), []);
}

#[test]
fn a_wish_that_was_withdrawn_in_time_erases_nothing_and_one_that_comes_again_does() {
    let mut story = Story::new();
    story.loses();
    story.wishes(Wish::Erase);
    story.wishes(Wish::Keep);
    assert_eq!(story.scene.tries(0), Some(Failure::Forbidden));
    assert!(story.is_whole() && story.receipts().is_empty());
    story.wishes(Wish::Erase);
    erased(story.scene.contacts(0));
}

#[test]
fn a_relay_that_shows_an_old_word_to_a_device_that_has_heard_the_withdrawal_erases_nothing() {
    let mut story = Story::new();
    story.loses();
    story.wishes(Wish::Erase);
    let old = story.word(0).unwrap();
    story.wishes(Wish::Keep);
    assert_eq!(story.scene.tries(0), Some(Failure::Forbidden));
    assert_eq!(story.scene.devices[0].take_word(&old, 1), Ok(None));
    // Also after another start.
    let before = story.scene.devices.remove(0);
    before.close().unwrap();
    drop(before);
    let rng = &mut tvaers_core::rng::system();
    let store = Store::open(&story.store(), &key()).unwrap();
    let tvaers_core::client::Opened::Enrolled(device) =
        tvaers_core::client::open(store, &mut Moment::new(0, rng)).unwrap()
    else {
        panic!("it was enrolled")
    };
    assert_eq!(device.take_word(&old, 2), Ok(None));
    assert!(device.standing().is_ok());
}

#[test]
fn who_is_only_suspended_keeps_everything_and_comes_back() {
    let mut story = Story::new();
    let standing = |story: &mut Story, standing| {
        let statement = story.scene.town.authority.set_standing(story.scene.owner(0), standing);
        story.scene.publish(&statement);
    };
    standing(&mut story, Standing::Suspended);
    // The office signs no such word; should it be signed all the same, it counts of nobody who may come back.
    story.wishes(Wish::Erase);
    assert_eq!(story.scene.tries(0), Some(Failure::Forbidden));
    assert_eq!(story.word(0), Err(Failure::Forbidden));
    let wished = story.scene.town.authority.wish(story.scene.id(0), Wish::Erase);
    let alone = WipeWord { statements: vec![wished] }.to_bytes();
    assert_eq!(story.scene.devices[0].take_word(&alone, 1), Ok(None));
    standing(&mut story, Standing::Active);
    story.scene.meet();
    assert!(story.is_whole());
}

#[test]
fn nobody_elses_word_erases() {
    let mut story = Story::new();
    let id = story.scene.id(0);
    let municipality = story.scene.town.authority().municipality;
    // Another key, for this municipality; another municipality's authority; both halves of another device's word; nothing.
    let seed = tvaers_core::keys::Secret::random(&mut tvaers_core::rng::system());
    let forging = &mut tvaers_core::directory::AuthorityKey::from_seed(&seed, municipality, 1_000).unwrap();
    let forged = vec![forging.revoke(id), forging.wish(id, Wish::Erase)];
    let mut elsewhere = tvaers_tests::town::Town::new(&[0], &mut tvaers_core::rng::system());
    let foreign = vec![elsewhere.authority.revoke(id), elsewhere.authority.wish(id, Wish::Erase)];
    let authority = &mut story.scene.town.authority;
    let others = vec![authority.revoke(story.scene.devices[2].installation().device)];
    let others = [others, vec![authority.wish(story.scene.devices[2].installation().device, Wish::Erase)]].concat();
    let mut tampered = vec![authority.revoke(id), authority.wish(id, Wish::Keep)];
    let last = tampered[1].body.0.len() - 1;
    // `Keep` is the last number of the body.
    assert_eq!(tampered[1].body.0[last], 0);
    tampered[1].body.0[last] = 1;
    for (what, statements) in
        [("forged", forged), ("foreign", foreign), ("others", others), ("tampered", tampered), ("none", vec![])]
    {
        let word = WipeWord { statements }.to_bytes();
        assert_eq!(story.scene.devices[0].take_word(&word, 1), Ok(None), "{what}");
        assert!(story.is_whole(), "{what}");
    }
    assert!(matches!(story.scene.devices[0].take_word(b"garbage", 1), Err(ClientError::Answer(_))));
    assert!(story.is_whole());
}

#[test]
fn the_relay_says_nothing_to_who_is_not_out_and_takes_no_receipt_that_was_not_asked_for() {
    let mut story = Story::new();
    assert_eq!(story.word(0), Err(Failure::Forbidden));
    story.loses();
    assert_eq!(story.word(0), Err(Failure::Forbidden), "there is no wish");
    story.wishes(Wish::Erase);
    assert_eq!(story.word(1), Err(Failure::Forbidden), "another device");
    // Bo and Carl cannot ask in Anna's name: the proof is by her key.
    let word = story.word(0).unwrap();
    let erasure = story.scene.devices[0].take_word(&word, 7).unwrap().unwrap();
    let relay = Relay::new(&story.scene.relay.url()).unwrap();
    let bring = |receipt: &tvaers_core::wire::wipe::SignedWipeReceipt| {
        block(relay.call(&Request::Receipt(receipt.to_bytes()))).map(drop)
    };
    let mut forged = erasure.receipt().clone();
    forged.certificate = story.scene.devices[1].certificate().clone();
    assert_eq!(bring(&forged), Err(Failure::Forbidden), "another device's certificate");
    let mut changed = erasure.receipt().clone();
    let last = changed.body.0.len() - 1;
    changed.body.0[last] ^= 1;
    assert_eq!(bring(&changed), Err(Failure::Forbidden), "another number");
    assert_eq!(story.receipts(), []);
    assert_eq!(bring(erasure.receipt()), Ok(()));
    assert_eq!(story.receipts().len(), 1);
    // And it gives them to the office only.
    let mut order = story.order(&[0]);
    order.signature.0[0] ^= 1;
    assert_eq!(block(relay.wipe_receipts(&order)), Err(Failure::Forbidden));
    let mut elsewhere = tvaers_tests::town::Town::new(&[0], &mut tvaers_core::rng::system());
    let foreign = elsewhere.authority.wipe_order(vec![story.scene.id(0)], u64::MAX / 2);
    assert_eq!(block(relay.wipe_receipts(&foreign)), Err(Failure::Forbidden));
    let _ = elsewhere.authority.revoke(story.scene.id(0));
    let late = story.scene.town.authority.wipe_order(vec![story.scene.id(0)], 1);
    assert_eq!(block(relay.wipe_receipts(&late)), Err(Failure::Forbidden), "an order of long ago");
}

#[test]
fn a_device_that_hears_the_word_before_it_is_refused_erases_itself_too() {
    let mut story = Story::new();
    // A relay that was put back hears the wish and the revocation from a colleague, in any order; the phone pulls in between.
    story.wishes(Wish::Erase);
    story.scene.sync(0);
    assert!(story.is_whole(), "without a revocation it is no word");
    let revoked = story.scene.town.authority.revoke(story.scene.id(0));
    let wished = story.scene.town.authority.wish(story.scene.id(0), Wish::Erase);
    let page = tvaers_core::wire::message::Page {
        items: [revoked, wished]
            .into_iter()
            .map(|statement| tvaers_core::wire::message::FeedItem::Statement { statement })
            .collect(),
        next: tvaers_core::wire::message::TOKEN_START,
        more: false,
    };
    story.scene.devices[0].absorb_page(&page.to_bytes(), 1).unwrap();
    erased(story.scene.contacts(0));
    assert_eq!(files(&story.store()), ["store.erased", "store.lock"]);
}

#[test]
fn colleagues_hear_that_it_was_asked_for_and_never_that_it_was_done() {
    let mut story = Story::new();
    let out = |story: &Story| story.scene.devices[1].devices_out(None);
    assert_eq!(out(&story), []);
    story.loses();
    story.scene.these_meet(&[1, 2]);
    let lost = OutDevices { person: story.scene.owner(0), why: WhyOut::Lost, devices: 1, asked: 0 };
    assert_eq!(out(&story), [lost]);
    assert_eq!(story.scene.devices[2].devices_out(None), [], "nothing is shared with Carl");
    story.wishes(Wish::Erase);
    story.scene.these_meet(&[1, 2]);
    assert_eq!(out(&story), [OutDevices { asked: 1, ..lost }]);
    erased(story.scene.contacts(0));
    story.scene.these_meet(&[1, 2]);
    assert_eq!(out(&story), [OutDevices { asked: 1, ..lost }]);
}

#[test]
fn a_relay_that_was_put_back_and_has_forgotten_the_word_is_told_again_by_colleagues() {
    let mut scene = tvaers_tests::hostile::Scene::new(3);
    let note = scene.writes(0, CANARY, &[1]);
    scene.meet();
    let before = scene.relay.snapshot();
    let id = scene.devices[0].installation().device;
    for statement in [scene.town.authority.revoke(id), scene.town.authority.wish(id, Wish::Erase)] {
        assert_eq!(scene.relay.raw(1, true, "/v1/statement", statement.to_bytes()).0, 200);
    }
    scene.sync(1);
    scene.relay.restore(before);
    let asks = |scene: &mut tvaers_tests::hostile::Scene| {
        let challenge = scene.relay.honestly(0, scene.now, &Request::Challenge).unwrap();
        let proof = scene.devices[0].session_request(&Challenge::from_bytes(&challenge).unwrap()).to_bytes();
        scene.relay.honestly(0, scene.now, &Request::Word(proof))
    };
    assert_eq!(asks(&mut scene), Err(Failure::Forbidden), "it has forgotten");
    for _ in 0..3 {
        scene.sync(1);
    }
    let word = asks(&mut scene).unwrap();
    assert!(scene.devices[0].take_word(&word, 1).unwrap().is_some());
    assert!(!scene.reads(0, &note) && scene.reads(1, &note));
}
