//! A relay that says nothing, says it later, or says different things to different people.

use std::cell::RefCell;
use std::rc::Rc;

use tvaers_core::audience::Audience;
use tvaers_core::client::Request;
use tvaers_core::sync::Failure;
use tvaers_core::view::{Delivery, Doubt, Doubted};
use tvaers_core::wire::chunk::ParsedChunk;
use tvaers_core::wire::message::{PushItem, Pushed, Refused};
use tvaers_tests::hostile::{Insider, Scene};

use super::{is_chunk_of, note, repent};

/// What a device doubts.
fn doubts(scene: &Scene, device: usize) -> Vec<Doubted> {
    scene.devices[device].doubts().unwrap()
}

fn about(scene: &Scene, device: usize, doubt: Doubt) -> Vec<Doubted> {
    vec![Doubted { from: Some(scene.devices[device].person()), doubt }]
}

/// Stopped by `doubts` in `core/src/view/complete.rs`: what others' receipts have seen is compared with what is here.
pub(super) fn attack_09_tail_cut_off() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Det første", &[1, 2]);
    scene.meet();
    let installation = scene.devices[0].installation();
    scene.relay.withholds(2, move |item| (2..9).any(|counter| is_chunk_of(item, &installation, counter)));
    let hidden = [scene.writes(0, "Det næste", &[1, 2]), scene.writes(0, "Det sidste", &[1, 2])];
    scene.meet();
    assert!(hidden.iter().all(|note| scene.reads(1, note) && !scene.reads(2, note)));
    // Bo's receipt, which Carl can open, says how far Anna has got.
    assert_eq!(doubts(&scene, 2), about(&scene, 0, Doubt::Incomplete { here: 1, known: 3 }));
    assert!(doubts(&scene, 1).is_empty());
    let readers = scene.devices[0].delivery(&hidden[1]).unwrap().1;
    let carl = readers.iter().find(|reader| reader.person == scene.devices[2].person()).unwrap();
    assert!(!carl.received, "and Anna is not told otherwise");
    repent(&mut scene, 2);
    scene.meet();
    assert!(doubts(&scene, 2).is_empty() && hidden.iter().all(|note| scene.reads(2, note)));
}

/// Stopped by `cover` in `core/src/store/reach.rs`: what is ahead of a gap is not accounted for, in receipts and in `doubts` in
/// `core/src/view/complete.rs`.
pub(super) fn attack_10_gap_in_a_devices_counters() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Et", &[1]);
    scene.meet();
    let installation = scene.devices[0].installation();
    scene.relay.withholds(1, move |item| is_chunk_of(item, &installation, 2));
    let (second, third) = (scene.writes(0, "To", &[1]), scene.writes(0, "Tre", &[1]));
    scene.meet();
    assert!(!scene.reads(1, &second) && scene.reads(1, &third));
    assert_eq!(doubts(&scene, 1), about(&scene, 0, Doubt::Incomplete { here: 1, known: 3 }));
    for note in [&second, &third] {
        assert_eq!(scene.devices[0].delivery(note).unwrap().0, Delivery::WithRelay, "no receipt reaches over the gap");
    }
    repent(&mut scene, 1);
    scene.meet();
    assert!(scene.reads(1, &second) && doubts(&scene, 1).is_empty());
    assert_eq!(scene.devices[0].delivery(&third).unwrap().0, Delivery::Received);
}

/// Stopped by `is_other` and `doubts` in `core/src/view/complete.rs`: the receipt names the chunk that was seen, and who is shown both
/// needs no receipt.
pub(super) fn attack_16_two_devices_shown_two_histories() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Fælles", &[1, 2]);
    scene.meet();
    // Somebody with Anna's keys, and a relay that shows each what that somebody likes.
    let eve = Insider::new(&mut scene, 0);
    let versions = ["Til Bo", "Til Carl"].map(|text| {
        let envelope = note(&scene, text);
        let record = eve.record(&envelope);
        (record.id(), eve.seal(eve.case(), &eve.place(eve.case()), &eve.body(&record, &envelope)))
    });
    let counter = eve.place(eve.case()).counter;
    assert_eq!(scene.push(0, vec![versions[0].1.pushed()]), [Pushed::Stored]);
    let mut other = vec![versions[1].1.fed(&eve)];
    scene.relay.shows(2, move |items| {
        items.retain(|item| !is_chunk_of(item, &eve.installation, counter));
        items.append(&mut other);
    });
    scene.meet();
    assert!(scene.reads(1, &versions[0].0) && !scene.reads(1, &versions[1].0));
    assert!(scene.reads(2, &versions[1].0) && !scene.reads(2, &versions[0].0));
    for device in [1, 2] {
        assert_eq!(doubts(&scene, device), about(&scene, 0, Doubt::Forked { counter }), "{device}");
    }
    repent(&mut scene, 2);
    scene.meet();
    assert!(scene.reads(2, &versions[0].0) && scene.reads(2, &versions[1].0), "both are kept");
    assert_eq!(doubts(&scene, 2), about(&scene, 0, Doubt::Forked { counter }));
    both_histories_shown_to_one();
}

/// Nobody else has seen either: no receipt tells Bo.
fn both_histories_shown_to_one() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Fælles", &[1]);
    scene.meet();
    let eve = Insider::new(&mut scene, 0);
    let shown = ["Et", "Et andet"].map(|text| {
        let envelope = note(&scene, text);
        eve.seal(eve.case(), &eve.place(eve.case()), &eve.body(&eve.record(&envelope), &envelope)).fed(&eve)
    });
    let counter = eve.place(eve.case()).counter;
    scene.relay.slips(1, shown.into());
    scene.sync(1);
    assert_eq!(doubts(&scene, 1), about(&scene, 0, Doubt::Forked { counter }));
}

/// Stopped by `acknowledged` in `core/src/store/outbox.rs`: nothing else takes a note out of the outbox, and only the relay's answer
/// calls it.
pub(super) fn attack_42_relay_drops_acknowledgements_or_withholds() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Før", &[1]);
    scene.meet();
    scene.relay.script(0, |request, honest| {
        let answer = honest(request);
        if matches!(request, Request::Push(_)) { Err(Failure::Unreachable { retry_after: None }) } else { answer }
    });
    let written = scene.now;
    let text = scene.writes(0, "Uden svar", &[1]);
    for _ in 0..3 {
        assert!(scene.sync(0).is_some());
    }
    assert!(matches!(scene.devices[0].delivery(&text).unwrap().0, Delivery::OnThisDevice { .. }));
    let unsent = scene.devices[0].unsent().unwrap();
    assert!(unsent.len() == 1 && unsent[0].row.record == text && unsent[0].row.recorded_at == written + 1);
    // The relay had it all the time, and it arrives once.
    scene.relay.behave(0);
    scene.meet();
    assert_eq!(scene.devices[0].delivery(&text).unwrap().0, Delivery::Received);
    let installation = scene.devices[0].installation();
    assert_eq!(scene.feed(1).iter().filter(|item| is_chunk_of(item, &installation, 2)).count(), 1);
    // It acknowledges and hands nothing on: "with the relay" is all that is said.
    scene.relay.shows(1, Vec::clear);
    let kept = scene.writes(0, "Holdt tilbage", &[1]);
    scene.meet();
    let (delivery, readers) = scene.devices[0].delivery(&kept).unwrap();
    assert!(delivery == Delivery::WithRelay && readers.iter().all(|reader| !reader.received));
}

/// Stopped by `current_box` in `core/src/client/push/sealing.rs`: a box is made anew, a chunk never.
pub(super) fn attack_51_relay_answers_old_epoch_and_keeps_the_chunk() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Før", &[1]);
    scene.meet();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&seen);
    let lying = Rc::new(RefCell::new(3));
    let left = Rc::clone(&lying);
    let case = Insider::new(&mut scene, 0).case().id;
    scene.relay.replies(0, move |item, result| {
        let PushItem::Chunk { chunk, .. } = item else { return };
        if ParsedChunk::from_bytes(chunk).unwrap().header.circle != case {
            return;
        }
        heard.borrow_mut().push((chunk.clone(), result.clone()));
        if *left.borrow() > 0 {
            *left.borrow_mut() -= 1;
            *result = Pushed::Refused { reason: Refused::OldEpoch, counter: None, head: None };
        }
    });
    let text = scene.writes(0, "Kun underskrevet én gang", &[1]);
    scene.meet();
    scene.now += 60_000;
    scene.meet();
    let seen = seen.borrow();
    let records: Vec<_> = seen.iter().filter(|(chunk, _)| *chunk == seen[0].0).collect();
    assert!(records.len() >= 4, "the same bytes each time");
    assert!(records[0].1 == Pushed::Stored && records[1..].iter().all(|(_, result)| *result == Pushed::Duplicate));
    assert!(scene.reads(1, &text) && scene.devices[1].doubts().unwrap().is_empty());
    assert_eq!(scene.devices[0].outbox().unwrap().0, 0);
}

/// Stopped by `check_token` in `server/src/app.rs`: a token holds the nonce of its commit.
pub(super) fn attack_54_token_from_before_a_restore() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let backup = scene.relay.snapshot();
    let forgotten = scene.writes(0, "Efter sikkerhedskopien", &[1, 2]);
    scene.sync(0);
    scene.sync(1);
    let token = scene.devices[1].tokens().unwrap().0;
    scene.relay.restore(backup);
    // The relay grows past the place that the token names, with other things.
    for text in ["a", "b", "c", "d"] {
        let envelope = note(&scene, text);
        scene.submits(2, &envelope, Audience::Own);
    }
    let other = scene.writes(2, "Imens", &[0, 1]);
    scene.sync(2);
    scene.sync(2);
    let pull = Request::Pull { after: token, seen: token, wait: false };
    assert_eq!(scene.ask(1, &pull), Err(Failure::Restored), "the same number, another nonce");
    scene.meet();
    for device in 0..3 {
        assert!(scene.reads(device, &forgotten) && scene.reads(device, &other), "{device}");
        assert!(doubts(&scene, device).is_empty(), "{:?}", doubts(&scene, device));
    }
}
