//! Who is taken out of a case reads nothing written after it, whatever the relay does; what was written before stays readable
//! for those who stay and those who come.

use tvaers_core::audience::Audience;
use tvaers_core::client::{Device, Request};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::view::Delivery;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::RecordId;
use tvaers_core::wire::message::{Challenge, TOKEN_START};
use tvaers_tests::relay::RunningRelay;
use tvaers_tests::town::{Town, child, observation};

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Three persons, each alone in a unit, and a relay. The first founds the case of child 1 and manages it.
struct Scene {
    devices: Vec<Device>,
    relay: RunningRelay,
    _dir: tempfile::TempDir,
    now: i64,
}

impl Scene {
    fn new() -> Self {
        let rng = &mut rng::system();
        let mut town = Town::new(&[0, 1, 2], rng);
        let dir = tempfile::tempdir().unwrap();
        let relay = RunningRelay::start(dir.path(), 0, town.authority());
        let stores = (0..3).map(|person| (person, Store::in_memory().unwrap())).collect();
        let devices = town.enrol(stores, &relay.url(), rng);
        let mut scene = Self { devices, relay, _dir: dir, now: 10 };
        scene.meet();
        scene
    }

    fn sync(&mut self, device: usize) {
        let relay = Relay::new(&self.relay.url()).unwrap();
        let contacted = block(sync_once(&self.devices[device], &relay, &mut rng::system())).unwrap();
        assert_eq!(contacted.failed, None);
    }

    fn meet(&mut self) {
        for _ in 0..3 {
            (0..self.devices.len()).for_each(|device| self.sync(device));
        }
    }

    fn person(&self, device: usize) -> Member {
        Member::Person(self.devices[device].person())
    }

    fn writes(&mut self, device: usize, text: &str, others: &[usize]) -> RecordId {
        self.now += 1;
        let audience = Audience::Case(others.iter().map(|other| self.person(*other)).collect());
        let note = observation(&child(1), text, self.now);
        self.devices[device].submit(&note, &[audience], &mut Moment::new(self.now, &mut rng::system())).unwrap()
    }

    fn reads(&self, device: usize, note: &RecordId) -> bool {
        self.devices[device].envelope(note).is_ok()
    }

    /// Every page that the relay has for a device.
    fn pages(&self, device: usize) -> Vec<Vec<u8>> {
        let relay = Relay::new(&self.relay.url()).unwrap();
        block(async {
            let challenge = Challenge::from_bytes(&relay.call(&Request::Challenge).await.unwrap()).unwrap();
            let session = self.devices[device].session_request(&challenge).to_bytes();
            relay.call(&Request::Session(session)).await.unwrap();
            let pull = Request::Pull { after: TOKEN_START, seen: TOKEN_START, wait: false };
            vec![relay.call(&pull).await.unwrap()]
        })
    }
}

#[test]
fn who_is_removed_reads_nothing_that_is_written_after_even_with_the_relays_help() {
    let mut scene = Scene::new();
    let before = scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    assert!(scene.reads(1, &before) && scene.reads(2, &before));
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "Arbejder her ikke mere").unwrap();
    scene.meet();
    let after = scene.writes(0, "Efter", &[2]);
    let late = scene.writes(2, "Også efter", &[0]);
    scene.meet();
    assert!(scene.reads(2, &after) && scene.reads(0, &late), "those who stay read on");
    assert!(!scene.reads(1, &after) && !scene.reads(1, &late));
    assert!(scene.reads(1, &before), "what was read is kept");
    // A relay that hands everything to the one who was removed hands over nothing that opens.
    for page in scene.pages(2) {
        scene.devices[1].absorb_page(&page, scene.now).unwrap();
        scene.devices[1].process().unwrap();
    }
    assert!(!scene.reads(1, &after) && !scene.reads(1, &late));
}

#[test]
fn what_was_written_before_a_removal_is_read_by_who_comes_after_it() {
    let mut scene = Scene::new();
    let first = scene.writes(0, "Den første", &[1]);
    scene.meet();
    let theirs = scene.writes(1, "Fra den, der går", &[0]);
    scene.meet();
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "Skiftet stilling").unwrap();
    scene.meet();
    let second = scene.writes(0, "Den næste", &[2]);
    scene.meet();
    for (what, note) in [("the first", first), ("theirs", theirs), ("the second", second)] {
        assert!(scene.reads(2, &note), "the newcomer reads the whole case: {what}");
        assert!(scene.reads(0, &note), "{what}");
    }
    assert!(!scene.reads(1, &second));
}

#[test]
fn a_note_that_waited_on_a_phone_while_the_key_changed_arrives() {
    let mut scene = Scene::new();
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let waiting = scene.writes(2, "Skrevet uden net", &[0]);
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "").unwrap();
    scene.sync(0);
    scene.sync(0);
    scene.meet();
    assert!(scene.reads(0, &waiting) && !scene.reads(1, &waiting));
    assert_eq!(scene.devices[2].delivery(&waiting).unwrap().0, Delivery::Received);
}

#[test]
fn nothing_of_a_removed_colleague_that_was_acknowledged_is_lost() {
    let mut scene = Scene::new();
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    // Acknowledged, and not seen by the one who removes.
    let unseen = scene.writes(1, "Sidste note", &[0, 2]);
    scene.sync(1);
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "").unwrap();
    scene.meet();
    assert!(scene.reads(0, &unseen) && scene.reads(2, &unseen));
    let too_late = scene.writes(1, "For sent", &[]);
    scene.meet();
    assert!(scene.reads(1, &too_late), "it stays with its author");
    assert!(!scene.reads(2, &too_late));
}

#[test]
fn what_waited_on_the_phone_of_who_was_removed_goes_to_its_readers_another_way() {
    let mut scene = Scene::new();
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    // Without a network: sealed for a case that its writer is no longer in when there is one again.
    let waiting = scene.writes(1, "Skrevet i skoven", &[0, 2]);
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "").unwrap();
    scene.sync(0);
    scene.sync(0);
    let after = scene.writes(0, "Efter", &[2]);
    scene.meet();
    assert!(scene.reads(0, &waiting) && scene.reads(2, &waiting));
    assert_eq!(scene.devices[1].delivery(&waiting).unwrap().0, Delivery::Received);
    assert_eq!(scene.devices[1].outbox().unwrap().0, 0, "nothing waits for a circle that is closed to it");
    assert!(!scene.reads(1, &after));
    // Taken in again, the same phone goes on writing in the old case.
    let back = scene.writes(0, "Velkommen tilbage", &[1, 2]);
    scene.meet();
    let on = scene.writes(1, "Tak", &[0, 2]);
    scene.meet();
    assert!(scene.reads(1, &back) && scene.reads(0, &on) && scene.reads(2, &on));
    assert_eq!(scene.devices[1].outbox().unwrap().0, 0);
}

#[test]
fn only_who_manages_a_case_takes_somebody_out_of_it() {
    let mut scene = Scene::new();
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    assert!(scene.devices[2].remove_from_case(&child(1).id, scene.person(1), "").is_err());
    assert!(scene.devices[0].remove_from_case(&child(2).id, scene.person(1), "").is_err(), "there is no such case");
    let note = scene.writes(0, "Efter", &[1, 2]);
    scene.meet();
    assert!(scene.reads(1, &note));
}
