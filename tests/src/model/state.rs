//! What everybody has, and how an entry is made and taken.

use super::circle::{BOS_DEVICES, Circle, DEVICES, Entry, Id, Set, Who};
use super::rules::{View, may_sign, person};
use super::{Model, Relay, Trick};

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
    pub(super) restored: bool,
    pub(super) tricked: bool,
}

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

    pub(super) fn view(&self, who: Who) -> &View {
        &self.views[place(who)]
    }

    /// An entry that does nothing yet, on the head that somebody honest has.
    pub(super) fn draft(&self, signer: Who, who: Who, circle: Circle) -> Entry {
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
    pub(super) fn change(&mut self, model: &Model, who: Who, mut entry: Entry, with_key: bool) -> Option<()> {
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
    pub(super) fn trick(&self, model: &Model, signer: Who, who: Who, circle: Circle, trick: Trick) -> Entry {
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
    pub(super) fn make(&mut self, model: &Model, who: Who, entry: Entry) -> Option<()> {
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
    pub(super) fn seal(&self, model: &Model, who: Who) -> Option<Note> {
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

pub(super) const fn place(who: Who) -> usize {
    match who {
        Who::Anna => 0,
        _ => 1,
    }
}
