//! Updates of a living document: changes that an installation made, and what is asked of them before they are in.

use automerge::{Automerge, Change, ChangeHash, ReadDoc};

use super::actor::Actor;
use super::conflict;
use super::error::{Head, Rejected};
use super::guard::limits::{MAX_CHANGES, MAX_DOCUMENT_OPS, MAX_OPS, MAX_UPDATE};
use super::{guard, tree};
use crate::kinds::{Envelope, Kind};

/// Changes of one installation, in order, and the state its document was in with them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Update {
    /// The bytes of each change.
    pub changes: Vec<Vec<u8>>,
    /// The heads of the author's document after the last one.
    pub heads: Vec<Head>,
}

/// What an update did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// The document has changed.
    Changed,
    /// Everything in it was known.
    Known,
}

/// What can be said of an update without the document.
pub(super) fn check(update: &Update, signer: Actor) -> Result<Vec<guard::Facts>, Rejected> {
    if update.changes.is_empty() {
        return Err(Rejected::Malformed("an update without a change"));
    }
    let bytes = update.changes.iter().fold(0usize, |sum, change| sum.saturating_add(change.len()));
    if bytes > MAX_UPDATE || update.changes.len() > MAX_CHANGES || update.heads.len() > MAX_CHANGES {
        return Err(Rejected::TooLarge { limit: MAX_UPDATE });
    }
    let facts = update.changes.iter().map(|change| guard::change(change)).collect::<Result<Vec<_>, _>>()?;
    if facts.iter().any(|facts| facts.actor != signer) {
        return Err(Rejected::ForeignActor);
    }
    if facts.iter().map(|facts| facts.ops).sum::<u64>() > MAX_OPS {
        return Err(Rejected::TooManyOperations { limit: MAX_OPS });
    }
    if facts.windows(2).any(|pair| pair[1].seq != pair[0].seq + 1) {
        return Err(Rejected::OutOfSequence);
    }
    Ok(facts)
}

/// Applies an update to a copy; `None` if all of it was known. Runs contained.
pub(super) fn try_on(
    mut doc: Automerge,
    kind: Kind,
    update: &Update,
    facts: &[guard::Facts],
) -> Result<Option<Automerge>, Rejected> {
    let mut last = None;
    let mut new = 0usize;
    let mut missing = Vec::new();
    for (bytes, facts) in update.changes.iter().zip(facts) {
        let change = Change::try_from(bytes.as_slice()).map_err(|_| Rejected::NotApplied)?;
        if change.hash().as_ref().get(..4) != bytes.get(4..8) {
            return Err(Rejected::Checksum);
        }
        let hash = change.hash();
        last = Some(hash);
        if doc.get_change_meta_by_hash(&hash).is_some() {
            continue;
        }
        let before = doc.get_missing_deps(change.deps());
        let unknown: Vec<_> = change.deps().iter().filter(|dep| doc.get_change_meta_by_hash(dep).is_none()).collect();
        if !unknown.is_empty() || !before.is_empty() {
            missing.extend(unknown.into_iter().map(head));
            break;
        }
        follows(&doc, &change, facts)?;
        doc.apply_changes([change]).map_err(|_| Rejected::NotApplied)?;
        if doc.get_change_meta_by_hash(&hash).is_none() {
            return Err(Rejected::NotApplied);
        }
        new += 1;
    }
    let declared = update.heads.iter().filter(|head| doc.get_change_meta_by_hash(&ChangeHash(head.0)).is_none());
    if missing.is_empty() {
        if !last.is_some_and(|last| update.heads.contains(&head(&last))) {
            return Err(Rejected::HeadsDiffer);
        }
        missing.extend(declared.copied());
    }
    if !missing.is_empty() {
        return Err(Rejected::Missing(missing));
    }
    if new == 0 {
        return Ok(None);
    }
    if doc.stats().num_ops > MAX_DOCUMENT_OPS {
        return Err(Rejected::TooManyOperations { limit: MAX_DOCUMENT_OPS });
    }
    let shown = view(kind, &doc)?;
    let saved = doc.save_nocompress();
    guard::document(&saved)?;
    let again = Automerge::load(&saved).map_err(|_| Rejected::NotReloadable)?;
    if heads(&again) != heads(&doc) || view(kind, &again)? != shown {
        return Err(Rejected::NotReloadable);
    }
    // Values that lost must be readable too, or nobody could ever choose them.
    conflict::find(&again, kind)?;
    Ok(Some(again))
}

/// Counters follow from the change's own past: a leap would use up numbers that others need.
fn follows(doc: &Automerge, change: &Change, facts: &guard::Facts) -> Result<(), Rejected> {
    let past = change.deps().iter().filter_map(|dep| doc.get_change_meta_by_hash(dep)).map(|meta| meta.max_op).max();
    if facts.start_op != past.unwrap_or(0) + 1 {
        return Err(Rejected::OutOfSequence);
    }
    Ok(())
}

/// What a document says.
pub(super) fn view(kind: Kind, doc: &Automerge) -> Result<Envelope, Rejected> {
    let fields = tree::read(doc)?;
    Ok(Envelope::read_fields(kind, fields)?)
}

/// The heads of a document, sorted.
pub(super) fn heads(doc: &Automerge) -> Vec<Head> {
    let mut heads: Vec<_> = doc.get_heads().iter().map(head).collect();
    heads.sort_unstable();
    heads
}

pub(super) fn head(hash: &ChangeHash) -> Head {
    Head(hash.0)
}
