//! `rotate-authority` and `sheets renew`: keys of the municipality are followed by others, and two holders agree to it. The office is
//! written last: a ceremony that was cut off never was.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use tvaers_core::authority::{By, RECOVERY_HOLDERS, RecoverySplit};
use tvaers_core::rng;
use tvaers_wire::mailbox::SignedOrder;

use super::console::Console;
use super::relay;
use super::say::{Sentence, authority};
use super::sheets::{self, Printed};

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Sheets {
    /// Make a new recovery key on three new sheets, when a holder leaves or a sheet is lost
    Renew(Renew),
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Renew {
    /// Who holds a new sheet; three times, three different people
    #[arg(long = "holder", value_name = "NAME", required = true)]
    holders: Vec<String>,
    /// Where to put the three pages until they are printed: a directory in memory, or on a stick that is destroyed afterwards
    #[arg(long, value_name = "DIR")]
    sheets: PathBuf,
}

pub(super) fn rotate(console: &Console<'_>) -> Result<(), Sentence> {
    let operator = console.operator()?;
    let (file, mut office) = console.open()?;
    let old = authority(&office.in_force());
    console.say(&Sentence::of("rotate-plan").with("fingerprint", &old));
    let waiting = office.to_publish(false).len();
    if waiting > 0 {
        console.say(&Sentence::of("rotate-waiting").count("n", waiting));
    }
    let open = office.invites().iter().filter(|invited| !invited.invite.is_over(console.now)).count();
    if open > 0 {
        console.say(&Sentence::of("rotate-invites").count("n", open));
    }
    if !console.agreed()? {
        return Ok(());
    }
    console.say(&Sentence::of("rotate-begin"));
    let [first, second] = sheets::two(console, &office)?;
    let (before, rng) = (office.journal().len(), &mut rng::system());
    let by = By { operator: &operator, now: console.now };
    let withdrawn = office.rotate_authority([&first, &second], by, rng)?;
    console.show_since(&office, before)?;
    file.write(&office, rng)?;
    close(console, &withdrawn)?;
    let done = Sentence::of("rotate-done").with("old", old).with("fingerprint", authority(&office.in_force()));
    console.say(&done);
    console.say(&Sentence::of("publish-due").count("n", office.to_publish(false).len()));
    Ok(())
}

/// Closes the mailboxes of invites that were withdrawn. Nobody is let in by them in any case; a phone would only wait.
fn close(console: &Console<'_>, withdrawn: &[(String, SignedOrder)]) -> Result<(), Sentence> {
    if withdrawn.is_empty() {
        return Ok(());
    }
    let closed = relay::runtime()?.block_on(async {
        let mut closed = 0;
        for (address, order) in withdrawn {
            let told = match relay::at(address) {
                Ok(relay) => relay.order(order).await.is_ok(),
                Err(_) => false,
            };
            closed += usize::from(told);
        }
        closed
    });
    console.say(&Sentence::of("invites-withdrawn").count("n", withdrawn.len()));
    if closed < withdrawn.len() {
        console.say(&Sentence::of("invites-not-closed").count("n", withdrawn.len() - closed));
    }
    Ok(())
}

pub(super) fn sheets(console: &Console<'_>, command: &Sheets) -> Result<(), Sentence> {
    let Sheets::Renew(args) = command;
    let operator = console.operator()?;
    let holders: Vec<&str> = args.holders.iter().map(String::as_str).collect();
    let holders: [&str; RECOVERY_HOLDERS] = holders.try_into().map_err(|_| Sentence::of("holders-three"))?;
    let (file, mut office) = console.open()?;
    let who = |office: &tvaers_core::authority::Office| {
        let names: Vec<_> = office.recovery().holders.iter().map(|holder| holder.name.clone()).collect();
        names.join(", ")
    };
    let plan = Sentence::of("renew-plan").with("old", who(&office)).with("holders", holders.join(", "));
    console.say(&plan.with("dir", args.sheets.display()));
    if !console.agreed()? {
        return Ok(());
    }
    if sheets::clear(&args.sheets) {
        console.say(&Sentence::of("renew-cut-off"));
    }
    console.say(&Sentence::of("renew-begin"));
    let [first, second] = sheets::two(console, &office)?;
    let (before, rng) = (office.journal().len(), &mut rng::system());
    let split = RecoverySplit::draw(rng)?;
    office.renew_sheets([&first, &second], &split, holders, By { operator: &operator, now: console.now })?;
    let made = split.sheets(&office.authority().municipality);
    let printed = Printed::write(&args.sheets, &office, &made)?;
    console.say(&Sentence::of("init-print"));
    printed.files().iter().for_each(|file| console.line(&format!("  {}", file.display())));
    sheets::read_back(console, &office, &made)?;
    console.show_since(&office, before)?;
    file.write(&office, rng)?;
    drop(printed);
    console.say(&Sentence::of("renew-done"));
    console.say(&Sentence::of("publish-due").count("n", office.to_publish(false).len()));
    Ok(())
}
