//! The directory (protocol §7): who works where, signed by the authority. It arrives first with enrolment, so that a phone that has
//! seen it once can address anybody offline; newer ones come sealed over the relay.

mod authority;
mod enrolment;
mod invite;
mod sealed;
mod sharing;

pub use authority::AuthorityKey;
pub use enrolment::{CheckedEnrolment, ENROLMENT_STATEMENTS, Enrolment, EnrolmentError};
pub use invite::{Asking, DEVICE_NAME, Invite, InviteError, authority_fingerprint, device_code};
pub use sealed::SealedDirectory;
pub use sharing::{BASIS, SHARING_RULES, Sharing, bases, standard};

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::{Canonical, DecodeError, at_most};
use tvaers_wire::hash::{BadSignature, Label, hash};
use tvaers_wire::ids::{Fixed, MunicipalityId, PersonId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::lineage::Lineage;
use tvaers_wire::statement::StatementError;

/// Teams in a directory. The largest municipality has about 1,500 units.
pub const TEAMS: usize = 4_096;
/// Persons in a directory: all staff of the largest municipality who meet children.
pub const PEOPLE: usize = 32_768;

/// Kinds that a rule can name.
const KINDS: usize = 64;

/// The kind of the unit whose people are the log controllers.
pub const LOG_CONTROL: &str = "logkontrol";

/// A unit of the municipality, or another team such as the intake team.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct TeamFacts {
    /// The team.
    #[n(0)]
    pub team: TeamId,
    /// Its name, as staff know it.
    #[n(1)]
    pub name: String,
    /// dagtilbud, skole, sundhedspleje, ppr, familieafdeling, klub, it …
    #[n(2)]
    pub kind: String,
    /// Telephone number that is dialled when there is no network.
    #[n(3)]
    pub phone: Option<String>,
}

/// A person on the staff.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct PersonFacts {
    /// The person.
    #[n(0)]
    pub person: PersonId,
    /// Full name.
    #[n(1)]
    pub name: String,
    /// Profession, in the words of the profession: pædagog, lærer, socialrådgiver …
    #[n(2)]
    pub profession: String,
    /// The unit they work in.
    #[n(3)]
    pub team: TeamId,
}

/// Rules of the municipality that every device keeps.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct Policy {
    /// How long records are kept, by kind, ascending; of kinds that are not named for ever.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ KINDS }, _, _>")]
    pub retention: Vec<Retention>,
    /// Who may be sent what, and on what lawful basis; without it the rules of [`standard`].
    #[n(1)]
    #[cbor(decode_with = "rules")]
    pub sharing: Option<Vec<Sharing>>,
}

fn rules<'b, C>(
    decoder: &mut minicbor::Decoder<'b>,
    context: &mut C,
) -> Result<Option<Vec<Sharing>>, minicbor::decode::Error> {
    if decoder.datatype()? == minicbor::data::Type::Null {
        decoder.null()?;
        return Ok(None);
    }
    at_most::<{ SHARING_RULES }, _, _>(decoder, context).map(Some)
}

/// How long records of one kind are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Retention {
    /// The kind's code.
    #[n(0)]
    pub kind: u8,
    /// Months since the relay had it, or had the newest change of it.
    #[n(1)]
    pub months: u16,
}

/// The whole directory of a municipality.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Directory {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// Whose directory.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// Ascending; an older directory never replaces a newer one.
    #[n(2)]
    pub serial: u64,
    /// The municipality's name.
    #[n(3)]
    pub name: String,
    /// Teams.
    #[n(4)]
    #[cbor(decode_with = "at_most::<{ TEAMS }, _, _>")]
    pub teams: Vec<TeamFacts>,
    /// Persons.
    #[n(5)]
    #[cbor(decode_with = "at_most::<{ PEOPLE }, _, _>")]
    pub people: Vec<PersonFacts>,
    /// The municipality's rules, if it has any.
    #[n(6)]
    pub policy: Option<Policy>,
}

impl Directory {
    /// Who may be sent what, and on what lawful basis: the municipality's rules, or those that hold where it has set nothing.
    pub fn sharing(&self) -> &[Sharing] {
        self.policy.as_ref().and_then(|policy| policy.sharing.as_deref()).unwrap_or_else(|| standard())
    }
}

impl Canonical for Directory {
    const NAME: &'static str = "directory";
    // 5,000 staff with names of 100 bytes.
    const MAX_LEN: usize = 2 * 1024 * 1024;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// A directory as it travels.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedDirectory {
    /// The encoded [`Directory`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 by the authority over label `tvaers/1/directory` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl Canonical for SignedDirectory {
    const NAME: &'static str = "signed directory";
    const MAX_LEN: usize = Directory::MAX_LEN + 128;
}

/// Why a directory was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Not a directory.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Not signed by this municipality's authority.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// Another municipality's.
    #[error("the directory is another municipality's")]
    OtherMunicipality,
    /// Signed with a key of the authority's that was not in force then.
    #[error("the directory is signed with a key of the authority that was not in force at its serial")]
    Superseded,
    /// Not newer than the one held.
    #[error("the directory is not newer than the one held")]
    NotNewer,
    /// Not the one that the authority has stated.
    #[error("the directory is not the one that the authority has stated")]
    OtherHead,
    /// Not sealed for this device, or not as the protocol says.
    #[error("the directory is not sealed for this device")]
    Seal,
    /// It does not know the device's own person, without whom a device is nobody's.
    #[error("the directory does not know this device's person")]
    UnknownPerson,
}

impl From<StatementError> for DirectoryError {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::Decode(error) => Self::Decode(error),
            StatementError::OtherMunicipality => Self::OtherMunicipality,
            StatementError::Superseded => Self::Superseded,
            // What else is said of statements is not said of directories.
            _ => Self::Signature(BadSignature),
        }
    }
}

/// A verified directory with its look-ups.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Hash of the directory, named in chunks so that a stale one shows.
    pub head: Fixed<32>,
    /// The directory.
    pub directory: Directory,
    people: BTreeMap<PersonId, usize>,
    teams: BTreeMap<TeamId, usize>,
}

/// The hash that names a directory.
fn head_of(body: &[u8]) -> Fixed<32> {
    Fixed(hash(Label::DIRECTORY_ID, &[body]))
}

impl SignedDirectory {
    /// Its head: what statements and chunks name it by.
    pub fn head(&self) -> Fixed<32> {
        head_of(&self.body)
    }
}

impl Staff {
    /// Verifies a directory.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn verified(signed: &SignedDirectory, lineage: &Lineage) -> Result<Self, DirectoryError> {
        let place = |said: &Directory| (said.municipality, said.serial);
        let directory = lineage.signed(Label::DIRECTORY, (&signed.body, &signed.signature), place)?;
        let people = directory.people.iter().enumerate().map(|(at, facts)| (facts.person, at)).collect();
        let teams = directory.teams.iter().enumerate().map(|(at, facts)| (facts.team, at)).collect();
        Ok(Self { head: head_of(&signed.body), directory, people, teams })
    }

    /// What is known of a person.
    pub fn person(&self, person: &PersonId) -> Option<&PersonFacts> {
        self.people.get(person).and_then(|at| self.directory.people.get(*at))
    }

    /// What is known of a team.
    pub fn team(&self, team: &TeamId) -> Option<&TeamFacts> {
        self.teams.get(team).and_then(|at| self.directory.teams.get(*at))
    }

    /// A person's name, or a plain word where the directory is older than the person.
    pub fn name(&self, person: &PersonId) -> &str {
        self.person(person).map_or("en kollega", |facts| &facts.name)
    }
}
