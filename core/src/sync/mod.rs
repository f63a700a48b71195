//! Sync, sans-IO: what to do next, given what has happened. No socket, no store, no clock: time and randomness are
//! arguments, effects are data. [`crate::client::Exchange`] carries the effects out.
//!
//! Two lanes run beside each other: *push* (outbox to relay) and *pull* (feed to inbox). A failure of either ends the contact
//! and starts the back-off; nothing is ever given up. A newer directory is fetched beside them, and holds up neither.

mod backoff;
mod event;
#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use event::{Effect, Event, Failure, LONGEST_WAIT, Mode};

use self::event::has_come;
use crate::rng::CryptoRng;

/// Receipts are gathered for this long while live, so that a list that is read quickly is one receipt. Milliseconds.
const GATHER: i64 = 1_000;

/// Everybody who is live hears of a new directory in one second. They ask for it within this time, so that the relay does not have
/// to send some gigabytes at once. Milliseconds.
const SPREAD: i64 = 2 * 60_000;

/// After this many pushes that found something forgotten, healing rests as well.
const HEALS: u32 = 3;
/// After this many pushes in a row of which nothing was taken, pushing rests.
const PATIENCE: u32 = 4;
/// For this long. Milliseconds.
const REST: i64 = 30_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    Opening,
    Open,
    /// After a failure, until then (Unix ms).
    Resting(i64),
}

/// The state of one device's contact with its relay.
#[derive(Debug)]
pub struct Sync {
    mode: Mode,
    phase: Phase,
    backoff: Backoff,
    pushing: bool,
    pulling: bool,
    /// The feed has been read to its end at least once in this contact.
    caught_up: bool,
    /// Something new has come since the inbox was last processed.
    news: bool,
    push_wanted: bool,
    /// Pushes in a row of which nothing was taken.
    fruitless: u32,
    healing: bool,
    /// Pushes of this contact that found something forgotten, since the relay was last put back.
    heals: u32,
    fetching: bool,
    /// A directory is on its way.
    asking: bool,
    /// The inbox was processed before in this contact.
    tidied: bool,
    directory_at: Option<i64>,
    /// Something was saved: reading makes a receipt due without anything having come in.
    tidy_wanted: bool,
    receipts_at: Option<i64>,
    push_at: Option<i64>,
    /// The relay's last word was that it serves this device nothing.
    refused: bool,
}

impl Sync {
    /// A device that is not in contact.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            phase: Phase::Idle,
            backoff: Backoff::default(),
            pushing: false,
            pulling: false,
            caught_up: false,
            news: false,
            push_wanted: true,
            fruitless: 0,
            healing: false,
            heals: 0,
            fetching: false,
            asking: false,
            tidied: false,
            directory_at: None,
            tidy_wanted: false,
            receipts_at: None,
            push_at: None,
            refused: false,
        }
    }

    /// True while the relay answers.
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// True from when the relay refuses this device until it opens a session again.
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    /// True if the contact is a short one: what would be gathered while live leaves with it.
    pub fn is_once(&self) -> bool {
        self.mode == Mode::Once
    }

    /// What to do about an event. `now` is Unix milliseconds; no decision depends on its being right, only on its running.
    pub fn step(&mut self, now: i64, rng: &mut dyn CryptoRng, event: Event) -> Vec<Effect> {
        let mut out = Vec::new();
        match event {
            Event::Start => self.open(&mut out),
            Event::Stop => self.stop(&mut out),
            Event::Local => {
                (self.push_wanted, self.tidy_wanted) = (true, true);
                self.push(&mut out);
            }
            Event::Opened { heal } => {
                (self.phase, self.refused) = (Phase::Open, false);
                if heal {
                    self.heal(&mut out);
                } else {
                    self.pull(false, &mut out);
                }
            }
            Event::Pushed { progress, more, pull_first, forgot } => {
                self.pushed(now, progress, (more, pull_first, forgot), &mut out);
            }
            Event::NothingToPush { next } => {
                self.pushing = false;
                self.push_at = next.filter(|next| *next > now).map(|next| next.min(now + LONGEST_WAIT));
                // Something may have been put there since it was looked for.
                self.push(&mut out);
            }
            Event::Pulled { more, news } => self.pulled(more, news, &mut out),
            Event::Tidied { push, receipts, backlog, directory } => {
                self.fetch(now, rng, directory, &mut out);
                self.tidied(now, (push, receipts, backlog), &mut out);
            }
            Event::BacklogDone => {
                self.fetching = false;
                self.tidy(&mut out);
            }
            Event::Directory { taken } => {
                self.asking = false;
                self.directory_at = (!taken && self.is_open()).then_some(now + LONGEST_WAIT);
            }
            Event::Healed => {
                self.healing = false;
                self.push_wanted = true;
                self.push(&mut out);
                self.pull(false, &mut out);
            }
            Event::ReceiptsWritten => {
                self.push_wanted = true;
                self.push(&mut out);
            }
            Event::Failed(failure) => {
                self.refused |= failure == Failure::Forbidden;
                self.failed(now, rng, failure, &mut out);
            }
            Event::Due => self.due(now, &mut out),
        }
        // What was saved leaves first; nobody waits for the rest.
        if self.tidy_wanted && self.is_open() && self.caught_up && !self.pushing && !self.healing {
            self.tidy(&mut out);
        }
        self.wake(now, &mut out);
        if self.mode == Mode::Once && self.is_open() && self.is_quiet() && !out.iter().any(Effect::is_work) {
            self.stop(&mut out);
            out.push(Effect::Finished);
        }
        out
    }

    fn is_quiet(&self) -> bool {
        let busy = self.pushing || self.pulling || self.healing || self.fetching || self.asking;
        self.caught_up && !busy && !self.push_wanted && !self.tidy_wanted
    }

    fn tidy(&mut self, out: &mut Vec<Effect>) {
        (self.tidy_wanted, self.news) = (false, false);
        out.push(Effect::Tidy);
    }

    fn open(&mut self, out: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Idle | Phase::Resting(_)) {
            self.phase = Phase::Opening;
            out.push(Effect::OpenSession);
        }
    }

    fn stop(&mut self, out: &mut Vec<Effect>) {
        self.phase = Phase::Idle;
        self.reset_lanes();
        out.push(Effect::Disconnect);
    }

    fn reset_lanes(&mut self) {
        self.clear_lanes();
        (self.healing, self.caught_up, self.heals) = (false, false, 0);
        (self.tidied, self.directory_at) = (false, None);
    }

    /// Nothing that was asked for is waited for any more.
    fn clear_lanes(&mut self) {
        (self.pushing, self.pulling, self.fetching, self.asking) = (false, false, false, false);
        // What was on its way may or may not have arrived: it is sent again.
        self.push_wanted = true;
    }

    /// Pushing begins when the feed has been read once, so that new circles and keys are known.
    fn push(&mut self, out: &mut Vec<Effect>) {
        if self.is_open() && self.caught_up && self.push_wanted && !self.pushing && !self.healing {
            self.pushing = true;
            self.push_wanted = false;
            out.push(Effect::Push);
        }
    }

    fn pull(&mut self, wait: bool, out: &mut Vec<Effect>) {
        if self.is_open() && !self.pulling && !self.healing {
            self.pulling = true;
            out.push(Effect::Pull { wait });
        }
    }

    fn pushed(
        &mut self,
        now: i64,
        progress: bool,
        (more, pull_first, forgot): (bool, bool, bool),
        out: &mut Vec<Effect>,
    ) {
        self.pushing = false;
        self.fruitless = if progress { 0 } else { self.fruitless + 1 };
        if self.fruitless >= PATIENCE {
            // Whatever is wrong is not mended by trying at once.
            self.fruitless = 0;
            self.push_at = Some(now + REST);
            return;
        }
        if forgot {
            self.push_wanted = true;
            self.heals += 1;
            if self.heals > HEALS {
                // What is missing between is with somebody else; it is waited for.
                (self.push_wanted, self.push_at) = (false, Some(now + REST));
            } else {
                self.heal(out);
            }
            return;
        }
        self.push_wanted |= more || pull_first;
        if pull_first {
            // While live, the feed brings it by itself, and tidying pushes again.
            self.pull(false, out);
        } else {
            self.push(out);
            // What is gathered for a while is looked for once more, when that is over.
            if self.mode == Mode::Live && !self.pushing {
                self.push_at = self.push_at.or(Some(now + LONGEST_WAIT));
            }
        }
    }

    fn heal(&mut self, out: &mut Vec<Effect>) {
        if !self.healing {
            // The feed is read from its beginning: a page that is on its way would take the device past all of it.
            self.clear_lanes();
            self.healing = true;
            out.extend([Effect::Disconnect, Effect::Heal]);
        }
    }

    fn pulled(&mut self, more: bool, news: bool, out: &mut Vec<Effect>) {
        self.pulling = false;
        // Not when the session opened: a relay that greets and then fails is not asked every second for ever.
        self.backoff.reset();
        self.news |= news;
        if more {
            self.pull(false, out);
            return;
        }
        let look = self.news || !self.caught_up;
        self.caught_up = true;
        if look {
            self.tidy(out);
        } else {
            // It may have been read for what a push lacks.
            self.push(out);
        }
        if self.mode == Mode::Live {
            self.pull(true, out);
        }
    }

    /// At once where a contact begins, since those are spread; after a while where everybody hears of it together. Once it did not come
    /// it is asked for again much later, or in the next contact.
    fn fetch(&mut self, now: i64, rng: &mut dyn CryptoRng, wanted: bool, out: &mut Vec<Effect>) {
        let began = !std::mem::replace(&mut self.tidied, true);
        if !wanted || self.asking || self.directory_at.is_some() {
            return;
        }
        if began || self.mode == Mode::Once {
            self.ask(out);
        } else {
            self.directory_at = Some(now + i64::from(rng.next_u32()) % SPREAD);
        }
    }

    fn ask(&mut self, out: &mut Vec<Effect>) {
        if self.is_open() && !self.asking {
            self.asking = true;
            out.push(Effect::Directory);
        }
    }

    fn tidied(&mut self, now: i64, (push, receipts, backlog): (bool, bool, bool), out: &mut Vec<Effect>) {
        if backlog && !self.fetching {
            self.fetching = true;
            out.push(Effect::Backlog);
        }
        self.push_wanted |= push;
        if receipts {
            match self.mode {
                Mode::Once => out.push(Effect::WriteReceipts),
                Mode::Live => self.receipts_at = Some(self.receipts_at.unwrap_or(now + GATHER)),
            }
        }
        self.push(out);
    }

    fn failed(&mut self, now: i64, rng: &mut dyn CryptoRng, failure: Failure, out: &mut Vec<Effect>) {
        match failure {
            Failure::Restored if self.is_open() => {
                self.heals = 0;
                self.heal(out);
            }
            // Once: the token was simply too old. If the new session fails as well, it rests like any other failure.
            Failure::Unauthorized if self.is_open() => {
                self.reset_lanes();
                self.phase = Phase::Opening;
                out.push(Effect::OpenSession);
            }
            _ => {
                let retry_after = match failure {
                    Failure::Unreachable { retry_after } => retry_after,
                    _ => None,
                };
                self.reset_lanes();
                self.phase = Phase::Resting(now + self.backoff.next(rng, retry_after));
                out.push(Effect::Disconnect);
                if self.mode == Mode::Once {
                    self.phase = Phase::Idle;
                    out.push(Effect::Finished);
                }
            }
        }
    }

    fn due(&mut self, now: i64, out: &mut Vec<Effect>) {
        if self.receipts_at.is_some_and(|at| has_come(at, now)) {
            self.receipts_at = None;
            out.push(Effect::WriteReceipts);
        }
        if self.push_at.is_some_and(|at| has_come(at, now)) {
            self.push_at = None;
            self.push_wanted = true;
            self.push(out);
        }
        if self.directory_at.is_some_and(|at| has_come(at, now)) {
            self.directory_at = None;
            self.ask(out);
        }
        if let Phase::Resting(until) = self.phase
            && has_come(until, now)
        {
            self.open(out);
        }
    }

    fn wake(&self, now: i64, out: &mut Vec<Effect>) {
        let resting = match self.phase {
            Phase::Resting(until) => Some(until),
            _ => None,
        };
        let while_open = [self.push_at, self.directory_at].map(|at| at.filter(|_| self.is_open()));
        let times = [resting, self.receipts_at].into_iter().chain(while_open);
        if let Some(at) = times.flatten().min() {
            out.push(Effect::WakeAt(at.min(now + LONGEST_WAIT)));
        }
    }
}
