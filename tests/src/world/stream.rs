//! The live stream of a device in a world: once it is open, pages come on it by themselves, whatever the device asks meanwhile.

use tvaers_core::client::Request;
use tvaers_core::sync::Failure;
use tvaers_wire::codec::Canonical;
use tvaers_wire::message::{Page, TOKEN_START, Token};

use super::sim::{Event, PATIENCE, SECOND, World};

/// What answers come to on a stream: its tokens went out when it was opened.
const WAITING: Request = Request::Pull { after: TOKEN_START, seen: TOKEN_START, wait: true };

/// How a device's stream stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    /// It was asked for, or it has broken and the device has not heard of it.
    Silent,
    /// The relay goes on after this; nothing arrives before that time.
    Open(Token, i64),
}

impl World {
    /// The relay has opened a stream with this answer.
    pub(super) fn open_stream(&mut self, node: usize, first: Result<Vec<u8>, Failure>) -> Result<(), String> {
        let after = match &first {
            Ok(page) => Page::from_bytes(page).unwrap().next,
            Err(_) => TOKEN_START,
        };
        self.nodes[node].stream = Some(Stream::Open(after, self.now));
        if self.bring(node, first) { self.flow(node) } else { Ok(()) }
    }

    /// Whatever is new at the relay goes out on the stream of a device, if it has one.
    pub(super) fn flow(&mut self, node: usize) -> Result<(), String> {
        while let Some(Stream::Open(after, _)) = self.nodes[node].stream {
            if self.now < self.nodes[node].offline_until || self.dice.chance(self.faults.answer_lost) {
                self.tally.lost += 1;
                self.break_stream(node, PATIENCE);
                return Ok(());
            }
            let request = Request::Pull { after, seen: TOKEN_START, wait: true };
            let page = self.relay.call(self.now, &mut self.nodes[node].session, &request);
            self.note(node, &request, &page);
            self.check_refused(node, &request, &page)?;
            if !self.bring(node, page) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One page, behind those that are on their way. True if there was something on it.
    fn bring(&mut self, node: usize, page: Result<Vec<u8>, Failure>) -> bool {
        let Some(Stream::Open(_, last)) = self.nodes[node].stream else { return false };
        let Ok(bytes) = page else {
            let (line, wait) = (self.nodes[node].line, (last - self.now).max(SECOND));
            self.nodes[node].stream = Some(Stream::Silent);
            self.after(wait, Event::Answer(node, line, WAITING, page));
            return false;
        };
        let parsed = Page::from_bytes(&bytes).unwrap();
        if parsed.items.is_empty() {
            return false;
        }
        let at = last.max(self.now + self.dice.within(5..=800));
        self.nodes[node].stream = Some(Stream::Open(parsed.next, at));
        self.after(at - self.now, Event::Answer(node, self.nodes[node].line, WAITING, Ok(bytes)));
        true
    }

    /// Nothing more comes; the device hears of it after a while.
    pub(super) fn break_stream(&mut self, node: usize, after: i64) {
        if let Some(Stream::Open(_, last)) = self.nodes[node].stream {
            self.nodes[node].stream = Some(Stream::Silent);
            let lost = Err(Failure::Unreachable { retry_after: None });
            let wait = (last - self.now).max(after);
            self.after(wait, Event::Answer(node, self.nodes[node].line, WAITING, lost));
        }
    }
}
