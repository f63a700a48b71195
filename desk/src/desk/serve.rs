//! Serving a desk's pages, in contact with the municipality, until the process is asked to stop.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tvaers_core::client::Device;
use tvaers_core::moment::system_now;

use super::contact::{Keeper, News};
use crate::terminal::{Sentence, Terminal};
use crate::web::{self, Language, Options};

/// How long a failing store is left alone before the contact is begun again.
const REST: Duration = Duration::from_secs(60);

/// How a desk is served.
pub(crate) struct Serve {
    /// How far its clock is ahead of the system's, in milliseconds: a demo goes on where its story ended.
    pub(crate) ahead: i64,
    /// The language of the pages; without one the browser's.
    pub(crate) language: Option<Language>,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub(crate) port: u16,
    /// Whether a family's extract of the access log names employees.
    pub(crate) employees_named: bool,
}

/// Why a desk is served no longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// The process was asked to stop.
    Asked,
    /// The municipality has had it erased.
    Erased,
}

/// Serves the desk. Its address, which works once, is the last line on stdout.
pub(crate) fn serve(
    terminal: &Terminal,
    runtime: &Runtime,
    device: Arc<Device>,
    how: &Serve,
) -> Result<Ended, Sentence> {
    let (keeper, news) = Keeper::new(Arc::clone(&device))?;
    let (saved, reach, ahead) = (Arc::clone(&keeper), Arc::clone(&keeper), how.ahead);
    let options = Options {
        port: how.port,
        language: how.language,
        now: Arc::new(move || system_now() + ahead),
        saved: Arc::new(move || saved.saved()),
        employees_named: how.employees_named,
        reach: Arc::new(move || reach.reach()),
    };
    let ended = runtime.block_on(async {
        let system = |why: std::io::Error| Sentence::of("file-io").with("why", why);
        // Before anybody is told that the desk is there.
        let asked = asked_to_stop().map_err(system)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = web::serve(device, options, async { drop(stopped.await) }).await?;
        if std::io::stdin().is_terminal() {
            terminal.say(&Sentence::of("link-advice"));
        }
        terminal.line(&link(&served.one_time_link));
        let served = Arc::new(served);
        renew_on_enter(&served);
        let ended = tokio::select! {
            asked = asked => asked.map(|()| Ended::Asked).map_err(system),
            heard = listen(terminal, &keeper, news) => heard.map(|()| Ended::Erased),
        };
        drop(stop);
        served.finished().await?;
        ended
    });
    keeper.end();
    ended
}

/// Listens to what the contact tells, until the desk is erased.
async fn listen(terminal: &Terminal, keeper: &Keeper, mut news: UnboundedReceiver<News>) -> Result<(), Sentence> {
    while let Some(heard) = news.recv().await {
        match heard {
            News::Erased => break,
            News::Refused => terminal.tell(&Sentence::of("device-refused")),
            // Reading goes on, and what is written is saved or refused. A full disk may have room again.
            News::Failing(error) => {
                terminal.tell(&error.into());
                tokio::time::sleep(REST).await;
                keeper.begin()?;
            }
        }
    }
    Ok(())
}

/// What scripts look for.
fn link(address: &str) -> String {
    format!("desk: {address}")
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
            println!("{}", link(&served.new_link()));
        }
    });
}

/// Listens from now on for being asked to stop. Asked either way, the desk ends in order.
#[cfg(unix)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        Ok(())
    })
}

#[cfg(not(unix))]
fn asked_to_stop() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
