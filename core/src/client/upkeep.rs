//! Upkeep: what circles are owed. Person, team and municipality circles follow the authority's statements; the cases of one
//! child are reunited by its coordinator. Every device works the same out from the same facts; the relay's compare-and-append
//! lets one of them be first, and the others find it done.

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, Rights, Subject};
use tvaers_wire::ids::{DeviceId, EntryId};
use tvaers_wire::log::InForce;

use super::statements::certificates;
use super::{ClientError, Device, Known};
use crate::circle::{Draft, Purpose, Recipient};
use crate::keys::check_kem;
use crate::moment::Moment;
use crate::store::entries::EntryState;
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, coordinators, entries, unsent};

impl Device {
    /// Does what can be done now, if anything it depends on has changed since it was last done: circles, statements,
    /// coordinators, sharing that waits for a key. To be called when the feed has been read to its end. True if it has put
    /// something where the next push takes it from.
    ///
    /// # Errors
    /// A store error; nothing has changed then.
    pub fn upkeep(&self, moment: &mut Moment<'_>) -> Result<bool, ClientError> {
        if !self.known().upkeep_due {
            return Ok(false);
        }
        self.change(|tx, known| {
            if known.of(Subject::Person(self.person)).is_none() {
                self.found_person(tx, known, moment)?;
            }
            if self.own_circle(known).is_some() {
                self.keep_person(tx, known)?;
                self.keep_teams(tx, known, moment)?;
                self.keep_municipality(tx, known, moment)?;
                self.want_seconds_closed(tx, known)?;
                self.propose_continuations(tx, known, moment)?;
                self.fill_continuations(tx, known, moment)?;
                self.reunite_cases(tx, known)?;
                self.follow_removals(tx, known)?;
                self.yield_lines(tx, known)?;
                self.let_in_again(tx, known)?;
                self.follow_up_hand_overs(tx, known)?;
                self.keep_covers(tx, known)?;
                self.give_up_managing(tx, known)?;
                self.leave_lost(tx, known)?;
                self.bring_on(tx, known)?;
                self.follow_relay(tx, known)?;
                self.leave_void_branches(tx, known)?;
                self.want_united(tx, known)?;
                self.serve_shares(tx, known, moment)?;
                self.keep_log(tx, known, moment)?;
            }
            // What is done here is not a reason to do it again; a failure reloads what is known, and it is due again.
            known.upkeep_due = false;
            Ok(!unsent::unsent_entries(tx)?.is_empty() || !intents::all(tx)?.is_empty())
        })
    }

    /// The person's first device founds the person's circle, with all devices that are certified; a further one waits until that lets it in,
    /// or is out. A relay that was put back may have forgotten a circle of which a further device has never heard. If the first had founded
    /// one before, and that came to nothing, with those of them alone that were in that: who was certified since is let in by the person.
    fn found_person(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        if known.is_further(&self.secret.id()) {
            return Ok(());
        }
        let mut draft = Draft::default();
        let before = self.given_up(tx)?;
        for (device, keys, voucher) in self.own_certified(tx, known)? {
            if before.as_ref().is_some_and(|before| !before.contains(&device)) {
                continue;
            }
            let member = Member::Device(device);
            draft.add(Recipient { member, epoch: None, kem: keys.kem }, Rights::Manage);
            draft.vouchers.push(voucher);
        }
        self.found_with(tx, known, Subject::Person(self.person), draft, None, moment)?;
        Ok(())
    }

    /// The devices in the newest circle of this person that was founded here and came to nothing.
    fn given_up(&self, tx: &Transaction<'_>) -> Result<Option<Vec<DeviceId>>, StoreError> {
        for bytes in entries::in_state(tx, EntryState::LaidDown)?.iter().rev() {
            let public = entries::parsed(bytes)?.public;
            let is_own = public.subject == Subject::Person(self.person) && public.device == self.secret.id();
            if is_own && public.circle.is_none() {
                let devices = public.changes.iter().filter_map(Change::member).filter_map(|member| match member {
                    Member::Device(device) => Some(*device),
                    Member::Person(_) | Member::Team(_) => None,
                });
                return Ok(Some(devices.collect()));
            }
        }
        Ok(None)
    }

    /// Devices of this person that are out leave its circle. None is added here: a certificate alone makes nobody's device
    /// (attack 22).
    fn keep_person(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), StoreError> {
        let Some(circle) = self.own_circle(known) else { return Ok(()) };
        for member in circle.log.members.keys() {
            if matches!(member, Member::Device(device) if known.vouched.is_out(device)) {
                intents::put(tx, circle.row, member, &Wanted::Gone(None))?;
            }
        }
        Ok(())
    }

    /// Founds the circles of this person's teams, and brings in chartered persons who have come since.
    fn keep_teams(&self, tx: &Transaction<'_>, known: &mut Known, moment: &mut Moment<'_>) -> Result<(), ClientError> {
        for team in known.vouched.teams() {
            let persons = known.vouched.charter(&team).unwrap_or_default().to_vec();
            if !persons.contains(&self.person) {
                continue;
            }
            let ready = persons.into_iter().map(Member::Person).filter(|member| known.has_circle(member));
            let ready: Vec<Member> = ready.collect();
            self.keep_circle(tx, known, Subject::Team(team), &ready, moment)?;
        }
        Ok(())
    }

    /// The municipality's circle holds every chartered team that has a circle.
    fn keep_municipality(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        if known.teams_of(&self.person).is_empty() {
            return Ok(());
        }
        let teams = known.vouched.teams().into_iter().map(Member::Team).filter(|member| known.has_circle(member));
        let teams: Vec<Member> = teams.collect();
        self.keep_circle(tx, known, Subject::Municipality, &teams, moment)
    }

    fn keep_circle(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        subject: Subject,
        members: &[Member],
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        let Some(circle) = known.of(subject) else {
            let mut draft = Draft::default();
            for member in members {
                self.add_to(tx, known, &mut draft, *member, Rights::Write)?;
                draft.vouchers.extend(self.vouchers_for(tx, known, &subject, member)?);
            }
            draft.vouchers.dedup();
            return self.found_with(tx, known, subject, draft, None, moment).map(drop);
        };
        if circle.root().is_none() || !self.is_in(known, &circle.log) {
            return Ok(());
        }
        for member in members.iter().filter(|member| !circle.log.members.contains_key(member)) {
            intents::put(tx, circle.row, member, &Wanted::Rights(Rights::Write))?;
        }
        // Whoever the authority no longer names leaves; a team without a circle was never here.
        for member in circle.log.members.keys().filter(|member| !members.contains(member)) {
            intents::put(tx, circle.row, member, &Wanted::Gone(None))?;
        }
        Ok(())
    }

    /// Everybody who works with a child reads the whole case, also if several phones each founded one: the coordinator brings
    /// the members of each into all.
    fn reunite_cases(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        // Nobody is brought into a case that is over, with all that was before.
        let cases = known.circles.values().filter_map(|circle| match circle.purpose {
            Some(Purpose::Case(child)) if circle.root().is_some() && !known.is_over(circle, &self.person) => {
                Some((child, circle))
            }
            _ => None,
        });
        let cases: Vec<_> = cases.collect();
        for (child, circle) in &cases {
            let coordinator = coordinators::of(tx, child)?;
            if !self.manages(known, circle) {
                continue;
            }
            let own = coordinator == Some(self.person);
            // A founder who manages for want of a coordinator brings the coordinator in, to manage from then on.
            let wanted: Vec<Member> = if own {
                let continued = cases.iter().any(|(other, circle)| other == child && known.is_continuation(circle));
                // Beside one that continues another they are closed, and go on in a third (`want_seconds_closed`).
                let others = cases.iter().filter(|(other, _)| other == child && !continued).map(|(_, circle)| *circle);
                let before = known.before(circle).into_iter().filter_map(|id| known.circles.get(&id));
                // Who was taken out comes back by being asked for, never by founding another case.
                let gone = known.taken_out(*child);
                let held: Vec<_> = others.chain(before).flat_map(|other| &other.log.members).collect();
                // Nor does who is in one of them for a time get a place without an end.
                let for_a_time: Vec<&Member> =
                    held.iter().filter(|(_, held)| held.until.is_some()).map(|(member, _)| *member).collect();
                let members = held.iter().map(|(member, _)| *member).filter(|member| !for_a_time.contains(member));
                members.filter(|member| !gone.contains(member)).copied().collect()
            } else {
                coordinator.map(Member::Person).into_iter().collect()
            };
            for member in wanted {
                let manager = coordinator.map(Member::Person) == Some(member);
                let rights = if manager { Rights::Manage } else { Rights::Write };
                if circle.log.members.get(&member).is_none_or(|held| manager && held.rights < rights) {
                    intents::put(tx, circle.row, &member, &Wanted::Rights(rights))?;
                }
            }
        }
        Ok(())
    }

    /// A line is managed by the child's coordinator, also one that was begun before there was any: who founded it gives it up.
    fn yield_lines(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        for circle in known.circles.values() {
            let Some(Purpose::Line(child)) = circle.purpose else { continue };
            let Some(coordinator) = coordinators::of(tx, &child)?.filter(|person| *person != self.person) else {
                continue;
            };
            let member = Member::Person(coordinator);
            let held = circle.log.members.get(&member).map(|membership| membership.rights);
            if held.is_some_and(|held| held < Rights::Manage) && self.manages(known, circle) {
                intents::put(tx, circle.row, &member, &Wanted::Rights(Rights::Manage))?;
            }
        }
        Ok(())
    }

    /// Whoever was away while a key was drawn, or has lost what it was wrapped under, gets the next one as soon as that is known, not when
    /// somebody happens to write. A device that never got its own wrap draws that key itself: nobody else sees that it has not. And
    /// whose wrap was only with a relay that was put back and with a device that is out, gets it from whoever brought the entry back.
    fn let_in_again(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), StoreError> {
        for circle in known.circles.values().filter(|circle| circle.log.subject == Subject::Shared) {
            if self.has_missed_wrap(known, circle) && self.may_begin_anew(known, circle) {
                intents::ask_key(tx, circle.row, &Member::Device(self.secret.id()))?;
            }
            // Of most circles the first question is the last; the second goes through all who are behind the members.
            let away = circle.log.shut_out(known);
            if !away.is_empty() && self.awaits_key(known, circle) {
                away.iter().try_for_each(|member| intents::ask_key(tx, circle.row, member))?;
            }
        }
        for (entry, held) in entries::bare(tx)? {
            let circle = known.circles.get(&entry.circle).filter(|circle| circle.log.subject == Subject::Shared);
            let Some(circle) = circle.filter(|circle| self.awaits_key(known, circle)) else { continue };
            // Who made it brings the rest, unless they are out; a key that was drawn since was wrapped anew for all.
            let at = |entry: &EntryId| circle.log.entries.iter().position(|known| known == entry);
            let is_newer = circle.log.epoch().is_some_and(|epoch| at(&entry.id) >= at(&epoch.entry));
            if !known.vouched.is_out(&entry.public.device) || !is_newer {
                continue;
            }
            let is_gone = |member: &Member| held.iter().all(|wrap| wrap.member != *member);
            let listed = entry.public.wraps.iter().map(|wrap| &wrap.member);
            for member in listed.filter(|member| circle.log.members.contains_key(member) && is_gone(member)) {
                intents::ask_key(tx, circle.row, member)?;
            }
        }
        Ok(())
    }

    /// A device that a root is wrapped for; none that is out.
    pub(super) fn device_recipient(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        device: &DeviceId,
    ) -> Result<Option<Recipient>, StoreError> {
        if known.vouched.is_out(device) {
            return Ok(None);
        }
        let certified = certificates(tx)?.into_iter().find(|(known, ..)| known == device);
        let sound = certified.filter(|(_, keys, _)| check_kem(&keys.kem).is_ok());
        Ok(sound.map(|(_, keys, _)| Recipient { member: Member::Device(*device), epoch: None, kem: keys.kem }))
    }
}
