//! What every storage must promise, as one runnable suite: `suite(open, copy)` on any backend.
use std::path::Path;

use tvaers_relay::prepare::{Job, Prepared, prepare};
use tvaers_relay::storage::{
    Committed, DirectoryPart, DirectoryStored, FeedRows, MailboxChange, MailboxChanged, PageQuery, Storage,
};
use tvaers_relay::world::{FeedKey, Place};
use tvaers_wire::directory::DirectoryWrap;
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::limits;
use tvaers_wire::message::{FeedItem, PushItem, Pushed, Refused};
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeReceipt};

use super::*;

const NOW: u64 = 1_800_000_000_000;

/// How a backend is opened on a directory. Opening the same directory again after a drop is a restart.
pub trait Backend {
    type Storage: Storage;
    fn open(directory: &Path) -> Self::Storage;
    /// Copies what is stored, while it is closed, as a backup does.
    fn copy(from: &Path, to: &Path);
}

pub async fn push(storage: &impl Storage, device: &Device, items: Vec<PushItem>) -> Committed {
    let one = |item| prepare(&*storage.world().read(), storage.stamps(), &device.id, item);
    let items: Vec<Prepared> = items.into_iter().map(one).collect();
    storage.commit(&[Job::Push { device: device.id, items }], NOW).await.unwrap()
}

pub async fn claimed<B: Backend>(directory: &Path, town: &Town) -> B::Storage {
    let storage = B::open(directory);
    assert_eq!(storage.claim(town.authority).await.unwrap(), town.authority);
    storage
}

pub async fn read(storage: &impl Storage, keys: &[FeedKey], after: u64, items: usize) -> FeedRows {
    let (keys, upto) = {
        let world = storage.world().read();
        (keys.iter().filter_map(|key| world.keys.get(key)).map(|key| key.row).collect(), world.head.seq)
    };
    let bytes = limits::PAGE_BYTES;
    storage.page(PageQuery { keys, wraps: vec![], after, upto, items, bytes }).await.unwrap()
}

pub fn chunk_bytes(rows: &FeedRows) -> Vec<Vec<u8>> {
    let chunk = |item: &FeedItem| match item {
        FeedItem::Chunk { chunk, .. } => Some(chunk.0.clone()),
        _ => None,
    };
    rows.rows.iter().filter_map(|row| chunk(&row.item)).collect()
}

fn results(committed: &Committed) -> &[Pushed] {
    &committed.results[0]
}

pub async fn suite<B: Backend>() {
    idempotent_and_in_order::<B>().await;
    indexed_per_direct_member::<B>().await;
    checked_inside_the_commit::<B>().await;
    replaced_ranges_are_gone_and_order_goes_on::<B>().await;
    granted_with_a_backlog::<B>().await;
    reopened_it_is_as_before::<B>().await;
    statements_reach_everybody_and_outlive_a_kill::<B>().await;
    restored_it_knows_fewer_tokens::<B>().await;
    the_authority_is_set_once::<B>().await;
    a_mailbox_keeps_the_first_letter_and_ends::<B>().await;
    one_directory_is_kept_whole::<B>().await;
    the_first_receipt_of_a_device_stays::<B>().await;
}

async fn idempotent_and_in_order<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (storage, anna) = (claimed::<B>(dir.path(), &town).await, town.device(person()));
    let circle = own_circle(&anna);
    let mut pen = Pen::new(&anna, &circle);
    let written: Vec<_> = (0..50).map(|_| pen.write(&anna)).collect();
    let mut items = vec![circle.item()];
    items.extend(written.iter().map(Written::item));
    let first = push(&storage, &anna, items.clone()).await;
    assert!(results(&first).iter().all(|result| *result == Pushed::Stored));
    let again = push(&storage, &anna, items).await;
    assert!(results(&again).iter().all(|result| *result == Pushed::Duplicate));
    assert_eq!((again.place, again.touched.len()), (first.place, 0), "a duplicate moves nothing");
    let key = [FeedKey::Person(anna.person)];
    let all = read(&storage, &key, 0, 1000).await;
    assert_eq!(chunk_bytes(&all), written.iter().map(|chunk| chunk.bytes.clone()).collect::<Vec<_>>());
    let mut paged = Vec::new();
    let mut after = 0;
    loop {
        let page = read(&storage, &key, after, 7).await;
        paged.extend(chunk_bytes(&page));
        let Some(place) = page.more else { break };
        assert_eq!(storage.nonce_at(place.seq).await.unwrap(), Some(place.nonce));
        after = place.seq;
    }
    assert_eq!(paged, chunk_bytes(&all), "pages leave nothing out and repeat nothing");
}

async fn indexed_per_direct_member<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    push(&storage, &anna, vec![own_circle(&anna).item()]).await;
    push(&storage, &bo, vec![own_circle(&bo).item()]).await;
    let team = TeamId::new(random());
    push(&storage, &bo, vec![team_circle(&town, team, &bo, &[bo.person]).item()]).await;
    let case = shared(&anna, &[Member::Person(bo.person), Member::Team(team)]);
    let chunk = Pen::new(&anna, &case).write(&anna);
    push(&storage, &anna, vec![case.item(), chunk.item()]).await;
    for key in [FeedKey::Person(anna.person), FeedKey::Person(bo.person), FeedKey::Team(team)] {
        assert_eq!(chunk_bytes(&read(&storage, &[key], 0, 100).await), std::slice::from_ref(&chunk.bytes));
    }
    let both = [FeedKey::Person(bo.person), FeedKey::Team(team)];
    assert_eq!(chunk_bytes(&read(&storage, &both, 0, 100).await).len(), 1, "once through two memberships");
    assert!(chunk_bytes(&read(&storage, &[FeedKey::Everyone], 0, 100).await).is_empty());
    assert_eq!(read(&storage, &[FeedKey::Everyone], 0, 100).await.rows.len(), 3, "person and team entries");
}

async fn checked_inside_the_commit<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    push(&storage, &anna, vec![own_circle(&anna).item()]).await;
    push(&storage, &bo, vec![own_circle(&bo).item()]).await;
    let case = shared(&anna, &[Member::Person(bo.person)]);
    push(&storage, &anna, vec![case.item()]).await;
    let removal = Change::Remove { member: Member::Person(bo.person), cuts: vec![] };
    let removal = change(&anna, &case, case.id, vec![removal]).rotate().sign(&anna);
    let late = Written { key: key_box(removal.id), ..Pen::new(&bo, &case).write(&bo) };
    // Prepared while Bo was a member; in the same commit, after the removal.
    let job = |device: &Device, item| {
        let items = vec![prepare(&*storage.world().read(), storage.stamps(), &device.id, item)];
        Job::Push { device: device.id, items }
    };
    let jobs = [job(&anna, removal.item()), job(&bo, late.item())];
    let committed = storage.commit(&jobs, NOW).await.unwrap();
    assert_eq!(committed.results[0], [Pushed::Stored]);
    let refused = &committed.results[1][0];
    assert!(matches!(refused, Pushed::Refused { reason: Refused::NotAllowed, .. }), "{refused:?}");
}

async fn replaced_ranges_are_gone_and_order_goes_on<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let (storage, anna) = (claimed::<B>(dir.path(), &town).await, town.device(person()));
    let circle = own_circle(&anna);
    let mut pen = Pen::new(&anna, &circle);
    let written: Vec<_> = (0..5).map(|_| pen.write(&anna)).collect();
    let bundle = pen.replace(&anna, 2, 4);
    let mut items = vec![circle.item()];
    items.extend(written.iter().map(Written::item));
    push(&storage, &anna, items).await;
    push(&storage, &anna, vec![bundle.item()]).await;
    let left = chunk_bytes(&read(&storage, &[FeedKey::Person(anna.person)], 0, 100).await);
    assert_eq!(left, [written[0].bytes.clone(), written[4].bytes.clone(), bundle.bytes]);
    let boxed = PushItem::Box { chunk: written[2].id, key: key_box(circle.id) };
    let gone = push(&storage, &anna, vec![boxed]).await;
    assert!(matches!(results(&gone)[0], Pushed::Refused { reason: Refused::UnknownChunk, .. }));
    let next = push(&storage, &anna, vec![pen.write(&anna).item()]).await;
    assert_eq!(results(&next), [Pushed::Stored]);
}

async fn granted_with_a_backlog<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    push(&storage, &anna, vec![own_circle(&anna).item()]).await;
    push(&storage, &bo, vec![own_circle(&bo).item()]).await;
    let case = shared(&anna, &[]);
    let chunk = Pen::new(&anna, &case).write(&anna);
    push(&storage, &anna, vec![case.item(), chunk.item()]).await;
    let joined = change(&anna, &case, case.id, vec![add(Member::Person(bo.person), Rights::Read)]).sign(&anna);
    push(&storage, &anna, vec![joined.item()]).await;
    let news = read(&storage, &[FeedKey::Person(bo.person)], 0, 100).await;
    assert!(matches!(&news.rows[..], [_, _, last] if last.item == FeedItem::Granted { circle: case.circle }));
    let row = storage.world().read().circles[&case.circle].row;
    let backlog = storage.backlog(row, 0, 10, limits::PAGE_BYTES).await.unwrap();
    assert_eq!(chunk_bytes(&backlog), [chunk.bytes]);
    let reached = storage.reached(row, 10).await.unwrap();
    assert_eq!(reached.iter().map(|reached| (reached.counter, reached.chunk)).collect::<Vec<_>>(), [(1, chunk.id)]);
}

async fn reopened_it_is_as_before<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    storage.commit(&[Job::Certificate(anna.certificate.clone())], NOW).await.unwrap();
    push(&storage, &anna, vec![own_circle(&anna).item()]).await;
    push(&storage, &bo, vec![own_circle(&bo).item()]).await;
    let team = TeamId::new(random());
    push(&storage, &bo, vec![team_circle(&town, team, &bo, &[bo.person]).item()]).await;
    let case = shared(&anna, &[Member::Team(team)]);
    let mut pen = Pen::new(&anna, &case);
    push(&storage, &anna, vec![case.item(), pen.write(&anna).item()]).await;
    let keys = [FeedKey::Everyone, FeedKey::Person(anna.person), FeedKey::Team(team)];
    let (before, session_key) = (storage.world().read().clone(), storage.session_key());
    let rows = read(&storage, &keys, 0, 100).await;
    // Dropped without closing, as a kill would.
    drop(storage);
    let storage = B::open(dir.path());
    {
        let after = storage.world().read();
        assert_eq!(after.circles, before.circles);
        assert_eq!((&after.founded, &after.keys), (&before.founded, &before.keys));
        assert_eq!((&after.circles_of, &after.teams_of), (&before.circles_of, &before.teams_of));
        assert_eq!((after.head, after.generation), (before.head, before.generation));
        assert!(after.vouched.as_ref().unwrap().person(&anna.id) == Some(anna.person));
    }
    assert_eq!((storage.session_key(), read(&storage, &keys, 0, 100).await), (session_key, rows));
    let next = push(&storage, &anna, vec![pen.write(&anna).item()]).await;
    assert_eq!(results(&next), [Pushed::Stored], "counters go on");
}

async fn statements_reach_everybody_and_outlive_a_kill<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    push(&storage, &anna, vec![own_circle(&anna).item()]).await;
    let statement = town.state(Claim::Revoked { device: bo.id });
    let told = storage.commit(&[Job::Statement(statement.clone())], NOW).await.unwrap();
    assert_eq!((&told.results[0][..], &told.touched), (&[Pushed::Stored][..], &[FeedKey::Everyone].into()));
    // A device brings it back after a restore; here it is.
    let again = push(&storage, &anna, vec![PushItem::Statement { statement: statement.clone() }]).await;
    assert_eq!(results(&again), [Pushed::Duplicate]);
    let other = town.forge(Claim::Revoked { device: anna.id });
    let forged = push(&storage, &anna, vec![PushItem::Statement { statement: other }]).await;
    assert!(matches!(results(&forged)[0], Pushed::Refused { reason: Refused::NotVouched, .. }));
    let rows = read(&storage, &[FeedKey::Everyone], 0, 100).await;
    let last = rows.rows.last().map(|row| (row.circle, row.item.clone()));
    assert_eq!(last, Some((None, FeedItem::Statement { statement })));
    drop(storage);
    let storage = B::open(dir.path());
    assert!(storage.world().read().vouched.as_ref().unwrap().is_out(&bo.id));
    assert_eq!(read(&storage, &[FeedKey::Everyone], 0, 100).await, rows);
}

async fn restored_it_knows_fewer_tokens<B: Backend>() {
    let (dir, backup, town) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Town::new());
    let (storage, anna) = (claimed::<B>(dir.path(), &town).await, town.device(person()));
    let circle = own_circle(&anna);
    let mut pen = Pen::new(&anna, &circle);
    let early = push(&storage, &anna, vec![circle.item(), pen.write(&anna).item()]).await.place;
    storage.close().await.unwrap();
    drop(storage);
    B::copy(dir.path(), backup.path());
    let storage = B::open(dir.path());
    let fork = pen.clone();
    let late = push(&storage, &anna, vec![pen.write(&anna).item()]).await.place;
    drop(storage);
    let restored = B::open(backup.path());
    let known = async |place: Place| restored.nonce_at(place.seq).await.unwrap() == Some(place.nonce);
    assert!(known(early).await && !known(late).await);
    // It grows past the place that it forgot: still not the same commit (attack 54).
    let mut other = fork;
    let grown = push(&restored, &anna, vec![other.write(&anna).item(), other.write(&anna).item()]).await.place;
    assert!(grown.seq > late.seq && known(grown).await && !known(late).await);
}

async fn the_authority_is_set_once<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    assert_eq!(storage.claim(Town::new().authority).await.unwrap(), town.authority);
}

async fn a_mailbox_keeps_the_first_letter_and_ends<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (open, unknown, other): (Fixed<32>, Fixed<32>, Fixed<32>) = (Fixed(random()), Fixed(random()), Fixed(random()));
    let letter = |byte: u8| MailboxChange::Letter(vec![byte; 9]);
    let change = async |id, change, now| storage.change_mailbox(&id, change, now).await.unwrap();
    assert_eq!(change(unknown, letter(1), 5).await, MailboxChanged::Gone, "nobody but the authority opens one");
    assert_eq!(change(unknown, MailboxChange::Answer(vec![1]), 5).await, MailboxChanged::Gone);
    assert_eq!(change(open, MailboxChange::Open { expires: 10 }, 5).await, MailboxChanged::Done);
    assert_eq!(change(open, letter(1), 9).await, MailboxChanged::Done);
    assert_eq!(change(open, letter(2), 9).await, MailboxChanged::Taken);
    assert_eq!(change(open, letter(1), 9).await, MailboxChanged::Done, "asked again, it is as the first time");
    assert_eq!(change(open, MailboxChange::Answer(vec![7]), 9).await, MailboxChanged::Done);
    assert_eq!(change(open, MailboxChange::Open { expires: 99 }, 9).await, MailboxChanged::Done);
    drop(storage);
    let storage = B::open(dir.path());
    let change = async |id, change, now| storage.change_mailbox(&id, change, now).await.unwrap();
    let found = storage.mailbox(&open, 9).await.unwrap().expect("it outlives a restart");
    assert_eq!((found.letter.unwrap().0, found.answer.unwrap().0), (vec![1; 9], vec![7]));
    assert_eq!(storage.mailbox(&open, 10).await.unwrap(), None, "opening it again does not prolong it");
    assert_eq!(change(open, letter(1), 10).await, MailboxChanged::Gone);
    assert_eq!(change(open, MailboxChange::Answer(vec![8]), 10).await, MailboxChanged::Gone);
    // What has expired is dropped with the next one that is opened, not only hidden.
    assert_eq!(change(other, MailboxChange::Open { expires: 99 }, 10).await, MailboxChanged::Done);
    assert_eq!(storage.mailbox(&open, 9).await.unwrap(), None);
    assert_eq!(change(other, MailboxChange::Close, 10).await, MailboxChanged::Done);
    assert_eq!(storage.mailbox(&other, 10).await.unwrap(), None);
}

async fn one_directory_is_kept_whole<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (anna, bo): (DeviceId, DeviceId) = (DeviceId::new(random()), DeviceId::new(random()));
    let head = |serial: u64| Fixed([u8::try_from(serial).unwrap(); 32]);
    let wraps = |devices: &[DeviceId], byte: u8| {
        let wrap = |device: &DeviceId| DirectoryWrap { device: *device, bytes: vec![byte; 3].into() };
        DirectoryPart::Wraps(devices.iter().map(wrap).collect())
    };
    let sealed = |serial| DirectoryPart::Sealed { head: head(serial), sealed: vec![7; 9] };
    let store = async |serial, part| storage.store_directory(serial, part).await.unwrap();
    let wrap = async |serial, device| {
        let found = storage.directory(&head(serial), &device).await.unwrap();
        found.map(|found| found.wrap.0)
    };
    assert_eq!(store(5, wraps(&[anna], 5)).await, DirectoryStored::Done);
    assert_eq!(wrap(5, anna).await, None, "a key without its directory is none");
    assert_eq!(store(5, wraps(&[bo], 5)).await, DirectoryStored::Done);
    assert_eq!(store(5, sealed(5)).await, DirectoryStored::Done);
    assert_eq!((wrap(5, anna).await, wrap(5, bo).await), (Some(vec![5; 3]), Some(vec![5; 3])));
    assert_eq!(wrap(5, DeviceId::new(random())).await, None, "somebody else's key is nobody's");
    assert_eq!(wrap(6, anna).await, None, "another directory is not this one");
    // While the next one comes, the one before is there.
    assert_eq!(store(7, wraps(&[anna], 7)).await, DirectoryStored::Done);
    assert_eq!(wrap(5, anna).await, Some(vec![5; 3]));
    assert_eq!(store(9, wraps(&[anna], 9)).await, DirectoryStored::Done);
    assert_eq!(store(9, sealed(9)).await, DirectoryStored::Done);
    assert_eq!((wrap(9, anna).await, wrap(9, bo).await, wrap(5, anna).await), (Some(vec![9; 3]), None, None));
    // What is older, or the same again, changes nothing; nor do keys for what is in force already.
    for (serial, stored) in [(5, DirectoryStored::Older), (7, DirectoryStored::Older), (9, DirectoryStored::Done)] {
        assert_eq!(store(serial, wraps(&[anna, bo], 1)).await, stored);
        assert_eq!(store(serial, sealed(serial)).await, stored);
    }
    assert_eq!((wrap(9, anna).await, wrap(9, bo).await), (Some(vec![9; 3]), None));
    // Too many devices: nothing of the part is kept.
    let crowd: Vec<DeviceId> = (0..=limits::DIRECTORY_DEVICES).map(|_| DeviceId::new(random())).collect();
    assert_eq!(store(11, wraps(&crowd, 1)).await, DirectoryStored::TooMany);
    assert_eq!(store(11, sealed(11)).await, DirectoryStored::Done);
    assert_eq!(wrap(11, crowd[0]).await, None);
    drop(storage);
    let storage = B::open(dir.path());
    assert_eq!(storage.directory(&head(11), &anna).await.unwrap(), None);
    assert_eq!(storage.store_directory(9, sealed(9)).await.unwrap(), DirectoryStored::Older, "it outlives a restart");
}

async fn the_first_receipt_of_a_device_stays<B: Backend>() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let storage = claimed::<B>(dir.path(), &town).await;
    let (anna, bo) = (town.device(person()), town.device(person()));
    let receipt = |device: &Device, byte: u8| SignedWipeReceipt {
        certificate: device.certificate.clone(),
        body: vec![byte; 9].into(),
        signature: Fixed([byte; 64]),
    };
    assert_eq!(storage.wipe_receipts(vec![anna.id]).await.unwrap(), []);
    storage.store_wipe_receipt(&anna.id, &receipt(&anna, 1), 5).await.unwrap();
    storage.store_wipe_receipt(&anna.id, &receipt(&anna, 2), 6).await.unwrap();
    storage.store_wipe_receipt(&bo.id, &receipt(&bo, 3), 7).await.unwrap();
    drop(storage);
    let storage = B::open(dir.path());
    let found = storage.wipe_receipts(vec![anna.id, DeviceId::new(random())]).await.unwrap();
    assert_eq!(
        found,
        [ReceivedReceipt { receipt: receipt(&anna, 1), received_at: 5 }],
        "those asked for, and the first"
    );
}
