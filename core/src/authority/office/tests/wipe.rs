//! What the office knows of an erasure is what a device has signed.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::hash::Label;
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeReceipt, WipeReceipt};

use super::*;

fn device(town: &mut Town, number: &str) -> DeviceSecret {
    let device = DeviceSecret::generate(&mut system()).unwrap();
    town.office.certify(number, device.keys(), BY).unwrap();
    device
}

/// The serial of the newest word that asks this device.
fn serial(town: &Town, device: &DeviceSecret) -> u64 {
    let known = town.office.devices().iter().find(|known| known.device == device.id()).unwrap();
    *known.wipe.as_ref().unwrap().serials.last().unwrap()
}

fn receipt(town: &Town, device: &DeviceSecret, serial: u64) -> WipeReceipt {
    let municipality = town.office.authority().municipality;
    let (version, at, unsent) = (tvaers_wire::limits::VERSION, 5, Some(3));
    WipeReceipt { version, municipality, device: device.id(), serial, at, unsent }
}

fn signed(town: &Town, by: &DeviceSecret, receipt: &WipeReceipt) -> ReceivedReceipt {
    let certificate = town.office.enrolment(&town.office.devices()[0].device).map(|of| of.certificate);
    let certificate = certificate.unwrap_or_else(|_| town.office.to_publish(true)[0].clone());
    let body = receipt.to_bytes();
    let signature = by.sign(Label::WIPE_RECEIPT, &[&body]);
    ReceivedReceipt { receipt: SignedWipeReceipt { certificate, body: Bytes(body), signature }, received_at: 9 }
}

#[test]
fn only_a_revoked_device_is_asked_and_once() {
    let mut town = town();
    let phone = device(&mut town, "2");
    assert_eq!(town.office.ask_wipe("2/1", BY), Err(OfficeError::NotRevoked));
    town.office.suspend("2", BY).unwrap();
    assert_eq!(town.office.ask_wipe("2/1", BY), Err(OfficeError::NotRevoked), "who is suspended may come back");
    town.office.reinstate("2", BY).unwrap();
    assert_eq!(town.office.withdraw_wipe("2/1", BY), Err(OfficeError::NoWipe));
    town.office.revoke_device("2/1", BY).unwrap();
    town.office.ask_wipe("2/1", BY).unwrap();
    assert_eq!(town.office.ask_wipe("2/1", BY), Err(OfficeError::WipeAsked));
    assert_eq!(town.office.awaiting_receipts(), [phone.id()]);
    town.office.withdraw_wipe("2/1", BY).unwrap();
    assert_eq!(town.office.withdraw_wipe("2/1", BY), Err(OfficeError::NoWipe));
    assert_eq!(town.office.ask_wipe("9/1", BY), Err(OfficeError::UnknownPerson));
}

#[test]
fn what_is_stated_erases_and_what_withdraws_it_does_not() {
    let mut town = town();
    let phone = device(&mut town, "2");
    let erases = |town: &Town| {
        let mut vouched = Vouched::new(town.office.authority());
        town.office.to_publish(true).iter().for_each(|statement| drop(vouched.learn(statement).unwrap()));
        vouched.to_be_erased(&phone.id())
    };
    town.office.revoke_device("2/1", BY).unwrap();
    assert_eq!(erases(&town), None);
    town.office.ask_wipe("2/1", BY).unwrap();
    assert_eq!(erases(&town), Some(serial(&town, &phone)));
    town.office.withdraw_wipe("2/1", BY).unwrap();
    assert_eq!(erases(&town), None);
    town.office.ask_wipe("2/1", BY).unwrap();
    assert_eq!(erases(&town), Some(serial(&town, &phone)));
    town.office.audit().unwrap();
}

#[test]
fn a_receipt_counts_if_the_device_signed_it_for_a_word_of_this_office() {
    let mut town = town();
    let (phone, other) = (device(&mut town, "2"), device(&mut town, "1"));
    town.office.revoke_device("2/1", BY).unwrap();
    town.office.ask_wipe("2/1", BY).unwrap();
    let right = receipt(&town, &phone, serial(&town, &phone));
    let elsewhere = WipeReceipt { municipality: tvaers_wire::ids::MunicipalityId::new([1; 16]), ..right.clone() };
    let stranger = DeviceSecret::generate(&mut system()).unwrap();
    for (what, false_one) in [
        ("another device signs", signed(&town, &other, &right)),
        ("another municipality", signed(&town, &phone, &elsewhere)),
        ("a word that was never given", signed(&town, &phone, &WipeReceipt { serial: 1, ..right.clone() })),
        ("a device that was never asked", signed(&town, &other, &receipt(&town, &other, right.serial))),
        ("nobody's device", signed(&town, &stranger, &receipt(&town, &stranger, right.serial))),
    ] {
        let taken = town.office.take_receipts(&[false_one], BY).unwrap();
        assert_eq!(taken, TakenReceipts { confirmed: 0, false_ones: 1 }, "{what}");
    }
    let entries = town.office.journal().len();
    let good = signed(&town, &phone, &right);
    let taken = town.office.take_receipts(&[good.clone(), good.clone()], BY).unwrap();
    assert_eq!(taken, TakenReceipts { confirmed: 1, false_ones: 0 });
    assert_eq!(town.office.journal().len(), entries + 1);
    assert_eq!(town.office.take_receipts(&[good], BY).unwrap(), TakenReceipts::default(), "heard already");
    let wipe = town.office.device("2/1").unwrap().wipe.clone().unwrap();
    assert_eq!(wipe.erased, Some(crate::authority::Erased { at: 5, received: 9, unsent: Some(3) }));
    assert_eq!(town.office.ask_wipe("2/1", BY), Err(OfficeError::IsErased));
    assert_eq!(town.office.withdraw_wipe("2/1", BY), Err(OfficeError::IsErased));
}

#[test]
fn a_device_that_was_erased_before_it_heard_of_the_withdrawal_shows() {
    let mut town = town();
    let phone = device(&mut town, "2");
    town.office.revoke_device("2/1", BY).unwrap();
    town.office.ask_wipe("2/1", BY).unwrap();
    let first = receipt(&town, &phone, serial(&town, &phone));
    town.office.withdraw_wipe("2/1", BY).unwrap();
    assert_eq!(town.office.awaiting_receipts(), [phone.id()]);
    town.office.ask_wipe("2/1", BY).unwrap();
    let taken = town.office.take_receipts(&[signed(&town, &phone, &first)], BY).unwrap();
    assert_eq!(taken.confirmed, 1);
}

#[test]
fn of_somebody_who_leaves_every_device_is_asked_by_its_own_word_and_none_of_anybody_elses() {
    let mut town = town();
    let phones: Vec<_> = (0..4).map(|_| device(&mut town, "2")).collect();
    let other = device(&mut town, "1");
    // One was asked before, and for one it was withdrawn: it had been found.
    for number in ["2/1", "2/2"] {
        town.office.revoke_device(number, BY).unwrap();
        town.office.ask_wipe(number, BY).unwrap();
    }
    town.office.withdraw_wipe("2/2", BY).unwrap();
    assert_eq!(town.office.ask_wipe_of_all("2", BY), Ok(0), "two are in use");
    town.office.leave("2", BY).unwrap();
    let before = town.office.journal().len();
    assert_eq!(town.office.ask_wipe_of_all("2", BY), Ok(2));
    assert_eq!(town.office.journal().len(), before + 2, "one entry each");
    assert_eq!(town.office.ask_wipe_of_all("2", BY), Ok(0), "once");
    let mut vouched = Vouched::new(town.office.authority());
    town.office.to_publish(true).iter().for_each(|statement| drop(vouched.learn(statement).unwrap()));
    let erased = |device: &DeviceSecret| vouched.to_be_erased(&device.id()).is_some();
    assert_eq!(phones.iter().map(erased).collect::<Vec<_>>(), [true, false, true, true]);
    assert!(!erased(&other) && vouched.person(&other.id()).is_some());
    assert_eq!(town.office.ask_wipe_of_all("9", BY), Err(OfficeError::UnknownPerson));
}
