//! In another place: another circle, document, municipality or record than it was written in.

use tvaers_core::audience::Audience;
use tvaers_core::circle::Purpose;
use tvaers_core::client::Request;
use tvaers_core::document::{Actor, Living};
use tvaers_core::keys::Secret;
use tvaers_core::kinds::Kind;
use tvaers_core::moment::Moment;
use tvaers_core::record::{FrozenRecord, UpdateHeader, UpdateRecord};
use tvaers_core::rng;
use tvaers_core::seal::{Body, Item, Place, Summary, make_box};
use tvaers_core::sync::Failure;
use tvaers_core::wire::chunk::{Chunk, ChunkHeader, KeyBox, Range};
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::Subject;
use tvaers_core::wire::hash::Label;
use tvaers_core::wire::ids::{ChildId, Fixed, RecordId};
use tvaers_core::wire::limits;
use tvaers_core::wire::message::{FeedItem, PushItem, PushRequest, Pushed, Refused, SuppliedBox};
use tvaers_tests::hostile::{Insider, Scene, shown};
use tvaers_tests::town::child;

use super::{is_chunk_of, names, note, refused, repent};

fn frozen(body: &Body) -> &FrozenRecord {
    match &body.item {
        Item::Frozen(record) => record,
        other => panic!("not a record: {other:?}"),
    }
}

fn update(body: &Body) -> &UpdateRecord {
    match &body.item {
        Item::Update(update) => update,
        other => panic!("not an update: {other:?}"),
    }
}

/// Stopped by `unseal` in `core/src/open.rs`: the signature, and the seal, over the header. Of the documents `list` in
/// `core/src/client/process/list.rs` (the summary names the record) and `verified` in `core/src/record/update.rs`.
pub(super) fn attack_11_chunk_spliced_into_another_circle_or_document() {
    let mut scene = Scene::new(3);
    let text = note(&scene, "På linjen");
    scene.submits(0, &text, Audience::Line(scene.devices[1].person()));
    scene.submits(2, &text, Audience::Case(vec![scene.member(1)]));
    scene.meet();
    let secret = scene.writes(0, "I sagen", &[1, 2]);
    let drafts = ["a", "b"].map(|text| {
        let envelope = scene.draft(text);
        scene.submits(0, &envelope, Audience::Case(vec![scene.member(1), scene.member(2)]))
    });
    scene.meet();
    let (bo, eve) = (Insider::new(&mut scene, 1), Insider::new(&mut scene, 2));
    let given = eve
        .feed
        .iter()
        .find(|item| eve.content_key(item).is_some_and(|_| is_chunk_of(item, &scene.devices[0].installation(), 1)));
    let (parsed, key) = eve.content_key(given.unwrap()).unwrap();
    let FeedItem::Chunk { boxes, received_at, .. } = given.unwrap().clone() else { panic!("a chunk") };
    let before = scene.shown(1);
    // Anna's chunk of the case, moved by the relay to the line that Anna and Bo have.
    let line = bo.circle(Purpose::Line(child(1).id));
    let header = ChunkHeader { circle: line.id, head: line.log.head(), ..parsed.header.clone() };
    let moved = Chunk { header: header.to_bytes().into(), ..parsed.chunk.clone() }.to_bytes();
    let moved = FeedItem::Chunk { chunk: moved.into(), boxes, received_at };
    // The same ciphertext, signed anew by a member who has its key, for a circle of that member's.
    let own = eve
        .circles
        .iter()
        .find(|circle| circle.id != parsed.header.circle && circle.log.subject == Subject::Shared)
        .unwrap();
    let header = ChunkHeader { key_commitment: parsed.header.key_commitment, ..eve.place(own) };
    let resigned = eve.sign_chunk(own, (header.to_bytes().into(), parsed.chunk.ciphertext.clone()), &key, Label::CHUNK);
    // Anna's first words of one draft, as those of the other: by the summary, and by the header.
    let (one, other) = (eve.body_of(&drafts[0]), eve.body_of(&drafts[1]));
    let swapped = Body { summary: other.summary.clone(), ..one.clone() };
    let spliced = UpdateRecord { header: update(&other).header.clone(), ..update(&one).clone() };
    let spliced = Body { item: Item::Update(spliced), ..other.clone() };
    let case = eve.circles.iter().find(|circle| circle.id == parsed.header.circle).unwrap();
    let forged = [swapped, spliced].map(|body| eve.seal(case, &eve.place(case), &body).fed(&eve));
    scene.relay.slips(1, [vec![moved, resigned.fed(&eve)], forged.to_vec()].concat());
    scene.sync(1);
    assert_eq!(scene.shown(1), before);
    for reason in ["the signature on the chunk", "the seal is broken", "summary", "record is not acceptable"] {
        assert!(names(&scene.aside(1), reason), "{reason}: {:?}", scene.aside(1));
    }
    assert!(scene.reads(1, &secret) && scene.says(1, &drafts[1]) == "b");
}

/// Stopped by `signed` in `core/wire/src/lineage.rs`: nobody there vouches for the devices. A session's proof names the municipality:
/// `prove` in `server/src/http/session.rs`.
pub(super) fn attack_12_chunk_spliced_into_another_municipality() {
    let (mut here, mut there) = (Scene::new(2), Scene::new(2));
    for scene in [&mut here, &mut there] {
        scene.writes(0, "Sagen", &[1]);
        scene.meet();
    }
    // Everything that one municipality's relay has is handed out and brought in the other.
    let foreign = here.feed(1);
    let (before, circles) = (there.shown(1), there.feed(1).len());
    let items = foreign.iter().filter_map(|item| match item {
        FeedItem::Entry { entry, wraps, .. } => {
            Some(PushItem::Entry { entry: entry.clone(), wraps: wraps.clone(), stamp: None })
        }
        FeedItem::Chunk { chunk, boxes, .. } => {
            Some(PushItem::Chunk { chunk: chunk.clone(), key: boxes[0].key.clone() })
        }
        _ => None,
    });
    let results = there.push(1, items.collect());
    let known = [Refused::NotVouched, Refused::UnknownCircle, Refused::UnknownDevice, Refused::NotAllowed];
    assert!(results.iter().all(|result| refused(result).is_some_and(|reason| known.contains(&reason))), "{results:?}");
    assert_eq!(there.feed(1).len(), circles);
    let count = foreign.len();
    there.relay.slips(1, foreign);
    there.sync(1);
    assert_eq!(there.shown(1), before);
    let standing = there.devices[1].standing().unwrap();
    assert_eq!(standing.waiting + standing.set_aside, count, "nobody vouches for it, and that shows");
    // Nor can a session be opened with a proof that was made for the other one.
    let challenge = there.ask(1, &Request::Challenge).unwrap();
    let challenge = tvaers_core::wire::message::Challenge::from_bytes(&challenge).unwrap();
    let mut proof = there.devices[1].session_request(&challenge);
    let scope = tvaers_core::wire::message::session_scope(&here.town.authority().municipality, &there.secret(1).id());
    proof.signature = there.secret(1).sign(Label::SESSION, &[&scope, &challenge.challenge]);
    assert_eq!(there.relay.honestly(1, there.now, &Request::Session(proof.to_bytes())), Err(Failure::Forbidden));
}

/// Stopped by `verified` in `core/src/record/frozen.rs`; of summaries `list` in `core/src/client/process/list.rs` and `fits` in
/// `core/src/client/process/open.rs`.
pub(super) fn attack_44_sealed_fields_swapped_inside_a_record() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Sagen", &[1, 2]);
    scene.meet();
    let notes = ["Roligt på gulvet", "Slog sig på rutsjebanen"].map(|text| {
        let envelope = note(&scene, text);
        scene.submits(0, &envelope, Audience::Line(scene.devices[2].person()))
    });
    scene.meet();
    let eve = Insider::new(&mut scene, 2);
    let case = eve.case();
    let bodies = notes.map(|note| eve.body_of(&note));
    let (one, two) = (frozen(&bodies[0]), frozen(&bodies[1]));
    let fits = |record: FrozenRecord| Body {
        summary: Some(Summary { record: record.id(), ..bodies[0].summary.clone().unwrap() }),
        item: Item::Frozen(record),
        ..bodies[0].clone()
    };
    let headline =
        Summary { headline: bodies[1].summary.clone().unwrap().headline, ..bodies[0].summary.clone().unwrap() };
    let told = |change: fn(&mut Summary)| {
        let mut summary = bodies[0].summary.clone().unwrap();
        change(&mut summary);
        Body { summary: Some(summary), ..bodies[0].clone() }
    };
    let swapped = [
        fits(FrozenRecord { payload: two.payload.clone(), ..one.clone() }),
        fits(FrozenRecord { nonce: two.nonce, ..one.clone() }),
        fits(FrozenRecord { header: two.header.clone(), ..one.clone() }),
        fits(FrozenRecord { signature: two.signature, ..one.clone() }),
        Body { summary: bodies[1].summary.clone(), ..bodies[0].clone() },
        Body { summary: Some(headline), ..bodies[0].clone() },
        told(|summary| summary.child = Some(ChildId::new([9; 16]))),
        told(|summary| summary.occurred_at -= 86_400_000),
        told(|summary| summary.kind = Kind::Draft.code()),
    ];
    let before = scene.shown(1);
    for body in &swapped {
        scene.relay.slips(1, vec![eve.seal(case, &eve.place(case), body).fed(&eve)]);
        scene.sync(1);
    }
    assert_eq!(scene.shown(1), before);
    let aside = scene.aside(1);
    assert_eq!((aside.len(), aside.iter().filter(|reason| reason.contains("summary")).count()), (9, 5), "{aside:?}");
    // Whoever lied about them first has not hidden the true ones.
    for note in &notes {
        let audience = Audience::Case(vec![scene.member(1), scene.member(2)]);
        scene.devices[0].share(note, &audience, &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    }
    scene.meet();
    assert!(notes.iter().all(|note| scene.reads(1, note)), "{:?}", scene.aside(1));
}

/// Stopped by `check_writer` in `server/src/rules.rs` and `unseal` in `core/src/open.rs`: in her name it is not signed. Who lies
/// about a record first, `list_other` in `core/src/client/process/list.rs`; who begins or moves another's document, `apply_edit` in
/// `core/src/client/process/open.rs`; who calls it another kind, `list` in `core/src/client/process/list.rs`; a circle under another
/// subject, `append` in `core/wire/src/log.rs`.
pub(super) fn attack_50_co_member_replaces_deletes_or_claims_anothers() {
    let mut scene = Scene::new(3);
    let annas = scene.writes(0, "Annas", &[1, 2]);
    scene.meet();
    let text = note(&scene, "Annas, på linjen");
    let claimed = scene.submits(0, &text, Audience::Line(scene.devices[2].person()));
    let envelope = scene.draft("Annas udkast");
    let living = scene.submits(0, &envelope, Audience::Line(scene.devices[2].person()));
    scene.meet();
    let (anna, eve) = (Insider::new(&mut scene, 0), Insider::new(&mut scene, 2));
    let case = eve.case();
    // "Replaces the first" names Eve's own chain, whoever's chunk is meant; in Anna's name it is not signed by Anna.
    let envelope = note(&scene, "Evas");
    let own = |place: &Place| eve.seal(case, place, &eve.body(&eve.record(&envelope), &envelope));
    let first = own(&eve.place(case));
    let replacing =
        Place { counter: 2, previous: first.id, replaces: Some(Range { from: 1, to: 1 }), ..eve.place(case) };
    assert_eq!(scene.push(2, vec![first.pushed(), own(&replacing).pushed()]), [Pushed::Stored, Pushed::Stored]);
    let in_annas = Place { replaces: Some(Range { from: 1, to: 1 }), counter: 2, ..anna.place(case) };
    assert_eq!(refused(&scene.push(2, vec![own(&in_annas).pushed()])[0]), Some(Refused::BadSignature));
    scene.relay.slips(1, vec![own(&in_annas).fed(&eve)]);
    scene.sync(1);
    assert!(scene.reads(1, &annas));
    assert!(
        scene.feed(1).iter().any(|item| is_chunk_of(item, &anna.installation, 1)),
        "it is there for who comes later"
    );
    assert!(!scene.feed(1).iter().any(|item| is_chunk_of(item, &eve.installation, 1)));
    // Records that Bo does not have yet: Eve hands them over first, with a lie about the words, the signature or the child.
    let (body, founding) = (eve.body_of(&claimed), eve.body_of(&living));
    let lie = |body: &Body, change: fn(&mut Summary)| {
        let mut summary = body.summary.clone().unwrap();
        change(&mut summary);
        Body { summary: Some(summary), ..body.clone() }
    };
    let unsigned = FrozenRecord { signature: Fixed([7; 64]), ..frozen(&body).clone() };
    // A document of Eve's under the id of Anna's, with nothing against it but that she has not founded that one.
    let mut theirs = scene.draft("Evas udkast");
    theirs.about = Some(child(9));
    let usurper = Living::create(&theirs, Actor::of(&eve.installation), scene.now).unwrap();
    let made = usurper.updates_since(&[]).remove(0);
    let header = UpdateHeader {
        author: eve.person,
        installation: eve.installation,
        heads: made.heads.iter().map(|head| Fixed(head.0)).collect(),
        ..UpdateHeader::from_bytes(&update(&founding).header).unwrap()
    };
    let usurped =
        Body { item: Item::Update(UpdateRecord::sign(&header, made.changes, &eve.secret)), ..founding.clone() };
    let lies = [
        lie(&founding, |summary| summary.kind = Kind::Concern.code()),
        lie(&body, |summary| summary.headline = "Ingenting".to_owned()),
        Body { item: Item::Frozen(unsigned), ..body.clone() },
        lie(&usurped, |summary| summary.child = Some(ChildId::new([9; 16]))),
        lie(&founding, |summary| summary.child = Some(ChildId::new([9; 16]))),
    ];
    let before = open(&scene, 1);
    scene.relay.slips(1, lies[..4].iter().map(|body| eve.seal(case, &eve.place(case), body).fed(&eve)).collect());
    scene.sync(1);
    assert_eq!(open(&scene, 1), before);
    scene.relay.slips(1, vec![eve.seal(case, &eve.place(case), &lies[4]).fed(&eve)]);
    scene.sync(1);
    for record in [&claimed, &living] {
        let audience = Audience::Case(vec![scene.member(1), scene.member(2)]);
        scene.devices[0].share(record, &audience, &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    }
    scene.meet();
    assert!(scene.reads(1, &claimed), "{:?}", scene.aside(1));
    assert_eq!(scene.says(1, &living), "Annas udkast");
    let at_child: Vec<RecordId> =
        scene.devices[1].chronology(&child(1).id).unwrap().into_iter().map(|row| row.record).collect();
    assert!(at_child.contains(&claimed) && at_child.contains(&living), "where everybody looks for it");
    // Moving it to another child is refused alone; writing on is not.
    scene.edits(2, &living, |envelope| envelope.about = Some(child(9)));
    scene.appends(0, &living, ", videre");
    scene.meet();
    assert_eq!(scene.says(1, &living), "Annas udkast, videre");
    assert_eq!(scene.devices[1].envelope(&living).unwrap().about.unwrap().id, child(1).id);
    // A circle's id is the hash of what founded it: an entry for another subject under it does not fit.
    let mut public = eve.blank_entry(case);
    public.subject = Subject::Person(eve.person);
    let entry = eve.sign_entry(&public, None);
    let item = PushItem::Entry { entry: entry.clone().into(), wraps: Vec::new(), stamp: None };
    assert!(refused(&scene.push(2, vec![item])[0]).is_some());
    scene.relay.slips(1, vec![shown(entry.into(), Vec::new())]);
    scene.sync(1);
    assert!(names(&scene.aside(1), "for another circle"));
}

/// The records that are open on a device.
fn open(scene: &Scene, device: usize) -> Vec<RecordId> {
    scene.devices[device].all_records().unwrap().into_iter().filter(|row| row.open).map(|row| row.record).collect()
}

/// Stopped by `open_box` in `core/src/seal/mod.rs`: a box that holds another key than the chunk commits to is none, and the next is
/// tried. That there are not too many, `key_box` in `server/src/rules.rs`.
pub(super) fn attack_59_co_members_bad_box_for_anothers_chunk() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let eve = Insider::new(&mut scene, 2);
    let (epoch, root) = eve.case().newest();
    let root = root.clone();
    let bad = KeyBox { epoch, sealed: Fixed([5; 48]) };
    // The relay shows Bo nothing but Eve's box, under whatever name.
    let shown = scene.writes(0, "Kun med en forkert nøgle", &[1, 2]);
    scene.sync(0);
    let annas = scene.devices[0].installation();
    let (by_eve, by_anna) = (bad.clone(), bad.clone());
    let eves = eve.installation.device;
    scene.relay.shows(1, move |items| {
        for item in items.iter_mut().filter(|item| is_chunk_of(item, &annas, 2)) {
            let FeedItem::Chunk { boxes, .. } = item else { continue };
            *boxes = vec![
                SuppliedBox { supplier: eves, key: by_eve.clone() },
                SuppliedBox { supplier: annas.device, key: by_anna.clone() },
            ];
        }
    });
    scene.sync(1);
    assert!(!scene.reads(1, &shown) && names(&scene.aside(1), "no key opens it"));
    repent(&mut scene, 1);
    scene.sync(1);
    assert!(scene.reads(1, &shown) && scene.aside(1).is_empty());
    // Well made, and for a key that Anna has not committed to: it opens nothing, and does not stand before the true one.
    let committed = scene.writes(0, "Med en anden nøgle", &[1, 2]);
    scene.sync(0);
    scene.relay.shows(1, move |items| {
        for item in items.iter_mut().filter(|item| is_chunk_of(item, &annas, 3)) {
            let FeedItem::Chunk { chunk, boxes, .. } = item else { continue };
            let id = tvaers_core::wire::chunk::chunk_id(chunk);
            let key = make_box(&Secret::random(&mut rng::system()), &id, epoch, &root).unwrap();
            *boxes = vec![SuppliedBox { supplier: eves, key }];
        }
    });
    scene.sync(1);
    assert!(!scene.reads(1, &committed) && names(&scene.aside(1), "no key opens it"), "{:?}", scene.aside(1));
    repent(&mut scene, 1);
    scene.sync(1);
    assert!(scene.reads(1, &committed) && scene.aside(1).is_empty());
    // Eve brings Anna's chunk before Anna does, with a box that opens nothing. Anna's comes beside it.
    let caught = std::rc::Rc::new(std::cell::RefCell::new(None));
    let net = std::rc::Rc::clone(&caught);
    scene.relay.script(0, move |request, honest| match request {
        Request::Push(body) => {
            *net.borrow_mut() = Some(PushRequest::from_bytes(body).unwrap());
            Err(Failure::Unreachable { retry_after: None })
        }
        _ => honest(request),
    });
    let brought = scene.writes(0, "Bragt af en anden", &[1, 2]);
    scene.sync(0);
    let caught = caught.borrow_mut().take().unwrap();
    for item in caught.items {
        let PushItem::Chunk { chunk, .. } = item else { continue };
        // What Anna's device logs is in a circle of her own.
        if tvaers_core::wire::chunk::ParsedChunk::from_bytes(&chunk).unwrap().header.circle != eve.case().id {
            continue;
        }
        assert_eq!(scene.push(2, vec![PushItem::Chunk { chunk, key: bad.clone() }]), [Pushed::Stored]);
    }
    scene.sync(1);
    assert!(!scene.reads(1, &brought));
    scene.relay.behave(0);
    scene.meet();
    assert!(scene.reads(1, &brought), "{:?} {:?}", scene.aside(1), scene.devices[0].delivery(&brought));
    assert!(scene.aside(1).is_empty(), "{:?}", scene.aside(1));
    // And one more, for a chunk that everybody could read: nothing happens to who has it, nor to who comes later.
    let feed = scene.feed(1);
    let chunk = feed.iter().find(|item| is_chunk_of(item, &annas, 2)).unwrap();
    let FeedItem::Chunk { chunk, .. } = chunk else { panic!("a chunk") };
    let id = tvaers_core::wire::chunk::chunk_id(chunk);
    scene.push(2, vec![PushItem::Box { chunk: id, key: bad }]);
    scene.meet();
    repent(&mut scene, 1);
    scene.meet();
    assert!(scene.reads(1, &shown) && scene.aside(1).is_empty());
    bad_boxes_of_many_co_members();
}

/// A page has room for so many boxes of one chunk: with more no reader could read the page, nor what comes after it.
fn bad_boxes_of_many_co_members() {
    let many = limits::BOXES_PER_CHUNK + 2;
    let mut scene = Scene::new(many + 1);
    let others: Vec<usize> = (1..=many).collect();
    let text = scene.writes(0, "Med mange æsker", &others);
    scene.sync(0);
    scene.sync(0);
    let anna = Insider::new(&mut scene, 0);
    let chunk = anna.chunks().find(|chunk| chunk.header.circle == anna.case().id).unwrap().id;
    let key = KeyBox { epoch: anna.case().newest().0, sealed: Fixed([5; 48]) };
    let results =
        others.iter().map(|other| scene.push(*other, vec![PushItem::Box { chunk, key: key.clone() }]).remove(0));
    let results: Vec<Pushed> = results.collect();
    assert!(results[..limits::BOXES_PER_CHUNK].iter().all(|result| *result == Pushed::Stored), "{results:?}");
    assert!(results[limits::BOXES_PER_CHUNK..].iter().all(|result| refused(result) == Some(Refused::NotAllowed)));
    scene.meet();
    assert!(others.iter().all(|other| scene.reads(*other, &text)));
}
