//! A phone: opening the app to a usable list, saving a note, and how much memory its core takes.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::rng;

use super::Bench;
use super::catchup::filled;
use super::process::Process;
use super::report::Figure;
use super::scene::{DESK, PHONE, TEXT, device_in, note, sync};

/// Notes saved in one run.
const SAVED: usize = 20;
/// Lines of the list that a screen asks for.
const LINES: usize = 100;

/// `phone-open` and `phone-save`, with so many notes written, sent and received.
pub(super) fn open_and_save(bench: &Bench<'_>, docs: usize) -> Result<Vec<Figure>> {
    let scene = settled(bench, docs)?;
    let to = [Audience::Line(scene.desk_person()?)];
    let (mut opened, mut saved) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.runs {
        let run = scene.copy("phone-run")?;
        let begun = Instant::now();
        let phone = run.device(PHONE)?;
        let rows = phone.own_records(LINES)?.len();
        opened.push(begun.elapsed().as_secs_f64());
        ensure!(rows == docs.min(LINES), "the list is not whole");
        for number in 0..SAVED {
            let (envelope, rng) = (note(docs + number, TEXT), &mut rng::system());
            let begun = Instant::now();
            phone.submit(&envelope, &to, &mut Moment::new(1, rng))?;
            saved.push(begun.elapsed().as_secs_f64());
        }
        phone.close()?;
    }
    let (flush_ms, runs) = (bench.options.flush_ms, bench.options.runs);
    Ok(vec![
        Figure { docs: Some(docs), ..Figure::new("phone-open", "s", opened, flush_ms, runs) },
        Figure { docs: Some(docs), ..Figure::new("phone-save", "s", saved, flush_ms, runs) },
    ])
}

/// `phone-rss`: a process that does nothing else.
pub(super) fn rss(bench: &Bench<'_>, docs: usize) -> Result<Vec<Figure>> {
    let scene = settled(bench, docs)?;
    let mut samples = Vec::new();
    for _ in 0..bench.options.runs {
        let run = scene.copy("phone-run")?;
        let relay = run.relay()?;
        let child = Command::new(std::env::current_exe()?)
            .args(["phone", "--relay", &relay.url(), "--store"])
            .arg(run.path(PHONE))
            .output()?;
        ensure!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        samples.push(String::from_utf8(child.stdout)?.trim().parse().context("the child's answer")?);
        relay.stop()?;
    }
    let figure = Figure::new("phone-rss", "MiB", samples, bench.options.flush_ms, bench.options.runs);
    Ok(vec![Figure { docs: Some(docs), ..figure }])
}

/// Which store the child opens, and its relay.
#[derive(Args, Clone, Debug)]
pub struct PhoneArgs {
    /// The phone's store
    #[arg(long)]
    store: PathBuf,
    /// The relay's address
    #[arg(long)]
    relay: String,
}

/// The child of `phone-rss`: opens the store, draws the list and a page, saves and sends a note, and tells its resident
/// memory in MiB.
///
/// # Errors
/// Whatever went wrong.
pub fn phone_child(args: &PhoneArgs) -> Result<f64> {
    let phone = device_in(&args.store)?;
    let rows = phone.own_records(LINES)?;
    let first = rows.first().context("a list")?;
    let view = phone.view(&first.record)?;
    let to: Vec<Audience> = view.readers.iter().map(|reader| Audience::Line(reader.person)).collect();
    phone.submit(&note(rows.len(), TEXT), &to, &mut Moment::new(1, &mut rng::system()))?;
    sync(&phone, &args.relay)?;
    let rss = Process::own().rss_mib()?;
    phone.close()?;
    Ok(rss)
}

/// Everything has been sent, received and acknowledged by its reader.
fn settled(bench: &Bench<'_>, docs: usize) -> Result<super::scene::Scene> {
    let scene = filled(bench, "phone", docs)?;
    let relay = scene.relay()?;
    for name in [DESK, PHONE] {
        let device = scene.device(name)?;
        sync(&device, &relay.url())?;
        device.close()?;
    }
    relay.stop()?;
    Ok(scene)
}
