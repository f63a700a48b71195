//! Circles of persons and units that a restored relay has forgotten: everything that names them waits for theirs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::relay::Relay;
use support::*;
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::TeamId;
use tvaers_wire::message::*;
use tvaers_wire::statement::{Claim, Standing};

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_which_every_device_is_out_is_brought_by_any_colleague_once_it_takes_back() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    let relay = Relay::start(dir.path(), &town).await;
    let a = relay.joined(&anna).await;
    let own = own_circle(&bo);
    assert_eq!((relay.state(&bo.certificate).await, relay.state(&revoked(&town, &bo)).await), (200, 200));
    a.refused(own.item(), Refused::NotAllowed).await;
    relay.stop().await;

    let relay = Relay::taking_back(dir.path(), &town).await;
    let a = relay.session(&anna).await;
    a.store(own.item()).await;
    // What was founded with Bo can come back now.
    a.store(shared(&anna, &[Member::Person(bo.person)]).item()).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_units_circle_that_nobody_is_left_in_is_brought_by_any_colleague_too() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let [anna, bo, carl] = [(); 3].map(|()| town.device(person()));
    let alone = team_circle(&town, TeamId::new(random()), &bo, &[bo.person]);
    let together = team_circle(&town, TeamId::new(random()), &bo, &[bo.person, carl.person]);
    let relay = Relay::taking_back(dir.path(), &town).await;
    let (a, c) = (relay.joined(&anna).await, relay.joined(&carl).await);
    assert_eq!(relay.state(&bo.certificate).await, 200);
    a.store(own_circle(&bo).item()).await;
    assert_eq!(relay.state(&revoked(&town, &bo)).await, 200);
    a.refused(together.item(), Refused::NotAllowed).await;
    c.store(together.item()).await;
    a.store(alone.item()).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_with_a_device_that_is_not_out_is_brought_by_that_one_alone() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    let tablet = town.device(bo.person);
    let own = own_circle_of(&[&bo, &tablet]);
    let relay = Relay::taking_back(dir.path(), &town).await;
    let a = relay.joined(&anna).await;
    for statement in [&bo.certificate, &tablet.certificate, &revoked(&town, &bo)] {
        assert_eq!(relay.state(statement).await, 200);
    }
    a.refused(own.item(), Refused::NotAllowed).await;
    let bystander = town.device(bo.person);
    assert_eq!(relay.state(&bystander.certificate).await, 200);
    relay.session(&bystander).await.refused(own.item(), Refused::NotAllowed).await;
    // Also if it was not the one that founded it.
    relay.session(&tablet).await.store(own.item()).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_seen_it_brings_a_circle_whose_founder_has_not_been_in_contact_since() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    let relay = Relay::taking_back(dir.path(), &town).await;
    let a = relay.joined(&anna).await;
    assert_eq!(relay.state(&bo.certificate).await, 200);
    a.store(own_circle(&bo).item()).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_let_a_device_in_comes_back_although_its_certificate_is_forgotten_too_and_its_person_has_left() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    let tablet = town.device(bo.person);
    let own = own_circle(&bo);
    let lets_in = change(&bo, &own, own.id, vec![add(Member::Device(tablet.id), Rights::Manage)]);
    let lets_in = lets_in.vouch(&[&tablet.certificate]).sign(&bo);
    let relay = Relay::taking_back(dir.path(), &town).await;
    let a = relay.joined(&anna).await;
    assert_eq!(relay.state(&bo.certificate).await, 200);
    a.store(own.item()).await;
    assert_eq!(relay.state(&revoked(&town, &bo)).await, 200);
    // The tablet is in use: it says itself who let it in.
    a.refused(lets_in.brought_back(), Refused::NotAllowed).await;
    let left = town.state(Claim::Standing { person: bo.person, standing: Standing::Left });
    assert_eq!(relay.state(&left).await, 200);
    a.store(lets_in.brought_back()).await;
    relay.stop().await;
}

fn revoked(town: &Town, device: &Device) -> tvaers_wire::statement::SignedStatement {
    town.state(Claim::Revoked { device: device.id })
}
