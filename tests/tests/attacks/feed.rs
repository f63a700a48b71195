//! The feed: the same again, in another order, with other bytes, with other numbers.

use tvaers_core::audience::Audience;
use tvaers_core::client::Request;
use tvaers_core::seal::Place;
use tvaers_core::sync::Failure;
use tvaers_core::wire::chunk::{Range, Refusal};
use tvaers_core::wire::message::{FeedItem, Pushed, Refused, SuppliedBox};
use tvaers_tests::hostile::{Insider, Scene};

use super::{is_chunk_of, note, refused, repent};

/// Stopped by `put_chunk` in `core/src/store/inbox.rs`: the same bytes are one row. At the relay `chunk` in `server/src/rules.rs`.
pub(super) fn attack_07_chunk_replayed() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Én gang", &[1]);
    let envelope = scene.draft("Udkast");
    let record = scene.submits(0, &envelope, Audience::Case(vec![scene.member(1)]));
    scene.meet();
    scene.appends(0, &record, ", og mere");
    scene.meet();
    let (before, standing) = (scene.shown(1), scene.devices[1].standing().unwrap());
    let again = scene.feed(1);
    scene.relay.slips(1, [again.clone(), again.clone()].concat());
    scene.sync(1);
    assert_eq!((scene.shown(1), scene.devices[1].standing().unwrap()), (before, standing));
    let eve = Insider::new(&mut scene, 1);
    let pushed = again.iter().filter_map(|item| match item {
        FeedItem::Chunk { chunk, boxes, .. } if eve.case().log.epochs[0].entry == boxes[0].key.epoch => {
            Some(tvaers_core::wire::message::PushItem::Chunk { chunk: chunk.clone(), key: boxes[0].key.clone() })
        }
        _ => None,
    });
    let pushed: Vec<_> = pushed.collect();
    assert!(pushed.len() >= 3);
    assert!(scene.push(1, pushed).iter().all(|result| *result == Pushed::Duplicate));
    assert_eq!(scene.feed(1).len(), again.len());
}

/// Stopped by `accept_entries` in `core/src/client/process/entries.rs`, which is no check: what came too early is tried again
/// whenever something was accepted.
pub(super) fn attack_08_chunks_reordered() {
    let mut scene = Scene::new(4);
    // What the third and the fourth are shown comes backwards, and oddly.
    scene.relay.shows(2, |items| items.reverse());
    let mut turn = 1;
    scene.relay.shows(3, move |items| {
        let len = items.len().max(1);
        items.rotate_left(turn % len);
        for at in 0..items.len() {
            items.swap(at, (at * 7 + turn) % len);
        }
        turn += 3;
    });
    let everybody: Vec<_> = (1..4).map(|other| scene.member(other)).collect();
    let envelope = scene.draft("a");
    let record = scene.submits(0, &envelope, Audience::Case(everybody));
    scene.sync(0);
    for more in ["b", "c", "d"] {
        scene.writes(0, more, &[1, 2, 3]);
        scene.sync(0);
        scene.appends(0, &record, more);
        scene.sync(0);
    }
    scene.sync(1);
    scene.appends(1, &record, "e");
    scene.removes(0, 1);
    scene.meet();
    scene.writes(0, "Efter", &[2, 3]);
    scene.meet();
    assert_eq!(scene.says(2, &record), "abcde");
    assert!(scene.shown(0).len() == 5 && scene.shown(2) == scene.shown(0) && scene.shown(3) == scene.shown(0));
    assert!(scene.aside(2).is_empty() && scene.aside(3).is_empty());
}

/// Stopped by `unseal` in `core/src/open.rs`: the signature is over every byte. Of a box `open_box` in `core/src/seal/mod.rs`.
pub(super) fn attack_13_bit_flip_at_every_byte() {
    let mut scene = Scene::new(2);
    let first = scene.writes(0, "Før", &[1]);
    scene.meet();
    let secret = scene.writes(0, "Uforfalsket", &[1]);
    scene.sync(0);
    let installation = scene.devices[0].installation();
    let given = scene.feed(1).into_iter().find(|item| is_chunk_of(item, &installation, 2)).unwrap();
    let FeedItem::Chunk { chunk, boxes, received_at } = given else { panic!("a chunk") };
    let mut flipped: Vec<FeedItem> = (0..chunk.len())
        .map(|at| {
            let mut chunk = chunk.clone();
            chunk.0[at] ^= 1 << (at % 8);
            FeedItem::Chunk { chunk, boxes: boxes.clone(), received_at }
        })
        .collect();
    let flips = flipped.len();
    assert!(flips > 500);
    // Every byte of the box too: the first under the true supplier's name, the others under others'.
    flipped.extend((0..boxes[0].key.sealed.0.len()).map(|at| {
        let (mut bad, mut supplier) = (boxes[0].clone(), *boxes[0].supplier.as_bytes());
        bad.key.sealed.0[at] ^= 1 << (at % 8);
        supplier[0] ^= at as u8;
        let supplier = tvaers_core::wire::ids::DeviceId::new(supplier);
        FeedItem::Chunk { chunk: chunk.clone(), boxes: vec![SuppliedBox { supplier, ..bad }], received_at }
    }));
    let before = scene.shown(1);
    let mut flipped = Some(flipped);
    scene.relay.shows(1, move |items| {
        items.retain(|item| !is_chunk_of(item, &installation, 2));
        items.extend(flipped.take().into_iter().flatten());
    });
    scene.sync(1);
    assert!(scene.shown(1) == before && scene.reads(1, &first) && !scene.reads(1, &secret));
    let standing = scene.devices[1].standing().unwrap();
    assert_eq!(standing.set_aside + standing.waiting, flips + 1, "each is shown, and the one that no box opened");
    repent(&mut scene, 1);
    scene.sync(1);
    assert!(scene.reads(1, &secret));
}

/// Stopped by `put` in `core/src/store/edits.rs`: edits are only ever added; what is shown again is there already.
pub(super) fn attack_14_document_rolled_back() {
    let mut scene = Scene::new(2);
    let envelope = scene.draft("1");
    let record = scene.submits(0, &envelope, Audience::Case(vec![scene.member(1)]));
    scene.meet();
    let old = scene.feed(1);
    for more in ["2", "3"] {
        scene.appends(0, &record, more);
        scene.meet();
    }
    // The relay speaks of a restore, and has only what there was then.
    let (mut once, mut shown) = (false, Some(old));
    scene.relay.script(1, move |request, honest| match request {
        Request::Pull { .. } if !once => {
            once = true;
            Err(Failure::Restored)
        }
        Request::Pull { .. } => {
            let mut page = tvaers_core::wire::codec::Canonical::from_bytes(&honest(request)?).unwrap();
            let tvaers_core::wire::message::Page { items, .. } = &mut page;
            *items = shown.take().unwrap_or_default();
            Ok(tvaers_core::wire::codec::Canonical::to_bytes(&page))
        }
        _ => honest(request),
    });
    scene.sync(1);
    assert_eq!(scene.says(1, &record), "123");
    scene.appends(1, &record, "4");
    scene.relay.behave(1);
    scene.meet();
    assert_eq!((scene.says(0, &record), scene.says(1, &record)), ("1234".to_owned(), "1234".to_owned()));
}

/// Stopped by `from_bytes` in `core/wire/src/chunk.rs`: counters have an end, what a chunk replaces lies before it, and what was refused
/// just before it.
pub(super) fn attack_29_counter_wraps() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Før", &[1]);
    scene.meet();
    let eve = Insider::new(&mut scene, 1);
    let case = eve.case();
    let envelope = note(&scene, "Fra tællerens ende");
    let body = eve.body(&eve.record(&envelope), &envelope);
    let half = 1 << 63;
    for counter in [half - 1, half, half + 1, u64::MAX - 1, u64::MAX, 0] {
        let all_before = (counter > 1).then(|| Range { from: 1, to: counter - 1 });
        for replaces in [None, all_before] {
            let chunk = eve.seal(case, &Place { counter, replaces, ..eve.place(case) }, &body);
            assert_eq!(refused(&scene.push(1, vec![chunk.pushed()])[0]), Some(Refused::Malformed), "{counter}");
            scene.relay.slips(0, vec![chunk.fed(&eve)]);
            scene.sync(0);
        }
    }
    assert_eq!(scene.aside(0).iter().filter(|reason| reason.contains("counters run")).count(), 12);
    // What it replaces lies before it and has a beginning and an end, and what was refused stands just before it.
    let ranges = [(1, 2), (2, 9), (0, 1), (2, 1)].map(|(from, to)| (2, Some(Range { from, to }), Vec::new()));
    let far = (3, None, vec![Refusal { counter: 1, code: 1 }]);
    let all = (1, None, vec![Refusal { counter: 0, code: 1 }]);
    for (counter, replaces, left) in ranges.into_iter().chain([far, all]) {
        let chunk = eve.seal(case, &Place { counter, replaces, refused: left, ..eve.place(case) }, &body);
        assert_eq!(
            refused(&scene.push(1, vec![chunk.pushed()])[0]),
            Some(Refused::Malformed),
            "{counter} {replaces:?}"
        );
        scene.relay.slips(0, vec![chunk.fed(&eve)]);
        scene.sync(0);
    }
    for (reason, times) in [("replaces earlier counters", 4), ("just before this one", 2)] {
        assert_eq!(scene.aside(0).iter().filter(|aside| aside.contains(reason)).count(), times, "{reason}");
    }
    // The last one there is, brought to an honest relay: whoever has it writes nothing more in that chain.
    let last = half - 2;
    let leap = Place { counter: last, replaces: Some(Range { from: 1, to: last - 1 }), ..eve.place(case) };
    assert_eq!(scene.push(1, vec![eve.seal(case, &leap, &body).pushed()]), [Pushed::Stored]);
    // A relay that claims to stand at a counter beyond all.
    let before = scene.writes(0, "Tæller", &[1]);
    scene.relay.replies(0, |_, result| {
        *result = Pushed::Refused { reason: Refused::OutOfOrder, counter: Some(u64::MAX), head: None };
    });
    scene.sync(0);
    scene.relay.behave(0);
    scene.now += 60_000;
    scene.meet();
    assert!(scene.reads(1, &before), "the other chains go on");
}
