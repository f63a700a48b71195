//! What a device knows of people and circles, folded from its store. Everything here can be rebuilt from there.

mod circle;
mod load;
mod persons;

use std::collections::{BTreeMap, HashMap, HashSet};

use tvaers_wire::entry::{Member, Subject};
use tvaers_wire::ids::{CircleId, DeviceId, EntryId, Fixed, Installation};
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::message::{FeedItem, Token};
use tvaers_wire::statement::{Authority, Claim, SignedStatement, StatementError};
use tvaers_wire::vouched::Vouched;

pub(crate) use circle::Circle;

use super::push::unseen::Unseen;
use super::time::Time;
use crate::circle::Recipient;
use crate::keys::{KemKey, KeyError, check_kem};

/// Why a statement is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotLearned {
    #[error(transparent)]
    Statement(#[from] StatementError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What a look into the access log of this device has found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looked {
    pub(super) by: Installation,
    pub(super) at: i64,
    /// When the oldest of what no event says yet was done.
    pub(super) oldest: Option<i64>,
    /// The number and time of the last event.
    pub(super) last: Option<(i64, i64)>,
}

/// People and circles.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) vouched: Vouched,
    /// In the order of their ids: what is done for all of them is done in the same order each time.
    pub(crate) circles: BTreeMap<CircleId, Circle>,
    /// The same by row in the store.
    rows: HashMap<i64, CircleId>,
    /// The circle in force for each person, team and the municipality.
    force: HashMap<Subject, CircleId>,
    /// Something that upkeep works from may have changed since it was last done.
    pub(crate) upkeep_due: bool,
    /// Something in the inbox may be taken further than it was.
    pub(crate) inbox_due: bool,
    /// Records that have been opened, with their words if they are at hand; what follows is still to be done.
    pub(crate) unfinished: Vec<(i64, Option<String>)>,
    /// An entry or a wrap has come since the last that were accepted.
    pub(crate) entries_due: bool,
    /// What came back of this device's own chunks since something was last written, and how far the feed was read with it.
    pub(crate) echoes: Option<(Vec<FeedItem>, Token)>,
    /// Circles whose past was granted since the last that were asked for: what is answered meanwhile may be from before it was.
    pub(crate) granted: HashSet<CircleId>,
    /// Heads that the relay has said it follows and that are not here.
    pub(crate) not_shown: HashMap<CircleId, (EntryId, Unseen)>,
    /// This installation has signed what is not here: the store was put back from a backup, or copied. Or what is here cannot be brought
    /// to the relay again. Another one goes on.
    pub(crate) another_life: bool,
    /// This person has handed children over: what still comes in about them is passed on.
    pub(crate) passes_on: bool,
    /// The feed has been read from its beginning, and not to its end: see [`Device::is_healing`](super::Device::is_healing).
    pub(crate) rereads: bool,
    /// Another device of this person has let this one in: the feed is to be read from its beginning.
    pub(crate) let_in: bool,
    /// What the access log was last found to hold.
    pub(crate) log_looked: Option<Looked>,
    /// What time it is.
    pub(crate) time: Time,
    /// Somebody is in a circle for a time, or this person was.
    pub(crate) has_ends: bool,
    /// When the next of these ends, Unix seconds.
    pub(crate) next_end: u64,
    /// It may have changed what of it is over.
    pub(crate) ends_due: bool,
    /// A change that may be in here was not confirmed: the store knows better.
    pub(crate) stale: bool,
}

impl Known {
    /// Nothing but the authority.
    pub(crate) fn new(authority: Authority) -> Self {
        let (circles, rows, force) = (BTreeMap::new(), HashMap::new(), HashMap::new());
        let (upkeep_due, inbox_due, entries_due) = (true, true, true);
        let vouched = Vouched::new(authority);
        let unfinished = Vec::new();
        Self {
            vouched,
            circles,
            rows,
            force,
            upkeep_due,
            inbox_due,
            entries_due,
            unfinished,
            echoes: None,
            granted: HashSet::new(),
            not_shown: HashMap::new(),
            another_life: false,
            log_looked: None,
            passes_on: false,
            rereads: false,
            let_in: false,
            time: Time::default(),
            has_ends: false,
            next_end: u64::MAX,
            ends_due: true,
            stale: false,
        }
    }

    /// True if a device is not in its person's circle: another one of the person has to let it in, for the first time or because a relay
    /// that was put back has forgotten it. Until then the relay takes nothing that it has signed.
    pub(crate) fn waits_to_be_let_in(&self, device: &DeviceId) -> bool {
        let person = self.vouched.person(device);
        person.is_some_and(|person| self.has_circle(&Member::Person(person)) && !self.lists(&person, device))
    }

    /// True if another device of its person is to found the person's circle.
    pub(crate) fn is_further(&self, device: &DeviceId) -> bool {
        let person = self.vouched.person(device);
        let founder = person.filter(|person| !self.has_circle(&Member::Person(*person)));
        founder.and_then(|person| self.vouched.first_device(&person)).is_some_and(|first| first != *device)
    }

    /// Something has come in; `entries` says whether entries or wraps are among it.
    pub(crate) fn arrived(&mut self, entries: bool) {
        self.inbox_due = true;
        self.entries_due |= entries;
    }

    /// Takes up a circle.
    pub(crate) fn hold(&mut self, circle: Circle) {
        self.rows.insert(circle.row, circle.log.id);
        self.circles.insert(circle.log.id, circle);
    }

    /// The first accepted circle of a subject is the one in force.
    pub(crate) fn put_in_force(&mut self, subject: Subject, circle: CircleId) {
        if subject != Subject::Shared {
            self.force.entry(subject).or_insert(circle);
        }
    }

    /// The circle in force for a person, team or the municipality.
    pub(crate) fn of(&self, subject: Subject) -> Option<&Circle> {
        self.force.get(&subject).and_then(|circle| self.circles.get(circle))
    }

    /// The circle in this row of the store.
    pub(crate) fn at_row(&self, row: i64) -> Option<&Circle> {
        self.circles.get(self.rows.get(&row)?)
    }

    /// The key to wrap to for a person or team, with its epoch.
    pub(crate) fn kem_of(&self, member: &Member) -> Option<(EntryId, Fixed<KEM_PUBLIC>)> {
        let epoch = self.log_of(member)?.epoch()?;
        // Whoever founds a circle with a key that nobody can wrap to harms nobody else's entries.
        let kem = epoch.kem.as_deref().filter(|kem| check_kem(kem).is_ok())?;
        Some((epoch.entry, *kem))
    }

    /// The private key of an epoch of a person or team circle, if its root is held.
    pub(crate) fn kem_key(&self, subject: Subject, epoch: &EntryId) -> Option<KemKey> {
        let root = self.of(subject)?.roots.get(epoch)?;
        KemKey::from_seed(&root.kem_seed())
    }

    /// The recovery key, for which every key of a circle is wrapped beside its members: two holders of sheets open it when nobody is
    /// left.
    pub(crate) fn sheets(&self) -> Option<Recipient> {
        let (key, keys) = self.vouched.recovery()?;
        Some(Recipient { member: Member::Device(key), epoch: None, kem: keys.kem })
    }

    /// Believes a statement, if it is the authority's; of a recovery key also that something can be wrapped to it, since every
    /// circle will be.
    pub(crate) fn learn(&mut self, signed: &SignedStatement) -> Result<Claim, NotLearned> {
        if let Claim::Recovery { keys } | Claim::Sheets { keys, .. } = self.vouched.check(signed)?.claim {
            check_kem(&keys.kem)?;
        }
        Ok(self.vouched.learn(signed)?)
    }
}

impl InForce for Known {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        self.of(member.subject()?).map(|circle| &circle.log)
    }

    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.vouched.out_since(device)
    }

    fn recovery(&self) -> Option<DeviceId> {
        self.vouched.recovery().map(|(key, _)| key)
    }

    fn is_recovery(&self, key: &DeviceId) -> bool {
        self.vouched.recovery_key(key).is_some()
    }

    fn takes_wraps(&self, log: &CircleLog) -> bool {
        log.epoch().and_then(|epoch| epoch.kem.as_deref()).is_some_and(|kem| check_kem(kem).is_ok())
    }
}
