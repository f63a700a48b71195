//! What everybody has, and what can happen next.

use super::circle::{BOS_DEVICES, Circle, DEVICES, Entry, Id, Set, Who};
use super::rules::{View, may_sign, person};
use super::{Model, Relay};

/// Those with a view of their own. Everybody else is dishonest, or only reads.
pub(super) const HONEST: [Who; 2] = [Who::Anna, Who::Phone];

/// Something that was sealed in the case by somebody honest, and acknowledged. One is enough: it can be sealed at any time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Note {
    pub(super) key: Id,
    /// Devices that the writer knew to be out, or never in.
    pub(super) gone: Set,
    /// Exactly those who were to read it had the key, as the writer knew.
    pub(super) was_whole: bool,
    /// Carl had been removed.
    pub(super) after_removal: bool,
    /// A device of Bo's was out.
    pub(super) after_loss: bool,
    /// Bo's laptop was in his circle.
    pub(super) with_laptop: bool,
}

/// Everything that there is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// Entries that somebody has made and somebody has taken.
    pub(super) made: Vec<Entry>,
    pub(super) relay: View,
    pub(super) views: [View; 2],
    pub(super) note: Option<Note>,
    /// Somebody honest took an entry of somebody whom they knew to be out of the circle.
    pub(super) misled: bool,
    restored: bool,
    tricked: bool,
}

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// The authority puts the lost device out, and tells the relay.
    PutOut,
    /// Somebody honest hears of it.
    HearOfLoss(Who),
    /// An entry comes to somebody honest.
    Deliver(Who, Id),
    /// Bo's telephone takes the laptop into his circle.
    Enrol,
    /// The laptop takes itself out.
    GiveUp,
    /// Anna shares the case with Carl.
    Share,
    /// Anna removes Carl, with a new key in the same entry or without.
    Remove(bool),
    /// Somebody honest pays what a circle owes.
    Renew(Who, Circle),
    /// Somebody honest seals a note.
    Seal(Who),
    /// Somebody dishonest makes an entry on the head that somebody honest has, who takes it.
    Deceive(Who, Who, Circle, Trick),
    /// The relay forgets its newest entry.
    Restore(Circle),
    /// Somebody honest brings the relay the next entry that it has forgotten.
    BringBack(Who),
}

/// What an entry of somebody dishonest does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trick {
    /// Adds a key that the relay made, or, in the case, Carl himself.
    LetIn,
    /// Takes Bo's telephone out of his circle.
    ThrowOut,
    /// Draws a key for everybody.
    Draw,
    /// Draws a key and leaves Anna out.
    DrawWithoutAnna,
    /// Draws a key and wraps it for Bo's other devices directly, and not for the one that draws it.
    DrawBelow,
}

const OWN_TRICKS: [Trick; 3] = [Trick::LetIn, Trick::ThrowOut, Trick::Draw];
const CASE_TRICKS: [Trick; 4] = [Trick::LetIn, Trick::Draw, Trick::DrawWithoutAnna, Trick::DrawBelow];

impl State {
    /// Bo's circle of telephone and tablet, and the case of Anna and Bo, which everybody knows.
    pub(super) fn founded() -> Self {
        let founding = |circle, signer, adds, key| Entry {
            circle,
            parent: None,
            signer,
            adds,
            removes: Set::default(),
            gone: Set::default(),
            vouchers: Set::default(),
            key,
            before: None,
            wraps: Set::default(),
            wraps_bo: None,
        };
        let devices = Set::of(&[Who::Phone, Who::Tablet]);
        let own = Entry { wraps: devices, ..founding(Circle::Own, Who::Phone, devices, 0) };
        let case = founding(Circle::Case, Who::Anna, Set::of(&[Who::Anna, Who::Bo]), 1);
        let case = Entry { wraps: Set::of(&[Who::Anna]), wraps_bo: Some(0), ..case };
        let view = View { own: vec![0], case: vec![1], out: Set::default() };
        Self {
            made: vec![own, case],
            relay: view.clone(),
            views: [view.clone(), view],
            note: None,
            misled: false,
            restored: false,
            tricked: false,
        }
    }

    /// Everything that can be tried; [`State::after`] says what comes of it.
    pub(super) fn actions(&self, model: &Model, actions: &mut Vec<Action>) {
        actions.extend([Action::PutOut, Action::Enrol, Action::GiveUp, Action::Share]);
        actions.extend([Action::Remove(true), Action::Remove(false)]);
        for who in HONEST {
            actions.extend((2..self.made.len()).map(|id| Action::Deliver(who, id as Id)));
            actions.extend([Action::Renew(who, Circle::Own), Action::Renew(who, Circle::Case)]);
            actions.extend([Action::HearOfLoss(who), Action::Seal(who), Action::BringBack(who)]);
            for signer in [Who::Tablet, Who::Carl, Who::Ghost] {
                actions.extend(OWN_TRICKS.map(|trick| Action::Deceive(signer, who, Circle::Own, trick)));
                actions.extend(CASE_TRICKS.map(|trick| Action::Deceive(signer, who, Circle::Case, trick)));
            }
        }
        if model.relay == Relay::Restored {
            actions.extend([Action::Restore(Circle::Own), Action::Restore(Circle::Case)]);
        }
    }

    /// What an action comes to; `None` if it cannot be, or changes nothing.
    pub(super) fn after(&self, model: &Model, action: Action) -> Option<Self> {
        let mut next = self.clone();
        let lost = Set::of(&[model.lost]);
        match action {
            Action::PutOut => {
                (model.relay != Relay::Lying && !lost.within(self.relay.out)).then_some(())?;
                next.relay.out = lost;
            }
            Action::HearOfLoss(who) => {
                let said = model.relay == Relay::Lying || lost.within(self.relay.out);
                (said && !lost.within(self.view(who).out)).then_some(())?;
                next.views[place(who)].out = lost;
            }
            Action::Deliver(who, id) => {
                let circle = self.made[usize::from(id)].circle;
                let (here, at_relay) = (self.view(who).entries(circle), self.relay.entries(circle));
                let offered = model.relay == Relay::Lying || at_relay.get(here.len()) == Some(&id);
                // A relay that replays could go on for ever.
                (offered && here.len() <= model.entries).then_some(())?;
                next.deliver(model, who, id)?;
            }
            Action::Enrol => {
                let log = self.view(Who::Phone).log(Circle::Own, &self.made);
                (!log.once.has(Who::Laptop) && !self.view(Who::Phone).out.has(Who::Laptop)).then_some(())?;
                let entry = self.draft(Who::Phone, Who::Phone, Circle::Own);
                next.change(model, Who::Phone, Entry { adds: Set::of(&[Who::Laptop]), ..entry }, false)?;
            }
            Action::GiveUp => {
                self.view(Who::Phone).log(Circle::Own, &self.made).members.has(Who::Laptop).then_some(())?;
                let entry = self.draft(Who::Laptop, Who::Phone, Circle::Own);
                next.make(model, Who::Phone, Entry { removes: Set::of(&[Who::Laptop]), ..entry })?;
            }
            Action::Share => {
                (!self.view(Who::Anna).log(Circle::Case, &self.made).once.has(Who::Carl)).then_some(())?;
                let entry = self.draft(Who::Anna, Who::Anna, Circle::Case);
                next.change(model, Who::Anna, Entry { adds: Set::of(&[Who::Carl]), ..entry }, false)?;
            }
            Action::Remove(with_key) => {
                self.view(Who::Anna).log(Circle::Case, &self.made).members.has(Who::Carl).then_some(())?;
                let entry = self.draft(Who::Anna, Who::Anna, Circle::Case);
                let entry = Entry { removes: Set::of(&[Who::Carl]), ..entry };
                match with_key {
                    true => next.change(model, Who::Anna, entry, true)?,
                    false => next.make(model, Who::Anna, entry)?,
                }
            }
            Action::Renew(who, circle) => {
                model.owes(self.view(who), circle, &self.made).then_some(())?;
                next.change(model, who, self.draft(who, who, circle), true)?;
            }
            Action::Seal(who) => next.note = Some(self.seal(model, who)?),
            Action::Deceive(signer, who, circle, trick) => {
                (!std::mem::replace(&mut next.tricked, true)).then_some(())?;
                let entry = self.trick(model, signer, who, circle, trick);
                next.make(model, who, entry)?;
            }
            Action::Restore(circle) => {
                (!std::mem::replace(&mut next.restored, true)).then_some(())?;
                next.relay.forget(circle)?;
            }
            Action::BringBack(who) => {
                let missing = |circle| {
                    let (here, there) = (self.view(who).entries(circle), self.relay.entries(circle));
                    here.starts_with(there).then(|| here.get(there.len()).copied()).flatten()
                };
                let id = missing(Circle::Own).or(missing(Circle::Case)).filter(|_| self.restored)?;
                next.relay.take(id, &self.made);
            }
        }
        Some(next)
    }

    fn view(&self, who: Who) -> &View {
        &self.views[place(who)]
    }

    /// An entry that does nothing yet, on the head that somebody honest has.
    fn draft(&self, signer: Who, who: Who, circle: Circle) -> Entry {
        let view = self.view(who);
        Entry {
            circle,
            parent: view.entries(circle).last().copied(),
            signer,
            adds: Set::default(),
            removes: Set::default(),
            gone: Set::default(),
            vouchers: Set::default(),
            key: view.log(circle, &self.made).key,
            before: None,
            wraps: Set::default(),
            wraps_bo: None,
        }
    }

    /// A change by somebody honest, who says what they know of devices that are gone, and draws a key whenever one is owed.
    fn change(&mut self, model: &Model, who: Who, mut entry: Entry, with_key: bool) -> Option<()> {
        let view = self.view(who);
        let (own, log) = (view.log(Circle::Own, &self.made), view.log(entry.circle, &self.made));
        view.opens(who, log.key, &self.made, model).then_some(())?;
        entry.vouchers = view.out;
        match entry.circle {
            Circle::Own => entry.removes = log.members.both(view.out),
            Circle::Case => entry.gone = view.gone_from(&own).without(log.gone),
        }
        let says = !entry.gone.and(entry.removes).is_empty();
        if with_key || says || model.owes(view, entry.circle, &self.made) {
            let members = log.members.without(entry.removes).and(entry.adds);
            (entry.wraps, entry.wraps_bo) = model.recipients(view, members, &self.made);
            (entry.key, entry.before) = (self.made.len() as Id, Some(log.key));
        } else {
            entry.wraps = entry.adds;
        }
        self.make(model, who, entry)
    }

    /// An entry by somebody dishonest, with the relay's help.
    fn trick(&self, model: &Model, signer: Who, who: Who, circle: Circle, trick: Trick) -> Entry {
        let view = self.view(who);
        let (own, log) = (view.log(Circle::Own, &self.made), view.log(circle, &self.made));
        let (mut wraps, mut wraps_bo) = model.recipients(view, log.members, &self.made);
        let entry = self.draft(signer, who, circle);
        match trick {
            Trick::LetIn => {
                let added = if circle == Circle::Case && signer == Who::Carl { Who::Carl } else { Who::Ghost };
                return Entry { adds: Set::of(&[added]), ..entry };
            }
            Trick::ThrowOut => return Entry { removes: Set::of(&[Who::Phone]), ..entry },
            Trick::Draw => {}
            Trick::DrawWithoutAnna => wraps = wraps.without(Set::of(&[Who::Anna])),
            Trick::DrawBelow => {
                let below = own.members.without(Set::of(&[Who::Tablet]));
                (wraps, wraps_bo) = (wraps.without(BOS_DEVICES).and(below), None);
            }
        }
        // Nobody can seal a key that they do not have.
        let before = self.opens(model, signer, log.key).then_some(log.key);
        Entry { key: self.made.len() as Id, before, wraps, wraps_bo, ..entry }
    }

    /// Makes an entry and has it taken where it was made for. An honest relay takes it first, or nobody does.
    fn make(&mut self, model: &Model, who: Who, entry: Entry) -> Option<()> {
        let honest = model.relay != Relay::Lying;
        let room = self.made.len() < 2 + model.entries;
        (room && (!honest || model.accepts(&self.relay, &entry, &self.made, true))).then_some(())?;
        let id = self.made.len() as Id;
        self.made.push(entry);
        if honest {
            self.relay.take(id, &self.made);
        }
        self.deliver(model, who, id)
    }

    /// Somebody honest takes an entry, if it is one to take.
    pub(super) fn deliver(&mut self, model: &Model, who: Who, id: Id) -> Option<()> {
        let entry = &self.made[usize::from(id)];
        let view = &self.views[place(who)];
        model.accepts(view, entry, &self.made, false).then_some(())?;
        let log = view.log(entry.circle, &self.made);
        self.misled |= log.gone.has(entry.signer) || !may_sign(&log, entry);
        self.views[place(who)].take(id, &self.made);
        Some(())
    }

    /// A note by somebody honest, if nothing is owed and an honest relay takes it.
    fn seal(&self, model: &Model, who: Who) -> Option<Note> {
        let view = self.view(who);
        let log = view.log(Circle::Case, &self.made);
        let opens = |device: &Who| view.opens(*device, log.key, &self.made, model);
        let may = log.members.has(person(who)) && opens(&who) && !model.owes(view, Circle::Case, &self.made);
        let taken = model.relay == Relay::Lying || self.relay.log(Circle::Case, &self.made).key == log.key;
        (may && taken && self.note.is_none()).then(|| {
            let holders =
                DEVICES.into_iter().filter(opens).fold(Set::default(), |set, device| set.and(Set::of(&[device])));
            Note {
                key: log.key,
                gone: view.gone(&self.made, model),
                was_whole: holders == view.readers(&self.made),
                after_removal: log.once.has(Who::Carl) && !log.members.has(Who::Carl),
                after_loss: !view.out.is_empty(),
                with_laptop: self.made.iter().any(|entry| entry.adds.has(Who::Laptop)),
            }
        })
    }
}

const fn place(who: Who) -> usize {
    match who {
        Who::Anna => 0,
        _ => 1,
    }
}
