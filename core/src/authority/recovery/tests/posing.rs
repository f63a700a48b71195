//! Sheets and keys that say they are this municipality's, and are not.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Entry, Member, Rights, Subject};
use tvaers_wire::ids::DeviceId;
use tvaers_wire::recovery::ServedLog;

use super::*;
use crate::authority::office::tests::{BY, Town, town};
use crate::authority::{Office, OfficeError};
use crate::circle::{Draft, Recipient, found};
use crate::directory::device_code;
use crate::keys::{Root, wrap};

/// An office, its sheets, and the device of Ida, who works there.
fn office() -> (Office, Vec<Sheet>, DeviceSecret) {
    let (Town { mut office, sheets }, device) = (town(), DeviceSecret::generate(&mut system()).unwrap());
    office.certify("1", device.keys(), BY).unwrap();
    (office, sheets, device)
}

/// Her circle, as she founds it: for her device, and for the sheets, which are given another key than the circle's if so wanted.
fn own_circle(office: &Office, device: &DeviceSecret, other: Option<&Root>) -> ServedLog {
    let (rng, sheets) = (&mut system(), &office.recovery().keys);
    let mut draft = Draft { vouchers: office.to_publish(true), ..Draft::default() };
    let own = Recipient { member: Member::Device(device.id()), epoch: None, kem: device.keys().kem };
    let holders = Recipient { member: Member::Device(sheets.device()), epoch: None, kem: sheets.kem };
    draft.add(own, Rights::Manage);
    draft.recipients.push(holders.clone());
    let subject = Subject::Person(office.person("1").unwrap().person);
    let (made, _) = found(subject, draft, device, rng).unwrap();
    let (mut public, mut wraps) = (made.parsed.public, made.wraps);
    if let Some(other) = other {
        let theirs = wraps.iter_mut().find(|wrap| wrap.member == holders.member).unwrap();
        theirs.bytes = wrap(other, &holders.kem, &public.binding(), &holders.member, rng).unwrap().into();
        public.wraps.iter_mut().find(|listed| listed.member == holders.member).unwrap().hash = theirs.hash();
    }
    let public = Bytes(public.to_bytes());
    let signature = device.sign(Label::ENTRY, &[&public]);
    ServedLog { entries: vec![Entry { public, signature, sealed: None }.to_bytes().into()], wraps }
}

/// Ida's device is gone and she has another. Her circle is to be restored, with what the relay serves of it.
fn forsaken(office: &mut Office, log: ServedLog) -> (Forsaken, DeviceId) {
    office.revoke_device("1/1", BY).unwrap();
    let device = DeviceSecret::generate(&mut system()).unwrap();
    office.certify("1", device.keys(), BY).unwrap();
    let file = office.recovery_file(office.asked("1", None).unwrap(), vec![log], BY.now);
    let forsaken = Forsaken::verified(SignedRecoveryFile::read(&file.to_bytes()).unwrap()).unwrap();
    assert_eq!(forsaken.device(&device_code(&device.id())), Ok(device.id()));
    assert_eq!(forsaken.circles(), 1);
    (forsaken, device.id())
}

#[test]
fn a_circle_is_restored_with_its_key_and_with_no_other() {
    for wrong in [false, true] {
        let (mut office, sheets, device) = office();
        let other = wrong.then(|| Root::random(&mut system()));
        let log = own_circle(&office, &device, other.as_ref());
        let (forsaken, device) = forsaken(&mut office, log);
        let restored = forsaken.restore(&device, [&sheets[0], &sheets[1]], "Telefonen er væk", 1, &mut system());
        match restored {
            Ok((restoring, broken)) => assert!(!wrong && restoring.entries.len() == 1 && broken.is_empty()),
            Err(error) => assert_eq!((error, wrong), (RecoveryError::Nothing, true)),
        }
    }
}

#[test]
fn sheets_with_the_tag_of_this_split_and_another_key_agree_to_nothing() {
    let (mut office, sheets, device) = office();
    let (new, others) = drawn();
    let (municipality, split) = (office.authority().municipality, sheets[0].split());
    let posed = [0, 1].map(|at| Sheet::new(&municipality, split, others[at].number(), others[at].part().clone()));
    let refused = Err(OfficeError::Sheet(SheetError::OtherKey));
    for [one, other] in [[&posed[0], &posed[1]], [&sheets[0], &posed[1]], [&posed[0], &sheets[2]]] {
        assert_eq!(office.takes(other), Ok(()), "the tag tells nothing");
        assert_eq!(office.drill([one, other], BY), refused);
        assert_eq!(office.renew_sheets([one, other], &new, ["Anne", "Bo", "Dorthe"], BY), refused);
        assert_eq!(office.rotate_authority([one, other], BY, &mut system()).map(drop), refused);
    }
    let log = own_circle(&office, &device, None);
    let (forsaken, device) = forsaken(&mut office, log);
    for sheets in [[&posed[0], &posed[1]], [&sheets[0], &posed[1]]] {
        let restored = forsaken.restore(&device, sheets, "Telefonen er væk", 1, &mut system());
        assert_eq!(restored.unwrap_err(), RecoveryError::Sheet(SheetError::OtherKey));
    }
}
