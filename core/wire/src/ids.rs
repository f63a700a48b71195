//! Identifiers (protocol §1). Hashes are 32 bytes of SHA-256, random ids 16 bytes; each kind is a type of its own.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// A byte string of exactly `N` bytes, written as a CBOR byte string.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fixed<const N: usize>(pub [u8; N]);

impl<C, const N: usize> Encode<C> for Fixed<N> {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C, const N: usize> Decode<'b, C> for Fixed<N> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let at = d.position();
        let bytes = d.bytes()?;
        bytes.try_into().map(Fixed).map_err(|_| decode::Error::message("byte string of the wrong length").at(at))
    }
}

impl<const N: usize> fmt::Debug for Fixed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Eight digits name a thing in a log line well enough; whole ids are pseudonyms and stay out of logs.
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why a hexadecimal id was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hexadecimal digits")]
pub struct BadId {
    /// How many digits such an id has.
    pub expected: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub Fixed<$len>);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The id with these bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(Fixed(bytes))
            }

            /// The id as bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0.0
            }

            /// Reads an id from a slice of exactly the right length.
            ///
            /// # Errors
            /// [`BadId`] if the length differs.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, BadId> {
                bytes.try_into().map(Self::new).map_err(|_| BadId { expected: $len * 2 })
            }

            /// Lower-case hexadecimal, for URLs and file names.
            pub fn to_hex(self) -> String {
                self.0.0.iter().map(|byte| format!("{byte:02x}")).collect()
            }

            /// Reads lower- or upper-case hexadecimal.
            ///
            /// # Errors
            /// [`BadId`] if it is not exactly the right number of digits.
            pub fn from_hex(text: &str) -> Result<Self, BadId> {
                let bad = BadId { expected: $len * 2 };
                let mut bytes = [0u8; $len];
                if text.len() != $len * 2 || !text.is_ascii() {
                    return Err(bad);
                }
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    let digit = |c: u8| (c as char).to_digit(16).ok_or(bad);
                    *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).map_err(|_| bad)?;
                }
                Ok(Self::new(bytes))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.0)
            }
        }
    };
}

id!(
    /// The municipality: random, chosen when its authority key is made.
    MunicipalityId, 16
);
id!(
    /// A person: random, in the directory; stays when the person changes phone or unit.
    PersonId, 16
);
id!(
    /// A team: a unit, the intake team or PPR. Random, in the directory.
    TeamId, 16
);
id!(
    /// A child, as named inside sealed content only. The relay never sees one.
    ChildId, 16
);
id!(
    /// A device: hash of its two public keys.
    DeviceId, 32
);
id!(
    /// A circle: the id of its founding entry.
    CircleId, 32
);
id!(
    /// A control entry: hash of its signed bytes. An epoch is named by the entry that began it.
    EntryId, 32
);
id!(
    /// A chunk: hash of the signed bytes, which are the bytes that travel.
    ChunkId, 32
);
id!(
    /// A record: hash of what was signed (frozen) or of its founding (living). Inside sealed content only.
    RecordId, 32
);
id!(
    /// The relay's word that it has accepted a control entry: HMAC-SHA256 (RFC 2104) under its own key over the entry's id. Only the
    /// relay checks one, and it does so when the entry comes back after a restore.
    Stamp, 32
);
id!(
    /// The random part of an installation; a restored phone draws a new one.
    InstallationNonce, 16
);

impl CircleId {
    /// The circle founded by this entry.
    pub const fn founded_by(entry: EntryId) -> Self {
        Self(entry.0)
    }

    /// The entry that founded this circle.
    pub const fn founding_entry(self) -> EntryId {
        EntryId(self.0)
    }
}

/// One installation of the app: a device key and the nonce drawn when its store was made or restored.
/// Counters, hash chains and Automerge actors belong to an installation, never to a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Installation {
    /// The device whose key signs.
    #[n(0)]
    pub device: DeviceId,
    /// Drawn anew with every new or restored store. Its last bit tells the installation's two chains apart.
    #[n(1)]
    pub nonce: InstallationNonce,
}

impl Installation {
    /// An installation with this random nonce, as it signs records.
    pub const fn new(device: DeviceId, mut nonce: [u8; 16]) -> Self {
        nonce[15] &= 0xfe;
        Self { device, nonce: InstallationNonce::new(nonce) }
    }

    /// The chain of its receipts. They have counters of their own, so that the newest can replace *all* before it with one
    /// range: somebody who joins later then meets no gap where receipts have been dropped.
    pub const fn receipts(self) -> Self {
        let mut nonce = *self.nonce.as_bytes();
        nonce[15] |= 1;
        Self { device: self.device, nonce: InstallationNonce::new(nonce) }
    }

    /// True for a chain of receipts.
    pub const fn is_receipts(self) -> bool {
        self.nonce.as_bytes()[15] & 1 == 1
    }
}
