//! Statements of the municipality's authority that the relay sees (protocol §3): who owns a device key, who may be in a
//! team, and which directory is in force. They carry ids only; names are in the directory, which travels sealed.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, DecodeError, at_most};
use crate::hash::{BadSignature, Label, hash, is_sound, verify};
use crate::ids::{DeviceId, Fixed, MunicipalityId, PersonId, TeamId};
use crate::limits;

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
}

impl Claim {
    /// True if it puts a device, or all of a person's, out.
    pub fn puts_out(&self) -> bool {
        match self {
            Self::Revoked { .. } => true,
            Self::Standing { standing, .. } => *standing != Standing::Active,
            Self::Device { .. } | Self::Team { .. } | Self::Directory { .. } | Self::Recovery { .. } => false,
        }
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

    /// What a body says that this authority has signed under a label, for its own municipality.
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

    /// Verifies a statement and returns what it says.
    ///
    /// # Errors
    /// [`StatementError`]: not a statement, not signed by this authority, or for another municipality.
    pub fn check(&self, signed: &SignedStatement) -> Result<Statement, StatementError> {
        let statement =
            self.signed(Label::STATEMENT, (&signed.body, &signed.signature), |said: &Statement| said.municipality)?;
        match &statement.claim {
            Claim::Device { keys, .. } | Claim::Recovery { keys } if !is_sound(&keys.signing.0) => {
                Err(StatementError::Key)
            }
            Claim::Recovery { keys } if self.municipality != Self::founded_with(&self.key, &keys.device()) => {
                Err(StatementError::Recovery)
            }
            Claim::Team { persons, .. } if !persons.windows(2).all(|pair| pair[0] < pair[1]) => {
                Err(StatementError::Persons)
            }
            _ => Ok(statement),
        }
    }
}
