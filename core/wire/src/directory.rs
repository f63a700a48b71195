//! The directory on its way through the relay (protocol §5.9): sealed, so that the relay reads no names, with its key wrapped for each
//! device. The office brings it in parts; the order in front of each says who signed for it, before the part itself is read.

use minicbor::{Decode, Decoder, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, DecodeError, at_most};
use crate::hash::{Label, hash};
use crate::ids::{DeviceId, Fixed, MunicipalityId};
use crate::limits;
use crate::statement::{Authority, StatementError};

/// What binds the key of a sealed directory to that directory of that municipality.
pub fn directory_binding(municipality: &MunicipalityId, head: &Fixed<32>) -> [u8; 32] {
    hash(Label::DIRECTORY_BINDING, &[municipality.as_bytes(), &head.0])
}

/// What a part is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum PartKind {
    /// Keys for devices. They lie ready until the directory comes.
    #[n(0)]
    Wraps,
    /// The directory itself. It comes last, and takes the place of the one before with all its keys.
    #[n(1)]
    Sealed,
}

/// What the authority signs of a part: the relay knows from it what will come, and that it may.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct DirectoryOrder {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The municipality whose authority signs.
    #[n(1)]
    pub municipality: MunicipalityId,
    /// One for all parts that were sealed together; of two the higher counts.
    #[n(2)]
    pub serial: u64,
    /// Head of the directory.
    #[n(3)]
    pub head: Fixed<32>,
    /// What follows.
    #[n(4)]
    pub kind: PartKind,
    /// Its length in bytes.
    #[n(5)]
    pub length: u64,
    /// Its hash.
    #[n(6)]
    pub hash: Fixed<32>,
}

impl Canonical for DirectoryOrder {
    const NAME: &'static str = "directory order";
    const MAX_LEN: usize = 160;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

impl DirectoryOrder {
    /// True if these bytes are the part that the order is for.
    pub fn is_for(&self, part: &[u8]) -> bool {
        self.length == part.len() as u64 && self.hash.0 == hash(Label::DIRECTORY_PART, &[part])
    }
}

/// An order with the authority's signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct SignedDirectoryOrder {
    /// The encoded [`DirectoryOrder`].
    #[n(0)]
    pub body: Bytes,
    /// Ed25519 by the authority over label `tvaers/1/directory-order` and the body.
    #[n(1)]
    pub signature: Fixed<64>,
}

impl Authority {
    /// Verifies an order and returns what it says.
    ///
    /// # Errors
    /// [`StatementError`]: not an order, not signed by this authority, or for another municipality.
    pub fn check_directory_order(&self, signed: &SignedDirectoryOrder) -> Result<DirectoryOrder, StatementError> {
        self.signed(Label::DIRECTORY_ORDER, (&signed.body, &signed.signature), |order: &DirectoryOrder| {
            order.municipality
        })
    }
}

/// `POST /v1/directory`: one part behind its order.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct DirectoryUpload {
    /// The order.
    #[n(0)]
    pub order: SignedDirectoryOrder,
    /// The part.
    #[n(1)]
    pub part: Bytes,
}

impl Canonical for DirectoryUpload {
    const NAME: &'static str = "part of a directory";
    const MAX_LEN: usize = limits::DIRECTORY_SEALED + Self::ORDER;
}

impl DirectoryUpload {
    /// So many bytes at the beginning of an upload hold its order, and what is before the part.
    pub const ORDER: usize = 256;

    /// The order, read from the beginning of an upload.
    ///
    /// # Errors
    /// [`DecodeError`] if it does not begin with one.
    pub fn order(beginning: &[u8]) -> Result<SignedDirectoryOrder, DecodeError> {
        let mut decoder = Decoder::new(beginning);
        let order = decoder.array().and_then(|_| decoder.decode());
        order.map_err(|error| DecodeError::Malformed { what: Self::NAME, why: error.to_string() })
    }
}

/// Its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum PartAnswer {
    /// It is stored, durably; also if it was before.
    #[n(0)]
    Stored {},
    /// The relay has a directory that was sealed later.
    #[n(1)]
    Older {},
}

impl Canonical for PartAnswer {
    const NAME: &'static str = "answer to a part";
    const MAX_LEN: usize = 8;
}

/// The key of a sealed directory, wrapped for one device.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct DirectoryWrap {
    /// For whom.
    #[n(0)]
    pub device: DeviceId,
    /// Encapsulation and ciphertext.
    #[n(1)]
    pub bytes: Bytes,
}

/// A part of kind [`PartKind::Wraps`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct DirectoryWraps {
    /// At most [`limits::DIRECTORY_WRAPS`].
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ limits::DIRECTORY_WRAPS }, _, _>")]
    pub wraps: Vec<DirectoryWrap>,
}

impl Canonical for DirectoryWraps {
    const NAME: &'static str = "wraps of a directory";
    const MAX_LEN: usize = limits::DIRECTORY_WRAPS * (limits::WRAP + 64);
}

/// `GET /v1/directory`: the sealed directory, and the asker's own key to it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct DirectoryAnswer {
    /// Sealed.
    #[n(0)]
    pub sealed: Bytes,
    /// The asker's wrap.
    #[n(1)]
    pub wrap: Bytes,
}

impl Canonical for DirectoryAnswer {
    const NAME: &'static str = "directory answer";
    const MAX_LEN: usize = limits::DIRECTORY_SEALED + limits::WRAP + 64;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> DirectoryOrder {
        let part = b"part";
        DirectoryOrder {
            version: limits::VERSION,
            municipality: MunicipalityId::new([0xff; 16]),
            serial: u64::MAX,
            head: Fixed([0xff; 32]),
            kind: PartKind::Sealed,
            length: part.len() as u64,
            hash: Fixed(hash(Label::DIRECTORY_PART, &[part])),
        }
    }

    #[test]
    fn an_order_is_read_from_the_beginning_of_its_upload() {
        let largest = DirectoryOrder { length: u64::MAX, ..order() }.to_bytes();
        assert!(largest.len() <= DirectoryOrder::MAX_LEN);
        let order = SignedDirectoryOrder { body: largest.into(), signature: Fixed([7; 64]) };
        let upload = DirectoryUpload { order: order.clone(), part: vec![9; limits::DIRECTORY_SEALED].into() };
        let bytes = upload.to_bytes();
        assert!(bytes.len() <= DirectoryUpload::MAX_LEN);
        assert_eq!(DirectoryUpload::order(&bytes[..DirectoryUpload::ORDER]).unwrap(), order);
        assert_eq!(DirectoryUpload::from_bytes(&bytes).unwrap(), upload);
        for cut in 0..DirectoryUpload::ORDER / 2 {
            assert!(DirectoryUpload::order(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn an_order_is_for_one_part_whole() {
        assert!(order().is_for(b"part"));
        for other in [&b"par"[..], b"parts", b"parT", b""] {
            assert!(!order().is_for(other));
        }
    }

    #[test]
    fn a_key_is_bound_to_municipality_and_head() {
        let (here, there) = (MunicipalityId::new([1; 16]), MunicipalityId::new([2; 16]));
        let binding = directory_binding(&here, &Fixed([3; 32]));
        assert_ne!(binding, directory_binding(&there, &Fixed([3; 32])));
        assert_ne!(binding, directory_binding(&here, &Fixed([4; 32])));
    }

    #[test]
    fn more_wraps_than_a_part_may_have_are_not_read() {
        let wrap = DirectoryWrap { device: DeviceId::new([1; 32]), bytes: Bytes(Vec::new()) };
        let part = |n| DirectoryWraps { wraps: vec![wrap.clone(); n] }.to_bytes();
        assert!(DirectoryWraps::from_bytes(&part(limits::DIRECTORY_WRAPS)).is_ok());
        assert!(DirectoryWraps::from_bytes(&part(limits::DIRECTORY_WRAPS + 1)).is_err());
    }

    #[test]
    fn the_largest_directory_fits_when_it_is_padded() {
        let signed = 2 * 1024 * 1024 + 128;
        assert_eq!(crate::padding::padded_len(4 + signed) + 16, limits::DIRECTORY_SEALED);
    }
}
