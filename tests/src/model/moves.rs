//! What can happen next.

use super::circle::{Circle, Entry, Id, Set, Who};
use super::state::{HONEST, State, place};
use super::{Model, Relay};

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
}
