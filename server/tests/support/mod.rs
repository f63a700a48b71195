//! A kit for tests: an authority, devices that sign, entries, chunks, and a relay on a real socket.
#![allow(dead_code, missing_docs, unreachable_pub)]

pub mod conformance;
pub mod failing;
pub mod live;
pub mod relay;

use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{Chunk, ChunkHeader, KeyBox, Range, Refusal, chunk_id, signed_parts};
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryOrder, DirectoryUpload, PartKind, SignedDirectoryOrder};
use tvaers_wire::entry::{Change, Entry, EntryPublic, Member, NewEpoch, ParsedEntry, Rights, Subject, Wrap, WrapHash};
use tvaers_wire::hash::{Label, hash, signed_bytes};
use tvaers_wire::ids::*;
use tvaers_wire::limits;
use tvaers_wire::lineage::authority_step;
use tvaers_wire::message::PushItem;
use tvaers_wire::recovery::{RecoveryAct, RecoveryOrder, SignedRecoveryOrder};
use tvaers_wire::statement::{Authority, Claim, DeviceKeys, SignedStatement, Statement};
use tvaers_wire::wipe::{SignedWipeOrder, SignedWipeReceipt, WipeOrder, WipeReceipt};

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes
}

/// Unix seconds.
pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn sign(key: &Ed25519KeyPair, label: Label, parts: &[&[u8]]) -> Fixed<64> {
    Fixed(key.sign(&signed_bytes(label, parts)).as_ref().try_into().unwrap())
}

fn key_pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&random::<32>()).unwrap()
}

fn public(key: &Ed25519KeyPair) -> Fixed<32> {
    Fixed(key.public_key().as_ref().try_into().unwrap())
}

/// A municipality's authority.
pub struct Town {
    seed: [u8; 32],
    key: Ed25519KeyPair,
    pub authority: Authority,
    serial: std::sync::atomic::AtomicU64,
}

impl Town {
    pub fn new() -> Self {
        let seed = random();
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let authority = Authority { municipality: MunicipalityId::new(random()), key: public(&key) };
        Self { seed, key, authority, serial: 1.into() }
    }

    /// The same key, speaking for another municipality.
    pub fn posing_as(&self, other: &Self) -> Self {
        let key = Ed25519KeyPair::from_seed_unchecked(&self.seed).unwrap();
        Self { seed: self.seed, key, authority: other.authority, serial: 1.into() }
    }

    /// The municipality that was founded with this recovery key.
    pub fn founded_with(recovery: &DeviceKeys) -> Self {
        let town = Self::new();
        let municipality = Authority::founded_with(&town.authority.key, &recovery.device());
        Self { authority: Authority { municipality, ..town.authority }, ..town }
    }

    pub fn state(&self, claim: Claim) -> SignedStatement {
        let serial = self.serial.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let municipality = self.authority.municipality;
        let body = Statement { version: limits::VERSION, municipality, serial, claim }.to_bytes();
        SignedStatement { signature: sign(&self.key, Label::STATEMENT, &[&body]), body: body.into() }
    }

    /// What the authority asks of the relay, until then (Unix seconds).
    pub fn order(&self, act: RecoveryAct, expires: u64) -> SignedRecoveryOrder {
        let municipality = self.authority.municipality;
        let body = RecoveryOrder { version: limits::VERSION, municipality, expires, act }.to_bytes();
        SignedRecoveryOrder { signature: sign(&self.key, Label::RECOVERY_ORDER, &[&body]), body: body.into() }
    }

    /// By which the office asks the relay for receipts, until then (Unix seconds).
    pub fn wipe_order(&self, devices: Vec<DeviceId>, expires: u64) -> SignedWipeOrder {
        let municipality = self.authority.municipality;
        let body = WipeOrder { version: limits::VERSION, municipality, expires, devices }.to_bytes();
        SignedWipeOrder { signature: sign(&self.key, Label::WIPE_ORDER, &[&body]), body: body.into() }
    }

    /// The same under another authority's key.
    pub fn forge(&self, claim: Claim) -> SignedStatement {
        self.forger().state(claim)
    }

    /// Another key that gives itself out as this authority's.
    pub fn forger(&self) -> Self {
        Self { authority: self.authority, ..Self::new() }
    }

    /// The authority with another key, and the statement that says so, which the holders' key has signed.
    pub fn followed(&self, holders: &Ed25519KeyPair) -> (Self, SignedStatement) {
        let next = Self { authority: self.authority, ..Self::new() };
        let serial = self.serial.load(std::sync::atomic::Ordering::Relaxed);
        let key = public(&next.key);
        let step = authority_step(&self.authority.municipality, serial, &public(&self.key), &key);
        let (holders, own) = (sign(holders, Label::SUCCESSION, &[&step]), sign(&next.key, Label::SUCCESSION, &[&step]));
        next.serial.store(serial + 1, std::sync::atomic::Ordering::Relaxed);
        (next, self.state(Claim::Authority { key, holders, own }))
    }

    pub fn charter(&self, team: TeamId, persons: &[PersonId]) -> SignedStatement {
        let mut persons = persons.to_vec();
        persons.sort();
        self.state(Claim::Team { team, persons })
    }

    /// A part of a directory, as the office brings it.
    pub fn upload(&self, serial: u64, head: Fixed<32>, kind: PartKind, part: Vec<u8>) -> DirectoryUpload {
        let hash = Fixed(hash(Label::DIRECTORY_PART, &[&part]));
        self.ordered(serial, head, kind, (part.len() as u64, hash), part)
    }

    /// The same behind an order for what may be something else.
    pub fn ordered(
        &self,
        serial: u64,
        head: Fixed<32>,
        kind: PartKind,
        (length, hash): (u64, Fixed<32>),
        part: Vec<u8>,
    ) -> DirectoryUpload {
        let municipality = self.authority.municipality;
        let order = DirectoryOrder { version: limits::VERSION, municipality, serial, head, kind, length, hash };
        let body = order.to_bytes();
        let signature = sign(&self.key, Label::DIRECTORY_ORDER, &[&body]);
        DirectoryUpload { order: SignedDirectoryOrder { body: body.into(), signature }, part: part.into() }
    }

    /// A device of this person with its certificate.
    pub fn device(&self, person: PersonId) -> Device {
        let key = key_pair();
        let keys = DeviceKeys { signing: public(&key), kem: Fixed(random()) };
        let id = keys.device();
        let certificate = self.state(Claim::Device { person, keys: Box::new(keys) });
        let (nonce, municipality) = (InstallationNonce::new(random()), self.authority.municipality);
        Device { id, person, key, certificate, nonce, municipality }
    }
}

/// A device that can sign.
pub struct Device {
    pub id: DeviceId,
    pub person: PersonId,
    pub key: Ed25519KeyPair,
    pub certificate: SignedStatement,
    pub nonce: InstallationNonce,
    pub municipality: MunicipalityId,
}

impl Device {
    /// That it has erased itself.
    pub fn receipt(&self, receipt: &WipeReceipt) -> SignedWipeReceipt {
        let body = receipt.to_bytes();
        let signature = sign(&self.key, Label::WIPE_RECEIPT, &[&body]);
        SignedWipeReceipt { certificate: self.certificate.clone(), body: body.into(), signature }
    }
}

pub fn person() -> PersonId {
    PersonId::new(random())
}

pub fn add(member: Member, rights: Rights) -> Change {
    Change::Add { member, rights, until: None }
}

/// An entry on its way: change its fields, then sign.
pub struct Draft {
    pub public: EntryPublic,
    pub wraps: Vec<Wrap>,
}

pub fn founding(device: &Device, subject: Subject, changes: Vec<Change>) -> Draft {
    let keyed = matches!(subject, Subject::Person(_) | Subject::Team(_));
    let kem = keyed.then(|| Fixed(random()));
    let members: Vec<Member> = changes.iter().filter_map(Change::member).copied().collect();
    let wraps: Vec<Wrap> =
        members.iter().map(|member| Wrap { member: *member, bytes: Bytes(random::<100>().to_vec()) }).collect();
    let listed = wraps.iter().map(|wrap| WrapHash { member: wrap.member, epoch: None, hash: wrap.hash() }).collect();
    let public = EntryPublic {
        version: limits::VERSION,
        circle: None,
        parents: Vec::new(),
        subject,
        nonce: Fixed(random()),
        device: device.id,
        changes,
        epoch: Some(NewEpoch { root_commitment: Fixed(random()), kem, history: Vec::new(), leads_to: None }),
        wraps: listed,
        vouchers: Vec::new(),
        sealed: None,
    };
    Draft { public, wraps }
}

pub fn change(device: &Device, on: &Signed, head: EntryId, changes: Vec<Change>) -> Draft {
    let mut draft = founding(device, on.subject, changes);
    draft.public.circle = Some(on.circle);
    draft.public.parents = vec![head];
    draft.public.epoch = None;
    draft
}

impl Draft {
    pub fn vouch(mut self, vouchers: &[&SignedStatement]) -> Self {
        self.public.vouchers = vouchers.iter().map(|voucher| (*voucher).clone()).collect();
        self
    }

    /// Begins an epoch.
    pub fn rotate(mut self) -> Self {
        let keyed = matches!(self.public.subject, Subject::Person(_) | Subject::Team(_));
        let kem = keyed.then(|| Fixed(random()));
        self.public.epoch = Some(NewEpoch {
            root_commitment: Fixed(random()),
            kem,
            history: vec![Bytes(random::<48>().to_vec())],
            leads_to: None,
        });
        self
    }

    pub fn sign(self, device: &Device) -> Signed {
        let public = self.public.to_bytes();
        let signature = sign(&device.key, Label::ENTRY, &[&public]);
        let bytes = Entry { public: public.into(), signature, sealed: None }.to_bytes();
        let parsed = ParsedEntry::from_bytes(&bytes).unwrap();
        Signed { id: parsed.id, circle: parsed.circle, subject: parsed.public.subject, bytes, wraps: self.wraps }
    }
}

/// A signed entry.
#[derive(Clone)]
pub struct Signed {
    pub id: EntryId,
    pub circle: CircleId,
    pub subject: Subject,
    pub bytes: Vec<u8>,
    pub wraps: Vec<Wrap>,
}

impl Signed {
    /// As whoever has seen it at the relay brings it back to one that was put back.
    pub fn brought_back(&self, stamp: Stamp) -> PushItem {
        PushItem::Entry { entry: self.bytes.clone().into(), wraps: self.wraps.clone(), stamp: Some(stamp) }
    }

    pub fn item(&self) -> PushItem {
        PushItem::Entry { entry: self.bytes.clone().into(), wraps: self.wraps.clone(), stamp: None }
    }
}

/// The person circle of a device.
pub fn own_circle(device: &Device) -> Signed {
    own_circle_of(&[device])
}

/// The person circle of these devices, which the first founds.
pub fn own_circle_of(devices: &[&Device]) -> Signed {
    let founder = devices[0];
    let members = devices.iter().map(|device| add(Member::Device(device.id), Rights::Manage)).collect();
    let certificates: Vec<_> = devices.iter().map(|device| &device.certificate).collect();
    founding(founder, Subject::Person(founder.person), members).vouch(&certificates).sign(founder)
}

/// A shared circle of these members; the founder manages.
pub fn shared(founder: &Device, members: &[Member]) -> Signed {
    let mut changes = vec![add(Member::Person(founder.person), Rights::Manage)];
    changes.extend(members.iter().map(|member| add(*member, Rights::Write)));
    founding(founder, Subject::Shared, changes).sign(founder)
}

pub fn team_circle(town: &Town, team: TeamId, founder: &Device, persons: &[PersonId]) -> Signed {
    let changes = persons.iter().map(|person| add(Member::Person(*person), Rights::Write)).collect();
    founding(founder, Subject::Team(team), changes).vouch(&[&town.charter(team, persons)]).sign(founder)
}

/// Writes chunks of one installation into one circle.
#[derive(Clone)]
pub struct Pen {
    pub circle: CircleId,
    pub head: EntryId,
    pub epoch: EntryId,
    pub installation: Installation,
    pub counter: u64,
    pub previous: ChunkId,
}

/// A signed chunk with its box.
#[derive(Clone, Debug)]
pub struct Written {
    pub id: ChunkId,
    pub bytes: Vec<u8>,
    pub key: KeyBox,
}

impl Written {
    pub fn item(&self) -> PushItem {
        PushItem::Chunk { chunk: self.bytes.clone().into(), key: self.key.clone() }
    }
}

pub fn key_box(epoch: EntryId) -> KeyBox {
    KeyBox { epoch, sealed: Fixed(random()) }
}

impl Pen {
    pub fn new(device: &Device, circle: &Signed) -> Self {
        let installation = Installation { device: device.id, nonce: device.nonce };
        let (head, epoch) = (circle.id, circle.circle.founding_entry());
        Self { circle: circle.circle, head, epoch, installation, counter: 0, previous: ChunkId::new([0; 32]) }
    }

    pub fn header(&self) -> ChunkHeader {
        ChunkHeader {
            version: limits::VERSION,
            circle: self.circle,
            head: self.head,
            installation: self.installation,
            counter: self.counter + 1,
            previous: self.previous,
            key_commitment: Fixed(random()),
            replaces: None,
            refused: Vec::new(),
        }
    }

    pub fn write(&mut self, device: &Device) -> Written {
        let header = self.header();
        self.sign(device, header, 272)
    }

    pub fn replace(&mut self, device: &Device, from: u64, to: u64) -> Written {
        let header = ChunkHeader { replaces: Some(Range { from, to }), ..self.header() };
        self.sign(device, header, 272)
    }

    /// After the last `refused` chunks were refused: they keep their counters and hashes.
    pub fn write_declaring(&mut self, device: &Device, refused: &[Refusal]) -> Written {
        let header = ChunkHeader { refused: refused.to_vec(), ..self.header() };
        self.sign(device, header, 272)
    }

    pub fn sign(&mut self, device: &Device, header: ChunkHeader, len: usize) -> Written {
        let (counter, header) = (header.counter, header.to_bytes());
        let mut ciphertext = vec![0; len];
        SystemRandom::new().fill(&mut ciphertext).unwrap();
        let signature = sign(&device.key, Label::CHUNK, &[&signed_parts(&header), &header, &ciphertext]);
        let bytes = Chunk { header: header.into(), ciphertext: ciphertext.into(), signature }.to_bytes();
        let id = chunk_id(&bytes);
        (self.counter, self.previous) = (counter, id);
        Written { id, bytes, key: key_box(self.epoch) }
    }
}

pub fn sealed_hash(bytes: &[u8]) -> Fixed<32> {
    Fixed(hash(Label::SEALED_PART, &[bytes]))
}

pub fn sign_session(device: &Device, challenge: &[u8]) -> Fixed<64> {
    sign_session_for(&device.municipality, device, challenge)
}

pub fn sign_session_for(municipality: &MunicipalityId, device: &Device, challenge: &[u8]) -> Fixed<64> {
    sign_session_parts(device, &[&tvaers_wire::message::session_scope(municipality, &device.id), challenge])
}

pub fn sign_session_parts(device: &Device, parts: &[&[u8]]) -> Fixed<64> {
    sign(&device.key, Label::SESSION, parts)
}
