//! HPKE (RFC 9180) and X-Wing, through the crate that wraps roots. Nobody has published vectors for X-Wing with AES-256-GCM,
//! so the key schedule is tried with the nearest suite that the RFC prints, and X-Wing with its own draft's.

use hpke::aead::{AesGcm128, AesGcm256};
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use hpke::{setup_receiver, setup_sender_with_rng, single_shot_seal_with_rng};
use ring::digest::{SHA256, digest};
use tvaers_core::keys::KemKey;

use super::{Given, hex, secret, unhex};

/// RFC 9180, appendix A.1.1: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
#[test]
fn rfc_9180_base_mode() {
    type Suite = X25519HkdfSha256;
    let info = unhex("4f6465206f6e2061204772656369616e2055726e");
    let plain = unhex("4265617574792069732074727574682c20747275746820626561757479");
    let (derived, public) =
        Suite::derive_keypair(&unhex("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037"));
    assert_eq!(hex(&public.to_bytes()), "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
    // The crate keeps private keys clamped (RFC 7748, section 5), the RFC prints them as they were drawn: the same key.
    let private = unhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8");
    let private = <Suite as Kem>::PrivateKey::from_bytes(&private).unwrap();
    assert_eq!(private.to_bytes(), derived.to_bytes());
    // What is drawn for the sender's ephemeral key is its input keying material.
    let mut drawn = Given(unhex("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234"));
    let (sent, mut sender) =
        setup_sender_with_rng::<AesGcm128, HkdfSha256, Suite>(&OpModeS::Base, &public, &info, &mut drawn).unwrap();
    assert_eq!(hex(&sent.to_bytes()), "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431");
    let mut receiver = setup_receiver::<AesGcm128, HkdfSha256, Suite>(&OpModeR::Base, &private, &sent, &info).unwrap();

    let published = [
        (0, "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"),
        (1, "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84"),
        (2, "498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb72516491588d96a19ad4a683518973dcc180"),
        (4, "583bd32bc67a5994bb8ceaca813d369bca7b2a42408cddef5e22f880b631215a09fc0012bc69fccaa251c0246d"),
        (255, "7175db9717964058640a3a11fb9007941a5d1757fda1a6935c805c21af32505bf106deefec4a49ac38d71c9e0a"),
        (256, "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d2e0e1aba483a2df9f2"),
    ];
    let mut compared = 0;
    for number in 0..=256 {
        let aad = format!("Count-{number}");
        let sealed = sender.seal(&plain, aad.as_bytes()).unwrap();
        assert_eq!(receiver.open(&sealed, aad.as_bytes()).unwrap(), plain);
        if let Some((_, expected)) = published.iter().find(|(of, _)| *of == number) {
            assert_eq!(hex(&sealed), *expected, "message {number}");
            compared += 1;
        }
    }
    assert_eq!(compared, 6);

    let exports = [
        ("", "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee"),
        ("00", "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5"),
        ("54657374436f6e74657874", "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931"),
    ];
    for (context, expected) in exports {
        let mut out = [0; 32];
        sender.export(&unhex(context), &mut out).unwrap();
        assert_eq!(hex(&out), expected);
    }
}

/// draft-connolly-cfrg-xwing-kem, appendix C: seed to public key, its encapsulation with `eseed`, and the secret that both sides
/// get. Key and ciphertext are compared by their SHA-256, which keeps this file readable.
#[test]
fn x_wing_keys_encapsulations_and_secrets() {
    for [seed, public, eseed, encapsulated, shared] in X_WING {
        let key = KemKey::from_seed(&secret(seed)).unwrap().public();
        assert_eq!(hex(digest(&SHA256, &key.0).as_ref()), public);
        let key = <XWing as Kem>::PublicKey::from_bytes(&key.0).unwrap();
        let (at_sender, sent) = XWing::encap_with_rng(&key, None, &mut Given(unhex(eseed))).unwrap();
        assert_eq!(hex(digest(&SHA256, &sent.to_bytes()).as_ref()), encapsulated);
        assert_eq!(hex(&at_sender.0), shared);
        let private = <XWing as Kem>::PrivateKey::from_bytes(&unhex(seed)).unwrap();
        let at_receiver = XWing::decap(&private, None, &sent).unwrap();
        assert_eq!(hex(&at_receiver.0), shared);
        // The call that wraps roots draws the same.
        let mut drawn = Given(unhex(eseed));
        let (wrapped, _) =
            single_shot_seal_with_rng::<AesGcm256, HkdfSha256, XWing>(&OpModeS::Base, &key, b"", b"", b"", &mut drawn)
                .unwrap();
        assert_eq!(wrapped.to_bytes(), sent.to_bytes());
    }
}

/// Seed; SHA-256 of the public key; `eseed`; SHA-256 of the encapsulation; shared secret.
const X_WING: [[&str; 5]; 3] = [
    [
        "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
        "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2
         35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
        "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
        "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
    ],
    [
        "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
        "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
        "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdef
         aee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
        "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
        "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
    ],
    [
        "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
        "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
        "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619
         f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
        "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
        "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
    ],
];
