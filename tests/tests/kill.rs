//! `kill -9` of relay and devices under load: nothing that was said to be saved or acknowledged is lost.
//!
//! `TVAERS_KILL_ROUNDS` sets how often something is killed (10 unless set), `TVAERS_SEED` who and when.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests; their helpers are not recognised as such here")]

use std::path::Path;

use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_tests::faults::contact::Line;
use tvaers_tests::faults::people::{self, People, START, open_device};
use tvaers_tests::kill::verdict::{Told, judge};
use tvaers_tests::kill::{Options, run};
use tvaers_tests::relay::RunningRelay;

fn option(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[test]
fn nothing_said_to_be_saved_is_lost_to_a_kill() {
    let (rounds, seed) = (option("TVAERS_KILL_ROUNDS", 10), option("TVAERS_SEED", 1).into());
    let verdict = run(Path::new(env!("CARGO_BIN_EXE_tvaers-kill-loop")), Options { rounds, seed, devices: 4 }).unwrap();
    println!("{verdict}");
    assert_eq!(verdict.failures, Vec::<String>::new(), "again with: tvaers-kill-loop --rounds {rounds} --seed {seed}");
    assert!(verdict.saved > 0 && verdict.acknowledged > 0, "nothing was at stake");
    assert_eq!(verdict.kills.iter().sum::<u32>(), rounds);
}

#[test]
fn a_note_or_a_chunk_that_is_missing_is_found() {
    let lost = |told: &Told| judge(&People::acquainted(3).unwrap(), told).unwrap().lost;
    let before = lost(&Told::default());
    let (id, installation) = ("cd".repeat(32), "ef".repeat(48));
    for line in [format!("saved 7 {id}"), format!("acked chunk {id} {installation} 1 {id}")] {
        let mut told = Told::default();
        assert_eq!(told.hear(&line), None);
        assert_eq!(lost(&told), before + 1, "{line}");
    }
}

/// A kill between the relay's answer and the crossing off, twice: the second receipt has replaced the first at the relay.
#[test]
fn a_receipt_whose_answer_was_lost_does_not_stay_in_the_outbox() {
    let people = People::acquainted(2).unwrap();
    let relay = RunningRelay::start(&people.relay(), 0, people.authority);
    let (device, line) = (open_device(&people.device(0).join("store")).unwrap(), Line::to(&relay.url()).unwrap());
    let rng = &mut rng::system();
    // Two more notes about the same child, so that their receipts travel in one circle.
    let colleague = open_device(&people.device(1).join("store")).unwrap();
    for number in [4, 8] {
        people::write(&colleague, number, people.persons[0]).unwrap();
    }
    line.contact(&colleague, START, &mut |_| Ok(())).unwrap();
    let line = Line::to(&relay.url()).unwrap();
    // Everything the device has to say has been said, and the session is open.
    line.contact(&device, START, &mut |_| Ok(())).unwrap();
    let about = people::note(4).about.unwrap().id;
    let notes: Vec<_> = device.inbox(10).unwrap().into_iter().filter(|row| row.child == Some(about)).collect();
    for note in &notes[..2] {
        assert!(device.mark_read(&note.record, &Moment::new(START, rng)).unwrap());
        assert!(device.write_receipts().unwrap() > 0);
        line.unheard(device.next_push(&mut Moment::new(START, rng)).unwrap().unwrap().request).unwrap();
    }
    assert!(device.outbox().unwrap().0 >= 2);
    for later in 1..3 {
        line.contact(&device, START + later * 1_000_000, &mut |_| Ok(())).unwrap();
    }
    assert_eq!(device.outbox().unwrap(), (0, None));
}

#[test]
fn what_a_child_says_is_told_apart() {
    let mut told = Told::default();
    assert_eq!(told.hear("done 3"), Some(3));
    for garbage in ["", "done", "done x", "saved", "saved x y", "saved 1", "leaving", "{\"listening\":\"\"}"] {
        assert_eq!(told.hear(garbage), None, "{garbage}");
    }
    assert!(told.saved.is_empty() && told.acknowledged.is_empty());
}
