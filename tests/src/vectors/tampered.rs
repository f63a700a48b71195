//! What somebody might hand a reader instead: by the relay, by a co-member who holds every key, by a stranger.
//! Each tampering changes one thing and is signed again wherever its maker could sign.

use std::io::Write;

use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};
use tvaers_core::circle::{MadeEntry, Purpose, Sealed, found};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, Secret, seal_once, wrap};
use tvaers_core::record::{FrozenRecord, RecordHeader};
use tvaers_core::seal::{Body, Item, Place, Receipt, Summary, make_box};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{Chunk, ChunkHeader, KeyBox, chunk_id, signed_parts};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Cut, Entry, EntryPublic, Member, Rights, Subject, Wrap};
use tvaers_wire::hash::{Label, hash, signed_bytes};
use tvaers_wire::ids::{CircleId, EntryId, Fixed, MunicipalityId, RecordId};
use tvaers_wire::padding::padded_len;
use tvaers_wire::statement::{Claim, DeviceKeys, SignedStatement, Statement};

use super::world::{World, adding, hex, person_member, record_header, removal};
use crate::dice::Seeded;

/// One tampering: what is put in place of what was given, and the reason that must be named.
pub(super) struct Tampered {
    pub(super) name: &'static str,
    pub(super) set: Value,
    pub(super) reason: &'static str,
}

/// All of them.
pub(super) fn all(world: &World) -> Vec<Tampered> {
    let mut out = statements(world);
    out.extend(entries(world));
    out.extend(wraps(world));
    out.extend(chunks(world));
    out.extend(insides(world));
    out.extend(records(world));
    out.extend(removals(world));
    out
}

/// One that changes what is given as `set` says.
pub(super) fn tampered(name: &'static str, set: Value, reason: &'static str) -> Tampered {
    Tampered { name, set, reason }
}

/// The same with one bit changed.
pub(super) fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at] ^= 1;
    out
}

fn statements(world: &World) -> Vec<Tampered> {
    let given = world.author.certificate.to_bytes();
    let other = MunicipalityId::new([1; 16]);
    let mut elsewhere = AuthorityKey::from_seed(&Secret::new(world.authority_seed), other, 0).unwrap();
    let mut impostor = AuthorityKey::from_seed(&Secret::new([2; 32]), world.municipality, 0).unwrap();
    let keys = world.author.device.keys();
    let elsewhere = elsewhere.certify(world.author.person, keys).unwrap().to_bytes();
    let impostor = impostor.certify(world.author.person, keys).unwrap().to_bytes();
    // The authority was made to sign a key under which anybody can sign.
    let small = DeviceKeys { signing: Fixed([0; 32]), ..keys.clone() };
    let claim = Claim::Device { person: world.author.person, keys: Box::new(small) };
    let body = Statement { version: 1, municipality: world.municipality, serial: 99, claim }.to_bytes();
    let pair = Ed25519KeyPair::from_seed_unchecked(&world.authority_seed).unwrap();
    let signature = pair.sign(&signed_bytes(Label::STATEMENT, &[&body]));
    let signature = Fixed(signature.as_ref().try_into().unwrap());
    let small = SignedStatement { body: Bytes(body), signature }.to_bytes();
    let middle = given.len() / 2;
    let directory = world.directory.to_bytes();
    vec![
        tampered(
            "a bit of a certificate",
            json!({"statements": [hex(&flipped(&given, middle))]}),
            "statement signature",
        ),
        tampered("a certificate by another authority", json!({"statements": [hex(&impostor)]}), "statement signature"),
        tampered(
            "a certificate for another municipality",
            json!({"statements": [hex(&elsewhere)]}),
            "other municipality",
        ),
        tampered("a certificate for a key of small order", json!({"statements": [hex(&small)]}), "statement malformed"),
        tampered("a name in the directory", json!({"directory": hex(&flipped(&directory, 90))}), "directory signature"),
    ]
}

/// A line entry made again with something else in it, signed by the author's device unless said otherwise.
fn line_with(world: &World, signer: &DeviceSecret, change: impl FnOnce(&mut EntryPublic)) -> Vec<u8> {
    let mut public = world.line.parsed.public.clone();
    change(&mut public);
    let sealed = world.line.parsed.sealed.clone();
    signed_entry(&public, sealed, signer)
}

fn signed_entry(public: &EntryPublic, sealed: Option<Bytes>, signer: &DeviceSecret) -> Vec<u8> {
    let public = Bytes(public.to_bytes());
    let signature = signer.sign(Label::ENTRY, &[&public]);
    Entry { public, signature, sealed }.to_bytes()
}

fn found_line(world: &World, rights: Rights) -> MadeEntry {
    let members = [person_member(&world.author, rights), person_member(&world.reader, Rights::Manage)];
    let draft =
        adding(members, Vec::new(), Some(Sealed { purpose: Some(Purpose::Line(world.child)), ..Sealed::default() }));
    found(Subject::Shared, draft, &world.author.device, &mut Seeded::new(b"tampered line")).unwrap().0
}

fn entries(world: &World) -> Vec<Tampered> {
    let author = &world.author.device;
    let nobody = DeviceSecret::from_seeds(Secret::new([3; 32]), Secret::new([4; 32])).unwrap();
    let stolen = line_with(world, &world.stranger.device, |_| ());
    let unknown = line_with(world, &nobody, |public| public.device = nobody.id());
    let mut swapped = Entry::from_bytes(&world.line.bytes).unwrap();
    swapped.sealed = Some(Bytes(vec![5; 40]));
    let mut resealed = world.line.parsed.public.clone();
    resealed.sealed = Some(Fixed(hash(Label::SEALED_PART, &[&[5; 40]])));
    let resealed = signed_entry(&resealed, Some(Bytes(vec![5; 40])), author);
    // The reader's circle, with the stranger's device in it.
    let mut intruded = world.reader.circle.parsed.public.clone();
    intruded.changes.extend(world.stranger.circle.parsed.public.changes.clone());
    let intruded = signed_entry(&intruded, None, &world.reader.device);
    // The stranger founds a circle in the reader's name.
    let mut usurped = world.reader.circle.parsed.public.clone();
    usurped.device = world.stranger.device.id();
    let usurped = signed_entry(&usurped, None, &world.stranger.device);
    // In the reader's circle their own device is for a time.
    let mut ending = world.reader.circle.parsed.public.clone();
    for change in &mut ending.changes {
        if let Change::Add { until, .. } = change {
            *until = Some(1_800_000_000);
        }
    }
    let ending = signed_entry(&ending, None, &world.reader.device);
    let parents = line_with(world, author, |public| public.parents = vec![EntryId::new([6; 32])]);
    let leading = line_with(world, author, |public| {
        public.epoch.as_mut().unwrap().leads_to = Some(EntryId::new([6; 32]));
    });
    let reader_only = found_line(world, Rights::Read);
    let entry = |bytes: &[u8]| json!({"line_entry": hex(bytes)});
    vec![
        tampered("an entry signed by another device", entry(&stolen), "entry signature"),
        tampered("an entry by a device nobody vouches for", entry(&unknown), "unknown device"),
        tampered("a founding entry with parents", entry(&parents), "entry malformed"),
        tampered("a first key that leads to another", entry(&leading), "entry malformed"),
        tampered("another sealed part", entry(&swapped.to_bytes()), "entry malformed"),
        tampered("a sealed part under another key", json!({"line_entry": hex(&resealed)}), "sealed part"),
        tampered("a founder who may only read", entry(&reader_only.bytes), "not allowed"),
        tampered("a stranger's device in a person circle", json!({"person_entry": hex(&intruded)}), "not vouched"),
        tampered("a device in a person circle for a time", json!({"person_entry": hex(&ending)}), "not allowed"),
        tampered("a person circle founded by another", json!({"person_entry": hex(&usurped)}), "not allowed"),
    ]
}

fn wraps(world: &World) -> Vec<Tampered> {
    let public = &world.line.parsed.public;
    let member = Member::Person(world.reader.person);
    let given = &world.line.wraps[1].bytes;
    // Made by the founder, who signs what it lists.
    let listed = |bytes: Vec<u8>| {
        let hash = Wrap { member, bytes: Bytes(bytes.clone()) }.hash();
        let entry = line_with(world, &world.author.device, |public| public.wraps[1].hash = hash);
        json!({"line_entry": hex(&entry), "line_wrap": hex(&bytes)})
    };
    let kem = world.reader.circle.parsed.public.epoch.as_ref().unwrap().kem.unwrap();
    let mut rng = Seeded::new(b"tampered wraps");
    let for_author = Member::Person(world.author.person);
    let misnamed = wrap(&world.line_root, &kem, &public.binding(), &for_author, &mut rng).unwrap();
    let unbound = wrap(&world.line_root, &kem, &[7; 32], &member, &mut rng).unwrap();
    let other_root = wrap(&world.author.root, &kem, &public.binding(), &member, &mut rng).unwrap();
    let mut other_kem = world.reader.circle.parsed.public.clone();
    other_kem.epoch.as_mut().unwrap().kem = world.author.circle.parsed.public.epoch.as_ref().unwrap().kem;
    let other_kem = signed_entry(&other_kem, None, &world.reader.device);
    vec![
        tampered("a bit of a wrap", json!({"line_wrap": hex(&flipped(given, 1_150))}), "wrap not listed"),
        tampered("another member's wrap", json!({"line_wrap": hex(&world.line.wraps[0].bytes)}), "wrap not listed"),
        tampered("a listed wrap with a flipped bit", listed(flipped(given, 1_150)), "wrap"),
        tampered("a listed wrap with a flipped encapsulation", listed(flipped(given, 5)), "wrap"),
        tampered("a listed wrap that is cut short", listed(given[..1_000].to_vec()), "wrap"),
        tampered("a listed wrap for another member", listed(misnamed), "wrap"),
        tampered("a listed wrap for another epoch", listed(unbound), "wrap"),
        tampered("a listed wrap of another root", listed(other_root), "root commitment"),
        tampered("a key that the root does not give", json!({"person_entry": hex(&other_kem)}), "kem key"),
    ]
}

/// Seals any plaintext, well-formed or not, as a member with all keys could.
pub(super) fn sealed(world: &World, place: &Place, plaintext: &[u8], device: &DeviceSecret) -> Value {
    let content_key = Secret::new([8; 32]);
    let key_commitment = Fixed(hash(Label::CONTENT_KEY, &[content_key.expose()]));
    let header = Bytes(ChunkHeader { key_commitment, ..place.clone() }.to_bytes());
    let mut text = plaintext.to_vec();
    seal_once(&content_key, &header, &mut text).unwrap();
    let bytes = signed_chunk(header, Bytes(text), device);
    let key = make_box(&content_key, &chunk_id(&bytes), world.line.parsed.id, &world.line_root).unwrap();
    json!({"chunk": hex(&bytes), "box": hex(&minicbor::to_vec(key).unwrap())})
}

fn signed_chunk(header: Bytes, ciphertext: Bytes, device: &DeviceSecret) -> Vec<u8> {
    let signature = device.sign(Label::CHUNK, &[&signed_parts(&header), &header, &ciphertext]);
    Chunk { header, ciphertext, signature }.to_bytes()
}

fn chunks(world: &World) -> Vec<Tampered> {
    let (author, stranger) = (&world.author, &world.stranger);
    let padded = world.body.to_padded();
    let given = Chunk::from_bytes(&world.chunk.bytes).unwrap();
    let place = &world.place;
    let by_stranger = Place { installation: stranger.installation, ..place.clone() };
    let elsewhere = Place { circle: CircleId::new([9; 32]), ..place.clone() };
    let unknown_head = Place { head: EntryId::new([9; 32]), ..place.clone() };
    // Signed again by the author's own device, over something that the content key did not seal.
    let resigned = |header: Bytes, ciphertext: Bytes| {
        let bytes = signed_chunk(header, ciphertext, &author.device);
        let key =
            make_box(&world.chunk.content_key, &chunk_id(&bytes), world.line.parsed.id, &world.line_root).unwrap();
        json!({"chunk": hex(&bytes), "box": hex(&minicbor::to_vec(key).unwrap())})
    };
    let recount =
        ChunkHeader { counter: 2, previous: world.chunk.id, ..ChunkHeader::from_bytes(&given.header).unwrap() };
    let other_key = make_box(&Secret::new([9; 32]), &world.chunk.id, world.line.parsed.id, &world.line_root).unwrap();
    let other_epoch = KeyBox { epoch: EntryId::new([9; 32]), ..world.key_box.clone() };
    let key_box = |key: &KeyBox| json!({"box": hex(&minicbor::to_vec(key).unwrap())});
    let mut flipped_box = world.key_box.clone();
    flipped_box.sealed.0[0] ^= 1;
    let mut version = given.header.to_vec();
    version[1] = 2;
    let mut later = place.clone();
    later.counter = 0;
    let longer = [&[0x98, 3], &world.chunk.bytes[1..]].concat();
    vec![
        tampered(
            "a bit of a chunk's ciphertext",
            json!({"chunk": hex(&flipped(&world.chunk.bytes, 400))}),
            "chunk signature",
        ),
        tampered("a chunk in a longer form", json!({"chunk": hex(&longer)}), "chunk malformed"),
        tampered("a chunk of version 2", resigned(Bytes(version), given.ciphertext.clone()), "version"),
        tampered("a chunk with counter 0", sealed(world, &later, &padded, &author.device), "chunk malformed"),
        tampered("a chunk for another circle", sealed(world, &elsewhere, &padded, &author.device), "other circle"),
        tampered(
            "a chunk that names an unknown entry",
            sealed(world, &unknown_head, &padded, &author.device),
            "unknown head",
        ),
        tampered("a chunk by a stranger", sealed(world, &by_stranger, &padded, &stranger.device), "not a member"),
        tampered(
            "a chunk signed by a stranger for the author",
            sealed(world, place, &padded, &stranger.device),
            "chunk signature",
        ),
        tampered(
            "another ciphertext under the author's signature",
            resigned(given.header.clone(), Bytes(flipped(&given.ciphertext, 3))),
            "seal",
        ),
        tampered(
            "a moved chunk under the author's signature",
            resigned(Bytes(recount.to_bytes()), given.ciphertext.clone()),
            "seal",
        ),
        tampered("a bit of a box", key_box(&flipped_box), "no box"),
        tampered("a box with another key", key_box(&other_key), "no box"),
        tampered("another chunk's box", key_box(&world.receipt_box), "no box"),
        tampered("a box under an unknown epoch", key_box(&other_epoch), "unknown epoch"),
    ]
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn padded(form: u8, content: &[u8]) -> Vec<u8> {
    let mut out = (content.len() as u32 + 1).to_be_bytes().to_vec();
    out.push(form);
    out.extend_from_slice(content);
    out.resize(padded_len(out.len()), 0);
    out
}

fn insides(world: &World) -> Vec<Tampered> {
    let inside =
        |name, text: &[u8], reason| tampered(name, sealed(world, &world.place, text, &world.author.device), reason);
    let plain = world.body.to_bytes();
    let good = padded(0, &plain);
    let mut dirty = good.clone();
    *dirty.last_mut().unwrap() = 1;
    let mut longer = good.clone();
    longer.resize(padded_len(good.len() + 1), 0);
    let mut claims = good.clone();
    claims[0] = 0xff;
    let trailing = [deflated(&plain), vec![0]].concat();
    let cut = deflated(&plain);
    let seen =
        Body { item: Item::Receipt(Receipt::default()), summary: None, directory: world.body.directory, basis: None };
    let wordy = Body { basis: Some("§".repeat(80) + "x"), ..world.body.clone() };
    let receipts = Place { installation: world.author.installation.receipts(), ..world.place.clone() };
    let misplaced = sealed(world, &receipts, &good, &world.author.device);
    vec![
        inside("a receipt in the chain of records", &seen.to_padded(), "wrong chain"),
        tampered("a record in the chain of receipts", misplaced, "wrong chain"),
        inside("padding that is not zero", &dirty, "padding"),
        inside("more padding than PADMÉ", &longer, "padding"),
        inside("a body that claims 4 GiB", &claims, "padding"),
        inside("an unknown form", &padded(2, &plain), "padding"),
        inside("a body without padding", &[0, 0, 0], "padding"),
        inside("bytes behind the deflated body", &padded(1, &trailing), "inflate"),
        inside("a deflated body that is cut short", &padded(1, &cut[..cut.len() - 3]), "inflate"),
        inside("a body that inflates to 9 MiB", &padded(1, &deflated(&vec![0; 9 << 20])), "inflate"),
        inside("a lawful basis of 161 bytes", &wordy.to_padded(), "basis"),
        inside("a byte behind the body", &padded(0, &[&plain[..], &[0]].concat()), "body malformed"),
    ]
}

fn records(world: &World) -> Vec<Tampered> {
    let author = &world.author;
    let with_summary = |record: &FrozenRecord, summary: Option<Summary>| {
        let body = Body { item: Item::Frozen(record.clone()), summary, directory: world.body.directory, basis: None };
        sealed(world, &world.place, &body.to_padded(), &author.device)
    };
    let with = |record: &FrozenRecord| with_summary(record, Some(super::world::summary(record, world.child)));
    let signed = |header: &RecordHeader, payload: &[u8], device: &DeviceSecret| {
        FrozenRecord::sign(header, [1; 16], payload.to_vec(), device)
    };
    let header = record_header(author);
    let payload = world.record.payload.to_vec();
    let mut reworded = world.record.clone();
    let at = payload.windows(4).position(|word| word == b"ikke").unwrap();
    reworded.payload.0[at..at + 4].copy_from_slice(b"helt");
    let renonced = FrozenRecord { nonce: Fixed([2; 16]), ..world.record.clone() };
    let claimed = RecordHeader { author: world.reader.person, ..header.clone() };
    let nobody = DeviceSecret::from_seeds(Secret::new([3; 32]), Secret::new([4; 32])).unwrap();
    let mut unknown = header.clone();
    unknown.installation.device = nobody.id();
    let newer = RecordHeader { version: 2, ..header.clone() };
    let mut other_actor = header.clone();
    other_actor.installation.nonce = world.reader.installation.nonce;
    let body = &payload[9 + leb_len(&payload[9..])..];
    let squeezed = deflated(body);
    let compressed = [&payload[..8], &[2], &leb(squeezed.len()), &squeezed].concat();
    let mut checksum = payload.clone();
    checksum[4] ^= 1;
    let twice = [&payload[..], &payload[..]].concat();
    let summary = super::world::summary(&world.record, world.child);
    let other_summary = Summary { record: RecordId::new([3; 32]), ..summary.clone() };
    let long_summary = Summary { headline: "å".repeat(61), ..summary.clone() };
    let device = &author.device;
    vec![
        tampered("a reworded record", with(&reworded), "record signature"),
        tampered("a record under another nonce", with(&renonced), "record signature"),
        tampered("a record claimed for another author", with(&signed(&claimed, &payload, device)), "other author"),
        tampered("a record by an unknown device", with(&signed(&unknown, &payload, &nobody)), "unknown device"),
        tampered("a record of version 2", with(&signed(&newer, &payload, device)), "version"),
        tampered("a summary of another record", with_summary(&world.record, Some(other_summary)), "summary"),
        tampered("no summary", with_summary(&world.record, None), "summary"),
        tampered("a summary that is too long", with_summary(&world.record, Some(long_summary)), "summary"),
        tampered("a document of another actor", with(&signed(&other_actor, &payload, device)), "document"),
        tampered("a compressed change", with(&signed(&header, &compressed, device)), "document"),
        tampered("a wrong checksum", with(&signed(&header, &checksum, device)), "document"),
        tampered("two changes", with(&signed(&header, &twice, device)), "document"),
    ]
}

/// Entries by which the author leaves the line, and what is left of its chunks then.
fn removals(world: &World) -> Vec<Tampered> {
    let (author, reader) = (&world.author, &world.reader);
    let member = Member::Person(author.person);
    let cut = |installation, counter, chunk| Cut { installation, counter, chunk };
    let later = |signer: &DeviceSecret, cuts| json!({"later": [hex(&removal(&world.line, signer, member, cuts))]});
    let right = cut(author.installation, 1, world.chunk.id);
    let mut moved = author.installation;
    moved.nonce = reader.installation.nonce;
    let manager = &reader.device;
    let nobody = DeviceSecret::from_seeds(Secret::new([3; 32]), Secret::new([4; 32])).unwrap();
    let mut unknown = author.installation;
    unknown.device = nobody.id();
    let place = Place { counter: 2, previous: world.chunk.id, ..world.place.clone() };
    let mut after = sealed(world, &place, &world.body.to_padded(), &author.device);
    after["later"] = json!([hex(&world.removal)]);
    vec![
        tampered("a chunk of a removed member without a cut", later(manager, vec![]), "beyond cut"),
        tampered(
            "another chunk than the one cut at",
            later(manager, vec![cut(author.installation, 1, world.receipt.id)]),
            "beyond cut",
        ),
        tampered("a cut of another installation", later(manager, vec![cut(moved, 1, world.chunk.id)]), "beyond cut"),
        tampered("a chunk written after the removal", after, "beyond cut"),
        tampered(
            "a cut of somebody who stays",
            later(manager, vec![right, cut(reader.installation, 1, world.receipt.id)]),
            "not allowed",
        ),
        tampered(
            "a cut of a device nobody vouches for",
            later(manager, vec![right, cut(unknown, 1, world.chunk.id)]),
            "not vouched",
        ),
        tampered("a removal by who may only write", later(&author.device, vec![right]), "not allowed"),
        tampered(
            "a removal signed by another device",
            json!({"later": [hex(&flipped(&world.removal, world.removal.len() - 8))]}),
            "entry signature",
        ),
    ]
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 0x7f {
        out.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

fn leb_len(bytes: &[u8]) -> usize {
    1 + bytes.iter().take_while(|byte| **byte & 0x80 != 0).count()
}
