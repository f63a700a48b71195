//! Starting and stopping.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread::JoinHandle;

use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::accept::{Front, serve};
use crate::app::App;
use crate::committer::Committer;
use crate::config::{Config, Tls};
use crate::http::router;
use crate::limiter::Limiter;
use crate::storage::sqlite::SqliteStorage;
use crate::storage::{Storage, StorageError};
use crate::telemetry;
use crate::tokens::{Tokens, to_hex};
use crate::waiters::Waiters;
use crate::world::View;

/// Why a relay did not start. One sentence each, for a person.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The certificate or its key.
    #[error("the TLS certificate or its key cannot be used: {0}")]
    Tls(String),
    /// The database belongs to another authority than the one given.
    #[error("this database belongs to another authority than the one given")]
    OtherAuthority,
    /// The system gave no thread or no randomness.
    #[error("the system refused: {0}")]
    System(String),
}

/// A relay that listens.
#[derive(Clone)]
pub struct Bound {
    /// Where.
    pub listening: SocketAddr,
    /// Where its metrics are.
    pub metrics: Option<SocketAddr>,
    /// The one-time code, while the relay has no authority. New at every start.
    pub claim_code: Option<String>,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("listening", &self.listening).field("metrics", &self.metrics).finish()
    }
}

/// Runs a relay on SQLite until `shutdown` is ready. Calls `ready` once it listens.
///
/// # Errors
/// [`StartError`]. Once it listens, it does not fail.
pub async fn run(
    config: Config,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(&Bound),
) -> Result<(), StartError> {
    let directory = config.data.clone();
    let opened = tokio::task::spawn_blocking(move || SqliteStorage::open(&directory)).await;
    let storage = opened.map_err(|error| StartError::System(error.to_string()))??;
    run_on(config, Arc::new(storage), shutdown, ready).await
}

/// Runs a relay on any storage, as [`run`] does.
///
/// # Errors
/// [`StartError`].
pub async fn run_on<S: Storage>(
    config: Config,
    storage: Arc<S>,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(&Bound),
) -> Result<(), StartError> {
    if let Some(authority) = config.authority
        && storage.claim(authority).await? != authority
    {
        return Err(StartError::OtherAuthority);
    }
    let tls = config.tls.as_ref().map(acceptor).transpose()?;
    let listener = listen(config.listen).await?;
    let metrics = match config.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    if metrics.is_some() {
        telemetry::recorder();
    }
    let claim_code = if storage.world().read().vouched().is_none() { Some(draw_code()?) } else { None };
    let bound = Bound {
        listening: local(&listener, config.listen)?,
        metrics: metrics.as_ref().map(|listener| local(listener, config.listen)).transpose()?,
        claim_code: claim_code.clone(),
    };
    let (stop, stopping) = watch::channel(false);
    let bounds = config.bounds;
    let (app, thread) = assemble(&config, Arc::clone(&storage), claim_code, stopping.clone())?;
    let committer = app.committer.clone();
    let front = Front { router: router(app), tls, bounds, stopping: stopping.clone() };
    let server = tokio::spawn(serve(listener, front));
    let metrics = metrics.map(|listener| tokio::spawn(axum::serve(listener, telemetry::router()).into_future()));
    ready(&bound);
    tracing::info!(address = %bound.listening, "listening");

    shutdown.await;

    tracing::info!("stopping");
    // Receivers are in the tasks that are being told; nobody left is fine as well.
    let _ = stop.send(true);
    let _ = server.await;
    committer.stop().await;
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    storage.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// What handlers share, with its committer running.
pub(crate) fn assemble<S: Storage>(
    config: &Config,
    storage: Arc<S>,
    claim_code: Option<String>,
    stopping: watch::Receiver<bool>,
) -> Result<(Arc<App<S>>, JoinHandle<()>), StartError> {
    let waiters = Arc::new(Waiters::default());
    let (clock, bounds) = (config.clock.clone(), config.bounds);
    let started = Committer::start(Arc::clone(&storage), Arc::clone(&waiters), clock.clone(), bounds.waiting);
    let (committer, thread) = started.map_err(|error| StartError::System(error.to_string()))?;
    let app = Arc::new(App {
        tokens: Tokens::new(&storage.session_key()),
        storage,
        committer,
        waiters,
        bounds,
        clock,
        claim_code,
        devices: Limiter::new(bounds.device_rate),
        addresses: Limiter::new(bounds.session_rate),
        guesses: Limiter::new(bounds.mailbox_rate),
        live: AtomicUsize::new(0),
        stopping,
    });
    Ok((app, thread))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })
}

fn local(listener: &TcpListener, asked: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|cause| StartError::Listen { address: asked, cause })
}

fn draw_code() -> Result<String, StartError> {
    let mut code = [0; 16];
    SystemRandom::new().fill(&mut code).map_err(|_| StartError::System("no randomness".to_owned()))?;
    Ok(to_hex(&code))
}

fn acceptor(tls: &Tls) -> Result<TlsAcceptor, StartError> {
    let pem = |error: rustls::pki_types::pem::Error| StartError::Tls(error.to_string());
    let chain = CertificateDer::pem_file_iter(&tls.cert).and_then(Iterator::collect).map_err(pem)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(pem)?;
    let refused = |error: rustls::Error| StartError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.map_err(refused)?.with_no_client_auth().with_single_cert(chain, key).map_err(refused)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
