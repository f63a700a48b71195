//! A batch (protocol §3.4): one signature over many control entries that make the same change in many circles, such as the
//! hand-over of three hundred cases. Each entry is a leaf of a hash tree; whoever reads one circle gets its leaf and the path to
//! the signed root, and nothing of the others.

use minicbor::{Decode, Encode};

use crate::bytes::Bytes;
use crate::codec::{Canonical, DecodeError, at_most};
use crate::entry::{Change, EntryPublic, Member, ParsedEntry, Proof, Subject, WrapHash};
use crate::hash::{BadSignature, Label, hash, verify};
use crate::ids::{CircleId, DeviceId, EntryId, Fixed};
use crate::limits;
use crate::merkle;
use crate::statement::SignedStatement;

/// What the entries of a batch have in common.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct BatchCommon {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// Random: what the wraps are bound to is unique by it.
    #[n(1)]
    pub nonce: Fixed<16>,
    /// Who signs.
    #[n(2)]
    pub device: DeviceId,
    /// How many entries there are.
    #[n(3)]
    pub leaves: u64,
    /// The change that each of them makes. Persons are added, and nothing else.
    #[n(4)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
    pub changes: Vec<Change>,
    /// Wraps of the batch's key, under which each leaf seals its circle's root.
    #[n(5)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_CHANGES }, _, _>")]
    pub wraps: Vec<WrapHash>,
    /// Statements of the authority that the relay and readers need.
    #[n(6)]
    #[cbor(decode_with = "at_most::<{ limits::ENTRY_VOUCHERS }, _, _>")]
    pub vouchers: Vec<SignedStatement>,
    /// True if whoever signs gives up their own place in these circles; whoever is added takes them out.
    #[n(7)]
    pub leaves_too: Option<bool>,
}

impl Canonical for BatchCommon {
    const NAME: &'static str = "common part of a batch";
    const MAX_LEN: usize = limits::BATCH_COMMON;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

impl BatchCommon {
    /// What the wraps of the batch's key are bound to.
    pub fn binding(&self) -> [u8; 32] {
        hash(Label::BATCH_BINDING, &[&self.nonce.0, self.device.as_bytes()])
    }
}

/// One entry of a batch: the circle, the head it was made on, and the circle's root for whoever has the batch's key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Leaf {
    /// The circle.
    #[n(0)]
    pub circle: CircleId,
    /// Its head.
    #[n(1)]
    pub head: EntryId,
    /// The root in force, sealed under the batch's key.
    #[n(2)]
    pub root: Fixed<{ limits::SEALED_KEY }>,
}

impl Canonical for Leaf {
    const NAME: &'static str = "leaf of a batch";
    const MAX_LEN: usize = limits::BATCH_LEAF;
}

/// A batch as it is pushed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Batch {
    /// The encoded [`BatchCommon`].
    #[n(0)]
    pub common: Bytes,
    /// Ed25519 over label `tvaers/1/batch`, the root of the tree (32 bytes) and the common part.
    #[n(1)]
    pub signature: Fixed<64>,
    /// Encoded [`Leaf`]s.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ limits::BATCH_LEAVES }, _, _>")]
    pub leaves: Vec<Bytes>,
}

impl Canonical for Batch {
    const NAME: &'static str = "batch";
    const MAX_LEN: usize = limits::BATCH_COMMON + limits::BATCH_LEAVES * (limits::BATCH_LEAF + 3) + 128;
}

impl Batch {
    /// Takes the batch apart into the entries that its readers get, in order: each as it travels and read. The signature is
    /// verified here, once for all, if the signer's key is given; a leaf whose signature was not is verified when it is folded.
    ///
    /// # Errors
    /// [`DecodeError`] if the common part or a leaf is not what it should be; [`BadSignature`] within, if it does not verify.
    pub fn split(
        &self,
        signing_key: impl FnOnce(&DeviceId) -> Option<[u8; 32]>,
    ) -> Result<Result<Vec<(Bytes, ParsedEntry)>, BadSignature>, DecodeError> {
        let common = BatchCommon::from_bytes(&self.common)?;
        if common.leaves != self.leaves.len() as u64 {
            return Err(malformed("it holds another number of leaves than it says"));
        }
        let hashes: Vec<[u8; 32]> = self.leaves.iter().map(|leaf| merkle::leaf(leaf)).collect();
        let tree = merkle::Tree::new(hashes);
        let key = signing_key(&common.device);
        if let Some(key) = &key
            && verify(Label::BATCH, key, &[&tree.root(), &self.common], &self.signature.0).is_err()
        {
            return Ok(Err(BadSignature));
        }
        let entry = |(at, leaf): (usize, &Bytes)| {
            let path = tree.path(at).into_iter().map(Fixed).collect();
            let (common_bytes, leaf_bytes) = (self.common.clone(), leaf.clone());
            let entry =
                LeafEntry { common: common_bytes, signature: self.signature, leaf: leaf_bytes, at: at as u64, path };
            let bytes = Bytes(entry.to_bytes());
            let mut parsed = entry.parse(&common)?;
            if let Some(key) = key {
                parsed.proof.vouch_for(key);
            }
            Ok((bytes, parsed))
        };
        self.leaves.iter().enumerate().map(entry).collect::<Result<_, _>>().map(Ok)
    }
}

/// An entry of a batch as the readers of its circle get it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct LeafEntry {
    /// The encoded [`BatchCommon`].
    #[n(0)]
    pub common: Bytes,
    /// The batch's.
    #[n(1)]
    pub signature: Fixed<64>,
    /// The encoded [`Leaf`].
    #[n(2)]
    pub leaf: Bytes,
    /// Its place among the leaves.
    #[n(3)]
    pub at: u64,
    /// Hashes from the leaf to the root (RFC 9162 §2.1.3).
    #[n(4)]
    #[cbor(decode_with = "at_most::<{ limits::BATCH_PATH }, _, _>")]
    pub path: Vec<Fixed<32>>,
}

impl Canonical for LeafEntry {
    const NAME: &'static str = "entry of a batch";
    const MAX_LEN: usize = limits::BATCH_COMMON + limits::BATCH_LEAF + limits::BATCH_PATH * 34 + 128;
}

impl LeafEntry {
    /// Encodings of it begin with this byte, those of other entries do not: an array of five.
    pub(crate) const FIRST_BYTE: u8 = 0x85;

    /// Reads what the entry says.
    pub(crate) fn read(&self) -> Result<ParsedEntry, DecodeError> {
        self.parse(&BatchCommon::from_bytes(&self.common)?)
    }

    fn parse(&self, common: &BatchCommon) -> Result<ParsedEntry, DecodeError> {
        let leaf = Leaf::from_bytes(&self.leaf)?;
        let adds = |change: &Change| matches!(change, Change::Add { member: Member::Person(_), .. });
        if common.changes.is_empty() || !common.changes.iter().all(adds) {
            return Err(malformed("it adds persons, and nothing else"));
        }
        if common.leaves > limits::BATCH_LEAVES as u64 {
            return Err(malformed("a batch has no more leaves than its tree has room for"));
        }
        let path: Vec<[u8; 32]> = self.path.iter().map(|step| step.0).collect();
        let root = merkle::root_from(merkle::leaf(&self.leaf), self.at, common.leaves, &path);
        let root = root.ok_or_else(|| malformed("the path does not fit the tree"))?;
        let public = EntryPublic {
            version: common.version,
            circle: Some(leaf.circle),
            parents: vec![leaf.head],
            subject: Subject::Shared,
            nonce: common.nonce,
            device: common.device,
            changes: common.changes.clone(),
            epoch: None,
            wraps: common.wraps.clone(),
            vouchers: common.vouchers.clone(),
            sealed: None,
        };
        Ok(ParsedEntry {
            // Place and path too: who changes them has made another entry, not the one that is to come in other bytes.
            id: EntryId::new(hash(Label::LEAF_ID, &[&self.to_bytes()])),
            circle: leaf.circle,
            public,
            sealed: None,
            handed_over: Some(HandedOver {
                root: leaf.root,
                binding: common.binding(),
                leaves_too: common.leaves_too == Some(true),
            }),
            proof: Proof::leaf(root, self.common.clone(), self.signature),
        })
    }
}

/// What an entry of a batch hands over beside membership.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandedOver {
    /// The circle's root in force, sealed under the batch's key.
    pub root: Fixed<{ limits::SEALED_KEY }>,
    /// What the wraps of the batch's key are bound to.
    pub binding: [u8; 32],
    /// True if whoever signed gives up their own place in the circle.
    pub leaves_too: bool,
}

fn malformed(why: &str) -> DecodeError {
    DecodeError::Malformed { what: LeafEntry::NAME, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Rights;
    use crate::ids::PersonId;

    fn batch(leaves: u8) -> Batch {
        let member = Member::Person(PersonId::new([1; 16]));
        let common = BatchCommon {
            version: 1,
            nonce: Fixed([2; 16]),
            device: DeviceId::new([3; 32]),
            leaves: leaves.into(),
            changes: vec![Change::Add { member, rights: Rights::Manage, until: None }],
            wraps: Vec::new(),
            vouchers: Vec::new(),
            leaves_too: None,
        };
        let leaf = |at| Leaf { circle: CircleId::new([at; 32]), head: EntryId::new([at; 32]), root: Fixed([at; 48]) };
        let leaves = (0..leaves).map(|at| Bytes(leaf(at).to_bytes())).collect();
        Batch { common: Bytes(common.to_bytes()), signature: Fixed([4; 64]), leaves }
    }

    /// A relay that could bring a broken path under an entry's id would keep the entry itself out for good.
    #[test]
    fn an_entry_with_another_place_or_path_has_another_id() {
        let entries = batch(5).split(|_| None).unwrap().unwrap();
        let (bytes, given) = &entries[1];
        let entry = LeafEntry::from_bytes(bytes).unwrap();
        let moved = LeafEntry { at: 0, ..entry.clone() };
        let mut bent = entry;
        bent.path[2].0[0] ^= 1;
        for other in [moved, bent] {
            assert_ne!(ParsedEntry::from_bytes(&other.to_bytes()).unwrap().id, given.id);
        }
        assert_eq!(ParsedEntry::from_bytes(bytes).unwrap().id, given.id);
    }

    #[test]
    fn a_batch_adds_persons_and_does_nothing_else() {
        let with = |changes| {
            let given = batch(1);
            let common = BatchCommon { changes, ..BatchCommon::from_bytes(&given.common).unwrap() };
            Batch { common: Bytes(common.to_bytes()), ..given }.split(|_| None)
        };
        let person = Member::Person(PersonId::new([1; 16]));
        let add = |member| Change::Add { member, rights: Rights::Read, until: None };
        assert!(with(vec![add(person)]).is_ok());
        assert!(with(vec![]).is_err());
        assert!(with(vec![add(person), Change::Remove { member: person, cuts: Vec::new() }]).is_err());
        assert!(with(vec![add(Member::Device(DeviceId::new([5; 32])))]).is_err());
        let given = batch(1);
        let common = BatchCommon { leaves: 4_097, ..BatchCommon::from_bytes(&given.common).unwrap() };
        let (common, leaf) = (Bytes(common.to_bytes()), given.leaves[0].clone());
        let of_too_many = LeafEntry { common, signature: given.signature, leaf, at: 4_096, path: vec![Fixed([6; 32])] };
        assert!(ParsedEntry::from_bytes(&of_too_many.to_bytes()).is_err(), "the last of 4,097 has a path of one");
        let short = Batch { leaves: Vec::new(), ..batch(1) };
        assert!(short.split(|_| None).is_err(), "fewer leaves than it says");
    }
}
