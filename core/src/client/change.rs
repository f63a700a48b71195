//! Changing circles that exist: who is to be added or removed, and keys that are owed. Entries beyond the founding one are signed
//! when there is contact, on the head then known; the relay takes one on each head, and whoever comes second makes another.

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{CircleId, DeviceId, EntryId};
use tvaers_wire::log::{CircleLog, InForce};

use super::boxes::box_anew;
use super::known::Circle;
use super::push::Batch;
use super::{ClientError, Device, Known};
use crate::circle::{Draft, GoesOn, MadeEntry, append, renew};
use crate::moment::Moment;
use crate::store::entries::{self, EntryState};
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, erasure, outbox, unsent};

impl Device {
    /// Puts entries into the next push: what is wanted of circles, and keys owed by those in which something waits to leave.
    pub(super) fn add_changes(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        batch: &mut Batch,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        self.add_unanswered(tx, known, batch, moment.now)?;
        let mut wanted = intents::all(tx)?;
        wanted.retain(|intent| !batch.changes(&intent.circle));
        let mut wanted = self.add_hand_overs(tx, known, wanted, batch, moment)?;
        for circle in self.owing(tx, known, moment.now)? {
            if !batch.changes(&circle) && wanted.iter().all(|intent| intent.circle != circle) {
                wanted.push(intents::Intent { circle, wants: Vec::new() });
            }
        }
        for mut intent in wanted {
            if batch.full {
                break;
            }
            let Some(circle) = known.circles.get(&intent.circle) else { continue };
            let this = Member::Device(self.secret.id());
            if intent.wants.contains(&(this, Wanted::United)) {
                if self.add_united(tx, known, circle, batch, moment)? {
                    continue;
                }
                intents::drop(tx, circle.row, &this)?;
                intent.wants.retain(|(_, wanted)| *wanted != Wanted::United);
            }
            // Every change would be made on an entry that the relay has forgotten.
            if unsent::rests(tx, circle.row, moment.now)? {
                continue;
            }
            batch.names_next |= intent.wants.iter().any(|(_, wanted)| matches!(wanted, Wanted::ContinuedIn(_)));
            // More than one entry holds, or a key that cannot be wrapped to: other circles do not wait for this one.
            let entry = match self.change_circle(tx, known, circle, intent.wants, moment) {
                Ok(Some(entry)) => entry,
                Ok(None) | Err(ClientError::Entry(_)) => continue,
                Err(error) => return Err(error),
            };
            // If the answer is lost, the entry comes back in the feed without the wraps for others: they are kept from here on.
            let proposed = (EntryState::Proposed, false);
            entries::put(tx, &entry.parsed.id, &intent.circle, &entry.bytes, &entry.wraps, proposed)?;
            batch.add_change(entry);
        }
        self.add_erasures(tx, known, batch, moment)
    }

    /// Puts changes whose answer was lost into the next push, as they were. The relay may have shown them to others before it was put back;
    /// to make them anew would give the circle two heads, which nobody unites of whom this device is the only one to have both.
    fn add_unanswered(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        batch: &mut Batch,
        now: i64,
    ) -> Result<(), ClientError> {
        for made in unsent::unanswered(tx)? {
            let Some(circle) = known.circles.get(&made.parsed.circle).filter(|_| !batch.full) else { continue };
            let follows = made.parsed.public.parents == [circle.log.head()];
            if follows && still_wants(tx, known, circle, &made.parsed)? && !unsent::rests(tx, circle.row, now)? {
                batch.add_change(made);
            }
        }
        Ok(())
    }

    /// Circles that owe a key and are to be used: those of this person and its teams always, since everybody wraps to their
    /// keys; others when something waits to be sealed in them. Lower levels first.
    fn owing(&self, tx: &Transaction<'_>, known: &Known, now: i64) -> Result<Vec<CircleId>, ClientError> {
        let owed = |circle: &&Circle| circle.log.owes_epoch(known) && self.may_draw(known, circle);
        let own = [Subject::Person(self.person)]
            .into_iter()
            .chain(known.teams_of(&self.person).into_iter().map(Subject::Team));
        let own = own.filter_map(|subject| known.of(subject));
        let mut waiting = outbox::circles_ready(tx, now)?;
        for wish in erasure::wishes(tx)? {
            waiting.extend(known.circles.get(&wish.circle).map(|circle| circle.row));
        }
        let used = waiting
            .into_iter()
            .filter_map(|row| known.at_row(row))
            .filter(|circle| circle.log.subject == Subject::Shared);
        let used: Vec<&Circle> = used.collect();
        Ok(own.chain(used).filter(owed).map(|circle| circle.log.id).collect())
    }

    /// True if nothing may be sealed in the circle before it has a new key, which this device can give it.
    pub(super) fn awaits_key(&self, known: &Known, circle: &Circle) -> bool {
        circle.log.owes_epoch(known) && self.writes(known, circle)
    }

    /// True if this device may give a circle a key whose own it does not hold: only devices have that which are out. Or what it was wrapped
    /// in for this one is lost with the relay that was put back and the device that made it, which nobody else can see; in its person's own
    /// circle only if it is the last one, since the others have the key. What was sealed under the lost key alone stays closed.
    pub(super) fn may_begin_anew(&self, known: &Known, circle: &Circle) -> bool {
        let (own, log) = (self.secret.id(), &circle.log);
        let gone = |device: &DeviceId| *device == own || known.vouched.is_out(device);
        let is_last =
            || log.subject == Subject::Person(self.person) && log.members.keys().filter_map(Member::device).all(gone);
        circle.root().is_none()
            // A device that nobody has let in yet is no member by its certificate.
            && known.lists(&self.person, &own)
            && log.epoch().is_some_and(|epoch| known.vouched.is_out(&epoch.drawn_by))
            && log.rights_of(&own, &self.person, Some(known.time.now()), known) >= Some(Rights::Write)
            && (log.is_lost(known) || is_last() || self.has_missed_wrap(known, circle))
    }

    /// True if the key in force of a circle of several persons was wrapped for this device, or under a key of its person that it has, and
    /// has not come with its entry.
    pub(super) fn has_missed_wrap(&self, known: &Known, circle: &Circle) -> bool {
        let wrapped = &circle.log.wrapped;
        let for_this = || wrapped.contains_key(&Member::Device(self.secret.id()));
        let has = |epoch: &Option<EntryId>| {
            epoch.zip(self.own_circle(known)).is_some_and(|(epoch, own)| own.roots.contains_key(&epoch))
        };
        let for_person = || wrapped.get(&Member::Person(self.person)).is_some_and(|epochs| epochs.iter().any(has));
        let of_several = matches!(circle.log.subject, Subject::Shared | Subject::Team(_));
        of_several && circle.root().is_none() && (for_this() || for_person())
    }

    pub(super) fn may_draw(&self, known: &Known, circle: &Circle) -> bool {
        self.writes(known, circle) || self.may_begin_anew(known, circle)
    }

    pub(super) fn is_in(&self, known: &Known, log: &CircleLog) -> bool {
        log.rights_of(&self.secret.id(), &self.person, None, known).is_some()
    }

    fn writes(&self, known: &Known, circle: &Circle) -> bool {
        known.can_write(circle, &self.secret.id(), &self.person)
    }

    fn change_circle(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        circle: &Circle,
        wants: Vec<(Member, Wanted)>,
        moment: &mut Moment<'_>,
    ) -> Result<Option<MadeEntry>, ClientError> {
        let root = circle.root().map(|(_, root)| root);
        // Whoever is not in a unit by what counts has no say there. It is asked for again once they are.
        if circle.log.subject != Subject::Shared && !self.is_in(known, &circle.log) {
            wants.iter().try_for_each(|(member, _)| intents::drop(tx, circle.row, member))?;
            return Ok(None);
        }
        if root.is_none() && !self.may_begin_anew(known, circle) {
            // Asked for again when this device has the key.
            let cut_off = wants.iter().filter(|(_, wanted)| matches!(wanted, Wanted::CutOff | Wanted::Key));
            for (member, _) in cut_off {
                intents::drop(tx, circle.row, member)?;
            }
            return Ok(None);
        }
        let log = &circle.log;
        let (mut draft, mut stay, mut added) = (Draft::default(), log.members.clone(), Vec::new());
        for (member, wanted) in wants {
            let held = log.members.get(&member).map(|membership| membership.rights);
            let lasting = held.filter(|_| circle.is_lasting(&member));
            match wanted {
                Wanted::Rights(rights) if lasting >= Some(rights) => intents::drop(tx, circle.row, &member)?,
                Wanted::Rights(rights) => {
                    // A device's key is in its certificate; persons and teams have theirs in their circles.
                    match member {
                        Member::Device(device) if known.vouched.is_out(&device) => {
                            intents::drop(tx, circle.row, &member)?;
                            continue;
                        }
                        Member::Person(_) | Member::Team(_) if !known.has_circle(&member) => continue,
                        _ => {}
                    }
                    draft.vouchers.extend(self.vouchers_for(tx, known, &log.subject, &member)?);
                    draft.changes.push(Change::Add { member, rights, until: None });
                    added.push(member);
                }
                Wanted::Gone(_) if held.is_none() => intents::drop(tx, circle.row, &member)?,
                Wanted::Gone(reason) => {
                    stay.remove(&member);
                    draft.changes.push(Change::Remove { member, cuts: Vec::new() });
                    draft.vouchers.extend(self.vouchers_for(tx, known, &log.subject, &member)?);
                    let sealed = draft.sealed.get_or_insert_default();
                    sealed.reason = sealed.reason.take().or(reason);
                }
                // To say again that one manages it changes nothing, and takes the right to.
                Wanted::ContinuedIn(next) => match self.managing_member(known, circle) {
                    Some(member) if !known.is_over(circle, &self.person) => {
                        draft.changes.push(Change::Add { member, rights: Rights::Manage, until: None });
                        let sealed = draft.sealed.get_or_insert_default();
                        (sealed.goes_on, sealed.at) = (Some(GoesOn::In(next)), Some(moment.now));
                    }
                    _ => intents::drop(tx, circle.row, &member)?,
                },
                // In a batch, before anything else that is wanted of the circle; and before that, on one head.
                Wanted::HandedOver(_) | Wanted::Covered(_) | Wanted::United => {}
                // Drawn below, since the circle owes one.
                Wanted::Key if log.owes_epoch(known) => {}
                Wanted::Key => intents::drop(tx, circle.row, &member)?,
                Wanted::CutOff => match member {
                    Member::Device(device) if self.may_cut_off(known, circle, &device) => {
                        draft.changes.push(Change::CutOff { device, cuts: Vec::new() });
                        draft.vouchers.extend(self.vouchers_for(tx, known, &log.subject, &member)?);
                    }
                    _ => intents::drop(tx, circle.row, &member)?,
                },
            }
        }
        if draft.changes.iter().any(Change::takes_away) || log.owes_epoch(known) {
            let persons = known.persons_behind(stay.keys());
            self.say_who_is_out(tx, known, (&log.subject, &persons, Some(log)), &mut draft)?;
        }
        let takes_away = draft.changes.iter().any(Change::takes_away);
        if takes_away {
            self.cut(tx, known, circle, &stay, &mut draft.changes)?;
        }
        let renews = takes_away || log.owes_epoch(known);
        for member in added.iter().chain(stay.keys().filter(|_| renews)) {
            self.recipients(tx, known, member, &mut draft.recipients)?;
        }
        if renews {
            draft.recipients.extend(known.sheets());
            let before = circle.newest_root().map(|(_, root)| root);
            if root.is_none() {
                box_anew(tx, circle)?;
            }
            return Ok(Some(renew(log, before, draft, &self.secret, moment.rng)?.0));
        }
        let changed = root.filter(|_| !draft.changes.is_empty());
        Ok(changed.map(|root| append(log, root, draft, &self.secret, moment.rng)).transpose()?)
    }
}

/// True unless somebody was to be let in, or something erased, and may not be any more.
fn still_wants(tx: &Transaction<'_>, known: &Known, circle: &Circle, entry: &ParsedEntry) -> Result<bool, StoreError> {
    for change in &entry.public.changes {
        let is_wanted = match change {
            Change::Add { member: Member::Device(device), .. } if known.vouched.is_out(device) => false,
            Change::Add { member, .. } => {
                matches!(intents::wanted_for(tx, circle.row, member)?, Some(Wanted::Rights(_)))
            }
            Change::Remove { .. } | Change::CutOff { .. } => true,
            _ => false,
        };
        if !is_wanted {
            return Ok(false);
        }
    }
    Ok(true)
}
