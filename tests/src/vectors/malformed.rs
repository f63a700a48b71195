//! Encodings that every reader must refuse, and how the refusal is called.

use tvaers_wire::batch::BatchCommon;
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::entry::EntryPublic;

use super::cases::Case;

/// One refused encoding.
pub(super) struct Malformed {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) error: &'static str,
}

/// The stable name of an error.
pub(super) fn name(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::TooLong { .. } => "too_long",
        DecodeError::Malformed { .. } => "malformed",
        DecodeError::Trailing { .. } => "trailing",
        DecodeError::NotCanonical { .. } => "not_canonical",
        DecodeError::Version { .. } => "version",
    }
}

/// What goes wrong with any type, one of each per type.
pub(super) fn all(cases: &[Case]) -> Vec<Malformed> {
    let mut out = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        // The shortest of each type, so that the file stays readable.
        let rank = |(at, case): (usize, &Case)| (case.bytes.len(), at);
        let shorter = |other: (usize, &Case)| other.1.kind == case.kind && rank(other) < rank((at, case));
        if !cases.iter().enumerate().any(shorter) {
            of(case, &mut out);
        }
    }
    out
}

fn of(case: &Case, out: &mut Vec<Malformed>) {
    let bytes = &case.bytes;
    let items = usize::from(bytes[0] & 0x1f);
    assert!(bytes[0] >> 5 == 4 && items < 24, "every type is a short array");
    let mut add = |name: &str, bytes: Vec<u8>, error| {
        out.push(Malformed { name: format!("{}: {name}", case.name), kind: case.kind, bytes, error });
    };
    let with = |front: &[u8], rest: &[u8]| [front, rest].concat();
    add("nothing", Vec::new(), "malformed");
    add("a byte too many", with(bytes, &[0]), "trailing");
    add("a byte too few", bytes[..bytes.len() - 1].to_vec(), "malformed");
    add("the array's length in a longer form", with(&[0x98, bytes[0] & 0x1f], &bytes[1..]), "not_canonical");
    add("an array without a length", with(&with(&[0x9f], &bytes[1..]), &[0xff]), "not_canonical");
    add("an absent value at the end, written out", with(&with(&[bytes[0] + 1], &bytes[1..]), &[0xf6]), "not_canonical");
    add("an array that claims 2^63 elements", with(&[0x9b, 0x80, 0, 0, 0, 0, 0, 0, 0], &bytes[1..]), "malformed");
    add("a tag in front", with(&[0xc0], bytes), "malformed");
    add("a map", with(&[0xa0 | bytes[0] & 0x1f], &bytes[1..]), "malformed");
    if versioned(bytes, case.kind) {
        add("version 0", with(&[bytes[0], 0], &bytes[2..]), "version");
        add("version 2", with(&[bytes[0], 2], &bytes[2..]), "version");
        add("the version in a longer form", with(&[bytes[0], 0x18, 1], &bytes[2..]), "not_canonical");
    }
    let huge = [0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    if let Some(at) = first_string(bytes) {
        let header = if bytes[at] & 0x1f < 24 { 1 } else { 1 + (1 << (bytes[at] & 3)) };
        let rest = &bytes[at + header..];
        add("a byte string that claims 2^64 - 1 bytes", with(&with(&bytes[..at], &huge), rest), "malformed");
        if header == 2 {
            let longer = [0x59, 0, bytes[at + 1]];
            add("a byte string's length in a longer form", with(&with(&bytes[..at], &longer), rest), "not_canonical");
        }
    }
}

fn versioned(bytes: &[u8], kind: &str) -> bool {
    let with = ["statement", "directory", "chunk header", "record header", "update header", "session request"];
    let is = with.contains(&kind)
        || [EntryPublic::NAME, BatchCommon::NAME, "push request", "directory order"].contains(&kind);
    assert!(!is || bytes[1] == 1);
    is
}

/// Where the first byte string begins, if nothing but arrays and small numbers precede it.
fn first_string(bytes: &[u8]) -> Option<usize> {
    let at = bytes.iter().position(|byte| !matches!(byte, 0x80..=0x97 | 0x00..=0x17))?;
    (bytes[at] >> 5 == 2).then_some(at)
}
