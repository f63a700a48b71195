//! `init`: the ceremony that makes a municipality. The office is written last, after every sheet has been read back: a ceremony
//! that was cut off never was, and its sheets open nothing.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use tvaers_core::authority::{By, Founding, Office, OfficeFile, RECOVERY_HOLDERS, RecoverySplit};
use tvaers_core::net::Relay;
use tvaers_core::passphrase::Stretch;
use tvaers_core::rng;

use super::console::Console;
use super::say::Sentence;
use super::sheets::{self, Printed};

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Args {
    /// The municipality's name
    name: String,
    /// The relay's address, https://…
    #[arg(long, value_name = "URL")]
    relay: String,
    /// Who holds a sheet of the recovery key; three times, three different people
    #[arg(long = "holder", value_name = "NAME", required = true)]
    holders: Vec<String>,
    /// Where to put the three pages until they are printed: a directory in memory, or on a stick that is destroyed afterwards
    #[arg(long, value_name = "DIR")]
    sheets: PathBuf,
    /// Memory that trying one passphrase takes, in MiB
    #[arg(long, value_name = "MIB", default_value_t = Stretch::DEFAULT.memory / 1024)]
    stretch_memory: u32,
}

pub(super) fn run(console: &Console<'_>, args: &Args) -> Result<(), Sentence> {
    let operator = console.operator()?;
    let holders: Vec<&str> = args.holders.iter().map(String::as_str).collect();
    let holders: [&str; RECOVERY_HOLDERS] = holders.try_into().map_err(|_| Sentence::of("holders-three"))?;
    Relay::new(&args.relay).map_err(|_| Sentence::of("refused-relay-address"))?;
    if console.common.office.exists() {
        return Err(Sentence::of("file-exists"));
    }
    let stretch = Stretch { memory: args.stretch_memory.saturating_mul(1024), ..Stretch::DEFAULT };
    stretch.check()?;

    let rng = &mut rng::system();
    let recovery = RecoverySplit::draw(rng)?;
    let founding = Founding {
        name: &args.name,
        relay: &args.relay,
        recovery: recovery.keys.clone(),
        split: recovery.split,
        holders,
    };
    let office = Office::found(&founding, By { operator: &operator, now: console.now }, rng)?;
    let plan = Sentence::of("init-plan").with("name", office.name()).with("relay", &args.relay);
    let plan = plan.with("holders", holders.join(", ")).with("office", console.common.office.display());
    console.say(&plan.with("dir", args.sheets.display()));
    if !console.agreed()? {
        return Ok(());
    }
    let passphrase = console.choose(console.common.passphrase_file.as_deref())?;
    let file = OfficeFile::reserve(&console.common.office, &passphrase, stretch, rng)?;
    if sheets::clear(&args.sheets) {
        console.say(&Sentence::of("init-cut-off"));
    }
    let made = recovery.sheets(&office.authority().municipality);
    let printed = Printed::write(&args.sheets, &office, &made)?;
    console.say(&Sentence::of("init-print"));
    printed.files().iter().for_each(|file| console.line(&format!("  {}", file.display())));
    sheets::read_back(console, &office, &made)?;
    file.write(&office, rng)?;
    drop((printed, file));
    console.say(&Sentence::of("init-done").with("office", console.common.office.display()));
    super::records::show(console, &office)
}
