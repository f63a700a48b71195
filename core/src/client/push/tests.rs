//! What cannot be sealed blocks nothing else, and what the relay does not take is not brought to it over and over.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::ids::{Fixed, MunicipalityId};
use tvaers_wire::message::{FrontierAnswer, Page, TOKEN_START};

use super::*;
use crate::audience::Audience;
use crate::client::{Opened, open};
use crate::directory::{AuthorityKey, Directory, Enrolment, PersonFacts};
use crate::keys::Secret;
use crate::kinds::{Kind, samples};
use crate::record::FrozenRecord;
use crate::rng::system;
use crate::seal::{Body, Item};
use crate::store::Store;

/// A device of a person who is alone in the municipality, with its circle founded.
pub(in crate::client) fn alone() -> Device {
    alone_in(Store::in_memory().unwrap())
}

/// The same, in this store.
pub(in crate::client) fn alone_in(store: Store) -> Device {
    let municipality = MunicipalityId::new([2; 16]);
    alone_under(&mut AuthorityKey::from_seed(&Secret::new([3; 32]), municipality, 0).unwrap(), store)
}

/// The same, under this authority.
pub(in crate::client) fn alone_under(authority: &mut AuthorityKey, store: Store) -> Device {
    let rng = &mut system();
    let person = samples::person(1);
    let municipality = authority.authority().municipality;
    let Opened::New(device) = open(store, &mut Moment::new(0, rng)).unwrap() else {
        panic!("the store is new");
    };
    let facts = PersonFacts {
        person,
        name: "Asta Prøve".to_owned(),
        profession: "pædagog".to_owned(),
        team: tvaers_wire::ids::TeamId::new([4; 16]),
    };
    let directory = Directory {
        version: 1,
        municipality,
        serial: 1,
        name: "Prøveby".to_owned(),
        teams: vec![],
        people: vec![facts],
        policy: None,
    };
    let enrolment = Enrolment {
        authority: authority.authority(),
        relay: "https://relay.example".to_owned(),
        certificate: authority.certify(person, device.keys()).unwrap(),
        statements: vec![],
        directory: authority.sign_directory(&directory),
    };
    let device = device.enrol(enrolment).unwrap();
    device.upkeep(&mut Moment::new(1, rng)).unwrap();
    // Nothing is pushed behind a founding before the relay has taken it.
    let founding = device.next_push(&mut Moment::new(1, rng)).unwrap().unwrap();
    let answer =
        PushAnswer { results: vec![Pushed::Stored; founding.items.len()], token: Fixed([1; 24]), stamps: Vec::new() };
    device.pushed(founding, &answer.to_bytes(), 1).unwrap();
    device
}

fn chunks(batch: &PushBatch) -> Vec<u64> {
    let request = PushRequest::from_bytes(&batch.request).unwrap();
    let counter = |item: &PushItem| match item {
        PushItem::Chunk { chunk, .. } => Some(ParsedChunk::from_bytes(chunk).unwrap().header.counter),
        _ => None,
    };
    request.items.iter().filter_map(counter).collect()
}

#[test]
fn a_body_that_cannot_be_sealed_rests_alone_and_uses_no_counter() {
    let device = alone();
    let rng = &mut system();
    let note = |text: &str| samples::envelope(Kind::Observation, text, true);
    let first = device.submit(&note("først"), &[Audience::Own], &mut Moment::new(2, rng)).unwrap();
    // Nothing that is made here is as large; an older version might have left it behind.
    let noise = (0..limits::CHUNK / 32).flat_map(|_| crate::rng::bytes::<32>(rng)).collect();
    let record =
        FrozenRecord { header: Bytes(vec![]), nonce: Fixed([0; 16]), payload: Bytes(noise), signature: Fixed([0; 64]) };
    let large = Body { item: Item::Frozen(record), summary: None, directory: Fixed([0; 32]), basis: None }.to_bytes();
    device
        .change(|tx, _| {
            let row = crate::store::records::row(tx, &first)?.unwrap();
            let circle = crate::store::shares::places(tx, row)?[0];
            outbox::put(tx, circle, (row, None), &large)?;
            outbox::put(tx, circle, (row, None), &[0xff])?;
            Ok(())
        })
        .unwrap();
    device.submit(&note("sidst"), &[Audience::Own], &mut Moment::new(3, rng)).unwrap();

    let batch = device.next_push(&mut Moment::new(4, rng)).unwrap().unwrap();
    assert_eq!(chunks(&batch), [1, 2], "the notes before and behind it, one after the other");
    let waiting = device.store.read(|conn| outbox::ready(conn, 5, 10)).unwrap();
    assert_eq!(waiting.len(), 2, "the two that cannot be sealed rest");
    assert_eq!(device.outbox().unwrap().0, 4, "and are not lost");
}

/// The relay was put back to before anybody, and does not take the device's own circle back.
#[test]
fn a_circle_whose_entry_is_not_taken_back_rests_and_is_tried_again() {
    for reason in [Refused::NotVouched, Refused::NotAllowed] {
        let device = alone();
        let note = samples::envelope(Kind::Observation, "Imens", true);
        device.submit(&note, &[Audience::Own], &mut Moment::new(2, &mut system())).unwrap();
        for request in device.frontier_requests() {
            device.heal(&request, &FrontierAnswer { circles: Vec::new() }.to_bytes()).unwrap();
        }
        let push_at = |now| device.next_push(&mut Moment::new(now, &mut system())).unwrap();
        let answer = |batch: PushBatch, result: Pushed| {
            let results = vec![result; batch.items.len()];
            device.pushed(batch, &PushAnswer { results, token: TOKEN_START, stamps: Vec::new() }.to_bytes(), 3).unwrap()
        };
        let refused = Pushed::Refused { reason, counter: None, head: None };
        assert!(answer(push_at(3).unwrap(), refused).pull_first, "what it lacks may be in the feed");
        assert!(push_at(4).is_none() && push_at(2 + REST).is_none(), "{reason:?}");
        assert_eq!(device.outbox().unwrap().0, 1, "the note waits with it");
        answer(push_at(3 + REST).unwrap(), Pushed::Stored);
        assert_eq!(chunks(&push_at(4 + REST).unwrap()), [1]);
    }
}

/// A relay that follows a head which it does not show: for as long as that may be on its way, and until the feed has been read from its
/// beginning, the circle stays.
#[test]
fn a_circle_is_given_up_for_a_head_that_is_in_no_feed_and_for_no_other() {
    let device = alone();
    let note = samples::envelope(Kind::Observation, "Delt", true);
    device.submit(&note, &[Audience::Anonymous(vec![])], &mut Moment::new(2, &mut system())).unwrap();
    let push_at = |now| device.next_push(&mut Moment::new(now, &mut system())).unwrap().unwrap();
    let refused_at = |now, head: u8| {
        let head = Some(EntryId::new([head; 32]));
        let refused = Pushed::Refused { reason: Refused::StaleHead, counter: None, head };
        let batch = push_at(now);
        let results = vec![refused; batch.items.len()];
        let outcome = device
            .pushed(batch, &PushAnswer { results, token: TOKEN_START, stamps: Vec::new() }.to_bytes(), now)
            .unwrap();
        let is_shared = |circle: &&super::super::known::Circle| circle.log.subject == Subject::Shared;
        (outcome.forgot, device.known().circles.values().filter(is_shared).count())
    };
    let reads = |more| {
        let page = Page { items: Vec::new(), next: TOKEN_START, more };
        device.absorb_page(&page.to_bytes(), 3).unwrap();
    };
    assert_eq!(refused_at(3, 7), (false, 1));
    reads(false);
    assert_eq!(refused_at(4, 7), (false, 1), "that page may have been on its way");
    assert_eq!(refused_at(5 + HOLD, 8), (false, 1), "another one");
    assert_eq!(refused_at(6 + 2 * HOLD, 8), (true, 1), "the feed is read from its beginning");
    reads(true);
    assert_eq!(refused_at(7 + 2 * HOLD, 8), (false, 1), "which goes on");
    device.change(|tx, known| Ok(known.reload(tx, device.enrolment.authority)?)).unwrap();
    reads(false);
    assert_eq!(refused_at(8 + 2 * HOLD, 8), (false, 0));
    assert_eq!(device.all_records().unwrap().len(), 1, "the note looks for another circle");
}

#[test]
fn what_no_chunk_holds_is_refused_before_anything_is_saved() {
    let device = alone();
    let rng = &mut system();
    let mut envelope = samples::envelope(Kind::Analysis, "kort", true);
    let crate::kinds::Content::Analysis(analysis) = &mut envelope.content else { panic!("an analysis") };
    let long = crate::kinds::Text::new("x".repeat(crate::kinds::Text::MAX_BYTES)).unwrap();
    analysis.risk = crate::kinds::List::new(vec![long; 9]).unwrap();
    let refused = device.submit(&envelope, &[Audience::Own], &mut Moment::new(2, rng)).err();
    let limit = 1_900 * 1024;
    assert_eq!(refused, Some(ClientError::Document(crate::document::Rejected::TooLarge { limit })));
    assert_eq!((device.outbox().unwrap().0, device.all_records().unwrap().len()), (0, 0));
}
