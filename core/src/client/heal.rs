//! Healing: a relay that was restored from a backup gets back what it has forgotten, from whoever has a copy.
//!
//! That healing is due is written down before the first question and crossed out after the last answer, so a device that
//! stops in between goes on when it is next in contact.

use rusqlite::Transaction;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::CircleId;
use tvaers_wire::limits;
use tvaers_wire::message::{CircleFrontier, FrontierAnswer, FrontierRequest, TOKEN_START};

use super::{ClientError, Device, Known};
use crate::store::{StoreError, circles, inbox, meta, outbox};

impl Device {
    /// The requests that ask the relay where it stands, in all circles known here.
    pub fn frontier_requests(&self) -> Vec<Vec<u8>> {
        let mut circles: Vec<CircleId> = self.known().circles.keys().copied().collect();
        circles.sort_unstable();
        let asked = circles.chunks(limits::FRONTIER_CIRCLES);
        asked.map(|circles| FrontierRequest { circles: circles.to_vec() }.to_bytes()).collect()
    }

    /// Puts into the outbox what the relay lacks: control entries first, then every installation's chunks in their order.
    ///
    /// Of a circle that it does not speak of, the relay has forgotten that this device is in it, and does not tell a stranger
    /// what it has: it gets everything, and recognises what it kept.
    ///
    /// # Errors
    /// [`ClientError::Answer`] or a store error; asked again then.
    pub fn heal(&self, request: &[u8], answer: &[u8]) -> Result<(), ClientError> {
        let asked = FrontierRequest::from_bytes(request)?.circles;
        let answer = FrontierAnswer::from_bytes(answer)?;
        self.change(|tx, known| {
            for circle in asked {
                let told = answer.circles.iter().find(|frontier| frontier.circle == circle);
                let unspoken = CircleFrontier { circle, entries: Vec::new(), reached: Vec::new() };
                self.heal_circle(tx, known, told.unwrap_or(&unspoken))?;
            }
            Ok(())
        })
    }

    fn heal_circle(&self, tx: &Transaction<'_>, known: &Known, frontier: &CircleFrontier) -> Result<(), ClientError> {
        let Some(circle) = known.circles.get(&frontier.circle) else { return Ok(()) };
        for (entry, bytes, _) in circles::entries_of(tx, &frontier.circle)? {
            // Who brought an entry back may have had only their own wraps of it; all of them are with its maker alone.
            let made_here = || ParsedEntry::from_bytes(&bytes).is_ok_and(|p| p.public.device == self.secret.id());
            // The relay follows another branch: what is only on this one comes with an entry that unites the two.
            if circle.aside.iter().any(|aside| frontier.entries.contains(&aside.id))
                && circle.since_parted().contains(&entry)
            {
                continue;
            }
            if !frontier.entries.contains(&entry) || made_here() {
                circles::set_unsent(tx, &entry, true)?;
            }
        }
        circles::hold(tx, circle.row, "", 0)?;
        // The relay may have forgotten that this circle is closed to this device; it will hear so from the entries.
        if circle.log.rights_of(&self.secret.id(), &self.person, Some(known.time.told()), known).is_none() {
            return Ok(());
        }
        for (chunk, installation, counter) in inbox::held(tx, circle.row)? {
            let who = inbox::installation_at(tx, installation)?;
            let reached = frontier.reached.iter().find(|reached| reached.installation == who);
            if reached.is_none_or(|reached| reached.counter < counter) {
                outbox::put_again(tx, circle.row, chunk)?;
            }
        }
        Ok(())
    }

    /// The relay has forgotten something: it will be asked where it stands, and the feed is read from its beginning again, since
    /// the old token means nothing to a restored relay. What is here already is recognised by its id.
    ///
    /// # Errors
    /// A store error.
    pub fn begin_healing(&self) -> Result<(), ClientError> {
        self.change(|tx, known| {
            known.echoes = None;
            self.tell_again(tx, known)?;
            meta::set(tx, "healing", &[1])?;
            meta::set(tx, "after", &TOKEN_START.0)?;
            meta::set(tx, "seen", &TOKEN_START.0)?;
            Ok(())
        })
    }

    /// Everything that the relay lacks is in the outbox.
    ///
    /// # Errors
    /// A store error.
    pub fn end_healing(&self) -> Result<(), ClientError> {
        self.store.write(|tx| Ok(meta::set(tx, "healing", &[0])?))
    }

    /// True if healing has begun and not ended, or ended with nothing read or taken since: without a token nobody can tell whether the
    /// relay has been put back once more.
    ///
    /// # Errors
    /// A store error.
    pub fn is_healing(&self) -> Result<bool, StoreError> {
        self.store.read(|conn| {
            let begun = meta::get(conn, "healing")?.is_some_and(|value| value == [1]);
            let no_token = meta::token(conn, "after")? == TOKEN_START && meta::token(conn, "seen")? == TOKEN_START;
            Ok(begun || (no_token && inbox::any_received(conn)?))
        })
    }
}
