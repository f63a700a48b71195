//! A phone that was put back from a backup: it goes on as a new installation, and nothing of either life is lost.

use std::path::Path;

use tempfile::tempdir;
use tvaers_core::audience::Audience;
use tvaers_core::circle::Purpose;
use tvaers_core::client::{Opened, open};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::seal::Place;
use tvaers_core::store::{Store, StoreKey};
use tvaers_core::wire::message::FeedItem;
use tvaers_tests::hostile::{Insider, Scene};
use tvaers_tests::town::child;

use super::{is_chunk_of, names, note};

fn key() -> StoreKey {
    StoreKey::new([3; 32])
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// The phone's app is started again on what lies here.
fn starts(scene: &mut Scene, place: &Path) {
    let (store, dice) = (Store::open(place, &key()).unwrap(), &mut rng::system());
    let Opened::Enrolled(device) = open(store, &mut Moment::new(scene.now, dice)).unwrap() else {
        panic!("it was enrolled");
    };
    scene.devices[1] = *device;
}

/// Stopped by `notice_another_life` in `core/src/client/renewal.rs`: this installation has signed what is not here, and another one
/// goes on.
pub(super) fn attack_30_restored_backup_with_the_same_actor() {
    let dir = tempdir().unwrap();
    let (place, backup) = (dir.path().join("phone"), dir.path().join("backup"));
    let mut scene = Scene::with_stores(vec![Store::in_memory().unwrap(), Store::create(&place, &key()).unwrap()]);
    scene.meet();
    let to = |scene: &Scene| Audience::Line(scene.devices[0].person());
    let both = |scene: &Scene| Audience::Anonymous(vec![scene.member(0)]);
    let (audience, shared) = (to(&scene), both(&scene));
    let first = scene.submits(1, &note(&scene, "Før"), audience.clone());
    let text = scene.submits(1, &scene.draft("Før."), shared);
    scene.meet();
    scene.devices[1].close().unwrap();
    copy(&place, &backup);

    starts(&mut scene, &place);
    let installation = scene.devices[1].installation();
    let lost = scene.submits(1, &note(&scene, "Skrevet efter sikkerhedskopien"), audience.clone());
    scene.appends(1, &text, " Efter kopien.");
    scene.meet();
    assert!(scene.reads(0, &lost));
    assert_eq!(scene.devices[1].renewed_at().unwrap(), None);
    scene.devices[1].close().unwrap();

    starts(&mut scene, &backup);
    assert!(!scene.reads(1, &lost));
    let again = scene.submits(1, &note(&scene, "Skrevet efter gendannelsen"), audience.clone());
    scene.appends(1, &text, " Efter gendannelsen.");
    scene.meet();
    for (what, record) in [("the first", first), ("of the other life", lost), ("the new one", again)] {
        assert!(scene.reads(0, &record) && scene.reads(1, &record), "{what}");
    }
    for device in [0, 1] {
        let said = scene.says(device, &text);
        assert!(said.contains("Efter kopien.") && said.contains("Efter gendannelsen."), "{device}: {said}");
    }
    let renewed = scene.devices[1].installation();
    assert!(renewed.device == installation.device && renewed.nonce != installation.nonce, "as another installation");
    assert!(scene.devices[1].renewed_at().unwrap().is_some(), "the person is told");
    assert_eq!(scene.devices[1].outbox().unwrap().0, 0);
    let next = scene.submits(1, &note(&scene, "Og videre"), audience);
    scene.appends(1, &text, " Og videre.");
    scene.meet();
    assert!(scene.reads(0, &next) && scene.says(0, &text).ends_with("Og videre."));
    assert!(scene.devices[0].set_aside().unwrap().is_empty());
}

/// Stopped by `notice_another_life` in `core/src/client/renewal.rs`: only what this device has signed, and has not, is evidence. One
/// chunk has one encoding: `from_bytes` in `core/wire/src/codec.rs`.
pub(super) fn attack_57_relay_demands_a_new_installation() {
    let mut scene = Scene::new(2);
    let audience = Audience::Line(scene.devices[0].person());
    let first = scene.submits(1, &note(&scene, "Før"), audience.clone());
    scene.meet();
    let installation = scene.devices[1].installation();
    // Everything of its own once more, and an answer that says the counter was used: none of it is signed evidence.
    let feed = scene.feed(1);
    scene.relay.slips(1, feed);
    scene.sync(1);
    // A chunk under its name, with a number that it has not come to; a colleague has signed it.
    let colleague = Insider::new(&mut scene, 0);
    let line = colleague.circle(Purpose::Line(child(1).id));
    let envelope = note(&scene, "Fra et andet liv");
    let place = Place { installation, counter: 99, ..colleague.place(line) };
    let forged = colleague.seal(line, &place, &colleague.body(&colleague.record(&envelope), &envelope));
    scene.relay.slips(1, vec![forged.fed(&colleague)]);
    scene.sync(1);
    assert_eq!(scene.aside(1), ["the signature on the chunk does not verify"]);
    // Its own chunk in another encoding, for which no key is needed: by its id it would be one that the device has signed and not kept.
    let own = scene.feed(1).into_iter().find(|item| is_chunk_of(item, &installation, 1)).unwrap();
    let FeedItem::Chunk { chunk, boxes, received_at } = own else { panic!("a chunk") };
    let again = [&[0x98, 3], &chunk[1..]].concat().into();
    scene.relay.slips(1, vec![FeedItem::Chunk { chunk: again, boxes, received_at }]);
    scene.sync(1);
    scene.sync(1);
    assert_eq!(scene.devices[1].installation(), installation, "for want of a key");
    assert!(names(&scene.aside(1), "canonical"), "{:?}", scene.aside(1));
    scene.relay.replies(1, |_, result| {
        *result = tvaers_core::wire::message::Pushed::Refused {
            reason: tvaers_core::wire::message::Refused::OutOfOrder,
            counter: Some(99),
            head: None,
        };
    });
    let waiting = scene.submits(1, &note(&scene, "Venter synligt"), audience);
    scene.sync(1);
    assert_eq!(scene.devices[1].installation(), installation);
    assert!(scene.devices[1].outbox().unwrap().0 > 0, "the note waits, and shows");
    scene.relay.behave(1);
    scene.now += 1_000_000;
    scene.meet();
    assert!(scene.reads(0, &first) && scene.reads(0, &waiting));
    assert_eq!(scene.devices[1].renewed_at().unwrap(), None);
}
