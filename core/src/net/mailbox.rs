//! Mailboxes (protocol §5.8): how a device that has no session yet reaches the office, and the office it.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::mailbox::{LetterAnswer, LetterRequest, Mailbox, MailboxId, MailboxRequest, SignedOrder};

use super::Relay;
use crate::client::{ClientError, NewDevice, NotEnrolled};
use crate::directory::{Invite, InviteError};
use crate::moment::system_now;
use crate::sync::Failure;

/// Why a device was not enrolled this time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotJoined {
    /// The relay did not answer as it should; what is to be done says the failure.
    #[error("the relay cannot be asked now")]
    Relay(Failure),
    /// The invite, or the answer, is not good.
    #[error(transparent)]
    Refused(#[from] ClientError),
}

/// What one attempt came to.
#[derive(Debug)]
pub enum Joined {
    /// The office has let the device in.
    Enrolled(Box<crate::client::Device>),
    /// The letter lies in the mailbox; the office has not answered yet. Ask again by and by.
    Waiting(NewDevice),
    /// Not this time, with the device as it was.
    Not(NewDevice, NotJoined),
}

impl Relay {
    /// Has the relay open, fill or close a mailbox. False if there is none such.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Forbidden`] if the order is not signed by this relay's authority.
    pub async fn order(&self, order: &SignedOrder) -> Result<bool, Failure> {
        Ok(self.ask("/v1/mailbox", order.to_bytes()).await?.is_some())
    }

    /// Leaves a device's letter. `None` if there is no such mailbox, or not any more.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn leave_letter(&self, mailbox: &MailboxId, letter: &[u8]) -> Result<Option<LetterAnswer>, Failure> {
        let request = LetterRequest { mailbox: *mailbox, letter: Bytes(letter.to_vec()) };
        let answer = self.ask("/v1/mailbox/letter", request.to_bytes()).await?;
        answer.map(|bytes| LetterAnswer::from_bytes(&bytes).map_err(|_| Failure::Incompatible)).transpose()
    }

    /// What lies in a mailbox. `None` if there is none such, or not any more.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn mailbox(&self, mailbox: &MailboxId) -> Result<Option<Mailbox>, Failure> {
        let answer = self.ask("/v1/mailbox/read", MailboxRequest { mailbox: *mailbox }.to_bytes()).await?;
        answer.map(|bytes| Mailbox::from_bytes(&bytes).map_err(|_| Failure::Incompatible)).transpose()
    }
}

/// One attempt to be let in by an invite: leaves the letter, which is harmless when it lies there already, and looks for the answer.
pub async fn join(device: NewDevice, invite: &Invite, name: &str) -> Joined {
    let letter = match device.ask(invite, name, system_now()) {
        Ok(letter) => letter,
        Err(error) => return Joined::Not(device, error.into()),
    };
    let answer = match ask(invite, &letter).await {
        Ok(Some(answer)) => answer,
        Ok(None) => return Joined::Waiting(device),
        Err(why) => return Joined::Not(device, why),
    };
    match device.enrol_by(invite, &answer) {
        Ok(device) => Joined::Enrolled(Box::new(device)),
        Err(refused) => {
            let NotEnrolled { device, error } = *refused;
            Joined::Not(device, error.into())
        }
    }
}

/// The network's part of it: leaves the letter, and returns the answer if it is there.
///
/// # Errors
/// [`NotJoined`]; [`InviteError::Used`] if another device was first, [`InviteError::Expired`] if there is no such mailbox any more.
pub async fn ask(invite: &Invite, letter: &[u8]) -> Result<Option<Vec<u8>>, NotJoined> {
    let refused = |error: InviteError| NotJoined::Refused(error.into());
    let relay = Relay::new(&invite.relay).map_err(|_| refused(InviteError::Malformed))?;
    let mailbox = invite.mailbox();
    match relay.leave_letter(&mailbox, letter).await.map_err(NotJoined::Relay)? {
        Some(LetterAnswer::Stored {}) => {}
        Some(LetterAnswer::Taken {}) => return Err(refused(InviteError::Used)),
        None => return Err(refused(InviteError::Expired)),
    }
    let found = relay.mailbox(&mailbox).await.map_err(NotJoined::Relay)?;
    Ok(found.ok_or_else(|| refused(InviteError::Expired))?.answer.map(|answer| answer.0))
}
