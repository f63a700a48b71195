//! Mailboxes (protocol §5.8): where a device that nobody knows yet leaves one sealed letter, and finds one sealed answer. The
//! relay opens one only at the authority's word, so strangers cannot fill it, and can open neither letter.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::Canonical;
use crate::hash::Label;
use crate::ids::{Fixed, MunicipalityId};
use crate::limits;
use crate::statement::{Authority, StatementError};

/// Names a mailbox. Whoever knows it can read what lies there sealed, and put the one letter in.
pub type MailboxId = Fixed<32>;

/// What the authority wants of a mailbox.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum MailboxAct {
    /// It is to be there. Opening it again changes nothing.
    #[n(0)]
    Open {
        /// Unix seconds from which it is not there any more.
        #[n(0)]
        expires: u64,
    },
    /// The answer to the letter in it. The newest counts.
    #[n(1)]
    Answer {
        /// Sealed.
        #[n(0)]
        letter: Bytes,
    },
    /// It is to go, with what lies in it.
    #[n(2)]
    Close {},
}

/// An act on one mailbox, as it is signed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct MailboxOrder {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The municipality whose authority signs.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// Which mailbox.
    #[n(2)]
    pub mailbox: MailboxId,
    /// What is to be done.
    #[n(3)]
    pub act: MailboxAct,
}

impl Canonical for MailboxOrder {
    const NAME: &'static str = "mailbox order";
    const MAX_LEN: usize = limits::MAILBOX_ANSWER + 256;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// `POST /v1/mailbox`: an order with the authority's signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedOrder {
    /// The encoded [`MailboxOrder`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 by the authority over label `tvaers/1/mailbox` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl Canonical for SignedOrder {
    const NAME: &'static str = "signed mailbox order";
    const MAX_LEN: usize = MailboxOrder::MAX_LEN + 128;
}

impl Authority {
    /// Verifies an order and returns what it says.
    ///
    /// # Errors
    /// [`StatementError`]: not an order, not signed by this authority, or for another municipality.
    pub fn check_order(&self, signed: &SignedOrder) -> Result<MailboxOrder, StatementError> {
        self.signed(Label::MAILBOX, (&signed.body, &signed.signature), |order: &MailboxOrder| order.municipality)
    }
}

/// `POST /v1/mailbox/letter`: the one letter of a device that has no session yet.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct LetterRequest {
    /// Which mailbox.
    #[n(0)]
    pub mailbox: MailboxId,
    /// Sealed.
    #[n(1)]
    pub letter: Bytes,
}

impl Canonical for LetterRequest {
    const NAME: &'static str = "letter";
    const MAX_LEN: usize = limits::MAILBOX_LETTER + 64;
}

/// Whether the letter lies in the mailbox now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum LetterAnswer {
    /// It does, durably; also if it did before.
    #[n(0)]
    Stored {},
    /// Another one was there first.
    #[n(1)]
    Taken {},
}

impl Canonical for LetterAnswer {
    const NAME: &'static str = "letter answer";
    const MAX_LEN: usize = 8;
}

/// `POST /v1/mailbox/read`: what lies there. The id is in the body, not in the address, so that no log keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct MailboxRequest {
    /// Which mailbox.
    #[n(0)]
    pub mailbox: MailboxId,
}

impl Canonical for MailboxRequest {
    const NAME: &'static str = "mailbox request";
    const MAX_LEN: usize = 64;
}

/// Its answer.
#[derive(Clone, PartialEq, Eq, Default, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Mailbox {
    /// The device's letter.
    #[n(0)]
    pub letter: Option<Bytes>,
    /// The authority's.
    #[n(1)]
    pub answer: Option<Bytes>,
}

impl Canonical for Mailbox {
    const NAME: &'static str = "mailbox";
    const MAX_LEN: usize = limits::MAILBOX_LETTER + limits::MAILBOX_ANSWER + 64;
}
