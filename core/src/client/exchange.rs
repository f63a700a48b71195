//! Carrying out what the sync decides, still without a socket: requests go out as bytes, answers come in as bytes. The
//! network driver and the simulated world both move them.

mod full;
mod io;

use tvaers_wire::codec::Canonical;
use tvaers_wire::message::{Challenge, SessionAnswer};

use super::process::Processed;
use super::push::PushBatch;
use super::{ClientError, Device, Erasure};
use crate::moment::Moment;
use crate::store::StoreError;
use crate::sync::{Effect, Event, Failure, Mode, Sync};

pub use io::{Input, Output, Request};

/// One device's contact with its relay.
#[derive(Debug)]
pub struct Exchange {
    sync: Sync,
    pushing: Option<PushBatch>,
    asking: Vec<Vec<u8>>,
    /// The device has erased itself; its receipt is on its way.
    erased: Option<Erasure>,
    /// Nothing more can be kept: what is to leave does, and then the contact is over.
    full: bool,
}

impl Exchange {
    /// A contact that has not begun.
    pub fn new(mode: Mode) -> Self {
        Self { sync: Sync::new(mode), pushing: None, asking: Vec::new(), erased: None, full: false }
    }

    /// True while the relay answers.
    pub fn is_open(&self) -> bool {
        self.sync.is_open()
    }

    /// True while the relay refuses this device.
    pub fn is_refused(&self) -> bool {
        self.sync.is_refused()
    }

    /// Takes an input as far as it goes.
    ///
    /// # Errors
    /// A store error. The contact should be ended and begun again; nothing is lost. [`StoreError::Erased`] once the device has erased
    /// itself at the authority's word, and has told the relay or tried to: there is no contact any more.
    pub fn handle(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        input: Input,
    ) -> Result<Vec<Output>, ClientError> {
        let mut outputs = Vec::new();
        self.drive(device, moment, input, &mut |output| outputs.push(output))?;
        Ok(outputs)
    }

    /// As [`Exchange::handle`], but each output is handed out as soon as it is known: whoever waits for a note does not wait for
    /// what is done after it.
    ///
    /// # Errors
    /// As [`Exchange::handle`].
    pub fn drive(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        input: Input,
        out: &mut dyn FnMut(Output),
    ) -> Result<(), ClientError> {
        if self.full {
            return self.last(device, moment, input, out);
        }
        match self.go_on(device, moment, input, out) {
            Err(ClientError::Store(StoreError::DiskFull)) => self.out_of_room(device, moment, out),
            done => done,
        }
    }

    fn go_on(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        input: Input,
        out: &mut dyn FnMut(Output),
    ) -> Result<(), ClientError> {
        if device.pass_time(moment.now)? {
            out(Output::Changed(Processed::default()));
        }
        let first = match input {
            Input::Start => {
                device.keep_retention(moment.now)?;
                Some(Event::Start)
            }
            Input::Stop => Some(Event::Stop),
            Input::Local => Some(Event::Local),
            Input::Due => Some(Event::Due),
            Input::Answer(request, answer) => self.answered(device, moment, request, answer, out)?,
        };
        let mut events: Vec<Event> = first.into_iter().collect();
        while let Some(event) = events.pop() {
            let mut next = Vec::new();
            for effect in self.sync.step(moment.now, moment.rng, event) {
                if let Some(event) = self.perform(device, moment, effect, out)? {
                    next.push(event);
                }
            }
            events.extend(next.into_iter().rev());
        }
        Ok(())
    }

    fn perform(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        effect: Effect,
        out: &mut dyn FnMut(Output),
    ) -> Result<Option<Event>, ClientError> {
        match effect {
            Effect::OpenSession => out(Output::Send(Request::Challenge)),
            Effect::Push => {
                // Whatever else is wrong with the log holds up no note: it stays noted, and is tried again.
                if let Err(ClientError::Store(error)) = device.write_access_events(self.sync.is_once(), moment) {
                    return Err(error.into());
                }
                match device.next_push(moment)? {
                    Some(batch) => {
                        out(Output::Send(Request::Push(batch.request.clone())));
                        self.pushing = Some(batch);
                    }
                    None => return Ok(Some(Event::NothingToPush { next: device.outbox()?.1 })),
                }
            }
            Effect::Pull { wait } => {
                let (after, seen) = device.tokens()?;
                out(Output::Send(Request::Pull { after, seen, wait }));
            }
            Effect::Tidy => return self.tidy(device, moment, out),
            Effect::Backlog => return fetch(device, out),
            Effect::Directory => match device.wanted_directory() {
                Some(head) => out(Output::Send(Request::Directory(head))),
                None => return Ok(Some(Event::Directory { taken: true })),
            },
            Effect::Heal => {
                device.begin_healing()?;
                self.asking = device.frontier_requests();
                return self.ask(device, out);
            }
            Effect::WriteReceipts => {
                device.write_receipts()?;
                return Ok(Some(Event::ReceiptsWritten));
            }
            Effect::WakeAt(at) => out(Output::WakeAt(at)),
            Effect::Disconnect => {
                self.pushing = None;
                device.keep_echoes(moment.now)?;
                out(Output::Disconnect);
            }
            Effect::Finished => out(Output::Finished),
        }
        Ok(None)
    }

    fn tidy(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        out: &mut dyn FnMut(Output),
    ) -> Result<Option<Event>, ClientError> {
        // Not only when it is refused: the word may have come before the revocation, with a relay that was put back.
        if let Some(erasure) = device.erase_if_told(moment.now)? {
            self.bring_receipt(erasure, out);
            return Ok(None);
        }
        let done = device.process()?;
        // Whoever was let in has read as a stranger so far, and says what of a lost device counts only when all of it has been read.
        let let_in = std::mem::take(&mut device.known().let_in);
        if !let_in {
            // Circles are looked after when something about them has changed, and at the first chance after a start.
            device.upkeep(moment)?;
        }
        if done.is_visible() {
            out(Output::Changed(done));
        }
        let tidied = device.tidied(moment.now)?;
        Ok(Some(if let_in { Event::Failed(Failure::Restored) } else { tidied }))
    }

    /// The device is erased. Whoever shows it is told, and the relay.
    fn bring_receipt(&mut self, erasure: Erasure, out: &mut dyn FnMut(Output)) {
        out(Output::Changed(Processed::default()));
        out(Output::Send(Request::Receipt(erasure.receipt().to_bytes())));
        self.erased = Some(erasure);
    }

    /// Asks the next frontier question, or ends the healing.
    fn ask(&mut self, device: &Device, out: &mut dyn FnMut(Output)) -> Result<Option<Event>, ClientError> {
        if let Some(request) = self.asking.pop() {
            out(Output::Send(Request::Frontier(request)));
            return Ok(None);
        }
        device.end_healing()?;
        Ok(Some(Event::Healed))
    }

    fn answered(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        request: Request,
        answer: Result<Vec<u8>, Failure>,
        out: &mut dyn FnMut(Output),
    ) -> Result<Option<Event>, ClientError> {
        let bytes = match (answer, &request) {
            (answer, Request::Receipt(_)) => {
                if let Some(mut erasure) = self.erased.take().filter(|_| answer.is_ok()) {
                    // If the note cannot be written the receipt is brought again, which changes nothing.
                    let _ = erasure.confirm(moment.now);
                }
                return Err(StoreError::Erased.into());
            }
            (Ok(bytes), _) => bytes,
            // It may be more than refused.
            (Err(Failure::Forbidden), Request::Session(proof)) => {
                out(Output::Send(Request::Word(proof.clone())));
                return Ok(None);
            }
            (Err(_), Request::Word(_)) => return Ok(Some(Event::Failed(Failure::Forbidden))),
            // Names may wait: notes go on, and whatever is wrong with the relay they meet themselves.
            (Err(_), Request::Directory(_)) => return Ok(Some(Event::Directory { taken: false })),
            (Err(failure), _) => {
                self.pushing = None;
                if failure == Failure::Restored {
                    device.lost_its_place()?;
                }
                return Ok(Some(Event::Failed(failure)));
            }
        };
        let event = match request {
            Request::Challenge => match Challenge::from_bytes(&bytes) {
                Ok(challenge) => {
                    out(Output::Send(Request::Session(device.session_request(&challenge).to_bytes())));
                    return Ok(None);
                }
                Err(_) => Event::Failed(Failure::Incompatible),
            },
            Request::Word(_) => match device.take_word(&bytes, moment.now) {
                Ok(Some(erasure)) => {
                    self.bring_receipt(erasure, out);
                    return Ok(None);
                }
                Ok(None) | Err(ClientError::Answer(_)) => Event::Failed(Failure::Forbidden),
                Err(error) => return Err(error),
            },
            Request::Session(_) => {
                // Whoever is in a circle for a time is in it by the relay's clock.
                if let Ok(answer) = SessionAnswer::from_bytes(&bytes) {
                    device.told_time(answer.now, moment.now);
                    device.pass_time(moment.now)?;
                }
                Event::Opened { heal: device.is_healing()? }
            }
            Request::Push(_) => match self.pushing.take() {
                Some(batch) => match device.pushed(batch, &bytes, moment.now) {
                    Ok(done) => {
                        if done.stored > 0 {
                            out(Output::Changed(Processed::default()));
                        }
                        Event::Pushed {
                            progress: done.stored > 0,
                            more: done.more,
                            pull_first: done.pull_first,
                            forgot: done.forgot,
                        }
                    }
                    Err(error) => or_incompatible(error)?,
                },
                None => Event::NothingToPush { next: None },
            },
            Request::Pull { .. } => match device.take_page(&bytes, moment.now) {
                Ok((page, done)) => {
                    let news = done.is_some();
                    if let Some(done) = done.filter(Processed::is_visible) {
                        out(Output::Changed(done));
                    }
                    Event::Pulled { more: page.more, news }
                }
                Err(error) => or_incompatible(error)?,
            },
            Request::Backlog(asked) => match device.take_backlog(&asked, &bytes, moment.now) {
                Ok(()) => return fetch(device, out),
                Err(error) => or_incompatible(error)?,
            },
            Request::Directory(head) => match device.take_directory(&head, &bytes, moment.now) {
                // A note is smaller, and may still find room.
                Err(ClientError::Store(StoreError::DiskFull)) => Event::Directory { taken: false },
                taken => {
                    // Names on the screen are others now, or something was set aside.
                    out(Output::Changed(Processed::default()));
                    Event::Directory { taken: taken? }
                }
            },
            // Answered above, whatever came.
            Request::Receipt(_) => return Ok(None),
            Request::Frontier(asked) => match device.heal(&asked, &bytes) {
                Ok(()) => return self.ask(device, out),
                Err(error) => or_incompatible(error)?,
            },
        };
        Ok(Some(event))
    }
}

/// Asks for the pasts that are still to come, or says that none is.
fn fetch(device: &Device, out: &mut dyn FnMut(Output)) -> Result<Option<Event>, ClientError> {
    match device.backlog_request()? {
        Some(request) => out(Output::Send(Request::Backlog(request))),
        None => return Ok(Some(Event::BacklogDone)),
    }
    Ok(None)
}

/// An answer that cannot be read ends the contact; a failing store is the caller's to handle.
fn or_incompatible(error: ClientError) -> Result<Event, ClientError> {
    match error {
        ClientError::Answer(_) => Ok(Event::Failed(Failure::Incompatible)),
        error => Err(error),
    }
}
