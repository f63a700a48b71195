//! Making batches (protocol §3.4): a hand-over of many circles under one signature and one wrap.

use tvaers_wire::batch::{Batch, BatchCommon, HandedOver, Leaf};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{ParsedEntry, Wrap};
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{CircleId, EntryId, Fixed};
use tvaers_wire::limits;
use tvaers_wire::log::CircleLog;
use tvaers_wire::merkle;

use super::make::wrapped;
use super::{Draft, EntryError, MadeEntry};
use crate::keys::{DeviceSecret, Root, Secret, derive, open_once, seal_once};
use crate::rng::{CryptoRng, bytes};

/// A finished batch, ready to be pushed.
#[derive(Clone, Debug)]
pub struct MadeBatch {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Of the batch's key.
    pub wraps: Vec<Wrap>,
    /// Its entries, in the order of the circles.
    pub entries: Vec<MadeEntry>,
}

/// Makes one change in many circles, whose roots in force are handed to the draft's recipients. `leaves_too`: whoever signs gives
/// up their own place.
///
/// # Errors
/// [`EntryError`] if a recipient's key is bad or the batch would be too large.
pub fn hand_over(
    circles: &[(&CircleLog, &Root)],
    draft: Draft,
    leaves_too: bool,
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<MadeBatch, EntryError> {
    let key = Root::random(rng);
    let mut common = BatchCommon {
        version: limits::VERSION,
        nonce: Fixed(bytes(rng)),
        device: device.id(),
        leaves: circles.len() as u64,
        changes: draft.changes,
        wraps: Vec::new(),
        vouchers: draft.vouchers,
        leaves_too: leaves_too.then_some(true),
    };
    let wraps;
    (common.wraps, wraps) = wrapped(&key, draft.recipients, &common.binding(), rng)?;
    let common = Bytes(common.to_bytes());
    let leaf = |(log, root): &(&CircleLog, &Root)| {
        let (circle, head) = (log.id, log.head());
        Ok(Bytes(Leaf { circle, head, root: seal_root(&key, root, &circle, &head)? }.to_bytes()))
    };
    let leaves = circles.iter().map(leaf).collect::<Result<Vec<_>, EntryError>>()?;
    let tree = merkle::Tree::new(leaves.iter().map(|leaf| merkle::leaf(leaf)).collect());
    let signature = device.sign(Label::BATCH, &[&tree.root(), &common]);
    let batch = Batch { common, signature, leaves };
    let own_key = device.keys().signing.0;
    let entries = batch.split(|_| Some(own_key))?.unwrap_or_default();
    let entries = entries.into_iter();
    let entries = entries.map(|(bytes, parsed)| MadeEntry { parsed, bytes: bytes.0, wraps: wraps.clone() }).collect();
    Ok(MadeBatch { bytes: batch.to_bytes(), wraps, entries })
}

/// The root that an entry of a batch hands over, opened with the batch's key.
pub fn open_handed_over(entry: &ParsedEntry, handed: &HandedOver, key: &Root) -> Option<Root> {
    let context = context(&entry.circle, entry.public.parents.first()?);
    let mut sealed = zeroize::Zeroizing::new(handed.root.0);
    let root = open_once(&leaf_key(key, &context), &context, &mut *sealed).ok()?;
    Secret::from_slice(root).map(Root::new)
}

fn seal_root(
    key: &Root,
    root: &Root,
    circle: &CircleId,
    head: &EntryId,
) -> Result<Fixed<{ limits::SEALED_KEY }>, EntryError> {
    let context = context(circle, head);
    let mut sealed = root.secret().expose().to_vec();
    seal_once(&leaf_key(key, &context), &context, &mut sealed)?;
    let mut out = [0; limits::SEALED_KEY];
    out.copy_from_slice(&sealed);
    Ok(Fixed(out))
}

/// Used once: the batch's key is random, and no circle is in a batch twice.
fn leaf_key(key: &Root, context: &[u8]) -> Secret {
    derive(key.secret(), "hand-over", context)
}

fn context(circle: &CircleId, head: &EntryId) -> Vec<u8> {
    [circle.as_bytes().as_slice(), head.as_bytes()].concat()
}
