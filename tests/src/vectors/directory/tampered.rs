//! What a relay, or whoever stands before it, might bring instead. Each changes one thing, and is signed and sealed again wherever its
//! maker could.

use serde_json::{Value, json};
use tvaers_core::directory::{AuthorityKey, Directory, SealedDirectory, SignedDirectory};
use tvaers_core::keys::{Root, Secret, derive, seal_once, wrap};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryUpload, DirectoryWrap, directory_binding};
use tvaers_wire::entry::Member;
use tvaers_wire::ids::MunicipalityId;
use tvaers_wire::padding::padded_len;

use super::{Newer, renamed};
use crate::dice::Seeded;
use crate::vectors::tampered::{Tampered, flipped, tampered};
use crate::vectors::world::{World, hex};

/// All of them.
pub(super) fn all(world: &World, newer: &Newer) -> Vec<Tampered> {
    let mut out = stated(world, newer);
    out.extend(brought(world, newer));
    out.extend(inside(world, newer));
    out
}

fn key(seed: [u8; 32], municipality: MunicipalityId) -> AuthorityKey {
    AuthorityKey::from_seed(&Secret::new(seed), municipality, 80).unwrap()
}

fn hexed(value: &impl Canonical) -> String {
    hex(&value.to_bytes())
}

fn stated(world: &World, newer: &Newer) -> Vec<Tampered> {
    let by = |seed, municipality| {
        let statement = key(seed, municipality).state_directory(&newer.directory);
        json!({"statement": hexed(&statement)})
    };
    let other = key(world.authority_seed, world.municipality).sign_directory(&renamed(world, 90));
    let other = key(world.authority_seed, world.municipality).state_directory(&other);
    vec![
        tampered("a forged word on what is in force", by([2; 32], world.municipality), "statement signature"),
        tampered(
            "another municipality's word",
            by(world.authority_seed, MunicipalityId::new([1; 16])),
            "other municipality",
        ),
        tampered("a word on another directory", json!({"statement": hexed(&other)}), "directory seal"),
    ]
}

fn brought(world: &World, newer: &Newer) -> Vec<Tampered> {
    let [wraps, sealed] = &newer.uploads[..] else { panic!("two parts") };
    let spoilt = |upload: &DirectoryUpload, at| {
        hexed(&DirectoryUpload { part: Bytes(flipped(&upload.part, at)), ..upload.clone() })
    };
    let mut rng = Seeded::new(b"tvaers frozen vectors 1, another directory");
    let impostor = |sealed: &SealedDirectory| key([2; 32], world.municipality).directory_uploads(sealed);
    let abroad =
        |sealed: &SealedDirectory| key(world.authority_seed, MunicipalityId::new([1; 16])).directory_uploads(sealed);
    let own = newer.directory.seal_for(&world.municipality, [world.author.device.keys()], &mut rng).unwrap();
    let theirs = newer.directory.seal_for(&world.municipality, [world.reader.device.keys()], &mut rng).unwrap();
    let again = |sealed: &SealedDirectory| {
        let uploads = key(world.authority_seed, world.municipality).directory_uploads(sealed);
        json!({"wraps": hexed(&uploads[0]), "sealed": hexed(&uploads[1])})
    };
    let mut passed_off = theirs.clone();
    passed_off.wraps[0].device = world.author.device.id();
    vec![
        tampered("keys by an impostor's order", json!({"wraps": hexed(&impostor(&own)[0])}), "order"),
        tampered("a directory by an impostor's order", json!({"sealed": hexed(&impostor(&own)[1])}), "order"),
        tampered("another municipality's order", json!({"sealed": hexed(&abroad(&own)[1])}), "order"),
        tampered("other keys than were ordered", json!({"wraps": spoilt(wraps, 60)}), "another part"),
        tampered("another directory than was ordered", json!({"sealed": spoilt(sealed, 9)}), "another part"),
        tampered("the directory for the keys", json!({"wraps": hexed(sealed)}), "another part"),
        tampered("no key for this device", again(&theirs), "no wrap"),
        tampered("another device's key", again(&passed_off), "directory seal"),
        tampered("keys of another sealing", json!({"wraps": again(&own)["wraps"]}), "directory seal"),
    ]
}

/// Sealed well for the author's device, whatever is in it.
fn inside(world: &World, newer: &Newer) -> Vec<Tampered> {
    let signed = |directory: &Directory| newer.authority.sign_directory(directory);
    let as_stated = |signed: &SignedDirectory| sealed(world, signed, &signed.to_bytes(), |_| {});
    let old = signed(&renamed(world, 0));
    let mut without = renamed(world, 91);
    without.people.retain(|facts| facts.person != world.author.person);
    let abroad = Directory { municipality: MunicipalityId::new([1; 16]), ..renamed(world, 91) };
    let forged = key([2; 32], world.municipality).sign_directory(&renamed(world, 91));
    let (plain, stated) = (newer.directory.to_bytes(), &newer.directory);
    let other = signed(&renamed(world, 91)).to_bytes();
    let last = |padded: &mut Vec<u8>| *padded.last_mut().unwrap() = 1;
    let longer = |padded: &mut Vec<u8>| padded.push(0);
    vec![
        tampered("a directory that is not newer", as_stated(&old), "directory not newer"),
        tampered("a directory without the phone's person", as_stated(&signed(&without)), "unknown person"),
        tampered("another municipality's directory", as_stated(&signed(&abroad)), "other municipality"),
        tampered("a forged directory", as_stated(&forged), "directory signature"),
        tampered("another directory under the stated head", sealed(world, stated, &other, |_| {}), "other directory"),
        tampered("padding that is not zeros", sealed(world, stated, &plain, last), "directory seal"),
        tampered("more padding than there should be", sealed(world, stated, &plain, longer), "directory seal"),
        tampered(
            "a directory cut short",
            sealed(world, stated, &plain[..plain.len() - 1], |_| {}),
            "directory malformed",
        ),
    ]
}

/// Stated, and sealed by hand under that head.
fn sealed(world: &World, stated: &SignedDirectory, plain: &[u8], spoil: impl FnOnce(&mut Vec<u8>)) -> Value {
    let rng = &mut Seeded::new(b"tvaers frozen vectors 1, sealed by hand");
    let (head, root) = (stated.head(), Root::random(rng));
    let binding = directory_binding(&world.municipality, &head);
    let mut sealed = u32::try_from(plain.len()).unwrap().to_be_bytes().to_vec();
    sealed.extend_from_slice(plain);
    sealed.resize(padded_len(sealed.len()), 0);
    spoil(&mut sealed);
    seal_once(&derive(root.secret(), "directory", &binding), &binding, &mut sealed).unwrap();
    let device = world.author.device.id();
    let bytes = wrap(&root, &world.author.device.keys().kem, &binding, &Member::Device(device), rng).unwrap();
    let wraps = vec![DirectoryWrap { device, bytes: bytes.into() }];
    let mut authority = key(world.authority_seed, world.municipality);
    let uploads = authority.directory_uploads(&SealedDirectory { head, sealed, wraps });
    let statement = authority.state_directory(stated);
    json!({"statement": hexed(&statement), "wraps": hexed(&uploads[0]), "sealed": hexed(&uploads[1])})
}
