use tvaers_wire::ids::MunicipalityId;

use super::*;
use crate::rng::system;

fn invite() -> Invite {
    let authority = Authority { municipality: MunicipalityId::new([1; 16]), key: Fixed([2; 32]) };
    Invite::draw(&authority, "https://tvaers.example", 1_800_000_000, &mut system()).unwrap()
}

fn device() -> DeviceSecret {
    DeviceSecret::generate(&mut system()).unwrap()
}

#[test]
fn an_invite_is_read_as_it_was_written_and_every_slip_is_noticed() {
    let invite = invite();
    let text = invite.text();
    assert_eq!(Invite::read(&text).unwrap(), invite);
    let spaced: String = text.to_lowercase().chars().flat_map(|c| [c, ' ']).collect();
    assert_eq!(Invite::read(&spaced).unwrap(), invite);
    for at in PREFIX.len()..text.len() {
        let mut slip = text.to_string();
        let other = if &slip[at..=at] == "7" { "8" } else { "7" };
        slip.replace_range(at..=at, other);
        assert!(Invite::read(&slip).is_err(), "digit {at}");
        assert!(Invite::read(&text[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(Invite::read("TVAERS:ARK:00"), Err(InviteError::Malformed));
}

#[test]
fn nothing_that_reaches_the_relay_or_a_log_holds_the_secret() {
    let (invite, device) = (invite(), device());
    let letter = invite.seal_letter(device.keys(), "Telefon").unwrap();
    let reaches = [&invite.mailbox().0[..], &letter].concat();
    assert!(!reaches.windows(16).any(|window| window == invite.secret.0));
    assert!(!reaches.windows(7).any(|window| window == b"Telefon"));
    assert_eq!(format!("{invite:?}"), "Invite(…)");
}

#[test]
fn a_letter_is_the_same_again_and_two_devices_never_share_a_key() {
    let (invite, one, other) = (invite(), device(), device());
    let letter = invite.seal_letter(one.keys(), "A").unwrap();
    assert_eq!(letter, invite.seal_letter(one.keys(), "A").unwrap());
    for another in [invite.seal_letter(other.keys(), "A").unwrap(), invite.seal_letter(one.keys(), "B").unwrap()] {
        assert_ne!(letter[..SALT], another[..SALT]);
    }
    let opened = invite.open_letter(&letter).unwrap();
    assert_eq!((opened.keys, opened.name.as_str()), (one.keys().clone(), "A"));
}

#[test]
fn a_letter_that_was_changed_cut_or_sealed_with_another_invite_is_refused() {
    let (one, other, device) = (invite(), invite(), device());
    let letter = one.seal_letter(device.keys(), "A").unwrap();
    assert_eq!(other.open_letter(&letter), Err(InviteError::Seal));
    for at in 0..letter.len() {
        let mut changed = letter.clone();
        changed[at] ^= 1;
        assert_eq!(one.open_letter(&changed), Err(InviteError::Seal), "byte {at}");
        assert_eq!(one.open_letter(&letter[..at]), Err(InviteError::Seal), "cut at {at}");
    }
}

#[test]
fn another_fingerprint_is_another_mailbox() {
    let one = invite();
    let mut other = one.clone();
    other.authority.0[0] ^= 1;
    assert_ne!(one.mailbox(), other.mailbox());
}

#[test]
fn a_name_is_shown_whole_or_shortened_between_letters() {
    let invite = invite();
    let letter = invite.seal_letter(device().keys(), &format!("\n{}", "å".repeat(100))).unwrap();
    assert_eq!(invite.open_letter(&letter).unwrap().name, "å".repeat(DEVICE_NAME / 2));
}

#[test]
fn a_code_has_sixteen_digits_in_fours_and_differs_between_devices() {
    let (one, other) = (device_code(&device().id()), device_code(&device().id()));
    assert_ne!(one, other);
    assert!(one.len() == 19 && one.split(' ').all(|four| four.len() == 4 && four.parse::<u16>().is_ok()));
}
