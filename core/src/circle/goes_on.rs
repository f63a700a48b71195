//! Where a circle goes on (protocol §3.7), worked out from entries that were accepted and keys that are held.

use std::collections::HashSet;

use tvaers_wire::entry::{Change, ParsedEntry};
use tvaers_wire::ids::{CircleId, EntryId};
use tvaers_wire::log::CircleLog;

use super::{GoesOn, Sealed, open_sealed};
use crate::keys::Root;

/// What a circle continues, by its founding entry, with when that was signed; `None` if it says that of none.
pub fn continues(founding: &ParsedEntry, root: &Root) -> Option<(Vec<CircleId>, Option<i64>)> {
    match open_sealed(founding, root)? {
        Sealed { goes_on: Some(GoesOn::From(circles)), at, .. } if founding.public.circle.is_none() => {
            Some((circles, at))
        }
        _ => None,
    }
}

/// What a circle's log says of where it goes on, in its order. `root_at` is the root that was in force once an entry was in. What a
/// merge has made void says nothing, nor does an entry that changes no membership: whoever may write could have made it.
pub fn named_next<'r>(
    log: &CircleLog,
    entries: &[ParsedEntry],
    root_at: impl Fn(&EntryId) -> Option<&'r Root>,
) -> Vec<(EntryId, CircleId)> {
    let void = |entry: &ParsedEntry| {
        let void = entry.public.changes.iter().filter_map(|change| match change {
            Change::Void { entry } => Some(*entry),
            _ => None,
        });
        void.collect::<Vec<_>>()
    };
    let void: HashSet<EntryId> = entries.iter().flat_map(void).collect();
    let says = |entry: &&ParsedEntry| {
        let took_manage = entry.public.changes.iter().any(|change| change.member().is_some());
        entry.public.circle.is_some() && took_manage && !void.contains(&entry.id) && log.has(&entry.id)
    };
    let named =
        entries.iter().filter(says).filter_map(|entry| match open_sealed(entry, root_at(&entry.id)?)?.goes_on {
            Some(GoesOn::In(next)) => Some((entry.id, next)),
            _ => None,
        });
    named.collect()
}
