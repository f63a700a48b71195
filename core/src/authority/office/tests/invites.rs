use super::*;

#[test]
fn an_invite_is_for_one_device_of_somebody_at_work_and_for_a_month_at_most() {
    let Town { mut office, .. } = town();
    let (relay, day, rng) = ("https://tvaers.example", 86_400_000, &mut system());
    for (number, until, expected) in [
        ("9", BY.now + day, OfficeError::UnknownPerson),
        ("1", BY.now, OfficeError::InviteTime),
        ("1", BY.now + 31 * day, OfficeError::InviteTime),
    ] {
        assert_eq!(refused(&mut office, |office| office.invite(number, relay, until, BY, rng).map(drop)), expected);
    }
    office.suspend("2", BY).unwrap();
    let suspended = |office: &mut Office| office.invite("2", relay, BY.now + day, BY, &mut system()).map(drop);
    assert_eq!(refused(&mut office, suspended), OfficeError::IsSuspended);
    let invite = office.invite("1", relay, BY.now + day, BY, rng).unwrap();
    let (mailbox, one, other) = (invite.mailbox(), keys(), keys());
    let device = office.take_in(&mailbox, &one, BY).unwrap();
    assert_eq!(office.take_in(&mailbox, &one, BY), Ok(device), "an answer that was lost is made again");
    let second = |office: &mut Office| office.take_in(&mailbox, &other, BY).map(drop);
    assert_eq!(refused(&mut office, second), OfficeError::InviteUsed);
    // Another device of hers, certified in another way, is not the one that came with this invite.
    office.certify("1", &other, BY).unwrap();
    assert_eq!(office.answer(&mailbox, &other, rng), Err(OfficeError::UnknownDevice));
    assert!(office.answer(&mailbox, &one, rng).is_ok());
    office.answered(&mailbox);
    assert_eq!(refused(&mut office, second), OfficeError::NoInvite);
    let acts: Vec<Act> = office.audit().unwrap().into_iter().map(|entry| entry.act).collect();
    let person = office.person("1").unwrap().person;
    let second = Act::Certified { person, device: other.device() };
    assert!(acts.ends_with(&[Act::Invited { person }, Act::Certified { person, device }, second]));
}

#[test]
fn who_has_left_since_is_not_let_in_and_an_ended_invite_lets_nobody_in() {
    let Town { mut office, .. } = town();
    let (relay, until, rng) = ("https://tvaers.example", BY.now + 86_400_000, &mut system());
    let invites: Vec<_> =
        ["2", "1"].map(|number| office.invite(number, relay, until, BY, rng).unwrap().mailbox()).into();
    office.leave("2", BY).unwrap();
    let left = |office: &mut Office| office.take_in(&invites[0], &keys(), BY).map(drop);
    assert_eq!(refused(&mut office, left), OfficeError::HasLeft);
    office.end_invite(&invites[1], BY).unwrap();
    let ended = |office: &mut Office| office.take_in(&invites[1], &keys(), BY).map(drop);
    assert_eq!(refused(&mut office, ended), OfficeError::NoInvite);
    let late = by(until);
    let over = |office: &mut Office| office.take_in(&invites[0], &keys(), late).map(drop);
    assert_eq!(refused(&mut office, over), OfficeError::InviteOver);
    office.invite("1", relay, until + 60_000, late, rng).unwrap();
    assert_eq!(office.invites().len(), 1, "what is over is forgotten");
}
