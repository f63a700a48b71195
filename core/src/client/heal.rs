//! Healing: a relay that was restored from a backup gets back what it has forgotten, from whoever has a copy.
//!
//! That healing is due is written down before the first question and crossed out after the last answer, so a device that
//! stops in between goes on when it is next in contact.

use std::collections::BTreeSet;

use rusqlite::Transaction;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::{CircleId, Installation};
use tvaers_wire::limits;
use tvaers_wire::message::{CircleFrontier, FrontierAnswer, FrontierRequest, TOKEN_START};

use super::known::Circle;
use super::{ClientError, Device, Known, renewal};
use crate::store::inbox::HeldChunk;
use crate::store::{StoreError, circles, entries, inbox, meta, outbox};

/// How far healing has come: 0 is done.
pub(super) const HEALING: &str = "healing";
/// The relay is to be asked where it stands, and the feed to be read from its beginning.
const HEAL: u8 = 1;
/// The relay has been asked, and the feed is being read.
pub(super) const REREAD: u8 = 2;

impl Device {
    /// The requests that ask the relay where it stands, in all circles known here.
    pub fn frontier_requests(&self) -> Vec<Vec<u8>> {
        let mut circles: Vec<CircleId> = self.known().circles.keys().copied().collect();
        circles.sort_unstable();
        let asked = circles.chunks(limits::ASKED_CIRCLES);
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
                let told = told.unwrap_or(&unspoken);
                self.notice_forgotten(tx, known, told)?;
                if self.heal_circle(tx, known, told)? {
                    (known.another_life, known.upkeep_due) = (true, true);
                    meta::set(tx, "another-life", &[renewal::CHAIN_BROKEN])?;
                }
            }
            Ok(())
        })
    }

    /// True if something of this installation is missing between what the relay has and what is here: an edit that came late to a record
    /// that is erased, and that nobody has kept. What is behind it is sent again by a new installation.
    fn heal_circle(&self, tx: &Transaction<'_>, known: &Known, frontier: &CircleFrontier) -> Result<bool, ClientError> {
        let Some(circle) = known.circles.get(&frontier.circle) else { return Ok(false) };
        for (entry, bytes, _) in entries::of(tx, &frontier.circle)? {
            // Who brought an entry back may have had only their own wraps of it; all of them are with its maker alone.
            let made_here = || ParsedEntry::from_bytes(&bytes).is_ok_and(|p| p.public.device == self.secret.id());
            // The relay follows another branch: what is only on this one comes with an entry that unites the two.
            if circle.aside.iter().any(|aside| frontier.entries.contains(&aside.id))
                && circle.since_parted().contains(&entry)
            {
                continue;
            }
            if !frontier.entries.contains(&entry) || made_here() {
                entries::set_unsent(tx, &entry, true)?;
            }
        }
        circles::hold(tx, circle.row, "", 0)?;
        // The relay may have forgotten that this circle is closed to this device; it will hear so from the entries.
        if circle.log.rights_of(&self.secret.id(), &self.person, Some(known.time.told()), known).is_none() {
            return Ok(false);
        }
        let mut broken = false;
        for chain in inbox::held(tx, circle.row)?.chunk_by(|one, next| one.installation == next.installation) {
            broken |= self.heal_chain(tx, known, (circle, frontier), chain)?;
        }
        Ok(broken)
    }

    /// What an installation has written beyond where the relay has it. True if it is this one, and the relay will not take that.
    fn heal_chain(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        (circle, frontier): (&Circle, &CircleFrontier),
        chain: &[HeldChunk],
    ) -> Result<bool, ClientError> {
        let who = inbox::installation_at(tx, chain[0].installation)?;
        let reached = frontier.reached.iter().find(|reached| reached.installation == who);
        let reached = reached.map_or(0, |reached| reached.counter);
        let mut standing = reached;
        for chunk in chain.iter().filter(|chunk| *chunk.counters.end() > reached) {
            let Some(bytes) = inbox::bytes_of(tx, chunk.row)? else { continue };
            // What stands behind an entry that counts nowhere any more is taken by nobody.
            let counts = circle.knows(&ParsedChunk::from_bytes(&bytes)?.header.head);
            if who == self.installation() && !(counts && follows(circle, &who, standing, chunk)) {
                let records = outbox::written_after(tx, circle.row, (chunk.installation, standing))?;
                self.send_otherwise(tx, known, circle, &records)?;
                return Ok(true);
            }
            if !counts {
                break;
            }
            standing = *chunk.counters.end();
            outbox::put_again(tx, circle.row, chunk.row)?;
        }
        Ok(false)
    }

    /// The relay has forgotten something: it will be asked where it stands, and the feed is read from its beginning again, since
    /// the old token means nothing to a restored relay. What is here already is recognised by its id.
    ///
    /// # Errors
    /// A store error.
    pub fn begin_healing(&self) -> Result<(), ClientError> {
        self.change(|tx, known| {
            // Asked once more in the midst of reading: what has been read since counts, and a slow line gets to the end.
            if known.rereads {
                return Ok(self.tell_again(tx, known)?);
            }
            self.begin_healing_with(tx, known)
        })
    }

    /// The relay does not know this device's place in the feed. Healing begins with what is asked next.
    pub(super) fn lost_its_place(&self) -> Result<(), ClientError> {
        self.change(|tx, known| Ok(heal_next(tx, known)?))
    }

    /// The same with something else.
    pub(super) fn begin_healing_with(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<(), ClientError> {
        known.echoes = None;
        self.tell_again(tx, known)?;
        heal_next(tx, known)?;
        meta::set(tx, "after", &TOKEN_START.0)?;
        Ok(meta::set(tx, "seen", &TOKEN_START.0)?)
    }

    /// Everything that the relay lacks is in the outbox. The feed is still to be read.
    ///
    /// # Errors
    /// A store error.
    pub fn end_healing(&self) -> Result<(), ClientError> {
        self.change(|tx, known| {
            known.rereads = true;
            Ok(meta::set(tx, HEALING, &[REREAD])?)
        })
    }

    /// A page of the feed has been taken. At its end the token tells again whether the relay has been put back.
    pub(super) fn has_reread(&self, tx: &Transaction<'_>, known: &mut Known, more: bool) -> Result<(), StoreError> {
        if known.rereads && !more {
            known.rereads = false;
            meta::set(tx, HEALING, &[0])?;
        }
        Ok(())
    }

    /// True if healing has begun, and the feed has not been read to its end since: until then no token tells that the relay has been put
    /// back once more to where it lacks what is here.
    ///
    /// # Errors
    /// A store error.
    pub fn is_healing(&self) -> Result<bool, StoreError> {
        self.store.look(|conn| Ok(meta::get(conn, HEALING)?.is_some_and(|value| value != [0])))
    }
}

/// The relay is to be asked, and the feed read from its beginning, whatever has been read so far.
pub(super) fn heal_next(tx: &Transaction<'_>, known: &mut Known) -> Result<(), StoreError> {
    known.rereads = false;
    meta::set(tx, HEALING, &[HEAL])
}

/// True if the relay takes a chunk of an installation that stands there: all that is missing before it is erased by agreement.
fn follows(circle: &Circle, installation: &Installation, standing: u64, chunk: &HeldChunk) -> bool {
    let missing = standing + 1..*chunk.counters.start();
    let erased = circle.log.erasure.within(installation, missing.start, missing.end.saturating_sub(1));
    missing.is_empty()
        || erased.map(|(counter, _)| counter).collect::<BTreeSet<u64>>().len() as u64 == missing.end - missing.start
}
