//! The sealed part of an entry: what the circle is for. The relay sees four subjects; that a shared circle is a line or a case,
//! and about which child, only its members know.

use minicbor::{Decode, Encode};
use tvaers_wire::codec::{Canonical, at_most};
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::{ChildId, CircleId};
use tvaers_wire::limits;

use crate::keys::{AeadError, Root, open_once, seal_once};

/// What a shared circle is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum Purpose {
    /// Two persons about one child.
    #[n(0)]
    Line(#[n(0)] ChildId),
    /// All who work with one child.
    #[n(1)]
    Case(#[n(0)] ChildId),
    /// Two or more who write one draft.
    #[n(2)]
    Draft,
    /// An anonymous discussion or meeting.
    #[n(3)]
    Anonymous,
    /// What one person looked up: the person and the log controllers.
    #[n(4)]
    Log,
}

impl Purpose {
    /// The child, if the circle is about one.
    pub fn child(self) -> Option<ChildId> {
        match self {
            Self::Line(child) | Self::Case(child) => Some(child),
            Self::Draft | Self::Anonymous | Self::Log => None,
        }
    }
}

/// The sealed part of an entry.
#[derive(Clone, PartialEq, Eq, Default, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Sealed {
    /// In the founding entry of a shared circle.
    #[n(0)]
    pub purpose: Option<Purpose>,
    /// Why membership changes, in a person's words.
    #[n(1)]
    pub reason: Option<String>,
    /// When, by the clock of whoever signed, Unix milliseconds: where two holders of sheets have restored access.
    #[n(2)]
    pub at: Option<i64>,
    /// That one circle goes on in another.
    #[n(3)]
    pub goes_on: Option<GoesOn>,
}

/// How many circles one continues.
pub const CONTINUES: usize = 16;

/// That a circle goes on in another one, said in both: in the new one's founding entry, and in the log of each that ends.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum GoesOn {
    /// In a founding entry: what the circle continues, ascending. Counts where the log of one of them says the same.
    #[n(0)]
    From(
        #[n(0)]
        #[cbor(decode_with = "at_most::<{ CONTINUES }, _, _>")]
        Vec<CircleId>,
    ),
    /// In a later entry, by somebody who manages the circle: where it goes on.
    #[n(1)]
    In(#[n(0)] CircleId),
}

impl Canonical for Sealed {
    const NAME: &'static str = "sealed part";
    const MAX_LEN: usize = limits::ENTRY_SEALED;
}

impl Sealed {
    /// What a circle is for, and nothing else.
    pub fn purpose(purpose: Purpose) -> Self {
        Self { purpose: Some(purpose), ..Self::default() }
    }

    /// Seals under the root in force, bound to the entry.
    pub(super) fn seal(&self, root: &Root, binding: &[u8; 32]) -> Result<Vec<u8>, AeadError> {
        let mut out = self.to_bytes();
        seal_once(&root.entry_key(binding), binding, &mut out)?;
        Ok(out)
    }
}

/// Opens the sealed part of an entry with the root that was in force for it.
pub fn open_sealed(entry: &ParsedEntry, root: &Root) -> Option<Sealed> {
    let binding = entry.public.binding();
    let mut sealed = entry.sealed.as_ref()?.to_vec();
    let opened = open_once(&root.entry_key(&binding), &binding, &mut sealed).ok()?;
    Sealed::from_bytes(opened).ok()
}
