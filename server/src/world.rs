//! What the relay knows about who may do what, held in memory: the access table that every request asks.
//!
//! It is a fold of the accepted control entries in the order of their commits, and it is changed only by the commit that
//! appends one. A [`Draft`] collects the changes of a commit in progress over the unchanged world, so a failed commit leaves
//! nothing behind.

mod layer;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, VecDeque};

use tvaers_wire::entry::{Member, Subject};
use tvaers_wire::ids::{ChunkId, CircleId, DeviceId, EntryId, Installation, PersonId, TeamId};
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::statement::Authority;
use tvaers_wire::vouched::Vouched;

pub use layer::Layer;

/// One index of the feed. A reader merges a handful of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum FeedKey {
    /// Entries of person, team and municipality circles.
    Everyone,
    /// Chunks of the municipality circle.
    Municipality,
    /// What reaches a person, shared by all its devices.
    Person(PersonId),
    /// What reaches a team.
    Team(TeamId),
}

/// A feed index and how far it reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyState {
    /// Its number in storage.
    pub row: u64,
    /// The newest sequence number in it.
    pub high: u64,
}

/// A circle with what storage calls its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Circle {
    /// Row of the founding entry, by which storage names the circle.
    pub row: u64,
    /// What its entries come to.
    pub log: CircleLog,
    /// Rows of its entries, in the log's order.
    pub rows: Vec<u64>,
    /// True once it held a chunk.
    pub has_chunks: bool,
}

impl Circle {
    /// The row of one of this circle's entries.
    pub fn entry_row(&self, entry: &EntryId) -> Option<u64> {
        self.log.entries.iter().position(|known| known == entry).and_then(|at| self.rows.get(at).copied())
    }

    /// The entry that began the current epoch.
    pub fn epoch(&self) -> EntryId {
        self.log.epoch().map_or(self.log.id.founding_entry(), |epoch| epoch.entry)
    }

    /// The indexes under which this circle's chunks are found.
    pub fn feed_keys(&self) -> Vec<FeedKey> {
        match self.log.subject {
            Subject::Person(person) => vec![FeedKey::Person(person)],
            Subject::Team(team) => vec![FeedKey::Team(team)],
            Subject::Municipality => vec![FeedKey::Municipality],
            Subject::Shared => self.log.members.keys().filter_map(feed_key).collect(),
        }
    }
}

/// The index of a direct member of a shared circle.
pub fn feed_key(member: &Member) -> Option<FeedKey> {
    match member {
        Member::Person(person) => Some(FeedKey::Person(*person)),
        Member::Team(team) => Some(FeedKey::Team(*team)),
        Member::Device(_) => None,
    }
}

/// Where an installation stands in a circle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Last {
    /// Its number in storage.
    pub row: u64,
    /// The counter of its newest chunk.
    pub counter: u64,
    /// That chunk.
    pub chunk: ChunkId,
}

/// The end of a commit: its last sequence number and its random nonce.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Last sequence number.
    pub seq: u64,
    /// Drawn for this commit.
    pub nonce: [u8; 8],
}

/// Commits remembered in memory, so that a reader who is nearly up to date costs no query.
const RECENT: usize = 1024;
/// Installations remembered. Beyond it the cache starts over; storage has them all.
const LASTS: usize = 200_000;

/// Everything that decides who may do what.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// What the authority vouched for; `None` until the relay has been claimed.
    pub vouched: Option<Vouched>,
    /// Drawn when the database was made.
    pub generation: [u8; 8],
    /// All circles.
    pub circles: HashMap<CircleId, Circle>,
    /// The circle in force of each person, team and the municipality.
    pub founded: HashMap<Subject, CircleId>,
    /// Teams whose circle a person is in.
    pub teams_of: HashMap<PersonId, BTreeSet<TeamId>>,
    /// Shared circles of a person or team.
    pub circles_of: HashMap<Member, BTreeSet<CircleId>>,
    /// Devices removed from their person's circle, and not added again.
    pub removed: HashMap<DeviceId, bool>,
    /// Members whose removal was rightful and came too late for what they had just written: they write nothing more, so that
    /// the next attempt succeeds.
    pub leaving: HashMap<CircleId, BTreeSet<Member>>,
    /// Numbers of devices that supplied boxes.
    pub devices: HashMap<DeviceId, u64>,
    /// Feed indexes.
    pub keys: HashMap<FeedKey, KeyState>,
    /// Serials of the statements that everybody has been told.
    pub told: HashMap<u64, ()>,
    /// A cache: where installations stand.
    pub lasts: HashMap<(CircleId, Installation), Last>,
    /// The next free number for devices, feed indexes and installations.
    pub next_row: u64,
    /// The newest commit.
    pub head: Place,
    /// The commits before it, oldest first.
    pub recent: VecDeque<Place>,
}

impl World {
    /// Adopts the authority, once.
    pub fn claim(&mut self, authority: Authority) {
        if self.vouched.is_none() {
            self.vouched = Some(Vouched::new(authority));
        }
    }

    /// The newest sequence number in any of these indexes.
    pub fn high(&self, keys: &[FeedKey]) -> u64 {
        keys.iter().filter_map(|key| self.keys.get(key)).map(|key| key.high).max().unwrap_or(0)
    }

    /// Takes over what a durable commit changed.
    pub fn apply(&mut self, changes: Changes) {
        if let Some(vouched) = changes.vouched {
            self.vouched = Some(vouched);
        }
        self.circles.extend(changes.circles);
        self.founded.extend(changes.founded);
        self.teams_of.extend(changes.teams_of);
        self.circles_of.extend(changes.circles_of);
        self.removed.extend(changes.removed);
        self.leaving.extend(changes.leaving);
        self.devices.extend(changes.devices);
        self.keys.extend(changes.keys);
        self.told.extend(changes.told);
        if self.lasts.len() > LASTS {
            self.lasts.clear();
        }
        self.lasts.extend(changes.lasts);
        self.next_row = changes.next_row;
        if let Some(place) = changes.place {
            self.recent.push_back(std::mem::replace(&mut self.head, place));
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
    }
}

/// What can be asked of the world, and of a draft over it.
pub trait View: InForce + Sized {
    /// What the authority vouched for.
    fn vouched(&self) -> Option<&Vouched>;
    /// A circle.
    fn circle(&self, circle: &CircleId) -> Option<&Circle>;
    /// The circle in force of a person, a team or the municipality.
    fn in_force(&self, subject: &Subject) -> Option<CircleId>;
    /// Teams whose circle a person is in.
    fn teams_of(&self, person: &PersonId) -> Option<&BTreeSet<TeamId>>;
    /// True if the device was removed from its person's circle.
    fn is_removed(&self, device: &DeviceId) -> bool;
    /// Members of a circle who are about to be removed.
    fn leaving(&self, circle: &CircleId) -> Option<&BTreeSet<Member>>;
}

macro_rules! view {
    ($type:ty) => {
        impl InForce for $type {
            fn log_of(&self, member: &Member) -> Option<&CircleLog> {
                let circle = self.founded.get(&member.subject()?)?;
                self.circles.get(circle).map(|circle| &circle.log)
            }

            fn out_since(&self, device: &DeviceId) -> Option<u64> {
                self.learned()?.out_since(device)
            }

            fn recovery(&self) -> Option<DeviceId> {
                self.learned()?.recovery().map(|(key, _)| key)
            }

            fn is_recovery(&self, key: &DeviceId) -> bool {
                self.learned().is_some_and(|vouched| vouched.recovery_key(key).is_some())
            }

            fn judges_the_present(&self) -> bool {
                true
            }
        }

        impl View for $type {
            fn vouched(&self) -> Option<&Vouched> {
                self.learned()
            }
            fn circle(&self, circle: &CircleId) -> Option<&Circle> {
                self.circles.get(circle)
            }
            fn in_force(&self, subject: &Subject) -> Option<CircleId> {
                self.founded.get(subject).copied()
            }
            fn teams_of(&self, person: &PersonId) -> Option<&BTreeSet<TeamId>> {
                self.teams_of.get(person)
            }
            fn is_removed(&self, device: &DeviceId) -> bool {
                self.removed.get(device).copied().unwrap_or(false)
            }
            fn leaving(&self, circle: &CircleId) -> Option<&BTreeSet<Member>> {
                self.leaving.get(circle).filter(|leaving| !leaving.is_empty())
            }
        }
    };
}

view!(World);
view!(Draft<'_>);

/// The world as a commit in progress would leave it. Fields as in [`World`].
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Draft<'a> {
    pub vouched: Option<Cow<'a, Vouched>>,
    pub circles: Layer<'a, CircleId, Circle>,
    pub founded: Layer<'a, Subject, CircleId>,
    pub teams_of: Layer<'a, PersonId, BTreeSet<TeamId>>,
    pub circles_of: Layer<'a, Member, BTreeSet<CircleId>>,
    pub removed: Layer<'a, DeviceId, bool>,
    pub leaving: Layer<'a, CircleId, BTreeSet<Member>>,
    pub devices: Layer<'a, DeviceId, u64>,
    pub keys: Layer<'a, FeedKey, KeyState>,
    pub told: Layer<'a, u64, ()>,
    pub lasts: Layer<'a, (CircleId, Installation), Last>,
    pub next_row: u64,
    pub seq: u64,
}

impl<'a> Draft<'a> {
    /// A draft that changes nothing yet.
    pub fn over(world: &'a World) -> Self {
        Self {
            vouched: world.vouched.as_ref().map(Cow::Borrowed),
            circles: Layer::over(&world.circles),
            founded: Layer::over(&world.founded),
            teams_of: Layer::over(&world.teams_of),
            circles_of: Layer::over(&world.circles_of),
            removed: Layer::over(&world.removed),
            leaving: Layer::over(&world.leaving),
            devices: Layer::over(&world.devices),
            keys: Layer::over(&world.keys),
            told: Layer::over(&world.told),
            lasts: Layer::over(&world.lasts),
            next_row: world.next_row,
            seq: world.head.seq,
        }
    }

    /// The next sequence number.
    pub fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// A new number for a device, feed index or installation.
    pub fn new_row(&mut self) -> u64 {
        self.next_row += 1;
        self.next_row
    }

    /// What the commit changed, to be applied when it is durable.
    pub fn finish(self, place: Option<Place>) -> Changes {
        Changes {
            vouched: match self.vouched {
                Some(Cow::Owned(vouched)) => Some(vouched),
                _ => None,
            },
            circles: self.circles.new,
            founded: self.founded.new,
            teams_of: self.teams_of.new,
            circles_of: self.circles_of.new,
            removed: self.removed.new,
            leaving: self.leaving.new,
            devices: self.devices.new,
            keys: self.keys.new,
            told: self.told.new,
            lasts: self.lasts.new,
            next_row: self.next_row,
            place,
        }
    }

    fn learned(&self) -> Option<&Vouched> {
        self.vouched.as_deref()
    }
}

impl World {
    fn learned(&self) -> Option<&Vouched> {
        self.vouched.as_ref()
    }
}

/// What a commit changed.
#[derive(Debug)]
pub struct Changes {
    vouched: Option<Vouched>,
    circles: HashMap<CircleId, Circle>,
    founded: HashMap<Subject, CircleId>,
    teams_of: HashMap<PersonId, BTreeSet<TeamId>>,
    circles_of: HashMap<Member, BTreeSet<CircleId>>,
    removed: HashMap<DeviceId, bool>,
    leaving: HashMap<CircleId, BTreeSet<Member>>,
    devices: HashMap<DeviceId, u64>,
    keys: HashMap<FeedKey, KeyState>,
    told: HashMap<u64, ()>,
    lasts: HashMap<(CircleId, Installation), Last>,
    next_row: u64,
    place: Option<Place>,
}
