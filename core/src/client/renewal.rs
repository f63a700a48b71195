//! Another life: a store that was put back from a backup, or copied. Chunks that this installation has signed and that are not here
//! prove it; nobody else can make them. The device then goes on as a new installation: no counter is signed twice, no sequence
//! number of a document used twice, and what another life wrote comes in like anybody's.

use rusqlite::Transaction;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::Installation;

use super::living::sent_heads;
use super::{ClientError, Device, Known};
use crate::document::{Actor, Head, Living, Update};
use crate::kinds::Kind;
use crate::moment::Moment;
use crate::record::{UpdateHeader, UpdateRecord};
use crate::rng::bytes;
use crate::store::{StoreError, circles, edits, inbox, meta, outbox, records, shares};

/// Why a new installation begins: the old one has lived another life, and the person is told.
const LIVED: u8 = 1;
/// Or something in its chain is gone, and a relay that was put back takes nothing behind it.
pub(super) const CHAIN_BROKEN: u8 = 2;

impl Device {
    /// When this device last found out that its store had been put back or copied, Unix milliseconds by its own clock.
    ///
    /// # Errors
    /// A store error.
    pub fn renewed_at(&self) -> Result<Option<i64>, StoreError> {
        let at = self.store.read(|conn| meta::get(conn, "renewed"))?;
        Ok(at.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes))
    }

    /// Looks whether a chunk that comes in is one that this installation signed in another life.
    pub(super) fn notice_another_life(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        parsed: &ParsedChunk,
        circle: i64,
    ) -> Result<(), StoreError> {
        let header = &parsed.header;
        if header.installation.receipts() != self.installation().receipts() || inbox::has_all(tx, &[parsed.id])? {
            return Ok(());
        }
        // An older one that has been replaced here may well come again.
        let receipts = header.installation.is_receipts();
        let ahead = header.counter > circles::chain(tx, circle, receipts)?.counter;
        let beside = || inbox::has_counter(tx, circle, &header.installation, header.counter);
        // The relay alone proves nothing.
        if (ahead || beside()?) && parsed.verify(&self.secret.keys().signing.0).is_ok() {
            known.another_life = true;
            meta::set(tx, "another-life", &[LIVED])?;
        }
        Ok(())
    }

    /// Goes on as a new installation, if the old one has lived another life.
    pub(super) fn renew_installation(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        if !known.another_life {
            return Ok(());
        }
        let before = self.installation();
        let installation = Installation::new(before.device, bytes(moment.rng));
        meta::set(tx, "device", &super::device::kept(&self.secret, &installation.nonce))?;
        if meta::get(tx, "another-life")?.is_some_and(|why| why == [LIVED]) {
            meta::set(tx, "renewed", &moment.now.to_be_bytes())?;
        }
        meta::set(tx, "another-life", &[0])?;
        self.become_installation(installation.nonce);
        (known.another_life, known.inbox_due) = (false, true);
        outbox::seal_anew(tx)?;
        circles::begin_chains(tx)?;
        for row in edits::with_open(tx)? {
            self.edit_anew(tx, row, &before, moment)?;
        }
        Ok(())
    }

    /// Changes of a living record that nobody has seen bear sequence numbers that another life may have used: they are made again on
    /// what has been seen. A record that nobody has seen at all cannot have been in another life.
    fn edit_anew(
        &self,
        tx: &Transaction<'_>,
        row: i64,
        before: &Installation,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let mut facts = records::get(tx, row)?;
        let kind = Kind::from_code(facts.kind).ok_or(ClientError::UnknownRecord)?;
        let document = records::document(tx, row)?.ok_or(ClientError::UnknownRecord)?;
        let wanted = Living::load(kind, Actor::of(before), &document.saved)?.view()?;
        let Some(mut living) = self.seen_by_others(tx, row, kind)? else { return Ok(()) };
        edits::drop_open(tx, row)?;
        let sent = sent_heads(&living);
        living.edit(moment.now, |envelope| {
            *envelope = wanted;
            Ok(())
        })?;
        facts.occurred_at = living.view()?.occurred.at;
        let places = shares::places(tx, row)?;
        let document = records::SavedDocument { sent, ..document };
        self.enqueue_changes(tx, row, &facts, (&living, &document), &places, moment.now)?;
        let document = records::SavedDocument { saved: living.save(), sent: sent_heads(&living), ..document };
        Ok(records::put_document(tx, row, &document)?)
    }

    /// The document as the edits that have left make it, or that have come.
    fn seen_by_others(&self, tx: &Transaction<'_>, row: i64, kind: Kind) -> Result<Option<Living>, ClientError> {
        let mut living: Option<Living> = None;
        for item in edits::sealed(tx, row)? {
            let update = UpdateRecord::from_bytes(&item)?;
            let header = UpdateHeader::from_bytes(&update.header)?;
            let heads = header.heads.iter().map(|head| Head(head.0)).collect();
            let changes = Update { changes: update.changes.into_iter().map(|change| change.0).collect(), heads };
            let signer = Actor::of(&header.installation);
            match &mut living {
                Some(living) => drop(living.apply(&changes, signer)?),
                None => living = Some(Living::join(kind, self.actor(), &changes, signer)?),
            }
        }
        Ok(living)
    }
}
