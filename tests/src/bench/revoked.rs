//! A lost device: from the authority's word to when the relay refuses the device, and to when a colleague who is online knows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tvaers_core::client::{Processed, Request};
use tvaers_core::net::{Listener, Relay, keep_in_contact};
use tvaers_core::sync::Failure;

use super::Bench;
use super::report::Figure;
use super::scene::{Scene, runtime};
use super::session::{Traffic, open_session};

/// How often it is looked whether somebody knows.
const LOOK: Duration = Duration::from_millis(1);
/// After this long it will not come any more.
const PATIENCE: Duration = Duration::from_secs(10);
const COLLEAGUE: &str = "colleague";

/// `revoked` and `revoked-known`: a device in each run, of a person who has one more.
pub(super) fn run(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let lost: Vec<String> = (0..bench.options.runs).map(|number| format!("lost-{number}")).collect();
    let devices = lost.iter().map(|name| (name.clone(), 0));
    let devices = devices.chain([("kept".to_owned(), 0), (COLLEAGUE.to_owned(), 1)]).collect::<Vec<_>>();
    let (scene, mut town) = Scene::of(bench.dir, "revoked", &devices)?;
    let relay = scene.relay()?;
    let colleague = Arc::new(scene.device(COLLEAGUE)?);
    let contact = keep_in_contact(Arc::clone(&colleague), Relay::new(&relay.url())?, Arc::new(Deaf))?;
    let (runtime, office) = (runtime()?, Relay::new(&relay.url())?);
    let (mut refused, mut known) = (vec![], vec![]);
    for name in &lost {
        let device = scene.device(name)?;
        let (line, id) = (Relay::new(&relay.url())?, device.installation().device);
        runtime.block_on(open_session(&device, &line, &mut Traffic::default()))?;
        let statement = town.authority.revoke(id);
        let begun = Instant::now();
        ensure!(runtime.block_on(office.publish(&statement)).is_ok(), "the relay is told");
        let (after, seen) = device.tokens()?;
        loop {
            match runtime.block_on(line.call(&Request::Pull { after, seen, wait: false })) {
                Err(Failure::Forbidden | Failure::Unauthorized) => break,
                _ => ensure!(begun.elapsed() < PATIENCE, "the relay still answers"),
            }
        }
        refused.push(begun.elapsed().as_secs_f64());
        while !colleague.is_out(&id) {
            ensure!(begun.elapsed() < PATIENCE, "the colleague does not hear of it");
            std::thread::sleep(LOOK);
        }
        known.push(begun.elapsed().as_secs_f64());
        device.close()?;
    }
    contact.stop()?;
    colleague.close()?;
    relay.stop()?;
    let (flush_ms, runs) = (bench.options.flush_ms, bench.options.runs);
    let figure = |item, samples| Figure::new(item, "s", samples, flush_ms, runs);
    Ok(vec![figure("revoked", refused), figure("revoked-known", known)])
}

struct Deaf;

impl Listener for Deaf {
    fn changed(&self, _: &Processed) {}
    fn connected(&self, _: bool) {}
}
