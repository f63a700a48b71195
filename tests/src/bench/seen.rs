//! D: from `submit` returned on one device to the other's listener, called after its durable merge.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tvaers_core::audience::Audience;
use tvaers_core::client::Processed;
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::{Listener, Relay, keep_in_contact};
use tvaers_core::rng;
use tvaers_core::wire::ids::RecordId;

use super::Bench;
use super::process::Cpu;
use super::report::Figure;
use super::scene::{DESK, PHONE, Scene, TEXT, note, sync};

/// A record and when its reader was told of it; `None` once there is contact.
type Sighting = Option<(RecordId, Instant)>;

/// Notes in one run.
const NOTES: usize = 100;
/// Notes before the first run: caches are warm and circles are known.
const WARM_UP: usize = 40;
/// A pause between notes, so that each is a change of its own.
const PAUSE: Duration = Duration::from_millis(10);
/// After this long it will not come any more.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two devices with live contacts.
pub(super) fn run(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let scene = Scene::new(bench.dir, "seen")?;
    let relay = scene.relay()?;
    let (phone, desk) = (Arc::new(scene.device(PHONE)?), Arc::new(scene.device(DESK)?));
    let (here, there) = (Heard::new(), Heard::new());
    let sending = keep_in_contact(Arc::clone(&phone), Relay::new(&relay.url())?, here.0)?;
    let receiving = keep_in_contact(Arc::clone(&desk), Relay::new(&relay.url())?, there.0)?;
    for heard in [&here.1, &there.1] {
        ensure!(heard.recv_timeout(PATIENCE)?.is_none(), "the contact opens first");
    }
    let (to, rng) = ([Audience::Line(desk.person())], &mut rng::system());
    let mut seconds = Vec::new();
    let mut cpu = Cpu::begin(&relay.process())?;
    for number in 0..WARM_UP + NOTES * bench.options.runs as usize {
        if number == WARM_UP {
            seconds.clear();
            cpu = Cpu::begin(&relay.process())?;
        }
        let record = phone.submit(&note(number, TEXT), &to, &mut Moment::new(system_now(), rng))?;
        let begun = Instant::now();
        sending.saved();
        let seen = wait_for(&there.1, &record)?;
        seconds.push(seen.duration_since(begun).as_secs_f64());
        std::thread::sleep(PAUSE);
    }
    let used = cpu.end()?;
    let notes = seconds.len() as f64;
    sending.stop()?;
    receiving.stop()?;
    let figure = Figure {
        relay_cpu_s: Some(used.0 / notes),
        client_cpu_s: Some(used.1 / notes),
        relay_rss_mib: Some(relay.process().rss_mib()?),
        ..Figure::new("D", "s", seconds, bench.options.flush_ms, bench.options.runs)
    };
    phone.close()?;
    desk.close()?;
    sync_is_quiet(&scene, &relay.url())?;
    relay.stop()?;
    Ok(vec![figure])
}

/// Nothing was left behind on either side.
fn sync_is_quiet(scene: &Scene, url: &str) -> Result<()> {
    for name in [PHONE, DESK] {
        let device = scene.device(name)?;
        sync(&device, url)?;
        ensure!(device.outbox()?.0 == 0 && device.set_aside()?.is_empty(), "something was left behind");
        device.close()?;
    }
    Ok(())
}

fn wait_for(heard: &Receiver<Sighting>, record: &RecordId) -> Result<Instant> {
    loop {
        match heard.recv_timeout(PATIENCE).context("a note did not arrive")? {
            Some((seen, at)) if seen == *record => return Ok(at),
            _ => {}
        }
    }
}

/// Tells of each opened record and when it was told; `None` when the contact opens.
struct Heard(Sender<Sighting>);

impl Heard {
    #[allow(clippy::new_ret_no_self)]
    fn new() -> (Arc<dyn Listener>, Receiver<Sighting>) {
        let (tell, heard) = channel();
        (Arc::new(Self(tell)), heard)
    }
}

impl Listener for Heard {
    fn changed(&self, what: &Processed) {
        let now = Instant::now();
        for record in &what.opened {
            // Nobody listens any more once the measurement is over.
            let _ = self.0.send(Some((*record, now)));
        }
    }

    fn connected(&self, open: bool) {
        if open {
            let _ = self.0.send(None);
        }
    }
}
