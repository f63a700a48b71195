//! Recovery (protocol §5.10): how the office asks the relay for what is to be restored, and brings what was signed.

use tvaers_wire::codec::Canonical;
use tvaers_wire::recovery::{RecoveryAnswer, RecoveryPush, ServedLogs, SignedRecoveryOrder};

use super::Relay;
use crate::sync::Failure;

impl Relay {
    /// What the order asks for: one page of it.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Forbidden`] if the order is not signed by this relay's authority, or is too old.
    pub async fn forsaken(&self, order: &SignedRecoveryOrder) -> Result<ServedLogs, Failure> {
        let answer = self.ask("/v1/recovery", order.to_bytes()).await?.ok_or(Failure::Incompatible)?;
        ServedLogs::from_bytes(&answer).map_err(|_| Failure::Incompatible)
    }

    /// Brings entries that two holders have signed.
    ///
    /// # Errors
    /// As [`Relay::forsaken`]; [`Failure::Forbidden`] also if they are not signed with the recovery key in force.
    pub async fn restore(&self, push: &RecoveryPush) -> Result<RecoveryAnswer, Failure> {
        let answer = self.ask("/v1/recovery/entries", push.to_bytes()).await?.ok_or(Failure::Incompatible)?;
        RecoveryAnswer::from_bytes(&answer).map_err(|_| Failure::Incompatible)
    }
}
