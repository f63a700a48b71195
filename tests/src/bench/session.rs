//! A contact driven by hand, so that its parts can be timed and counted.

use std::collections::VecDeque;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use tvaers_core::client::{Device, Exchange, Input, Output, Request};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::sync::Mode;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::message::{Challenge, PushItem, PushRequest};

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub(super) up: u64,
    pub(super) down: u64,
    pub(super) messages: u64,
}

impl Traffic {
    fn count(&mut self, request: &Request, answer: usize) {
        self.up += payload(request);
        self.down += answer as u64;
        self.messages += 2;
    }
}

/// Bytes of a request apart from its HTTP head: bodies, and what a query says.
fn payload(request: &Request) -> u64 {
    match request {
        Request::Challenge => 0,
        Request::Session(body) | Request::Push(body) | Request::Frontier(body) => body.len() as u64,
        Request::Backlog(body) | Request::Word(body) | Request::Receipt(body) => body.len() as u64,
        // Two tokens of 48 hexadecimal digits with their names.
        Request::Pull { wait, .. } => 115 + if *wait { 2 } else { 1 },
        Request::Directory(_) => 96,
    }
}

/// Sends a request and counts it.
pub(super) async fn call(relay: &Relay, request: &Request, traffic: &mut Traffic) -> Result<Vec<u8>> {
    match relay.call(request).await {
        Ok(answer) => {
            traffic.count(request, answer.len());
            Ok(answer)
        }
        Err(failure) => bail!("a request failed: {failure:?}"),
    }
}

/// Opens a session.
pub(super) async fn open_session(device: &Device, relay: &Relay, traffic: &mut Traffic) -> Result<()> {
    let challenge = Challenge::from_bytes(&call(relay, &Request::Challenge, traffic).await?)?;
    call(relay, &Request::Session(device.session_request(&challenge).to_bytes()), traffic).await?;
    Ok(())
}

/// A whole contact of a device that has something to send.
pub(super) struct Sent {
    /// From its beginning to when the answer to the last push was stored.
    pub(super) seconds: f64,
    pub(super) traffic: Traffic,
    pub(super) chunks: u64,
    pub(super) sealed_bytes: u64,
}

/// Gets in contact once, as `sync_once` does.
pub(super) async fn send_all(device: &Device, relay: &Relay) -> Result<Sent> {
    let mut exchange = Exchange::new(Mode::Once);
    let mut inputs = VecDeque::from([Input::Start]);
    let (mut traffic, mut pushes) = (Traffic::default(), Vec::new());
    let (begun, mut ended) = (Instant::now(), None);
    let mut rng = rng::system();
    'contact: while let Some(input) = inputs.pop_front() {
        let answers_push = matches!(input, Input::Answer(Request::Push(_), Ok(_)));
        let outputs = exchange.handle(device, &mut Moment::new(system_now(), &mut rng), input)?;
        if answers_push {
            ended = Some(begun.elapsed());
        }
        for output in outputs {
            match output {
                Output::Send(request) => {
                    let answer = call(relay, &request, &mut traffic).await?;
                    if let Request::Push(body) = &request {
                        pushes.push(body.clone());
                    }
                    inputs.push_back(Input::Answer(request, Ok(answer)));
                }
                Output::Finished => break 'contact,
                Output::Disconnect => inputs.clear(),
                Output::Changed(_) | Output::WakeAt(_) => {}
            }
        }
    }
    let (mut chunks, mut sealed_bytes) = (0, 0);
    for push in pushes {
        for item in PushRequest::from_bytes(&push)?.items {
            if let PushItem::Chunk { chunk, .. } = item {
                chunks += 1;
                sealed_bytes += chunk.len() as u64;
            }
        }
    }
    let seconds = ended.context("nothing was sent")?.as_secs_f64();
    Ok(Sent { seconds, traffic, chunks, sealed_bytes })
}
