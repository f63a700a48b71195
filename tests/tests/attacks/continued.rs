//! Somebody who joined a case by *continued in*, with every key of their device and a relay that shows them whatever it has; and members
//! who say that a case goes on where it does not.

use tvaers_core::audience::Audience;
use tvaers_core::circle::{Draft as EntryDraft, GoesOn, Purpose, Recipient, Sealed, found, renew};
use tvaers_core::document::{Actor, Living};
use tvaers_core::kinds::{Concern, ConcernState, Content, Envelope, List, Measure, Recipient as To, Score, Text};
use tvaers_core::moment::Moment;
use tvaers_core::record::{Carried, UpdateHeader, UpdateRecord};
use tvaers_core::rng;
use tvaers_core::seal::{Body, Item, Summary};
use tvaers_core::store::StoreError;
use tvaers_core::wire::entry::{Change, Member, Rights, Subject};
use tvaers_core::wire::ids::{CircleId, Fixed, RecordId};
use tvaers_core::wire::message::{FeedItem, PushItem, Pushed};
use tvaers_tests::hostile::{Insider, Scene};
use tvaers_tests::town::child;

use super::{note, refused};

const BO: usize = 1;
const EVE: usize = 2;

/// Words that are in nothing that Eve may see, and two that are.
const BEFORE: [&str; 4] = ["KANARIEFUGL", "FORTRUDT", "SOLSORT", "GRÅSPURV"];

fn concern(scene: &Scene, trigger: &str) -> Envelope {
    let mut envelope = note(scene, "");
    envelope.content = Content::Concern(Concern {
        trigger: Text::new(trigger).unwrap(),
        purpose: None,
        votes: Default::default(),
        decided: None,
        recipient: To::Person(scene.devices[0].person()),
        parents_contacted: None,
        observations: List::default(),
        childs_perspective: None,
        familys_perspective: None,
        perspective_missing: None,
        state: ConcernState::New,
    });
    envelope
}

fn rewrites(scene: &mut Scene, device: usize, record: &RecordId, trigger: &str) {
    scene.edits(device, record, |envelope| {
        let Content::Concern(concern) = &mut envelope.content else { panic!("a concern") };
        concern.trigger = Text::new(trigger).unwrap();
    });
}

/// Anna manages a case with Bo and lets Eve in, who may see a note and the concern's text of today. The old case, and the concern's id in
/// it.
fn continued(scene: &mut Scene) -> (CircleId, RecordId) {
    scene.writes(0, "KANARIEFUGL i garderoben", &[BO]);
    let chosen = scene.writes(0, "Valgt", &[BO]);
    let raised = concern(scene, "FORTRUDT om naboen");
    let raised = scene.submits(0, &raised, Audience::Case(vec![scene.member(BO)]));
    scene.meet();
    rewrites(scene, BO, &raised, "FORTRUDT om naboen SOLSORT");
    scene.meet();
    rewrites(scene, 0, &raised, "Dagens tekst");
    scene.meet();
    let old = Insider::new(scene, 0).case().id;
    let (dice, eve) = (&mut rng::system(), scene.member(EVE));
    scene.now += 1;
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[0].continue_case(&child(1).id, &[eve], &[chosen, raised], None, moment).unwrap();
    // Anna and Eve meet; Bo writes where he knew.
    for device in [0, EVE, 0, EVE] {
        scene.sync(device);
    }
    scene.writes(BO, "GRÅSPURV fra skoven", &[]);
    rewrites(scene, BO, &raised, "GRÅSPURV igen");
    scene.meet();
    (old, raised)
}

/// Every value that a device's store holds, of every table, as bytes.
fn held(scene: &Scene, device: usize) -> Vec<Vec<u8>> {
    let dump = scene.devices[device].store().read(|conn| {
        let mut query = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
        let tables: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut all = Vec::new();
        for table in tables {
            let mut query = conn.prepare(&format!("SELECT * FROM {table}"))?;
            let columns = query.column_count();
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let values = (0..columns).filter_map(|at| Some(row.get_ref(at).ok()?.as_bytes().ok()?.to_vec()));
                all.extend(values);
            }
        }
        Ok::<_, StoreError>(all)
    });
    dump.unwrap()
}

fn holds(all: &[Vec<u8>], word: &[u8]) -> bool {
    all.iter().any(|value| value.windows(word.len()).any(|part| part == word))
}

fn sees_nothing_of_before(scene: &Scene, roots: &[[u8; 32]]) {
    let all = held(scene, EVE);
    for word in BEFORE {
        assert!(!holds(&all, word.as_bytes()) && !holds(&all, word.to_lowercase().as_bytes()), "{word}");
    }
    assert!(holds(&all, b"Valgt") && holds(&all, b"Dagens tekst"), "what may be seen is found");
    assert!(roots.iter().all(|root| !holds(&all, root)), "no key of the old case");
}

/// Stopped by `found_with` in `core/src/client/route.rs`: the new circle has a key of its own, under which nothing of before is
/// sealed. Who says where a case goes on, `named_next` in `core/src/circle/goes_on.rs`.
pub(super) fn attack_52_who_joined_by_continued_in_opens_what_was_before() {
    let mut scene = Scene::new(3);
    let (old, raised) = continued(&mut scene);
    let anna = Insider::new(&mut scene, 0);
    let of_old = anna.circles.iter().find(|circle| circle.id == old).unwrap();
    let roots: Vec<[u8; 32]> = of_old.roots.values().map(|root| *root.secret().expose()).collect();
    assert!(!roots.is_empty() && roots.iter().all(|root| holds(&held(&scene, 0), root)), "Anna's are found");
    for word in BEFORE {
        assert!(holds(&held(&scene, 0), word.as_bytes()), "{word} is found where it may be");
    }
    sees_nothing_of_before(&scene, &roots);

    // The real relay refuses her, and shows her nothing of it.
    assert_eq!(scene.past(EVE, old), []);
    let of_circle = |item: &FeedItem| Insider::is_of(item, &old);
    assert!(!scene.feed(EVE).iter().any(of_circle));

    // One that helps gives her everything that it has for anybody: every key that she has opens none of it.
    let eve = Insider::helped(&mut scene, EVE);
    let hers = eve.circles.iter().find(|circle| circle.id == old).expect("its entries, in the clear");
    assert!(hers.roots.is_empty(), "no root");
    let new = eve.circles.iter().find(|one| one.purpose().is_some_and(|of| of == Purpose::Case(child(1).id))).unwrap();
    assert!(new.id != old && new.log.epochs[0].history.is_empty(), "nothing is sealed under the new key");
    let opened = eve.opened();
    assert!(opened.iter().all(|(chunk, _)| chunk.header.circle != old));
    let bodies: Vec<Vec<u8>> =
        opened.iter().map(|(_, body)| tvaers_core::wire::codec::Canonical::to_bytes(body)).collect();
    assert!(holds(&bodies, b"Valgt") && holds(&bodies, b"Dagens tekst"));
    assert!(BEFORE.iter().all(|word| !holds(&bodies, word.as_bytes())), "no chunk of the new case carries a word");
    // The new document has an actor, a change and a history of its own.
    let anna_before = anna.opened().into_iter().filter(|(chunk, _)| chunk.header.circle == old);
    let changes: Vec<Vec<u8>> = anna_before.flat_map(|(_, body)| changes(&body)).collect();
    assert!(changes.len() >= 3 && changes.iter().all(|change| !holds(&bodies, change)), "no change travels again");
    let bos = Actor::of(&scene.devices[BO].installation());
    assert!(!holds(&bodies, bos.as_bytes()), "nor anybody's actor");

    // Her own device, shown all of it, is as it was.
    let shown = scene.shown(EVE);
    let all: Vec<FeedItem> =
        [0, BO].into_iter().flat_map(|device| scene.feed(device)).filter(|one| of_circle(one)).collect();
    assert!(all.len() > 6);
    scene.relay.slips(EVE, all);
    scene.sync(EVE);
    scene.sync(EVE);
    assert_eq!(scene.shown(EVE), shown);
    assert!(!scene.reads(EVE, &raised));
    sees_nothing_of_before(&scene, &roots);
    // Nor is there a way in: she manages nothing, and nobody adds her by what they owe each other.
    scene.relay.behave(EVE);
    scene.meet();
    let public = eve.blank_entry(hers);
    let add = Change::Add { member: Member::Person(eve.person), rights: Rights::Read, until: None };
    let entry = eve.sign_entry(&tvaers_core::wire::entry::EntryPublic { changes: vec![add], ..public }, None);
    let pushed = scene.push(EVE, vec![PushItem::Entry { entry: entry.into(), wraps: Vec::new(), stamp: None }]);
    assert!(refused(&pushed[0]).is_some());
    for device in [0, BO] {
        let members = Insider::new(&mut scene, device);
        let of_old = members.circles.iter().find(|circle| circle.id == old).unwrap();
        assert!(!of_old.log.members.contains_key(&scene.member(EVE)));
    }
    what_she_founds_draws_nothing_of_before(&mut scene, &raised);
    a_member_who_does_not_manage_says_where_it_goes_on();
    a_member_says_that_they_carry_a_record_on();
}

fn changes(body: &Body) -> Vec<Vec<u8>> {
    match &body.item {
        Item::Update(update) => update.changes.iter().map(|change| change.0.clone()).collect(),
        _ => Vec::new(),
    }
}

/// Eve founds cases of the child with everybody in them. What belongs to the old one goes into none, nor is any of its members brought
/// to it with her.
fn what_she_founds_draws_nothing_of_before(scene: &mut Scene, raised: &RecordId) {
    // Of several circles that fit, every device chooses the one with the smallest id: she has some in front of the old one.
    for _ in 0..4 {
        let eve = Insider::new(scene, EVE);
        let draft = case_of(&eve, scene, None);
        let (lure, _) = found(Subject::Shared, draft, &eve.secret, &mut rng::system()).unwrap();
        let entry = PushItem::Entry { entry: lure.bytes.into(), wraps: lure.wraps, stamp: None };
        assert_eq!(scene.push(EVE, vec![entry]), [Pushed::Stored]);
    }
    scene.meet();
    let mut measure = note(scene, "");
    measure.content = Content::Measure(Measure {
        intervention: *raised,
        value: Score::new(3).unwrap(),
        by_whom: None,
        note: Some(Text::new("GRÅSPURV måler").unwrap()),
    });
    let measure = scene.submits(BO, &measure, Audience::Case(vec![scene.member(0)]));
    let share = Audience::Case(vec![scene.member(0)]);
    let dice = &mut rng::system();
    scene.devices[BO].share(raised, &share, &mut Moment::new(scene.now, dice)).unwrap();
    scene.meet();
    scene.meet();
    assert!(scene.reads(0, &measure) && !scene.reads(EVE, &measure) && !scene.reads(EVE, raised));
}

/// What somebody's key is, as an insider sees it.
fn recipient(insider: &Insider, scene: &Scene, person: usize) -> Recipient {
    let circle = insider.of(Subject::Person(scene.devices[person].person())).unwrap();
    let epoch = circle.log.epoch().unwrap();
    Recipient { member: scene.member(person), epoch: Some(epoch.entry), kem: **epoch.kem.as_ref().unwrap() }
}

/// A case of the child with everybody in it, that the insider manages.
fn case_of(insider: &Insider, scene: &Scene, goes_on: Option<GoesOn>) -> EntryDraft {
    let sealed = Sealed { purpose: Some(Purpose::Case(child(1).id)), goes_on, ..Sealed::default() };
    let mut draft = EntryDraft { sealed: Some(sealed), ..EntryDraft::default() };
    for person in [0, BO, EVE] {
        let rights = if person == insider.device { Rights::Manage } else { Rights::Write };
        draft.add(recipient(insider, scene, person), rights);
    }
    draft
}

/// Bo may write, and so draw a key with something sealed in it; he founds a circle with Eve in it that names the case.
fn a_member_who_does_not_manage_says_where_it_goes_on() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Sagen", &[BO]);
    scene.meet();
    let bo = Insider::new(&mut scene, BO);
    let case = bo.case();
    let draft = case_of(&bo, &scene, Some(GoesOn::From(vec![case.id])));
    let (elsewhere, _) = found(Subject::Shared, draft, &bo.secret, &mut rng::system()).unwrap();
    let says = Sealed { goes_on: Some(GoesOn::In(elsewhere.parsed.circle)), ..Sealed::default() };
    let recipients = [0, BO].map(|person| recipient(&bo, &scene, person)).to_vec();
    let draft = EntryDraft { recipients, sealed: Some(says), ..EntryDraft::default() };
    let (_, root) = case.newest();
    let (closing, _) = renew(&case.log, Some(root), draft, &bo.secret, &mut rng::system()).unwrap();
    let items =
        [elsewhere, closing].map(|made| PushItem::Entry { entry: made.bytes.into(), wraps: made.wraps, stamp: None });
    assert_eq!(scene.push(BO, items.into()), [Pushed::Stored, Pushed::Stored], "the relay reads none of it");
    scene.sync(0);
    scene.sync(0);
    assert!(scene.devices[0].continued(&child(1).id).unwrap().is_empty());
    assert!(scene.devices[0].may_continue(&child(1).id), "Anna's case is open");
}

/// Bo founds a document that says it carries on one that nobody has carried over: nobody is shown his in its place.
fn a_member_says_that_they_carry_a_record_on() {
    let mut scene = Scene::new(3);
    let raised = concern(&scene, "Ikke valgt");
    let raised = scene.submits(0, &raised, Audience::Case(vec![scene.member(BO)]));
    scene.meet();
    let (dice, eve) = (&mut rng::system(), scene.member(EVE));
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[0].continue_case(&child(1).id, &[eve], &[], None, moment).unwrap();
    scene.meet();
    let bo = Insider::new(&mut scene, BO);
    let new = bo.circles.iter().find(|circle| circle.purpose().is_some() && circle.log.members.len() == 3).unwrap();
    let envelope = concern(&scene, "Falsk");
    let living = Living::create(&envelope, Actor::of(&bo.installation), scene.now).unwrap();
    let update = living.updates_since(&[]).remove(0);
    let header = UpdateHeader {
        version: 1,
        kind: envelope.kind().code(),
        founder: bo.person,
        nonce: Fixed([4; 16]),
        author: bo.person,
        installation: bo.installation,
        recorded_at: scene.now,
        heads: update.heads.iter().map(|head| Fixed(head.0)).collect(),
        carried: Some(Carried { record: raised, author: scene.devices[0].person() }),
    };
    let false_one = header.record();
    let summary = Summary {
        record: false_one,
        kind: header.kind,
        child: Some(child(1).id),
        occurred_at: envelope.occurred.at,
        headline: "Falsk".to_owned(),
    };
    let body = |header: &UpdateHeader, record| Body {
        item: Item::Update(UpdateRecord::sign(header, update.changes.clone(), &bo.secret)),
        summary: Some(Summary { record, ..summary.clone() }),
        directory: Fixed([0; 32]),
        basis: None,
    };
    // Without what it carries on, or with another record, it is another document.
    let bare = body(&UpdateHeader { carried: None, ..header.clone() }, false_one);
    let other = Carried { record: RecordId::new([8; 32]), author: bo.person };
    let other = body(&UpdateHeader { carried: Some(other), ..header.clone() }, false_one);
    let lies = [bare, other].map(|body| bo.seal(new, &bo.place(new), &body).fed(&bo));
    scene.relay.slips(0, lies.into());
    scene.sync(0);
    assert_eq!(scene.aside(0).iter().filter(|reason| reason.contains("summary")).count(), 2, "{:?}", scene.aside(0));
    scene.relay.behave(0);
    let sealed = bo.seal(new, &bo.place(new), &body(&header, false_one));
    assert_eq!(scene.push(BO, vec![sealed.pushed()]), [Pushed::Stored]);
    scene.sync(0);
    let rows = scene.devices[0].chronology(&child(1).id).unwrap();
    assert!(rows.iter().any(|row| row.record == raised), "the true one stands where it stood");
    assert!(rows.iter().any(|row| row.record == false_one), "and his beside it, under his name");
    rewrites(&mut scene, 0, &raised, "Stadig Annas");
}
