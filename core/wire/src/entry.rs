//! Control entries (protocol §3): the membership of a circle, its keys, and their changes. The public part is what the relay
//! verifies; the sealed part (reasons, names, what the circle is for) is for members only.

mod parsed;

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, at_most};
use crate::hash::{Label, hash};
use crate::ids::{ChunkId, CircleId, DeviceId, EntryId, Fixed, Installation, PersonId, TeamId};
use crate::limits;
use crate::statement::SignedStatement;

pub use parsed::ParsedEntry;
pub(crate) use parsed::Proof;

/// A member, one level down: devices in a person circle, persons in a team, teams in the municipality, persons and teams in
/// every other circle. There are no cycles because the levels are fixed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
pub enum Member {
    /// A device, in its person's circle.
    #[n(0)]
    Device(#[n(0)] DeviceId),
    /// A person.
    #[n(1)]
    Person(#[n(0)] PersonId),
    /// A team.
    #[n(2)]
    Team(#[n(0)] TeamId),
}

impl Member {
    /// The device, if it is one.
    pub fn device(&self) -> Option<&DeviceId> {
        match self {
            Self::Device(device) => Some(device),
            Self::Person(_) | Self::Team(_) => None,
        }
    }

    /// What the circle of a person or team is.
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Device(_) => None,
            Self::Person(person) => Some(Subject::Person(*person)),
            Self::Team(team) => Some(Subject::Team(*team)),
        }
    }
}

/// What a circle is, as far as the relay must know to check its members.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
pub enum Subject {
    /// The devices of a person.
    #[n(0)]
    Person(#[n(0)] PersonId),
    /// The persons of a team.
    #[n(1)]
    Team(#[n(0)] TeamId),
    /// The teams of the municipality; holds the directory.
    #[n(2)]
    Municipality,
    /// Everything else: lines, cases, drafts. Which of them is sealed.
    #[n(3)]
    Shared,
}

/// What a member may do. Each includes the ones before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Rights {
    /// Open chunks.
    #[n(0)]
    Read,
    /// Add chunks.
    #[n(1)]
    Write,
    /// Add control entries.
    #[n(2)]
    Manage,
}

/// A chunk by its place: the last of an installation that counts once its owner may not write any more, or one to be erased.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Cut {
    /// The installation.
    #[n(0)]
    pub installation: Installation,
    /// Its last accepted counter.
    #[n(1)]
    pub counter: u64,
    /// The chunk with that counter.
    #[n(2)]
    pub chunk: ChunkId,
}

/// One change of membership.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Change {
    /// Adds a member, or changes its rights.
    #[n(0)]
    Add {
        /// Who.
        #[n(0)]
        member: Member,
        /// What they may do.
        #[n(1)]
        rights: Rights,
        /// Unix seconds after which the membership ends by itself.
        #[n(2)]
        until: Option<u64>,
    },
    /// Removes a member.
    #[n(1)]
    Remove {
        /// Who.
        #[n(0)]
        member: Member,
        /// What of theirs still counts. Of installations not named nothing counts.
        #[n(1)]
        #[cbor(decode_with = "at_most::<{ limits::ENTRY_CUTS }, _, _>")]
        cuts: Vec<Cut>,
    },
    /// Says what still counts here of a device that the authority has put out. Whoever it belongs to stays a member.
    #[n(2)]
    CutOff {
        /// Which.
        #[n(0)]
        device: DeviceId,
        /// What of its installations still counts. Of those not named nothing counts.
        #[n(1)]
        #[cbor(decode_with = "at_most::<{ limits::ENTRY_CUTS }, _, _>")]
        cuts: Vec<Cut>,
    },
    /// In an entry that unites two branches: an entry of one, whose signer the other has removed, changes nothing.
    #[n(3)]
    Void {
        /// Which.
        #[n(0)]
        entry: EntryId,
    },
    /// Asks that chunks of this circle be erased. Nothing is, until somebody else agrees.
    #[n(4)]
    Erase {
        /// Which.
        #[n(0)]
        #[cbor(decode_with = "at_most::<{ limits::ENTRY_CUTS }, _, _>")]
        chunks: Vec<Cut>,
    },
    /// Nothing is erased in this circle from now on.
    #[n(5)]
    Hold,
    /// Asks that the hold end.
    #[n(6)]
    Lift,
    /// Another person agrees to what an entry has asked for, which takes effect with this.
    #[n(7)]
    Agree {
        /// The entry.
        #[n(0)]
        entry: EntryId,
    },
}

impl Change {
    /// Whose membership it is; `None` if it changes nobody's.
    pub fn member(&self) -> Option<&Member> {
        match self {
            Self::Add { member, .. } | Self::Remove { member, .. } => Some(member),
            _ => None,
        }
    }

    /// True if it is about what is kept here and not about who is in it.
    pub fn is_about_erasure(&self) -> bool {
        matches!(self, Self::Erase { .. } | Self::Hold | Self::Lift | Self::Agree { .. })
    }

    /// True if somebody can write no more after it, so that it must say what of theirs still counts.
    pub fn takes_away(&self) -> bool {
        matches!(self, Self::Remove { .. } | Self::CutOff { .. })
    }
}

/// A new key of the circle.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct NewEpoch {
    /// Commitment to the new root.
    #[n(0)]
    pub root_commitment: Fixed<32>,
    /// X-Wing key derived from the root, to which others wrap; in person and team circles only.
    #[n(1)]
    pub kem: Option<Fixed<{ limits::KEM_PUBLIC }>>,
    /// The roots of the parents' epochs sealed under the new one, oldest parent first; empty when founding.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_PARENTS }, _, _>")]
    pub history: Vec<Bytes>,
    /// The epoch whose root is in `history`, if that is an older one than the parent's: whoever drew this one did not have that. Only of
    /// an entry with one parent.
    #[n(3)]
    pub leads_to: Option<EntryId>,
}

/// A wrap by its hash: the entry signs the list, the relay serves each member only its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct WrapHash {
    /// For whom.
    #[n(0)]
    pub member: Member,
    /// The member circle's epoch whose key was used; `None` for a device's own key.
    #[n(1)]
    pub epoch: Option<EntryId>,
    /// Hash of the wrap's bytes.
    #[n(2)]
    pub hash: Fixed<32>,
}

/// The public, signed part of a control entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct EntryPublic {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The circle; `None` for the founding entry, whose id becomes the circle's.
    #[n(1)]
    pub circle: Option<CircleId>,
    /// The heads this entry was made on: none, one, or the two of a merge.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_PARENTS }, _, _>")]
    pub parents: Vec<EntryId>,
    /// What the circle is.
    #[n(3)]
    pub subject: Subject,
    /// Random: makes ids and bindings unique.
    #[n(4)]
    pub nonce: Fixed<16>,
    /// Who signs.
    #[n(5)]
    pub device: DeviceId,
    /// Changes of membership.
    #[n(6)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
    pub changes: Vec<Change>,
    /// A new key, if there is one.
    #[n(7)]
    pub epoch: Option<NewEpoch>,
    /// The wraps that go with this entry.
    #[n(8)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
    pub wraps: Vec<WrapHash>,
    /// What the authority vouches for that this entry needs: certificates of added devices, charters of added persons.
    #[n(9)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_VOUCHERS }, _, _>")]
    pub vouchers: Vec<SignedStatement>,
    /// Hash of the sealed part, if there is one.
    #[n(10)]
    pub sealed: Option<Fixed<32>>,
}

impl Canonical for EntryPublic {
    const NAME: &'static str = "control entry";
    const MAX_LEN: usize = limits::ENTRY_PUBLIC;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

impl EntryPublic {
    /// The members that it removes.
    pub fn removals(&self) -> impl Iterator<Item = &Member> {
        self.changes.iter().filter(|change| matches!(change, Change::Remove { .. })).filter_map(Change::member)
    }

    /// True if one of its changes takes something away.
    pub fn takes_away(&self) -> bool {
        self.changes.iter().any(Change::takes_away)
    }

    /// The devices that it cuts off.
    pub fn cut_off(&self) -> impl Iterator<Item = &DeviceId> {
        self.changes.iter().filter_map(|change| match change {
            Change::CutOff { device, .. } => Some(device),
            _ => None,
        })
    }

    /// The two heads that it unites, if it does.
    pub fn united(&self) -> Option<[EntryId; 2]> {
        self.parents.as_slice().try_into().ok()
    }

    /// What a wrap of this entry's root is bound to: everything known before the wraps are made.
    pub fn binding(&self) -> [u8; 32] {
        let mut out = minicbor::Encoder::new(Vec::new());
        // Writing to a Vec cannot fail.
        let _ = out.array(5).and_then(|e| e.encode(self.circle)).and_then(|e| e.encode(&self.parents));
        let _ = out.encode(self.subject).and_then(|e| e.encode(self.nonce)).and_then(|e| e.encode(self.device));
        hash(Label::EPOCH_BINDING, &[out.writer()])
    }
}

/// A control entry as it travels, without its wraps.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Entry {
    /// The encoded [`EntryPublic`].
    #[n(0)]
    pub public: Bytes,
    /// Ed25519 over label `tvaers/1/entry` and the public part.
    #[n(1)]
    pub signature: Fixed<64>,
    /// Sealed under the epoch's root: what the circle is for, reasons, names.
    #[n(2)]
    pub sealed: Option<Bytes>,
}

impl Canonical for Entry {
    const NAME: &'static str = "signed control entry";
    const MAX_LEN: usize = limits::ENTRY_PUBLIC + limits::ENTRY_SEALED + 128;
}

/// A wrap with the member it is for. Its hash is in the entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Wrap {
    /// For whom.
    #[n(0)]
    pub member: Member,
    /// HPKE encapsulation (1,120 bytes) and ciphertext (48 bytes).
    #[n(1)]
    pub bytes: Bytes,
}

impl Wrap {
    /// The hash under which an entry lists this wrap.
    pub fn hash(&self) -> Fixed<32> {
        Fixed(hash(Label::WRAP, &[&self.bytes]))
    }
}
