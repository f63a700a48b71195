//! The access log: who looked at what reaches the log controllers, signed, whole and nobody else; what is missing shows.

use std::collections::BTreeMap;

use tvaers_core::circle::Purpose;
use tvaers_core::client::GATHER;
use tvaers_core::kinds::{Access, AccessEvent, Envelope, List, Lookup};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::seal::{Body, Item, Summary};
use tvaers_core::view::{AccessFilter, AccessRow, LoggingDevice, SILENT};
use tvaers_core::wire::entry::{Change, Member};
use tvaers_core::wire::ids::{ChildId, Fixed, RecordId};
use tvaers_core::wire::message::{FeedItem, PushItem, Pushed, Refused};
use tvaers_tests::hostile::{self, Forged, Insider};
use tvaers_tests::scene::Scene;
use tvaers_tests::town::{child, observation};

// Each alone in a unit; the colleague works with neither of the first two.
const STAFF: usize = 0;
const CASEWORKER: usize = 1;
const COLLEAGUE: usize = 2;
const CONTROLLER: usize = 3;

fn scene() -> Scene {
    Scene::with_log_control(&[STAFF, CASEWORKER, COLLEAGUE, CONTROLLER], CONTROLLER)
}

fn hostile() -> hostile::Scene {
    hostile::Scene::with_log_control(4, CONTROLLER)
}

fn all(device: &tvaers_core::client::Device) -> Vec<AccessRow> {
    device.access_log(&AccessFilter::default(), 100).unwrap()
}

fn reads(device: &tvaers_core::client::Device) -> Vec<AccessRow> {
    device.access_log(&AccessFilter { access: Some(Access::Read), ..AccessFilter::default() }, 100).unwrap()
}

fn opens(device: &tvaers_core::client::Device, note: &RecordId, at: i64) {
    device.mark_read(note, &Moment::new(at, &mut rng::system())).unwrap();
}

fn of_staff(scene: &hostile::Scene, now: i64) -> LoggingDevice {
    let device = scene.devices[STAFF].installation().device;
    let devices = scene.devices[CONTROLLER].logging_devices(now).unwrap();
    devices.into_iter().find(|one| one.device == device).unwrap()
}

#[test]
fn the_controller_sees_who_opened_what_on_which_device_and_nobody_else_does() {
    let mut scene = scene();
    let note = scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    scene.meet();
    opens(&scene.devices[STAFF], &note, 1_000);
    opens(&scene.devices[CASEWORKER], &note, 2_000);
    scene.meet();
    let controller = &scene.devices[CONTROLLER];
    let seen = reads(controller);
    let said: Vec<_> = seen.iter().map(|row| (row.person, row.device, row.at, row.child, row.record)).collect();
    let by = |device: usize, at| (scene.owner(device), scene.id(device), at, Some(child(1).id), Some(note));
    assert_eq!(said, [by(CASEWORKER, 2_000), by(STAFF, 1_000)]);
    assert!(seen.iter().all(|row| row.received_at.is_some()));
    assert_eq!(controller.access_children().unwrap(), [child(1)]);
    assert!(!scene.reads(CONTROLLER, &note), "the log is read, the note is not");
    assert_eq!(
        (controller.inbox(9).unwrap(), controller.all_records().unwrap()),
        (vec![], vec![]),
        "and it is no list"
    );
    assert_eq!(controller.standing().unwrap().unread, 0);
    assert_eq!(all(&scene.devices[COLLEAGUE]), []);
    assert_eq!(reads(&scene.devices[STAFF]).len(), 1, "one's own");
    let is_controller: Vec<bool> = scene.devices.iter().map(|device| device.is_log_controller()).collect();
    assert_eq!(is_controller, [false, false, false, true]);
}

#[test]
fn the_log_is_asked_by_child_person_kind_and_time() {
    let mut scene = scene();
    let about_one = scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    let case = tvaers_core::audience::Audience::Case(vec![scene.person(CASEWORKER)]);
    let other = observation(&child(2), "Græd ved bordet", 5);
    let about_two = scene.devices[STAFF].submit(&other, &[case], &mut Moment::new(6, &mut rng::system())).unwrap();
    scene.meet();
    opens(&scene.devices[CASEWORKER], &about_one, 1_000);
    opens(&scene.devices[CASEWORKER], &about_two, 2_000);
    let found = scene.devices[CASEWORKER].search("bordet", 9, &Moment::new(3_000, &mut rng::system())).unwrap();
    assert_eq!(found.len(), 2);
    scene.meet();
    let asked = |filter: AccessFilter| {
        let rows = scene.devices[CONTROLLER].access_log(&filter, 100).unwrap();
        rows.into_iter().map(|row| (row.at, row.access)).collect::<Vec<_>>()
    };
    let (of_two, theirs) = (Some(child(2).id), Some(scene.owner(CASEWORKER)));
    let none = AccessFilter::default;
    assert_eq!(
        asked(AccessFilter { child: of_two, person: theirs, ..none() }),
        [(3_000, Access::Searched), (2_000, Access::Read)]
    );
    let searched = asked(AccessFilter { access: Some(Access::Searched), ..none() });
    assert_eq!(searched, [(3_000, Access::Searched); 2], "under each child that was found");
    assert_eq!(
        asked(AccessFilter { from: Some(1_000), before: Some(2_000), ..none() }),
        [(1_000, Access::Read)],
        "the first moment is in, the last is not"
    );
    assert_eq!(asked(AccessFilter { person: Some(scene.owner(COLLEAGUE)), ..none() }), []);
    assert_eq!(scene.devices[CONTROLLER].access_log(&none(), 1).unwrap().len(), 1);
}

#[test]
fn what_is_read_without_a_network_arrives_later_and_whole() {
    let mut scene = scene();
    let notes: Vec<RecordId> = (0..3).map(|_| scene.writes(STAFF, "Sad under bordet", &[CASEWORKER])).collect();
    scene.meet();
    for (at, note) in (1_000..).zip(&notes) {
        opens(&scene.devices[CASEWORKER], note, at);
        opens(&scene.devices[CASEWORKER], note, at + 100);
    }
    scene.these_meet(&[STAFF, CONTROLLER]);
    assert_eq!(reads(&scene.devices[CONTROLLER]), []);
    scene.sync(CASEWORKER);
    scene.sync(CONTROLLER);
    let times: Vec<i64> = reads(&scene.devices[CONTROLLER]).iter().map(|row| row.at).collect();
    assert_eq!(times, [1_002, 1_001, 1_000], "each once, when it was first opened");
}

#[test]
fn looking_into_the_log_is_in_the_log_once_and_starts_nothing() {
    let mut scene = scene();
    let note = scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    scene.meet();
    opens(&scene.devices[CASEWORKER], &note, 1_000);
    scene.meet();
    let controller = &scene.devices[CONTROLLER];
    let looks = 5_000;
    for at in [looks, looks + 1] {
        controller.note_access_of(Access::Audited, Some(&child(1).id), &Moment::new(at, &mut rng::system())).unwrap();
        all(controller);
    }
    scene.meet();
    scene.meet();
    let looked: Vec<_> = all(&scene.devices[CONTROLLER])
        .into_iter()
        .filter(|row| row.access == Access::Audited)
        .map(|row| (row.person, row.at, row.child))
        .collect();
    assert_eq!(looked, [(scene.owner(CONTROLLER), looks, Some(child(1).id))]);
    let before = all(&scene.devices[CONTROLLER]).len();
    for device in [STAFF, CASEWORKER, CONTROLLER] {
        assert!(!scene.devices[device].receipts_due().unwrap(), "nobody owes the log a receipt");
        assert_eq!(scene.devices[device].outbox().unwrap(), (0, None), "nothing is on its way for ever");
    }
    scene.meet();
    assert_eq!(all(&scene.devices[CONTROLLER]).len(), before);
}

#[test]
fn a_colleague_with_every_key_of_theirs_and_the_relays_help_opens_no_event_of_others() {
    let mut scene = hostile();
    let note = scene.writes(STAFF, "Sad under bordet", &[CASEWORKER, COLLEAGUE]);
    scene.meet();
    opens(&scene.devices[CASEWORKER], &note, scene.now);
    scene.meet();
    let events = |insider: &Insider| -> BTreeMap<RecordId, Option<ChildId>> {
        let records = insider.opened().into_iter().filter_map(|(_, body)| body.summary);
        records.filter(|of| of.kind == 18).map(|of| (of.record, of.child)).collect()
    };
    let controller = events(&Insider::helped(&mut scene, CONTROLLER));
    assert!(controller.len() >= 4 && controller.values().all(Option::is_none), "no child in the list");
    let own = events(&Insider::new(&mut scene, COLLEAGUE));
    assert_eq!(events(&Insider::helped(&mut scene, COLLEAGUE)), own, "no more than their own");
    assert!(own.len() < controller.len());
}

#[test]
fn nothing_of_the_log_is_on_the_relay_to_read() {
    let mut scene = hostile();
    let note = scene.writes(STAFF, "KANARIEFUGL sang", &[CASEWORKER]);
    scene.meet();
    opens(&scene.devices[CASEWORKER], &note, scene.now);
    let moment = scene.now;
    scene.devices[CASEWORKER].search("kanariefugl", 9, &Moment::new(moment, &mut rng::system())).unwrap();
    scene.devices[CASEWORKER].search("SØGEORDET", 9, &Moment::new(moment, &mut rng::system())).unwrap();
    scene.meet();
    assert!(reads(&scene.devices[CONTROLLER]).len() == 1, "the log has arrived");
    let files = scene.relay.read_in_full();
    let holds = |needle: &[u8]| files.iter().any(|(_, bytes)| bytes.windows(needle.len()).any(|part| part == needle));
    assert!(holds(scene.devices[CASEWORKER].installation().device.as_bytes()), "what is there is found");
    for word in ["KANARIEFUGL", "kanariefugl", "SØGEORDET", "Prøve", "Barn 1", "logkontrol"] {
        assert!(!holds(word.as_bytes()), "{word}");
    }
    assert!(!holds(note.as_bytes()), "which record it was");
    // What was searched for is not even in what the controllers open.
    let opened = Insider::helped(&mut scene, CONTROLLER).opened();
    let bodies: Vec<Vec<u8>> =
        opened.iter().map(|(_, body)| tvaers_core::wire::codec::Canonical::to_bytes(body)).collect();
    assert!(bodies.iter().any(|body| body.windows(6).any(|part| part == b"Barn 1")), "the child is");
    assert!(!bodies.iter().any(|body| body.windows(9).any(|part| part == "SØGEORDET".as_bytes()[..9].as_ref())));
}

/// An event of the insider's by hand.
fn event(insider: &Insider, number: i64, at: i64) -> Forged {
    let done = Lookup { at, access: Access::Read, child: Some(child(1).id), record: None, kind: None };
    let content = AccessEvent { number, until: at, done: List::new(vec![done]).unwrap(), children: List::default() };
    let envelope = Envelope { about: None, content: content.into(), ..observation(&child(1), "", at) };
    let record = insider.record(&envelope);
    let summary = Summary { record: record.id(), kind: 18, child: None, occurred_at: at, headline: String::new() };
    let body = Body { item: Item::Frozen(record), summary: Some(summary), directory: Fixed([0; 32]), basis: None };
    let log = insider.circle(Purpose::Log);
    insider.seal(log, &insider.place(log), &body)
}

#[test]
fn an_event_that_a_device_drops_leaves_a_gap_that_shows() {
    let mut scene = hostile();
    scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    scene.meet();
    let whole = of_staff(&scene, scene.now);
    assert_eq!((whole.missing, whole.twice, whole.silent), (0, 0, false));
    let staff = Insider::new(&mut scene, STAFF);
    let last = staff.opened().iter().filter(|(_, body)| matches!(&body.summary, Some(of) if of.kind == 18)).count();
    // Its chain of chunks is whole: it has simply never sent the one between.
    let dropped = event(&staff, i64::try_from(last).unwrap() + 2, scene.now);
    assert_eq!(scene.push(STAFF, vec![dropped.pushed()]), [Pushed::Stored]);
    scene.sync(CONTROLLER);
    assert_eq!(of_staff(&scene, scene.now).missing, 1);
    // Another story under a number that was given.
    let staff = Insider::new(&mut scene, STAFF);
    let twice = event(&staff, 1, scene.now);
    assert_eq!(scene.push(STAFF, vec![twice.pushed()]), [Pushed::Stored]);
    scene.sync(CONTROLLER);
    let found = of_staff(&scene, scene.now);
    assert_eq!((found.missing, found.twice), (1, 1));
}

#[test]
fn an_event_that_the_relay_holds_back_leaves_a_gap_that_shows() {
    let mut scene = hostile();
    scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    scene.sync(STAFF);
    let log = Insider::new(&mut scene, STAFF);
    let (circle, before) = (log.circle(Purpose::Log).id, log.place(log.circle(Purpose::Log)).counter);
    scene.relay.withholds(CONTROLLER, move |item| match item {
        FeedItem::Chunk { chunk, .. } => {
            let header = tvaers_core::wire::chunk::ParsedChunk::from_bytes(chunk).unwrap().header;
            header.circle == circle && header.counter == before - 1
        }
        _ => false,
    });
    scene.sync(CONTROLLER);
    scene.writes(STAFF, "Og igen", &[CASEWORKER]);
    scene.sync(STAFF);
    scene.sync(CONTROLLER);
    assert_eq!(of_staff(&scene, scene.now).missing, 1);
    assert!(!scene.devices[CONTROLLER].doubts().unwrap().is_empty(), "the chain of chunks says the same");
}

#[test]
fn a_device_that_says_nothing_shows_and_one_that_lies_idle_gives_a_sign() {
    let mut scene = hostile();
    let heard = of_staff(&scene, scene.now);
    assert!(heard.received_at.is_some() && heard.until.is_some(), "it has said that it has nothing to say");
    let last = heard.received_at.unwrap();
    assert!(!of_staff(&scene, last + SILENT).silent);
    assert!(of_staff(&scene, last + SILENT + 1).silent);
    // The others are in contact a week later, without having done anything.
    scene.now += SILENT / 2;
    let before = of_staff(&scene, scene.now).until;
    scene.meet();
    assert!(of_staff(&scene, scene.now).until > before);
    assert_eq!(reads(&scene.devices[CONTROLLER]), []);
    scene.now += GATHER;
    let before = of_staff(&scene, scene.now).until;
    scene.meet();
    assert_eq!(of_staff(&scene, scene.now).until, before, "not at every contact");
}

#[test]
fn a_device_that_was_never_in_contact_is_said_to_have_sent_nothing() {
    let scene = hostile::Scene::strangers(2);
    let devices = scene.devices[0].logging_devices(scene.now).unwrap();
    let other = devices.iter().find(|one| one.person == scene.devices[1].person()).unwrap();
    assert!(other.silent && other.received_at.is_none());
}

#[test]
fn what_was_done_before_there_were_log_controllers_reaches_them() {
    let mut scene = hostile::Scene::new(3);
    let note = scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    scene.meet();
    opens(&scene.devices[CASEWORKER], &note, scene.now);
    scene.meet();
    assert_eq!(reads(&scene.devices[CASEWORKER]).len(), 1, "it is in the person's own circle");
    assert_eq!(reads(&scene.devices[2]), []);
    let directory = scene.names_log_control(2, 2);
    scene.brings(&directory, &[0, 1, 2]);
    scene.states(&directory);
    scene.meet();
    scene.meet();
    let seen: Vec<_> = reads(&scene.devices[2]).iter().map(|row| (row.person, row.record)).collect();
    assert_eq!(seen, [(scene.devices[CASEWORKER].person(), Some(note))]);
    let devices = scene.devices[2].logging_devices(scene.now).unwrap();
    assert!(devices.iter().all(|one| one.missing == 0 && one.twice == 0), "each part once: {devices:?}");
}

#[test]
fn a_person_cannot_take_the_controllers_out_of_their_log() {
    let mut scene = hostile();
    scene.writes(STAFF, "Sad under bordet", &[CASEWORKER]);
    scene.meet();
    let staff = Insider::new(&mut scene, STAFF);
    let log = staff.circle(Purpose::Log);
    let team = Member::Team(scene.town.teams[CONTROLLER]);
    assert!(log.log.members.contains_key(&team));
    let changes = vec![Change::Remove { member: team, cuts: Vec::new() }];
    let entry = tvaers_core::wire::entry::EntryPublic { changes, ..staff.blank_entry(log) };
    let entry = staff.sign_entry(&entry, None);
    let answers = scene.push(STAFF, vec![PushItem::Entry { entry: entry.into(), wraps: Vec::new(), stamp: None }]);
    let refused = |answer: &Pushed| matches!(answer, Pushed::Refused { reason: Refused::NotAllowed, .. });
    assert!(answers.iter().all(refused), "{answers:?}");
}

#[test]
fn the_kinds_of_what_was_read_are_told_and_its_words_are_not() {
    let mut scene = scene();
    let note = scene.writes(STAFF, "HEMMELIGT under bordet", &[CASEWORKER]);
    scene.meet();
    opens(&scene.devices[CASEWORKER], &note, 1_000);
    scene.meet();
    let seen = reads(&scene.devices[CONTROLLER]);
    assert_eq!(seen.iter().map(|row| row.kind).collect::<Vec<_>>(), [Some(tvaers_core::kinds::Kind::Observation)]);
    let found = scene.devices[CONTROLLER].search("hemmeligt", 9, &Moment::new(1, &mut rng::system())).unwrap();
    assert_eq!(found, []);
    let named = scene.devices[CONTROLLER].search("prøve", 9, &Moment::new(1, &mut rng::system())).unwrap();
    assert_eq!(named, [], "nor is a child found by its name in the log");
}
