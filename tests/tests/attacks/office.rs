//! The authority's office as a hostile file: somebody has put another one in its place, which says how hard its passphrase is to be
//! stretched. What it says is judged before anything is done with it.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tvaers_core::authority::{OfficeFile, OfficeFileError};
use tvaers_core::passphrase::{Passphrase, SealedFileError, Stretch, StretchError};
use tvaers_core::rng;
use tvaers_tests::holders::Holders;
use zeroize::Zeroizing;

/// Where the file says how much memory, how many passes and how many lanes (`core/src/passphrase/file.rs`): after eight bytes
/// of a name and one of a version.
const MEMORY: usize = 9;
const PASSES: usize = 13;
const LANES: usize = 17;
/// The digest at its end, by which damage is told from a wrong passphrase. A forger makes it fit.
const DIGEST: usize = 32;

fn passphrase() -> Passphrase {
    Passphrase::typed(Zeroizing::new("otte vilde ræve spiser kage".to_owned()))
}

/// An office as IT has left it.
fn office() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("office.sealed");
    let file = OfficeFile::reserve(&path, &passphrase(), Stretch::FLOOR, &mut rng::system()).unwrap();
    file.write(&Holders::office_alone(), &mut rng::system()).unwrap();
    (dir, path)
}

/// Puts a file in its place that says something else, and is whole.
fn put(path: &PathBuf, good: &[u8], at: usize, says: u32) {
    let mut file = good[..good.len() - DIGEST].to_vec();
    file[at..at + 4].copy_from_slice(&says.to_be_bytes());
    let sum = ring::digest::digest(&ring::digest::SHA256, &file);
    file.extend_from_slice(sum.as_ref());
    fs::write(path, file).unwrap();
}

fn refused(cases: &[(usize, u32)], as_expected: impl Fn(&OfficeFileError) -> bool) {
    let (_dir, path) = office();
    let good = fs::read(&path).unwrap();
    for (at, says) in cases {
        put(&path, &good, *at, *says);
        let before = fs::read(&path).unwrap();
        let error = OfficeFile::open(&path, &passphrase()).map(drop).unwrap_err();
        assert!(as_expected(&error), "{at} {says}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before, "the file is as it was");
    }
    // The same hands that put back what was there find it open: nothing else was wrong with those files.
    put(&path, &good, MEMORY, Stretch::FLOOR.memory);
    assert!(OfficeFile::open(&path, &passphrase()).is_ok());
}

/// Stopped by `check` in `core/src/passphrase/mod.rs`: below the floor.
pub(super) fn attack_19_kdf_parameters_too_weak() {
    let weak = [(MEMORY, 0), (MEMORY, 8), (MEMORY, Stretch::FLOOR.memory - 1), (PASSES, 0), (PASSES, 1), (LANES, 0)];
    refused(&weak, |error| matches!(error, OfficeFileError::File(SealedFileError::Stretch(StretchError::Weak))));
}

/// Stopped by `check` in `core/src/passphrase/mod.rs`: above the cap, before anything is stretched.
pub(super) fn attack_20_kdf_parameters_absurdly_large() {
    let huge = [(MEMORY, u32::MAX), (MEMORY, 1024 * 1024 + 1), (PASSES, u32::MAX), (LANES, u32::MAX)];
    let before = most_memory();
    refused(&huge, |error| matches!(error, OfficeFileError::File(SealedFileError::Stretch(StretchError::Huge))));
    // The honest file takes 64 MiB for its passphrase; the least greedy of the others asks for a gibibyte.
    assert!(most_memory() - before < 512 * 1024, "{} KiB more than before", most_memory() - before);
}

/// The most that this process has had in memory, in KiB.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
