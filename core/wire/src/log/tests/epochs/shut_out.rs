//! Who has not got the key in force, and whether anybody has.

use super::*;

/// Found by the worlds: with a colleague of the team at work, the team seemed to have the key.
#[test]
fn who_was_away_when_a_key_was_drawn_is_shut_out_until_the_next_also_in_a_team() {
    let mut logs = Logs::new();
    let team = logs.circle(Subject::Team(TEAM), &[ANNA, BO], &[charter(10, &[1, 2])]);
    logs.set(Member::Team(TEAM), team);
    let mut case = logs.circle(Subject::Shared, &[Member::Team(TEAM), CARL], &[]);
    assert_eq!(case.shut_out(&logs), []);
    logs.out.insert(device(2));
    logs.append(&mut case, 3, |public| new_epoch(public, vec![logs.wrapped(ANNA), logs.wrapped(CARL)])).unwrap();
    assert_eq!(case.shut_out(&logs), [], "nobody waits for Bo");
    logs.out.remove(&device(2));
    assert_eq!(case.shut_out(&logs), [Member::Team(TEAM)]);
    let all = vec![logs.wrapped(Member::Team(TEAM)), logs.wrapped(CARL)];
    logs.append(&mut case, 3, |public| new_epoch(public, all)).unwrap();
    assert_eq!(case.shut_out(&logs), []);
}

#[test]
fn who_was_given_it_under_a_key_that_their_newer_ones_do_not_lead_to_is_shut_out_until_the_next() {
    let mut logs = Logs::new();
    let early = logs.circle(Subject::Shared, &[ANNA, CARL], &[]);
    let mut own = logs.log_of(&CARL).unwrap().clone();
    let draws = |public: &mut EntryPublic| new_epoch(public, vec![wrap(Member::Device(device(3)), None)]);
    logs.append(&mut own, 3, draws).unwrap();
    logs.set(CARL, own.clone());
    let late = logs.circle(Subject::Shared, &[ANNA, CARL], &[]);
    let [first, second] = [0, 1].map(|at| own.epochs[at].entry);
    let none = vec![Bytes(Vec::new())];
    // What the next key leads to, and who is shut out of the two circles then, also after one more.
    for (leads_to, history, shut_out) in [
        (None, None, [false, false]),
        (Some(second), None, [false, false]),
        (Some(first), None, [false, true]),
        (None, Some(none), [true, true]),
    ] {
        let (mut logs, mut own) = (logs.clone(), own.clone());
        let next = |public: &mut EntryPublic| {
            draws(public);
            let epoch = public.epoch.as_mut().unwrap();
            epoch.leads_to = leads_to;
            epoch.history = history.unwrap_or(epoch.history.clone());
        };
        logs.append(&mut own, 3, next).unwrap();
        logs.append(&mut own, 3, draws).unwrap();
        logs.set(CARL, own);
        for (circle, shut_out) in [&early, &late].into_iter().zip(shut_out) {
            assert_eq!(circle.shut_out(&logs), if shut_out { vec![CARL] } else { vec![] }, "{leads_to:?}");
            let mut circle = circle.clone();
            let all = vec![logs.wrapped(ANNA), logs.wrapped(CARL)];
            logs.append(&mut circle, 1, |public| new_epoch(public, all)).unwrap();
            assert_eq!(circle.shut_out(&logs), []);
        }
    }
}

#[test]
fn a_key_is_lost_while_every_device_that_has_it_is_out() {
    let mut logs = Logs::new();
    let mut line = logs.circle(Subject::Shared, &[ANNA, CARL], &[]);
    logs.out.insert(device(1));
    assert!(!line.is_lost(&logs), "Carl has it");
    logs.append(&mut line, 3, |public| new_epoch(public, vec![logs.wrapped(CARL)])).unwrap();
    logs.out.insert(device(3));
    assert!(line.is_lost(&logs));
    logs.out.remove(&device(1));
    assert!(line.is_lost(&logs), "Anna was away when it was drawn");
    logs.out.remove(&device(3));
    assert!(!line.is_lost(&logs));
}
