//! Two heads of one circle, united by somebody who is in both: a branch brings nothing that its signer could not have brought
//! (protocol §3.5).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use support::relay::{Client, Relay, stamp};
use support::*;
use tvaers_wire::bytes::Bytes;
use tvaers_wire::entry::{Change, Cut, Member, Rights, Subject};
use tvaers_wire::ids::Installation;
use tvaers_wire::message::*;
use tvaers_wire::statement::Claim;

/// Anna and Bo manage a circle, Carl is in it. Anna has let Dora in; one of Bo's devices, on the head from before, a stranger.
struct Parted<'d> {
    relay: Relay,
    carl: Client<'d>,
    own_of_bo: Signed,
    fork: Signed,
    merge: Signed,
}

struct People {
    town: Town,
    anna: Device,
    bo: Device,
    /// Bo has another device.
    tablet: Device,
    carl: Device,
    dora: Device,
    stranger: Device,
}

impl People {
    fn new() -> Self {
        let town = Town::new();
        let [anna, bo, carl, dora, stranger] = [(); 5].map(|()| town.device(person()));
        let tablet = town.device(bo.person);
        Self { town, anna, bo, tablet, carl, dora, stranger }
    }

    async fn parted(&self, dir: &Path, signer: &Device) -> Parted<'_> {
        let relay = Relay::start(dir, &self.town).await;
        let own_of_bo = own_circle_of(&[&self.bo, &self.tablet]);
        relay.session(&self.bo).await.store(own_of_bo.item()).await;
        let (anna, carl) = (relay.joined(&self.anna).await, relay.joined(&self.carl).await);
        for device in [&self.dora, &self.stranger] {
            relay.joined(device).await;
        }
        let manages = |device: &Device| add(Member::Person(device.person), Rights::Manage);
        let members =
            vec![manages(&self.anna), manages(&self.bo), add(Member::Person(self.carl.person), Rights::Write)];
        let case = founding(&self.anna, Subject::Shared, members).sign(&self.anna);
        anna.store(case.item()).await;
        let lets_in = |by: &Device, who: &Device| change(by, &case, case.id, vec![manages(who)]).sign(by);
        let (here, fork) = (lets_in(&self.anna, &self.dora), lets_in(signer, &self.stranger));
        anna.store(here.item()).await;
        let mut merge = change(&self.carl, &case, here.id, Vec::new()).rotate();
        merge.public.parents.push(fork.id);
        merge.public.epoch.as_mut().unwrap().history.push(Bytes(random::<48>().to_vec()));
        Parted { merge: merge.sign(&self.carl), relay, carl, own_of_bo, fork }
    }
}

impl Parted<'_> {
    /// The other branch, and the entry that unites both.
    fn both(&self) -> Vec<PushItem> {
        vec![self.fork.item(), self.merge.item()]
    }
}

fn reason(pushed: &Pushed) -> Option<Refused> {
    match pushed {
        Pushed::Refused { reason, .. } => Some(*reason),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_in_both_unites_what_somebody_made_who_is_there() {
    let (dir, people) = (tempfile::tempdir().unwrap(), People::new());
    let parted = people.parted(dir.path(), &people.bo).await;
    assert_eq!(parted.carl.push(parted.both()).await[1], Pushed::Stored);
    parted.relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_did_not_come_with_it_is_not_united() {
    let (dir, people) = (tempfile::tempdir().unwrap(), People::new());
    let parted = people.parted(dir.path(), &people.bo).await;
    parted.carl.refused(parted.merge.item(), Refused::StaleHead).await;
    parted.relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_unites_nothing_that_a_lost_device_made_unless_it_was_here_before() {
    let (dir, people) = (tempfile::tempdir().unwrap(), People::new());
    let parted = people.parted(dir.path(), &people.bo).await;
    let revoked = people.town.state(Claim::Revoked { device: people.bo.id });
    assert_eq!(parted.relay.state(&revoked).await, 200);
    let [fork, merge] = [&parted.fork, &parted.merge].map(|entry| entry.brought_back(stamp(dir.path(), entry)));
    assert_eq!(reason(&parted.carl.push(parted.both()).await[1]), Some(Refused::NotAllowed));
    let wrong = parted.fork.brought_back(stamp(dir.path(), &parted.merge));
    assert_eq!(reason(&parted.carl.push(vec![wrong, parted.merge.item()]).await[1]), Some(Refused::NotAllowed));
    assert_eq!(parted.carl.push(vec![fork, parted.merge.item()]).await, [Pushed::Stored, Pushed::Stored]);
    assert_eq!(parted.carl.push(vec![merge]).await, [Pushed::Duplicate]);
    parted.relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_united_two_heads_comes_back_with_both() {
    let (dir, people) = (tempfile::tempdir().unwrap(), People::new());
    let parted = people.parted(dir.path(), &people.bo).await;
    let revoked = people.town.state(Claim::Revoked { device: people.bo.id });
    assert_eq!(parted.relay.state(&revoked).await, 200);
    let merge = parted.merge.brought_back(stamp(dir.path(), &parted.merge));
    assert_eq!(parted.carl.push(vec![parted.fork.item(), merge]).await, [Pushed::Stored, Pushed::Stored]);
    parted.relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_what_a_device_made_that_its_person_lists_no_more() {
    let (dir, people) = (tempfile::tempdir().unwrap(), People::new());
    let parted = people.parted(dir.path(), &people.tablet).await;
    let leaves = Change::Remove { member: Member::Device(people.tablet.id), cuts: Vec::new() };
    let out = change(&people.tablet, &parted.own_of_bo, parted.own_of_bo.id, vec![leaves]).sign(&people.tablet);
    parted.relay.session(&people.tablet).await.store(out.item()).await;
    assert_eq!(reason(&parted.carl.push(parted.both()).await[1]), Some(Refused::NotAllowed));
    parted.relay.stop().await;
}

/// Anna takes Carl out on an old head, as if he had not written a word, and unites that with where he has.
#[tokio::test(flavor = "multi_thread")]
async fn nor_a_removal_that_was_never_here_and_leaves_out_what_the_relay_has_acknowledged() {
    let (dir, people) = (tempfile::tempdir().unwrap(), People::new());
    let Parted { relay, carl, .. } = people.parted(dir.path(), &people.bo).await;
    let anna = relay.session(&people.anna).await;
    let manages = |device: &Device| add(Member::Person(device.person), Rights::Manage);
    let writes = add(Member::Person(people.carl.person), Rights::Write);
    let case = founding(&people.anna, Subject::Shared, vec![manages(&people.anna), writes]).sign(&people.anna);
    let here = change(&people.anna, &case, case.id, vec![manages(&people.dora)]).sign(&people.anna);
    for entry in [&case, &here] {
        anna.store(entry.item()).await;
    }
    let note = Pen::new(&people.carl, &case).write(&people.carl);
    carl.store(note.item()).await;
    let takes_out = |cuts| {
        let out = Change::Remove { member: Member::Person(people.carl.person), cuts };
        let fork = change(&people.anna, &case, case.id, vec![out]).rotate().sign(&people.anna);
        let mut merge = change(&people.anna, &case, here.id, Vec::new()).rotate();
        merge.public.parents.push(fork.id);
        merge.public.epoch.as_mut().unwrap().history.push(Bytes(random::<48>().to_vec()));
        vec![fork.item(), merge.sign(&people.anna).item()]
    };
    let installation = Installation { device: people.carl.id, nonce: people.carl.nonce };
    let answers = anna.push(takes_out(Vec::new())).await;
    assert_eq!(answers.iter().map(reason).collect::<Vec<_>>(), [Some(Refused::StaleHead), Some(Refused::OutOfOrder)]);
    assert_eq!(
        anna.push(takes_out(vec![Cut { installation, counter: 1, chunk: note.id }])).await,
        [Pushed::Stored, Pushed::Stored]
    );
    relay.stop().await;
}
