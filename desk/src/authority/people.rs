//! `person`, `role` and `leave`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use tvaers_core::authority::{self, Act, Missing, Office};
use tvaers_core::rng;
use tvaers_wire::statement::Standing;

use super::console::Console;
use super::say::Sentence;
use super::{devices, list, table};

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Who {
    /// Employee number
    pub(super) person: String,
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Leave {
    /// Employee number
    person: String,
    /// Ask all of their devices to erase themselves, too
    #[arg(long)]
    wipe: bool,
}

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Person {
    /// Take over the HR system's list: who is new joins, who is gone leaves, what differs is changed
    Import {
        /// CSV in UTF-8 with a line of headings: number, name, profession, unit, and role if you like
        file: PathBuf,
        /// The list is of some people only: who is not on it stays
        #[arg(long, conflicts_with = "leavers")]
        partial: bool,
        /// So many people leave by this list; needed when they are more than ten
        #[arg(long, value_name = "N")]
        leavers: Option<usize>,
    },
    /// List the people
    List {
        /// Those who have left, too
        #[arg(long)]
        all: bool,
    },
}

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Role {
    /// Give a person a role
    Grant(Given),
    /// Take a role back
    Revoke(Given),
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Given {
    /// Employee number
    person: String,
    /// forvalter, logkontrollant, leder or dpo
    role: String,
}

pub(super) fn person(console: &Console<'_>, command: &Person) -> Result<(), Sentence> {
    match command {
        Person::Import { file, partial, leavers } => {
            let missing = if *partial { Missing::Stay } else { Missing::Leave { expected: *leavers } };
            import(console, file, missing)
        }
        Person::List { all } => {
            let (_file, office) = console.open()?;
            show(console, &office, *all);
            Ok(())
        }
    }
}

fn import(console: &Console<'_>, file: &std::path::Path, missing: Missing) -> Result<(), Sentence> {
    let unreadable = || Sentence::of("list-unreadable").with("file", file.display());
    let bytes = std::fs::read(file).map_err(|_| unreadable())?;
    let mut faults = Vec::new();
    let mut counts = [0usize; 4];
    let done = console.change(|office, by| {
        let rows = match list::read(&bytes, office) {
            Ok(rows) => rows,
            Err(found) => {
                faults = found;
                // Said below, each by its line.
                return Err(authority::OfficeError::Text);
            }
        };
        let before = office.journal().len();
        office.import(&rows, missing, by, &mut rng::system())?;
        for entry in office.audit().unwrap_or_default().iter().skip(before) {
            match entry.act {
                Act::Joined { .. } | Act::Returned { .. } => counts[0] += 1,
                Act::Changed { .. } => counts[1] += 1,
                Act::Moved { .. } => counts[2] += 1,
                Act::Left { .. } => counts[3] += 1,
                _ => {}
            }
        }
        let [joined, changed, moved, left] = counts;
        let diff = Sentence::of("list-diff").count("joined", joined).count("changed", changed);
        console.say(&diff.count("moved", moved).count("left", left).with("file", file.display()));
        Ok(())
    });
    if faults.is_empty() {
        return done;
    }
    Err(table::refused(console, &faults, file))
}

fn show(console: &Console<'_>, office: &Office, all: bool) {
    let shown = office.people().iter().filter(|person| all || person.standing != Standing::Left);
    let mut rows = 0;
    for person in shown {
        rows += 1;
        let key = match person.standing {
            Standing::Active => "person-row",
            Standing::Suspended => "person-row-suspended",
            Standing::Left => "person-row-left",
        };
        let roles: Vec<_> = person.roles.iter().map(|role| role.word()).collect();
        let devices = office.devices_of(&person.person).filter(|device| device.revoked.is_none()).count();
        let row = Sentence::of(key).with("number", &person.number).with("name", &person.name);
        let roles = if roles.is_empty() { "–".to_owned() } else { roles.join(", ") };
        let row = row.with("profession", &person.profession).with("roles", roles).count("devices", devices);
        console.say(&row.with("unit", office.unit_of(&person.unit).map_or("–", |unit| &unit.name)));
    }
    if rows == 0 {
        console.say(&Sentence::of("no-people"));
    }
}

pub(super) fn role(console: &Console<'_>, command: &Role) -> Result<(), Sentence> {
    let (Role::Grant(given) | Role::Revoke(given)) = command;
    let role = authority::Role::from_word(given.role.trim());
    let role = role.ok_or_else(|| Sentence::of("unknown-role").with("roles", authority::Role::words()))?;
    console.change(|office, by| match command {
        Role::Grant(given) => office.grant(&given.person, role, by),
        Role::Revoke(given) => office.revoke_role(&given.person, role, by),
    })
}

pub(super) fn leave(console: &Console<'_>, args: &Leave) -> Result<(), Sentence> {
    // Said before it is asked: whoever decides is to know what it takes back and what not.
    console.change(|office, by| {
        office.leave(&args.person, by)?;
        console.say(&Sentence::of("leaver-keeps"));
        if !args.wipe {
            console.say(&Sentence::of("wipe-advice"));
            return Ok(());
        }
        let asked = office.ask_wipe_of_all(&args.person, by)?;
        console.say(&Sentence::of("leaver-wipes").count("n", asked));
        if asked > 0 {
            devices::say_what_a_wipe_reaches(console);
        }
        Ok(())
    })
}

pub(super) fn suspend(console: &Console<'_>, who: &Who) -> Result<(), Sentence> {
    console.change(|office, by| {
        office.suspend(&who.person, by)?;
        console.say(&Sentence::of("suspended-keeps"));
        Ok(())
    })
}
