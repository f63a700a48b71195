//! What an exchange is told, and what it wants done.

use tvaers_wire::ids::Fixed;
use tvaers_wire::message::Token;

use crate::client::Processed;
use crate::sync::Failure;

/// A request to the relay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// `POST /v1/challenge`.
    Challenge,
    /// `POST /v1/session`.
    Session(Vec<u8>),
    /// `POST /v1/push`.
    Push(Vec<u8>),
    /// `GET /v1/pull`, or the live stream when `wait` is set.
    Pull {
        /// Where the feed was read to.
        after: Token,
        /// The newest place a push was confirmed at.
        seen: Token,
        /// Hold the line until there is something.
        wait: bool,
    },
    /// `POST /v1/backlog`.
    Backlog(Vec<u8>),
    /// `POST /v1/frontier`.
    Frontier(Vec<u8>),
    /// `GET /v1/directory`: the one with this head.
    Directory(Fixed<32>),
    /// `POST /v1/wipe`, with the session request that was refused: is there a word of the authority about this device?
    Word(Vec<u8>),
    /// `POST /v1/wipe/receipt`.
    Receipt(Vec<u8>),
}

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// Get in contact.
    Start,
    /// End the contact.
    Stop,
    /// A person has saved something.
    Local,
    /// A request was answered.
    Answer(Request, Result<Vec<u8>, Failure>),
    /// The time asked for has come.
    Due,
}

/// What goes out.
#[derive(Debug)]
pub enum Output {
    /// Send this, and hand the answer in with it.
    Send(Request),
    /// Say [`Input::Due`] at this time, Unix milliseconds.
    WakeAt(i64),
    /// A person would see a difference.
    Changed(Processed),
    /// Drop what is on its way, and the stream: no answer to what was sent before is handed in after this. What follows goes out anew.
    Disconnect,
    /// Nothing is left to do.
    Finished,
}
