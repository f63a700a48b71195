//! In another's name, or for another purpose.

use tvaers_core::audience::Audience;
use tvaers_core::circle::{Draft, Recipient, append, found};
use tvaers_core::client::Request;
use tvaers_core::document::{Actor, Living};
use tvaers_core::kinds::{Content, Kind};
use tvaers_core::record::{FrozenRecord, RecordHeader, UpdateHeader, UpdateRecord};
use tvaers_core::rng;
use tvaers_core::seal::{Body, Item, Place, Summary};
use tvaers_core::sync::Failure;
use tvaers_core::view::Delivery;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{Change, Entry, Member, Rights, Subject};
use tvaers_core::wire::hash::Label;
use tvaers_core::wire::ids::{ChunkId, Fixed};
use tvaers_core::wire::message::{Challenge, PushItem, Refused, session_scope};
use tvaers_tests::hostile::{Insider, Scene, shown};

use super::{names, note, refused, repent};

/// Stopped by `may_append` in `core/wire/src/log/allowed.rs`: whoever does not manage adds nobody; in the manager's name,
/// `verified_signer` in `core/wire/src/log/change.rs`. Who was not added writes nothing: `counts` in `core/wire/src/log/counts.rs`. A circle in
/// another's name, `may_add` in `core/wire/src/log/allowed.rs`.
pub(super) fn attack_21_forged_membership() {
    let mut scene = Scene::new(4);
    scene.writes(0, "Sagen", &[1, 2]);
    scene.meet();
    let (eve, mallory) = (Insider::new(&mut scene, 2), Insider::new(&mut scene, 3));
    let (case, epoch) = (eve.case(), eve.case().newest());
    let member = scene.member(3);
    let subject = member.subject().unwrap();
    let own = mallory.of(subject).unwrap();
    let kem = own.entries[0].0.public.epoch.as_ref().unwrap().kem.unwrap();
    let mut draft = Draft::default();
    draft.add(Recipient { member, epoch: Some(own.id.founding_entry()), kem }, Rights::Manage);
    // A member who does not manage adds somebody; and the same in the manager's name.
    let added = append(&case.log, epoch.1, draft, &eve.secret, &mut rng::system()).unwrap();
    let mut public = added.parsed.public.clone();
    public.device = scene.secret(0).id();
    let named = eve.sign_entry(&public, None);
    let push = |bytes: &[u8]| PushItem::Entry { entry: bytes.to_vec().into(), wraps: added.wraps.clone(), stamp: None };
    assert_eq!(refused(&scene.push(2, vec![push(&added.bytes)])[0]), Some(Refused::NotAllowed));
    assert_eq!(refused(&scene.push(2, vec![push(&named)])[0]), Some(Refused::BadSignature));
    // And what the new one then writes, under the key that Eve gave away.
    let envelope = note(&scene, "Fra en, der ikke er med");
    let place = Place {
        installation: mallory.installation,
        head: added.parsed.id,
        counter: 1,
        previous: ChunkId::new([0; 32]),
        ..eve.place(case)
    };
    let intruding = mallory.record(&envelope);
    let chunk = mallory.seal(case, &place, &mallory.body(&intruding, &envelope));
    let on_old_head =
        mallory.seal(case, &Place { head: case.log.head(), ..place }, &mallory.body(&intruding, &envelope));
    for device in [0, 1] {
        let entry = |bytes: &[u8]| shown(bytes.to_vec().into(), added.wraps.clone());
        scene
            .relay
            .slips(device, vec![entry(&added.bytes), entry(&named), chunk.fed(&mallory), on_old_head.fed(&mallory)]);
        scene.sync(device);
        assert!(names(&scene.aside(device), "not signed") && names(&scene.aside(device), "not allowed to write"));
        assert!(!scene.reads(device, &intruding.id()));
        let waiting = scene.devices[device].standing().unwrap().waiting;
        assert_eq!(waiting, 2, "the entry that nobody takes, and what rests on it, show");
    }
    let after = scene.writes(0, "Efter", &[1, 2]);
    let readers = scene.devices[0].delivery(&after).unwrap().1;
    assert!(readers.iter().all(|reader| reader.person != mallory.person));
    scene.meet();
    assert!(scene.reads(1, &after) && !scene.reads(3, &after));
    a_circle_that_is_founded_in_anothers_name();
}

/// Dora has not been in contact yet, so nobody has a circle of hers. Eve founds one in her name, with Eve's own device in it.
fn a_circle_that_is_founded_in_anothers_name() {
    let mut scene = Scene::strangers(3);
    for device in [0, 1, 0, 1] {
        scene.sync(device);
    }
    let (eve, dora) = (Insider::new(&mut scene, 1), scene.devices[2].person());
    let mut draft = Draft::default();
    let eves = Member::Device(eve.secret.id());
    draft.add(Recipient { member: eves, epoch: None, kem: eve.secret.keys().kem }, Rights::Manage);
    let (made, _) = found(Subject::Person(dora), draft, &eve.secret, &mut rng::system()).unwrap();
    let item = PushItem::Entry { entry: made.bytes.clone().into(), wraps: made.wraps.clone(), stamp: None };
    assert_eq!(refused(&scene.push(1, vec![item])[0]), Some(Refused::NotVouched));
    scene.relay.slips(0, vec![shown(made.bytes.into(), made.wraps)]);
    scene.sync(0);
    scene.relay.behave(0);
    let envelope = note(&scene, "Til Dora alene");
    let text = scene.submits(0, &envelope, Audience::Line(dora));
    scene.sync(0);
    assert_eq!(scene.devices[0].delivery(&text).unwrap().0, Delivery::AwaitsReader, "until she comes");
    scene.meet();
    assert!(scene.reads(2, &text) && !scene.reads(1, &text));
}

/// Stopped by `unseal` in `core/src/open.rs`: the chunk's signature. Of the record inside `verified` in `core/src/record/frozen.rs`,
/// and `author_key` in `core/src/record/mod.rs`, by which a device signs for its own person only.
pub(super) fn attack_26_sender_spoofed() {
    let mut scene = Scene::new(3);
    let annas = scene.writes(0, "Sagen", &[1, 2]);
    scene.meet();
    let (anna, eve) = (Insider::new(&mut scene, 0), Insider::new(&mut scene, 2));
    let case = eve.case();
    let envelope = note(&scene, "Det har Anna aldrig skrevet");
    // Eve seals in Anna's place; Eve seals in her own what Anna is said to have written, on Anna's device or on Eve's.
    let record = eve.record_with(&anna.header(&envelope), &envelope);
    let on_eves = RecordHeader { author: anna.person, ..eve.header(&envelope) };
    let on_eves = eve.record_with(&on_eves, &envelope);
    let next = |counter, previous| Place { counter, previous, ..eve.place(case) };
    let first = eve.seal(case, &eve.place(case), &eve.body(&record, &envelope));
    let chunks = [
        eve.seal(case, &anna.place(case), &eve.body(&record, &envelope)),
        first.clone(),
        eve.seal(case, &next(eve.place(case).counter + 1, first.id), &eve.body(&on_eves, &envelope)),
    ];
    let results = scene.push(2, chunks.iter().map(|chunk| chunk.pushed()).collect());
    assert_eq!(refused(&results[0]), Some(Refused::BadSignature));
    scene.relay.slips(1, chunks.iter().map(|chunk| chunk.fed(&eve)).collect());
    let before = scene.shown(1);
    scene.sync(1);
    assert_eq!(scene.shown(1), before);
    for reason in ["the signature on the chunk", "record is not acceptable"] {
        assert!(names(&scene.aside(1), reason), "{reason}: {:?}", scene.aside(1));
    }
    assert_eq!(scene.devices[1].set_aside().unwrap().len(), 3);
    assert!(scene.reads(1, &annas));
}

/// Stopped by `signed_bytes` in `core/wire/src/hash.rs`: every purpose has a label of its own, which is signed.
pub(super) fn attack_27_signature_made_for_one_purpose_used_for_another() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Sagen", &[1]);
    scene.meet();
    let eve = Insider::new(&mut scene, 1);
    let (case, before) = (eve.case(), scene.shown(0));
    let envelope = note(&scene, "Under et andet mærke");
    let record = eve.record(&envelope);
    let text = eve.body(&record, &envelope).to_padded();
    let mut made = 0;
    let labels =
        [Label::STATEMENT, Label::DIRECTORY, Label::ENTRY, Label::RECORD, Label::UPDATE, Label::SESSION, Label::CHUNK];
    for label in labels {
        if label != Label::CHUNK {
            let chunk = eve.seal_as(case, &eve.place(case), &text, label);
            // The relay leaves it to the readers when the signer brings it, and looks when somebody else does.
            assert_eq!(refused(&scene.push(0, vec![chunk.pushed()])[0]), Some(Refused::BadSignature), "{label:?}");
            scene.relay.slips(0, vec![chunk.fed(&eve)]);
            scene.sync(0);
            made += 1;
        }
        if label != Label::RECORD {
            let signed = minicbor::to_vec((&record.header, &Fixed(record.nonce.0), &record.payload)).unwrap();
            let other = FrozenRecord { signature: eve.secret.sign(label, &[&signed]), ..record.clone() };
            let chunk = eve.seal(case, &eve.place(case), &eve.body(&other, &envelope));
            scene.relay.slips(0, vec![chunk.fed(&eve)]);
            scene.sync(0);
            made += 1;
        }
        if label != Label::ENTRY {
            let mut public = eve.blank_entry(case);
            public.changes = vec![Change::Add { member: scene.member(1), rights: Rights::Write, until: None }];
            let public = public.to_bytes();
            let signature = eve.secret.sign(label, &[&public]);
            let entry = Entry { public: public.into(), signature, sealed: None }.to_bytes();
            let item = PushItem::Entry { entry: entry.clone().into(), wraps: Vec::new(), stamp: None };
            assert_eq!(refused(&scene.push(1, vec![item])[0]), Some(Refused::BadSignature), "{label:?}");
            scene.relay.slips(0, vec![shown(entry.into(), Vec::new())]);
            scene.sync(0);
            made += 1;
        }
        if label != Label::SESSION {
            let challenge = Challenge::from_bytes(&scene.ask(1, &Request::Challenge).unwrap()).unwrap();
            let scope = session_scope(&scene.town.authority().municipality, &eve.secret.id());
            let mut session = scene.devices[1].session_request(&challenge);
            session.signature = eve.secret.sign(label, &[&scope, &challenge.challenge]);
            assert_eq!(
                scene.relay.honestly(1, scene.now, &Request::Session(session.to_bytes())),
                Err(Failure::Forbidden)
            );
        }
    }
    assert_eq!((scene.shown(0), scene.aside(0).len()), (before, made));
}

/// Stopped by `verified` in `core/src/record/frozen.rs`: the header is signed, and the id covers it.
pub(super) fn attack_31_type_time_or_author_changed_in_the_envelope() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Sagen", &[1, 2]);
    scene.meet();
    // Eve has Anna's record; Bo does not yet.
    let text = note(&scene, "Skrevet klokken otte");
    let true_one = scene.submits(0, &text, Audience::Line(scene.devices[2].person()));
    scene.meet();
    let eve = Insider::new(&mut scene, 2);
    let body = eve.body_of(&true_one);
    let Item::Frozen(record) = &body.item else { panic!("a record") };
    let header = RecordHeader::from_bytes(&record.header).unwrap();
    let mut changed: Vec<RecordHeader> = (0..4).map(|_| header.clone()).collect();
    changed[0].kind = Kind::Amendment.code();
    changed[1].recorded_at -= 86_400_000;
    changed[2].author = eve.person;
    changed[3].installation = eve.installation;
    let (case, before) = (eve.case(), scene.shown(1));
    for header in changed {
        let other = FrozenRecord { header: header.to_bytes().into(), ..record.clone() };
        let summary = Summary { record: other.id(), kind: header.kind, ..body.summary.clone().unwrap() };
        let body = Body { item: Item::Frozen(other), summary: Some(summary), directory: body.directory, basis: None };
        scene.relay.slips(1, vec![eve.seal(case, &eve.place(case), &body).fed(&eve)]);
        scene.sync(1);
    }
    assert_eq!(scene.shown(1), before);
    let aside = scene.aside(1);
    assert_eq!(aside.iter().filter(|reason| reason.contains("record is not acceptable")).count(), 4, "{aside:?}");
    // As it was written it may be shared on: the signature is the author's.
    scene.relay.slips(1, vec![eve.seal(case, &eve.place(case), &body).fed(&eve)]);
    scene.sync(1);
    assert_eq!(scene.devices[1].view(&true_one).unwrap().row.author, scene.devices[0].person());
}

/// Stopped by `verified` in `core/src/record/frozen.rs`: her signature is over her words. Under her record's id `list` in
/// `core/src/client/process/list.rs`; as an edit `apply_to` in `core/src/client/process/open.rs`.
pub(super) fn attack_46_single_author_record_changed_by_a_co_member() {
    let mut scene = Scene::new(3);
    let annas = scene.writes(0, "Annas ord", &[1, 2]);
    scene.meet();
    let eve = Insider::new(&mut scene, 2);
    let (case, before) = (eve.case(), scene.shown(1));
    let theirs = eve.body_of(&annas);
    let Item::Frozen(record) = &theirs.item else { panic!("a record") };
    let envelope = note(&scene, "Evas ord");
    // Other words under the author's signature; own words under the record's id; an edit of what nobody edits.
    let hers = RecordHeader::from_bytes(&record.header).unwrap();
    let payload = eve.record_with(&hers, &envelope).payload;
    let reworded = FrozenRecord { payload, ..record.clone() };
    let own = eve.record(&envelope);
    let named = Summary { record: annas, ..theirs.summary.clone().unwrap() };
    let living = scene.draft("Evas ord");
    let living = Living::create(&living, Actor::of(&eve.installation), scene.now).unwrap();
    let update = living.updates_since(&[]).remove(0);
    let header = UpdateHeader {
        version: 1,
        kind: Kind::Observation.code(),
        founder: scene.devices[0].person(),
        nonce: record.nonce,
        author: eve.person,
        installation: eve.installation,
        recorded_at: scene.now,
        heads: update.heads.iter().map(|head| Fixed(head.0)).collect(),
        carried: None,
    };
    let id = tvaers_core::record::living_id(&header.founder, header.kind, &header.nonce);
    let update = UpdateRecord::sign(&header, update.changes, &eve.secret);
    let founded = UpdateRecord::sign(
        &UpdateHeader { founder: eve.person, ..header.clone() },
        update.changes.iter().map(|c| c.0.clone()).collect(),
        &eve.secret,
    );
    let eves = tvaers_core::record::living_id(&eve.person, header.kind, &header.nonce);
    let with = |item, record| Body {
        item,
        summary: Some(Summary { record, ..named.clone() }),
        directory: theirs.directory,
        basis: None,
    };
    let bodies = [
        eve.body(&reworded, &envelope),
        with(Item::Frozen(own), annas),
        with(Item::Update(update.clone()), annas),
        with(Item::Update(update), id),
        with(Item::Update(founded), eves),
    ];
    for body in &bodies {
        scene.relay.slips(1, vec![eve.seal(case, &eve.place(case), body).fed(&eve)]);
        scene.sync(1);
    }
    let shown = scene.shown(1);
    assert!(before.iter().all(|line| shown.contains(line)), "Anna's words are as they were");
    let open = scene.devices[1].all_records().unwrap().into_iter().filter(|row| row.open).count();
    assert_eq!(open, 1, "nothing else can be opened");
    assert!(scene.aside(1).len() >= 4, "{:?}", scene.aside(1));
    let Content::Observation(says) = scene.devices[1].envelope(&annas).unwrap().content else { panic!("hers") };
    assert_eq!(says.seen_heard.as_str(), "Annas ord");
    // Nor is hers taken for Anna's where that has not come yet.
    let late = scene.writes(0, "Annas næste ord", &[1, 2]);
    scene.sync(0);
    let own = eve.body(&eve.record(&envelope), &envelope);
    let claimed = Summary { record: late, ..own.summary.clone().unwrap() };
    let claimed = eve.seal(case, &eve.place(case), &Body { summary: Some(claimed), ..own }).fed(&eve);
    scene.relay.shows(1, move |page| *page = vec![claimed.clone()]);
    scene.sync(1);
    assert!(!scene.reads(1, &late));
    repent(&mut scene, 1);
    scene.sync(1);
    assert!(scene.reads(1, &late));
    assert_eq!(scene.devices[1].view(&late).unwrap().row.author, scene.devices[0].person());
}
