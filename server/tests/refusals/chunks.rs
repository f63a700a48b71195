//! Chunks and boxes: malformed, forged, out of order, under a key that is no longer in force.

use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{ChunkHeader, Refusal};
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::*;
use tvaers_wire::limits;
use tvaers_wire::message::*;

use crate::support::*;
use crate::world::*;

refusal!(malformed_garbage_truncated_and_trailing, |p, w| {
    let chunk = Pen::new(&p.anna, &w.case).write(&p.anna);
    let with = |bytes: Vec<u8>| PushItem::Chunk { chunk: bytes.into(), key: chunk.key.clone() };
    let mut trailing = chunk.bytes.clone();
    trailing.push(0);
    for bytes in [vec![], vec![0xff; 40], chunk.bytes[..chunk.bytes.len() - 1].to_vec(), trailing] {
        w.a.refused(with(bytes), Refused::Malformed).await;
    }
    let entry = PushItem::Entry { entry: Bytes(vec![0x83, 0x40]), wraps: Vec::new(), stamp: None };
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
