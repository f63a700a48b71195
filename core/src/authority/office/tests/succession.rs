//! The authority's key is followed by another one.

use tvaers_wire::mailbox::MailboxAct;
use tvaers_wire::statement::StatementError;

use super::*;
use crate::authority::verify_journal;

/// A town whose key was followed by another one, and what it had stated before.
fn rotated() -> (Town, Vec<SignedStatement>) {
    let mut town = town();
    town.office.certify("1", &keys(), BY).unwrap();
    let before = town.office.to_publish(true);
    town.office.rotate_authority([&town.sheets[0], &town.sheets[2]], BY, &mut system()).unwrap();
    (town, before)
}

#[test]
fn the_municipality_stays_and_everybody_follows_to_the_new_key() {
    let (Town { mut office, .. }, before) = rotated();
    let (first, now) = (office.authority(), office.in_force());
    assert_eq!(first.municipality, now.municipality);
    assert_ne!(first.key, now.key);
    let known = vouched(&office);
    assert_eq!((known.authority(), *known.lineage().first()), (now, first));
    // Who had heard of everything before, hears the rest.
    let mut behind = Vouched::new(first);
    before.iter().for_each(|statement| drop(behind.learn(statement).unwrap()));
    office.to_publish(false).iter().for_each(|statement| drop(behind.learn(statement).unwrap()));
    assert_eq!(behind.authority(), now);
    // What the new key states is believed; and only by whoever has followed.
    let device = office.certify("2", &keys(), BY).unwrap();
    let certificate = office.enrolment(&device).unwrap().certificate;
    assert!(behind.learn(&certificate).is_ok());
    assert!(matches!(first.check(&certificate), Err(StatementError::Signature(_))));
}

#[test]
fn what_the_old_key_states_from_then_on_is_refused() {
    let mut town = town();
    let mut thief = AuthorityKey::from_seed(&town.office.seed.clone(), town.office.state.municipality, 0).unwrap();
    town.office.rotate_authority([&town.sheets[0], &town.sheets[1]], BY, &mut system()).unwrap();
    let known = vouched(&town.office);
    thief.reach(town.office.key.serial());
    let person = town.office.person("1").unwrap().person;
    assert_eq!(known.check(&thief.set_standing(person, Standing::Left)), Err(StatementError::Superseded));
    let directory = thief.sign_directory(&Directory {
        serial: town.office.key.serial() + 1,
        ..Directory::from_bytes(&town.office.state.directory.body).unwrap()
    });
    assert!(Staff::verified(&directory, known.lineage()).is_err());
    // Nor does it put another key in its place, whatever it says of serials, without two sheets.
    let nobody = DeviceSecret::generate(&mut system()).unwrap();
    let (_, second) = thief.succeeded_by(&Secret::random(&mut system()), &nobody).unwrap();
    assert_eq!(known.check(&second), Err(StatementError::Superseded));
    let mut early = AuthorityKey::from_seed(&town.office.seed.clone(), town.office.state.municipality, 5).unwrap();
    let (_, early) = early.succeeded_by(&Secret::random(&mut system()), &nobody).unwrap();
    assert_eq!(known.check(&early), Err(StatementError::Superseded));
}

#[test]
fn it_is_the_last_entry_that_the_old_key_signs_and_the_next_one_is_the_new_keys() {
    let (Town { mut office, .. }, _) = rotated();
    office.add_profession("Musikterapeut", BY).unwrap();
    let entries = office.audit().unwrap();
    let key = office.in_force().key;
    assert_eq!(entries[entries.len() - 2].act, Act::AuthorityRotated { key, first: 1, second: 3 });
    // Whoever knows the first key only, sees a journal that goes on with a key that was never stated.
    let behind = Lineage::from(office.authority());
    let number = entries.len() as u64 - 1;
    assert_eq!(verify_journal(&behind, office.journal()), Err(JournalError::Chain { number }));
    // The old key signs nothing after it.
    let mut forged = office.journal()[..entries.len() - 1].to_vec();
    forged.push(office.journal()[0].clone());
    assert_eq!(verify_journal(office.lineage(), &forged), Err(JournalError::Signature { number: number + 1 }));
}

#[test]
fn without_two_sheets_of_this_split_nothing_is_rotated() {
    let Town { mut office, sheets } = town();
    let other = town();
    for (one, two, error) in
        [(&sheets[0], &sheets[0], SheetError::Twice), (&sheets[0], &other.sheets[1], SheetError::OtherMunicipality)]
    {
        let (key, serial) = (office.in_force(), office.key.serial());
        let rotate = |office: &mut Office| office.rotate_authority([one, two], BY, &mut system()).map(drop);
        assert_eq!(refused(&mut office, rotate), OfficeError::Sheet(error));
        assert_eq!((office.in_force(), office.key.serial()), (key, serial));
        assert_eq!(office.lineage().authority(), key);
    }
}

#[test]
fn an_act_that_fails_in_its_middle_leaves_the_old_key() {
    let Town { mut office, sheets } = town();
    // Nothing more fits into the journal.
    office.state.journal = vec![office.state.journal[0].clone(); super::super::JOURNAL];
    let (seed, key) = (office.seed.clone(), office.in_force());
    let rotate = |office: &mut Office| office.rotate_authority([&sheets[0], &sheets[1]], BY, &mut system()).map(drop);
    assert_eq!(refused(&mut office, rotate), OfficeError::TooMany);
    assert_eq!((office.in_force(), office.lineage().authority()), (key, key));
    assert!(office.seed == seed);
    assert!(office.key.charter(TeamId::new([1; 16]), Vec::new()).signature != Fixed([0; 64]));
    assert!(Lineage::from(key).check(&office.key.charter(TeamId::new([1; 16]), Vec::new())).is_ok());
}

#[test]
fn keys_follow_one_another_more_than_once() {
    let (Town { mut office, sheets }, _) = rotated();
    let second = office.in_force();
    office.rotate_authority([&sheets[1], &sheets[2]], by(BY.now + 1), &mut system()).unwrap();
    let known = vouched(&office);
    let all: Vec<_> = known.lineage().authorities().collect();
    assert_eq!(all, [office.authority(), second, office.in_force()]);
    office.audit().unwrap();
    // The office comes back from its file as it was.
    let (seed, state) = office.parts();
    let again = Office::resume(seed.clone(), State::from_bytes(&state.to_bytes()).unwrap()).unwrap();
    assert_eq!((again.lineage(), again.in_force()), (office.lineage(), office.in_force()));
}

#[test]
fn a_file_that_was_put_together_of_two_is_no_office() {
    let (town, _) = rotated();
    let (_, state) = town.office.parts();
    assert!(Office::resume(Secret::random(&mut system()), state.clone()).is_err());
    let mut without = state.clone();
    without.statements.retain(|kept| !matches!(kept.about, About::Authority(_)));
    assert!(Office::resume(town.office.seed.clone(), without).is_err());
}

#[test]
fn invites_from_before_are_withdrawn_and_those_from_after_name_the_new_key() {
    let Town { mut office, sheets } = town();
    let (relay, until, rng) = ("https://tvaers.example", BY.now + 86_400_000, &mut system());
    let over = office.invite("2", "https://anden.example", BY.now + 60_000, BY, rng).unwrap();
    let old = office.invite("1", relay, until, BY, rng).unwrap();
    let before = office.in_force();
    let later = by(BY.now + 90_000);
    let closing = office.rotate_authority([&sheets[0], &sheets[1]], later, rng).unwrap();
    // What the relay is told it believes before it has heard of the new key.
    let [(address, order)] = closing.as_slice() else { panic!("{}", closing.len()) };
    let order = before.check_order(order).unwrap();
    assert_eq!((address.as_str(), order.mailbox, order.act), (relay, old.mailbox(), MailboxAct::Close {}));
    let ended = office.audit().unwrap().into_iter().filter(|entry| matches!(entry.act, Act::InviteEnded { .. }));
    assert_eq!(ended.count(), 1);
    assert!(office.invites().is_empty());
    for gone in [&over, &old] {
        let device = DeviceSecret::generate(rng).unwrap();
        let late = |office: &mut Office| office.take_in(&gone.mailbox(), device.keys(), BY).map(drop);
        assert_eq!(refused(&mut office, late), OfficeError::NoInvite);
    }
    let (invite, device) =
        (office.invite("2", relay, until, later, rng).unwrap(), DeviceSecret::generate(rng).unwrap());
    office.take_in(&invite.mailbox(), device.keys(), later).unwrap();
    let enrolment = office.enrolment(&device.id()).unwrap();
    let letter = invite.seal_answer(&enrolment, device.keys(), rng).unwrap();
    let checked = invite.open_answer(&letter, &device).unwrap().check(&device.id()).unwrap();
    assert_eq!(checked.vouched.authority(), office.in_force());
    // Whoever has the old key only, and keeps quiet about the new one, answers no invite that names it; older ones they do.
    let mut stolen = enrolment;
    stolen.statements.clear();
    for (invite, expected) in [(&invite, Err(crate::directory::InviteError::OtherAuthority)), (&old, Ok(()))] {
        let letter = invite.seal_answer(&stolen, device.keys(), rng).unwrap();
        assert_eq!(invite.open_answer(&letter, &device).map(drop), expected);
    }
}
