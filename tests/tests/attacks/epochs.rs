//! Epochs: who was removed holds the keys of before, and everybody else is to go on using one of them.

use tvaers_core::circle::{Draft, Recipient, renew};
use tvaers_core::keys::{Parent, wrap};
use tvaers_core::rng;
use tvaers_core::seal::make_box;
use tvaers_core::wire::entry::{NewEpoch, ParsedEntry};
use tvaers_core::wire::ids::{EntryId, Fixed};
use tvaers_core::wire::message::{FeedItem, PushItem, Pushed, Refused};
use tvaers_tests::hostile::{Insider, Scene, shown};

use super::{note, refused};

/// Stopped by `merge` in `core/wire/src/log/merge.rs`: what somebody did who was removed is void. `check_epoch` in
/// `server/src/rules.rs` takes no box under the old key, and `open_wrap` in `core/src/client/process/entries.rs` no key that the
/// epoch has not committed to.
pub(super) fn attack_17_epoch_downgrade() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let old: Vec<FeedItem> = scene.feed(0).into_iter().filter(|item| matches!(item, FeedItem::Entry { .. })).collect();
    scene.removes(0, 1);
    scene.meet();
    let eve = Insider::new(&mut scene, 1);
    let epoch = Insider::new(&mut scene, 0).case().newest().0;
    let founding = eve.case().id.founding_entry();
    assert_ne!(epoch, founding);
    // Who was removed draws a key on the head it knew, and the relay shows the old entries again and speaks of the old epoch.
    let mut drawn = eve.blank_entry(eve.case());
    drawn.parents = vec![founding];
    let (_, root) = eve.case().newest();
    let history = vec![root.seal_history(root, Parent::First, &drawn.binding()).unwrap()];
    drawn.epoch = Some(NewEpoch { root_commitment: Fixed(root.commitment()), kem: None, history, leads_to: None });
    let drawn = eve.sign_entry(&drawn, None);
    let mut items = old.clone();
    items.push(shown(drawn.clone().into(), Vec::new()));
    for device in [0, 2] {
        scene.relay.slips(device, items.clone());
        scene.sync(device);
    }
    // It is kept beside the log, and void where the two are united: nobody follows it.
    scene.meet();
    let epoch = Insider::new(&mut scene, 0).case().newest().0;
    assert!(epoch != founding && epoch != ParsedEntry::from_bytes(&drawn).unwrap().id);
    assert!(scene.devices.iter().all(|device| device.parted().is_empty()));
    let seen = std::rc::Rc::new(std::cell::RefCell::new(Vec::<(EntryId, EntryId)>::new()));
    let heard = std::rc::Rc::clone(&seen);
    let case = eve.case().id;
    scene.relay.replies(2, move |item, result| {
        let PushItem::Chunk { chunk, key } = item else { return };
        let header = tvaers_core::wire::chunk::ParsedChunk::from_bytes(chunk).unwrap().header;
        if header.circle != case {
            return;
        }
        heard.borrow_mut().push((header.head, key.epoch));
        *result = Pushed::Refused { reason: Refused::OldEpoch, counter: None, head: Some(founding) };
    });
    let after = scene.writes(2, "Efter", &[0]);
    scene.sync(2);
    assert!(!seen.borrow().is_empty());
    assert!(seen.borrow().iter().all(|(head, sealed)| *sealed == epoch && *head != founding), "{seen:?}");
    scene.relay.behave(2);
    scene.now += 60_000;
    scene.meet();
    assert!(scene.reads(0, &after) && !scene.reads(1, &after));
    a_box_under_an_old_key_is_not_taken();
    an_old_key_wrapped_as_the_new_one_is_not_held();
}

/// Carl, who stays in the case, boxes what is new under the key that Bo has kept.
fn a_box_under_an_old_key_is_not_taken() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    scene.removes(0, 1);
    scene.meet();
    let carl = Insider::new(&mut scene, 2);
    let (case, founding) = (carl.case(), carl.case().id.founding_entry());
    assert_ne!(case.newest().0, founding);
    let envelope = note(&scene, "Til en, der er ude");
    let chunk = carl.seal(case, &carl.place(case), &carl.body(&carl.record(&envelope), &envelope));
    let (parsed, content_key) = carl.content_key(&chunk.fed(&carl)).unwrap();
    let old = make_box(&content_key, &parsed.id, founding, &case.roots[&founding]).unwrap();
    let with_old = PushItem::Chunk { chunk: chunk.bytes.clone().into(), key: old.clone() };
    assert_eq!(refused(&scene.push(2, vec![with_old])[0]), Some(Refused::OldEpoch), "with the chunk");
    assert_eq!(scene.push(2, vec![chunk.pushed()]), [Pushed::Stored]);
    let beside = PushItem::Box { chunk: parsed.id, key: old };
    assert_eq!(refused(&scene.push(2, vec![beside])[0]), Some(Refused::OldEpoch), "and beside it");
    assert!(!Insider::helped(&mut scene, 1).opened().iter().any(|(opened, _)| opened.id == parsed.id));
}

/// Carl draws the next key, and wraps for Dora the one that Bo has kept, so that Bo reads on what Dora writes.
fn an_old_key_wrapped_as_the_new_one_is_not_held() {
    let (bo, carl, dora) = (1, 2, 3);
    let mut scene = Scene::new(4);
    scene.writes(0, "Før", &[bo, carl, dora]);
    scene.meet();
    scene.removes(0, bo);
    scene.meet();
    let hostile = Insider::new(&mut scene, carl);
    let (case, dice) = (hostile.case(), &mut rng::system());
    let mut draft = Draft::default();
    for device in [0, carl, dora] {
        let theirs = hostile.of(scene.member(device).subject().unwrap()).unwrap().log.epoch().unwrap();
        let kem = **theirs.kem.as_ref().unwrap();
        draft.recipients.push(Recipient { member: scene.member(device), epoch: Some(theirs.entry), kem });
    }
    let to_dora = draft.recipients[2].clone();
    let (mut made, _) = renew(&case.log, Some(case.newest().1), draft, &hostile.secret, dice).unwrap();
    let mut public = made.parsed.public.clone();
    let old = &case.roots[&case.id.founding_entry()];
    let of_dora = made.wraps.iter_mut().find(|wrap| wrap.member == to_dora.member).unwrap();
    of_dora.bytes = wrap(old, &to_dora.kem, &public.binding(), &to_dora.member, dice).unwrap().into();
    public.wraps.iter_mut().find(|listed| listed.member == to_dora.member).unwrap().hash = of_dora.hash();
    let entry = hostile.sign_entry(&public, None).into();
    let item = PushItem::Entry { entry, wraps: made.wraps, stamp: None };
    assert_eq!(scene.push(carl, vec![item]), [Pushed::Stored], "the relay sees hashes only");
    scene.meet();
    let doras = scene.writes(dora, "Efter", &[0]);
    scene.meet();
    assert!(scene.reads(0, &doras), "under a key that all hold, once there is one");
    let opened = Insider::helped(&mut scene, bo).opened();
    assert!(opened.iter().any(|(chunk, _)| chunk.header.circle == case.id), "Bo's keys open what was before");
    assert!(opened.iter().all(|(_, body)| body.summary.as_ref().is_none_or(|summary| summary.record != doras)));
}
