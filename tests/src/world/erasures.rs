//! Records that were written by mistake: somebody who manages a circle asks to have one erased, somebody else agrees, or sets a hold.

use tvaers_core::client::{ClientError, Device, Input};
use tvaers_core::moment::Moment;
use tvaers_core::view::{Erasing, ErasingState};
use tvaers_wire::ids::{ChildId, EntryId, RecordId};

use super::dice::Dice;
use super::sim::World;

impl World {
    /// In some worlds much is erased, in most nothing.
    pub(super) fn erasing(seed: u64) -> (Dice, usize) {
        let mut dice = Dice::new(seed ^ 0x6572_6173);
        let often = [0, 0, 0, 60, 250][dice.below(5)];
        (dice, often)
    }

    /// Somebody agrees to what was asked for, or asks, on a device that runs.
    pub(super) fn erase(&mut self) -> Result<(), String> {
        let (dice, often) = &mut self.erasing;
        if !dice.chance(*often) {
            return Ok(());
        }
        let running = (0..self.nodes.len()).filter(|node| self.nodes[*node].device().is_some());
        let running: Vec<usize> = running.filter(|node| self.is_in(*node)).collect();
        let Some(node) = self.erasing.0.pick(&running).copied() else { return Ok(()) };
        let (dice, at) = (&mut self.erasing.0, self.now + self.nodes[node].skew);
        let device = self.nodes[node].device().unwrap();
        let waiting: Vec<EntryId> =
            device.erasures().unwrap().into_iter().filter(may_agree).map(|e| e.asking).collect();
        let known: Vec<(RecordId, Option<ChildId>)> = device
            .all_records()
            .unwrap()
            .into_iter()
            .filter(|row| row.open)
            .map(|row| (row.record, row.child))
            .collect();
        let (asking, record) = (dice.pick(&waiting).copied(), dice.pick(&known).copied());
        let done = match (dice.below(10), asking, record) {
            (0..6, Some(asking), _) => {
                let agreed = device.agree_erasure(&asking, &Moment::new(at, dice));
                if agreed.is_ok() {
                    self.tally.erasures += 1;
                    self.model.erased.extend(&self.model.asked);
                }
                agreed.map(|()| format!("agrees to {asking:?}"))
            }
            (9, _, Some((_, Some(child)))) => match device.is_on_hold(&child) {
                true => device.lift_hold(&child, None).map(|()| format!("asks to end the hold on {child:?}")),
                false => device.hold_erasure(&child, None).map(|()| format!("holds {child:?}")),
            },
            (_, _, Some((record, _))) => {
                let asked = device.ask_erasure(&[record], None, &Moment::new(at, dice));
                if asked.is_ok() {
                    self.model.asked.insert(record);
                }
                asked.map(|()| format!("asks to erase {record:?}"))
            }
            _ => return Ok(()),
        };
        match done {
            Ok(what) => {
                self.say(|| format!("device {node} {what}"));
                self.hand_in(node, Input::Local)
            }
            Err(ClientError::NotErased(_) | ClientError::NotAllowed) => Ok(()),
            Err(error) => Err(format!("device {node} fails: {error}")),
        }
    }

    /// Nothing is gone that two persons have not agreed on.
    pub(super) fn check_erased(&self, device: &Device) -> Result<(), String> {
        for record in self.model.records.keys().filter(|record| !self.model.erased.contains(record)) {
            if device.envelope(record) == Err(ClientError::RecordErased) {
                return Err(format!("{record:?} is erased, and nobody had agreed to that"));
            }
        }
        Ok(())
    }
}

fn may_agree(erasing: &Erasing) -> bool {
    matches!(erasing.state, ErasingState::Asked { may_agree: true })
}
