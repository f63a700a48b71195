//! Routing: which circle serves an audience. Decided from the keys at hand, so that it also works without a network.
//!
//! - A **line** belongs to a pair and a child, whoever of the two wrote first.
//! - A **case** record goes into a case circle of the child that has all its readers; else into one that this person manages,
//!   with the missing readers to be added at the next contact; else into a new one. Nobody waits for a manager. The
//!   coordinator reunites the cases of one child (`upkeep`).

use std::collections::BTreeSet;

use rusqlite::Transaction;
use tvaers_wire::entry::{Member, Rights, Subject};
use tvaers_wire::ids::{ChildId, CircleId, PersonId};
use tvaers_wire::log::{InForce, Membership};

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::audience::{Audience, Share};
use crate::circle::{Draft, MadeEntry, Purpose, Sealed, found};
use crate::keys::Root;
use crate::kinds::Kind;
use crate::moment::Moment;
use crate::store::entries::{self, EntryState};
use crate::store::intents::{self, Wanted};
use crate::store::{circles, coordinators, records, shares};

impl Device {
    /// Carries out what sharing it can for one record.
    pub(super) fn serve_shares_of(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        row: i64,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let shares = shares::waiting(tx)?.into_iter().filter(|(record, _)| *record == row);
        self.serve(tx, known, shares.collect(), moment)
    }

    /// Carries out what sharing it can.
    pub(super) fn serve_shares(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let shares = shares::waiting(tx)?;
        self.serve(tx, known, shares, moment)
    }

    fn serve(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        shares: Vec<(i64, Share)>,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        for (row, share) in shares {
            let (facts, bound) = (records::get(tx, row)?, self.bound_to(tx, known, row)?);
            // Somebody who has no phone yet keeps the others waiting for nothing: the record follows when they have.
            let Some((with, later)) = reached_now(known, &share.with) else { continue };
            if let Some(circle) = self.circle_for(tx, known, (row, facts.child, &bound), &with, moment)? {
                // What looks for its circle again is no new disclosure: whatever fits it today is said, and it goes in any case.
                let basis = match (share.basis.clone(), Kind::from_code(facts.kind)) {
                    (None, Some(kind)) => {
                        let share = Share::from(&share.with);
                        self.basis_of(kind, facts.child.as_ref(), &share).unwrap_or_default()
                    }
                    (chosen, _) => chosen,
                };
                self.enqueue(tx, known, row, (circle, basis.as_deref()), moment)?;
                self.bring_wishes(tx, known, (row, facts.child), circle)?;
                shares::done(tx, row, &share.with)?;
                later.iter().try_for_each(|audience| shares::put(tx, row, audience, share.basis.as_deref()))?;
            }
        }
        Ok(())
    }

    /// The audience with everybody who is in it today: of a case its coordinator too, who stays a reader of this record if keys
    /// are missing and somebody else coordinates by the time it can leave.
    pub(super) fn as_of_now(
        &self,
        tx: &Transaction<'_>,
        child: Option<ChildId>,
        audience: &Audience,
    ) -> Result<Audience, ClientError> {
        let (Audience::Case(members), Some(child)) = (audience, child) else { return Ok(audience.clone()) };
        let coordinator = self.coordinator_of(tx, &child)?.map(Member::Person);
        Ok(Audience::Case(normal(members.iter().copied().chain(coordinator).collect())))
    }

    /// The circle for an audience, founded if need be; `None` while a key is missing. `bound`: cases that are over, where the record
    /// belongs.
    fn circle_for(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        (record, child, bound): (i64, Option<ChildId>, &BTreeSet<CircleId>),
        audience: &Audience,
        moment: &mut Moment<'_>,
    ) -> Result<Option<i64>, ClientError> {
        let me = Member::Person(self.person);
        match (audience, child) {
            (Audience::Own, _) => Ok(self.own_circle(known).map(|circle| circle.row)),
            (Audience::Line(person), _) if *person == self.person => {
                Ok(self.own_circle(known).map(|circle| circle.row))
            }
            (Audience::Line(person), Some(child)) => self.line(tx, known, (record, child), person, moment),
            (Audience::Line(person), None) => {
                self.exact_circle(tx, known, Purpose::Anonymous, &[me, Member::Person(*person)], (None, &[]), moment)
            }
            (Audience::Case(members), Some(child)) => self.case_circle(tx, known, (child, bound), members, moment),
            (Audience::Anonymous(members) | Audience::Case(members), _) => {
                let mut members = members.clone();
                members.push(me);
                self.exact_circle(tx, known, Purpose::Anonymous, &normal(members), (None, &[]), moment)
            }
        }
    }

    /// The person circle, once this device is in it.
    pub(super) fn own_circle<'a>(&self, known: &'a Known) -> Option<&'a Circle> {
        let own = Member::Device(self.secret.id());
        let is_in = |circle: &&Circle| circle.root().is_some() && circle.log.members.contains_key(&own);
        known.of(Subject::Person(self.person)).filter(is_in)
    }

    fn exact_circle(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        purpose: Purpose,
        members: &[Member],
        (manager, covers): (Option<PersonId>, &[(PersonId, u64)]),
        moment: &mut Moment<'_>,
    ) -> Result<Option<i64>, ClientError> {
        let fits = |circle: &&Circle| circle.purpose == Some(purpose) && circle.is_exactly(members);
        if let Some(circle) = self.best(known, fits) {
            return Ok(Some(circle.row));
        }
        self.found_circle(tx, known, purpose, members, (manager, covers), moment)
    }

    /// The line with somebody about a child. Whoever stands in for the coordinator reads and writes in the coordinator's lines, so that
    /// the coordinator finds there what was written meanwhile.
    fn line(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        (record, child): (i64, ChildId),
        person: &PersonId,
        moment: &mut Moment<'_>,
    ) -> Result<Option<i64>, ClientError> {
        let (me, other) = (Member::Person(self.person), Member::Person(*person));
        let coordinator = self.coordinator_of(tx, &child)?;
        let covers = self.covers_of(tx, known, &child)?;
        let stands_in = |of: &PersonId| Some(*of) != coordinator && covers.iter().any(|(cover, _)| cover == of);
        let mut pair = [me, other];
        if let Some(coordinator) = coordinator.filter(|_| stands_in(&self.person) || stands_in(person)) {
            let of_child = |circle: &&Circle| circle.purpose == Some(Purpose::Line(child));
            let asked_in = match records::answered(tx, record)? {
                Some(asked) => shares::places(tx, asked)?,
                None => Vec::new(),
            };
            let between = |circle: &&Circle| of_child(circle) && circle.has_all(&[me, other]);
            // An answer goes where the question was put.
            if let Some(circle) = self.best(known, |circle| between(circle) && asked_in.contains(&circle.row)) {
                return Ok(Some(circle.row));
            }
            let has_own = self.best(known, |circle| of_child(circle) && circle.is_exactly(&pair)).is_some();
            let coordinator = Member::Person(coordinator);
            if stands_in(&self.person) && other != coordinator {
                pair = [coordinator, other];
            } else if stands_in(person) && me != coordinator && !has_own {
                pair = [me, coordinator];
            }
        }
        let held = coordinator.is_some_and(|coordinator| pair.contains(&Member::Person(coordinator)));
        let covers = if held { covers.as_slice() } else { &[] };
        self.exact_circle(tx, known, Purpose::Line(child), &pair, (coordinator, covers), moment)
    }

    fn case_circle(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        (child, bound): (ChildId, &BTreeSet<CircleId>),
        members: &[Member],
        moment: &mut Moment<'_>,
    ) -> Result<Option<i64>, ClientError> {
        let coordinator = self.coordinator_of(tx, &child)?.filter(|person| known.has_circle(&Member::Person(*person)));
        let mut readers = members.to_vec();
        readers.extend([Member::Person(self.person)]);
        readers.extend(coordinator.map(Member::Person));
        let readers = normal(readers);
        // A case that somebody who was taken out has founded since is not where the others go on, unless they write to them.
        let gone: Vec<Member> = known.taken_out(child).into_iter().filter(|member| !readers.contains(member)).collect();
        let of_child = |circle: &&Circle| {
            circle.purpose == Some(Purpose::Case(child))
                && !gone.iter().any(|member| circle.log.members.contains_key(member))
        };
        // What belongs to before stays there, or goes to exactly these: it follows nobody who has joined since, into whatever circle.
        if !bound.is_empty() {
            let there = |circle: &&Circle| bound.contains(&circle.log.id) && known.all_in(circle, &readers);
            if let Some(circle) = self.best(known, there) {
                return Ok(Some(circle.row));
            }
            return self.exact_circle(tx, known, Purpose::Case(child), &readers, (coordinator, &[]), moment);
        }
        // What is new goes where the case goes on.
        let open = |circle: &&Circle| of_child(circle) && !known.is_over(circle, &self.person);
        if let Some(circle) = self.best(known, |circle| open(circle) && known.all_in(circle, &readers)) {
            return Ok(Some(circle.row));
        }
        let managed = |circle: &&Circle| open(circle) && self.manages(known, circle);
        if let Some(circle) = self.best(known, managed) {
            for member in readers.iter().filter(|member| !circle.log.members.contains_key(member)) {
                let rights =
                    if coordinator.map(Member::Person) == Some(*member) { Rights::Manage } else { Rights::Write };
                intents::put(tx, circle.row, member, &Wanted::Rights(rights))?;
            }
            return Ok(Some(circle.row));
        }
        // Whoever stands in for the coordinator founds it in their place, and is in it for as long; who has a place of their own has it
        // here, too.
        let covers = self.covers_of(tx, known, &child)?;
        let own_place = |circle: &Circle| {
            let mut lasting = circle.log.members.keys().filter(|member| circle.is_lasting(member));
            lasting.any(|member| match member {
                Member::Team(team) => known.in_team(&self.person, team),
                _ => *member == Member::Person(self.person) && circle.purpose == Some(Purpose::Case(child)),
            })
        };
        let of_child = |circle: &&Circle| circle.purpose.and_then(Purpose::child) == Some(child);
        let stands_in = coordinator != Some(self.person) && covers.iter().any(|(cover, _)| *cover == self.person);
        let mut lasting = readers;
        if stands_in && !known.circles.values().filter(of_child).any(own_place) {
            lasting.retain(|member| *member != Member::Person(self.person));
        }
        self.found_circle(tx, known, Purpose::Case(child), &lasting, (coordinator, &covers), moment)
    }

    /// Of the circles that fit and that this device can write in, the one with the smallest id: every device chooses the same.
    pub(super) fn best<'a>(&self, known: &'a Known, fits: impl Fn(&&Circle) -> bool) -> Option<&'a Circle> {
        let mine = known.circles.values().filter(fits);
        let writable = mine.filter(|circle| known.can_write(circle, &self.secret.id(), &self.person));
        writable.min_by_key(|circle| circle.log.id)
    }

    /// True if this person may change who is in the circle.
    pub(crate) fn manages(&self, known: &Known, circle: &Circle) -> bool {
        circle.root().is_some() && self.is_manager(known, circle)
    }

    /// Who coordinates a child: as this device was told.
    fn coordinator_of(&self, tx: &Transaction<'_>, child: &ChildId) -> Result<Option<PersonId>, ClientError> {
        Ok(coordinators::of(tx, child)?)
    }

    fn found_circle(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        purpose: Purpose,
        members: &[Member],
        (manager, covers): (Option<PersonId>, &[(PersonId, u64)]),
        moment: &mut Moment<'_>,
    ) -> Result<Option<i64>, ClientError> {
        if self.own_circle(known).is_none() {
            return Ok(None);
        }
        // The coordinator manages. While there is none, the founder does, to bring the coordinator in.
        let manager = Member::Person(manager.filter(|m| members.contains(&Member::Person(*m))).unwrap_or(self.person));
        let draft = Draft { sealed: Some(Sealed::purpose(purpose)), ..Draft::default() };
        let rights = |member| if member == manager { Rights::Manage } else { Rights::Write };
        let members: Vec<(Member, Rights)> = members.iter().map(|member| (*member, rights(*member))).collect();
        match self.with_members(tx, known, draft, &members, covers)? {
            Some(draft) => self.found_with(tx, known, Subject::Shared, draft, Some(purpose), moment).map(Some),
            None => Ok(None),
        }
    }

    /// A founding entry with these members, and with these until then (Unix seconds); `None` while a key is missing.
    pub(super) fn with_members(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        mut draft: Draft,
        members: &[(Member, Rights)],
        covers: &[(PersonId, u64)],
    ) -> Result<Option<Draft>, ClientError> {
        for (member, rights) in members {
            let reached = self.add_to(tx, known, &mut draft, *member, *rights)?;
            // Somebody who has no circle yet, or no usable key, is waited for. Somebody who has none of their devices left is
            // not: whoever else is to read this reads it now, and they when they have a device again.
            if !reached && !known.log_of(member).is_some_and(|log| log.is_dead(known)) {
                return Ok(None);
            }
        }
        let mut all = members.iter().map(|(member, _)| *member).collect::<Vec<_>>();
        for (cover, until) in covers {
            let (member, held) = (Member::Person(*cover), Membership { rights: Rights::Write, until: Some(*until) });
            // One who cannot be reached yet is waited for by whoever manages, not by what was written. Nobody founds a circle without
            // being in it.
            let reachable = *cover == self.person || known.receives(cover);
            if reachable && !all.contains(&member) {
                self.add_as(tx, known, &mut draft, member, held)?;
                all.push(member);
            }
        }
        let persons = known.persons_behind(all.iter());
        self.say_who_is_out(tx, known, (&Subject::Shared, &persons, None), &mut draft)?;
        Ok(Some(draft))
    }

    /// Founds a circle, folds it and puts its entry where the next push takes it from.
    pub(super) fn found_with(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        subject: Subject,
        mut draft: Draft,
        purpose: Option<Purpose>,
        moment: &mut Moment<'_>,
    ) -> Result<i64, ClientError> {
        draft.recipients.extend(known.sheets());
        let founded = found(subject, draft, &self.secret, moment.rng)?;
        self.take_up(tx, known, founded, purpose)
    }

    /// Folds a circle that was made here and puts its entry where the next push takes it from.
    pub(super) fn take_up(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        (made, root): (MadeEntry, Root),
        purpose: Option<Purpose>,
    ) -> Result<i64, ClientError> {
        let subject = made.parsed.public.subject;
        let id = CircleId::founded_by(made.parsed.id);
        let row = circles::row(tx, &id)?;
        entries::put(tx, &made.parsed.id, &id, &made.bytes, &made.wraps, (EntryState::Accepted, true))?;
        circles::put_root(tx, &id, &made.parsed.id, &root)?;
        if let Some(purpose) = purpose {
            circles::set_purpose(tx, row, purpose)?;
        }
        let log = tvaers_wire::log::CircleLog::found(&made.parsed, &known.vouched, known)
            .map_err(|_| ClientError::Inconsistent("a circle founded here does not fold"))?;
        let roots = [(made.parsed.id, root)].into();
        let mut circle = Circle { roots, purpose, ..Circle::new(row, log) };
        self.learn_continues(tx, &mut circle, &made.parsed)?;
        known.hold(circle);
        known.put_in_force(subject, id);
        (known.upkeep_due, known.ends_due) = (true, true);
        Ok(row)
    }
}

/// Ascending, without repeats.
pub(super) fn normal(mut members: Vec<Member>) -> Vec<Member> {
    members.sort_unstable();
    members.dedup();
    members
}

/// An audience as far as its members have a key, and one for each who has none yet. `None` while nobody has.
fn reached_now(known: &Known, audience: &Audience) -> Option<(Audience, Vec<Audience>)> {
    let (Audience::Case(members) | Audience::Anonymous(members)) = audience else {
        return Some((audience.clone(), Vec::new()));
    };
    let (now, later): (Vec<Member>, Vec<Member>) = members.iter().partition(|member| known.has_circle(member));
    if now.is_empty() && !later.is_empty() {
        return None;
    }
    let same = |members| match audience {
        Audience::Case(_) => Audience::Case(members),
        _ => Audience::Anonymous(members),
    };
    Some((same(now), later.into_iter().map(|member| same(vec![member])).collect()))
}
