//! Entries that a relay had accepted and has forgotten: its own word for them brings them back, from whoever has seen them, whoever has
//! been taken out since; and that word does nothing else.

use std::path::Path;

use tvaers_wire::entry::{Change, Member, Rights, Subject};
use tvaers_wire::ids::{Stamp, TeamId};
use tvaers_wire::message::*;
use tvaers_wire::statement::{Claim, SignedStatement, Standing};

use crate::support::relay::{Client, Relay, stamp};
use crate::support::*;
use crate::world::*;

/// The word of a relay on this directory for an entry that it has never had: a backup from before it was put back.
fn forgotten(dir: &Path, entry: &Signed) -> PushItem {
    entry.brought_back(stamp(dir, entry))
}

fn revoked(town: &Town, device: &Device) -> SignedStatement {
    town.state(Claim::Revoked { device: device.id })
}

async fn stamps_shown(client: &Client<'_>) -> Vec<(Vec<u8>, Stamp)> {
    let stamped = |item| match item {
        FeedItem::Entry { entry, stamp, .. } => Some((entry.0, stamp)),
        _ => None,
    };
    client.pull_all(TOKEN_START).await.0.into_iter().filter_map(stamped).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_device_had_signed_comes_back_by_the_stamp_that_the_feed_had_shown_and_by_no_other() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (data, backup) = (dir.path().join("relay"), dir.path().join("backup.db"));
    let [anna, bo, carl] = [(); 3].map(|()| town.device(person()));
    let relay = Relay::start(&data, &town).await;
    for device in [&anna, &bo, &carl] {
        relay.joined(device).await;
    }
    relay.stop().await;
    std::fs::copy(data.join("relay.db"), &backup).unwrap();

    let relay = Relay::start(&data, &town).await;
    let [a, b] = [relay.session(&anna).await, relay.session(&bo).await];
    let (case, other) = (shared(&bo, &[Member::Person(anna.person)]), shared(&bo, &[Member::Person(anna.person)]));
    let answer: PushAnswer = b.try_push(vec![case.item(), other.item()]).await.unwrap();
    let shown = stamps_shown(&a).await;
    let [of_case, of_other] = [&case, &other].map(|of| shown.iter().find(|(entry, _)| *entry == of.bytes).unwrap().1);
    let told = [(&case, of_case), (&other, of_other)].map(|(of, stamp)| Stamped { entry: of.id, stamp });
    assert_eq!(answer.stamps, told, "whoever brings one is told the same");
    relay.stop().await;
    std::fs::copy(&backup, data.join("relay.db")).unwrap();

    let relay = Relay::start(&data, &town).await;
    assert_eq!(relay.state(&revoked(&town, &bo)).await, 200);
    let [a, c] = [relay.session(&anna).await, relay.session(&carl).await];
    a.refused(case.item(), Refused::NotAllowed).await;
    a.refused(case.brought_back(of_other), Refused::NotAllowed).await;
    for bit in 0..Stamp::LEN * 8 {
        let mut wrong = *of_case.as_bytes();
        wrong[bit / 8] ^= 1 << (bit % 8);
        a.refused(case.brought_back(Stamp::new(wrong)), Refused::NotAllowed).await;
    }
    a.store(case.brought_back(of_case)).await;
    a.store(Pen::new(&anna, &case).write(&anna).item()).await;
    // It is the relay's own word: from whom it comes makes no difference.
    c.store(other.brought_back(of_other)).await;
    assert!(stamps_shown(&c).await.iter().all(|(entry, _)| *entry != other.bytes), "and lets nobody in");
    assert_eq!(relay.try_session(&bo).await.err(), Some(403));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_of_another_relays_key_is_no_word() {
    let (dir, other, town) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    Relay::start(other.path(), &town).await.stop().await;
    let relay = Relay::start(dir.path(), &town).await;
    let a = relay.joined(&anna).await;
    assert_eq!((relay.state(&bo.certificate).await, relay.state(&revoked(&town, &bo)).await), (200, 200));
    a.refused(forgotten(other.path(), &own_circle(&bo)), Refused::NotAllowed).await;
    relay.stop().await;
    std::fs::copy(other.path().join("stamp.key"), dir.path().join("stamp.key")).unwrap();
    let relay = Relay::start(dir.path(), &town).await;
    relay.session(&anna).await.store(forgotten(other.path(), &own_circle(&bo))).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_which_every_device_is_out_comes_back_and_what_names_it_can() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let [anna, bo, carl] = [(); 3].map(|()| town.device(person()));
    let relay = Relay::start(dir.path(), &town).await;
    let a = relay.joined(&anna).await;
    relay.joined(&carl).await;
    assert_eq!((relay.state(&bo.certificate).await, relay.state(&revoked(&town, &bo)).await), (200, 200));
    let with_bo = shared(&anna, &[Member::Person(bo.person)]);
    let team = team_circle(&town, TeamId::new(random()), &bo, &[bo.person, carl.person]);
    a.refused(with_bo.item(), Refused::NotAllowed).await;
    a.store(forgotten(dir.path(), &own_circle(&bo))).await;
    a.store(with_bo.item()).await;
    a.refused(team.item(), Refused::NotAllowed).await;
    a.store(forgotten(dir.path(), &team)).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_seen_it_brings_a_circle_whose_founder_has_not_been_in_contact_since() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    let relay = Relay::start(dir.path(), &town).await;
    let a = relay.joined(&anna).await;
    assert_eq!(relay.state(&bo.certificate).await, 200);
    a.store(own_circle(&bo).item()).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_let_a_device_in_comes_from_that_device_itself() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    let tablet = town.device(bo.person);
    let own = own_circle(&bo);
    let lets_in = change(&bo, &own, own.id, vec![add(Member::Device(tablet.id), Rights::Manage)]);
    let lets_in = lets_in.vouch(&[&tablet.certificate]).sign(&bo);
    let relay = Relay::start(dir.path(), &town).await;
    relay.joined(&anna).await;
    assert_eq!(relay.state(&bo.certificate).await, 200);
    assert_eq!(relay.state(&revoked(&town, &bo)).await, 200);
    let t = relay.session(&tablet).await;
    let case = shared(&tablet, &[Member::Person(anna.person)]);
    t.refused(case.item(), Refused::NotAllowed).await;
    t.refused(lets_in.item(), Refused::UnknownCircle).await;
    for entry in [own, lets_in] {
        t.refused(entry.item(), Refused::NotAllowed).await;
        t.store(forgotten(dir.path(), &entry)).await;
    }
    t.store(case.item()).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_lost_since_is_in_again_and_is_refused_all_the_same() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let bo = town.device(person());
    let tablet = town.device(bo.person);
    let own = own_circle(&bo);
    let lets_in = change(&bo, &own, own.id, vec![add(Member::Device(tablet.id), Rights::Manage)]);
    let lets_in = lets_in.vouch(&[&tablet.certificate]).sign(&bo);
    let relay = Relay::start(dir.path(), &town).await;
    let b = relay.session(&bo).await;
    b.store(own.item()).await;
    assert_eq!((relay.state(&tablet.certificate).await, relay.state(&revoked(&town, &tablet)).await), (200, 200));
    b.refused(lets_in.item(), Refused::NotVouched).await;
    b.store(forgotten(dir.path(), &lets_in)).await;
    assert_eq!(relay.try_session(&tablet).await.err(), Some(403));
    relay.stop().await;
}

refusal!(what_somebody_signed_who_has_left_comes_back_too, |p, w| {
    let case = shared(&p.bo, &[Member::Person(p.anna.person)]);
    let left = p.town.state(Claim::Standing { person: p.bo.person, standing: Standing::Left });
    assert_eq!(w.relay.state(&left).await, 200);
    w.a.refused(case.item(), Refused::NotAllowed).await;
    w.a.store(forgotten(&w.data, &case)).await;
});

refusal!(a_cut_below_what_is_stored_is_taken_only_if_it_comes_back, |p, w| {
    w.b.store(Pen::new(&p.bo, &w.case).write(&p.bo).item()).await;
    assert_eq!(w.relay.state(&revoked(&p.town, &p.bo)).await, 200);
    let below = || {
        let cut_off = vec![Change::CutOff { device: p.bo.id, cuts: vec![] }];
        change(&p.anna, &w.case, w.case.id, cut_off).rotate().sign(&p.anna)
    };
    let (before, now) = (below(), below());
    for _ in 0..2 {
        let refused = w.a.refused(now.item(), Refused::OutOfOrder).await;
        assert_eq!(counter(&refused), Some(1), "whoever can makes another; one that the line repeats is no other");
    }
    w.a.store(forgotten(&w.data, &before)).await;
});

refusal!(a_stamp_puts_no_entry_beside_the_head_and_none_before_what_it_stands_on, |p, w| {
    let lets_in = |who: &Device| {
        change(&p.anna, &w.case, w.case.id, vec![add(Member::Person(who.person), Rights::Read)]).sign(&p.anna)
    };
    w.a.store(lets_in(&p.carl).item()).await;
    w.b.refused(forgotten(&w.data, &lets_in(&p.carl)), Refused::StaleHead).await;
    let behind = shared(&p.bo, &[]);
    let behind = change(&p.bo, &behind, behind.id, vec![add(Member::Person(p.anna.person), Rights::Read)]).sign(&p.bo);
    w.b.refused(forgotten(&w.data, &behind), Refused::UnknownCircle).await;
    let second = founding(&p.bo, Subject::Person(p.bo.person), vec![add(Member::Device(p.bo.id), Rights::Manage)]);
    let second = second.vouch(&[&p.bo.certificate]).sign(&p.bo);
    w.a.refused(forgotten(&w.data, &second), Refused::AlreadyFounded).await;
});
