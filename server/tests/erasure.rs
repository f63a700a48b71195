//! What two persons have erased is gone from the relay, and comes back by nobody.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use support::relay::{Client, Relay};
use support::*;
use tvaers_wire::entry::{Change, Cut, Member};
use tvaers_wire::ids::*;
use tvaers_wire::message::{FeedItem, PushItem, Pushed, Refused, TOKEN_START};

struct People {
    town: Town,
    anna: Device,
    bo: Device,
}

impl People {
    fn new() -> Self {
        let town = Town::new();
        let [anna, bo] = [(); 2].map(|()| town.device(person()));
        Self { town, anna, bo }
    }

    /// A relay with both, and a case that Anna manages and in which Bo writes.
    async fn begin(&self, dir: &Path) -> (Relay, [Client<'_>; 2], Signed, Pen) {
        let relay = Relay::start(dir, &self.town).await;
        let [a, b] = [relay.joined(&self.anna).await, relay.joined(&self.bo).await];
        let case = shared(&self.anna, &[Member::Person(self.bo.person)]);
        a.store(case.item()).await;
        let pen = Pen::new(&self.bo, &case);
        (relay, [a, b], case, pen)
    }
}

fn place(pen: &Pen, written: &Written) -> Cut {
    Cut { installation: pen.installation, counter: pen.counter, chunk: written.id }
}

/// What Anna asks to have erased, and Bo's agreement.
fn erased(p: &People, case: &Signed, chunks: Vec<Cut>) -> [Signed; 2] {
    let asked = change(&p.anna, case, case.id, vec![Change::Erase { chunks }]).sign(&p.anna);
    let agreed = change(&p.bo, case, asked.id, vec![Change::Agree { entry: asked.id }]).sign(&p.bo);
    [asked, agreed]
}

/// True if any file of the relay holds these bytes.
fn on_disk(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().flatten().any(|file| {
        let held = std::fs::read(file.path()).unwrap_or_default();
        held.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_persons_erase_is_gone_from_feed_backlog_and_disk() {
    let (dir, p) = (tempfile::tempdir().unwrap(), People::new());
    let (relay, [a, b], case, mut pen) = p.begin(dir.path()).await;
    let kept = pen.write(&p.bo);
    b.store(kept.item()).await;
    let gone = pen.write(&p.bo);
    let at = place(&pen, &gone);
    b.store(gone.item()).await;
    a.store(PushItem::Box { chunk: gone.id, key: key_box(case.id) }).await;

    let [asked, agreed] = erased(&p, &case, vec![at]);
    a.store(asked.item()).await;
    assert_eq!(a.chunks().await.len(), 2, "asking erases nothing");
    // Anna cannot agree with herself.
    let alone = change(&p.anna, &case, asked.id, vec![Change::Agree { entry: asked.id }]).sign(&p.anna);
    a.refused(alone.item(), Refused::NotAllowed).await;
    b.store(agreed.item()).await;
    assert_eq!(a.chunks().await, std::slice::from_ref(&kept.bytes));
    let about_it = |item: &FeedItem| matches!(item, FeedItem::Box { chunk, .. } if *chunk == gone.id);
    assert!(!a.pull_all(TOKEN_START).await.0.iter().any(about_it), "a box of what is erased");

    // Whoever still has it brings it in vain, the box too, and the chain goes on.
    assert_eq!(b.push(vec![gone.item()]).await, [Pushed::Duplicate]);
    b.refused(PushItem::Box { chunk: gone.id, key: key_box(case.id) }, Refused::UnknownChunk).await;
    b.store(pen.write(&p.bo).item()).await;
    assert_eq!(a.chunks().await.len(), 2);
    drop((a, b));
    relay.stop().await;
    let sealed = |written: &Written| written.bytes[written.bytes.len() - 200..].to_vec();
    assert!(on_disk(dir.path(), &sealed(&kept)), "the test looks in the wrong place");
    assert!(!on_disk(dir.path(), &sealed(&gone)) && !on_disk(dir.path(), &gone.key.sealed.0));

    let relay = Relay::start(dir.path(), &p.town).await;
    let b = relay.session(&p.bo).await;
    assert_eq!(b.push(vec![gone.item()]).await, [Pushed::Duplicate], "forgotten after a restart");
    assert_eq!(b.chunks().await.len(), 2);
    drop(b);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_put_back_is_healed_over_what_is_erased() {
    let (dir, p) = (tempfile::tempdir().unwrap(), People::new());
    let (relay, [a, b], case, mut pen) = p.begin(dir.path()).await;
    let first = pen.write(&p.bo);
    let (second, at_second) = (pen.write(&p.bo), pen.clone());
    let (third, at_third) = (pen.write(&p.bo), pen.clone());
    let mut forked = at_second.clone();
    let after_gap = pen.write(&p.bo);
    // Only the first is here; the second and the third are erased, and nobody has them any more.
    b.store(first.item()).await;
    b.refused(after_gap.item(), Refused::OutOfOrder).await;
    let [asked, agreed] = erased(&p, &case, vec![place(&at_second, &second), place(&at_third, &third)]);
    a.store(asked.item()).await;
    b.refused(after_gap.item(), Refused::OutOfOrder).await;
    b.store(agreed.item()).await;
    // One that follows another third chunk than the one that is erased does not pass.
    let other_third = forked.write(&p.bo);
    let behind_it = forked.write(&p.bo);
    b.refused(behind_it.item(), Refused::OutOfOrder).await;
    b.store(after_gap.item()).await;
    b.refused(other_third.item(), Refused::OutOfOrder).await;
    assert_eq!(a.chunks().await.len(), 2);
    drop((a, b));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_case_is_on_hold_nothing_goes() {
    let (dir, p) = (tempfile::tempdir().unwrap(), People::new());
    let (relay, [a, b], case, mut pen) = p.begin(dir.path()).await;
    let note = pen.write(&p.bo);
    b.store(note.item()).await;
    let [asked, _] = erased(&p, &case, vec![place(&pen, &note)]);
    a.store(asked.item()).await;
    let hold = change(&p.anna, &case, asked.id, vec![Change::Hold]).sign(&p.anna);
    a.store(hold.item()).await;
    let agree = |head: EntryId, to: EntryId| change(&p.bo, &case, head, vec![Change::Agree { entry: to }]).sign(&p.bo);
    b.refused(agree(hold.id, asked.id).item(), Refused::NotAllowed).await;
    let lift = change(&p.anna, &case, hold.id, vec![Change::Lift]).sign(&p.anna);
    a.store(lift.item()).await;
    let lifted = agree(lift.id, lift.id);
    b.store(lifted.item()).await;
    assert_eq!(a.chunks().await.len(), 1);
    b.store(agree(lifted.id, asked.id).item()).await;
    assert_eq!(a.chunks().await.len(), 0);
    drop((a, b));
    relay.stop().await;
}
