//! IT's commands: `tvaers authority …`, over the office of `core/src/authority/`.
//!
//! Each command opens the office, does one act in memory, shows what the act would leave in the journal, asks, and writes the
//! office whole. Sentences are in `desk/i18n/authority.*.ftl`, Danish first.

mod console;
mod devices;
mod init;
mod invites;
mod list;
mod output;
mod people;
mod publish;
mod records;
mod recover;
mod relay;
mod retention;
mod say;
mod sharing;
mod sheets;
mod succession;
mod table;
mod units;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};

use console::Console;

use crate::terminal::Tongue;

/// How to run IT's commands.
#[derive(ClapArgs, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command is told.
#[derive(ClapArgs, Clone, Debug)]
struct Common {
    /// The office's file
    #[arg(long, value_name = "FILE", default_value = "office.sealed", global = true)]
    office: PathBuf,
    /// Read the passphrase from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE", global = true)]
    passphrase_file: Option<PathBuf>,
    /// Who is doing this, for the journal; without it the system's user
    #[arg(long, value_name = "NAME", global = true)]
    operator: Option<String>,
    /// Do it without asking; without this, and without a terminal, only what would be done is shown
    #[arg(long, global = true)]
    yes: bool,
    /// Danish or English; without it LANG decides, and Danish is the default
    #[arg(long, value_enum, global = true)]
    language: Option<Tongue>,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Make the municipality: its key, its recovery key on three sheets, its office
    Init(init::Args),
    /// What there is, what is due, and what the relay lacks
    Status,
    /// Units of the municipality
    #[command(subcommand)]
    Unit(units::Unit),
    /// Professions that people may have
    #[command(subcommand)]
    Profession(units::Profession),
    /// People, from the HR system's list
    #[command(subcommand)]
    Person(people::Person),
    /// Roles beside the profession: forvalter, logkontrollant, leder, dpo
    #[command(subcommand)]
    Role(people::Role),
    /// Bar a person for now
    Suspend(people::Who),
    /// Let a suspended person in again
    Reinstate(people::Who),
    /// A person leaves: out of every unit, devices revoked
    Leave(people::Leave),
    /// Certify a person's device and write its enrolment
    Certify(devices::Certify),
    /// Invite people to enrol a device each, by QR code
    Invite(invites::Args),
    /// Let in the devices that have come with an invite
    Enrol(invites::Enrol),
    /// How long records are kept, by kind
    #[command(subcommand)]
    Retention(retention::Retention),
    /// Who may be sent what, and on what lawful basis
    #[command(subcommand)]
    Sharing(sharing::Sharing),
    /// Revoke a lost device, for good
    RevokeDevice(devices::Revoke),
    /// Ask a revoked device to erase itself, or withdraw that
    Wipe(devices::Wipe),
    /// Devices that are out: since when, whether they were asked to erase themselves, and what they have answered
    Devices(devices::Devices),
    /// Send the relay what it lacks, and claim it first if it is new
    Publish(publish::Args),
    /// Try two sheets of the recovery key, without opening anything
    Drill,
    /// Restore access, with two sheets, where nobody is left to give it
    #[command(subcommand)]
    Recover(recover::Recover),
    /// Verify the journal and print it
    Audit(records::Audit),
    /// Seal the office with another passphrase
    RotatePassphrase(records::Rotate),
    /// Give the authority another signing key, with two sheets: somebody may have the old one
    RotateAuthority,
    /// The sheets of the recovery key
    #[command(subcommand)]
    Sheets(succession::Sheets),
}

/// Runs one command. Says on stderr, in one sentence, why it was refused.
pub fn run(args: &Args) -> ExitCode {
    let console = Console::new(&args.common);
    let done = match &args.command {
        Command::Init(args) => init::run(&console, args),
        Command::Status => records::status(&console),
        Command::Unit(unit) => units::unit(&console, unit),
        Command::Profession(profession) => units::profession(&console, profession),
        Command::Person(person) => people::person(&console, person),
        Command::Role(role) => people::role(&console, role),
        Command::Suspend(who) => people::suspend(&console, who),
        Command::Reinstate(who) => console.change(|office, by| office.reinstate(&who.person, by)),
        Command::Leave(args) => people::leave(&console, args),
        Command::Certify(args) => devices::certify(&console, args),
        Command::Invite(args) => invites::invite(&console, args),
        Command::Enrol(args) => invites::enrol(&console, args),
        Command::Retention(command) => retention::run(&console, command),
        Command::Sharing(command) => sharing::run(&console, command),
        Command::RevokeDevice(args) => devices::revoke(&console, args),
        Command::Wipe(args) => devices::wipe(&console, args),
        Command::Devices(args) => devices::devices(&console, args),
        Command::Publish(args) => publish::run(&console, args),
        Command::Drill => records::drill(&console),
        Command::Recover(step) => recover::run(&console, step),
        Command::Audit(args) => records::audit(&console, args),
        Command::RotatePassphrase(args) => records::rotate(&console, args),
        Command::RotateAuthority => succession::rotate(&console),
        Command::Sheets(command) => succession::sheets(&console, command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            console.tell(&sentence);
            ExitCode::FAILURE
        }
    }
}
