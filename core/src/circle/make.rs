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
use crate::keys::{AeadError, DeviceSecret, KemKey, Root, WrapError, wrap};
use crate::rng::{CryptoRng, bytes};

/// A member to be added, with the key that its wrap is made for.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Who.
    pub member: Member,
    /// What they may do.
    pub rights: Rights,
    /// Unix seconds after which it ends.
    pub until: Option<u64>,
    /// The member circle's epoch whose key this is; `None` for a device.
    pub epoch: Option<EntryId>,
    /// The key.
    pub kem: Fixed<{ limits::KEM_PUBLIC }>,
}

/// What an entry is to do.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Members to add.
    pub members: Vec<NewMember>,
    /// Statements of the authority that the relay and readers need for them.
    pub vouchers: Vec<SignedStatement>,
    /// What is sealed.
    pub sealed: Option<Sealed>,
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
    let keyed = matches!(subject, Subject::Person(_) | Subject::Team(_));
    let kem = if keyed { KemKey::from_seed(&root.kem_seed()).map(|key| key.public()) } else { None };
    let public = EntryPublic {
        version: limits::VERSION,
        circle: None,
        parents: Vec::new(),
        subject,
        nonce: Fixed(bytes(rng)),
        device: device.id(),
        changes: Vec::new(),
        epoch: Some(NewEpoch { root_commitment: Fixed(root.commitment()), kem, history: Vec::new() }),
        wraps: Vec::new(),
        vouchers: Vec::new(),
        sealed: None,
    };
    let binding = public.binding();
    let made = finish(public, draft, (&root, binding), device, rng)?;
    Ok((made, root))
}

/// Adds members to a circle, wrapping its current root for them.
///
/// # Errors
/// [`EntryError`] if a member's key is bad or the entry would be too large.
pub fn add_members(
    log: &CircleLog,
    root: &Root,
    draft: Draft,
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<MadeEntry, EntryError> {
    let public = EntryPublic {
        version: limits::VERSION,
        circle: Some(log.id),
        parents: vec![log.head()],
        subject: log.subject,
        nonce: Fixed(bytes(rng)),
        device: device.id(),
        changes: Vec::new(),
        epoch: None,
        wraps: Vec::new(),
        vouchers: Vec::new(),
        sealed: None,
    };
    // Wraps are bound to the epoch whose root they hold, not to the entry that carries them.
    let binding = log.epoch().map_or([0; 32], |epoch| epoch.binding);
    finish(public, draft, (root, binding), device, rng)
}

fn finish(
    mut public: EntryPublic,
    draft: Draft,
    (root, wrap_binding): (&Root, [u8; 32]),
    device: &DeviceSecret,
    rng: &mut dyn CryptoRng,
) -> Result<MadeEntry, EntryError> {
    let mut wraps = Vec::with_capacity(draft.members.len());
    for new in draft.members {
        let bytes = wrap(root, &new.kem, &wrap_binding, &new.member, rng)?;
        let wrap = Wrap { member: new.member, bytes: Bytes(bytes) };
        public.wraps.push(WrapHash { member: new.member, epoch: new.epoch, hash: wrap.hash() });
        public.changes.push(Change::Add { member: new.member, rights: new.rights, until: new.until });
        wraps.push(wrap);
    }
    public.vouchers = draft.vouchers;
    let sealed = draft.sealed.map(|part| part.seal(root, &public.binding())).transpose()?.map(Bytes);
    public.sealed = sealed.as_ref().map(|part| Fixed(hash(Label::SEALED_PART, &[part])));
    let public = Bytes(public.to_bytes());
    let signature = device.sign(Label::ENTRY, &[&public]);
    let bytes = Entry { public, signature, sealed }.to_bytes();
    let parsed = ParsedEntry::from_bytes(&bytes)?;
    Ok(MadeEntry { parsed, bytes, wraps })
}
