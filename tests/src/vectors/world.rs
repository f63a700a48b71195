//! The little municipality that all vectors come from: two colleagues, a line about one child, one observation.

use tvaers_core::circle::{Draft, MadeEntry, Purpose, Recipient, Sealed, append, found, renew};
use tvaers_core::directory::{AuthorityKey, Directory, PersonFacts, SignedDirectory, TeamFacts};
use tvaers_core::document::{Actor, frozen};
use tvaers_core::keys::{DeviceSecret, Root, Secret};
use tvaers_core::kinds::{ChildRef, Content, Envelope, Kind, List, Observation, Occurred, Short, Text};
use tvaers_core::record::{FrozenRecord, RecordHeader};
use tvaers_core::rng::bytes;
use tvaers_core::seal::{Body, Item, Place, Receipt, SealedChunk, Seen, Summary, make_box, seal};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::chunk::{KeyBox, Range};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Cut, Entry, EntryPublic, Member, ParsedEntry, Rights, Subject};
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{ChildId, ChunkId, DeviceId, Fixed, Installation, MunicipalityId, PersonId, TeamId};
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::statement::SignedStatement;
use tvaers_wire::vouched::Vouched;

use crate::dice::Seeded;

/// What the observation says.
pub(super) const TEXT: &str = "Liva stod længe ved vinduet og ville ikke tage flyverdragten af.";
/// 2026-11-02 08:10 in Denmark.
pub(super) const OCCURRED: i64 = 1_793_603_400_000;
/// A quarter of an hour later.
pub(super) const RECORDED: i64 = OCCURRED + 900_000;

/// Everybody has a circle and nobody is in a team: enough to fold these logs.
pub(super) struct Force;

impl InForce for Force {
    fn log_of(&self, _: &Member) -> Option<&CircleLog> {
        None
    }
    fn has_circle(&self, _: &Member) -> bool {
        true
    }
    fn lists(&self, _: &PersonId, _: &DeviceId) -> bool {
        true
    }
    fn out_since(&self, _: &DeviceId) -> Option<u64> {
        None
    }
}

/// A person with one installation and a circle.
pub(super) struct Staff {
    pub(super) person: PersonId,
    pub(super) device: DeviceSecret,
    pub(super) installation: Installation,
    pub(super) certificate: SignedStatement,
    pub(super) circle: MadeEntry,
    pub(super) root: Root,
}

/// Everything, secrets included.
pub(super) struct World {
    pub(super) authority: AuthorityKey,
    pub(super) authority_seed: [u8; 32],
    pub(super) municipality: MunicipalityId,
    pub(super) team: TeamId,
    pub(super) child: ChildId,
    pub(super) vouched: Vouched,
    pub(super) charter: SignedStatement,
    pub(super) directory: SignedDirectory,
    /// Writes.
    pub(super) author: Staff,
    /// Reads.
    pub(super) reader: Staff,
    /// Vouched for, and in no circle with the others.
    pub(super) stranger: Staff,
    /// The reader's second device, added by the first.
    pub(super) second: DeviceSecret,
    pub(super) second_certificate: SignedStatement,
    pub(super) second_entry: MadeEntry,
    pub(super) line: MadeEntry,
    pub(super) line_root: Root,
    pub(super) record: FrozenRecord,
    pub(super) body: Body,
    pub(super) place: Place,
    pub(super) chunk: SealedChunk,
    pub(super) key_box: KeyBox,
    pub(super) receipt: SealedChunk,
    pub(super) receipt_box: KeyBox,
    /// The author has left the line; the cut keeps the observation.
    pub(super) removal: Vec<u8>,
    /// The key that the line owes after that, for the reader alone.
    pub(super) renewal: MadeEntry,
    pub(super) renewed_root: Root,
}

impl World {
    /// The same world at every call.
    pub(super) fn build() -> Self {
        let mut rng = Seeded::new(b"tvaers frozen vectors 1");
        let (municipality, team) = (MunicipalityId::new(bytes(&mut rng)), TeamId::new(bytes(&mut rng)));
        let child = ChildId::new(bytes(&mut rng));
        let authority_seed = bytes(&mut rng);
        let mut authority = AuthorityKey::from_seed(&Secret::new(authority_seed), municipality, 0).unwrap();
        let mut vouched = Vouched::new(authority.authority());
        let author = staff(&mut authority, &mut vouched, &mut rng);
        let reader = staff(&mut authority, &mut vouched, &mut rng);
        let stranger = staff(&mut authority, &mut vouched, &mut rng);
        let charter = authority.charter(team, vec![author.person, reader.person]);
        let directory = directory(&authority, municipality, team, [author.person, reader.person]);

        let second = DeviceSecret::generate(&mut rng).unwrap();
        let second_certificate = authority.certify(reader.person, second.keys()).unwrap();
        vouched.learn(&second_certificate).unwrap();
        let log = CircleLog::found(&reader.circle.parsed, &vouched, &Force).unwrap();
        let sealed = Some(Sealed { purpose: None, reason: Some("Ny telefon".to_owned()), ..Sealed::default() });
        let draft = adding([device_member(&second)], vec![second_certificate.clone()], sealed);
        let second_entry = append(&log, &reader.root, draft, &reader.device, &mut rng).unwrap();

        let members = [person_member(&author, Rights::Write), person_member(&reader, Rights::Manage)];
        let draft =
            adding(members, Vec::new(), Some(Sealed { purpose: Some(Purpose::Line(child)), ..Sealed::default() }));
        let (line, line_root) = found(Subject::Shared, draft, &author.device, &mut rng).unwrap();

        let record = record(&author, child, team, bytes(&mut rng));
        let directory_head = Fixed(hash(Label::DIRECTORY_ID, &[&directory.body]));
        let summary = summary(&record, child);
        let body =
            Body { item: Item::Frozen(record.clone()), summary: Some(summary), directory: directory_head, basis: None };
        let place = place(&line, author.installation);
        let chunk = seal(&place, &body, &author.device, &mut rng).unwrap();
        let key_box = make_box(&chunk.content_key, &chunk.id, line.parsed.id, &line_root).unwrap();

        let seen = Seen {
            installation: author.installation,
            counter: 1,
            chunk: chunk.id,
            read: vec![Range { from: 1, to: 1 }],
        };
        let receipt = Receipt { seen: vec![seen], ..Receipt::default() };
        let receipt = Body { item: Item::Receipt(receipt), summary: None, directory: directory_head, basis: None };
        let receipt_place = self::place(&line, reader.installation.receipts());
        let receipt = seal(&receipt_place, &receipt, &reader.device, &mut rng).unwrap();
        let receipt_box = make_box(&receipt.content_key, &receipt.id, line.parsed.id, &line_root).unwrap();

        let cut = Cut { installation: author.installation, counter: 1, chunk: chunk.id };
        let removal = removal(&line, &reader.device, Member::Person(author.person), vec![cut]);
        let mut log = CircleLog::found(&line.parsed, &vouched, &Force).unwrap();
        log.append(&ParsedEntry::from_bytes(&removal).unwrap(), &vouched, &Force).unwrap();
        let recipients = vec![person_member(&reader, Rights::Manage).0];
        let sealed = Some(Sealed { purpose: None, reason: Some("Asta er rejst".to_owned()), ..Sealed::default() });
        let draft = Draft { recipients, sealed, ..Draft::default() };
        let (renewal, renewed_root) = renew(&log, Some(&line_root), draft, &reader.device, &mut rng).unwrap();

        #[rustfmt::skip]
        let world = Self {
            authority, authority_seed, municipality, team, child, vouched, charter, directory, author, reader, stranger,
            second, second_certificate, second_entry, line, line_root, record, body, place, chunk, key_box, receipt,
            receipt_box, removal, renewal, renewed_root,
        };
        world
    }
}

/// An entry on the line's first that removes a member.
pub(super) fn removal(line: &MadeEntry, signer: &DeviceSecret, member: Member, cuts: Vec<Cut>) -> Vec<u8> {
    let public = EntryPublic {
        circle: Some(line.parsed.circle),
        parents: vec![line.parsed.id],
        nonce: Fixed([21; 16]),
        device: signer.id(),
        changes: vec![Change::Remove { member, cuts }],
        epoch: None,
        wraps: Vec::new(),
        sealed: None,
        ..line.parsed.public.clone()
    };
    let public = Bytes(public.to_bytes());
    let signature = signer.sign(Label::ENTRY, &[&public]);
    Entry { public, signature, sealed: None }.to_bytes()
}

fn staff(authority: &mut AuthorityKey, vouched: &mut Vouched, rng: &mut Seeded) -> Staff {
    let person = PersonId::new(bytes(rng));
    let device = DeviceSecret::generate(rng).unwrap();
    let installation = Installation::new(device.id(), bytes(rng));
    let certificate = authority.certify(person, device.keys()).unwrap();
    vouched.learn(&certificate).unwrap();
    let draft = adding([device_member(&device)], vec![certificate.clone()], None);
    let (circle, root) = found(Subject::Person(person), draft, &device, rng).unwrap();
    Staff { person, device, installation, certificate, circle, root }
}

/// An entry that adds these members.
pub(super) fn adding<const N: usize>(
    members: [(Recipient, Rights); N],
    vouchers: Vec<SignedStatement>,
    sealed: Option<Sealed>,
) -> Draft {
    let mut draft = Draft { vouchers, sealed, ..Draft::default() };
    members.into_iter().for_each(|(recipient, rights)| draft.add(recipient, rights));
    draft
}

fn device_member(device: &DeviceSecret) -> (Recipient, Rights) {
    let member = Member::Device(device.id());
    (Recipient { member, epoch: None, kem: device.keys().kem }, Rights::Manage)
}

/// A person, with the key of the person circle's epoch.
pub(super) fn person_member(staff: &Staff, rights: Rights) -> (Recipient, Rights) {
    let kem = staff.circle.parsed.public.epoch.as_ref().unwrap().kem.unwrap();
    (Recipient { member: Member::Person(staff.person), epoch: Some(staff.circle.parsed.id), kem }, rights)
}

fn directory(
    authority: &AuthorityKey,
    municipality: MunicipalityId,
    team: TeamId,
    [author, reader]: [PersonId; 2],
) -> SignedDirectory {
    let person = |person, name: &str, profession: &str| PersonFacts {
        person,
        name: name.to_owned(),
        profession: profession.to_owned(),
        team,
    };
    authority.sign_directory(&Directory {
        version: 1,
        municipality,
        serial: 1,
        name: "Kløverkøbing Kommune".to_owned(),
        teams: vec![TeamFacts {
            team,
            name: "Solsikken".to_owned(),
            kind: "dagtilbud".to_owned(),
            phone: Some("+4500000000".to_owned()),
        }],
        people: vec![person(author, "Asta Prøve", "pædagog"), person(reader, "Bo Eksempel", "socialrådgiver")],
        policy: None,
    })
}

fn record(author: &Staff, child: ChildId, team: TeamId, nonce: [u8; 16]) -> FrozenRecord {
    let short = |text: &str| Short::new(text).unwrap();
    let envelope = Envelope {
        about: Some(ChildRef {
            id: child,
            given_name: short("Liva"),
            family_name: short("Prøve"),
            birth_date: "2022-03-14".parse().unwrap(),
        }),
        occurred: Occurred::at(OCCURRED, 60),
        profession: short("pædagog"),
        unit: Some(team),
        content: Content::Observation(Observation {
            setting: Some(short("Garderoben")),
            seen_heard: Text::new(TEXT).unwrap(),
            childs_words: Text::optional("Den skal blive på.").unwrap(),
            interpretation: None,
            immediate_action: None,
            domains: List::default(),
            body_marks: List::default(),
            co_authors: List::default(),
        }),
    };
    let payload = frozen::write(&envelope, Actor::of(&author.installation), RECORDED).unwrap();
    FrozenRecord::sign(&record_header(author), nonce, payload, &author.device)
}

/// The observation's header.
pub(super) fn record_header(author: &Staff) -> RecordHeader {
    RecordHeader {
        version: 1,
        kind: Kind::Observation as u8,
        author: author.person,
        installation: author.installation,
        recorded_at: RECORDED,
    }
}

/// What lists show of the observation.
pub(super) fn summary(record: &FrozenRecord, child: ChildId) -> Summary {
    Summary {
        record: record.id(),
        kind: Kind::Observation as u8,
        child: Some(child),
        occurred_at: OCCURRED,
        headline: TEXT.to_owned(),
    }
}

fn place(line: &MadeEntry, installation: Installation) -> Place {
    Place {
        version: 1,
        circle: line.parsed.circle,
        head: line.parsed.id,
        installation,
        counter: 1,
        previous: ChunkId::new([0; 32]),
        key_commitment: Fixed([0; 32]),
        replaces: None,
        refused: Vec::new(),
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Back from hexadecimal.
pub(super) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// What an independent reader is given, and what it must find.
pub(super) fn world_json(world: &World) -> serde_json::Value {
    let seeds = |device: &DeviceSecret| {
        let (signing, kem) = device.seeds();
        serde_json::json!({ "signing": hex(signing.expose()), "kem": hex(kem.expose()) })
    };
    let key_box = |key: &KeyBox| hex(&minicbor::to_vec(key).unwrap());
    let statements = [
        &world.author.certificate,
        &world.reader.certificate,
        &world.stranger.certificate,
        &world.second_certificate,
        &world.charter,
    ];
    serde_json::json!({
        "secrets": {
            "authority": hex(&world.authority_seed),
            "author": seeds(&world.author.device),
            "reader": seeds(&world.reader.device),
            "second": seeds(&world.second),
            "reader_root": hex(world.reader.root.secret().expose()),
            "line_root": hex(world.line_root.secret().expose()),
            "renewed_root": hex(world.renewed_root.secret().expose()),
            "content_key": hex(world.chunk.content_key.expose()),
        },
        "given": {
            "authority": hex(&world.authority.authority().to_bytes()),
            "statements": statements.map(|statement| hex(&statement.to_bytes())),
            "directory": hex(&world.directory.to_bytes()),
            "person_entry": hex(&world.reader.circle.bytes),
            "person_wrap": hex(&world.reader.circle.wraps[0].bytes),
            "second_entry": hex(&world.second_entry.bytes),
            "second_wrap": hex(&world.second_entry.wraps[0].bytes),
            "author_entry": hex(&world.author.circle.bytes),
            "stranger_entry": hex(&world.stranger.circle.bytes),
            "line_entry": hex(&world.line.bytes),
            "later": [],
            "removal": hex(&world.removal),
            "renewal": hex(&world.renewal.bytes),
            "renewal_wrap": hex(&world.renewal.wraps[0].bytes),
            "line_wrap": hex(&world.line.wraps[1].bytes),
            "chunk": hex(&world.chunk.bytes),
            "box": key_box(&world.key_box),
            "receipt": hex(&world.receipt.bytes),
            "receipt_box": key_box(&world.receipt_box),
        },
        "found": {
            "municipality": world.municipality.to_hex(),
            "author": world.author.person.to_hex(),
            "author_device": world.author.device.id().to_hex(),
            "author_actor": hex(Actor::of(&world.author.installation).as_bytes()),
            "reader": world.reader.person.to_hex(),
            "reader_device": world.reader.device.id().to_hex(),
            "team": world.team.to_hex(),
            "child": world.child.to_hex(),
            "directory_head": hex(&world.body.directory.0),
            "person_circle": world.reader.circle.parsed.circle.to_hex(),
            "line": world.line.parsed.circle.to_hex(),
            "line_binding": hex(&world.line.parsed.public.binding()),
            "chunk": world.chunk.id.to_hex(),
            "receipt": world.receipt.id.to_hex(),
            "record": world.record.id().to_hex(),
            "text": TEXT,
        },
    })
}
