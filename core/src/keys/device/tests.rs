//! Keys that must never be certified or wrapped to.

use tvaers_wire::entry::Member;
use tvaers_wire::hash::verify;
use tvaers_wire::ids::{MunicipalityId, PersonId};

use super::*;
use crate::directory::AuthorityKey;
use crate::keys::{Root, WrapError, wrap};
use crate::rng::system;

fn good() -> DeviceKeys {
    DeviceSecret::from_seeds(Secret::new([1; 32]), Secret::new([2; 32])).unwrap().keys().clone()
}

/// Both signs of each y coordinate of small order.
fn small_order() -> Vec<[u8; 32]> {
    let ys = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];
    let unhex = |text: &str| -> [u8; 32] {
        std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
    };
    ys.into_iter()
        .map(unhex)
        .flat_map(|y| {
            let mut other = y;
            other[31] |= 0x80;
            [y, other]
        })
        .collect()
}

#[test]
fn keys_of_small_order_really_verify_without_a_secret_and_are_refused() {
    let mut forgeable = 0;
    for key in small_order() {
        // R the neutral element and S zero: verifies whenever the hash is a multiple of the key's order.
        let mut signature = [0; 64];
        signature[0] = 1;
        forgeable +=
            usize::from((0..64u8).any(|message| verify(Label::CHUNK, &key, &[&[message]], &signature).is_ok()));
        let keys = DeviceKeys { signing: Fixed(key), ..good() };
        assert_eq!(check_device_keys(&keys), Err(KeyError::Signing), "{key:02x?}");
    }
    assert_eq!(forgeable, 10, "also y = ±1 with the other sign, which are no points but are read as some");
}

#[test]
fn verification_keys_not_in_canonical_form_are_refused() {
    // 2^255 - 19 and above, of either sign.
    for low in 0xed..=0xff {
        for top in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (low, top);
            let keys = DeviceKeys { signing: Fixed(key), ..good() };
            assert_eq!(check_device_keys(&keys), Err(KeyError::Signing), "{key:02x?}");
        }
    }
    assert_eq!(check_device_keys(&good()), Ok(()));
}

#[test]
fn an_invalid_ml_kem_half_is_refused_and_never_wrapped_to() {
    let keys = good();
    let mut coefficient = keys.kem;
    // The first coefficient of twelve bits becomes 3329, the modulus.
    (coefficient.0[0], coefficient.0[1]) = (0x01, (coefficient.0[1] & 0xf0) | 0x0d);
    let mut full = keys.kem;
    full.0[..1_152].fill(0xff);
    let mut low_order = keys.kem;
    low_order.0[1_184..].fill(0);
    let mut twin = keys.kem;
    twin.0[1_215] |= 0x80;
    let expected = [KeyError::Malformed, KeyError::Malformed, KeyError::LowOrder, KeyError::NotCanonical];
    let root = Root::random(&mut system());
    for (kem, expected) in [coefficient, full, low_order, twin].into_iter().zip(expected) {
        assert_eq!(check_device_keys(&DeviceKeys { kem, ..good() }), Err(expected));
        let member = Member::Person(PersonId::new([1; 16]));
        let wrapped = wrap(&root, &kem, &[0; 32], &member, &mut system());
        assert_eq!(wrapped, Err(WrapError::BadKey));
    }
}

#[test]
fn the_authority_certifies_none_of_them() {
    let mut authority = AuthorityKey::from_seed(&Secret::new([3; 32]), MunicipalityId::new([4; 16]), 0).unwrap();
    let keys = DeviceKeys { signing: Fixed(small_order()[0]), ..good() };
    assert_eq!(authority.certify(PersonId::new([1; 16]), &keys).err(), Some(KeyError::Signing));
}
