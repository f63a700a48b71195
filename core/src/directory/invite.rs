//! Invites (protocol §7.1): one secret that a person carries from the office to a new device, as a QR code or as text. From it both
//! ends derive a mailbox on the relay and the keys of two letters; the relay never has it. With it goes the fingerprint of the
//! authority, so that nobody between them can be the authority (attack 2).

use minicbor::{Decode, Encode};
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::entry::Member;
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::limits;
use tvaers_wire::mailbox::MailboxId;
use tvaers_wire::statement::{Authority, DeviceKeys};
use zeroize::{Zeroize, Zeroizing};

use super::Enrolment;
use crate::keys::{
    AeadError, DeviceSecret, Root, Secret, WrapError, derive, open_once, seal_once, unwrap as open_wrap, wrap,
};
use crate::rng::{CryptoRng, bytes};

/// What the text begins with.
const PREFIX: &str = "TVAERS:INV:";
/// Bytes of the control number.
const CHECK: usize = 3;
/// Salt in front of a device's letter.
const SALT: usize = 32;
/// Encapsulation, sealed root, tag.
const WRAPPED: usize = 1_120 + 48;
/// The longest name of a device, in bytes of UTF-8.
pub const DEVICE_NAME: usize = 120;
/// The longest address of a relay in an invite, so that its QR code can still be read off a screen.
const RELAY: usize = 200;

/// Why an invite did not enrol a device. The device is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// Not an invite, or with a slip in it. Scan or type it again.
    #[error("this is not an invite, or it was not read whole")]
    Malformed,
    /// Made by a newer version. Update.
    #[error("the invite was made by another version of Tværs")]
    Version,
    /// Its time is over, or it was withdrawn. Ask for a new one.
    #[error("the invite has expired or was withdrawn")]
    Expired,
    /// Another device was first. Ask for a new one, and say so to IT if it was not one's own.
    #[error("the invite has been used by another device")]
    Used,
    /// A letter that was not sealed with this invite, or for another device.
    #[error("the letter was not sealed with this invite")]
    Seal,
    /// The answer is from another authority than the invite names. Nothing in it is believed.
    #[error("the answer is not from the authority that the invite names")]
    OtherAuthority,
}

impl InviteError {
    /// Stable, to be translated.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Version => "version",
            Self::Expired => "expired",
            Self::Used => "used",
            Self::Seal => "seal",
            Self::OtherAuthority => "other-authority",
        }
    }
}

/// An invite for one device.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Invite {
    #[n(0)]
    version: u64,
    #[n(1)]
    secret: Fixed<16>,
    /// Fingerprint of the authority.
    #[n(2)]
    pub authority: Fixed<16>,
    /// Unix seconds from which it counts no more.
    #[n(3)]
    pub expires: u64,
    /// The relay's address.
    #[n(4)]
    pub relay: String,
}

impl Canonical for Invite {
    const NAME: &'static str = "invite";
    const MAX_LEN: usize = RELAY + 64;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

impl Drop for Invite {
    fn drop(&mut self) {
        self.secret.0.zeroize();
    }
}

impl std::fmt::Debug for Invite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invite(…)")
    }
}

/// What a device writes to the office.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Asking {
    /// [`limits::VERSION`].
    #[n(0)]
    pub version: u64,
    /// The keys to be certified.
    #[n(1)]
    pub keys: DeviceKeys,
    /// What the device calls itself: the make of a phone. Shown to whoever confirms; proves nothing.
    #[n(2)]
    pub name: String,
}

impl Canonical for Asking {
    const NAME: &'static str = "a device's letter";
    const MAX_LEN: usize = limits::MAILBOX_LETTER - SALT - 16;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// What names an authority in an invite.
pub fn authority_fingerprint(authority: &Authority) -> Fixed<16> {
    let mut out = [0; 16];
    out.copy_from_slice(&hash(Label::AUTHORITY, &[&authority.to_bytes()])[..16]);
    Fixed(out)
}

/// Sixteen digits, in fours, that people compare on two screens. Not fewer: whoever can certify could otherwise make keys until one
/// of them has the code of somebody's device.
pub fn device_code(device: &DeviceId) -> String {
    let digest = hash(Label::DEVICE_CODE, &[device.as_bytes()]);
    let number = digest[..16].iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let digits = format!("{:016}", number % 10_000_000_000_000_000);
    [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join(" ")
}

impl Invite {
    /// Draws an invite.
    ///
    /// # Errors
    /// [`InviteError::Malformed`] if the relay's address is too long for one.
    pub fn draw(
        authority: &Authority,
        relay: &str,
        expires: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, InviteError> {
        if relay.len() > RELAY {
            return Err(InviteError::Malformed);
        }
        let (secret, authority) = (Fixed(bytes(rng)), authority_fingerprint(authority));
        Ok(Self { version: limits::VERSION, secret, authority, expires, relay: relay.to_owned() })
    }

    /// Its text, which is the content of its QR code, too. No browser opens it: a page of the relay's must not get to see it.
    pub fn text(&self) -> Zeroizing<String> {
        let mut body = Zeroizing::new(self.to_bytes());
        let check = hash(Label::INVITE, &[&body]);
        body.extend_from_slice(&check[..CHECK]);
        let digits: Zeroizing<String> = Zeroizing::new(body.iter().map(|byte| format!("{byte:02X}")).collect());
        Zeroizing::new(format!("{PREFIX}{}", digits.as_str()))
    }

    /// Reads the text of an invite; spaces, line breaks and small letters do no harm.
    ///
    /// # Errors
    /// [`InviteError::Malformed`] or [`InviteError::Version`].
    pub fn read(text: &str) -> Result<Self, InviteError> {
        let text: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect());
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.is_ascii() && digits.len() % 2 == 0);
        let digits =
            digits.filter(|digits| digits.len() <= 2 * (Self::MAX_LEN + CHECK)).ok_or(InviteError::Malformed)?;
        let pairs = digits.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
        let bytes = Zeroizing::new(bytes.ok_or(InviteError::Malformed)?);
        let body = bytes.len().checked_sub(CHECK).and_then(|end| bytes.split_at_checked(end));
        let (body, check) = body.ok_or(InviteError::Malformed)?;
        if hash(Label::INVITE, &[body])[..CHECK] != *check {
            return Err(InviteError::Malformed);
        }
        Self::from_bytes(body).map_err(|error| match error {
            DecodeError::Version { .. } => InviteError::Version,
            _ => InviteError::Malformed,
        })
    }

    /// True if its time is over by this clock, Unix milliseconds.
    pub fn is_over(&self, now: i64) -> bool {
        u64::try_from(now / 1000).unwrap_or_default() >= self.expires
    }

    /// The mailbox. It says nothing of the secret.
    pub fn mailbox(&self) -> MailboxId {
        Fixed(*self.derived("invite-mailbox", &[]).expose())
    }

    /// Secret and fingerprint together: whoever changes the fingerprint has another mailbox and other keys.
    fn derived(&self, label: &str, context: &[u8]) -> Secret {
        let mut base = [0; 32];
        base[..16].copy_from_slice(&self.secret.0);
        base[16..].copy_from_slice(&self.authority.0);
        let secret = Secret::new(base);
        base.zeroize();
        derive(&secret, label, context)
    }

    /// A device's letter to the office. The same device makes the same letter again, and two devices never seal with one key: the
    /// salt of the key is derived from what is sealed.
    ///
    /// # Errors
    /// [`AeadError`] if the cipher refuses.
    pub fn seal_letter(&self, keys: &DeviceKeys, name: &str) -> Result<Vec<u8>, AeadError> {
        let asking = Asking { version: limits::VERSION, keys: keys.clone(), name: shortened(name) };
        let mut sealed = asking.to_bytes();
        let salt = self.derived("invite-salt", &sealed);
        seal_once(&self.derived("invite-letter", salt.expose()), &self.mailbox().0, &mut sealed)?;
        Ok([&salt.expose()[..], &sealed].concat())
    }

    /// Opens a device's letter.
    ///
    /// # Errors
    /// [`InviteError::Seal`] if it was not sealed with this invite, or [`InviteError::Version`].
    pub fn open_letter(&self, letter: &[u8]) -> Result<Asking, InviteError> {
        let (salt, sealed) = letter.split_at_checked(SALT).ok_or(InviteError::Seal)?;
        let mut sealed = sealed.to_vec();
        let key = self.derived("invite-letter", salt);
        let opened = open_once(&key, &self.mailbox().0, &mut sealed).map_err(|AeadError| InviteError::Seal)?;
        let asking = Asking::from_bytes(opened).map_err(|error| match error {
            DecodeError::Version { .. } => InviteError::Version,
            _ => InviteError::Seal,
        })?;
        let shown = asking.name.len() <= DEVICE_NAME && !asking.name.chars().any(char::is_control);
        if shown { Ok(asking) } else { Err(InviteError::Seal) }
    }

    /// The office's answer. It is wrapped to the device, too: whoever has seen the code alone cannot read the directory in it.
    ///
    /// # Errors
    /// [`WrapError`] if the device's key is not one.
    pub fn seal_answer(
        &self,
        enrolment: &Enrolment,
        keys: &DeviceKeys,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, WrapError> {
        let root = Root::random(rng);
        let mailbox = self.mailbox();
        let mut out = wrap(&root, &keys.kem, &mailbox.0, &Member::Device(keys.device()), rng)?;
        let mut sealed = enrolment.to_bytes();
        seal_once(&self.answer_key(&root), &mailbox.0, &mut sealed).map_err(|AeadError| WrapError::BadKey)?;
        out.append(&mut sealed);
        Ok(out)
    }

    /// Opens the office's answer, and takes none from an authority that the invite does not name: the one in force when it was made,
    /// which may have been followed by another one since. Whoever has stolen an older key cannot answer a newer invite.
    pub(crate) fn open_answer(&self, answer: &[u8], device: &DeviceSecret) -> Result<Enrolment, InviteError> {
        let (wrapped, sealed) = answer.split_at_checked(WRAPPED).ok_or(InviteError::Seal)?;
        let mailbox = self.mailbox();
        let root = open_wrap(wrapped, device.kem(), &mailbox.0, &Member::Device(device.id()));
        let root = root.map_err(|_| InviteError::Seal)?;
        let mut sealed = sealed.to_vec();
        let opened = open_once(&self.answer_key(&root), &mailbox.0, &mut sealed).map_err(|_| InviteError::Seal)?;
        let enrolment = Enrolment::from_bytes(opened).map_err(|_| InviteError::Seal)?;
        if !enrolment.lineage().authorities().any(|one| authority_fingerprint(&one) == self.authority) {
            return Err(InviteError::OtherAuthority);
        }
        Ok(enrolment)
    }

    fn answer_key(&self, root: &Root) -> Secret {
        derive(root.secret(), "invite-answer", self.derived("invite-answer", &[]).expose())
    }
}

/// A device's own name for itself, without what would not be shown.
fn shortened(name: &str) -> String {
    let mut out = String::new();
    for c in name.trim().chars().filter(|c| !c.is_control()) {
        if out.len() + c.len_utf8() > DEVICE_NAME {
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests;
