//! The machinery itself: what was flushed is always there, what was not may be gone in every way a disk can lose it.

use std::collections::BTreeSet;
use std::fs;

use super::images::build;
use super::trace::{Op, Trace, prelude};

fn create(name: &str, file: usize) -> Op {
    Op::Create { name: name.into(), file }
}

fn write(file: usize, offset: u64, byte: u8, len: usize) -> Op {
    Op::Write { file, offset, data: vec![byte; len] }
}

fn sync_dir() -> Op {
    Op::SyncDir { name: String::new() }
}

/// The content of `name` in many images cut at the very end; `None` where it is missing.
fn outcomes(ops: Vec<Op>, name: &str) -> BTreeSet<Option<Vec<u8>>> {
    let end = ops.len();
    let trace = Trace { ops, start: end };
    (0..400)
        .map(|number| {
            let dir = tempfile::tempdir().unwrap();
            build(&trace, 1, number, dir.path()).unwrap();
            fs::read(dir.path().join(name)).ok()
        })
        .collect()
}

#[test]
fn what_was_flushed_is_always_there() {
    let ops = vec![create("a", 0), write(0, 0, 1, 2000), Op::Sync { file: 0 }, sync_dir()];
    assert_eq!(outcomes(ops, "a"), BTreeSet::from([Some(vec![1; 2000])]));
}

#[test]
fn what_was_not_flushed_is_lost_whole_torn_zeroed_and_kept() {
    let ops = vec![create("a", 0), write(0, 0, 1, 1024), Op::Sync { file: 0 }, sync_dir(), write(0, 0, 2, 1024)];
    let found = outcomes(ops, "a");
    let halves = |first, second| Some([vec![first; 512], vec![second; 512]].concat());
    assert_eq!(found, BTreeSet::from([halves(1, 1), halves(1, 2), halves(2, 1), halves(2, 2)]));
    let ops = vec![create("a", 0), sync_dir(), write(0, 0, 2, 1024)];
    let found = outcomes(ops, "a");
    let wanted = [Some(vec![]), Some(vec![2; 512]), halves(2, 2), halves(0, 2), halves(2, 0), halves(0, 0)];
    assert_eq!(found, BTreeSet::from(wanted));
}

#[test]
fn a_later_write_may_arrive_without_an_earlier_one() {
    let ops = vec![create("a", 0), sync_dir(), write(0, 0, 1, 512), write(0, 512, 2, 512)];
    assert!(outcomes(ops, "a").contains(&Some([vec![0; 512], vec![2; 512]].concat())));
}

#[test]
fn a_flush_does_not_save_what_an_earlier_flush_failed_to() {
    let failed = [create("a", 0), sync_dir(), write(0, 0, 1, 512), Op::SyncFailed { file: 0 }];
    let again = [failed.to_vec(), vec![Op::Sync { file: 0 }]].concat();
    assert!(outcomes(again, "a").contains(&Some(vec![])));
    let rewritten = [failed.to_vec(), vec![write(0, 0, 1, 512), Op::Sync { file: 0 }]].concat();
    assert_eq!(outcomes(rewritten, "a"), BTreeSet::from([Some(vec![1; 512])]));
}

#[test]
fn a_flush_of_the_file_does_not_save_its_name_nor_the_other_way_round() {
    let named = vec![create("a", 0), write(0, 0, 1, 512), sync_dir()];
    assert!(outcomes(named, "a").contains(&Some(vec![])));
    let flushed = vec![create("a", 0), write(0, 0, 1, 512), Op::Sync { file: 0 }];
    assert_eq!(outcomes(flushed, "a"), BTreeSet::from([None, Some(vec![1; 512])]));
}

#[test]
fn an_unflushed_rename_leaves_the_old_or_the_new_never_neither() {
    let old = [create("a", 0), write(0, 0, 1, 10), Op::Sync { file: 0 }];
    let new = [create("b", 1), write(1, 0, 2, 10), Op::Sync { file: 1 }, sync_dir()];
    let rename = Op::Rename { from: "b".into(), to: "a".into() };
    let ops = [&old[..], &new[..], &[rename]].concat();
    assert_eq!(outcomes(ops, "a"), BTreeSet::from([Some(vec![1; 10]), Some(vec![2; 10])]));
}

#[test]
fn a_removed_file_may_come_back_and_a_new_length_may_be_lost() {
    let old = [create("a", 0), write(0, 0, 1, 10), Op::Sync { file: 0 }, sync_dir()];
    let removed = [&old[..], &[Op::Unlink { name: "a".into() }]].concat();
    assert_eq!(outcomes(removed, "a"), BTreeSet::from([None, Some(vec![1; 10])]));
    let cut = [&old[..], &[Op::Truncate { file: 0, len: 0 }]].concat();
    assert_eq!(outcomes(cut, "a"), BTreeSet::from([Some(vec![]), Some(vec![1; 10])]));
}

#[test]
fn a_trace_that_is_cut_short_or_does_not_fit_is_refused() {
    let open = [&[1u8, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0][..], b"a"].concat();
    assert_eq!(Trace::parse(vec![], &open).unwrap().ops, [create("a", 0)]);
    for len in 1..open.len() {
        assert!(Trace::parse(vec![], &open[..len]).is_err());
    }
    let mut existing = open.clone();
    existing[16] = 0;
    assert!(Trace::parse(vec![], &existing).is_err(), "a file nobody created");
    let mut stray = open;
    stray[0] = 3;
    assert!(Trace::parse(vec![], &stray).is_err(), "a flush of a handle nobody opened");
}

#[test]
fn a_directory_becomes_a_trace_that_makes_it_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("inner")).unwrap();
    fs::write(dir.path().join("inner/a"), "abc").unwrap();
    fs::write(dir.path().join("inner/a-shm"), "index").unwrap();
    let ops = prelude(dir.path(), &["7"]).unwrap();
    let trace = Trace::parse(ops, &[]).unwrap();
    assert_eq!((trace.marks(), trace.count("write")), (vec!["7"], 0));
    assert_eq!(outcomes(trace.ops, "inner/a"), BTreeSet::from([Some(b"abc".to_vec())]));
}
