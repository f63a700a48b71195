use std::fs;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use super::*;
use crate::authority::{By, Founding, RecoverySplit};
use crate::passphrase::file::{DIGEST, HEAD, NONCE};
use crate::rng::system;

const WORDS: &str = "otte vilde ræve spiser kage";
const BY: By<'_> = By { operator: "prøve", now: 1_800_000_000_000 };

fn typed(words: &str) -> Passphrase {
    Passphrase::typed(Zeroizing::new(words.to_owned()))
}

fn founded() -> Office {
    let rng = &mut system();
    let recovery = RecoverySplit::draw(rng).unwrap();
    let (name, relay, holders) = ("Prøveby", "https://tvaers.example", ["Anne", "Bo", "Carl"]);
    let founding = Founding { name, relay, recovery: recovery.keys.clone(), split: recovery.split, holders };
    Office::found(&founding, BY, rng).unwrap()
}

/// A directory with an office in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("office.sealed");
    let file = OfficeFile::reserve(&path, &typed(WORDS), Stretch::FLOOR, &mut system()).unwrap();
    file.write(&founded(), &mut system()).unwrap();
    (dir, path)
}

/// Puts other bytes in the head, and makes the digest fit them: a forger can.
fn forged(path: &Path, at: usize, bytes: &[u8]) {
    let mut file = fs::read(path).unwrap();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    let end = file.len() - DIGEST;
    let sum = digest(&SHA256, &file[..end]);
    file[end..].copy_from_slice(sum.as_ref());
    fs::write(path, file).unwrap();
}

#[test]
fn an_office_is_read_back_as_it_was_written() {
    let (_dir, path) = place();
    let (file, mut office) = OfficeFile::open(&path, &typed(WORDS)).unwrap();
    office.add_unit("Solsikken", "dagtilbud", Some("12345678"), BY, &mut system()).unwrap();
    file.write(&office, &mut system()).unwrap();
    drop(file);
    let (_file, again) = OfficeFile::open(&path, &typed(WORDS)).unwrap();
    assert_eq!(again.parts(), office.parts());
    assert_eq!(again.authority(), office.authority());
}

#[test]
fn another_passphrase_opens_nothing() {
    let (_dir, path) = place();
    for wrong in ["", "otte vilde ræve spiser kag", "otte vilde ræve spiser kage "] {
        assert!(matches!(
            OfficeFile::open(&path, &typed(wrong)),
            Err(OfficeFileError::File(SealedFileError::WrongPassphrase))
        ));
    }
}

#[test]
fn a_changed_passphrase_closes_the_old_one_out() {
    let (_dir, path) = place();
    let (file, office) = OfficeFile::open(&path, &typed(WORDS)).unwrap();
    let new = "ni tamme tigre drikker saftevand";
    let file = file.rekey(&typed(new), &mut system()).unwrap();
    file.write(&office, &mut system()).unwrap();
    drop(file);
    assert!(matches!(
        OfficeFile::open(&path, &typed(WORDS)),
        Err(OfficeFileError::File(SealedFileError::WrongPassphrase))
    ));
    assert!(OfficeFile::open(&path, &typed(new)).is_ok());
}

#[test]
fn attack_19_parameters_that_are_too_weak_are_refused_before_they_are_used() {
    for (at, weak) in [(9, 64 * 1024 - 1), (9, 0), (13, 2), (13, 0), (17, 0)] {
        let (_dir, path) = place();
        forged(&path, at, &u32::to_be_bytes(weak));
        let refused = OfficeFile::open(&path, &typed(WORDS));
        assert!(
            matches!(refused, Err(OfficeFileError::File(SealedFileError::Stretch(StretchError::Weak)))),
            "{at} {weak}"
        );
    }
}

#[test]
fn attack_20_parameters_that_are_absurdly_large_are_refused_before_they_are_used() {
    for (at, huge) in [(9, u32::MAX), (9, 1024 * 1024 + 1), (13, u32::MAX), (17, 0x00ff_ffff)] {
        let (_dir, path) = place();
        forged(&path, at, &u32::to_be_bytes(huge));
        let refused = OfficeFile::open(&path, &typed(WORDS));
        assert!(
            matches!(refused, Err(OfficeFileError::File(SealedFileError::Stretch(StretchError::Huge)))),
            "{at} {huge}"
        );
    }
}

#[test]
fn a_head_that_was_changed_opens_nothing_even_with_the_right_passphrase() {
    // Parameters within the bounds, salt, nonce, and the sealed part.
    for at in [12, 16, 21, 36, 37, 68, HEAD, HEAD + 40] {
        let (_dir, path) = place();
        let byte = fs::read(&path).unwrap()[at] ^ 4;
        forged(&path, at, &[byte]);
        assert!(
            matches!(
                OfficeFile::open(&path, &typed(WORDS)),
                Err(OfficeFileError::File(SealedFileError::WrongPassphrase))
            ),
            "{at}"
        );
    }
}

#[test]
fn damage_is_told_from_a_wrong_passphrase_and_from_another_file() {
    let (_dir, path) = place();
    let good = fs::read(&path).unwrap();
    for at in (9..good.len()).step_by(41) {
        let mut file = good.clone();
        file[at] ^= 0x10;
        fs::write(&path, file).unwrap();
        assert!(
            matches!(OfficeFile::open(&path, &typed(WORDS)), Err(OfficeFileError::File(SealedFileError::Damaged))),
            "{at}"
        );
    }
    for len in [9, HEAD, HEAD + DIGEST, good.len() - 1] {
        fs::write(&path, &good[..len]).unwrap();
        assert!(
            matches!(OfficeFile::open(&path, &typed(WORDS)), Err(OfficeFileError::File(SealedFileError::Damaged))),
            "{len}"
        );
    }
    for other in [&b""[..], b"TVSTORE\0", b"PK\x03\x04 something"] {
        fs::write(&path, other).unwrap();
        assert!(matches!(
            OfficeFile::open(&path, &typed(WORDS)),
            Err(OfficeFileError::File(SealedFileError::OtherKind))
        ));
    }
    fs::write(&path, [&good[..8], &[2], &good[9..]].concat()).unwrap();
    assert!(matches!(OfficeFile::open(&path, &typed(WORDS)), Err(OfficeFileError::File(SealedFileError::Newer))));
}

#[test]
fn a_missing_office_is_told_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mistyped");
    assert!(matches!(OfficeFile::open(&path, &typed(WORDS)), Err(OfficeFileError::File(SealedFileError::Missing))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn an_office_is_never_made_over_another() {
    let (_dir, path) = place();
    let refused = OfficeFile::reserve(&path, &typed(WORDS), Stretch::FLOOR, &mut system());
    assert!(matches!(refused, Err(OfficeFileError::File(SealedFileError::Exists))));
}

#[test]
fn two_commands_are_never_at_work_at_once() {
    let (_dir, path) = place();
    let first = OfficeFile::open(&path, &typed(WORDS)).unwrap();
    assert!(matches!(OfficeFile::open(&path, &typed(WORDS)), Err(OfficeFileError::File(SealedFileError::Busy))));
    drop(first);
    assert!(OfficeFile::open(&path, &typed(WORDS)).is_ok());
}

#[test]
fn every_write_has_a_key_of_its_own() {
    let (_dir, path) = place();
    let (file, office) = OfficeFile::open(&path, &typed(WORDS)).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        file.write(&office, &mut system()).unwrap();
        let written = fs::read(&path).unwrap();
        // The nonce of the write, and what the same plaintext has become.
        assert!(seen.insert(written[NONCE].to_vec()) && seen.insert(written[HEAD..HEAD + 32].to_vec()));
    }
}

#[test]
fn a_write_that_was_interrupted_leaves_the_old_office() {
    let (dir, path) = place();
    // As a crash leaves it: the new file half written, and not yet renamed.
    fs::write(dir.path().join("office.sealed.new"), b"TVOFFICE half").unwrap();
    let (file, mut office) = OfficeFile::open(&path, &typed(WORDS)).unwrap();
    office.add_unit("Solsikken", "dagtilbud", None, BY, &mut system()).unwrap();
    file.write(&office, &mut system()).unwrap();
    drop(file);
    assert!(!dir.path().join("office.sealed.new").exists());
    assert_eq!(OfficeFile::open(&path, &typed(WORDS)).unwrap().1.units().len(), 1);
}

#[test]
fn a_write_that_fails_leaves_the_old_office() {
    let (dir, path) = place();
    let (file, mut office) = OfficeFile::open(&path, &typed(WORDS)).unwrap();
    office.add_unit("Solsikken", "dagtilbud", None, BY, &mut system()).unwrap();
    // Something that cannot be replaced stands where the new file is to be written.
    fs::create_dir_all(dir.path().join("office.sealed.new/in the way")).unwrap();
    assert!(matches!(file.write(&office, &mut system()), Err(OfficeFileError::File(SealedFileError::Io(_)))));
    drop(file);
    assert_eq!(OfficeFile::open(&path, &typed(WORDS)).unwrap().1.units().len(), 0);
}

#[test]
fn nothing_of_the_office_lies_readable_in_its_file() {
    let (_dir, path) = place();
    let file = fs::read(&path).unwrap();
    for text in ["Prøveby", "tvaers.example", "Anne", "prøve"] {
        assert!(!file.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, path) = place();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}
