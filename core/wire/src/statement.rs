//! Statements of the municipality's authority that the relay sees (protocol §3): who owns a device key, who may be in a
//! team, and which directory is in force. They carry ids only; names are in the directory, which travels sealed.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, DecodeError, at_most};
use crate::hash::{BadSignature, Label, hash, verify};
use crate::ids::{DeviceId, Fixed, MunicipalityId, PersonId, TeamId};
use crate::limits;
use crate::lineage::Lineage;

/// The public keys of a device.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DeviceKeys {
    /// Ed25519 verification key (RFC 8032).
    #[n(0)]
    pub signing: Fixed<32>,
    /// X-Wing encapsulation key.
    #[n(1)]
    pub kem: Fixed<{ limits::KEM_PUBLIC }>,
}

impl DeviceKeys {
    /// The id of the device that holds these keys.
    pub fn device(&self) -> DeviceId {
        DeviceId::new(hash(Label::DEVICE, &[&self.signing.0, &self.kem.0]))
    }
}

impl std::fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceKeys({:?})", self.device())
    }
}

/// What the authority vouches for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Claim {
    /// This device belongs to this person.
    #[n(0)]
    Device {
        /// The owner.
        #[n(0)]
        person: PersonId,
        /// The device's keys.
        #[n(1)]
        keys: Box<DeviceKeys>,
    },
    /// These persons, and no others, may be in this team's circle.
    #[n(1)]
    Team {
        /// The team.
        #[n(0)]
        team: TeamId,
        /// Its persons, ascending.
        #[n(1)]
        #[cbor(decode_with = "at_most::<{ limits::CHARTER_PERSONS }, _, _>")]
        persons: Vec<PersonId>,
    },
    /// This device is lost, or in wrong hands: it is not believed again.
    #[n(2)]
    Revoked {
        /// Which.
        #[n(0)]
        device: DeviceId,
    },
    /// Whether this person works here. The devices of somebody who does not are put out, as if each were revoked.
    #[n(3)]
    Standing {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// What of it.
        #[n(1)]
        standing: Standing,
    },
    /// This is the directory in force. Its names travel sealed (§5.9).
    #[n(4)]
    Directory {
        /// Its head.
        #[n(0)]
        head: Fixed<32>,
    },
    /// With these keys two of the three holders of sheets let somebody into circles that nobody is left in. They are nobody's device.
    /// The municipality's id says which they are: an authority that could state others would read everything.
    #[n(5)]
    Recovery {
        /// A signing and a receiving half, as a device has.
        #[n(0)]
        keys: Box<DeviceKeys>,
    },
    /// From the next serial on the authority signs with this key, and with no other. Signed with the one before, like every statement;
    /// two of the three holders have agreed, so that whoever has stolen the one before cannot be first.
    #[n(6)]
    Authority {
        /// The new key.
        #[n(0)]
        key: Fixed<32>,
        /// By the recovery key in force, over [`crate::lineage::authority_step`].
        #[n(1)]
        holders: Fixed<64>,
        /// By the new key, over the same.
        #[n(2)]
        own: Fixed<64>,
    },
    /// The recovery key is another one, on new sheets. The holders of the sheets before have agreed: an authority that could state others
    /// alone would read everything.
    #[n(7)]
    Sheets {
        /// Its halves.
        #[n(0)]
        keys: Box<DeviceKeys>,
        /// The seed before, sealed under the new one: the new sheets open what was wrapped for the old ones, and not the other way.
        #[n(1)]
        older: Fixed<48>,
        /// By the recovery key before, over [`crate::lineage::sheets_step`].
        #[n(2)]
        holders: Fixed<64>,
        /// By the new one, over the same.
        #[n(3)]
        own: Fixed<64>,
    },
    /// Whether this device shall erase itself. It counts only of a device that is revoked: who is suspended may come back, and nothing
    /// that comes back was erased.
    #[n(8)]
    Wipe {
        /// Which.
        #[n(0)]
        device: DeviceId,
        /// What of it.
        #[n(1)]
        wish: Wish,
    },
}

impl Claim {
    /// True if it puts a device, or all of a person's, out.
    pub fn puts_out(&self) -> bool {
        match self {
            Self::Revoked { .. } => true,
            Self::Standing { standing, .. } => *standing != Standing::Active,
            Self::Device { .. }
            | Self::Team { .. }
            | Self::Directory { .. }
            | Self::Recovery { .. }
            | Self::Authority { .. }
            | Self::Sheets { .. }
            | Self::Wipe { .. } => false,
        }
    }

    /// True if it names a key that others are judged by. Such statements are told first, in the order of their serials.
    pub fn names_key(&self) -> bool {
        matches!(self, Self::Recovery { .. } | Self::Authority { .. } | Self::Sheets { .. })
    }
}

/// Whether a person works in the municipality.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Standing {
    /// Works here, as everybody does of whom nothing is said.
    #[n(0)]
    Active,
    /// Is to have no access for now.
    #[n(1)]
    Suspended,
    /// Has left.
    #[n(2)]
    Left,
}

/// What the authority wants of a revoked device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Wish {
    /// That it keeps what it holds: an erasure that was asked for is not asked for any more.
    #[n(0)]
    Keep,
    /// That it erases itself.
    #[n(1)]
    Erase,
}

/// One claim with the municipality it is for and a serial number: of two claims about one subject the higher counts.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Statement {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The municipality whose authority signs.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// Ascending over everything this authority signs.
    #[n(2)]
    pub serial: u64,
    /// What is vouched for.
    #[n(3)]
    pub claim: Claim,
}

impl Canonical for Statement {
    const NAME: &'static str = "statement";
    const MAX_LEN: usize = limits::STATEMENT;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// A statement as it travels: the signed bytes and the authority's signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedStatement {
    /// The encoded [`Statement`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 over label `tvaers/1/statement` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl Canonical for SignedStatement {
    const NAME: &'static str = "signed statement";
    const MAX_LEN: usize = limits::STATEMENT + 128;
}

/// Why a statement does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The bytes are not a statement.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Not signed by this municipality's authority.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// Signed for another municipality.
    #[error("the statement is for another municipality")]
    OtherMunicipality,
    /// A device's verification key is one under which signatures can be made by anybody, or has a twin.
    #[error("the device's verification key is of small order or not in canonical form")]
    Key,
    /// A recovery key that the municipality was not founded with.
    #[error("the municipality was not founded with this recovery key")]
    Recovery,
    /// Signed with a key of the authority's that was not in force at that serial. What has been stolen signs so.
    #[error("it is signed with a key of the authority that was not in force at that serial")]
    Superseded,
    /// A second successor of a key, or one that was in force before. The holders have signed twice: IT is to be asked which is right.
    #[error("the key that signs has another successor already")]
    Fork,
    /// The recovery key that must have agreed has not been heard of.
    #[error("the recovery key by which a new key is judged is not known")]
    NoRecovery,
    /// The holders of the sheets in force have not agreed to a new key.
    #[error("the holders of the recovery key have not signed the new key")]
    Holders,
    /// A team's persons are not ascending.
    #[error("a team's persons must be ascending, without repeats")]
    Persons,
}

/// The authority as everybody else knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Authority {
    /// The municipality.
    #[n(0)]
    pub municipality: MunicipalityId,
    /// Ed25519 verification key.
    #[n(1)]
    pub key: Fixed<32>,
}

impl Canonical for Authority {
    const NAME: &'static str = "authority";
    const MAX_LEN: usize = 64;
}

impl Authority {
    /// The id of a municipality with this authority's key and the recovery key of this id: neither can ever be another one.
    pub fn founded_with(key: &Fixed<32>, recovery: &DeviceId) -> MunicipalityId {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            hash(Label::MUNICIPALITY, &[&key.0, recovery.as_bytes()]);
        MunicipalityId::new(id)
    }

    /// What a body says that this authority has signed under a label, for its own municipality. What bears a serial is judged by
    /// [`Lineage::signed`].
    pub(crate) fn signed<T: Canonical>(
        &self,
        label: Label,
        (body, signature): (&[u8], &Fixed<64>),
        municipality: impl Fn(&T) -> MunicipalityId,
    ) -> Result<T, StatementError> {
        verify(label, &self.key.0, &[body], &signature.0)?;
        let said = T::from_bytes(body)?;
        if municipality(&said) == self.municipality { Ok(said) } else { Err(StatementError::OtherMunicipality) }
    }

    /// Verifies a statement as far as this key alone can, and returns what it says.
    ///
    /// # Errors
    /// [`StatementError`]: not a statement, not signed by this authority, or for another municipality.
    pub fn check(&self, signed: &SignedStatement) -> Result<Statement, StatementError> {
        Lineage::from(*self).check(signed)
    }
}
