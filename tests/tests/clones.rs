//! A phone that was cloned, or restored from a backup, does not use a key twice.

use tvaers_core::audience::Audience;
use tvaers_core::client::{Device, Opened, open};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::{Store, StoreKey};
use tvaers_core::wire::chunk::ParsedChunk;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::message::{PushItem, PushRequest};
use tvaers_tests::clones::{Used, seal_twice};
use tvaers_tests::relay::RunningRelay;
use tvaers_tests::town::{Town, child, observation};

/// Seals of both clones; `tvaers-bench seals` does a hundred times as many.
const SEALS: usize = 100_000;
/// Notes that each copy of a store writes.
const NOTES: usize = 40;

#[test]
fn attack_28_key_or_nonce_reused_after_a_phone_was_cloned() {
    let mut used = Used::default();
    seal_twice(SEALS / 2, &mut used).unwrap();
    assert_eq!((used.chunks(), used.repeats()), (SEALS, 0));
}

/// The same through two copies of one store, which write the same words at the same time.
#[test]
fn attack_28_key_or_nonce_reused_by_two_copies_of_one_store() {
    let rng = &mut rng::system();
    let mut town = Town::new(&[0, 1], rng);
    let dir = tempfile::tempdir().unwrap();
    let relay = RunningRelay::start(&dir.path().join("relay"), 0, town.authority());
    let (url, key) = (relay.url(), || StoreKey::new([7; 32]));
    let place = dir.path().join("phone");
    let stores = vec![(0, Store::create(&place, &key()).unwrap()), (1, Store::in_memory().unwrap())];
    let mut devices = town.enrol(stores, &url, rng);
    for _ in 0..3 {
        devices.iter().for_each(|device| sync(device, &url));
    }
    let (desk, phone) = (devices.pop().unwrap(), devices.pop().unwrap());
    let to = [Audience::Line(desk.person())];
    phone.submit(&observation(&child(1), "Inden kopien", 5), &to, &mut Moment::new(5, rng)).unwrap();
    sync(&phone, &url);
    phone.close().unwrap();
    let copy = dir.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for file in std::fs::read_dir(&place).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }

    let mut used = Used::default();
    for store in [place, copy] {
        let store = Store::open(&store, &key()).unwrap();
        let Opened::Enrolled(clone) = open(store, &mut Moment::new(6, rng)).unwrap() else { panic!("it was enrolled") };
        for note in 0..NOTES {
            let note = observation(&child(1), &format!("Efter kopien, {note}"), 7);
            clone.submit(&note, &to, &mut Moment::new(7, rng)).unwrap();
        }
        let push = clone.next_push(&mut Moment::new(8, rng)).unwrap().expect("notes wait");
        for item in PushRequest::from_bytes(&push.request).unwrap().items {
            let PushItem::Chunk { chunk, .. } = item else { continue };
            let chunk = ParsedChunk::from_bytes(&chunk).unwrap();
            used.add(&chunk.header.key_commitment.0, &chunk.id);
        }
    }
    assert_eq!((used.chunks(), used.repeats()), (2 * NOTES, 0));
    println!("attack 28 key or nonce reused after a phone was cloned | 0 repeats across clones | held");
}

#[test]
fn what_is_used_twice_is_counted() {
    let mut used = Used::default();
    let chunk = |number: u8| tvaers_core::wire::ids::ChunkId::new([number; 32]);
    used.add(&[1; 32], &chunk(1));
    used.add(&[2; 32], &chunk(2));
    assert_eq!(used.repeats(), 0);
    used.add(&[1; 32], &chunk(3));
    used.add(&[3; 32], &chunk(2));
    assert_eq!(used.repeats(), 2);
}

fn sync(device: &Device, url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let relay = Relay::new(url).unwrap();
    let contacted = runtime.block_on(sync_once(device, &relay, &mut rng::system())).unwrap();
    assert_eq!(contacted.failed, None);
}
