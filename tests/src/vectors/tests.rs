//! What the vectors promise.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};
use tvaers_core::keys::unwrap;
use tvaers_core::open::unseal;
use tvaers_wire::chunk::{KeyBox, ParsedChunk};
use tvaers_wire::codec::DecodeError;
use tvaers_wire::entry::{Member, ParsedEntry};
use tvaers_wire::log::CircleLog;

use super::cases::{self, Case, decode, max_len};
use super::later::{self, Later};
use super::opener::{self, knowledge, line_log, line_roots};
use super::world::{Force, TEXT, World, hex, unhex, world_json};
use super::{behind, continued, directory, erasure, heads, malformed, succession, tampered, wipe};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

/// Compares with the frozen file, or writes it when asked to.
fn frozen(name: &str, made: &Value) {
    let made = serde_json::to_string_pretty(made).unwrap() + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(file(name), &made).unwrap();
    }
    let kept = std::fs::read_to_string(file(name)).unwrap();
    let differs = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made);
    assert!(kept == made, "{name} differs from line {:?}: the wire format has changed", differs.map(|at| at + 1));
}

fn every_case(world: &World) -> Vec<Case> {
    let mut all = cases::all(world);
    all.extend(later::cases::all(world, &Later::build(world)));
    all.extend(directory::cases(world));
    all.extend(succession::cases());
    all.extend(continued::cases(world));
    all.extend(wipe::cases());
    all
}

fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file(name)).unwrap()).unwrap()
}

#[test]
fn the_wire_is_as_it_was_frozen() {
    let world = World::build();
    let later = Later::build(&world);
    let (mut all, mut added) = (cases::all(&world), later::cases::all(&world, &later));
    added.extend(directory::cases(&world));
    added.extend(succession::cases());
    added.extend(continued::cases(&world));
    added.extend(wipe::cases());
    let value = |case: &Case| json!({"name": case.name, "type": case.kind, "hex": hex(&case.bytes)});
    frozen("wire.json", &all.iter().chain(&added).map(value).collect());
    frozen("world.json", &world_json(&world));
    frozen("hand_over.json", &later::json(&world, &later));
    frozen("directory.json", &directory::json(&world));
    frozen("heads.json", &heads::json(&world));
    frozen("behind.json", &behind::json(&world));
    frozen("erasure.json", &erasure::json(&world));
    frozen("succession.json", &succession::json());
    frozen("continued.json", &continued::json(&world));
    frozen("wipe.json", &wipe::json());
    // Of a type that was there before, what was frozen before stays.
    let known: Vec<&str> = all.iter().map(|case| case.kind).collect();
    all.extend(added.into_iter().filter(|case| !known.contains(&case.kind)));
    let refused = malformed::all(&all);
    let value =
        |m: &malformed::Malformed| json!({"name": m.name, "type": m.kind, "hex": hex(&m.bytes), "error": m.error});
    frozen("malformed.json", &refused.iter().map(value).collect());
    let all = tampered::all(&world);
    let value = |t: &tampered::Tampered| json!({"name": t.name, "set": t.set, "reason": t.reason});
    frozen("tampered.json", &all.iter().map(value).collect());
}

#[test]
fn every_frozen_value_is_canonical() {
    for case in read("wire.json").as_array().unwrap() {
        let bytes = unhex(case["hex"].as_str().unwrap());
        let kind = case["type"].as_str().unwrap();
        assert_eq!(decode(kind, &bytes).unwrap_or_default(), bytes, "{}", case["name"]);
    }
}

#[test]
fn every_malformed_value_is_refused_for_the_right_reason() {
    for case in read("malformed.json").as_array().unwrap() {
        let bytes = unhex(case["hex"].as_str().unwrap());
        let error = decode(case["type"].as_str().unwrap(), &bytes).expect_err(case["name"].as_str().unwrap());
        assert_eq!(malformed::name(&error), case["error"], "{}: {error}", case["name"]);
    }
}

#[test]
fn no_prefix_of_a_value_is_a_value() {
    for case in every_case(&World::build()) {
        for end in 0..case.bytes.len() {
            assert!(decode(case.kind, &case.bytes[..end]).is_err(), "{} cut at {end}", case.name);
        }
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    for case in every_case(&World::build()) {
        let limit = max_len(case.kind);
        let error = decode(case.kind, &vec![0; limit + 1]).expect_err(case.name);
        assert!(matches!(error, DecodeError::TooLong { limit: said, .. } if said == limit), "{}: {error}", case.name);
    }
}

#[test]
fn the_keys_in_force_are_those_that_follow_and_nobody_puts_others_in_their_place() {
    let frozen = read("succession.json");
    assert_eq!(succession::found(&frozen["given"]), Ok(frozen["found"].clone()));
    for case in frozen["tampered"].as_array().unwrap() {
        let mut given = frozen["given"].clone();
        for (field, value) in case["set"].as_object().unwrap() {
            given[field] = value.clone();
        }
        assert_eq!(succession::found(&given), Err(case["reason"].as_str().unwrap()), "{}", case["name"]);
    }
}

#[test]
fn a_circle_goes_on_where_its_log_and_that_circle_say_so() {
    let frozen = read("continued.json");
    assert_eq!(continued::found_in(&frozen["given"]), Ok(frozen["found"].clone()));
    for case in frozen["tampered"].as_array().unwrap() {
        let mut given = frozen["given"].clone();
        for (field, value) in case["set"].as_object().unwrap() {
            given[field] = value.clone();
        }
        assert_eq!(continued::found_in(&given), Err(case["reason"].as_str().unwrap()), "{}", case["name"]);
    }
    for case in frozen["malformed"].as_array().unwrap() {
        let refused = decode(case["type"].as_str().unwrap(), &unhex(case["hex"].as_str().unwrap()));
        assert!(matches!(refused, Err(DecodeError::Malformed { .. })), "{}: {refused:?}", case["name"]);
    }
}

#[test]
fn a_device_erases_itself_at_the_authoritys_word_about_it_and_at_no_other() {
    let frozen = read("wipe.json");
    assert_eq!(wipe::found(&frozen["given"]), Ok(frozen["found"].clone()));
    for case in frozen["tampered"].as_array().unwrap() {
        let mut given = frozen["given"].clone();
        for (field, value) in case["set"].as_object().unwrap() {
            given[field] = value.clone();
        }
        assert_eq!(wipe::found(&given), Err(case["reason"].as_str().unwrap()), "{}", case["name"]);
    }
}

#[test]
fn the_note_opens_from_what_the_reader_is_given() {
    let world = read("world.json");
    assert_eq!(opener::open(&world["given"], &world["secrets"]["reader"]), Ok(TEXT.to_owned()));
}

#[test]
fn the_note_still_opens_when_its_author_has_left_and_the_cut_covers_it() {
    let world = read("world.json");
    let mut given = world["given"].clone();
    given["later"] = json!([given["removal"]]);
    assert_eq!(opener::open(&given, &world["secrets"]["reader"]), Ok(TEXT.to_owned()));
}

#[test]
fn every_tampering_is_refused_for_the_right_reason() {
    let world = read("world.json");
    for case in read("tampered.json").as_array().unwrap() {
        let mut given = world["given"].clone();
        for (name, value) in case["set"].as_object().unwrap() {
            given[name] = value.clone();
        }
        let opened = opener::open(&given, &world["secrets"]["reader"]);
        assert_eq!(opened, Err(case["reason"].as_str().unwrap()), "{}", case["name"]);
    }
}

#[test]
fn the_successor_opens_the_note_from_what_was_handed_over() {
    let world = read("hand_over.json");
    assert_eq!(later::opener::open(&world["given"], &world["secrets"]["successor"]), Ok(TEXT.to_owned()));
}

#[test]
fn every_tampering_with_a_hand_over_is_refused_for_the_right_reason() {
    let world = read("hand_over.json");
    for case in world["tampered"].as_array().unwrap() {
        let mut given = world["given"].clone();
        for (name, value) in case["set"].as_object().unwrap() {
            given[name] = value.clone();
        }
        let opened = later::opener::open(&given, &world["secrets"]["successor"]);
        assert_eq!(opened, Err(case["reason"].as_str().unwrap()), "{}", case["name"]);
    }
}

#[test]
fn a_new_name_is_opened_from_what_the_office_brought() {
    let world = read("directory.json");
    let found = (world["found"]["head"].as_str().unwrap().to_owned(), directory::UNIT.to_owned());
    assert_eq!(directory::opener::open(&world["given"], &world["secrets"]), Ok(found));
}

#[test]
fn every_tampering_with_a_directory_is_refused_for_the_right_reason() {
    let world = read("directory.json");
    for case in world["tampered"].as_array().unwrap() {
        let mut given = world["given"].clone();
        for (name, value) in case["set"].as_object().unwrap() {
            given[name] = value.clone();
        }
        let opened = directory::opener::open(&given, &world["secrets"]);
        assert_eq!(opened, Err(case["reason"].as_str().unwrap()), "{}", case["name"]);
    }
}

#[test]
fn a_flipped_bit_anywhere_in_an_entry_of_a_batch_never_verifies() {
    let world = World::build();
    let later = Later::build(&world);
    let (bytes, key) = (&later.entry().bytes, world.reader.device.keys().signing.0);
    assert!(ParsedEntry::from_bytes(bytes).unwrap().verify(&key).is_ok());
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let parsed = ParsedEntry::from_bytes(&bytes);
        assert!(!parsed.is_ok_and(|parsed| parsed.verify(&key).is_ok()), "bit {bit} of the entry");
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_chunk_is_noticed() {
    let world = World::build();
    let (log, roots) = (line_log(&world), line_roots(&world));
    let know = knowledge(&world, &log, &roots);
    for chunk in [&world.chunk, &world.receipt] {
        let key = if chunk.id == world.chunk.id { &world.key_box } else { &world.receipt_box };
        assert!(unseal(&ParsedChunk::from_bytes(&chunk.bytes).unwrap(), std::slice::from_ref(key), &know).is_ok());
        for bit in 0..chunk.bytes.len() * 8 {
            let mut bytes = chunk.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let opened =
                ParsedChunk::from_bytes(&bytes).map(|parsed| unseal(&parsed, std::slice::from_ref(key), &know));
            assert!(!matches!(opened, Ok(Ok(_))), "bit {bit} of the chunk");
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_box_is_noticed() {
    let world = World::build();
    let (log, roots) = (line_log(&world), line_roots(&world));
    let know = knowledge(&world, &log, &roots);
    let parsed = ParsedChunk::from_bytes(&world.chunk.bytes).unwrap();
    let good = minicbor::to_vec(&world.key_box).unwrap();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(key) = minicbor::decode::<KeyBox>(&bytes) {
            assert!(key == world.key_box || unseal(&parsed, &[key], &know).is_err(), "bit {bit} of the box");
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_in_what_is_signed_never_verifies() {
    let world = World::build();
    let certificate = &world.author.certificate;
    let statements = [certificate, &world.charter];
    for (signed, bit) in statements.iter().flat_map(|s| (0..s.body.len() * 8).map(move |bit| (s, bit))) {
        let mut signed = (*signed).clone();
        signed.body.0[bit / 8] ^= 1 << (bit % 8);
        assert!(world.authority.authority().check(&signed).is_err(), "bit {bit} of a statement");
    }
    for bit in 0..64 * 8 {
        let mut signed = certificate.clone();
        signed.signature.0[bit / 8] ^= 1 << (bit % 8);
        assert!(world.authority.authority().check(&signed).is_err(), "bit {bit} of a statement's signature");
    }
    // Signature and public part; the sealed part is bound by its hash.
    for bit in 0..world.line.bytes.len() * 8 {
        let mut bytes = world.line.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let folded = ParsedEntry::from_bytes(&bytes).map(|entry| CircleLog::found(&entry, &world.vouched, &Force));
        assert!(!matches!(folded, Ok(Ok(_))), "bit {bit} of an entry");
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_wrap_is_noticed() {
    let world = World::build();
    let member = Member::Device(world.reader.device.id());
    let (wrap, binding) = (&world.reader.circle.wraps[0].bytes, world.reader.circle.parsed.public.binding());
    assert_eq!(unwrap(wrap, world.reader.device.kem(), &binding, &member), Ok(world.reader.root.clone()));
    for at in 0..wrap.len() {
        let mut bytes = wrap.to_vec();
        bytes[at] ^= 1 << (at % 8);
        assert!(unwrap(&bytes, world.reader.device.kem(), &binding, &member).is_err(), "byte {at} of a wrap");
    }
}

#[test]
fn a_flipped_bit_anywhere_never_panics_and_has_one_encoding() {
    for case in every_case(&World::build()) {
        for at in 0..case.bytes.len() {
            let mut bytes = case.bytes.clone();
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                if let Ok(again) = decode(case.kind, &bytes) {
                    assert_eq!(again, bytes, "{}", case.name);
                }
                bytes[at] ^= 1 << bit;
            }
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (kind, parsed) in [("chunk", "parsed chunk"), ("signed control entry", "parsed entry")] {
            let _ = decode(parsed, &bytes);
            prop_assert!(decode(kind, &bytes).map_or(true, |again| again == bytes));
        }
        for kind in ["push request", "page", "body", "control entry", "statement", "update", "directory"] {
            prop_assert!(decode(kind, &bytes).map_or(true, |again| again == bytes));
        }
    }

    #[test]
    fn spliced_values_never_panic(from in 0usize..54, to in 0usize..54, cut in any::<usize>(), join in any::<usize>()) {
        let all = every_case(world());
        let (from, to) = (&all[from % all.len()], &all[to % all.len()]);
        let head = &from.bytes[..cut % from.bytes.len()];
        let bytes = [head, &to.bytes[join % to.bytes.len()..]].concat();
        prop_assert!(decode(from.kind, &bytes).map_or(true, |again| again == bytes));
    }
}

fn world() -> &'static World {
    static WORLD: std::sync::OnceLock<World> = std::sync::OnceLock::new();
    WORLD.get_or_init(World::build)
}
