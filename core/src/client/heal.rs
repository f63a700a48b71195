//! Healing: a relay that was restored from a backup gets back what it has forgotten, from whoever has a copy.

use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::CircleId;
use tvaers_wire::limits;
use tvaers_wire::message::{CircleFrontier, FrontierAnswer, FrontierRequest, TOKEN_START};

use super::{ClientError, Device, Known};
use crate::store::{circles, inbox, meta, outbox};

impl Device {
    /// The requests that ask the relay where it stands, in all circles known here.
    pub fn frontier_requests(&self) -> Vec<Vec<u8>> {
        let mut circles: Vec<CircleId> = self.known().circles.keys().copied().collect();
        circles.sort_unstable();
        let asked = circles.chunks(limits::FRONTIER_CIRCLES);
        asked.map(|circles| FrontierRequest { circles: circles.to_vec() }.to_bytes()).collect()
    }

    /// Puts into the outbox what the relay lacks: control entries first, then every installation's chunks in their order.
    /// Returns how many items.
    ///
    /// # Errors
    /// [`ClientError::Answer`] or a store error; asked again then.
    pub fn heal(&self, answer: &[u8]) -> Result<usize, ClientError> {
        let answer = FrontierAnswer::from_bytes(answer)?;
        self.change(|tx, known| {
            let mut queued = 0;
            for frontier in &answer.circles {
                queued += heal_circle(tx, known, frontier)?;
            }
            Ok(queued)
        })
    }

    /// Reads the feed from its beginning again: the old token means nothing to a restored relay. What is here already is
    /// recognised by its id.
    ///
    /// # Errors
    /// A store error.
    pub fn forget_tokens(&self) -> Result<(), ClientError> {
        self.store.write(|tx| {
            meta::set(tx, "after", &TOKEN_START.0)?;
            meta::set(tx, "seen", &TOKEN_START.0)?;
            Ok(())
        })
    }
}

fn heal_circle(tx: &rusqlite::Transaction<'_>, known: &Known, frontier: &CircleFrontier) -> Result<usize, ClientError> {
    let Some(circle) = known.circles.get(&frontier.circle) else { return Ok(0) };
    let mut queued = 0;
    for entry in circle.log.entries.iter().filter(|entry| !frontier.entries.contains(entry)) {
        circles::set_unsent(tx, entry, true)?;
        queued += 1;
    }
    // Of an entry that somebody else brought back, the relay may lack wraps that only its maker has kept.
    for (entry, _, wraps) in circles::entries_of(tx, &frontier.circle)? {
        if wraps.len() > 1 && circle.log.entries.contains(&entry) {
            circles::set_unsent(tx, &entry, true)?;
        }
    }
    circles::hold(tx, circle.row, "", 0)?;
    for (chunk, installation, counter) in inbox::held(tx, circle.row)? {
        let who = inbox::installation_at(tx, installation)?;
        let reached = frontier.reached.iter().find(|reached| reached.installation == who);
        if reached.is_none_or(|reached| reached.counter < counter) {
            outbox::put_again(tx, circle.row, chunk)?;
            queued += 1;
        }
    }
    Ok(queued)
}
