//! The lines between devices and the relay: requests and answers that arrive, late, twice or not at all.

use std::fmt::Display;

use tvaers_core::client::{Exchange, Input, Output, Request};
use tvaers_core::moment::Moment;
use tvaers_core::sync::{Failure, Mode};
use tvaers_wire::batch::Batch;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::message::{Page, PushAnswer, PushItem, PushRequest, Pushed};

use super::sim::{Event, HOUR, MINUTE, PATIENCE, SECOND, World};
use super::stream::Stream;

impl World {
    /// A contact begins. Devices that are not live try again after a while.
    pub(super) fn begin(&mut self, node: usize) -> Result<(), String> {
        let again = self.dice.within(10 * MINUTE..=12 * HOUR);
        if self.nodes[node].mode == Mode::Once {
            self.after(again, Event::Begin(node));
        }
        if self.nodes[node].device().is_none() || self.nodes[node].contact.is_some() {
            return Ok(());
        }
        self.nodes[node].contact = Some(Exchange::new(self.nodes[node].mode));
        self.hand_in(node, Input::Start)
    }

    /// Something comes in at a device, and what it sends goes its way.
    pub(super) fn hand_in(&mut self, node: usize, input: Input) -> Result<(), String> {
        let now = self.now + self.nodes[node].skew;
        let Some((device, exchange)) = self.nodes[node].parts() else { return Ok(()) };
        let outputs = exchange.handle(device, &mut Moment::new(now, &mut self.dice), input);
        let outputs = outputs.map_err(|error| format!("device {node} fails: {error}"))?;
        for output in outputs {
            match output {
                // An open stream goes on by itself.
                Output::Send(Request::Pull { wait: true, .. }) if self.nodes[node].stream.is_some() => {}
                Output::Send(request) => {
                    if self.dice.chance(self.faults.crash / 2) {
                        self.crash(node);
                        return Ok(());
                    }
                    if self.nodes[node].streams && is_waiting(&request) {
                        self.nodes[node].stream = Some(Stream::Silent);
                    }
                    self.tally.requests += 1;
                    let (line, delay) = (self.nodes[node].line, self.dice.within(5..=800));
                    self.after(delay, Event::Arrive(node, line, request));
                    if self.dice.chance(self.faults.crash / 2) {
                        self.crash(node);
                        return Ok(());
                    }
                }
                Output::WakeAt(at) => {
                    let wait = (at - now).max(0);
                    self.nodes[node].wake_at = Some(self.now + wait);
                    let line = self.nodes[node].line;
                    self.after(wait, Event::Wake(node, line));
                }
                Output::Changed(changed) => self.check_opened(node, &changed.opened)?,
                Output::Disconnect => self.nodes[node].hang_up(),
                Output::Finished => {
                    self.nodes[node].hang_up();
                    self.nodes[node].contact = None;
                }
            }
        }
        Ok(())
    }

    pub(super) fn arrive(&mut self, node: usize, line: u64, request: Request) -> Result<(), String> {
        let lost = Err(Failure::Unreachable { retry_after: None });
        if self.now < self.nodes[node].offline_until || self.dice.chance(self.faults.request_lost) {
            self.tally.lost += 1;
            let wait = self.dice.within(SECOND..=PATIENCE);
            self.after(wait, Event::Answer(node, line, request, lost));
            return Ok(());
        }
        if self.dice.chance(self.faults.repeated) {
            self.tally.repeated += 1;
            let (late, session) = (self.dice.within(10..=20 * MINUTE), self.nodes[node].session.clone());
            self.after(late, Event::Echo(session, request.clone()));
        }
        let answer = self.relay.call(self.now, &mut self.nodes[node].session, &request);
        self.note(node, &request, &answer);
        self.check_refused(node, &request, &answer)?;
        self.wake_parked(&request)?;
        if self.dice.chance(self.faults.answer_lost) {
            self.tally.lost += 1;
            self.after(PATIENCE, Event::Answer(node, line, request, lost));
            return Ok(());
        }
        if self.nodes[node].streams && is_waiting(&request) && self.nodes[node].line == line {
            return self.open_stream(node, answer);
        }
        if is_waiting(&request) && answer.as_ref().is_ok_and(|page| is_empty(page)) {
            self.parked.push((node, line, request));
            return Ok(());
        }
        let delay = self.dice.within(5..=800);
        self.after(delay, Event::Answer(node, line, request, answer));
        Ok(())
    }

    /// Prints what became of a request, if it is worth a line.
    pub(super) fn note(&mut self, node: usize, request: &Request, answer: &Result<Vec<u8>, Failure>) {
        if let (Request::Push(push), Ok(answer)) = (request, answer) {
            self.watch_heads(push, answer);
            let taken = PushAnswer::from_bytes(answer).unwrap().results.contains(&Pushed::Stored);
            self.intruded |= taken && self.is_out(node);
        }
        if matches!((request, answer), (Request::Pull { .. }, Ok(_))) {
            self.nodes[node].heard_at = self.tally.restores;
        }
        match (request, answer) {
            (_, Err(failure)) => self.say(|| format!("device {node}: {} fails: {failure:?}", name(request))),
            (Request::Push(push), Ok(answer)) => self.say(|| {
                let (push, answer) = (PushRequest::from_bytes(push).unwrap(), PushAnswer::from_bytes(answer).unwrap());
                let items = push
                    .items
                    .iter()
                    .zip(answer.results)
                    .map(|(item, result)| format!("{} {result:?}", describe(item)));
                format!("device {node} pushes {}", items.collect::<Vec<_>>().join(", "))
            }),
            (Request::Frontier(_), Ok(_)) => self.say(|| format!("device {node} asks where the relay stands")),
            _ => {}
        }
    }

    /// Notes when a second entry was taken on the same parent, which only a restore makes possible.
    pub(super) fn watch_heads(&mut self, push: &[u8], answer: &[u8]) {
        let (push, answer) = (PushRequest::from_bytes(push).unwrap(), PushAnswer::from_bytes(answer).unwrap());
        for (item, result) in push.items.iter().zip(answer.results) {
            let taken: Vec<ParsedEntry> = match (item, result) {
                (PushItem::Entry { entry, .. }, Pushed::Stored) => vec![ParsedEntry::from_bytes(entry).unwrap()],
                (PushItem::Batch { batch, .. }, Pushed::Batch { refused }) => {
                    let entries = Batch::from_bytes(batch).unwrap().split(|_| None).unwrap().unwrap();
                    let taken = entries.into_iter().enumerate();
                    let taken = taken.filter(|(at, _)| refused.iter().all(|refused| refused.at != *at as u64));
                    taken.map(|(_, (_, parsed))| parsed).collect()
                }
                _ => Vec::new(),
            };
            for parsed in taken {
                for parent in &parsed.public.parents {
                    let first = *self.heads.entry(*parent).or_insert(parsed.id);
                    self.tally.two_heads += usize::from(first != parsed.id);
                }
                self.tally.united += usize::from(parsed.public.united().is_some());
            }
        }
    }

    /// A push may bring something for those who wait.
    pub(super) fn wake_parked(&mut self, request: &Request) -> Result<(), String> {
        if matches!(request, Request::Push(_)) { self.wake_waiting() } else { Ok(()) }
    }

    /// There is something new at the relay.
    pub(super) fn wake_waiting(&mut self) -> Result<(), String> {
        let mut still = Vec::new();
        for (node, line, request) in std::mem::take(&mut self.parked) {
            if self.nodes[node].line != line {
                continue;
            }
            if self.now < self.nodes[node].offline_until {
                let lost = Err(Failure::Unreachable { retry_after: None });
                self.after(PATIENCE, Event::Answer(node, line, request, lost));
                continue;
            }
            let answer = self.relay.call(self.now, &mut self.nodes[node].session, &request);
            if answer.as_ref().is_ok_and(|page| is_empty(page)) {
                still.push((node, line, request));
            } else {
                let delay = self.dice.within(5..=800);
                self.after(delay, Event::Answer(node, line, request, answer));
            }
        }
        self.parked.extend(still);
        (0..self.nodes.len()).try_for_each(|node| self.flow(node))
    }

    /// Talks to the relay undisturbed, in one go. True if something was pushed.
    pub(super) fn contact(&mut self, node: usize) -> Result<bool, String> {
        let mut exchange = Exchange::new(Mode::Once);
        let mut inputs = std::collections::VecDeque::from([Input::Start]);
        let (mut pushed, mut sent) = (false, 0);
        while let Some(input) = inputs.pop_front() {
            let now = self.now + self.nodes[node].skew;
            let device = self.nodes[node].device().unwrap();
            let outputs = exchange.handle(device, &mut Moment::new(now, &mut self.dice), input);
            for output in outputs.map_err(|error| format!("device {node} fails: {error}"))? {
                match output {
                    Output::Send(request) => {
                        sent += 1;
                        if sent > 400 {
                            return Err(format!("a contact of device {node} does not end"));
                        }
                        self.tally.requests += 1;
                        pushed |= matches!(request, Request::Push(_));
                        let answer = self.relay.call(self.now, &mut self.nodes[node].session, &request);
                        self.note(node, &request, &answer);
                        self.now += 20;
                        inputs.push_back(Input::Answer(request, answer));
                    }
                    Output::Changed(changed) => self.check_opened(node, &changed.opened)?,
                    Output::Disconnect => inputs.clear(),
                    Output::WakeAt(_) => {}
                    Output::Finished => return Ok(pushed),
                }
            }
        }
        Err(format!("a contact of device {node} stops without an end"))
    }
}

fn is_waiting(request: &Request) -> bool {
    matches!(request, Request::Pull { wait: true, .. })
}

fn name(request: &Request) -> impl Display {
    match request {
        Request::Challenge => "challenge",
        Request::Session(_) => "session",
        Request::Push(_) => "push",
        Request::Pull { .. } => "pull",
        Request::Backlog(_) => "backlog",
        Request::Frontier(_) => "frontier",
        Request::Directory(_) => "directory",
        Request::Word(_) => "word",
        Request::Receipt(_) => "receipt",
    }
}

fn describe(item: &PushItem) -> String {
    match item {
        PushItem::Entry { entry, wraps, stamp } => {
            let parsed = ParsedEntry::from_bytes(entry).unwrap();
            let (id, kind) = (parsed.circle, parsed.public.subject);
            format!(
                "entry {:?} of {id:?} {kind:?}{} with {} of {} wraps",
                parsed.id,
                if stamp.is_some() { " stamped" } else { "" },
                wraps.len(),
                parsed.public.wraps.len()
            )
        }
        PushItem::Chunk { chunk, .. } => {
            let header = ParsedChunk::from_bytes(chunk).unwrap().header;
            let (counter, device, circle) = (header.counter, header.installation.device, header.circle);
            format!("chunk {counter} by {device:?} in {circle:?} at {:?}", header.head)
        }
        PushItem::Box { chunk, .. } => format!("box of {chunk:?}"),
        PushItem::Statement { .. } => "statement".to_owned(),
        PushItem::Batch { batch, .. } => format!("batch of {} bytes", batch.len()),
    }
}

fn is_empty(page: &[u8]) -> bool {
    Page::from_bytes(page).is_ok_and(|page| page.items.is_empty())
}
