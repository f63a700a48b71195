//! Every refusal of an item, once, by an input that somebody would try.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use support::relay::{Client, Relay};
use support::*;
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{ChunkHeader, Refusal};
use tvaers_wire::entry::{Change, Cut, Member, Rights, Subject};
use tvaers_wire::ids::*;
use tvaers_wire::limits;
use tvaers_wire::message::*;
use tvaers_wire::statement::{Claim, Standing};

/// Anna manages a circle with Bo; Carl is a stranger.
struct World<'d> {
    relay: Relay,
    a: Client<'d>,
    b: Client<'d>,
    c: Client<'d>,
    case: Signed,
}

struct People {
    town: Town,
    anna: Device,
    bo: Device,
    carl: Device,
}

impl People {
    fn new() -> Self {
        let town = Town::new();
        let [anna, bo, carl] = [(); 3].map(|()| town.device(person()));
        Self { town, anna, bo, carl }
    }

    async fn world(&self, dir: &Path) -> World<'_> {
        let relay = Relay::start(dir, &self.town).await;
        let a = relay.session(&self.anna).await;
        let b = relay.session(&self.bo).await;
        let c = relay.session(&self.carl).await;
        for client in [&a, &b, &c] {
            client.store(own_circle(client.device).item()).await;
        }
        let case = shared(&self.anna, &[Member::Person(self.bo.person)]);
        a.store(case.item()).await;
        World { relay, a, b, c, case }
    }
}

macro_rules! refusal {
    ($name:ident, |$p:ident, $w:ident| $body:block) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let (dir, $p) = (tempfile::tempdir().unwrap(), People::new());
            let $w = $p.world(dir.path()).await;
            $body
            $w.relay.stop().await;
        }
    };
}

fn counter(result: &Pushed) -> Option<u64> {
    match result {
        Pushed::Refused { counter, .. } => *counter,
        _ => None,
    }
}

fn head(result: &Pushed) -> Option<EntryId> {
    match result {
        Pushed::Refused { head, .. } => *head,
        _ => None,
    }
}

refusal!(malformed_garbage_truncated_and_trailing, |p, w| {
    let chunk = Pen::new(&p.anna, &w.case).write(&p.anna);
    let with = |bytes: Vec<u8>| PushItem::Chunk { chunk: bytes.into(), key: chunk.key.clone() };
    let mut trailing = chunk.bytes.clone();
    trailing.push(0);
    for bytes in [vec![], vec![0xff; 40], chunk.bytes[..chunk.bytes.len() - 1].to_vec(), trailing] {
        w.a.refused(with(bytes), Refused::Malformed).await;
    }
    let entry = PushItem::Entry { entry: Bytes(vec![0x83, 0x40]), wraps: Vec::new(), again: false };
    w.a.refused(entry, Refused::Malformed).await;
    w.a.store(chunk.item()).await;
});

refusal!(an_oversize_chunk_is_refused_alone, |p, w| {
    let big = PushItem::Chunk { chunk: Bytes(vec![0; limits::CHUNK + 1]), key: key_box(w.case.id) };
    let fine = Pen::new(&p.anna, &w.case).write(&p.anna);
    let results = w.a.push(vec![big, fine.item()]).await;
    assert!(matches!(results[0], Pushed::Refused { reason: Refused::TooLarge, .. }));
    assert_eq!(results[1], Pushed::Stored);
});

refusal!(a_chunk_of_an_unknown_circle, |p, w| {
    let elsewhere = shared(&p.anna, &[]);
    let chunk = Pen::new(&p.anna, &elsewhere).write(&p.anna);
    w.a.refused(chunk.item(), Refused::UnknownCircle).await;
    let entry = change(&p.anna, &elsewhere, elsewhere.id, vec![]).sign(&p.anna);
    w.a.refused(entry.item(), Refused::UnknownCircle).await;
});

refusal!(a_stranger_neither_writes_nor_changes_nor_brings, |p, w| {
    let own = Pen::new(&p.carl, &w.case).write(&p.carl);
    w.c.refused(own.item(), Refused::NotAllowed).await;
    let annas = Pen::new(&p.anna, &w.case).write(&p.anna);
    w.c.refused(annas.item(), Refused::NotAllowed).await;
    let me = vec![add(Member::Person(p.carl.person), Rights::Manage)];
    let entry = change(&p.carl, &w.case, w.case.id, me).sign(&p.carl);
    w.c.refused(entry.item(), Refused::NotAllowed).await;
});

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

refusal!(a_co_members_forgery_and_a_spliced_chunk, |p, w| {
    // Bo signs a chunk in Anna's name.
    let forged = Pen::new(&p.anna, &w.case).write(&p.bo);
    w.b.refused(forged.item(), Refused::BadSignature).await;
    let entry = change(&p.anna, &w.case, w.case.id, vec![]).sign(&p.bo);
    w.b.refused(entry.item(), Refused::BadSignature).await;
    // The true one, brought by Bo, is taken.
    let chunk = Pen::new(&p.anna, &w.case).write(&p.anna);
    w.b.store(chunk.item()).await;
});

refusal!(gaps_forks_and_wrong_chains_are_out_of_order, |p, w| {
    let start = Pen::new(&p.anna, &w.case);
    let mut pen = start.clone();
    let one = pen.write(&p.anna);
    let fork_from = pen.clone();
    let (two, three) = (pen.write(&p.anna), pen.write(&p.anna));
    assert_eq!(counter(&w.a.refused(two.item(), Refused::OutOfOrder).await), Some(0));
    w.a.store(one.item()).await;
    assert_eq!(counter(&w.a.refused(three.item(), Refused::OutOfOrder).await), Some(1));
    w.a.store(two.item()).await;
    let other_two = fork_from.clone().write(&p.anna);
    assert_eq!(counter(&w.a.refused(other_two.item(), Refused::OutOfOrder).await), Some(2));
    let mut wrong = pen.clone();
    (wrong.counter, wrong.previous) = (2, ChunkId::new([9; 32]));
    w.a.refused(wrong.write(&p.anna).item(), Refused::OutOfOrder).await;
    w.a.store(three.item()).await;
});

refusal!(a_declared_refusal_closes_the_gap_it_leaves, |p, w| {
    let mut pen = Pen::new(&p.anna, &w.case);
    w.a.store(pen.write(&p.anna).item()).await;
    let header = ChunkHeader { head: EntryId::new([1; 32]), ..pen.header() };
    let refused = pen.sign(&p.anna, header, 256);
    w.a.refused(refused.item(), Refused::UnknownHead).await;
    let declared = Refusal { counter: 2, code: Refused::UnknownHead.code() };
    w.a.store(pen.write_declaring(&p.anna, &[declared]).item()).await;
    w.a.store(pen.write(&p.anna).item()).await;
});

refusal!(a_box_under_an_old_epoch_and_its_chunk_under_the_new_one, |p, w| {
    let rotated = change(&p.anna, &w.case, w.case.id, vec![]).rotate().sign(&p.anna);
    w.a.store(rotated.item()).await;
    let chunk = Pen::new(&p.anna, &w.case).write(&p.anna);
    let refused = w.a.refused(chunk.item(), Refused::OldEpoch).await;
    assert_eq!(head(&refused), Some(rotated.id));
    // The same bytes with a new box: nothing is signed twice (attack 51).
    let again = Written { key: key_box(rotated.id), ..chunk };
    w.a.store(again.item()).await;
    assert_eq!(w.b.chunks().await, [again.bytes]);
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
        FeedItem::Entry { entry, wraps } if entry.0 == of.bytes => Some(wraps.iter().map(|wrap| wrap.member).collect()),
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

refusal!(a_removal_that_would_hide_what_was_acknowledged, |p, w| {
    let mut pen = Pen::new(&p.bo, &w.case);
    let (first, second) = (pen.write(&p.bo), pen.write(&p.bo));
    w.b.store(first.item()).await;
    w.b.store(second.item()).await;
    let of = |device: &Device| Installation { device: device.id, nonce: device.nonce };
    let remove = |cuts| {
        let removal = Change::Remove { member: Member::Person(p.bo.person), cuts };
        change(&p.anna, &w.case, w.case.id, vec![removal]).rotate().sign(&p.anna)
    };
    let cut = |device, counter, chunk| Cut { installation: of(device), counter, chunk };
    for cuts in [vec![], vec![cut(&p.bo, 1, first.id)], vec![cut(&p.bo, 2, first.id)]] {
        assert_eq!(counter(&w.a.refused(remove(cuts).item(), Refused::OutOfOrder).await), Some(2));
    }
    let good = cut(&p.bo, 2, second.id);
    // Whoever is about to be removed cannot keep the cut from ever being right by going on writing.
    w.b.refused(pen.write(&p.bo).item(), Refused::NotAllowed).await;
    w.a.refused(remove(vec![good, cut(&p.anna, 1, first.id)]).item(), Refused::NotAllowed).await;
    let stranger = p.town.device(p.bo.person);
    w.a.refused(remove(vec![good, cut(&stranger, 1, first.id)]).item(), Refused::NotVouched).await;
    w.a.store(remove(vec![good]).item()).await;
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

refusal!(what_was_replaced_need_not_be_brought_again, |p, w| {
    let mut pen = Pen::new(&p.anna, &w.case);
    let (one, two, _three) = (pen.write(&p.anna), pen.write(&p.anna), pen.write(&p.anna));
    let mut short = pen.clone();
    w.a.store(one.item()).await;
    // The range stands for 3 only, and 2 is missing as well.
    w.b.refused(short.replace(&p.anna, 3, 3).item(), Refused::OutOfOrder).await;
    w.b.store(pen.replace(&p.anna, 2, 3).item()).await;
    assert_eq!(counter(&w.a.refused(two.item(), Refused::OutOfOrder).await), Some(4));
    w.a.store(pen.write(&p.anna).item()).await;
});

refusal!(a_box_for_an_unknown_or_invisible_chunk, |p, w| {
    let chunk = Pen::new(&p.anna, &w.case).write(&p.anna);
    let item = PushItem::Box { chunk: chunk.id, key: key_box(w.case.id) };
    w.b.refused(item.clone(), Refused::UnknownChunk).await;
    w.a.store(chunk.item()).await;
    w.c.refused(item.clone(), Refused::UnknownChunk).await;
    w.b.store(item.clone()).await;
    assert_eq!(w.b.push(vec![item]).await, [Pushed::Duplicate]);
    let items = w.b.pull_all(TOKEN_START).await.0;
    let boxes = items.iter().find_map(|item| match item {
        FeedItem::Chunk { boxes, .. } => Some(boxes.iter().map(|key| key.supplier).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(boxes, Some(vec![p.anna.id, p.bo.id]), "the signer's box first");
    assert!(items.iter().any(|item| matches!(item, FeedItem::Box { chunk: of, .. } if *of == chunk.id)));
});

refusal!(an_unknown_device, |p, w| {
    let stranger = p.town.device(p.anna.person);
    let chunk = Pen::new(&stranger, &w.case).write(&stranger);
    w.a.refused(chunk.item(), Refused::UnknownDevice).await;
    let entry = change(&stranger, &w.case, w.case.id, vec![]).sign(&stranger);
    w.a.refused(entry.item(), Refused::UnknownDevice).await;
});

refusal!(a_removed_member_gets_and_gives_nothing_more, |p, w| {
    let mut pen = Pen::new(&p.bo, &w.case);
    let (kept, late) = (pen.write(&p.bo), pen.write(&p.bo));
    w.b.store(kept.item()).await;
    let installation = Installation { device: p.bo.id, nonce: p.bo.nonce };
    let cut = |counter, chunk| Change::Remove {
        member: Member::Person(p.bo.person),
        cuts: vec![Cut { installation, counter, chunk }],
    };
    let below = change(&p.anna, &w.case, w.case.id, vec![cut(0, kept.id)]).rotate().sign(&p.anna);
    assert_eq!(counter(&w.a.refused(below.item(), Refused::OutOfOrder).await), Some(1));
    let removal = change(&p.anna, &w.case, w.case.id, vec![cut(1, kept.id)]).rotate().sign(&p.anna);
    let (_, before) = w.b.pull_all(TOKEN_START).await;
    w.a.store(removal.item()).await;
    w.b.refused(Written { key: key_box(removal.id), ..late.clone() }.item(), Refused::NotAllowed).await;
    w.a.refused(Written { key: key_box(removal.id), ..late }.item(), Refused::NotAllowed).await;
    let mut annas = Pen::new(&p.anna, &w.case);
    annas.epoch = removal.id;
    w.a.store(annas.write(&p.anna).item()).await;
    let (after, _) = w.b.pull_all(before).await;
    assert_eq!(after.len(), 1, "the entry that removed it, and nothing else");
    assert!(w.b.chunks().await.is_empty(), "nor what it could read before");
    assert_eq!(w.b.past(w.case.circle).await, []);
});

refusal!(a_revoked_device_is_refused_at_every_door, |p, w| {
    let circle = w.a.pull_all(TOKEN_START).await.0.into_iter().find_map(|item| match item {
        FeedItem::Entry { entry, .. } => tvaers_wire::entry::ParsedEntry::from_bytes(&entry)
            .ok()
            .filter(|parsed| parsed.public.subject == Subject::Person(p.anna.person)),
        _ => None,
    });
    let circle = circle.unwrap();
    let on =
        Signed { id: circle.id, circle: circle.circle, subject: circle.public.subject, bytes: vec![], wraps: vec![] };
    let second = p.town.device(p.anna.person);
    let joined = change(&p.anna, &on, on.id, vec![add(Member::Device(second.id), Rights::Manage)])
        .vouch(&[&second.certificate])
        .sign(&p.anna);
    w.a.store(joined.item()).await;
    let s = w.relay.session(&second).await;
    let lost =
        || change(&second, &on, joined.id, vec![Change::Remove { member: Member::Device(p.anna.id), cuts: vec![] }]);
    // A thief's device does not throw the owner's out on its own word.
    s.refused(lost().rotate().sign(&second).item(), Refused::NotVouched).await;
    let revoked = p.town.state(Claim::Revoked { device: p.anna.id });
    s.store(lost().vouch(&[&revoked]).rotate().sign(&second).item()).await;
    assert_eq!(w.a.try_pull(TOKEN_START).await, Err(403));
    assert_eq!(w.a.try_push(vec![]).await, Err(403));
    assert_eq!(w.relay.try_session(&p.anna).await.err(), Some(403));
    assert!(s.try_pull(TOKEN_START).await.is_ok());
});

refusal!(a_device_that_the_authority_puts_out_is_refused_from_that_commit_on, |p, w| {
    let mut pen = Pen::new(&p.bo, &w.case);
    let (kept, late) = (pen.write(&p.bo), pen.write(&p.bo));
    w.b.store(kept.item()).await;
    let revoked = p.town.state(Claim::Revoked { device: p.bo.id });
    let forged = p.town.forge(Claim::Revoked { device: p.anna.id });
    assert_eq!(w.relay.state(&forged).await, 403, "signed by somebody else");
    w.a.refused(PushItem::Statement { statement: forged }, Refused::NotVouched).await;
    assert_eq!([w.relay.state(&revoked).await, w.relay.state(&revoked).await], [200; 2], "again is no harm");
    assert_eq!(w.b.try_pull(TOKEN_START).await, Err(403));
    assert_eq!(w.b.try_push(vec![late.item()]).await, Err(403));
    assert_eq!(w.relay.try_session(&p.bo).await.err(), Some(403));
    w.a.refused(late.item(), Refused::NotAllowed).await;
    let theirs = change(&p.bo, &w.case, w.case.id, vec![]).rotate().sign(&p.bo);
    w.a.refused(theirs.item(), Refused::NotAllowed).await;
    let told = |item: &FeedItem| *item == FeedItem::Statement { statement: revoked.clone() };
    assert_eq!(
        w.a.pull_all(TOKEN_START).await.0.iter().filter(|item| told(item)).count(),
        1,
        "everybody is told, once"
    );
    assert_eq!(w.c.pull_all(TOKEN_START).await.0.iter().filter(|item| told(item)).count(), 1);

    let installation = Installation { device: p.bo.id, nonce: p.bo.nonce };
    let cut_off = |device, cuts| change(&p.anna, &w.case, w.case.id, vec![Change::CutOff { device, cuts }]);
    let cut = Cut { installation, counter: 1, chunk: kept.id };
    w.a.refused(cut_off(p.anna.id, vec![]).rotate().sign(&p.anna).item(), Refused::NotAllowed).await;
    let below = cut_off(p.bo.id, vec![]).rotate().sign(&p.anna);
    assert_eq!(counter(&w.a.refused(below.item(), Refused::OutOfOrder).await), Some(1), "what was acknowledged counts");
    let entry = cut_off(p.bo.id, vec![cut]).rotate().sign(&p.anna);
    w.a.store(entry.item()).await;
    w.a.refused(Written { key: key_box(entry.id), ..late }.item(), Refused::NotAllowed).await;
});

refusal!(who_has_left_is_refused_and_who_comes_back_is_not, |p, w| {
    let standing = |standing| p.town.state(Claim::Standing { person: p.bo.person, standing });
    let (suspended, active) = (standing(Standing::Suspended), standing(Standing::Active));
    assert_eq!(w.relay.state(&suspended).await, 200);
    assert_eq!(w.b.try_pull(TOKEN_START).await, Err(403));
    let second = p.town.device(p.bo.person);
    assert_eq!(w.relay.try_session(&second).await.err(), Some(403), "a device that is certified afterwards neither");
    assert_eq!(w.relay.state(&active).await, 200);
    assert!(w.b.try_pull(TOKEN_START).await.is_ok());
    assert_eq!(w.relay.state(&suspended).await, 200, "an older word");
    assert!(w.b.try_pull(TOKEN_START).await.is_ok(), "does not count");
});

#[tokio::test(flavor = "multi_thread")]
async fn only_after_a_restore_is_what_a_lost_device_had_signed_taken_back_and_from_whoever_writes() {
    let (dir, p) = (tempfile::tempdir().unwrap(), People::new());
    let w = p.world(dir.path()).await;
    let (anna, bo) = (Member::Person(p.anna.person), Member::Person(p.bo.person));
    let founded =
        |rights| founding(&p.bo, Subject::Shared, vec![add(bo, Rights::Manage), add(anna, rights)]).sign(&p.bo);
    let (writes, reads) = (founded(Rights::Write), founded(Rights::Read));
    assert_eq!(w.relay.state(&p.town.state(Claim::Revoked { device: p.bo.id })).await, 200);
    w.a.refused(writes.item(), Refused::NotAllowed).await;
    w.relay.stop().await;

    let relay = Relay::taking_back(dir.path(), &p.town).await;
    let (a, c) = (relay.session(&p.anna).await, relay.session(&p.carl).await);
    assert_eq!(relay.try_session(&p.bo).await.err(), Some(403), "not from the device itself");
    a.refused(reads.item(), Refused::NotAllowed).await;
    c.refused(writes.item(), Refused::NotAllowed).await;
    a.store(writes.item()).await;
    relay.stop().await;

    let relay = Relay::start(dir.path(), &p.town).await;
    relay.session(&p.anna).await.store(Pen::new(&p.anna, &writes).write(&p.anna).item()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_after_a_restore_a_cut_below_what_is_stored_is_taken_and_only_if_it_comes_back() {
    let (dir, p) = (tempfile::tempdir().unwrap(), People::new());
    let w = p.world(dir.path()).await;
    let written = Pen::new(&p.bo, &w.case).write(&p.bo);
    w.b.store(written.item()).await;
    assert_eq!(w.relay.state(&p.town.state(Claim::Revoked { device: p.bo.id })).await, 200);
    let below = || {
        let cut_off = vec![Change::CutOff { device: p.bo.id, cuts: vec![] }];
        change(&p.anna, &w.case, w.case.id, cut_off).rotate().sign(&p.anna)
    };
    let (made_before, made_now) = (below(), below());
    w.a.refused(made_before.item(), Refused::OutOfOrder).await;
    w.a.refused(made_before.brought_back(), Refused::OutOfOrder).await;
    w.relay.stop().await;

    let relay = Relay::taking_back(dir.path(), &p.town).await;
    let a = relay.session(&p.anna).await;
    for _ in 0..2 {
        let refused = a.refused(made_now.item(), Refused::OutOfOrder).await;
        assert_eq!(
            counter(&refused),
            Some(1),
            "whoever can, makes another; a request that the line repeats is no other"
        );
    }
    a.store(made_before.brought_back()).await;
}
