//! What a commit drops: chunks that their installation has replaced, and chunks that two persons have erased.

use tvaers_wire::chunk::Range;
use tvaers_wire::log::CircleLog;

use super::{Plan, Write};
use crate::rules::ChunkFact;
use crate::world::{FeedKey, feed_key};

impl Plan<'_, '_> {
    /// Drops what is newly erased in a circle.
    pub(super) fn erase(&mut self, before: Option<&CircleLog>, after: &CircleLog) {
        let Some(before) = before.filter(|before| before.erasure.agreed.len() < after.erasure.agreed.len()) else {
            return;
        };
        let readers = after.members.keys().filter_map(feed_key);
        let keys: Vec<u64> = readers.filter_map(|key| self.draft.keys.get(&key).map(|state| state.row)).collect();
        for place in after.erasure.all() {
            if !before.erasure.has(&place.installation, place.counter, &place.chunk) {
                self.facts.chunks.remove(&place.chunk);
                self.writes.push(Write::Erase { chunk: place.chunk, keys: keys.clone() });
            }
        }
    }

    /// Drops what an installation has replaced with one of its own chunks.
    pub(super) fn replace(&mut self, installation: u64, range: Range, keys: &[FeedKey]) {
        let keys = keys.iter().filter_map(|key| self.draft.keys.get(key).map(|state| state.row)).collect();
        let within =
            |fact: &ChunkFact| fact.installation == installation && (range.from..=range.to).contains(&fact.counter);
        self.facts.chunks.retain(|_, fact| !within(fact));
        self.writes.push(Write::Replace { installation, range, keys });
    }
}
