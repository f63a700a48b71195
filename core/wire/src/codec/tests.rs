//! Lists are counted while they are read.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::bytes::Bytes;
use crate::chunk::{ChunkHeader, KeyBox, Refusal};
use crate::entry::{Change, Cut, EntryPublic, Member, NewEpoch, Rights, Subject, Wrap, WrapHash};
use crate::ids::*;
use crate::limits;
use crate::message::*;
use crate::statement::{Claim, SignedStatement, Statement};

/// An element that counts how often one was read.
struct Counted;

static READ: AtomicUsize = AtomicUsize::new(0);

impl<C> Decode<'_, C> for Counted {
    fn decode(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Self, decode::Error> {
        READ.fetch_add(1, Ordering::Relaxed);
        decoder.u8().map(|_| Self)
    }
}

#[test]
fn a_list_is_read_to_one_beyond_its_limit_and_no_further() {
    // A million elements of one byte, in both forms.
    let definite = [&[0x9a, 0, 0x0f, 0x42, 0x40][..], &[0; 1_000_000]].concat();
    let indefinite = [&[0x9f][..], &[0; 1_000_000], &[0xff]].concat();
    for bytes in [definite, indefinite] {
        READ.store(0, Ordering::Relaxed);
        let read = at_most::<100, (), Counted>(&mut Decoder::new(&bytes), &mut ());
        assert!(read.is_err());
        assert_eq!(READ.load(Ordering::Relaxed), 101);
    }
    let three = at_most::<3, (), u8>(&mut Decoder::new(&[0x83, 1, 2, 3]), &mut ());
    assert_eq!(three.ok(), Some(vec![1, 2, 3]));
}

fn id<const N: usize>() -> [u8; N] {
    [1; N]
}

fn installation() -> Installation {
    Installation { device: DeviceId::new(id()), nonce: InstallationNonce::new(id()) }
}

fn signed() -> SignedStatement {
    SignedStatement { body: Bytes(Vec::new()), signature: Fixed(id()) }
}

fn entry(change: impl FnOnce(&mut EntryPublic)) -> EntryPublic {
    let mut public = EntryPublic {
        version: 1,
        circle: None,
        parents: Vec::new(),
        subject: Subject::Shared,
        nonce: Fixed(id()),
        device: DeviceId::new(id()),
        changes: Vec::new(),
        epoch: None,
        wraps: Vec::new(),
        vouchers: Vec::new(),
        sealed: Some(Fixed(id())),
    };
    change(&mut public);
    public
}

fn header(refused: usize) -> ChunkHeader {
    ChunkHeader {
        version: 1,
        circle: CircleId::new(id()),
        head: EntryId::new(id()),
        installation: installation(),
        counter: 100,
        previous: ChunkId::new(id()),
        key_commitment: Fixed(id()),
        replaces: None,
        refused: vec![Refusal { counter: 1, code: 1 }; refused],
    }
}

/// Exactly at its limit a list is read; one more and it is malformed.
fn bounded<T: Canonical>(limit: usize, make: impl Fn(usize) -> T) {
    assert!(T::from_bytes(&make(limit).to_bytes()).is_ok(), "{} with {limit}", T::NAME);
    let more = T::from_bytes(&make(limit + 1).to_bytes()).err();
    assert!(matches!(more, Some(DecodeError::Malformed { .. })), "{} with one more than {limit}: {more:?}", T::NAME);
}

#[test]
fn every_list_of_a_push_and_of_its_answer_is_bounded() {
    let key = || KeyBox { epoch: EntryId::new(id()), sealed: Fixed(id()) };
    let wrap = || Wrap { member: Member::Team(TeamId::new(id())), bytes: Bytes(Vec::new()) };
    let push = |items| PushRequest { version: 1, items };
    bounded(limits::PUSH_ITEMS, |n| push(vec![PushItem::Box { chunk: ChunkId::new(id()), key: key() }; n]));
    bounded(limits::ENTRY_CHANGES, |n| {
        push(vec![PushItem::Entry { entry: Bytes(Vec::new()), wraps: vec![wrap(); n], stamp: None }])
    });
    bounded(limits::PUSH_ITEMS, |n| PushAnswer {
        results: vec![Pushed::Stored; n],
        token: TOKEN_START,
        stamps: Vec::new(),
    });
    let page = |items| Page { items, next: TOKEN_START, more: false };
    bounded(limits::PAGE_ITEMS, |n| page(vec![FeedItem::Granted { circle: CircleId::new(id()) }; n]));
    bounded(limits::ENTRY_CHANGES, |n| {
        page(vec![FeedItem::Entry { entry: Bytes(Vec::new()), wraps: vec![wrap(); n], stamp: Stamp::new([0; 32]) }])
    });
    let supplied = || SuppliedBox { supplier: DeviceId::new(id()), key: key() };
    bounded(limits::BOXES, |n| {
        page(vec![FeedItem::Chunk { chunk: Bytes(Vec::new()), boxes: vec![supplied(); n], received_at: 1 }])
    });
    let granted = || FeedItem::Granted { circle: CircleId::new(id()) };
    bounded(limits::PAGE_ITEMS, |n| Backlog { items: vec![granted(); n], answered: Vec::new() });
    let answered = Answered { next: 1, more: false };
    bounded(limits::ASKED_CIRCLES, |n| Backlog { items: Vec::new(), answered: vec![answered; n] });
    let past = PastOf { circle: CircleId::new(id()), after: 1 };
    bounded(limits::ASKED_CIRCLES, |n| BacklogRequest { circles: vec![past; n] });
    bounded(limits::ASKED_CIRCLES, |n| FrontierRequest { circles: vec![CircleId::new(id()); n] });
    let frontier = |reached| CircleFrontier { circle: CircleId::new(id()), entries: Vec::new(), reached };
    bounded(limits::ASKED_CIRCLES, |n| FrontierAnswer { circles: vec![frontier(Vec::new()); n] });
    let reached = || Reached { installation: installation(), counter: 1, chunk: ChunkId::new(id()) };
    bounded(limits::FRONTIER_INSTALLATIONS, |n| FrontierAnswer { circles: vec![frontier(vec![reached(); n])] });
}

#[test]
fn every_list_of_entries_headers_and_statements_is_bounded() {
    let member = Member::Device(DeviceId::new(id()));
    let cut = Cut { installation: installation(), counter: 1, chunk: ChunkId::new(id()) };
    let add = || Change::Add { member, rights: Rights::Manage, until: Some(1) };
    let listed = WrapHash { member, epoch: Some(EntryId::new(id())), hash: Fixed(id()) };
    let epoch = |history| NewEpoch { root_commitment: Fixed(id()), kem: None, history, leads_to: None };
    bounded(limits::ENTRY_PARENTS, |n| entry(|public| public.parents = vec![EntryId::new(id()); n]));
    bounded(limits::ENTRY_CHANGES, |n| entry(|public| public.changes = vec![add(); n]));
    bounded(limits::ENTRY_CHANGES, |n| entry(|public| public.wraps = vec![listed; n]));
    bounded(limits::ENTRY_VOUCHERS, |n| entry(|public| public.vouchers = vec![signed(); n]));
    bounded(limits::ENTRY_PARENTS, |n| entry(|public| public.epoch = Some(epoch(vec![Bytes(Vec::new()); n]))));
    bounded(limits::ENTRY_CUTS, |n| {
        entry(|public| public.changes = vec![Change::Remove { member, cuts: vec![cut; n] }])
    });
    bounded(limits::REFUSALS, header);
    bounded(limits::CHARTER_PERSONS, |n| Statement {
        version: 1,
        municipality: MunicipalityId::new(id()),
        serial: 1,
        claim: Claim::Team { team: TeamId::new(id()), persons: vec![PersonId::new(id()); n] },
    });
}

/// A person circle of the most devices, each with its certificate, and the largest numbers everywhere.
#[test]
fn the_largest_entry_is_within_its_limit() {
    let member = Member::Device(DeviceId::new([0xff; 32]));
    let kem = Fixed([0xff; limits::KEM_PUBLIC]);
    let keys = crate::statement::DeviceKeys { signing: Fixed([0xff; 32]), kem };
    let claim = Claim::Device { person: PersonId::new([0xff; 16]), keys: Box::new(keys) };
    let statement = Statement { version: 1, municipality: MunicipalityId::new([0xff; 16]), serial: u64::MAX, claim };
    let certificate = SignedStatement { body: statement.to_bytes().into(), signature: Fixed([0xff; 64]) };
    let add = Change::Add { member, rights: Rights::Manage, until: Some(u64::MAX) };
    let listed = WrapHash { member, epoch: Some(EntryId::new([0xff; 32])), hash: Fixed([0xff; 32]) };
    let public = entry(|public| {
        public.circle = Some(CircleId::new(id()));
        public.parents = vec![EntryId::new(id()); limits::ENTRY_PARENTS];
        public.changes = vec![add; limits::ENTRY_CHANGES];
        public.wraps = vec![listed; limits::ENTRY_CHANGES];
        public.vouchers = vec![certificate; limits::ENTRY_VOUCHERS];
        let history = vec![Bytes(vec![0; 48]); limits::ENTRY_PARENTS];
        let leads_to = Some(EntryId::new(id()));
        public.epoch = Some(NewEpoch { root_commitment: Fixed(id()), kem: Some(kem), history, leads_to });
    });
    let public = public.to_bytes();
    assert!(EntryPublic::from_bytes(&public).is_ok(), "{} bytes", public.len());
    let wraps = limits::ENTRY_CHANGES * (limits::WRAP + 48);
    assert!(limits::ENTRY_PUBLIC + limits::ENTRY_SEALED + 128 + wraps <= limits::ENTRY);
}
