//! A relay without sockets, for simulations: the same routes, sessions, limits, rules and storage as [`crate::run()`], asked by
//! a call instead of over a connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::committer::Committer;
use crate::config::Config;
use crate::http::router;
use crate::run::{StartError, assemble};
use crate::storage::sqlite::SqliteStorage;
use crate::storage::{Storage, StorageError};

/// The header under which a renewed session comes.
const RENEWED: &str = "tvaers-session";

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Seconds to wait before asking again.
    pub retry_after: Option<u64>,
    /// A session token to use from now on.
    pub renewed: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A relay in this process.
pub struct LocalRelay {
    runtime: Runtime,
    router: Router,
    committer: Committer,
    thread: Option<JoinHandle<()>>,
    storage: Arc<SqliteStorage>,
    stop: watch::Sender<bool>,
}

impl LocalRelay {
    /// Opens the database in the configuration's directory, or makes it. The address in it is not used.
    ///
    /// # Errors
    /// [`StartError`], as for a relay that listens.
    pub fn open(config: &Config) -> Result<Self, StartError> {
        let system = |error: std::io::Error| StartError::System(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
        let storage = Arc::new(SqliteStorage::open(&config.data)?);
        if let Some(authority) = config.authority
            && runtime.block_on(storage.claim(authority))? != authority
        {
            return Err(StartError::OtherAuthority);
        }
        let (stop, stopping) = watch::channel(false);
        let (app, thread) = {
            let _inside = runtime.enter();
            assemble(config, Arc::clone(&storage), None, stopping)?
        };
        let committer = app.committer.clone();
        Ok(Self { runtime, router: router(app), committer, thread: Some(thread), storage, stop })
    }

    /// Sends a request and waits for its answer, durable if it stored anything. `path` is with its query.
    pub fn call(&self, post: bool, path: &str, session: Option<&str>, body: Vec<u8>) -> Answer {
        let method = if post { Method::POST } else { Method::GET };
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/cbor");
        if let Some(session) = session {
            request = request.header(header::AUTHORIZATION, format!("Bearer {session}"));
        }
        let peer = ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let Ok(request) = request.extension(peer).body(Body::from(body)) else { return Answer::failed() };
        let router = self.router.clone();
        self.runtime.block_on(async move {
            let Ok(answer) = router.oneshot(request).await;
            let status = answer.status().as_u16();
            let (retry_after, renewed) = (text(answer.headers(), "retry-after"), text(answer.headers(), RENEWED));
            match axum::body::to_bytes(answer.into_body(), usize::MAX).await {
                Ok(body) => {
                    let retry_after = retry_after.and_then(|seconds| seconds.parse().ok());
                    Answer { status, retry_after, renewed, body: body.into() }
                }
                Err(_) => Answer::failed(),
            }
        })
    }

    /// Stops it and writes everything back into the database file.
    ///
    /// # Errors
    /// [`StorageError`]; what was answered is durable all the same.
    pub fn close(mut self) -> Result<(), StorageError> {
        self.end();
        self.runtime.block_on(self.storage.close())
    }

    fn end(&mut self) {
        // Nobody listens any more; that is what is being asked for.
        let _ = self.stop.send(true);
        self.runtime.block_on(self.committer.stop());
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed; what it had answered is durable.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for LocalRelay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalRelay")
    }
}

impl Drop for LocalRelay {
    fn drop(&mut self) {
        self.end();
    }
}

impl Answer {
    fn failed() -> Self {
        Self { status: 500, retry_after: None, renewed: None, body: Vec::new() }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
