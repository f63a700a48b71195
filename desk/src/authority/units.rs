//! `unit` and `profession`.

use clap::Subcommand;
use tvaers_core::authority::KINDS;
use tvaers_core::rng;
use tvaers_wire::statement::Standing;

use super::console::Console;
use super::say::Sentence;

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Unit {
    /// Add a unit
    Add {
        /// Its name, as staff know it
        name: String,
        /// dagtilbud, skole, sundhedspleje, ppr, familieafdeling, klub, modtagelse, it, logkontrol or andet
        #[arg(long)]
        kind: String,
        /// Telephone number that is dialled when there is no network
        #[arg(long)]
        phone: Option<String>,
    },
    /// Give a unit another name
    Rename {
        /// Its name now
        name: String,
        /// Its name from now on
        new: String,
    },
    /// Close a unit in which nobody works any more
    Close {
        /// Its name
        name: String,
    },
    /// List the units
    List,
}

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Profession {
    /// Add a profession that the HR system's list may name
    Add {
        /// Its name
        name: String,
    },
    /// List the professions
    List,
}

pub(super) fn unit(console: &Console<'_>, command: &Unit) -> Result<(), Sentence> {
    match command {
        Unit::Add { name, kind, phone } => {
            if !KINDS.contains(&kind.trim().to_lowercase().as_str()) {
                return Err(Sentence::of("unknown-kind").with("kinds", KINDS.join(", ")));
            }
            console.change(|office, by| office.add_unit(name, kind, phone.as_deref(), by, &mut rng::system()))
        }
        Unit::Rename { name, new } => console.change(|office, by| office.rename_unit(name, new, by)),
        Unit::Close { name } => console.change(|office, by| office.close_unit(name, by)),
        Unit::List => {
            let (_file, office) = console.open()?;
            if office.units().is_empty() {
                console.say(&Sentence::of("no-units"));
            }
            for unit in office.units() {
                let there = office.people().iter().filter(|person| person.unit == unit.team);
                let there = there.filter(|person| person.standing != Standing::Left).count();
                let key = if unit.open { "unit-row" } else { "unit-row-closed" };
                let row = Sentence::of(key).with("name", &unit.name).with("kind", &unit.kind).count("n", there);
                console.say(&row.with("phone", unit.phone.as_deref().unwrap_or("–")));
            }
            Ok(())
        }
    }
}

pub(super) fn profession(console: &Console<'_>, command: &Profession) -> Result<(), Sentence> {
    match command {
        Profession::Add { name } => console.change(|office, by| office.add_profession(name, by)),
        Profession::List => {
            let (_file, office) = console.open()?;
            office.professions().iter().for_each(|profession| console.line(profession));
            Ok(())
        }
    }
}
