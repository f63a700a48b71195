//! The Automerge actor of an installation.

use std::fmt;

use automerge::ActorId;
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::Installation;

/// Who wrote a change: one actor per installation, so that a restored phone never continues another's sequence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Actor([u8; Self::LEN]);

impl Actor {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The actor of this installation: the first 16 bytes of the hash over device and nonce.
    pub fn of(installation: &Installation) -> Self {
        let digest = hash(Label::ACTOR, &[installation.device.as_bytes(), installation.nonce.as_bytes()]);
        let mut actor = [0; Self::LEN];
        actor.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(actor)
    }

    /// The actor with these bytes.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    pub(super) fn id(self) -> ActorId {
        ActorId::from(self.0.as_slice())
    }

    pub(super) fn from_id(id: &ActorId) -> Option<Self> {
        id.to_bytes().try_into().ok().map(Self)
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
