//! What goes wrong beside the lines: processes end, clocks jump, networks part, the relay is put back to an older state.

use tvaers_core::client::Input;
use tvaers_core::sync::Failure;

use super::sim::{DAY, Event, HOUR, SECOND, World, YEAR};

impl World {
    pub(super) fn crash(&mut self, node: usize) {
        self.say(|| format!("device {node} crashes"));
        self.tally.crashes += 1;
        self.nodes[node].crash();
        let pause = self.dice.within(SECOND..=2 * HOUR);
        self.after(pause, Event::Restart(node));
    }

    pub(super) fn trouble(&mut self) -> Result<(), String> {
        let node = self.dice.below(self.nodes.len());
        match self.dice.below(7) {
            0 | 1 => {
                let long = self.dice.within(HOUR..=4 * DAY);
                self.say(|| format!("device {node} is offline for {} h", long / HOUR));
                self.tally.partitions += 1;
                self.nodes[node].offline_until = self.now + long;
            }
            2 | 3 => {
                self.tally.jumps += 1;
                self.nodes[node].skew =
                    if self.dice.chance(300) { 0 } else { self.dice.within(-10 * YEAR..=10 * YEAR) };
                let skew = self.nodes[node].skew;
                self.say(|| format!("device {node}'s clock is off by {} days", skew / DAY));
            }
            4 => self.crash(node),
            5 if self.restores => {
                let number = self.relay.snapshot();
                self.office.backed_up();
                self.say(|| format!("backup {number}"));
                self.drop_lines();
            }
            6 if self.restores && self.relay.snapshots() > 0 => {
                self.tally.restores += 1;
                let last = self.relay.snapshots() - 1;
                let number = last - self.dice.below(last.min(2) + 1);
                self.say(|| format!("the relay is put back to backup {number}"));
                self.relay.restore(number);
                self.relay_put_back(number);
                self.drop_lines();
            }
            _ => {
                self.say(|| format!("device {node} hangs up"));
                let at = self.dice.within(0..=HOUR);
                self.after(at, Event::Begin(node));
                self.hand_in(node, Input::Stop)?;
                self.nodes[node].contact = None;
            }
        }
        Ok(())
    }

    /// The relay has stopped: whoever waited hears of it.
    pub(super) fn drop_lines(&mut self) {
        for (node, line, request) in std::mem::take(&mut self.parked) {
            let lost = Err(Failure::Unreachable { retry_after: None });
            self.after(SECOND, Event::Answer(node, line, request, lost));
        }
        (0..self.nodes.len()).for_each(|node| self.break_stream(node, SECOND));
    }
}
