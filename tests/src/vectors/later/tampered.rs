//! What somebody might hand the successor instead: revocations that are none, cuts that are not theirs to make, and entries
//! that were never in the batch. Each tampering changes one thing and is signed again wherever its maker could sign.

use serde_json::{Value, json};
use tvaers_core::circle::{Draft, hand_over, renew};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, Root, Secret, derive, seal_once, wrap};
use tvaers_core::record::{FrozenRecord, RecordHeader};
use tvaers_core::seal::{Body, Item, Place};
use tvaers_wire::batch::{Batch, BatchCommon, Leaf, LeafEntry};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Cut, Entry, EntryPublic, Member, Rights, Wrap, WrapHash};
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{CircleId, EntryId, Fixed, Installation, MunicipalityId};
use tvaers_wire::log::CircleLog;
use tvaers_wire::merkle::{self, Tree};
use tvaers_wire::statement::SignedStatement;

use super::{AT, Later, Says, parsed, successor};
use crate::dice::Seeded;
use crate::vectors::tampered::{Tampered, flipped, sealed as sealed_text, tampered};
use crate::vectors::world::{World, adding, hex, person_member, record_header, summary};

/// All of them.
pub(super) fn all(world: &World, later: &Later) -> Vec<Tampered> {
    let mut out = statements(world, later);
    out.extend(cuts(world, later));
    out.extend(chunks(world, later));
    out.extend(leaves(later));
    out.extend(batches(world, later));
    out.extend(keys(world, later));
    out
}

fn statements(world: &World, later: &Later) -> Vec<Tampered> {
    let device = world.author.device.id();
    let authority = |seed, municipality| AuthorityKey::from_seed(&Secret::new(seed), municipality, 60).unwrap();
    let mut impostor = authority([2; 32], world.municipality);
    let mut elsewhere = authority(world.authority_seed, MunicipalityId::new([1; 16]));
    let forged = impostor.revoke(device);
    let abroad = elsewhere.revoke(device);
    // Only the statement differs: the reader, who may write, signs the cut-off again with it.
    let cut_off = |voucher: &SignedStatement| {
        let voucher = voucher.clone();
        json!({"cut_off": [hex(&cut_off_with(later, &world.reader.device, |public| public.vouchers = vec![voucher]))]})
    };
    let given = |statement: &SignedStatement| json!({"statements": [hex(&statement.to_bytes())]});
    let mut unknown = later.left.clone();
    *unknown.body.0.last_mut().unwrap() = 3;
    unknown.signature = resigned(world, &unknown.body);
    vec![
        tampered("a forged revocation", given(&forged), "statement signature"),
        tampered("a revocation by another municipality", given(&abroad), "other municipality"),
        tampered(
            "a revocation of another device",
            json!({"statements": [hex(&flipped(&later.revocation.to_bytes(), 40))]}),
            "statement signature",
        ),
        tampered("a standing that there is not", given(&unknown), "statement malformed"),
        tampered("a cut-off by a forged revocation", cut_off(&forged), "not vouched"),
        tampered("a cut-off by another municipality's revocation", cut_off(&abroad), "not vouched"),
        tampered("a cut-off of somebody who works here", cut_off(&later.back), "not allowed"),
    ]
}

fn resigned(world: &World, body: &Bytes) -> Fixed<64> {
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&world.authority_seed).unwrap();
    let signature = pair.sign(&tvaers_wire::hash::signed_bytes(Label::STATEMENT, &[body]));
    Fixed(signature.as_ref().try_into().unwrap())
}

/// The entry that cuts the author's phone off, made again with something else in it.
fn cut_off_with(later: &Later, signer: &DeviceSecret, change: impl FnOnce(&mut EntryPublic)) -> Vec<u8> {
    let mut public = later.cut_off.parsed.public.clone();
    public.device = signer.id();
    change(&mut public);
    let public = Bytes(public.to_bytes());
    let signature = signer.sign(Label::ENTRY, &[&public]);
    Entry { public, signature, sealed: later.cut_off.parsed.sealed.clone() }.to_bytes()
}

fn cuts(world: &World, later: &Later) -> Vec<Tampered> {
    let (author, reader, stranger) = (&world.author, &world.reader, &world.stranger);
    let cut = |installation: Installation| Cut { installation, counter: 1, chunk: world.chunk.id };
    let cutting = |device, installation| {
        let changes = vec![Change::CutOff { device, cuts: vec![cut(installation)] }];
        let bytes = cut_off_with(later, &reader.device, |public| public.changes = changes);
        json!({"cut_off": [hex(&bytes)]})
    };
    let by = |signer| json!({"cut_off": [hex(&cut_off_with(later, signer, |_| ()))]});
    // Behind the cut the phone draws a key of its own.
    let (log, root) = &later.circles[AT];
    let draft = Draft { recipients: vec![person_member(reader, Rights::Read).0], ..Draft::default() };
    let (drawn, _) = renew(log, Some(root), draft, &author.device, &mut Seeded::new(b"tampered key")).unwrap();
    let behind = json!({"cut_off": [hex(&later.cut_off.bytes), hex(&drawn.bytes)]});
    let gone = Change::Remove { member: Member::Person(author.person), cuts: vec![cut(reader.installation)] };
    let gone = cut_off_with(later, &reader.device, |public| public.changes = vec![gone]);
    let flip = flipped(&later.cut_off.bytes, 200);
    vec![
        tampered(
            "a cut-off of a device that is not out",
            cutting(reader.device.id(), reader.installation),
            "not allowed",
        ),
        tampered("a cut for somebody else's device", cutting(author.device.id(), reader.installation), "not allowed"),
        tampered("a removal with a cut for somebody else's device", json!({"cut_off": [hex(&gone)]}), "not allowed"),
        tampered("a cut-off by who is no member", by(&stranger.device), "not allowed"),
        tampered("a cut-off signed by another device", json!({"cut_off": [hex(&flip)]}), "entry signature"),
        tampered("a key drawn by a device that is cut off", behind, "not allowed"),
    ]
}

fn chunks(world: &World, later: &Later) -> Vec<Tampered> {
    let stray = json!({
        "chunk": hex(&later.stray.bytes),
        "box": hex(&minicbor::to_vec(&later.stray_box).unwrap()),
    });
    // Handed over before anybody said what counts of the phone.
    let mut early = Seeded::new(b"tampered early");
    let line = CircleLog::found(&world.line.parsed, &world.vouched, &Says(&world.vouched, &[])).unwrap();
    let draft = adding([person_member(successor(world), Rights::Manage)], Vec::new(), None);
    let batch = hand_over(&[(&line, &world.line_root)], draft, true, &world.reader.device, &mut early).unwrap();
    let certificates = [&world.author.certificate, &world.reader.certificate, &successor(world).certificate];
    let statements: Vec<_> = certificates.into_iter().chain([&later.revocation]).map(|s| hex(&s.to_bytes())).collect();
    let uncut = json!({
        "statements": statements,
        "cut_off": [],
        "hand_over": hex(&batch.entries[0].bytes),
        "hand_over_wrap": hex(&batch.wraps[0].bytes),
    });
    // Cut off during leave; what is written between the return and leaving for good waits for another cut.
    let leave = cut_off_with(later, &world.reader.device, |public| public.vouchers = vec![later.suspension.clone()]);
    let mut vouched = world.vouched.clone();
    vouched.learn(&later.suspension).unwrap();
    let mut again = line.clone();
    again.append(&parsed(&leave), &vouched, &Says(&vouched, &[])).unwrap();
    let draft = adding([person_member(successor(world), Rights::Manage)], Vec::new(), None);
    let batch = hand_over(&[(&again, &later.root)], draft, true, &world.reader.device, &mut early).unwrap();
    let said = [&later.back, &later.left];
    let mut between = stray.clone();
    between["statements"] = certificates.into_iter().chain(said).map(|s| hex(&s.to_bytes())).collect();
    between["cut_off"] = json!([hex(&leave)]);
    between["hand_over"] = json!(hex(&batch.entries[0].bytes));
    between["hand_over_wrap"] = json!(hex(&batch.wraps[0].bytes));
    // A certificate alone makes nobody's device.
    let installation = Installation { device: later.ghost.id(), ..world.author.installation };
    let mut ghost = sealed_chunk(world, &Place { installation, ..world.place.clone() }, &world.body, &later.ghost);
    ghost["statements"] =
        certificates.into_iter().chain([&later.ghost_certificate]).map(|s| hex(&s.to_bytes())).collect();
    let changes = json!({
        "statements": ghost["statements"],
        "cut_off": [hex(&cut_off_with(later, &later.ghost, |_| ()))],
    });
    let header = RecordHeader { installation, ..record_header(&world.author) };
    let record = FrozenRecord::sign(&header, [1; 16], world.record.payload.to_vec(), &later.ghost);
    let body =
        Body { item: Item::Frozen(record.clone()), summary: Some(summary(&record, world.child)), ..world.body.clone() };
    let by_reader = Place { installation: world.reader.installation, ..world.place.clone() };
    let mut shared = sealed_chunk(world, &by_reader, &body, &world.reader.device);
    shared["statements"] = ghost["statements"].clone();
    vec![
        tampered("a chunk of a device that its person has not taken in", ghost, "unknown device"),
        tampered("a record of a device that its person has not taken in", shared, "unknown device"),
        tampered("an entry of a device that its person has not taken in", changes, "unknown device"),
        tampered("a chunk of a lost phone behind the cut", stray, "beyond cut"),
        tampered("a chunk of a lost phone that nobody has cut off", uncut, "waits for a cut"),
        tampered("a chunk between two absences, cut off in the first", between, "waits for a cut"),
    ]
}

fn sealed_chunk(world: &World, place: &Place, body: &Body, device: &DeviceSecret) -> Value {
    sealed_text(world, place, &body.to_padded(), device)
}

/// The tree of the batch.
pub(super) fn tree(later: &Later) -> Tree {
    let batch = Batch::from_bytes(&later.batch.bytes).unwrap();
    Tree::new(batch.leaves.iter().map(|leaf| merkle::leaf(leaf)).collect())
}

fn handed(entry: &LeafEntry) -> Value {
    json!({"hand_over": hex(&entry.to_bytes())})
}

fn given(later: &Later, at: usize) -> LeafEntry {
    LeafEntry::from_bytes(&later.batch.entries[at].bytes).unwrap()
}

/// What a relay might do to the entry.
fn leaves(later: &Later) -> Vec<Tampered> {
    let with = |change: &dyn Fn(&mut LeafEntry)| {
        let mut entry = given(later, AT);
        change(&mut entry);
        handed(&entry)
    };
    let common = |change: &dyn Fn(&mut BatchCommon)| {
        with(&|entry| {
            let mut common = BatchCommon::from_bytes(&entry.common).unwrap();
            change(&mut common);
            entry.common = Bytes(common.to_bytes());
        })
    };
    let promoted = common(&|common| {
        if let Change::Add { rights, .. } = &mut common.changes[0] {
            *rights = Rights::Read;
        }
    });
    let beside = given(later, AT + 1);
    let removing = common(&|common| {
        let Change::Add { member, .. } = common.changes[0].clone() else { return };
        common.changes = vec![Change::Remove { member, cuts: Vec::new() }];
    });
    vec![
        tampered("a leaf at another place", with(&|entry| entry.at += 1), "entry signature"),
        tampered("a leaf at a place that there is not", with(&|entry| entry.at = 5), "entry malformed"),
        tampered("a bit of the path", with(&|entry| entry.path[1].0[7] ^= 1), "entry signature"),
        tampered("a path in another order", with(&|entry| entry.path.swap(0, 1)), "entry signature"),
        tampered("a path that is cut short", with(&|entry| entry.path.truncate(2)), "entry malformed"),
        tampered("a path that is longer", with(&|entry| entry.path.push(Fixed([0; 32]))), "entry malformed"),
        tampered("a leaf in the place of a node", with(&|entry| entry.path.clear()), "entry malformed"),
        tampered("another number of leaves", common(&|common| common.leaves = 6), "entry signature"),
        tampered("other rights", promoted, "entry signature"),
        tampered("a departure that was not signed", common(&|common| common.leaves_too = None), "entry signature"),
        tampered("a batch that removes", removing, "entry malformed"),
        tampered("a bit of the leaf", with(&|entry| entry.leaf.0[100] ^= 1), "entry signature"),
        tampered("the entry of another circle", handed(&beside), "entry malformed"),
        tampered("another circle's leaf", with(&|entry| entry.leaf = beside.leaf.clone()), "entry malformed"),
    ]
}

/// A batch of two, with the key of its maker's choice.
fn forged(world: &World, later: &Later, signer: &DeviceSecret, change: &dyn Fn(&mut BatchCommon, &mut Leaf)) -> Batch {
    let batch = Batch::from_bytes(&later.batch.bytes).unwrap();
    let mut common = BatchCommon::from_bytes(&batch.common).unwrap();
    (common.leaves, common.device, common.nonce) = (2, signer.id(), Fixed([12; 16]));
    let (kem, to) = (key_of(world), Member::Person(successor(world).person));
    let mut rng = Seeded::new(b"tampered batch");
    let bytes = Bytes(wrap(&Root::new(key()), &kem, &common.binding(), &to, &mut rng).unwrap());
    common.wraps[0].hash = Wrap { member: to, bytes }.hash();
    let (log, root) = &later.circles[AT];
    let mut leaf = Leaf { circle: log.id, head: log.head(), root: sealed(&key(), root, &log.id, &log.head()) };
    change(&mut common, &mut leaf);
    let leaves = vec![Bytes(leaf.to_bytes()), batch.leaves[0].clone()];
    let tree = Tree::new(leaves.iter().map(|leaf| merkle::leaf(leaf)).collect());
    let common = Bytes(common.to_bytes());
    let signature = signer.sign(Label::BATCH, &[&tree.root(), &common]);
    Batch { common, signature, leaves }
}

fn key() -> Secret {
    Secret::new([13; 32])
}

fn key_of(world: &World) -> Fixed<{ tvaers_wire::limits::KEM_PUBLIC }> {
    successor(world).circle.parsed.public.epoch.as_ref().unwrap().kem.unwrap()
}

fn sealed(key: &Secret, root: &Root, circle: &CircleId, head: &EntryId) -> Fixed<48> {
    let context = [circle.as_bytes().as_slice(), head.as_bytes()].concat();
    let mut out = root.secret().expose().to_vec();
    seal_once(&derive(key, "hand-over", &context), &context, &mut out).unwrap();
    Fixed(out.try_into().unwrap())
}

fn first(batch: &Batch) -> String {
    hex(&batch.split(|_| None).unwrap().unwrap()[0].0)
}

fn with_wrap(world: &World, batch: &Batch, bytes: Option<Vec<u8>>) -> Value {
    let common = BatchCommon::from_bytes(&batch.common).unwrap();
    let to = Member::Person(successor(world).person);
    let rng = &mut Seeded::new(b"tampered batch");
    let own = || wrap(&Root::new(key()), &key_of(world), &common.binding(), &to, rng).unwrap();
    json!({"hand_over": first(batch), "hand_over_wrap": hex(&bytes.unwrap_or_else(own))})
}

/// What a member might sign.
fn batches(world: &World, later: &Later) -> Vec<Tampered> {
    let reader = &world.reader.device;
    let stranger = forged(world, later, &successor(world).device, &|_, _| ());
    let stolen = forged(world, later, &successor(world).device, &|common, _| common.device = reader.id());
    let lost = forged(world, later, &world.author.device, &|_, _| ());
    let stale = forged(world, later, reader, &|_, leaf| leaf.head = world.line.parsed.id);
    let manager = Member::Person(world.reader.person);
    let ending = Change::Add { member: manager, rights: Rights::Manage, until: Some(1_800_000_000) };
    let ends = forged(world, later, reader, &|common, _| common.changes = vec![ending.clone()]);
    // Two true halves: the leaf of one batch, the common part and the signature of another.
    let (mine, theirs) = (forged(world, later, reader, &|_, _| ()), given(later, AT));
    let own = LeafEntry::from_bytes(&mine.split(|_| None).unwrap().unwrap()[0].0).unwrap();
    let mixed = LeafEntry { leaf: theirs.leaf.clone(), ..own.clone() };
    let moved = LeafEntry { common: theirs.common, signature: theirs.signature, ..own };
    vec![
        tampered("a hand-over by who is no member", with_wrap(world, &stranger, None), "not allowed"),
        tampered("a hand-over signed by another device", with_wrap(world, &stolen, None), "entry signature"),
        tampered("a hand-over by a device that is cut off", with_wrap(world, &lost, None), "not allowed"),
        tampered("an end for who has none", with_wrap(world, &ends, None), "not allowed"),
        tampered("a hand-over on an older head", with_wrap(world, &stale, None), "entry malformed"),
        tampered("a leaf of another batch", handed(&mixed), "entry signature"),
        tampered("a leaf and its path in another batch", handed(&moved), "entry malformed"),
    ]
}

fn keys(world: &World, later: &Later) -> Vec<Tampered> {
    let (reader, to) = (&world.reader.device, Member::Person(successor(world).person));
    let own = forged(world, later, reader, &|_, _| ());
    let elsewhere = later.batch.wraps[0].bytes.to_vec();
    // Its maker lists the wrap that was made for the other batch.
    let listed = WrapHash { hash: Wrap { member: to, bytes: Bytes(elsewhere.clone()) }.hash(), ..listed(later) };
    let borrowed = forged(world, later, reader, &|common, _| common.wraps[0] = listed);
    let (log, root) = &later.circles[AT];
    let other_key = sealed(&Secret::new([14; 32]), root, &log.id, &log.head());
    let other_head = sealed(&key(), root, &log.id, &world.line.parsed.id);
    let other_root = sealed(&key(), &world.line_root, &log.id, &log.head());
    let leaf = |root| with_wrap(world, &forged(world, later, reader, &|_, leaf| leaf.root = root), None);
    let given = json!({"hand_over_wrap": hex(&flipped(&elsewhere, 1_150))});
    vec![
        tampered("the wrap of another batch", with_wrap(world, &own, Some(elsewhere.clone())), "wrap not listed"),
        tampered("a listed wrap of another batch", with_wrap(world, &borrowed, Some(elsewhere)), "wrap"),
        tampered("a bit of a batch's wrap", given, "wrap not listed"),
        tampered("a root under another batch's key", leaf(other_key), "handed root"),
        tampered("a root sealed for another head", leaf(other_head), "handed root"),
        tampered("a root that is not in force", leaf(other_root), "root commitment"),
    ]
}

fn listed(later: &Later) -> WrapHash {
    parsed(&later.entry().bytes).public.wraps[0]
}
