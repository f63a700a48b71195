//! Serving a desk after the replay, in contact with the relay, on a clock that goes on from the scenario's last event.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tvaers_core::client::{Device, Processed};
use tvaers_core::moment::system_now;
use tvaers_core::net::{Listener, Relay, keep_in_contact};

use crate::web::{self, Language, Options};

/// Serves the desk until the process is asked to stop. `now` is the scenario's last moment, Unix milliseconds.
pub(super) fn serve(device: Arc<Device>, now: i64) -> Result<()> {
    let reachable = Arc::new(Reachable(AtomicBool::new(false)));
    let relay = Relay::new(device.relay())?;
    let contact = Arc::new(keep_in_contact(Arc::clone(&device), relay, Arc::clone(&reachable) as Arc<dyn Listener>)?);
    let ahead = now - system_now();
    let saved = Arc::clone(&contact);
    let options = Options {
        now: Arc::new(move || system_now() + ahead),
        saved: Arc::new(move || saved.saved()),
        connected: Arc::new(move || Some(reachable.0.load(Ordering::Relaxed))),
        language: Some(Language::Danish),
        ..Options::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("no runtime can be made")?.block_on(async {
        // Asked either way, the desk ends in order, and with it the relay and the temporary directory.
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        let shutdown = async move {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
            }
        };
        let served = web::serve(device, options, shutdown).await?;
        if std::io::stdin().is_terminal() {
            println!("Linket virker én gang og i 60 sekunder. Enter giver et nyt; Ctrl-C lukker.");
        }
        announce(&served.one_time_link)?;
        let served = Arc::new(served);
        renew_on_enter(&served);
        served.finished().await?;
        Ok(())
    })
}

fn announce(link: &str) -> Result<()> {
    println!("desk: {link}");
    Ok(std::io::stdout().flush()?)
}

/// A person at the terminal who was too slow for the last link gets another.
fn renew_on_enter(served: &Arc<web::Served>) {
    if !std::io::stdin().is_terminal() {
        return;
    }
    let served = Arc::clone(served);
    std::thread::spawn(move || {
        let mut line = String::new();
        while std::io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
            if announce(&served.new_link()).is_err() {
                return;
            }
        }
    });
}

struct Reachable(AtomicBool);

impl Listener for Reachable {
    fn changed(&self, _: &Processed) {}

    fn connected(&self, open: bool) {
        self.0.store(open, Ordering::Relaxed);
    }
}
