//! Keys, and what is wrapped to them.

use tvaers_core::audience::Audience;
use tvaers_core::circle::{Draft, Recipient, found};
use tvaers_core::client::{ClientError, Opened, Request, open};
use tvaers_core::directory::{AuthorityKey, Enrolment, EnrolmentError};
use tvaers_core::keys::{DeviceSecret, KemKey, KeyError, Parent, Root, Secret, unwrap, wrap};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::sync::Failure;
use tvaers_core::view::Delivery;
use tvaers_core::wire::bytes::Bytes;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{Change, Entry, Member, NewEpoch, ParsedEntry, Rights, Subject, Wrap, WrapHash};
use tvaers_core::wire::ids::Fixed;
use tvaers_core::wire::limits;
use tvaers_core::wire::message::{Challenge, FeedItem, PushItem, PushRequest, Pushed, Refused};
use tvaers_core::wire::statement::{DeviceKeys, StatementError};
use tvaers_tests::hostile::{HostileRelay, Insider, Scene, shown};

use super::{names, note, refused, repent};

fn founding(item: &FeedItem, subject: Subject) -> Option<ParsedEntry> {
    let FeedItem::Entry { entry, .. } = item else { return None };
    ParsedEntry::from_bytes(entry)
        .ok()
        .filter(|parsed| parsed.public.subject == subject && parsed.public.circle.is_none())
}

fn shared_circles(scene: &mut Scene, device: usize) -> usize {
    scene.feed(device).iter().filter(|item| founding(item, Subject::Shared).is_some()).count()
}

/// The same entry with something else in it, under the signature that it had.
fn altered(entry: &ParsedEntry, change: impl FnOnce(&mut ParsedEntry)) -> Vec<u8> {
    let mut entry = entry.clone();
    change(&mut entry);
    let signature = entry.signature();
    Entry { public: entry.public.to_bytes().into(), signature, sealed: entry.sealed }.to_bytes()
}

/// Stopped by `verified_signer` in `core/wire/src/log/change.rs`: the circle with the exchanged key is not what Bo has signed, and nobody
/// certifies the relay's device (`signed` in `core/wire/src/lineage.rs`).
pub(super) fn attack_01_recipients_key_substituted_by_the_relay() {
    let mut scene = Scene::strangers(2);
    scene.sync(1);
    let rng = &mut rng::system();
    let subject = Subject::Person(scene.devices[1].person());
    // The relay's own device, certified by an authority of the relay's, in a circle for Bo.
    let theirs = DeviceSecret::generate(rng).unwrap();
    let mut impostor = AuthorityKey::from_seed(&Secret::random(rng), scene.town.authority().municipality, 9).unwrap();
    let mut draft = Draft {
        vouchers: vec![impostor.certify(scene.devices[1].person(), theirs.keys()).unwrap()],
        ..Draft::default()
    };
    draft.add(Recipient { member: Member::Device(theirs.id()), epoch: None, kem: theirs.keys().kem }, Rights::Manage);
    let (own, root) = found(subject, draft, &theirs, rng).unwrap();
    let kem = tvaers_core::keys::KemKey::from_seed(&root.kem_seed()).unwrap().public();
    scene.relay.shows(0, move |items| {
        for item in items.iter_mut() {
            if let Some(parsed) = founding(item, subject) {
                let exchanged = altered(&parsed, |entry| entry.public.epoch.as_mut().unwrap().kem = Some(kem));
                *item = shown(exchanged.into(), Vec::new());
            }
        }
        items.push(shown(own.bytes.clone().into(), own.wraps.clone()));
    });
    let text = note(&scene, "Kun til Bo");
    scene.sync(0);
    let bo = scene.devices[1].person();
    let secret = scene.submits(0, &text, Audience::Line(bo));
    scene.sync(0);
    assert!(matches!(scene.devices[0].delivery(&secret).unwrap().0, Delivery::OnThisDevice { .. }));
    assert_eq!(shared_circles(&mut scene, 0), 0, "nothing was wrapped to the relay's key");
    assert!(names(&scene.aside(0), "not signed"));
    repent(&mut scene, 0);
    scene.meet();
    assert!(scene.reads(1, &secret), "and with the true key it leaves");
}

/// Stopped by `signed` in `core/wire/src/lineage.rs`: every statement of the enrolment must be the authority's in it.
pub(super) fn attack_03_authoritys_key_substituted() {
    let mut scene = Scene::new(2);
    let rng = &mut rng::system();
    let mut impostor = AuthorityKey::from_seed(&Secret::random(rng), scene.town.authority().municipality, 9).unwrap();
    let (directory, person) = (scene.town.directory(), scene.devices[0].person());
    let Ok(Opened::New(device)) = open(Store::in_memory().unwrap(), &mut Moment::new(1, rng)) else { panic!("new") };
    let certificate = scene.town.authority.certify(person, device.keys()).unwrap();
    let true_directory = scene.town.authority.sign_directory(&directory);
    let enrolment = Enrolment {
        authority: impostor.authority(),
        relay: "https://relay.example".to_owned(),
        certificate,
        statements: Vec::new(),
        directory: true_directory.clone(),
    };
    let refused = device.enrol(enrolment.clone()).unwrap_err();
    let signature = |error: &ClientError| {
        matches!(error, ClientError::Enrolment(EnrolmentError::Statement(StatementError::Signature(_))))
    };
    assert!(signature(&refused.error), "{}", refused.error);
    // With the true authority and one statement by the other: no part of it is taken.
    let charter = impostor.charter(scene.town.teams[0], vec![person]);
    let mixed = Enrolment { authority: scene.town.authority(), statements: vec![charter], ..enrolment };
    assert!(signature(&refused.device.enrol(mixed).unwrap_err().error));
    // A device that is enrolled meets a relay under the other key, and nothing of it is told.
    let before = scene.shown(0);
    scene.relay = HostileRelay::new(impostor.authority(), 2);
    let waiting = scene.writes(0, "Til den rigtige server", &[1]);
    assert_eq!(scene.sync(0), Some(Failure::Forbidden));
    assert!(matches!(scene.devices[0].delivery(&waiting).unwrap().0, Delivery::OnThisDevice { .. }));
    assert_eq!(scene.shown(0).len(), before.len() + 1);
}

/// Stopped by `absorb_entry` in `core/src/client/absorb.rs`: the entry does not list the wrap. A list that does is not signed:
/// `verified_signer` in `core/wire/src/log/change.rs`.
pub(super) fn attack_04_wrap_without_the_senders_signature() {
    let mut scene = Scene::new(2);
    let text = scene.writes(0, "Sagens nøgle", &[1]);
    scene.sync(0);
    scene.sync(0);
    let (bo, subject) = (scene.member(1), Subject::Person(scene.devices[1].person()));
    let feed = scene.feed(1);
    let kem = feed.iter().find_map(|item| founding(item, subject)?.public.epoch?.kem).unwrap();
    scene.relay.shows(1, move |items| {
        let mut unsigned = Vec::new();
        for item in items.iter_mut() {
            let Some(parsed) = founding(item, Subject::Shared) else { continue };
            let bytes =
                wrap(&Root::random(&mut rng::system()), &kem, &parsed.public.binding(), &bo, &mut rng::system());
            let forged = Wrap { member: bo, bytes: bytes.unwrap().into() };
            let listed = altered(&parsed, |entry| {
                let mine = entry.public.wraps.iter_mut().find(|listed| listed.member == bo).unwrap();
                mine.hash = forged.hash();
            });
            unsigned.push(shown(listed.into(), vec![forged.clone()]));
            let FeedItem::Entry { wraps, .. } = item else { continue };
            *wraps = vec![forged];
        }
        items.append(&mut unsigned);
    });
    scene.sync(1);
    assert!(!scene.reads(1, &text));
    assert!(
        names(&scene.aside(1), "not signed, or for another circle") && names(&scene.aside(1), "a key that its sender")
    );
    assert!(scene.devices[1].standing().unwrap().waiting > 0, "the note waits for its key, and shows");
    repent(&mut scene, 1);
    scene.sync(1);
    assert!(scene.reads(1, &text));
}

/// Stopped by `unwrap` in `core/src/keys/wrap.rs`: circle, epoch and member are bound into the key.
pub(super) fn attack_05_wrap_copied_to_another_circle_epoch_or_recipient() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Alle tre", &[1, 2]);
    scene.meet();
    let eve = Insider::helped(&mut scene, 2);
    let case = eve.case();
    let (founding, wraps) = &case.entries[0];
    let (anna, bo) = (scene.member(0), scene.member(1));
    let stolen = wraps.iter().find(|wrap| wrap.member == bo).unwrap();
    let listed = founding.public.wraps.iter().find(|listed| listed.member == bo).unwrap();
    let relabelled = Wrap { member: anna, bytes: stolen.bytes.clone() };
    let list = [*listed, WrapHash { member: anna, epoch: listed.epoch, hash: stolen.hash() }];
    let (_, root) = case.newest();
    let commitment = Fixed(root.commitment());
    // Bo's key opens it as Bo's. Under another name it opens with no key, not even with that one.
    let bos = Insider::new(&mut scene, 1);
    let own = bos.of(bo.subject().unwrap()).unwrap();
    let key = KemKey::from_seed(&own.roots[&listed.epoch.unwrap()].kem_seed()).unwrap();
    let opens = |member: &Member| unwrap(&stolen.bytes, &key, &founding.public.binding(), member).is_ok();
    assert!(opens(&bo) && !opens(&anna));
    // Another circle with the very root of the case, and Bo's wrap of it: for Bo, and under Anna's name.
    let mut elsewhere = eve.blank_entry(case);
    (elsewhere.circle, elsewhere.parents) = (None, Vec::new());
    elsewhere.changes = [(Member::Person(eve.person), Rights::Manage), (bo, Rights::Write), (anna, Rights::Write)]
        .map(|(member, rights)| Change::Add { member, rights, until: None })
        .to_vec();
    elsewhere.epoch = Some(NewEpoch { root_commitment: commitment, kem: None, history: Vec::new(), leads_to: None });
    elsewhere.wraps = list.to_vec();
    let elsewhere = eve.sign_entry(&elsewhere, None);
    // The next epoch of the case, with the same root and the same wraps.
    let mut later = eve.blank_entry(case);
    let history = vec![root.seal_history(root, Parent::First, &later.binding()).unwrap()];
    later.epoch = Some(NewEpoch { root_commitment: commitment, kem: None, history, leads_to: None });
    later.wraps = list.to_vec();
    let later = eve.sign_entry(&later, None);
    for bytes in [&elsewhere, &later] {
        let item = PushItem::Entry {
            entry: bytes.clone().into(),
            wraps: vec![stolen.clone(), relabelled.clone()],
            stamp: None,
        };
        assert_eq!(scene.push(2, vec![item]), [Pushed::Stored], "the relay sees hashes only");
    }
    // In each a note, under the root that everybody has: who opens it has taken the copied wrap.
    let mut notes = Vec::new();
    for bytes in [&elsewhere, &later] {
        let entry = ParsedEntry::from_bytes(bytes).unwrap();
        let envelope = note(&scene, "Under en kopieret nøgle");
        let record = eve.record(&envelope);
        let place = tvaers_core::seal::Place {
            circle: entry.circle,
            head: entry.id,
            counter: if entry.circle == case.id { eve.place(case).counter } else { 1 },
            ..eve.place(case)
        };
        let mut forged = eve.seal(case, &place, &eve.body(&record, &envelope));
        forged.key.epoch = entry.id;
        assert_eq!(scene.push(2, vec![forged.pushed()]), [Pushed::Stored]);
        notes.push(record.id());
    }
    scene.sync(0);
    scene.sync(1);
    for device in [0, 1] {
        assert!(notes.iter().all(|note| !scene.reads(device, note)), "{device}");
        assert!(scene.devices[device].standing().unwrap().waiting > 0, "they wait for keys, and show");
    }
}

/// Stopped by `check_kem` in `core/src/keys/device.rs`: the office certifies no such key, and `kem_of` in `core/src/client/known.rs`
/// wraps to none. Nothing is owed to it, `takes_wraps` in `core/src/client/known.rs`.
pub(super) fn attack_06_low_order_or_non_canonical_public_key() {
    let low = [0; 32];
    let unreduced = [0xff; 32];
    for (x25519, expected) in [(low, KeyError::LowOrder), (unreduced, KeyError::NotCanonical)] {
        let mut scene = Scene::strangers(2);
        let person = scene.devices[1].person();
        let keys = scene.secret(1).keys().clone();
        let bad = |kem: &Fixed<{ limits::KEM_PUBLIC }>| {
            let mut kem = *kem;
            kem.0[limits::KEM_PUBLIC - 32..].copy_from_slice(&x25519);
            kem
        };
        let device = DeviceKeys { kem: bad(&keys.kem), ..keys.clone() };
        assert_eq!(scene.town.authority.certify(person, &device).unwrap_err(), expected);
        let signing = DeviceKeys { signing: Fixed(x25519), ..keys.clone() };
        assert_eq!(scene.town.authority.certify(person, &signing).unwrap_err(), KeyError::Signing);
        // Whoever founds a circle with such a key: the relay cannot tell, and nobody wraps to it.
        let mut draft = Draft::default();
        draft.add(
            Recipient { member: Member::Device(scene.secret(1).id()), epoch: None, kem: keys.kem },
            Rights::Manage,
        );
        draft.vouchers.push(scene.town.authority.certify(person, &keys).unwrap());
        let (made, _) = found(Subject::Person(person), draft, scene.secret(1), &mut rng::system()).unwrap();
        let mut public = made.parsed.public.clone();
        let kem = public.epoch.as_mut().unwrap().kem.as_mut().unwrap();
        *kem = bad(kem);
        let eve = Insider::new(&mut scene, 1);
        let entry = eve.sign_entry(&public, None);
        assert_eq!(
            scene.push(1, vec![PushItem::Entry { entry: entry.into(), wraps: made.wraps, stamp: None }]),
            [Pushed::Stored]
        );
        scene.sync(0);
        let text = note(&scene, "Til Eva");
        let waiting = scene.submits(0, &text, Audience::Line(person));
        scene.sync(0);
        assert_eq!(scene.devices[0].delivery(&waiting).unwrap().0, Delivery::AwaitsReader);
        assert_eq!(shared_circles(&mut scene, 0), 0);
        let text = note(&scene, "Til mig selv");
        let own = scene.submits(0, &text, Audience::Own);
        scene.sync(0);
        assert_eq!(scene.devices[0].delivery(&own).unwrap().0, Delivery::SafeForSelf, "nobody else waits for it");
        a_member_who_draws_such_a_key_holds_up_nobody(x25519);
    }
}

/// Eve, who is in the case, gives her own circle a key that nobody can wrap to.
fn a_member_who_draws_such_a_key_holds_up_nobody(x25519: [u8; 32]) {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let eve = Insider::new(&mut scene, 2);
    let own = eve.of(Subject::Person(eve.person)).unwrap();
    let mut public = eve.blank_entry(own);
    let mut kem = scene.secret(2).keys().kem;
    kem.0[limits::KEM_PUBLIC - 32..].copy_from_slice(&x25519);
    let history = vec![Bytes(vec![0; 48])];
    public.epoch = Some(NewEpoch { root_commitment: Fixed([7; 32]), kem: Some(kem), history, leads_to: None });
    let entry = Bytes(eve.sign_entry(&public, None));
    let pushed = scene.push(2, vec![PushItem::Entry { entry, wraps: Vec::new(), stamp: None }]);
    assert_eq!(pushed, [Pushed::Stored]);
    for device in [0, 1, 0, 1] {
        scene.sync(device);
    }
    let after = scene.writes(0, "Efter", &[1, 2]);
    for device in [0, 1, 0, 1] {
        scene.sync(device);
    }
    assert!(scene.reads(1, &after));
    assert_eq!(scene.devices[0].delivery(&after).unwrap().0, Delivery::Received);
    assert_eq!([0, 1].map(|device| scene.devices[device].outbox().unwrap().0), [0, 0]);
    let keys = Insider::new(&mut scene, 0).case().log.epochs.len();
    assert_eq!(keys, eve.case().log.epochs.len(), "no key is drawn for somebody whom it would not reach");
}

/// Stopped by `from_bytes` in `core/wire/src/codec.rs`: one version, compiled in.
pub(super) fn attack_18_version_downgrade() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Før", &[1]);
    scene.meet();
    let eve = Insider::new(&mut scene, 1);
    let (case, before) = (eve.case(), scene.shown(0));
    for version in [0, 2] {
        let envelope = note(&scene, "I en anden version");
        let body = eve.body(&eve.record(&envelope), &envelope);
        let chunk = eve.seal(case, &tvaers_core::seal::Place { version, ..eve.place(case) }, &body);
        assert_eq!(refused(&scene.push(1, vec![chunk.pushed()])[0]), Some(Refused::Malformed));
        let mut entry = eve.blank_entry(case);
        entry.version = version;
        let entry = eve.sign_entry(&entry, None);
        let item = PushItem::Entry { entry: entry.clone().into(), wraps: Vec::new(), stamp: None };
        assert_eq!(refused(&scene.push(1, vec![item])[0]), Some(Refused::Malformed));
        scene.relay.slips(0, vec![chunk.fed(&eve), shown(entry.into(), Vec::new())]);
        scene.sync(0);
        let push = PushRequest { version, items: Vec::new() }.to_bytes();
        assert_eq!(scene.ask(1, &Request::Push(push)), Err(Failure::Incompatible));
        let challenge = Challenge::from_bytes(&scene.ask(1, &Request::Challenge).unwrap()).unwrap();
        let mut session = scene.devices[1].session_request(&challenge);
        session.version = version;
        assert_eq!(scene.ask(1, &Request::Session(session.to_bytes())), Err(Failure::Incompatible));
    }
    assert_eq!(scene.aside(0).iter().filter(|reason| reason.contains("version")).count(), 4, "{:?}", scene.aside(0));
    assert_eq!(scene.shown(0), before);
}
