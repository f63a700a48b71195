//! A relay that was put back, between a loss and what was done before it: what it had acknowledged is read by everybody in the end,
//! and who cannot go on where they were goes on elsewhere.

use tvaers_core::circle::Purpose;
use tvaers_core::client::Request;
use tvaers_core::directory::device_code;
use tvaers_core::view::Delivery;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{ParsedEntry, Subject};
use tvaers_core::wire::ids::{DeviceId, RecordId};
use tvaers_core::wire::message::{FeedItem, Page, TOKEN_START};
use tvaers_tests::hostile::{Circle, Insider, Scene};
use tvaers_tests::town::child;

const ANNA: usize = 0;
const BO: usize = 1;
const CARL: usize = 2;
const DORA: usize = 3;
const EVA: usize = 4;
const FINN: usize = 5;

/// Carl's note in a case of all but Finn, which Dora has not had yet; then Bo's phone is lost, and Anna has drawn a key. The relay
/// forgets all of it, and takes the note from Bo's phone, under a key which that has drawn.
fn note_that_comes_back_under_a_thiefs_key(scene: &mut Scene) -> [RecordId; 2] {
    let first = scene.writes(ANNA, "Før", &[BO, CARL, DORA, EVA]);
    scene.meet();
    let backup = scene.relay.snapshot();
    let note = scene.writes(CARL, "Carls note", &[ANNA, BO, DORA, EVA]);
    for device in [CARL, BO, ANNA, BO, ANNA] {
        scene.sync(device);
    }
    scene.loses(BO, CARL);
    scene.sync(ANNA);
    scene.writes(ANNA, "Efter tabet", &[BO, CARL, DORA, EVA]);
    scene.sync(ANNA);
    assert_eq!(cases(scene, ANNA), 1, "the note goes where the others are, though the key is new");
    scene.relay.restore(backup);
    scene.loses(EVA, CARL);
    for _ in 0..3 {
        scene.sync(BO);
    }
    [first, note]
}

/// How many cases a device has keys for.
fn cases(scene: &mut Scene, device: usize) -> usize {
    let of_child = |circle: &&Circle| circle.purpose() == Some(Purpose::Case(child(1).id));
    Insider::new(scene, device).circles.iter().filter(of_child).count()
}

fn is_key_of(item: &FeedItem, device: &DeviceId) -> bool {
    let FeedItem::Entry { entry, .. } = item else { return false };
    let public = ParsedEntry::from_bytes(entry).unwrap().public;
    public.circle.is_some() && public.epoch.is_some() && public.device == *device
}

/// The relay shows Anna what Bo's phone has drawn, and no wrap of it.
fn keeps_bos_key_from_anna(scene: &mut Scene) {
    let bo = scene.devices[BO].installation().device;
    scene.relay.shows(ANNA, move |page| {
        for item in page.iter_mut().filter(|item| is_key_of(item, &bo)) {
            if let FeedItem::Entry { wraps, .. } = item {
                wraps.clear();
            }
        }
    });
}

#[test]
fn a_note_that_came_back_under_a_key_that_is_void_is_read_by_everybody() {
    let mut scene = Scene::new(6);
    let [first, note] = note_that_comes_back_under_a_thiefs_key(&mut scene);
    for device in [ANNA, ANNA, DORA, DORA] {
        scene.sync(device);
    }
    let log = &Insider::new(&mut scene, ANNA).case().log.clone();
    let bo = scene.devices[BO].installation().device;
    assert!(log.epochs.iter().any(|epoch| epoch.drawn_by == bo) && log.epoch().unwrap().history.len() == 2);
    assert!(scene.reads(DORA, &note), "who had not had it");
    // Nobody wrapped the void key for Finn.
    scene.lets_in(ANNA, &first, FINN);
    for device in [ANNA, FINN, CARL, ANNA, FINN, DORA, CARL] {
        scene.sync(device);
    }
    assert!(scene.reads(FINN, &note), "who came after");
    assert_eq!(scene.devices[CARL].delivery(&note).unwrap().0, Delivery::Received);
    for device in [ANNA, CARL, DORA, FINN] {
        assert_eq!(scene.aside(device), Vec::<String>::new());
    }
}

#[test]
fn who_was_given_a_void_key_reads_with_it_though_the_one_who_united_the_heads_was_not() {
    let mut scene = Scene::new(6);
    let [_, note] = note_that_comes_back_under_a_thiefs_key(&mut scene);
    keeps_bos_key_from_anna(&mut scene);
    for device in [ANNA, ANNA, DORA, DORA] {
        scene.sync(device);
    }
    let log = &Insider::new(&mut scene, ANNA).case().log.clone();
    assert_eq!(log.epoch().unwrap().history.iter().filter(|sealed| sealed.is_empty()).count(), 1);
    assert!(scene.reads(DORA, &note));
}

#[test]
fn what_came_in_a_box_under_a_key_that_nobody_will_find_gets_another() {
    let mut scene = Scene::new(6);
    let [first, note] = note_that_comes_back_under_a_thiefs_key(&mut scene);
    keeps_bos_key_from_anna(&mut scene);
    for device in [ANNA, ANNA] {
        scene.sync(device);
    }
    // Nobody wrapped the thief's key for Finn, and Anna could not seal it under the new one.
    scene.lets_in(ANNA, &first, FINN);
    for device in [ANNA, FINN, ANNA, FINN] {
        scene.sync(device);
    }
    assert!(scene.reads(FINN, &note));
}

/// Bo's phone is lost, and cut off before it had written a word; the relay forgets both, and takes from it.
#[test]
fn an_edit_that_stands_on_one_of_a_lost_phone_is_shown_once_that_is_cut_off() {
    let mut scene = Scene::new(4);
    let draft = scene.drafts(ANNA, "Anna", &[BO, CARL]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.loses(BO, DORA);
    scene.writes(CARL, "Efter tabet", &[ANNA, BO]);
    scene.sync(CARL);
    scene.relay.restore(backup);
    scene.appends(BO, &draft, ", Bo");
    for device in [BO, ANNA] {
        scene.sync(device);
    }
    scene.appends(ANNA, &draft, ", Anna igen");
    for device in [ANNA, CARL, ANNA, CARL, ANNA] {
        scene.sync(device);
    }
    let log = &Insider::new(&mut scene, CARL).case().log.clone();
    assert!(log.cut_off.contains_key(&scene.devices[BO].installation().device), "Carl has brought it back");
    assert_eq!(scene.says(CARL, &draft), "Anna, Bo, Anna igen");
    assert_eq!(scene.devices[ANNA].delivery(&draft).unwrap().0, Delivery::Received);
}

/// The same, of an edit that has not left the phone of somebody who had not written in the record.
#[test]
fn an_unsent_edit_that_stands_on_one_of_a_lost_phone_is_shown_too() {
    let mut scene = Scene::new(5);
    let draft = scene.drafts(ANNA, "Anna", &[BO, CARL, DORA]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.loses(BO, EVA);
    scene.writes(CARL, "Efter tabet", &[ANNA, BO, DORA]);
    scene.sync(CARL);
    scene.relay.restore(backup);
    scene.appends(BO, &draft, ", Bo");
    for device in [BO, DORA] {
        scene.sync(device);
    }
    scene.appends(DORA, &draft, ", Dora");
    let after = scene.writes(DORA, "Efter", &[ANNA, BO, CARL]);
    for device in [CARL, DORA, CARL, DORA, CARL, DORA] {
        scene.sync(device);
    }
    assert_eq!(scene.says(CARL, &draft), "Anna, Bo, Dora");
    for record in [&draft, &after] {
        assert_eq!(scene.devices[DORA].delivery(record).unwrap().0, Delivery::Received);
    }
}

/// Anna has let Carl into a case with Bo, who has not heard of it; then her phone is lost, and the relay forgets that and more.
#[test]
fn who_was_let_in_by_a_phone_that_is_lost_is_in_again_though_nobody_else_has_heard_of_it() {
    let mut scene = Scene::new(4);
    let first = scene.writes(ANNA, "Før", &[BO]);
    scene.meet();
    let backup = scene.relay.snapshot();
    scene.lets_in(ANNA, &first, CARL);
    for device in [ANNA, CARL, ANNA, CARL] {
        scene.sync(device);
    }
    let note = scene.writes(CARL, "Carls note", &[ANNA, BO]);
    scene.sync(CARL);
    let case = Insider::new(&mut scene, CARL).case().id;
    scene.relay.restore(backup);
    let anna = scene.loses(ANNA, DORA);
    for device in [CARL, CARL, BO] {
        scene.sync(device);
    }
    let answer = scene.writes(BO, "Bos svar", &[CARL]);
    for device in [BO, CARL, BO, CARL] {
        scene.sync(device);
    }
    let carl = scene.member(CARL);
    let of_bo = Insider::new(&mut scene, BO);
    let log = &of_bo.circles.iter().find(|circle| circle.id == case).unwrap().log;
    assert!(log.cut_off.contains_key(&anna) && log.members.contains_key(&carl), "what was done before the loss stands");
    assert!(scene.reads(BO, &note) && scene.reads(CARL, &answer));
    assert_eq!(scene.devices[CARL].delivery(&note).unwrap().0, Delivery::Received, "and Carl hears of it");
    for device in [BO, CARL] {
        assert_eq!((scene.aside(device), scene.devices[device].outbox().unwrap().0), (Vec::new(), 0));
        assert!(scene.devices[device].parted().is_empty());
    }
}

/// The relay is put back before Bo's phone had founded his circle, and the phone is lost: it takes one that his tablet founds, and Anna's phone
/// gives the first one up, with the further phone that was let in there. Put back once more it is given that one again, by Carl, who has heard
/// of no other.
#[test]
fn a_persons_circle_that_gave_way_to_another_is_in_force_again_when_the_relay_goes_on_in_it() {
    let (phone, tablet, carl) = (1, 2, 3);
    let mut scene = Scene::unmet(&[0, 1, 1, 2]);
    scene.sync(ANNA);
    scene.sync(carl);
    let backup = scene.relay.snapshot();
    let circle = |scene: &mut Scene, device| {
        let bo = Subject::Person(scene.devices[phone].person());
        let insider = Insider::new(scene, device);
        insider.circles.iter().find(|circle| circle.log.subject == bo).map(|circle| circle.id)
    };
    scene.sync(phone);
    let new = scene.joins(1, ANNA);
    scene.sync(phone);
    let id = scene.devices[new].installation().device;
    scene.devices[phone].admit(&id, &device_code(&id)).unwrap();
    for device in [phone, new, ANNA, carl] {
        scene.sync(device);
    }
    let first = circle(&mut scene, phone).unwrap();
    scene.relay.restore(backup);
    scene.loses(phone, carl);
    for device in [tablet, ANNA, ANNA] {
        scene.sync(device);
    }
    assert_ne!(circle(&mut scene, tablet).unwrap(), first);
    scene.relay.restore(backup);
    for device in [carl, ANNA, ANNA] {
        scene.sync(device);
    }
    scene.restarts(ANNA);
    let note = scene.writes(ANNA, "Til Bo", &[phone]);
    for device in [ANNA, new, ANNA, new] {
        scene.sync(device);
    }
    assert_eq!(circle(&mut scene, new).unwrap(), first);
    assert!(scene.reads(new, &note), "{:?}", scene.devices[ANNA].delivery(&note));
}

/// Anna has let Carl into her case with Bo, and loses her phone. All of it, and a note of Bo's, the relay is about to lose.
fn before_the_relay_is_lost() -> (Scene, RecordId) {
    let mut scene = Scene::new(4);
    let first = scene.writes(ANNA, "Før", &[BO]);
    scene.meet();
    scene.lets_in(ANNA, &first, CARL);
    for device in [ANNA, BO, ANNA, BO] {
        scene.sync(device);
    }
    let before = scene.writes(BO, "Sendt før", &[ANNA, CARL]);
    scene.sync(BO);
    scene.loses(ANNA, DORA);
    scene.sync(DORA);
    (scene, before)
}

fn carl_has_both(scene: &Scene, notes: [&RecordId; 2]) {
    for note in notes {
        assert!(scene.reads(CARL, note));
        assert_eq!(scene.devices[BO].delivery(note).unwrap().0, Delivery::Received);
    }
    assert_eq!(scene.devices[BO].outbox().unwrap().0, 0);
}

#[test]
fn a_relay_that_is_set_up_anew_with_its_key_gets_back_what_a_lost_phone_had_signed() {
    let (mut scene, before) = before_the_relay_is_lost();
    let key = scene.relay.set_up_anew(None);
    scene.relay.set_up_anew(Some(&key));
    let after = scene.writes(BO, "Skrevet efter", &[ANNA, CARL]);
    for device in [DORA, BO, BO, CARL, CARL, BO, CARL, BO] {
        scene.sync(device);
    }
    carl_has_both(&scene, [&before, &after]);
}

#[test]
fn without_its_key_what_stands_behind_a_lost_phones_entry_rests_and_is_shown_and_goes_once_the_key_is_put_in() {
    let (mut scene, before) = before_the_relay_is_lost();
    let key = scene.relay.set_up_anew(None);
    let after = scene.writes(BO, "Skrevet efter", &[ANNA, CARL]);
    for device in [DORA, BO, BO] {
        scene.sync(device);
    }
    let stuck = Delivery::OnThisDevice { stuck: Some("forgotten-entry".to_owned()) };
    assert_eq!(scene.devices[BO].delivery(&after).unwrap().0, stuck);
    assert_eq!(scene.pushes(BO), 0, "nothing is tried at each contact");
    scene.now += 11 * 60_000;
    assert_eq!(scene.pushes(BO), 1, "and once when it is time");
    assert_eq!(scene.devices[BO].delivery(&after).unwrap().0, stuck);
    // IT has read the note in the manual.
    scene.relay.put_key(&key);
    scene.now += 11 * 60_000;
    for device in [BO, BO, CARL, CARL, BO] {
        scene.sync(device);
    }
    carl_has_both(&scene, [&before, &after]);
}

/// Anna draws a key and loses her phone; the relay is put back, and has the entry from somebody who had no wraps of it.
#[test]
fn a_note_goes_elsewhere_if_the_key_in_force_was_drawn_by_a_lost_phone_and_nobody_who_is_left_has_it() {
    let mut scene = Scene::new(4);
    let first = scene.writes(ANNA, "Før", &[BO, CARL, DORA]);
    scene.meet();
    scene.removes(ANNA, CARL);
    for _ in 0..2 {
        scene.sync(ANNA);
    }
    for device in [BO, DORA] {
        scene.relay.shows(device, |items| {
            for item in items {
                if let FeedItem::Entry { entry, wraps, .. } = item
                    && ParsedEntry::from_bytes(entry).unwrap().public.removals().next().is_some()
                {
                    wraps.clear();
                }
            }
        });
    }
    let note = scene.writes(BO, "Efter", &[ANNA, CARL, DORA]);
    scene.sync(BO);
    scene.sync(DORA);
    scene.loses(ANNA, DORA);
    for device in [BO, DORA, BO, DORA, BO] {
        scene.sync(device);
    }
    assert!(scene.reads(DORA, &first));
    assert!(scene.reads(DORA, &note), "{:?}", scene.devices[BO].delivery(&note));
    assert_eq!(scene.devices[BO].outbox().unwrap().0, 0);
}

#[test]
fn a_relay_that_is_put_back_again_before_everything_was_read_from_it_is_asked_once_more() {
    let mut scene = Scene::new(2);
    scene.writes(ANNA, "I sagen", &[BO]);
    scene.meet();
    let first_page = scene.ask(ANNA, &Request::Pull { after: TOKEN_START, seen: TOKEN_START, wait: false }).unwrap();
    let backup = scene.relay.snapshot();
    let note = scene.writes(ANNA, "Kom alene", &[BO]);
    scene.sync(ANNA);
    let device = &scene.devices[ANNA];
    assert!(!device.is_healing().unwrap());
    // It asks where the relay stands, reads a page, and the line breaks: its token is older than what it holds.
    device.begin_healing().unwrap();
    device.end_healing().unwrap();
    let page = Page { more: true, ..Page::from_bytes(&first_page).unwrap() };
    device.absorb_page(&page.to_bytes(), scene.now).unwrap();
    scene.relay.restore(backup);
    for device in [ANNA, BO] {
        scene.sync(device);
    }
    assert!(scene.reads(BO, &note));
    assert!(!scene.devices[ANNA].is_healing().unwrap());
}
