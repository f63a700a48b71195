//! Erasure: what two persons have agreed to erase goes from every device and from the relay, comes back by nobody, and everybody can see
//! who has followed. Nothing else is lost with it.

use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, NotErased, Opened, open};
use tvaers_core::kinds::{Content, Draft, Envelope, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::{Erasing, ErasingState, ErasingWhat};
use tvaers_core::wire::chunk::ParsedChunk;
use tvaers_core::wire::ids::{CircleId, RecordId};
use tvaers_core::wire::message::FeedItem;
use tvaers_tests::dump::everything;
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::{child, observation};

/// Anna manages the case, in which Bo and Carl write; Dorte is in none.
const ANNA: usize = 0;
const BO: usize = 1;
const CARL: usize = 2;
const DORTE: usize = 3;
const NOT_MANAGED: ClientError = ClientError::NotErased(NotErased::NotManaged);

fn scene() -> (Scene, RecordId) {
    let mut scene = Scene::new(4);
    let first = scene.writes(ANNA, "Første", &[BO, CARL]);
    scene.meet();
    (scene, first)
}

fn asks(scene: &Scene, device: usize, records: &[RecordId]) -> Result<(), ClientError> {
    scene.devices[device].ask_erasure(
        records,
        Some("Indtastet på forkert barn"),
        &Moment::new(scene.now, &mut rng::system()),
    )
}

/// Agrees to everything that waits for this person.
fn agrees(scene: &Scene, device: usize) -> usize {
    let waiting: Vec<Erasing> = scene.devices[device].erasures().unwrap();
    let may = waiting.iter().filter(|erasing| matches!(erasing.state, ErasingState::Asked { may_agree: true }));
    may.map(|erasing| {
        scene.devices[device].agree_erasure(&erasing.asking, &Moment::new(scene.now, &mut rng::system())).unwrap();
    })
    .count()
}

/// Anna has these erased, with Bo's agreement.
fn erased(scene: &mut Scene, records: &[RecordId]) {
    asks(scene, ANNA, records).unwrap();
    scene.sync(ANNA);
    scene.sync(BO);
    assert_eq!(agrees(scene, BO), 1);
    scene.sync(BO);
}

/// The chunks with records of somebody that the relay has for Carl.
fn chunks_of(scene: &mut Scene, writer: usize) -> Vec<Vec<u8>> {
    let installation = scene.devices[writer].installation();
    let chunk = |item: FeedItem| match item {
        FeedItem::Chunk { chunk, .. } => Some(chunk.to_vec()),
        _ => None,
    };
    let chunks = scene.feed(CARL).into_iter().filter_map(chunk);
    chunks.filter(|bytes| ParsedChunk::from_bytes(bytes).unwrap().header.installation == installation).collect()
}

fn circle_of(chunk: &[u8]) -> CircleId {
    ParsedChunk::from_bytes(chunk).unwrap().header.circle
}

/// True if these words lie in a device's store, in whichever table or index.
fn holds(scene: &Scene, device: usize, words: &str) -> bool {
    everything(scene.devices[device].store()).windows(words.len()).any(|window| window == words.as_bytes())
}

fn draft(text: &str) -> Envelope {
    let mut envelope = observation(&child(1), "", 1);
    envelope.content = Content::Draft(Draft { seen_heard: Text::new(text).unwrap(), ..Draft::empty() });
    envelope
}

fn adds(scene: &mut Scene, device: usize, record: &RecordId, more: &str) {
    scene.edits(device, record, |envelope| {
        if let Content::Draft(draft) = &mut envelope.content {
            draft.seen_heard = Text::new(format!("{}{more}", draft.seen_heard.as_str())).unwrap();
        }
    });
}

#[test]
fn what_two_persons_erase_goes_from_every_device_and_the_relay_and_nothing_else_does() {
    let (mut scene, first) = scene();
    let wrong = scene.writes(BO, "Kanarieord om et andet barn", &[ANNA, CARL]);
    let behind = scene.writes(BO, "Skrevet bagefter", &[ANNA, CARL]);
    scene.meet();
    let before = chunks_of(&mut scene, BO);
    assert!(
        holds(&scene, CARL, "Kanarieord")
            && scene.devices[CARL].search("kanarieord", 9, &Moment::new(1, &mut rng::system())).unwrap().len() == 1
    );
    asks(&scene, ANNA, &[wrong]).unwrap();
    scene.meet();
    assert!(scene.reads(CARL, &wrong), "asking erases nothing");
    assert_eq!(agrees(&scene, BO), 1);
    scene.sync(BO);
    assert_eq!(scene.devices[BO].envelope(&wrong), Err(ClientError::RecordErased), "at once, where it was agreed to");
    assert!(scene.reads(CARL, &wrong), "Carl has not heard");
    scene.meet();
    for device in [ANNA, BO, CARL] {
        assert_eq!(scene.devices[device].envelope(&wrong), Err(ClientError::RecordErased), "{device}");
        let words = ["Kanarieord", "kanarieord"].map(|word| holds(&scene, device, word));
        assert_eq!(words, [false; 2], "{device} keeps what it said, or the words of it");
        let listed = scene.devices[device].chronology(&child(1).id).unwrap();
        assert!(listed.iter().all(|row| row.record != wrong), "{device} lists it");
        assert!(scene.reads(device, &first) && scene.reads(device, &behind), "{device} has lost more");
        assert_eq!(scene.devices[device].doubts().unwrap(), [], "{device} takes it for something withheld");
        assert!(scene.aside(device).is_empty());
    }
    let after = chunks_of(&mut scene, BO);
    let gone: Vec<_> = before.iter().filter(|chunk| !after.contains(chunk)).collect();
    assert_eq!((gone.len(), after.len()), (1, before.len() - 1));
    let tail = &gone[0][gone[0].len() - 200..];
    let kept = |(_, file): &(String, Vec<u8>)| file.windows(tail.len()).any(|window| window == tail);
    assert!(!scene.relay.read_in_full().iter().any(kept), "the relay keeps it");
    // The chain goes on behind the gap.
    let next = scene.writes(BO, "Videre", &[ANNA, CARL]);
    scene.meet();
    assert!(scene.reads(CARL, &next));
}

#[test]
fn who_has_followed_is_shown_and_a_phone_in_a_drawer_too() {
    let (mut scene, _) = scene();
    let wrong = scene.writes(BO, "Forkert", &[ANNA, CARL]);
    scene.meet();
    erased(&mut scene, &[wrong]);
    for _ in 0..3 {
        scene.sync(ANNA);
        scene.sync(BO);
    }
    let followed = |scene: &Scene| {
        let mut erasures = scene.devices[ANNA].erasures().unwrap();
        let erasing = erasures.remove(0);
        assert_eq!(erasing.reason.as_deref(), Some("Indtastet på forkert barn"));
        assert_eq!(erasing.by, Some(scene.devices[ANNA].person()));
        let ErasingWhat::Records { records, chunks: 1 } = erasing.what else { panic!("one chunk") };
        assert!(records[0].gone && records[0].headline.is_empty() && records[0].author == scene.devices[BO].person());
        let ErasingState::Done { by, devices } = erasing.state else { panic!("agreed to") };
        assert_eq!(by, Some(scene.devices[BO].person()));
        let done = |person: usize| {
            let of = devices.iter().find(|followed| followed.person == scene.devices[person].person());
            of.map(|followed| followed.done)
        };
        [ANNA, BO, CARL, DORTE].map(done)
    };
    assert_eq!(followed(&scene), [Some(true), Some(true), Some(false), None]);
    scene.meet();
    assert_eq!(followed(&scene), [Some(true), Some(true), Some(true), None]);
}

#[test]
fn nobody_erases_alone_and_nobody_what_they_do_not_manage() {
    let (mut scene, first) = scene();
    assert_eq!(asks(&scene, BO, &[first]), Err(NOT_MANAGED));
    assert_eq!(asks(&scene, ANNA, &[first, RecordId::new([9; 32])]), Err(ClientError::UnknownRecord));
    let own = scene.submits(ANNA, &observation(&child(1), "Kun min", 1), Audience::Own);
    assert_eq!(asks(&scene, ANNA, &[own]), Err(NOT_MANAGED), "nobody else could agree");
    asks(&scene, ANNA, &[first]).unwrap();
    scene.meet();
    let asking = scene.devices[ANNA].erasures().unwrap()[0].asking;
    let moment = Moment::new(1, &mut rng::system()).now;
    let agree = |scene: &Scene, device: usize| {
        scene.devices[device].agree_erasure(&asking, &Moment::new(moment, &mut rng::system()))
    };
    assert_eq!(agree(&scene, ANNA), Err(NotErased::Oneself.into()));
    assert_eq!(agree(&scene, DORTE), Err(NotErased::NotAsked.into()));
    scene.meet();
    assert!([ANNA, BO, CARL].iter().all(|device| scene.reads(*device, &first)));
    agree(&scene, CARL).unwrap();
    scene.meet();
    assert_eq!(agree(&scene, BO), Err(NotErased::NotAsked.into()), "it is done");
}

#[test]
fn a_hold_forbids_it_until_two_persons_end_it() {
    let (mut scene, first) = scene();
    asks(&scene, ANNA, &[first]).unwrap();
    scene.meet();
    assert_eq!(scene.devices[BO].hold_erasure(&child(1).id, None), Err(NOT_MANAGED));
    scene.devices[ANNA].hold_erasure(&child(1).id, Some("Klagesag")).unwrap();
    // Bo agreed before he heard of it.
    assert_eq!(agrees(&scene, BO), 1);
    scene.sync(ANNA);
    scene.meet();
    assert!(scene.reads(BO, &first) && scene.devices[BO].is_on_hold(&child(1).id));
    assert_eq!(agrees(&scene, BO), 0);
    assert_eq!(asks(&scene, ANNA, &[first]), Err(NotErased::OnHold.into()));
    scene.devices[ANNA].lift_hold(&child(1).id, Some("Afgjort")).unwrap();
    scene.meet();
    assert!(scene.devices[ANNA].is_on_hold(&child(1).id));
    assert_eq!(agrees(&scene, CARL), 1);
    scene.meet();
    assert!(!scene.devices[ANNA].is_on_hold(&child(1).id) && scene.reads(BO, &first));
    assert_eq!(agrees(&scene, BO), 1, "what was asked for before is still asked for");
    scene.meet();
    assert!(!scene.reads(ANNA, &first));
}

#[test]
fn a_document_that_somebody_goes_on_writing_offline_goes_with_what_comes_late() {
    let (mut scene, _) = scene();
    let others = Audience::Case(vec![scene.member(ANNA), scene.member(CARL)]);
    let document = scene.submits(BO, &draft("Udkast"), others);
    scene.meet();
    adds(&mut scene, CARL, &document, " og mere fra Carl");
    scene.meet();
    // Carl is in the forest, and writes on.
    adds(&mut scene, CARL, &document, " skrevet i skoven");
    erased(&mut scene, &[document]);
    assert!(scene.reads(CARL, &document));
    for _ in 0..4 {
        scene.meet();
    }
    for device in [ANNA, BO, CARL] {
        assert!(!scene.reads(device, &document) && !holds(&scene, device, "skoven"), "{device}");
        assert!(scene.aside(device).is_empty() && scene.devices[device].outbox().unwrap().0 == 0, "{device}");
    }
    let case = circle_of(&chunks_of(&mut scene, ANNA)[0]);
    for device in [BO, CARL] {
        let left = chunks_of(&mut scene, device).into_iter().filter(|chunk| circle_of(chunk) == case);
        assert_eq!(left.count(), 0, "the relay keeps what {device} wrote, perhaps what came late");
    }
}

#[test]
fn what_lies_in_another_circle_too_stays_there() {
    let (mut scene, _) = scene();
    scene.now += 1;
    let note = observation(&child(1), "Begge steder", scene.now);
    let case = Audience::Case(vec![scene.member(ANNA), scene.member(CARL)]);
    let line = Audience::Line(scene.devices[DORTE].person());
    let note = scene.devices[BO].submit(&note, &[case, line], &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    scene.meet();
    erased(&mut scene, &[note]);
    scene.meet();
    assert!(!scene.reads(ANNA, &note) && !scene.reads(CARL, &note));
    assert!(scene.reads(BO, &note) && scene.reads(DORTE, &note), "the line has not been asked about");
    let ErasingWhat::Records { records, .. } = &scene.devices[BO].erasures().unwrap()[0].what else { panic!() };
    assert!(!records[0].gone, "and it shows that it is still here");
}

#[test]
fn a_relay_put_back_from_a_backup_brings_nothing_back() {
    let (mut scene, first) = scene();
    let wrong = scene.writes(BO, "Forkert", &[ANNA, CARL]);
    let kept = scene.writes(BO, "Rigtigt", &[ANNA, CARL]);
    scene.meet();
    let backup = scene.relay.snapshot();
    erased(&mut scene, &[wrong]);
    scene.sync(ANNA);
    // Carl has not heard of it, and meets the relay first.
    scene.relay.restore(backup);
    scene.sync(CARL);
    assert!(scene.reads(CARL, &wrong));
    for _ in 0..3 {
        scene.meet();
    }
    for device in [ANNA, BO, CARL] {
        assert!(!scene.reads(device, &wrong) && scene.reads(device, &kept) && scene.reads(device, &first), "{device}");
    }
    assert_eq!(scene.devices[ANNA].doubts().unwrap(), []);
}

/// Carl's phone has dropped what came late, and so has the relay that was put back: what he wrote after it follows on nothing.
#[test]
fn what_was_written_behind_something_that_nobody_has_any_more_is_sent_otherwise() {
    let (mut scene, first) = scene();
    let document = scene.submits(BO, &draft("Udkast"), Audience::Case(vec![scene.member(ANNA), scene.member(CARL)]));
    scene.meet();
    adds(&mut scene, CARL, &document, " skrevet i skoven");
    erased(&mut scene, &[document]);
    let backup = scene.relay.snapshot();
    // The relay has both before he hears of the erasure.
    let after = scene.writes(CARL, "Efter", &[ANNA, BO]);
    scene.relay.withholds(CARL, |item| matches!(item, FeedItem::Entry { .. }));
    scene.sync(CARL);
    let fed = scene.feed(CARL);
    scene.relay.slips(CARL, fed);
    scene.sync(CARL);
    scene.relay.behave(CARL);
    scene.sync(BO);
    assert!(scene.reads(BO, &after) && !scene.reads(CARL, &document));
    scene.relay.restore(backup);
    for _ in 0..3 {
        scene.meet();
    }
    for device in [ANNA, BO, CARL] {
        assert!(scene.reads(device, &after) && scene.reads(device, &first), "{device}");
        assert!(scene.aside(device).is_empty() && scene.devices[device].outbox().unwrap().0 == 0, "{device}");
    }
    assert_eq!(scene.devices[CARL].renewed_at().unwrap(), None, "nothing that the person need look at");
}

#[test]
fn who_comes_later_reads_the_rest_and_misses_nothing() {
    let (mut scene, first) = scene();
    let wrong = scene.writes(BO, "Forkert", &[ANNA, CARL]);
    let kept = scene.writes(BO, "Rigtigt", &[ANNA, CARL]);
    scene.meet();
    let fed = scene.feed(CARL);
    erased(&mut scene, &[wrong]);
    scene.meet();
    scene.writes(ANNA, "Nu også med Dorte", &[BO, CARL, DORTE]);
    scene.meet();
    assert!(scene.reads(DORTE, &kept) && scene.reads(DORTE, &first));
    assert_eq!(scene.devices[DORTE].doubts().unwrap(), []);
    // A relay that has kept it shows it again, to those who had it and to who had not.
    for device in [BO, DORTE] {
        scene.relay.slips(device, fed.clone());
        scene.sync(device);
        scene.relay.behave(device);
        assert!(!scene.reads(device, &wrong) && !holds(&scene, device, "Forkert"), "{device}");
    }
}

/// Dorte comes to a case in which something lies that was erased where she had it. What is newest there reaches her first.
#[test]
fn what_stands_behind_something_that_is_erased_for_its_reader_is_acknowledged() {
    let (mut scene, _) = scene();
    let line = Audience::Line(scene.devices[DORTE].person());
    let wrong = scene.submits(ANNA, &observation(&child(2), "Forkert", 1), line);
    scene.meet();
    asks(&scene, ANNA, &[wrong]).unwrap();
    let case = Audience::Case(vec![scene.member(BO), scene.member(CARL)]);
    scene.devices[ANNA].share(&wrong, &case, &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    scene.meet();
    assert_eq!(agrees(&scene, DORTE), 1);
    scene.meet();
    assert!(scene.reads(BO, &wrong) && !scene.reads(DORTE, &wrong));
    let case = Audience::Case(vec![scene.member(BO), scene.member(CARL), scene.member(DORTE)]);
    let last = scene.submits(ANNA, &observation(&child(2), "Nu også med Dorte", 1), case);
    for device in [ANNA, DORTE, ANNA, DORTE, ANNA] {
        scene.sync(device);
    }
    assert!(scene.reads(DORTE, &last) && !scene.reads(DORTE, &wrong));
    let (_, readers) = scene.devices[ANNA].delivery(&last).unwrap();
    assert!(readers.iter().any(|reader| reader.person == scene.devices[DORTE].person() && reader.received));
}

#[test]
fn it_stays_erased_after_a_restart_and_what_was_asked_offline_is_asked_later() {
    let (mut scene, first) = scene();
    asks(&scene, ANNA, &[first]).unwrap();
    assert_eq!(scene.devices[ANNA].erasures_waiting().unwrap(), 1);
    let store = scene.devices.remove(ANNA).into_store();
    let Opened::Enrolled(anna) = open(store, &mut Moment::new(scene.now, &mut rng::system())).unwrap() else {
        panic!("an enrolled store holds a device")
    };
    scene.devices.insert(ANNA, *anna);
    scene.meet();
    assert_eq!((scene.devices[ANNA].erasures_waiting().unwrap(), agrees(&scene, BO)), (0, 1));
    scene.meet();
    let store = scene.devices.remove(ANNA).into_store();
    let Opened::Enrolled(anna) = open(store, &mut Moment::new(scene.now, &mut rng::system())).unwrap() else {
        panic!("an enrolled store holds a device")
    };
    assert_eq!(anna.envelope(&first), Err(ClientError::RecordErased));
    assert!(matches!(anna.erasures().unwrap()[0].state, ErasingState::Done { .. }));
}
