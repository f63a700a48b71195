//! What was acknowledged survives a power cut and failing disks; and the machinery that says so can find a loss.
//!
//! `TVAERS_IMAGES` sets how many crash images are opened (2,000 of the bare store and 400 each of phone and relay unless
//! set), `TVAERS_SEED` which; `TVAERS_FAULT_STEP=1` makes every single call fail instead of a sample.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests; their helpers are not recognised as such here")]

use std::path::Path;

use tvaers_tests::faults::device::Phone;
use tvaers_tests::faults::erase::Erase;
use tvaers_tests::faults::relay_data::{BusyRelay, DEVICES};
use tvaers_tests::faults::store_rows::StoreRows;
use tvaers_tests::faults::trace::Op;
use tvaers_tests::faults::{Fail, Run, Shim, Subject, images, record, record_from};

const ROWS: usize = 60;

fn subject() -> StoreRows {
    StoreRows { program: env!("CARGO_BIN_EXE_tvaers-fault-child").into(), rows: ROWS as u32 }
}

fn shim() -> Shim {
    Shim::build(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
}

fn option(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

fn acknowledged_in_full(run: &Run) {
    assert!(run.output.status.success(), "{}", String::from_utf8_lossy(&run.output.stderr));
    assert_eq!(run.trace.marks().len(), ROWS);
}

#[test]
fn nothing_acknowledged_is_lost_in_a_power_cut() {
    let (subject, count) = (subject(), option("TVAERS_IMAGES", 2000));
    let run = record(&subject, &shim()).unwrap();
    acknowledged_in_full(&run);
    let report = images::check(&subject, &run.trace, count, option("TVAERS_SEED", 1) as u64).unwrap();
    println!("{} images, {} acknowledgements checked", report.images, report.acknowledged);
    assert_eq!(report.images, count);
    assert!(report.acknowledged > count * ROWS / 4, "too little was acknowledged to be lost");
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
}

#[test]
fn any_one_kind_of_flush_left_out_is_found() {
    let subject = subject();
    for suffix in ["-wal", ".db", ".db.new", ".head.new", "/"] {
        let run = record(&subject, &shim().without_flush_of(suffix)).unwrap();
        acknowledged_in_full(&run);
        let report = images::check(&subject, &run.trace, 400, 1).unwrap();
        println!(
            "without flushes of {suffix}: {} of {} images fail, {:?}",
            report.failed,
            report.images,
            report.failures.first()
        );
        assert!(report.failed > 0, "flushes of {suffix} could be left out and nobody would notice");
    }
}

#[test]
fn a_power_cut_during_recovery_loses_nothing_either() {
    let subject = subject();
    let first = record(&subject, &shim()).unwrap();
    let mut opened = 0;
    for number in 0..option("TVAERS_IMAGES", 2000) / 100 {
        let image = tempfile::tempdir().unwrap();
        let cut = images::build(&first.trace, 2, number, image.path()).unwrap();
        let acknowledged = first.trace.marks_before(cut);
        let second = record_from(&subject, &shim(), image.path(), &acknowledged).unwrap();
        assert!(second.output.status.success(), "image {number}: {}", String::from_utf8_lossy(&second.output.stderr));
        // Only its beginning is recovery; the cuts beyond it test the same as the first run's.
        let mut trace = second.trace;
        let saved = |op: &Op| matches!(op, Op::Mark { .. });
        let end = (trace.start..trace.ops.len()).find(|at| saved(&trace.ops[*at])).unwrap();
        trace.ops.truncate(end + 1);
        let report = images::check(&subject, &trace, 50, number as u64).unwrap();
        assert_eq!(report.failed, 0, "image {number}: {:#?}", report.failures);
        opened += report.images;
    }
    println!("{opened} images of recoveries");
}

#[test]
fn an_image_is_the_same_for_the_same_seed() {
    let run = record(&subject(), &shim()).unwrap();
    let tree = |seed| {
        let dir = tempfile::tempdir().unwrap();
        let cut = images::build(&run.trace, seed, 7, dir.path()).unwrap();
        let store = dir.path().join("store");
        let mut files: Vec<_> = std::fs::read_dir(store)
            .map(|all| all.map(|entry| entry.unwrap().path()).map(|path| std::fs::read(path).unwrap()).collect())
            .unwrap_or_default();
        files.sort();
        (cut, files)
    };
    assert_eq!(tree(1), tree(1));
    assert_ne!(tree(1), tree(2));
}

/// Every n-th call of a kind fails, once and for ever: nothing acknowledged is lost when the program is started again, nor
/// after a power cut at any moment, and the program never panics.
fn every_call_fails(kind: &'static str, errno: i32) {
    let subject = subject();
    let calls = record(&subject, &shim()).unwrap().trace.count(kind);
    assert!(calls > 0);
    // All calls near the start, where most paths are, then every tenth write: the pattern repeats row by row.
    let step = option("TVAERS_FAULT_STEP", if kind == "sync" { 1 } else { 10 });
    let mut hit = 0;
    for nth in (1..=calls).filter(|nth| *nth <= 40 || nth % step == 0) {
        for for_ever in [false, true] {
            let fail = Fail { kind, nth, errno, for_ever };
            let run = record(&subject, &shim().failing(fail)).unwrap();
            let errors = String::from_utf8_lossy(&run.output.stderr);
            assert!(run.output.status.code().is_some() && !errors.contains("panicked"), "{fail:?}: {errors}");
            let marks = run.trace.marks();
            hit += usize::from(marks.len() < ROWS);
            assert!(
                for_ever || marks.len() + 1 >= ROWS || nth < 40,
                "{fail:?}: one failure cost {} rows",
                ROWS - marks.len()
            );
            subject.check(&run.dir(), &marks).unwrap_or_else(|why| panic!("{fail:?}: {why}"));
            let report = images::check(&subject, &run.trace, 8, nth as u64).unwrap();
            assert_eq!(report.failed, 0, "{fail:?}: {:#?}", report.failures);
        }
    }
    assert!(hit > 0 || !["write", "sync"].contains(&kind), "no failure was ever felt");
}

#[test]
fn a_write_that_fails_is_never_acknowledged() {
    every_call_fails("write", 5);
}

#[test]
fn a_flush_that_fails_is_never_acknowledged() {
    every_call_fails("sync", 5);
}

#[test]
fn a_disk_that_fills_up_at_any_call_loses_nothing() {
    every_call_fails("write", 28);
}

#[test]
fn names_and_lengths_that_cannot_be_changed_lose_nothing() {
    for kind in ["truncate", "open", "rename", "unlink"] {
        every_call_fails(kind, 5);
    }
}

const NOTES: u32 = 24;

fn program() -> std::path::PathBuf {
    env!("CARGO_BIN_EXE_tvaers-fault-child").into()
}

/// Runs a subject that begins with what is in `start`.
fn run(subject: &dyn Subject, shim: &Shim, start: Option<&Path>) -> Run {
    match start {
        Some(start) => record_from(subject, shim, start, &[]).unwrap(),
        None => record(subject, shim).unwrap(),
    }
}

fn count_of(run: &Run, word: &str) -> usize {
    run.trace.marks().iter().filter(|mark| mark.starts_with(word)).count()
}

/// What the program says it still has to send, per device and phase.
fn waiting(run: &Run) -> Vec<String> {
    let output = String::from_utf8_lossy(&run.output.stdout);
    output.lines().filter_map(|line| line.strip_suffix(" wait").map(str::to_owned)).collect()
}

fn ended_well(run: &Run, what: &str) {
    let errors = String::from_utf8_lossy(&run.output.stderr);
    assert!(run.output.status.success() && !errors.contains("panicked"), "{what}: {}: {errors}", run.output.status);
}

/// Nothing is lost in many power cuts during one run; and each kind of flush is needed for that.
fn survives_power_cuts(subject: &dyn Subject, start: Option<&Path>, suffixes: &[&str]) {
    let (count, seed) = (option("TVAERS_IMAGES", 400), option("TVAERS_SEED", 1) as u64);
    let whole = run(subject, &shim(), start);
    ended_well(&whole, "without a fault");
    assert!(waiting(&whole).iter().all(|waiting| waiting == "0"), "{:?}", waiting(&whole));
    subject.check(&whole.dir(), &whole.trace.marks()).unwrap();
    let begun = std::time::Instant::now();
    let report = images::check(subject, &whole.trace, count, seed).unwrap();
    let speed = report.images as f64 / begun.elapsed().as_secs_f64();
    println!("{} images ({speed:.0} a second), {} acknowledgements checked", report.images, report.acknowledged);
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
    assert!(report.acknowledged > count * 10, "too little was acknowledged to be lost");
    for suffix in suffixes {
        let without = run(subject, &shim().without_flush_of(suffix), start);
        ended_well(&without, suffix);
        let report = images::check(subject, &without.trace, 400, seed).unwrap();
        let first = report.failures.first();
        println!("without flushes of {suffix}: {} of {} images fail, {first:?}", report.failed, report.images);
        assert!(report.failed > 0, "flushes of {suffix} could be left out and nobody would notice");
    }
}

/// A sample of all calls of a kind fails, once and for ever; afterwards the disk is well again.
fn survives_errors(subject: &dyn Subject, start: Option<&Path>, kind: &'static str, errno: i32) {
    let calls = run(subject, &shim(), start).trace.count(kind);
    // The first calls of a start are where most paths are. Failures stop at half of the run.
    let step = option("TVAERS_FAULT_STEP", (calls / 12).max(1));
    let mut runs = 0;
    for nth in (1..=calls / 2 + 1).filter(|nth| *nth == 2 || nth % step == 1 % step) {
        for for_ever in [false, true] {
            let fail = Fail { kind, nth, errno, for_ever };
            let run = run(subject, &shim().failing(fail), start);
            ended_well(&run, &format!("{fail:?}"));
            let marks = run.trace.marks();
            subject.check(&run.dir(), &marks).unwrap_or_else(|why| panic!("{fail:?}: {why}"));
            let report = images::check(subject, &run.trace, 6, nth as u64).unwrap();
            assert_eq!(report.failed, 0, "{fail:?}: {:#?}", report.failures);
            let last = waiting(&run).pop();
            assert_eq!(last.as_deref(), Some("0"), "{fail:?}: service has not come back");
            runs += 1;
        }
    }
    println!("{kind} {errno}: {calls} calls, {runs} runs");
}

#[test]
fn a_phone_keeps_its_word_through_power_cuts() {
    let phone = Phone::new(program(), NOTES).unwrap();
    survives_power_cuts(&phone, Some(&phone.start()), &["-wal", ".db", "/"]);
}

#[test]
fn a_relay_keeps_its_word_through_power_cuts() {
    survives_power_cuts(&BusyRelay::new(program(), NOTES).unwrap(), None, &["-wal", ".db", "/"]);
}

#[test]
fn marks_of_several_processes_stand_in_one_trace() {
    let relay = BusyRelay::new(program(), 8).unwrap();
    let run = run(&relay, &shim(), None);
    ended_well(&run, "without a fault");
    assert!(count_of(&run, "entry ") >= DEVICES && count_of(&run, "token ") > 0);
    let mut writers: Vec<&str> = run.trace.marks();
    writers.retain(|mark| mark.starts_with("chunk "));
    let mut writers: Vec<_> =
        writers.iter().filter_map(|mark| mark.split(' ').nth(2).map(|chain| &chain[..64])).collect();
    writers.sort_unstable();
    writers.dedup();
    assert_eq!(writers.len(), DEVICES, "a writer whose marks are missing");
}

#[test]
fn a_phone_keeps_its_word_on_a_failing_disk() {
    let phone = Phone::new(program(), NOTES).unwrap();
    for (kind, errno) in [("write", 5), ("sync", 5), ("write", 28), ("truncate", 5), ("open", 5), ("unlink", 5)] {
        survives_errors(&phone, Some(&phone.start()), kind, errno);
    }
}

#[test]
fn a_relay_keeps_its_word_on_a_failing_disk() {
    let relay = BusyRelay::new(program(), 12).unwrap();
    for (kind, errno) in [("write", 5), ("sync", 5), ("write", 28), ("truncate", 5), ("open", 5), ("unlink", 5)] {
        survives_errors(&relay, None, kind, errno);
    }
}

#[test]
fn a_store_that_is_erased_is_whole_or_gone_wherever_it_is_cut_off() {
    let subject = Erase { program: env!("CARGO_BIN_EXE_tvaers-fault-child").into(), rows: 12 };
    let start = tempfile::tempdir().unwrap();
    subject.prepare(start.path()).unwrap();
    let run = record_from(&subject, &shim(), start.path(), &[]).unwrap();
    assert!(run.output.status.success(), "{}", String::from_utf8_lossy(&run.output.stderr));
    assert_eq!(run.trace.marks(), ["erased"]);
    let count = option("TVAERS_IMAGES", 2000) / 4;
    let report = images::check(&subject, &run.trace, count, option("TVAERS_SEED", 1) as u64).unwrap();
    println!("{} images of an erasure, {} after it was said", report.images, report.acknowledged);
    assert!(report.acknowledged > 0 && report.acknowledged < report.images);
    assert_eq!(report.failed, 0, "{:#?}", report.failures);
    // The note must be on the disk before anything goes, and the removals before anything is said.
    for suffix in [".erased.new", "/"] {
        let run = record_from(&subject, &shim().without_flush_of(suffix), start.path(), &[]).unwrap();
        let report = images::check(&subject, &run.trace, count, 1).unwrap();
        println!("without flushes of {suffix}: {:?}", report.failures.first());
        assert!(report.failed > 0, "flushes of {suffix} could be left out and nobody would notice");
    }
    // One call that fails leaves it whole or gone, and never says more than is true.
    for (kind, errno) in [("write", 5), ("write", 28), ("sync", 5)] {
        let calls = run.trace.count(kind);
        assert!(calls > 0);
        for nth in (1..=calls).filter(|nth| *nth <= 40 || nth % 10 == 0) {
            let fail = Fail { kind, nth, errno, for_ever: false };
            let run = record_from(&subject, &shim().failing(fail), start.path(), &[]).unwrap();
            let errors = String::from_utf8_lossy(&run.output.stderr);
            assert!(run.output.status.code().is_some() && !errors.contains("panicked"), "{fail:?}: {errors}");
            subject.check(&run.dir(), &run.trace.marks()).unwrap_or_else(|why| panic!("{fail:?}: {why}"));
        }
    }
}
