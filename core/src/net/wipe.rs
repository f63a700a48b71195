//! Erasure from afar (protocol §5.11): the receipt's way to the relay, and the office's to the receipts.

use tvaers_wire::codec::Canonical;
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeOrder, WipeReceipts};

use super::Relay;
use crate::client::{Erasure, Request};
use crate::moment::system_now;
use crate::sync::Failure;

impl Relay {
    /// The receipts that the order asks for, as far as they have come.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Forbidden`] if the order is not signed by this relay's authority, or is too old.
    pub async fn wipe_receipts(&self, order: &SignedWipeOrder) -> Result<Vec<ReceivedReceipt>, Failure> {
        let answer = self.ask("/v1/wipe/receipts", order.to_bytes()).await?.ok_or(Failure::Incompatible)?;
        Ok(WipeReceipts::from_bytes(&answer).map_err(|_| Failure::Incompatible)?.receipts)
    }
}

/// Brings the receipt of a device that has erased itself, if the relay has not taken it before.
///
/// # Errors
/// [`Failure`]: not this time. The note keeps the receipt.
pub async fn bring_receipt(erasure: &mut Erasure) -> Result<(), Failure> {
    if erasure.confirmed().is_some() {
        return Ok(());
    }
    let relay = Relay::new(erasure.relay()).map_err(|_| Failure::Incompatible)?;
    relay.call(&Request::Receipt(erasure.receipt().to_bytes())).await?;
    // Should the note not be writable, it is brought again: the relay keeps the first.
    let _ = erasure.confirm(system_now());
    Ok(())
}
