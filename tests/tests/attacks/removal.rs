//! Who was removed from a case, or is about to be. Times are claims; the order of entries and counters decides.

use tvaers_core::moment::Moment;
use tvaers_core::record::RecordHeader;
use tvaers_core::rng;
use tvaers_core::seal::{Place, make_box};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::message::{PushAnswer, PushItem, PushRequest, Pushed, Refused};
use tvaers_tests::hostile::{Forged, Insider, Scene};

use super::{is_chunk_of, names, note, refused};

/// Anna manages, Bo is removed, Carl stays. Bo's keys are in the wrong hands.
fn removed() -> (Scene, Insider) {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    scene.writes(1, "Fra Bo", &[0, 2]);
    scene.meet();
    let bo = Insider::new(&mut scene, 1);
    scene.removes(0, 1);
    scene.meet();
    (scene, bo)
}

/// Carl, who is still in the case, brings what Bo has written, with a box under the key in force: why the relay does not take it.
fn brought(scene: &mut Scene, bo: &Insider, chunk: &Forged) -> Option<Refused> {
    let carl = Insider::new(scene, 2);
    let case = carl.circles.iter().find(|circle| circle.id == bo.case().id).unwrap();
    let (parsed, content_key) = carl.content_key(&chunk.fed(bo)).unwrap();
    let (epoch, root) = case.newest();
    let key = make_box(&content_key, &parsed.id, epoch, root).unwrap();
    refused(&scene.push(2, vec![PushItem::Chunk { chunk: chunk.bytes.clone().into(), key }])[0])
}

/// A record said to be of yesterday, at this place in Bo's chain.
fn back_dated(scene: &Scene, bo: &Insider, place: &Place) -> Forged {
    let mut envelope = note(scene, "Skrevet i går");
    envelope.occurred.at -= 86_400_000;
    let header = RecordHeader { recorded_at: scene.now - 86_400_000, ..bo.header(&envelope) };
    let record = bo.record_with(&header, &envelope);
    bo.seal(bo.case(), place, &bo.body(&record, &envelope))
}

/// Stopped by `still_counts` in `core/wire/src/log/counts.rs`: the cut, whatever the clock says. At the relay `check_writer` in
/// `server/src/rules.rs`.
pub(super) fn attack_23_removed_device_writes_with_a_back_dated_clock() {
    let (mut scene, bo) = removed();
    let next = back_dated(&scene, &bo, &bo.place(bo.case()));
    // In the place of the last that counted; and in a chain of its own that no cut names.
    let place = bo.place(bo.case());
    let again = back_dated(
        &scene,
        &bo,
        &Place { counter: place.counter - 1, previous: tvaers_core::wire::ids::ChunkId::new([0; 32]), ..place.clone() },
    );
    let mut installation = bo.installation;
    installation.nonce = tvaers_core::wire::ids::InstallationNonce::new([2; 16]);
    let elsewhere = back_dated(
        &scene,
        &bo,
        &Place { installation, counter: 1, previous: tvaers_core::wire::ids::ChunkId::new([0; 32]), ..place },
    );
    let chunks = [next, again, elsewhere];
    for chunk in &chunks {
        assert_eq!(refused(&scene.push(1, vec![chunk.pushed()])[0]), Some(Refused::NotAllowed));
        assert_eq!(brought(&mut scene, &bo, chunk), Some(Refused::NotAllowed));
    }
    for device in [0, 2] {
        let before = scene.shown(device);
        scene.relay.slips(device, chunks.iter().map(|chunk| chunk.fed(&bo)).collect());
        scene.sync(device);
        assert_eq!(scene.shown(device), before);
        let aside = scene.aside(device);
        assert_eq!(
            aside.iter().filter(|reason| reason.contains("after the writer was removed")).count(),
            3,
            "{aside:?}"
        );
    }
}

/// Stopped by `rights_at` and `still_counts` in `core/wire/src/log/counts.rs`; at the relay `check_writer` in `server/src/rules.rs`.
/// Who founds a case anew is let into no other: `taken_out` in `core/src/client/known/persons.rs`.
pub(super) fn attack_24_removed_staff_reads_the_new_epoch_or_writes_beyond_the_cut() {
    let (mut scene, bo) = removed();
    let after = [scene.writes(0, "Efter", &[2]), scene.writes(2, "Også efter", &[0])];
    scene.meet();
    assert!(scene.reads(2, &after[0]) && scene.reads(0, &after[1]));
    // The relay gives Bo everything that anybody has; with all old keys, nothing of it opens.
    let helped = Insider::helped(&mut scene, 1);
    let opened: Vec<_> = helped.opened().into_iter().filter_map(|(_, body)| Some(body.summary?.record)).collect();
    assert!(opened.len() >= 2 && after.iter().all(|note| !opened.contains(note)));
    let everything: Vec<_> = (0..3).flat_map(|device| scene.feed(device)).collect();
    scene.relay.slips(1, everything);
    scene.sync(1);
    assert!(after.iter().all(|note| !scene.reads(1, note)));
    // By founding a case of the child's of his own with all the others nobody is back in.
    let child = tvaers_tests::town::child(1).id;
    let anna = scene.devices[0].person();
    for device in 0..3 {
        scene.devices[device].set_coordinator(&child, &anna, &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    }
    let founded = scene.writes(1, "En ny sag", &[0, 2]);
    scene.meet();
    let later = [scene.writes(0, "Bagefter", &[2]), scene.writes(2, "Også bagefter", &[0])];
    scene.meet();
    assert!(scene.reads(0, &founded) && scene.reads(2, &later[0]) && scene.reads(0, &later[1]));
    assert!(later.iter().chain(&after).all(|note| !scene.reads(1, note)));
    // Beyond the cut: on the head that Bo knew, and on the new one, which a helping relay tells.
    let case = helped.case();
    let chunks = [bo.case().log.head(), case.log.head()].map(|head| {
        let envelope = note(&scene, "Jeg er her endnu");
        let record = bo.record(&envelope);
        let chunk = bo.seal(bo.case(), &Place { head, ..bo.place(bo.case()) }, &bo.body(&record, &envelope));
        assert_eq!(refused(&scene.push(1, vec![chunk.pushed()])[0]), Some(Refused::NotAllowed));
        assert_eq!(brought(&mut scene, &bo, &chunk), Some(Refused::NotAllowed));
        chunk.fed(&bo)
    });
    for device in [0, 2] {
        let before = scene.shown(device);
        scene.relay.slips(device, chunks.to_vec());
        scene.sync(device);
        assert_eq!(scene.shown(device), before);
        for reason in ["after the writer was removed", "not allowed to write"] {
            assert!(names(&scene.aside(device), reason), "{reason}");
        }
    }
}

/// Stopped by `check_cuts` in `server/src/rules/entries.rs`: what was acknowledged stays, and from the first attempt on
/// `check_writer` in `server/src/rules.rs` takes no more.
pub(super) fn attack_56_device_about_to_be_removed_keeps_writing() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let first = scene.writes(1, "Fra Bo", &[0, 2]);
    scene.meet();
    scene.removes(0, 1);
    let mut taken = vec![first];
    let mut pushes = 0;
    // Between Anna's look at the feed and her removal Bo has always written once more.
    let removed = loop {
        let late = scene.writes(1, "Og så én til", &[0, 2]);
        scene.sync(1);
        let moment_now = scene.now;
        let batch = scene.devices[0].next_push(&mut Moment::new(moment_now, &mut rng::system())).unwrap().unwrap();
        let request = PushRequest::from_bytes(&batch.request).unwrap();
        let answer = scene.ask(0, &tvaers_core::client::Request::Push(batch.request.clone())).unwrap();
        let results = PushAnswer::from_bytes(&answer).unwrap().results;
        scene.devices[0].pushed(batch, &answer, moment_now).unwrap();
        pushes += 1;
        let entries = request.items.iter().zip(&results).filter(|(item, _)| matches!(item, PushItem::Entry { .. }));
        if entries.clone().count() > 0 && entries.clone().all(|(_, result)| *result == Pushed::Stored) {
            break late;
        }
        assert!(pushes < 4, "{results:?}");
        taken.push(late);
        // Reads the feed to its end, without another push.
        let page = scene.feed(0);
        let page =
            tvaers_core::wire::message::Page { items: page, next: scene.devices[0].tokens().unwrap().0, more: false };
        scene.devices[0].absorb_page(&page.to_bytes(), scene.now).unwrap();
        scene.devices[0].process().unwrap();
    };
    assert_eq!(pushes, 2, "the first attempt closes the door behind what is there");
    let installation = scene.devices[1].installation();
    assert!(!scene.feed(0).iter().any(|item| is_chunk_of(item, &installation, 3)), "nothing after receipt");
    scene.meet();
    assert!(taken.iter().all(|note| scene.reads(0, note) && scene.reads(2, note)), "what was taken stays");
    // The rest goes another way, to those whom it was for and who can see by it that Bo still writes.
    assert!(scene.aside(0).is_empty() && scene.reads(1, &removed));
    let after = scene.writes(0, "Efter", &[2]);
    scene.meet();
    assert!(scene.reads(2, &after) && !scene.reads(1, &after));
}
