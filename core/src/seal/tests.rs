//! What documents may be, fits a chunk, also if it cannot be compressed.

use tvaers_wire::ids::{CircleId, EntryId, Installation, InstallationNonce, PersonId, RecordId};

use super::*;
use crate::document::{MAX_CHANGE, MAX_UPDATE};
use crate::record::{FrozenRecord, RecordHeader, UPDATE_CHANGES, UpdateHeader, UpdateRecord};
use crate::rng::system;
use tvaers_wire::chunk::{Range, Refusal};

fn device() -> DeviceSecret {
    DeviceSecret::from_seeds(Secret::new([1; 32]), Secret::new([2; 32])).unwrap()
}

fn installation() -> Installation {
    Installation { device: device().id(), nonce: InstallationNonce::new([0xff; 16]) }
}

fn noise(len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    crate::rng::Rng::fill_bytes(&mut system(), &mut out);
    out
}

fn sealed(item: Item) -> Result<SealedChunk, SealError> {
    let place = Place {
        version: limits::VERSION,
        circle: CircleId::new([1; 32]),
        head: EntryId::new([1; 32]),
        installation: installation(),
        counter: limits::LAST_COUNTER,
        previous: ChunkId::new([1; 32]),
        key_commitment: Fixed([0; 32]),
        replaces: Some(Range { from: limits::LAST_COUNTER - 9, to: limits::LAST_COUNTER - 8 }),
        refused: vec![Refusal { counter: limits::LAST_COUNTER - 1, code: 1 }; limits::REFUSALS],
    };
    let summary = Summary {
        record: RecordId::new([1; 32]),
        kind: 3,
        child: Some(tvaers_wire::ids::ChildId::new([1; 16])),
        occurred_at: i64::MAX,
        headline: "x".repeat(HEADLINE),
    };
    let body = Body { item, summary: Some(summary), directory: Fixed([1; 32]), basis: None };
    seal(&place, &body, &device(), &mut system())
}

fn header() -> RecordHeader {
    RecordHeader {
        version: limits::VERSION,
        kind: 3,
        author: PersonId::new([1; 16]),
        installation: installation(),
        recorded_at: i64::MAX,
    }
}

#[test]
fn the_largest_record_and_update_can_be_sealed() {
    let record = FrozenRecord::sign(&header(), [1; 16], noise(MAX_CHANGE), &device());
    assert!(sealed(Item::Frozen(record)).is_ok());
    let heads = vec![Fixed([0xff; 32]); UPDATE_CHANGES];
    let update = UpdateHeader {
        version: limits::VERSION,
        kind: 7,
        founder: PersonId::new([1; 16]),
        nonce: Fixed([1; 16]),
        author: PersonId::new([1; 16]),
        installation: installation(),
        recorded_at: i64::MAX,
        heads,
        carried: None,
    };
    let changes = noise(MAX_UPDATE).chunks(MAX_UPDATE.div_ceil(UPDATE_CHANGES)).map(<[u8]>::to_vec).collect();
    assert!(sealed(Item::Update(UpdateRecord::sign(&update, changes, &device()))).is_ok());
}

#[test]
fn what_is_larger_than_a_chunk_is_not_sealed() {
    let record = FrozenRecord::sign(&header(), [1; 16], noise(limits::CHUNK), &device());
    assert!(matches!(sealed(Item::Frozen(record)), Err(SealError::TooLarge { .. })));
}
