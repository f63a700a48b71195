//! Documents and changes made to do harm. The names say what is wrong with each.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ObjId, ObjType, ScalarValue};

use super::*;
use crate::document::guard::limits::{MAX_CHANGE, MAX_CHANGES, MAX_FIELD};
use crate::kinds::samples::text;
use crate::kinds::{Content, FieldError};

type Tx<'a> = automerge::transaction::Transaction<'a>;

/// A change by this actor with these operations, on a document with these changes.
fn change_on(doc: &Automerge, actor: Actor, ops: impl FnOnce(&mut Tx<'_>)) -> Change {
    let mut doc = doc.clone().with_actor(ActorId::from(actor.as_bytes().as_slice()));
    let mut tx = doc.transaction();
    ops(&mut tx);
    tx.commit_with(CommitOptions::default().with_time(NOW));
    doc.get_last_local_change().unwrap()
}

fn frozen_with(ops: impl FnOnce(&mut Tx<'_>)) -> Vec<u8> {
    change_on(&Automerge::new(), ANNE, ops).raw_bytes().to_vec()
}

fn living_with(ops: impl FnOnce(&mut Tx<'_>)) -> (Living, Update) {
    let (anne, founding) = founded(Kind::Draft, "a");
    let doc = Automerge::load(&anne.save()).unwrap();
    let change = change_on(&doc, EVE, ops);
    let update = Update { changes: vec![change.raw_bytes().to_vec()], heads: vec![Head(change.hash().0)] };
    (Living::join(Kind::Draft, BO, &founding, ANNE).unwrap(), update)
}

fn fill(tx: &mut Tx<'_>, living: bool) {
    let fields = envelope(Kind::Reply, "a", true).write_fields();
    let style = if living { write::Style::Living } else { write::Style::Frozen };
    write::Writer::new(tx, style).all(&fields).unwrap();
}

fn reply(payload: &[u8]) -> Result<(), Rejected> {
    frozen::read(Kind::Reply, payload, ANNE).map(|_| ())
}

#[test]
fn the_plain_document_that_the_others_vary_is_accepted() {
    reply(&frozen_with(|tx| fill(tx, false))).unwrap();
    let (mut bo, update) = living_with(|tx| tx.put(ObjId::Root, "setting", "sofa").unwrap());
    assert_eq!(bo.apply(&update, EVE).unwrap(), Applied::Changed);
}

#[test]
fn a_frozen_document_of_another_actor_is_refused() {
    let payload = frozen::write(&envelope(Kind::Reply, "a", true), ANNE, NOW).unwrap();
    assert_eq!(frozen::read(Kind::Reply, &payload, EVE).unwrap_err(), Rejected::ForeignActor);
}

#[test]
fn a_frozen_document_with_an_unknown_key_is_refused() {
    let payload = frozen_with(|tx| {
        fill(tx, false);
        tx.put(ObjId::Root, "secret", "a").unwrap();
    });
    assert!(matches!(reply(&payload), Err(Rejected::Schema(FieldError { .. }))));
}

const REPLACES: Rejected = Rejected::Malformed("a frozen document replaces nothing");

#[test]
fn a_frozen_document_with_a_deleted_value_is_refused() {
    let payload = frozen_with(|tx| {
        fill(tx, false);
        tx.put(ObjId::Root, "answer", 1).unwrap();
        tx.delete(ObjId::Root, "answer").unwrap();
    });
    assert_eq!(reply(&payload).unwrap_err(), REPLACES);
}

#[test]
fn a_frozen_document_with_a_value_hidden_behind_another_is_refused() {
    let plain = frozen_with(|tx| fill(tx, false));
    let mut expanded = Change::try_from(plain.as_slice()).unwrap().decode();
    // The same operation once more: neither knows of the other, so one of them is never shown.
    let again = expanded.operations.iter().find(|op| op.obj == automerge::legacy::ObjectId::Root).unwrap().clone();
    expanded.operations.push(again);
    let doubled = Change::from(expanded);
    assert_eq!(reply(doubled.raw_bytes()).unwrap_err(), Rejected::Malformed("a hidden value"));
}

#[test]
fn a_frozen_document_with_mergeable_text_is_refused() {
    let payload = frozen_with(|tx| fill(tx, true));
    assert_eq!(reply(&payload).unwrap_err(), REPLACES);
}

#[test]
fn a_second_change_in_a_frozen_document_is_refused() {
    let mut doc = Automerge::new().with_actor(ActorId::from(ANNE.as_bytes().as_slice()));
    for word in ["a", "b"] {
        let mut tx = doc.transaction();
        fill(&mut tx, false);
        tx.put(ObjId::Root, "text", word).unwrap();
        tx.commit();
    }
    let changes = doc.get_changes(&[]);
    let both: Vec<u8> = changes.iter().flat_map(|change| change.raw_bytes().to_vec()).collect();
    assert!(matches!(reply(&both), Err(Rejected::Malformed(_))));
    assert_eq!(reply(changes[1].raw_bytes()).unwrap_err(), Rejected::NotOneChange);
    assert!(matches!(reply(&doc.save_nocompress()), Err(Rejected::Malformed(_))));
}

#[test]
fn compressed_parts_are_refused_without_being_inflated() {
    let mut change = change_on(&Automerge::new(), ANNE, |tx| {
        fill(tx, false);
        tx.put(ObjId::Root, "padding", "a".repeat(10_000)).unwrap();
    });
    let compressed = change.bytes().into_owned();
    assert!(compressed.len() < 1_000);
    assert_eq!(reply(&compressed).unwrap_err(), Rejected::Compressed);
    let mut doc = Automerge::new();
    doc.apply_changes([change]).unwrap();
    assert_eq!(Living::load(Kind::Draft, ANNE, &doc.save()).unwrap_err(), Rejected::Compressed);
}

#[test]
fn every_unused_type_of_value_and_object_is_refused() {
    let values = [
        ScalarValue::F64(1.0),
        ScalarValue::Counter(1.into()),
        ScalarValue::Timestamp(1),
        ScalarValue::Uint(1),
        ScalarValue::Null,
        ScalarValue::Unknown { type_code: 12, bytes: vec![1] },
    ];
    for value in values {
        let shown = format!("{value:?}");
        let (mut bo, update) = living_with(|tx| tx.put(ObjId::Root, "setting", value).unwrap());
        assert!(matches!(bo.apply(&update, EVE), Err(Rejected::Malformed(_) | Rejected::Schema(_))), "{shown}");
    }
    let (mut bo, update) = living_with(|tx| {
        tx.put_object(ObjId::Root, "setting", ObjType::Table).unwrap();
    });
    assert!(bo.apply(&update, EVE).is_err());
}

#[test]
fn an_oversize_value_is_refused_before_parsing() {
    let payload = frozen_with(|tx| {
        fill(tx, false);
        tx.put(ObjId::Root, "padding", "a".repeat(MAX_FIELD + 1)).unwrap();
    });
    assert_eq!(reply(&payload).unwrap_err(), Rejected::ValueTooLong);
    assert_eq!(reply(&vec![0; MAX_CHANGE + 1]).unwrap_err(), Rejected::TooLarge { limit: MAX_CHANGE });
}

#[test]
fn a_short_text_too_long_for_its_field_is_refused_by_the_schema() {
    let (mut bo, update) = living_with(|tx| tx.put(ObjId::Root, "setting", "a".repeat(2_000)).unwrap());
    assert!(matches!(bo.apply(&update, EVE), Err(Rejected::Schema(FieldError { field: "setting", .. }))));
}

#[test]
fn too_many_and_too_long_keys_are_refused() {
    let many = living_with(|tx| (0..1_100).for_each(|key| tx.put(ObjId::Root, format!("k{key}"), 1).unwrap()));
    let long = living_with(|tx| tx.put(ObjId::Root, "k".repeat(65), 1).unwrap());
    for (mut bo, update) in [many, long] {
        assert_eq!(bo.apply(&update, EVE).unwrap_err(), Rejected::Keys);
    }
}

#[test]
fn objects_nested_too_deep_are_refused() {
    let (mut bo, update) = living_with(|tx| {
        let mut at = ObjId::Root;
        for _ in 0..30_000 {
            at = tx.put_object(&at, "setting", ObjType::Map).unwrap();
        }
    });
    assert_eq!(bo.apply(&update, EVE).unwrap_err(), Rejected::TooDeep);
}

#[test]
fn a_value_that_loses_a_conflict_and_could_not_be_read_is_refused() {
    let (anne, bo) = two(Kind::Concern, "a");
    let doc = Automerge::load(&anne.save()).unwrap();
    for value in [ScalarValue::Int(99), ScalarValue::Str("x".into())] {
        let change = change_on(&doc, EVE, |tx| tx.put(ObjId::Root, "state", value).unwrap());
        let update = Update { changes: vec![change.raw_bytes().to_vec()], heads: vec![Head(change.hash().0)] };
        let mut bo = bo.clone();
        for state in crate::kinds::ConcernState::ALL {
            // More operations than hers, so that Bo's value wins over hers on every device.
            bo.edit(NOW, |record| {
                let Content::Concern(concern) = &mut record.content else { unreachable!() };
                concern.state = *state;
                Ok(())
            })
            .unwrap();
        }
        let before = bo.save();
        assert!(matches!(bo.apply(&update, EVE), Err(Rejected::Schema(FieldError { field: "state", .. }))));
        assert_eq!(bo.save(), before);
    }
}

#[test]
fn a_frozen_list_longer_than_one_author_may_make_it_is_refused() {
    let record = envelope(Kind::Assessment, "a", false);
    let payload = frozen_with(|tx| {
        write::Writer::new(tx, write::Style::Frozen).all(&record.write_fields()).unwrap();
        let list = tx.put_object(ObjId::Root, "indicators", ObjType::List).unwrap();
        (0..257).for_each(|at| tx.insert(&list, at, "a").unwrap());
    });
    assert!(matches!(frozen::read(Kind::Assessment, &payload, ANNE), Err(Rejected::Schema(_))));
}

/// Automerge orders what is inserted in one place by rules of its own; here a list has one order, the one it is written in.
#[test]
fn a_frozen_list_in_another_order_than_it_was_written_in_is_refused() {
    let with_items = |places: [usize; 3]| {
        frozen_with(|tx| {
            fill(tx, false);
            let list = tx.put_object(ObjId::Root, "items", ObjType::List).unwrap();
            places.into_iter().for_each(|at| tx.insert(&list, at, "a").unwrap());
        })
    };
    assert!(matches!(reply(&with_items([0, 1, 2])), Err(Rejected::Schema(_))), "in order it is only an unknown field");
    for places in [[0, 0, 0], [0, 1, 0], [0, 1, 1]] {
        assert_eq!(reply(&with_items(places)).unwrap_err(), Rejected::Malformed("order of a list"), "{places:?}");
    }
}

#[test]
fn a_change_under_anothers_actor_is_refused_whoever_signs() {
    let (mut bo, update) = living_with(|tx| tx.put(ObjId::Root, "setting", "sofa").unwrap());
    assert_eq!(bo.apply(&update, ANNE).unwrap_err(), Rejected::ForeignActor);
    let (anne, founding) = founded(Kind::Draft, "a");
    assert_eq!(Living::join(Kind::Draft, BO, &founding, EVE).unwrap_err(), Rejected::ForeignActor);
    assert_eq!(bo.view().unwrap(), anne.view().unwrap());
}

#[test]
fn a_sequence_number_that_is_taken_is_refused_and_the_true_document_goes_on() {
    let (mut anne, mut bo) = two(Kind::Draft, "a");
    let seen = anne.heads();
    let doc = Automerge::load(&anne.save()).unwrap();
    let other = change_on(&doc, ANNE, |tx| tx.put(ObjId::Root, "setting", "other").unwrap());
    let fork = Update { changes: vec![other.raw_bytes().to_vec()], heads: vec![Head(other.hash().0)] };
    anne.edit(NOW, |_| Ok(())).unwrap();
    anne.edit(NOW, |record| {
        let Content::Draft(draft) = &mut record.content else { unreachable!() };
        draft.seen_heard = text("true");
        Ok(())
    })
    .unwrap();
    bo.apply(&update_since(&anne, &seen), ANNE).unwrap();
    assert!(bo.apply(&fork, ANNE).is_err());
    assert_eq!(bo.view().unwrap(), anne.view().unwrap());
}

#[test]
fn a_leap_of_the_operation_counter_is_refused() {
    let (bo, update) = living_with(|tx| tx.put(ObjId::Root, "setting", "sofa").unwrap());
    let mut expanded = Change::try_from(update.changes[0].as_slice()).unwrap().decode();
    for (start, reason) in [(90_000_000, Rejected::OutOfSequence), (u32::MAX as u64 - 1, Rejected::OutOfSequence)] {
        expanded.start_op = start.try_into().unwrap();
        let change = Change::from(expanded.clone());
        let leap = Update { changes: vec![change.raw_bytes().to_vec()], heads: vec![Head(change.hash().0)] };
        assert_eq!(bo.clone().apply(&leap, EVE).unwrap_err(), reason);
    }
}

#[test]
fn heads_that_do_not_match_are_refused_or_waited_for() {
    let (mut bo, update) = living_with(|tx| tx.put(ObjId::Root, "setting", "sofa").unwrap());
    let unknown = Head([9; 32]);
    let none = Update { heads: vec![], ..update.clone() };
    let without_own = Update { heads: bo.heads(), ..update.clone() };
    let ahead = Update { heads: [update.heads.clone(), vec![unknown]].concat(), ..update.clone() };
    assert_eq!(bo.apply(&none, EVE).unwrap_err(), Rejected::HeadsDiffer);
    assert_eq!(bo.apply(&without_own, EVE).unwrap_err(), Rejected::HeadsDiffer);
    assert_eq!(bo.apply(&ahead, EVE).unwrap_err(), Rejected::Missing(vec![unknown]));
    assert_eq!(bo.apply(&Update::default(), EVE).unwrap_err(), Rejected::Malformed("an update without a change"));
}

#[test]
fn a_wrong_checksum_is_refused_though_automerge_would_take_the_change() {
    let (mut bo, mut update) = living_with(|tx| tx.put(ObjId::Root, "setting", "sofa").unwrap());
    update.changes[0][5] ^= 1;
    assert_eq!(bo.apply(&update, EVE).unwrap_err(), Rejected::Checksum);
    let mut payload = frozen::write(&envelope(Kind::Reply, "a", true), ANNE, NOW).unwrap();
    payload[4] ^= 1;
    assert_eq!(reply(&payload).unwrap_err(), Rejected::Checksum);
}

#[test]
fn too_many_changes_in_one_update_are_refused_unread() {
    let (mut bo, update) = living_with(|tx| tx.put(ObjId::Root, "setting", "sofa").unwrap());
    let flood = Update { changes: vec![vec![]; MAX_CHANGES + 1], heads: update.heads };
    assert!(matches!(bo.apply(&flood, EVE), Err(Rejected::TooLarge { .. })));
}

#[test]
fn deleting_what_the_kind_needs_is_refused() {
    for key in ["_schema", "_kind", "_occurred", "_profession"] {
        let (mut bo, update) = living_with(|tx| tx.delete(ObjId::Root, key).unwrap());
        let before = bo.save();
        assert!(matches!(bo.apply(&update, EVE), Err(Rejected::Schema(_))), "{key}");
        assert_eq!(bo.save(), before);
    }
}

#[test]
fn a_newer_schema_is_refused_unharmed() {
    let (mut bo, update) = living_with(|tx| tx.put(ObjId::Root, "_schema", 2).unwrap());
    assert!(matches!(bo.apply(&update, EVE), Err(Rejected::Schema(FieldError { field: "_schema", .. }))));
}

/// Small deterministic random numbers (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = 9 + self.below(bytes.len() - 9);
            match self.below(5) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.below(256) as u8,
                2 => bytes.insert(at, self.below(256) as u8),
                3 => bytes[at] = bytes[at].wrapping_add(1),
                _ if bytes.len() > 40 => drop(bytes.remove(at)),
                _ => {}
            }
        }
    }
}

/// Makes length and checksum right again, so that the mutation reaches the inside. Answers the hash.
fn reseal(bytes: &mut Vec<u8>, length_bytes: usize) -> Head {
    let kind = bytes[8];
    let body = bytes.split_off(9 + length_bytes);
    let mut hashed = vec![kind];
    let mut length = body.len();
    while length >= 0x80 {
        hashed.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    hashed.push(length as u8);
    let digest: [u8; 32] =
        ring::digest::digest(&ring::digest::SHA256, &[&hashed[..], &body].concat()).as_ref().try_into().unwrap();
    *bytes = [&[0x85, 0x6f, 0x4a, 0x83], &digest[..4], &hashed, &body].concat();
    Head(digest)
}

fn length_bytes(bytes: &[u8]) -> usize {
    1 + bytes[9..].iter().take_while(|byte| **byte & 0x80 != 0).count()
}

/// Runs on a thread whose panics are not printed; one that escapes still fails the test.
fn quietly(run: impl FnOnce() + Send + 'static) {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some("quiet") {
            default(info);
        }
    }));
    std::thread::Builder::new().name("quiet".into()).spawn(run).unwrap().join().expect("a panic escaped");
}

#[test]
fn of_ten_thousand_mutated_frozen_documents_none_panics_and_what_is_accepted_is_a_record() {
    let payload = frozen::write(&envelope(Kind::Observation, "Asta løb", true), ANNE, NOW).unwrap();
    quietly(move || {
        let mut random = Random(0x5eed);
        for round in 0..10_000 {
            let mut mutant = payload.clone();
            random.mutate(&mut mutant);
            if round % 4 != 0 {
                reseal(&mut mutant, length_bytes(&payload));
            }
            if let Ok(record) = frozen::read(Kind::Observation, &mutant, ANNE) {
                assert_eq!(as_automerge_reads(Kind::Observation, &mutant), record);
                let again = frozen::write(&record, ANNE, NOW).unwrap();
                assert_eq!(frozen::read(Kind::Observation, &again, ANNE).unwrap(), record);
            }
        }
    });
}

#[test]
fn of_ten_thousand_mutated_changes_none_panics_and_what_is_accepted_reloads() {
    let (mut anne, bo) = two(Kind::Concern, "slår");
    let seen = anne.heads();
    anne.edit(NOW, |record| {
        let Content::Concern(concern) = &mut record.content else { unreachable!() };
        concern.trigger = text("slår hårdt, tredje gang");
        concern.vote(crate::kinds::samples::person(9), crate::kinds::Level::Acute, Some(text("ja")))?;
        concern.observations.remove(0);
        Ok(())
    })
    .unwrap();
    let update = update_since(&anne, &seen);
    quietly(move || {
        let mut random = Random(0xca7);
        let mut accepted = 0;
        for round in 0..10_000 {
            let mut mutant = update.clone();
            random.mutate(&mut mutant.changes[0]);
            if round % 8 != 0 {
                mutant.heads = vec![reseal(&mut mutant.changes[0], length_bytes(&update.changes[0]))];
            }
            let mut victim = bo.clone();
            match victim.apply(&mutant, ANNE) {
                Ok(_) => {
                    accepted += 1;
                    let reloaded = Living::load(Kind::Concern, BO, &victim.save()).unwrap();
                    assert_eq!(reloaded.view().unwrap(), victim.view().unwrap());
                    victim.conflicts().unwrap();
                }
                Err(_) => assert_eq!(victim.heads(), bo.heads()),
            }
        }
        assert!(accepted > 0, "mutations that change nothing that matters are accepted");
    });
}

#[test]
fn of_ten_thousand_mutated_saved_documents_none_panics() {
    let (anne, _) = founded(Kind::Draft, "a");
    let saved = anne.save();
    quietly(move || {
        let mut random = Random(0xd0c);
        for _ in 0..10_000 {
            let mut mutant = saved.clone();
            random.mutate(&mut mutant);
            reseal(&mut mutant, length_bytes(&saved));
            if let Ok(living) = Living::load(Kind::Draft, ANNE, &mutant) {
                living.view().unwrap();
            }
        }
    });
}

#[test]
fn every_prefix_of_a_document_is_refused() {
    let payload = frozen::write(&envelope(Kind::Notification, "a", true), ANNE, NOW).unwrap();
    let saved = founded(Kind::Draft, "a").0.save();
    for end in 0..payload.len() {
        assert!(frozen::read(Kind::Notification, &payload[..end], ANNE).is_err());
    }
    for end in 0..saved.len() {
        assert!(Living::load(Kind::Draft, ANNE, &saved[..end]).is_err());
    }
}

#[test]
fn every_flipped_bit_of_a_frozen_document_is_refused() {
    let payload = frozen::write(&envelope(Kind::Reply, "a", true), ANNE, NOW).unwrap();
    quietly(move || {
        for bit in 0..payload.len() * 8 {
            let mut flipped = payload.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(reply(&flipped).is_err(), "bit {bit}");
        }
    });
}
