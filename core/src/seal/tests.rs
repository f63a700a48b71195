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

/// A chunk has one inside: what could be hidden between the content and the end is refused, since nobody would look at it.
#[test]
fn nothing_can_be_hidden_in_the_padding() {
    let directory = Fixed(noise(32).try_into().unwrap());
    let body = |item| Body { item, summary: None, directory, basis: None };
    let plain = body(Item::Receipt(Receipt::default()));
    let text = FrozenRecord::sign(&header(), [1; 16], vec![b'a'; 1_000], &device());
    let deflated = body(Item::Frozen(text));
    for (body, form) in [(&plain, 0), (&deflated, 1)] {
        let good = body.to_padded();
        assert_eq!((Body::from_padded(&good).as_ref(), good[4]), (Ok(body), form));
        let length = u32::from_be_bytes(good[..4].try_into().unwrap());
        let wrong = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = good.clone();
            change(&mut bytes);
            Body::from_padded(&bytes).unwrap_err()
        };
        assert!(good.len() > 4 + length as usize, "there is padding to hide in");
        assert_eq!(wrong(&|bytes| *bytes.last_mut().unwrap() = 1), BodyError::Padding, "not zeros");
        assert_eq!(wrong(&|bytes| bytes.push(0)), BodyError::Padding, "too long");
        assert_eq!(wrong(&|bytes| bytes.truncate(good.len() - 1)), BodyError::Padding, "too short");
        assert_eq!(wrong(&|bytes| bytes.truncate(3)), BodyError::Padding, "no length");
        assert_eq!(wrong(&|bytes| bytes[4] = 2), BodyError::Padding, "another form");
        // One of the zeros is said to be content.
        let longer = wrong(&|bytes| bytes[..4].copy_from_slice(&(length + 1).to_be_bytes()));
        assert!(matches!((form, longer), (0, BodyError::Decode(_)) | (1, BodyError::Inflate)));
    }
}
