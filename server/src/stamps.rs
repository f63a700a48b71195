//! The relay's word for what it has accepted: a MAC under a key of its own over the id of a control entry, shown with the entry and stored
//! nowhere here. A relay that is put back has the key still, and takes back what it had accepted from whoever has seen it, whoever has
//! been taken out since (decision 0022).

use ring::hmac;
use tvaers_wire::ids::{EntryId, Stamp};

/// Makes and checks them: HMAC-SHA-256 (RFC 2104).
#[derive(Debug)]
pub struct Stamps {
    key: hmac::Key,
    former: Vec<hmac::Key>,
}

impl Stamps {
    /// By the key in use, and those that were in use before.
    pub fn new(key: &[u8; 32], former: &[[u8; 32]]) -> Self {
        let of = |key: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, key);
        Self { key: of(key), former: former.iter().map(of).collect() }
    }

    /// For an entry that has been accepted.
    pub fn of(&self, entry: &EntryId) -> Stamp {
        let mut stamp = [0; Stamp::LEN];
        stamp.copy_from_slice(hmac::sign(&self.key, entry.as_bytes()).as_ref());
        Stamp::new(stamp)
    }

    /// True if this relay, or one whose key it has, has accepted the entry. In constant time for each key.
    pub fn is_of(&self, stamp: &Stamp, entry: &EntryId) -> bool {
        let mut keys = [&self.key].into_iter().chain(&self.former);
        keys.any(|key| hmac::verify(key, entry.as_bytes(), stamp.as_bytes()).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_of_one_entry_and_one_relay() {
        let (stamps, other) = (Stamps::new(&[1; 32], &[]), Stamps::new(&[2; 32], &[]));
        let [first, second] = [1, 2].map(|n| EntryId::new([n; 32]));
        let stamp = stamps.of(&first);
        assert!(stamps.is_of(&stamp, &first));
        assert!(Stamps::new(&[1; 32], &[]).is_of(&stamp, &first), "after a restart");
        assert!(!stamps.is_of(&stamp, &second) && !other.is_of(&stamp, &first));
    }

    #[test]
    fn what_was_stamped_with_a_former_key_still_counts() {
        let (former, both) = (Stamps::new(&[1; 32], &[]), Stamps::new(&[2; 32], &[[1; 32]]));
        let entry = EntryId::new([1; 32]);
        assert!(both.is_of(&former.of(&entry), &entry));
        assert!(!former.is_of(&both.of(&entry), &entry), "and nothing is stamped with it any more");
    }

    #[test]
    fn every_changed_bit_of_a_stamp_is_noticed() {
        let (stamps, entry) = (Stamps::new(&[1; 32], &[[2; 32]]), EntryId::new([1; 32]));
        let stamp = *stamps.of(&entry).as_bytes();
        for bit in 0..Stamp::LEN * 8 {
            let mut changed = stamp;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!stamps.is_of(&Stamp::new(changed), &entry), "bit {bit}");
        }
        assert!(!stamps.is_of(&Stamp::new([0; 32]), &entry));
    }
}
