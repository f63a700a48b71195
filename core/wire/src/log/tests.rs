//! What a log and the authority's statements come to, and what they refuse.

use std::collections::HashSet;

use ring::signature::{Ed25519KeyPair, KeyPair};

use super::*;
use crate::bytes::Bytes;
use crate::chunk::{Chunk, ChunkHeader, ParsedChunk, signed_parts};
use crate::codec::Canonical;
use crate::entry::{Change, Entry, EntryPublic, NewEpoch};
use crate::hash::{Label, signed_bytes};
use crate::ids::{ChunkId, Installation, InstallationNonce};
use crate::statement::{Authority, Claim, DeviceKeys, SignedStatement, Statement, StatementError};

mod ends;
mod epochs;
mod erasure;
mod merge;
mod out;
mod recovery;

const TEAM: TeamId = TeamId::new([7; 16]);

/// Who is and was in the one team.
#[derive(Default)]
struct Force {
    now: HashSet<PersonId>,
    once: HashSet<PersonId>,
    out: HashSet<DeviceId>,
    /// Certified, and in the circle of nobody.
    nobodys: HashSet<DeviceId>,
    /// As the relay asks.
    present: bool,
}

impl InForce for Force {
    fn log_of(&self, _: &Member) -> Option<&CircleLog> {
        None
    }
    fn has_circle(&self, _: &Member) -> bool {
        true
    }
    fn in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        *team == TEAM && self.now.contains(person)
    }
    fn was_in_team(&self, person: &PersonId, team: &TeamId) -> bool {
        *team == TEAM && (self.now.contains(person) || self.once.contains(person))
    }
    fn lists(&self, _: &PersonId, device: &DeviceId) -> bool {
        !self.nobodys.contains(device)
    }
    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.out.contains(device).then_some(0)
    }
    fn judges_the_present(&self) -> bool {
        self.present
    }
}

fn sign(key: &Ed25519KeyPair, label: Label, parts: &[&[u8]]) -> Fixed<64> {
    Fixed(key.sign(&signed_bytes(label, parts)).as_ref().try_into().unwrap())
}

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(key: &Ed25519KeyPair) -> Fixed<32> {
    Fixed(key.public_key().as_ref().try_into().unwrap())
}

/// Of the municipality whose sheets give the keys of number 50.
fn authority() -> Authority {
    let key = public(&key(99));
    Authority { municipality: Authority::founded_with(&key, &device(50)), key }
}

fn state(serial: u64, claim: Claim) -> SignedStatement {
    let body = Statement { version: 1, municipality: authority().municipality, serial, claim }.to_bytes();
    SignedStatement { signature: sign(&key(99), Label::STATEMENT, &[&body]), body: body.into() }
}

fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys { signing: public(&key(seed)), kem: Fixed([seed; limits::KEM_PUBLIC]) }
}

fn certificate(serial: u64, seed: u8, person: PersonId) -> SignedStatement {
    state(serial, Claim::Device { person, keys: Box::new(keys(seed)) })
}

fn person(seed: u8) -> PersonId {
    PersonId::new([seed; 16])
}

fn device(seed: u8) -> DeviceId {
    keys(seed).device()
}

fn installation(seed: u8) -> Installation {
    Installation { device: device(seed), nonce: InstallationNonce::new([seed; 16]) }
}

/// Persons 1, 2 and 3 with the devices of the same numbers.
fn vouched() -> Vouched {
    let mut vouched = Vouched::new(authority());
    for seed in 1..=3 {
        vouched.learn(&certificate(seed.into(), seed, person(seed))).unwrap();
    }
    vouched
}

fn entry(on: Option<&CircleLog>, subject: Subject, changes: Vec<Change>) -> ParsedEntry {
    entry_with(1, on, subject, |public| public.changes = changes)
}

/// An entry by the device of this number, on the head.
fn entry_with(
    signer: u8,
    on: Option<&CircleLog>,
    subject: Subject,
    edit: impl FnOnce(&mut EntryPublic),
) -> ParsedEntry {
    let kem = matches!(subject, Subject::Person(_) | Subject::Team(_)).then_some(Fixed([1; limits::KEM_PUBLIC]));
    let epoch = NewEpoch { root_commitment: Fixed([1; 32]), kem, history: Vec::new(), leads_to: None };
    let mut body = EntryPublic {
        version: 1,
        circle: on.map(|log| log.id),
        parents: on.map(CircleLog::head).into_iter().collect(),
        subject,
        nonce: Fixed([on.map_or(0, |log| log.entries.len() as u8); 16]),
        device: device(signer),
        changes: Vec::new(),
        epoch: on.is_none().then_some(epoch),
        wraps: Vec::new(),
        vouchers: Vec::new(),
        sealed: None,
    };
    edit(&mut body);
    let body = Bytes(body.to_bytes());
    let signature = sign(&key(signer), Label::ENTRY, &[&body]);
    ParsedEntry::from_bytes(&Entry { public: body, signature, sealed: None }.to_bytes()).unwrap()
}

fn add(member: Member, rights: Rights) -> Change {
    Change::Add { member, rights, until: None }
}

fn remove(member: Member, cuts: Vec<Cut>) -> Change {
    Change::Remove { member, cuts }
}

fn cut(seed: u8, counter: u64, chunk: ChunkId) -> Cut {
    Cut { installation: installation(seed), counter, chunk }
}

/// A line that person 1 manages.
fn line(others: Vec<Change>, force: &Force) -> CircleLog {
    let changes = [vec![add(Member::Person(person(1)), Rights::Manage)], others].concat();
    CircleLog::found(&entry(None, Subject::Shared, changes), &vouched(), force).unwrap()
}

fn append(log: &mut CircleLog, changes: Vec<Change>, force: &Force) -> Result<(), LogError> {
    let entry = entry(Some(log), log.subject, changes);
    log.append(&entry, &vouched(), force)
}

fn chunk(log: &CircleLog, head: EntryId, seed: u8, counter: u64) -> ParsedChunk {
    let header = ChunkHeader {
        version: 1,
        circle: log.id,
        head,
        installation: installation(seed),
        counter,
        previous: ChunkId::new([0; 32]),
        key_commitment: Fixed([counter as u8; 32]),
        replaces: None,
        refused: Vec::new(),
    };
    let (header, ciphertext) = (Bytes(header.to_bytes()), Bytes(vec![0; 16]));
    let signature = sign(&key(seed), Label::CHUNK, &[&signed_parts(&header), &header, &ciphertext]);
    ParsedChunk::from_bytes(&Chunk { header, ciphertext, signature }.to_bytes()).unwrap()
}

#[test]
fn of_two_certificates_of_one_device_the_higher_serial_counts() {
    let (old, new) = (certificate(5, 1, person(1)), certificate(6, 1, person(2)));
    for order in [[&old, &new], [&new, &old]] {
        let (mut learned, mut recalled) = (Vouched::new(authority()), Vouched::new(authority()));
        for statement in order {
            learned.learn(statement).unwrap();
            recalled.recall(statement);
        }
        assert_eq!([learned.person(&device(1)), recalled.person(&device(1))], [Some(person(2)); 2]);
    }
}

#[test]
fn a_certificate_of_a_small_order_key_is_not_learned() {
    let mut vouched = vouched();
    let mut one = [0; 32];
    one[0] = 1;
    for signing in [[0; 32], one, [0xff; 32]] {
        let keys = DeviceKeys { signing: Fixed(signing), ..keys(1) };
        let device = keys.device();
        let statement = state(9, Claim::Device { person: person(1), keys: Box::new(keys) });
        assert_eq!(vouched.learn(&statement), Err(StatementError::Key));
        assert_eq!(vouched.person(&device), None);
    }
}

#[test]
fn nothing_of_a_removed_member_counts_but_what_its_cut_covers() {
    let force = Force::default();
    let mut log = line(vec![add(Member::Person(person(2)), Rights::Write)], &force);
    let founding = log.head();
    let chunks: Vec<_> = (1..=3).map(|counter| chunk(&log, founding, 2, counter)).collect();
    assert!(chunks.iter().all(|chunk| log.counts(chunk, &person(2), &force).is_ok()));

    let mut without = log.clone();
    append(&mut without, vec![remove(Member::Person(person(2)), vec![])], &force).unwrap();
    for chunk in &chunks {
        assert_eq!(without.counts(chunk, &person(2), &force), Err(Discounted::BeyondCut), "no cut, nothing counts");
    }
    append(&mut log, vec![remove(Member::Person(person(2)), vec![cut(2, 2, chunks[1].id)])], &force).unwrap();
    let counted: Vec<_> = chunks.iter().map(|chunk| log.counts(chunk, &person(2), &force)).collect();
    assert_eq!(counted, [Ok(()), Ok(()), Err(Discounted::BeyondCut)]);
    // The same counter, another chunk: written after the removal, with an old head.
    let mut other = chunks[1].clone();
    other.id = ChunkId::new([1; 32]);
    assert_eq!(log.counts(&other, &person(2), &force), Err(Discounted::BeyondCut));
    // Another installation of the same device, that had written nothing.
    let mut fresh = chunks[0].clone();
    fresh.header.installation.nonce = InstallationNonce::new([8; 16]);
    assert_eq!(log.counts(&fresh, &person(2), &force), Err(Discounted::BeyondCut));
    let newer = chunk(&log, log.head(), 2, 4);
    assert_eq!(log.counts(&newer, &person(2), &force), Err(Discounted::NotAMember));
    let unknown = chunk(&log, EntryId::new([1; 32]), 2, 1);
    assert_eq!(log.counts(&unknown, &person(2), &force), Err(Discounted::UnknownHead));
}

#[test]
fn only_devices_of_who_is_removed_are_cut() {
    let force = Force { now: [person(3)].into(), ..Force::default() };
    let others = vec![add(Member::Person(person(2)), Rights::Write), add(Member::Team(TEAM), Rights::Write)];
    let log = line(others, &force);
    let id = ChunkId::new([1; 32]);
    let attempt = |member, cuts| append(&mut log.clone(), vec![remove(member, cuts)], &force);
    let (bo, team) = (Member::Person(person(2)), Member::Team(TEAM));
    assert_eq!(attempt(bo, vec![cut(1, 1, id)]), Err(LogError::NotAllowed), "silences the manager");
    assert_eq!(attempt(bo, vec![cut(2, 1, id), cut(3, 1, id)]), Err(LogError::NotAllowed));
    assert_eq!(attempt(bo, vec![cut(4, 1, id)]), Err(LogError::NotVouched), "whose device is not known");
    assert_eq!(attempt(team, vec![cut(2, 1, id)]), Err(LogError::NotAllowed), "not in that team");
    assert_eq!(attempt(bo, vec![cut(2, 1, id)]), Ok(()));
    assert_eq!(attempt(team, vec![cut(3, 1, id)]), Ok(()));
    assert_eq!(attempt(Member::Person(person(3)), vec![]), Err(LogError::NotAllowed), "no direct member");

    let members = vec![add(Member::Device(device(1)), Rights::Manage), add(Member::Device(device(4)), Rights::Manage)];
    let mut vouched = vouched();
    vouched.learn(&certificate(4, 4, person(1))).unwrap();
    vouched.learn(&state(5, Claim::Revoked { device: device(4) })).unwrap();
    let own = entry(None, Subject::Person(person(1)), members);
    let log = CircleLog::found(&own, &vouched, &force).unwrap();
    let attempt = |cuts| {
        let entry = entry(Some(&log), log.subject, vec![remove(Member::Device(device(4)), cuts)]);
        log.clone().append(&entry, &vouched, &force)
    };
    assert_eq!(attempt(vec![cut(1, 1, id)]), Err(LogError::NotAllowed), "the person's other device");
    assert_eq!(attempt(vec![cut(4, 1, id)]), Ok(()));
}

#[test]
fn a_refused_entry_leaves_the_log_as_it_was() {
    let force = Force::default();
    let bo = Member::Person(person(2));
    let log = line(vec![add(bo, Rights::Write)], &force);
    let stranger = Member::Person(person(3));
    let halves = [
        vec![remove(bo, vec![]), remove(stranger, vec![])],
        vec![remove(bo, vec![]), remove(Member::Person(person(1)), vec![])],
        vec![add(stranger, Rights::Read), add(bo, Rights::Read)],
    ];
    for changes in halves {
        let mut after = log.clone();
        assert_eq!(append(&mut after, changes, &force), Err(LogError::NotAllowed));
        assert_eq!(after, log);
    }
    let team = entry_with(1, None, Subject::Team(TEAM), |public| {
        public.changes = vec![add(Member::Person(person(1)), Rights::Manage)];
        public.vouchers = vec![state(10, Claim::Team { team: TEAM, persons: vec![person(1)] })];
    });
    let log = CircleLog::found(&team, &vouched(), &force).unwrap();
    let mut after = log.clone();
    let newer = entry_with(1, Some(&log), log.subject, |public| {
        public.changes = vec![add(bo, Rights::Write)];
        public.vouchers = vec![state(11, Claim::Team { team: TEAM, persons: vec![person(3)] })];
    });
    assert_eq!(after.append(&newer, &vouched(), &force), Err(LogError::NotVouched));
    assert_eq!(after, log, "a charter that came with it too");
}

/// What was verified once is known again by body and signature, and by nothing less.
#[test]
fn a_statement_that_was_verified_vouches_for_no_other() {
    let mut vouched = vouched();
    let charter = state(10, Claim::Team { team: TEAM, persons: vec![person(1)] });
    vouched.learn(&charter).unwrap();
    assert!(vouched.check(&charter).is_ok());
    let other = state(10, Claim::Team { team: TEAM, persons: vec![person(2)] });
    let swapped = SignedStatement { signature: other.signature, ..charter.clone() };
    assert!(matches!(vouched.check(&swapped), Err(StatementError::Signature(_))));
    let forged = SignedStatement { signature: charter.signature, ..other };
    assert!(matches!(vouched.learn(&forged), Err(StatementError::Signature(_))));
    assert!(vouched.check(&forged).is_err(), "also after it was refused once");
}

#[test]
fn who_is_added_again_is_cut_no_more() {
    let force = Force::default();
    let bo = Member::Person(person(2));
    let mut log = line(vec![add(bo, Rights::Write)], &force);
    let first = chunk(&log, log.head(), 2, 1);
    append(&mut log, vec![remove(bo, vec![cut(2, 1, first.id)])], &force).unwrap();
    append(&mut log, vec![add(bo, Rights::Write)], &force).unwrap();
    let second = chunk(&log, log.head(), 2, 2);
    assert_eq!([&first, &second].map(|chunk| log.counts(chunk, &person(2), &force)), [Ok(()); 2]);
    let replayed = CircleLog::replay([]);
    assert_eq!(replayed, None);
}

#[test]
fn the_right_to_write_is_taken_by_a_removal_only() {
    let force = Force::default();
    let bo = Member::Person(person(2));
    let mut log = line(vec![add(bo, Rights::Write)], &force);
    let (first, second) = (chunk(&log, log.head(), 2, 1), chunk(&log, log.head(), 2, 2));
    assert_eq!(append(&mut log, vec![add(bo, Rights::Read)], &force), Err(LogError::NotAllowed));
    let to_reader = vec![remove(bo, vec![cut(2, 1, first.id)]), add(bo, Rights::Read)];
    append(&mut log, to_reader, &force).unwrap();
    assert_eq!(log.rights_of(&device(2), &person(2), None, &force), Some(Rights::Read));
    assert_eq!(log.counts(&first, &person(2), &force), Ok(()));
    assert_eq!(log.counts(&second, &person(2), &force), Err(Discounted::BeyondCut));
}

#[test]
fn notes_of_who_left_a_team_stay_until_the_team_is_removed_without_cutting_them() {
    let inside = Force { now: [person(2)].into(), ..Force::default() };
    let mut log = line(vec![add(Member::Team(TEAM), Rights::Write)], &inside);
    let note = chunk(&log, log.head(), 2, 1);
    assert_eq!(log.counts(&note, &person(2), &inside), Ok(()));
    let left = Force { once: [person(2)].into(), ..Force::default() };
    assert_eq!(log.rights_of(&device(2), &person(2), None, &left), None, "may not write any more");
    assert_eq!(log.counts(&note, &person(2), &left), Ok(()), "what was written stays");
    assert_eq!(log.counts(&note, &person(2), &Force::default()), Err(Discounted::NotAMember), "never in the team");
    // Later entries do not change that; the team's removal does.
    append(&mut log, vec![add(Member::Person(person(3)), Rights::Read)], &left).unwrap();
    assert_eq!(log.counts(&note, &person(2), &left), Ok(()));
    let mut cut_off = log.clone();
    append(&mut cut_off, vec![remove(Member::Team(TEAM), vec![])], &left).unwrap();
    assert_eq!(cut_off.counts(&note, &person(2), &left), Err(Discounted::BeyondCut));
    append(&mut log, vec![remove(Member::Team(TEAM), vec![cut(2, 1, note.id)])], &left).unwrap();
    assert_eq!(log.counts(&note, &person(2), &left), Ok(()));
}
