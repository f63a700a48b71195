//! The guard, fed by hand. Each builder writes the format byte by byte.

use automerge::{Automerge, ReadDoc};

use super::*;

fn uleb(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

fn sleb(mut number: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if (number == 0 && byte & 0x40 == 0) || (number == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn sealed(kind: u8, body: &[u8]) -> Vec<u8> {
    let hashed = [&[kind], &uleb(body.len() as u64)[..], body].concat();
    let digest = ring::digest::digest(&ring::digest::SHA256, &hashed);
    [&MAGIC, &digest.as_ref()[..4], &hashed].concat()
}

fn head_of_change() -> Vec<u8> {
    let mut body = vec![0, 16];
    body.extend([7; 16]);
    body.extend([1, 1, 0, 0, 0]);
    body
}

fn change_with(columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut body = head_of_change();
    body.extend(uleb(columns.len() as u64));
    for (spec, data) in columns {
        body.extend(uleb(*spec));
        body.extend(uleb(data.len() as u64));
    }
    columns.iter().for_each(|(_, data)| body.extend(data));
    sealed(CHANGE, &body)
}

/// `ops` times "a = null", run-length encoded.
fn bomb(ops: u64) -> Vec<u8> {
    let run = |value: &[u8]| [&sleb(ops as i64)[..], value].concat();
    change_with(&[
        (21, run(b"\x01a")),
        (INSERT, uleb(ops)),
        (ACTION, run(&[1])),
        (VALUE_META, run(&[0])),
        (112, run(&[0])),
    ])
}

#[test]
fn a_run_length_bomb_is_refused_by_counting() {
    let bytes = bomb(2_000_000);
    assert!(bytes.len() <= 200, "{}", bytes.len());
    assert_eq!(change(&bytes).unwrap_err(), Rejected::TooManyOperations { limit: MAX_OPS });
    // It is a real one: Automerge takes a smaller of the same making.
    let small = bomb(2_000);
    assert_eq!(change(&small).unwrap().ops, 2_000);
    assert_eq!(Automerge::load(&small).unwrap().stats().num_ops, 2_000);
}

#[test]
fn as_many_operations_as_allowed_on_one_key_contradict_each_other_and_are_refused() {
    use crate::document::{Living, Update};
    use crate::kinds::{Kind, samples::envelope};
    let mut living = Living::create(&envelope(Kind::Draft, "a", true), Actor::new([1; 16]), 0).unwrap();
    let bytes = bomb(MAX_OPS - 1);
    let head = Head(ring::digest::digest(&ring::digest::SHA256, &bytes[8..]).as_ref().try_into().unwrap());
    let update = Update { changes: vec![bytes], heads: vec![head] };
    let heads = living.heads();
    assert!(living.apply(&update, Actor::new([7; 16])).is_err());
    assert_eq!(living.heads(), heads);
}

#[test]
fn a_bomb_in_any_column_is_refused() {
    let many = 2_000_000u64;
    let run = |value: &[u8]| [&sleb(many as i64)[..], value].concat();
    let nulls = [&[0], &uleb(many)[..]].concat();
    for (spec, kind) in CHANGE_OPS {
        let columns: &[Vec<u8>] = match kind {
            Type::Value => continue,
            Type::Boolean => &[uleb(many), uleb(u64::MAX)],
            Type::Key => &[run(b"\x01a"), nulls.clone()],
            _ => &[run(&[1]), nulls.clone(), [&sleb(i64::MIN)[..], &[1]].concat()],
        };
        for data in columns {
            let refused = change(&change_with(&[(*spec, data.clone())])).unwrap_err();
            assert_eq!(refused, Rejected::TooManyOperations { limit: MAX_OPS }, "column {spec}");
        }
    }
    // A few rows that each claim many in the next columns.
    let group = [&sleb(-2)[..], &uleb(u64::MAX), &uleb(u64::MAX)].concat();
    assert!(matches!(change(&change_with(&[(112, group)])), Err(Rejected::TooManyOperations { .. })));
}

#[test]
fn a_bomb_in_a_saved_document_is_refused() {
    let many = MAX_DOCUMENT_OPS as i64 + 1;
    let column = [&sleb(many)[..], &[1]].concat();
    for (changes, ops) in [(vec![(1, column.clone())], vec![]), (vec![], vec![(ACTION, column.clone())])] {
        let mut body = vec![0, 0];
        for layout in [&changes, &ops] {
            body.extend(uleb(layout.len() as u64));
            layout.iter().for_each(|(spec, data)| body.extend([uleb(*spec), uleb(data.len() as u64)].concat()));
        }
        changes.iter().chain(&ops).for_each(|(_, data): &(u64, Vec<u8>)| body.extend(data));
        assert!(matches!(document(&sealed(DOCUMENT, &body)), Err(Rejected::TooManyOperations { .. })));
    }
}

#[test]
fn columns_that_are_not_written_here_are_refused() {
    let unknown = [148, 165, 33, 999];
    for spec in unknown {
        let refused = change(&change_with(&[(spec, vec![])])).unwrap_err();
        assert!(matches!(refused, Rejected::Malformed(_) | Rejected::Compressed), "{spec}");
    }
    for (spec, _) in CHANGE_OPS {
        assert_eq!(change(&change_with(&[(spec | DEFLATE, vec![])])).unwrap_err(), Rejected::Compressed);
    }
    let twice = change_with(&[(ACTION, vec![]), (ACTION, vec![])]);
    assert_eq!(change(&twice).unwrap_err(), Rejected::Malformed("order of columns"));
}

#[test]
fn actions_and_values_that_are_not_used_here_are_refused() {
    for (action, value) in [(5, 0), (6, 0), (7, 0), (31, 0), (1, 5), (1, 8), (1, 9), (1, 15)] {
        let bytes = change_with(&[(ACTION, vec![1, action]), (VALUE_META, vec![1, value])]);
        assert!(matches!(change(&bytes), Err(Rejected::Malformed(_))), "{action} {value}");
    }
}

#[test]
fn values_longer_than_their_column_are_refused() {
    let bytes = change_with(&[(ACTION, vec![1, 1]), (VALUE_META, vec![1, 3 << 4 | 6]), (VALUE, vec![b'a'; 2])]);
    assert_eq!(change(&bytes).unwrap_err(), Rejected::Malformed("values do not fill their column"));
}

#[test]
fn a_message_extra_bytes_and_a_second_chunk_are_refused() {
    let plain = bomb(1);
    change(&plain).unwrap();
    let mut body = head_of_change();
    body.splice(21..22, [1, b'x', 0]);
    body.push(0);
    assert!(change(&sealed(CHANGE, &body)).is_err());
    let body = [head_of_change(), vec![0, 0xff]].concat();
    assert_eq!(change(&sealed(CHANGE, &body)).unwrap_err(), Rejected::Malformed("bytes after the end"));
    assert_eq!(change(&[plain.clone(), plain].concat()).unwrap_err(), Rejected::Malformed("more than one chunk"));
}

#[test]
fn chunk_types_are_told_apart() {
    for (kind, refused) in [
        (DOCUMENT, Rejected::Malformed("chunk type")),
        (COMPRESSED_CHANGE, Rejected::Compressed),
        (3, Rejected::Malformed("chunk type")),
        (255, Rejected::Malformed("chunk type")),
    ] {
        assert_eq!(change(&sealed(kind, &[])).unwrap_err(), refused);
    }
    assert_eq!(change(&[]).unwrap_err(), Rejected::Malformed("cut short"));
    assert_eq!(change(&[0; 64]).unwrap_err(), Rejected::Malformed("magic bytes"));
}

#[test]
fn huge_counts_allocate_nothing() {
    // Dependencies, other actors, columns, column length: each claims 2⁶³ and has nothing behind it.
    let huge = uleb(1 << 63);
    let mut bodies = vec![huge.clone()];
    let head = head_of_change();
    bodies.push([&head[..head.len() - 1], &huge[..]].concat());
    bodies.push([&head[..], &huge].concat());
    bodies.push([&head[..], &[1], &uleb(ACTION), &huge].concat());
    for body in bodies {
        assert!(matches!(change(&sealed(CHANGE, &body)), Err(Rejected::Malformed(_))));
    }
}

#[test]
fn numbers_have_one_form_and_an_end() {
    for number in [0, 1, 63, 64, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
        assert_eq!(Bytes(&uleb(number)).uleb().unwrap(), number);
    }
    for number in [0, 1, -1, 63, 64, -64, -65, 8_191, -8_192, i64::MAX, i64::MIN] {
        assert_eq!(Bytes(&sleb(number)).sleb().unwrap(), number, "{number}");
    }
    let too_long: [&[u8]; 4] =
        [&[0x80, 0], &[0x81, 0], &[0xff; 11], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]];
    for bytes in too_long {
        assert!(Bytes(bytes).uleb().is_err(), "{bytes:?}");
    }
    for bytes in [&[0xbf, 0][..], &[0x81, 0xff, 0x7f], &[0x80], &[]] {
        assert!(Bytes(bytes).sleb().is_err(), "{bytes:?}");
    }
}
