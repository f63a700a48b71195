//! `certify`, `revoke-device`, `wipe` and `devices`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use tvaers_core::authority::{self, By, Erased, Office, OfficeError, OfficeFile};
use tvaers_core::keys::KeyError;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::Fixed;
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::statement::{DeviceKeys, Standing};

use super::console::Console;
use super::say::{self, Sentence, day, grouped, minute, named};
use super::{output, relay};

/// Ed25519, 32 bytes, and X-Wing.
const KEYS: usize = 32 + KEM_PUBLIC;

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Certify {
    /// Employee number
    person: String,
    /// The device's public keys, as it shows them: a file, or hexadecimal digits
    #[arg(long, value_name = "FILE|HEX")]
    keys: String,
    /// Where to write the enrolment, for the device to read; holds no secret, but every name of the directory
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Revoke {
    /// Employee number and the device's own, as in 4711/2, or the first digits of its id
    device: String,
    /// Ask it to erase itself, too
    #[arg(long)]
    wipe: bool,
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Wipe {
    /// Employee number and the device's own, as in 4711/2, or the first digits of its id
    device: String,
    /// Ask for it no more: it was a mistake, and the device has not heard of it
    #[arg(long)]
    withdraw: bool,
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Devices {
    /// Those in use, too; without it only those that are out
    #[arg(long)]
    all: bool,
}

pub(super) fn certify(console: &Console<'_>, args: &Certify) -> Result<(), Sentence> {
    let keys = read_keys(&args.keys)?;
    // Told before anything is signed; whoever runs this must not lose another device's enrolment.
    if args.out.exists() {
        return Err(Sentence::of("out-exists").with("file", args.out.display()));
    }
    let device = keys.device();
    console.say(&Sentence::of("compare-device").with("digits", grouped(&device.as_bytes()[..8])));
    let Some(office) = console.change_then(|office, by| office.certify(&args.person, &keys, by).map(drop))? else {
        return Ok(());
    };
    let enrolment = office.enrolment(&device)?.to_bytes();
    output::create(&args.out).and_then(|file| output::fill(file, &enrolment)).map_err(|why| {
        // The certificate stands; asked again, the same command writes the file and changes nothing else.
        Sentence::of("out-failed").with("file", args.out.display()).with("why", why)
    })?;
    console.say(&Sentence::of("enrolment-written").with("file", args.out.display()));
    let due = office.to_publish(false).len();
    if due > 0 {
        console.say(&Sentence::of("publish-due").count("n", due));
    }
    Ok(())
}

pub(super) fn revoke(console: &Console<'_>, args: &Revoke) -> Result<(), Sentence> {
    console.change(|office, by| {
        office.revoke_device(&args.device, by)?;
        console.say(&Sentence::of("lost-device-keeps"));
        if args.wipe {
            ask(console, office, &args.device, by)?;
        } else {
            console.say(&Sentence::of("wipe-advice"));
        }
        Ok(())
    })
}

pub(super) fn wipe(console: &Console<'_>, args: &Wipe) -> Result<(), Sentence> {
    console.change(|office, by| {
        if args.withdraw {
            office.withdraw_wipe(&args.device, by)?;
            console.say(&Sentence::of("wipe-withdrawn-keeps"));
            return Ok(());
        }
        ask(console, office, &args.device, by)
    })
}

/// Said before it is asked: what an erasure reaches, and what nobody can promise.
fn ask(console: &Console<'_>, office: &mut Office, device: &str, by: By<'_>) -> Result<(), OfficeError> {
    office.ask_wipe(device, by)?;
    say_what_a_wipe_reaches(console);
    Ok(())
}

pub(super) fn say_what_a_wipe_reaches(console: &Console<'_>) {
    console.say(&Sentence::of("wipe-reaches"));
    console.say(&Sentence::of("wipe-offline"));
}

/// Every device and what is known of it. First the relay is asked for receipts, and those that are new are noted.
pub(super) fn devices(console: &Console<'_>, args: &Devices) -> Result<(), Sentence> {
    let operator = console.operator()?;
    let (file, mut office) = console.open()?;
    if !office.awaiting_receipts().is_empty() {
        fetch_receipts(console, &mut office, By { operator: &operator, now: console.now }, &file)?;
    }
    let mut rows = 0;
    for known in office.devices() {
        let standing = office.person_of(&known.person).map_or(Standing::Left, |person| person.standing);
        let key = match (known.revoked, standing) {
            (Some(_), _) => "device-row-revoked",
            (None, Standing::Suspended) => "device-row-suspended",
            (None, _) => "device-row",
        };
        if key == "device-row" && !args.all {
            continue;
        }
        rows += 1;
        let owner = say::person(&office, &known.person);
        let row = Sentence::of(key).with("device", named(&office, &known.device)).with("person", owner);
        console.say(&row.with("since", day(known.since)).with("revoked", day(known.revoked.unwrap_or_default())));
        match &known.wipe {
            Some(wipe) => console.say(&erasure(wipe)),
            None if known.revoked.is_some() => console.say(&Sentence::of("wipe-row-none")),
            None => {}
        }
    }
    if rows == 0 {
        console.say(&Sentence::of("no-devices"));
    }
    Ok(())
}

/// What is known of an erasure, and no more than that.
fn erasure(wipe: &authority::Wipe) -> Sentence {
    let asked = minute(wipe.asked);
    match (&wipe.erased, wipe.withdrawn) {
        (Some(Erased { at, received, unsent }), _) => {
            let key = if unsent.is_some() { "wipe-row-confirmed" } else { "wipe-row-confirmed-uncounted" };
            let row =
                Sentence::of(key).with("asked", asked).with("at", minute(*at)).with("received", minute(*received));
            row.count("n", usize::try_from(unsent.unwrap_or_default()).unwrap_or(usize::MAX))
        }
        (None, Some(withdrawn)) => {
            Sentence::of("wipe-row-withdrawn").with("asked", asked).with("withdrawn", minute(withdrawn))
        }
        (None, None) => Sentence::of("wipe-row-waiting").with("asked", asked),
    }
}

/// A relay that does not answer is no reason to show nothing. No question: nothing is changed but that it is noted.
fn fetch_receipts(console: &Console<'_>, office: &mut Office, by: By<'_>, file: &OfficeFile) -> Result<(), Sentence> {
    let relay = relay::at(office.relay())?;
    let orders = office.wipe_orders(console.now);
    let asked = relay::runtime()?.block_on(async {
        let mut received = Vec::new();
        for order in &orders {
            received.extend(relay.wipe_receipts(order).await?);
        }
        Ok::<_, Failure>(received)
    });
    let Ok(received) = asked else {
        console.say(&Sentence::of("receipts-unreachable"));
        return Ok(());
    };
    let before = office.journal().len();
    let taken = office.take_receipts(&received, by)?;
    if taken.false_ones > 0 {
        console.say(&Sentence::of("receipts-false").count("n", taken.false_ones));
    }
    if taken.confirmed > 0 {
        file.write(office, &mut rng::system())?;
        console.show_since(office, before)?;
    }
    Ok(())
}

/// Bytes or hexadecimal digits, from a file or as they were given.
fn read_keys(given: &str) -> Result<DeviceKeys, Sentence> {
    let malformed = || Sentence::of("keys-malformed");
    let bytes = match from_hex(given) {
        Some(bytes) => bytes,
        None => {
            let unreadable = |_| Sentence::of("keys-unreadable").with("file", given);
            let file = std::fs::read(given).map_err(unreadable)?;
            std::str::from_utf8(&file).ok().and_then(from_hex).unwrap_or(file)
        }
    };
    let (signing, kem) = bytes.split_at_checked(32).filter(|_| bytes.len() == KEYS).ok_or_else(malformed)?;
    let signing = signing.try_into().map_err(|_| malformed())?;
    let kem = kem.try_into().map_err(|_| malformed())?;
    let keys = DeviceKeys { signing: Fixed(signing), kem: Fixed(kem) };
    tvaers_core::keys::check_device_keys(&keys)
        .map_err(|error: KeyError| OfficeError::from(error).into())
        .map(|()| keys)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len() == 2 * KEYS)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}
