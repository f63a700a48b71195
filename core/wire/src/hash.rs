//! Domain-separated hashing (protocol §1): `SHA-256(len(label) ‖ label ‖ part…)`.
//!
//! Every hash and every signature of Tværs begins with a label of its own, so that bytes made for one purpose
//! can never be taken for another (attack 27).

use ring::digest::{Context, SHA256};

/// What a hash or a signature is for. The text is part of what is hashed or signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(&'static str);

impl Label {
    /// Device id over its public keys.
    pub const DEVICE: Self = Self("tvaers/1/device");
    /// Authority's signature over a statement.
    pub const STATEMENT: Self = Self("tvaers/1/statement");
    /// Authority's signature over a directory.
    pub const DIRECTORY: Self = Self("tvaers/1/directory");
    /// Id of a municipality over its authority's key and its recovery key.
    pub const MUNICIPALITY: Self = Self("tvaers/1/municipality");
    /// What the recovery key in force and the key to come sign when a key of the municipality changes.
    pub const SUCCESSION: Self = Self("tvaers/1/succession");
    /// Authority's signature over an entry of its office's journal.
    pub const JOURNAL: Self = Self("tvaers/1/journal");
    /// Id of an entry of that journal.
    pub const JOURNAL_ID: Self = Self("tvaers/1/journal-id");
    /// Fingerprint of the recovery key.
    pub const RECOVERY: Self = Self("tvaers/1/recovery");
    /// Authority's signature over what it asks of the relay to restore access.
    pub const RECOVERY_ORDER: Self = Self("tvaers/1/recovery-order");
    /// Authority's signature over what goes to the machine at which two holders meet.
    pub const RECOVERY_FILE: Self = Self("tvaers/1/recovery-file");
    /// Device's signature over the receipt of its erasure.
    pub const WIPE_RECEIPT: Self = Self("tvaers/1/wipe-receipt");
    /// Authority's signature over which receipts it asks for.
    pub const WIPE_ORDER: Self = Self("tvaers/1/wipe-order");
    /// Control number of a holder's sheet.
    pub const SHEET: Self = Self("tvaers/1/sheet");
    /// Id of a directory.
    pub const DIRECTORY_ID: Self = Self("tvaers/1/directory-id");
    /// Authority's signature over what is to be stored of a sealed directory.
    pub const DIRECTORY_ORDER: Self = Self("tvaers/1/directory-order");
    /// Hash of a part of a sealed directory, in its order.
    pub const DIRECTORY_PART: Self = Self("tvaers/1/directory-part");
    /// What the key of a sealed directory is bound to.
    pub const DIRECTORY_BINDING: Self = Self("tvaers/1/directory-binding");
    /// Device's signature over a control entry.
    pub const ENTRY: Self = Self("tvaers/1/entry");
    /// Id of a control entry.
    pub const ENTRY_ID: Self = Self("tvaers/1/entry-id");
    /// What a key wrap is bound to.
    pub const EPOCH_BINDING: Self = Self("tvaers/1/epoch-binding");
    /// Hash of a key wrap in the entry's list.
    pub const WRAP: Self = Self("tvaers/1/wrap");
    /// Device's signature over a batch of entries.
    pub const BATCH: Self = Self("tvaers/1/batch");
    /// What the wraps of a batch are bound to.
    pub const BATCH_BINDING: Self = Self("tvaers/1/batch-binding");
    /// A leaf of a batch's tree.
    pub const LEAF: Self = Self("tvaers/1/leaf");
    /// A node of a batch's tree.
    pub const NODE: Self = Self("tvaers/1/node");
    /// Id of an entry that is a leaf of a batch.
    pub const LEAF_ID: Self = Self("tvaers/1/leaf-id");
    /// Commitment to an epoch's root.
    pub const ROOT: Self = Self("tvaers/1/root");
    /// Hash of an entry's sealed part.
    pub const SEALED_PART: Self = Self("tvaers/1/sealed-part");
    /// Commitment to a chunk's content key.
    pub const CONTENT_KEY: Self = Self("tvaers/1/content-key");
    /// Device's signature over a chunk.
    pub const CHUNK: Self = Self("tvaers/1/chunk");
    /// Id of a chunk.
    pub const CHUNK_ID: Self = Self("tvaers/1/chunk-id");
    /// Author's signature over a frozen record.
    pub const RECORD: Self = Self("tvaers/1/record");
    /// Id of a frozen record.
    pub const RECORD_ID: Self = Self("tvaers/1/record-id");
    /// Author's signature over an update of a living record.
    pub const UPDATE: Self = Self("tvaers/1/update");
    /// Id of a living record.
    pub const LIVING_ID: Self = Self("tvaers/1/living-id");
    /// Automerge actor of an installation.
    pub const ACTOR: Self = Self("tvaers/1/actor");
    /// Device's answer to the relay's challenge.
    pub const SESSION: Self = Self("tvaers/1/session");
    /// Authority's signature over what is to be done with a mailbox.
    pub const MAILBOX: Self = Self("tvaers/1/mailbox");
    /// Fingerprint of the authority in an invite.
    pub const AUTHORITY: Self = Self("tvaers/1/authority");
    /// Control number of an invite.
    pub const INVITE: Self = Self("tvaers/1/invite");
    /// Code of a device that people compare.
    pub const DEVICE_CODE: Self = Self("tvaers/1/device-code");

    /// The prefix of everything hashed or signed under this label: one length byte, then the text.
    pub fn prefix(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + self.0.len());
        // Labels are the constants above; all are far shorter than 256 bytes.
        out.push(self.0.len() as u8);
        out.extend_from_slice(self.0.as_bytes());
        out
    }

    /// The label's text.
    pub const fn text(self) -> &'static str {
        self.0
    }
}

/// `SHA-256(prefix(label) ‖ parts…)`. Parts are not delimited: pass one canonical encoding, or parts of fixed length.
pub fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(&label.prefix());
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The bytes that are signed: `prefix(label) ‖ parts…`.
pub fn signed_bytes(label: Label, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = label.prefix();
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// Verifies an Ed25519 signature (RFC 8032) over `prefix(label) ‖ parts…`.
///
/// # Errors
/// [`BadSignature`], without saying why: an oracle would help only an attacker.
pub fn verify(label: Label, key: &[u8; 32], parts: &[&[u8]], signature: &[u8; 64]) -> Result<(), BadSignature> {
    ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key)
        .verify(&signed_bytes(label, parts), signature)
        .map_err(|_| BadSignature)
}

/// The y coordinates of the eight Ed25519 points of small order, little-endian: of order 1, 2, 4, 8 and 8. Each stands for the
/// points of both signs. For a key of small order a signature can be made that verifies for any message without any secret.
const SMALL_ORDER: [[u8; 32]; 5] = [
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        minus_one
    },
    [0; 32],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// True if an Ed25519 verification key is in canonical form and not of small order. Libraries differ in whether they check
/// this when they verify, so it is checked before a key is believed.
pub fn is_sound(key: &[u8; 32]) -> bool {
    let mut y = *key;
    y[31] &= 0x7f;
    is_reduced(&y) && !SMALL_ORDER.contains(&y)
}

/// True if a little-endian number is below 2^255 - 19.
pub fn is_reduced(number: &[u8; 32]) -> bool {
    let top = number[31] == 0x7f && number[1..31].iter().all(|byte| *byte == 0xff);
    number[31] <= 0x7f && !(top && number[0] >= 0xed)
}

/// A signature that does not verify under the key and label it was said to be made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;
