//! Who was removed, is lost or has left.

use tvaers_wire::entry::{Change, Cut, Member, Rights, Subject};
use tvaers_wire::ids::*;
use tvaers_wire::message::*;
use tvaers_wire::statement::{Claim, Standing};

use crate::support::*;
use crate::world::*;

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

refusal!(a_removal_that_would_hide_what_a_lost_device_wrote_before_anybody_says_what_of_it_counts, |p, w| {
    let written = Pen::new(&p.bo, &w.case).write(&p.bo);
    w.b.store(written.item()).await;
    assert_eq!(w.relay.state(&p.town.state(Claim::Revoked { device: p.bo.id })).await, 200);
    let remove = |cuts| {
        let removal = Change::Remove { member: Member::Person(p.bo.person), cuts };
        change(&p.anna, &w.case, w.case.id, vec![removal]).rotate().sign(&p.anna)
    };
    let cut =
        |counter| Cut { installation: Installation { device: p.bo.id, nonce: p.bo.nonce }, counter, chunk: written.id };
    for cuts in [vec![], vec![cut(0)]] {
        assert_eq!(counter(&w.a.refused(remove(cuts).item(), Refused::OutOfOrder).await), Some(1));
    }
    w.a.store(remove(vec![cut(1)]).item()).await;
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
