//! `enrol`: the desk becomes a person's. The invite is read from the terminal: as an argument it would stay in the shell's history, and
//! everybody on the computer could see it while it is worth something.

use std::process::Command;
use std::time::Duration;

use clap::Args as ClapArgs;
use tokio::runtime::Runtime;
use tvaers_core::client::{Device, NewDevice, Opened, open};
use tvaers_core::directory::Invite;
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::{Joined, NotJoined, Relay, join, sync_once};
use tvaers_core::passphrase::Stretch;
use tvaers_core::rng;
use tvaers_core::store::{Store, StoreError};
use tvaers_core::sync::Failure;

use super::{Common, erased, key};
use crate::terminal::{Sentence, Terminal};

/// Between two looks for the office's answer.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Args {
    /// What this desk calls itself, for whoever compares the digits; without it the computer's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Memory that trying one passphrase takes, in MiB
    #[arg(long, value_name = "MIB", default_value_t = Stretch::DEFAULT.memory / 1024)]
    stretch_memory: u32,
}

pub(super) fn run(terminal: &Terminal, common: &Common, args: &Args) -> Result<(), Sentence> {
    let stretch = Stretch { memory: args.stretch_memory.saturating_mul(1024), ..Stretch::DEFAULT };
    stretch.check()?;
    let runtime = runtime()?;
    begin_again(common, &runtime)?;
    // Everything that can be told without a passphrase is told first.
    let invite = Invite::read(&terminal.answer(&Sentence::of("ask-invite"))?)?;
    if invite.is_over(system_now()) {
        return Err(Sentence::of("invite-expired"));
    }
    let device = new_device(terminal, common, stretch)?;
    let name = args.name.clone().or_else(host).unwrap_or_else(|| "Tværs".to_owned());
    terminal.say(&Sentence::of("enrol-compare").with("code", device.code()));
    let device = let_in(terminal, &runtime, device, &invite, &name)?;
    // So that the person's circle is there before anybody shares anything with it. If it fails now, the desk does it when it is opened.
    if let Ok(relay) = Relay::new(device.relay()) {
        let _ = runtime.block_on(sync_once(&device, &relay, &mut rng::system()));
    }
    terminal.say(&Sentence::of("enrolled").with("person", device.staff().name(&device.person())));
    terminal.say(&Sentence::of("enrolled-open").with("store", common.store.display()));
    Ok(device.close()?)
}

pub(super) fn runtime() -> Result<Runtime, Sentence> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|why| Sentence::of("file-io").with("why", why))
}

/// Where a desk was erased another one may begin, once the municipality knows of it.
fn begin_again(common: &Common, runtime: &Runtime) -> Result<(), Sentence> {
    match erased::find(&common.store, runtime)? {
        Some(erasure) if erasure.confirmed().is_none() => Err(erased::sentence(&erasure)),
        Some(erasure) => Ok(erasure.begin_again()?),
        None => Ok(()),
    }
}

/// A desk that is nobody's yet: a new one, or one whose enrolment was interrupted.
fn new_device(terminal: &Terminal, common: &Common, stretch: Stretch) -> Result<NewDevice, Sentence> {
    let (dir, file) = (&common.store, common.passphrase_file.as_deref());
    let key = if key::exists(dir) {
        key::open(dir, &terminal.passphrase(file)?)?
    } else if dir.join("store.head").exists() {
        return Err(Sentence::of("key-missing").with("store", dir.display()));
    } else {
        key::make(dir, &terminal.choose(file)?, stretch)?
    };
    let store = match Store::open(dir, &key) {
        Err(StoreError::Missing | StoreError::Unfinished) => Store::create(dir, &key)?,
        other => other?,
    };
    match open(store, &mut Moment::new(system_now(), &mut rng::system()))? {
        Opened::New(device) => Ok(*device),
        Opened::Enrolled(_) => Err(Sentence::of("enrolled-already").with("store", dir.display())),
    }
}

/// Waits until the office has let the desk in. Whoever interrupts it goes on with the same command and the same invite.
fn let_in(
    terminal: &Terminal,
    runtime: &Runtime,
    mut device: NewDevice,
    invite: &Invite,
    name: &str,
) -> Result<Device, Sentence> {
    let (mut waiting, mut away) = (false, false);
    loop {
        device = match runtime.block_on(join(device, invite, name)) {
            Joined::Enrolled(device) => return Ok(*device),
            Joined::Waiting(device) => {
                if !waiting {
                    terminal.say(&Sentence::of("enrol-waiting"));
                }
                (waiting, away) = (true, false);
                device
            }
            // The letter lies there: the server's absence is no reason to give up, and is said once.
            Joined::Not(device, NotJoined::Relay(failure @ Failure::Unreachable { .. })) if waiting => {
                if !away {
                    terminal.tell(&failure.into());
                }
                away = true;
                device
            }
            Joined::Not(_, why) => return Err(why.into()),
        };
        runtime.block_on(async { tokio::time::sleep(PAUSE).await });
    }
}

/// The name of this computer, by its own word.
fn host() -> Option<String> {
    let said = Command::new("hostname").output().ok()?;
    let name = String::from_utf8(said.stdout).ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
