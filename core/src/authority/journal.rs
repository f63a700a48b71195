//! The journal: what was done in the office, to whom, when and by which operator. Each entry is signed by the authority and names
//! the one before, so that none can be changed, taken out or put in between.
//!
//! Whoever holds the passphrase can sign a whole new journal. That it is the old one is seen by a head that was noted elsewhere.

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::hash::{BadSignature, Label, hash, verify};
use tvaers_wire::ids::{DeviceId, Fixed, MunicipalityId, PersonId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::lineage::Lineage;

use super::facts::Role;

/// What was done. Ids only: names are looked up when it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[rustfmt::skip]
pub enum Act {
    /// The municipality was founded, with this recovery key's fingerprint and split.
    #[n(0)] Founded { /// Fingerprint.
        #[n(0)] recovery: Fixed<8>, /// Split.
        #[n(1)] split: Fixed<3> },
    /// A unit was added.
    #[n(1)] UnitAdded { /// Which.
        #[n(0)] team: TeamId },
    /// A unit was closed.
    #[n(2)] UnitClosed { /// Which.
        #[n(0)] team: TeamId },
    /// A profession was added to the list.
    #[n(3)] ProfessionAdded { /// Its name.
        #[n(0)] name: String },
    /// A person joined a unit.
    #[n(4)] Joined { /// Who.
        #[n(0)] person: PersonId, /// Where.
        #[n(1)] team: TeamId },
    /// A person's name or profession changed.
    #[n(5)] Changed { /// Who.
        #[n(0)] person: PersonId },
    /// A person moved to another unit.
    #[n(6)] Moved { /// Who.
        #[n(0)] person: PersonId, /// From where.
        #[n(1)] from: TeamId, /// To where.
        #[n(2)] to: TeamId },
    /// A person was given a role.
    #[n(7)] RoleGranted { /// Who.
        #[n(0)] person: PersonId, /// Which.
        #[n(1)] role: Role },
    /// A role was taken back.
    #[n(8)] RoleRevoked { /// Who.
        #[n(0)] person: PersonId, /// Which.
        #[n(1)] role: Role },
    /// A device was certified.
    #[n(9)] Certified { /// Whose.
        #[n(0)] person: PersonId, /// Which.
        #[n(1)] device: DeviceId },
    /// A device was revoked, for good.
    #[n(10)] DeviceRevoked { /// Whose.
        #[n(0)] person: PersonId, /// Which.
        #[n(1)] device: DeviceId },
    /// A person was suspended.
    #[n(11)] Suspended { /// Who.
        #[n(0)] person: PersonId },
    /// A suspended person was reinstated.
    #[n(12)] Reinstated { /// Who.
        #[n(0)] person: PersonId },
    /// A person left.
    #[n(13)] Left { /// Who.
        #[n(0)] person: PersonId },
    /// Somebody who had left came back.
    #[n(14)] Returned { /// Who.
        #[n(0)] person: PersonId, /// Where.
        #[n(1)] team: TeamId },
    /// The relay took so many statements.
    #[n(15)] Published { /// How many.
        #[n(0)] statements: u64 },
    /// Two sheets were tried, and gave the recovery key.
    #[n(16)] Drilled { /// Of which split.
        #[n(0)] split: Fixed<3>, /// The lower sheet's number.
        #[n(1)] first: u8, /// The higher sheet's number.
        #[n(2)] second: u8 },
    /// The office has another passphrase.
    #[n(17)] PassphraseRotated {},
    /// The relay's address was changed.
    #[n(18)] RelayNamed {},
    /// A person was invited to enrol one device.
    #[n(19)] Invited { /// Who.
        #[n(0)] person: PersonId },
    /// An invite was withdrawn, or the device that came with it was not taken in.
    #[n(20)] InviteEnded { /// Whose.
        #[n(0)] person: PersonId },
    /// A unit was given another name.
    #[n(21)] UnitRenamed { /// Which.
        #[n(0)] team: TeamId },
    /// The circles that nobody is left in were fetched from the relay, for two holders to open.
    #[n(22)] RecoveryFetched { /// Whose circles.
        #[n(0)] person: PersonId, /// Who is to be let in.
        #[n(1)] to: PersonId },
    /// What two holders had signed was sent to the relay.
    #[n(23)] Restored { /// Who was let in.
        #[n(0)] person: PersonId, /// With which device.
        #[n(1)] device: DeviceId, /// Into how many circles.
        #[n(2)] circles: u64 },
    /// The authority signs with another key from here on. The last entry that is signed with the one before.
    #[n(24)] AuthorityRotated { /// The new one.
        #[n(0)] key: Fixed<32>, /// The lower sheet's number.
        #[n(1)] first: u8, /// The higher sheet's number.
        #[n(2)] second: u8 },
    /// The recovery key is another one, on new sheets.
    #[n(25)] SheetsRenewed { /// Its fingerprint.
        #[n(0)] recovery: Fixed<8>, /// Its split.
        #[n(1)] split: Fixed<3>, /// The lower old sheet's number.
        #[n(2)] first: u8, /// The higher old sheet's number.
        #[n(3)] second: u8 },
    /// A revoked device was asked to erase itself.
    #[n(26)] WipeAsked { /// Whose.
        #[n(0)] person: PersonId, /// Which.
        #[n(1)] device: DeviceId },
    /// It is not asked any more.
    #[n(27)] WipeWithdrawn { /// Whose.
        #[n(0)] person: PersonId, /// Which.
        #[n(1)] device: DeviceId },
    /// A device says, under its own signature, that it has erased itself.
    #[n(28)] WipeConfirmed { /// Whose.
        #[n(0)] person: PersonId, /// Which.
        #[n(1)] device: DeviceId, /// When, by its clock.
        #[n(2)] at: i64, /// When the relay had that, by the relay's.
        #[n(3)] received: i64, /// Records that had not left it, if it could count them.
        #[n(4)] unsent: Option<u64> },
    /// How long records of a kind are kept was decided.
    #[n(29)] RetentionSet { /// The kind's code.
        #[n(0)] kind: u8, /// For how many months; without it for ever.
        #[n(1)] months: Option<u16> },
    /// Who may be sent what, and on what lawful basis, was decided.
    #[n(30)] SharingSet { /// How many rules; without it those that hold where nothing is set.
        #[n(0)] rules: Option<u64> },
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Entry {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// Whose journal.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// From 1, without gaps.
    #[n(2)]
    pub number: u64,
    /// Id of the entry before; zeros before the first.
    #[n(3)]
    pub before: Fixed<32>,
    /// When, Unix milliseconds by the office's clock.
    #[n(4)]
    pub at: i64,
    /// Who did it: the name that was given, or the system's user.
    #[n(5)]
    pub operator: String,
    /// What was done.
    #[n(6)]
    pub act: Act,
}

impl Canonical for Entry {
    const NAME: &'static str = "journal entry";
    const MAX_LEN: usize = 1_024;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// An entry as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedEntry {
    /// The encoded [`Entry`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 by the authority over label `tvaers/1/journal` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl SignedEntry {
    /// What the next entry names.
    pub fn id(&self) -> Fixed<32> {
        Fixed(hash(Label::JOURNAL_ID, &[&self.body, &self.signature.0]))
    }
}

/// Why a journal is not whole. `number` is the first entry that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Not an entry.
    #[error("journal entry {number} cannot be read: {why}")]
    Malformed {
        /// Which.
        number: u64,
        /// Why.
        why: DecodeError,
    },
    /// Not signed by the authority.
    #[error("journal entry {number} is not signed by the authority")]
    Signature {
        /// Which.
        number: u64,
    },
    /// Does not follow from the one before.
    #[error("journal entry {number} does not follow from the one before: something was changed, taken out or put in")]
    Chain {
        /// Which.
        number: u64,
    },
}

/// Verifies a journal from its first entry, and returns what was done. Where the authority's key was followed by another one, the
/// entries after that must be signed with the new one.
///
/// # Errors
/// [`JournalError`] naming the first entry that is wrong.
pub fn verify_journal(lineage: &Lineage, entries: &[SignedEntry]) -> Result<Vec<Entry>, JournalError> {
    let (mut authority, mut later) = (*lineage.first(), lineage.authorities().skip(1));
    let mut before = Fixed([0; 32]);
    let mut out = Vec::with_capacity(entries.len());
    for (number, signed) in (1..).zip(entries) {
        verify(Label::JOURNAL, &authority.key.0, &[&signed.body], &signed.signature.0)
            .map_err(|BadSignature| JournalError::Signature { number })?;
        let entry = Entry::from_bytes(&signed.body).map_err(|why| JournalError::Malformed { number, why })?;
        if (entry.municipality, entry.number, entry.before) != (authority.municipality, number, before) {
            return Err(JournalError::Chain { number });
        }
        if let Act::AuthorityRotated { key, .. } = entry.act {
            // A key that was never stated signs nothing here.
            authority = later.next().filter(|next| next.key == key).ok_or(JournalError::Chain { number })?;
        }
        before = signed.id();
        out.push(entry);
    }
    Ok(out)
}
