//! One value of every type that revocations, cut-offs and hand-overs brought.

use tvaers_wire::batch::{Batch, BatchCommon, Leaf, LeafEntry};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Entry, Member, Rights};
use tvaers_wire::ids::{EntryId, Stamp};
use tvaers_wire::message::{FeedItem, Page, PushAnswer, PushItem, PushRequest, Pushed, Refused, RefusedLeaf};
use tvaers_wire::statement::{SignedStatement, Statement};

use super::Later;
use crate::vectors::cases::{Case, case};
use crate::vectors::world::World;

/// All of them.
pub(in crate::vectors) fn all(world: &World, later: &Later) -> Vec<Case> {
    let mut cases = statements(later);
    cases.extend(entries(world, later));
    cases.extend(messages(world, later));
    cases
}

fn statements(later: &Later) -> Vec<Case> {
    let unsigned = |signed: &SignedStatement| Statement::from_bytes(&signed.body).unwrap();
    vec![
        case("a revocation, unsigned", &unsigned(&later.revocation)),
        case("a revocation", &later.revocation),
        case("a suspension, unsigned", &unsigned(&later.suspension)),
        case("a return, unsigned", &unsigned(&later.back)),
        case("a departure, unsigned", &unsigned(&later.left)),
        case("a departure", &later.left),
    ]
}

fn entries(world: &World, later: &Later) -> Vec<Case> {
    let batch = Batch::from_bytes(&later.batch.bytes).unwrap();
    let common = BatchCommon::from_bytes(&batch.common).unwrap();
    let cover = Member::Person(world.stranger.person);
    let cover = Change::Add { member: cover, rights: Rights::Write, until: Some(1_800_000_000) };
    let holiday = BatchCommon { changes: vec![cover], leaves_too: None, ..common.clone() };
    let entry = |at: usize| LeafEntry::from_bytes(&later.batch.entries[at].bytes).unwrap();
    vec![
        case("a device is cut off and a new key drawn, public part", &later.cut_off.parsed.public),
        case("a device is cut off and a new key drawn", &Entry::from_bytes(&later.cut_off.bytes).unwrap()),
        case("what the entries of a hand-over have in common", &common),
        case("the same of a holiday cover", &holiday),
        case("a leaf of a hand-over", &Leaf::from_bytes(&batch.leaves[super::AT]).unwrap()),
        case("a hand-over", &batch),
        case("an entry of a hand-over", &entry(super::AT)),
        case("its last entry, beside the others", &entry(4)),
    ]
}

fn messages(world: &World, later: &Later) -> Vec<Case> {
    let wraps = later.batch.wraps.clone();
    let entry = Bytes(later.cut_off.bytes.clone());
    let chunk = Bytes(world.chunk.bytes.clone());
    let key = world.key_box.clone();
    let of_batch = FeedItem::Entry {
        entry: Bytes(later.entry().bytes.clone()),
        wraps: wraps.clone(),
        stamp: Stamp::new([18; 32]),
    };
    let leaf = |at, reason| RefusedLeaf { at, reason };
    let head = Some(EntryId::new([16; 32]));
    vec![
        case(
            "a push of every kind of item",
            &PushRequest {
                version: 1,
                items: vec![
                    PushItem::Entry { entry, wraps: later.cut_off.wraps.clone(), stamp: Some(Stamp::new([18; 32])) },
                    PushItem::Chunk { chunk, key: key.clone() },
                    PushItem::Box { chunk: world.chunk.id, key },
                    PushItem::Statement { statement: later.revocation.clone() },
                    PushItem::Batch { batch: Bytes(later.batch.bytes.clone()), wraps },
                ],
            },
        ),
        case(
            "what became of a push with batches",
            &PushAnswer {
                results: vec![
                    Pushed::Batch { refused: Vec::new() },
                    Pushed::Batch { refused: vec![leaf(0, Refused::StaleHead), leaf(300, Refused::NotAllowed)] },
                    Pushed::Refused { reason: Refused::StaleHead, counter: None, head },
                ],
                token: tvaers_wire::ids::Fixed([17; 24]),
                stamps: Vec::new(),
            },
        ),
        case(
            "a page with a statement and an entry of a batch",
            &Page {
                items: vec![FeedItem::Statement { statement: later.revocation.clone() }, of_batch],
                next: tvaers_wire::ids::Fixed([18; 24]),
                more: true,
            },
        ),
    ]
}
