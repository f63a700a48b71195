//! Circles as the model has them: entries, and what a log of them comes to. A key is a token: the number of the entry that drew it.

use super::{Check, Model};

/// Devices in Bo's own circle, persons in the case: Anna and Carl have one device each, which is named like them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Who {
    /// Manages the case.
    Anna,
    /// Bo's telephone.
    Phone,
    /// Bo's second device, in wrong hands from the beginning.
    Tablet,
    /// Bo's third device, enrolled later.
    Laptop,
    /// For a while in the case.
    Carl,
    /// A key that the relay made. The authority has certified nothing of the kind.
    Ghost,
    /// Bo in the case. His devices stand for him, through his own circle.
    Bo,
}

pub(super) const DEVICES: [Who; 6] = [Who::Anna, Who::Phone, Who::Tablet, Who::Laptop, Who::Carl, Who::Ghost];
pub(super) const BOS_DEVICES: Set = Set::of(&[Who::Phone, Who::Tablet, Who::Laptop]);

/// An entry by its number among all that were ever made.
pub(super) type Id = u8;

/// A few of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Set(u8);

impl Set {
    pub(super) const fn of(members: &[Who]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < members.len() {
            bits |= 1 << members[at] as u8;
            at += 1;
        }
        Self(bits)
    }
    pub(super) const fn has(self, who: Who) -> bool {
        self.0 & 1 << who as u8 != 0
    }
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    pub(super) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    pub(super) const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub(super) fn iter(self) -> impl Iterator<Item = Who> {
        DEVICES.into_iter().chain([Who::Bo]).filter(move |who| self.has(*who))
    }
}

impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Bo's own circle, of his devices; and the case, of Anna, who manages it, Bo, and for a while Carl.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Circle {
    /// Bo's.
    Own,
    /// The case.
    Case,
}

/// A control entry. Wraps cannot be false: whoever is listed can open.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    pub(super) circle: Circle,
    pub(super) parent: Option<Id>,
    pub(super) signer: Who,
    pub(super) adds: Set,
    pub(super) removes: Set,
    /// Devices of which it says that they are out, or have left Bo's circle. They are silent in the case from now on.
    pub(super) gone: Set,
    /// Devices that are out by the authority's word, which it brings along.
    pub(super) vouchers: Set,
    /// The key in force with it: its own number, if it draws one.
    pub(super) key: Id,
    /// The key before, sealed under the one that it draws.
    pub(super) before: Option<Id>,
    /// Devices that the key is wrapped for. Anna and Carl have one each, which stands for them.
    pub(super) wraps: Set,
    /// The key of Bo's own circle under which it is wrapped for him.
    pub(super) wraps_bo: Option<Id>,
}

/// What a circle's accepted entries come to.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) members: Set,
    /// Members now or once.
    pub(super) once: Set,
    /// Of whom it says that they are gone.
    pub(super) gone: Set,
    pub(super) key: Id,
    pub(super) drawn_by: Who,
    pub(super) wraps: Set,
    pub(super) wraps_bo: Option<Id>,
    /// Somebody was removed since the key was drawn.
    pub(super) leaked: bool,
}

impl Log {
    pub(super) fn fold(entries: &[Id], made: &[Entry]) -> Self {
        let mut log = Self {
            members: Set::default(),
            once: Set::default(),
            gone: Set::default(),
            key: 0,
            drawn_by: Who::Ghost,
            wraps: Set::default(),
            wraps_bo: None,
            leaked: false,
        };
        for id in entries {
            let entry = &made[usize::from(*id)];
            log.members = log.members.without(entry.removes).and(entry.adds);
            log.once = log.once.and(entry.adds);
            log.gone = log.gone.and(entry.gone);
            log.leaked |= !entry.removes.is_empty();
            if entry.key == *id {
                let (wraps, wraps_bo) = (Set::default(), None);
                log = Self { key: *id, drawn_by: entry.signer, leaked: false, wraps, wraps_bo, ..log };
            }
            log.wraps = log.wraps.and(entry.wraps);
            log.wraps_bo = entry.wraps_bo.or(log.wraps_bo);
        }
        log
    }
}

/// The keys that a device can open with these entries and their wraps, however it came by them, as a bit each.
pub(super) fn keys_of(device: Who, entries: impl Iterator<Item = Id> + Clone, made: &[Entry], model: &Model) -> u32 {
    let mut keys = 0_u32;
    loop {
        let before = keys;
        for id in entries.clone() {
            let entry = &made[usize::from(id)];
            let drew = entry.key == id && entry.signer == device;
            let through_bo = entry.wraps_bo.is_some_and(|key| keys & 1 << key != 0);
            if drew || entry.wraps.has(device) || through_bo {
                keys |= 1 << entry.key;
            }
            if entry.key == id
                && keys & 1 << id != 0
                && let Some(older) = entry.before.filter(|_| model.checks(Check::History))
            {
                keys |= 1 << older;
            }
        }
        if keys == before {
            return keys;
        }
    }
}
