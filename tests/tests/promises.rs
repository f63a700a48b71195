//! Promises that one small test each can hold; `./test --mutants` breaks them on purpose.

use tvaers_core::audience::Audience;
use tvaers_core::circle::{Draft, Recipient, renew};
use tvaers_core::client::{Device, Opened, Request, open};
use tvaers_core::keys::{Root, wrap};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::seal::Item;
use tvaers_core::store::{Store, StoreKey};
use tvaers_core::view::Delivery;
use tvaers_core::wire::chunk::ParsedChunk;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::Subject;
use tvaers_core::wire::message::{Challenge, FeedItem, PushAnswer, PushItem, PushRequest, Pushed, TOKEN_START};
use tvaers_tests::hostile::{Insider, Scene};
use tvaers_tests::relay::RunningRelay;
use tvaers_tests::town::{Town, child, observation};

fn sync(device: &Device, url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let relay = Relay::new(url).unwrap();
    let contacted = runtime.block_on(sync_once(device, &relay, &mut rng::system())).unwrap();
    assert_eq!(contacted.failed, None);
}

/// Whoever hears nothing sends the same again: what is sealed keeps its bytes and its place until it is acknowledged.
#[test]
fn a_push_without_an_answer_is_sent_again_byte_for_byte() {
    let rng = &mut rng::system();
    let devices = Town::new(&[0], rng).enrol(vec![(0, Store::in_memory().unwrap())], "http://127.0.0.1:1", rng);
    let phone = &devices[0];
    phone.upkeep(&mut Moment::new(1, rng)).unwrap();
    phone
        .submit(&observation(&child(1), "Faldt på legepladsen", 2), &[Audience::Own], &mut Moment::new(2, rng))
        .unwrap();
    let is_chunk = |item: &PushItem| matches!(item, PushItem::Chunk { .. });
    let mut push = || phone.next_push(&mut Moment::new(3, rng)).unwrap().expect("a note waits");
    let mut first = push();
    // The relay takes the circles that are founded; the note waits behind them.
    while let items = PushRequest::from_bytes(&first.request).unwrap().items
        && !items.iter().any(is_chunk)
    {
        let answer = PushAnswer { results: vec![Pushed::Stored; items.len()], token: TOKEN_START, stamps: Vec::new() };
        phone.pushed(first, &answer.to_bytes(), 3).unwrap();
        first = push();
    }
    let waiting = phone.outbox().unwrap().0;
    assert!(waiting > 0, "sent is not acknowledged");
    let again = push();
    assert!(first.request == again.request, "another push than the one that was not answered");
    assert_eq!(phone.outbox().unwrap().0, waiting);
}

/// Whoever waits for a note is told before its words are indexed and its receipt is due. A crash between leaves neither undone.
#[test]
fn a_crash_after_a_note_was_shown_leaves_it_searchable_and_answered_for() {
    let rng = &mut rng::system();
    let mut town = Town::new(&[0, 1], rng);
    let dir = tempfile::tempdir().unwrap();
    let relay = RunningRelay::start(&dir.path().join("relay"), 0, town.authority());
    let (url, key) = (relay.url(), || StoreKey::new([7; 32]));
    let place = dir.path().join("desk");
    let stores = vec![(0, Store::in_memory().unwrap()), (1, Store::create(&place, &key()).unwrap())];
    let mut devices = town.enrol(stores, &url, rng);
    for _ in 0..3 {
        devices.iter().for_each(|device| sync(device, &url));
    }
    let (desk, phone) = (devices.pop().unwrap(), devices.pop().unwrap());
    let note = observation(&child(1), "Sad under bordet", 5);
    let note = phone.submit(&note, &[Audience::Line(desk.person())], &mut Moment::new(10, rng)).unwrap();
    sync(&phone, &url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let page = runtime.block_on(async {
        let relay = Relay::new(&url).unwrap();
        let challenge = Challenge::from_bytes(&relay.call(&Request::Challenge).await.unwrap()).unwrap();
        relay.call(&Request::Session(desk.session_request(&challenge).to_bytes())).await.unwrap();
        let (after, seen) = desk.tokens().unwrap();
        relay.call(&Request::Pull { after, seen, wait: false }).await.unwrap()
    });
    let (_, told) = desk.take_page(&page, 11).unwrap();
    assert_eq!(told.unwrap().opened, [note]);
    assert!(!desk.receipts_due().unwrap());
    desk.close().unwrap();
    drop(desk);
    let store = Store::open(&place, &key()).unwrap();
    let Opened::Enrolled(desk) = open(store, &mut Moment::new(12, rng)).unwrap() else { panic!("enrolled") };
    sync(&desk, &url);
    assert_eq!(desk.search("bordet", 10, &Moment::new(1, &mut rng::system())).unwrap().len(), 1);
    sync(&phone, &url);
    assert_eq!(phone.delivery(&note).unwrap().0, Delivery::Received);
}

/// A case that is there already is not the place for a record with a further reader, unless that reader comes in.
#[test]
fn a_record_of_a_case_reaches_the_one_more_person_it_is_for() {
    let rng = &mut rng::system();
    let mut town = Town::new(&[0, 0, 1], rng);
    let dir = tempfile::tempdir().unwrap();
    let relay = RunningRelay::start(dir.path(), 0, town.authority());
    let url = relay.url();
    let stores = (0..3).map(|person| (person, Store::in_memory().unwrap())).collect();
    let devices = town.enrol(stores, &url, rng);
    let meet = || (0..3).for_each(|_| devices.iter().for_each(|device| sync(device, &url)));
    meet();
    let (writer, colleague, desk) = (&devices[0], &devices[1], &devices[2]);
    let case = |person: &Device| [Audience::Case(vec![tvaers_core::wire::entry::Member::Person(person.person())])];
    let about = child(1);
    writer.submit(&observation(&about, "Til rådgiveren", 5), &case(desk), &mut Moment::new(10, rng)).unwrap();
    meet();
    let second = observation(&about, "Også til kollegaen", 20);
    let second = writer.submit(&second, &case(colleague), &mut Moment::new(21, rng)).unwrap();
    meet();
    assert!(colleague.envelope(&second).is_ok(), "the colleague cannot read what was written to them");
}

/// Somebody brings a colleague's note to others. Their receipt for it never comes: the note under their signature says as much.
#[test]
fn whoever_brings_a_note_on_has_it() {
    let (anna, bo, carl) = (0, 1, 2);
    let mut scene = Scene::new(3);
    let note = scene.writes(anna, "Faldt på legepladsen", &[bo]);
    scene.meet();
    let first = scene.writes(bo, "I sagen", &[anna, carl]);
    scene.meet();
    scene.relay.withholds(anna, |item| match item {
        FeedItem::Chunk { chunk, .. } => ParsedChunk::from_bytes(chunk).unwrap().header.installation.is_receipts(),
        _ => false,
    });
    let case = Audience::Case(vec![scene.member(anna), scene.member(carl)]);
    let second = scene.submits(anna, &observation(&child(1), "Kom alene", 2), Audience::Line(scene.town.people[bo].0));
    for device in [anna, bo] {
        scene.sync(device);
    }
    scene.devices[bo].share(&second, &case, &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    let has_it = |scene: &Scene| scene.devices[anna].delivery(&second).unwrap().1.iter().any(|reader| reader.received);
    scene.sync(anna);
    assert!(!has_it(&scene));
    for device in [bo, anna] {
        scene.sync(device);
    }
    assert!(has_it(&scene));
    assert!(scene.reads(carl, &first) && scene.reads(bo, &note));
}

/// An edit comes to Carl twice, and never what it stands on: nobody is told that he has the draft.
#[test]
fn an_edit_that_has_come_twice_is_no_receipt_for_what_it_stands_on() {
    let (anna, bo, carl) = (0, 1, 2);
    let mut scene = Scene::new(3);
    scene.writes(anna, "I sagen", &[bo, carl]);
    scene.meet();
    let draft = scene.drafts(anna, "Udkast", &[bo, carl]);
    scene.sync(anna);
    let newest = |insider: &Insider| {
        insider.opened().into_iter().rfind(|(_, body)| matches!(body.item, Item::Update(_))).unwrap()
    };
    let founding = newest(&Insider::new(&mut scene, anna)).0.id;
    scene.appends(anna, &draft, ", med mere");
    for device in [anna, bo] {
        scene.sync(device);
    }
    // Whoever shares a draft elsewhere carries edits across, so one may come from two.
    let hostile = Insider::new(&mut scene, bo);
    let (_, edit) = newest(&hostile);
    let copy = hostile.seal(hostile.case(), &hostile.place(hostile.case()), &edit);
    assert_eq!(scene.push(bo, vec![copy.pushed()]), [Pushed::Stored]);
    let is_founding = move |item: &FeedItem| match item {
        FeedItem::Chunk { chunk, .. } => ParsedChunk::from_bytes(chunk).unwrap().id == founding,
        _ => false,
    };
    scene.relay.withholds(carl, is_founding);
    let has_it = |scene: &Scene| {
        let (_, readers) = scene.devices[anna].delivery(&draft).unwrap();
        readers.iter().any(|reader| reader.person == scene.devices[carl].person() && reader.received)
    };
    for device in [carl, anna] {
        scene.sync(device);
    }
    assert!(!scene.reads(carl, &draft) && !has_it(&scene));
    scene.relay.behave(carl);
    let founding = scene.feed(carl).into_iter().filter(|item| is_founding(item)).collect();
    scene.relay.slips(carl, founding);
    for device in [carl, anna] {
        scene.sync(device);
    }
    assert_eq!(scene.says(carl, &draft), "Udkast, med mere");
    assert!(has_it(&scene));
    assert_eq!(scene.aside(carl), Vec::<String>::new());
}

/// Bo's edit cannot be read by Carl, who is not shown what it stands on. Of the note that Bo writes after it he hears all the same.
#[test]
fn what_waits_holds_up_no_receipt_of_what_comes_after_it() {
    let (anna, bo, carl) = (0, 1, 2);
    let mut scene = Scene::new(3);
    scene.writes(anna, "I sagen", &[bo, carl]);
    scene.meet();
    let draft = scene.drafts(anna, "Udkast", &[bo, carl]);
    for device in [anna, bo] {
        scene.sync(device);
    }
    scene.appends(bo, &draft, ", med mere");
    let by = scene.devices[anna].installation();
    scene.relay.withholds(carl, move |item| match item {
        FeedItem::Chunk { chunk, .. } => ParsedChunk::from_bytes(chunk).unwrap().header.installation == by,
        _ => false,
    });
    for device in [bo, carl] {
        scene.sync(device);
    }
    let note = scene.writes(bo, "Kom alene", &[anna, carl]);
    for device in [bo, carl, anna, bo] {
        scene.sync(device);
    }
    let carls = |scene: &Scene, device: usize, record| {
        let (_, readers) = scene.devices[device].delivery(record).unwrap();
        readers.into_iter().find(|reader| reader.person == scene.devices[carl].person()).unwrap()
    };
    assert!(carls(&scene, bo, &note).received);
    let of_draft = carls(&scene, anna, &draft);
    assert!(!of_draft.received && !of_draft.unreadable);
    assert!(!scene.reads(carl, &draft));

    scene.relay.behave(carl);
    let withheld = scene.feed(carl);
    scene.relay.slips(carl, withheld);
    for device in [carl, anna] {
        scene.sync(device);
    }
    assert!(carls(&scene, anna, &draft).received);
    assert_eq!(scene.says(carl, &draft), "Udkast, med mere");
}

/// Anna draws a key, and wraps another one for Carl. He holds none rather than that one: what he writes is read.
#[test]
fn a_key_that_its_entry_has_not_committed_to_is_held_by_nobody() {
    let (anna, bo, carl) = (0, 1, 2);
    let mut scene = Scene::new(3);
    scene.writes(anna, "I sagen", &[bo, carl]);
    scene.meet();
    let hostile = Insider::new(&mut scene, anna);
    let mut draft = Draft::default();
    for device in [anna, bo, carl] {
        let person = hostile.of(Subject::Person(scene.devices[device].person())).unwrap();
        let keys = person.log.epoch().unwrap();
        let kem = *keys.kem.as_deref().unwrap();
        draft.recipients.push(Recipient { member: scene.member(device), epoch: Some(keys.entry), kem });
    }
    let to_carl = draft.recipients[2].clone();
    let (_, root) = hostile.case().newest();
    let (mut made, _) = renew(&hostile.case().log, Some(root), draft, scene.secret(anna), &mut rng::system()).unwrap();
    let (mut public, dice) = (made.parsed.public.clone(), &mut rng::system());
    let other = wrap(&Root::random(dice), &to_carl.kem, &public.binding(), &to_carl.member, dice).unwrap();
    let of_carl = made.wraps.iter_mut().find(|wrap| wrap.member == to_carl.member).unwrap();
    of_carl.bytes = other.into();
    public.wraps.iter_mut().find(|listed| listed.member == to_carl.member).unwrap().hash = of_carl.hash();
    let entry = hostile.sign_entry(&public, None).into();
    assert_eq!(scene.push(anna, vec![PushItem::Entry { entry, wraps: made.wraps, stamp: None }]), [Pushed::Stored]);
    scene.meet();
    let note = scene.writes(carl, "Carls note", &[anna, bo]);
    scene.meet();
    assert!(scene.reads(bo, &note));
}
