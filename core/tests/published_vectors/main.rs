//! The parts that the protocol is built from give what their authors published, through the very functions used here.

mod hpke;
mod wycheproof;

use std::convert::Infallible;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use tvaers_core::keys::{DeviceSecret, Secret, derive, open_once, seal_once};
use tvaers_wire::padding::padded_len;

/// Ignores white space, so that long values can be broken over lines.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn secret(text: &str) -> Secret {
    Secret::from_slice(&unhex(text)).unwrap_or_else(|| Secret::new([0; 32]))
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// RFC 5869, appendices A.1 to A.3: the basic case, long inputs, no salt and no info.
#[test]
fn hkdf_sha256_cases_1_to_3() {
    let up_from = |first: u8| (first..first + 0x50).collect::<Vec<u8>>();
    let cases = [
        (
            vec![0x0b; 22],
            unhex("000102030405060708090a0b0c"),
            unhex("f0f1f2f3f4f5f6f7f8f9"),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            up_from(0),
            up_from(0x60),
            (0xb0..=0xff).collect(),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
             da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            vec![0x0b; 22],
            vec![],
            vec![],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (ikm, salt, info, okm) in cases {
        let mut out = vec![0; okm.len() / 2];
        let prk = Salt::new(HKDF_SHA256, &salt).extract(&ikm);
        prk.expand(&[&info], Length(out.len())).unwrap().fill(&mut out).unwrap();
        assert_eq!(hex(&out), okm);
    }
}

/// Protocol §6.1 written out with HMAC (RFC 2104): extract, and the one block of expand.
#[test]
fn derivation_is_hkdf_with_salt_and_counted_label() {
    let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
    let prk = hmac::sign(&key(b"tvaers/1"), &[7; 32]);
    let block = hmac::sign(&key(prk.as_ref()), b"\x05chunkcontext\x01");
    assert_eq!(derive(&Secret::new([7; 32]), "chunk", b"context").expose(), block.as_ref());
}

/// RFC 8032, section 7.1, tests 1 to 3.
#[test]
fn ed25519_tests_1_to_3() {
    let tests = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    for (seed, public, message, signature) in tests {
        let device = DeviceSecret::from_seeds(secret(seed), Secret::new([1; 32])).unwrap();
        assert_eq!(hex(&device.keys().signing.0), public);
        let pair = Ed25519KeyPair::from_seed_unchecked(&unhex(seed)).unwrap();
        let message = unhex(message);
        assert_eq!(pair.sign(&message).as_ref(), unhex(signature));
        let key = UnparsedPublicKey::new(&ED25519, unhex(public));
        assert!(key.verify(&message, &unhex(signature)).is_ok());
        assert!(key.verify(b"another message", &unhex(signature)).is_err());
    }
}

/// RFC 8032, section 5.1.7: S must be below the group order, else every signature would have a twin.
#[test]
fn ed25519_refuses_the_twin_of_a_signature() {
    let key =
        UnparsedPublicKey::new(&ED25519, unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
    let mut twin = unhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
         5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
    let order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    for (byte, add) in twin[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert!(key.verify(b"", &twin).is_err());
}

/// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 and 14: key and nonce are zero.
#[test]
fn aes_256_gcm_with_nonce_zero() {
    let key = Secret::new([0; 32]);
    let cases = [
        (vec![], "530f8afbc74536b9a963b4f1c4cb738b"),
        (vec![0; 16], "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    ];
    for (plain, expected) in cases {
        let mut text = plain.clone();
        seal_once(&key, &[], &mut text).unwrap();
        assert_eq!(hex(&text), expected);
        assert_eq!(open_once(&key, &[], &mut text.clone()).unwrap(), plain);
        *text.last_mut().unwrap() ^= 1;
        assert!(open_once(&key, &[], &mut text).is_err());
    }
}

/// The same, test case 16: with associated data.
#[test]
fn aes_256_gcm_with_associated_data() {
    let key = unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(&unhex("cafebabefacedbaddecaf888")).unwrap();
    let mut text = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
         1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let aad = Aad::from(unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
    key.seal_in_place_append_tag(nonce, aad, &mut text).unwrap();
    assert_eq!(
        text,
        unhex(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
             76fc6ece0f4e1768cddf8853bb2d551b"
        )
    );
}

/// Gives out what it was made with.
struct Given(Vec<u8>);

impl rand_core::TryRng for Given {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0.drain(..out.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Given {}

/// PADMÉ (Nikitin et al., PETS 2019, algorithm 1): of a length with E = ⌊log2 L⌋ only the top ⌊log2 E⌋ + 1 bits after the
/// first may be set. Values worked out by hand from it.
#[test]
fn padme() {
    for (len, padded) in
        [(256, 256), (257, 272), (500, 512), (513, 544), (1_000, 1_024), (1_025, 1_088), (65_537, 67_584)]
    {
        assert_eq!(padded_len(len), padded);
    }
    for len in (256..2_000_000).step_by(977) {
        let padded = padded_len(len);
        let exponent = len.ilog2();
        let step = 1 << (exponent - (exponent.ilog2() + 1));
        assert!(padded.is_multiple_of(step) && padded - len < step, "{len}");
    }
}
