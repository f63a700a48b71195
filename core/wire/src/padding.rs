//! Padding of a chunk's body (protocol §4.3): PADMÉ (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
//! Communication with PURBs", PETS 2019), with a floor. At most 12 % is added above the floor, and a length leaks
//! O(log log n) bits.

use crate::limits;

/// The length to which `len` bytes are padded.
pub fn padded_len(len: usize) -> usize {
    let len = len.max(limits::PAD_FLOOR);
    let exponent = len.ilog2();
    let mantissa = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - mantissa)) - 1;
    (len + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_values_and_the_floor() {
        assert_eq!(padded_len(0), 256);
        assert_eq!(padded_len(256), 256);
        assert_eq!(padded_len(257), 272);
        assert_eq!(padded_len(1000), 1024);
        assert_eq!(padded_len(10_000), 10_240);
    }

    #[test]
    fn adds_at_most_twelve_percent_and_never_cuts() {
        for len in 256..100_000 {
            let padded = padded_len(len);
            assert!(padded >= len && (padded - len) * 100 <= len * 12, "{len} -> {padded}");
            assert_eq!(padded_len(padded), padded);
        }
    }
}
