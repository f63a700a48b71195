//! What a relay is for: what one device pushes, the others who may read it get, once and in order.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::relay::{Relay, chunks};
use support::*;
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::{CircleId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::message::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_reaches_every_member_once_and_nobody_else() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let (anna, bo, carl) = (town.device(person()), town.device(person()), town.device(person()));
    let (a, b, c) = (relay.session(&anna).await, relay.session(&bo).await, relay.session(&carl).await);
    for (client, device) in [(&a, &anna), (&b, &bo), (&c, &carl)] {
        client.store(own_circle(device).item()).await;
    }
    let team = TeamId::new(random());
    b.store(team_circle(&town, team, &bo, &[bo.person]).item()).await;
    // Bo is reached as a person and through a team.
    let case = shared(&anna, &[Member::Person(bo.person), Member::Team(team)]);
    let mut pen = Pen::new(&anna, &case);
    let (one, two) = (pen.write(&anna), pen.write(&anna));
    let results = a.push(vec![case.item(), one.item(), two.item()]).await;
    assert_eq!(results, vec![Pushed::Stored; 3]);
    assert_eq!(b.chunks().await, [one.bytes.clone(), two.bytes.clone()]);
    assert_eq!(a.chunks().await, [one.bytes, two.bytes]);
    assert!(c.chunks().await.is_empty());
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pushing_again_is_a_duplicate_and_changes_nothing() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let circle = own_circle(&anna);
    let chunk = Pen::new(&anna, &circle).write(&anna);
    let items = vec![circle.item(), chunk.item(), chunk.item()];
    assert_eq!(a.push(items.clone()).await, [Pushed::Stored, Pushed::Stored, Pushed::Duplicate]);
    let before = a.pull_all(TOKEN_START).await;
    assert_eq!(a.push(items).await, vec![Pushed::Duplicate; 3]);
    assert_eq!(a.pull_all(TOKEN_START).await, before);
    let (again, token) = a.pull_all(before.1).await;
    assert!(again.is_empty() && token == before.1);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_pull_is_small_whatever_is_stored() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let anna = town.device(person());
    let a = relay.session(&anna).await;
    let circle = own_circle(&anna);
    let mut pen = Pen::new(&anna, &circle);
    let mut items = vec![circle.item()];
    items.extend((0..500).map(|_| pen.write(&anna).item()));
    let answer = a.try_push(items).await.unwrap();
    let (_, next) = a.pull_all(TOKEN_START).await;
    assert_eq!(next, answer.token);
    let path = format!("{}/v1/pull?after={h}&seen={h}", a.base, h = support::relay::hex(&next));
    let quiet = a.http.get(path).header("authorization", format!("Bearer {}", a.token)).send().await.unwrap();
    assert!(quiet.bytes().await.unwrap().len() <= 40);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_member_is_granted_the_past() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    let (a, b) = (relay.joined(&anna).await, relay.joined(&bo).await);
    let case = shared(&anna, &[]);
    let mut pen = Pen::new(&anna, &case);
    let (one, two) = (pen.write(&anna), pen.write(&anna));
    a.push(vec![case.item(), one.item(), two.item()]).await;
    let (_, before) = b.pull_all(TOKEN_START).await;
    assert_eq!(b.past(case.circle).await, []);

    let joined = change(&anna, &case, case.id, vec![add(Member::Person(bo.person), Rights::Write)]).sign(&anna);
    a.store(joined.item()).await;
    let (news, _) = b.pull_all(before).await;
    let kinds: Vec<_> = news
        .iter()
        .map(|item| match item {
            FeedItem::Entry { entry, wraps, .. } => (entry.0 == case.bytes, wraps.len()),
            FeedItem::Granted { circle } => (*circle == case.circle, 100),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, [(true, 0), (false, 1), (true, 100)], "past entries, the entry that adds, and the grant");
    assert_eq!(chunks(&b.past(case.circle).await), [one.bytes, two.bytes]);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pasts_of_many_circles_come_in_few_answers_each_whole_and_once() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let relay = Relay::start(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    let (a, b) = (relay.joined(&anna).await, relay.joined(&bo).await);
    let (mut written, mut asked) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let case = shared(&anna, &[Member::Person(bo.person)]);
        a.store(case.item()).await;
        let mut pen = Pen::new(&anna, &case);
        for _ in 0..2 {
            // Three such fill a page.
            let chunk = pen.sign(&anna, pen.header(), limits::PAGE_BYTES / 3);
            a.store(chunk.item()).await;
            written.push(chunk.bytes);
        }
        asked.push((case.circle, 0));
    }
    let not_for_bo = shared(&anna, &[]);
    a.push(vec![not_for_bo.item(), Pen::new(&anna, &not_for_bo).write(&anna).item()]).await;
    let empty = shared(&anna, &[Member::Person(bo.person)]);
    a.store(empty.item()).await;
    // Closed to Bo, unknown, and without a past: all the same, and no reason to stop.
    for (at, circle) in [(0, not_for_bo.circle), (2, CircleId::new([9; 32])), (5, empty.circle)] {
        asked.insert(at, (circle, 0));
    }
    let (mut answers, mut got) = (0, Vec::new());
    while !asked.is_empty() {
        let Backlog { items, answered } = b.pasts(&asked).await;
        assert!((1..=asked.len()).contains(&answered.len()));
        got.extend(chunks(&items));
        let later = asked.split_off(answered.len());
        let rest = asked.iter().zip(&answered).filter(|(_, answered)| answered.more);
        asked = rest.map(|((circle, _), answered)| (*circle, answered.next)).chain(later).collect();
        answers += 1;
    }
    assert_eq!(got, written);
    assert_eq!(answers, 3);
    relay.stop().await;
}

/// Its own colleagues must hear of a device before they can let it in, and everybody before they can say that it is out.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_came_with_a_session_is_told_once_when_somebody_brings_it() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (anna, bo) = (town.device(person()), town.device(person()));
    let relay = Relay::start(dir.path(), &town).await;
    let a = relay.session(&anna).await;
    relay.session(&bo).await;
    let heard = async |client: &support::relay::Client<'_>| {
        let told = |item: &&FeedItem| matches!(item, FeedItem::Statement { statement } if *statement == bo.certificate);
        client.pull_all(TOKEN_START).await.0.iter().filter(told).count()
    };
    assert_eq!(heard(&a).await, 0);
    for _ in 0..2 {
        assert_eq!(relay.state(&bo.certificate).await, 200);
        assert_eq!(heard(&a).await, 1);
    }
    relay.stop().await;
    let relay = Relay::start(dir.path(), &town).await;
    assert_eq!(relay.state(&bo.certificate).await, 200);
    assert_eq!(heard(&relay.session(&anna).await).await, 1, "nor once more after a start");
    relay.stop().await;
}
