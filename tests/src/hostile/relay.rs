//! A relay in the enemy's hands: the real one, with a script between it and each device. A script sees the request, may ask the
//! real relay what it likes, and answers what it likes.

use tvaers_core::client::Request;
use tvaers_core::sync::Failure;
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::Wrap;
use tvaers_wire::ids::Stamp;
use tvaers_wire::message::{Backlog, FeedItem, Page, PushAnswer, PushItem, PushRequest, Pushed};
use tvaers_wire::statement::Authority;

use crate::world::backend::Backend;

/// What a device is answered.
pub type Answer = Result<Vec<u8>, Failure>;

type Script = Box<dyn FnMut(&Request, &mut dyn FnMut(&Request) -> Answer) -> Answer>;

/// The relay, as the devices meet it.
pub struct HostileRelay {
    backend: Backend,
    sessions: Vec<Option<String>>,
    scripts: Vec<Option<Script>>,
}

/// An entry in a feed, with a stamp of nobody's: only the relay that gave one ever looks at it.
pub fn shown(entry: Bytes, wraps: Vec<Wrap>) -> FeedItem {
    FeedItem::Entry { entry, wraps, stamp: Stamp::new([0; Stamp::LEN]) }
}

impl HostileRelay {
    /// A relay for so many devices, honest until it is told otherwise.
    pub fn new(authority: Authority, devices: usize) -> Self {
        let scripts = (0..devices).map(|_| None).collect();
        Self { backend: Backend::new(authority), sessions: vec![None; devices], scripts }
    }

    /// One more device.
    pub fn joins(&mut self) {
        self.sessions.push(None);
        self.scripts.push(None);
    }

    /// Answers a device by its script.
    pub fn call(&mut self, device: usize, now: i64, request: &Request) -> Answer {
        let Self { backend, sessions, scripts } = self;
        let mut honest = |request: &Request| backend.call(now, &mut sessions[device], request);
        match &mut scripts[device] {
            Some(script) => script(request, &mut honest),
            None => honest(request),
        }
    }

    /// Answers as the real relay does.
    pub fn honestly(&mut self, device: usize, now: i64, request: &Request) -> Answer {
        self.backend.call(now, &mut self.sessions[device], request)
    }

    /// From now on this device is answered by a script.
    pub fn script(
        &mut self,
        device: usize,
        script: impl FnMut(&Request, &mut dyn FnMut(&Request) -> Answer) -> Answer + 'static,
    ) {
        self.scripts[device] = Some(Box::new(script));
    }

    /// From now on this device is answered honestly.
    pub fn behave(&mut self, device: usize) {
        self.scripts[device] = None;
    }

    /// Whatever a device is shown of the feed, and of the pasts of circles, is shown to this first.
    pub fn shows(&mut self, device: usize, mut change: impl FnMut(&mut Vec<FeedItem>) + 'static) {
        self.script(device, move |request, honest| {
            let answer = honest(request)?;
            Ok(match request {
                Request::Pull { .. } => {
                    let mut page = Page::from_bytes(&answer).unwrap();
                    change(&mut page.items);
                    page.to_bytes()
                }
                Request::Backlog(_) => {
                    let mut backlog = Backlog::from_bytes(&answer).unwrap();
                    change(&mut backlog.items);
                    backlog.to_bytes()
                }
                _ => answer,
            })
        });
    }

    /// The next page that a device is shown has these at its end.
    pub fn slips(&mut self, device: usize, mut items: Vec<FeedItem>) {
        self.shows(device, move |page| page.append(&mut items));
    }

    /// A device is shown nothing of what this is true for.
    pub fn withholds(&mut self, device: usize, hidden: impl Fn(&FeedItem) -> bool + 'static) {
        self.shows(device, move |page| page.retain(|item| !hidden(item)));
    }

    /// What the relay says to each item of a device's pushes is shown to this first. The real relay has taken what it takes.
    pub fn replies(&mut self, device: usize, mut change: impl FnMut(&PushItem, &mut Pushed) + 'static) {
        self.script(device, move |request, honest| {
            let answer = honest(request)?;
            let Request::Push(body) = request else { return Ok(answer) };
            let (pushed, mut answer) =
                (PushRequest::from_bytes(body).unwrap(), PushAnswer::from_bytes(&answer).unwrap());
            pushed.items.iter().zip(&mut answer.results).for_each(|(item, result)| change(item, result));
            Ok(answer.to_bytes())
        });
    }

    /// What the real relay answers to anything under a device's session: status and body.
    pub fn raw(&self, device: usize, post: bool, path: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        self.backend.raw(post, path, self.sessions[device].as_deref(), body)
    }

    /// What the real relay answers to a question under any session.
    pub fn raw_under(&self, session: &str, path: &str) -> (u16, Vec<u8>) {
        self.backend.raw(false, path, Some(session), Vec::new())
    }

    /// Takes a backup. Returns its number.
    pub fn snapshot(&mut self) -> usize {
        self.backend.snapshot()
    }

    /// Puts a backup back.
    pub fn restore(&mut self, snapshot: usize) {
        self.backend.restore(snapshot);
    }

    /// Sets the relay up anew, without a backup: with its key or without. Returns the key that it had.
    pub fn set_up_anew(&mut self, key: Option<&[u8]>) -> Vec<u8> {
        self.backend.set_up_anew(key)
    }

    /// Puts the key in that it had before, and starts the relay again.
    pub fn put_key(&mut self, key: &[u8]) {
        self.backend.put_key(key);
    }

    /// Every byte of every file that the relay has, backups included.
    pub fn read_in_full(&mut self) -> Vec<(String, Vec<u8>)> {
        self.backend.snapshot();
        self.backend.read_in_full()
    }
}
