//! One value of every type that travels or is sealed, and how each is read.

use tvaers_core::circle::Sealed;
use tvaers_core::directory::{Directory, Enrolment, Policy, Retention, Sharing, SignedDirectory};
use tvaers_core::kinds::Kind;
use tvaers_core::record::{FrozenRecord, RecordHeader, UpdateHeader, UpdateRecord};
use tvaers_core::seal::{Body, Item, make_box};
use tvaers_wire::batch::{Batch, BatchCommon, Leaf, LeafEntry};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{Chunk, ChunkHeader, ParsedChunk, Range, Refusal};
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::directory::{DirectoryAnswer, DirectoryOrder, DirectoryUpload, DirectoryWraps};
use tvaers_wire::entry::{
    Change, Cut, Entry, EntryPublic, Member, NewEpoch, ParsedEntry, Rights, Subject, Wrap, WrapHash,
};
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{EntryId, Fixed, Stamp};
use tvaers_wire::limits;
use tvaers_wire::message::{
    Answered, Backlog, BacklogRequest, Challenge, CircleFrontier, ClaimRequest, FeedItem, FrontierAnswer,
    FrontierRequest, Page, PastOf, PushAnswer, PushItem, PushRequest, Pushed, Reached, Refused, SessionAnswer,
    SessionRequest, Stamped, SuppliedBox, session_scope,
};
use tvaers_wire::recovery::{RecoveryAct, RecoveryOrder, SignedRecoveryOrder};
use tvaers_wire::statement::{Authority, Claim, SignedStatement, Statement};
use tvaers_wire::wipe::{SignedWipeOrder, SignedWipeReceipt, WipeOrder, WipeReceipt, WipeReceipts, WipeWord};

use super::world::{RECORDED, World};

macro_rules! types {
    ($($name:literal $type:ty;)*) => {
        /// Reads bytes as the type of this name and encodes them again.
        pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
            match name {
                $($name => <$type>::from_bytes(bytes).map(|value| value.to_bytes()),)*
                "parsed chunk" => ParsedChunk::from_bytes(bytes).map(|parsed| parsed.chunk.to_bytes()),
                "parsed entry" => ParsedEntry::from_bytes(bytes).map(|_| bytes.to_vec()),
                other => panic!("no type {other}"),
            }
        }

        /// Upper bound of a type's encoding.
        pub(super) fn max_len(name: &str) -> usize {
            match name {
                $($name => <$type>::MAX_LEN,)*
                other => panic!("no type {other}"),
            }
        }
    };
}

types! {
    "authority" Authority;
    "statement" Statement;
    "signed statement" SignedStatement;
    "directory" Directory;
    "signed directory" SignedDirectory;
    "enrolment" Enrolment;
    "control entry" EntryPublic;
    "signed control entry" Entry;
    "sealed part" Sealed;
    "chunk header" ChunkHeader;
    "chunk" Chunk;
    "record header" RecordHeader;
    "record" FrozenRecord;
    "update header" UpdateHeader;
    "update" UpdateRecord;
    "body" Body;
    "challenge" Challenge;
    "session request" SessionRequest;
    "session answer" SessionAnswer;
    "push request" PushRequest;
    "push answer" PushAnswer;
    "page" Page;
    "frontier request" FrontierRequest;
    "frontier answer" FrontierAnswer;
    "backlog request" BacklogRequest;
    "backlog" Backlog;
    "claim request" ClaimRequest;
    "common part of a batch" BatchCommon;
    "leaf of a batch" Leaf;
    "batch" Batch;
    "entry of a batch" LeafEntry;
    "recovery order" RecoveryOrder;
    "signed recovery order" SignedRecoveryOrder;
    "wipe word" WipeWord;
    "wipe receipt" WipeReceipt;
    "signed wipe receipt" SignedWipeReceipt;
    "wipe order" WipeOrder;
    "signed wipe order" SignedWipeOrder;
    "wipe receipts" WipeReceipts;
    "directory order" DirectoryOrder;
    "part of a directory" DirectoryUpload;
    "wraps of a directory" DirectoryWraps;
    "directory answer" DirectoryAnswer;
}

/// A value with the name of its type and one of its own.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// A value of a type that travels.
pub(super) fn case<T: Canonical>(name: &'static str, value: &T) -> Case {
    Case { name, kind: T::NAME, bytes: value.to_bytes() }
}

/// All of them.
pub(super) fn all(world: &World) -> Vec<Case> {
    let mut cases = documents(world);
    cases.extend(circles(world));
    cases.extend(chunks(world));
    cases.extend(messages(world));
    cases
}

fn documents(world: &World) -> Vec<Case> {
    let statement = |signed: &SignedStatement| Statement::from_bytes(&signed.body).unwrap();
    let enrolment = Enrolment {
        authority: world.authority.authority(),
        relay: "https://relay.example".to_owned(),
        certificate: world.reader.certificate.clone(),
        statements: vec![world.charter.clone()],
        directory: world.directory.clone(),
    };
    let keys = Box::new(world.reader.device.keys().clone());
    let (municipality, version) = (world.authority.authority().municipality, limits::VERSION);
    let recovery = Statement { version, municipality, serial: 99, claim: Claim::Recovery { keys } };
    let order = |act| RecoveryOrder { version, municipality, expires: 1_800_000_000, act };
    let (left, to) = (world.author.person, world.reader.person);
    let order_body = Bytes(order(RecoveryAct::Own { person: left }).to_bytes());
    vec![
        case("the municipality's authority", &world.authority.authority()),
        case("a device certificate, unsigned", &statement(&world.author.certificate)),
        case("a device certificate", &world.author.certificate),
        case("a team charter, unsigned", &statement(&world.charter)),
        case("a team charter", &world.charter),
        case("the directory, unsigned", &Directory::from_bytes(&world.directory.body).unwrap()),
        case("the directory", &world.directory),
        case("an enrolment", &enrolment),
        case("a directory with rules", &with_rules(world)),
        case("a recovery key, unsigned", &recovery),
        case(
            "an order for what somebody has left behind, unsigned",
            &order(RecoveryAct::Forsaken { left, to, after: 7 }),
        ),
        case(
            "an order for entries that two holders have signed",
            &order(RecoveryAct::Push { entries: vec![world.line.parsed.id] }),
        ),
        case(
            "an order for a person's own circle",
            &SignedRecoveryOrder { body: order_body, signature: Fixed([6; 64]) },
        ),
    ]
}

fn with_rules(world: &World) -> Directory {
    let sharing = Sharing {
        from: Vec::new(),
        to: vec!["familieafdeling".to_owned(), "modtagelse".to_owned()],
        kinds: vec![Kind::Notification.code()],
        basis: "Barnets lov § 133".to_owned(),
    };
    let retention = vec![Retention { kind: Kind::Observation.code(), months: 60 }];
    let policy = Some(Policy { retention, sharing: Some(vec![sharing]) });
    Directory { serial: 2, policy, ..Directory::from_bytes(&world.directory.body).unwrap() }
}

fn circles(world: &World) -> Vec<Case> {
    let sealed = Sealed { purpose: Some(tvaers_core::circle::Purpose::Line(world.child)), ..Sealed::default() };
    vec![
        case("a person circle is founded, public part", &world.reader.circle.parsed.public),
        case("a person circle is founded", &Entry::from_bytes(&world.reader.circle.bytes).unwrap()),
        case("a second device is added", &Entry::from_bytes(&world.second_entry.bytes).unwrap()),
        case("a line is founded, public part", &world.line.parsed.public),
        case("a line is founded", &Entry::from_bytes(&world.line.bytes).unwrap()),
        case("what a line is for", &sealed),
        case("a reason", &Sealed { purpose: None, reason: Some("Barnet er flyttet".to_owned()), ..Sealed::default() }),
        case(
            "a reason with its time",
            &Sealed { purpose: None, reason: Some("Telefonen er væk".to_owned()), at: Some(-1), ..Sealed::default() },
        ),
        case("a removal with a cut and a new key", &removal(world)),
        case("a new key that leads past the one before", &leads_past(world)),
        case("every kind of member and subject", &odd_members(world)),
        case("what a log is for, and why", &log()),
    ]
}

/// Longer than other sealed parts, so that what is made of the shortest stays as it was.
fn log() -> Sealed {
    let reason = Some("Tina er ny logkontrollant".to_owned());
    Sealed { purpose: Some(tvaers_core::circle::Purpose::Log), reason, ..Sealed::default() }
}

/// The shape of a removal with rotation. Its root and history are stand-ins: no client of this version makes one.
fn removal(world: &World) -> EntryPublic {
    let line = &world.line.parsed;
    let cut = Cut { installation: world.author.installation, counter: 1, chunk: world.chunk.id };
    EntryPublic {
        circle: Some(line.circle),
        parents: vec![line.id],
        nonce: Fixed([7; 16]),
        device: world.reader.device.id(),
        changes: vec![Change::Remove { member: Member::Person(world.author.person), cuts: vec![cut] }],
        epoch: Some(NewEpoch {
            root_commitment: Fixed([8; 32]),
            kem: None,
            history: vec![Bytes(vec![9; 48])],
            leads_to: None,
        }),
        wraps: vec![WrapHash {
            member: Member::Person(world.reader.person),
            epoch: Some(world.reader.circle.parsed.id),
            hash: Fixed([10; 32]),
        }],
        sealed: None,
        ..line.public.clone()
    }
}

fn leads_past(world: &World) -> EntryPublic {
    let removal = removal(world);
    let epoch = removal.epoch.clone().map(|epoch| NewEpoch { leads_to: Some(world.line.parsed.id), ..epoch });
    EntryPublic { epoch, ..removal }
}

fn odd_members(world: &World) -> EntryPublic {
    let until = Some(1_800_000_000);
    EntryPublic {
        subject: Subject::Municipality,
        changes: vec![
            Change::Add { member: Member::Team(world.team), rights: Rights::Read, until },
            Change::Add { member: Member::Device(world.second.id()), rights: Rights::Manage, until: None },
        ],
        wraps: Vec::new(),
        sealed: None,
        ..world.line.parsed.public.clone()
    }
}

fn chunks(world: &World) -> Vec<Case> {
    let header = ChunkHeader {
        counter: 5,
        previous: world.chunk.id,
        replaces: Some(Range { from: 1, to: 2 }),
        refused: vec![
            Refusal { counter: 3, code: Refused::Malformed.code() },
            Refusal { counter: 4, code: Refused::TooLarge.code() },
        ],
        ..world.place.clone()
    };
    let update = update(world);
    let update_header = UpdateHeader::from_bytes(&update.header).unwrap();
    let update_body = Body { item: Item::Update(update.clone()), ..world.body.clone() };
    let receipt = tvaers_core::open::unseal(
        &ParsedChunk::from_bytes(&world.receipt.bytes).unwrap(),
        std::slice::from_ref(&world.receipt_box),
        &super::opener::knowledge(world, &super::opener::line_log(world), &super::opener::line_roots(world)),
    );
    vec![
        case("a header with a range and refusals", &header),
        case("the header of the observation's chunk", &ParsedChunk::from_bytes(&world.chunk.bytes).unwrap().header),
        case("the observation's chunk", &Chunk::from_bytes(&world.chunk.bytes).unwrap()),
        case("the receipt's chunk", &Chunk::from_bytes(&world.receipt.bytes).unwrap()),
        case("the observation's header", &RecordHeader::from_bytes(&world.record.header).unwrap()),
        case("the observation", &world.record),
        case("an update's header", &update_header),
        case("an update", &update),
        case("the observation's body", &world.body),
        case("an update's body", &update_body),
        case("a receipt's body", receipt.unwrap().body()),
        case("a body with its lawful basis", &Body { basis: Some("Samtykke".to_owned()), ..world.body.clone() }),
    ]
}

/// An update in its frame; what Automerge makes of the changes is tested where the documents are.
fn update(world: &World) -> UpdateRecord {
    let header = UpdateHeader {
        version: 1,
        kind: Kind::Concern as u8,
        founder: world.author.person,
        nonce: Fixed([11; 16]),
        author: world.author.person,
        installation: world.author.installation,
        recorded_at: RECORDED,
        heads: vec![Fixed([12; 32])],
        carried: None,
    };
    UpdateRecord::sign(&header, vec![b"change one".to_vec(), b"change two".to_vec()], &world.author.device)
}

fn messages(world: &World) -> Vec<Case> {
    let line = &world.line.parsed;
    let challenge = Bytes(b"a challenge of the relay".to_vec());
    let scope = session_scope(&world.municipality, &world.author.device.id());
    let entry = Bytes(world.line.bytes.clone());
    let chunk = Bytes(world.chunk.bytes.clone());
    let key = world.key_box.clone();
    let late = make_box(&world.chunk.content_key, &world.chunk.id, EntryId::new([13; 32]), &world.line_root).unwrap();
    let mine = |wrap: &&Wrap| wrap.member == Member::Person(world.reader.person);
    let wraps: Vec<Wrap> = world.line.wraps.iter().filter(mine).cloned().collect();
    let supplied = |key| SuppliedBox { supplier: world.author.device.id(), key };
    let feed_chunk =
        FeedItem::Chunk { chunk: chunk.clone(), boxes: vec![supplied(key.clone())], received_at: RECORDED as u64 };
    let feed_box = FeedItem::Box { chunk: world.chunk.id, key: supplied(late.clone()) };
    let refused = |reason, counter, head| Pushed::Refused { reason, counter, head };
    let reached = Reached { installation: world.author.installation, counter: 1, chunk: world.chunk.id };
    vec![
        case("a challenge", &Challenge { challenge: challenge.clone() }),
        case(
            "a session is asked for",
            &SessionRequest {
                version: 1,
                certificate: world.author.certificate.clone(),
                signature: world.author.device.sign(Label::SESSION, &[&scope, &challenge]),
                challenge,
            },
        ),
        case("a session", &SessionAnswer { token: "token".to_owned(), expires: 1_793_700_000, now: RECORDED as u64 }),
        case(
            "a push",
            &PushRequest {
                version: 1,
                items: vec![
                    PushItem::Entry { entry: entry.clone(), wraps: world.line.wraps.clone(), stamp: None },
                    PushItem::Chunk { chunk, key },
                    PushItem::Box { chunk: world.chunk.id, key: late },
                ],
            },
        ),
        case(
            "what became of a push",
            &PushAnswer {
                results: vec![
                    Pushed::Stored,
                    Pushed::Duplicate,
                    refused(Refused::OutOfOrder, Some(4), None),
                    refused(Refused::OldEpoch, None, Some(line.id)),
                    refused(Refused::Malformed, None, None),
                ],
                token: Fixed([14; 24]),
                stamps: vec![Stamped { entry: line.id, stamp: Stamp::new([18; 32]) }],
            },
        ),
        case(
            "a page with every kind of item",
            &Page {
                items: vec![
                    FeedItem::Entry { entry, wraps, stamp: Stamp::new([18; 32]) },
                    feed_chunk.clone(),
                    feed_box.clone(),
                    FeedItem::Granted { circle: line.circle },
                ],
                next: Fixed([15; 24]),
                more: false,
            },
        ),
        case("a backlog is asked for", &BacklogRequest { circles: vec![PastOf { circle: line.circle, after: 299 }] }),
        case("a frontier is asked for", &FrontierRequest { circles: vec![line.circle] }),
        case(
            "a frontier",
            &FrontierAnswer {
                circles: vec![CircleFrontier { circle: line.circle, entries: vec![line.id], reached: vec![reached] }],
            },
        ),
        case(
            "a backlog",
            &Backlog { items: vec![feed_chunk, feed_box], answered: vec![Answered { next: 300, more: true }] },
        ),
        case("a claim", &ClaimRequest { code: "8F3K-22QX".to_owned(), authority: world.authority.authority() }),
    ]
}
