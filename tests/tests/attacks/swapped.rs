//! A circle, or a branch of its log, in the place of another one: by a relay that says it has forgotten what it has, and somebody whom
//! the authority vouches for, or once did.

use std::cell::Cell;

use tvaers_core::audience::Audience;
use tvaers_core::circle::{Draft, Purpose, Recipient, found};
use tvaers_core::client::Request;
use tvaers_core::keys::DeviceSecret;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_core::wire::bytes::Bytes;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{Change, Member, ParsedEntry, Rights, Subject};
use tvaers_core::wire::ids::EntryId;
use tvaers_core::wire::message::{FeedItem, FrontierAnswer, Page, PushAnswer, PushItem, PushRequest, Pushed, Refused};
use tvaers_core::wire::statement::SignedStatement;
use tvaers_tests::hostile::{Circle, Insider, Scene, shown};
use tvaers_tests::town::{child, observation};

use super::loss::stated;

const MINUTE: i64 = 60_000;

/// The relay tells a device that it was put back, that it has none of the device's circles, and that this one was founded first; the real
/// one it does not show.
fn says_it_was_first(scene: &mut Scene, device: usize, ghosts: &ParsedEntry, bytes: &[u8], stranger: &SignedStatement) {
    let (bytes, stranger, told) = (bytes.to_vec(), stranger.clone(), Cell::new(false));
    let (subject, founding) = (ghosts.public.subject, ghosts.id);
    scene.relay.script(device, move |request, honest| {
        if matches!(request, Request::Pull { .. }) && !told.replace(true) {
            return Err(Failure::Restored);
        }
        let answer = honest(request)?;
        Ok(match request {
            Request::Frontier(_) => FrontierAnswer { circles: Vec::new() }.to_bytes(),
            Request::Pull { .. } => {
                let mut page = Page::from_bytes(&answer).unwrap();
                let is_real = |item: &FeedItem| {
                    let FeedItem::Entry { entry, .. } = item else { return false };
                    ParsedEntry::from_bytes(entry).unwrap().public.subject == subject
                };
                page.items.retain(|item| !is_real(item));
                page.items.extend([stated(&stranger), shown(Bytes(bytes.clone()), Vec::new())]);
                page.to_bytes()
            }
            Request::Push(body) => {
                let mut answer = PushAnswer::from_bytes(&answer).unwrap();
                for (item, result) in PushRequest::from_bytes(body).unwrap().items.iter().zip(&mut answer.results) {
                    let PushItem::Entry { entry, .. } = item else { continue };
                    let public = ParsedEntry::from_bytes(entry).unwrap().public;
                    if public.subject == subject && public.circle.is_none() {
                        let (reason, head) = (Refused::AlreadyFounded, Some(founding));
                        *result = Pushed::Refused { reason, counter: None, head };
                    }
                }
                answer.to_bytes()
            }
            _ => answer,
        })
    });
}

/// A device that is certified for Anna, and that she has not let in, founds a circle in which nobody else is. To Anna's own phone, and to
/// Carl's, the relay says that this one was first: what is for Anna stays for her circle.
pub(super) fn a_ghosts_circle_takes_nobodys_place() {
    for device in [0, 2] {
        let mut scene = Scene::new(4);
        scene.writes(2, "Før", &[0]);
        scene.meet();
        let (ghost, person) = (DeviceSecret::generate(&mut rng::system()).unwrap(), scene.devices[0].person());
        let certificate = scene.town.authority.certify(person, ghost.keys()).unwrap();
        let mut draft = Draft { vouchers: vec![certificate.clone()], ..Draft::default() };
        let itself = Recipient { member: Member::Device(ghost.id()), epoch: None, kem: ghost.keys().kem };
        draft.add(itself, Rights::Manage);
        let (founded, _) = found(Subject::Person(person), draft, &ghost, &mut rng::system()).unwrap();
        says_it_was_first(&mut scene, device, &founded.parsed, &founded.bytes, &certificate);
        for _ in 0..4 {
            scene.now += 11 * MINUTE;
            scene.sync(device);
        }
        scene.relay.behave(device);
        // A new key is drawn, and wrapped for Anna: under which of the two?
        scene.loses(3, 1);
        scene.lets_in(2, &scene.devices[2].all_records().unwrap()[0].record.clone(), 1);
        let note = scene.writes(2, "Kun til Anna", &[0, 1]);
        let hers = scene.writes(0, "Fra Anna selv", &[2, 1]);
        for _ in 0..3 {
            scene.now += 11 * MINUTE;
            for device in [2, 0, 1] {
                scene.sync(device);
            }
        }
        assert!(scene.reads(0, &note) && scene.reads(2, &hers), "{device}");
        let theirs = Insider::new(&mut scene, 2);
        let wrapped = theirs.circles.iter().filter_map(|circle| circle.log.wrapped.get(&scene.member(0)));
        assert!(wrapped.flatten().all(|epoch| *epoch != Some(founded.parsed.id)), "{device}");
    }
}

/// Carl has come to a unit, and Bo has left it. Anna's phone, which had let Carl in, is lost; that is no reason to forget that Bo is out, when
/// the relay shows something that Bo has signed on what was before.
pub(super) fn nobody_is_back_in_a_unit_by_an_entry_from_before() {
    let [anna, bo, dora, eva, carl] = [0, 1, 2, 3, 4];
    let mut scene = Scene::in_units(&[0, 0, 1, 1, 0], &[0, 1, 2, 3]);
    let unit = scene.town.teams[0];
    let before = Insider::new(&mut scene, bo);
    let of_unit = before.of(Subject::Team(unit)).unwrap();
    assert_eq!(scene.joins(4, eva), carl);
    for device in [carl, anna, carl] {
        scene.sync(device);
    }
    let persons = [anna, carl].map(|device| scene.devices[device].person()).to_vec();
    let statement = scene.town.authority.charter(unit, persons);
    scene.push(eva, vec![PushItem::Statement { statement }]);
    for device in [anna, carl, dora] {
        scene.sync(device);
    }
    scene.loses(anna, eva);
    let mut public = before.blank_entry(of_unit);
    public.changes = vec![Change::Add { member: scene.member(carl), rights: Rights::Write, until: None }];
    let forged = shown(Bytes(before.sign_entry(&public, None)), Vec::new());
    scene.relay.slips(dora, vec![forged]);
    for _ in 0..3 {
        scene.sync(dora);
    }
    scene.relay.behave(dora);
    let id = of_unit.id;
    assert_eq!(scene.devices[dora].parted(), [id], "both are kept, and shown");
    let about = observation(&child(1), "Til enheden", scene.now);
    let note = scene.submits(dora, &about, Audience::Case(vec![Member::Team(unit)]));
    for device in [dora, carl, dora, carl] {
        scene.sync(device);
    }
    assert!(scene.reads(carl, &note) && !scene.reads(bo, &note));
    let case = Insider::new(&mut scene, carl).case().log.clone();
    let keys_of_bo = of_unit.log.epochs.iter().map(|epoch| Some(epoch.entry));
    assert!(!case.wrapped.contains_key(&scene.member(bo)));
    let wrapped = case.wrapped.get(&Member::Team(unit)).cloned().unwrap_or_default();
    assert!(keys_of_bo.into_iter().all(|epoch| !wrapped.contains(&epoch)), "what is for the unit he cannot open");
}

fn is_case(circle: &Circle) -> bool {
    circle.purpose() == Some(Purpose::Case(child(1).id))
}

/// Anna takes Bo out of a case, and writes on. The relay names a head that never comes, so she goes on in another circle: without Bo.
pub(super) fn whoever_was_to_go_is_not_in_the_circle_that_takes_its_place() {
    let [anna, bo, carl] = [0, 1, 2];
    let mut scene = Scene::new(3);
    scene.writes(anna, "Før", &[bo, carl]);
    scene.meet();
    scene.removes(anna, bo);
    let note = scene.writes(anna, "Efter", &[carl]);
    let case = Insider::new(&mut scene, carl).case().id;
    let is_of_case = move |item: &PushItem| match item {
        PushItem::Entry { entry, .. } => ParsedEntry::from_bytes(entry).unwrap().circle == case,
        _ => false,
    };
    scene.relay.script(anna, move |request, honest| {
        let Request::Push(body) = request else { return honest(request) };
        let push = PushRequest::from_bytes(body).unwrap();
        let (held_back, items): (Vec<_>, Vec<_>) = push.items.iter().cloned().partition(is_of_case);
        if held_back.is_empty() {
            return honest(request);
        }
        let taken = honest(&Request::Push(PushRequest { version: push.version, items }.to_bytes()))?;
        let mut answer = PushAnswer::from_bytes(&taken).unwrap();
        let mut taken = std::mem::take(&mut answer.results).into_iter();
        let head = Some(EntryId::new([9; 32]));
        let refused = Pushed::Refused { reason: Refused::StaleHead, counter: None, head };
        answer.results = push
            .items
            .iter()
            .map(|item| if is_of_case(item) { refused.clone() } else { taken.next().unwrap() })
            .collect();
        Ok(answer.to_bytes())
    });
    for _ in 0..8 {
        scene.now += MINUTE;
        scene.sync(anna);
    }
    assert!(Insider::new(&mut scene, anna).circles.iter().any(|circle| circle.id != case && is_case(circle)));
    scene.relay.behave(anna);
    for _ in 0..3 {
        scene.now += 11 * MINUTE;
        for device in [carl, anna, bo] {
            scene.sync(device);
        }
    }
    assert!(scene.reads(carl, &note) && !scene.reads(bo, &note));
}
