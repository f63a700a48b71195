//! The calm after: everybody gets in contact, undisturbed, until nothing moves any more.

use super::sim::{HOUR, World};

/// Rounds of contact after which everything must have come to rest.
const ROUNDS: usize = 24;

impl World {
    /// Everybody contacts the relay in turn until two whole rounds have pushed nothing.
    ///
    /// # Errors
    /// If it never comes to rest.
    pub(super) fn calm(&mut self) -> Result<(), String> {
        let mut quiet = 0;
        for round in 0..ROUNDS {
            let mut order: Vec<usize> = (0..self.nodes.len()).filter(|node| !self.is_out(*node)).collect();
            for at in (1..order.len()).rev() {
                order.swap(at, self.dice.below(at + 1));
            }
            self.let_in_again()?;
            let mut pushed = Vec::new();
            for node in order {
                self.now += HOUR;
                if self.contact(node)? {
                    pushed.push(node);
                }
            }
            self.say(|| format!("calm, round {round}: pushed by {pushed:?}"));
            quiet = if pushed.is_empty() { quiet + 1 } else { 0 };
            if quiet == 2 {
                return Ok(());
            }
        }
        Err(format!("after {ROUNDS} rounds of contact something is still being pushed"))
    }
}
