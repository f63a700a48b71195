//! The caseworker's desk: pages on loopback, drawn from the decrypted store for the one person who opened the printed link.
//!
//! A request goes `gate` (may it in?) → `pages` (which question to core's views?) → `content` (a record as parts of a page) →
//! `desk/templates`. No script runs in the pages; nothing but reading by a person marks anything read.

mod assets;
mod content;
mod gate;
mod language;
mod pages;
mod session;
mod time;
mod typed;

use std::fmt;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tvaers_core::client::Device;

pub use language::Language;
pub(crate) use language::Words;
#[cfg(test)]
pub(crate) use language::check;
pub(crate) use time::in_denmark;

/// How long open connections may take to end after the shutdown.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the desk is told from outside.
#[derive(Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The language of the setting. Without one the browser's decides; a person's own choice overrides both.
    pub language: Option<Language>,
    /// The clock, Unix milliseconds: for what is shown and saved, and for how long a link works.
    pub now: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Called when something was saved that should leave soon.
    pub saved: Arc<dyn Fn() + Send + Sync>,
    /// Whether a family's extract of the access log names employees. The strict answer is no: profession and unit only.
    pub employees_named: bool,
    /// Whether there is contact with the municipality's server now.
    pub reach: Arc<dyn Fn() -> Reach + Send + Sync>,
}

/// How far a desk reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Nobody knows.
    Unknown,
    /// The municipality's server answers.
    Open,
    /// It does not.
    Closed,
    /// It refuses this device: nothing comes, and nothing leaves.
    Refused,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            language: None,
            now: Arc::new(tvaers_core::moment::system_now),
            saved: Arc::new(|| {}),
            employees_named: false,
            reach: Arc::new(|| Reach::Unknown),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Options(port {}, {:?})", self.port, self.language)
    }
}

/// Why the desk does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port cannot be had: choose another one, or 0.
    #[error("port {port} on 127.0.0.1 cannot be used ({source}); choose another one")]
    Port {
        /// The one asked for.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system took the listener away.
    #[error("the desk ended: {0}")]
    Ended(#[from] std::io::Error),
}

/// A desk that is being served. It goes on until its shutdown, also if this is dropped.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// Opens the desk in one browser: once, and within a minute. Print it; never pass it on as an argument.
    pub one_time_link: String,
    desk: Arc<Desk>,
    task: Mutex<Option<JoinHandle<Result<(), ServeError>>>>,
}

impl Served {
    /// A further link, for somebody who came too late for the last one.
    pub fn new_link(&self) -> String {
        self.desk.link()
    }

    /// Waits until the desk has ended. Of several who wait, the first does; the others are answered at once.
    ///
    /// # Errors
    /// [`ServeError::Ended`].
    pub async fn finished(&self) -> Result<(), ServeError> {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        match task {
            Some(task) => task.await.unwrap_or_else(|stopped| Err(ServeError::Ended(std::io::Error::other(stopped)))),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Served {
    // Without the link: it opens the store.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Served({})", self.address)
    }
}

/// Serves the desk of this device on 127.0.0.1 until `shutdown` resolves.
///
/// # Errors
/// [`ServeError::Port`].
pub async fn serve(
    device: Arc<Device>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Served, ServeError> {
    let port = options.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|source| ServeError::Port { port, source })?;
    let address = listener.local_addr()?;
    let port = address.port();
    let desk = Arc::new(Desk {
        device,
        options,
        hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
        cookie: format!("tvaers-desk-{port}"),
        sessions: Mutex::default(),
    });
    let router = pages::router()
        .merge(assets::router())
        .layer(from_fn_with_state(Arc::clone(&desk), gate::guard))
        .with_state(Arc::clone(&desk));
    let task = tokio::spawn(async move {
        let (begin, begun) = oneshot::channel();
        let ending = async move {
            shutdown.await;
            let _ = begin.send(());
        };
        let serving = async { axum::serve(listener, router).with_graceful_shutdown(ending).await };
        // A browser that keeps a connection open does not keep the desk open.
        let patience = async {
            match begun.await {
                Ok(()) => tokio::time::sleep(FAREWELL).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = serving => Ok(ended?),
            () = patience => Ok(()),
        }
    });
    Ok(Served { address, one_time_link: desk.link(), desk, task: Mutex::new(Some(task)) })
}

/// What all handlers share.
struct Desk {
    device: Arc<Device>,
    options: Options,
    /// The names under which a browser may ask for it.
    hosts: [String; 2],
    /// The cookie's name carries the port: cookies are shared by all ports of a host.
    cookie: String,
    sessions: Mutex<session::Sessions>,
}

impl Desk {
    fn now(&self) -> i64 {
        (self.options.now)()
    }

    fn link(&self) -> String {
        let [host, _] = &self.hosts;
        format!("http://{host}{}{}", gate::ENTRANCE, self.sessions().link(self.now()))
    }

    fn sessions(&self) -> MutexGuard<'_, session::Sessions> {
        // Nothing in there can be half done.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
