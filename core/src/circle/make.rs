//! Making control entries.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Entry, EntryPublic, Member, NewEpoch, ParsedEntry, Rights, Subject, Wrap, WrapHash};
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{EntryId, Fixed};
use tvaers_wire::limits;
use tvaers_wire::log::CircleLog;
use tvaers_wire::statement::SignedStatement;

use super::Sealed;
use crate::keys::{AeadError, DeviceSecret, KemKey, Parent, Root, WrapError, wrap};
use crate::rng::{CryptoRng, bytes};

/// Somebody a root is wrapped for: a member, or a member of a member circle that owes a key of its own.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Who.
    pub member: Member,
    /// The epoch of their circle whose key this is; `None` for a device.
    pub epoch: Option<EntryId>,
    /// The key.
    pub kem: Fixed<{ limits::KEM_PUBLIC }>,
}

/// What an entry is to do.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Changes of membership.
    pub changes: Vec<Change>,
    /// For whom the root is wrapped.
    pub recipients: Vec<Recipient>,
    /// Statements of the authority that the relay and readers need.
    pub vouchers: Vec<SignedStatement>,
    /// What is sealed.
    pub sealed: Option<Sealed>,
}

impl Draft {
    /// Adds a member, until it is removed.
    pub fn add(&mut self, recipient: Recipient, rights: Rights) {
        self.changes.push(Change::Add { member: recipient.member, rights, until: None });
        self.recipients.push(recipient);
    }
}

/// A finished entry, ready to be appended and pushed.
#[derive(Clone, Debug)]
pub struct MadeEntry {
    /// The entry, parsed.
    pub parsed: ParsedEntry,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// One for each added member.
    pub wraps: Vec<Wrap>,
}

/// Why an entry could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A member's key cannot be wrapped to.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// The cipher refused.
    #[error(transparent)]
    Cipher(#[from] AeadError),
    /// More than one entry holds.
    #[error("the entry is too large: {0}")]
    TooLarge(#[from] tvaers_wire::codec::DecodeError),
}

/// Founds a circle with a new root.
///
/// # Errors
/// [`EntryError`] if a member's key is bad or the entry would be too large.
pub fn found(
    subject: Subject,
    draft: Draft,
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<(MadeEntry, Root), EntryError> {
    let root = Root::random(rng);
    let mut public = blank(subject, device, rng);
    public.epoch = Some(epoch(subject, &root));
    let binding = public.binding();
    Ok((finish(public, draft, (&root, binding), device, rng)?, root))
}

/// Changes a circle without a new key: the root in force is wrapped for whoever is added.
///
/// # Errors
/// As [`found`].
pub fn append(
    log: &CircleLog,
    root: &Root,
    draft: Draft,
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<MadeEntry, EntryError> {
    let public = on_head(log, device, rng);
    // Wraps are bound to the epoch whose root they hold, not to the entry that carries them.
    let binding = log.epoch().map_or([0; 32], |epoch| epoch.binding);
    finish(public, draft, (root, binding), device, rng)
}

/// Changes a circle and begins an epoch: a new root, wrapped for all who stay, with one before it sealed under it, the newest that is held.
///
/// # Errors
/// As [`found`].
pub fn renew(
    log: &CircleLog,
    before: Option<&Root>,
    draft: Draft,
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<(MadeEntry, Root), EntryError> {
    let root = Root::random(rng);
    let mut public = on_head(log, device, rng);
    let binding = public.binding();
    let history = before.map_or(Ok(Bytes(Vec::new())), |before| root.seal_history(before, Parent::First, &binding))?;
    let leads_to = before.and_then(|before| older(log, before));
    public.epoch = Some(NewEpoch { history: vec![history], leads_to, ..epoch(log.subject, &root) });
    Ok((finish(public, draft, (&root, binding), device, rng)?, root))
}

/// The epoch of this root, if it is not in force any more.
fn older(log: &CircleLog, root: &Root) -> Option<EntryId> {
    let commitment = root.commitment();
    let of = log.epochs.iter().rev().find(|epoch| epoch.root_commitment == commitment)?;
    Some(of.entry).filter(|of| log.epoch().is_some_and(|now| now.entry != *of))
}

/// Unites two heads: `log` is what they come to. A new root, wrapped for everybody who is left, with the root of each branch sealed
/// under it; of one that nobody here holds, nothing.
///
/// # Errors
/// As [`found`].
pub fn unite(
    log: &CircleLog,
    heads: [EntryId; 2],
    before: [Option<&Root>; 2],
    draft: Draft,
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<(MadeEntry, Root), EntryError> {
    let root = Root::random(rng);
    let mut public = EntryPublic { circle: Some(log.id), parents: heads.to_vec(), ..blank(log.subject, device, rng) };
    let binding = public.binding();
    let sealed = before.into_iter().zip(Parent::BOTH).map(|(before, parent)| match before {
        Some(before) => root.seal_history(before, parent, &binding),
        None => Ok(Bytes(Vec::new())),
    });
    public.epoch = Some(NewEpoch { history: sealed.collect::<Result<_, _>>()?, ..epoch(log.subject, &root) });
    Ok((finish(public, draft, (&root, binding), device, rng)?, root))
}

fn epoch(subject: Subject, root: &Root) -> NewEpoch {
    let keyed = matches!(subject, Subject::Person(_) | Subject::Team(_));
    let kem = if keyed { KemKey::from_seed(&root.kem_seed()).map(|key| key.public()) } else { None };
    NewEpoch { root_commitment: Fixed(root.commitment()), kem, history: Vec::new(), leads_to: None }
}

fn on_head(log: &CircleLog, device: &DeviceSecret, rng: &mut dyn CryptoRng) -> EntryPublic {
    let parents = vec![log.head()];
    EntryPublic { circle: Some(log.id), parents, ..blank(log.subject, device, rng) }
}

fn blank(subject: Subject, device: &DeviceSecret, rng: &mut dyn CryptoRng) -> EntryPublic {
    EntryPublic {
        version: limits::VERSION,
        circle: None,
        parents: Vec::new(),
        subject,
        nonce: Fixed(bytes(rng)),
        device: device.id(),
        changes: Vec::new(),
        epoch: None,
        wraps: Vec::new(),
        vouchers: Vec::new(),
        sealed: None,
    }
}

/// Wraps a root for each of these, with the list that is signed.
pub(super) fn wrapped(
    root: &Root,
    recipients: Vec<Recipient>,
    binding: &[u8; 32],
    rng: &mut dyn CryptoRng,
) -> Result<(Vec<WrapHash>, Vec<Wrap>), EntryError> {
    let (mut listed, mut wraps) = (Vec::with_capacity(recipients.len()), Vec::with_capacity(recipients.len()));
    for Recipient { member, epoch, kem } in recipients {
        let wrap = Wrap { member, bytes: Bytes(wrap(root, &kem, binding, &member, rng)?) };
        listed.push(WrapHash { member, epoch, hash: wrap.hash() });
        wraps.push(wrap);
    }
    Ok((listed, wraps))
}

fn finish(
    mut public: EntryPublic,
    draft: Draft,
    (root, wrap_binding): (&Root, [u8; 32]),
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<MadeEntry, EntryError> {
    let wraps;
    (public.wraps, wraps) = wrapped(root, draft.recipients, &wrap_binding, rng)?;
    public.changes = draft.changes;
    public.vouchers = draft.vouchers;
    let sealed = draft.sealed.map(|part| part.seal(root, &public.binding())).transpose()?.map(Bytes);
    public.sealed = sealed.as_ref().map(|part| Fixed(hash(Label::SEALED_PART, &[part])));
    let public = Bytes(public.to_bytes());
    let signature = device.sign(Label::ENTRY, &[&public]);
    let bytes = Entry { public, signature, sealed }.to_bytes();
    let parsed = ParsedEntry::from_bytes(&bytes)?;
    Ok(MadeEntry { parsed, bytes, wraps })
}
