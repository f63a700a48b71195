//! The relay's word for what it has accepted: a MAC under its own key over the id of a control entry, shown with the entry and stored
//! nowhere here. A relay that is put back has the same key, and takes back what it had accepted from whoever has seen it, whoever has
//! been taken out since (decision 0022).

use ring::{hkdf, hmac};
use tvaers_wire::ids::{EntryId, Stamp};

const LABEL: &[u8] = b"tvaers-relay/1/stamp";

/// Makes and checks them.
#[derive(Debug)]
pub struct Stamps {
    key: hmac::Key,
}

impl Stamps {
    /// By the relay's own key, of which it makes a key of its own (HKDF, RFC 5869).
    pub fn new(key: &[u8; 32]) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]);
        let key = salt.extract(key).expand(&[LABEL], hmac::HMAC_SHA256).map(hmac::Key::from);
        // As many bytes as the hash has are never too many.
        Self { key: key.unwrap_or_else(|_| unreachable!("HKDF-SHA-256 gives 32 bytes")) }
    }

    /// For an entry that has been accepted.
    pub fn of(&self, entry: &EntryId) -> Stamp {
        let mut stamp = [0; Stamp::LEN];
        stamp.copy_from_slice(hmac::sign(&self.key, entry.as_bytes()).as_ref());
        Stamp::new(stamp)
    }

    /// True if this relay, or the one it was restored from, has accepted the entry. In constant time.
    pub fn is_of(&self, stamp: &Stamp, entry: &EntryId) -> bool {
        hmac::verify(&self.key, entry.as_bytes(), stamp.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_of_one_entry_and_one_relay() {
        let (stamps, other) = (Stamps::new(&[1; 32]), Stamps::new(&[2; 32]));
        let [first, second] = [1, 2].map(|n| EntryId::new([n; 32]));
        let stamp = stamps.of(&first);
        assert!(stamps.is_of(&stamp, &first));
        assert!(Stamps::new(&[1; 32]).is_of(&stamp, &first), "after a restart");
        assert!(!stamps.is_of(&stamp, &second) && !other.is_of(&stamp, &first));
    }

    #[test]
    fn every_changed_bit_of_a_stamp_is_noticed() {
        let (stamps, entry) = (Stamps::new(&[1; 32]), EntryId::new([1; 32]));
        let stamp = *stamps.of(&entry).as_bytes();
        for bit in 0..Stamp::LEN * 8 {
            let mut changed = stamp;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!stamps.is_of(&Stamp::new(changed), &entry), "bit {bit}");
        }
        assert!(!stamps.is_of(&Stamp::new([0; 32]), &entry));
    }
}
