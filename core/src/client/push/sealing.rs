//! Sealing: a body becomes a chunk, once. From then on those bytes are what is sent.

use rusqlite::Transaction;
use tvaers_wire::chunk::{KeyBox, ParsedChunk, Range};
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::{EntryId, Fixed};
use tvaers_wire::limits;
use tvaers_wire::message::SuppliedBox;

use crate::client::known::Circle;
use crate::client::{ClientError, Device, Known};
use crate::keys::Root;
use crate::moment::Moment;
use crate::seal::{Body, make_box, open_box, seal};
use crate::store::circles;
use crate::store::inbox::{self, ChunkState};
use crate::store::outbox::{self, Waiting};

impl Device {
    /// Seals a body that could leave now. What cannot be sealed waits for its turn and is told then.
    pub(in crate::client) fn seal_early(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        waiting: Waiting,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let Some(circle) = known.at_row(waiting.circle) else { return Ok(()) };
        let Some(current) = circle.root() else { return Ok(()) };
        match self.seal_waiting(tx, circle, &waiting, current, moment) {
            Ok(_) | Err(ClientError::Seal(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives a body its place in the chain and seals it.
    pub(super) fn seal_waiting(
        &self,
        tx: &Transaction<'_>,
        circle: &Circle,
        waiting: &Waiting,
        (epoch, root): (EntryId, &Root),
        moment: &mut Moment<'_>,
    ) -> Result<(i64, Vec<u8>), ClientError> {
        let chain = circles::chain(tx, circle.row, waiting.is_receipt)?;
        let installation = if waiting.is_receipt { self.installation().receipts() } else { self.installation() };
        let place = crate::seal::Place {
            version: limits::VERSION,
            circle: circle.log.id,
            head: circle.log.head(),
            installation,
            counter: chain.counter + 1,
            previous: chain.previous,
            key_commitment: Fixed([0; 32]),
            replaces: (waiting.is_receipt && chain.counter > 0).then_some(Range { from: 1, to: chain.counter }),
            refused: minicbor::decode(&chain.refused).unwrap_or_default(),
        };
        let mut body = Body::from_bytes(&waiting.body)?;
        body.basis = outbox::basis(tx, waiting.row)?;
        let sealed = seal(&place, &body, &self.secret, moment.rng)?;
        let parsed = ParsedChunk::from_bytes(&sealed.bytes)?;
        inbox::put_chunk(tx, &parsed, &sealed.bytes, circle.row, None, ChunkState::Unacknowledged)?;
        let row = tx.last_insert_rowid();
        outbox::sealed(tx, waiting, row, (place.counter, &sealed.id))?;
        let key = make_box(&sealed.content_key, &sealed.id, epoch, root)?;
        inbox::put_box(tx, &sealed.id, &SuppliedBox { supplier: self.secret.id(), key })?;
        Ok((row, sealed.bytes))
    }

    /// A box for this chunk under the epoch in force: the one held, or a new one made from an older one.
    pub(super) fn current_box(
        &self,
        tx: &Transaction<'_>,
        circle: &Circle,
        parsed: &ParsedChunk,
        (epoch, root): (EntryId, &Root),
    ) -> Result<Option<KeyBox>, ClientError> {
        let held = inbox::boxes(tx, &parsed.id)?;
        let commitment = &parsed.header.key_commitment;
        // Not every box that came is one: a co-member's may open nothing, and would leave here under this device's name.
        let opens = |key: &&KeyBox| open_box(key, &parsed.id, root, commitment).is_ok();
        if let Some(key) = held.iter().filter(|key| key.epoch == epoch).find(opens) {
            return Ok(Some(key.clone()));
        }
        let content_key = held.iter().find_map(|key| {
            let root = circle.roots.get(&key.epoch)?;
            open_box(key, &parsed.id, root, commitment).ok()
        });
        let Some(content_key) = content_key else { return Ok(None) };
        let key = make_box(&content_key, &parsed.id, epoch, root)?;
        inbox::put_box(tx, &parsed.id, &SuppliedBox { supplier: self.secret.id(), key: key.clone() })?;
        Ok(Some(key))
    }
}
