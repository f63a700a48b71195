//! A relay on a real socket, and devices that talk to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tvaers_relay::config::{Bounds, Clock};
use tvaers_relay::stamps::Stamps;
use tvaers_relay::storage::Storage;
use tvaers_relay::storage::sqlite::SqliteStorage;
use tvaers_relay::{Bound, Config, StartError, run_on};
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::{CircleId, Fixed, Stamp};
use tvaers_wire::limits;
use tvaers_wire::message::*;
use tvaers_wire::statement::{Authority, SignedStatement};

use super::{Device, Signed, Town, own_circle, random, sign_session};

pub struct Relay {
    pub address: SocketAddr,
    pub claim_code: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), StartError>>,
}

pub fn config(data: &Path, authority: Option<Authority>) -> Config {
    Config { authority, ..Config::new(SocketAddr::from(([127, 0, 0, 1], 0)), data.to_owned()) }
}

/// What a relay with this directory's key stamps an entry with.
pub fn stamp(data: &Path, entry: &Signed) -> Stamp {
    let key = std::fs::read_to_string(data.join("stamp.key")).unwrap();
    Stamps::new(Stamp::from_hex(key.trim_end()).unwrap().as_bytes(), &[]).of(&entry.id)
}

impl Relay {
    pub async fn start(data: &Path, town: &Town) -> Self {
        Self::start_with(config(data, Some(town.authority))).await
    }

    pub async fn bounded(data: &Path, town: &Town, bounds: Bounds) -> Self {
        Self::start_with(Config { bounds, ..config(data, Some(town.authority)) }).await
    }

    pub async fn clocked(data: &Path, town: &Town, clock: Clock) -> Self {
        Self::start_with(Config { clock, ..config(data, Some(town.authority)) }).await
    }

    pub async fn start_with(config: Config) -> Self {
        let storage = Arc::new(SqliteStorage::open(&config.data).unwrap());
        Self::start_on(config, storage).await
    }

    pub async fn start_on<S: Storage>(config: Config, storage: Arc<S>) -> Self {
        let (bound, ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let shutdown = async { drop(stopped.await) };
            run_on(config, storage, shutdown, |listening: &Bound| drop(bound.send(listening.clone()))).await
        });
        let bound = ready.await.expect("the relay starts");
        Self { address: bound.listening, claim_code: bound.claim_code, stop: Some(stop), task }
    }

    pub async fn stop(mut self) {
        drop(self.stop.take());
        self.task.await.unwrap().unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The status that a statement of the authority is answered with.
    pub async fn state(&self, statement: &SignedStatement) -> u16 {
        self.without_session("/v1/statement", statement.to_bytes()).await.status().as_u16()
    }

    /// What somebody without a session is answered.
    pub async fn anybody<T: Canonical>(&self, path: &str, body: Vec<u8>) -> Result<T, u16> {
        read(self.without_session(path, body).await).await
    }

    pub async fn without_session(&self, path: &str, body: Vec<u8>) -> reqwest::Response {
        // The second installation in this process is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection on which a body was refused unread is closed by the relay: none is used twice.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().unwrap();
        let request = http.post(self.url(path)).header("content-type", "application/cbor");
        request.body(body).send().await.unwrap()
    }

    /// By which a device shows that it is the one it is certified for.
    pub async fn proof(&self, device: &Device) -> SessionRequest {
        let Challenge { challenge } = self.anybody("/v1/challenge", Vec::new()).await.expect("a challenge");
        let signature = sign_session(device, &challenge);
        SessionRequest { version: limits::VERSION, certificate: device.certificate.clone(), challenge, signature }
    }

    pub async fn session<'d>(&self, device: &'d Device) -> Client<'d> {
        self.try_session(device).await.expect("a session")
    }

    /// A session of a device that has founded its person's circle.
    pub async fn joined<'d>(&self, device: &'d Device) -> Client<'d> {
        let client = self.session(device).await;
        client.store(own_circle(device).item()).await;
        client
    }

    pub async fn try_session<'d>(&self, device: &'d Device) -> Result<Client<'d>, u16> {
        // The second installation in this process is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection on which a body was refused unread is closed by the relay: none is used twice.
        let base = format!("http://{}", self.address);
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().unwrap();
        let answer: SessionAnswer = self.anybody("/v1/session", self.proof(device).await.to_bytes()).await?;
        Ok(Client { device, base, http, token: answer.token, address: self.address })
    }
}

#[derive(Clone)]
pub struct Client<'d> {
    pub device: &'d Device,
    pub base: String,
    pub http: reqwest::Client,
    pub token: String,
    pub address: SocketAddr,
}

impl Client<'_> {
    pub async fn send(&self, path: &str, body: Vec<u8>) -> reqwest::Response {
        let request = self.http.post(format!("{}{path}", self.base)).header("content-type", "application/cbor");
        request.header("authorization", format!("Bearer {}", self.token)).body(body).send().await.unwrap()
    }

    pub async fn post<T: Canonical>(&self, path: &str, body: Vec<u8>) -> Result<T, u16> {
        read(self.send(path, body).await).await
    }

    pub async fn get<T: Canonical>(&self, path: &str) -> Result<T, u16> {
        let request = self.http.get(format!("{}{path}", self.base));
        read(request.header("authorization", format!("Bearer {}", self.token)).send().await.unwrap()).await
    }

    /// The pasts of these circles, each after a place.
    pub async fn pasts(&self, circles: &[(CircleId, u64)]) -> Backlog {
        let circles = circles.iter().map(|&(circle, after)| PastOf { circle, after }).collect();
        self.post("/v1/backlog", BacklogRequest { circles }.to_bytes()).await.expect("a backlog")
    }

    /// The past of a circle, as far as one answer reaches.
    pub async fn past(&self, circle: CircleId) -> Vec<FeedItem> {
        self.pasts(&[(circle, 0)]).await.items
    }

    pub async fn try_push(&self, items: Vec<PushItem>) -> Result<PushAnswer, u16> {
        self.post("/v1/push", PushRequest { version: limits::VERSION, items }.to_bytes()).await
    }

    pub async fn push(&self, items: Vec<PushItem>) -> Vec<Pushed> {
        self.try_push(items).await.expect("a push").results
    }

    /// Pushes one item and expects it to be stored.
    pub async fn store(&self, item: PushItem) {
        assert_eq!(self.push(vec![item]).await, [Pushed::Stored]);
    }

    /// Pushes one item and expects this refusal.
    pub async fn refused(&self, item: PushItem, expected: Refused) -> Pushed {
        let result = self.push(vec![item]).await.remove(0);
        assert!(matches!(result, Pushed::Refused { reason, .. } if reason == expected), "{result:?}, not {expected:?}");
        result
    }

    pub async fn try_pull(&self, after: Token) -> Result<Page, u16> {
        self.get(&format!("/v1/pull?after={}", hex(&after))).await
    }

    /// Everything after a token, all pages.
    pub async fn pull_all(&self, mut after: Token) -> (Vec<FeedItem>, Token) {
        let mut items = Vec::new();
        loop {
            let page = self.try_pull(after).await.expect("a pull");
            items.extend(page.items);
            after = page.next;
            if !page.more {
                return (items, after);
            }
        }
    }

    pub async fn chunks(&self) -> Vec<Vec<u8>> {
        chunks(&self.pull_all(TOKEN_START).await.0)
    }
}

pub fn chunks(items: &[FeedItem]) -> Vec<Vec<u8>> {
    let chunk = |item: &FeedItem| match item {
        FeedItem::Chunk { chunk, .. } => Some(chunk.0.clone()),
        _ => None,
    };
    items.iter().filter_map(chunk).collect()
}

async fn read<T: Canonical>(response: reqwest::Response) -> Result<T, u16> {
    let status = response.status();
    let body = response.bytes().await.unwrap();
    if status.is_success() { Ok(T::from_bytes(&body).expect("a canonical answer")) } else { Err(status.as_u16()) }
}

pub fn hex(token: &Token) -> String {
    token.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn garbage() -> Token {
    Fixed(random())
}
