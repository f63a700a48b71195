//! A membership for a time: the relay gives and takes nothing of it from its second on, by the relay's clock, on every way there is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use support::live::{live, next_page};
use support::relay::{Client, Relay, chunks};
use support::*;
use tvaers_relay::config::Clock;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Cut, Member, Rights, Subject};
use tvaers_wire::message::*;

/// 2027.
const BEGIN: u64 = 1_800_000_000;
/// An hour later.
const END: u64 = BEGIN + 3_600;

/// Anna manages a case, in which Bo is for an hour.
struct World<'d> {
    relay: Relay,
    clock: Arc<AtomicU64>,
    a: Client<'d>,
    b: Client<'d>,
    case: Signed,
    lent: Signed,
}

impl World<'_> {
    fn show(&self, seconds: u64) {
        self.clock.store(seconds * 1000, Ordering::Relaxed);
    }

    async fn frontier(&self) -> FrontierAnswer {
        self.b.post("/v1/frontier", FrontierRequest { circles: vec![self.case.circle] }.to_bytes()).await.unwrap()
    }
}

fn lend(to: &Device, until: u64) -> Change {
    Change::Add { member: Member::Person(to.person), rights: Rights::Write, until: Some(until) }
}

async fn world<'d>(dir: &Path, town: &Town, anna: &'d Device, bo: &'d Device) -> World<'d> {
    let clock = Arc::new(AtomicU64::new(BEGIN * 1000));
    let shown = Arc::clone(&clock);
    let relay = Relay::clocked(dir, town, Clock::new(move || shown.load(Ordering::Relaxed))).await;
    let (a, b) = (relay.joined(anna).await, relay.joined(bo).await);
    let case = shared(anna, &[]);
    a.store(case.item()).await;
    let lent = change(anna, &case, case.id, vec![lend(bo, END)]).sign(anna);
    a.store(lent.item()).await;
    World { relay, clock, a, b, case, lent }
}

macro_rules! story {
    ($name:ident, |$anna:ident, $bo:ident, $w:ident| $body:block) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
            let ($anna, $bo) = (town.device(person()), town.device(person()));
            let $w = world(dir.path(), &town, &$anna, &$bo).await;
            $body
            $w.relay.stop().await;
        }
    };
}

story!(from_its_second_on_nothing_of_the_circle_is_given_and_nothing_taken, |anna, bo, w| {
    let (mut annas, mut bos) = (Pen::new(&anna, &w.case), Pen::new(&bo, &w.case));
    let (first, answer) = (annas.write(&anna), bos.write(&bo));
    w.a.store(first.item()).await;
    w.show(END - 1);
    w.b.store(answer.item()).await;
    assert_eq!(w.b.chunks().await, [first.bytes.clone(), answer.bytes.clone()]);
    assert_eq!(w.b.past(w.case.circle).await.len(), 2);
    assert_eq!(w.frontier().await.circles[0].reached.len(), 2);
    w.show(END);
    let second = annas.write(&anna);
    w.a.store(second.item()).await;
    assert!(w.b.chunks().await.is_empty(), "the feed, from its beginning");
    assert_eq!(w.b.past(w.case.circle).await, []);
    assert_eq!(w.frontier().await.circles, [], "nor where anybody stands");
    w.b.refused(bos.write(&bo).item(), Refused::NotAllowed).await;
    let key = key_box(w.case.circle.founding_entry());
    w.b.refused(PushItem::Box { chunk: first.id, key }, Refused::UnknownChunk).await;
    // Its log is still told, so that the device hears what becomes of it; keys are not.
    let entries = w.b.pull_all(TOKEN_START).await.0.into_iter().filter_map(|item| match item {
        FeedItem::Entry { entry, wraps, .. } if entry.0 == w.lent.bytes => Some(wraps.len()),
        _ => None,
    });
    assert_eq!(entries.collect::<Vec<_>>(), [0]);
    assert_eq!(w.a.chunks().await.len(), 3, "others go on");
});

story!(a_live_stream_that_is_open_when_the_second_comes_brings_nothing_after_it, |anna, bo, w| {
    let (_, now) = w.b.pull_all(TOKEN_START).await;
    let mut socket = live(&w.b, now, now).await;
    let mut annas = Pen::new(&anna, &w.case);
    let before = annas.write(&anna);
    w.a.store(before.item()).await;
    assert_eq!(chunks(&next_page(&mut socket).await.items), [before.bytes]);
    w.show(END);
    w.a.store(annas.write(&anna).item()).await;
    // What comes next on the stream is of a circle in which he is without an end.
    let other = shared(&anna, &[Member::Person(bo.person)]);
    let allowed = Pen::new(&anna, &other).write(&anna);
    w.a.push(vec![other.item(), allowed.item()]).await;
    let mut seen = Vec::new();
    while !seen.contains(&allowed.bytes) {
        seen.extend(chunks(&next_page(&mut socket).await.items));
    }
    assert_eq!(seen, [allowed.bytes]);
});

story!(whose_time_is_over_draws_no_key_and_unites_nothing, |anna, bo, w| {
    let draws = |on: &Signed| change(&bo, &w.case, on.id, Vec::new()).rotate().sign(&bo);
    let first = draws(&w.lent);
    w.b.store(first.item()).await;
    w.show(END);
    w.b.refused(draws(&first).item(), Refused::NotAllowed).await;
    // Nor does it help that a colleague brings it.
    w.a.refused(draws(&first).item(), Refused::NotAllowed).await;
    w.a.store(change(&anna, &w.case, first.id, Vec::new()).rotate().sign(&anna).item()).await;
});

story!(prolonged_before_the_end_nothing_is_given_twice_and_after_it_all_of_the_past, |anna, bo, w| {
    let mut annas = Pen::new(&anna, &w.case);
    w.a.store(annas.write(&anna).item()).await;
    let granted = |items: &[FeedItem]| {
        items.iter().any(|item| matches!(item, FeedItem::Granted { circle } if *circle == w.case.circle))
    };
    let (_, here) = w.b.pull_all(TOKEN_START).await;
    let longer = change(&anna, &w.case, w.lent.id, vec![lend(&bo, END + 60)]).sign(&anna);
    w.a.store(longer.item()).await;
    let (items, here) = w.b.pull_all(here).await;
    assert!(!granted(&items));
    w.show(END + 30);
    let second = annas.write(&anna);
    w.a.store(second.item()).await;
    let (items, _) = w.b.pull_all(here).await;
    assert_eq!(chunks(&items), [second.bytes]);
    w.show(END + 60);
    w.a.store(annas.write(&anna).item()).await;
    let (items, here) = w.b.pull_all(here).await;
    assert!(chunks(&items).is_empty());
    let again = change(&anna, &w.case, longer.id, vec![lend(&bo, END + 600)]).sign(&anna);
    w.a.store(again.item()).await;
    let (items, _) = w.b.pull_all(here).await;
    let keys = |entry: &Signed| {
        items.iter().any(|item| {
            matches!(item, FeedItem::Entry { entry: bytes, wraps, .. }
            if bytes.0 == entry.bytes && !wraps.is_empty())
        })
    };
    assert!(granted(&items) && keys(&again) && keys(&w.lent));
    assert_eq!(w.b.past(w.case.circle).await.len(), 3);
});

story!(whoever_is_taken_out_when_it_is_over_leaves_all_that_was_acknowledged, |anna, bo, w| {
    let answer = Pen::new(&bo, &w.case).write(&bo);
    w.b.store(answer.item()).await;
    w.show(END);
    let installation = tvaers_wire::ids::Installation { device: bo.id, nonce: bo.nonce };
    let cut = Cut { installation, counter: 1, chunk: answer.id };
    let without = |cuts| {
        let removal = Change::Remove { member: Member::Person(bo.person), cuts };
        change(&anna, &w.case, w.lent.id, vec![removal]).rotate().sign(&anna)
    };
    w.a.refused(without(Vec::new()).item(), Refused::OutOfOrder).await;
    w.a.store(without(vec![cut]).item()).await;
    assert_eq!(w.a.chunks().await, [answer.bytes]);
});

story!(nobody_is_given_an_end_who_has_none, |anna, bo, w| {
    let member = Member::Person(anna.person);
    let to_herself = Change::Add { member, rights: Rights::Manage, until: Some(END) };
    w.a.refused(change(&anna, &w.case, w.lent.id, vec![to_herself]).sign(&anna).item(), Refused::NotAllowed).await;
    let lasting = Change::Add { member: Member::Person(bo.person), rights: Rights::Write, until: None };
    let kept = change(&anna, &w.case, w.lent.id, vec![lasting]).sign(&anna);
    w.a.store(kept.item()).await;
    w.a.refused(change(&anna, &w.case, kept.id, vec![lend(&bo, END)]).sign(&anna).item(), Refused::NotAllowed).await;
    // Devices, persons of a team and teams come and go by the authority's word.
    let member = Member::Device(bo.id);
    let for_a_time = Change::Add { member, rights: Rights::Manage, until: Some(END) };
    let founded = founding(&bo, Subject::Person(bo.person), vec![for_a_time]).vouch(&[&bo.certificate]).sign(&bo);
    w.b.refused(founded.item(), Refused::NotAllowed).await;
});
