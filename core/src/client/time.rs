//! What time it is, as far as a device can know: by what the relay has told, and by its own clock since.

use rusqlite::{Connection, Transaction};

use crate::store::{StoreError, meta};

/// Time moves so far in memory before it is written down, in milliseconds: a device that starts again has lost at most this.
const GRAIN: i64 = 60_000;

/// All in Unix milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Time {
    /// The relay's time when it was last asked, or the newest that it has put on something since.
    told: i64,
    /// What the device's clock showed then.
    clock: i64,
    /// The latest time that has counted here since.
    seen: i64,
    /// The latest that is written down, and by how much the device's clock was ahead of the relay's then.
    kept: (i64, i64),
}

impl Time {
    /// As it was written down.
    pub(crate) fn load(conn: &Connection) -> Result<Self, StoreError> {
        let kept = meta::get(conn, "time")?.unwrap_or_default();
        let part = |at: usize| kept.get(at..at + 8).and_then(|part| part.try_into().ok()).map_or(0, i64::from_be_bytes);
        let [told, clock, seen] = [part(0), part(8), part(16)];
        let time = Self { told, clock, seen, kept: (0, 0) };
        Ok(Self { kept: time.written(), ..time })
    }

    /// The relay has said what time it is, while the device's clock showed this. It knows better than the clock: what that had shown
    /// meanwhile counts no more.
    pub(crate) fn tell(&mut self, told: i64, clock: i64) {
        *self = Self { told, clock, seen: told, kept: self.kept };
    }

    /// The relay has put this time on something. It may be old.
    pub(crate) fn heard(&mut self, told: i64) {
        // Before a relay has been asked there is nothing that the clock could be held against.
        if self.told > 0 && told > self.told {
            let ahead = told - self.told;
            (self.told, self.clock) = (told, self.clock.saturating_add(ahead));
            self.seen = self.seen.max(told);
        }
    }

    /// The device's clock shows this. It is a stopwatch from what the relay has told on: one that is wrong, and always was, does no
    /// harm; one that is put forward hides, until the relay is asked again; one that is put back wins nothing.
    pub(crate) fn tick(&mut self, clock: i64) {
        let now = match self.told {
            0 => clock,
            told => told.saturating_add(clock.saturating_sub(self.clock).max(0)),
        };
        self.seen = self.seen.max(now);
    }

    /// What counts for what is shown, in seconds.
    pub(crate) fn now(&self) -> u64 {
        seconds(self.seen)
    }

    /// What counts for what cannot be taken back: nothing but the relay's word, in seconds.
    pub(crate) fn told(&self) -> u64 {
        seconds(self.told)
    }

    /// True if so much has passed that it is to be written down.
    pub(crate) fn is_news(&self) -> bool {
        let ((seen, ahead), now) = (self.kept, self.written());
        !(seen..seen.saturating_add(GRAIN)).contains(&now.0) || ahead.abs_diff(now.1) >= GRAIN.unsigned_abs()
    }

    fn written(&self) -> (i64, i64) {
        (self.seen, self.clock.saturating_sub(self.told))
    }

    /// The same time, as far as it is written down like this.
    pub(crate) fn kept_as(self, stored: &Self) -> Self {
        if self.told == 0 && self.seen <= stored.seen { *stored } else { Self { kept: stored.kept, ..self } }
    }

    /// Writes it down.
    pub(crate) fn keep(&mut self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        let bytes = [self.told, self.clock, self.seen].map(i64::to_be_bytes).concat();
        meta::set(tx, "time", &bytes)?;
        self.kept = self.written();
        Ok(())
    }
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Time;

    const TOLD: i64 = 1_000_000_000;

    fn told(clock: i64) -> Time {
        let mut time = Time::default();
        time.tell(TOLD, clock);
        time
    }

    #[test]
    fn a_clock_that_was_always_wrong_counts_as_a_stopwatch() {
        for clock in [0, TOLD / 2, TOLD, 3 * TOLD] {
            let mut time = told(clock);
            time.tick(clock + 60_000);
            assert_eq!((time.now(), time.told()), ((TOLD + 60_000) as u64 / 1000, TOLD as u64 / 1000));
        }
    }

    #[test]
    fn a_clock_that_is_put_back_wins_nothing_and_one_that_is_put_forward_is_forgotten_when_the_relay_has_spoken() {
        let mut time = told(TOLD);
        time.tick(TOLD + 500_000);
        let before = time.now();
        time.tick(0);
        assert_eq!(time.now(), before);
        time.tick(10 * TOLD);
        assert_eq!((time.now(), time.told()), (10 * TOLD as u64 / 1000, TOLD as u64 / 1000), "it never tells");
        time.tell(TOLD + 1_000_000, 10 * TOLD + 500);
        assert_eq!(time.now(), (TOLD + 1_000_000) as u64 / 1000);
    }

    #[test]
    fn what_the_relay_has_put_on_things_counts_and_old_things_do_not() {
        let mut time = told(TOLD);
        time.heard(TOLD - 5_000);
        assert_eq!(time.told(), TOLD as u64 / 1000);
        time.heard(TOLD + 90_000);
        assert_eq!(time.told(), (TOLD + 90_000) as u64 / 1000);
        time.tick(TOLD + 91_000);
        assert_eq!(time.now(), (TOLD + 91_000) as u64 / 1000, "the same second is not counted twice");
    }

    #[test]
    fn no_clock_makes_it_overflow() {
        for (told, clock, tick) in [(i64::MAX, i64::MIN, i64::MAX), (1, i64::MAX, i64::MIN), (-5, 0, i64::MIN)] {
            let mut time = Time::default();
            time.tell(told, clock);
            time.tick(tick);
            time.heard(i64::MAX);
            time.tick(i64::MAX);
            let _ = (time.now(), time.told(), time.is_news());
        }
    }
}
