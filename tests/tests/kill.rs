//! `kill -9` of relay and devices under load: nothing that was said to be saved or acknowledged is lost.
//!
//! `TVAERS_KILL_ROUNDS` sets how often something is killed (10 unless set), `TVAERS_SEED` who and when.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests; their helpers are not recognised as such here")]

use std::path::Path;

use tvaers_tests::faults::people::People;
use tvaers_tests::kill::verdict::{Told, judge};
use tvaers_tests::kill::{Options, run};

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

#[test]
fn what_a_child_says_is_told_apart() {
    let mut told = Told::default();
    assert_eq!(told.hear("done 3"), Some(3));
    for garbage in ["", "done", "done x", "saved", "saved x y", "saved 1", "leaving", "{\"listening\":\"\"}"] {
        assert_eq!(told.hear(garbage), None, "{garbage}");
    }
    assert!(told.saved.is_empty() && told.acknowledged.is_empty());
}
