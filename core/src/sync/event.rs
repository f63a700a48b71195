//! What happens to a device in contact with its relay, and what is to be done about it.

/// How long a contact lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Exchange what there is, then stop: a background task of a phone, a replay.
    Once,
    /// Stay connected and react at once.
    Live,
}

/// What has happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A contact is wanted: the app was opened, a network came up, the back-off ended.
    Start,
    /// The app closes, or the network is gone.
    Stop,
    /// Something was put into the outbox.
    Local,
    /// The relay has accepted the session.
    Opened {
        /// A healing that has begun before is to be gone on with.
        heal: bool,
    },
    /// A push was answered.
    Pushed {
        /// At least one item of it was taken.
        progress: bool,
        /// More may leave at once.
        more: bool,
        /// The feed holds what the next push needs.
        pull_first: bool,
        /// The relay has forgotten something it had acknowledged.
        forgot: bool,
    },
    /// The outbox had nothing that may leave; when something in it may, if anything waits (Unix ms).
    NothingToPush {
        /// Unix milliseconds.
        next: Option<i64>,
    },
    /// A page of the feed is durably in the inbox.
    Pulled {
        /// More is there already.
        more: bool,
        /// Something in it is new here; own chunks that come back are not.
        news: bool,
    },
    /// The inbox was processed and circles were looked after.
    Tidied {
        /// Something waits to be pushed.
        push: bool,
        /// Receipts are due.
        receipts: bool,
        /// Circles have a past that is still to be fetched.
        backlog: bool,
        /// The authority has stated a newer directory than the one here.
        directory: bool,
    },
    /// The pasts that were asked for are in the inbox.
    BacklogDone,
    /// The directory that was asked for has come, or has not.
    Directory {
        /// It has.
        taken: bool,
    },
    /// What the relay had forgotten is in the outbox again.
    Healed,
    /// Receipts are in the outbox.
    ReceiptsWritten,
    /// A request failed.
    Failed(Failure),
    /// The time asked for with [`Effect::WakeAt`] has come.
    Due,
}

/// Why a request failed, by what is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// No answer, or one that says to try later, in so many milliseconds if it says when.
    Unreachable {
        /// Milliseconds.
        retry_after: Option<i64>,
    },
    /// The session is over.
    Unauthorized,
    /// The relay refuses this device.
    Forbidden,
    /// The relay does not know our token: it was restored from a backup.
    Restored,
    /// The answer or the request makes no sense to the other side; a newer version may be needed.
    Incompatible,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Prove who we are.
    OpenSession,
    /// Send what waits in the outbox, if anything may leave.
    Push,
    /// Ask for what is new; with `wait`, hold the line until there is something.
    Pull {
        /// Long-poll, or the live stream.
        wait: bool,
    },
    /// Process the inbox and look after circles.
    Tidy,
    /// Fetch the pasts of circles we were added to.
    Backlog,
    /// Fetch the directory in force.
    Directory,
    /// Ask where the relay stands and queue what it lacks.
    Heal,
    /// Write the receipts that are due.
    WriteReceipts,
    /// Say [`Event::Due`] at this time, Unix milliseconds. A later call replaces an earlier one.
    WakeAt(i64),
    /// Drop what is on its way, and the stream. What follows goes out anew.
    Disconnect,
    /// The contact is over; in mode [`Mode::Once`] there is nothing left to do.
    Finished,
}

impl Effect {
    /// True if something is to be done now.
    pub(super) fn is_work(&self) -> bool {
        !matches!(self, Self::WakeAt(_) | Self::Disconnect)
    }
}

/// Nothing waits for longer than this, whatever the clock does. Milliseconds.
pub const LONGEST_WAIT: i64 = 10 * 60_000;

/// A time further ahead than anything waits was set before the clock was put back: it counts as come.
pub(super) fn has_come(at: i64, now: i64) -> bool {
    at <= now || at > now + LONGEST_WAIT
}
