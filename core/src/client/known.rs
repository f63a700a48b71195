//! What a device knows of people and circles, folded from its store. Everything here can be rebuilt from there.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::Connection;
use tvaers_wire::entry::{Member, ParsedEntry, Subject};
use tvaers_wire::ids::{ChildId, CircleId, DeviceId, EntryId, Fixed, PersonId, TeamId};
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::message::{FeedItem, Token};
use tvaers_wire::statement::{Authority, Claim, SignedStatement, StatementError};
use tvaers_wire::vouched::Vouched;

use super::access::Looked;
use super::push::unseen::Unseen;
use super::time::Time;
use crate::circle::{Purpose, Recipient};
use crate::keys::{KemKey, KeyError, Root, check_kem};
use crate::store::StoreError;
use crate::store::circles::{self, EntryState};
use crate::store::continued::{self, Continues};
use crate::store::{coordinators, ended, meta, records};

/// Why a statement is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotLearned {
    #[error(transparent)]
    Statement(#[from] StatementError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// One circle as this device knows it.
#[derive(Debug)]
pub(crate) struct Circle {
    /// Row in the store.
    pub(crate) row: i64,
    pub(crate) log: CircleLog,
    /// Entries of another branch of its log than the one that is followed here.
    pub(crate) aside: Vec<ParsedEntry>,
    /// Roots held, by epoch.
    pub(crate) roots: HashMap<EntryId, Root>,
    pub(crate) purpose: Option<Purpose>,
    /// What it says it continues.
    pub(crate) continues: Continues,
    /// What its log says of where it goes on: the entry and the circle.
    pub(crate) goes_on: Vec<(EntryId, CircleId)>,
}

impl Circle {
    /// A circle of which nothing but the log is known.
    pub(crate) fn new(row: i64, log: CircleLog) -> Self {
        let (aside, roots, purpose) = (Vec::new(), HashMap::new(), None);
        Self { row, log, aside, roots, purpose, continues: Continues::default(), goes_on: Vec::new() }
    }

    /// The current epoch's root, if it is held.
    pub(crate) fn root(&self) -> Option<(EntryId, &Root)> {
        let epoch = self.log.epoch()?;
        self.roots.get(&epoch.entry).map(|root| (epoch.entry, root))
    }

    /// The newest root that is held, of whichever epoch: it leads to those before it.
    pub(crate) fn newest_root(&self) -> Option<(EntryId, &Root)> {
        let held = |entry| self.roots.get(&entry).map(|root| (entry, root));
        self.log.epochs.iter().rev().find_map(|epoch| held(epoch.entry))
    }

    /// The root that was in force once this entry was in, if it is held.
    pub(crate) fn root_at(&self, entry: &EntryId) -> Option<&Root> {
        self.roots.get(&self.log.epoch_at(entry)?.entry)
    }

    /// True if this entry is known, on whichever branch.
    pub(crate) fn knows(&self, entry: &EntryId) -> bool {
        self.log.has(entry) || self.aside.iter().any(|aside| aside.id == *entry)
    }

    /// The accepted entries since the circle's two branches parted; none if there is one.
    pub(crate) fn since_parted(&self) -> &[EntryId] {
        let place = |id: &EntryId| self.log.entries.iter().position(|known| known == id);
        let base = self.aside.iter().flat_map(|aside| &aside.public.parents).filter_map(place).min();
        base.map_or(&[], |base| &self.log.entries[base + 1..])
    }

    /// True if exactly these are members, beside whoever stands in for one of them for a time.
    pub(crate) fn is_exactly(&self, members: &[Member]) -> bool {
        let lasting = self.log.members.values().filter(|held| held.until.is_none()).count();
        lasting == members.len() && members.iter().all(|member| self.is_lasting(member))
    }

    /// True if this is a member without an end.
    pub(crate) fn is_lasting(&self, member: &Member) -> bool {
        self.log.members.get(member).is_some_and(|held| held.until.is_none())
    }

    /// True if all of these are members.
    pub(crate) fn has_all(&self, members: &[Member]) -> bool {
        members.iter().all(|member| self.log.members.contains_key(member))
    }
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

    /// Something has come in; `entries` says whether entries or wraps are among it.
    pub(crate) fn arrived(&mut self, entries: bool) {
        self.inbox_due = true;
        self.entries_due |= entries;
    }

    /// Folds everything accepted before.
    pub(crate) fn load(conn: &Connection, authority: Authority) -> Result<Self, StoreError> {
        let mut known = Self::new(authority);
        known.vouched = super::statements::recalled(conn, known.vouched.lineage())?;
        let mut entries: HashMap<CircleId, Vec<ParsedEntry>> = HashMap::new();
        let mut order = Vec::new();
        for bytes in circles::entries_in_state(conn, EntryState::Accepted)? {
            let parsed = circles::parsed(&bytes)?;
            let of_circle = entries.entry(parsed.circle).or_insert_with(|| {
                order.push(parsed.circle);
                Vec::new()
            });
            of_circle.push(parsed);
        }
        let mut aside: HashMap<CircleId, Vec<ParsedEntry>> = HashMap::new();
        for bytes in circles::entries_in_state(conn, EntryState::Branch)? {
            let parsed = circles::parsed(&bytes)?;
            aside.entry(parsed.circle).or_default().push(parsed);
        }
        let mut roots = circles::roots(conn)?;
        for facts in circles::all(conn)? {
            let Some(of_circle) = entries.get(&facts.circle) else { continue };
            let log = CircleLog::replay(of_circle).ok_or(StoreError::Damaged { what: "a control log" })?;
            let roots = roots.remove(&facts.circle).unwrap_or_default();
            let aside = aside.remove(&facts.circle).unwrap_or_default();
            known.hold(Circle { aside, roots, purpose: facts.purpose, ..Circle::new(facts.row, log) });
        }
        for (row, continues) in continued::continues(conn)? {
            if let Some(circle) = known.at_row_mut(row) {
                circle.continues = continues;
            }
        }
        for (row, entry, next) in continued::goes_on(conn)? {
            if let Some(circle) = known.at_row_mut(row) {
                circle.goes_on.push((entry, next));
            }
        }
        for circle in order {
            if let Some(found) = known.circles.get(&circle) {
                let subject = found.log.subject;
                known.put_in_force(subject, circle);
            }
        }
        known.time = Time::load(conn)?;
        known.has_ends = !ended::all(conn)?.is_empty();
        known.another_life = meta::get(conn, "another-life")?.is_some_and(|value| value != [0]);
        known.passes_on = coordinators::handed_over(conn)?.iter().any(|children| !children.is_empty());
        known.unfinished = records::unfinished(conn)?.into_iter().map(|row| (row, None)).collect();
        Ok(known)
    }

    /// Folds again what the store holds; what time it is was heard outside of it, and so were heads that are not here.
    pub(crate) fn reload(&mut self, conn: &Connection, authority: Authority) -> Result<(), StoreError> {
        let (time, mut not_shown) = (self.time, std::mem::take(&mut self.not_shown));
        *self = Self::load(conn, authority)?;
        self.time = time.kept_as(&self.time);
        not_shown.retain(|circle, _| self.circles.contains_key(circle));
        self.not_shown = not_shown;
        Ok(())
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

    fn at_row_mut(&mut self, row: i64) -> Option<&mut Circle> {
        self.circles.get_mut(self.rows.get(&row)?)
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

    /// The teams that a person is in.
    pub(crate) fn teams_of(&self, person: &PersonId) -> Vec<TeamId> {
        let mut teams: Vec<_> = self
            .force
            .keys()
            .filter_map(|subject| match subject {
                Subject::Team(team) if self.in_team(person, team) => Some(*team),
                _ => None,
            })
            .collect();
        teams.sort_unstable();
        teams
    }

    /// The persons behind a circle's members, teams taken apart.
    pub(crate) fn persons_in(&self, log: &CircleLog) -> Vec<PersonId> {
        self.persons_behind(log.members.keys())
    }

    /// The persons behind these members.
    pub(crate) fn persons_behind<'a>(&self, members: impl Iterator<Item = &'a Member>) -> Vec<PersonId> {
        let mut persons: Vec<PersonId> = members
            .flat_map(|member| match member {
                Member::Person(person) => vec![*person],
                Member::Team(team) => {
                    self.of(Subject::Team(*team)).map_or(Vec::new(), |team| self.persons_in(&team.log))
                }
                Member::Device(device) => self.vouched.person(device).into_iter().collect(),
            })
            .collect();
        persons.sort_unstable();
        persons.dedup();
        persons
    }

    /// True if each of these is in the circle, by name or as one of a team.
    pub(crate) fn all_in(&self, circle: &Circle, members: &[Member]) -> bool {
        circle.has_all(members) || {
            let persons = self.persons_in(&circle.log);
            let inside = |member: &Member| match member {
                Member::Person(person) => persons.contains(person),
                _ => false,
            };
            members.iter().all(|member| circle.log.members.contains_key(member) || inside(member))
        }
    }

    /// Who was taken out of a case of this child and has not been added again, there or where it goes on.
    pub(crate) fn taken_out(&self, child: ChildId) -> BTreeSet<Member> {
        let cases = self.circles.values().filter(|circle| circle.purpose == Some(Purpose::Case(child)));
        let removed = |circle: &Circle| {
            let members = circle.log.past.iter().filter(|(.., membership)| membership.is_none());
            let later = self.after(circle);
            let is_in = |member: &Member| {
                let mut places = later.iter().copied().chain([circle]);
                places.any(|circle| circle.log.members.contains_key(member))
            };
            members.map(|(_, member, _)| *member).filter(|member| !is_in(member)).collect::<Vec<_>>()
        };
        cases.flat_map(removed).collect()
    }

    /// True if this device may write in the circle and holds its key.
    pub(crate) fn can_write(&self, circle: &Circle, device: &DeviceId, person: &PersonId) -> bool {
        circle.root().is_some()
            && circle.log.rights_of(device, person, Some(self.time.now()), self)
                >= Some(tvaers_wire::entry::Rights::Write)
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
