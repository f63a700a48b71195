//! Opening a desk that is somebody's, and giving it another passphrase.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args as ClapArgs;
use tvaers_core::client::{Device, Opened, open};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::rng;
use tvaers_core::store::Store;

use super::{Common, Ended, Serve, enrol, erased, key, serve};
use crate::terminal::{Sentence, Terminal, Tongue};
use crate::web::Language;

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Args {
    /// The port of the pages on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Name employees in a family's extract of the access log; without it by profession and unit only
    #[arg(long)]
    employees_named: bool,
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Rotate {
    /// Read the new passphrase from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(super) fn run(terminal: &Terminal, common: &Common, args: &Args) -> Result<(), Sentence> {
    let runtime = enrol::runtime()?;
    if let Some(erasure) = erased::find(&common.store, &runtime)? {
        return Err(erased::sentence(&erasure));
    }
    let device = Arc::new(device(terminal, common)?);
    let opened = Sentence::of("opened").with("person", device.staff().name(&device.person()));
    terminal.say(&opened.with("code", device.code()));
    let language = common.language.map(|tongue| match tongue {
        Tongue::Da => Language::Danish,
        Tongue::En => Language::English,
    });
    let how = Serve { ahead: 0, language, port: args.port, employees_named: args.employees_named };
    match serve(terminal, &runtime, Arc::clone(&device), &how)? {
        Ended::Asked => Ok(device.close()?),
        // Told with a reason, since nobody at this desk has asked for it.
        Ended::Erased => Err(match erased::find(&common.store, &runtime)? {
            Some(erasure) => erased::sentence(&erasure),
            None => Sentence::of("store-erased"),
        }),
    }
}

fn device(terminal: &Terminal, common: &Common) -> Result<Device, Sentence> {
    let dir = &common.store;
    match (key::exists(dir), dir.join("store.head").exists()) {
        (true, _) => {}
        (false, true) => return Err(Sentence::of("key-missing").with("store", dir.display())),
        (false, false) => return Err(Sentence::of("desk-missing").with("store", dir.display())),
    }
    let key = key::open(dir, &terminal.passphrase(common.passphrase_file.as_deref())?)?;
    let store = Store::open(dir, &key)?;
    let forgets = dir.clone();
    store.forgets_key_with(Box::new(move || key::forget(&forgets)));
    match open(store, &mut Moment::new(system_now(), &mut rng::system()))? {
        Opened::Enrolled(device) => Ok(*device),
        Opened::New(_) => Err(Sentence::of("not-enrolled")),
    }
}

pub(super) fn rotate(terminal: &Terminal, common: &Common, args: &Rotate) -> Result<(), Sentence> {
    if !key::exists(&common.store) {
        return Err(Sentence::of("desk-missing").with("store", common.store.display()));
    }
    let old = terminal.passphrase(common.passphrase_file.as_deref())?;
    // Tried before a new one is asked for in vain.
    key::open(&common.store, &old)?;
    let new = terminal.choose(args.new_passphrase_file.as_deref())?;
    key::rotate(&common.store, &old, &new)?;
    terminal.say(&Sentence::of("rotated"));
    Ok(())
}
