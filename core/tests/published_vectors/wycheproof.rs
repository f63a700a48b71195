//! Project Wycheproof's cases: what must be accepted, and what must not. Ed25519 and HKDF run through ring, which this crate
//! calls. So does AES-GCM, because the nonces of the cases vary and that of `open_once` is zero; the one case with that nonce
//! runs through `open_once` too. The counts are asserted, so that a newer set with other cases is looked at.

use ::wycheproof::{TestResult, aead, eddsa, hkdf};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::signature::{ED25519, UnparsedPublicKey};
use tvaers_core::keys::{Secret, open_once, seal_once};
use tvaers_wire::hash::is_sound;

use super::Length;

#[test]
fn ed25519_of_wycheproof() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for group in &set.test_groups {
        assert!(is_sound(group.key.pk.as_ref().try_into().unwrap()), "a key that a certificate may have");
        let key = UnparsedPublicKey::new(&ED25519, &group.key.pk);
        for case in &group.tests {
            let verified = key.verify(&case.msg, &case.sig).is_ok();
            assert_eq!(verified, case.result == TestResult::Valid, "case {}: {}", case.tc_id, case.comment);
            *if verified { &mut accepted } else { &mut refused } += 1;
        }
    }
    assert_eq!((accepted, refused), (88, 63));
}

#[test]
fn aes_256_gcm_of_wycheproof() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = |group: &&aead::TestGroup| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128);
    let (mut accepted, mut refused, mut nonce_zero) = (0, 0, 0);
    for case in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let cipher = || LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &case.key).unwrap());
        let nonce = || Nonce::try_assume_unique_for_key(&case.nonce).unwrap();
        let published = [&case.ct[..], &case.tag[..]].concat();
        let valid = case.result == TestResult::Valid;
        let mut text = published.clone();
        let opened = cipher().open_in_place(nonce(), Aad::from(&case.aad), &mut text).ok().map(|text| text.to_vec());
        assert_eq!(opened, valid.then(|| case.pt.to_vec()), "case {}: {}", case.tc_id, case.comment);
        *if valid { &mut accepted } else { &mut refused } += 1;
        let mut text = case.pt.to_vec();
        cipher().seal_in_place_append_tag(nonce(), Aad::from(&case.aad), &mut text).unwrap();
        assert_eq!(text == published, valid, "case {}: {}", case.tc_id, case.comment);
        if case.nonce[..] == [0; 12] {
            let (key, mut text) = (Secret::from_slice(&case.key).unwrap(), published.clone());
            assert_eq!(open_once(&key, &case.aad, &mut text).ok().map(|text| text.to_vec()), opened);
            let mut text = case.pt.to_vec();
            seal_once(&key, &case.aad, &mut text).unwrap();
            assert_eq!(text == published, valid);
            nonce_zero += 1;
        }
    }
    assert_eq!((accepted, refused, nonce_zero), (39, 27, 1));
}

#[test]
fn hkdf_sha256_of_wycheproof() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let prk = Salt::new(HKDF_SHA256, &case.salt).extract(&case.ikm);
        let mut out = vec![0; case.size];
        let made = prk.expand(&[&case.info], Length(case.size)).and_then(|okm| okm.fill(&mut out)).is_ok();
        assert_eq!(made, case.result == TestResult::Valid, "case {}: {}", case.tc_id, case.comment);
        assert!(!made || out == case.okm[..], "case {}: {}", case.tc_id, case.comment);
        *if made { &mut accepted } else { &mut refused } += 1;
    }
    assert_eq!((accepted, refused), (83, 3));
}
