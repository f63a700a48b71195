//! Recovery (protocol §5.10): what the authority asks of the relay when nobody is left in a circle. The wraps for the recovery key are
//! served to this word only, and open nothing without two of the three sheets.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, at_most};
use crate::entry::Wrap;
use crate::hash::Label;
use crate::ids::{EntryId, Fixed, MunicipalityId, PersonId};
use crate::limits;
use crate::message::Pushed;
use crate::statement::{Authority, StatementError};

/// What the authority wants.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum RecoveryAct {
    /// The circle of a person whose devices are all gone.
    #[n(0)]
    Own {
        /// Whose.
        #[n(0)]
        person: PersonId,
    },
    /// The forsaken team and shared circles that a person was in, with the logs by which they are judged.
    #[n(1)]
    Forsaken {
        /// Who has gone.
        #[n(0)]
        left: PersonId,
        /// Who is to be let in.
        #[n(1)]
        to: PersonId,
        /// Logs that were fetched before.
        #[n(2)]
        after: u64,
    },
    /// These entries, signed with the recovery key, are to be taken.
    #[n(2)]
    Push {
        /// Their ids, in their order.
        #[n(0)]
        #[cbor(decode_with = "at_most::<{ limits::RECOVERY_ENTRIES }, _, _>")]
        entries: Vec<EntryId>,
    },
}

/// An act, as it is signed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct RecoveryOrder {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The municipality whose authority signs.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// Unix seconds from which it is not followed any more, so that a copy of it is soon worth nothing.
    #[n(2)]
    pub expires: u64,
    /// What is to be done.
    #[n(3)]
    pub act: RecoveryAct,
}

impl Canonical for RecoveryOrder {
    const NAME: &'static str = "recovery order";
    const MAX_LEN: usize = 40 * limits::RECOVERY_ENTRIES + 128;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// `POST /v1/recovery`: an order with the authority's signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedRecoveryOrder {
    /// The encoded [`RecoveryOrder`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 by the authority over label `tvaers/1/recovery-order` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl Canonical for SignedRecoveryOrder {
    const NAME: &'static str = "signed recovery order";
    const MAX_LEN: usize = RecoveryOrder::MAX_LEN + 128;
}

impl Authority {
    /// Verifies an order and returns what it says.
    ///
    /// # Errors
    /// [`StatementError`]: not an order, not signed by this authority, or for another municipality.
    pub fn check_recovery(&self, signed: &SignedRecoveryOrder) -> Result<RecoveryOrder, StatementError> {
        self.signed(Label::RECOVERY_ORDER, (&signed.body, &signed.signature), |order: &RecoveryOrder| {
            order.municipality
        })
    }
}

/// The log of one circle.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct ServedLog {
    /// Its entries, oldest first.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::RECOVERY_LOG }, _, _>")]
    pub entries: Vec<Bytes>,
    /// Of a circle that is to be restored: those for the recovery key in force.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ limits::RECOVERY_LOG }, _, _>")]
    pub wraps: Vec<Wrap>,
}

/// The answer to a fetch: logs of persons, then of teams, then of shared circles, so that each can be folded on those before.
#[derive(Clone, PartialEq, Eq, Default, Debug, Encode, Decode)]
#[cbor(array)]
pub struct ServedLogs {
    /// The logs.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::PAGE_ITEMS }, _, _>")]
    pub logs: Vec<ServedLog>,
    /// True if there are more.
    #[n(1)]
    pub more: bool,
}

impl Canonical for ServedLogs {
    const NAME: &'static str = "served logs";
    const MAX_LEN: usize = limits::PAGE_MAX;
}

/// An entry with its wraps.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct RestoringEntry {
    /// The encoded [`crate::entry::Entry`].
    #[n(0)]
    pub entry: Bytes,
    /// Its wraps.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
    pub wraps: Vec<Wrap>,
}

/// `POST /v1/recovery/entries`: brings what was made with two sheets.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct RecoveryPush {
    /// [`RecoveryAct::Push`] with the ids of exactly these entries.
    #[n(0)]
    pub order: SignedRecoveryOrder,
    /// The entries.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ limits::RECOVERY_ENTRIES }, _, _>")]
    pub entries: Vec<RestoringEntry>,
}

impl Canonical for RecoveryPush {
    const NAME: &'static str = "recovery push";
    const MAX_LEN: usize = limits::RECOVERY_BODY;
}

/// Its answer: what became of each.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct RecoveryAnswer {
    /// In the order of the entries.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::RECOVERY_ENTRIES }, _, _>")]
    pub results: Vec<Pushed>,
}

impl Canonical for RecoveryAnswer {
    const NAME: &'static str = "recovery answer";
    const MAX_LEN: usize = limits::SMALL_BODY;
}
