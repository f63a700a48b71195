//! *Continued in*: somebody joins a case and reads it from now on. A new circle is founded with everybody who is in the old one, the log of
//! the old one names it, and what the newcomer may see of before is shared there: frozen records as they were signed, living ones as
//! new documents that begin with the text of today. Nothing of the old circle, its keys or its documents goes along.
//!
//! Like every change of a circle it is made at the next contact, on the heads that are known then; what is not on the head is made
//! again. The founding entry is shown to nobody before a log names it.

use std::collections::BTreeMap;

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{ChildId, CircleId, PersonId, RecordId};
use tvaers_wire::log::CircleLog;

use super::known::Circle;
use super::route::normal;
use super::{ClientError, Device, Known, shown};
use crate::audience::{Audience, Share};
use crate::circle::{CONTINUES, Draft, GoesOn, MadeEntry, Purpose, Sealed, found, open_sealed};
use crate::document::Living;
use crate::kinds::{Access, Content, Envelope, Kind};
use crate::moment::Moment;
use crate::store::continued::{self, Continuation, Founding, WantedContinuation};
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, access, coordinators, entries, records, shares};

/// Why nobody was let into a case from now on. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotContinued {
    /// This person manages no case of the child.
    #[error("only whoever manages the child's case lets somebody in")]
    NoCase,
    /// Nobody was chosen, or somebody who has left, is suspended, or has no device yet.
    #[error("somebody who was chosen cannot receive anything now")]
    Unreachable,
    /// Somebody who was chosen reads the case already, with all that was before.
    #[error("somebody who was chosen reads the case already")]
    ReadsAlready,
    /// A record that is not in the case: others in it might not have read it.
    #[error("a record that was chosen is not in the child's case")]
    NotInTheCase,
    /// A living record with concurrent values. Somebody decides first: of two values only one would go on.
    #[error("a record that was chosen says two things at once, and nobody has decided yet")]
    Unsettled,
}

impl Device {
    /// Lets persons or teams into a child's case, to read from now on, and of before only these records. They are to be in the case.
    ///
    /// `why` is a [`crate::kinds::Disclosure`] about the child that gives the reason: everybody in the case reads it, with the ones who join.
    ///
    /// Durable when this returns; carried out at the next contact.
    ///
    /// # Errors
    /// [`ClientError::NotContinued`] saying why not, what [`Device::submit`] answers of the reason, or a store error.
    pub fn continue_case(
        &self,
        child: &ChildId,
        with: &[Member],
        records: &[RecordId],
        why: Option<&Envelope>,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        self.change(|tx, known| {
            let open = self.open_cases(known, child);
            if open.is_empty() {
                return Err(NotContinued::NoCase.into());
            }
            let with = normal(with.to_vec());
            if with.is_empty() || !with.iter().all(|member| can_join(known, member)) {
                return Err(NotContinued::Unreachable.into());
            }
            if with.iter().any(|member| open.iter().any(|circle| reads_all(known, circle, member))) {
                return Err(NotContinued::ReadsAlready.into());
            }
            for record in records {
                self.may_carry(tx, known, &open, record, moment)?;
                self.may_show(tx, record, (child, &with), why)?;
            }
            let why = why.map(|why| self.keep(tx, &self.freeze(why, moment)?, why)).transpose()?;
            continued::want(tx, child, &WantedContinuation { with, records: records.to_vec(), why })?;
            self.propose_continuations(tx, known, moment)
        })
    }

    /// Checks that the municipality's rules let a record be shown to the ones who join, on the basis that the reason names.
    fn may_show(
        &self,
        tx: &Transaction<'_>,
        record: &RecordId,
        (child, with): (&ChildId, &[Member]),
        why: Option<&Envelope>,
    ) -> Result<(), ClientError> {
        let facts = records::get(tx, shown(tx, record)?)?;
        let basis = match why.map(|why| &why.content) {
            Some(Content::Disclosure(why)) => Some(why.basis.as_str().to_owned()),
            _ => None,
        };
        let share = Share { with: Audience::Case(with.to_vec()), basis };
        if let Some(kind) = Kind::from_code(facts.kind) {
            self.basis_of(kind, Some(child), &share)?;
        }
        Ok(())
    }

    /// True if somebody could be let into the child's case from now on: they can receive something, and do not read it already.
    pub fn can_be_let_in(&self, child: &ChildId, member: &Member) -> bool {
        let known = self.known();
        let open = self.open_cases(&known, child);
        !open.is_empty() && can_join(&known, member) && !open.iter().any(|circle| reads_all(&known, circle, member))
    }

    /// The cases of a child that go on in no other, that this person manages, in the order of their ids.
    pub(crate) fn open_cases<'k>(&self, known: &'k Known, child: &ChildId) -> Vec<&'k Circle> {
        let of_child = known.circles.values().filter(|circle| circle.purpose == Some(Purpose::Case(*child)));
        let mut open: Vec<&Circle> =
            of_child.filter(|circle| self.manages(known, circle) && !known.is_over(circle, &self.person)).collect();
        open.sort_unstable_by_key(|circle| circle.log.id);
        open.truncate(CONTINUES);
        open
    }

    /// Checks that a record lies in the case, and that it could be carried over now.
    fn may_carry(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        open: &[&Circle],
        record: &RecordId,
        moment: &Moment<'_>,
    ) -> Result<(), ClientError> {
        let row = records::row(tx, record)?.ok_or(ClientError::UnknownRecord)?;
        let kind = Kind::from_code(records::get(tx, row)?.kind).filter(|kind| kind.is_of_a_case());
        let kind = kind.ok_or(NotContinued::NotInTheCase)?;
        let places = shares::places(tx, row)?;
        let here = |circle: &Circle| {
            let before = known.before(circle);
            let mut lies = places.iter().filter_map(|place| known.at_row(*place)).map(|place| place.log.id);
            lies.any(|id| id == circle.log.id || before.contains(&id))
        };
        if !records::is_open(tx, row)? || !open.iter().any(|circle| here(circle)) {
            return Err(NotContinued::NotInTheCase.into());
        }
        if kind.is_living() {
            let (living, _) = self.living(tx, row, kind)?;
            if !living.conflicts()?.is_empty() {
                return Err(NotContinued::Unsettled.into());
            }
            // Several may have written more together than one may begin with.
            Living::create(&living.view()?, self.actor(), moment.now)?;
        }
        Ok(())
    }

    /// A second case of a child is closed in the same way, once one of them continues another: who joined from now on is brought into
    /// nothing that was before.
    pub(super) fn want_seconds_closed(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        let continuing = known.circles.values().filter(|circle| !circle.continues.circles.is_empty());
        let mut children: Vec<ChildId> = continuing.filter_map(|circle| circle.purpose?.child()).collect();
        children.sort_unstable();
        children.dedup();
        let (wanted, intents) = (continued::wanted(tx)?, intents::all(tx)?);
        for child in children {
            let open = self.open_cases(known, &child);
            if open.len() < 2 || !open.iter().any(|circle| known.is_continuation(circle)) {
                continue;
            }
            let closing = |circle: &Circle| {
                let of = |intent: &&intents::Intent| intent.circle == circle.log.id;
                let mut wants = intents.iter().filter(of).flat_map(|intent| &intent.wants);
                wants.any(|(_, wanted)| matches!(wanted, Wanted::ContinuedIn(_)))
            };
            let under_way = wanted.iter().any(|wanted| wanted.child == child) || open.iter().any(|one| closing(one));
            if !under_way && coordinators::of(tx, &child)? == Some(self.person) {
                continued::want(tx, &child, &WantedContinuation::default())?;
            }
        }
        Ok(())
    }

    /// Makes what is wanted ready for the next push: for each child the first that is, on who is in its cases now.
    pub(super) fn propose_continuations(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let mut begun = Vec::new();
        for wanted in continued::wanted(tx)? {
            if wanted.circle.is_some() || begun.contains(&wanted.child) {
                begun.push(wanted.child);
                continue;
            }
            let open = self.open_cases(known, &wanted.child);
            if wanted.wanted.with.is_empty() && open.len() < 2 {
                continued::drop_wanted(tx, wanted.row)?;
                continue;
            }
            begun.push(wanted.child);
            // Somebody else has let them in, or this device in another life: what was chosen is still to be shared.
            if let [only] = open[..]
                && wanted.wanted.with.iter().all(|member| reads_all(known, only, member))
            {
                continued::named(tx, wanted.row, only.row)?;
                continue;
            }
            // Whoever manages no case any more waits: somebody may give it back.
            let Some(next) = self.founding_for(tx, known, &wanted, &open, moment)? else { continue };
            for circle in open {
                let me = Member::Person(self.person);
                intents::put(tx, circle.row, &me, &Wanted::ContinuedIn(next))?;
            }
        }
        Ok(())
    }

    /// The founding entry for a continuation: one that was made before, if who is in the cases is the same. `None` while a key is missing.
    fn founding_for(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        wanted: &Continuation,
        open: &[&Circle],
        moment: &mut Moment<'_>,
    ) -> Result<Option<CircleId>, ClientError> {
        if open.is_empty() {
            return Ok(None);
        }
        let mut gone = known.taken_out(wanted.child);
        for intent in intents::all(tx)?.into_iter().filter(|of| open.iter().any(|one| one.log.id == of.circle)) {
            let leaving = intent.wants.into_iter().filter(|(_, wanted)| matches!(wanted, Wanted::Gone(_)));
            gone.extend(leaving.map(|(member, _)| member));
        }
        let mut members: BTreeMap<Member, Rights> = BTreeMap::new();
        let mut covers: BTreeMap<PersonId, u64> = BTreeMap::new();
        for (member, held) in open.iter().flat_map(|circle| &circle.log.members).filter(|(one, _)| !gone.contains(one))
        {
            // Who stands in until a day does so where the case goes on, too, and no longer.
            if let (Member::Person(person), Some(until)) = (member, held.until) {
                covers.insert(*person, until);
                continue;
            }
            let rights = members.entry(*member).or_insert(held.rights);
            *rights = held.rights.max(*rights);
        }
        for member in wanted.wanted.with.iter().filter(|member| can_join(known, member)) {
            members.entry(*member).or_insert(Rights::Write);
        }
        covers.retain(|person, _| !members.contains_key(&Member::Person(*person)));
        let covers: Vec<(PersonId, u64)> = covers.into_iter().collect();
        let members: Vec<(Member, Rights)> = members.into_iter().collect();
        let mut all = members.clone();
        all.extend(covers.iter().map(|(person, _)| (Member::Person(*person), Rights::Write)));
        let goes_on = Some(GoesOn::From(open.iter().map(|circle| circle.log.id).collect()));
        for (id, made) in continued::foundings(tx, wanted.row)? {
            let parsed = entries::parsed(&made.bytes)?;
            let same = open_sealed(&parsed, &made.root).is_some_and(|sealed| sealed.goes_on == goes_on);
            if same && added(&parsed) == all {
                return Ok(Some(id));
            }
        }
        let purpose = Some(Purpose::Case(wanted.child));
        let draft = Draft {
            sealed: Some(Sealed { purpose, at: Some(moment.now), goes_on, ..Sealed::default() }),
            ..Draft::default()
        };
        let Some(mut draft) = self.with_members(tx, known, draft, &members, &covers)? else { return Ok(None) };
        draft.recipients.extend(known.sheets());
        let (made, root) = found(Subject::Shared, draft, &self.secret, moment.rng)?;
        let id = CircleId::founded_by(made.parsed.id);
        let founding = Founding { continuation: wanted.row, bytes: made.bytes, wraps: made.wraps, root };
        continued::put_founding(tx, &id, &founding)?;
        Ok(Some(id))
    }

    /// A log names a circle that was made here for it: it is founded now.
    pub(super) fn found_continuation(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        id: &CircleId,
    ) -> Result<(), ClientError> {
        if known.circles.contains_key(id) {
            return Ok(());
        }
        for wanted in continued::wanted(tx)? {
            let mut made = continued::foundings(tx, wanted.row)?.into_iter();
            let Some((_, Founding { bytes, wraps, root, .. })) = made.find(|(made, _)| made == id) else { continue };
            let parsed = entries::parsed(&bytes)?;
            // Somebody in it has lost all that they had in the meantime: the log names nothing, and another one is made.
            if CircleLog::found(&parsed, &known.vouched, known).is_err() {
                continue;
            }
            let founded = (MadeEntry { parsed, bytes, wraps }, root);
            let row = self.take_up(tx, known, founded, Some(Purpose::Case(wanted.child)))?;
            continued::named(tx, wanted.row, row)?;
        }
        Ok(())
    }

    /// Shares in circles that have just been founded what the ones who join are to see.
    pub(super) fn fill_continuations(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        for Continuation { row, wanted, circle, .. } in continued::wanted(tx)? {
            let Some(circle) = circle.and_then(|circle| known.at_row(circle)) else { continue };
            if let Some(why) = wanted.why {
                self.enqueue(tx, known, why, (circle.row, None), moment)?;
            }
            for record in &wanted.records {
                if let Some(record) = records::row(tx, record)? {
                    access::note(tx, moment.now, Access::Changed, record)?;
                    self.bring_over(tx, known, record, (circle.row, None), moment)?;
                }
            }
            continued::drop_wanted(tx, row)?;
        }
        Ok(())
    }

    /// Whoever was taken out of a case after it was continued leaves where it goes on, too: who took them out had not heard of that.
    /// Who was let in there again by name stays.
    pub(super) fn follow_removals(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), StoreError> {
        let cases = known.circles.values().filter(|circle| matches!(circle.purpose, Some(Purpose::Case(_))));
        for circle in cases {
            for (entry, next) in &circle.goes_on {
                let Some(next) = known.circles.get(next).filter(|next| self.manages(known, next)) else { continue };
                let Some(since) = circle.log.entries.iter().position(|one| one == entry) else { continue };
                let removed = circle.log.past.iter().filter(|(at, _, held)| *at >= since && held.is_none());
                let out = removed.map(|(_, member, _)| member).filter(|one| !circle.log.members.contains_key(one));
                for member in out.filter(|member| next.log.members.contains_key(member)) {
                    if next.log.past.iter().filter(|(_, one, _)| one == member).all(|(at, ..)| *at == 0) {
                        intents::put(tx, next.row, member, &Wanted::Gone(None))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// By which membership this person manages a circle: to say it again changes nothing.
    pub(super) fn managing_member(&self, known: &Known, circle: &Circle) -> Option<Member> {
        let manages = circle.log.members.iter().filter(|(_, held)| held.rights == Rights::Manage);
        let mut mine = manages.map(|(member, _)| *member).filter(|member| match member {
            Member::Person(person) => *person == self.person,
            Member::Team(team) => known.teams_of(&self.person).contains(team),
            Member::Device(_) => false,
        });
        mine.next()
    }
}

/// The members that a founding entry adds, with their rights.
fn added(entry: &ParsedEntry) -> Vec<(Member, Rights)> {
    let adds = entry.public.changes.iter().filter_map(|change| match change {
        Change::Add { member, rights, .. } => Some((*member, *rights)),
        _ => None,
    });
    adds.collect()
}

/// True if a key can be wrapped for them, and somebody is there to use it.
fn can_join(known: &Known, member: &Member) -> bool {
    match member {
        Member::Person(person) => known.receives(person),
        Member::Team(_) => known.kem_of(member).is_some(),
        Member::Device(_) => false,
    }
}

/// True if somebody, or everybody in a team, is in the circle.
fn reads_all(known: &Known, circle: &Circle, member: &Member) -> bool {
    let inside = known.persons_in(&circle.log);
    let persons: Vec<PersonId> = known.persons_behind([member].into_iter());
    circle.log.members.contains_key(member) || persons.iter().all(|person| inside.contains(person))
}
