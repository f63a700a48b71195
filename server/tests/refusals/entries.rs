//! Control entries: who founds what, who may be named, which wraps belong to them.

use tvaers_wire::entry::{Member, Rights, Subject};
use tvaers_wire::ids::*;
use tvaers_wire::message::*;
use tvaers_wire::statement::Claim;

use crate::support::*;
use crate::world::*;

refusal!(nobody_founds_what_they_could_not_write_in, |p, w| {
    let bo = || add(Member::Person(p.bo.person), Rights::Manage);
    let reads = founding(&p.carl, Subject::Shared, vec![bo(), add(Member::Person(p.carl.person), Rights::Read)]);
    let not_in = founding(&p.carl, Subject::Shared, vec![bo()]);
    for founding in [reads, not_in] {
        w.c.refused(founding.sign(&p.carl).item(), Refused::NotAllowed).await;
    }
    let writes = founding(&p.carl, Subject::Shared, vec![bo(), add(Member::Person(p.carl.person), Rights::Write)]);
    w.c.store(writes.sign(&p.carl).item()).await;
});

refusal!(nobody_founds_the_circle_of_others, |p, w| {
    let dora = p.town.device(person());
    w.relay.state(&dora.certificate).await;
    let device = vec![add(Member::Device(dora.id), Rights::Manage)];
    let of_dora = founding(&p.carl, Subject::Person(dora.person), device).vouch(&[&dora.certificate]).sign(&p.carl);
    w.c.refused(of_dora.item(), Refused::NotAllowed).await;
    let team = TeamId::new(random());
    w.c.refused(team_circle(&p.town, team, &p.carl, &[p.anna.person]).item(), Refused::NotAllowed).await;
    let theirs = founding(&p.carl, Subject::Municipality, vec![add(Member::Team(team), Rights::Manage)]).sign(&p.carl);
    w.c.refused(theirs.item(), Refused::NotVouched).await;
});

refusal!(a_writer_does_not_manage_and_a_reader_does_not_write, |p, w| {
    let more = vec![add(Member::Person(p.carl.person), Rights::Read)];
    let by_bo = change(&p.bo, &w.case, w.case.id, more.clone()).sign(&p.bo);
    w.b.refused(by_bo.item(), Refused::NotAllowed).await;
    let by_anna = change(&p.anna, &w.case, w.case.id, more).sign(&p.anna);
    w.a.store(by_anna.item()).await;
    let chunk = Pen::new(&p.carl, &w.case).write(&p.carl);
    w.c.refused(chunk.item(), Refused::NotAllowed).await;
});

refusal!(an_entry_on_an_old_head, |p, w| {
    w.a.refused(change(&p.anna, &w.case, w.case.id, vec![]).sign(&p.anna).item(), Refused::NotAllowed).await;
    let one = change(&p.anna, &w.case, w.case.id, vec![]).rotate().sign(&p.anna);
    let other = change(&p.anna, &w.case, w.case.id, vec![]).rotate().sign(&p.anna);
    w.a.store(one.item()).await;
    assert_eq!(head(&w.a.refused(other.item(), Refused::StaleHead).await), Some(one.id));
    let mut merge = change(&p.anna, &w.case, one.id, vec![]);
    merge.public.parents.push(other.id);
    w.a.refused(merge.sign(&p.anna).item(), Refused::StaleHead).await;
});

refusal!(a_second_circle_for_one_person, |p, w| {
    let first = own_circle(&p.anna);
    let refused = w.a.refused(first.item(), Refused::AlreadyFounded).await;
    assert_ne!(head(&refused), Some(first.id), "the one in force is named");
    let page = w.a.pull_all(TOKEN_START).await.0;
    assert!(page.iter().all(|item| !matches!(item, FeedItem::Entry { entry, .. } if entry.0 == first.bytes)));
});

refusal!(two_devices_race_to_found_and_one_wins, |p, w| {
    let (one, two) = (TeamId::new(random()), [p.anna.person, p.bo.person]);
    let by_anna = team_circle(&p.town, one, &p.anna, &two);
    let by_bo = team_circle(&p.town, one, &p.bo, &two);
    let (left, right) = tokio::join!(w.a.push(vec![by_anna.item()]), w.b.push(vec![by_bo.item()]));
    let results = [&left[0], &right[0]];
    assert_eq!(results.iter().filter(|result| ***result == Pushed::Stored).count(), 1);
    let winner = if left[0] == Pushed::Stored { by_anna.id } else { by_bo.id };
    let loser = results.into_iter().find(|result| **result != Pushed::Stored).unwrap();
    assert_eq!(head(loser), Some(winner));
});

refusal!(ghost_devices_and_persons_outside_the_charter_are_not_vouched_for, |p, w| {
    // A device of somebody else in Anna's circle (attack 22).
    let own = {
        let fresh = p.town.device(person());
        founding(
            &fresh,
            Subject::Person(fresh.person),
            vec![add(Member::Device(fresh.id), Rights::Manage), add(Member::Device(p.carl.id), Rights::Manage)],
        )
        .vouch(&[&fresh.certificate, &p.carl.certificate])
        .sign(&fresh)
    };
    w.a.refused(own.item(), Refused::NotVouched).await;
    let team = TeamId::new(random());
    let charter = p.town.charter(team, &[p.anna.person]);
    let changes =
        vec![add(Member::Person(p.anna.person), Rights::Write), add(Member::Person(p.carl.person), Rights::Write)];
    let entry = founding(&p.anna, Subject::Team(team), changes).vouch(&[&charter]).sign(&p.anna);
    w.a.refused(entry.item(), Refused::NotVouched).await;
    let foreign = Town::new().charter(team, &[p.anna.person, p.carl.person]);
    let changes = vec![add(Member::Person(p.anna.person), Rights::Write)];
    let entry = founding(&p.anna, Subject::Team(team), changes).vouch(&[&foreign]).sign(&p.anna);
    w.a.refused(entry.item(), Refused::NotVouched).await;
});

refusal!(members_without_a_circle_cannot_be_given_keys, |p, w| {
    let nobody = shared(&p.anna, &[Member::Person(person())]);
    w.a.refused(nobody.item(), Refused::NotAllowed).await;
    let device = founding(&p.anna, Subject::Shared, vec![add(Member::Device(p.anna.id), Rights::Manage)]);
    w.a.refused(device.sign(&p.anna).item(), Refused::NotAllowed).await;
});

refusal!(wraps_that_are_changed_foreign_repeated_or_swapped, |p, w| {
    let entry = shared(&p.anna, &[Member::Person(p.bo.person)]);
    let mut changed = entry.clone();
    changed.wraps[0].bytes.0[0] ^= 1;
    let mut foreign = entry.clone();
    foreign.wraps[1] = shared(&p.anna, &[Member::Person(p.bo.person)]).wraps[1].clone();
    let mut repeated = entry.clone();
    repeated.wraps[1] = repeated.wraps[0].clone();
    let mut swapped = entry.clone();
    (swapped.wraps[0].member, swapped.wraps[1].member) = (swapped.wraps[1].member, swapped.wraps[0].member);
    let bad = [changed, foreign, repeated, swapped];
    for bad in &bad {
        w.a.refused(bad.item(), Refused::WrongWraps).await;
    }
    w.a.store(entry.item()).await;
    for bad in &bad {
        w.a.refused(bad.item(), Refused::WrongWraps).await;
    }
});

fn wraps_of(items: &[FeedItem], of: &Signed) -> Vec<Vec<Member>> {
    let entry = |item: &FeedItem| match item {
        FeedItem::Entry { entry, wraps, .. } if entry.0 == of.bytes => {
            Some(wraps.iter().map(|wrap| wrap.member).collect())
        }
        _ => None,
    };
    items.iter().filter_map(entry).collect()
}

// After a restore Bo still has an entry, with the wrap that was his own. Anna made it and has them all.
refusal!(an_entry_is_brought_back_by_whoever_has_it_and_gathers_its_wraps, |p, w| {
    let entry = shared(&p.anna, &[Member::Person(p.bo.person)]);
    let (annas, bos) = (Member::Person(p.anna.person), Member::Person(p.bo.person));
    let mut kept = entry.clone();
    kept.wraps.retain(|wrap| wrap.member == bos);
    let none = Signed { wraps: vec![], ..entry.clone() };
    w.b.store(none.item()).await;
    assert_eq!(w.b.push(vec![kept.item(), kept.item()]).await, [Pushed::Duplicate, Pushed::Duplicate]);
    let (items, at) = w.b.pull_all(TOKEN_START).await;
    assert_eq!(wraps_of(&items, &entry), [[bos], [bos]], "the entry, and again with its wrap");
    assert_eq!(wraps_of(&w.a.pull_all(TOKEN_START).await.0, &entry), [[]; 1] as [[Member; 0]; 1]);
    assert_eq!(w.a.push(vec![entry.item()]).await, [Pushed::Duplicate]);
    assert_eq!(wraps_of(&w.a.pull_all(TOKEN_START).await.0, &entry), [[annas], [annas]]);
    assert_eq!(w.a.push(vec![entry.item()]).await, [Pushed::Duplicate]);
    assert!(w.b.pull_all(at).await.0.is_empty(), "nothing new for Bo, however often it is pushed");
});

refusal!(of_two_certificates_of_one_device_the_newer_counts, |p, w| {
    let (old, new) = (p.town.device(p.anna.person), person());
    let Claim::Device { keys, .. } = p.town.authority.check(&old.certificate).unwrap().claim else {
        panic!("a device")
    };
    let circle = own_circle(&old);
    let moved = p.town.state(Claim::Device { person: new, keys });
    let moved = Device { person: new, certificate: moved, ..old };
    let session = w.relay.session(&moved).await;
    // The founding entry brings the older certificate along.
    session.refused(circle.item(), Refused::NotVouched).await;
});
