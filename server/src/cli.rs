//! The command line, shared by the `tvaers-relay` binary and by `tvaers relay`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tvaers_wire::codec::Canonical;
use tvaers_wire::statement::Authority;

use crate::config::{Config, Tls};
use crate::run::{Bound, run};
use crate::tokens::from_hex;

/// How to run a relay.
#[derive(ClapArgs, Clone, Debug)]
pub struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "TVAERS_RELAY_LISTEN", default_value = "127.0.0.1:8440")]
    pub listen: SocketAddr,
    /// Directory of the database; made if it is not there
    #[arg(long, env = "TVAERS_RELAY_DATA", default_value = "relay-data")]
    pub data: PathBuf,
    /// The authority's public key as hexadecimal digits; without it the relay waits for a claim
    #[arg(long, env = "TVAERS_RELAY_AUTHORITY", value_parser = authority)]
    pub authority: Option<Authority>,
    /// TLS certificate chain, PEM
    #[arg(long, env = "TVAERS_RELAY_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// TLS private key, PEM
    #[arg(long, env = "TVAERS_RELAY_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Where to serve Prometheus metrics, if anywhere
    #[arg(long, env = "TVAERS_RELAY_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
}

impl Args {
    /// The configuration that these arguments mean.
    pub fn config(&self) -> Config {
        let tls = self.tls_cert.clone().zip(self.tls_key.clone()).map(|(cert, key)| Tls { cert, key });
        let (authority, metrics) = (self.authority, self.metrics_listen);
        Config { authority, metrics, tls, ..Config::new(self.listen, self.data.clone()) }
    }
}

fn authority(text: &str) -> Result<Authority, String> {
    let bytes = from_hex(text).ok_or("expected hexadecimal digits")?;
    Authority::from_bytes(&bytes).map_err(|error| error.to_string())
}

/// Runs a relay until the process is asked to stop. One JSON line on stdout says that it listens; logs go to stderr.
pub fn main(args: &Args) -> ExitCode {
    serve(args.config())
}

/// The same, of what it was configured to be.
pub fn serve(config: Config) -> ExitCode {
    log_to_stderr();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(config, asked_to_stop(), announce)).map_err(|error| error.to_string()),
        Err(error) => Err(format!("the system refused: {error}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Not a log line: whoever started it reads this.
            let _ = writeln!(std::io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn announce(bound: &Bound) {
    if let Some(code) = &bound.claim_code {
        let line = serde_json::json!({ "claim_code": code, "note": "this relay has no authority yet; claim it with this code, and put a copy of stamp.key away" });
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    let line = serde_json::json!({ "listening": bound.listening.to_string() });
    let mut stdout = std::io::stdout();
    // Nobody reading is no reason to stop.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("TVAERS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr);
    // `tvaers relay` may have set up its own.
    let _ = logs.try_init();
}

async fn asked_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
