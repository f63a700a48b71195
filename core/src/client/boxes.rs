//! Boxes that whoever holds the key in force can open. Each key leads to those before it; but one that was begun anew, by somebody who did
//! not hold the one before, leads only as far as they could, and what is in a box under a key beside it opens for nobody who comes later.

use std::collections::HashMap;

use rusqlite::Transaction;
use tvaers_wire::chunk::KeyBox;
use tvaers_wire::ids::EntryId;

use super::known::Circle;
use super::process::with_those_before;
use crate::keys::Root;
use crate::store::{StoreError, inbox, outbox};

/// Brings again what nobody will find under the key to come: where a relay had forgotten it, a device that is out may have brought it in a
/// box that nobody opens any more, and in that alone.
pub(super) fn box_anew(tx: &Transaction<'_>, circle: &Circle) -> Result<(), StoreError> {
    let led_to = led_to(circle, circle.newest_root());
    put_again(tx, circle, |boxes| boxes.iter().any(|epoch| !led_to.contains_key(epoch)))
}

/// Brings again what this device opens by a key that the one in force does not lead to: those for whom it was meant, and who were away
/// when it was written, find it under the one they have.
pub(super) fn box_apart(tx: &Transaction<'_>, circle: &Circle) -> Result<(), StoreError> {
    let led_to = led_to(circle, circle.root());
    if led_to.is_empty() || led_to.len() == circle.roots.len() {
        return Ok(());
    }
    put_again(tx, circle, |boxes| !boxes.iter().any(|epoch| led_to.contains_key(epoch)))
}

/// True if one of these boxes stays closed to whoever has nothing but the key in force.
pub(super) fn is_any_closed(circle: &Circle, boxes: &[KeyBox]) -> bool {
    let Some(current) = circle.root() else { return false };
    let mut older = boxes.iter().filter(|key| key.epoch != current.0).peekable();
    // Of most there are no others.
    older.peek().is_some() && {
        let led_to = led_to(circle, Some(current));
        older.any(|key| !led_to.contains_key(&key.epoch))
    }
}

/// Brings those chunks again that this device opens, and that lack something by the epochs of their boxes.
fn put_again(tx: &Transaction<'_>, circle: &Circle, lacks: impl Fn(&[EntryId]) -> bool) -> Result<(), StoreError> {
    for (chunk, boxes) in inbox::boxed(tx, circle.row)? {
        if lacks(&boxes) && boxes.iter().any(|epoch| circle.roots.contains_key(epoch)) {
            outbox::put_again(tx, circle.row, chunk)?;
        }
    }
    Ok(())
}

/// A key, with all to which it leads.
fn led_to(circle: &Circle, from: Option<(EntryId, &Root)>) -> HashMap<EntryId, Root> {
    let from = from.map(|(epoch, root)| (epoch, root.clone()));
    from.map_or_else(HashMap::new, |from| with_those_before(&circle.log, &HashMap::new(), from))
}
