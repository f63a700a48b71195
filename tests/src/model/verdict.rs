//! What must hold in every state, in the words of the head of this folder.

use super::circle::{Circle, Id, Set, Who, keys_of};
use super::rules::View;
use super::state::{HONEST, State};
use super::{Action, Model};

impl State {
    /// Whether a device can open a key with everything that was ever made: the relay keeps nothing from it.
    pub(super) fn opens(&self, model: &Model, device: Who, key: Id) -> bool {
        keys_of(device, 0..self.made.len() as Id, &self.made, model) & 1 << key != 0
    }

    pub(super) fn put_out_open_nothing(&self, model: &Model) -> bool {
        self.note.is_none_or(|note| note.gone.iter().all(|device| !self.opens(model, device, note.key)))
    }

    pub(super) fn put_out_sign_nothing(&self, model: &Model) -> bool {
        let counts = |view: &View| {
            let gone = view.gone(&self.made, model).both(Set::of(&[Who::Carl, Who::Ghost]));
            (1..=view.case.len()).any(|head| gone.iter().any(|who| model.counts(view, who, head, &self.made)))
        };
        !self.misled && !self.views.iter().any(counts)
    }

    pub(super) fn nobody_let_in_or_thrown_out(&self) -> bool {
        self.views.iter().all(|view| {
            let (own, case) = (view.log(Circle::Own, &self.made), view.log(Circle::Case, &self.made));
            let removed = |id: &Id| self.made[usize::from(*id)].removes.has(Who::Carl);
            let came_back = case.members.has(Who::Carl) && view.case.iter().any(removed);
            !own.members.and(case.members).has(Who::Ghost) && own.members.has(Who::Phone) && !came_back
        })
    }

    pub(super) fn nothing_lost(&self, model: &Model) -> bool {
        let Some(note) = self.note else { return true };
        let met = self.met(model);
        let opens = |device: Who| met.relay.opens(device, note.key, &met.made, model);
        met.relay.readers(&met.made).iter().all(opens)
    }

    pub(super) fn taken_by_all(&self, model: &Model) -> bool {
        let mut then = self.clone();
        then.hear(model);
        then.views.iter().all(|view| view.own == self.relay.own && view.case == self.relay.case)
    }

    pub(super) fn written_after_removal(&self) -> bool {
        self.note.is_some_and(|note| note.after_removal)
    }

    pub(super) fn written_after_loss(&self) -> bool {
        self.note.is_some_and(|note| note.after_loss)
    }

    pub(super) fn later_device_reads(&self, model: &Model) -> bool {
        let reads = |key| self.relay.opens(Who::Laptop, key, &self.made, model);
        let reader = self.relay.readers(&self.made).has(Who::Laptop);
        reader && self.note.is_some_and(|note| !note.with_laptop && reads(note.key))
    }

    /// Everybody has met: what the relay had lost is back, everybody has heard of everything, and what was owed is paid.
    fn met(&self, model: &Model) -> Self {
        let mut then = self.clone();
        while let Some(back) = HONEST.iter().find_map(|who| then.after(model, Action::BringBack(*who))) {
            then = back;
        }
        then.hear(model);
        then.views.iter_mut().for_each(|view| view.out = self.relay.out);
        let owed = [(Who::Phone, Circle::Own), (Who::Anna, Circle::Case), (Who::Phone, Circle::Case)];
        let enough = Model { entries: model.entries + owed.len(), ..model.clone() };
        for (who, circle) in owed {
            if let Some(paid) = then.after(&enough, Action::Renew(who, circle)) {
                then = paid;
                then.hear(model);
            }
        }
        then
    }

    /// Everybody hears of everything that the relay has, in whatever order the two logs need.
    fn hear(&mut self, model: &Model) {
        for (view, who) in HONEST.into_iter().enumerate() {
            let mut heard = true;
            while std::mem::take(&mut heard) {
                for circle in [Circle::Own, Circle::Case] {
                    let next = self.relay.entries(circle).get(self.views[view].entries(circle).len()).copied();
                    heard |= next.is_some_and(|id| self.deliver(model, who, id).is_some());
                }
            }
        }
    }
}
