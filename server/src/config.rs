//! What a relay is started with.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tvaers_wire::statement::Authority;

/// The clock, injected: Unix milliseconds.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// A clock that answers what this function answers.
    pub fn new(now_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// Unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        (self.0)()
    }

    /// Unix seconds.
    pub fn now(&self) -> u64 {
        self.now_ms() / 1000
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// A certificate chain and its key, PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Chain, leaf first.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
}

/// Bounds on what connections may cost. Defaults suit a municipality behind one address.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From the first moment of a connection to its first complete request head, and between requests.
    pub header: Duration,
    /// The longest pause inside a request's body.
    pub body_pause: Duration,
    /// A whole body. 8 MiB over a poor mobile uplink.
    pub body: Duration,
    /// The longest that a peer may take nothing of what is sent to it.
    pub stall: Duration,
    /// One page of a live stream, from the first byte to the last.
    pub frame: Duration,
    /// Pings of a live stream. Two unanswered ones end it.
    pub ping: Duration,
    /// How long stopping waits for connections to finish.
    pub drain: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Connections of one address at once. Municipalities sit behind one address, and so does a proxy.
    pub connections_per_ip: usize,
    /// Jobs that may wait for a commit; beyond it pushes are answered with 503.
    pub waiting: usize,
    /// Requests of one device.
    pub device_rate: Rate,
    /// Sessions and challenges of one address: each costs two signature checks.
    pub session_rate: Rate,
    /// Mailboxes that one address asks for: some hundred phones behind it that each ask every few seconds, and nobody who guesses.
    pub mailbox_rate: Rate,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(10),
            body_pause: Duration::from_secs(10),
            body: Duration::from_secs(120),
            stall: Duration::from_secs(10),
            frame: Duration::from_secs(60),
            ping: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            connections: 12_000,
            connections_per_ip: 12_000,
            waiting: 4_096,
            device_rate: Rate { per_second: 5_000, burst: 20_000 },
            session_rate: Rate { per_second: 2_000, burst: 24_000 },
            mailbox_rate: Rate { per_second: 100, burst: 1_000 },
        }
    }
}

/// Everything that a relay is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Directory of the database.
    pub data: PathBuf,
    /// The authority. Without it, and without one in the database, the relay accepts only a claim.
    pub authority: Option<Authority>,
    /// TLS in the relay itself; otherwise a proxy in front does it.
    pub tls: Option<Tls>,
    /// Where to serve Prometheus metrics, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// Bounds.
    pub bounds: Bounds,
    /// The clock.
    pub clock: Clock,
}

impl Config {
    /// A relay on this address and directory with the defaults of everything else.
    pub fn new(listen: SocketAddr, data: PathBuf) -> Self {
        let (bounds, clock) = (Bounds::default(), Clock::default());
        Self { listen, data, authority: None, tls: None, metrics: None, bounds, clock }
    }
}
