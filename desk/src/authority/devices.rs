//! `certify` and `revoke-device`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use tvaers_core::authority::OfficeError;
use tvaers_core::keys::KeyError;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::Fixed;
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::statement::DeviceKeys;

use super::console::Console;
use super::output;
use super::say::{Sentence, grouped};

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
        Ok(())
    })
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
