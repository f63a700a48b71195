//! What documents promise, and what they refuse.

mod hostile;
mod living;
mod roundtrip;

use super::*;
use crate::kinds::samples::envelope;
use crate::kinds::{Envelope, Kind};

pub(super) const ANNE: Actor = Actor::new([1; 16]);
pub(super) const BO: Actor = Actor::new([2; 16]);
pub(super) const EVE: Actor = Actor::new([66; 16]);
pub(super) const NOW: i64 = 1_792_891_800_000;

/// A frozen record as it is when Automerge builds the document.
pub(super) fn as_automerge_reads(kind: Kind, payload: &[u8]) -> Envelope {
    let mut doc = automerge::Automerge::new();
    doc.apply_changes([automerge::Change::try_from(payload).unwrap()]).unwrap();
    Envelope::read_fields(kind, tree::read(&doc).unwrap()).unwrap()
}

/// The frozen record as it is when Automerge makes the change, value by value.
pub(super) fn as_automerge_writes(record: &Envelope) -> Vec<u8> {
    let mut doc = automerge::Automerge::new().with_actor(ANNE.id());
    let mut tx = doc.transaction();
    write::Writer::new(&mut tx, write::Style::Frozen).all(&record.write_fields()).unwrap();
    tx.commit_with(automerge::transaction::CommitOptions::default().with_time(NOW));
    doc.get_last_local_change().unwrap().raw_bytes().to_vec()
}

/// A founded document and its founding update.
pub(super) fn founded(kind: Kind, typed: &str) -> (Living, Update) {
    let living = Living::create(&envelope(kind, typed, true), ANNE, NOW).unwrap();
    let update = update_since(&living, &[]);
    (living, update)
}

pub(super) fn update_since(living: &Living, heads: &[Head]) -> Update {
    let updates = living.updates_since(heads);
    assert_eq!(updates.len(), 1);
    updates.into_iter().next().unwrap()
}

/// Two installations with the same document.
pub(super) fn two(kind: Kind, typed: &str) -> (Living, Living) {
    let (anne, founding) = founded(kind, typed);
    let bo = Living::join(kind, BO, &founding, ANNE).unwrap();
    (anne, bo)
}

/// Everything one has written since goes to the other, both ways.
pub(super) fn exchange(anne: &mut Living, bo: &mut Living, since: &[Head]) {
    let (from_anne, from_bo) = (anne.updates_since(since), bo.updates_since(since));
    // Both were offline: what each declares, the other has not seen.
    for update in from_bo {
        anne.apply(&update, BO).unwrap();
    }
    for update in from_anne {
        bo.apply(&update, ANNE).unwrap();
    }
}
