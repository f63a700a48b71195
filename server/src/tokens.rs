//! Challenges and session tokens: authenticated by the relay's key for sessions, stored nowhere.

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use tvaers_wire::ids::{DeviceId, Fixed};
use tvaers_wire::limits;
use tvaers_wire::message::Token;

use crate::world::Place;

const CHALLENGE: &[u8] = b"tvaers-relay/1/challenge";
const BEARER: &[u8] = b"tvaers-relay/1/bearer";
const MAC: usize = 32;

/// Makes and checks them.
pub(crate) struct Tokens {
    key: hmac::Key,
}

/// A valid session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bearer {
    pub(crate) device: DeviceId,
    pub(crate) expires: u64,
}

impl Tokens {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// 16 random bytes, the time until which it holds, and the MAC.
    pub(crate) fn challenge(&self, now: u64) -> Option<Vec<u8>> {
        let mut random = [0; 16];
        SystemRandom::new().fill(&mut random).ok()?;
        let until = now + limits::CHALLENGE.as_secs();
        Some(self.seal(CHALLENGE, [random.as_slice(), &until.to_be_bytes()].concat()))
    }

    pub(crate) fn check_challenge(&self, challenge: &[u8], now: u64) -> bool {
        self.open(CHALLENGE, challenge).is_some_and(|body| body.len() == 24 && ends(&body[16..]) >= now)
    }

    /// The token and when it expires.
    pub(crate) fn bearer(&self, device: &DeviceId, now: u64) -> (String, u64) {
        let expires = now + limits::SESSION.as_secs();
        let sealed = self.seal(BEARER, [device.as_bytes().as_slice(), &expires.to_be_bytes()].concat());
        (to_hex(&sealed), expires)
    }

    pub(crate) fn check_bearer(&self, token: &str, now: u64) -> Option<Bearer> {
        let sealed = from_hex(token)?;
        let body = self.open(BEARER, &sealed)?;
        let (device, expires) = body.split_at_checked(DeviceId::LEN)?;
        let expires = ends(expires);
        (expires > now).then_some(Bearer { device: DeviceId::from_slice(device).ok()?, expires })
    }

    fn seal(&self, label: &[u8], mut body: Vec<u8>) -> Vec<u8> {
        let mac = hmac::sign(&self.key, &[label, &body].concat());
        body.extend_from_slice(mac.as_ref());
        body
    }

    fn open<'a>(&self, label: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (body, mac) = sealed.split_at_checked(sealed.len().checked_sub(MAC)?)?;
        hmac::verify(&self.key, &[label, body].concat(), mac).ok()?;
        Some(body)
    }
}

fn ends(bytes: &[u8]) -> u64 {
    bytes.try_into().map(u64::from_be_bytes).unwrap_or(0)
}

/// The feed token of a place.
pub(crate) fn feed_token(generation: [u8; 8], place: Place) -> Token {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&generation);
    bytes[8..16].copy_from_slice(&place.seq.to_be_bytes());
    bytes[16..].copy_from_slice(&place.nonce);
    Fixed(bytes)
}

/// Generation and place of a feed token.
pub(crate) fn read_feed_token(token: &Token) -> ([u8; 8], Place) {
    let part = |at: usize| token.0[at..at + 8].try_into().unwrap_or([0; 8]);
    (part(0), Place { seq: u64::from_be_bytes(part(8)), nonce: part(16) })
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) || text.len() > 1024 {
        return None;
    }
    let digit = |c: u8| (c as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn device() -> DeviceId {
        DeviceId::new([7; 32])
    }

    #[test]
    fn a_bearer_token_holds_until_it_expires() {
        let tokens = Tokens::new(&[1; 32]);
        let (token, expires) = tokens.bearer(&device(), NOW);
        assert_eq!(tokens.check_bearer(&token, NOW).map(|bearer| bearer.device), Some(device()));
        assert!(tokens.check_bearer(&token, expires - 1).is_some());
        assert!(tokens.check_bearer(&token, expires).is_none());
    }

    #[test]
    fn every_changed_digit_of_a_bearer_token_is_noticed() {
        let tokens = Tokens::new(&[1; 32]);
        let (token, _) = tokens.bearer(&device(), NOW);
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'0' { "1" } else { "0" };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert!(tokens.check_bearer(&changed, NOW).is_none(), "digit {at}");
        }
    }

    #[test]
    fn another_relays_tokens_and_other_purposes_are_refused() {
        let (tokens, other) = (Tokens::new(&[1; 32]), Tokens::new(&[2; 32]));
        let (token, _) = other.bearer(&device(), NOW);
        assert!(tokens.check_bearer(&token, NOW).is_none());
        let challenge = tokens.challenge(NOW).unwrap();
        assert!(tokens.check_bearer(&to_hex(&challenge), NOW).is_none());
        assert!(!other.check_challenge(&challenge, NOW));
    }

    #[test]
    fn a_challenge_ends_after_its_time() {
        let tokens = Tokens::new(&[1; 32]);
        let challenge = tokens.challenge(NOW).unwrap();
        let last = NOW + limits::CHALLENGE.as_secs();
        assert!(tokens.check_challenge(&challenge, last));
        assert!(!tokens.check_challenge(&challenge, last + 1));
    }

    #[test]
    fn garbage_is_not_a_token() {
        let tokens = Tokens::new(&[1; 32]);
        for text in ["", "0", "zz", "æøå", "00", &"0".repeat(144), &"0".repeat(100_000)] {
            assert!(tokens.check_bearer(text, NOW).is_none());
        }
        assert!(!tokens.check_challenge(&[], NOW));
        assert!(!tokens.check_challenge(&[0; 56], NOW));
    }
}
