//! Serving a desk after the replay, in contact with the relay, on a clock that goes on from the scenario's last event.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use tvaers_core::client::Device;
use tvaers_core::moment::system_now;

use crate::desk::{self, Serve};
use crate::web::Language;

/// Serves the desk until the process is asked to stop; then the demo ends in order, and with it the relay and the temporary
/// directory. `now` is the scenario's last moment, Unix milliseconds.
pub(super) fn serve(device: Arc<Device>, now: i64) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("no runtime can be made")?;
    let how = Serve { ahead: now - system_now(), language: Some(Language::Danish), port: 0, employees_named: false };
    let terminal = desk::demo_terminal();
    let served = desk::serve(&terminal, &runtime, device, &how);
    served.map(drop).map_err(|sentence| anyhow!(terminal.text(&sentence)))
}
