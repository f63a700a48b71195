//! A device's contact with a relay, told step by step: what is about to leave, and what was answered.

use std::collections::VecDeque;
use std::io;

use tvaers_core::client::{ClientError, Device, Exchange, Input, Output, Request};
use tvaers_core::moment::Moment;
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::sync::{Failure, Mode};
use tvaers_core::wire::chunk::ParsedChunk;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::ParsedEntry;
use tvaers_core::wire::message::{PushAnswer, PushItem, PushRequest, Pushed};

use super::people::hex;

/// What is about to happen, or has just happened.
#[derive(Debug)]
pub enum Step<'a> {
    /// These bytes are shown to the network next.
    Leaving(&'a PushRequest),
    /// The relay has answered.
    Answered(&'a PushRequest, &'a PushAnswer),
    /// The device has taken the answer.
    CrossedOff(&'a PushRequest, &'a PushAnswer),
}

/// A way to a relay.
#[derive(Debug)]
pub struct Line {
    runtime: tokio::runtime::Runtime,
    relay: Relay,
}

impl Line {
    /// To the relay at this address.
    ///
    /// # Errors
    /// If it is no address, or the system refuses.
    pub fn to(url: &str) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, relay: Relay::new(url).map_err(io::Error::other)? })
    }

    /// Sends a push whose answer nobody will hear, as when the device is killed before it comes.
    ///
    /// # Errors
    /// If the relay has not taken it.
    pub fn unheard(&self, push: Vec<u8>) -> io::Result<()> {
        let answer = self.runtime.block_on(self.relay.call(&Request::Push(push)));
        answer.map(drop).map_err(|failure| io::Error::other(format!("{failure:?}")))
    }

    /// Exchanges what there is, at this time, and says why it ended early if it did.
    ///
    /// # Errors
    /// A store error.
    pub fn contact(
        &self,
        device: &Device,
        now: i64,
        watch: &mut dyn FnMut(Step<'_>) -> io::Result<()>,
    ) -> Result<Option<Failure>, ClientError> {
        let mut exchange = Exchange::new(Mode::Once);
        let (rng, mut failed) = (&mut rng::system(), None);
        let mut inputs = VecDeque::from([(Input::Start, None)]);
        while let Some((input, push)) = inputs.pop_front() {
            let outputs = exchange.handle(device, &mut Moment::new(now, rng), input)?;
            if let Some((request, answer)) = &push {
                watch(Step::CrossedOff(request, answer)).map_err(told)?;
            }
            for output in outputs {
                match output {
                    Output::Send(request) => {
                        let push = match &request {
                            Request::Push(body) => PushRequest::from_bytes(body).ok(),
                            _ => None,
                        };
                        if let Some(push) = &push {
                            watch(Step::Leaving(push)).map_err(told)?;
                        }
                        let answer = self.runtime.block_on(self.relay.call(&request));
                        failed = answer.as_ref().err().copied().or(failed);
                        let told_of = push.zip(answer.as_ref().ok().and_then(|body| PushAnswer::from_bytes(body).ok()));
                        if let Some((push, answer)) = &told_of {
                            watch(Step::Answered(push, answer)).map_err(told)?;
                        }
                        inputs.push_back((Input::Answer(request, answer), told_of));
                    }
                    Output::Finished => return Ok(failed),
                    Output::Disconnect => inputs.clear(),
                    Output::Changed(_) | Output::WakeAt(_) => {}
                }
            }
        }
        Ok(failed)
    }
}

/// A chunk as the marks name it: circle, installation, counter, id.
pub fn chunk_name(chunk: &ParsedChunk) -> String {
    let (header, id) = (&chunk.header, chunk.id.to_hex());
    let (circle, installation) = (header.circle.to_hex(), hex(&installation(chunk)));
    format!("{circle} {installation} {} {id}", header.counter)
}

/// The bytes of a chunk's installation.
pub fn installation(chunk: &ParsedChunk) -> Vec<u8> {
    let installation = &chunk.header.installation;
    [&installation.device.as_bytes()[..], installation.nonce.as_bytes()].concat()
}

/// The chunks in a push.
pub fn chunks(request: &PushRequest) -> Vec<ParsedChunk> {
    let chunk = |item: &PushItem| match item {
        PushItem::Chunk { chunk, .. } => ParsedChunk::from_bytes(chunk).ok(),
        _ => None,
    };
    request.items.iter().filter_map(chunk).collect()
}

/// What the relay says it has, as marks: `chunk …` and `entry …`.
pub fn taken(request: &PushRequest, answer: &PushAnswer) -> Vec<String> {
    let both = request.items.iter().zip(&answer.results);
    let stored = both.filter(|(_, result)| matches!(result, Pushed::Stored | Pushed::Duplicate));
    stored
        .filter_map(|(item, _)| match item {
            PushItem::Chunk { chunk, .. } => {
                Some(format!("chunk {}", chunk_name(&ParsedChunk::from_bytes(chunk).ok()?)))
            }
            PushItem::Entry { entry, .. } => {
                Some(format!("entry {}", ParsedEntry::from_bytes(entry).ok()?.id.to_hex()))
            }
            _ => None,
        })
        .collect()
}

fn told(error: io::Error) -> ClientError {
    tvaers_core::store::StoreError::from(error).into()
}
