//! The checks of a push, as pure functions: shared by every storage, called inside its commit.

mod entries;

use std::collections::BTreeSet;

use tvaers_wire::chunk::{KeyBox, ParsedChunk};
use tvaers_wire::entry::Rights;
use tvaers_wire::ids::{ChunkId, CircleId, DeviceId, EntryId};
use tvaers_wire::limits;
use tvaers_wire::message::{Pushed, Refused};

pub use entries::{EntryVerdict, Listed, added, entry, listed, refold, removed, returned};

use crate::access;
use crate::prepare::{PreparedChunk, Signature};
use crate::world::{Circle, Last, View};

/// Why an item is not taken, with what the pusher needs to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Why.
    pub reason: Refused,
    /// Where the installation stands here.
    pub counter: Option<u64>,
    /// The entry in force.
    pub head: Option<EntryId>,
}

impl From<Refused> for Refusal {
    fn from(reason: Refused) -> Self {
        Self { reason, counter: None, head: None }
    }
}

impl From<Refusal> for Pushed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { reason: refusal.reason, counter: refusal.counter, head: refusal.head }
    }
}

impl Refusal {
    fn at_head(reason: Refused, head: EntryId) -> Self {
        Self { reason, counter: None, head: Some(head) }
    }

    fn out_of_order(counter: u64) -> Self {
        Self { reason: Refused::OutOfOrder, counter: Some(counter), head: None }
    }
}

/// What a chunk comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChunkVerdict {
    /// It is here already.
    Duplicate,
    /// It is next in its installation's order.
    Next,
}

/// Checks a chunk. `last` is where its installation stands; `stored` says whether exactly this chunk is here.
///
/// # Errors
/// [`Refusal`].
pub fn chunk<V: View>(
    view: &V,
    pusher: &DeviceId,
    chunk: &PreparedChunk,
    last: Option<&Last>,
    stored: bool,
    now: u64,
) -> Result<ChunkVerdict, Refusal> {
    let header = &chunk.header;
    let circle = view.circle(&header.circle).ok_or(Refused::UnknownCircle)?;
    if !access::may_read(view, pusher, &header.circle, now) {
        return Err(Refused::NotAllowed.into());
    }
    // What is erased is not taken again; whoever brings it will hear why.
    if stored || circle.log.erasure.has(&header.installation, header.counter, &chunk.id) {
        return Ok(ChunkVerdict::Duplicate);
    }
    if !circle.log.entries.contains(&header.head) {
        return Err(Refused::UnknownHead.into());
    }
    check_writer(view, circle, chunk, now)?;
    check_epoch(circle, &chunk.key)?;
    let standing = last.map_or(0, |last| last.counter);
    // What a chunk replaces need not be here: the signed range stands for it. So a chunk whose predecessors were dropped can be
    // brought again after a restore, by whoever has it.
    let stands_for = header.replaces.is_some_and(|range| range.from <= standing + 1 && range.to >= chunk.follows);
    if chunk.follows != standing
        && !(chunk.follows > standing && (stands_for || erased_between(circle, chunk, standing)))
    {
        return Err(Refusal::out_of_order(standing));
    }
    // Refused and replaced counters stand between: their hashes are not known here, so only readers can check that link.
    let expected = last.map_or(ChunkId::new([0; 32]), |last| last.chunk);
    if chunk.follows == standing && header.refused.is_empty() && header.previous != expected {
        return Err(Refusal::out_of_order(standing));
    }
    Ok(ChunkVerdict::Next)
}

/// True if all that is missing before a chunk is erased: nobody has it any more who could bring it to a restored relay.
fn erased_between(circle: &Circle, chunk: &PreparedChunk, standing: u64) -> bool {
    let erased: Vec<_> = circle.log.erasure.within(&chunk.header.installation, standing + 1, chunk.follows).collect();
    let counters: BTreeSet<u64> = erased.iter().map(|(counter, _)| *counter).collect();
    let previous = || erased.iter().any(|(counter, id)| (*counter, *id) == (chunk.follows, chunk.header.previous));
    counters.len() as u64 == chunk.follows - standing && (!chunk.header.refused.is_empty() || previous())
}

/// A stored chunk, as far as a box must know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChunkFact {
    /// Its row.
    pub row: u64,
    /// Its circle.
    pub circle: CircleId,
    /// Its installation's row.
    pub installation: u64,
    /// Its counter.
    pub counter: u64,
    /// Who signed it.
    pub signer: DeviceId,
    /// Its boxes, by supplier.
    pub boxes: Vec<(DeviceId, KeyBox)>,
}

/// Checks a box for a stored chunk. Returns false if exactly this box is here already.
///
/// # Errors
/// [`Refusal`].
pub fn key_box<V: View>(
    view: &V,
    pusher: &DeviceId,
    fact: Option<&ChunkFact>,
    key: &KeyBox,
    now: u64,
) -> Result<bool, Refusal> {
    // One answer for a chunk that is not here and one that the pusher may not see.
    let fact = fact.filter(|fact| access::may_read(view, pusher, &fact.circle, now)).ok_or(Refused::UnknownChunk)?;
    let circle = view.circle(&fact.circle).ok_or(Refused::UnknownChunk)?;
    if fact.boxes.iter().any(|(supplier, known)| supplier == pusher && known == key) {
        return Ok(false);
    }
    check_epoch(circle, key)?;
    let others = fact.boxes.iter().filter(|(supplier, _)| *supplier != fact.signer && supplier != pusher).count();
    if *pusher != fact.signer && others >= limits::BOXES_PER_CHUNK {
        return Err(Refused::NotAllowed.into());
    }
    Ok(true)
}

fn check_writer<V: View>(view: &V, circle: &Circle, chunk: &PreparedChunk, now: u64) -> Result<(), Refusal> {
    let installation = &chunk.header.installation;
    let vouched = view.vouched().ok_or(Refused::UnknownDevice)?;
    let key = vouched.signing_key(&installation.device).ok_or(Refused::UnknownDevice)?;
    let within_cut = circle.log.within_cut(installation, chunk.header.counter, &chunk.id) == Some(true);
    let mut writes = access::rights(view, &installation.device, &circle.log.id, now) >= Some(Rights::Write);
    if let Some(leaving) = view.leaving(&circle.log.id).filter(|_| writes) {
        let mut after = circle.log.clone();
        after.members.retain(|member, _| !leaving.contains(member));
        let writer = vouched.person(&installation.device).ok_or(Refused::UnknownDevice)?;
        writes = after.rights_of(&installation.device, &writer, Some(now), view) >= Some(Rights::Write);
    }
    if !within_cut && !writes {
        return Err(Refused::NotAllowed.into());
    }
    let verified = match chunk.signature {
        Signature::OwnSession | Signature::Good => true,
        Signature::Bad => false,
        Signature::Open => ParsedChunk::from_bytes(&chunk.bytes).is_ok_and(|parsed| parsed.verify(key).is_ok()),
    };
    if verified { Ok(()) } else { Err(Refused::BadSignature.into()) }
}

fn check_epoch(circle: &Circle, key: &KeyBox) -> Result<(), Refusal> {
    if key.epoch == circle.epoch() { Ok(()) } else { Err(Refusal::at_head(Refused::OldEpoch, circle.log.head())) }
}
