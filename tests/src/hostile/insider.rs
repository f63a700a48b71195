//! A member whose device is in the wrong hands: it holds every key that the device holds and signs what it likes.

use tvaers_core::circle::Purpose;
use tvaers_core::document::{Actor, frozen};
use tvaers_core::keys::{DeviceSecret, KemKey, Parent, Secret, open_once, seal_once, unwrap};
use tvaers_core::kinds::{Content, Envelope};
use tvaers_core::record::{FrozenRecord, RecordHeader};
use tvaers_core::rng::{self, bytes};
use tvaers_core::seal::{Body, Item, Place, Summary, make_box, open_box};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{Chunk, ChunkHeader, KeyBox, ParsedChunk, chunk_id, signed_parts};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Entry, EntryPublic, Member, ParsedEntry, Subject, Wrap};
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{ChunkId, CircleId, Fixed, Installation, PersonId, RecordId};
use tvaers_wire::limits;
use tvaers_wire::message::{FeedItem, PushItem, SuppliedBox};

use super::{Circle, Scene};

/// A chunk made by hand, with a box for it.
#[derive(Clone, Debug)]
pub struct Forged {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its id.
    pub id: ChunkId,
    /// The box.
    pub key: KeyBox,
}

impl Forged {
    /// As a hostile relay hands it out.
    pub fn fed(&self, by: &Insider) -> FeedItem {
        let boxes = vec![SuppliedBox { supplier: by.secret.id(), key: self.key.clone() }];
        FeedItem::Chunk { chunk: Bytes(self.bytes.clone()), boxes, received_at: 1 }
    }

    /// As a member brings it.
    pub fn pushed(&self) -> PushItem {
        PushItem::Chunk { chunk: Bytes(self.bytes.clone()), key: self.key.clone() }
    }
}

/// Somebody with all keys of a device.
pub struct Insider {
    /// The device's number in the scene.
    pub device: usize,
    /// Whose it is.
    pub person: PersonId,
    /// Its keys.
    pub secret: DeviceSecret,
    /// Its installation.
    pub installation: Installation,
    /// The circles that it is in, or was.
    pub circles: Vec<Circle>,
    /// The chunks that it was served, and more if a hostile relay hands them over.
    pub feed: Vec<FeedItem>,
    now: i64,
}

impl Insider {
    /// Takes what a device holds, and what the relay has for it.
    pub fn new(scene: &mut Scene, device: usize) -> Self {
        let feed = scene.feed(device);
        Self::reading(scene, device, feed)
    }

    /// The same, with what the relay has for others as well: the relay helps.
    pub fn helped(scene: &mut Scene, device: usize) -> Self {
        let feed = (0..scene.devices.len()).flat_map(|device| scene.feed(device)).collect();
        Self::reading(scene, device, feed)
    }

    fn reading(scene: &Scene, device: usize, feed: Vec<FeedItem>) -> Self {
        let (signing, kem) = scene.secret(device).seeds();
        let secret = DeviceSecret::from_seeds(signing.clone(), kem.clone()).unwrap();
        let (person, installation) = (scene.devices[device].person(), scene.devices[device].installation());
        let circles = Circle::all_in(&feed);
        let mut insider = Self { device, person, secret, installation, circles, feed, now: scene.now };
        while insider.open_roots() {}
        insider
    }

    /// The circle for this.
    pub fn circle(&self, purpose: Purpose) -> &Circle {
        self.circles.iter().find(|circle| circle.purpose() == Some(purpose)).expect("a circle for this purpose")
    }

    /// The case of child 1.
    pub fn case(&self) -> &Circle {
        self.circle(Purpose::Case(crate::town::child(1).id))
    }

    /// The circle in force of a person or team.
    pub fn of(&self, subject: Subject) -> Option<&Circle> {
        self.circles.iter().find(|circle| circle.log.subject == subject)
    }

    /// The next place in this device's chain in a circle.
    pub fn place(&self, circle: &Circle) -> Place {
        let own = self.chunks().filter(|chunk| chunk.header.circle == circle.id);
        let last =
            own.filter(|chunk| chunk.header.installation == self.installation).max_by_key(|chunk| chunk.header.counter);
        Place {
            version: limits::VERSION,
            circle: circle.id,
            head: circle.log.head(),
            installation: self.installation,
            counter: last.as_ref().map_or(1, |last| last.header.counter + 1),
            previous: last.map_or(ChunkId::new([0; 32]), |last| last.id),
            key_commitment: Fixed([0; 32]),
            replaces: None,
            refused: Vec::new(),
        }
    }

    /// Seals a body at a place, with a box under the newest key held.
    pub fn seal(&self, circle: &Circle, place: &Place, body: &Body) -> Forged {
        self.seal_text(circle, place, &body.to_padded())
    }

    /// Seals any text, well-formed or not.
    pub fn seal_text(&self, circle: &Circle, place: &Place, text: &[u8]) -> Forged {
        self.seal_as(circle, place, text, Label::CHUNK)
    }

    /// Seals any text and signs it for any purpose.
    pub fn seal_as(&self, circle: &Circle, place: &Place, text: &[u8], label: Label) -> Forged {
        let content_key = Secret::random(&mut rng::system());
        let key_commitment = Fixed(hash(Label::CONTENT_KEY, &[content_key.expose()]));
        let header = Bytes(ChunkHeader { key_commitment, ..place.clone() }.to_bytes());
        let mut text = text.to_vec();
        seal_once(&content_key, &header, &mut text).unwrap();
        self.sign_chunk(circle, (header, Bytes(text)), &content_key, label)
    }

    /// Signs any header and ciphertext for any purpose, with a box for this content key.
    pub fn sign_chunk(
        &self,
        circle: &Circle,
        (header, ciphertext): (Bytes, Bytes),
        content_key: &Secret,
        label: Label,
    ) -> Forged {
        let signature = self.secret.sign(label, &[&signed_parts(&header), &header, &ciphertext]);
        let bytes = Chunk { header, ciphertext, signature }.to_bytes();
        let (epoch, root) = circle.newest();
        let id = chunk_id(&bytes);
        Forged { key: make_box(content_key, &id, epoch, root).unwrap(), id, bytes }
    }

    /// A record of this insider's.
    pub fn record(&self, envelope: &Envelope) -> FrozenRecord {
        self.record_with(&self.header(envelope), envelope)
    }

    /// A record under any header, signed by this device.
    pub fn record_with(&self, header: &RecordHeader, envelope: &Envelope) -> FrozenRecord {
        let payload = frozen::write(envelope, Actor::of(&header.installation), header.recorded_at).unwrap();
        FrozenRecord::sign(header, bytes(&mut rng::system()), payload, &self.secret)
    }

    /// The header of a record of this insider's.
    pub fn header(&self, envelope: &Envelope) -> RecordHeader {
        RecordHeader {
            version: limits::VERSION,
            kind: envelope.kind().code(),
            author: self.person,
            installation: self.installation,
            recorded_at: self.now,
        }
    }

    /// The body with this record and a summary that fits it.
    pub fn body(&self, record: &FrozenRecord, envelope: &Envelope) -> Body {
        Body {
            item: Item::Frozen(record.clone()),
            summary: Some(summary(record, envelope)),
            directory: Fixed([0; 32]),
            basis: None,
        }
    }

    /// Signs a control entry.
    pub fn sign_entry(&self, public: &EntryPublic, sealed: Option<Bytes>) -> Vec<u8> {
        let public = Bytes(public.to_bytes());
        let signature = self.secret.sign(Label::ENTRY, &[&public]);
        Entry { public, signature, sealed }.to_bytes()
    }

    /// A control entry on a circle's head, by this device and with nothing in it yet.
    pub fn blank_entry(&self, circle: &Circle) -> EntryPublic {
        EntryPublic {
            version: limits::VERSION,
            circle: Some(circle.id),
            parents: vec![circle.log.head()],
            subject: circle.log.subject,
            nonce: Fixed(bytes(&mut rng::system())),
            device: self.secret.id(),
            changes: Vec::new(),
            epoch: None,
            wraps: Vec::new(),
            vouchers: Vec::new(),
            sealed: None,
        }
    }

    /// The chunks of the feed.
    pub fn chunks(&self) -> impl Iterator<Item = ParsedChunk> {
        self.feed.iter().filter_map(|item| match item {
            FeedItem::Chunk { chunk, .. } => ParsedChunk::from_bytes(chunk).ok(),
            _ => None,
        })
    }

    /// True if an item of a feed is of this circle.
    pub fn is_of(item: &FeedItem, circle: &CircleId) -> bool {
        match item {
            FeedItem::Entry { entry, .. } => ParsedEntry::from_bytes(entry).is_ok_and(|entry| entry.circle == *circle),
            FeedItem::Chunk { chunk, .. } => {
                ParsedChunk::from_bytes(chunk).is_ok_and(|chunk| chunk.header.circle == *circle)
            }
            _ => false,
        }
    }

    /// Opens whatever of the feed opens with the keys held.
    pub fn opened(&self) -> Vec<(ParsedChunk, Body)> {
        self.feed.iter().filter_map(|item| self.open(item)).collect()
    }

    /// The content key of a chunk, if a box of it opens.
    pub fn content_key(&self, item: &FeedItem) -> Option<(ParsedChunk, Secret)> {
        let FeedItem::Chunk { chunk, boxes, .. } = item else { return None };
        let parsed = ParsedChunk::from_bytes(chunk).ok()?;
        let mut roots = self.circles.iter().flat_map(|circle| circle.roots.values());
        let commitment = &parsed.header.key_commitment;
        let open = |root| boxes.iter().find_map(|supplied| open_box(&supplied.key, &parsed.id, root, commitment).ok());
        let key = roots.find_map(open)?;
        Some((parsed, key))
    }

    fn open(&self, item: &FeedItem) -> Option<(ParsedChunk, Body)> {
        let (parsed, key) = self.content_key(item)?;
        let mut text = parsed.chunk.ciphertext.to_vec();
        let body = Body::from_padded(open_once(&key, &parsed.chunk.header, &mut text).ok()?).ok()?;
        Some((parsed, body))
    }

    /// What a record that the insider can read travelled as.
    pub fn body_of(&self, record: &RecordId) -> Body {
        let of = |body: &Body| body.summary.as_ref().is_some_and(|summary| summary.record == *record);
        self.opened().into_iter().map(|(_, body)| body).find(of).expect("a record that the insider reads")
    }

    /// Opens what can be opened with the roots held so far. True if that were more than before.
    fn open_roots(&mut self) -> bool {
        let mut learned = Vec::new();
        for (at, circle) in self.circles.iter().enumerate() {
            let mut binding = [0; 32];
            let mut epoch = circle.id.founding_entry();
            for (entry, wraps) in &circle.entries {
                if entry.public.epoch.is_some() {
                    (binding, epoch) = (entry.public.binding(), entry.id);
                }
                if let Some(root) = circle.roots.get(&epoch) {
                    let place = circle.log.epochs.iter().position(|known| known.entry == epoch).unwrap();
                    let history = circle.log.epochs[place].history.first();
                    let before = history.and_then(|sealed| root.open_history(sealed, Parent::First, &binding));
                    learned.extend(before.map(|root| (at, circle.log.epochs[place - 1].entry, root)));
                }
                for wrap in wraps {
                    let root = self
                        .keys_for(entry, wrap)
                        .find_map(|key| unwrap(&wrap.bytes, &key, &binding, &wrap.member).ok());
                    learned.extend(root.map(|root| (at, epoch, root)));
                }
            }
        }
        let before: usize = self.circles.iter().map(|circle| circle.roots.len()).sum();
        for (at, epoch, root) in learned {
            self.circles[at].roots.insert(epoch, root);
        }
        before < self.circles.iter().map(|circle| circle.roots.len()).sum()
    }

    /// Every key held that a wrap might be for.
    fn keys_for(&self, entry: &ParsedEntry, wrap: &Wrap) -> impl Iterator<Item = KemKey> {
        let listed = entry.public.wraps.iter().find(|listed| listed.hash == wrap.hash());
        let device = matches!(wrap.member, Member::Device(_)).then(|| {
            let (_, kem) = self.secret.seeds();
            KemKey::from_seed(kem).unwrap()
        });
        let root = listed.and_then(|listed| listed.epoch).and_then(|epoch| {
            self.circles.iter().find_map(|circle| KemKey::from_seed(&circle.roots.get(&epoch)?.kem_seed()))
        });
        device.into_iter().chain(root)
    }
}

/// The summary that fits a record.
fn summary(record: &FrozenRecord, envelope: &Envelope) -> Summary {
    let Content::Observation(observation) = &envelope.content else { panic!("an observation") };
    Summary {
        record: record.id(),
        kind: envelope.kind().code(),
        child: envelope.about.as_ref().map(|child| child.id),
        occurred_at: envelope.occurred.at,
        headline: observation.seen_heard.as_str().to_owned(),
    }
}
