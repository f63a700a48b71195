//! Receipts: what has arrived here, and what a person has opened, told to the ones who wrote. Only records make a receipt
//! due, never a receipt, so two devices do not thank each other for ever.

use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::Subject;
use tvaers_wire::ids::RecordId;

use super::{ClientError, Device, shown};
use crate::circle::Purpose;
use crate::kinds::Access;
use crate::moment::Moment;
use crate::seal::{Body, Item};
use crate::store::{StoreError, access, inbox, outbox, reach, records};

impl Device {
    /// A person opens this record. True if it is for the first time: its author is told. The access log has it in any case, before
    /// this returns; what the record says is to be shown after.
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`], or a store error.
    pub fn mark_read(&self, record: &RecordId, moment: &Moment<'_>) -> Result<bool, ClientError> {
        self.with_room(|| {
            self.store.write(|tx| {
                let row = shown(tx, record)?;
                access::note(tx, moment.now, Access::Read, row)?;
                if !records::set_read(tx, row, moment.now)? {
                    return Ok(false);
                }
                for circle in records::travelled_in(tx, row)? {
                    reach::set_due(tx, circle, true)?;
                }
                Ok(true)
            })
        })
    }

    /// True if receipts are due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipts_due(&self) -> Result<bool, StoreError> {
        self.store.look(|conn| Ok(!reach::due(conn)?.is_empty()))
    }

    /// Writes the receipts that are due. Returns how many.
    ///
    /// # Errors
    /// A store error; they stay due then.
    pub fn write_receipts(&self) -> Result<usize, ClientError> {
        self.change(|tx, known| {
            let own = inbox::installation(tx, &self.installation())?;
            let mut written = 0;
            for circle in reach::due(tx)? {
                let shared = known
                    .at_row(circle)
                    .filter(|circle| circle.log.subject == Subject::Shared && circle.purpose != Some(Purpose::Log));
                let wanted = shared.is_some_and(|circle| known.can_write(circle, &self.secret.id(), &self.person));
                // Somebody has drawn a key that has not reached this device.
                if shared.is_some_and(|circle| circle.root().is_none()) && !self.is_closed(known, circle) {
                    reach::postpone(tx, circle)?;
                    continue;
                }
                if wanted {
                    let receipt = reach::receipt(tx, circle, own)?;
                    let body = Body {
                        item: Item::Receipt(receipt),
                        summary: None,
                        directory: self.directory_head(),
                        basis: None,
                    };
                    outbox::put_receipt(tx, circle, &body.to_bytes())?;
                    written += 1;
                }
                reach::set_due(tx, circle, false)?;
            }
            Ok(written)
        })
    }
}
