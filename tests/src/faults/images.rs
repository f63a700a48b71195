//! The directories that a power cut could have left, and a checker for each.
//!
//! What was flushed is there. Of the rest, a seed decides for each write: there, not there, there in some of its 512-byte
//! sectors, cut after some, or as zeros of the right length. Leaving any earlier write out while a later one is kept is
//! reordering. Names (create, rename, remove) keep their order within a directory, as on a journalling file system, and an
//! unflushed tail of them is lost; flushing a file does not flush its name.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::trace::{FileId, Op, Trace};
use super::{Subject, scratch};
use crate::dice::Dice;

const SECTOR: usize = 512;

/// What was found over many images.
#[derive(Debug, Default)]
pub struct Report {
    /// How many images were built and opened.
    pub images: usize,
    /// In how many of them something acknowledged was missing, or the checker found anything else wrong.
    pub failed: usize,
    /// How many acknowledgements were checked, over all images: a check of nothing proves nothing.
    pub acknowledged: usize,
    /// The first failures, each with what builds that image again.
    pub failures: Vec<String>,
}

/// Builds `count` images of the trace and checks each. The same seed gives the same images.
///
/// # Errors
/// If an image cannot be written; what the checker finds is in the report.
pub fn check(subject: &dyn Subject, trace: &Trace, count: usize, seed: u64) -> io::Result<Report> {
    let (next, report) = (AtomicUsize::new(0), Mutex::new(Report::default()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let work = || -> io::Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                let outcome = one(subject, trace, seed, number)?;
                let mut report = report.lock().map_err(|_| io::Error::other("a checker panicked"))?;
                report.images += 1;
                report.acknowledged += outcome.acknowledged;
                if let Err(why) = outcome.result {
                    report.failed += 1;
                    if report.failures.len() < 10 {
                        report.failures.push(format!("seed {seed} image {number} cut {}: {why}", outcome.cut));
                    }
                }
            }
        };
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|handle| match handle.join() {
            Ok(result) => result,
            Err(_) => Err(io::Error::other("a checker panicked")),
        })
    })?;
    report.into_inner().map_err(|_| io::Error::other("a checker panicked"))
}

/// Writes the image with this number into `dir` and returns where it was cut.
///
/// # Errors
/// If it cannot be written.
pub fn build(trace: &Trace, seed: u64, number: usize, dir: &Path) -> io::Result<usize> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number as u64);
    let mut cut = trace.start + dice.below(trace.ops.len() - trace.start + 1);
    // Half of the cuts directly follow an acknowledgement: there, nothing later can excuse a loss.
    if dice.below(2) == 0 {
        let is_mark = |at: &usize| matches!(trace.ops[*at], Op::Mark { .. });
        cut = (trace.start..cut).rev().find(is_mark).map_or(cut, |at| at + 1);
    }
    // Some discs lose nearly everything that was not flushed, some nearly nothing.
    let kept = dice.below(101);
    write(&trace.ops[..cut], kept, &mut dice, dir)?;
    Ok(cut)
}

/// Writes everything that these operations made into `dir`.
///
/// # Errors
/// If it cannot be written.
pub fn restore(ops: &[Op], dir: &Path) -> io::Result<()> {
    write(ops, 100, &mut Dice(0), dir)
}

fn write(ops: &[Op], kept: usize, dice: &mut Dice, dir: &Path) -> io::Result<()> {
    let files = contents(ops, kept, dice);
    let (names, dirs) = names(ops, kept, dice);
    for made in dirs {
        fs::create_dir_all(dir.join(made))?;
    }
    for (name, file) in names {
        fs::write(dir.join(name), files.get(&file).map_or(&[][..], Vec::as_slice))?;
    }
    Ok(())
}

struct Outcome {
    cut: usize,
    acknowledged: usize,
    result: Result<(), String>,
}

fn one(subject: &dyn Subject, trace: &Trace, seed: u64, number: usize) -> io::Result<Outcome> {
    let dir = scratch()?;
    let cut = build(trace, seed, number, dir.path())?;
    let acknowledged = trace.marks_before(cut);
    Ok(Outcome { cut, acknowledged: acknowledged.len(), result: subject.check(dir.path(), &acknowledged) })
}

/// The bytes of every file.
fn contents(ops: &[Op], kept: usize, dice: &mut Dice) -> HashMap<FileId, Vec<u8>> {
    // Walking backwards: a write is safe if a flush of its file follows, unless a failed flush comes before that one.
    let mut safe = vec![false; ops.len()];
    let mut flushed: HashMap<FileId, bool> = HashMap::new();
    for (at, op) in ops.iter().enumerate().rev() {
        match op {
            Op::Sync { file } => drop(flushed.insert(*file, true)),
            Op::SyncFailed { file } => drop(flushed.insert(*file, false)),
            Op::Write { file, .. } | Op::Truncate { file, .. } => {
                safe[at] = flushed.get(file).copied().unwrap_or(false);
            }
            _ => {}
        }
    }
    let mut files: HashMap<FileId, Vec<u8>> = HashMap::new();
    for (op, safe) in ops.iter().zip(safe) {
        match op {
            Op::Write { file, offset, data } => {
                let bytes = files.entry(*file).or_default();
                let how = if safe || dice.below(100) < kept { 0 } else { 1 + dice.below(4) };
                put(bytes, usize::try_from(*offset).unwrap_or(usize::MAX), data, how, dice);
            }
            Op::Truncate { file, len } if safe || dice.below(100) < kept => {
                files.entry(*file).or_default().resize(usize::try_from(*len).unwrap_or(usize::MAX), 0);
            }
            _ => {}
        }
    }
    files
}

/// Applies a write: 0 whole, 1 not at all, 2 some of its sectors, 3 its beginning, 4 only its length.
fn put(bytes: &mut Vec<u8>, offset: usize, data: &[u8], how: usize, dice: &mut Dice) {
    if how == 1 {
        return;
    }
    let cut = if how == 3 { dice.below(data.len() / SECTOR + 1) * SECTOR } else { data.len() };
    let data = &data[..cut.min(data.len())];
    if bytes.len() < offset + data.len() {
        bytes.resize(offset + data.len(), 0);
    }
    let mut at = 0;
    while at < data.len() {
        // Sectors of the disc, not of the write.
        let end = data.len().min(at + SECTOR - (offset + at) % SECTOR);
        if how == 0 || how == 3 || (how == 2 && dice.below(2) == 0) {
            bytes[offset + at..offset + end].copy_from_slice(&data[at..end]);
        }
        at = end;
    }
}

/// Which names there are, and which directories.
fn names(ops: &[Op], kept: usize, dice: &mut Dice) -> (BTreeMap<String, FileId>, Vec<String>) {
    // How many operations on names of each directory came before its last flush.
    let mut done: HashMap<&str, usize> = HashMap::new();
    let mut safe: HashMap<&str, usize> = HashMap::new();
    for op in ops {
        if let Op::SyncDir { name } = op {
            safe.insert(name, done.get(name.as_str()).copied().unwrap_or(0));
        } else if let Some(dir) = directory_of(op) {
            *done.entry(dir).or_default() += 1;
        }
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    let mut order: Vec<_> = done.into_iter().collect();
    order.sort_unstable();
    for (dir, total) in order {
        let mut count = safe.get(dir).copied().unwrap_or(0);
        while count < total && dice.below(100) < kept {
            count += 1;
        }
        left.insert(dir, count);
    }
    let (mut names, mut dirs) = (BTreeMap::new(), Vec::new());
    for op in ops {
        let Some(left) = directory_of(op).and_then(|dir| left.get_mut(dir)) else { continue };
        if *left == 0 {
            continue;
        }
        *left -= 1;
        match op {
            Op::Create { name, file } => drop(names.insert(name.clone(), *file)),
            Op::MakeDir { name } => dirs.push(name.clone()),
            Op::Unlink { name } => drop(names.remove(name)),
            Op::Rename { from, to } => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            _ => {}
        }
    }
    names.retain(|name, _| parent(name).is_empty() || dirs.iter().any(|dir| dir == parent(name)));
    (names, dirs)
}

fn directory_of(op: &Op) -> Option<&str> {
    match op {
        Op::Create { name, .. } | Op::MakeDir { name } | Op::Unlink { name } | Op::Rename { to: name, .. } => {
            Some(parent(name))
        }
        _ => None,
    }
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}
