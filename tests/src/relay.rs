//! A relay on loopback, in a thread of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tvaers_core::wire::statement::Authority;
use tvaers_relay::Config;
use tvaers_relay::config::Clock;

/// A running relay; it stops when dropped.
pub struct RunningRelay {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningRelay {
    /// Starts a relay on a free port, or on the one given, with its data in `dir`.
    pub fn start(dir: &Path, port: u16, authority: Authority) -> Self {
        let config = Config::new(SocketAddr::from(([127, 0, 0, 1], port)), dir.to_owned());
        Self::configured(Config { authority: Some(authority), ..config })
    }

    /// Starts a relay whose clock shows what this one shows, on a free port.
    pub fn clocked(dir: &Path, authority: Authority, clock: Clock) -> Self {
        let config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)), dir.to_owned());
        Self::configured(Config { authority: Some(authority), clock, ..config })
    }

    fn configured(config: Config) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, bound) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let shutdown = async { stopped.await.unwrap_or_default() };
            runtime
                .block_on(tvaers_relay::run(config, shutdown, |bound| ready.send(bound.listening).unwrap()))
                .unwrap();
        });
        let address = bound.recv().expect("the relay starts");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Its address for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for RunningRelay {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the relay ends well");
        }
    }
}
