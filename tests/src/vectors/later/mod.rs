//! What happens in the little municipality later: the author's phone is lost and cut off, and the reader hands five children
//! over to a successor. A world of its own, so that what was frozen before stays as it is.

pub(super) mod cases;
pub(super) mod opener;
pub(super) mod tampered;

use serde_json::{Value, json};
use tvaers_core::circle::{Draft, MadeBatch, MadeEntry, Purpose, Sealed, found, hand_over, renew};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, KemKey, Root, Secret, unwrap};
use tvaers_core::rng::bytes;
use tvaers_core::seal::{Place, SealedChunk, make_box, seal};
use tvaers_wire::chunk::KeyBox;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Cut, Member, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{ChildId, DeviceId, PersonId};
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::statement::{SignedStatement, Standing};
use tvaers_wire::vouched::Vouched;

use super::world::{Staff, TEXT, World, adding, hex, person_member};
use crate::dice::Seeded;

/// Where the line stands among what is handed over.
pub(super) const AT: usize = 2;

/// Everybody has a circle, of which these are known, and nobody is in a team; who is out is what the authority says.
pub(super) struct Says<'a>(pub(super) &'a Vouched, pub(super) &'a [CircleLog]);

impl InForce for Says<'_> {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        self.1.iter().find(|log| member.subject() == Some(log.subject))
    }
    fn has_circle(&self, _: &Member) -> bool {
        true
    }
    /// Of whom no circle is given every device is in it.
    fn lists(&self, person: &PersonId, device: &DeviceId) -> bool {
        self.log_of(&Member::Person(*person)).is_none_or(|log| log.was_member(&Member::Device(*device)))
    }
    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        self.0.out_since(device)
    }
}

/// Everything, secrets included.
pub(super) struct Later {
    /// Of the author's phone.
    pub(super) revocation: SignedStatement,
    pub(super) suspension: SignedStatement,
    pub(super) left: SignedStatement,
    pub(super) back: SignedStatement,
    /// What somebody wrote on the lost phone.
    pub(super) stray: SealedChunk,
    pub(super) stray_box: KeyBox,
    /// A second phone that was certified for the author, whom nobody asked.
    pub(super) ghost: DeviceSecret,
    pub(super) ghost_certificate: SignedStatement,
    /// The reader cuts the phone off and draws a new key.
    pub(super) cut_off: MadeEntry,
    pub(super) root: Root,
    /// The circles that are handed over, with their roots. The line is one of them.
    pub(super) circles: Vec<(CircleLog, Root)>,
    pub(super) batch: MadeBatch,
}

impl Later {
    /// The same at every call.
    pub(super) fn build(world: &World) -> Self {
        let mut rng = Seeded::new(b"tvaers frozen vectors 1, later");
        let (author, reader) = (&world.author, &world.reader);
        let mut authority =
            AuthorityKey::from_seed(&Secret::new(world.authority_seed), world.municipality, 50).unwrap();
        let revocation = authority.revoke(author.device.id());
        let suspension = authority.set_standing(author.person, Standing::Suspended);
        let back = authority.set_standing(author.person, Standing::Active);
        let left = authority.set_standing(author.person, Standing::Left);

        let place = Place { counter: 2, previous: world.chunk.id, ..world.place.clone() };
        let stray = seal(&place, &world.body, &author.device, &mut rng).unwrap();
        let stray_box = make_box(&stray.content_key, &stray.id, world.line.parsed.id, &world.line_root).unwrap();

        let ghost = DeviceSecret::generate(&mut rng).unwrap();
        let ghost_certificate = authority.certify(author.person, ghost.keys()).unwrap();

        let mut vouched = world.vouched.clone();
        vouched.learn(&revocation).unwrap();
        let mut line = CircleLog::found(&world.line.parsed, &vouched, &Says(&world.vouched, &[])).unwrap();
        let cut = Cut { installation: author.installation, counter: 1, chunk: world.chunk.id };
        let draft = Draft {
            changes: vec![Change::CutOff { device: author.device.id(), cuts: vec![cut] }],
            recipients: vec![person_member(reader, Rights::Manage).0],
            vouchers: vec![revocation.clone()],
            sealed: Some(Sealed { purpose: None, reason: Some("Telefonen er væk".to_owned()), ..Sealed::default() }),
        };
        let (cut_off, root) = renew(&line, Some(&world.line_root), draft, &reader.device, &mut rng).unwrap();
        line.append(&cut_off.parsed, &vouched, &Says(&vouched, &[])).unwrap();

        let mut circles: Vec<(CircleLog, Root)> = (0..4).map(|_| other_line(world, &mut rng)).collect();
        circles.insert(AT, (line, root.clone()));
        let draft = adding([person_member(successor(world), Rights::Manage)], Vec::new(), None);
        let handed: Vec<_> = circles.iter().map(|(log, root)| (log, root)).collect();
        let batch = hand_over(&handed, draft, true, &reader.device, &mut rng).unwrap();
        #[rustfmt::skip]
        let later = Self {
            revocation, suspension, left, back, stray, stray_box, ghost, ghost_certificate, cut_off, root, circles, batch,
        };
        later
    }

    /// The entry by which the line is handed over.
    pub(super) fn entry(&self) -> &MadeEntry {
        &self.batch.entries[AT]
    }

    /// What the wraps of the batch's key are bound to.
    pub(super) fn binding(&self) -> [u8; 32] {
        self.entry().parsed.handed_over.as_ref().unwrap().binding
    }

    /// The batch's key, as the successor opens it.
    pub(super) fn batch_key(&self, world: &World) -> Root {
        let (wrap, kem) = (&self.batch.wraps[0], KemKey::from_seed(&successor(world).root.kem_seed()).unwrap());
        unwrap(&wrap.bytes, &kem, &self.binding(), &wrap.member).unwrap()
    }
}

/// Who takes over.
pub(super) fn successor(world: &World) -> &Staff {
    &world.stranger
}

fn other_line(world: &World, rng: &mut Seeded) -> (CircleLog, Root) {
    let members = [person_member(&world.author, Rights::Write), person_member(&world.reader, Rights::Manage)];
    let purpose = Some(Purpose::Line(ChildId::new(bytes(rng))));
    let draft = adding(members, Vec::new(), Some(Sealed { purpose, ..Sealed::default() }));
    let (made, root) = found(Subject::Shared, draft, &world.reader.device, rng).unwrap();
    (CircleLog::found(&made.parsed, &world.vouched, &Says(&world.vouched, &[])).unwrap(), root)
}

/// What an independent reader in the successor's place is given, what it must find, and what it must refuse.
pub(super) fn json(world: &World, later: &Later) -> Value {
    let (staff, entry) = (successor(world), later.entry());
    let (signing, kem) = staff.device.seeds();
    let key_box = |key: &KeyBox| hex(&minicbor::to_vec(key).unwrap());
    let statements = [&world.author.certificate, &world.reader.certificate, &staff.certificate];
    let tampered = tampered::all(world, later);
    let tampered = tampered.iter().map(|t| json!({"name": t.name, "set": t.set, "reason": t.reason}));
    json!({
        "secrets": {
            "successor": { "signing": hex(signing.expose()), "kem": hex(kem.expose()) },
            "batch_key": hex(later.batch_key(world).secret().expose()),
            "root": hex(later.root.secret().expose()),
            "root_before": hex(world.line_root.secret().expose()),
        },
        "given": {
            "authority": hex(&world.authority.authority().to_bytes()),
            "statements": statements.map(|statement| hex(&statement.to_bytes())),
            "person_entry": hex(&staff.circle.bytes),
            "person_wrap": hex(&staff.circle.wraps[0].bytes),
            "others": [hex(&world.author.circle.bytes), hex(&world.reader.circle.bytes)],
            "line_entry": hex(&world.line.bytes),
            "cut_off": [hex(&later.cut_off.bytes)],
            "batch": hex(&later.batch.bytes),
            "hand_over": hex(&entry.bytes),
            "hand_over_wrap": hex(&later.batch.wraps[0].bytes),
            "chunk": hex(&world.chunk.bytes),
            "box": key_box(&world.key_box),
        },
        "found": {
            "successor": staff.person.to_hex(),
            "line": world.line.parsed.circle.to_hex(),
            "cut_off": later.cut_off.parsed.id.to_hex(),
            "hand_over": entry.parsed.id.to_hex(),
            "tree": hex(&tampered::tree(later).root()),
            "batch_binding": hex(&later.binding()),
            "text": TEXT,
        },
        "tampered": tampered.collect::<Vec<_>>(),
    })
}

/// Reads an entry whose bytes were made here.
fn parsed(bytes: &[u8]) -> ParsedEntry {
    ParsedEntry::from_bytes(bytes).unwrap()
}
