//! Requests over HTTP (protocol §5).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryUpload, PartAnswer};
use tvaers_wire::limits;
use tvaers_wire::message::{ClaimRequest, SessionAnswer};
use tvaers_wire::statement::{Authority, SignedStatement};

use crate::client::Request;
use crate::sync::Failure;

/// An address that cannot be a relay's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the relay's address must begin with https:// (http:// is accepted for 127.0.0.1 and localhost only)")]
pub struct BadAddress;

/// A relay, as one device talks to it.
#[derive(Debug)]
pub struct Relay {
    base: String,
    client: reqwest::Client,
    session: Mutex<Option<String>>,
}

/// No answer for this long, beyond what a long-poll may take, is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

impl Relay {
    /// A relay at this address.
    ///
    /// # Errors
    /// [`BadAddress`] if it would carry sessions over the network unencrypted, or is no address.
    pub fn new(address: &str) -> Result<Self, BadAddress> {
        let base = address.trim_end_matches('/').to_owned();
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        if !base.starts_with("https://") && !local.iter().any(|prefix| base.starts_with(prefix)) {
            return Err(BadAddress);
        }
        // A second call finds the provider installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().connect_timeout(PATIENCE).no_proxy().build().map_err(|_| BadAddress)?;
        Ok(Self { base, client, session: Mutex::new(None) })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// [`Failure`], by what is to be done about it.
    pub async fn call(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let (wait, call) = match request {
            Request::Challenge => (0, self.post("/v1/challenge", Vec::new())),
            Request::Session(body) => (0, self.post("/v1/session", body.clone())),
            Request::Push(body) => (0, self.post("/v1/push", body.clone())),
            Request::Frontier(body) => (0, self.post("/v1/frontier", body.clone())),
            Request::Pull { after, seen, wait } => {
                let wait = if *wait { limits::PULL_WAIT.as_secs() } else { 0 };
                let path = format!("/v1/pull?after={}&seen={}&wait={wait}", hex(&after.0), hex(&seen.0));
                (wait, self.request(Method::GET, &path))
            }
            Request::Backlog(body) => (0, self.post("/v1/backlog", body.clone())),
            Request::Word(body) => (0, self.post("/v1/wipe", body.clone())),
            Request::Receipt(body) => (0, self.post("/v1/wipe/receipt", body.clone())),
            Request::Directory(head) => (0, self.request(Method::GET, &format!("/v1/directory?head={}", hex(&head.0)))),
        };
        let bytes = self.send(call, wait).await?;
        if matches!(request, Request::Session(_)) {
            let answer = SessionAnswer::from_bytes(&bytes).map_err(|_| Failure::Incompatible)?;
            self.set_session(Some(answer.token));
        }
        Ok(bytes)
    }

    /// Tells the relay something that the authority states. Durable there, and told to everybody, when this returns.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Forbidden`] if it is not signed by this relay's authority.
    pub async fn publish(&self, statement: &SignedStatement) -> Result<(), Failure> {
        self.send(self.post("/v1/statement", statement.to_bytes()), 0).await.map(drop)
    }

    /// Brings a part of a sealed directory. False if the relay has a directory that was sealed later.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Forbidden`] if it is not signed by this relay's authority.
    pub async fn bring_directory(&self, upload: &DirectoryUpload) -> Result<bool, Failure> {
        let answer = self.send(self.post("/v1/directory", upload.to_bytes()), 0).await?;
        let answer = PartAnswer::from_bytes(&answer).map_err(|_| Failure::Incompatible)?;
        Ok(answer == PartAnswer::Stored {})
    }

    /// Claims a new relay for an authority, with the code that the relay has printed.
    ///
    /// # Errors
    /// [`Failure`]; [`Failure::Forbidden`] if the code is wrong, or another authority was first.
    pub async fn claim(&self, code: &str, authority: Authority) -> Result<(), Failure> {
        let request = ClaimRequest { code: code.to_owned(), authority };
        self.send(self.post("/v1/claim", request.to_bytes()), 0).await.map(drop)
    }

    /// The address of the live stream.
    pub(super) fn live_address(&self) -> String {
        format!("ws{}/v1/live", self.base.strip_prefix("http").unwrap_or(&self.base))
    }

    /// The session as a header's value.
    pub(super) fn bearer(&self) -> Option<String> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.as_ref().map(|token| format!("Bearer {token}"))
    }

    /// `wait`: seconds that the relay may hold the line.
    async fn send(&self, call: RequestBuilder, wait: u64) -> Result<Vec<u8>, Failure> {
        let call = call.timeout(PATIENCE + Duration::from_secs(wait));
        let answer = call.send().await.map_err(|_| Failure::Unreachable { retry_after: None })?;
        self.read(answer).await
    }

    /// A question to which "there is none" is an answer.
    pub(super) async fn ask(&self, path: &str, body: Vec<u8>) -> Result<Option<Vec<u8>>, Failure> {
        let answer = self.post(path, body).timeout(PATIENCE).send().await;
        let answer = answer.map_err(|_| Failure::Unreachable { retry_after: None })?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.read(answer).await.map(Some)
    }

    fn post(&self, path: &str, body: Vec<u8>) -> RequestBuilder {
        self.request(Method::POST, path).header(CONTENT_TYPE, "application/cbor").body(body)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match self.bearer() {
            Some(bearer) => request.header(AUTHORIZATION, bearer),
            None => request,
        }
    }

    fn set_session(&self, token: Option<String>) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    async fn read(&self, mut answer: Response) -> Result<Vec<u8>, Failure> {
        if let Some(renewed) = answer.headers().get("tvaers-session").and_then(|value| value.to_str().ok()) {
            self.set_session(Some(renewed.to_owned()));
        }
        if !answer.status().is_success() {
            return Err(failure(&answer));
        }
        let mut bytes = Vec::new();
        let lost = |_| Failure::Unreachable { retry_after: None };
        while let Some(part) = answer.chunk().await.map_err(lost)? {
            if bytes.len() + part.len() > limits::PAGE_MAX {
                return Err(Failure::Incompatible);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

fn failure(answer: &Response) -> Failure {
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
    match answer.status() {
        StatusCode::UNAUTHORIZED => Failure::Unauthorized,
        StatusCode::FORBIDDEN => Failure::Forbidden,
        StatusCode::CONFLICT => Failure::Restored,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Failure::Unreachable { retry_after: seconds.map(|s| s.saturating_mul(1000)) }
        }
        status if status.is_server_error() => {
            Failure::Unreachable { retry_after: seconds.map(|s| s.saturating_mul(1000)) }
        }
        _ => Failure::Incompatible,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
