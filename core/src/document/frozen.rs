//! Frozen documents: one change, one actor, nothing deleted, nothing compressed (protocol §8.3).
//!
//! The payload is a single Automerge change. It is what is signed and hashed, and it can say one thing in one way only:
//! a value that is written and hidden again, an unknown field or a second author is refused.

use automerge::Change;

use super::actor::Actor;
use super::error::Rejected;
use super::{contained, guard, plain};
use crate::kinds::{Envelope, FieldError, Kind, List, Why};

const OVERLONG: FieldError = Why::TooMany { limit: List::<()>::MAX_ITEMS }.at("list");

/// Writes a submitted record into a document of its own. `time_ms` is Unix time in milliseconds.
///
/// # Errors
/// [`Rejected::WrongKind`] for living kinds, [`Rejected::Schema`] for fields that contradict each other, and the limits
/// that every reader enforces.
pub fn write(envelope: &Envelope, actor: Actor, time_ms: i64) -> Result<Vec<u8>, Rejected> {
    if !envelope.kind().is_frozen() {
        return Err(Rejected::WrongKind);
    }
    envelope.check()?;
    let fields = envelope.write_fields();
    if fields.has_overlong_list() {
        return Err(OVERLONG.into());
    }
    let payload = plain::write(&fields, actor, time_ms).raw_bytes().to_vec();
    guard::change(&payload)?;
    Ok(payload)
}

/// Reads a submitted record of this kind, written under this actor.
///
/// # Errors
/// What is wrong with it; never a panic.
pub fn read(kind: Kind, payload: &[u8], actor: Actor) -> Result<Envelope, Rejected> {
    if !kind.is_frozen() {
        return Err(Rejected::WrongKind);
    }
    let facts = guard::change(payload)?;
    if facts.actor != actor || facts.other_actors > 0 {
        return Err(Rejected::ForeignActor);
    }
    if facts.seq != 1 || facts.start_op != 1 || !facts.deps.is_empty() {
        return Err(Rejected::NotOneChange);
    }
    if facts.replaces_or_merges {
        return Err(Rejected::Malformed("a frozen document replaces nothing"));
    }
    contained(|| {
        let change = Change::try_from(payload).map_err(|_| Rejected::NotApplied)?;
        // Automerge hashes what it has read; the checksum in the header is what was sent.
        if change.hash().as_ref().get(..4) != payload.get(4..8) {
            return Err(Rejected::Checksum);
        }
        let fields = plain::read(&change)?;
        if fields.has_overlong_list() {
            return Err(OVERLONG.into());
        }
        Ok(Envelope::read_fields(kind, fields)?)
    })
}
