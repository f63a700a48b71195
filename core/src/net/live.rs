//! A contact that lasts: the live stream, pushes beside it, and a thread of its own, because opening chunks is work for a
//! core and not for a shared executor.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tvaers_wire::error::ErrorCode;
use tvaers_wire::limits;
use tvaers_wire::message::{TOKEN_START, Token};

use super::Relay;
use crate::client::{ClientError, Device, Exchange, Input, Output, Processed, Request};
use crate::moment::{Moment, system_now};
use crate::rng;
use crate::sync::{Failure, LONGEST_WAIT, Mode};

/// Told when a person would see a difference. Called on the contact's own thread, with no lock held.
pub trait Listener: Send + core::marker::Sync {
    /// Records have come, or states have changed.
    fn changed(&self, what: &Processed);
    /// The relay answers, or does not any more.
    fn connected(&self, open: bool);
    /// The relay serves this device nothing any more: it is revoked, or its person is out. It goes on asking.
    fn refused(&self) {}
    /// The contact has ended by itself: the store failed, or was erased ([`crate::store::StoreError::Erased`]).
    fn ended(&self, _: &ClientError) {}
}

enum Command {
    Local,
    Stop,
}

/// A running contact. It ends when this is dropped.
#[derive(Debug)]
pub struct Contact {
    commands: mpsc::UnboundedSender<Command>,
    thread: Option<JoinHandle<Result<(), ClientError>>>,
}

impl Contact {
    /// Something was saved: send it now.
    pub fn saved(&self) {
        // If the thread has ended, what was saved leaves with the next contact.
        let _ = self.commands.send(Command::Local);
    }

    /// Ends the contact and waits until its thread has let go of the device.
    ///
    /// # Errors
    /// The store error that ended it before, if one did.
    pub fn stop(mut self) -> Result<(), ClientError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), ClientError> {
        let _ = self.commands.send(Command::Stop);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Contact {
    fn drop(&mut self) {
        // Whoever wants to know why it ended calls `stop`.
        let _ = self.end();
    }
}

/// Keeps a device in contact with its relay until the contact is dropped.
///
/// # Errors
/// [`ClientError::Store`] if no thread can be started.
pub fn keep_in_contact(device: Arc<Device>, relay: Relay, listener: Arc<dyn Listener>) -> Result<Contact, ClientError> {
    let (commands, inbox) = mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(crate::store::StoreError::from)?;
    let thread = std::thread::Builder::new().name("tvaers-sync".to_owned());
    let thread = thread.spawn(move || {
        let ended = runtime.block_on(Driver::new(device, relay, Arc::clone(&listener)).run(inbox));
        ended.inspect_err(|why| listener.ended(why))
    });
    Ok(Contact { commands, thread: Some(thread.map_err(crate::store::StoreError::from)?) })
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What the driver waits for.
enum Arrived {
    Input(Input),
    Stream(Box<Stream>),
}

struct Driver {
    device: Arc<Device>,
    relay: Arc<Relay>,
    listener: Arc<dyn Listener>,
    exchange: Exchange,
    calls: FuturesUnordered<BoxFuture<'static, Arrived>>,
    stream: Option<Stream>,
    wake_at: Option<i64>,
    open: bool,
    refused: bool,
}

impl Driver {
    fn new(device: Arc<Device>, relay: Relay, listener: Arc<dyn Listener>) -> Self {
        Self {
            device,
            relay: Arc::new(relay),
            listener,
            exchange: Exchange::new(Mode::Live),
            calls: FuturesUnordered::new(),
            stream: None,
            wake_at: None,
            open: false,
            refused: false,
        }
    }

    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) -> Result<(), ClientError> {
        self.take(Input::Start)?;
        loop {
            // The clock may have been put back since: it is never believed for longer than anything may wait.
            let wait = |at: i64| at.saturating_sub(system_now()).clamp(0, LONGEST_WAIT).unsigned_abs();
            let due = self.wake_at.map(|at| Duration::from_millis(wait(at)));
            let input = tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Local) => Input::Local,
                    Some(Command::Stop) | None => return self.take(Input::Stop),
                },
                Some(arrived) = self.calls.next(), if !self.calls.is_empty() => match arrived {
                    Arrived::Input(input) => input,
                    Arrived::Stream(stream) => {
                        self.stream = Some(*stream);
                        continue;
                    }
                },
                page = next_page(&mut self.stream) => {
                    if page.is_err() {
                        self.stream = None;
                    }
                    Input::Answer(WAITING, page)
                }
                () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => {
                    self.wake_at = None;
                    Input::Due
                }
            };
            self.take(input)?;
        }
    }

    fn take(&mut self, input: Input) -> Result<(), ClientError> {
        let mut rng = rng::system();
        let (mut outputs, listener) = (Vec::new(), &self.listener);
        let driven =
            self.exchange.drive(&self.device, &mut Moment::new(system_now(), &mut rng), input, &mut |output| {
                match output {
                    Output::Changed(what) => listener.changed(&what),
                    other => outputs.push(other),
                }
            });
        if driven.is_err() && std::mem::take(&mut self.open) {
            self.listener.connected(false);
        }
        driven?;
        for output in outputs {
            match output {
                Output::Send(Request::Pull { after, seen, wait: true }) => self.wait_for_page(after, seen),
                Output::Send(request) => {
                    let relay = Arc::clone(&self.relay);
                    let call = async move {
                        let answer = relay.call(&request).await;
                        Arrived::Input(Input::Answer(request, answer))
                    };
                    self.calls.push(call.boxed());
                }
                Output::WakeAt(at) => self.wake_at = Some(at),
                Output::Changed(_) => {}
                Output::Disconnect | Output::Finished => {
                    self.calls.clear();
                    self.stream = None;
                }
            }
        }
        if self.open != self.exchange.is_open() {
            self.open = self.exchange.is_open();
            self.listener.connected(self.open);
        }
        if self.refused != self.exchange.is_refused() {
            self.refused = !self.refused;
            if self.refused {
                self.listener.refused();
            }
        }
        Ok(())
    }

    /// Opens the stream where there is none; an open one goes on by itself.
    fn wait_for_page(&mut self, after: Token, seen: Token) {
        if self.stream.is_some() {
            return;
        }
        let relay = Arc::clone(&self.relay);
        let opening = async move {
            match open_stream(&relay, after, seen).await {
                Ok(stream) => Arrived::Stream(Box::new(stream)),
                Err(failure) => Arrived::Input(Input::Answer(WAITING, Err(failure))),
            }
        };
        self.calls.push(opening.boxed());
    }
}

/// The request that a page of the stream answers. Its tokens went out when the stream was opened.
const WAITING: Request = Request::Pull { after: TOKEN_START, seen: TOKEN_START, wait: true };

/// Opens the live stream and says where to begin.
async fn open_stream(relay: &Relay, after: Token, seen: Token) -> Result<Stream, Failure> {
    let mut request = relay.live_address().into_client_request().map_err(|_| Failure::Incompatible)?;
    let bearer = relay.bearer().and_then(|bearer| bearer.parse().ok()).ok_or(Failure::Unauthorized)?;
    request.headers_mut().insert("authorization", bearer);
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::LIVE_FRAME))
        .max_frame_size(Some(limits::LIVE_FRAME))
        // Two tokens and pongs are all that goes out.
        .read_buffer_size(16 * 1024)
        .write_buffer_size(1024)
        .max_write_buffer_size(64 * 1024);
    let opened = tokio_tungstenite::connect_async_with_config(request, Some(config), true).await;
    let (mut stream, _) = opened.map_err(|error| match error {
        WsError::Http(answer) if answer.status() == 401 => Failure::Unauthorized,
        WsError::Http(answer) if answer.status() == 403 => Failure::Forbidden,
        _ => LOST,
    })?;
    let tokens = [after.0, seen.0].concat();
    stream.send(Message::Binary(tokens.into())).await.map_err(|_| LOST)?;
    Ok(stream)
}

/// The next page. Never, while there is no stream.
async fn next_page(stream: &mut Option<Stream>) -> Result<Vec<u8>, Failure> {
    let Some(stream) = stream else { return std::future::pending().await };
    loop {
        match stream.next().await {
            Some(Ok(Message::Binary(page))) => return Ok(page.into()),
            Some(Ok(Message::Close(Some(close)))) => {
                let code = ErrorCode::ALL.into_iter().find(|code| code.name() == close.reason.as_str());
                return Err(match code {
                    Some(ErrorCode::Restored) => Failure::Restored,
                    Some(ErrorCode::Unauthorized) => Failure::Unauthorized,
                    Some(ErrorCode::Forbidden) => Failure::Forbidden,
                    _ => LOST,
                });
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return Err(LOST),
        }
    }
}

const LOST: Failure = Failure::Unreachable { retry_after: None };
