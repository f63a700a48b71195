use ring::signature::{Ed25519KeyPair, KeyPair};

use super::*;
use crate::bytes::Bytes;
use crate::hash::signed_bytes;
use crate::ids::{PersonId, TeamId};
use crate::limits;
use crate::statement::{Standing, Wish};
use crate::vouched::Vouched;

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(seed: u8) -> Fixed<32> {
    Fixed(pair(seed).public_key().as_ref().try_into().unwrap())
}

fn sign(seed: u8, label: Label, body: &[u8]) -> Fixed<64> {
    Fixed(pair(seed).sign(&signed_bytes(label, &[body])).as_ref().try_into().unwrap())
}

/// Keys of a recovery key; only its signing half is looked at here.
fn sheets(seed: u8) -> DeviceKeys {
    DeviceKeys { signing: public(seed), kem: Fixed([seed; limits::KEM_PUBLIC]) }
}

const FIRST: u8 = 1;
const SECOND: u8 = 2;
const SHEETS: u8 = 10;
const NEW_SHEETS: u8 = 11;
const NOBODY: u8 = 99;

fn first() -> Authority {
    Authority { municipality: Authority::founded_with(&public(FIRST), &sheets(SHEETS).device()), key: public(FIRST) }
}

fn stated(signer: u8, serial: u64, claim: Claim) -> SignedStatement {
    stated_in(first().municipality, signer, serial, claim)
}

fn stated_in(municipality: MunicipalityId, signer: u8, serial: u64, claim: Claim) -> SignedStatement {
    let body = Statement { version: limits::VERSION, municipality, serial, claim }.to_bytes();
    SignedStatement { signature: sign(signer, Label::STATEMENT, &body), body: Bytes(body) }
}

/// The authority's key is followed by another one.
fn step(signer: u8, serial: u64, new: u8, holders: u8) -> SignedStatement {
    let body = authority_step(&first().municipality, serial, &public(signer), &public(new));
    let (holders, own) = (sign(holders, Label::SUCCESSION, &body), sign(new, Label::SUCCESSION, &body));
    stated(signer, serial, Claim::Authority { key: public(new), holders, own })
}

/// The sheets are followed by others.
fn renewal(signer: u8, serial: u64, (old, new): (u8, u8), holders: u8) -> SignedStatement {
    let older = Fixed([7; 48]);
    let body = sheets_step(&first().municipality, serial, &sheets(old).device(), &sheets(new).device(), &older);
    let (holders, own) = (sign(holders, Label::SUCCESSION, &body), sign(new, Label::SUCCESSION, &body));
    stated(signer, serial, Claim::Sheets { keys: Box::new(sheets(new)), older, holders, own })
}

/// Somebody who has heard of the sheets.
fn told() -> Vouched {
    let mut vouched = Vouched::new(first());
    vouched.learn(&stated(FIRST, 1, Claim::Recovery { keys: Box::new(sheets(SHEETS)) })).unwrap();
    vouched
}

fn leaves(signer: u8, serial: u64, person: u8) -> SignedStatement {
    stated(signer, serial, Claim::Standing { person: PersonId::new([person; 16]), standing: Standing::Left })
}

#[test]
fn every_serial_has_one_key() {
    let mut known = told();
    known.learn(&step(FIRST, 10, SECOND, SHEETS)).unwrap();
    assert_eq!(known.authority().key, public(SECOND));
    for (signer, serial) in [(FIRST, 2), (FIRST, 10), (SECOND, 11), (SECOND, u64::MAX)] {
        assert!(known.check(&leaves(signer, serial, 1)).is_ok(), "{signer} {serial}");
    }
    for (signer, serial) in [(FIRST, 11), (FIRST, u64::MAX), (SECOND, 10), (SECOND, 0)] {
        assert_eq!(known.check(&leaves(signer, serial, 1)), Err(StatementError::Superseded), "{signer} {serial}");
    }
    assert!(matches!(known.check(&leaves(NOBODY, 12, 1)), Err(StatementError::Signature(_))));
}

#[test]
fn a_step_needs_the_old_key_the_holders_and_the_new_key() {
    let known = told();
    let check = |signed: &SignedStatement| known.check(signed).map(drop);
    assert_eq!(check(&step(FIRST, 10, SECOND, SHEETS)), Ok(()));
    // By somebody else, and to whom nobody has agreed: a thief with the old key alone.
    assert!(matches!(check(&step(NOBODY, 10, SECOND, SHEETS)), Err(StatementError::Signature(_))));
    assert_eq!(check(&step(FIRST, 10, SECOND, FIRST)), Err(StatementError::Holders));
    // To a key whose holder has not signed: nobody can be made to sign with a key that is not theirs.
    let body = authority_step(&first().municipality, 10, &public(FIRST), &public(SECOND));
    let (holders, own) = (sign(SHEETS, Label::SUCCESSION, &body), sign(FIRST, Label::SUCCESSION, &body));
    let unowned = stated(FIRST, 10, Claim::Authority { key: public(SECOND), holders, own });
    assert!(matches!(check(&unowned), Err(StatementError::Signature(_))));
    // Whoever has not heard of the sheets can judge nothing of it.
    let untold = Vouched::new(first()).check(&step(FIRST, 10, SECOND, SHEETS)).map(drop);
    assert_eq!(untold, Err(StatementError::NoRecovery));
}

#[test]
fn what_was_agreed_to_serves_for_nothing_else() {
    let known = told();
    let claim = |serial, key: u8, old: u8| {
        let body = authority_step(&first().municipality, serial, &public(old), &public(SECOND));
        let (holders, own) = (sign(SHEETS, Label::SUCCESSION, &body), sign(key, Label::SUCCESSION, &body));
        Claim::Authority { key: public(key), holders, own }
    };
    // Under another serial, to another key, from another key.
    for (stated_at, serial, key, old) in [(11, 10, SECOND, FIRST), (10, 10, 3, FIRST), (10, 10, SECOND, 3)] {
        let refused = known.check(&stated(FIRST, stated_at, claim(serial, key, old)));
        assert_eq!(refused, Err(StatementError::Holders), "{stated_at} {serial} {key} {old}");
    }
    // In another municipality, whose authority has the same key.
    let there = MunicipalityId::new([9; 16]);
    let refused = known.check(&stated_in(there, FIRST, 10, claim(10, SECOND, FIRST)));
    assert_eq!(refused, Err(StatementError::OtherMunicipality));
}

#[test]
fn a_key_of_small_order_follows_nothing() {
    let known = told();
    for small in [
        Fixed([0; 32]),
        Fixed({
            let mut one = [0; 32];
            one[0] = 1;
            one
        }),
    ] {
        let body = authority_step(&first().municipality, 10, &public(FIRST), &small);
        let holders = sign(SHEETS, Label::SUCCESSION, &body);
        // Under such a key this is a signature of anything, in lax libraries.
        let mut own = [0; 64];
        own[..32].copy_from_slice(&small.0);
        let claim = Claim::Authority { key: small, holders, own: Fixed(own) };
        assert_eq!(known.check(&stated(FIRST, 10, claim)), Err(StatementError::Key));
    }
}

#[test]
fn a_key_has_one_successor() {
    let mut known = told();
    let step_one = step(FIRST, 10, SECOND, SHEETS);
    known.learn(&step_one).unwrap();
    // The same again is no other.
    known.learn(&step_one).unwrap();
    assert!(!known.is_news(&known.check(&step_one).unwrap()));
    // Another from the same key, that the holders have agreed to as well, before or after.
    assert_eq!(known.learn(&step(FIRST, 9, 3, SHEETS)), Err(StatementError::Fork));
    assert_eq!(known.learn(&step(FIRST, 11, 3, SHEETS)), Err(StatementError::Superseded));
    // Back to a key that is suspected.
    assert_eq!(known.learn(&step(SECOND, 20, FIRST, SHEETS)), Err(StatementError::Fork));
    assert_eq!(known.authority().key, public(SECOND));
    known.learn(&step(SECOND, 20, 3, SHEETS)).unwrap();
    assert_eq!(known.authority().key, public(3));
    assert_eq!(known.lineage().authorities().count(), 3);
}

#[test]
fn what_a_thief_has_stated_under_high_serials_is_forgotten() {
    let (team, person) = (TeamId::new([5; 16]), PersonId::new([6; 16]));
    let device = DeviceKeys { signing: public(40), kem: Fixed([40; limits::KEM_PUBLIC]) };
    let thief = |claim| stated(FIRST, u64::MAX, claim);
    let by_thief = [
        thief(Claim::Team { team, persons: vec![person] }),
        thief(Claim::Revoked { device: device.device() }),
        thief(Claim::Standing { person, standing: Standing::Left }),
        thief(Claim::Directory { head: Fixed([3; 32]) }),
        thief(Claim::Device { person, keys: Box::new(device.clone()) }),
        renewal(FIRST, u64::MAX, (SHEETS, NEW_SHEETS), SHEETS),
        thief(Claim::Wipe { device: device.device(), wish: Wish::Erase }),
    ];
    let honest = [
        step(FIRST, 10, SECOND, SHEETS),
        stated(SECOND, 11, Claim::Team { team, persons: Vec::new() }),
        stated(SECOND, 12, Claim::Device { person, keys: Box::new(device.clone()) }),
    ];
    let (mut before, mut after) = (told(), told());
    by_thief.iter().for_each(|statement| drop(before.learn(statement).unwrap()));
    assert!(before.is_out(&device.device()) && before.to_be_erased(&device.device()).is_some());
    honest.iter().for_each(|statement| drop(before.learn(statement).unwrap()));
    honest.iter().for_each(|statement| drop(after.learn(statement).unwrap()));
    by_thief.iter().for_each(|statement| assert!(after.learn(statement).is_err()));
    for known in [&before, &after] {
        assert_eq!(known.charter(&team), Some(&[][..]));
        assert!(!known.is_out(&device.device()));
        assert_eq!((known.to_be_erased(&device.device()), known.word_for(&device.device())), (None, None));
        assert_eq!(known.standing(&person), Standing::Active);
        assert_eq!((known.directory(), known.person(&device.device())), (None, Some(person)));
        assert_eq!(known.recovery().map(|(id, _)| id), Some(sheets(SHEETS).device()));
        // Not from memory either.
        by_thief.iter().for_each(|statement| assert!(known.check(statement).is_err()));
    }
    assert_eq!(before.lineage(), after.lineage());
}

#[test]
fn new_sheets_need_the_old_ones() {
    let known = told();
    let check = |signed: &SignedStatement| known.check(signed).map(drop);
    assert_eq!(check(&renewal(FIRST, 10, (SHEETS, NEW_SHEETS), SHEETS)), Ok(()));
    assert_eq!(check(&renewal(FIRST, 10, (SHEETS, NEW_SHEETS), NEW_SHEETS)), Err(StatementError::Holders));
    assert_eq!(check(&renewal(FIRST, 10, (SHEETS, NEW_SHEETS), FIRST)), Err(StatementError::Holders));
    assert_eq!(check(&renewal(FIRST, 10, (NEW_SHEETS, SHEETS), SHEETS)), Err(StatementError::Fork));
    assert!(matches!(check(&renewal(NOBODY, 10, (SHEETS, NEW_SHEETS), SHEETS)), Err(StatementError::Signature(_))));
    // Whose holders have not signed: nobody is made to open what is wrapped for somebody else.
    let older = Fixed([7; 48]);
    let body = sheets_step(&first().municipality, 10, &sheets(SHEETS).device(), &sheets(NEW_SHEETS).device(), &older);
    let (holders, own) = (sign(SHEETS, Label::SUCCESSION, &body), sign(SHEETS, Label::SUCCESSION, &body));
    let unowned = stated(FIRST, 10, Claim::Sheets { keys: Box::new(sheets(NEW_SHEETS)), older, holders, own });
    assert!(matches!(check(&unowned), Err(StatementError::Signature(_))));
    let untold = Vouched::new(first()).check(&renewal(FIRST, 10, (SHEETS, NEW_SHEETS), SHEETS)).map(drop);
    assert_eq!(untold, Err(StatementError::NoRecovery));
}

#[test]
fn sheets_have_one_successor_and_agree_to_keys_while_they_are_in_force() {
    let mut known = told();
    known.learn(&renewal(FIRST, 10, (SHEETS, NEW_SHEETS), SHEETS)).unwrap();
    assert_eq!(known.recovery().map(|(id, _)| id), Some(sheets(NEW_SHEETS).device()));
    assert!(known.recovery_key(&sheets(SHEETS).device()).is_some(), "what was restored with the old ones stays");
    assert_eq!(known.check(&renewal(FIRST, 9, (SHEETS, 12), SHEETS)), Err(StatementError::Fork));
    assert_eq!(known.check(&renewal(FIRST, 11, (SHEETS, 12), SHEETS)), Err(StatementError::Holders));
    // The old sheets agree to no new key of the authority after that, and could before.
    assert_eq!(known.check(&step(FIRST, 11, SECOND, SHEETS)), Err(StatementError::Holders));
    assert!(known.check(&step(FIRST, 11, SECOND, NEW_SHEETS)).is_ok());
    assert!(known.check(&step(FIRST, 9, SECOND, SHEETS)).is_ok());
}

#[test]
fn recalled_from_a_store_it_comes_to_the_same() {
    let statements = [
        stated(FIRST, 1, Claim::Recovery { keys: Box::new(sheets(SHEETS)) }),
        renewal(FIRST, 5, (SHEETS, NEW_SHEETS), SHEETS),
        step(FIRST, 10, SECOND, NEW_SHEETS),
        leaves(SECOND, 11, 4),
    ];
    let (mut learned, mut recalled) = (Vouched::new(first()), Vouched::new(first()));
    for statement in &statements {
        learned.learn(statement).unwrap();
        recalled.recall(statement);
    }
    assert_eq!(learned.lineage(), recalled.lineage());
    assert_eq!(learned.lineage(), &Lineage::stated(first(), &statements));
    assert_eq!(recalled.standing(&PersonId::new([4; 16])), Standing::Left);
}

#[test]
fn a_wish_that_was_hidden_by_a_thiefs_counts_again_when_the_key_is_followed() {
    let keys = DeviceKeys { signing: public(40), kem: Fixed([40; limits::KEM_PUBLIC]) };
    let device = keys.device();
    let wish = |signer, serial, wish| stated(signer, serial, Claim::Wipe { device, wish });
    let mut known = told();
    let person = PersonId::new([6; 16]);
    known.learn(&stated(FIRST, 2, Claim::Device { person, keys: Box::new(keys) })).unwrap();
    known.learn(&stated(FIRST, 3, Claim::Revoked { device })).unwrap();
    known.learn(&wish(FIRST, 4, Wish::Erase)).unwrap();
    // A thief of the key keeps the stolen phone from erasing itself.
    known.learn(&wish(FIRST, u64::MAX, Wish::Keep)).unwrap();
    assert_eq!(known.to_be_erased(&device), None);
    let followed = step(FIRST, 10, SECOND, SHEETS);
    known.learn(&followed).unwrap();
    assert_eq!(known.to_be_erased(&device), Some(4));
    // What the device is shown is enough to judge by, for one that has heard nothing since it was enrolled.
    let mut enrolled = told();
    for statement in known.word_for(&device).unwrap() {
        enrolled.learn(&statement).unwrap();
    }
    assert_eq!(enrolled.to_be_erased(&device), Some(4));
    assert_eq!(enrolled.authority().key, public(SECOND));
    assert_eq!(enrolled.learn(&wish(FIRST, 20, Wish::Erase)), Err(StatementError::Superseded));
    known.learn(&wish(SECOND, 21, Wish::Keep)).unwrap();
    assert_eq!(known.to_be_erased(&device), None);
    assert_eq!(known.word_for(&device).map(|word| word.len()), Some(4), "the recovery key, the new key, out, keep");
}
