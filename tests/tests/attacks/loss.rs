//! Devices and people that the authority has put out or never let in, and cases that change hands.

use tvaers_core::audience::Audience;
use tvaers_core::circle::{Draft, Recipient, found};
use tvaers_core::client::{ClientError, Request};
use tvaers_core::document::{Actor, Head, Living, Update};
use tvaers_core::keys::DeviceSecret;
use tvaers_core::kinds::{Envelope, Kind};
use tvaers_core::moment::Moment;
use tvaers_core::record::{RecordHeader, UpdateHeader, UpdateRecord};
use tvaers_core::rng;
use tvaers_core::seal::{Body, Item, Place};
use tvaers_core::wire::bytes::Bytes;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{Change, EntryPublic, Member, ParsedEntry, Rights, Subject};
use tvaers_core::wire::ids::{EntryId, Fixed, Installation, RecordId};
use tvaers_core::wire::message::{FeedItem, Page, PushItem, Pushed, Refused, TOKEN_START};
use tvaers_core::wire::statement::{SignedStatement, Standing};
use tvaers_tests::hostile::{Circle, Insider, Scene, append, shown};
use tvaers_tests::town::child;

use super::{names, note, refused, swapped};

/// Anna founds and manages a case with Bo and Carl.
fn case() -> Scene {
    let mut scene = Scene::new(3);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    scene
}

pub(super) fn stated(statement: &SignedStatement) -> FeedItem {
    FeedItem::Statement { statement: statement.clone() }
}

/// The relay hands a device, which it does not serve any more, everything that another one is served.
fn handed(scene: &mut Scene, from: usize, to: usize) {
    let page = Page { items: scene.feed(from), next: TOKEN_START, more: false };
    scene.devices[to].absorb_page(&page.to_bytes(), scene.now).unwrap();
    scene.devices[to].process().unwrap();
}

/// Stopped by `out_since` in `core/wire/src/vouched.rs`: the highest serial about a person counts, whichever came last. Of the
/// directory `open` in `core/src/directory/sealed.rs`.
pub(super) fn attack_15_roster_rolled_back() {
    let mut scene = case();
    let bo = scene.devices[1].person();
    let active = scene.town.authority.set_standing(bo, Standing::Active);
    let out = scene.town.authority.set_standing(bo, Standing::Left);
    for statement in [&active, &out] {
        assert_eq!(scene.push(0, vec![PushItem::Statement { statement: statement.clone() }]), [Pushed::Stored]);
    }
    for device in [0, 2, 0, 2] {
        scene.sync(device);
    }
    // The older word again, by the relay and by a member.
    for device in [0, 2] {
        scene.relay.slips(device, vec![stated(&active)]);
        scene.sync(device);
        scene.relay.behave(device);
    }
    assert_eq!(scene.push(2, vec![PushItem::Statement { statement: active }]), [Pushed::Duplicate]);
    let after = scene.writes(0, "Efter", &[2]);
    for device in [0, 2, 0, 2] {
        scene.sync(device);
    }
    assert!(scene.reads(2, &after));
    assert!(scene.sync(1).is_some(), "the relay serves who has left nothing");
    handed(&mut scene, 2, 1);
    assert!(!scene.reads(1, &after));
    directory_rolled_back();
}

/// The relay tells of the newest directory and brings an older one, which is the authority's own and newer than what is held; it brings
/// what was asked for when something newer is held by now.
fn directory_rolled_back() {
    let mut scene = Scene::new(2);
    let (older, newest) = (scene.renames(5, "Ældre"), scene.renames(6, "Nyest"));
    scene.brings(&older, &[0, 1]);
    let word = scene.states(&older);
    assert_eq!((scene.sync(0), scene.unit(0)), (None, "Ældre".to_owned()));
    let recorded = scene.ask(0, &Request::Directory(older.head())).unwrap();
    let recorded_for_bo = scene.ask(1, &Request::Directory(older.head())).unwrap();
    scene.brings(&newest, &[0, 1]);
    scene.states(&newest);
    for (device, recorded, held) in [(0, recorded, "Ældre"), (1, recorded_for_bo, "Hus 0")] {
        let answer = recorded.clone();
        scene.relay.script(device, move |request, honest| match request {
            Request::Directory(_) => Ok(answer.clone()),
            _ => honest(request),
        });
        assert_eq!((scene.sync(device), scene.unit(device)), (None, held.to_owned()));
        assert_eq!(scene.devices[device].wanted_directory(), Some(newest.head()), "it knows that it is behind");
        assert!(names(&scene.aside(device), "directory"), "and it is shown");
        scene.relay.behave(device);
        assert_eq!((scene.sync(device), scene.unit(device)), (None, "Nyest".to_owned()));
        // The older word again changes nothing.
        scene.relay.slips(device, vec![stated(&word)]);
        assert_eq!((scene.sync(device), scene.unit(device)), (None, "Nyest".to_owned()));
        assert_eq!(scene.devices[device].wanted_directory(), None);
        assert!(
            !scene.devices[device].take_directory(&older.head(), &recorded, scene.now).unwrap(),
            "an answer held back"
        );
        assert_eq!(scene.unit(device), "Nyest");
    }
}

/// Stopped by `counts` in `core/wire/src/log/counts.rs` for chunks, `open_frozen` in `core/src/client/process/open.rs` for records
/// that others bring, `check_listed` in `core/wire/src/log/allowed.rs` for changes of a circle; the relay, which knows who is listed
/// now, `check_signer_listed` and, for a second circle of the person's, `fold` in `server/src/rules/entries.rs`. Whether it is let in,
/// `admit` in `core/src/client/joining.rs`.
pub(super) fn attack_22_ghost_device_under_a_real_person() {
    let mut scene = case();
    let living = scene.draft("Annas udkast");
    let living = scene.submits(0, &living, Audience::Case(vec![scene.member(1), scene.member(2)]));
    scene.meet();
    // Whoever holds the authority's key certifies a device for Anna; Bo lends it what he can open.
    let bo = Insider::new(&mut scene, 1);
    let mut ghost = Insider::new(&mut scene, 1);
    ghost.person = scene.devices[0].person();
    ghost.secret = DeviceSecret::generate(&mut rng::system()).unwrap();
    ghost.installation = Installation::new(ghost.secret.id(), [7; 16]);
    let certificate = scene.town.authority.certify(ghost.person, ghost.secret.keys()).unwrap();
    let envelope = note(&scene, "I Annas navn");
    let record = ghost.record(&envelope);
    let own = ghost.seal(ghost.case(), &ghost.place(ghost.case()), &ghost.body(&record, &envelope));
    let passed_on = bo.seal(bo.case(), &bo.place(bo.case()), &bo.body(&record, &envelope));
    // A record that is Bo's own, as if Anna had brought it; and the ghost's edit of her draft, as Bo would bring it.
    let text = note(&scene, "Fra Bo");
    let lent = bo.record(&text);
    let place = Place { counter: 2, previous: own.id, ..ghost.place(ghost.case()) };
    let brought = ghost.seal(ghost.case(), &place, &ghost.body(&lent, &text));
    let edit = bo.seal(bo.case(), &bo.place(bo.case()), &edited((&bo, &ghost), &living, ", og spøgelsets"));
    assert_eq!(refused(&scene.push(1, vec![own.pushed()])[0]), Some(Refused::UnknownDevice));
    for device in [0, 2] {
        scene.relay.slips(
            device,
            vec![stated(&certificate), own.fed(&ghost), passed_on.fed(&bo), brought.fed(&ghost), edit.fed(&bo)],
        );
        scene.sync(device);
        scene.relay.behave(device);
        assert!(!scene.reads(device, &record.id()), "nobody takes it for Anna's word");
        assert!(!scene.reads(device, &lent.id()), "nor for her doing");
        assert_eq!(scene.says(device, &living), "Annas udkast");
        assert!(scene.devices[device].standing().unwrap().waiting > 0, "and it shows");
    }
    // Anna is asked about it, and neither it nor Bo's device comes in under a code that is not its own, or without being hers.
    let (hers, ghosts) = (&scene.devices[0], ghost.secret.id());
    assert_eq!(hers.knocking().unwrap(), [ghosts]);
    let bos = &scene.devices[1];
    for (device, code) in [(ghosts, hers.code()), (bos.installation().device, bos.code())] {
        assert_eq!(hers.admit(&device, &code), Err(ClientError::NotAllowed));
    }
    let next = scene.writes(0, "Fra Anna selv", &[1, 2]);
    scene.meet();
    assert!(scene.reads(2, &next));
    a_ghost_changes_no_circle();
    swapped::a_ghosts_circle_takes_nobodys_place();
    a_device_that_has_left_changes_no_circle();
}

/// A draft that one insider reads, edited in the name of another one's person, with that one's key.
fn edited((bringer, signer): (&Insider, &Insider), living: &RecordId, more: &str) -> Body {
    let body = bringer.body_of(living);
    let Item::Update(founding) = &body.item else { panic!("an update") };
    let header = UpdateHeader::from_bytes(&founding.header).unwrap();
    let changes = founding.changes.iter().map(|change| change.0.clone()).collect();
    let founded = Update { changes, heads: header.heads.iter().map(|head| Head(head.0)).collect() };
    let (own, founder) = (Actor::of(&signer.installation), Actor::of(&header.installation));
    let mut document = Living::join(Kind::Draft, own, &founded, founder).unwrap();
    let held = document.heads();
    let edit = |envelope: &mut Envelope| {
        append(envelope, more);
        Ok(())
    };
    document.edit(header.recorded_at, edit).unwrap();
    let made = document.updates_since(&held).remove(0);
    let heads = made.heads.iter().map(|head| Fixed(head.0)).collect();
    let header = UpdateHeader { author: signer.person, installation: signer.installation, heads, ..header };
    Body { item: Item::Update(UpdateRecord::sign(&header, made.changes, &signer.secret)), ..body }
}

/// Anna manages the case, so a device of hers might add somebody; it needs no key for that, since the others would wrap theirs.
fn a_ghost_changes_no_circle() {
    let mut scene = Scene::new(4);
    scene.writes(0, "Sagen", &[1, 2]);
    scene.meet();
    let mut ghost = Insider::new(&mut scene, 1);
    ghost.person = scene.devices[0].person();
    ghost.secret = DeviceSecret::generate(&mut rng::system()).unwrap();
    let certificate = scene.town.authority.certify(ghost.person, ghost.secret.keys()).unwrap();
    let mut public = ghost.blank_entry(ghost.case());
    public.changes = vec![Change::Add { member: scene.member(3), rights: Rights::Manage, until: None }];
    let added = Bytes(ghost.sign_entry(&public, None));
    // Nor one that it founds, in which Anna's other device is a reader like any.
    let mut draft = Draft::default();
    for person in [0, 1] {
        let theirs = ghost.of(scene.member(person).subject().unwrap()).unwrap().log.epoch().unwrap();
        let kem = **theirs.kem.as_ref().unwrap();
        draft.add(Recipient { member: scene.member(person), epoch: Some(theirs.entry), kem }, Rights::Manage);
    }
    let (founded, _) = found(Subject::Shared, draft, &ghost.secret, &mut rng::system()).unwrap();
    // Certified, so that everybody knows whose it is said to be; and let in by nobody.
    assert_eq!(scene.push(1, vec![PushItem::Statement { statement: certificate.clone() }]), [Pushed::Stored]);
    // Nor is there a second circle of Anna's own, in which it would be listed.
    let mut own = Draft { vouchers: vec![certificate.clone()], ..Draft::default() };
    let itself = Member::Device(ghost.secret.id());
    own.add(Recipient { member: itself, epoch: None, kem: ghost.secret.keys().kem }, Rights::Manage);
    let (own, _) = found(Subject::Person(ghost.person), own, &ghost.secret, &mut rng::system()).unwrap();
    let item = PushItem::Entry { entry: Bytes(own.bytes.clone()), wraps: own.wraps.clone(), stamp: None };
    assert_eq!(refused(&scene.push(1, vec![item])[0]), Some(Refused::AlreadyFounded));
    for (entry, wraps) in [(&added, Vec::new()), (&Bytes(founded.bytes.clone()), founded.wraps.clone())] {
        let item = PushItem::Entry { entry: entry.clone(), wraps, stamp: None };
        assert_eq!(refused(&scene.push(1, vec![item])[0]), Some(Refused::NotAllowed));
    }
    for device in [0, 2] {
        let entry = shown(added.clone(), Vec::new());
        let own = shown(Bytes(own.bytes.clone()), own.wraps.clone());
        scene.relay.slips(device, vec![stated(&certificate), own, entry]);
        scene.sync(device);
        scene.relay.behave(device);
        let note = scene.writes(device, "Til dem, der er med", &[0, 1, 2]);
        let readers = scene.devices[device].delivery(&note).unwrap().1;
        assert!(!readers.is_empty() && readers.iter().all(|reader| reader.person != scene.devices[3].person()));
        scene.meet();
        assert!(scene.reads(1, &note) && !scene.reads(3, &note));
    }
}

/// Nor, for the relay, which sees the present, from one that was Anna's and has left her circle, though the authority has not put it out.
fn a_device_that_has_left_changes_no_circle() {
    let mut scene = Scene::new(4);
    scene.writes(0, "Sagen", &[1]);
    scene.meet();
    let anna = Insider::new(&mut scene, 0);
    let mut second = Insider::new(&mut scene, 0);
    second.secret = DeviceSecret::generate(&mut rng::system()).unwrap();
    let (own, this) = (anna.of(Subject::Person(anna.person)).unwrap(), Member::Device(second.secret.id()));
    let certificate = scene.town.authority.certify(anna.person, second.secret.keys()).unwrap();
    let [dora, mallory] = [scene.member(2), scene.member(3)];
    let mut push = |by: &Insider, circle: &Circle, head: EntryId, change: Change, vouchers: Vec<SignedStatement>| {
        let public = EntryPublic { parents: vec![head], changes: vec![change], vouchers, ..by.blank_entry(circle) };
        let entry = by.sign_entry(&public, None);
        let id = ParsedEntry::from_bytes(&entry).unwrap().id;
        let item = PushItem::Entry { entry: entry.into(), wraps: Vec::new(), stamp: None };
        (scene.push(0, vec![item]).remove(0), id)
    };
    let manages = |member| Change::Add { member, rights: Rights::Manage, until: None };
    let (taken, let_in) = push(&anna, own, own.log.head(), manages(this), vec![certificate]);
    assert_eq!(taken, Pushed::Stored);
    let case = second.case();
    let (taken, added) = push(&second, case, case.log.head(), manages(dora), Vec::new());
    assert_eq!(taken, Pushed::Stored, "while it is in");
    let leaves = Change::Remove { member: this, cuts: Vec::new() };
    assert_eq!(push(&second, own, let_in, leaves, Vec::new()).0, Pushed::Stored);
    assert_eq!(refused(&push(&second, case, added, manages(mallory), Vec::new()).0), Some(Refused::NotAllowed));
}

/// Stopped by `append` in `core/wire/src/log.rs`: each entry of a batch is for one head. Another name, circle or path has another
/// root: `verify` in `core/wire/src/entry/parsed.rs`.
pub(super) fn attack_25_hand_over_replayed_or_to_the_wrong_caseworker() {
    let mut scene = case();
    let (anna, bo) = (scene.devices[0].person(), scene.devices[1].person());
    let child = child(1).id;
    let earlier = scene.writes(0, "Kun Annas og Carls", &[2]);
    for device in [0, 2] {
        let now = scene.now;
        scene.devices[device].set_coordinator(&child, &anna, &mut Moment::new(now, &mut rng::system())).unwrap();
    }
    scene.devices[0].hand_over(&[(child, None)], &bo, true, &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    scene.meet();
    assert_eq!(scene.devices[1].coordinator(&child).unwrap(), Some(bo));
    let handed_over = |item: &FeedItem| match item {
        FeedItem::Entry { entry, wraps, .. } => {
            let parsed = ParsedEntry::from_bytes(entry).unwrap();
            parsed.handed_over.is_some().then(|| (parsed, entry.clone(), wraps.clone()))
        }
        _ => None,
    };
    let (parsed, entry, wraps) = scene.feed(1).iter().find_map(handed_over).expect("the case was handed over");
    // Again: by the one who made it, by another, and to those who have it.
    assert_eq!(
        scene.push(1, vec![PushItem::Entry { entry: entry.clone(), wraps: wraps.clone(), stamp: None }]),
        [Pushed::Duplicate]
    );
    let before = scene.shown(2);
    scene.relay.slips(2, vec![shown(entry.clone(), wraps.clone())]);
    scene.sync(2);
    scene.relay.behave(2);
    assert_eq!(scene.shown(2), before);
    // Another name in it, or another circle: the signature is over the tree.
    for at in [60, entry.len() / 2, entry.len() - 40] {
        let mut bytes = entry.0.clone();
        bytes[at] ^= 1;
        let result = scene.push(1, vec![PushItem::Entry { entry: Bytes(bytes), wraps: vec![], stamp: None }]).remove(0);
        assert!(matches!(result, Pushed::Refused { .. }), "{result:?}");
    }
    // The wrap is for Bo alone, and opens the key of this batch alone.
    assert!(parsed.public.wraps.iter().all(|wrap| wrap.member == scene.member(1)));
    assert!(scene.reads(1, &earlier) && scene.reads(2, &earlier));
    let after = scene.writes(1, "Efter", &[2]);
    scene.meet();
    assert!(scene.reads(2, &after));
    handed(&mut scene, 2, 0);
    assert!(!scene.reads(0, &after), "who has handed over and left reads nothing new");
}

/// Stopped by `doubt` in `core/src/client/process/list.rs`.
pub(super) fn attack_58_back_dated_record_with_a_revoked_key_brought_by_an_accomplice() {
    let mut scene = case();
    let before = scene.writes(1, "Fra Bo", &[0, 2]);
    let (draft, untouched) = (scene.drafts(0, "Annas udkast", &[1, 2]), scene.drafts(0, "Annas andet udkast", &[1, 2]));
    scene.meet();
    scene.appends(1, &untouched, ", og Bos");
    scene.meet();
    let bo = Insider::new(&mut scene, 1);
    let revoked = scene.town.authority.revoke(bo.installation.device);
    assert_eq!(scene.push(0, vec![PushItem::Statement { statement: revoked }]), [Pushed::Stored]);
    for device in [0, 2, 0, 2] {
        scene.sync(device);
    }
    // Said to be of yesterday, signed with Bo's key today, and put into the case by Carl.
    let carl = Insider::new(&mut scene, 2);
    let mut envelope = note(&scene, "Skrevet i går");
    envelope.occurred.at -= 86_400_000;
    let header = RecordHeader { recorded_at: scene.now - 86_400_000, ..bo.header(&envelope) };
    let record = bo.record_with(&header, &envelope);
    let chunk = carl.seal(carl.case(), &carl.place(carl.case()), &carl.body(&record, &envelope));
    let place = carl.place(carl.case());
    let edit = carl.seal(
        carl.case(),
        &Place { counter: place.counter + 1, previous: chunk.id, ..place },
        &edited((&carl, &bo), &draft, ", og tyvens"),
    );
    assert_eq!(scene.push(2, vec![chunk.pushed(), edit.pushed()]), [Pushed::Stored, Pushed::Stored]);
    scene.sync(0);
    // What others write in the same record does not confirm it.
    scene.appends(0, &draft, ", og Annas");
    let rows = scene.devices[0].all_records().unwrap();
    let unconfirmed = |id: &RecordId| rows.iter().find(|row| row.record == *id).unwrap().unconfirmed;
    assert!(scene.reads(0, &record.id()) && unconfirmed(&record.id()), "shown, and shown as unconfirmed");
    assert!(!unconfirmed(&before), "what was within the cut stays Bo's");
    assert_eq!(scene.says(0, &draft), "Annas udkast, og tyvens, og Annas");
    assert!(unconfirmed(&draft), "so too a single edit in a record that others write in");
    assert_eq!(scene.devices[0].unconfirmed_writers(&draft).unwrap(), [bo.person]);
    assert!(!unconfirmed(&untouched), "what Bo wrote in another one stays his");
}
