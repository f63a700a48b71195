//! The rules of the protocol (§3.3), each beside the check that a test takes out.

use super::circle::{BOS_DEVICES, Circle, Entry, Id, Log, Set, Who, keys_of};
use super::{Check, Model};

/// What somebody has accepted: the relay, or a device.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct View {
    pub(super) own: Vec<Id>,
    pub(super) case: Vec<Id>,
    /// Devices that the authority has put out, as far as its word has come here.
    pub(super) out: Set,
}

impl View {
    pub(super) fn entries(&self, circle: Circle) -> &Vec<Id> {
        match circle {
            Circle::Own => &self.own,
            Circle::Case => &self.case,
        }
    }

    /// Takes an entry, and what the authority says in it.
    pub(super) fn take(&mut self, id: Id, made: &[Entry]) {
        let entry = &made[usize::from(id)];
        self.out = self.out.and(entry.vouchers);
        match entry.circle {
            Circle::Own => self.own.push(id),
            Circle::Case => self.case.push(id),
        }
    }

    pub(super) fn log(&self, circle: Circle, made: &[Entry]) -> Log {
        Log::fold(self.entries(circle), made)
    }

    /// Forgets the newest entry of a circle, if it is not its first.
    pub(super) fn forget(&mut self, circle: Circle) -> Option<Id> {
        let entries = match circle {
            Circle::Own => &mut self.own,
            Circle::Case => &mut self.case,
        };
        let newest = entries.pop();
        newest.filter(|_| !entries.is_empty())
    }

    /// Whether a device can open a key with what is accepted here.
    pub(super) fn opens(&self, device: Who, key: Id, made: &[Entry], model: &Model) -> bool {
        keys_of(device, self.own.iter().chain(&self.case).copied(), made, model) & 1 << key != 0
    }

    /// Devices that are to read the case now.
    pub(super) fn readers(&self, made: &[Entry]) -> Set {
        let (own, case) = (self.log(Circle::Own, made), self.log(Circle::Case, made));
        let bos = if case.members.has(Who::Bo) { own.members.without(self.out) } else { Set::default() };
        case.members.both(Set::of(&[Who::Anna, Who::Carl])).and(bos)
    }

    /// Devices that were taken out, and those that never belonged.
    pub(super) fn gone(&self, made: &[Entry], model: &Model) -> Set {
        let (own, case) = (self.log(Circle::Own, made), self.log(Circle::Case, made));
        let carl = case.once.without(case.members).both(Set::of(&[Who::Carl]));
        let unseen = if model.unseen_too { self.out } else { Set::default() };
        self.gone_from(&own).and(unseen).and(carl).and(Set::of(&[Who::Ghost]))
    }

    /// Devices that are in Bo's circle no more, or out.
    pub(super) fn gone_from(&self, own: &Log) -> Set {
        own.once.without(own.members.without(self.out))
    }
}

/// In whose name a device signs in the case.
pub(super) const fn person(device: Who) -> Who {
    if BOS_DEVICES.has(device) { Who::Bo } else { device }
}

impl Model {
    /// Whether an entry is accepted after what is here. Relay and devices ask the same; the relay also refuses whoever is out now.
    pub(super) fn accepts(&self, view: &View, entry: &Entry, made: &[Entry], present: bool) -> bool {
        let log = view.log(entry.circle, made);
        let on_head = entry.parent == view.entries(entry.circle).last().copied();
        let cut = if present { log.gone.and(view.out) } else { log.gone };
        let head_checked = if present { self.checks(Check::CompareAndAppend) } else { self.checks(Check::Head) };
        (on_head || !head_checked)
            && (may_sign(&log, entry) || !self.checks(Check::Signer))
            && (!cut.has(entry.signer) || !self.checks(Check::CutOff))
            && (knows(view, entry, made) || !self.checks(Check::SaidHereOwes))
            && (may_add(entry) || !self.checks(Check::Certificate))
            && (may_remove(view, entry) || !self.checks(Check::AuthoritysWord))
    }

    /// Whether a circle owes a key, so that nothing may be sealed in it.
    pub(super) fn owes(&self, view: &View, circle: Circle, made: &[Entry]) -> bool {
        let (own, log) = (view.log(Circle::Own, made), view.log(circle, made));
        // Whoever builds on this log must know who is out: else the next key would be wrapped for them again, and open this one.
        let unsaid = circle == Circle::Case && !view.gone_from(&own).within(log.gone);
        (unsaid && self.checks(Check::SaidHereOwes))
            || (log.leaked && self.checks(Check::RemovalOwes))
            || self.is_exposed(view, &own, &log)
            || !log.members.iter().all(|member| self.reaches(view, &own, &log, member, made))
    }

    /// Somebody has the key in force who is to have it no more.
    fn is_exposed(&self, view: &View, own: &Log, log: &Log) -> bool {
        let out = if self.checks(Check::OutOwes) { view.out } else { Set::default() };
        // Wrapped for a device that is out, or under a key of Bo's circle that such a device has.
        let to_an_outsider = !log.wraps.both(out).is_empty()
            || (log.wraps_bo == Some(own.key) && (own.leaked || !own.wraps.both(out).is_empty()));
        // Wrapped for a device below, because its circle owed a key then; and it has left that circle since.
        let strayed = !log.wraps.both(BOS_DEVICES).within(own.members) && self.checks(Check::LeftBelowOwes);
        // Whoever drew the key has it, listed or not.
        let bos_drawer = BOS_DEVICES.has(log.drawn_by) && !own.members.without(out).has(log.drawn_by);
        to_an_outsider || strayed || (bos_drawer && self.checks(Check::DrawerOwes))
    }

    fn reaches(&self, view: &View, own: &Log, log: &Log, member: Who, made: &[Entry]) -> bool {
        if !self.checks(Check::EverybodyReached) {
            return true;
        }
        if member != Who::Bo {
            return log.wraps.has(member) || view.out.has(member);
        }
        let directly = match self.checks(Check::KeyInForceBelow) {
            true => log.wraps_bo == Some(own.key) && !self.owes(view, Circle::Own, made),
            false => log.wraps_bo.is_some(),
        };
        directly || own.members.without(view.out).within(log.wraps)
    }

    /// For whom a key of a circle with these members is wrapped: Bo through his circle, or while that owes a key, through each
    /// of his devices.
    pub(super) fn recipients(&self, view: &View, members: Set, made: &[Entry]) -> (Set, Option<Id>) {
        let own = view.log(Circle::Own, made);
        let others = members.without(Set::of(&[Who::Bo])).without(view.out);
        match members.has(Who::Bo) {
            true if self.owes(view, Circle::Own, made) => (others.and(own.members.without(view.out)), None),
            true => (others, Some(own.key)),
            false => (others, None),
        }
    }

    /// Whether a chunk counts that somebody wrote behind every cut, and that names this number of entries of the case.
    pub(super) fn counts(&self, view: &View, writer: Who, known: usize, made: &[Entry]) -> bool {
        let (then, now) = (Log::fold(&view.case[..known], made), view.log(Circle::Case, made));
        let may_now = now.members.has(person(writer)) && !view.out.has(writer);
        then.members.has(person(writer)) && (may_now || !self.checks(Check::Cuts))
    }
}

/// Members only: in the case, membership is Anna's to change, a key is drawn and a device cut off by whoever may write.
pub(super) fn may_sign(log: &Log, entry: &Entry) -> bool {
    match entry.circle {
        Circle::Own => log.members.has(entry.signer),
        Circle::Case => {
            let changes = !entry.adds.and(entry.removes).is_empty();
            log.members.has(person(entry.signer)) && (!changes || entry.signer == Who::Anna)
        }
    }
}

/// Who is said to be gone from Bo's circle is gone from it as it is known here: else the entry waits for the rest of that log.
fn knows(view: &View, entry: &Entry, made: &[Entry]) -> bool {
    let own = view.log(Circle::Own, made);
    entry.gone.within(view.gone_from(&own).and(entry.vouchers))
}

/// Into a person's circle come devices that the authority has certified for this person.
fn may_add(entry: &Entry) -> bool {
    entry.circle == Circle::Case || entry.adds.within(BOS_DEVICES)
}

/// Out of a person's circle go devices that the authority has put out, and whoever wants to.
fn may_remove(view: &View, entry: &Entry) -> bool {
    entry.circle == Circle::Case || entry.removes.within(view.out.and(entry.vouchers).and(Set::of(&[entry.signer])))
}
